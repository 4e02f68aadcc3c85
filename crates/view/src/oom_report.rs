//! What a kernel log says about OOM kills: the facts of each report, as the kernel printed them.

use crate::incident::clock::date;
use crate::incident::evidence::part_of_report;
use crate::text::{Line, Tone};
use crate::{names, units};
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use kernel::oom_report::OomLog;
use kernel::oom_report::memory_info::MemInfo;
use kernel::oom_report::report::{Counter, Invoker, OomKind, OomReport, Place, Process, Timestamp, Victim};
use model::snapshot::Timestamp as Moment;

/// The whole screen.
#[must_use]
pub fn oom_log(log: &OomLog) -> Vec<Line> {
    let mut lines = Vec::new();
    for (index, report) in log.reports.iter().enumerate() {
        lines.extend(one_report(index + 1, report));
        lines.push(Line::empty());
    }
    let count = u64::try_from(log.reports.len()).unwrap_or(u64::MAX);
    let mut words = units::count(count, "OOM report");
    if log.suppressed_reports > 0 {
        let more = units::count(log.suppressed_reports, "report");
        words.push_str(&format!("; the kernel's rate limit swallowed {more} more"));
    }
    if !log.other_kills.is_empty() {
        let others = u64::try_from(log.other_kills.len()).unwrap_or(u64::MAX);
        words.push_str(&format!("; {} by programs that watch memory", units::count(others, "kill")));
    }
    lines.push(Line::plain(words + "."));
    lines
}

fn one_report(number: usize, report: &OomReport) -> Vec<Line> {
    let mut words = vec![kind(report.kind).to_owned()];
    words.extend(time(&report.first));
    words.extend(report.host.as_ref().map(|host| format!("on {host}")));
    words.extend(report.kernel.as_ref().map(|kernel| format!("Linux {kernel}")));
    words.push(match (report.first.line, report.last.line) {
        (first, last) if first == last => format!("line {first}"),
        (first, last) => format!("lines {first} to {last}"),
    });
    let mut lines = vec![Line::of(Tone::Strong, format!("{number}. ")).and(Tone::Plain, words.join(" · "))];
    lines.extend(report.oom_memcg.as_ref().map(|path| fact("limit of", path)));
    for (name, counter) in [
        ("memory", report.memory),
        ("swap", report.swap),
        ("memory + swap", report.memory_swap),
        ("kernel memory", report.kmem),
    ] {
        lines.extend(counter.map(|counter| fact(name, &against_limit(counter))));
    }
    lines.extend(
        report.mem_info.as_ref().and_then(|info| machine(info, report)).map(|it| fact("machine", &it)),
    );
    lines.extend(report.victims.iter().map(|victim| fact("killed", &victim_words(victim))));
    if let (true, Some(chosen)) = (report.victims.is_empty(), &report.chosen) {
        lines.push(fact("chosen", &format!("{} (pid {})", chosen.comm, chosen.pid)));
    }
    for (name, processes) in [
        ("killed with it", &report.sharing_memory),
        ("ended already", &report.already_exiting),
        ("reaped", &report.reaped),
    ] {
        if !processes.is_empty() {
            lines.push(fact(name, &process_words(processes)));
        }
    }
    lines.extend(report.task_memcg.as_ref().map(|path| fact("victim in", path)));
    if let Some(id) = &report.container_id {
        lines.push(fact("container", names::short_id(&id.0)));
    }
    lines.extend(report.pod_uid.as_ref().map(|uid| fact("pod", uid)));
    lines.extend(report.oom_group.as_ref().map(|path| fact("killed whole", path)));
    if let Some(invoker) = &report.invoker {
        lines.push(fact("asked by", &invoker_words(invoker, report.order)));
    }
    if let (true, Some(allowed)) = (report.kind == OomKind::Cpuset, &report.mems_allowed) {
        lines.push(fact("allowed nodes", allowed));
    }
    if let (true, Some(nodes)) = (report.kind == OomKind::Mempolicy, &report.nodemask) {
        lines.push(fact("allowed nodes", nodes));
    }
    if report.tasks.rows_seen > 0 {
        lines.push(fact("tasks listed", &report.tasks.rows_seen.to_string()));
    }
    if report.suppressed_before > 0 {
        lines.push(fact("swallowed before", &units::count(report.suppressed_before, "report")));
    }
    if !report.missing.is_empty() {
        let parts: Vec<&str> = report.missing.iter().map(|part| part_of_report(*part)).collect();
        lines.push(fact("not in the log", &parts.join(", ")));
    }
    lines
}

fn fact(name: &str, words: &str) -> Line {
    Line::of(Tone::Quiet, format!("   {name:<16}")).and(Tone::Plain, words)
}

const fn kind(kind: OomKind) -> &'static str {
    match kind {
        OomKind::Memcg => "a cgroup's limit",
        OomKind::Global => "the machine's memory",
        OomKind::Cpuset => "the memory of a cpuset",
        OomKind::Mempolicy => "the memory of a memory policy",
        OomKind::Sysrq => "asked for by SysRq",
        OomKind::Panic => "the kernel panicked",
        OomKind::NothingToKill => "nothing could be killed",
        OomKind::Unknown => "of what memory is not told",
    }
}

fn time(place: &Place) -> Option<String> {
    match place.timestamp.as_ref()? {
        Timestamp::Uptime(micros) => {
            Some(format!("{} after boot", units::duration(std::time::Duration::from_micros(*micros))))
        }
        Timestamp::Unix(micros) => Some(format!("{} UTC", date(Moment(micros / 1_000)))),
        Timestamp::Printed(text) => Some(text.clone()),
    }
}

fn against_limit(counter: Counter) -> String {
    let used = units::bytes(counter.usage);
    let limit = match counter.limit {
        Limit::At(limit) => format!("of {}", units::bytes(limit)),
        Limit::Unlimited => "without limit".to_owned(),
    };
    let failures = counter.failcnt.filter(|count| counter.limit != Limit::Unlimited || *count > 0);
    let failures = failures.map(|count| format!(", hit {}", units::count(count, "time"))).unwrap_or_default();
    format!("{used} {limit}{failures}")
}

/// What of the machine's memory and swap was free.
fn machine(info: &MemInfo, report: &OomReport) -> Option<String> {
    let page = report.tasks.page.bytes();
    let bytes = |pages: u64| units::bytes(Bytes(pages.saturating_mul(page.0)));
    let memory = info
        .pages("free")
        .zip(info.ram_pages)
        .map(|(free, all)| format!("{} free of {}", bytes(free), bytes(all)));
    let swap = info.free_swap.zip(info.total_swap).map(|(free, all)| match all {
        Bytes::ZERO => "no swap".to_owned(),
        all => format!("swap {} free of {}", units::bytes(free), units::bytes(all)),
    });
    let words: Vec<String> = memory.into_iter().chain(swap).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// As many as a line has room for.
fn process_words(processes: &[Process]) -> String {
    const SHOWN_MAX: usize = 8;
    let name = |process: &Process| match &process.comm {
        Some(comm) => format!("{comm} (pid {})", process.pid),
        None => format!("pid {}", process.pid),
    };
    let mut words: Vec<String> = processes.iter().take(SHOWN_MAX).map(name).collect();
    let more = processes.len().saturating_sub(SHOWN_MAX);
    words.extend((more > 0).then(|| format!("{more} more")));
    words.join(", ")
}

fn invoker_words(invoker: &Invoker, order: Option<i32>) -> String {
    let comm = invoker.comm.as_deref().unwrap_or(units::ABSENT);
    let pid = invoker.pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default();
    let pages = match order {
        Some(-1) => ", for SysRq-f".to_owned(),
        Some(order @ 1..=20) => format!(", for {} pages in a row", 1_u32 << order),
        Some(_) | None => String::new(),
    };
    format!("{comm}{pid}{pages}")
}

fn victim_words(victim: &Victim) -> String {
    let part =
        |name: &str, amount: Option<Bytes>| amount.map(|amount| format!("{name} {}", units::bytes(amount)));
    let parts: Vec<String> = [
        part("anonymous", victim.anon_rss),
        part("files", victim.file_rss),
        part("shared", victim.shmem_rss),
    ]
    .into_iter()
    .flatten()
    .collect();
    let adjustment = victim.oom_score_adj.map(|adj| format!(", oom_score_adj {adj}")).unwrap_or_default();
    let parts = if parts.is_empty() { "figures cut off".to_owned() } else { parts.join(", ") };
    format!("{} (pid {}): {parts}{adjustment}", victim.comm, victim.pid)
}
