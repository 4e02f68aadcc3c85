//! How a container ended and what that proves, in words.

use crate::table::Cell;
use crate::text::Tone;
use model::outcome::termination::{End, OomProof, WhichEnd};

/// The end that says most about memory, in a few words.
pub fn cell(ends: &[End]) -> Cell {
    let (text, tone) = match ends.iter().map(|end| (rank(end.proof), end)).max_by_key(|(rank, _)| *rank) {
        None => (String::new(), Tone::Plain),
        Some((_, end)) => match end.proof {
            OomProof::Proven => ("OOM kill".to_owned(), Tone::Critical),
            OomProof::ProvenInChild => ("OOM kill of a child".to_owned(), Tone::Critical),
            OomProof::Likely => ("SIGKILL, likely OOM".to_owned(), Tone::Warning),
            OomProof::Possible => ("SIGKILL, maybe OOM".to_owned(), Tone::Warning),
            OomProof::NotFirstProcess => {
                (end.exit_code.map_or_else(String::new, |code| format!("exit code {code}")), Tone::Quiet)
            }
            OomProof::LostSight => ("lost sight of".to_owned(), Tone::Quiet),
            OomProof::NotTold => ("not told".to_owned(), Tone::Quiet),
        },
    };
    Cell { text, tone }
}

const fn rank(proof: OomProof) -> u8 {
    match proof {
        OomProof::Proven => 6,
        OomProof::ProvenInChild => 5,
        OomProof::Likely => 4,
        OomProof::Possible => 3,
        OomProof::LostSight => 2,
        OomProof::NotFirstProcess => 1,
        OomProof::NotTold => 0,
    }
}

/// One end and what it proves.
pub fn sentence(end: &End) -> String {
    let when = match end.which {
        WhichEnd::Current => "Now",
        WhichEnd::Last => "Before the last restart",
    };
    let told = told(end);
    match end.proof {
        OomProof::Proven => format!(
            "{when}: killed by the kernel for memory{told}. That is proof: the runtime saw the kill. Which limit was hit it does not say; `highwater oom ls` on the node does."
        ),
        OomProof::ProvenInChild => format!(
            "{when}: the kernel killed a child process for memory{told}. That is proof; the first process ended by itself."
        ),
        OomProof::Likely => format!(
            "{when}: SIGKILL{told}, likely for memory: its other end was an OOM kill, and runtimes miss some of them."
        ),
        OomProof::Possible => format!(
            "{when}: SIGKILL{told}. An OOM kill is possible and not proven: runtimes miss some, and a failed probe, an eviction or a forced deletion looks the same. `highwater oom ls` on the node tells."
        ),
        OomProof::NotFirstProcess if end.exit_code == Some(0) => {
            format!("{when}: it ended without an error{told}.")
        }
        OomProof::NotFirstProcess => format!(
            "{when}: {}{told}. Its first process was not killed for memory; whether a child was, only memory.events on the node tells.",
            by_itself(end.exit_code)
        ),
        OomProof::LostSight => {
            format!("{when}: the kubelet lost sight of it{told}, as after a reboot. That proves nothing.")
        }
        OomProof::NotTold => format!("{when}: it ended, and the object does not say how."),
    }
}

fn by_itself(exit_code: Option<i64>) -> String {
    match exit_code {
        Some(code @ 129..=192) => format!("it ended by signal {}", code - 128),
        Some(_) | None => "it ended by itself".to_owned(),
    }
}

fn told(end: &End) -> String {
    let code = end.exit_code.map(|code| format!("exit code {code}"));
    let words: Vec<String> =
        [end.reason.clone(), code, end.finished_at.clone()].into_iter().flatten().collect();
    if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) }
}
