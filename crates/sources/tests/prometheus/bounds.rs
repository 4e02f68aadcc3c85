//! A server is never asked for more than is stated: connections, points, bytes; and what is too much is asked for in halves.

use super::{COUNTS, END, PEAKS, STEP, STEPS, answer, series, settings, shop, shop_but};
use serde_json::json;
use sources::prometheus::error::PrometheusError;
use sources::prometheus::fetch;
use std::sync::Mutex;
use testkit::scripted_prometheus::{Reply, ScriptedPrometheus};

fn refused(status: &'static str, kind: &str, words: &str) -> Reply {
    let body = json!({"status": "error", "errorType": kind, "error": words}).to_string();
    Reply::Status(status, String::new(), body)
}

/// The parts that the peaks were asked for in: start and end.
fn parts(server: &ScriptedPrometheus) -> Vec<(i64, i64)> {
    let peaks = server.asked().into_iter().filter(|asked| asked.text.contains(PEAKS));
    let number = |text: &str, name: &str| {
        let value = text.split(name).nth(1).unwrap().split(['&', ' ']).next().unwrap();
        value.parse().unwrap()
    };
    peaks.map(|asked| (number(&asked.text, "start="), number(&asked.text, "end="))).collect()
}

#[test]
fn too_many_samples_are_asked_for_in_halves() {
    for too_much in [
        refused(
            "422 Unprocessable Entity",
            "execution",
            "query processing would load too many samples into memory in query execution",
        ),
        refused("503 Service Unavailable", "timeout", "query timed out in expression evaluation"),
    ] {
        let mut replies = vec![too_much.clone()];
        replies.extend(shop().remove(1).1);
        let server = ScriptedPrometheus::start(&shop_but(vec![(PEAKS, replies)])).unwrap();
        let fetched = fetch(&settings(&server.url()), &|_| {}).unwrap();
        assert_eq!(fetched.histories.workloads.len(), 2);
        let first = END - (STEPS - 1) * STEP;
        assert_eq!(parts(&server), [(first, END), (first, first + 5 * STEP), (first + 6 * STEP, END)]);
        let server = ScriptedPrometheus::start(&shop_but(vec![(PEAKS, vec![too_much])])).unwrap();
        let error = fetch(&settings(&server.url()), &|_| {}).unwrap_err();
        assert!(matches!(error, PrometheusError::Refused { .. }), "{error:?}");
        assert_eq!(parts(&server).len(), 4, "an eighth of the time is the smallest part");
    }
}

#[test]
fn an_answer_without_end_is_left() {
    let server = ScriptedPrometheus::start(&shop_but(vec![(PEAKS, vec![Reply::Endless])])).unwrap();
    let mut settings = settings(&server.url());
    settings.bounds.answer_bytes_max = 100_000;
    let error = fetch(&settings, &|_| {}).unwrap_err();
    assert!(error.to_string().ends_with("at most 100000 bytes, found more"), "{error}");
}

#[test]
fn no_more_connections_than_stated_and_all_is_told() {
    let counts = (0..40).map(|number| series(json!({"namespace": format!("n{number}")}), &[(0, "50")]));
    let server = ScriptedPrometheus::start(&shop_but(vec![(COUNTS, answer(counts.collect()))])).unwrap();
    let mut settings = settings(&server.url());
    settings.bounds.points_max = 1200;
    let told = Mutex::new(Vec::new());
    fetch(&settings, &|progress| told.lock().unwrap().push(progress)).unwrap();
    assert_eq!(parts(&server).len(), 20, "two namespaces of fifty with twelve steps are 1200 points");
    assert!(server.most_together() <= 2, "{}", server.most_together());
    let told = told.into_inner().unwrap();
    assert!(told.iter().any(|progress| progress.done == progress.total && progress.total > 100), "{told:?}");
    assert!(told.is_sorted_by_key(|progress| progress.read_bytes) || told.len() > 100, "{told:?}");
}

#[test]
fn long_lists_of_names_go_as_a_form() {
    let long = "n".repeat(60);
    let counts = (0..60).map(|number| series(json!({"namespace": format!("{long}{number}")}), &[(0, "50")]));
    let server = ScriptedPrometheus::start(&shop_but(vec![(COUNTS, answer(counts.collect()))])).unwrap();
    let mut settings = settings(&server.url());
    settings.bounds.points_max = 12 * 50 * 59;
    fetch(&settings, &|_| {}).unwrap();
    let peaks = server.asked().into_iter().filter(|asked| asked.text.contains(PEAKS));
    let methods: Vec<String> = peaks.map(|asked| asked.method).collect();
    assert_eq!(methods, ["POST", "POST"]);
}
