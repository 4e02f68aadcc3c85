//! What a `docker run` line becomes, on both versions of control groups.

use crate::outcome::broken;
use crate::text::{Line, Tone};
use crate::units;
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use model::outcome::docker::{Effect, Engine, MemorySwapOption, Refuser, RunCommand, RunOutcome, RunSwap};

/// The whole screen.
#[must_use]
pub fn screen(command: &RunCommand, outcomes: &[(CgroupVersion, RunOutcome)], width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for (at, (cgroup, outcome)) in outcomes.iter().enumerate() {
        let is_same =
            |other: Option<&(CgroupVersion, RunOutcome)>| other.is_some_and(|other| other.1 == *outcome);
        if at > 0 && is_same(outcomes.get(at - 1)) {
            continue;
        }
        let title = match cgroup {
            CgroupVersion::V2 if is_same(outcomes.get(at + 1)) => "cgroup v2 and v1",
            CgroupVersion::V2 => "cgroup v2",
            CgroupVersion::V1 => "cgroup v1",
        };
        lines.push(Line::of(Tone::Strong, title));
        match outcome {
            RunOutcome::Refused { .. } => {
                lines.extend(paragraph(&sentence(command, outcome), Tone::Critical, width));
            }
            RunOutcome::Made { files, remarks, .. } => {
                lines.extend(paragraph(&sentence(command, outcome), Tone::Plain, width));
                let names = files.iter().map(|file| file.name.len()).max().unwrap_or(0);
                let values = files.iter().map(|file| file.value.len()).max().unwrap_or(0);
                for file in files {
                    let (name, value) = (file.name, &file.value);
                    lines.push(
                        Line::plain(format!("    {name:<names$}  {value:>values$}"))
                            .and(Tone::Quiet, format!("  {:<8}  {}", human(value), file.option)),
                    );
                }
                for remark in remarks {
                    let effect = match remark.effect {
                        Effect::Discarded => "has no effect",
                        Effect::Kept => "is warned of",
                    };
                    let text = format!("{} {effect}: \"{}\"", remark.option, remark.warning);
                    lines.extend(paragraph(&text, Tone::Warning, width));
                }
            }
        }
        lines.push(Line::empty());
    }
    for note in notes(command, outcomes) {
        lines.extend(broken(&note, width, 0).into_iter().map(|line| Line::of(Tone::Quiet, line)));
    }
    if lines.last() == Some(&Line::empty()) {
        lines.pop();
    }
    lines
}

/// What happens, in one sentence.
#[must_use]
pub fn sentence(command: &RunCommand, outcome: &RunOutcome) -> String {
    let swap = match outcome {
        RunOutcome::Refused { by, message } => {
            let who = match by {
                Refuser::DockerClient => "Docker's client",
                Refuser::DockerDaemon => "Docker's daemon",
                Refuser::Podman => "Podman",
                Refuser::Crun => "crun",
            };
            return format!("No container. {who} refuses: {message}");
        }
        RunOutcome::Made { swap, .. } => *swap,
    };
    let memory = match command.options.memory.filter(|memory| *memory > Bytes::ZERO) {
        Some(memory) => format!("Killed above {} of memory", units::bytes(memory)),
        None => "No memory limit: it can take the whole machine".to_owned(),
    };
    let default = |by_default: bool| {
        if by_default { ", as much as memory, because --memory-swap is not given" } else { "" }
    };
    let swap = match swap {
        RunSwap::AtMost { swap: Bytes(0), .. } => "no swap".to_owned(),
        RunSwap::AtMost { swap, by_default } => {
            format!("{} more may be swapped out{}", units::bytes(swap), default(by_default))
        }
        RunSwap::Together { memory, together, .. } if memory == together => {
            "no swap beyond that, though the kernel may swap it out below".to_owned()
        }
        RunSwap::Together { memory, together, by_default } => format!(
            "{} more may be swapped out ({} of memory and swap together){}",
            units::bytes(together.saturating_sub(memory)),
            units::bytes(together),
            default(by_default)
        ),
        RunSwap::Unlimited => "swap without limit".to_owned(),
    };
    format!("{memory}; {swap}.")
}

/// What is worth doing or knowing beside the files.
#[must_use]
pub fn notes(command: &RunCommand, outcomes: &[(CgroupVersion, RunOutcome)]) -> Vec<String> {
    let mut notes = mistakes(command);
    let swaps = outcomes.iter().filter_map(|(_, outcome)| match outcome {
        RunOutcome::Made { swap, .. } => Some(*swap),
        RunOutcome::Refused { .. } => None,
    });
    let memory = command.options.memory.filter(|memory| *memory > Bytes::ZERO);
    for swap in swaps {
        match (swap, memory) {
            (RunSwap::AtMost { by_default: true, .. }, Some(memory)) => {
                let amount = units::docker_bytes(memory);
                notes.push(format!("To forbid swap: --memory-swap {amount}, equal to --memory."));
            }
            (RunSwap::AtMost { swap: Bytes(0), .. }, _) if command.engine == Engine::Docker => notes.push(
                "On cgroup v2 with systemd an unrelated `docker update --cpus` gives swap back without a word (measured on Docker 26.1); `highwater show` tells."
                    .to_owned(),
            ),
            (RunSwap::AtMost { .. } | RunSwap::Together { .. } | RunSwap::Unlimited, _) => {}
        }
    }
    if command.engine == Engine::Podman {
        notes.push("Podman without root on cgroup v1 ignores every limit.".to_owned());
    }
    if !command.unknown.is_empty() {
        notes.push(format!(
            "Not known, taken to have no value: {}. If one has, what follows it was taken for the image.",
            command.unknown.join(", ")
        ));
    }
    if command.image.is_none() {
        notes.push("The line names no image.".to_owned());
    }
    notes
}

/// What to write instead of a line that is refused.
fn mistakes(command: &RunCommand) -> Vec<String> {
    let memory = command.options.memory.filter(|memory| *memory > Bytes::ZERO);
    let together = match command.options.memory_swap {
        Some(MemorySwapOption::Together(together)) if together > Bytes::ZERO => Some(together),
        Some(MemorySwapOption::Together(_) | MemorySwapOption::Unlimited) | None => None,
    };
    let mut notes = Vec::new();
    if let Some(invalid) = command.invalid.first() {
        notes.push(match invalid.text.strip_suffix('i') {
            Some(amount) => format!(
                "`{}` is Kubernetes' spelling; here it is {} {}.",
                invalid.text,
                invalid.option.rsplit(' ').next().unwrap_or(invalid.option),
                amount.to_ascii_lowercase()
            ),
            None => "Amounts are numbers with b, k, m or g, such as 512m.".to_owned(),
        });
    }
    match (memory, together) {
        (None, Some(together)) if command.invalid.is_empty() => notes.push(format!(
            "--memory-swap is memory and swap together: give --memory as well, at most {}.",
            units::docker_bytes(together)
        )),
        (Some(memory), Some(together)) if together < memory => notes.push(format!(
            "--memory-swap is memory and swap together, so at least {}; that forbids swap, more allows it.",
            units::docker_bytes(memory)
        )),
        (Some(_) | None, Some(_) | None) => {}
    }
    notes
}

fn paragraph(text: &str, tone: Tone, width: usize) -> Vec<Line> {
    broken(text, width, 2).into_iter().map(|line| Line::of(Tone::Plain, "  ").and(tone, line)).collect()
}

/// An amount beside its bytes; small numbers are no amounts.
fn human(value: &str) -> String {
    value
        .parse::<u64>()
        .ok()
        .filter(|bytes| *bytes >= 1024)
        .map_or_else(String::new, |bytes| units::bytes(Bytes(bytes)))
}
