//! The screen of `highwater free`: what this process may really use, next to what `free` claims.

use crate::columns::Row;
use crate::text::{Line, Tone, wrapped};
use crate::{names, units};
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use model::assessment::Headroom;
use model::reading::Reading;

/// The whole screen, as seen by a process in the row's cgroup.
#[must_use]
pub fn free(row: Row<'_>, width: usize) -> Vec<Line> {
    let host = &row.snapshot.host;
    let assessment = row.assessment;
    let limit = assessment.limit.value();
    let swap = assessment.swap_limit.value();
    let left = |of: fn(&Headroom) -> Bytes| assessment.headroom.value().map(of);
    let mut lines = vec![
        heading(),
        line("memory", limit.map(|limit| limit.bytes), &host.memory_total()),
        line("  still free", left(|left| left.memory), &host.memory_available()),
        line("swap", swap.map(|swap| swap.bytes), &host.swap_total()),
        line("  still free", left(|left| left.with_swap.saturating_sub(left.memory)), &host.swap_free()),
        Line::empty(),
    ];
    let sentence = match limit {
        Some(limit) => format!(
            "This process may use {}: {}.",
            units::bytes(limit.bytes),
            names::level(row.snapshot, assessment.cgroup, limit.binding)
        ),
        None => "What this process may use is not known.".to_owned(),
    };
    lines.extend(wrapped(&sentence, width.max(20)).into_iter().map(Line::plain));
    if names::is_inside_container(row.snapshot) && row.cgroup.version() == CgroupVersion::V2 {
        let note = "Seen from inside a container: a cgroup above it may have a lower limit that cannot be seen from here.";
        lines.extend(wrapped(note, width.max(20)).into_iter().map(|line| Line::of(Tone::Quiet, line)));
    }
    lines.push(Line::of(Tone::Quiet, "Next: ").and(Tone::Strong, "highwater free --cache-size 50%"));
    lines
}

fn heading() -> Line {
    Line::of(Tone::Quiet, format!("{:<14}{:>12}{:>16}", "", "THIS PROCESS", "`free` CLAIMS"))
}

fn line(name: &str, really: Option<Bytes>, claimed: &Reading<Bytes>) -> Line {
    let really = really.map_or_else(|| units::ABSENT.to_owned(), units::bytes);
    Line::plain(format!("{name:<14}"))
        .and(Tone::Strong, format!("{really:>12}"))
        .and(Tone::Quiet, format!("{:>16}", units::bytes_or_absent(claimed)))
}
