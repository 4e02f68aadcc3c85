//! What a watch has seen lately: reports and counters, kept until they have met.

use super::Names;
use super::log_clock::LogClock;
use crate::cli::oom::gather;
use judge::oom::Observed;
use judge::oom::episode::is_bare;
use kernel::oom_report::reader::{OomEvent, OomReader};
use kernel::oom_report::report::{OomReport, Timestamp as Printed};
use model::incident::observed::{CgroupMoment, CounterChange, KillTotal, Log, Said, Word};
use model::incident::witness::LogSource;
use model::incident::{Attribution, Incident};
use model::reading::Reading;
use model::snapshot::{Snapshot, Timestamp};
use sources::oom_watch::{Happening, OomWatch};
use std::time::Duration;

/// When nothing has moved for so long, what belongs together has come together.
const SETTLED: Duration = Duration::from_secs(2);

/// In a storm without a pause, what has waited for so long is told as it is.
const WAITED_MAX: Duration = Duration::from_secs(30);

/// Longer than the five seconds in which a kill still belongs to an episode.
const EPISODE: Duration = Duration::from_secs(6);

/// A report is kept so long for the counters that belong to it.
const KEPT: Duration = Duration::from_secs(45);

/// What has been seen lately. A counter is read after the report it belongs to, so both are kept until they have met.
#[derive(Default)]
pub struct Desk {
    reader: OomReader,
    /// Whether the log may go on with what it last told.
    pub has_open_report: bool,
    /// Whether everything that was in the log before has been read.
    is_caught_up: bool,
    has_news: bool,
    reports: Vec<OomReport>,
    changes: Vec<CounterChange>,
    words: Vec<Word>,
    total: Option<KillTotal>,
    lost: u64,
    clock: LogClock,
}

impl Desk {
    /// Takes what was heard.
    pub fn take(&mut self, happenings: Vec<Happening>) {
        let reports = &mut self.reports;
        let before = reports.len();
        let mut collect = |event| keep(event, reports);
        for happening in happenings {
            match happening {
                Happening::KernelRecord { record, heard_at } => {
                    if self.is_caught_up {
                        self.clock.hear(record.since_boot, heard_at);
                    }
                    self.reader.push(&record.raw, &mut collect);
                    self.reader.push(b"\n", &mut collect);
                    self.has_open_report = true;
                }
                Happening::CountersMoved(change) => {
                    self.changes.push(self.clock.change_by_log(change));
                }
                Happening::HostKills(total) => self.total = Some(total),
                Happening::Lost { records } => self.lost += records,
                Happening::VictimMarked { victim, heard_at } => self.words.push(Word {
                    of: victim.comm.unwrap_or_default(),
                    at: self.clock.by_log(heard_at),
                    said: Said::MarkVictim { pid: u64::from(victim.pid) },
                }),
            }
        }
        self.has_news |= self.reports.len() > before;
    }

    /// Takes what was read of a report as its end, when the log has been quiet.
    pub fn flush(&mut self) {
        let reports = &mut self.reports;
        let before = reports.len();
        self.reader.flush(&mut |event| keep(event, reports));
        self.has_news |= self.reports.len() > before;
        self.has_open_report = false;
        self.is_caught_up = true;
    }

    /// Whether some of the log that was read is not told yet.
    pub fn is_waiting(&self) -> bool {
        self.has_open_report || self.reports.iter().any(is_bare)
    }

    /// The incidents of what was seen lately. Kills that a report tells of are ready at once; lines without a report and
    /// counters wait for each other.
    pub fn incidents(&mut self, watch: &OomWatch, names: &Names) -> Vec<Incident> {
        let snapshot = watch.snapshot();
        let now = self.clock.by_log(snapshot.uptime);
        let settled = self.settled(now);
        if !self.has_news && settled == Settled::No {
            return Vec::new();
        }
        self.has_news = false;
        // An episode takes in later kills for five seconds; older reports matter only to counters that come late.
        let newest = self.reports.iter().filter_map(at).max().unwrap_or_default();
        let is_wanted = |report: &&OomReport| {
            let is_recent = at(report).is_none_or(|at| at + EPISODE >= newest);
            if is_bare(report) { settled.takes(at(report)) } else { is_recent || settled != Settled::No }
        };
        let reports: Vec<OomReport> = self.reports.iter().filter(is_wanted).cloned().collect();
        let changes: Vec<CounterChange> =
            self.changes.extract_if(.., |change| settled.takes(Some(change.to))).collect();
        self.reports.retain(|report| !is_bare(report) || !settled.takes(at(report)));
        let moments: Vec<CgroupMoment> = reports.iter().flat_map(|report| before(watch, report)).collect();
        let logs = [Log {
            source: LogSource::Ring,
            boot: watch.boot_id().into(),
            booted_at: Reading::Value(self.booted_at(snapshot)),
            reports,
            records_lost: self.lost,
        }];
        let cgroups = names.cgroups(snapshot);
        let said = names.runtime.words().iter();
        let said = said.map(|word| Word { at: self.clock.by_log(word.at), ..word.clone() });
        let words: Vec<Word> = self.words.iter().cloned().chain(said).collect();
        let observed = Observed {
            logs: &logs,
            boot: watch.boot_id().into(),
            changes: &changes,
            words: &words,
            containers: names.runtime.containers(),
            moments: &moments,
            cgroups: &cgroups,
            kill_total: self.total.into(),
            swap_total: snapshot.host.swap_total(),
            missing: watch.missing(),
            ..Observed::default()
        };
        let mut incidents = judge::oom::incidents(&observed).incidents;
        incidents.retain(|incident| settled != Settled::No || is_placed(incident));
        self.reports.retain(|report| at(report).is_none_or(|at| at + KEPT >= now));
        self.words.retain(|word| word.at + KEPT >= now);
        incidents
    }

    /// The wall clock when the log's clock was zero.
    fn booted_at(&self, snapshot: &Snapshot) -> Timestamp {
        let behind = u64::try_from(self.clock.behind().as_millis()).unwrap_or(u64::MAX);
        Timestamp(gather::booted_at(snapshot).0.saturating_add(behind))
    }

    /// How much of what waits has waited long enough.
    fn settled(&self, now: Duration) -> Settled {
        let unplaced = self.reports.iter().filter(|report| is_unplaced(report)).filter_map(at);
        let times: Vec<Duration> = self.changes.iter().map(|change| change.to).chain(unplaced).collect();
        let (Some(first), Some(last)) = (times.iter().min(), times.iter().max()) else {
            return Settled::No;
        };
        // A counter may be ahead of a log that is still being read.
        if *last + SETTLED <= now && !self.has_open_report {
            Settled::All
        } else if *first + WAITED_MAX <= now {
            Settled::Until(now.saturating_sub(SETTLED))
        } else {
            Settled::No
        }
    }
}

/// How much of what waits for its counterpart need wait no longer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Settled {
    /// Nothing.
    No,
    /// What came until then: in a storm without a pause.
    Until(Duration),
    /// Everything: nothing came for a while.
    All,
}

impl Settled {
    /// Whether something of this moment waits no longer.
    fn takes(self, at: Option<Duration>) -> bool {
        match self {
            Self::No => false,
            Self::Until(end) => at.is_none_or(|at| at <= end),
            Self::All => true,
        }
    }
}

fn keep(event: OomEvent, reports: &mut Vec<OomReport>) {
    match event {
        OomEvent::Report(report) => reports.push(*report),
        OomEvent::Suppressed(_) | OomEvent::Reaped(_) | OomEvent::Other(_) => {}
    }
}

/// Whether no line of a report names a cgroup: a counter may.
const fn is_unplaced(report: &OomReport) -> bool {
    report.oom_memcg.is_none() && report.task_memcg.is_none()
}

/// Whether an incident needs no counter: a report places it, or it is the machine's, whose cgroups no kernel before 5.0 prints.
const fn is_placed(incident: &Incident) -> bool {
    if incident.level.scope.is_of_machine() {
        !matches!(incident.attribution, Attribution::CounterAlone)
    } else {
        matches!(incident.attribution, Attribution::Report)
    }
}

/// When a report began, by the kernel's clock.
const fn at(report: &OomReport) -> Option<Duration> {
    match report.first.timestamp {
        Some(Printed::Uptime(micros)) => Some(Duration::from_micros(micros)),
        Some(Printed::Unix(_) | Printed::Printed(_)) | None => None,
    }
}

/// What the level that was hit and the victim's cgroup held before the kill.
fn before(watch: &OomWatch, report: &OomReport) -> Vec<CgroupMoment> {
    let Some(at) = at(report) else { return Vec::new() };
    let paths = [report.oom_memcg.as_deref(), report.task_memcg.as_deref()];
    let mut moments: Vec<CgroupMoment> = Vec::new();
    for path in paths.into_iter().flatten() {
        if let Some(memories) = watch.before_kill(path, at) {
            moments.extend(memories.moments_until(at));
        }
    }
    if let Some(level) = &report.oom_memcg {
        moments.extend(watch.neighbours(level, at));
    }
    moments.sort_by_key(|moment| moment.at);
    moments.dedup();
    moments
}
