//! `highwater top`: the live screen.

use crate::cli::observe::{self, Questions};
use crate::cli::{Global, ls};
use crate::exit_code::Outcome;
use anyhow::Context;
use clap::Args;
use kernel::bytes::Bytes;
use kernel::cgroup_path::{Identity, UnitKind};
use model::assessment::Assessment;
use model::cgroup::{Cgroup, CgroupId, CgroupIndex};
use model::host::OwnCost;
use model::snapshot::Snapshot;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use sources::cgroup::descriptors::KERNEL_BYTES_PER_DESCRIPTOR;
use sources::collect::join::Witnesses;
use sources::collect::{Collector, Habit, Scope};
use sources::host_root::HostRoot;
use sources::proc::own_cost;
use std::env;
use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};
use tui::canvas::Look;
use tui::glyphs::Glyphs;
use tui::paint::Paint;
use tui::scene::{Cost, Scene};
use tui::state::{Clock, State};
use tui::terminal::{self, Screen};
use tui::update::{Input, Intent, update};

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater top                 every container, the one with least left first; `h` tells the keys
  highwater top --interval 0.5  twice a second
  highwater top --ascii         on a terminal without blocks and braille

Every figure explains itself: choose it with the arrows and press `?`.";

const INTERVAL_DEFAULT: Duration = Duration::from_secs(2);

/// Rates need two scans, and nobody wants to wait for them.
const SECOND_SCAN_AFTER: Duration = Duration::from_millis(500);

/// New containers are asked about at once, but an engine is not asked more often than this.
const ASK_AGAIN_MIN: Duration = Duration::from_secs(2);

/// `docker update` changes what was declared without a new container.
const ASK_AGAIN_MAX: Duration = Duration::from_secs(30);

/// While the screen is paused only an input ends the wait.
const PAUSE: Duration = Duration::from_secs(3_600);

/// Flags of `top`.
#[derive(Args, Default)]
pub struct TopArgs {
    /// Look again every so many seconds
    #[arg(long, short, value_name = "SECONDS", value_parser = ls::seconds)]
    interval: Option<Duration>,
    /// Draw with characters that every terminal has
    #[arg(long)]
    ascii: bool,
    /// End after so many frames
    #[arg(long, hide = true, value_name = "N")]
    frames: Option<u64>,
}

/// Something that happened while the screen waited.
enum Event {
    Input(Input),
    Heard(Box<Witnesses>),
    Stop,
}

/// Runs the live screen.
///
/// # Errors
/// When there is no terminal or it cannot be used.
pub fn run(global: &Global, args: &TopArgs) -> anyhow::Result<Outcome> {
    if !io::stdout().is_terminal() {
        anyhow::bail!("top needs a terminal; use `highwater ls`");
    }
    let collector = Collector::new(HostRoot::new(&global.root), Scope::Everything, Habit::Repeatedly);
    let (sender, inbox) = mpsc::channel();
    let asker = Asker::start(global, &collector, sender.clone())?;
    let screen = Screen::enter().context("the terminal")?;
    stop_on_signals(sender.clone())?;
    terminal::listen(move |input| match sender.send(Event::Input(input)) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    })?;
    let state = State::new(look(args), screen.size()?, args.interval.unwrap_or(INTERVAL_DEFAULT));
    Top { sight: Sight::new(collector), state, screen, asker, frames_left: args.frames }.run(&inbox)?;
    Ok(Outcome::Fine)
}

/// The program while the screen is up.
struct Top {
    sight: Sight,
    state: State,
    screen: Screen,
    asker: Asker,
    frames_left: Option<u64>,
}

impl Top {
    /// The loop: scan when it is time, take in what happened, draw what changed.
    fn run(mut self, inbox: &Receiver<Event>) -> io::Result<()> {
        let mut flow = ControlFlow::Continue(());
        let mut scan_at = Instant::now();
        let mut wait = SECOND_SCAN_AFTER;
        while flow.is_continue() {
            let is_running = self.state.clock == Clock::Running;
            if is_running && Instant::now() >= scan_at {
                self.sight.scan();
                self.asker.ask_if_due(&self.sight.collector);
                scan_at = self.sight.scanned_at + wait.min(self.state.interval);
                wait = Duration::MAX;
                flow = self.take(Input::Scanned)?;
                continue;
            }
            let pause = if is_running { scan_at.saturating_duration_since(Instant::now()) } else { PAUSE };
            flow = match inbox.recv_timeout(pause) {
                Ok(Event::Input(input)) => self.take(input)?,
                Ok(Event::Heard(witnesses)) => {
                    self.sight.hear(*witnesses);
                    self.take(Input::Heard)?
                }
                Ok(Event::Stop) | Err(RecvTimeoutError::Disconnected) => ControlFlow::Break(()),
                Err(RecvTimeoutError::Timeout) => ControlFlow::Continue(()),
            };
            // A shorter interval counts at once.
            scan_at = scan_at.min(self.sight.scanned_at + self.state.interval);
        }
        Ok(())
    }

    /// Takes an input in and does what the screen then wants.
    fn take(&mut self, input: Input) -> io::Result<ControlFlow<()>> {
        let scene = self.sight.scene();
        match update(&mut self.state, input, &scene) {
            Intent::Nothing => return Ok(ControlFlow::Continue(())),
            Intent::Quit => return Ok(ControlFlow::Break(())),
            Intent::Draw => self.screen.draw(&self.state, &scene)?,
            Intent::Redraw => self.screen.redraw(&self.state, &scene)?,
            Intent::Show(index) => {
                let shown = details(&scene, index, usize::from(self.state.size.width));
                if let Some(details) = shown {
                    update(&mut self.state, details, &scene);
                }
                self.screen.draw(&self.state, &scene)?;
            }
            Intent::Suspend => {
                terminal::give_back();
                // Without a shell to continue us the kernel ignores this, and the screen comes back at once.
                signal_hook::low_level::raise(SIGTSTP)?;
                self.screen.resume()?;
                self.screen.draw(&self.state, &scene)?;
            }
        }
        self.frames_left = self.frames_left.map(|frames| frames.saturating_sub(1));
        Ok(if self.frames_left == Some(0) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

/// Everything about one cgroup, as `highwater show` says it.
fn details(scene: &Scene<'_>, index: CgroupIndex, width: usize) -> Option<Input> {
    let row = scene.row(index)?;
    let ladder = judge::ladder::ladder(scene.snapshot, row.assessment);
    Some(Input::Shown(row.cgroup.id, view::show::show(row, &ladder, width)))
}

/// What is seen of the machine, what is thought of it, and what that costs.
struct Sight {
    collector: Collector,
    assessments: Vec<Assessment>,
    worst: Option<CgroupIndex>,
    cost: Option<Cost>,
    spent: Option<OwnCost>,
    scanned_at: Instant,
}

impl Sight {
    fn new(collector: Collector) -> Self {
        let scanned_at = Instant::now();
        Self { collector, assessments: Vec::new(), worst: None, cost: None, spent: None, scanned_at }
    }

    fn scan(&mut self) {
        let now = Instant::now();
        let passed = now.saturating_duration_since(self.scanned_at);
        self.scanned_at = now;
        self.collector.scan();
        self.judge();
        self.count_cost(passed);
    }

    fn hear(&mut self, witnesses: Witnesses) {
        self.collector.hear(witnesses);
        self.judge();
    }

    fn judge(&mut self) {
        let snapshot = self.collector.snapshot();
        let indices = (0..snapshot.cgroups.len()).map(CgroupIndex);
        self.assessments.clear();
        self.assessments.extend(indices.filter_map(|index| judge::assess::assess(snapshot, index)));
        self.worst = worst(snapshot, &self.assessments);
    }

    fn count_cost(&mut self, passed: Duration) {
        let Some(own) = own_cost().get() else { return };
        let used = self.spent.map(|before| own.cpu_time.saturating_sub(before.cpu_time));
        let descriptors = self.collector.descriptors_kept();
        let pinned =
            u64::try_from(descriptors).unwrap_or(u64::MAX).saturating_mul(KERNEL_BYTES_PER_DESCRIPTOR);
        let cpu_ratio =
            used.filter(|_| !passed.is_zero()).map(|used| used.as_secs_f64() / passed.as_secs_f64());
        self.cost = Some(Cost { cpu_ratio, resident: own.resident, descriptors, pinned: Bytes(pinned) });
        self.spent = Some(own);
    }

    fn scene(&self) -> Scene<'_> {
        let snapshot = self.collector.snapshot();
        Scene { snapshot, assessments: &self.assessments, worst: self.worst, cost: self.cost }
    }
}

/// Of the containers the one that needs somebody first; of the units, then of all cgroups, where there is none.
fn worst(snapshot: &Snapshot, assessments: &[Assessment]) -> Option<CgroupIndex> {
    let among = |wanted: fn(&Cgroup) -> bool| {
        let is_wanted = |assessment: &&Assessment| snapshot.cgroup(assessment.cgroup).is_some_and(wanted);
        judge::worst_off::worst_off(assessments.iter().filter(is_wanted)).map(|worst| worst.cgroup)
    };
    among(|cgroup| cgroup.container.is_some()).or_else(|| among(is_unit)).or_else(|| among(|_| true))
}

fn is_unit(cgroup: &Cgroup) -> bool {
    matches!(&cgroup.identity, Identity::Unit(unit) if unit.kind != UnitKind::Slice)
}

/// Asks engines and systemd on a thread of its own: a silent socket must not stop the screen.
struct Asker {
    global: Global,
    questions: Sender<Questions>,
    asked_at: Instant,
    asked_about: Vec<CgroupId>,
}

impl Asker {
    fn start(global: &Global, collector: &Collector, heard: Sender<Event>) -> anyhow::Result<Self> {
        let (questions, asked) = mpsc::channel::<Questions>();
        questions.send(observe::questions(global, collector)?)?;
        thread::Builder::new().name("asker".to_owned()).spawn(move || {
            while let Ok(question) = asked.recv() {
                let newest = asked.try_iter().last().unwrap_or(question);
                if heard.send(Event::Heard(Box::new(observe::ask(newest)))).is_err() {
                    return;
                }
            }
        })?;
        let asked_about = collector.snapshot().cgroups.iter().map(|cgroup| cgroup.id).collect();
        Ok(Self { global: global.clone(), questions, asked_at: Instant::now(), asked_about })
    }

    /// Asks again when there are other cgroups than before, and now and then.
    fn ask_if_due(&mut self, collector: &Collector) {
        let passed = self.asked_at.elapsed();
        if passed < ASK_AGAIN_MIN {
            return;
        }
        let is_known =
            collector.snapshot().cgroups.iter().map(|cgroup| cgroup.id).eq(self.asked_about.iter().copied());
        if is_known && passed < ASK_AGAIN_MAX {
            return;
        }
        self.asked_at = Instant::now();
        self.asked_about = collector.snapshot().cgroups.iter().map(|cgroup| cgroup.id).collect();
        if let Ok(questions) = observe::questions(&self.global, collector) {
            // When the asker is gone the names stay as they are.
            let _ = self.questions.send(questions);
        }
    }
}

/// The terminal is given back before the program goes.
fn stop_on_signals(stop: Sender<Event>) -> io::Result<()> {
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let wait = move || {
        if signals.forever().next().is_some() {
            // The loop may have ended by itself.
            let _ = stop.send(Event::Stop);
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(wait).map(|_| ())
}

fn look(args: &TopArgs) -> Look {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| set(name));
    let glyphs = match args.ascii {
        true => Glyphs::Ascii,
        false => Glyphs::of_terminal(set("TERM").as_deref(), locale.as_deref()),
    };
    let paint = match anstream::AutoStream::choice(&io::stdout()) {
        anstream::ColorChoice::Never => Paint::Monochrome,
        anstream::ColorChoice::Auto | anstream::ColorChoice::Always | anstream::ColorChoice::AlwaysAnsi => {
            Paint::Colours
        }
    };
    Look { glyphs, paint }
}
