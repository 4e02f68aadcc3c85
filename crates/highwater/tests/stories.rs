//! The story of typical kills, from the text of a report to the screen: parser, judge and words together.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use api::incidents::{Told, list, one};
use judge::oom::{Observed, incidents};
use kernel::bytes::Bytes;
use kernel::cgroup_path::ContainerId;
use kernel::hierarchy::CgroupVersion;
use kernel::limit::Limit;
use kernel::oom_report::parse_all;
use model::cgroup::{Cgroup, CgroupId};
use model::incident::Incidents;
use model::incident::observed::{CgroupMoment, CgroupRef, CounterChange, KillCounters, Log};
use model::incident::witness::LogSource;
use model::kernel_log::BootId;
use model::reading::Reading;
use model::snapshot::{Missing, Timestamp};
use serde_json::Value;
use std::time::Duration;
use testkit::imagined::{Imagined, at_mib, declares};
use testkit::oom_text::{Task, Text, UNLIMITED_KB};

const WIDTH: usize = 80;

const WEB: &str = "/docker/1111111111111111111111111111111111111111111111111111111111111111";

const POD: &str = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod3f9a1c2e_7b54_4d1e_9c0a_5e6f7a8b9c0d.slice";

/// What was seen beside the log.
#[derive(Default)]
struct Beside {
    changes: Vec<CounterChange>,
    moments: Vec<CgroupMoment>,
    cgroups: Vec<Cgroup>,
    missing: Vec<Missing>,
}

/// The incidents of a text.
fn judged(text: &str, beside: &Beside) -> Incidents {
    let boot = Reading::Value(BootId(7));
    let logs = [Log {
        source: LogSource::Ring,
        boot: boot.clone(),
        booted_at: Reading::Value(Timestamp(1_795_230_000_000)),
        reports: parse_all(text.as_bytes()).reports,
        records_lost: 0,
    }];
    incidents(&Observed {
        logs: &logs,
        boot,
        changes: &beside.changes,
        moments: &beside.moments,
        cgroups: &beside.cgroups,
        missing: &beside.missing,
        ..Observed::default()
    })
}

/// The line and the story of each incident.
fn told(text: &str, beside: &Beside) -> String {
    let mut told = String::new();
    for incident in &judged(text, beside).incidents {
        told.push_str(&view::incident::line(incident).to_plain());
        told.push_str("\n\n");
        for line in view::incident::story(incident, WIDTH, view::graph::Glyphs::Blocks) {
            let is_command = line.to_plain().starts_with("Next: ");
            assert!(line.width() <= WIDTH || is_command, "{}", line.to_plain());
            told.push_str(&line.to_plain());
            told.push('\n');
        }
    }
    told
}

/// The container `web` of Docker, whose first process is 4700.
fn web() -> Vec<Cgroup> {
    let mut machine = Imagined::new(CgroupVersion::V1);
    machine.cgroup(WEB, |cgroup| {
        declares(cgroup, Limit::At(Bytes::from_mib(64)), Limit::At(Bytes::from_mib(64)), None);
        cgroup.memory.limit = at_mib(64);
        let container = cgroup.container.as_mut().unwrap();
        container.id = ContainerId("1".repeat(64));
        container.image = Reading::Value("nginx:1.29".to_owned());
        container.pid = Reading::Value(4700);
    });
    machine.snapshot.cgroups
}

fn change(path: &str) -> CounterChange {
    let counters = |kills| KillCounters { own_kills: Reading::Value(kills), ..KillCounters::default() };
    CounterChange {
        cgroup: CgroupRef { path: path.to_owned(), id: CgroupId(42) },
        from: Duration::from_secs(2_655),
        to: Duration::from_secs(2_662),
        before: counters(0),
        after: counters(1),
    }
}

fn moment(path: &str, at: u64, usage: u64) -> CgroupMoment {
    let mib = |mib| Reading::Value(Bytes::from_mib(mib));
    CgroupMoment {
        cgroup: CgroupRef { path: path.to_owned(), id: CgroupId(42) },
        at: Duration::from_secs(at),
        usage: mib(usage),
        limit: Reading::Value(Limit::At(Bytes::from_mib(64))),
        anon: mib(usage),
        shmem: mib(0),
        file: mib(0),
        kernel: mib(0),
        swap: mib(0),
        refaults_file: Reading::Absent,
    }
}

fn container(letter: char) -> String {
    format!("{POD}/cri-containerd-{}.scope", String::from(letter).repeat(64))
}

#[test]
fn a_container_over_its_own_limit() {
    let beside = Beside {
        cgroups: web(),
        changes: vec![change(WEB)],
        moments: vec![moment(WEB, 2_640, 20), moment(WEB, 2_650, 38), moment(WEB, 2_658, 60)],
        ..Beside::default()
    };
    insta::assert_snapshot!(told(&Text::hog(WEB).whole(), &beside));
}

#[test]
fn tmpfs_and_an_innocent_process() {
    let mut text = Text::hog(WEB).stat_mib("anon", 0).stat_mib("shmem", 63);
    text.tasks = vec![
        Task { pid: 4700, comm: "sh", anon: 100, shmem: 0, swap: 0 },
        Task { pid: 4711, comm: "dd", anon: 128, shmem: 0, swap: 0 },
    ];
    insta::assert_snapshot!(told(&text.whole(), &Beside { cgroups: web(), ..Beside::default() }));
}

#[test]
fn a_pod_limit_and_a_neighbour() {
    let mut text = Text::hog(POD);
    text.task_memcg = container('a');
    text.tasks = vec![
        Task { pid: 4711, comm: "sidecar", anon: 4_000, shmem: 0, swap: 0 },
        Task { pid: 4720, comm: "java", anon: 59_000, shmem: 0, swap: 0 },
    ];
    let moments = vec![moment(&container('a'), 2_657, 4), moment(&container('b'), 2_657, 58)];
    insta::assert_snapshot!(told(&text.whole(), &Beside { moments, ..Beside::default() }));
}

#[test]
fn all_pods_of_the_node() {
    let mut text = Text::hog("/kubepods.slice");
    text.task_memcg = container('a');
    text.counters = vec![("memory", 5_971_388, 5_971_388), ("swap", 0, UNLIMITED_KB)];
    text.stat.clear();
    text = text.stat_mib("anon", 5_600).stat_mib("file", 60).stat_mib("kernel", 120);
    text.tasks = (0..40)
        .map(|pid| Task { pid: 4_700 + pid, comm: "worker", anon: 140_000, shmem: 0, swap: 0 })
        .collect();
    insta::assert_snapshot!(told(&text.whole(), &Beside::default()));
}

#[test]
fn memory_and_swap_together() {
    let mut text = Text::hog(WEB);
    text.counters =
        vec![("memory", 50_000, 65_536), ("memory+swap", 98_304, 98_304), ("kmem", 300, UNLIMITED_KB)];
    text.stat = vec![
        ("total_cache", 0),
        ("total_rss", 49_700 << 10),
        ("total_swap", 48_304 << 10),
        ("total_shmem", 0),
    ];
    text.tasks = vec![Task { pid: 4711, comm: "hog", anon: 49_000, shmem: 0, swap: 48_000 }];
    insta::assert_snapshot!(told(&text.whole(), &Beside { cgroups: web(), ..Beside::default() }));
}

#[test]
fn the_machine_ran_out() {
    let mut text = Text::hog(WEB);
    text.oom_memcg = None;
    text.counters.clear();
    text.mem_info = vec![
        ("active_anon", 1_000),
        ("inactive_anon", 450_000),
        ("active_file", 500),
        ("inactive_file", 700),
        ("slab_reclaimable", 6_000),
        ("slab_unreclaimable", 12_000),
        ("shmem", 500),
        ("pagetables", 3_000),
        ("free", 7_000),
    ];
    text.machine = Some((524_288, 0, 1_048_576));
    text.tasks = vec![
        Task { pid: 900, comm: "dockerd", anon: 40_000, shmem: 0, swap: 12_000 },
        Task { pid: 4711, comm: "java", anon: 1_500_000, shmem: 0, swap: 900_000 },
    ];
    insta::assert_snapshot!(told(&text.whole(), &Beside::default()));
}

#[test]
fn a_group_is_killed_whole() {
    let mut text = Text::hog(WEB);
    text.group = Some((WEB.to_owned(), vec![4700, 4711]));
    insta::assert_snapshot!(told(&text.whole(), &Beside { cgroups: web(), ..Beside::default() }));
}

#[test]
fn a_storm_without_reports() {
    let missing = vec![Missing {
        what: "Docker's events".to_owned(),
        why: "/var/run/docker.sock: permission denied".to_owned(),
    }];
    let other = WEB.replace('1', "2");
    let mut second = Text::hog(&other);
    second.victim = 4700;
    let text = Text::hog(WEB).kill_line() + &second.kill_line();
    let beside = Beside { changes: vec![change(&other)], missing, ..Beside::default() };
    insta::assert_snapshot!(told(&text, &beside));
}

#[test]
fn the_same_facts_as_json() {
    let beside = Beside { cgroups: web(), changes: vec![change(WEB)], ..Beside::default() };
    let all = judged(&Text::hog(WEB).whole(), &beside);
    let incident = all.incidents.first().unwrap();
    let (message, why) = (view::incident::sentence(incident), view::incident::why(incident));
    let next = view::incident::next(incident);
    let told = Told { incident, message: &message, why: &why, next: &next };
    let document = list(&all, &[told]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap());
}

/// What may be null without a reason: there is none.
const NULL_IS_NONE: [&str; 6] = ["container", "pod", "unit", "oom_group", "invoker", "limit_bytes"];

/// Every null that has no reason beside it.
fn unexplained(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let is_explained = fields.get("unknown").is_some_and(|unknown| unknown.get(key).is_some());
                if value.is_null() && !is_explained && !NULL_IS_NONE.contains(&key.as_str()) {
                    found.push(format!("{path}.{key}"));
                }
                unexplained(value, &format!("{path}.{key}"), found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| unexplained(value, path, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_unknown_has_its_reason() {
    let cut: String = Text::hog(POD).whole().lines().skip(20).map(|line| format!("{line}\n")).collect();
    for text in [cut, Text::hog(WEB).kill_line(), Text::hog(WEB).whole()] {
        let all = judged(&text, &Beside::default());
        for incident in &all.incidents {
            let document = one(&Told { incident, message: "", why: "", next: &[] });
            let mut found = Vec::new();
            unexplained(&document, "", &mut found);
            assert_eq!(found, Vec::<String>::new());
        }
    }
}
