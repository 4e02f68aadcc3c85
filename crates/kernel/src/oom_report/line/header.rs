//! The head of a report: who asked for memory, on which kernel.

use crate::oom_report::text::{after, leading_number, signed_after};

/// Longer names are cut by the kernel (`TASK_COMM_LEN` is 16 with its NUL).
const COMM_BYTES_MAX: usize = 15;

/// `COMM invoked oom-killer: gfp_mask=0x…(FLAGS), nodemask=…, order=0, oom_score_adj=0`
#[derive(Debug, Default)]
pub(crate) struct InvokedLine<'a> {
    pub(crate) comm: Option<&'a str>,
    pub(crate) gfp_mask: Option<&'a str>,
    pub(crate) gfp_flags: Option<&'a str>,
    pub(crate) nodemask: Option<&'a str>,
    pub(crate) order: Option<i32>,
    pub(crate) oom_score_adj: Option<i64>,
    pub(crate) is_whole: bool,
}

/// `COMM cpuset=NAME mems_allowed=NODES`
#[derive(Debug)]
pub(crate) struct CpusetLine<'a> {
    pub(crate) cpuset: &'a str,
    pub(crate) mems_allowed: &'a str,
}

/// `CPU: 1 UID: 0 PID: 25556 Comm: node Not tainted 6.18.44 #1`
#[derive(Debug)]
pub(crate) struct CpuLine<'a> {
    pub(crate) pid: u64,
    pub(crate) comm: &'a str,
    pub(crate) kernel: Option<&'a str>,
}

/// Reads the first line of a report. Its name has spaces, brackets and colons; before 2.6.20 there is none.
pub(crate) fn invoked(text: &str) -> Option<InvokedLine<'_>> {
    let (before, rest) = text.split_once("oom-killer:")?;
    let comm = match before.trim_end() {
        "" => None,
        words => Some(words.strip_suffix(" invoked").or_else(|| words.strip_suffix(" triggered"))?),
    };
    if !rest.is_empty() && !rest.trim_start().starts_with("gfp") {
        return None;
    }
    let (gfp_mask, gfp_flags) = gfp(rest);
    let adj = signed_after(rest, "oom_score_adj=");
    let is_old = ["oom_adj=", "oomkilladj="].iter().any(|key| signed_after(rest, key).is_some());
    Some(InvokedLine {
        comm: comm.map(without_frame),
        gfp_mask,
        gfp_flags,
        nodemask: after(rest, "nodemask=").and_then(|value| value.split_once(", ")).map(|(nodes, _)| nodes),
        order: order(rest),
        oom_score_adj: adj,
        is_whole: adj.is_some() || (is_old && !rest.ends_with(',')),
    })
}

/// Until Linux 4.20 on a line of its own.
pub(crate) fn cpuset(text: &str) -> Option<CpusetLine<'_>> {
    let (_, rest) = text.split_once(" cpuset=")?;
    let (cpuset, mems_allowed) = rest.split_once(" mems_allowed=")?;
    Some(CpusetLine { cpuset, mems_allowed: mems_allowed.trim() })
}

/// The first line of the trace (`dump_stack_print_info` in lib/dump_stack.c); `Pid: 1, comm: …` before Linux 3.10.
pub(crate) fn cpu(text: &str) -> Option<CpuLine<'_>> {
    let old = text.starts_with("Pid: ");
    if !old && !text.starts_with("CPU: ") {
        return None;
    }
    let (pid_key, comm_key) = if old { ("Pid: ", ", comm: ") } else { (" PID: ", " Comm: ") };
    let (pid, rest) = leading_number(after(text, pid_key)?)?;
    let rest = rest.strip_prefix(comm_key)?;
    let taint = [" Not tainted", " Tainted: "].iter().filter_map(|key| rest.rfind(key)).max();
    let (comm, taint) = taint.map_or((rest, ""), |at| rest.split_at(at));
    Some(CpuLine {
        pid,
        comm: comm.split(" Kdump: ").next().unwrap_or(comm).trim_end(),
        kernel: release(taint),
    })
}

/// The release stands before `#1 SMP …`, behind letters of which there may be none, some, or columns of blanks.
fn release(taint: &str) -> Option<&str> {
    let (before, _) = taint.split_once(" #")?;
    let word = before.split_ascii_whitespace().next_back()?;
    (word.starts_with(|first: char| first.is_ascii_digit()) && word.contains('.')).then_some(word)
}

/// The mask is a number, since 4.6 with names in brackets; `gfp_mask=0` has no `0x`.
fn gfp(rest: &str) -> (Option<&str>, Option<&str>) {
    let Some(value) = after(rest, "gfp_mask=") else { return (None, None) };
    let end = value.find(['(', ',', ' ']);
    let mask = end.and_then(|end| value.get(..end)).filter(|mask| !mask.is_empty());
    let flags = end.and_then(|end| value.get(end..)).and_then(|rest| rest.strip_prefix('('));
    (mask, flags.and_then(|flags| flags.split_once(')')).map(|(flags, _)| flags))
}

fn order(rest: &str) -> Option<i32> {
    signed_after(rest, "order=")
        .filter(|_| after(rest, "order=").is_some_and(|it| it.contains([',', ' '])))?
        .try_into()
        .ok()
}

/// What is left of an unknown frame stands before the name: a name is never longer than 15 bytes.
fn without_frame(comm: &str) -> &str {
    let comm = comm.trim();
    if comm.len() <= COMM_BYTES_MAX {
        return comm;
    }
    comm.rsplit(' ').next().unwrap_or(comm)
}

#[cfg(test)]
mod tests {
    use super::{cpu, cpuset, invoked};

    #[test]
    fn every_generation_of_the_first_line_is_read() {
        for (text, comm, mask, order, adj) in [
            // mm/oom_kill.c of v2.6.18, v2.6.30, v2.6.38, v3.10, v4.8, v4.12 (two blanks), v5.0
            ("oom-killer: gfp_mask=0xd0, order=0", None, Some("0xd0"), None, None),
            (
                "ps invoked oom-killer: gfp_mask=0x201d2, order=0, oomkilladj=-17",
                Some("ps"),
                Some("0x201d2"),
                Some(0),
                None,
            ),
            (
                "a b invoked oom-killer: gfp_mask=0xd0, order=1, oom_adj=0, oom_score_adj=-17",
                Some("a b"),
                Some("0xd0"),
                Some(1),
                Some(-17),
            ),
            (
                "x triggered oom-killer: gfp_mask=0, order=2, oom_score_adj=0",
                Some("x"),
                Some("0"),
                Some(2),
                Some(0),
            ),
            (
                "runc:[2:INIT] invoked oom-killer: gfp_mask=0x24280ca(GFP_A|__GFP_B), nodemask=0,2-3,  order=0, oom_score_adj=9",
                Some("runc:[2:INIT]"),
                Some("0x24280ca"),
                Some(0),
                Some(9),
            ),
            (
                "kworker/0:2 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0",
                Some("kworker/0:2"),
                Some("0xcc0"),
                Some(-1),
                Some(0),
            ),
            (
                "a invoked oom-killer: gfp_mask=0x14200ca(GFP_HIGHUSER_MOV",
                Some("a"),
                Some("0x14200ca"),
                None,
                None,
            ),
        ] {
            let line = invoked(text).unwrap();
            assert_eq!(
                (line.comm, line.gfp_mask, line.order, line.oom_score_adj),
                (comm, mask, order, adj),
                "{text}"
            );
        }
        assert!(invoked("he said: invoked oom-killer: really?").is_none());
        assert_eq!(
            invoked("host9 Web invoked oom-killer: gfp_mask=0xd0, order=0").unwrap().comm,
            Some("host9 Web")
        );
    }

    #[test]
    fn the_release_is_found_behind_any_taint() {
        for (text, pid, comm, kernel) in [
            (
                "Pid: 9, comm: a, b Not tainted 2.6.32-431.el6.x86_64 #1",
                9,
                "a, b",
                Some("2.6.32-431.el6.x86_64"),
            ),
            (
                "CPU: 9 PID: 14881 Comm: java Tainted: G    B          ------------ T 3.10.0-327.el7 #1",
                14881,
                "java",
                Some("3.10.0-327.el7"),
            ),
            (
                "CPU: 4 PID: 1 Comm: a.out Kdump: loaded Not tainted 5.0.0-rc4 #280",
                1,
                "a.out",
                Some("5.0.0-rc4"),
            ),
            (
                "CPU: 1 UID: 0 PID: 28645 Comm: Web (main) ) Not tainted 6.18.44 #1 PREEMPT(none)",
                28645,
                "Web (main) )",
                Some("6.18.44"),
            ),
            ("CPU: 1 PID: 7 Comm: node Not tainted 5.1", 7, "node", None),
        ] {
            let line = cpu(text).unwrap();
            assert_eq!((line.pid, line.comm, line.kernel), (pid, comm, kernel), "{text}");
        }
        assert!(cpu("CPU: 1 PID: 28").is_none());
    }

    #[test]
    fn the_cpuset_line_is_read() {
        let line = cpuset("Web Content cpuset=/ mems_allowed=0-1").unwrap();
        assert_eq!((line.cpuset, line.mems_allowed), ("/", "0-1"));
    }
}
