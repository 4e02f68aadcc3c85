//! `highwater oom watch`: every kill as it happens.

use crate::cli::oom::gather;
use crate::cli::oom::ls::Words;
use crate::cli::output::Format;
use crate::cli::{Global, observe, output};
use crate::exit_code::Outcome;
use anyhow::Context;
use clap::Args;
use judge::oom::Observed;
use kernel::oom_report::reader::{OomEvent, OomReader};
use kernel::oom_report::report::{OomReport, Timestamp as Printed};
use model::cgroup::{Cgroup, CgroupId};
use model::incident::observed::{CgroupMoment, CounterChange, KillTotal, Log};
use model::incident::witness::LogSource;
use model::incident::{Attribution, Counted, Incident};
use model::reading::Reading;
use model::snapshot::Snapshot;
use sinks::command::CommandSink;
use sources::collect::join::Witnesses;
use sources::host_root::HostRoot;
use sources::kmsg::KmsgStart;
use sources::oom_watch::{Happening, OomWatch, WatchOptions};
use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::Duration;
use store::record::{IncidentKey, StoredIncident};
use store::store::{Access, Appended, Store};
use view::incident;

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater oom watch
  highwater oom watch --format json | jq -r .incident.message
  highwater oom watch --exec ./on-oom.sh     the incident as JSON on the command's standard input
  highwater oom watch --state /var/lib/highwater
                                             go on where the last watch ended; keep every incident";

/// Without news the loop only looks whether an engine has answered.
const WAIT: Duration = Duration::from_secs(1);

/// When nothing has moved for so long, what belongs together has come together.
const SETTLED: Duration = Duration::from_secs(2);

/// In a storm without a pause, what has waited for so long is told as it is.
const WAITED_MAX: Duration = Duration::from_secs(10);

/// Containers that are remembered when they are gone; more than this come and go only on a machine that is all churn.
const REMEMBERED_MAX: usize = 4_096;

/// Longer than the five seconds in which a kill still belongs to an episode.
const EPISODE: Duration = Duration::from_secs(6);

/// A report is kept so long for the counters that belong to it.
const KEPT: Duration = Duration::from_secs(30);

/// A report is complete when the log has been quiet for so long: its lines are written in one go.
const QUIET: Duration = Duration::from_millis(1);

/// Flags of `oom watch`.
#[derive(Args)]
pub struct WatchArgs {
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    format: Format,
    /// Start this command for every incident, with the incident as JSON on its standard input
    #[arg(long, value_name = "CMD")]
    exec: Option<String>,
    /// Remember how far the log was read and every incident in this folder
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// End after so many incidents
    #[arg(long, value_name = "N")]
    count: Option<usize>,
}

/// Watches until it is ended.
///
/// # Errors
/// When the state cannot be kept or standard output cannot be written.
pub fn run(global: &Global, args: &WatchArgs) -> anyhow::Result<Outcome> {
    let store = args.state.as_deref().map(Store::open).transpose().context("--state")?;
    let start = store.as_ref().and_then(Store::cursor).map_or(KmsgStart::OnlyNew, KmsgStart::After);
    let options = WatchOptions { start, ..WatchOptions::default() };
    let mut watch = OomWatch::new(HostRoot::new(&global.root), &options);
    let mut names = Names::new(global.clone());
    names.ask_about(watch.snapshot())?;
    let command = args.exec.clone().map(CommandSink::new);
    let mut teller = Teller { args, store, command, told: HashMap::new() };
    for missing in watch.missing() {
        eprint(&format!("highwater: not heard: {} ({})\n", missing.what, missing.why))?;
    }
    let mut desk = Desk::default();
    loop {
        let timeout = if desk.has_open_report { QUIET } else { WAIT };
        let happenings = watch.wait(timeout);
        // Counters go on coming while the log is quiet: a story does not wait for them.
        let is_log_quiet =
            !happenings.iter().any(|happening| matches!(happening, Happening::KernelRecord { .. }));
        desk.take(happenings);
        if is_log_quiet {
            desk.flush();
        }
        for incident in desk.incidents(&watch, &names) {
            teller.tell(&incident)?;
        }
        teller.remember(&watch)?;
        names.hear(&mut watch);
        names.ask_about(watch.snapshot())?;
        if args.count.is_some_and(|count| teller.told.len() >= count) {
            if let Some(command) = teller.command {
                command.finish();
            }
            return Ok(Outcome::Findings);
        }
    }
}

/// Asks the container engines for names whenever containers came, without holding up the watch.
struct Names {
    global: Global,
    known: usize,
    pending: Option<JoinHandle<Witnesses>>,
    containers: HashSet<CgroupId>,
    /// Containers as they were last seen: a container that was killed is gone before its story is told.
    remembered: HashMap<CgroupId, Cgroup>,
}

impl Names {
    fn new(global: Global) -> Self {
        Self { global, known: 0, pending: None, containers: HashSet::new(), remembered: HashMap::new() }
    }

    fn ask_about(&mut self, snapshot: &Snapshot) -> anyhow::Result<()> {
        let containers = snapshot.cgroups.iter().filter(|cgroup| cgroup.container.is_some());
        let found: HashSet<CgroupId> = containers.map(|cgroup| cgroup.id).collect();
        let has_new = self.known == 0 || found.iter().any(|id| !self.containers.contains(id));
        if self.pending.is_some() || !has_new {
            return Ok(());
        }
        let questions = observe::questions_about(&self.global, snapshot)?;
        self.pending = Some(std::thread::spawn(move || observe::ask(questions)));
        self.containers = found;
        self.known += 1;
        Ok(())
    }

    /// Takes what an engine answered, and remembers the containers with their names.
    fn hear(&mut self, watch: &mut OomWatch) {
        if let Some(witnesses) = self.answer() {
            watch.hear(witnesses);
            if self.remembered.len() > REMEMBERED_MAX {
                self.remembered.clear();
            }
            let containers = watch.snapshot().cgroups.iter().filter(|cgroup| cgroup.container.is_some());
            self.remembered.extend(containers.map(|cgroup| (cgroup.id, cgroup.clone())));
        }
    }

    /// Every cgroup there is, and the containers that are gone.
    fn cgroups(&self, snapshot: &Snapshot) -> Vec<Cgroup> {
        let there: HashSet<CgroupId> = snapshot.cgroups.iter().map(|cgroup| cgroup.id).collect();
        let gone = self.remembered.values().filter(|cgroup| !there.contains(&cgroup.id));
        snapshot.cgroups.iter().chain(gone).cloned().collect()
    }

    fn answer(&mut self) -> Option<Witnesses> {
        let asked = self.pending.take_if(|asked| asked.is_finished())?;
        asked.join().ok()
    }
}

/// What has been seen lately. A counter is read after the report it belongs to, so both are kept until they have met.
#[derive(Default)]
struct Desk {
    reader: OomReader,
    has_open_report: bool,
    has_news: bool,
    reports: Vec<OomReport>,
    changes: Vec<CounterChange>,
    total: Option<KillTotal>,
    lost: u64,
    clock: LogClock,
}

/// How far the clock of the kernel's log, which nobody corrects, is behind the one by which counters are read.
#[derive(Default)]
struct LogClock {
    behind: Option<Duration>,
}

impl LogClock {
    /// A record is heard after it was written: the least delay lately is nearly the clocks' difference alone.
    fn hear(&mut self, written: Duration, heard: Duration) {
        const GROWS: Duration = Duration::from_micros(100);
        let delay = heard.saturating_sub(written);
        self.behind = Some(self.behind.map_or(delay, |behind| delay.min(behind + GROWS)));
    }

    /// The same change, its looks by the clock of the log.
    fn by_log(&self, change: CounterChange) -> CounterChange {
        let behind = self.behind.unwrap_or_default();
        CounterChange {
            from: change.from.saturating_sub(behind),
            to: change.to.saturating_sub(behind),
            ..change
        }
    }
}

impl Desk {
    fn take(&mut self, happenings: Vec<Happening>) {
        let reports = &mut self.reports;
        let before = reports.len();
        let mut collect = |event| keep(event, reports);
        for happening in happenings {
            match happening {
                Happening::KernelRecord { record, heard_at } => {
                    self.clock.hear(record.since_boot, heard_at);
                    self.reader.push(&record.raw, &mut collect);
                    self.reader.push(b"\n", &mut collect);
                    self.has_open_report = true;
                }
                Happening::CountersMoved(change) => self.changes.push(self.clock.by_log(change)),
                Happening::HostKills(total) => self.total = Some(total),
                Happening::Lost { records } => self.lost += records,
                Happening::VictimMarked { .. } => {}
            }
        }
        self.has_news |= self.reports.len() > before;
    }

    fn flush(&mut self) {
        let reports = &mut self.reports;
        let before = reports.len();
        self.reader.flush(&mut |event| keep(event, reports));
        self.has_news |= self.reports.len() > before;
        self.has_open_report = false;
    }

    /// The incidents of what was seen lately. Kills that a report tells of are ready at once; lines without a report and
    /// counters wait for each other.
    fn incidents(&mut self, watch: &OomWatch, names: &Names) -> Vec<Incident> {
        let snapshot = watch.snapshot();
        let now = snapshot.uptime;
        let is_settled = self.is_settled(now);
        if !self.has_news && !is_settled {
            return Vec::new();
        }
        self.has_news = false;
        // An episode takes in later kills for five seconds; older reports matter only to counters that come late.
        let newest = self.reports.iter().filter_map(at).max().unwrap_or_default();
        let is_wanted =
            |report: &&OomReport| is_settled || at(report).is_none_or(|at| at + EPISODE >= newest);
        let reports: Vec<OomReport> = self.reports.iter().filter(is_wanted).cloned().collect();
        let moments: Vec<CgroupMoment> = reports.iter().flat_map(|report| before(watch, report)).collect();
        let logs = [Log {
            source: LogSource::Ring,
            boot: watch.boot_id().into(),
            booted_at: Reading::Value(gather::booted_at(snapshot)),
            reports,
            records_lost: self.lost,
        }];
        let cgroups = names.cgroups(snapshot);
        let observed = Observed {
            logs: &logs,
            boot: watch.boot_id().into(),
            changes: &self.changes,
            moments: &moments,
            cgroups: &cgroups,
            kill_total: self.total.into(),
            swap_total: snapshot.host.swap_total(),
            missing: watch.missing(),
            ..Observed::default()
        };
        let mut incidents = judge::oom::incidents(&observed).incidents;
        incidents.retain(|incident| is_settled || incident.attribution == Attribution::Report);
        if is_settled {
            self.changes.clear();
            self.reports.retain(|report| !judge::oom::episode::is_bare(report));
        }
        self.reports.retain(|report| at(report).is_none_or(|at| at + KEPT >= now));
        incidents
    }
}

impl Desk {
    /// Whether what waits has waited long enough: nothing came for a while, or it has been too long.
    fn is_settled(&self, now: Duration) -> bool {
        let bare = self.reports.iter().filter(|report| judge::oom::episode::is_bare(report)).filter_map(at);
        let times: Vec<Duration> = self.changes.iter().map(|change| change.to).chain(bare).collect();
        let (Some(first), Some(last)) = (times.iter().min(), times.iter().max()) else { return false };
        *last + SETTLED <= now || *first + WAITED_MAX <= now
    }
}

fn keep(event: OomEvent, reports: &mut Vec<OomReport>) {
    match event {
        OomEvent::Report(report) => reports.push(*report),
        OomEvent::Suppressed(_) | OomEvent::Reaped(_) | OomEvent::Other(_) => {}
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

/// Tells incidents to whoever wants to know.
struct Teller<'a> {
    args: &'a WatchArgs,
    store: Option<Store>,
    command: Option<CommandSink>,
    /// The incidents told so far, and with how many kills: one that has taken more is told again, under the same name.
    told: HashMap<String, u64>,
}

impl Teller<'_> {
    fn tell(&mut self, found: &Incident) -> anyhow::Result<()> {
        let before = self.told.get(&found.id.0).copied();
        if before.is_some_and(|before| before >= found.kills) {
            return Ok(());
        }
        let words = Words::of(found);
        let document = api::incidents::one(&words.told(found));
        let kept = self.keep(found, &document)?;
        self.told.insert(found.id.0.clone(), found.kills);
        if kept == Appended::Known && before.is_none() {
            return Ok(());
        }
        match self.args.format {
            Format::Json => output::text(&format!("{document}\n"))?,
            // Its kill is part of an incident that a counter told of: another line would count it twice in a reader's mind.
            Format::Text if is_counted_elsewhere(found) => {}
            Format::Text => output::lines(&[incident::line(found)])?,
        }
        if let Some(command) = &mut self.command
            && let Err(error) = command.send(&document.to_string())
        {
            eprint(&format!("highwater: --exec: {error}\n"))?;
        }
        Ok(())
    }

    /// Kept before it is told, so that after a crash it is told once.
    fn keep(&mut self, found: &Incident, document: &serde_json::Value) -> anyhow::Result<Appended> {
        let Some(store) = self.store.as_mut().filter(|store| *store.access() == Access::ReadWrite) else {
            return Ok(Appended::New);
        };
        let (Some(boot), Some(since_boot)) = (found.when.boot.get(), found.when.since_boot.get()) else {
            return Ok(Appended::New);
        };
        let pid = found.chosen().map_or(0, |victim| victim.pid);
        let stored = StoredIncident {
            key: IncidentKey::killed(boot, since_boot, pid),
            id: found.id.0.clone(),
            at_millis: found.when.wall.get().map(|wall| wall.0),
            document: document.clone(),
        };
        store.append(&stored).context("--state")
    }

    fn remember(&mut self, watch: &OomWatch) -> anyhow::Result<()> {
        let Some(store) = self.store.as_mut().filter(|store| *store.access() == Access::ReadWrite) else {
            return Ok(());
        };
        match watch.cursor() {
            Some(cursor) if store.cursor() != Some(cursor) => store.save_cursor(cursor).context("--state"),
            Some(_) | None => Ok(()),
        }
    }
}

/// A kill line without a place whose kill a counter has told of already.
#[must_use]
pub fn is_counted_elsewhere(incident: &Incident) -> bool {
    matches!(incident.attribution, Attribution::Nobody { counted: Counted::InAnIncident, .. })
}

fn eprint(text: &str) -> std::io::Result<()> {
    anstream::stderr().write_all(text.as_bytes())
}
