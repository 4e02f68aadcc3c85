//! What a watch has seen lately: reports and counters, kept until they have met.

use super::Names;
use super::log_clock::LogClock;
use crate::cli::oom::gather;
use judge::oom::Observed;
use judge::oom::episode::{self, is_bare};
use kernel::oom_report::reader::{OomEvent, OomReader};
use kernel::oom_report::report::{OomReport, Timestamp as Printed};
use model::incident::observed::{CgroupMoment, CounterChange, KillTotal, Log, Said, Word};
use model::incident::witness::LogSource;
use model::incident::{Attribution, Incident};
use model::reading::Reading;
use model::snapshot::{Snapshot, Timestamp};
use sources::oom_watch::{Happening, OomWatch};
use std::collections::HashMap;
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
        let reports = self.wanted(settled);
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
        forget(&mut self.reports, now);
        self.words.retain(|word| word.at + KEPT >= now);
        incidents
    }

    /// The reports that are to be judged now. An episode takes in later kills for five seconds; older ones matter only to counters
    /// that come late.
    fn wanted(&self, settled: Settled) -> Vec<OomReport> {
        let newest = self.reports.iter().filter_map(at).max().unwrap_or_default();
        let ends = ends(&self.reports);
        let is_wanted = |(report, end): &(&OomReport, &Option<Duration>)| match is_bare(report) {
            true => settled.takes(at(report)),
            false => settled != Settled::No || end.is_none_or(|end| end + EPISODE >= newest),
        };
        self.reports.iter().zip(&ends).filter(is_wanted).map(|(report, _)| report.clone()).collect()
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

/// When the last kill of each report's episode was. An episode without its first report would be another one, told once more.
fn ends(reports: &[OomReport]) -> Vec<Option<Duration>> {
    let numbers = episode::numbers(reports);
    let mut ends: HashMap<usize, Option<Duration>> = HashMap::new();
    for (number, report) in numbers.iter().zip(reports) {
        let end = ends.entry(*number).or_default();
        *end = (*end).max(at(report));
    }
    numbers.iter().map(|number| ends.get(number).copied().flatten()).collect()
}

/// Forgets episodes that are over, each as a whole.
fn forget(reports: &mut Vec<OomReport>, now: Duration) {
    let mut ends = ends(reports).into_iter();
    reports.retain(|_| ends.next().flatten().is_none_or(|end| end + KEPT >= now));
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

#[cfg(test)]
mod tests {
    use super::{Desk, KEPT, Settled, at, forget, keep};
    use judge::oom::Observed;
    use model::incident::observed::Log;
    use model::incident::witness::LogSource;
    use model::reading::Reading;
    use std::collections::BTreeMap;
    use std::time::Duration;
    use testkit::oom_text::{Task, Text};

    /// Twenty processes of one container, all of which were there from the beginning, killed one after the other.
    fn kill(number: u64, seconds: u64) -> Text {
        let mut text = Text::hog("/docker/web");
        text.at += seconds * 1_000_000;
        let rest = number..20;
        text.tasks =
            rest.map(|of| Task { pid: 5_000 + of, comm: "hog", anon: 6_400, shmem: 0, swap: 0 }).collect();
        text.victim = 5_000 + number;
        text
    }

    /// The kills of each incident, the most first, as whoever hears of it now and then adds them up.
    fn told(kills: &[(u64, u64)]) -> Vec<u64> {
        let mut desk = Desk::default();
        let mut told: BTreeMap<String, u64> = BTreeMap::new();
        for (number, seconds) in kills {
            let reports = &mut desk.reports;
            desk.reader.push(kill(*number, *seconds).whole().as_bytes(), &mut |event| keep(event, reports));
            desk.flush();
            let log = Log {
                source: LogSource::Ring,
                boot: Reading::Absent,
                booted_at: Reading::Absent,
                reports: desk.wanted(Settled::No),
                records_lost: 0,
            };
            let observed = Observed { logs: &[log], ..Observed::default() };
            for incident in judge::oom::incidents(&observed).incidents {
                let known = told.entry(incident.id.0).or_default();
                *known = incident.kills.max(*known);
            }
            let now = desk.reports.last().and_then(at).unwrap();
            forget(&mut desk.reports, now);
        }
        let mut kills: Vec<u64> = told.into_values().collect();
        kills.sort_unstable_by(|one, other| other.cmp(one));
        kills
    }

    #[test]
    fn kills_that_follow_each_other_slowly_are_told_once_each() {
        assert_eq!(told(&[(0, 0), (1, 4), (2, 8), (3, 12)]), [4]);
        assert_eq!(told(&[(0, 0), (1, 4), (2, 14), (3, 18)]), [2, 2]);
        // An episode that does not end is cut, and none of its kills is in both parts.
        let endless: Vec<(u64, u64)> = (0..16).map(|number| (number, number * 5)).collect();
        assert_eq!(told(&endless), [13, 3]);
    }

    #[test]
    fn an_episode_is_forgotten_as_a_whole() {
        let mut desk = Desk::default();
        for (number, seconds) in [(0, 0), (1, 5)] {
            let reports = &mut desk.reports;
            desk.reader.push(kill(number, seconds).whole().as_bytes(), &mut |event| keep(event, reports));
        }
        desk.flush();
        let last = desk.reports.last().and_then(at).unwrap();
        forget(&mut desk.reports, last + KEPT);
        assert_eq!(desk.reports.len(), 2);
        forget(&mut desk.reports, last + KEPT + Duration::from_secs(1));
        assert_eq!(desk.reports.len(), 0);
    }
}
