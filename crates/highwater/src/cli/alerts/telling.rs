//! From a message to its receivers: kept in the outbox first, offered to couriers, marked when it arrived. Nothing here waits.

use model::agent::ReceiverTotals;
use model::notice::Notice;
use model::sink::SinkSettings;
use sinks::courier::{Courier, Fate, Health, Offered, Pace};
use sinks::receiver;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::time::Duration;
use store::outbox::{Done, Outbox};

/// The outbox and a courier for each receiver.
#[derive(Debug)]
pub struct Telling {
    outbox: Outbox,
    receivers: BTreeMap<String, Receiver>,
    /// What couriers had done that ended with a change of their receiver's settings.
    done_before: BTreeMap<String, ReceiverTotals>,
}

#[derive(Debug)]
struct Receiver {
    settings: SinkSettings,
    courier: Courier,
    /// Offered and not reported yet.
    on_the_way: BTreeSet<u64>,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The receiver.
    pub sink: String,
    /// The message.
    pub title: String,
    /// What became of it.
    pub fate: Fate,
}

impl Telling {
    /// Opens the outbox of a state folder that is this process's alone, and offers what waits in it.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub fn open(folder: &Path, sinks: &[SinkSettings], standing: &[Notice], pace: Pace) -> io::Result<Self> {
        let mut telling =
            Self { outbox: Outbox::open(folder)?, receivers: BTreeMap::new(), done_before: BTreeMap::new() };
        // What could not be noted is noted with the next message; what waits waits.
        let _ = telling.tell_these(sinks, standing, pace);
        Ok(telling)
    }

    /// Tells these receivers from now on. Whoever is as before goes on; whoever is no more is told nothing that waits.
    ///
    /// # Errors
    /// When that could not be noted: after a restart what waited for those that are gone is dropped then.
    pub fn tell_these(&mut self, sinks: &[SinkSettings], standing: &[Notice], pace: Pace) -> io::Result<()> {
        let is_kept = |receiver: &Receiver| sinks.contains(&receiver.settings);
        let (kept, gone): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut self.receivers).into_iter().partition(|(_, receiver)| is_kept(receiver));
        self.receivers = kept;
        let mut done = Vec::new();
        for (name, receiver) in gone {
            let before = self.done_before.entry(name.clone()).or_default();
            *before = before.plus(receiver.courier.totals());
            let reports = receiver.courier.finish(Duration::ZERO);
            done.extend(
                reports.into_iter().map(|report| (report.sequence, name.clone(), done_by(report.fate))),
            );
        }
        let marked = self.outbox.done(&done);
        for settings in sinks {
            if self.receivers.contains_key(&settings.name) {
                continue;
            }
            let wanted: Vec<Notice> =
                standing.iter().filter(|notice| wants(settings, notice)).cloned().collect();
            let courier = Courier::start(receiver::of(settings, &wanted), pace);
            let receiver = Receiver { settings: settings.clone(), courier, on_the_way: BTreeSet::new() };
            self.receivers.insert(settings.name.clone(), receiver);
        }
        let kept = self.outbox.keep_receivers(&self.receivers.keys().cloned().collect());
        self.offer();
        marked.and(kept)
    }

    /// Keeps messages and offers them. They are told also when the disk takes nothing.
    ///
    /// # Errors
    /// When they could not be kept: a crash now would lose them.
    pub fn tell(&mut self, notices: &[Notice]) -> io::Result<()> {
        let all: Vec<SinkSettings> =
            self.receivers.values().map(|receiver| receiver.settings.clone()).collect();
        self.tell_only(&all, notices)
    }

    /// The same, to some of the receivers.
    ///
    /// # Errors
    /// As [`Telling::tell`].
    pub fn tell_only(&mut self, sinks: &[SinkSettings], notices: &[Notice]) -> io::Result<()> {
        let wanting = |notice: &Notice| {
            let sinks = sinks.iter().filter(|settings| wants(settings, notice));
            sinks.map(|settings| settings.name.clone()).collect()
        };
        let wanted: Vec<(Notice, BTreeSet<String>)> =
            notices.iter().map(|notice| (notice.clone(), wanting(notice))).collect();
        let (_, kept) = self.outbox.put(&wanted);
        self.offer();
        kept
    }

    /// Marks what arrived, and offers what there is room for now.
    ///
    /// # Errors
    /// When it could not be marked: after a crash it would be told again.
    pub fn collect(&mut self) -> io::Result<Vec<Arrival>> {
        let mut arrivals = Vec::new();
        let mut done = Vec::new();
        for (name, receiver) in &mut self.receivers {
            for report in receiver.courier.reports() {
                receiver.on_the_way.remove(&report.sequence);
                let title =
                    self.outbox.waiting().get(&report.sequence).map(|waiting| waiting.notice.title.clone());
                arrivals.push(Arrival {
                    sink: name.clone(),
                    title: title.unwrap_or_default(),
                    fate: report.fate.clone(),
                });
                done.push((report.sequence, name.clone(), done_by(report.fate)));
            }
        }
        let marked = self.outbox.done(&done);
        self.offer();
        marked.map(|()| arrivals)
    }

    /// How many messages wait for each receiver.
    #[must_use]
    pub fn waiting(&self) -> BTreeMap<&str, usize> {
        let count = |name: &String| {
            self.outbox.waiting().values().filter(|waiting| waiting.receivers.contains(name)).count()
        };
        self.receivers.keys().map(|name| (name.as_str(), count(name))).collect()
    }

    /// How each receiver is doing.
    #[must_use]
    pub fn health(&self) -> BTreeMap<&str, Health> {
        self.receivers.iter().map(|(name, receiver)| (name.as_str(), receiver.courier.health())).collect()
    }

    /// What became of all attempts to tell each receiver, also before its settings changed.
    #[must_use]
    pub fn totals(&self) -> BTreeMap<&str, ReceiverTotals> {
        let before = |name: &String| self.done_before.get(name).copied().unwrap_or_default();
        let receivers = self.receivers.iter();
        receivers.map(|(name, it)| (name.as_str(), before(name).plus(it.courier.totals()))).collect()
    }

    /// Ends the couriers, and marks what arrived meanwhile. What waits is told by whoever opens the folder next.
    ///
    /// # Errors
    /// When it could not be marked.
    pub fn finish(mut self, patience: Duration) -> io::Result<()> {
        self.collect()?;
        let mut done = Vec::new();
        for (name, receiver) in self.receivers {
            for report in receiver.courier.finish(patience) {
                done.push((report.sequence, name.clone(), done_by(report.fate)));
            }
        }
        self.outbox.done(&done)
    }

    fn offer(&mut self) {
        for (name, receiver) in &mut self.receivers {
            let waiting = self.outbox.waiting().iter();
            let theirs = waiting.filter(|(number, waiting)| {
                waiting.receivers.contains(name) && !receiver.on_the_way.contains(*number)
            });
            for (number, waiting) in theirs.map(|(number, waiting)| (*number, waiting)).collect::<Vec<_>>() {
                match receiver.courier.offer(number, &waiting.notice) {
                    Offered::Taken => receiver.on_the_way.insert(number),
                    Offered::Full => break,
                };
            }
        }
    }
}

fn done_by(fate: Fate) -> Done {
    match fate {
        Fate::Delivered | Fate::NotWanted => Done::Delivered,
        Fate::Refused(why) => Done::Refused(why),
    }
}

/// Whether a receiver is told of it. A test reaches everybody.
fn wants(settings: &SinkSettings, notice: &Notice) -> bool {
    let is_test = notice.kind == model::notice::NoticeKind::Test;
    let is_bad_enough = notice.severity >= settings.severity_min;
    let is_of_rules =
        settings.rules.is_empty() || settings.rules.iter().any(|rule| rule.as_str() == notice.rule);
    is_test || (is_bad_enough && is_of_rules)
}

#[cfg(test)]
mod tests;
