//! `docker update` lines, each with its undo.

use super::because;
use crate::units::{bytes, docker_bytes};
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::history::LimitsToday;
use model::recommendation::{AdvisedWorkload, Recommendation};
use std::collections::BTreeSet;

/// Whether the change or its undo is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The change.
    Do,
    /// Back to what is set today.
    Undo,
}

/// The lines of all workloads, for a shell.
#[must_use]
pub fn lines(workloads: &[AdvisedWorkload], direction: Direction) -> String {
    let mut text = String::new();
    for workload in workloads {
        let Some(advised) = workload.recommendation() else {
            text.push_str(&format!("# {}: {}\n", plain(&workload.name), because::none(workload)));
            continue;
        };
        // The same name on two machines is one line, which is for both.
        let containers: BTreeSet<&String> = workload.replicas.iter().collect();
        for container in containers {
            let change = change(container, advised, workload.today);
            let undo = undo(container, workload.today);
            text.push_str(&match (direction, undo) {
                (Direction::Do, Ok(undo) | Err(undo)) => format!("{change}\n# undo: {undo}\n"),
                (Direction::Undo, Ok(undo)) => format!("{undo}\n"),
                (Direction::Undo, Err(why)) => format!("# {}: {why}\n", plain(container)),
            });
        }
        // What was set along goes back by the hand that set it.
        text.extend(workload.heap.iter().map(|note| match direction {
            Direction::Do => format!("# {}: {note}\n", plain(&workload.name)),
            Direction::Undo => format!(
                "# {}: the heap setting goes back along with the limit, if it was changed\n",
                plain(&workload.name)
            ),
        }));
    }
    text
}

fn change(container: &str, advised: &Recommendation, today: Option<LimitsToday>) -> String {
    let note = format!("# {} of memory, {} of swap", bytes(advised.memory), bytes(advised.swap));
    // Docker cannot take a reservation away again, so one is set only where there is one to go back to.
    let reservation = today.and_then(|today| today.request).map(|_| advised.request);
    format!("{note}\n{}", update(container, advised.memory, Limit::At(advised.swap), reservation))
}

/// The command that goes back, or why there is none.
fn undo(container: &str, today: Option<LimitsToday>) -> Result<String, String> {
    match today {
        Some(LimitsToday { memory: Some(memory), swap, request }) => {
            // Unset, Docker takes as much swap as memory.
            Ok(update(container, memory, swap.map_or(Limit::At(memory), |swap| swap.0), request))
        }
        Some(LimitsToday { memory: None, .. }) => {
            Err("none: it has no limit today, and Docker takes a limit away only by a new container"
                .to_owned())
        }
        None => Err(format!(
            "not known; look before: docker inspect --format '{{{{.HostConfig.Memory}}}} {{{{.HostConfig.MemorySwap}}}}' {}",
            quoted(container)
        )),
    }
}

/// `--memory-swap` is memory and swap together, -1 without limit; it must be given along, or the daemon refuses a memory limit above it.
fn update(container: &str, memory: Bytes, swap: Limit, reservation: Option<Bytes>) -> String {
    let reservation = reservation.map_or_else(String::new, |reservation| {
        format!(" --memory-reservation {}", docker_bytes(reservation))
    });
    let together = match swap {
        Limit::At(swap) => docker_bytes(memory.saturating_add(swap)),
        Limit::Unlimited => "-1".to_owned(),
    };
    let memory = docker_bytes(memory);
    format!("docker update --memory {memory} --memory-swap {together}{reservation} {}", quoted(container))
}

/// A word that a shell takes as one; a name of a file's heading may be anything.
#[must_use]
pub fn quoted(word: &str) -> String {
    let is_plain =
        |symbol: char| symbol.is_ascii_alphanumeric() || matches!(symbol, '-' | '_' | '.' | '/' | ':');
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", plain(word).replace('\'', "'\\''"))
}

/// Without what would end a line or a comment.
fn plain(text: &str) -> String {
    crate::text::escaped(text)
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_name_cannot_run_anything() {
        assert_eq!(quoted("shop-web-1"), "shop-web-1");
        assert_eq!(quoted("a; rm -rf /"), "'a; rm -rf /'");
        assert_eq!(quoted("it's\nnew"), "'it'\\''s\\nnew'");
        assert_eq!(quoted("--help"), "'--help'");
    }
}
