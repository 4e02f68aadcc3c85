//! What belongs to which report: groups, storms, panics, nothing to kill, late reapers, and lines that only look like an OOM.

use kernel::oom_report::reader::{OomEvent, OomReader};
use kernel::oom_report::report::{OomKind, OomReport, Part, Timestamp};
use kernel::oom_report::{OomLog, parse_all};

fn parse(text: &str) -> OomLog {
    parse_all(text.as_bytes())
}

fn pids(report: &OomReport) -> Vec<u64> {
    report.victims.iter().map(|victim| victim.pid).collect()
}

fn killed(at: &str, pid: u64) -> String {
    format!(
        "{at}Memory cgroup out of memory: Killed process {pid} (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0\n"
    )
}

fn named(at: &str, pid: u64) -> String {
    format!(
        "{at}oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/x,task_memcg=/x,task=a,pid={pid},uid=0\n"
    )
}

const INVOKED: &str = "a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n";

#[test]
fn a_group_kill_is_one_report_with_each_victim_once() {
    let text = named("", 5)
        + &killed("", 5)
        + "Tasks in /x are going to be killed due to memory.oom.group set\n"
        + &killed("", 4)
        + &killed("", 5)
        + "Memory cgroup out of memory: OOM victim 6 (b) is already exiting. Skip killing the task\n"
        + &killed("", 7);
    let reports = parse(&text).reports;
    assert_eq!((reports.len(), pids(&reports[0])), (1, vec![5, 4, 7]));
    assert_eq!((reports[0].oom_group.as_deref(), reports[0].already_exiting[0].pid), (Some("/x"), 6));
}

#[test]
fn a_group_without_its_line_is_known_by_the_victim_told_twice() {
    let at = "2026-09-02T09:08:50.903138+00:00 s kernel: ";
    let together = named(at, 5) + &killed(at, 5) + &killed(at, 4) + &killed(at, 3) + &killed(at, 5);
    let reports = parse(&together).reports;
    assert_eq!((reports.len(), pids(&reports[0])), (1, vec![5, 4, 3]));
    // A minute later it is another process with the same number.
    let apart = named(at, 5) + &killed(at, 5) + &killed("2026-09-02T09:09:50.903138+00:00 s kernel: ", 5);
    assert_eq!(parse(&apart).reports.len(), 2);
}

#[test]
fn a_group_may_be_killed_when_the_machine_is_out_of_memory() {
    let kill = |pid| killed("", pid).replace("Memory cgroup out", "Out");
    let text = named("", 5).replace("oom_memcg=/x", "global_oom").replace("_MEMCG", "_NONE")
        + &kill(5)
        + "Tasks in /x are going to be killed due to memory.oom.group set\n"
        + &kill(6)
        + &killed("", 7);
    let reports = parse(&text).reports;
    assert_eq!(reports.iter().map(pids).collect::<Vec<_>>(), [vec![5, 6], vec![7]]);
    assert_eq!((reports[0].kind, reports[1].kind), (OomKind::Global, OomKind::Memcg));
}

#[test]
fn a_storm_is_one_report_per_kill_and_says_what_was_suppressed() {
    let mut text = String::new();
    for pid in 1..=3 {
        text += INVOKED;
        text += &named("", pid);
        text += &killed("", pid);
    }
    for pid in 4..=9 {
        text += &killed("", pid);
    }
    text += "oom_kill_process: 6 callbacks suppressed\n";
    text += INVOKED;
    text += &named("", 10);
    text += &killed("", 10);
    let log = parse(&text);
    assert_eq!(log.reports.iter().flat_map(pids).collect::<Vec<_>>(), (1..=10).collect::<Vec<u64>>());
    assert_eq!((log.reports.len(), log.suppressed_reports, log.reports[9].suppressed_before), (10, 6, 6));
    assert_eq!(
        log.reports[4].missing,
        [Part::Header, Part::Counters, Part::Stats, Part::Tasks, Part::OomKillLine]
    );
}

#[test]
fn bare_kills_of_rhel_7_9_do_not_say_why() {
    let line = |pid, second| {
        format!(
            "Nov 30 10:16:{second} h kernel: Killed process {pid} (node), UID 1000, total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB\n"
        )
    };
    let reports = parse(&(line(1, 57) + &line(2, 57) + &line(3, 58))).reports;
    assert_eq!(reports.iter().map(|report| report.kind).collect::<Vec<_>>(), [OomKind::Unknown; 3]);
    assert_eq!(reports[0].victims[0].uid, Some(1000));
}

#[test]
fn the_reaper_comes_late_and_finds_its_report() {
    let text = named("[ 10.000001] ", 5)
        + &killed("[ 10.000002] ", 5)
        + &killed("[ 11.000000] ", 6)
        + "[ 12.000000] oom_reaper: reaped process 5 (a), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n"
        + "[ 13.000000] oom_reaper: reaped process 77 (lost), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n"
        + "[ 99.000000] oom_reaper: reaped process 6 (a), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB\n";
    let log = parse(&text);
    let reaped: Vec<Vec<u64>> =
        log.reports.iter().map(|report| report.reaped.iter().map(|process| process.pid).collect()).collect();
    assert_eq!(reaped, [vec![5], vec![77]]);
    assert_eq!(log.reaped_alone.iter().map(|process| process.pid).collect::<Vec<_>>(), [6]);
}

#[test]
fn a_panic_is_no_kill() {
    for words in [
        "Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled",
        "Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled",
        "Kernel panic - not syncing: Out of memory and no killable processes...",
        "Out of memory and no killable processes...\nKernel panic - not syncing: System is deadlocked on memory",
    ] {
        let reports =
            parse(&format!("{INVOKED}CPU: 1 PID: 7 Comm: a Not tainted 6.1.0 #1\nMem-Info:\n{words}\n"))
                .reports;
        assert_eq!(reports.iter().map(|report| report.kind).collect::<Vec<_>>(), [OomKind::Panic], "{words}");
        assert_eq!((reports[0].victims.len(), reports[0].kernel.as_deref()), (0, Some("6.1.0")));
        assert!(!reports[0].missing.contains(&Part::KillLine));
    }
    assert!(
        parse("Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000008b\n").reports.is_empty()
    );
}

#[test]
fn nothing_to_kill_is_its_own_kind() {
    let memory = "memory: usage 4kB, limit 4kB, failcnt 1\n";
    let reports = parse(&format!("{INVOKED}{memory}Out of memory and no killable processes...\n")).reports;
    assert_eq!(
        (reports.len(), reports[0].kind, reports[0].memory.is_some()),
        (1, OomKind::NothingToKill, true)
    );
    let sysrq = "sysrq: Manual OOM execution\nkworker/0:1 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0\n\
        Out of memory and no killable processes...\nsysrq: OOM request ignored. No task eligible\n";
    let reports = parse(sysrq).reports;
    assert_eq!((reports.len(), reports[0].kind), (1, OomKind::NothingToKill));
}

#[test]
fn a_failed_page_allocation_is_no_oom() {
    let failure = "kswapd0: page allocation failure: order:0, mode:0xc0de0(GFP_KERNEL), nodemask=(null),cpuset=/,mems_allowed=0\n\
        CPU: 3 UID: 0 PID: 244 Comm: kswapd0 Tainted: G        W           6.19.11-1 #1 PREEMPT(full)\nMem-Info:\n\
        active_anon:1 inactive_anon:2 isolated_anon:3\nFree swap  = 7kB\nTotal swap = 9kB\n100 pages RAM\n\
        Memory cgroup min protection 0kB -- low protection 0kB\n";
    assert!(parse(failure).reports.is_empty());
    // In the middle of a report it changes nothing of it.
    let text = format!("{INVOKED}{failure}{}{}", named("", 5), killed("", 5));
    let reports = parse(&text).reports;
    assert_eq!((reports.len(), pids(&reports[0])), (1, vec![5]));
    assert_eq!((reports[0].mem_info.is_none(), reports[0].invoker.as_ref().unwrap().pid), (true, None));
}

#[test]
fn what_only_looks_like_an_oom_is_none() {
    for line in [
        "Huh VM_FAULT_OOM leaked out to the #PF handler. Retrying PF",
        "OOM killer disabled.",
        "Oct 12 19:00:20 h systemd[1]: a.scope: A process of this unit has been killed by the OOM killer.",
        "Oct 12 19:00:20 h kubelet[9]: Memory cgroup out of memory: Killed process 5 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
        "java.lang.OutOfMemoryError: out of memory",
        "the cluster was Out of memory: Killed process was mine",
        "lowmemorykiller: Killing 'com.a' (123), adj 900,",
        "perf interrupt took too long",
        "memory: usage is high",
        "Tasks in progress are going to be killed",
        "[ 3893]     0  3893     1655       22       8        0             0 stress",
    ] {
        assert_eq!(parse(line), OomLog::default(), "{line}");
    }
}

#[test]
fn the_trace_of_a_warning_says_nothing_about_a_later_kill() {
    let text = "WARNING: CPU: 1 PID: 7 at net/core/dev.c:1\nCPU: 1 PID: 7 Comm: net Tainted: G        W          5.15.0 #1\nCall Trace:\n\
        ---[ end trace 0000000000000000 ]---\n"
        .to_owned()
        + &killed("", 5);
    let report = parse(&text).reports.remove(0);
    assert_eq!((report.invoker, report.kernel, report.unknown_lines), (None, None, 0));
    // The trace of the report itself may be the first that is left.
    let text = "CPU: 1 PID: 7 Comm: a Not tainted 5.15.0 #1\nCall Trace:\n dump_stack+0x1/0x2\n".to_owned()
        + &named("", 5)
        + &killed("", 5);
    assert_eq!(parse(&text).reports[0].kernel.as_deref(), Some("5.15.0"));
}

#[test]
fn programs_that_kill_are_told_apart() {
    let text = "Oct 12 19:00:20 h systemd-oomd[7]: Killed /user.slice/a.scope due to memory pressure for /user.slice being 61.23%\n\
        Oct 12 19:00:21 h earlyoom[8]: sending SIGTERM to process 99 uid 1000 \"a\": badness 900, VmRSS 1234 MiB\n";
    let log = parse(text);
    let programs: Vec<&str> = log.other_kills.iter().map(|kill| kill.program.as_str()).collect();
    assert_eq!((programs, log.reports.len()), (vec!["systemd-oomd", "earlyoom"], 0));
}

#[test]
fn the_oldest_reports_are_read_as_far_as_they_go() {
    // v2.6.18 mm/oom_kill.c: no name before `oom-killer`, one kill line.
    let reports = parse("oom-killer: gfp_mask=0xd0, order=0\nMem-info:\nFree swap:       0kB\nOut of Memory: Killed process 9815 (mysqld).\n").reports;
    assert_eq!((reports.len(), reports[0].kind, pids(&reports[0])), (1, OomKind::Global, vec![9815]));
    // v2.6.32: the message names the constraint.
    let reports = parse("a invoked oom-killer: gfp_mask=0xd0, order=0, oomkilladj=0\nNo available memory (MPOL_BIND): kill process 5 (a) score 9 or a child\nKilled process 5 (a)\n").reports;
    assert_eq!((reports[0].kind, reports[0].order), (OomKind::Mempolicy, Some(0)));
}

#[test]
fn a_policy_that_leaves_out_a_node_is_seen_before_5_0_too() {
    let text = "a invoked oom-killer: gfp_mask=0x6200ca(GFP_HIGHUSER_MOVABLE), nodemask=1, order=0, oom_score_adj=0\n\
        a cpuset=/ mems_allowed=0-1\nOut of memory: Kill process 5 (a) score 9 or sacrifice child\n\
        Killed process 5 (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB\n";
    assert_eq!(parse(text).reports[0].kind, OomKind::Mempolicy);
    assert_eq!(parse(&text.replace("allowed=0-1", "allowed=1")).reports[0].kind, OomKind::Global);
}

#[test]
fn a_line_in_four_records_is_put_together() {
    let text = "[ 1.000001] Task in \n[ 1.000002] /a/b\n[ 1.000003]  killed as a result of limit of \n[ 1.000004] /a\n\
        [ 1.000005] memory: usage 4kB, limit 4kB, failcnt 1\n";
    let reports = parse(text).reports;
    assert_eq!(
        (reports[0].task_memcg.as_deref(), reports[0].oom_memcg.as_deref()),
        (Some("/a/b"), Some("/a"))
    );
}

#[test]
fn a_terminal_breaks_lines_inside_words() {
    let path = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod3f9a1c2e_7b54_4d1e_9c0a_5e6f7a8b9c0d.slice";
    let whole = format!(
        "[ 1.000001] {INVOKED}[ 1.000002] memory: usage 12345678kB, limit 12345678kB, failcnt 12345\n"
    ) + &named("[ 1.000003] ", 4711)
        .replace("oom_memcg=/x,task_memcg=/x", &format!("oom_memcg={path},task_memcg={path}/app"))
        + &killed("[ 1.000004] ", 4711);
    let expected = parse(&whole).reports.remove(0);
    for width in [60, 80, 90, 132] {
        let pieces = |line: &str| -> String {
            let characters: Vec<char> = line.chars().collect();
            characters.chunks(width).map(|piece| piece.iter().collect::<String>() + "\n").collect()
        };
        let report = parse(&whole.lines().map(pieces).collect::<String>()).reports.remove(0);
        assert_eq!(
            (&report.oom_memcg, &report.task_memcg),
            (&expected.oom_memcg, &expected.task_memcg),
            "{width}"
        );
        assert_eq!((&report.victims, &report.memory), (&expected.victims, &expected.memory), "{width}");
    }
}

#[test]
fn lines_copied_twice_from_a_pager_are_read_once() {
    let part = "[14808.063986] Task in /a killed as a result of limit of /a\n[14808.063994] memory: usage 4kB, limit 4kB, failcnt 4563\n";
    let reports = parse(&format!("{part}{part}[14808.064000] Memory cgroup out of memory: Kill process 5 (a) score 9 or sacrifice child\n")).reports;
    assert_eq!(reports.len(), 1);
}

#[test]
fn a_gap_of_more_than_ten_seconds_ends_a_report() {
    let text = format!("[ 10.000000] {INVOKED}") + &killed("[ 60.000000] ", 5);
    let reports = parse(&text).reports;
    assert_eq!(
        reports.iter().map(|report| report.kind).collect::<Vec<_>>(),
        [OomKind::Unknown, OomKind::Memcg]
    );
    assert_eq!(reports[0].missing.last(), Some(&Part::KillLine));
}

#[test]
fn the_kill_line_of_another_report_is_not_taken() {
    let text = INVOKED.to_owned() + &named("", 5) + &killed("", 6);
    let reports = parse(&text).reports;
    assert_eq!(reports.iter().map(pids).collect::<Vec<_>>(), [vec![], vec![6]]);
}

#[test]
fn the_place_of_a_report_is_told() {
    let text = format!("# a comment\nx\n6,41,1000001,-;{INVOKED}") + &killed("6,42,1000002,-;", 5);
    let report = parse(&text).reports.remove(0);
    assert_eq!(
        (report.first.line, report.first.sequence, report.first.timestamp),
        (3, Some(41), Some(Timestamp::Uptime(1_000_001)))
    );
    assert_eq!((report.last.line, report.last.sequence), (4, Some(42)));
}

#[test]
fn a_live_log_gives_its_report_when_it_is_quiet() {
    let mut reports = Vec::new();
    let mut collect = |event| match event {
        OomEvent::Report(report) => reports.push(*report),
        OomEvent::Suppressed(_) | OomEvent::Reaped(_) | OomEvent::Other(_) => {}
    };
    let mut reader = OomReader::new();
    reader.push(INVOKED.as_bytes(), &mut collect);
    reader.flush(&mut collect);
    reader.push(named("", 5).as_bytes(), &mut collect);
    reader.push(killed("", 5).as_bytes(), &mut collect);
    reader.flush(&mut collect);
    reader.push(b"oom_reaper: reaped process 5 (a), now anon-rss:0kB\n", &mut collect);
    reader.finish(&mut collect);
    assert_eq!(reports.iter().map(pids).collect::<Vec<_>>(), [vec![5]]);
}

#[test]
fn a_broken_first_line_is_found_in_pieces_of_any_size() {
    let text = "x\n".repeat(300)
        + "[ 1.000001] Web Content invoked\noom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0,\noom_score_adj=5\n";
    let expected = parse(&text).reports;
    assert_eq!(expected[0].invoker.as_ref().unwrap().comm.as_deref(), Some("Web Content"));
    for size in 1..80 {
        let mut reports = Vec::new();
        let mut collect = |event| match event {
            OomEvent::Report(report) => reports.push(*report),
            OomEvent::Suppressed(_) | OomEvent::Reaped(_) | OomEvent::Other(_) => {}
        };
        let mut reader = OomReader::new();
        text.as_bytes().chunks(size).for_each(|piece| reader.push(piece, &mut collect));
        reader.finish(&mut collect);
        assert_eq!(reports, expected, "{size}");
    }
}

#[test]
fn garbage_around_a_report_changes_nothing() {
    let report = INVOKED.to_owned() + &named("", 5) + &killed("", 5);
    let whole = parse(&report).reports.remove(0);
    let mut bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    bytes.push(b'\n');
    bytes.extend(report.as_bytes());
    bytes.extend((0..=255).rev().cycle().take(3_000_000));
    let reports = parse_all(&bytes).reports;
    assert_eq!(
        (reports.len(), &reports[0].victims, &reports[0].oom_memcg),
        (1, &whole.victims, &whole.oom_memcg)
    );
}

#[test]
fn a_report_in_one_line_without_times_is_cut_at_its_words() {
    let text = "a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0 CPU: 1 PID: 7 Comm: a Not tainted 5.15.0 #1 Call Trace: \
        memory: usage 4kB, limit 4kB, failcnt 1 swap: usage 0kB, limit 0kB, failcnt 0 Memory cgroup stats for /x: anon 4096 file 0 kernel_stack 0 \
        Tasks state (memory values in pages): [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name \
        [      7]     0     7        2        1     4096        0             0 a b [      8]     0     8        2        1     4096        0             0 c ";
    let text = text.to_owned() + named("", 7).trim() + " " + &killed("", 7);
    let report = parse(&text).reports.remove(0);
    assert_eq!(
        (report.kernel.as_deref(), report.tasks.rows_seen, report.stats[0].entries.len()),
        (Some("5.15.0"), 2, 3)
    );
    assert_eq!(
        (report.tasks.rows[0].comm.as_str(), report.missing.len(), pids(&report)),
        ("a b", 0, vec![7])
    );
}

#[test]
fn many_machines_and_many_reports_stay_within_bounds() {
    let mut text = String::new();
    for host in 0..200 {
        for pid in 0..20 {
            text += &format!("Oct 12 19:00:20 host{host} kernel: {}", killed("", pid + 1));
        }
    }
    let log = parse(&text);
    assert_eq!(log.reports.len(), 4000);
}

#[test]
fn a_container_is_known_in_every_path() {
    let (id, outer) = ("5b4692b00f00895197216f64ac251278fb5651ef10e82a7721561aed4ec3a39f", "a".repeat(64));
    let uid = "3f9a1c2e-7b54-4d1e-9c0a-5e6f7a8b9c0d";
    let slice = "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod3f9a1c2e_7b54_4d1e_9c0a_5e6f7a8b9c0d.slice";
    for (path, container, pod) in [
        (format!("/docker/{id}"), Some(id), None),
        (format!("/system.slice/docker-{id}.scope"), Some(id), None),
        (format!("/kubepods/burstable/pod{uid}/{id}"), Some(id), Some(uid)),
        (format!("/{slice}/cri-containerd-{id}.scope"), Some(id), Some(uid)),
        (format!("/{slice}/crio-{id}.scope"), Some(id), Some(uid)),
        (format!("/{slice}/crio-{id}.scope/below"), Some(id), Some(uid)),
        (format!("/{slice}/cri-containerd-cabbede.scope"), None, Some(uid)),
        (format!("/{slice}"), None, Some(uid)),
        (
            format!(
                "/kubepods.slice/kubepods-pod3f9a1c2e_7b54_4d1e_9c0a_5e6f7a8b9c0d.slice/docker-{id}.scope"
            ),
            Some(id),
            Some(uid),
        ),
        (format!("/docker/{outer}/kubepods/burstable/pod{uid}/{id}"), Some(id), Some(uid)),
        (format!("/docker/{outer}/kubelet/{slice}/cri-containerd-{id}.scope"), Some(id), Some(uid)),
        (format!("/lxc.payload.node-1/{slice}/cri-containerd-{id}.scope"), Some(id), Some(uid)),
        (format!("/docker/{outer}/{slice}"), None, Some(uid)),
        (format!("/lxc/39004/ns/docker/{id}"), Some(id), None),
        (format!("/ci_job/{id}"), Some(id), None),
        ("/lxc/39004/ns".to_owned(), None, None),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope".to_owned(), None, None),
        ("/".to_owned(), None, None),
    ] {
        let text = named("", 5)
            .replace("oom_memcg=/x", "oom_memcg=/")
            .replace("task_memcg=/x", &format!("task_memcg={path}"));
        let report = parse(&text).reports.remove(0);
        let found = (report.container_id.as_ref().map(|id| id.0.as_str()), report.pod_uid.as_deref());
        assert_eq!(found, (container, pod), "{path}");
    }
}

#[test]
fn names_of_files_that_grep_prints_are_taken_off() {
    let kill = "n1 kernel: [  100.250000] Out of memory: Killed process 7 (a-b: c) total-vm:8kB, anon-rss:4kB, file-rss:0kB";
    for (name, time) in [
        ("/var/log/kern.log:", "Oct 12 19:00:20"),
        ("/var/log/kern.log-", "Oct 12 19:00:20"),
        ("kern.log.1:", "Oct 12 19:00:20"),
        ("logs/kern.log-2026-10-12-17-", "Oct 12 19:00:20"),
        ("./kern.log:17:", "Oct 12 19:00:20"),
        ("kern.log-", "2026-10-12T19:00:20+02:00"),
    ] {
        let report = parse(&format!("{name}{time} {kill}")).reports.remove(0);
        assert_eq!(report.host.as_deref(), Some("n1"), "{name}");
        assert_eq!(report.first.timestamp, Some(Timestamp::Printed(time.to_owned())), "{name}");
        assert_eq!(report.first.uptime, Some(100_250_000), "{name}");
    }
    let report =
        parse("dmesg.txt-[  100.250000] a.out invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0");
    assert_eq!(report.reports[0].invoker.as_ref().unwrap().comm.as_deref(), Some("a.out"));
}

#[test]
fn processes_that_used_the_same_memory_died_too() {
    // v3.10 mm/oom_kill.c oom_kill_process.
    let log = parse(
        "[   55.089637] Out of memory: Kill process 3780 (a b) score 879 or sacrifice child
[   55.091437] Killed process 3780 (a b) total-vm:2166860kB, anon-rss:1570864kB, file-rss:4kB
[   55.093269] Kill process 3781 (c (d)) sharing same memory
[   55.094553] Kill process 3782 (e) sharing same memory
[  155.000000] Out of memory: Kill process 9 (f) score 9 or sacrifice child
[  155.000001] Killed process 9 (f) total-vm:8kB, anon-rss:4kB, file-rss:4kB",
    );
    let sharing = |index: usize| {
        let processes = log.reports[index].sharing_memory.iter();
        processes.map(|process| (process.pid, process.comm.clone().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(sharing(0), [(3781, "c (d)".to_owned()), (3782, "e".to_owned())]);
    assert_eq!((sharing(1).len(), log.reports[0].victims.len()), (0, 1));
}

#[test]
fn a_broken_row_behind_the_table_is_no_row() {
    let header =
        "[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name\n".to_owned();
    let row = "[ 1381]     0  1381   530382     5191      34       4     5489             0 gunpowder\n";
    let broken = row.replacen("      34", "\n      34", 1);
    let tasks = |text: String| {
        let tasks = parse(&text).reports.remove(0).tasks;
        (tasks.rows.len(), tasks.rows_seen)
    };
    assert_eq!(tasks(header.clone() + row + &broken + &named("", 5)), (2, 2));
    assert_eq!(tasks(header + row + &named("", 5) + &broken), (1, 1));
}

#[test]
fn a_path_of_many_levels_takes_no_longer_than_its_length() {
    // Walking to each of its levels from the root would read 250 million of them, for minutes.
    let path =
        format!("{}/kubepods/pod0b2e8f1c-5a3d-4e6f-9b7a-1c2d3e4f5a6b{}", "/a".repeat(10), "/b".repeat(3_000));
    let line = named("", 5).replace("task_memcg=/x", &format!("task_memcg={path}"));
    let reports = parse(&line.repeat(50)).reports;
    assert!(
        reports
            .iter()
            .all(|report| report.pod_uid.as_deref() == Some("0b2e8f1c-5a3d-4e6f-9b7a-1c2d3e4f5a6b"))
    );
    assert_eq!(reports.len(), 50);
}

#[test]
fn a_record_longer_than_any_of_the_kernel_is_cut() {
    let line = named("", 5).replace("oom_memcg=/x", &format!("oom_memcg=/{}", "x".repeat(100_000)));
    let report = parse(&line).reports.remove(0);
    assert_eq!((report.constraint.is_some(), report.oom_memcg, report.chosen), (true, None, None));
}
