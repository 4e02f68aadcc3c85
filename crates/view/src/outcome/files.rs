//! The files of a container's cgroup, one line each.

use crate::text::{Line, Tone};
use crate::units;
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use kernel::limit::Limit;
use model::outcome::ContainerOutcome;
use model::outcome::node::NodeSetup;
use model::outcome::swap::SwapAllowance;
use model::reading::Reading;

/// The lines; none where nothing can be told.
pub fn lines(outcome: &ContainerOutcome, node: &NodeSetup) -> Vec<Line> {
    let (Some(max), Some(decision)) = (outcome.files.max.value(), outcome.swap.value()) else {
        return Vec::new();
    };
    let mut files: Vec<(&str, String, String)> = Vec::new();
    let mut file = |name, (value, amount): (String, String), meaning: &str| {
        let sign = if amount.is_empty() || meaning.is_empty() { "" } else { "  " };
        files.push((name, value, format!("{amount}{sign}{meaning}")));
    };
    match node.cgroup {
        CgroupVersion::V2 => {
            file("memory.max", limit(*max), "");
            match decision.allowance {
                SwapAllowance::At { written, held } if written != held => {
                    let meaning = format!("{} cut to whole pages", written.0);
                    file("memory.swap.max", amount(held), &meaning);
                }
                SwapAllowance::At { held, .. } => file("memory.swap.max", amount(held), ""),
                SwapAllowance::Unlimited => file("memory.swap.max", limit(Limit::Unlimited), ""),
                SwapAllowance::Unknown(_) => file("memory.swap.max", ("?".to_owned(), String::new()), ""),
                SwapAllowance::TogetherAtMemoryLimit(_) => {}
            }
            if let Reading::Value(high @ Limit::At(_)) = outcome.files.high {
                file("memory.high", limit(high), "slowed down above it (MemoryQoS)");
            }
            if let Reading::Failed(why) = &outcome.files.high {
                file("memory.high", ("?".to_owned(), String::new()), why);
            }
            let protected = |reading: &Reading<Bytes>| reading.get().filter(|bytes| *bytes > Bytes::ZERO);
            if let Some(low) = protected(&outcome.files.low) {
                file("memory.low", amount(low), "taken last (MemoryQoS)");
            }
            if let Some(min) = protected(&outcome.files.min) {
                file("memory.min", amount(min), "never taken (MemoryQoS)");
            }
            if let Reading::Value(group) = outcome.files.oom_group {
                let meaning =
                    if group { "all its processes are killed together" } else { "one process is killed" };
                file("memory.oom.group", (u8::from(group).to_string(), String::new()), meaning);
            }
        }
        CgroupVersion::V1 => {
            file("memory.limit_in_bytes", limit(*max), "");
            match decision.allowance {
                SwapAllowance::TogetherAtMemoryLimit(together) => {
                    file("memory.memsw.limit_in_bytes", amount(together), "memory and swap together");
                }
                SwapAllowance::Unlimited => {
                    file("memory.memsw.limit_in_bytes", ("not written".to_owned(), String::new()), "");
                }
                SwapAllowance::At { .. } | SwapAllowance::Unknown(_) => {}
            }
        }
    }
    rows(&files)
}

/// Columns that line up: the name, the bytes, the meaning.
fn rows(files: &[(&str, String, String)]) -> Vec<Line> {
    let names = files.iter().map(|(name, _, _)| name.len()).max().unwrap_or(0);
    let values = files.iter().map(|(_, value, _)| value.len()).max().unwrap_or(0);
    files
        .iter()
        .enumerate()
        .map(|(at, (name, value, meaning))| {
            let label = if at == 0 { "files" } else { "" };
            Line::of(Tone::Quiet, format!("  {label:<8}"))
                .and(Tone::Plain, format!("{name:<names$}  {value:>values$}"))
                .and(Tone::Quiet, if meaning.is_empty() { String::new() } else { format!("  {meaning}") })
        })
        .collect()
}

fn limit(limit: Limit) -> (String, String) {
    match limit {
        Limit::At(bytes) => amount(bytes),
        Limit::Unlimited => ("max".to_owned(), "no limit".to_owned()),
    }
}

fn amount(bytes: Bytes) -> (String, String) {
    let amount = if bytes.0 == 0 { String::new() } else { units::bytes(bytes) };
    (bytes.0.to_string(), amount)
}
