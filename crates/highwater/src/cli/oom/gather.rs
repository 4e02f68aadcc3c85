//! Everything that can be known of kills after the fact: the kernel's ring, the journal, a file, and counters that remained.

use crate::cli::Global;
use crate::cli::observe;
use crate::cli::oom::{Origin, ended, parse};
use anyhow::Context;
use judge::oom::Observed;
use kernel::oom_report::reader::{OomEvent, OomReader};
use kernel::oom_report::report::OomReport;
use model::cgroup::Cgroup;
use model::container::EndedContainer;
use model::incident::observed::{CgroupRef, CounterChange, KillCounters, KillTotal, Log};
use model::incident::witness::LogSource;
use model::incident::{Incident, Incidents};
use model::kernel_log::BootId;
use model::reading::Reading;
use model::snapshot::{Missing, Snapshot, Timestamp};
use sources::collect::Scope;
use sources::host_root::HostRoot;
use sources::journal::{Journal, JournalRecord, JournalStart};
use sources::kmsg::{Kmsg, KmsgStart, KmsgStep};
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::record::StoredIncident;
use store::store::Store;

/// What was found, and who could not be heard.
pub struct Gathered {
    /// The incidents.
    pub found: Incidents,
    /// Witnesses that could not be heard.
    pub missing: Vec<Missing>,
    /// Incidents that a watch kept and nothing else tells of any more, oldest first.
    pub kept: Vec<StoredIncident>,
    /// Incidents that `--since` could not be held against, because nobody knows their date.
    pub undated: u64,
    /// Containers that have ended, as far as an engine remembers them.
    pub ended: Vec<EndedContainer>,
}

impl Gathered {
    /// That there is nothing, and where it was looked for.
    #[must_use]
    pub fn nothing(&self, origin: &Origin) -> String {
        let age = origin.since.map(|age| format!(" of the last {}", view::units::duration(age)));
        let files: Vec<String> = origin.from.iter().map(|file| file.display().to_string()).collect();
        let place = match files.as_slice() {
            [] => " that anything here tells of".to_owned(),
            files => format!(" in {}", files.join(", ")),
        };
        format!("No OOM kill{}{place}.", age.unwrap_or_default())
    }
}

/// Parses an age such as `2h`.
///
/// # Errors
/// When the text is none.
pub fn age(text: &str) -> Result<Duration, String> {
    let expected = || format!("expected a time such as 30m, 2h, 1d or 1w, found `{text}`");
    let unit = text.chars().last().ok_or_else(expected)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return Err(expected()),
    };
    let number: u64 = text.strip_suffix(unit).and_then(|number| number.parse().ok()).ok_or_else(expected)?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(expected)
}

/// Finds every incident there is.
///
/// # Errors
/// When the given log cannot be read, or `--docker-host` is no unix socket.
pub fn gather(global: &Global, origin: &Origin) -> anyhow::Result<Gathered> {
    let mut gathered =
        if origin.from.is_empty() { of_machine(global, origin.since)? } else { of_files(&origin.from)? };
    if let Some(folder) = &origin.state {
        let store = Store::open_to_read(folder).context("--state")?;
        let stored = store.incidents().context("--state")?;
        for incident in &mut gathered.found.incidents {
            complete(incident, &stored);
        }
        gathered.kept = kept(stored, &gathered.found);
    }
    if let Some(age) = origin.since {
        let now = sources::proc::wall_clock();
        let begin = now.0.saturating_sub(millis(age));
        // A kill whose date nobody knows is not kept from anybody.
        let is_wanted = |incident: &Incident| incident.when.wall.get().is_none_or(|wall| wall.0 >= begin);
        gathered.found.incidents.retain(is_wanted);
        gathered.undated = undated(&gathered.found);
        gathered.kept.retain(|kept| kept.at_millis.is_none_or(|at| at >= begin));
    }
    Ok(gathered)
}

/// What a watch knew of an incident when it kept it: the last that can be read, for it is told again when it took more kills.
fn complete(incident: &mut Incident, stored: &[StoredIncident]) {
    let mut kept = stored.iter().rev().filter(|stored| stored.id == incident.id.0);
    if let Some(watched) = kept.find_map(|stored| api::incidents::watched::read(&stored.document)) {
        judge::oom::watched::complete(incident, watched);
    }
}

/// What a watch kept and is not found otherwise.
fn kept(mut stored: Vec<StoredIncident>, found: &Incidents) -> Vec<StoredIncident> {
    stored.retain(|kept| found.incidents.iter().all(|incident| incident.id.0 != kept.id));
    stored
}

fn undated(found: &Incidents) -> u64 {
    let is_undated = |incident: &&Incident| incident.when.wall.value().is_none();
    u64::try_from(found.incidents.iter().filter(is_undated).count()).unwrap_or(u64::MAX)
}

fn of_files(paths: &[PathBuf]) -> anyhow::Result<Gathered> {
    let mut logs = Vec::new();
    let mut calendars = Vec::new();
    for path in paths {
        let log = parse::read(path).context("--from")?;
        logs.push(Log {
            source: LogSource::File,
            boot: Reading::Absent,
            booted_at: Reading::Absent,
            reports: log.reports,
            records_lost: 0,
        });
        calendars.push(sources::zone::calendar(written_at(path)));
    }
    let observed = Observed { logs: &logs, calendars: &calendars, ..Observed::default() };
    let found = judge::oom::incidents(&observed);
    Ok(Gathered { found, missing: Vec::new(), kept: Vec::new(), ended: Vec::new(), undated: 0 })
}

/// Nothing in a log is younger than its last change; of a stream that is now. A copy from another machine may bear any date, but
/// nothing was written after now.
fn written_at(path: &Path) -> Timestamp {
    let now = sources::proc::wall_clock();
    let changed = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file);
    let changed = changed.and_then(|metadata| metadata.modified().ok());
    let since_1970 = changed.and_then(|changed| changed.duration_since(std::time::UNIX_EPOCH).ok());
    since_1970.map_or(now, |since| Timestamp(millis(since)).min(now))
}

fn of_machine(global: &Global, since: Option<Duration>) -> anyhow::Result<Gathered> {
    let root = HostRoot::new(&global.root);
    let snapshot = observe::look(global, Scope::Everything, None).context("oom")?;
    let mut missing = snapshot.missing.clone();
    let mut logs: Vec<Log> = Vec::new();
    let booted_at = booted_at(&snapshot);
    let boot = sources::kmsg::boot_id(&root);
    match ring(&root) {
        Ok((reports, records_lost)) => logs.push(Log {
            source: LogSource::Ring,
            boot: boot.into(),
            booted_at: Reading::Value(booted_at),
            reports,
            records_lost,
        }),
        Err(why) => missing.push(Missing { what: "the kernel's log".to_owned(), why }),
    }
    let start = since.map_or(JournalStart::Oldest, |age| {
        JournalStart::At(Timestamp(snapshot.taken_at.0.saturating_sub(millis(age))))
    });
    let mut journal = Journal::open(&root, start);
    logs.extend(journal_logs(&mut journal));
    missing.extend(journal.missing().iter().cloned());
    let changes = counters_since_start(&snapshot);
    let ended = ended::ask(global)?;
    let words = ended::words(&ended, snapshot.uptime, snapshot.taken_at);
    let observed = Observed {
        logs: &logs,
        boot: boot.into(),
        changes: &changes,
        cgroups: &snapshot.cgroups,
        containers: &ended::containers(&ended),
        words: &words,
        kill_total: kill_total(&snapshot),
        swap_total: snapshot.host.swap_total(),
        missing: &missing,
        ..Observed::default()
    };
    let found = judge::oom::incidents(&observed);
    Ok(Gathered { found, missing, kept: Vec::new(), ended, undated: 0 })
}

/// The wall clock when the machine started.
#[must_use]
pub fn booted_at(snapshot: &Snapshot) -> Timestamp {
    Timestamp(snapshot.taken_at.0.saturating_sub(millis(snapshot.uptime)))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The reports that the kernel's ring still holds, and how many of its records were overwritten.
fn ring(root: &HostRoot) -> Result<(Vec<OomReport>, u64), String> {
    let mut kmsg = Kmsg::open(root, KmsgStart::SinceBoot).map_err(|error| error.to_string())?;
    let mut reader = OomReader::new();
    let mut reports = Vec::new();
    let mut lost = 0;
    let mut collect = |event| keep(event, &mut reports);
    loop {
        match kmsg.step().map_err(|error| error.to_string())? {
            KmsgStep::Record(record) => {
                reader.push(&record.raw, &mut collect);
                reader.push(b"\n", &mut collect);
            }
            KmsgStep::Lost(records) => lost += records,
            KmsgStep::Quiet => break,
        }
    }
    reader.finish(&mut collect);
    Ok((reports, lost))
}

fn keep(event: OomEvent, reports: &mut Vec<OomReport>) {
    match event {
        OomEvent::Report(report) => reports.push(*report),
        OomEvent::Suppressed(_) | OomEvent::Reaped(_) | OomEvent::Other(_) => {}
    }
}

/// One log for each boot in the journal; its records are given to the parser as the kernel's ring prints them.
fn journal_logs(journal: &mut Journal) -> Vec<Log> {
    let mut boots: Vec<(BootId, Timestamp, OomReader, Vec<OomReport>)> = Vec::new();
    for record in &mut *journal {
        let known = boots.iter().position(|(boot, ..)| *boot == record.boot_id);
        let index = known.unwrap_or_else(|| {
            let started = Timestamp(record.received_at.0.saturating_sub(millis(record.since_boot)));
            boots.push((record.boot_id, started, OomReader::new(), Vec::new()));
            boots.len() - 1
        });
        if let Some((_, _, reader, reports)) = boots.get_mut(index) {
            reader.push(&as_printed(&record), &mut |event| keep(event, reports));
        }
    }
    let finished = boots.into_iter().map(|(boot, started, mut reader, mut reports)| {
        reader.finish(&mut |event| keep(event, &mut reports));
        Log {
            source: LogSource::Journal,
            boot: Reading::Value(boot),
            booted_at: Reading::Value(started),
            reports,
            records_lost: 0,
        }
    });
    finished.filter(|log| !log.reports.is_empty()).collect()
}

fn as_printed(record: &JournalRecord) -> Vec<u8> {
    let time = record.since_boot;
    let mut printed = Vec::new();
    for line in record.message.split(|byte| *byte == b'\n') {
        printed.extend(format!("[{:5}.{:06}] ", time.as_secs(), time.subsec_micros()).into_bytes());
        printed.extend_from_slice(line);
        printed.push(b'\n');
    }
    printed
}

/// A cgroup's counters began at zero when it was made, so what they say now is how much they rose.
fn counters_since_start(snapshot: &Snapshot) -> Vec<CounterChange> {
    let change = |cgroup: &Cgroup| {
        let after = KillCounters::of(cgroup);
        let zero = |counter: &Reading<u64>| counter.clone().map(|_| 0);
        let before = KillCounters {
            own_kills: zero(&after.own_kills),
            kills: zero(&after.kills),
            group_kills: zero(&after.group_kills),
            own_limit_hits: zero(&after.own_limit_hits),
        };
        let cgroup = CgroupRef { path: cgroup.path.clone(), id: cgroup.id };
        CounterChange { cgroup, from: Duration::ZERO, to: snapshot.uptime, before, after }
    };
    snapshot.cgroups.iter().map(change).collect()
}

fn kill_total(snapshot: &Snapshot) -> Reading<KillTotal> {
    let kills: Option<u64> = snapshot.host.vmstat.value().and_then(|vmstat| vmstat.get("oom_kill"));
    Reading::from(kills.map(|rose| KillTotal { from: Duration::ZERO, to: snapshot.uptime, rose }))
}
