//! `highwater explain FILE`: what becomes of every container of a manifest.

use crate::cli::explain::node_flags::NodeFlags;
use crate::cli::explain::read;
use crate::cli::output::{self, Format};
use crate::exit_code::Outcome;
use anyhow::bail;
use api::explain::{Told, Unread};
use clap::Args;
use judge::{node_setup, outcome};
use model::document::UnreadSeverity;
use model::document::kind::DocumentKind;
use model::document::lines::Lines;
use model::manifest::ManifestFile;
use model::outcome::ContainerOutcome;
use model::outcome::node::NodeSetup;
use std::collections::BTreeMap;
use std::path::PathBuf;
use view::outcome as words;
use view::text::{Line, Tone};

/// Flags of `explain FILE`.
#[derive(Args)]
pub struct ContainersArgs {
    /// Manifests, live objects as `kubectl -o json` prints them, kubelet configurations; `-` is standard input
    #[arg(required = true)]
    file: Vec<PathBuf>,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    node: NodeFlags,
}

/// Explains.
///
/// # Errors
/// When a file cannot be read, a document in it is damaged (the others are still explained), or no container is found.
pub fn run(args: &ContainersArgs) -> anyhow::Result<Outcome> {
    let mut files = Vec::new();
    for path in &args.file {
        let (name, bytes) = read(path)?;
        files.push(manifest::read(&name, &bytes));
    }
    let node = node_setup::resolve(&args.node.asked(), &files);
    let outcomes: Vec<ContainerOutcome> =
        files.iter().flat_map(|file| outcome::containers(file, &node)).collect();
    let (unread, broken) = unread(&files);
    if outcomes.is_empty() && broken.is_none() {
        bail!("explain: expected a pod or something that makes one, found {}", held(&files, &unread));
    }
    if !outcomes.is_empty() {
        match args.format {
            Format::Json => output::json(&document(&outcomes, &node, &unread))?,
            Format::Text => output::lines(&screen(&outcomes, &node, &unread))?,
        }
    }
    match broken {
        Some(broken) => bail!("explain: {}:{}: {}", broken.file, broken.line, broken.why),
        None => Ok(Outcome::Fine),
    }
}

fn document(outcomes: &[ContainerOutcome], node: &NodeSetup, unread: &[Unread]) -> serde_json::Value {
    let told: Vec<Told<'_>> = outcomes
        .iter()
        .map(|outcome| Told {
            outcome,
            sentences: words::sentences(outcome, node),
            swap: words::swap::sentence(outcome, node),
        })
        .collect();
    api::explain::containers(&told, node, &words::assumed::sentences(node), unread)
}

fn screen(outcomes: &[ContainerOutcome], node: &NodeSetup, unread: &[Unread]) -> Vec<Line> {
    let mut lines = words::screen(outcomes, node, output::width());
    lines.extend(unread.iter().map(|part| {
        Line::of(Tone::Warning, "Not read: ")
            .and(Tone::Plain, format!("{}, line {}: {}", part.file, part.line, part.why))
    }));
    lines
}

/// What could not be read, and the first part that should have been readable.
fn unread(files: &[ManifestFile]) -> (Vec<Unread>, Option<Unread>) {
    let (mut parts, mut broken) = (Vec::new(), None);
    for file in files {
        let lines = Lines::of(&file.text);
        for part in &file.unread {
            let told = || Unread {
                file: file.name.clone(),
                line: lines.position(part.span.start).line,
                why: part.why.clone(),
            };
            match part.severity {
                UnreadSeverity::Broken if broken.is_none() => broken = Some(told()),
                UnreadSeverity::Broken | UnreadSeverity::NotRecognised => parts.push(told()),
            }
        }
    }
    (parts, broken)
}

/// What there is instead of containers, in a few words.
fn held(files: &[ManifestFile], unread: &[Unread]) -> String {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for document in files.iter().flat_map(|file| &file.documents) {
        *kinds.entry(kind_name(&document.kind)).or_default() += 1;
    }
    let kinds: Vec<String> = kinds.into_iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    match (kinds.as_slice(), unread.first()) {
        ([], Some(part)) => format!("{}:{}: {}", part.file, part.line, part.why),
        ([], None) => "nothing".to_owned(),
        ([..], _) => format!("{}; `highwater lint` reads those", kinds.join(", ")),
    }
}

fn kind_name(kind: &DocumentKind) -> String {
    match kind {
        DocumentKind::Kubernetes { kind, .. } | DocumentKind::Kubeadm { kind } => kind.clone(),
        DocumentKind::Compose => "Compose file".to_owned(),
        DocumentKind::KubeletConfiguration => "KubeletConfiguration".to_owned(),
        DocumentKind::NodeConfig => "NodeConfig".to_owned(),
        DocumentKind::Ec2NodeClass => "EC2NodeClass".to_owned(),
        DocumentKind::TalosMachine => "Talos machine configuration".to_owned(),
        DocumentKind::GkeNodeSystem => "GKE node system configuration".to_owned(),
        DocumentKind::DockerDaemon => "daemon.json".to_owned(),
        DocumentKind::MemoryPolicy => "MemoryPolicy".to_owned(),
        DocumentKind::SystemdUnit => "systemd unit".to_owned(),
        DocumentKind::MimeUserData => "MIME user data".to_owned(),
        DocumentKind::Shell => "shell script".to_owned(),
    }
}
