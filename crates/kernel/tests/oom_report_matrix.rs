//! Every generation of the kernel in every framing says the same facts; a cut report says fewer, and no others.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

#[path = "oom_report/frames.rs"]
mod frames;
#[path = "oom_report/kernels.rs"]
mod kernels;
#[path = "oom_report/records.rs"]
mod records;

use frames::FRAMINGS;
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use kernel::limit::Limit;
use kernel::oom_report::parse_all;
use kernel::oom_report::report::{Counter, CounterName, OomKind, OomReport, Part, Victim};
use kernels::{KERNELS, Kernel, Scene, Tells};
use records::{CONTAINER, INVOKER, POD, POD_UID, VICTIM, records, task_memcg};

/// The one report of a log.
#[track_caller]
fn only(log: &[u8], what: &str) -> OomReport {
    let mut reports = parse_all(log).reports;
    assert_eq!(reports.len(), 1, "{what}: {}", String::from_utf8_lossy(log));
    reports.remove(0)
}

fn each_scene(mut check: impl FnMut(&Kernel, Scene, &str)) {
    for kernel in &KERNELS {
        for scene in kernel.scenes {
            check(kernel, *scene, &format!("{} ({}), {scene:?}", kernel.release, kernel.cite));
        }
    }
}

fn kind(scene: Scene) -> OomKind {
    match scene {
        Scene::Memcg => OomKind::Memcg,
        Scene::Global => OomKind::Global,
        Scene::Cpuset => OomKind::Cpuset,
        Scene::Mempolicy => OomKind::Mempolicy,
        Scene::Sysrq => OomKind::Sysrq,
    }
}

fn victim(kernel: &Kernel) -> Victim {
    let kib = |kib: u64| Some(Bytes(kib << 10));
    let is_new = kernel.tells_uid == Tells::Yes && !kernel.release.contains("el");
    Victim {
        pid: 28_645,
        comm: VICTIM.to_owned(),
        uid: Some(1_001_240_000).filter(|_| kernel.tells_uid == Tells::Yes),
        total_vm: kib(207_208),
        anon_rss: kib(65_152),
        file_rss: kib(976),
        shmem_rss: kib(12).filter(|_| kernel.tells_shmem == Tells::Yes),
        pgtables: kib(164).filter(|_| is_new),
        oom_score_adj: Some(986).filter(|_| is_new),
    }
}

#[track_caller]
fn check(report: &OomReport, kernel: &Kernel, scene: Scene, what: &str) {
    assert_eq!(report.kind, kind(scene), "{what}");
    assert_eq!(report.kernel.as_deref(), Some(kernel.release), "{what}");
    let invoker = report.invoker.as_ref().unwrap();
    assert_eq!(
        (invoker.comm.as_deref(), invoker.pid, invoker.oom_score_adj),
        (Some(INVOKER), Some(28_645), Some(986)),
        "{what}"
    );
    assert_eq!(report.order, Some(if scene == Scene::Sysrq { -1 } else { 0 }), "{what}");
    assert_eq!(
        (report.cpuset.as_deref(), report.mems_allowed.as_deref()),
        (Some(CONTAINER), Some("0-1")),
        "{what}"
    );
    assert_eq!(report.invoker_container_id.as_ref().map(|id| id.0.as_str()), Some(CONTAINER), "{what}");
    assert_eq!(report.victims, [victim(kernel)], "{what}");
    let rows: Vec<&str> = report.tasks.rows.iter().map(|row| row.comm.as_str()).collect();
    assert_eq!((report.tasks.rows_seen, rows), (3, vec!["pause", "(sd-pam)", VICTIM]), "{what}");
    assert_eq!(report.tasks.rows[2].rss, Some(Bytes(16_532 * 4096)), "{what}");
    assert_eq!((report.missing.as_slice(), report.unknown_lines), (&[][..], 0), "{what}");
    let has_path = scene == Scene::Memcg || report.chosen.is_some();
    let path = report.task_memcg.clone().filter(|_| has_path);
    assert_eq!(path, has_path.then(task_memcg), "{what}");
    let id = report.container_id.as_ref().map(|id| id.0.as_str());
    assert_eq!(
        (id, report.pod_uid.as_deref()),
        (has_path.then_some(CONTAINER), has_path.then_some(POD_UID)),
        "{what}"
    );
    if scene == Scene::Memcg {
        check_memcg(report, kernel, what);
    } else {
        let info = report.mem_info.as_ref().unwrap();
        assert_eq!(
            (info.free_swap, info.ram_pages, info.zones.len()),
            (Some(Bytes(84 << 10)), Some(4_115_400), 2),
            "{what}"
        );
        assert_eq!(info.pages("shmem"), Some(19_540), "{what}");
        assert_eq!((report.memory, report.stats.len()), (None, 0), "{what}");
    }
}

#[track_caller]
fn check_memcg(report: &OomReport, kernel: &Kernel, what: &str) {
    let version = report.cgroup_version.map(|version| if version == CgroupVersion::V1 { 1 } else { 2 });
    assert_eq!(version, kernel.cgroup_version, "{what}");
    assert_eq!(report.oom_memcg.as_deref(), Some(POD), "{what}");
    let full = Bytes::from_mib(64);
    assert_eq!(
        report.memory,
        Some(Counter { usage: full, limit: Limit::At(full), failcnt: Some(156) }),
        "{what}"
    );
    assert_eq!(report.limits_reached, [CounterName::Memory], "{what}");
    if let Some(stats) = report.stats.first() {
        assert_eq!(stats.path, POD, "{what}");
    }
    let anon = ["anon", "total_rss", "rss"]
        .iter()
        .find_map(|key| report.stats.last()?.get(key))
        .filter(|bytes| *bytes > 0);
    assert!(
        report.stats.is_empty() || anon.is_some_and(|bytes| bytes > 60 << 20),
        "{what}: {:?}",
        report.stats
    );
}

#[test]
fn every_kernel_says_the_same_in_every_framing() {
    let mut cells = 0;
    each_scene(|kernel, scene, what| {
        for (name, frame) in FRAMINGS {
            let what = format!("{what}, {name}");
            let log = frame(&records(kernel, scene));
            check(&only(&log, &what), kernel, scene, &what);
            cells += 1;
        }
    });
    println!("{cells} cells");
}

#[test]
fn a_report_between_other_lines_says_the_same() {
    let noise = [
        "docker0: port 2(veth380a1cd) entered disabled state",
        "audit: type=1400 audit(1700000000.123:45): apparmor=\"STATUS\" operation=\"profile_load\"",
        "usb 1-1: new high-speed USB device number 7 using xhci_hcd",
    ];
    each_scene(|kernel, scene, what| {
        let records = records(kernel, scene);
        let mixed = |every: usize| -> Vec<String> {
            let pair = |(at, record): (usize, &String)| {
                let stranger = (at % every == 0).then(|| noise[at % noise.len()].to_owned());
                [Some(record.clone()), stranger]
            };
            records.iter().enumerate().flat_map(pair).flatten().collect()
        };
        for (name, frame) in FRAMINGS.iter().filter(|(name, _)| !name.contains("joined")) {
            let what = format!("{what}, {name}");
            let mut report = only(&frame(&mixed(2)), &what);
            assert!(report.unknown_lines > 0, "{what}");
            report.unknown_lines = 0;
            check(&report, kernel, scene, &what);
        }
    });
}

#[test]
fn two_reports_of_two_machines_do_not_mix() {
    each_scene(|kernel, scene, what| {
        let records = records(kernel, scene);
        let mut log = String::new();
        for record in &records {
            for line in record.lines() {
                for host in ["a", "b"] {
                    log += &format!("2026-09-02T09:08:50.880492+00:00 {host} kernel: {line}\n");
                }
            }
        }
        let reports = parse_all(log.as_bytes()).reports;
        assert_eq!(reports.len(), 2, "{what}");
        for (report, host) in reports.iter().zip(["a", "b"]) {
            assert_eq!(report.host.as_deref(), Some(host), "{what}");
            check(report, kernel, scene, what);
        }
    });
}

#[test]
fn wrapped_lines_are_joined() {
    each_scene(|kernel, scene, what| {
        let records = records(kernel, scene);
        let unwrapped: Vec<String> =
            records.iter().flat_map(|record| record.lines().map(str::to_owned)).collect();
        let wrap = |line: &String| {
            let keeps = ["[", " ", "Node", "Hardware", "sysrq"].iter().any(|start| line.starts_with(start));
            let at = line
                .char_indices()
                .filter(|(at, it)| *it == ' ' && (40..76).contains(at))
                .map(|(at, _)| at)
                .next_back();
            match at.filter(|_| line.len() > 76 && !keeps) {
                Some(at) => format!("[ 8523.347168] {}\n{}\n", &line[..at], &line[at + 1..]),
                None => format!("[ 8523.347168] {line}\n"),
            }
        };
        let log: String = unwrapped.iter().map(wrap).collect();
        let mut report = only(log.as_bytes(), what);
        report.unknown_lines = 0;
        check(&report, kernel, scene, what);
    });
}

/// A fact of a cut report is absent, or what the whole report says.
#[track_caller]
fn check_cut(cut: &OomReport, whole: &OomReport, what: &str) {
    fn same<T: PartialEq + std::fmt::Debug>(cut: Option<&T>, whole: Option<&T>, what: &str) {
        assert!(cut.is_none() || cut == whole, "{what}: {cut:?} of {whole:?}");
    }
    assert!(
        cut.kind == OomKind::Unknown
            || cut.kind == whole.kind
            || whole.kind == OomKind::Sysrq
            || cut.kind == OomKind::Global,
        "{what}"
    );
    same(cut.cgroup_version.as_ref(), whole.cgroup_version.as_ref(), what);
    same(cut.kernel.as_ref(), whole.kernel.as_ref(), what);
    same(
        cut.invoker.as_ref().and_then(|it| it.pid).as_ref(),
        whole.invoker.as_ref().and_then(|it| it.pid).as_ref(),
        what,
    );
    same(cut.order.as_ref(), whole.order.as_ref(), what);
    same(cut.gfp_mask.as_ref(), whole.gfp_mask.as_ref(), what);
    same(cut.constraint.as_ref(), whole.constraint.as_ref(), what);
    same(cut.oom_memcg.as_ref(), whole.oom_memcg.as_ref(), what);
    same(cut.task_memcg.as_ref(), whole.task_memcg.as_ref(), what);
    same(cut.container_id.as_ref(), whole.container_id.as_ref(), what);
    same(cut.pod_uid.as_ref(), whole.pod_uid.as_ref(), what);
    same(cut.memory.map(|it| it.limit).as_ref(), whole.memory.map(|it| it.limit).as_ref(), what);
    same(cut.swap.map(|it| it.limit).as_ref(), whole.swap.map(|it| it.limit).as_ref(), what);
    for (cut, whole) in cut.victims.iter().zip(&whole.victims) {
        // Cut behind a bracket, a name that has one looks whole.
        same(cut.total_vm.map(|_| &cut.comm), Some(&whole.comm), what);
        assert_eq!(cut.pid, whole.pid, "{what}");
        same(cut.anon_rss.as_ref(), whole.anon_rss.as_ref(), what);
        same(cut.shmem_rss.as_ref(), whole.shmem_rss.as_ref(), what);
        same(cut.uid.as_ref(), whole.uid.as_ref(), what);
    }
    assert!(cut.tasks.rows_seen <= whole.tasks.rows_seen, "{what}");
}

#[test]
fn a_report_cut_at_any_line_says_fewer_facts_and_what_is_missing() {
    each_scene(|kernel, scene, what| {
        let records = records(kernel, scene);
        for (name, frame) in &FRAMINGS[..2] {
            let whole = only(&frame(&records), what);
            let kill = records.iter().position(|record| record.contains("Killed process")).unwrap();
            let header = records.iter().position(|record| record.contains("invoked")).unwrap();
            for at in 1..records.len() {
                for (part, lost) in [(&records[..at], at <= kill), (&records[at..], at > header)] {
                    let what = format!("{what}, {name}, cut at {at}");
                    let reports = parse_all(&frame(part)).reports;
                    assert!(reports.len() <= 1, "{what}");
                    for report in &reports {
                        check_cut(report, &whole, &what);
                        assert_eq!(!report.missing.is_empty(), lost, "{what}: {:?}", report.missing);
                    }
                }
            }
        }
    });
}

#[test]
fn a_report_cut_at_any_byte_says_no_other_facts() {
    each_scene(|kernel, scene, what| {
        let (_, frame) = FRAMINGS[4];
        let log = frame(&records(kernel, scene));
        let whole = only(&log, what);
        for at in (0..log.len()).step_by(19) {
            let what = format!("{what}, byte {at}");
            for mut report in parse_all(&log[..at]).reports {
                // Nothing behind the path of `Task in … as a result of limit of …` tells that it is whole.
                report.oom_memcg = report.oom_memcg.filter(|_| report.chosen.is_some());
                check_cut(&report, &whole, &what);
            }
        }
    });
}

#[test]
fn pieces_of_any_size_give_the_same_reports() {
    use kernel::oom_report::reader::{OomEvent, OomReader};
    let all: Vec<u8> =
        KERNELS.iter().flat_map(|kernel| FRAMINGS[2].1(&records(kernel, Scene::Memcg))).collect();
    let whole = parse_all(&all).reports;
    assert_eq!(whole.len(), KERNELS.len());
    for size in [1, 7, 64, 4096] {
        let mut reports = Vec::new();
        let mut reader = OomReader::new();
        let mut collect = |event| match event {
            OomEvent::Report(report) => reports.push(*report),
            OomEvent::Suppressed(_) | OomEvent::Reaped(_) | OomEvent::Other(_) => {}
        };
        all.chunks(size).for_each(|piece| reader.push(piece, &mut collect));
        reader.finish(&mut collect);
        assert_eq!(reports, whole, "{size}");
    }
}

#[test]
fn a_part_that_is_left_out_is_named() {
    let (kernel, frame) = (&KERNELS[9], FRAMINGS[1].1);
    for (words, part) in [
        ("invoked", Part::Header),
        ("memory: usage", Part::Counters),
        ("Memory cgroup stats", Part::Stats),
        ("] ", Part::Tasks),
        ("oom-kill:", Part::OomKillLine),
        ("Killed process", Part::KillLine),
    ] {
        let left: Vec<String> = records(kernel, Scene::Memcg)
            .into_iter()
            .filter(|it| !it.contains(words) || it.contains("comm"))
            .collect();
        let missing = only(&frame(&left), words).missing;
        assert!(missing.contains(&part), "{words}: {missing:?}");
    }
}

/// Linux 6.12's lines of a group (mm/oom_kill.c, mm/memcontrol.c), each with its time.
const GROUP: &str = "\
[ 2658.287187] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/kubepods/pod7/box,task_memcg=/kubepods/pod7/box,task=node,pid=28645,uid=1001240000
[ 2658.287190] Memory cgroup out of memory: Killed process 28645 (node) total-vm:207208kB, anon-rss:65152kB, file-rss:976kB, shmem-rss:4kB, UID:1001240000 pgtables:164kB oom_score_adj:986
[ 2658.287193] Tasks in /kubepods/burstable/podf9411888-a753-41f4-9520-afc45712f5b5/box are going to be killed due to memory.oom.group set
[ 2658.287196] Memory cgroup out of memory: Killed process 3000 (pause) total-vm:208kB, anon-rss:152kB, file-rss:76kB, shmem-rss:4kB, UID:1001240000 pgtables:164kB oom_score_adj:986
[ 2658.287199] Memory cgroup out of memory: Killed process 28645 (node) total-vm:207208kB, anon-rss:65152kB, file-rss:976kB, shmem-rss:4kB, UID:1001240000 pgtables:164kB oom_score_adj:986
";

/// As a terminal of so many columns breaks it.
fn cut_at(columns: usize, line: &str) -> String {
    let bytes: Vec<&[u8]> = line.as_bytes().chunks(columns).collect();
    let pieces: Vec<&str> = bytes.iter().map(|piece| std::str::from_utf8(piece).unwrap()).collect();
    pieces.join("\n") + "\n"
}

/// As a mail of so many columns breaks it.
fn filled(columns: usize, line: &str) -> String {
    let mut filled = String::new();
    let mut width = 0;
    for word in line.split(' ') {
        let between = if width == 0 { "" } else { " " };
        let breaks = width > 0 && width + 1 + word.len() > columns;
        filled.push_str(if breaks { "\n" } else { between });
        width = if breaks { word.len() } else { width + between.len() + word.len() };
        filled.push_str(word);
    }
    filled + "\n"
}

#[test]
fn a_group_whose_lines_were_broken_is_one_report() {
    for columns in 60..=120 {
        for (how, wrap) in [("cut", cut_at as fn(usize, &str) -> String), ("filled", filled)] {
            let log: String = GROUP.lines().map(|line| wrap(columns, line)).collect();
            let report = only(log.as_bytes(), how);
            let victims: Vec<_> = report.victims.iter().map(|victim| (victim.pid, victim.uid)).collect();
            let uid = Some(1_001_240_000);
            assert_eq!(victims, [(28_645, uid), (3000, uid)], "{how} at {columns}");
            let group = "/kubepods/burstable/podf9411888-a753-41f4-9520-afc45712f5b5/box";
            assert_eq!(report.oom_group.as_deref(), Some(group), "{how} at {columns}");
        }
    }
}

#[test]
fn the_log_of_a_talos_node_is_read() {
    let talos = |line: &str| match line.split_once("] ") {
        Some((_, text)) => format!("10.5.0.2: kern: warning: [2026-09-02T09:08:50.880492123Z]: {text}\n"),
        None => String::new(),
    };
    let log: String = GROUP.lines().map(talos).collect();
    let report = only(log.as_bytes(), "talos");
    assert_eq!((report.host.as_deref(), report.victims.len()), (Some("10.5.0.2"), 2));
    assert_eq!(report.oom_memcg.as_deref(), Some("/kubepods/pod7/box"));
}
