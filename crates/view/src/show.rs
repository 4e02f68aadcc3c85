//! The screen of `highwater show`: everything about one cgroup.

use crate::bar::bar;
use crate::columns::{Row, severity_tone};
use crate::table::{Align, Cell, Heading, lay_out};
use crate::text::{Line, Tone, wrapped};
use crate::{names, remedy, sentences, units};
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use kernel::limit::Limit;
use kernel::pressure::PressureLine;
use model::assessment::{Binding, Binds, Headroom, Rung};
use model::cgroup::Swap;
use model::reading::Reading;
use model::swap_limit::SwapLimit;

/// What a line of figures is called, and the figures.
type Figure = (&'static str, String);

/// The whole screen.
#[must_use]
pub fn show(row: Row<'_>, ladder: &[Rung], width: usize) -> Vec<Line> {
    let mut lines = title(row);
    section(&mut lines, "In short", findings(row, width));
    section(&mut lines, "Not readable", unreadable(row, width));
    section(&mut lines, "Memory", memory(row, width));
    section(&mut lines, "Ladder of ceilings", ladder_table(row, ladder, width));
    section(&mut lines, "Swap", swap(row, width));
    section(&mut lines, "Protection", protection(row));
    section(&mut lines, "Pressure", pressure(row));
    section(&mut lines, "Events since it was made", events(row));
    lines.push(Line::empty());
    lines.extend(next(row));
    lines
}

fn section(lines: &mut Vec<Line>, heading: &str, body: Vec<Line>) {
    if !body.is_empty() {
        lines.push(Line::empty());
        lines.push(Line::of(Tone::Strong, heading));
        lines.extend(body);
    }
}

fn title(row: Row<'_>) -> Vec<Line> {
    let cgroup = row.cgroup;
    let mut words = vec![names::kind(cgroup).to_owned()];
    if let Some(container) = &cgroup.container {
        words.extend(names::runtime(container.runtime).map(str::to_owned));
        words.extend(container.image.value().map(|image| format!("image {image}")));
        words.extend(
            container
                .compose
                .as_ref()
                .map(|compose| format!("compose {}/{}", compose.project, compose.service)),
        );
        words.push(format!("id {}", names::short_id(&container.id.0)));
        words.extend(container.pod.as_ref().map(|pod| format!("pod {} ({:?})", pod.uid, pod.qos)));
        words.extend(container.pid.get().map(|pid| format!("pid {pid}")));
    }
    let version = match cgroup.version() {
        CgroupVersion::V1 => "cgroup v1",
        CgroupVersion::V2 => "cgroup v2",
    };
    vec![
        Line::of(Tone::Strong, names::cgroup(cgroup)).and(Tone::Quiet, format!("  {}", words.join(" · "))),
        Line::of(Tone::Quiet, format!("{version} {}", cgroup.path)),
    ]
}

fn findings(row: Row<'_>, width: usize) -> Vec<Line> {
    let headline = match (row.assessment.headroom.value(), row.assessment.limit.value()) {
        (Some(headroom), Some(limit)) => format!(
            "It can use {} before an OOM kill; {} binds, {}.",
            more(*headroom),
            units::bytes(limit.bytes),
            names::level(row.snapshot, row.assessment.cgroup, limit.binding)
        ),
        (None, _) | (_, None) => format!("How much more it can use is not known: {}.", why_unknown(row)),
    };
    let mut lines = indented(Tone::Plain, &headline, width);
    if let Some(high) = row.cgroup.memory.high.get().and_then(Limit::bytes) {
        let sentence =
            format!("From {} on the kernel slows it down and reclaims (memory.high).", units::bytes(high));
        lines.extend(indented(Tone::Plain, &sentence, width));
    }
    for finding in &row.assessment.findings {
        lines.extend(indented(
            severity_tone(row.assessment).unwrap_or(Tone::Plain),
            &sentences::finding(row, finding),
            width,
        ));
    }
    lines
}

fn more(headroom: Headroom) -> String {
    let memory = units::bytes(headroom.memory);
    match headroom.with_swap.saturating_sub(headroom.memory) {
        Bytes::ZERO => format!("{memory} more"),
        swap => format!("{memory} more memory and {} of swap", units::bytes(swap)),
    }
}

fn why_unknown(row: Row<'_>) -> String {
    if row.cgroup.memory.usage == Reading::Absent && row.cgroup.memory.limit == Reading::Absent {
        let above = row
            .snapshot
            .lineage(row.assessment.cgroup)
            .find(|(_, above)| above.memory.usage.value().is_some());
        if let Some((_, above)) = above {
            return format!(
                "the memory controller is not enabled here, so its memory is charged to {}",
                above.path
            );
        }
    }
    let assessment = row.assessment;
    let reasons = [reason(&assessment.headroom), reason(&assessment.limit)];
    reasons
        .into_iter()
        .flatten()
        .next()
        .unwrap_or_else(|| "the kernel gives no memory figures for this cgroup".to_owned())
}

fn reason<T>(reading: &Reading<T>) -> Option<String> {
    match reading {
        Reading::Failed(why) => Some(why.to_string()),
        Reading::Value(_) | Reading::Absent => None,
    }
}

fn indented(tone: Tone, sentence: &str, width: usize) -> Vec<Line> {
    wrapped(sentence, width.saturating_sub(2).max(20))
        .into_iter()
        .map(|line| Line::plain("  ").and(tone, line))
        .collect()
}

fn memory(row: Row<'_>, width: usize) -> Vec<Line> {
    let (cgroup, sets, split) = (row.cgroup, &row.assessment.working_sets, &row.assessment.split);
    let usage = &cgroup.memory.usage;
    let parts = [
        ("anonymous", &split.anon, "heaps and stacks"),
        ("page cache", &split.file, "files; can be dropped"),
        ("tmpfs, shared", &split.shmem, "cannot be freed without swap"),
        ("kernel", &split.kernel, "stacks, page tables, slab"),
        ("sockets", &split.sock, "network buffers"),
    ];
    let mut lines = vec![figure("used", &units::bytes_or_absent(usage), "everything charged")];
    let bar_width = width.saturating_sub(60).clamp(4, 30);
    for (name, part, meaning) in parts {
        if *part == Reading::Absent {
            continue;
        }
        let share = part.get().zip(usage.get()).and_then(|(part, usage)| part.ratio_of(usage)).unwrap_or(0.0);
        let cells = format!("{:<bar_width$}", bar(share, bar_width));
        lines.push(
            Line::plain(format!("    {name:<14}{:>9}  ", units::bytes_or_absent(part)))
                .and(Tone::Good, cells)
                .and(Tone::Quiet, format!("  {meaning}")),
        );
    }
    if split.kernel_parts.iter().any(|(_, bytes)| bytes.0 > 0) {
        let named: Vec<String> = split
            .kernel_parts
            .iter()
            .filter(|(_, bytes)| bytes.0 > 0)
            .map(|(key, bytes)| format!("{key} {}", units::bytes(*bytes)))
            .collect();
        lines.extend(
            wrapped(&format!("of the kernel's: {}", named.join(", ")), width.saturating_sub(6).max(20))
                .into_iter()
                .map(|line| Line::of(Tone::Quiet, format!("      {line}"))),
        );
    }
    lines.push(figure(
        "working set",
        &units::bytes_or_absent(&sets.kubelet),
        "kubelet's, docker stats': used - inactive file",
    ));
    lines.push(figure(
        "unreclaimable",
        &units::bytes_or_absent(&sets.unreclaimable),
        "cannot be freed without swap",
    ));
    lines.push(figure(
        "reclaimable",
        &units::bytes_or_absent(&sets.reclaimable),
        "page cache and slab that can be dropped",
    ));
    lines.push(figure("demand", &units::bytes_or_absent(&sets.demand), "working set + swap"));
    lines.push(figure("peak", &units::bytes_or_absent(&cgroup.memory.peak), "highest use so far"));
    lines
}

fn figure(name: &str, value: &str, meaning: &str) -> Line {
    Line::plain(format!("  {name:<16}{value:>9}  ")).and(Tone::Quiet, meaning)
}

/// A column of the ladder: its heading, and what it says of a level.
type LadderColumn = (Heading, fn(Row<'_>, &Rung) -> Cell);

fn ladder_table(row: Row<'_>, ladder: &[Rung], width: usize) -> Vec<Line> {
    const LEVEL_WIDTH_MIN: usize = 24;
    let columns: [LadderColumn; 6] = [
        (Heading { title: "  LEVEL", align: Align::Left }, |row, rung| {
            plain(format!("  {}", level(row, rung.level)))
        }),
        (Heading { title: "LIMIT", align: Align::Right }, |_, rung| plain(units::limit(&rung.limit))),
        (Heading { title: "HIGH", align: Align::Right }, |_, rung| plain(units::limit(&rung.high))),
        (Heading { title: "USED", align: Align::Right }, |_, rung| {
            plain(units::bytes_or_absent(&rung.usage))
        }),
        (Heading { title: "SWAP MAX", align: Align::Right }, |_, rung| plain(swap_limit(&rung.swap_limit))),
        (Heading { title: "BINDS", align: Align::Left }, |_, rung| Cell {
            text: binds(rung).to_owned(),
            tone: Tone::Warning,
        }),
    ];
    // On a narrow terminal the level and what binds are worth more than what is used and where throttling begins.
    let room = width.saturating_sub(LEVEL_WIDTH_MIN);
    let is_kept = |title: &str| match title {
        "HIGH" => room >= 48,
        "USED" => room >= 38,
        _ => true,
    };
    let kept = || columns.iter().filter(|(heading, _)| is_kept(heading.title));
    let headings: Vec<Heading> = kept().map(|(heading, _)| heading.clone()).collect();
    let rows: Vec<Vec<Cell>> =
        ladder.iter().map(|rung| kept().map(|(_, cell)| cell(row, rung)).collect()).collect();
    lay_out(&headings, &rows, width)
}

const fn plain(text: String) -> Cell {
    Cell { text, tone: Tone::Plain }
}

const fn binds(rung: &Rung) -> &'static str {
    match (rung.binds_memory, rung.binds_swap) {
        (Binds::Yes, Binds::Yes) => "memory, swap",
        (Binds::Yes, Binds::No) => "memory",
        (Binds::No, Binds::Yes) => "swap",
        (Binds::No, Binds::No) => "",
    }
}

/// Figures that are there and could not be read, with the reason, each once.
fn unreadable(row: Row<'_>, width: usize) -> Vec<Line> {
    let (memory, events) = (&row.cgroup.memory, &row.cgroup.events);
    let swap = match &row.cgroup.swap {
        Swap::V2(swap) => [reason(&swap.usage), reason(&swap.limit), reason(&swap.events)],
        Swap::V1(swap) => {
            [reason(&swap.combined_usage), reason(&swap.combined_limit), reason(&swap.swappiness)]
        }
    };
    let figures = [
        reason(&memory.usage),
        reason(&memory.limit),
        reason(&memory.peak),
        reason(&memory.high),
        reason(&row.cgroup.stat),
        reason(&events.hierarchical),
        reason(&events.oom_control),
    ];
    let mut reasons: Vec<String> = figures.into_iter().chain(swap).flatten().collect();
    reasons.dedup();
    reasons.iter().flat_map(|reason| indented(Tone::Warning, reason, width)).collect()
}

fn level(row: Row<'_>, level: Binding) -> String {
    match level {
        Binding::Cgroup(index) if index == row.assessment.cgroup => {
            format!("{} itself", names::cgroup(row.cgroup))
        }
        Binding::Cgroup(index) => row.snapshot.cgroup(index).map_or_else(String::new, names::cgroup),
        Binding::OutOfSight => "above, out of sight".to_owned(),
        Binding::Host => "the machine".to_owned(),
    }
}

fn swap_limit(limit: &Reading<SwapLimit>) -> String {
    units::limit(&limit.clone().map(|limit| limit.0))
}

fn swap(row: Row<'_>, width: usize) -> Vec<Line> {
    let assessment = row.assessment;
    let mut lines = vec![
        figure("used", &units::bytes_or_absent(&assessment.swap_usage), ""),
        figure("limit", &swap_limit(&assessment.own_swap_limit), "its own, swap alone"),
    ];
    let in_force = assessment
        .swap_limit
        .value()
        .map_or_else(|| units::ABSENT.to_owned(), |limit| units::bytes(limit.bytes));
    let by = assessment.swap_limit.value().map(|limit| match (&row.cgroup.swap, limit.binding) {
        (Swap::V1(_), Binding::Cgroup(_) | Binding::OutOfSight) => {
            "what memory-and-swap limits leave beyond the memory limit".to_owned()
        }
        (Swap::V1(_) | Swap::V2(_), binding) => names::level(row.snapshot, assessment.cgroup, binding),
    });
    lines.push(figure(
        "in force",
        &in_force,
        by.as_deref().unwrap_or("swap is not accounted for this cgroup"),
    ));
    lines.extend(more_of_swap(row).into_iter().map(|(name, value)| figure(name, &value, "")));
    lines.extend(came_back(row));
    for sentence in swap_sentences(row) {
        lines.extend(indented(Tone::Plain, &sentence, width));
    }
    lines
}

/// Pages that were reclaimed and needed again, since the cgroup was made.
fn came_back(row: Row<'_>) -> Option<Line> {
    let key = match row.cgroup.version() {
        CgroupVersion::V2 => "workingset_refault_anon",
        CgroupVersion::V1 => "total_workingset_refault_anon",
    };
    let pages = row.cgroup.stat.value().and_then(|stat| stat.get(key))?;
    Some(figure("came back", &pages.to_string(), "pages swapped out and needed again (refaults)"))
}

fn more_of_swap(row: Row<'_>) -> Vec<Figure> {
    let amount = |name, reading: &Reading<Bytes>| reading.get().map(|bytes| (name, units::bytes(bytes)));
    match &row.cgroup.swap {
        Swap::V2(swap) => {
            let high =
                swap.high.get().and_then(|high| high.0.bytes()).map(|high| ("swap.high", units::bytes(high)));
            let zswap = swap.zswap_usage.get().filter(|zswap| zswap.0 > 0);
            let held = zswap.map(|zswap| ("zswap holds", units::bytes(zswap)));
            [amount("peak", &swap.peak), high, held].into_iter().flatten().collect()
        }
        Swap::V1(swap) => {
            let both = units::limit(&swap.combined_limit.clone().map(|limit| limit.0));
            let used = amount("memory + swap", &swap.combined_usage);
            let limit = swap.combined_limit.value().map(|_| ("  its limit", both));
            let swappiness = swap.swappiness.get().map(|swappiness| ("swappiness", swappiness.to_string()));
            [used, limit, swappiness].into_iter().flatten().collect()
        }
    }
}

fn swap_sentences(row: Row<'_>) -> Vec<String> {
    let mut sentences = vec![sentences::swap_effect(row.assessment.swap_effect).to_owned()];
    if matches!(row.cgroup.swap, Swap::V1(_))
        && row.assessment.own_swap_limit.get() == Some(SwapLimit(Limit::At(Bytes::ZERO)))
    {
        sentences.push(
            "cgroup v1 limits memory and swap together, so equal limits stop swapping at this limit, not swapping as such: \
             when the machine or a cgroup above runs short, its pages can still be swapped out. Only swappiness 0 discourages that."
                .to_owned(),
        );
    }
    sentences
}

fn protection(row: Row<'_>) -> Vec<Line> {
    let memory = &row.cgroup.memory;
    let figures = [
        ("memory.min", &memory.min, "never reclaimed below this"),
        ("memory.low", &memory.low, "reclaimed below this only when nothing else is left"),
        ("soft limit", &memory.soft_limit, "reclaimed down to this first when the machine runs short"),
    ];
    let is_set = |limit: &Reading<Limit>| matches!(limit.get(), Some(Limit::At(bytes)) if bytes.0 > 0);
    figures
        .into_iter()
        .filter(|(_, limit, _)| is_set(limit))
        .map(|(name, limit, meaning)| figure(name, &units::limit(limit), meaning))
        .collect()
}

fn pressure(row: Row<'_>) -> Vec<Line> {
    let line = |name: &str, line: &PressureLine, meaning: &str| {
        let share = |percent: kernel::pressure::Percent| units::percent(percent.ratio());
        Line::plain(format!(
            "  {name:<8}{:>4} of 10 s  {:>4} of 60 s  {:>4} of 300 s  ",
            share(line.avg10),
            share(line.avg60),
            share(line.avg300)
        ))
        .and(Tone::Quiet, format!("{meaning}, {} in all", units::duration(line.total)))
    };
    match &row.cgroup.pressure {
        Reading::Value(pressure) => {
            let mut lines = vec![line("some", &pressure.some, "a task waited")];
            lines.extend(pressure.full.as_ref().map(|full| line("full", full, "every task waited")));
            lines
        }
        Reading::Absent if row.cgroup.version() == CgroupVersion::V1 => {
            vec![Line::of(Tone::Quiet, "  cgroup v1 does not measure it.")]
        }
        Reading::Absent => vec![Line::of(
            Tone::Quiet,
            "  This kernel does not measure it (psi=1 on its command line turns it on).",
        )],
        Reading::Failed(why) => vec![Line::of(Tone::Warning, format!("  {why}"))],
    }
}

fn events(row: Row<'_>) -> Vec<Line> {
    let events = &row.cgroup.events;
    let mut figures: Vec<(&str, Option<u64>, &str)> = Vec::new();
    if let Some(all) = events.hierarchical.value() {
        let local = events.local.value().and_then(|local| local.oom_kill);
        figures.extend([
            ("oom_kill", all.oom_kill, "processes killed for memory, here and below"),
            ("  here alone", local.filter(|local| Some(*local) != all.oom_kill), ""),
            (
                "oom_group_kill",
                all.oom_group_kill.filter(|groups| *groups > 0),
                "groups killed whole; oom_kill counts the first of each twice",
            ),
            ("oom", Some(all.oom), "times the limit was reached and nothing could be freed"),
            ("max", Some(all.max), "times usage was about to pass the limit"),
            ("high", Some(all.high), "times it was slowed down at memory.high"),
        ]);
    }
    if let Some(control) = events.oom_control.value() {
        figures.push(("oom_kill", control.oom_kill, "processes killed for memory"));
        if control.under_oom {
            figures.push(("under_oom", Some(1), "its processes stand still at the limit right now"));
        }
    }
    figures.push(("failcnt", events.failcnt.get(), "times the memory limit was hit"));
    match &row.cgroup.swap {
        Swap::V2(swap) => {
            let fail = swap.events.value().map(|events| events.fail);
            figures.push(("swap fail", fail, "times swap was wanted and not to be had"));
        }
        // Where both limits are equal this one is hit first, and failcnt stays zero.
        Swap::V1(swap) => {
            let failcnt = swap.combined_failcnt.get();
            figures.push(("memsw.failcnt", failcnt, "times the limit of memory and swap was hit"));
        }
    }
    figures
        .into_iter()
        .filter_map(|(name, number, meaning)| number.map(|number| figure(name, &number.to_string(), meaning)))
        .collect()
}

fn next(row: Row<'_>) -> Vec<Line> {
    let remedies = row.assessment.findings.iter().filter_map(|finding| remedy::remedy(row, finding));
    let mut commands: Vec<String> = Vec::new();
    for command in remedies {
        if !commands.contains(&command) {
            commands.push(command);
        }
    }
    if commands.is_empty() {
        commands.push("highwater top".to_owned());
    }
    commands.into_iter().map(|command| Line::of(Tone::Quiet, "Next: ").and(Tone::Strong, command)).collect()
}
