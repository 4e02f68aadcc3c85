//! What a figure on the screen is: its formula, the kernel files it comes from, and what they said.

use crate::columns::{Column, Row};
use crate::names;
use crate::text::{Line, Tone, wrapped};
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use kernel::limit::Limit;
use model::assessment::{Binding, Effective};
use model::cgroup::Swap;
use model::reading::Reading;

/// A kernel file, or a key in one, and the raw text it held.
type Source = (String, Reading<String>);

/// The lines that explain one cell.
#[must_use]
pub fn explain(row: Row<'_>, column: Column, width: usize) -> Vec<Line> {
    let cell = column.cell(row);
    let title = format!("{} of {}: ", column.heading().title, names::cgroup(row.cgroup));
    let mut lines = vec![Line::of(Tone::Strong, title).and(cell.tone, cell.text)];
    lines.extend(wrapped(formula(column, row.cgroup.version()), width.max(20)).into_iter().map(Line::plain));
    for (name, raw) in sources(row, column) {
        let raw = match raw {
            Reading::Value(raw) => raw,
            Reading::Absent => "no such figure on this kernel".to_owned(),
            Reading::Failed(why) => why.to_string(),
        };
        lines.push(Line::of(Tone::Quiet, format!("  {name}  ")).and(Tone::Plain, raw));
    }
    lines
}

const fn formula(column: Column, version: CgroupVersion) -> &'static str {
    match (column, version) {
        (Column::Name, _) => {
            "The container's name from its runtime; without one the unit's name, the id or the path."
        }
        (Column::Used, _) => "All memory charged to the cgroup, page cache included.",
        (Column::Limit, _) => {
            "The lowest memory limit of the cgroup, every cgroup above it, and the machine."
        }
        (Column::Left, _) => {
            "The least that any level leaves: limit - unreclaimable; for the machine MemAvailable. Swap comes on top."
        }
        (Column::Swap, CgroupVersion::V2) => "Swap used by the cgroup and everything below it.",
        (Column::Swap, CgroupVersion::V1) => "Swap used, as memory.stat counts it.",
        (Column::SwapLimit, CgroupVersion::V2) => {
            "The lowest memory.swap.max on the way up, at most the machine's swap."
        }
        (Column::SwapLimit, CgroupVersion::V1) => {
            "The lowest memory-and-swap limit minus the lowest memory limit, at most the machine's swap."
        }
        (Column::Waits, _) => "The share of time in which at least one task waited for memory (PSI some).",
        (Column::Kills, CgroupVersion::V2) => {
            "Processes killed for memory in this cgroup and below, since it was made."
        }
        (Column::Kills, CgroupVersion::V1) => {
            "Processes of this cgroup killed for memory, since it was made."
        }
        (Column::OwnLimit, _) => "The cgroup's own memory limit.",
        (Column::WorkingSet, _) => {
            "used - inactive_file, never below 0: the kubelet's and docker stats' figure."
        }
        (Column::Unreclaimable, _) => {
            "max(anon + shmem, inactive_anon + active_anon + unevictable) + kernel - slab_reclaimable + sock: what cannot be freed without swap."
        }
        (Column::Peak, _) => "The highest use since the cgroup was made or the file was reset.",
        (Column::Growth, _) => "Change of use between the last two scans, per second.",
        (Column::SwapIn, _) => "Pages swapped in between the last two scans, per second.",
        (Column::SwapOut, _) => "Pages swapped out between the last two scans, per second.",
        (Column::Refaults, _) => "Anonymous pages that were reclaimed and needed again, per second.",
        (Column::Image, _) => "The image, as the runtime records it.",
        (Column::Path, _) => "The path in the memory hierarchy.",
    }
}

fn sources(row: Row<'_>, column: Column) -> Vec<Source> {
    let cgroup = row.cgroup;
    let is_v2 = cgroup.version() == CgroupVersion::V2;
    let pick = |v2: &str, v1: &str| if is_v2 { v2.to_owned() } else { v1.to_owned() };
    let usage = || (pick("memory.current", "memory.usage_in_bytes"), raw(&cgroup.memory.usage));
    let stat = |key: &str| {
        let key = pick(key, &format!("total_{key}"));
        let value: Reading<u64> = cgroup.stat.as_ref().and_then(|stat| stat.get(&key).into());
        (format!("memory.stat {key}"), value.map(|value| value.to_string()))
    };
    match column {
        Column::Name | Column::Image | Column::Path => Vec::new(),
        Column::Used | Column::Growth => vec![usage()],
        Column::Limit => memory_binding(row),
        Column::SwapLimit => swap_binding(row),
        Column::OwnLimit => {
            vec![(pick("memory.max", "memory.limit_in_bytes"), raw_limit(&cgroup.memory.limit))]
        }
        Column::Left => {
            let mut sources =
                vec![("unreclaimable".to_owned(), raw(&row.assessment.working_sets.unreclaimable))];
            sources.extend(memory_binding(row));
            sources
                .push(("/proc/meminfo MemAvailable".to_owned(), raw(&row.snapshot.host.memory_available())));
            sources
        }
        Column::Swap => match &cgroup.swap {
            Swap::V2(swap) => vec![("memory.swap.current".to_owned(), raw(&swap.usage))],
            Swap::V1(_) => vec![stat("swap")],
        },
        Column::Waits => {
            let total = cgroup.pressure.as_ref().map(|pressure| pressure.some.total.as_micros().to_string());
            vec![("memory.pressure some total (µs)".to_owned(), total)]
        }
        Column::Kills => kills(row),
        Column::WorkingSet => vec![usage(), stat("inactive_file")],
        Column::Unreclaimable if is_v2 => [
            "anon",
            "shmem",
            "inactive_anon",
            "active_anon",
            "unevictable",
            "kernel",
            "slab_reclaimable",
            "sock",
        ]
        .map(stat)
        .to_vec(),
        Column::Unreclaimable => {
            let mut sources =
                ["rss", "shmem", "inactive_anon", "active_anon", "unevictable"].map(stat).to_vec();
            sources.push(("memory.kmem.usage_in_bytes".to_owned(), raw(&cgroup.memory.kernel_usage)));
            sources
        }
        Column::Peak => vec![(pick("memory.peak", "memory.max_usage_in_bytes"), raw(&cgroup.memory.peak))],
        Column::SwapIn => vec![stat("pswpin")],
        Column::SwapOut => vec![stat("pswpout")],
        Column::Refaults => vec![stat("workingset_refault_anon")],
    }
}

fn kills(row: Row<'_>) -> Vec<Source> {
    let count = |of: Reading<u64>| of.map(|count| count.to_string());
    let kills = count(row.cgroup.oom_kills());
    if row.cgroup.version() == CgroupVersion::V1 {
        return vec![("memory.oom_control oom_kill".to_owned(), kills)];
    }
    let groups = row.cgroup.events.hierarchical.as_ref().and_then(|events| events.oom_group_kill.into());
    vec![
        ("memory.events oom_kill".to_owned(), kills),
        ("memory.events oom_group_kill".to_owned(), count(groups)),
    ]
}

fn memory_binding(row: Row<'_>) -> Vec<Source> {
    let file = match row.cgroup.version() {
        CgroupVersion::V2 => "memory.max",
        CgroupVersion::V1 => "memory.limit_in_bytes",
    };
    binding(row, &row.assessment.limit, [file, "memory.stat hierarchical_memory_limit", "MemTotal"])
}

/// v1 has no file for swap alone: there the two limits stand whose difference it is.
fn swap_binding(row: Row<'_>) -> Vec<Source> {
    let out_of_sight = "memory.stat hierarchical_memsw_limit - hierarchical_memory_limit";
    let limit = &row.assessment.swap_limit;
    let file = match row.cgroup.version() {
        CgroupVersion::V2 => "memory.swap.max",
        CgroupVersion::V1 => "memory.memsw.limit_in_bytes",
    };
    let mut sources = binding(row, limit, [file, out_of_sight, "SwapTotal"]);
    if let Some(Binding::Cgroup(level)) = limit.value().map(|limit| limit.binding)
        && let Some(Swap::V1(swap)) = row.snapshot.cgroup(level).map(|level| &level.swap)
        && let Some((_, combined)) = sources.first_mut()
    {
        *combined = raw_limit(&swap.combined_limit.clone().map(|limit| limit.0));
        sources.extend(memory_binding(row));
    }
    sources
}

/// The file that holds the limit in force: a cgroup's, one that tells of levels out of sight, or a key of the machine's.
fn binding(
    row: Row<'_>,
    limit: &Reading<Effective>,
    [file, out_of_sight, host_key]: [&str; 3],
) -> Vec<Source> {
    let Some(effective) = limit.value() else {
        return vec![(file.to_owned(), limit.as_ref().map(|limit| limit.bytes.0.to_string()))];
    };
    let place = match effective.binding {
        Binding::Cgroup(index) => {
            let path = row.snapshot.cgroup(index).map_or("", |cgroup| cgroup.path.as_str());
            format!("{}/{file}", path.trim_end_matches('/'))
        }
        Binding::OutOfSight => out_of_sight.to_owned(),
        Binding::Host => format!("/proc/meminfo {host_key}"),
    };
    vec![(place, Reading::Value(effective.bytes.0.to_string()))]
}

fn raw(reading: &Reading<Bytes>) -> Reading<String> {
    reading.clone().map(|bytes| bytes.0.to_string())
}

fn raw_limit(reading: &Reading<Limit>) -> Reading<String> {
    reading.clone().map(|limit| limit.bytes().map_or_else(|| "max".to_owned(), |bytes| bytes.0.to_string()))
}
