//! The figures of an incident: ceilings, parts of memory, the largest processes.

use crate::bar::bar;
use crate::table::{Align, Cell, Heading, lay_out};
use crate::text::{Line, Tone};
use crate::{sentences, units};
use kernel::bytes::Bytes;
use kernel::oom_report::report::CounterName;
use model::incident::{Ceiling, CeilingState, Fate, Incident, ProcessUse};
use model::reading::Reading;

/// As many processes as leave room for the story on one screen.
const ROWS_MAX: usize = 5;

/// Left out where nothing is swapped.
const SWAP_COLUMN: usize = 3;

/// The counters of the level against their limits.
pub(super) fn ceilings(incident: &Incident) -> Vec<Line> {
    let is_said =
        |ceiling: &&Ceiling| ceiling.counter == CounterName::Memory || ceiling.limit.bytes().is_some();
    let mut lines: Vec<Line> = incident.ceilings.iter().filter(is_said).map(ceiling).collect();
    if let Some(machine) = &incident.memory.machine {
        let amount = |name: &str, free: &Reading<Bytes>, total: &Reading<Bytes>| {
            let (free, total) = (units::bytes_or_absent(free), units::bytes_or_absent(total));
            Line::plain(format!("  {name:<16}{free:>9} free of {total}"))
        };
        lines.push(amount("machine", &machine.free, &machine.total));
        lines.push(amount("its swap", &machine.swap_free, &machine.swap_total));
    }
    lines
}

fn ceiling(ceiling: &Ceiling) -> Line {
    let name = match ceiling.counter {
        CounterName::Memory => "memory",
        CounterName::MemorySwap => "memory + swap",
        CounterName::Swap => "swap",
        CounterName::Kmem => "kernel memory",
    };
    let (state, tone) = match ceiling.state {
        CeilingState::Full => ("  full", Tone::Critical),
        CeilingState::Room => ("", Tone::Plain),
        CeilingState::Forbids => ("  forbidden", Tone::Warning),
    };
    let limit = sentences::limit(ceiling.limit);
    let of = if ceiling.limit.bytes().is_some() { format!("of {limit}") } else { limit };
    Line::plain(format!("  {name:<16}{:>9} {of}", units::bytes(ceiling.usage))).and(tone, state)
}

/// The parts of memory, each with its bar.
pub(super) fn parts(incident: &Incident, width: usize) -> Vec<Line> {
    let memory = &incident.memory;
    let parts = [
        ("anonymous", &memory.anon, "heaps and stacks"),
        ("tmpfs, shared", &memory.shmem, "belongs to no process"),
        ("page cache", &memory.file, "files; can be dropped"),
        ("kernel", &memory.kernel, "stacks, page tables, slab"),
        ("sockets", &memory.sock, "network buffers"),
        ("in swap", &memory.swap, "not in memory"),
    ];
    let known: Vec<Bytes> = parts.iter().take(5).filter_map(|(_, part, _)| part.get()).collect();
    let whole = memory.usage.get().unwrap_or_else(|| known.into_iter().sum());
    let bar_width = width.saturating_sub(58).clamp(4, 30);
    parts
        .into_iter()
        .filter_map(|(name, part, meaning)| Some((name, part.get().filter(|part| part.0 > 0)?, meaning)))
        .map(|(name, part, meaning)| {
            let cells = format!("{:<bar_width$}", bar(part.ratio_of(whole).unwrap_or(0.0), bar_width));
            Line::plain(format!("    {name:<14}{:>9}  ", units::bytes(part)))
                .and(Tone::Good, cells)
                .and(Tone::Quiet, format!("  {meaning}"))
        })
        .collect()
}

/// The largest processes, and the one that was killed wherever it stands.
pub(super) fn processes(incident: &Incident, width: usize) -> Vec<Line> {
    let mut shown: Vec<&ProcessUse> = incident.processes.iter().take(ROWS_MAX).collect();
    let chosen = incident.chosen().map(|victim| victim.pid);
    if !shown.iter().any(|process| Some(process.pid) == chosen) {
        shown.extend(incident.processes.iter().find(|process| Some(process.pid) == chosen));
    }
    if shown.is_empty() {
        return Vec::new();
    }
    let mut headings = vec![
        Heading { title: "  PROCESS", align: Align::Left },
        Heading { title: "PID", align: Align::Right },
        Heading { title: "MEMORY", align: Align::Right },
        Heading { title: "SWAP", align: Align::Right },
        Heading { title: "OOM SCORE ADJ", align: Align::Right },
        Heading { title: "", align: Align::Left },
    ];
    let is_swapped = shown.iter().any(|process| process.swap.get().is_some_and(|swap| swap.0 > 0));
    let mut rows: Vec<Vec<Cell>> = shown.into_iter().map(row).collect();
    if !is_swapped {
        headings.remove(SWAP_COLUMN);
        for cells in &mut rows {
            cells.remove(SWAP_COLUMN);
        }
    }
    let mut lines = lay_out(&headings, &rows, width);
    let listed = incident.processes_listed;
    let more = listed.saturating_sub(u64::try_from(rows.len()).unwrap_or(u64::MAX));
    if more > 0 {
        lines.push(Line::of(Tone::Quiet, format!("  and {more} more")));
    }
    lines
}

fn row(process: &ProcessUse) -> Vec<Cell> {
    let plain = |text: String| Cell { text, tone: Tone::Plain };
    let fate = match process.fate {
        Fate::Killed => Cell { text: "killed".to_owned(), tone: Tone::Critical },
        Fate::Spared => plain(String::new()),
    };
    let score = process.oom_score_adj.map_or_else(|| units::ABSENT.to_owned(), |score| score.to_string());
    vec![
        plain(format!("  {}", process.comm)),
        plain(process.pid.to_string()),
        plain(units::bytes(process.resident)),
        plain(units::bytes_or_absent(&process.swap)),
        plain(score),
        fate,
    ]
}
