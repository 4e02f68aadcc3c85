//! One line of a report, without its frame: which of the kernel's lines it is, and what it says.

pub(crate) mod cgroup;
pub(crate) mod header;
pub(crate) mod kill;

use crate::oom_report::line::cgroup::{CutCounter, OomKillLine, StatsLine, TaskIn};
use crate::oom_report::line::header::{CpuLine, CpusetLine, InvokedLine};
use crate::oom_report::line::kill::{KillLine, KillPrefix};
use crate::oom_report::report::{Process, Protection, ScoreLine, Victim};
use crate::oom_report::task_table;
use crate::oom_report::text::{Word, is_digits, leading_number, starts_with_any};

static INVOKED: Word = Word::new("oom-killer:");
static CPUSET: Word = Word::new(" cpuset=");
static ALLOCATION_FAILURE: Word = Word::new(": page allocation failure");
static OFFSET: Word = Word::new("+0x");

/// A line by its kind.
#[derive(Debug)]
pub(crate) enum Line<'a> {
    /// `COMM invoked oom-killer: …`
    Invoked(InvokedLine<'a>),
    /// `COMM cpuset=NAME mems_allowed=NODES`, until Linux 4.20.
    Cpuset(CpusetLine<'a>),
    /// `CPU: 1 PID: 2 Comm: COMM Not tainted VERSION #1`
    Cpu(CpuLine<'a>),
    /// `Task in A killed as a result of limit of B`
    TaskIn(TaskIn<'a>),
    /// `memory: usage …`
    Counter(CutCounter),
    /// `Memory cgroup stats for PATH:` and what follows on the same line.
    StatsStart(StatsLine<'a>),
    /// Pairs of a one-line or a many-line `memory.stat`.
    Stats(&'a str),
    /// `Memory cgroup min protection 0kB -- low protection 0kB`
    Protection(Protection),
    /// `Mem-Info:` and what follows on the same line.
    MemInfoStart(&'a str),
    /// `Tasks state (memory values in pages):`
    TasksState,
    /// The header row.
    TableHeader(Vec<String>),
    /// A row: the number in brackets, and the rest.
    TableRow { pid: u64, rest: &'a str },
    /// `oom-kill:constraint=…`
    OomKill(OomKillLine<'a>),
    /// `Kill process N (comm) score S or sacrifice child`
    Score(KillPrefix, ScoreLine),
    /// `Killed process N (comm) total-vm:…`
    Killed(KillLine),
    /// `OOM victim N (comm) is already exiting. Skip killing the task`
    Exiting(KillPrefix, Process),
    /// `Tasks in PATH are going to be killed due to memory.oom.group set`
    Group(&'a str),
    /// `Kill process N (comm) sharing same memory`
    Sharing(Process),
    /// `oom_reaper: reaped process N (comm), …`
    Reaped(Process),
    /// `Kernel panic - not syncing: Out of memory …`
    Panic,
    /// `Out of memory and no killable processes...`
    NothingToKill,
    /// `sysrq: Manual OOM execution`
    SysrqAsked,
    /// `sysrq: OOM request ignored. No task eligible`
    SysrqIgnored,
    /// `oom_kill_process: N callbacks suppressed`
    Suppressed(u64),
    /// `COMM: page allocation failure: order:4 …`: prints a trace and `Mem-Info` of its own, and is no OOM.
    AllocationFailure,
    /// A line of the trace, of the registers, or another that carries nothing.
    Trace,
    /// Nothing that is known without its neighbours.
    Other,
}

/// Says which line `text` is. `text` has no frame and no blanks around it.
pub(crate) fn classify(text: &str) -> Line<'_> {
    by_start(text).or_else(|| by_words(text)).unwrap_or_else(|| {
        if is_trace(text) {
            return Line::Trace;
        }
        if is_stats(text) {
            return Line::Stats(text);
        }
        Line::Other
    })
}

/// How many facts the line carries, and how many such a line has when it is whole: fewer mean that a wrapped rest may follow.
pub(crate) fn facts(line: &Line<'_>) -> (usize, usize) {
    let count = |facts: &[bool]| (facts.iter().filter(|it| **it).count(), facts.len());
    match line {
        Line::Invoked(it) => {
            count(&[it.comm.is_some(), it.gfp_mask.is_some(), it.order.is_some(), it.is_whole])
        }
        Line::Cpu(it) => count(&[true, it.kernel.is_some()]),
        Line::TaskIn(it) => count(&[it.task_memcg.is_some(), it.limit_of.is_some()]),
        Line::Counter(it) => {
            count(&[it.counter.is_some(), it.counter.is_some_and(|counter| counter.failcnt.is_some())])
        }
        Line::StatsStart(it) => count(&[it.is_whole]),
        Line::OomKill(it) => {
            let victim = [it.task.is_some(), it.pid.is_some(), it.uid.is_some()];
            let scope =
                [it.constraint.is_some(), it.task_memcg.is_some(), it.is_global || it.oom_memcg.is_some()];
            count(&[victim, scope].concat())
        }
        Line::Score(_, it) => count(&[it.score.is_some()]),
        Line::Killed(it) => {
            let Victim { total_vm, anon_rss, file_rss, shmem_rss, pgtables, uid, oom_score_adj, .. } =
                &it.victim;
            let amounts = [total_vm, anon_rss, file_rss, shmem_rss, pgtables].map(Option::is_some);
            let others = [uid.is_some(), oom_score_adj.is_some(), it.prefix != KillPrefix::None];
            let (found, _) = count(&[&amounts[..], &others].concat());
            (found, if it.is_whole { found } else { found + 1 })
        }
        Line::TableHeader(columns) => count(&[columns.last().is_some_and(|last| last == "name")]),
        Line::Cpuset(_)
        | Line::Exiting(..)
        | Line::Group(_)
        | Line::Sharing(_)
        | Line::Reaped(_)
        | Line::MemInfoStart(_) => (1, 1),
        Line::Stats(_)
        | Line::Protection(_)
        | Line::TasksState
        | Line::TableRow { .. }
        | Line::Panic
        | Line::NothingToKill
        | Line::SysrqAsked
        | Line::SysrqIgnored
        | Line::Suppressed(_)
        | Line::AllocationFailure
        | Line::Trace
        | Line::Other => (0, 0),
    }
}

fn by_start(text: &str) -> Option<Line<'_>> {
    match text.as_bytes().first()? {
        b'[' => match task_table::parse_header(text) {
            Some(columns) => Some(Line::TableHeader(columns)),
            None => task_table::row_start(text).map(|(pid, rest)| Line::TableRow { pid, rest }),
        },
        b'M' => memory_start(text),
        b'm' | b's' | b'k' => cgroup::counter(text).map(Line::Counter).or_else(|| sysrq(text)),
        b'S' => sysrq(text),
        b'T' if text.starts_with("Tasks state (") => Some(Line::TasksState),
        b'T' => cgroup::group(text).map(Line::Group).or_else(|| cgroup::task_in(text).map(Line::TaskIn)),
        b'C' | b'P' => header::cpu(text).map(Line::Cpu),
        b'o' if text.starts_with("oom-kill:") => cgroup::oom_kill(text).map(Line::OomKill),
        b'o' => reaper(text).or_else(|| suppressed(text)),
        b'K' if text.starts_with("Kernel panic - not syncing: ") => panic(text),
        b'd' | b'_' => suppressed(text),
        _ => None,
    }
}

/// Lines whose telling words stand behind a name or a message.
fn by_words(text: &str) -> Option<Line<'_>> {
    if INVOKED.is_in(text) {
        return header::invoked(text).map(Line::Invoked);
    }
    if CPUSET.is_in(text) {
        return header::cpuset(text).map(Line::Cpuset);
    }
    if ALLOCATION_FAILURE.is_in(text) {
        return Some(Line::AllocationFailure);
    }
    if text.ends_with("Out of memory and no killable processes...") {
        return Some(Line::NothingToKill);
    }
    kill::classify(text)
}

fn memory_start(text: &str) -> Option<Line<'_>> {
    if let Some(rest) = text.strip_prefix("Mem-Info:").or_else(|| text.strip_prefix("Mem-info:")) {
        return Some(Line::MemInfoStart(rest));
    }
    if let Some(line) = cgroup::stats(text) {
        return Some(Line::StatsStart(line));
    }
    cgroup::protection(text).map(Line::Protection).or_else(|| cgroup::limit_reached(text).map(Line::TaskIn))
}

fn sysrq(text: &str) -> Option<Line<'_>> {
    if !text.starts_with("sysrq:") && !text.starts_with("SysRq :") {
        return None;
    }
    if text.contains("Manual OOM execution") {
        return Some(Line::SysrqAsked);
    }
    text.contains("OOM request ignored").then_some(Line::SysrqIgnored)
}

fn reaper(text: &str) -> Option<Line<'_>> {
    let (pid, rest) = leading_number(text.strip_prefix("oom_reaper: reaped process ")?)?;
    let comm = rest.strip_prefix(" (")?;
    let comm = comm
        .rsplit_once("), now")
        .map_or_else(|| comm.split(')').next().unwrap_or_default(), |(comm, _)| comm);
    Some(Line::Reaped(Process { pid, comm: Some(comm.to_owned()) }))
}

fn suppressed(text: &str) -> Option<Line<'_>> {
    let (function, rest) = text.split_once(": ")?;
    if !["oom_kill_process", "dump_header", "out_of_memory"].contains(&function) {
        return None;
    }
    let (count, rest) = leading_number(rest)?;
    rest.starts_with(" callbacks suppressed").then_some(Line::Suppressed(count))
}

fn panic(text: &str) -> Option<Line<'_>> {
    let words = text.get("Kernel panic - not syncing: ".len()..)?.to_ascii_lowercase();
    let is_oom = words.starts_with("out of memory") || words.starts_with("system is deadlocked on memory");
    is_oom.then_some(Line::Panic)
}

/// Lines of the trace and of the registers, in the forms of x86, arm64 and others.
fn is_trace(text: &str) -> bool {
    const STARTS: [&str; 20] = [
        "Call Trace",
        "Call trace",
        "<TASK>",
        "</TASK>",
        "<IRQ>",
        "</IRQ>",
        "RIP",
        "RSP",
        "RAX:",
        "RDX:",
        "RBP:",
        "R10:",
        "R13:",
        "Code:",
        "Hardware name:",
        "Workqueue:",
        "Modules linked in",
        "COMPACTION is disabled",
        "Tainted: [",
        "...",
    ];
    starts_with_any(text, &STARTS)
        || (OFFSET.is_in(text) && text.contains("/0x"))
        || text.starts_with("[<")
        || text
            .split_ascii_whitespace()
            .all(|word| word.len() >= 8 && word.bytes().all(|it| it.is_ascii_hexdigit()))
}

/// Whether all words are pairs of a `memory.stat`: `anon 98742272`, or `cache:0KB rss:980KB`.
fn is_stats(text: &str) -> bool {
    let mut words = text.split_ascii_whitespace();
    let mut pairs = 0;
    while let Some(word) = words.next() {
        let is_pair = match word.split_once(':') {
            Some((_, value)) => value.strip_suffix("KB").is_some_and(is_digits),
            None => {
                word.bytes().all(|it| it.is_ascii_lowercase() || it == b'_' || it.is_ascii_digit())
                    && word.starts_with(|first: char| first.is_ascii_lowercase())
                    && words.next().is_some_and(is_digits)
            }
        };
        if !is_pair {
            return false;
        }
        pairs += 1;
    }
    pairs > 0
}
