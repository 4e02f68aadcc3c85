//! `highwater node size`: what the workloads of some files would be given of a node's swap.

use crate::cli::explain::node_flags::{NodeFlags, amount};
use crate::cli::output::{self, Format};
use crate::exit_code::Outcome;
use anyhow::{Context, bail};
use clap::Args;
use judge::{node_setup, node_size};
use kernel::bytes::Bytes;
use model::document::UnreadSeverity;
use model::document::kind::DocumentKind;
use model::document::lines::Lines;
use model::manifest::ManifestFile;
use model::outcome::node::{NodeSetup, SwapBehavior};
use std::path::{Path, PathBuf};
use view::outcome::assumed;

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater node size --node-memory 16Gi --node-swap 30Gi --pods k8s/*.yaml
  highwater node size --node-memory 16Gi --wanted-swap 2Gi --pods web.yaml      which swap a node would need
  kubectl get deploy,sts,ds -A -o json | highwater node size --node-memory 16Gi --node-swap 30Gi --pods -

Copies are `replicas`, a Job's `parallelism`, and one a node of a DaemonSet. Init containers have ended when the others run.";

/// Flags of `node size`.
#[derive(Args)]
pub struct SizeArgs {
    /// Manifests, live objects as `kubectl -o json` prints them, kubelet configurations; `-` is standard input
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    pods: Vec<PathBuf>,
    /// Tell for each container what would give it this much swap
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    wanted_swap: Option<Bytes>,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    node: NodeFlags,
}

/// Computes.
///
/// # Errors
/// When a file cannot be read or is damaged, when no container is found, or the node's memory is not given.
pub fn run(args: &SizeArgs) -> anyhow::Result<Outcome> {
    let files = args.pods.iter().map(|path| file(path)).collect::<anyhow::Result<Vec<_>>>()?;
    let node = node(args, &files);
    let Some(size) = node_size::size(&files, &node, args.wanted_swap) else {
        bail!("node size: expected the node's memory, such as `--node-memory 16Gi`");
    };
    if size.containers.is_empty() {
        bail!("node size: expected a pod or something that makes one, found no container");
    }
    match args.format {
        Format::Json => {
            let changes = view::node_size::changes(&size, args.wanted_swap);
            let sentences = view::node_size::sentences(&size);
            output::json(&api::node_size::document(&size, &sentences, &changes, &assumed::sentences(&node)))?;
        }
        Format::Text => {
            let width = output::width();
            let mut lines = view::node_size::screen(&size, args.wanted_swap, width);
            lines.extend(assumed::lines(&node, width));
            output::lines(&lines)?;
        }
    }
    Ok(Outcome::Fine)
}

/// The node. Who asks for its swap means shares, unless a kubelet configuration is there to tell.
fn node(args: &SizeArgs, files: &[ManifestFile]) -> NodeSetup {
    let mut asked = args.node.asked();
    let mut documents = files.iter().flat_map(|file| &file.documents);
    let is_told = documents.any(|document| document.kind == DocumentKind::KubeletConfiguration);
    if asked.swap.is_none() && !is_told {
        asked.behavior = asked.behavior.or(Some(SwapBehavior::LimitedSwap));
    }
    node_setup::resolve(&asked, files)
}

fn file(path: &Path) -> anyhow::Result<ManifestFile> {
    let (name, bytes) = if path == Path::new("-") {
        let text = std::io::read_to_string(std::io::stdin().lock()).context("standard input")?;
        ("standard input".to_owned(), text.into_bytes())
    } else {
        let name = path.display().to_string();
        (name.clone(), std::fs::read(path).with_context(|| format!("node size: {name}"))?)
    };
    let file = manifest::read(&name, &bytes);
    match file.unread.iter().find(|part| part.severity == UnreadSeverity::Broken) {
        Some(part) => {
            let line = Lines::of(&file.text).position(part.span.start).line;
            bail!("node size: {name}:{line}: {}", part.why)
        }
        None => Ok(file),
    }
}
