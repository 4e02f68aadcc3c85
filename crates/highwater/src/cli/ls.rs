//! `highwater ls`: where every container stands.

use crate::cli::observe::{self, Judged};
use crate::cli::{Global, output};
use crate::exit_code::Outcome;
use api::containers::Entry;
use clap::{Args, ValueEnum};
use kernel::cgroup_path::{Identity, UnitKind};
use model::cgroup::Cgroup;
use model::reading::Reading;
use model::snapshot::Snapshot;
use sources::collect::Scope;
use std::cmp::Ordering;
use std::time::Duration;
use view::columns::{Column, Row};
use view::list::{Listing, RateColumns};
use view::{csv, list, names, sentences};

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater ls                          every container, the one that needs attention first
  highwater ls web db                   those whose name, image or project contains web or db
  highwater ls --sort used --interval 1 by memory used, with growth and swap traffic per second
  highwater ls --all                    every cgroup: slices, services, pods too
  highwater ls --format json | jq '.containers[] | {name, left: .memory.headroom_bytes}'
  highwater ls --check                  exit 1 when something needs attention";

/// Flags of `ls`.
#[derive(Args, Default)]
pub struct LsArgs {
    /// Only those whose name, id, image, Compose project or cgroup contains one of these
    filter: Vec<String>,
    /// Every cgroup, not only containers
    #[arg(long, short)]
    all: bool,
    /// Order; the most interesting first. Names sort upwards
    #[arg(long, short, value_enum, default_value_t)]
    sort: Sort,
    /// Other way round
    #[arg(long, short)]
    reverse: bool,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    format: Format,
    /// Look twice, so many seconds apart, and tell what moves per second
    #[arg(long, short, value_name = "SECONDS", value_parser = seconds)]
    interval: Option<Duration>,
    /// Exit 1 when a container needs attention
    #[arg(long)]
    check: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Table,
    Json,
    Csv,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Sort {
    /// What needs attention first, then the least share of the limit left
    #[default]
    Need,
    /// Least left first
    Left,
    Name,
    Used,
    Limit,
    Swap,
    Waits,
    Kills,
    Peak,
    WorkingSet,
    Unreclaimable,
    Cgroup,
}

/// Parses a time in seconds.
///
/// # Errors
/// When the text is no number of seconds between 0.05 and 3600.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let expected = || format!("expected seconds from 0.05 to 3600, found `{text}`");
    let seconds: f64 = text.trim_end_matches('s').parse().map_err(|_| expected())?;
    if (0.05..=3600.0).contains(&seconds) { Ok(Duration::from_secs_f64(seconds)) } else { Err(expected()) }
}

/// Lists.
///
/// # Errors
/// When the arguments do not fit or standard output cannot be written.
pub fn run(global: &Global, args: &LsArgs) -> anyhow::Result<Outcome> {
    let scope = if args.all { Scope::Everything } else { Scope::Containers };
    let snapshot = observe::look(global, scope, args.interval)?;
    let listed = Listed::of(&snapshot, args.all);
    let judged = Judged::new(snapshot, |cgroup| is_listed(cgroup, listed) && matches(cgroup, &args.filter));
    let mut rows: Vec<Row<'_>> =
        judged.assessments.iter().filter_map(|assessment| judged.row(assessment)).collect();
    rows.sort_by(|one, other| {
        let order = compare(args.sort, *one, *other);
        if args.reverse { order.reverse() } else { order }
    });
    print(args, &judged, &rows, listed)?;
    let needs_action = judged.assessments.iter().any(judge::worst_off::needs_action);
    Ok(if args.check && needs_action { Outcome::Findings } else { Outcome::Fine })
}

/// What kind of cgroup is listed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Listed {
    Containers,
    Units,
    Everything,
}

impl Listed {
    /// Containers; where there are none, systemd units; where there are none either, every cgroup.
    fn of(snapshot: &Snapshot, all: bool) -> Self {
        let has = |kind| snapshot.cgroups.iter().any(|cgroup| is_listed(cgroup, kind));
        match all {
            true => Self::Everything,
            false if has(Self::Containers) => Self::Containers,
            false if has(Self::Units) => Self::Units,
            false => Self::Everything,
        }
    }

    const fn noun(self) -> &'static str {
        match self {
            Self::Containers => "container",
            Self::Units => "systemd unit",
            Self::Everything => "cgroup",
        }
    }
}

fn is_listed(cgroup: &Cgroup, listed: Listed) -> bool {
    match listed {
        Listed::Everything => true,
        Listed::Containers => cgroup.container.is_some(),
        Listed::Units => {
            let kinds = [UnitKind::Service, UnitKind::Scope];
            let is_unit = matches!(&cgroup.identity, Identity::Unit(unit) if kinds.contains(&unit.kind));
            // A figure that failed is a reason to show the unit, not to hide it.
            is_unit && cgroup.memory.usage != Reading::Absent
        }
    }
}

fn matches(cgroup: &Cgroup, filters: &[String]) -> bool {
    let container = cgroup.container.as_ref();
    let words = [
        Some(names::cgroup(cgroup)),
        Some(cgroup.path.clone()),
        container.map(|container| container.id.0.clone()),
        container.and_then(|container| container.image.value().cloned()),
        container.and_then(|container| {
            container.compose.as_ref().map(|compose| format!("{}/{}", compose.project, compose.service))
        }),
    ];
    filters.is_empty()
        || filters.iter().any(|filter| {
            let filter = filter.to_lowercase();
            words.iter().flatten().any(|word| word.to_lowercase().contains(&filter))
        })
}

fn compare(sort: Sort, one: Row<'_>, other: Row<'_>) -> Ordering {
    let by_name = || names::cgroup(one.cgroup).cmp(&names::cgroup(other.cgroup));
    let descending = |column: Column| {
        let figure = |row| column.figure(row).unwrap_or(f64::NEG_INFINITY);
        figure(other).total_cmp(&figure(one))
    };
    let order = match sort {
        Sort::Need => judge::worst_off::worse_first(one.assessment, other.assessment),
        Sort::Left => descending(Column::Left).reverse(),
        Sort::Name => Ordering::Equal,
        Sort::Used => descending(Column::Used),
        Sort::Limit => descending(Column::Limit).reverse(),
        Sort::Swap => descending(Column::Swap),
        Sort::Waits => descending(Column::Waits),
        Sort::Kills => descending(Column::Kills),
        Sort::Peak => descending(Column::Peak),
        Sort::WorkingSet => descending(Column::WorkingSet),
        Sort::Unreclaimable => descending(Column::Unreclaimable),
        Sort::Cgroup => one.cgroup.path.cmp(&other.cgroup.path),
    };
    order.then_with(by_name)
}

fn print(args: &LsArgs, judged: &Judged, rows: &[Row<'_>], listed: Listed) -> anyhow::Result<()> {
    match args.format {
        Format::Csv => output::text(&csv::csv(rows))?,
        Format::Json => {
            let words: Vec<Vec<String>> = rows.iter().map(|row| sentences(*row)).collect();
            let entries: Vec<Entry<'_>> = rows
                .iter()
                .zip(&words)
                .map(|(row, sentences)| Entry { cgroup: row.cgroup, assessment: row.assessment, sentences })
                .collect();
            output::json(&api::containers::list(&judged.snapshot, &entries))?;
        }
        Format::Table => {
            let worst = judge::worst_off::worst_off(rows.iter().map(|row| row.assessment))
                .and_then(|worst| judged.row(worst));
            let listing = Listing {
                rows,
                worst,
                noun: listed.noun(),
                has_containers: judged.snapshot.cgroups.iter().any(|cgroup| cgroup.container.is_some()),
                rates: if args.interval.is_some() { RateColumns::Shown } else { RateColumns::Hidden },
                width: output::width(),
            };
            output::lines(&list::list(&judged.snapshot, listing))?;
        }
    }
    Ok(())
}

/// Each finding of a row in words.
pub fn sentences(row: Row<'_>) -> Vec<String> {
    row.assessment.findings.iter().map(|finding| sentences::finding(row, finding)).collect()
}
