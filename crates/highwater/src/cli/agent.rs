//! `highwater agent`: watches this machine until it is ended.

pub mod install;
pub mod status;

use crate::agent::Agent;
use crate::agent::alerts::Alerts;
use crate::agent::alerts::errand::Haste;
use crate::agent::doors::Doors;
use crate::agent::eyes::Eyes;
use crate::agent::inbox::Inbox;
use crate::agent::memory::Memory;
use crate::agent::mouth::Mouth;
use crate::agent::report::Costs;
use crate::agent::settings::Settings;
use crate::cli::oom::watch::teller::Teller;
use crate::cli::oom::watch::{self, Names};
use crate::cli::{Global, output};
use crate::exit_code::Outcome;
use anyhow::bail;
use clap::{Args, Subcommand};
use judge::look_rate::LookRate;
use model::kernel_log::BootId;
use model::recorded::StepLength;
use sinks::sd_notify::SdNotify;
use sources::cgroup::descriptors::KERNEL_BYTES_PER_DESCRIPTOR;
use sources::host_root::HostRoot;
use sources::oom_watch::{OomWatch, WatchOptions};
use sources::recorded::RecordedMachine;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use store::history::error::HistoryError;
use store::history::reader::HistoryReader;
use store::store::{Access, Store, StoreError};
use view::text::{Line, Tone};

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater agent                              watch, remember below /var/lib/highwater/agent, tell kills
  highwater agent --listen 127.0.0.1:9464      metrics for Prometheus, for this machine alone
  highwater agent --state /tmp/state           without root: what this user may see
  highwater agent --recorded /mnt/old/var/lib/highwater/agent --state /tmp/again
                                               yesterday again, as fast as it can be read
  highwater agent status                       how the running agent is, and what it costs

The configuration, of kind AgentConfig, says how often it looks, when it alerts, whom it tells (sinks) and what it starts (commands).
`highwater alerts ls` shows what fires, `highwater alerts test` whether messages arrive.

SIGHUP reads the configuration again, SIGTERM ends it. Exit status: 0 ended as asked; 2 unreadable settings; 3 another agent has
the state or the socket, or a later Highwater wrote the state.";

/// Where the settings are when nobody says.
pub const CONFIG: &str = "/etc/highwater/agent.yaml";

/// Where the agent remembers when nobody says.
pub const STATE: &str = "/var/lib/highwater/agent";

/// Where it can be asked when nobody says.
pub const SOCKET: &str = "/run/highwater/agent.sock";

/// What is kept in memory of the seconds before a kill; the rest is in the history.
const BEFORE_KILL_BYTES_MAX: usize = 2 * 1024 * 1024;

/// What files that are kept open may pin of the kernel's memory: enough for all that is read often of a thousand containers. What
/// does not fit is opened each time, which costs a little more of the processor.
const KEPT_FILES_BYTES_MAX: u64 = 8 << 20;

/// Flags of `agent`.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct AgentArgs {
    #[command(subcommand)]
    command: Option<AgentCommand>,
    /// The configuration [default: /etc/highwater/agent.yaml where there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder in which to remember
    #[arg(long, value_name = "DIR", default_value = STATE)]
    state: PathBuf,
    /// Give metrics at this address: http://ADDR/metrics
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Where it can be asked [default: /run/highwater/agent.sock where that folder is]
    #[arg(long, value_name = "SOCKET")]
    socket: Option<PathBuf>,
    /// See what was remembered below another folder instead of this machine, and end with it
    #[arg(long, value_name = "DIR")]
    recorded: Option<PathBuf>,
}

#[derive(Subcommand)]
enum AgentCommand {
    /// Ask the running agent how it is
    #[command(after_help = status::EXAMPLES)]
    Status(status::StatusArgs),
    /// Install the agent as a service of systemd: its unit, its user, its folders
    #[command(after_help = install::INSTALL_EXAMPLES)]
    Install(install::InstallArgs),
    /// Stop the agent and take away what `install` made
    #[command(after_help = install::UNINSTALL_EXAMPLES)]
    Uninstall(install::InstallArgs),
}

/// Runs the agent, or asks one.
///
/// # Errors
/// When the settings cannot be read, the state cannot be written, or standard output cannot.
pub fn run(global: &Global, args: &AgentArgs) -> anyhow::Result<Outcome> {
    match &args.command {
        Some(AgentCommand::Status(args)) => status::run(args),
        Some(AgentCommand::Install(args)) => install::install(global, args),
        Some(AgentCommand::Uninstall(args)) => install::uninstall(global, args),
        None => watch(global, args),
    }
}

fn watch(global: &Global, args: &AgentArgs) -> anyhow::Result<Outcome> {
    let settings = match &args.config {
        Some(file) => Settings::of(Some(file.clone()), args.listen)?,
        None => Settings::of_usual(Path::new(CONFIG), args.listen)?,
    };
    let (store, memory) = match open(args, &settings) {
        Ok(opened) => opened,
        Err(Refused::NotOurs(why)) => {
            return refused(&format!("--state: {why}"));
        }
        Err(Refused::Broken(error)) => return Err(error),
    };
    let (inbox, bell) = Inbox::new()?;
    // Before anything is sent: who may not have the socket tells nobody anything.
    let mut doors = Doors::closed(inbox.post());
    match open_socket(args, &mut doors) {
        Ok(()) => {}
        Err(Refused::NotOurs(why)) => return refused(&why),
        Err(Refused::Broken(error)) => return Err(error),
    }
    let haste = if args.recorded.is_some() { Haste::AtOnce } else { Haste::Aside };
    let eyes = match &args.recorded {
        Some(folder) => Eyes::recorded(recorded(folder, &args.state)?, BootId(1)),
        None => {
            let mut watch = OomWatch::new(HostRoot::new(&global.root), &options(&settings, store.as_ref()));
            watch.wake_by(bell);
            Eyes::live(watch, Names::new(global.clone())?)?
        }
    };
    let alerts = match Alerts::open(&args.state, &settings.wanted, haste, &eyes.moment()) {
        Ok(alerts) => alerts,
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            return refused(&format!("--state: {error}"));
        }
        Err(error) => return Err(anyhow::Error::from(error).context("--state")),
    };
    doors.listen(&settings).map_err(anyhow::Error::msg)?;
    inbox.hear_signals()?;
    let notify = std::env::var_os("NOTIFY_SOCKET");
    let watchdog = std::env::var("WATCHDOG_USEC").ok();
    let manager = SdNotify::new(notify.as_deref(), watchdog.as_deref());
    let mouth = Mouth::new(Teller::new(output::Format::Text, store, None), manager);
    let rate = LookRate::new(settings.wanted.interval);
    Agent { settings, eyes, memory, alerts, mouth, doors, inbox, rate, costs: Costs::new() }.run()
}

/// Says why this agent does not start.
fn refused(why: &str) -> anyhow::Result<Outcome> {
    output::remarks(&[Line::of(Tone::Critical, format!("highwater: {why}"))])?;
    Ok(Outcome::NotDone)
}

/// Opens the control socket, where there is to be one.
fn open_socket(args: &AgentArgs, doors: &mut Doors) -> Result<(), Refused> {
    let Some(socket) = socket(args) else { return Ok(()) };
    let place = socket.display();
    doors.open_socket(&socket).map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => Refused::NotOurs(format!(
            "--socket: {place}: another agent answers there; end it, or name another socket with `--socket`"
        )),
        _ => Refused::Broken(anyhow::Error::from(error).context(place.to_string()).context("--socket")),
    })
}

/// Why the state or the socket could not be opened.
enum Refused {
    /// Another agent has it, or a later Highwater wrote it.
    NotOurs(String),
    /// It cannot be used.
    Broken(anyhow::Error),
}

/// The incidents and the history. Both are for one agent alone.
fn open(args: &AgentArgs, settings: &Settings) -> Result<(Option<Store>, Memory), Refused> {
    let broken = |error: anyhow::Error| Refused::Broken(error.context("--state"));
    let store = match Store::open(&args.state) {
        Ok(store) => match store.access() {
            Access::ReadWrite => Some(store),
            Access::ReadOnly { why } => {
                let place = args.state.display();
                return Err(Refused::Broken(anyhow::anyhow!("--state: {place}: cannot be written: {why}")));
            }
        },
        Err(StoreError::Locked { .. }) => {
            let place = args.state.display();
            return Err(Refused::NotOurs(format!("{place}: another agent remembers there")));
        }
        Err(error @ StoreError::Newer { .. }) => return Err(Refused::NotOurs(error.to_string())),
        // A disk that is full is no reason not to watch: the history tells it.
        Err(StoreError::Failed { source, .. }) if source.kind() == std::io::ErrorKind::StorageFull => None,
        Err(error) => return Err(broken(error.into())),
    };
    match Memory::open(&args.state, &settings.wanted) {
        Ok(memory) => Ok((store, memory)),
        Err(error @ (HistoryError::Locked { .. } | HistoryError::Newer { .. })) => {
            Err(Refused::NotOurs(error.to_string()))
        }
        Err(error) => Err(broken(error.into())),
    }
}

fn options(settings: &Settings, store: Option<&Store>) -> WatchOptions {
    let usual = WatchOptions::default();
    WatchOptions {
        start: store.map_or(usual.start, watch::start),
        interval: settings.wanted.interval,
        bytes_max: BEFORE_KILL_BYTES_MAX,
        descriptors_max: usize::try_from(KEPT_FILES_BYTES_MAX / KERNEL_BYTES_PER_DESCRIPTOR)
            .unwrap_or(usize::MAX),
        ..usual
    }
}

/// What was remembered below a folder, in the shortest steps in which all of it is kept.
fn recorded(folder: &Path, state: &Path) -> anyhow::Result<RecordedMachine> {
    let same =
        folder.canonicalize().ok().zip(state.canonicalize().ok()).is_some_and(|(one, other)| one == other);
    if same {
        bail!("--recorded: {}: expected another folder than --state", folder.display());
    }
    let reader = HistoryReader::new(&folder.join("history"));
    let Some(span) = reader.extent()?.span else {
        bail!("--recorded: {}: expected a history, found nothing recorded", folder.display());
    };
    let recalled = reader.read_all(span, StepLength::for_span(span))?;
    Ok(RecordedMachine::new(recalled.found))
}

/// Where it can be asked: where the flag says, else in the folder that systemd made for it.
fn socket(args: &AgentArgs) -> Option<PathBuf> {
    match &args.socket {
        Some(path) => Some(path.clone()),
        None => {
            let usual = Path::new(SOCKET);
            let is_there = usual.parent().is_some_and(Path::is_dir);
            (is_there && args.recorded.is_none()).then(|| usual.to_owned())
        }
    }
}
