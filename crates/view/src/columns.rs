//! The columns of `ls` and `top`: title, words, tone and order of each, defined once for both.

use crate::table::{Align, Cell, Heading};
use crate::text::Tone;
use crate::{names, units};
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::assessment::{Assessment, Binding, Effective, SwapEffect};
use model::cgroup::Cgroup;
use model::finding::{BrokenRule, Severity};
use model::rates::Rates;
use model::reading::Reading;
use model::snapshot::Snapshot;

/// One line of a table: a cgroup, what is thought of it, and the snapshot both are from.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The whole machine at that moment.
    pub snapshot: &'a Snapshot,
    /// The cgroup.
    pub cgroup: &'a Cgroup,
    /// What its figures mean.
    pub assessment: &'a Assessment,
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// The container's or unit's name.
    Name,
    /// All memory charged.
    Used,
    /// The limit that binds, and a mark when it is not the cgroup's own.
    Limit,
    /// The memory that is left; swap comes on top.
    Left,
    /// Swap used.
    Swap,
    /// The swap limit that binds.
    SwapLimit,
    /// The share of time in which a task waited for memory.
    Waits,
    /// Processes killed for memory.
    Kills,
    /// The cgroup's own limit.
    OwnLimit,
    /// The kubelet's working set.
    WorkingSet,
    /// What cannot be freed without swap.
    Unreclaimable,
    /// The highest use so far.
    Peak,
    /// Growth of use per second.
    Growth,
    /// Swapped in per second.
    SwapIn,
    /// Swapped out per second.
    SwapOut,
    /// Anonymous pages that came back per second.
    Refaults,
    /// The image.
    Image,
    /// The cgroup's path.
    Path,
}

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// A name, an image, a path.
    Words,
    /// An amount.
    Bytes,
    /// An amount per second.
    BytesPerSecond,
    /// Pages per second.
    PagesPerSecond,
    /// A share, 0 to 1.
    Ratio,
    /// A number of events.
    Count,
}

/// Every column, in the order a table shows them.
pub const COLUMNS: [Column; 18] = [
    Column::Name,
    Column::Used,
    Column::Limit,
    Column::Left,
    Column::Swap,
    Column::SwapLimit,
    Column::Waits,
    Column::Kills,
    Column::Growth,
    Column::SwapIn,
    Column::SwapOut,
    Column::Refaults,
    Column::WorkingSet,
    Column::Unreclaimable,
    Column::OwnLimit,
    Column::Peak,
    Column::Image,
    Column::Path,
];

/// What follows a limit that a cgroup above imposes.
pub const FROM_ABOVE: &str = "above";

/// What follows a limit that is only the machine's size.
pub const FROM_HOST: &str = "host";

impl Column {
    /// The heading.
    #[must_use]
    pub const fn heading(self) -> Heading {
        let (title, align) = match self {
            Self::Name => ("NAME", Align::Left),
            Self::Used => ("USED", Align::Right),
            Self::Limit => ("LIMIT", Align::Right),
            Self::Left => ("LEFT", Align::Right),
            Self::Swap => ("SWAP", Align::Right),
            Self::SwapLimit => ("SWAP MAX", Align::Right),
            Self::Waits => ("WAITS", Align::Right),
            Self::Kills => ("KILLS", Align::Right),
            Self::OwnLimit => ("OWN LIMIT", Align::Right),
            Self::WorkingSet => ("WORK SET", Align::Right),
            Self::Unreclaimable => ("UNRECL", Align::Right),
            Self::Peak => ("PEAK", Align::Right),
            Self::Growth => ("GROWTH", Align::Right),
            Self::SwapIn => ("SWAP IN", Align::Right),
            Self::SwapOut => ("SWAP OUT", Align::Right),
            Self::Refaults => ("REFAULTS", Align::Right),
            Self::Image => ("IMAGE", Align::Left),
            Self::Path => ("CGROUP", Align::Left),
        };
        Heading { title, align }
    }

    /// The name `--sort` takes and CSV prints, with the unit.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Used => "used",
            Self::Limit => "limit",
            Self::Left => "left",
            Self::Swap => "swap",
            Self::SwapLimit => "swap-limit",
            Self::Waits => "waits",
            Self::Kills => "kills",
            Self::OwnLimit => "own-limit",
            Self::WorkingSet => "working-set",
            Self::Unreclaimable => "unreclaimable",
            Self::Peak => "peak",
            Self::Growth => "growth",
            Self::SwapIn => "swap-in",
            Self::SwapOut => "swap-out",
            Self::Refaults => "refaults",
            Self::Image => "image",
            Self::Path => "cgroup",
        }
    }

    /// What its cells hold.
    #[must_use]
    pub const fn measure(self) -> Measure {
        match self {
            Self::Name | Self::Image | Self::Path => Measure::Words,
            Self::Used
            | Self::Limit
            | Self::Left
            | Self::Swap
            | Self::SwapLimit
            | Self::OwnLimit
            | Self::WorkingSet
            | Self::Unreclaimable
            | Self::Peak => Measure::Bytes,
            Self::Growth | Self::SwapIn | Self::SwapOut => Measure::BytesPerSecond,
            Self::Refaults => Measure::PagesPerSecond,
            Self::Waits => Measure::Ratio,
            Self::Kills => Measure::Count,
        }
    }

    /// The figure behind the cell, for sorting; `None` when it is a word or not known.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn figure(self, row: Row<'_>) -> Option<f64> {
        let Row { cgroup, assessment, .. } = row;
        let bytes = |reading: &Reading<Bytes>| reading.get().map(|bytes| bytes.0 as f64);
        let effective = |limit: &Reading<Effective>| limit.value().map(|limit| limit.bytes.0 as f64);
        let rate = |of: fn(&Rates) -> &Reading<f64>| cgroup.rates.as_ref().and_then(|rates| of(rates).get());
        match self {
            Self::Name | Self::Image | Self::Path => None,
            Self::Used => bytes(&cgroup.memory.usage),
            Self::Limit => effective(&assessment.limit),
            Self::Left => assessment.headroom.value().map(|headroom| headroom.memory.0 as f64),
            Self::Swap => bytes(&assessment.swap_usage),
            Self::SwapLimit => effective(&assessment.swap_limit),
            Self::Waits => waits(cgroup),
            Self::Kills => cgroup.processes_killed().get().map(|kills| kills as f64),
            Self::OwnLimit => match cgroup.memory.limit.get()? {
                Limit::At(bytes) => Some(bytes.0 as f64),
                Limit::Unlimited => Some(f64::INFINITY),
            },
            Self::WorkingSet => bytes(&assessment.working_sets.kubelet),
            Self::Unreclaimable => bytes(&assessment.working_sets.unreclaimable),
            Self::Peak => bytes(&cgroup.memory.peak),
            Self::Growth => rate(|rates| &rates.usage),
            Self::SwapIn => rate(|rates| &rates.swap_in),
            Self::SwapOut => rate(|rates| &rates.swap_out),
            Self::Refaults => rate(|rates| &rates.refault_anon),
        }
    }

    /// The cell: words and tone.
    #[must_use]
    pub fn cell(self, row: Row<'_>) -> Cell {
        let Row { cgroup, assessment, .. } = row;
        let words = match self {
            Self::Name => names::cgroup(cgroup),
            Self::Limit => effective_words(row, &assessment.limit),
            Self::SwapLimit => effective_words(row, &assessment.swap_limit),
            Self::OwnLimit => units::limit(&cgroup.memory.limit),
            Self::Image => image(cgroup),
            Self::Path => cgroup.path.clone(),
            Self::Used
            | Self::Left
            | Self::Swap
            | Self::Waits
            | Self::Kills
            | Self::WorkingSet
            | Self::Unreclaimable
            | Self::Peak
            | Self::Growth
            | Self::SwapIn
            | Self::SwapOut
            | Self::Refaults => {
                self.figure(row).map_or_else(|| units::ABSENT.to_owned(), |figure| self.in_words(figure))
            }
        };
        let tone = if words == units::ABSENT { Tone::Quiet } else { self.tone(row) };
        Cell { text: words, tone }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn in_words(self, figure: f64) -> String {
        match self.measure() {
            Measure::Ratio => units::percent(figure),
            Measure::Count => format!("{figure:.0}"),
            Measure::BytesPerSecond => units::bytes_per_second(figure),
            Measure::PagesPerSecond => units::per_second(figure),
            Measure::Bytes | Measure::Words => units::bytes(Bytes(figure as u64)),
        }
    }

    fn tone(self, row: Row<'_>) -> Tone {
        let Row { cgroup, assessment, .. } = row;
        match self {
            Self::Name => severity_tone(assessment).unwrap_or(Tone::Strong),
            Self::Left => near_limit_tone(assessment),
            Self::Swap => match assessment.swap_effect {
                SwapEffect::Harmful => Tone::Critical,
                SwapEffect::Busy => Tone::Warning,
                SwapEffect::Unused | SwapEffect::Unknown => Tone::Quiet,
                SwapEffect::Quiet => Tone::Plain,
            },
            Self::SwapLimit if !assessment.drift.is_empty() => Tone::Warning,
            Self::Kills if cgroup.processes_killed().get().is_some_and(|kills| kills > 0) => Tone::Warning,
            Self::Image | Self::Path | Self::Kills => Tone::Quiet,
            Self::Used
            | Self::Limit
            | Self::SwapLimit
            | Self::Waits
            | Self::OwnLimit
            | Self::WorkingSet
            | Self::Unreclaimable
            | Self::Peak
            | Self::Growth
            | Self::SwapIn
            | Self::SwapOut
            | Self::Refaults => Tone::Plain,
        }
    }
}

/// The tone of the worst finding; a notice is none.
#[must_use]
pub fn severity_tone(assessment: &Assessment) -> Option<Tone> {
    match assessment.findings.iter().map(|finding| finding.severity).max()? {
        Severity::Critical => Some(Tone::Critical),
        Severity::Warning => Some(Tone::Warning),
        Severity::Notice => None,
    }
}

fn near_limit_tone(assessment: &Assessment) -> Tone {
    let near =
        assessment.findings.iter().find(|finding| matches!(finding.broken, BrokenRule::NearLimit { .. }));
    match near.map(|finding| finding.severity) {
        Some(Severity::Critical) => Tone::Critical,
        Some(Severity::Warning | Severity::Notice) => Tone::Warning,
        None => Tone::Good,
    }
}

/// The share of time in which at least one task waited: between two scans, else the kernel's ten-second average.
#[must_use]
pub fn waits(cgroup: &Cgroup) -> Option<f64> {
    let between = cgroup.rates.as_ref().and_then(|rates| rates.stalled_some.get());
    between.or_else(|| cgroup.pressure.value().map(|pressure| pressure.some.avg10.ratio()))
}

fn effective_words(row: Row<'_>, limit: &Reading<Effective>) -> String {
    let Some(limit) = limit.value() else { return units::ABSENT.to_owned() };
    let amount = units::bytes(limit.bytes);
    match limit.binding {
        Binding::Cgroup(index) if index == row.assessment.cgroup => amount,
        Binding::Cgroup(_) | Binding::OutOfSight => format!("{amount} {FROM_ABOVE}"),
        Binding::Host => format!("{amount} {FROM_HOST}"),
    }
}

fn image(cgroup: &Cgroup) -> String {
    let image = cgroup.container.as_ref().and_then(|container| container.image.value());
    image.cloned().unwrap_or_else(|| units::ABSENT.to_owned())
}
