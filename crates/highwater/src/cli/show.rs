//! `highwater show`: everything about one container, unit, process or cgroup.

use crate::cli::observe::{self, Judged};
use crate::cli::output::Format;
use crate::cli::{Global, ls, output};
use crate::exit_code::Outcome;
use anyhow::{Context, bail};
use api::containers::Entry;
use clap::Args;
use kernel::cgroup_path::Identity;
use model::cgroup::CgroupIndex;
use model::snapshot::Snapshot;
use sources::collect::Scope;
use sources::host_root::HostRoot;
use view::names;

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater show web                    a container by name
  highwater show 3f2a91                 by the start of its id
  highwater show 4711                   by a process in it
  highwater show docker.service         a systemd unit
  highwater show /system.slice          a cgroup by its path
  highwater show web --format json | jq .ladder";

/// Flags of `show`.
#[derive(Args)]
pub struct ShowArgs {
    /// A container's name or id, a unit, a process id, or a cgroup's path
    target: String,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    format: Format,
    /// Exit 1 when it needs attention
    #[arg(long)]
    check: bool,
}

/// Shows one.
///
/// # Errors
/// When nothing or more than one thing is meant, or standard output cannot be written.
pub fn run(global: &Global, args: &ShowArgs) -> anyhow::Result<Outcome> {
    let snapshot = observe::look(global, Scope::Everything, None)?;
    let index = find(&snapshot, &HostRoot::new(&global.root), &args.target)?;
    let path = snapshot.cgroup(index).map(|cgroup| cgroup.path.clone()).unwrap_or_default();
    let judged = Judged::new(snapshot, |cgroup| cgroup.path == path);
    let assessment =
        judged.assessments.first().with_context(|| format!("{path}: no such cgroup any more"))?;
    let row = judged.row(assessment).with_context(|| format!("{path}: no such cgroup any more"))?;
    let ladder = judge::ladder::ladder(&judged.snapshot, assessment);
    match args.format {
        Format::Json => {
            let sentences = ls::sentences(row);
            let entry = Entry { cgroup: row.cgroup, assessment, sentences: &sentences };
            output::json(&api::containers::show(&judged.snapshot, entry, &ladder))?;
        }
        Format::Text => {
            let width = output::width();
            let mut lines = view::show::show(row, &ladder, width);
            lines.extend(view::list::missing_lines(&judged.snapshot, width));
            output::lines(&lines)?;
        }
    }
    let needs_action = judge::worst_off::needs_action(assessment);
    Ok(if args.check && needs_action { Outcome::Findings } else { Outcome::Fine })
}

/// Finds the cgroup that is meant. An exact name, unit or path wins over a process id, and that over the start of an id.
///
/// # Errors
/// When nothing or more than one thing is meant.
pub fn find(snapshot: &Snapshot, root: &HostRoot, target: &str) -> anyhow::Result<CgroupIndex> {
    if let Some(why) = snapshot.missing.iter().find(|missing| missing.what == "every cgroup") {
        bail!("{}", why.why);
    }
    let exact = candidates(snapshot, |cgroup| {
        let unit = matches!(&cgroup.identity, Identity::Unit(unit) if unit.name == target);
        unit || names::cgroup(cgroup) == target
            || cgroup.path == target
            || cgroup.path.trim_start_matches('/') == target
    });
    if let Some(index) = only_one(snapshot, target, &exact)? {
        return Ok(index);
    }
    if let Ok(pid) = target.parse::<u32>()
        && let Some(index) = of_process(snapshot, root, pid)?
    {
        return Ok(index);
    }
    let starting = candidates(snapshot, |cgroup| {
        let id = cgroup.container.as_ref().map(|container| container.id.0.as_str());
        target.len() >= 2 && id.is_some_and(|id| id.starts_with(target))
    });
    only_one(snapshot, target, &starting)?.with_context(|| {
        format!("expected a container's name or id, a unit, a process id or a cgroup's path, found `{target}`, which is none on this machine; `highwater ls --all` lists them")
    })
}

fn candidates(snapshot: &Snapshot, is_meant: impl Fn(&model::cgroup::Cgroup) -> bool) -> Vec<CgroupIndex> {
    let meant = snapshot.cgroups.iter().enumerate().filter(|(_, cgroup)| is_meant(cgroup));
    meant.map(|(index, _)| CgroupIndex(index)).collect()
}

fn only_one(snapshot: &Snapshot, target: &str, found: &[CgroupIndex]) -> anyhow::Result<Option<CgroupIndex>> {
    match found {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        [..] => {
            let paths: Vec<&str> = found
                .iter()
                .filter_map(|index| snapshot.cgroup(*index))
                .map(|cgroup| cgroup.path.as_str())
                .take(5)
                .collect();
            bail!("`{target}` is {} cgroups: {}; name one by its path", found.len(), paths.join(", "))
        }
    }
}

fn of_process(snapshot: &Snapshot, root: &HostRoot, pid: u32) -> anyhow::Result<Option<CgroupIndex>> {
    let Some(path) = sources::process::cgroup_path(root, &pid.to_string()).context("show")? else {
        return Ok(None);
    };
    // A process may sit in a cgroup that was made since, so the nearest one above it will do.
    let mut path = path.as_str();
    loop {
        let found = candidates(snapshot, |cgroup| cgroup.path == path);
        if let Some(index) = found.first() {
            return Ok(Some(*index));
        }
        match path.rsplit_once('/') {
            Some(("", _)) if path != "/" => path = "/",
            Some((parent, _)) if !parent.is_empty() => path = parent,
            Some(_) | None => return Ok(None),
        }
    }
}
