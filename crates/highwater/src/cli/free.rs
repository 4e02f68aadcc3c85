//! `highwater free`: what this process may really use, next to what `free` claims.

use crate::cli::observe::Judged;
use crate::cli::output::Format;
use crate::cli::{Global, output};
use crate::exit_code::Outcome;
use anyhow::{Context, bail};
use clap::Args;
use kernel::bytes::Bytes;
use model::assessment::Assessment;
use model::quantity::Quantity;
use sources::collect::Collector;
use sources::host_root::HostRoot;
use view::units;

/// What stands below the help.
pub const EXAMPLES: &str = "Examples, inside a container:
  highwater free
  innodb_buffer_pool=$(highwater free --cache-size 50%)  half of its limit, in bytes
  highwater free --require 1Gi && exec myserver          refuse to start with less than that";

/// Flags of `free`.
#[derive(Args)]
pub struct FreeArgs {
    /// Print a safe cache size in bytes: this share of the limit, or this amount, never more than is free
    #[arg(long, value_name = "AMOUNT", conflicts_with_all = ["require", "format"])]
    cache_size: Option<Quantity>,
    /// Fail when less than this is free for the process
    #[arg(long, value_name = "AMOUNT")]
    require: Option<Quantity>,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    format: Format,
}

/// Tells.
///
/// # Errors
/// When nothing is known about this process's memory, or standard output cannot be written.
pub fn run(global: &Global, args: &FreeArgs) -> anyhow::Result<Outcome> {
    let root = HostRoot::new(&global.root);
    let path = match sources::process::cgroup_path(&root, "self").context("free")? {
        Some(path) => path,
        // Any other cgroup's figures would be wrong ones.
        None if root.is_own() => {
            bail!("free: the cgroup of this process lies outside the hierarchy that is mounted here")
        }
        None => "/".to_owned(),
    };
    let mut collector = Collector::along(root, &path);
    collector.scan();
    let snapshot = collector.into_snapshot();
    let own = snapshot.cgroups.last().map(|cgroup| cgroup.path.clone());
    let judged = Judged::new(snapshot, |cgroup| Some(&cgroup.path) == own.as_ref());
    let Some(assessment) = judged.assessments.first() else {
        let why = judged
            .snapshot
            .missing
            .first()
            .map_or("no cgroup of this process can be seen", |missing| missing.why.as_str());
        bail!("free: {why}");
    };
    if let Some(amount) = args.cache_size {
        output::text(&format!("{}\n", cache_size(assessment, amount)?.0))?;
        return Ok(Outcome::Fine);
    }
    if let Some(amount) = args.require {
        return require(assessment, amount);
    }
    match args.format {
        Format::Json => output::json(&api::free::free(&judged.snapshot, assessment))?,
        Format::Text => {
            let row = judged.row(assessment).context("free: the cgroup is gone")?;
            output::lines(&view::free::free(row, output::width()))?;
        }
    }
    Ok(Outcome::Fine)
}

/// A share of the effective limit, but never more than is free: a number a script can rely on.
fn cache_size(assessment: &Assessment, amount: Quantity) -> anyhow::Result<Bytes> {
    let wanted = share(assessment, amount)?;
    Ok(wanted.min(free_memory(assessment)?))
}

fn require(assessment: &Assessment, amount: Quantity) -> anyhow::Result<Outcome> {
    let wanted = share(assessment, amount)?;
    let free = free_memory(assessment)?;
    let limit = effective_limit(assessment)?;
    if free >= wanted {
        return Ok(Outcome::Fine);
    }
    let (wanted, free, limit) = (units::bytes(wanted), units::bytes(free), units::bytes(limit));
    let sentence = format!(
        "highwater: {wanted} required, {free} free for this process of a limit of {limit}; raise the limit or require less\n"
    );
    std::io::Write::write_all(&mut anstream::stderr(), sentence.as_bytes())?;
    Ok(Outcome::Findings)
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn share(assessment: &Assessment, amount: Quantity) -> anyhow::Result<Bytes> {
    match amount {
        Quantity::Bytes(bytes) => Ok(bytes),
        Quantity::Ratio(ratio) => Ok(Bytes((effective_limit(assessment)?.0 as f64 * ratio) as u64)),
    }
}

fn effective_limit(assessment: &Assessment) -> anyhow::Result<Bytes> {
    assessment
        .limit
        .value()
        .map(|limit| limit.bytes)
        .context("free: the memory limit of this process is not known")
}

fn free_memory(assessment: &Assessment) -> anyhow::Result<Bytes> {
    assessment
        .headroom
        .value()
        .map(|headroom| headroom.memory)
        .context("free: what is free for this process is not known")
}
