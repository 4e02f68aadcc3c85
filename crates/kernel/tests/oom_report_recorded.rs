//! Reports recorded from kernels that were made to kill (tests/data/oom/README.md).

#![allow(clippy::disallowed_methods, reason = "these tests read recorded files")]
#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use kernel::limit::Limit;
use kernel::oom_report::report::{Constraint, CounterName, OomKind, OomReport};
use kernel::oom_report::task_table::PageSize;
use kernel::oom_report::{OomLog, parse_all};
use std::fs;
use std::path::Path;

const POD: &str = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod3f9a1c2e_7b54_4d1e_9c0a_5e6f7a8b9c0d.slice";

fn bytes(file: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/oom").join(file)).unwrap()
}

fn read(file: &str) -> OomLog {
    parse_all(&bytes(file))
}

/// The reports whose limit was hit in a cgroup of that name.
fn of<'a>(log: &'a OomLog, cgroup: &str) -> Vec<&'a OomReport> {
    log.reports.iter().filter(|report| report.oom_memcg.as_deref() == Some(cgroup)).collect()
}

fn names(report: &OomReport) -> Vec<&str> {
    report.victims.iter().map(|victim| victim.comm.as_str()).collect()
}

const FILES: [&str; 7] = [
    "debian12-6.12-v2/kmsg.log",
    "debian12-6.12-v2/dmesg.log",
    "debian12-6.1-v2/kmsg.log",
    "debian12-6.1-v2/dmesg.log",
    "debian12-6.1-v1/kmsg.log",
    "debian12-6.1-v1/dmesg.log",
    "host-6.18-v1/kmsg.log",
];

#[test]
fn each_kill_of_each_file_is_in_one_report() {
    for file in FILES {
        let text = String::from_utf8(bytes(file)).unwrap();
        let mut killed: Vec<u64> = text
            .lines()
            .filter_map(|line| line.split_once("Killed process ")?.1.split(' ').next()?.parse().ok())
            .collect();
        killed.sort_unstable();
        killed.dedup();
        let mut ours: Vec<u64> = read(file)
            .reports
            .iter()
            .flat_map(|report| report.victims.iter().map(|victim| victim.pid))
            .collect();
        ours.sort_unstable();
        assert_eq!(ours, killed, "{file}");
    }
}

#[test]
fn whole_reports_miss_nothing_and_measure_the_page() {
    for file in FILES {
        for report in read(file).reports.iter().filter(|report| report.invoker.is_some()) {
            let what = format!("{file}, line {}", report.first.line);
            assert_eq!((report.missing.as_slice(), report.unknown_lines), (&[][..], 0), "{what}");
            assert_eq!(report.tasks.page, PageSize::Measured(Bytes(4096)), "{what}");
            assert_eq!(report.tasks.rows.len() as u64, report.tasks.rows_seen, "{what}");
            let victim = &report.victims[0];
            let row = report.tasks.rows.iter().find(|row| row.pid == victim.pid).unwrap();
            assert_eq!((row.total_vm, row.oom_score_adj), (victim.total_vm, victim.oom_score_adj), "{what}");
            assert_eq!(report.chosen.as_ref().map(|chosen| chosen.pid), Some(victim.pid), "{what}");
        }
    }
}

#[test]
fn a_parent_limit_is_not_the_containers() {
    for (file, version) in
        [("debian12-6.12-v2/kmsg.log", CgroupVersion::V2), ("debian12-6.1-v1/kmsg.log", CgroupVersion::V1)]
    {
        let log = read(file);
        let report = of(&log, POD)[0];
        assert_eq!((report.kind, report.cgroup_version), (OomKind::Memcg, Some(version)), "{file}");
        assert_eq!(report.container_id.as_ref().unwrap().short(), "5b4692b00f00", "{file}");
        assert_eq!(report.pod_uid.as_deref(), Some("3f9a1c2e-7b54-4d1e-9c0a-5e6f7a8b9c0d"), "{file}");
        assert_eq!((report.tasks.rows_seen, report.victims[0].oom_score_adj), (2, Some(500)), "{file}");
    }
}

#[test]
fn a_group_is_killed_once() {
    for file in ["debian12-6.12-v2/kmsg.log", "debian12-6.1-v2/dmesg.log"] {
        let log = read(file);
        let report = of(&log, "/together")[0];
        assert_eq!(names(report), ["dd", "sh", "sleep", "sleep", "sleep"], "{file}");
        assert_eq!(report.oom_group.as_deref(), Some("/together"), "{file}");
    }
}

#[test]
fn limits_say_which_of_them_was_full() {
    let (v2, v1) = (read("debian12-6.1-v2/kmsg.log"), read("debian12-6.1-v1/kmsg.log"));
    let both = of(&v2, "/swapped")[0];
    assert_eq!(both.limits_reached, [CounterName::Memory, CounterName::Swap]);
    assert_eq!(both.swap.unwrap().limit, Limit::At(Bytes::from_mib(8)));
    // No swap allowed: that limit is zero and never reached.
    assert_eq!(of(&v2, "/one")[0].limits_reached, [CounterName::Memory]);
    assert_eq!(of(&v1, "/one")[0].limits_reached, [CounterName::Memory, CounterName::MemorySwap]);
    assert_eq!(of(&v1, "/one")[0].kmem.unwrap().limit, Limit::Unlimited);
}

#[test]
fn a_name_with_brackets_is_whole() {
    for file in ["debian12-6.1-v2/kmsg.log", "debian12-6.1-v1/kmsg.log"] {
        let log = read(file);
        assert_eq!(names(of(&log, "/one")[0]), ["a) (b c"], "{file}");
    }
}

#[test]
fn tmpfs_fills_the_stats_and_not_the_victim() {
    for file in ["debian12-6.1-v2/dmesg.log", "debian12-6.1-v1/kmsg.log"] {
        let log = read(file);
        let report = of(&log, "/shm")[0];
        let file_bytes = report.stats[0].get("file").unwrap();
        assert!(file_bytes > 18 << 20 && report.victims[0].anon_rss.unwrap() < Bytes::from_mib(1), "{file}");
    }
}

#[test]
fn a_record_keeps_its_stats_and_syslog_loses_their_end() {
    let (whole, cut) = (read("debian12-6.1-v2/kmsg.log"), read("debian12-6.1-v2/dmesg.log"));
    let keys = |log: &OomLog| log.reports[0].stats[0].entries.len();
    assert_eq!((keys(&whole), keys(&cut)), (51, 30));
}

#[test]
fn a_storm_leaves_kills_without_a_report() {
    let log = read("debian12-6.12-v2/kmsg.log");
    let bare: Vec<&OomReport> = log.reports.iter().filter(|report| report.invoker.is_none()).collect();
    assert_eq!((bare.len(), log.suppressed_reports), (20, 20));
    assert!(bare.iter().all(|report| report.kind == OomKind::Memcg && report.oom_memcg.is_none()));
    assert_eq!(log.reports.last().unwrap().suppressed_before, 20);
}

#[test]
fn sysrq_and_the_whole_machine_are_told_apart() {
    let log = read("debian12-6.12-v2/dmesg.log");
    let kinds: Vec<OomKind> = log.reports.iter().map(|report| report.kind).collect();
    assert_eq!(kinds, [OomKind::Sysrq, OomKind::Global, OomKind::Global]);
    let (sysrq, global) = (&log.reports[0], &log.reports[1]);
    assert_eq!((sysrq.order, sysrq.constraint), (Some(-1), Some(Constraint::None)));
    let info = global.mem_info.as_ref().unwrap();
    assert_eq!((info.total_swap, info.ram_pages, info.zones.len()), (Some(Bytes::ZERO), Some(65_406), 2));
    assert_eq!((global.oom_memcg.as_deref(), global.task_memcg.as_deref()), (None, Some("/init")));
}

#[test]
fn the_host_of_these_tests_prints_what_we_read() {
    let report = read("host-6.18-v1/kmsg.log").reports.remove(0);
    assert_eq!((report.cgroup_version, report.first.sequence), (Some(CgroupVersion::V1), Some(10_509)));
    assert_eq!(report.stats[0].get("hierarchical_memory_limit"), Some(16 << 20));
    assert!(report.kernel.as_deref().is_some_and(|kernel| kernel.starts_with("6.18.44")));
}
