//! `highwater agent install` and `uninstall`: the unit, its user and its folders, through the same journal as every other change.

use crate::cli::node::apply::finish;
use crate::cli::node::stage::{self, Teller, is_agreed, no_right, print};
use crate::cli::node::undo::{TakingBack, keeping, take_back};
use crate::cli::output::Format;
use crate::cli::{Global, output};
use crate::exit_code::Outcome;
use anyhow::Context;
use apply::host::Machine;
use apply::run;
use apply::undo::Changed;
use clap::Args;
use kernel::hierarchy::CgroupVersion;
use model::node_run::{NodeRun, Verb};
use model::plan::{FileContent, Plan};
use plan::agent::{self, AgentHost, LINK};
use sources::cgroup::hierarchy;
use sources::host_root::HostRoot;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// What stands below the help of `install`.
pub const INSTALL_EXAMPLES: &str = "Examples:
  highwater agent install --dry-run          what would be written and started
  highwater agent install --yes              install, in a script
  highwater agent install --root /mnt/image --yes
                                             an image: its files; it starts with its first boot

Exit status: 0 done, or nothing to do; 3 not done.";

/// What stands below the help of `uninstall`.
pub const UNINSTALL_EXAMPLES: &str = "Examples:
  highwater agent uninstall --dry-run        what would be taken back
  highwater agent uninstall --yes            the agent stops, its unit goes; what it remembered stays

What the agent remembered stays below /var/lib/highwater/agent, and so do its user and group. Exit status: 0 done, or nothing to
do; 3 not done.";

/// Where the journal of the installation lies, below the machine's root.
const STATE: &str = "var/lib/highwater/install";

/// Flags of `agent install` and `agent uninstall`.
#[derive(Args)]
pub struct InstallArgs {
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Show what would be done, and do nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// How to print
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// Installs.
///
/// # Errors
/// When the root is no folder, a file cannot be read, or standard output cannot be written.
pub fn install(global: &Global, args: &InstallArgs) -> anyhow::Result<Outcome> {
    let machine = stage::machine(global)?;
    let plan = agent::plan(&host(global, &machine)?);
    if args.dry_run {
        print(Format::Text, &view::node_run::plan(&plan))?;
        return Ok(if plan.refusals.is_empty() { Outcome::Fine } else { Outcome::NotDone });
    }
    let report = run_plan(global, args, &machine, &plan)?;
    if report.stopped.is_none() && args.format == Format::Text {
        output::lines(&view::agent::installed())?;
        return Ok(Outcome::Fine);
    }
    finish(&report, args.format)
}

fn run_plan(global: &Global, args: &InstallArgs, machine: &Machine, plan: &Plan) -> anyhow::Result<NodeRun> {
    let state = global.root.join(STATE);
    let mut report = stage::report(Verb::Apply, &state);
    print(args.format, &view::node_run::plan(plan))?;
    report.stopped = no_right(machine);
    if let (None, Some(refused)) = (&report.stopped, plan.refusals.first()) {
        report.stopped = Some(stage::refusal(format!("{}; {}", refused.why, refused.remedy)));
    }
    if report.stopped.is_none() {
        report.stopped = is_agreed("Install the agent?", args.yes)?.err();
    }
    if report.stopped.is_some() {
        return Ok(report);
    }
    match stage::open(&state, "agent install") {
        Err(stopped) => report.stopped = Some(stopped),
        Ok((_lock, mut journal)) => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
            let mut teller = Teller::new(plan.steps.len(), args.format == Format::Text);
            let ended = match journal.history().is_interrupted() {
                true => run::go_on(machine, &mut journal, &mut |event| teller.hear(event)),
                false => run::start(machine, &mut journal, plan, now, &mut |event| teller.hear(event)),
            };
            report.stopped = ended.err().map(|error| stage::stopped(&error));
            report.steps = teller.into_steps();
        }
    }
    Ok(report)
}

/// Takes the installation back.
///
/// # Errors
/// When the root is no folder, or standard output cannot be written.
pub fn uninstall(global: &Global, args: &InstallArgs) -> anyhow::Result<Outcome> {
    let state = global.root.join(STATE);
    let asked = TakingBack {
        command: "agent uninstall",
        then: Changed::Refused,
        keeping: keeping(global, Some(&state)),
        question: "Take the agent away?",
        yes: args.yes,
        dry_run: args.dry_run,
        format: args.format,
    };
    take_back(global, &state, &asked)
}

/// What decides how the agent is installed on this machine.
fn host(global: &Global, machine: &Machine) -> anyhow::Result<AgentHost> {
    let own = Path::new("/") == machine.root();
    let binary = if own {
        std::env::current_exe().context("this program's own path")?
    } else {
        PathBuf::from("/usr/bin/highwater")
    };
    let mut files = Vec::new();
    for path in agent::paths() {
        let place = below(machine, path);
        if let Ok(found) = fs::metadata(&place) {
            let text = fs::read_to_string(&place).with_context(|| place.display().to_string())?;
            let mode = found.permissions().mode() & 0o7777;
            files.push((path.to_owned(), FileContent { text, mode }));
        }
    }
    let group = fs::read_to_string(below(machine, "/etc/group")).unwrap_or_default();
    let memory = hierarchy::find(&HostRoot::new(&global.root)).memory;
    Ok(AgentHost {
        binary: binary.display().to_string(),
        has_docker_group: group.lines().any(|line| line.starts_with("docker:")),
        is_cgroup_v1: memory.is_ok_and(|mount| mount.hierarchy.version == CgroupVersion::V1),
        files,
        link: fs::read_link(below(machine, LINK)).ok().map(|link| link.display().to_string()),
    })
}

fn below(machine: &Machine, path: &str) -> PathBuf {
    machine.root().join(path.trim_start_matches('/'))
}
