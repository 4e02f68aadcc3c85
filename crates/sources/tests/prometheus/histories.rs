//! Histories, kills, limits and owners, as they come from a server that is well.

use super::{
    COUNTS, END, PEAKS, STEP, answer, ask_with, labels, moment, owned, printed, series, settings, shop,
    shop_but,
};
use kernel::bytes::Bytes;
use model::history::{Kill, LimitsToday, RemarkEffect, Sample};
use serde_json::json;
use sources::prometheus::fetch;
use testkit::scripted_prometheus::{ScriptedPrometheus, certificates};

fn sample(step: i64, usage: u64) -> Sample {
    Sample { seconds: moment(step), usage: Bytes(usage) }
}

#[test]
fn replicas_stay_apart_and_know_their_workload() {
    let fetched = ask_with(&shop()).unwrap();
    let names: Vec<&str> =
        fetched.histories.workloads.iter().map(|workload| workload.name.as_str()).collect();
    assert_eq!(names, ["shop/web-7c-a/app", "shop/web-7c-b/app"]);
    let replica = &fetched.replicas["shop/web-7c-b/app"];
    assert_eq!((replica.kind.as_str(), replica.workload.as_str()), ("Deployment", "web"));
    let [first, second] = &fetched.histories.workloads[..] else { panic!("two") };
    assert_eq!(first.series.samples().len(), 12);
    assert_eq!(first.series.samples()[11], sample(11, 12_000_000));
    assert_eq!(second.series.samples().last(), Some(&sample(5, 6_000_000)));
    assert_eq!((first.kills.as_slice(), first.limits), (&[][..], None));
    assert_eq!(fetched.histories.remarks, []);
    assert_eq!(fetched.interval_seconds, 300);
    assert!(fetched.read_bytes > 500);
}

#[test]
fn a_long_time_is_asked_for_in_parts_that_are_put_together() {
    let part = |steps: std::ops::Range<i64>| {
        let values: Vec<(i64, String)> = steps.map(|step| (step, (step + 7).to_string())).collect();
        let values: Vec<(i64, &str)> = values.iter().map(|(step, value)| (*step, value.as_str())).collect();
        super::success(vec![series(labels("web-7c-a"), &values)])
    };
    // The window is three times as long as a part may be.
    let replies = [0..12, 12..24, 24..36].map(|steps| testkit::scripted_prometheus::Reply::Json(part(steps)));
    let server = ScriptedPrometheus::start(&shop_but(vec![(PEAKS, replies.into())])).unwrap();
    let mut settings = settings(&server.url());
    settings.window_seconds *= 3;
    settings.end = Some(END + 24 * STEP);
    settings.bounds.points_max = 12;
    let fetched = fetch(&settings, &|_| {}).unwrap();
    assert_eq!(fetched.histories.workloads[0].series.samples().len(), 36);
    assert_eq!(fetched.histories.workloads[0].series.longest_gap_seconds(), 300);
    let peaks: Vec<String> =
        server.asked().into_iter().map(|asked| asked.text).filter(|text| text.contains(PEAKS)).collect();
    assert_eq!(peaks.len(), 3);
    assert!(peaks.iter().all(|text| text.contains("/api/v1/query_range?")), "{peaks:?}");
}

#[test]
fn few_samples_are_had_as_they_are() {
    let one = json!([{"metric": {}, "value": [END, "24"]}]);
    let vector = json!({"status": "success", "data": {"resultType": "vector", "result": one}}).to_string();
    let samples = [(-300.0, "1"), (-299.0, "3"), (-149.5, "9"), (-1.0, "5")];
    let samples = samples.map(|(after, value)| json!([END as f64 + after, value]));
    let raw = super::success(vec![json!({"metric": labels("web-7c-a"), "values": samples})]);
    let reply = |text| vec![testkit::scripted_prometheus::Reply::Json(text)];
    let server = ScriptedPrometheus::start(&shop_but(vec![
        ("max(count_over_time(container_memory_working_set_bytes", reply(vector)),
        ("query=container_memory_working_set_bytes", reply(raw)),
    ]))
    .unwrap();
    let fetched = super::ask(&server).unwrap();
    let usages = |samples: &[Sample]| {
        samples.iter().map(|sample| (sample.seconds, sample.usage.0)).collect::<Vec<_>>()
    };
    assert_eq!(usages(fetched.histories.workloads[0].series.samples()), [(END - 300, 1), (END, 9)]);
    let raw =
        server.asked().into_iter().find(|asked| asked.text.contains("[3600s]&time=1700000100")).unwrap();
    assert!(raw.text.starts_with("/api/v1/query?"), "{}", raw.text);
    assert!(!server.asked().iter().any(|asked| asked.text.contains(PEAKS)));
}

#[test]
fn swap_is_added_where_there_was_any() {
    let with_swap = |word| (word, answer(vec![series(labels("web-7c-a"), &[(3, "500000"), (9, "1")])]));
    let server =
        ScriptedPrometheus::start(&shop_but(vec![with_swap("max_over_time(container_memory_swap{")]))
            .unwrap();
    let fetched = super::ask(&server).unwrap();
    let samples = fetched.histories.workloads[0].series.samples();
    assert_eq!(
        [samples[2], samples[3], samples[9]],
        [sample(2, 3_000_000), sample(3, 4_500_000), sample(9, 10_000_001)]
    );
    let about_swap = server.asked().into_iter().filter(|asked| asked.text.contains("container_memory_swap"));
    let about_swap: Vec<String> = about_swap.map(|asked| asked.text).collect();
    // First where, over the whole time at once; then when, of that pod alone.
    assert_eq!(about_swap.len(), 2, "{about_swap:?}");
    assert!(about_swap[1].contains(r#"pod=~"web-7c-a""#), "{about_swap:?}");
}

#[test]
fn a_kill_has_its_moment_and_what_could_be_held() {
    let server = ScriptedPrometheus::start(&shop_but(vec![
        (
            "max_over_time(kube_pod_container_status_last_terminated_reason",
            answer(vec![series(labels("web-7c-a"), &[(11, "1")])]),
        ),
        (
            "kube_pod_container_resource_limits{resource=\"memory\",namespace=~\"shop\",pod",
            answer(vec![series(labels("web-7c-a"), &[(4, "8000000"), (8, "9000000")])]),
        ),
        (
            "query=((kube_pod_container_status_restarts_total",
            answer(vec![series(labels("web-7c-a"), &[(4, "1"), (8, "2")])]),
        ),
        ("max_over_time(container_oom_events_total", answer(vec![series(labels("web-7c-b"), &[(11, "1")])])),
        (
            "(sum by (cluster,namespace,pod,container) (container_oom_events_total",
            answer(vec![series(labels("web-7c-a"), &[(5, "1")]), series(labels("web-7c-b"), &[(2, "1")])]),
        ),
        (
            "max_over_time(container_memory_swap{",
            answer(vec![series(labels("web-7c-a"), &[(3, "500000"), (8, "1000000")])]),
        ),
    ]))
    .unwrap();
    let fetched = super::ask(&server).unwrap();
    // The limits are asked for at these two moments alone.
    let asked = server.asked();
    let limits = |at: i64| {
        let at = format!("time={}&", moment(at));
        let of_pod = "resource=\"memory\",namespace=~\"shop\",pod=~\"web-7c-a\"";
        asked.iter().filter(|asked| asked.text.contains(&at) && asked.text.contains(of_pod)).count()
    };
    assert_eq!([limits(4), limits(8), limits(5)], [1, 1, 0]);
    let [first, second] = &fetched.histories.workloads[..] else { panic!("two") };
    assert_eq!(
        first.kills,
        [
            Kill { seconds: moment(4), total: Some(Bytes(8_500_000)) },
            Kill { seconds: moment(8), total: Some(Bytes(10_000_000)) },
        ]
    );
    assert_eq!(second.kills, [Kill { seconds: moment(2), total: None }]);
}

#[test]
fn the_limits_at_many_kills_are_one_question() {
    let kills: Vec<(i64, &str)> = (0..20).map(|step| (step, "1")).collect();
    let server = ScriptedPrometheus::start(&shop_but(vec![
        (
            "max_over_time(kube_pod_container_status_last_terminated_reason",
            answer(vec![series(labels("web-7c-a"), &[(11, "1")])]),
        ),
        (
            ") and on (cluster,namespace,pod,container) (((",
            answer(vec![series(labels("web-7c-a"), &[(4, "8000")])]),
        ),
        (
            "query=((kube_pod_container_status_restarts_total",
            answer(vec![series(labels("web-7c-a"), &kills)]),
        ),
    ]))
    .unwrap();
    let fetched = super::ask(&server).unwrap();
    let kills = &fetched.histories.workloads[0].kills;
    assert_eq!((kills.len(), kills[4].total, kills[5].total), (20, Some(Bytes(8000)), None));
    let limits = server.asked().into_iter().filter(|asked| asked.text.contains("pod=~\"web-7c-a\""));
    let limits = limits.filter(|asked| asked.text.contains("resource_limits{")).count();
    assert_eq!(limits, 1);
}

#[test]
fn no_limit_and_an_unknown_limit_are_two_facts() {
    let now = |value| answer(vec![series(labels("web-7c-a"), &[(11, value)])]);
    let fetched = ask_with(&shop_but(vec![
        ("last_over_time(kube_pod_container_info", now("1")),
        ("kube_pod_container_resource_requests{", now("1000")),
    ]))
    .unwrap();
    let [first, second] = &fetched.histories.workloads[..] else { panic!("two") };
    assert_eq!(first.limits, Some(LimitsToday { memory: None, request: Some(Bytes(1000)), swap: None }));
    assert_eq!(second.limits, None);
    for (kernel, memory) in [("0", None), ("9223372036854771712", None), ("4096", Some(Bytes(4096)))] {
        let rules = shop_but(vec![("container_spec_memory_limit_bytes", now(kernel))]);
        let fetched = ask_with(&rules).unwrap();
        let expected = Some(LimitsToday { memory, request: None, swap: None });
        assert_eq!(fetched.histories.workloads[0].limits, expected);
    }
}

#[test]
fn a_pod_without_known_owner_stands_for_itself_and_that_is_said() {
    let fetched = ask_with(&shop_but(vec![("kube_pod_owner", owned(Vec::new()))])).unwrap();
    let replica = &fetched.replicas["shop/web-7c-a/app"];
    assert_eq!((replica.kind.as_str(), replica.workload.as_str()), ("Pod", "web-7c-a"));
    let remark = &fetched.histories.remarks[0];
    assert!(remark.words.starts_with("the workload of 2 pods is not known"), "{remark}");
    assert_eq!(remark.effect, RemarkEffect::Kept);
}

#[test]
fn one_workload_is_asked_for_alone_and_a_misspelt_one_is_told() {
    let mut rules = shop();
    let other = json!({"namespace": "shop", "pod": "db-0", "owner_kind": "StatefulSet", "owner_name": "db"});
    let web = ["web-7c-a", "web-7c-b"].map(
        |pod| json!({"namespace": "shop", "pod": pod, "owner_kind": "ReplicaSet", "owner_name": "web-7c"}),
    );
    rules.insert(0, ("kube_pod_owner", owned(web.into_iter().chain([other]).collect())));
    // By its name, with kind or namespace, as the table has it, and by one of its replicas: always the whole workload.
    for written in ["web", "Deployment/web", "shop/web/app", "shop/web-7c-b/app", "web-7c-a"] {
        let server = ScriptedPrometheus::start(&rules).unwrap();
        let mut settings = settings(&server.url());
        settings.workloads = vec![written.to_owned()];
        assert_eq!(fetch(&settings, &|_| {}).unwrap().histories.workloads.len(), 2, "{written}");
        let asked = server.asked();
        let of_memory =
            asked.iter().filter(|asked| asked.text.contains("container_memory_working_set_bytes"));
        let wide: Vec<&str> = of_memory
            .map(|asked| asked.text.as_str())
            .filter(|text| !text.contains("web-7c-a|web-7c-b") || text.contains("db"))
            .collect();
        assert!(asked.len() > 8 && wide.is_empty(), "{written}: {wide:?}");
    }
    let server = ScriptedPrometheus::start(&shop_but(vec![(COUNTS, answer(Vec::new()))])).unwrap();
    let mut settings = settings(&server.url());
    settings.workloads = vec!["wbe".to_owned()];
    let error = printed(&fetch(&settings, &|_| {}).unwrap_err());
    assert!(error.contains("looked for the workload wbe; it knows shop/Deployment/web"), "{error}");
}

#[test]
fn without_owners_and_without_pods_names_alone_narrow_what_is_asked() {
    let unowned = vec![("kube_pod_owner", owned(Vec::new()))];
    let server = ScriptedPrometheus::start(&shop_but(unowned)).unwrap();
    let mut settings = settings(&server.url());
    settings.workloads = vec!["web".to_owned()];
    assert_eq!(fetch(&settings, &|_| {}).unwrap().histories.workloads.len(), 2);
    let peaks = server.asked().into_iter().find(|asked| asked.text.contains(PEAKS)).unwrap().text;
    assert!(peaks.contains(r#"pod=~"web(-.*)?""#), "{peaks}");
    let of_engine = json!({"instance": "host-1:8080", "name": "db"});
    let count = "count by (namespace) (last_over_time(container_memory_working_set_bytes{name";
    let server = ScriptedPrometheus::start(&[
        (count, answer(vec![series(json!({}), &[(0, "1")])])),
        ("container_memory_working_set_bytes{name", answer(vec![series(of_engine, &[(0, "5"), (1, "6")])])),
    ])
    .unwrap();
    settings.url = server.url().parse().unwrap();
    settings.workloads = vec!["db".to_owned()];
    assert_eq!(fetch(&settings, &|_| {}).unwrap().histories.workloads.len(), 1);
    let asked = server.asked();
    let of_engine = asked.iter().filter(|asked| asked.text.contains("_bytes{name!="));
    assert!(of_engine.clone().count() > 3);
    assert!(of_engine.clone().all(|asked| asked.text.contains(r#"name=~"db""#)), "{asked:?}");
}

#[test]
fn an_engines_containers_are_found_where_there_are_no_pods() {
    let metric = "container_memory_working_set_bytes{name!=";
    let of_engine = json!({"instance": "host-1:8080", "name": "db"});
    let fetched = ask_with(&[
        (
            "count by (namespace) (last_over_time(container_memory_working_set_bytes{name",
            answer(vec![series(json!({}), &[(0, "1")])]),
        ),
        (metric, answer(vec![series(of_engine, &[(0, "5"), (1, "6")])])),
    ])
    .unwrap();
    let replica = &fetched.replicas["host-1:8080/db"];
    assert_eq!((replica.workload.as_str(), replica.pod.as_str()), ("db", "host-1:8080"));
    assert_eq!(fetched.histories.workloads[0].series.samples().len(), 2);
}

#[test]
fn another_metric_is_taken_with_a_remark() {
    let fetched = ask_with(&[
        (
            "count by (namespace) (last_over_time(container_memory_usage_bytes{container",
            answer(vec![series(json!({}), &[(0, "1")])]),
        ),
        (
            "max_over_time(container_memory_usage_bytes",
            answer(vec![series(labels("a"), &[(0, "5"), (1, "6")])]),
        ),
    ])
    .unwrap();
    let remark = &fetched.histories.remarks[0].words;
    assert!(remark.contains("container_memory_usage_bytes is taken, page cache included"), "{remark}");
}

#[test]
fn tls_is_spoken_with_whom_the_given_authority_vouches_for() {
    let server = ScriptedPrometheus::start_secure(&shop()).unwrap();
    let mut settings = settings(&server.url());
    settings.authority = Some(certificates().join("ca.pem"));
    let fetched = fetch(&settings, &|_| {}).unwrap();
    assert_eq!(fetched.histories.workloads.len(), 2);
    // The server's own certificate is nobody's authority.
    settings.authority = Some(certificates().join("server.pem"));
    let error = printed(&fetch(&settings, &|_| {}).unwrap_err());
    assert!(error.contains("no secure connection") && error.contains("--ca FILE"), "{error}");
}
