//! `highwater node check`: the machine on one screen, what is wrong with it, and what to do.

use crate::cli::explain::node_flags;
use crate::cli::output::{self, Format};
use crate::cli::{Global, observe};
use crate::exit_code::Outcome;
use anyhow::{Context, bail};
use clap::Args;
use judge::preflight::{self, KubeletSources};
use model::document::node::Node as Tree;
use model::lint::{KubernetesVersion, LintSeverity};
use model::manifest::ManifestFile;
use model::node::{KubeletFound, Node};
use model::node_check::NodeCheck;
use model::outcome::eviction::EvictionLine;
use model::reading::Reading;
use sources::docker::host::DockerHost;
use sources::host_root::HostRoot;
use std::path::{Path, PathBuf};

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater node check
  kubectl get --raw /api/v1/nodes/$NODE/proxy/configz | highwater node check --configz -
                                                 also what the running kubelet has read
  highwater node check --root /host --format json

Exit code 1 when something should be mended, 0 when nothing must, 2 when the machine cannot be read.";

/// Flags of `node check`.
#[derive(Args)]
pub struct CheckArgs {
    /// What the kubelet says of its configuration (/configz, JSON); `-` is standard input
    #[arg(long, value_name = "FILE")]
    configz: Option<PathBuf>,
    /// The kubelet's version, where the machine does not tell it
    #[arg(long, value_name = "VERSION", value_parser = node_flags::version)]
    kubernetes_version: Option<KubernetesVersion>,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    format: Format,
}

/// Checks.
///
/// # Errors
/// When the root is no folder, holds no machine, or what `--configz` names is no kubelet configuration.
pub fn run(global: &Global, args: &CheckArgs) -> anyhow::Result<Outcome> {
    anyhow::ensure!(global.root.is_dir(), "--root: expected a folder, found `{}`", global.root.display());
    let given = args.configz.as_deref().map(configz_of).transpose()?;
    let root = HostRoot::new(&global.root);
    let node = sources::node::look(&root, &engines(global, &root)?);
    if node.host.meminfo.value().is_none()
        && node.swap_areas.value().is_none()
        && node.kubelet.value().is_none()
    {
        bail!(
            "node check: {}: expected a machine, found neither proc/meminfo nor proc/swaps nor a kubelet",
            global.root.display()
        );
    }
    let found = check(&node, given, args.kubernetes_version)?;
    match args.format {
        Format::Json => output::json(&api::node::check(&node, &found))?,
        Format::Text => output::lines(&view::node::screen(&node, &found, output::width()))?,
    }
    let must_mend = found.findings.iter().any(|finding| finding.severity >= LintSeverity::Warning);
    Ok(if must_mend { Outcome::Findings } else { Outcome::Fine })
}

/// Who acts first when the machine runs short: the kernel or the kubelet. Absent without a kubelet.
#[must_use]
pub fn eviction(global: &Global) -> Reading<EvictionLine> {
    let node = sources::node::look(&HostRoot::new(&global.root), &[]);
    match &node.kubelet {
        Reading::Absent => return Reading::Absent,
        Reading::Failed(why) => return Reading::Failed(why.clone()),
        Reading::Value(_) => {}
    }
    match check(&node, None, None) {
        Ok(found) => found.eviction.map_or_else(
            || Reading::failed("neither the kubelet's threshold nor the zones' watermarks can be read"),
            Reading::Value,
        ),
        Err(error) => Reading::failed(format!("{error:#}")),
    }
}

/// Docker is asked on the own machine, or where a socket is given.
fn engines(global: &Global, root: &HostRoot) -> anyhow::Result<Vec<DockerHost>> {
    let is_given = global.docker_host.as_deref().is_some_and(|given| !given.is_empty());
    if is_given || root.kind() == sources::host_root::RootKind::Live {
        return observe::engines(global);
    }
    Ok(Vec::new())
}

/// Parses what the kubelet is configured by, and judges.
fn check(node: &Node, given: Option<Tree>, version: Option<KubernetesVersion>) -> anyhow::Result<NodeCheck> {
    let kubelet = node.kubelet.value();
    let files = kubelet.map(parsed).unwrap_or_default();
    let asked = kubelet.and_then(|kubelet| kubelet.configz.value());
    let configz = match (given, asked) {
        (Some(given), _) => Some(given),
        (None, Some(text)) => Some(tree("/configz", text)?),
        (None, None) => None,
    };
    let told = kubelet.and_then(|kubelet| kubelet.version.value());
    let sources = KubeletSources {
        flags: kubelet.and_then(|kubelet| kubelet.flags.value()).map(Vec::as_slice).unwrap_or_default(),
        files: &files,
        configz: configz.as_ref(),
        version: version.or_else(|| told.and_then(|told| node_flags::version(told).ok())),
    };
    Ok(preflight::check(node, &sources))
}

fn parsed(kubelet: &KubeletFound) -> Vec<ManifestFile> {
    let read = |file: &model::node::TextFile| Some(manifest::read(&file.path, file.text.value()?.as_bytes()));
    kubelet.config.iter().filter_map(read).collect()
}

fn configz_of(path: &Path) -> anyhow::Result<Tree> {
    let (name, text) = if path == Path::new("-") {
        (
            "standard input".to_owned(),
            std::io::read_to_string(std::io::stdin().lock()).context("--configz: standard input")?,
        )
    } else {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| format!("--configz: {name}"))?;
        (name, text)
    };
    tree(&format!("--configz: {name}"), &text)
}

fn tree(name: &str, text: &str) -> anyhow::Result<Tree> {
    match manifest::tree(text) {
        Ok(Some(root)) if root.get("kubeletconfig").is_some_and(Tree::is_mapping) => Ok(root),
        Ok(_) => bail!("{name}: expected an object with `kubeletconfig`, as /configz answers"),
        Err(unread) => bail!("{name}: {}", unread.why),
    }
}
