//! Reports of which all lines were joined into one, as copying from a web page or a ticket does: cut again where a line begins.

use crate::oom_report::frame::{kmsg, stamp};
use crate::oom_report::task_table::row_start;
use crate::oom_report::text::{Word, head};

/// Shorter lines are never several.
const JOINED_BYTES_MIN: usize = 120;
/// Parts of one line that are looked at.
const PARTS_MAX: usize = 100_000;

/// A time or the head of a record is never longer.
const FRAME_BYTES_MAX: usize = 80;
/// The numbers of a row that tell it are never further away.
const ROW_BYTES_MAX: usize = 160;

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

/// Words of lines of which a report has few.
static SIGNS: [Word; 9] = [
    Word::new("invoked oom-killer:"),
    Word::new("memory: usage "),
    Word::new("oom-kill:constraint="),
    Word::new("Killed process "),
    Word::new("Kill process "),
    Word::new("oom_score_adj name"),
    Word::new("Call Trace"),
    Word::new("Tasks in /"),
    Word::new("oom_reaper: reaped "),
];

/// The lines of a joined line; nothing when it is a single one.
pub(crate) fn split(line: &str) -> Option<Vec<&str>> {
    if line.len() < JOINED_BYTES_MIN || !may_be_joined(line) {
        return None;
    }
    let mut cuts = frames(line);
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

/// Whether there are two of the lines of a report of which there is one in a line otherwise.
fn may_be_joined(line: &str) -> bool {
    SIGNS.iter().map(|sign| sign.count_to_two(line)).sum::<usize>() > 1
}

/// Where the lines begin, by the frame of the first: a time in brackets, a time in one word, a record's head, or a date of
/// so many words before `kernel: `.
fn frames(line: &str) -> Vec<usize> {
    let is_time = |text: &str| {
        let inner = head(text, FRAME_BYTES_MAX).strip_prefix('[').and_then(|rest| rest.split_once(']'));
        inner.is_some_and(|(inner, _)| stamp::in_bracket(inner).is_some())
    };
    let first = line.trim_start();
    if is_time(first) {
        let brackets = line.match_indices('[').map(|(at, _)| at);
        return brackets.filter(|at| line.get(*at..).is_some_and(is_time)).collect();
    }
    let is_record = |text: &str| kmsg::is_record(head(text, FRAME_BYTES_MAX));
    if is_record(first) {
        return word_starts(line).filter(|at| line.get(*at..).is_some_and(is_record)).collect();
    }
    let Some((_, rest)) = stamp::leading(first) else { return Vec::new() };
    let date = first.get(..first.len() - rest.len()).unwrap_or_default();
    if !date.contains(' ') {
        let is_stamp = |at: &usize| {
            let word = line.get(*at..).and_then(|text| text.split(' ').next());
            word.is_some_and(|word| stamp::leading(word).is_some())
        };
        return word_starts(line).filter(is_stamp).collect();
    }
    let words = date.split_whitespace().count();
    let starts: Vec<usize> = word_starts(line).collect();
    let begins = |index: usize| -> Option<usize> {
        let at = *starts.get(index)?;
        let end = starts.get(index + words).copied().unwrap_or(line.len());
        let (_, rest) = stamp::leading(line.get(at..end)?.trim_end())?;
        rest.is_empty().then_some(at)
    };
    (0..starts.len()).filter_map(begins).collect()
}

/// Where words begin.
fn word_starts(line: &str) -> impl Iterator<Item = usize> {
    let bytes = line.as_bytes();
    let is_start =
        move |at: &usize| bytes.get(*at) != Some(&b' ') && (*at == 0 || bytes.get(at - 1) == Some(&b' '));
    (0..bytes.len()).filter(is_start)
}

/// Where the kernel's words begin, and the rows of the table.
fn starts(line: &str) -> Vec<usize> {
    let words = STARTS.iter().flat_map(|start| line.match_indices(start)).map(|(at, _)| at);
    let rows = line.match_indices('[').map(|(at, _)| at);
    let rows =
        rows.filter(|at| line.get(*at..).is_some_and(|rest| row_start(head(rest, ROW_BYTES_MAX)).is_some()));
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
