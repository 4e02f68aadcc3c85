//! Scope, consumer and cause of single kills.

use crate::seen::{DB, POD, Seen, WEB, in_pod};
use kernel::bytes::Bytes;
use kernel::oom_report::report::CounterName;
use model::incident::cause::{CauseKind, Confidence, Consumer, Evidence};
use model::incident::{FirstProcess, Role, Scope};
use model::reading::Reading;
use testkit::oom_text::{Task, Text, UNLIMITED_KB};

fn node(free_swap: u64) -> Text {
    let mut text = Text::hog(WEB);
    text.oom_memcg = None;
    text.counters.clear();
    text.stat.clear();
    text.mem_info =
        vec![("active_anon", 100_000), ("inactive_anon", 60_000), ("free", 2_000), ("shmem", 500)];
    text.machine = Some((200_000, free_swap, 524_288));
    text.zone = Some((8_000, 9_000, 11_000, 13_000));
    text
}

#[test]
fn a_hog_over_its_own_limit() {
    let incident = Seen::log(&Text::hog(WEB).whole()).incident();
    assert_eq!((incident.level.scope, incident.kills), (Scope::Container, 1));
    assert_eq!(incident.hit, Reading::Value(CounterName::Memory));
    assert_eq!(incident.consumer, Consumer::Victim { bytes: Bytes(64_000 << 10) });
    assert_eq!(
        (incident.cause.kind, incident.cause.confidence),
        (CauseKind::LimitTooSmall, Confidence::Possible)
    );
    assert_eq!(incident.confidence, Confidence::Likely);
    let circumstances: Vec<_> = incident.contributing.iter().map(|cause| cause.kind).collect();
    assert_eq!(circumstances, [CauseKind::SwapExhausted]);
    assert_eq!(incident.contributing[0].evidence, [Evidence::SwapForbidden]);
}

#[test]
fn the_level_is_what_the_path_says() {
    let container = in_pod('a');
    for (level, victim, scope) in [
        (WEB, WEB, Scope::Container),
        (WEB, &format!("{WEB}/init") as &str, Scope::Container),
        (POD, &container, Scope::Pod),
        ("/kubepods.slice/kubepods-burstable.slice", &container, Scope::QosLevel),
        ("/kubepods.slice", &container, Scope::Kubepods),
        ("/system.slice", "/system.slice/web.service", Scope::Slice),
        ("/system.slice/web.service", "/system.slice/web.service", Scope::Unit),
        ("/quiet", "/quiet", Scope::Cgroup),
        ("/quiet", "/quiet/inner", Scope::Slice),
    ] {
        let mut text = Text::hog(level);
        text.task_memcg = victim.to_owned();
        assert_eq!(Seen::log(&text.whole()).incident().level.scope, scope, "{level} {victim}");
    }
}

#[test]
fn tmpfs_is_blamed_and_not_the_small_process_that_died() {
    let mut text = Text::hog(WEB).stat_mib("anon", 0).stat_mib("shmem", 63);
    text.tasks = vec![
        Task { pid: 1, comm: "sh", anon: 100, shmem: 0, swap: 0 },
        Task { pid: 4711, comm: "dd", anon: 128, shmem: 0, swap: 0 },
    ];
    let incident = Seen::log(&text.whole()).incident();
    assert_eq!(incident.consumer, Consumer::Tmpfs { bytes: Bytes::from_mib(63) });
    assert_eq!((incident.cause.kind, incident.cause.confidence), (CauseKind::Tmpfs, Confidence::Certain));
    assert!(incident.cause.evidence.iter().any(|it| matches!(it, Evidence::VictimHeldLittle { .. })));
}

#[test]
fn kernel_memory_is_named_by_its_largest_part() {
    let text = Text::hog(WEB).stat_mib("anon", 4).stat_mib("kernel", 58).stat_mib("pagetables", 50);
    let incident = Seen::log(&text.whole()).incident();
    assert_eq!(incident.cause.kind, CauseKind::KernelMemory);
    let key = "pagetables".to_owned();
    assert!(incident.cause.evidence.contains(&Evidence::KernelPart { key, bytes: Bytes::from_mib(50) }));
}

#[test]
fn cache_that_waits_for_the_disk() {
    let text = Text::hog(WEB).stat_mib("anon", 4).stat_mib("file", 56).stat_mib("file_dirty", 20);
    assert_eq!(Seen::log(&text.whole()).incident().cause.kind, CauseKind::UnwrittenCache);
    let clean = Text::hog(WEB).stat_mib("anon", 4).stat_mib("file", 56);
    assert_eq!(Seen::log(&clean.whole()).incident().cause.kind, CauseKind::LimitTooSmall);
}

#[test]
fn memory_and_swap_together_were_full_while_memory_had_room() {
    let mut text = Text::hog(WEB);
    text.counters =
        vec![("memory", 50_000, 65_536), ("memory+swap", 98_304, 98_304), ("kmem", 300, UNLIMITED_KB)];
    let incident = Seen::log(&text.whole()).incident();
    assert_eq!(incident.hit, Reading::Value(CounterName::MemorySwap));
    assert_eq!(incident.contributing[0].kind, CauseKind::SwapExhausted);
}

#[test]
fn a_sibling_that_held_the_pod_is_the_neighbour() {
    let (small, big) = (in_pod('a'), in_pod('b'));
    let mut text = Text::hog(POD);
    text.task_memcg.clone_from(&small);
    text.tasks = vec![Task { pid: 4711, comm: "small", anon: 4_000, shmem: 0, swap: 0 }];
    let seen =
        Seen::log(&text.whole()).moment(&small, 2, 4, 64).moment(&big, 2, 58, 64).moment(DB, 2, 60, 64);
    let incident = seen.incident();
    assert_eq!(incident.level.scope, Scope::Pod);
    assert_eq!(incident.cause.kind, CauseKind::Neighbour);
    assert_eq!(incident.consumer, Consumer::Neighbour { path: big, bytes: Bytes::from_mib(58) });
}

#[test]
fn a_sleeping_sibling_is_never_accused() {
    let (hog, pause) = (in_pod('a'), in_pod('b'));
    let mut text = Text::hog(POD);
    text.task_memcg.clone_from(&hog);
    // cgroup v1 notified both; the sleeper's counter stood still.
    let seen = Seen::log(&text.whole())
        .moment(&hog, 2, 60, 64)
        .moment(&pause, 2, 1, 64)
        .rose(&hog, 1)
        .rose(&pause, 0);
    let incident = seen.incident();
    assert_eq!(incident.place.path, Reading::Value(hog));
    assert_eq!(incident.consumer, Consumer::Victim { bytes: Bytes(64_000 << 10) });
    assert_eq!(incident.confidence, Confidence::Certain);
}

#[test]
fn a_group_dies_once_and_ends_the_container() {
    let mut text = Text::hog(WEB);
    text.group = Some((WEB.to_owned(), vec![4700, 4711]));
    let incident = Seen::log(&text.whole()).incident();
    assert_eq!(incident.kills, 2);
    let roles: Vec<_> = incident.victims.iter().map(|victim| (victim.process.pid, victim.role)).collect();
    assert_eq!(roles, [(4711, Role::Chosen), (4700, Role::GroupMember)]);
    assert_eq!(incident.first_process, FirstProcess::Killed);
    assert!(incident.contributing.iter().any(|cause| cause.kind == CauseKind::GroupCollateral));
}

#[test]
fn the_machine_ran_out() {
    let incident = Seen::log(&node(100).whole()).incident();
    assert_eq!((incident.level.scope, incident.cause.kind), (Scope::Node, CauseKind::NodeOvercommit));
    assert_eq!(incident.hit, Reading::Absent);
    let swap = incident.contributing.iter().find(|cause| cause.kind == CauseKind::SwapExhausted).unwrap();
    assert_eq!(swap.evidence, [Evidence::MachineSwapFull { total: Bytes(524_288 << 10) }]);
    assert!(Seen::log(&node(400_000).whole()).incident().contributing.is_empty());
}

#[test]
fn pieces_too_small_for_a_large_block() {
    let mut text = node(400_000);
    text.order = 3;
    assert_eq!(Seen::log(&text.whole()).incident().cause.kind, CauseKind::NodeOvercommit);
    text.zone = Some((80_000, 9_000, 11_000, 13_000));
    assert_eq!(Seen::log(&text.whole()).incident().cause.kind, CauseKind::Fragmentation);
}

#[test]
fn a_kill_that_was_asked_for() {
    let mut text = node(400_000);
    text.order = -1;
    let incident = Seen::log(&text.whole()).incident();
    assert_eq!((incident.level.scope, incident.cause.kind), (Scope::Requested, CauseKind::Requested));
}

#[test]
fn a_spike_is_one_when_half_came_within_a_minute() {
    let text = Text::hog(WEB).whole();
    assert_eq!(Seen::log(&text).moment(WEB, 30, 10, 64).incident().cause.kind, CauseKind::Spike);
    assert_eq!(Seen::log(&text).moment(WEB, 30, 40, 64).incident().cause.kind, CauseKind::LimitTooSmall);
    assert_eq!(Seen::log(&text).moment(WEB, 90, 10, 64).incident().cause.kind, CauseKind::LimitTooSmall);
    // What another container held is no history of this one.
    assert_eq!(Seen::log(&text).moment(DB, 30, 10, 64).incident().cause.kind, CauseKind::LimitTooSmall);
}

#[test]
fn standing_at_the_limit_makes_it_likely() {
    let seen = Seen::log(&Text::hog(WEB).whole())
        .moment(WEB, 120, 63, 64)
        .moment(WEB, 60, 62, 64)
        .moment(WEB, 1, 64, 64);
    let cause = seen.incident().cause;
    assert_eq!((cause.kind, cause.confidence), (CauseKind::LimitTooSmall, Confidence::Likely));
    assert_eq!(cause.rule, "stood_at_limit");
}

/// Usage in MiB every ten minutes over so many hours before the kill.
fn watched(hours: u64, usage: impl Fn(u64) -> u64) -> CauseKind {
    let mut text = Text::hog(WEB);
    text.at = 400_000_000_000;
    let mut seen = Seen::log(&text.whole());
    for minute in (0..=hours * 60).step_by(10) {
        let at = std::time::Duration::from_secs(399_999 - (hours * 60 - minute) * 60);
        seen.moments.push(crate::seen::moment(WEB, at, usage(minute), 64));
    }
    seen.incident().cause.kind
}

#[test]
fn a_leak_grows_for_a_day_without_end_and_nothing_else_is_one() {
    assert_eq!(watched(24, |minute| 10 + minute * 50 / 1_440), CauseKind::Leak);
    // Garbage collection on top of a leak.
    assert_eq!(watched(24, |minute| 10 + minute * 40 / 1_440 + minute % 50 / 5), CauseKind::Leak);
    for (name, hours, usage) in [
        ("half a day", 12, (|minute| 10 + minute / 20) as fn(u64) -> u64),
        ("flat", 24, |_| 60),
        ("a step", 24, |minute| if minute < 700 { 10 } else { 55 }),
        ("a plateau", 24, |minute| (minute / 10).min(50) + 10),
        ("a saw", 24, |minute| 10 + minute % 240 / 5),
        ("a cache that fills", 24, |minute| 10 + 50 * minute / (minute + 300)),
        ("slow, and one jump", 24, |minute| 10 + minute / 180 + if minute < 1_100 { 0 } else { 30 }),
        ("load that comes and goes", 24, |minute| {
            10 + 16 * (minute / 30) / 47 + if (minute / 30 + 8) % 11 <= 5 { 13 } else { 0 }
        }),
        ("day and night", 24, |minute| 10 + (minute / 20).abs_diff(36)),
    ] {
        assert_ne!(watched(hours, usage), CauseKind::Leak, "{name}");
    }
}

#[test]
fn a_child_died_and_the_first_process_lives() {
    let mut seen = Seen::log(&Text::hog(WEB).whole());
    let mut machine = testkit::imagined::Imagined::new(kernel::hierarchy::CgroupVersion::V1);
    machine.cgroup(WEB, |cgroup| {
        testkit::imagined::declares(
            cgroup,
            kernel::limit::Limit::Unlimited,
            kernel::limit::Limit::Unlimited,
            None,
        );
        let container = cgroup.container.as_mut().unwrap();
        container.id = kernel::cgroup_path::ContainerId("1".repeat(64));
        container.pid = Reading::Value(4700);
    });
    seen.cgroups = machine.snapshot.cgroups;
    assert_eq!(seen.incident().first_process, FirstProcess::Lives);
    let mut text = Text::hog(WEB);
    text.victim = 4700;
    seen.logs = Seen::log(&text.whole()).logs;
    assert_eq!(seen.incident().first_process, FirstProcess::Killed);
    // Restarted since: the number of the new first process says nothing of the old one.
    seen.cgroups.last_mut().unwrap().container.as_mut().unwrap().pid = Reading::Value(9_000);
    assert!(matches!(seen.incident().first_process, FirstProcess::Unknown(_)));
}

#[test]
fn whoever_the_reaper_took_back_was_killed() {
    let mut text: String = Text::hog(WEB)
        .whole()
        .lines()
        .filter(|line| !line.contains("illed process"))
        .map(|line| format!("{line}\n"))
        .collect();
    text = text.replace("task=hog,pid=4711,uid=0", "");
    text.push_str("6,2658300,2658290000,-;oom_reaper: reaped process 4711 (hog), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n");
    let incident = Seen::log(&text).incident();
    assert_eq!((incident.kills, incident.chosen().map(|victim| victim.pid)), (1, Some(4711)));
}

/// The lines of a report that this takes.
fn kept(text: &Text, keeps: impl Fn(&str) -> bool) -> String {
    text.whole().lines().filter(|line| keeps(line)).map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_stats_name_the_level_when_the_line_of_the_cgroups_is_lost() {
    let mut text = Text::hog(POD);
    text.task_memcg = in_pod('a');
    let cut = kept(&text, |line| !line.contains("oom-kill:") && !line.contains("Killed process"));
    let incident = Seen::log(&cut).incident();
    assert_eq!((incident.level.scope, incident.level.path.value().unwrap().as_str()), (Scope::Pod, POD));
    assert_eq!(incident.place.pod.unwrap().uid, "3f9a1c2e-7b54-4d1e-9c0a-5e6f7a8b9c0d");
    assert_eq!(incident.place.path, Reading::Absent);
    // Without the counters the stats may be those of a cgroup further down.
    let headless = kept(&Text::hog(WEB), |line| !line.contains("usage ") && !line.contains("oom-kill:"));
    let incident = Seen::log(&headless).incident();
    assert_eq!((incident.level.scope, incident.level.path), (Scope::Unknown, Reading::Absent));
    assert_eq!(incident.place.container.unwrap().id.0, "1".repeat(64));
}

#[test]
fn victims_of_one_report_are_a_group_also_when_its_line_is_lost() {
    let mut text = Text::hog(WEB);
    text.group = Some((WEB.to_owned(), vec![4711, 4700]));
    let grepped = kept(&text, |line| line.contains("oom-kill") || line.contains("Killed process"));
    let incident = Seen::log(&grepped).incident();
    let roles: Vec<_> = incident.victims.iter().map(|victim| (victim.process.pid, victim.role)).collect();
    assert_eq!(roles, [(4711, Role::Chosen), (4700, Role::GroupMember)]);
    assert_eq!(incident.group, None);
}

#[test]
fn what_stood_in_swap_already_is_not_promised_to_swap() {
    let mut text = Text::hog(WEB);
    // Swap that is not accounted: the counter says nothing, the table does.
    text.counters = vec![("memory", 65_536, 65_536), ("memory+swap", 0, UNLIMITED_KB)];
    text.tasks[1].swap = 4_096;
    let swap = Seen::log(&text.whole()).incident().swap;
    assert!(matches!(swap, model::incident::survival::SwapCounterfactual::Unknown(_)), "{swap:?}");
}

#[test]
fn who_used_the_same_memory_died_and_was_no_group() {
    let mut text = Text::hog(WEB).whole();
    text += "4,9999999,2658287999,-;Kill process 4800 (worker) sharing same memory\n";
    let incident = Seen::log(&text).incident();
    let roles: Vec<_> = incident.victims.iter().map(|victim| (victim.process.pid, victim.role)).collect();
    assert_eq!(roles, [(4711, Role::Chosen), (4800, Role::SharedMemory)]);
    assert_eq!(incident.kills, 2);
}

#[test]
fn a_panic_says_what_ran_out() {
    let panic = kept(&node(100), |line| !line.contains("oom-kill:") && !line.contains("Killed process"))
        + "4,9999999,2658287999,-;Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled\n";
    let incident = Seen::log(&panic).incident();
    assert_eq!((incident.kills, incident.cause.kind), (0, CauseKind::NodeOvercommit));
    let nothing = "4,1,2658287999,-;sysrq: OOM request ignored. No task eligible\n";
    assert_eq!(Seen::log(nothing).incident().level.scope, Scope::Unknown);
}
