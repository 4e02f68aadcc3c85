//! The lines about the end: who was chosen, who was killed, who was on the way out already.

use crate::oom_report::line::Line;
use crate::oom_report::report::{Process, ScoreLine, Victim};
use crate::oom_report::text::{Word, after, kib_after, leading_number, signed_after};

/// What stands before `Killed process`, and what it says about the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KillPrefix {
    /// Nothing: Linux 2.6.36 to 5.0 say it on the score line.
    None,
    /// `Memory cgroup out of memory`
    Memcg,
    /// `Out of memory`
    Global,
    /// `No available memory (MPOL_BIND)`, until Linux 2.6.39.
    Mempolicy,
    /// `No available memory in cpuset`, until Linux 2.6.39.
    Cpuset,
}

/// `Killed process …`
#[derive(Debug)]
pub(crate) struct KillLine {
    pub(crate) prefix: KillPrefix,
    pub(crate) victim: Victim,
    pub(crate) is_whole: bool,
}

/// Which of the three lines it is.
#[derive(Clone, Copy, Debug)]
enum Words {
    Killed,
    Kill,
    Victim,
}

static WORDS: [(Words, Word); 4] = [
    (Words::Killed, Word::new("Killed process ")),
    (Words::Kill, Word::new("Kill process ")),
    (Words::Kill, Word::new("kill process ")),
    (Words::Victim, Word::new("OOM victim ")),
];

/// Tells the three lines apart; the message before them ends with a colon.
pub(crate) fn classify(text: &str) -> Option<Line<'_>> {
    let (words, (message, rest)) = WORDS.iter().find_map(|words| Some((words.0, words.1.split(text)?)))?;
    let prefix = prefix(message.trim_end())?;
    match words {
        Words::Killed => killed(prefix, rest).map(Line::Killed),
        Words::Victim => {
            let (pid, rest) = leading_number(rest)?;
            let comm = rest.strip_prefix(" (").and_then(|rest| rest.rsplit_once(") is already exiting"));
            comm.map(|(comm, _)| Line::Exiting(prefix, Process { pid, comm: Some(comm.to_owned()) }))
        }
        Words::Kill => match sharing(rest) {
            Some(process) => Some(Line::Sharing(process)),
            None => score(message.trim_end(), rest).map(|line| Line::Score(prefix, line)),
        },
    }
}

/// `N (comm) sharing same memory`, as Linux 3.10 prints it (`oom_kill_process` in mm/oom_kill.c).
fn sharing(rest: &str) -> Option<Process> {
    let (pid, rest) = leading_number(rest)?;
    let comm = rest.strip_prefix(" (")?.strip_suffix(") sharing same memory")?;
    Some(Process { pid, comm: Some(comm.to_owned()) })
}

/// Anything else before the words is not the kernel's: a program tells about a kill.
fn prefix(message: &str) -> Option<KillPrefix> {
    Some(match message {
        "" => KillPrefix::None,
        "Memory cgroup out of memory:" => KillPrefix::Memcg,
        "Out of memory:" | "Out of Memory:" | "Out of memory (oom_kill_allocating_task):" => {
            KillPrefix::Global
        }
        "No available memory (MPOL_BIND):" => KillPrefix::Mempolicy,
        "No available memory in cpuset:" => KillPrefix::Cpuset,
        _ => return None,
    })
}

fn score(message: &str, rest: &str) -> Option<ScoreLine> {
    let (pid, rest) = leading_number(rest)?;
    let rest = rest.strip_prefix(" (")?;
    let (comm, score) =
        rest.rsplit_once(") score ").or_else(|| rest.strip_suffix(')').map(|comm| (comm, "")))?;
    let score = leading_number(score).filter(|(_, rest)| rest.starts_with(' ')).map(|(score, _)| score);
    Some(ScoreLine { message: message.trim_end_matches(':').to_owned(), pid, comm: comm.to_owned(), score })
}

/// `N (comm) total-vm:…`; RHEL 7.9 writes `N (comm), UID u, total-vm:…`, RHEL 6 `N, UID u, (comm) total-vm:…`.
fn killed(prefix: KillPrefix, rest: &str) -> Option<KillLine> {
    let (pid, rest) = leading_number(rest)?;
    let (user, rest) = match rest.strip_prefix(", UID ").and_then(|rest| rest.split_once(", (")) {
        Some((uid, rest)) => (crate::decimal::parse_u64(uid), rest),
        None => (None, rest.strip_prefix(" (")?),
    };
    let (comm, values) = split_comm(rest)?;
    let uid = user.or_else(|| {
        after(values, "UID ").and_then(leading_number).filter(|(_, it)| it.starts_with(',')).map(|it| it.0)
    });
    let uid = uid.or_else(|| {
        after(values, "UID:")
            .and_then(leading_number)
            .filter(|(_, it)| it.starts_with(" pgtables:"))
            .map(|it| it.0)
    });
    let victim = Victim {
        pid,
        comm: comm.to_owned(),
        uid,
        total_vm: kib_after(values, "total-vm:").or_else(|| kib_after(values, "vsz:")),
        anon_rss: kib_after(values, "anon-rss:"),
        file_rss: kib_after(values, "file-rss:"),
        shmem_rss: kib_after(values, "shmem-rss:"),
        pgtables: kib_after(values, "pgtables:"),
        oom_score_adj: signed_after(values, "oom_score_adj:"),
    };
    // Older kernels end before it, where a line may be broken too: nothing tells the two apart but what follows.
    let is_whole = victim.oom_score_adj.is_some();
    Some(KillLine { prefix, victim, is_whole })
}

/// A name may hold brackets: what follows it decides where it ends.
fn split_comm(rest: &str) -> Option<(&str, &str)> {
    [") total-vm:", ") vsz:", "), UID "]
        .iter()
        .find_map(|end| rest.rfind(end))
        .or_else(|| rest.rfind(')'))
        .map(|at| (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::{KillLine, KillPrefix, Line, classify};
    use crate::bytes::Bytes;

    fn killed(text: &str) -> KillLine {
        match classify(text) {
            Some(Line::Killed(line)) => line,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn every_generation_of_the_kill_line_is_read() {
        for (text, comm, uid, vm, shmem, adj) in [
            // mm/oom_kill.c of v2.6.18, v2.6.34, RHEL 6, v3.10, RHEL 7.9, v4.5, v5.4.
            ("Out of Memory: Killed process 9 (mysqld).", "mysqld", None, None, None, None),
            ("Killed process 9 (a) vsz:4kB, anon-rss:1kB, file-rss:1kB", "a", None, Some(4), None, None),
            (
                "Killed process 9, UID 48, (httpd) total-vm:4kB, anon-rss:1kB, file-rss:1kB",
                "httpd",
                Some(48),
                Some(4),
                None,
                None,
            ),
            ("Killed process 9 (a) total-vm:4kB, anon-rss:1kB, file-rss:1kB", "a", None, Some(4), None, None),
            (
                "Killed process 9 (a), UID 7, total-vm:4kB, anon-rss:1kB, file-rss:1kB, shmem-rss:2kB",
                "a",
                Some(7),
                Some(4),
                Some(2),
                None,
            ),
            (
                "Killed process 9 (Web (main) )) total-vm:4kB, anon-rss:1kB, file-rss:1kB, shmem-rss:2kB",
                "Web (main) )",
                None,
                Some(4),
                Some(2),
                None,
            ),
            (
                "Memory cgroup out of memory: Killed process 9 (a) total-vm:4kB, anon-rss:1kB, file-rss:1kB, shmem-rss:2kB, UID:5 pgtables:8kB oom_score_adj:-3",
                "a",
                Some(5),
                Some(4),
                Some(2),
                Some(-3),
            ),
        ] {
            let line = killed(text);
            let victim = &line.victim;
            assert_eq!(
                (victim.pid, victim.comm.as_str(), victim.uid, victim.oom_score_adj),
                (9, comm, uid, adj),
                "{text}"
            );
            assert_eq!(
                (victim.total_vm, victim.shmem_rss),
                (vm.map(|kib: u64| Bytes(kib << 10)), shmem.map(|kib: u64| Bytes(kib << 10)))
            );
        }
    }

    #[test]
    fn a_cut_number_is_not_taken() {
        let line = killed("Out of memory: Killed process 9 (a) total-vm:4kB, anon-rss:1");
        assert_eq!((line.prefix, line.is_whole, line.victim.anon_rss), (KillPrefix::Global, false, None));
        assert!(classify("Killed process 12").is_none());
    }

    #[test]
    fn what_a_program_tells_is_not_the_kernels() {
        assert!(classify("msg=\"Out of memory: Killed process 9 (a) total-vm:4kB\"").is_none());
        assert!(classify("monitor says Killed process 9 (a)").is_none());
    }

    #[test]
    fn scores_and_exits_are_told_apart() {
        let score =
            classify("Memory cgroup out of memory: Kill process 5 (a b) score 1046 or sacrifice child");
        assert!(
            matches!(score, Some(Line::Score(KillPrefix::Memcg, line)) if line.score == Some(1046) && line.comm == "a b")
        );
        let old = classify("Out of memory: kill process 5 (a) score 12 or a child");
        assert!(matches!(old, Some(Line::Score(KillPrefix::Global, line)) if line.score == Some(12)));
        assert!(
            matches!(classify("Kill process 5 (a) sharing same memory"), Some(Line::Sharing(it)) if it.pid == 5)
        );
        let exit = classify(
            "Memory cgroup out of memory: OOM victim 5 (a) is already exiting. Skip killing the task",
        );
        assert!(matches!(exit, Some(Line::Exiting(KillPrefix::Memcg, process)) if process.pid == 5));
    }
}
