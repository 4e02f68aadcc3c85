//! What alerting knows besides the looks: leaks in what is remembered, and the kubelet's line of eviction. Both are looked at slowly.

use super::errand::{Errand, Haste};
use crate::agent::eyes::Eyes;
use crate::agent::memory::Memory;
use crate::cli::node::check;
use judge::leak;
use model::alert::Moment;
use model::history::{Series, WorkloadHistory};
use model::leak::{Leak, LeakReport};
use model::outcome::eviction::EvictionLine;
use model::reading::Reading;
use model::recorded::{StepLength, TimeSpan, WorkloadName};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};
use store::history::reader::HistoryReader;

/// A leak is a matter of days.
const LEAKS_EVERY: Duration = Duration::from_secs(3 * 3_600);

/// A machine that has just booted has other things to do.
const LEAKS_FIRST: Duration = Duration::from_secs(600);

/// Three days confirm a leak; more is read for restarts.
const LEAKS_SPAN_SECONDS: i64 = 5 * 86_400;

/// After each workload the search rests so many times as long as it took: it has a hundredth of one core.
const REST: u32 = 99;

/// The kubelet's configuration and the zones' watermarks change with an administrator.
const NODE_EVERY: Duration = Duration::from_secs(600);

/// What is known besides the looks.
pub struct Inputs {
    haste: Haste,
    leaks: Errand<Result<LeakReport, String>>,
    found: Option<Vec<Leak>>,
    leaks_unseen: Option<String>,
    node: Errand<Reading<EvictionLine>>,
    eviction: Reading<EvictionLine>,
}

impl Inputs {
    /// Nobody has looked yet.
    pub fn new(haste: Haste) -> Self {
        Self {
            haste,
            leaks: Errand::Due(Duration::ZERO),
            found: None,
            leaks_unseen: Some("nobody has looked yet".to_owned()),
            node: Errand::Due(Duration::ZERO),
            eviction: Reading::failed("nobody has looked yet"),
        }
    }

    /// Looks where it is time to, and hears what was found.
    pub fn look_around(&mut self, eyes: &Eyes, memory: &Memory, now: &Moment) {
        if matches!(self.leaks, Errand::Due(Duration::ZERO)) {
            self.leaks = Errand::Due(now.uptime + LEAKS_FIRST);
        }
        let search = || {
            let names = memory.names().map(|(name, _)| name.clone()).collect();
            let (folder, haste) = (memory.folder().to_owned(), self.haste);
            let seconds = i64::try_from(now.wall.0 / 1_000).unwrap_or(i64::MAX);
            move || leaks(&folder, names, seconds, haste)
        };
        match self.leaks.step(now.uptime, LEAKS_EVERY, self.haste, search) {
            None => {}
            Some(Err(why)) => self.leaks_unseen = Some(why),
            Some(Ok(report)) => {
                let is_too_short = report.judged == 0;
                self.leaks_unseen =
                    is_too_short.then(|| "less than a day is remembered of everybody".to_owned());
                self.found = Some(report.leaks);
            }
        }
        let Some(global) = eyes.machine() else {
            self.eviction = Reading::failed("a record tells nothing of the kubelet");
            return;
        };
        let look = || {
            let global = global.clone();
            move || check::eviction(&global)
        };
        if let Some(eviction) = self.node.step(now.uptime, NODE_EVERY, self.haste, look) {
            self.eviction = eviction;
        }
    }

    /// What leaks, where somebody has looked since this was last asked.
    pub fn leaks(&mut self) -> Option<Vec<Leak>> {
        self.found.take()
    }

    /// Why nothing can be said of leaks, where nothing can.
    #[must_use]
    pub fn leaks_unseen(&self) -> Option<&str> {
        self.leaks_unseen.as_deref()
    }

    /// Who acts first when the machine runs short.
    #[must_use]
    pub const fn eviction(&self) -> &Reading<EvictionLine> {
        &self.eviction
    }
}

/// Judges the history of each workload that is there, one after the other: together they would not fit.
fn leaks(folder: &Path, names: Vec<WorkloadName>, now: i64, haste: Haste) -> Result<LeakReport, String> {
    let reader = HistoryReader::new(folder);
    let within = TimeSpan { from_seconds: now.saturating_sub(LEAKS_SPAN_SECONDS), to_seconds: now };
    let (mut histories, mut verdicts) = (Vec::new(), Vec::new());
    for name in names {
        let begun = Instant::now();
        let recalled = reader.read(&name, within, StepLength::Minute);
        let recalled = recalled.map_err(|error| format!("{:#}", anyhow::Error::from(error)))?;
        let history = recalled.found.to_history("agent");
        verdicts.push(leak::judge(&history, StepLength::Minute.seconds()));
        // Replicas are told by their names alone.
        histories.push(WorkloadHistory { series: Series::default(), kills: Vec::new(), ..history });
        match haste {
            Haste::Aside => thread::sleep(begun.elapsed() * REST),
            Haste::AtOnce => {}
        }
    }
    Ok(leak::report(&histories, verdicts))
}
