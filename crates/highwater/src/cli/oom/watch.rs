//! `highwater oom watch`: every kill as it happens.

pub mod desk;
mod log_clock;
mod runtime_words;
mod seen;
pub mod teller;

use crate::cli::output::Format;
use crate::cli::{Global, observe};
use crate::exit_code::Outcome;
use anyhow::Context;
use clap::Args;
use desk::Desk;
use model::cgroup::{Cgroup, CgroupId};
use model::snapshot::Snapshot;
use runtime_words::RuntimeWords;
use seen::{Cause, Seen};
use sinks::command::CommandSink;
use sources::collect::join::Witnesses;
use sources::host_root::HostRoot;
use sources::kmsg::KmsgStart;
use sources::oom_watch::{Happening, OomWatch, WatchOptions};
use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use store::store::Store;
use teller::{Grown, Teller};

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater oom watch
  highwater oom watch --format json | jq -r .incident.message
  highwater oom watch --exec ./on-oom.sh     the incident as JSON on the command's standard input
  highwater oom watch --state /var/lib/highwater
                                             go on where the last watch ended; keep every incident

An incident is told at once. When its episode takes more kills it is told once more, three
seconds after the last of them, in JSON with \"told_before\": true. --exec is started once.";

/// Without news the loop only looks whether an engine has answered.
pub const WAIT: Duration = Duration::from_secs(1);

/// Containers that are remembered when they are gone; more than this come and go only on a machine that is all churn.
const REMEMBERED_MAX: usize = 4_096;

/// Who did not answer everything is asked again after so long, then ever more rarely.
const ASK_AGAIN: Duration = Duration::from_secs(1);
const ASK_AGAIN_MAX: Duration = Duration::from_secs(60);

/// A report is complete when the log has been quiet for so long: its lines are written in one go.
pub const QUIET: Duration = Duration::from_millis(1);

/// Flags of `oom watch`.
#[derive(Args)]
pub struct WatchArgs {
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    format: Format,
    /// Start this command for every incident, with the incident as JSON on its standard input; it prints to standard error
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
    let start = store.as_ref().map_or(KmsgStart::OnlyNew, start);
    let options = WatchOptions { start, ..WatchOptions::default() };
    let mut watch = OomWatch::new(HostRoot::new(&global.root), &options);
    let mut names = Names::new(global.clone())?;
    names.ask_about(watch.snapshot())?;
    let command = args.exec.clone().map(CommandSink::new);
    let mut teller = Teller::new(args.format, store, command);
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
        names.runtime.hear();
        if is_log_quiet {
            desk.flush();
        }
        for incident in desk.incidents(&watch, &names) {
            teller.tell(&incident)?;
        }
        let is_last = args.count.is_some_and(|count| teller.told() >= count);
        teller.tell_grown(if is_last { Grown::All } else { Grown::Settled })?;
        // Nothing of what waits is kept yet: a restart has to read it again, and what was told it knows.
        if !desk.is_waiting() {
            teller.remember(watch.cursor())?;
        }
        names.hear(&mut watch);
        names.ask_about(watch.snapshot())?;
        if is_last {
            teller.finish(watch.cursor().filter(|_| !desk.is_waiting()))?;
            return Ok(Outcome::Findings);
        }
    }
}

/// Behind what was read in an earlier life. Where that is no longer known all is read: what was told then is in the store.
pub fn start(store: &Store) -> KmsgStart {
    match store.cursor() {
        Some(cursor) => KmsgStart::After(cursor),
        None if store.damage().damaged_cursors > 0 => KmsgStart::SinceBoot,
        None => KmsgStart::OnlyNew,
    }
}

/// Who changes limits all the time is not followed at every step.
const LIMITS_INTERVAL: Duration = Duration::from_secs(5);

/// Asks the container engines for names whenever containers came, without holding up the watch.
pub struct Names {
    global: Global,
    known: usize,
    pending: Option<JoinHandle<Witnesses>>,
    /// How many engines answered when they were last asked: one that goes or comes is asked.
    engines_open: usize,
    /// When those that did not answer are asked again, and after how long.
    again: Option<(Instant, Duration)>,
    seen: Seen,
    asked_at: Option<Instant>,
    /// Containers as they were last seen: a container that was killed is gone before its story is told.
    remembered: HashMap<CgroupId, Box<Cgroup>>,
    /// What engines say meanwhile.
    pub runtime: RuntimeWords,
}

impl Names {
    /// Begins to listen to engines.
    ///
    /// # Errors
    /// When `--docker-host` is no unix socket.
    pub fn new(global: Global) -> anyhow::Result<Self> {
        let runtime = RuntimeWords::listen(&global)?;
        Ok(Self {
            global,
            known: 0,
            pending: None,
            engines_open: 0,
            again: None,
            seen: Seen::default(),
            asked_at: None,
            remembered: HashMap::new(),
            runtime,
        })
    }

    /// Asks where containers came, or their limits are others: what was declared may be too.
    ///
    /// # Errors
    /// When `--docker-host` is no unix socket.
    pub fn ask_about(&mut self, snapshot: &Snapshot) -> anyhow::Result<()> {
        if self.pending.is_some() {
            return Ok(());
        }
        let is_due = match self.seen.news_in(snapshot) {
            Some(Cause::Arrival) => true,
            Some(Cause::Limits) => self.asked_at.is_none_or(|at| at.elapsed() >= LIMITS_INTERVAL),
            None => self.known == 0,
        };
        if !is_due {
            return Ok(());
        }
        let questions = observe::questions_about(&self.global, snapshot)?;
        self.pending = Some(std::thread::spawn(move || observe::ask(questions)));
        self.seen = Seen::of(snapshot);
        self.asked_at = Some(Instant::now());
        self.known += 1;
        Ok(())
    }

    /// Takes what an engine answered, and remembers the containers with their names.
    pub fn hear(&mut self, watch: &mut OomWatch) {
        if let Some(witnesses) = self.answer() {
            let pause = self.again.map_or(ASK_AGAIN, |(_, pause)| ASK_AGAIN_MAX.min(pause * 2));
            let has_failed = !witnesses.missing.is_empty();
            watch.hear(witnesses);
            let is_whole = !has_failed && !observe::has_nameless(watch.snapshot());
            self.again = (!is_whole).then(|| (Instant::now() + pause, pause));
            if self.remembered.len() > REMEMBERED_MAX {
                self.remembered.clear();
            }
            let containers = watch.snapshot().cgroups.iter().filter(|cgroup| cgroup.container.is_some());
            self.remembered.extend(containers.map(|cgroup| (cgroup.id, Box::new(cgroup.clone()))));
        }
        self.question_again();
    }

    /// An engine that went or came is asked, and so is one whose answer was not whole.
    fn question_again(&mut self) {
        let engines_open = self.runtime.engines_open();
        let is_due = self.again.is_some_and(|(at, _)| at <= Instant::now());
        if self.pending.is_none() && (is_due || engines_open != self.engines_open) {
            (self.engines_open, self.known) = (engines_open, 0);
        }
    }

    /// Where the machine and its engines are.
    #[must_use]
    pub const fn global(&self) -> &Global {
        &self.global
    }

    /// Every cgroup there is, and the containers that are gone.
    fn cgroups(&self, snapshot: &Snapshot) -> Vec<Cgroup> {
        let there: HashSet<CgroupId> = snapshot.cgroups.iter().map(|cgroup| cgroup.id).collect();
        let gone = self.remembered.values().filter(|cgroup| !there.contains(&cgroup.id));
        snapshot.cgroups.iter().chain(gone.map(Box::as_ref)).cloned().collect()
    }

    fn answer(&mut self) -> Option<Witnesses> {
        let asked = self.pending.take_if(|asked| asked.is_finished())?;
        asked.join().ok()
    }
}

fn eprint(text: &str) -> std::io::Result<()> {
    anstream::stderr().write_all(text.as_bytes())
}
