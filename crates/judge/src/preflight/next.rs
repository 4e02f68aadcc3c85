//! The next command: one plan for everything that a plan mends, with the swap that is there kept as it is.

use super::Subject;
use kernel::bytes::Bytes;
use model::node::{SwapAreaInUse, SwapBacking};
use model::node_check::NodeFinding;

/// How commands begin that one plan does together.
const PLAN: &str = "highwater node plan ";

/// How the command begins that shows what is wrong with a file.
const LINT: &str = "highwater lint ";

/// Swap of half the memory, where there is none: Kubernetes' and the distributions' usual beginning.
pub const SWAP_DEFAULT: &str = "--swap 50%";

/// The command of the worst finding that has one; where that is a plan, one plan for all findings.
#[must_use]
pub fn next(subject: &Subject<'_>, findings: &[NodeFinding]) -> Option<String> {
    let worst = findings.iter().find(|finding| finding.command.is_some())?;
    let first = worst.command.as_deref()?;
    let alike = findings.iter().filter(|finding| finding.severity == worst.severity);
    let has_plan =
        alike.filter_map(|finding| finding.command.as_deref()).any(|command| command.starts_with(PLAN));
    // What cannot be read is mended first: a plan would be made without it.
    if !has_plan || first.starts_with(LINT) {
        return Some(first.to_owned());
    }
    let mut words: Vec<String> = subject.areas().iter().map(|area| area_flags(subject, area)).collect();
    let mut flags: Vec<&str> = Vec::new();
    for finding in findings {
        let Some(rest) = finding.command.as_deref().and_then(|command| command.strip_prefix(PLAN)) else {
            continue;
        };
        for flag in rest.split(" --").map(|flag| flag.trim_start_matches("--")) {
            let name = flag.split(' ').next().unwrap_or(flag);
            let is_area = ["swap", "file", "partition", "zram", "priority"].contains(&name);
            let is_known = flags.iter().any(|known| known.split(' ').next() == Some(name));
            if !is_area && !is_known {
                flags.push(flag);
            }
        }
    }
    if words.is_empty() {
        words.push(SWAP_DEFAULT.to_owned());
    }
    words.extend(flags.into_iter().map(|flag| format!("--{flag}")));
    Some(format!("{PLAN}{}", words.join(" ")))
}

/// The plan that keeps one area as it is: what makes it last.
#[must_use]
pub fn plan_of(subject: &Subject<'_>, area: &SwapAreaInUse) -> String {
    format!("{PLAN}{}", area_flags(subject, area))
}

/// A priority of the kernel's own choice is not told again.
fn area_flags(subject: &Subject<'_>, area: &SwapAreaInUse) -> String {
    // The first page holds the signature and is not counted.
    let size = size(area.swap.size.saturating_add(subject.node.page));
    let flags = match &area.backing {
        SwapBacking::File { .. } => format!("--swap {size} --file {}", area.swap.path),
        SwapBacking::Device { .. } => format!("--partition {}", area.swap.path),
        SwapBacking::Zram { .. } => format!("--zram {size}"),
    };
    if area.swap.priority >= 0 { format!("{flags} --priority {}", area.swap.priority) } else { flags }
}

fn size(bytes: Bytes) -> String {
    let units = [("Gi", 1_u64 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];
    let unit = units.into_iter().find(|(_, unit)| bytes.0.is_multiple_of(*unit));
    unit.map_or_else(|| bytes.0.to_string(), |(name, unit)| format!("{}{name}", bytes.0 / unit))
}
