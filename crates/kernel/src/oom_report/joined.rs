//! Reports of which all lines were joined into one, as copying from a web page or a ticket does: cut again where a line begins.

use crate::oom_report::frame::stamp;

/// Shorter lines are never several.
const JOINED_BYTES_MIN: usize = 120;
/// Parts of one line that are looked at.
const PARTS_MAX: usize = 100_000;

/// Words that begin a line of the kernel and nothing else.
const STARTS: [&str; 26] = [
    "CPU: ",
    "Hardware name: ",
    "Call Trace:",
    "Task in /",
    "memory: usage ",
    "memory+swap: usage ",
    "swap: usage ",
    "kmem: usage ",
    "Memory cgroup stats for /",
    "Memory cgroup out of memory: ",
    "Mem-Info:",
    "Tasks state (",
    "[ pid ]",
    "[  pid  ]",
    "oom-kill:constraint=",
    "Out of memory: Kill",
    "Killed process ",
    "oom_reaper: reaped process ",
    "Tasks in /",
    "active_anon:",
    "Free swap ",
    "Total swap ",
    "Node ",
    "lowmem_reserve[]:",
    "RIP: ",
    "Code: ",
];

/// The lines of a joined line; nothing when it is a single one.
pub(crate) fn split(line: &str) -> Option<Vec<&str>> {
    if line.len() < JOINED_BYTES_MIN || !may_be_joined(line) {
        return None;
    }
    let mut cuts = stamps(line);
    if cuts.len() < 2 {
        cuts = starts(line);
    }
    if cuts.is_empty() {
        return None;
    }
    let mut parts = Vec::new();
    let mut from = 0;
    for at in cuts.into_iter().filter(|at| *at > 0).chain([line.len()]).take(PARTS_MAX) {
        parts.push(line.get(from..at).unwrap_or_default());
        from = at;
    }
    Some(parts)
}

/// Two lines of a report that never stand together otherwise.
fn may_be_joined(line: &str) -> bool {
    const SIGNS: [&str; 6] = [
        "invoked oom-killer:",
        "memory: usage ",
        "oom-kill:constraint=",
        "illed process ",
        "oom_score_adj name",
        "Call Trace",
    ];
    SIGNS.iter().filter(|sign| line.contains(**sign)).count() >= 2
}

/// Where a time in brackets, or a date before `kernel: `, begins.
fn stamps(line: &str) -> Vec<usize> {
    let brackets = line.match_indices('[').filter(|(at, _)| {
        let inner = line.get(at + 1..).and_then(|rest| rest.split_once(']')).map(|(inner, _)| inner);
        inner.is_some_and(|inner| inner.len() < 48 && stamp::in_bracket(inner).is_some())
    });
    let brackets: Vec<usize> = brackets.map(|(at, _)| at).collect();
    let tags: Vec<usize> =
        line.match_indices(" kernel: ").filter_map(|(at, _)| date_before(line, at)).collect();
    if tags.len() >= 2 { tags } else { brackets }
}

/// The beginning of the date that stands before the tag at `tag`.
fn date_before(line: &str, tag: usize) -> Option<usize> {
    let words = line.get(..tag)?.rmatch_indices(' ').map(|(at, _)| at + 1).chain([0]);
    words.take(8).filter(|at| line.get(*at..).is_some_and(|text| stamp::leading(text).is_some())).last()
}

/// Where the kernel's words begin, and the rows of the table.
fn starts(line: &str) -> Vec<usize> {
    let words = STARTS.iter().flat_map(|start| line.match_indices(start)).map(|(at, _)| at);
    let rows = line.match_indices('[').map(|(at, _)| at);
    let rows = rows.filter(|at| {
        line.get(*at..).is_some_and(|rest| crate::oom_report::task_table::row_start(rest).is_some())
    });
    let mut cuts: Vec<usize> = words.chain(rows).filter(|at| is_start(line, *at)).collect();
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// A line begins behind a blank, and not behind the message that `Killed process` continues.
fn is_start(line: &str, at: usize) -> bool {
    let before = line.get(..at).unwrap_or_default();
    before.ends_with([' ', '\t'])
        && !(before.ends_with(": ") && line.get(at..).is_some_and(|rest| rest.starts_with("Kill")))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_joined_report_is_cut_at_its_times_or_its_words() {
        let lines = [
            "[   1.000000] a b invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
            "[   1.000001] CPU: 0 PID: 7 Comm: a b Not tainted 6.1.0 #1",
            "[   1.000002] memory: usage 4kB, limit 4kB, failcnt 9",
            "[   1.000003] Memory cgroup out of memory: Killed process 7 (a b) total-vm:4kB",
        ];
        let joined = lines.join(" ");
        let parts = split(&joined).unwrap();
        assert_eq!(parts.iter().map(|part| part.trim()).collect::<Vec<_>>(), lines);
        let bare: Vec<&str> = lines.iter().map(|line| line.split_at(14).1).collect();
        let joined = bare.join(" ");
        let parts = split(&joined).unwrap();
        assert_eq!(parts.iter().map(|part| part.trim()).collect::<Vec<_>>(), bare);
    }

    #[test]
    fn a_single_line_stays_single() {
        let line = format!(
            "oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/{},task_memcg=/b,task=c,pid=1,uid=0",
            "a".repeat(200)
        );
        assert_eq!(split(&line), None);
    }
}
