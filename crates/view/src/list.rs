//! The screen of `highwater ls`.

use crate::columns::{Column, FROM_ABOVE, FROM_HOST, Row};
use crate::table::{self, Cell};
use crate::text::{Line, Tone, wrapped};
use crate::{names, remedy, sentences, units};
use kernel::hierarchy::{CgroupVersion, Layout};
use model::reading::Reading;
use model::snapshot::Snapshot;

/// Whether rates between two scans are on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateColumns {
    /// One scan: counters since start.
    Hidden,
    /// Two scans: what moves per second.
    Shown,
}

/// What the list shows.
#[derive(Clone, Copy, Debug)]
pub struct Listing<'a> {
    /// The rows, in order.
    pub rows: &'a [Row<'a>],
    /// The one that needs somebody first.
    pub worst: Option<Row<'a>>,
    /// What kind of rows these are: `container`, `systemd unit`, `cgroup`.
    pub noun: &'static str,
    /// Whether any container runs on this machine.
    pub has_containers: bool,
    /// Whether rates are shown.
    pub rates: RateColumns,
    /// As many terminal cells as a line has.
    pub width: usize,
}

/// The whole screen.
#[must_use]
pub fn list(snapshot: &Snapshot, listing: Listing<'_>) -> Vec<Line> {
    let mut lines = fitted(host_line(snapshot), listing.width);
    lines.push(Line::empty());
    if listing.rows.is_empty() {
        lines.push(Line::plain(format!("No {} to show.", listing.noun)));
    } else {
        lines.extend(rows_table(listing));
        lines.extend(legend(listing.rows).into_iter().flat_map(|line| fitted(line, listing.width)));
    }
    lines.push(Line::empty());
    lines.extend(worst_lines(listing));
    // Where no cgroup can be seen nobody knows whether containers run.
    if !listing.has_containers && !snapshot.cgroups.is_empty() {
        let hint = if names::is_inside_container(snapshot) {
            "This is the inside of a container: `highwater free` tells what it may use."
        } else {
            "No container runs on this machine. To see one, start it: docker run -d -m 64m --name web nginx"
        };
        lines
            .extend(wrapped(hint, listing.width.max(20)).into_iter().map(|line| Line::of(Tone::Quiet, line)));
    }
    lines.extend(missing_lines(snapshot, listing.width));
    lines
}

/// The line as it is, or where it is too long broken at spaces, in the tone of its last piece.
fn fitted(line: Line, width: usize) -> Vec<Line> {
    let tone = line.spans.last().map_or(Tone::Plain, |span| span.tone);
    if line.width() <= width {
        return vec![line];
    }
    wrapped(&line.to_plain(), width.max(12)).into_iter().map(|words| Line::of(tone, words)).collect()
}

/// The machine in one line.
#[must_use]
pub fn host_line(snapshot: &Snapshot) -> Line {
    let host = &snapshot.host;
    let name = host.hostname.value().map_or("this machine", String::as_str);
    let mut words = vec![match (host.cgroup_version.value(), host.layout.value()) {
        (Some(CgroupVersion::V1), Some(Layout::Hybrid)) => "cgroup v1 (hybrid)".to_owned(),
        (Some(CgroupVersion::V1), _) => "cgroup v1".to_owned(),
        (Some(CgroupVersion::V2), _) => "cgroup v2".to_owned(),
        (None, _) => "no memory cgroups".to_owned(),
    }];
    let available = units::bytes_or_absent(&host.memory_available());
    words.push(format!("memory {available} available of {}", units::bytes_or_absent(&host.memory_total())));
    words.push(match (host.swap_total(), host.swap_free()) {
        (Reading::Value(total), _) if total.0 == 0 => "no swap".to_owned(),
        (Reading::Value(total), Reading::Value(free)) => {
            format!("swap {} of {} used", units::bytes(total.saturating_sub(free)), units::bytes(total))
        }
        (Reading::Value(_) | Reading::Absent | Reading::Failed(_), _) => format!("swap {}", units::ABSENT),
    });
    if let Some(pressure) = host.pressure.value() {
        words.push(format!("waits {}", units::percent(pressure.some.avg10.ratio())));
    }
    Line::of(Tone::Strong, name).and(Tone::Quiet, format!("  {}", words.join(" · ")))
}

fn rows_table(listing: Listing<'_>) -> Vec<Line> {
    let columns = columns_for(listing);
    let rows: Vec<Vec<Cell>> =
        listing.rows.iter().map(|row| columns.iter().map(|column| column.cell(*row)).collect()).collect();
    let headings: Vec<_> = columns.iter().map(|column| column.heading()).collect();
    table::lay_out(&headings, &rows, listing.width)
}

/// The columns that fit, in the order in which they are worth having. A column of dashes is worth nothing,
/// unless it is one that everybody looks for.
fn columns_for(listing: Listing<'_>) -> Vec<Column> {
    const WANTED: [Column; 11] = [
        Column::Name,
        Column::Used,
        Column::Limit,
        Column::Left,
        Column::Swap,
        Column::SwapLimit,
        Column::Waits,
        Column::Kills,
        Column::WorkingSet,
        Column::Peak,
        Column::Image,
    ];
    const RATES: [Column; 4] = [Column::Growth, Column::SwapIn, Column::SwapOut, Column::Refaults];
    let rates: &[Column] = match listing.rates {
        RateColumns::Shown => &RATES,
        RateColumns::Hidden => &[],
    };
    let (first, rest) = WANTED.split_at(4);
    let names = listing.rows.iter().map(|row| Line::plain(Column::Name.cell(*row).text).width());
    let name_width = names.max().unwrap_or(0).clamp(NAME_WIDTH_MIN, NAME_WIDTH_WANTED);
    // Half of a very narrow line, so that a figure stands beside the name.
    let name_width_min = NAME_WIDTH_MIN.min(listing.width / 2);
    let mut room = listing.width;
    let mut columns = Vec::new();
    for column in first.iter().chain(rates).chain(rest) {
        let cells: Vec<Cell> = listing.rows.iter().map(|row| column.cell(*row)).collect();
        if *column == Column::Name {
            columns.push(*column);
            continue;
        }
        let is_empty = cells.iter().all(|cell| cell.text == units::ABSENT);
        if is_empty && !first.contains(column) {
            continue;
        }
        let widest = cells.iter().map(|cell| Line::plain(&cell.text).width()).max().unwrap_or(0);
        let needed = widest.max(column.heading().title.len()) + 2;
        let is_extra = matches!(column, Column::WorkingSet | Column::Peak | Column::Image);
        let reserved = if is_extra { name_width } else { name_width_min };
        if needed + reserved > room {
            // Widths are what they are, so a later column may still fit; but the order says what matters most.
            break;
        }
        room -= needed;
        columns.push(*column);
    }
    columns
}

/// A name is cut to this before a column that everybody needs is dropped for it.
const NAME_WIDTH_MIN: usize = 12;

/// A name is cut to this, not to less, before one of the other columns is dropped for it.
const NAME_WIDTH_WANTED: usize = 24;

fn legend(rows: &[Row<'_>]) -> Option<Line> {
    let cells: Vec<String> = rows
        .iter()
        .flat_map(|row| [Column::Limit, Column::SwapLimit].map(|column| column.cell(*row).text))
        .collect();
    let ends_with = |word: &str| cells.iter().any(|cell| cell.ends_with(word));
    let mut words = Vec::new();
    if ends_with(FROM_ABOVE) {
        words.push("above: a cgroup above sets it");
    }
    if ends_with(FROM_HOST) {
        words.push("host: no limit is lower than what the machine has");
    }
    (!words.is_empty()).then(|| Line::of(Tone::Quiet, words.join("; ")))
}

fn worst_lines(listing: Listing<'_>) -> Vec<Line> {
    let Some(worst) = listing.worst else { return Vec::new() };
    let mut lines = Vec::new();
    if let Some(finding) = worst.assessment.findings.first() {
        let name = names::cgroup(worst.cgroup);
        let tone = crate::columns::severity_tone(worst.assessment).unwrap_or(Tone::Plain);
        let start = format!("{name}: ");
        let sentence = format!("{start}{}", sentences::finding(worst, finding));
        let mut words = wrapped(&sentence, listing.width.saturating_sub(2).max(12)).into_iter();
        let first = words.next().unwrap_or_default();
        lines.push(match first.strip_prefix(&start) {
            Some(rest) => Line::of(tone, start).and(Tone::Plain, rest),
            None => Line::of(tone, first),
        });
        lines.extend(words.map(|line| Line::plain(format!("  {line}"))));
    }
    lines.push(Line::of(Tone::Quiet, "Next: ").and(Tone::Strong, remedy::look(worst)));
    lines
}

/// What could not be seen, and why.
#[must_use]
pub fn missing_lines(snapshot: &Snapshot, width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for missing in &snapshot.missing {
        let sentence = format!("Not shown: {} ({})", missing.what, missing.why);
        lines.extend(wrapped(&sentence, width.max(20)).into_iter().map(|line| Line::of(Tone::Quiet, line)));
    }
    lines
}
