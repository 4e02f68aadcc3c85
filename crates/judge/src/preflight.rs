//! Checks of a live node: what of it keeps swap from working, or makes it hurt.
//!
//! A check is a file in `preflight/`, with the place where its rule is written.

pub mod cgroup_version;
pub mod daemons;
pub mod docker;
pub mod encryption;
pub mod eviction_line;
pub mod fail_swap_on;
pub mod file_mode;
pub mod kernel_tuning;
pub mod killers;
pub mod kubelet;
pub mod kubelet_files;
pub mod migration;
pub mod next;
pub mod no_swap;
pub mod not_in_force;
pub mod persistence;
pub mod stale_capacity;
pub mod swap_behavior;
pub mod swap_place;
pub mod swappiness;
pub mod sysctl;
pub mod tmpfs;
pub mod zram;

use crate::{eviction, limited_swap, node_setup};
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use model::document::node::Node as Tree;
use model::lint::KubernetesVersion;
use model::manifest::ManifestFile;
use model::node::{Daemon, Node, SwapAreaInUse, SwapBacking};
use model::node_check::{KubeletInForce, NodeCheck, NodeFinding};
use model::outcome::eviction::EvictionLine;
use model::outcome::node::{NodeSetup, SwapBehavior};

/// What a kubelet is configured by, parsed.
#[derive(Clone, Copy, Debug, Default)]
pub struct KubeletSources<'a> {
    /// Its command line.
    pub flags: &'a [String],
    /// Its files in the order in which they are merged.
    pub files: &'a [ManifestFile],
    /// What `/configz` said.
    pub configz: Option<&'a Tree>,
    /// `--kubernetes-version`, else what the machine tells.
    pub version: Option<KubernetesVersion>,
}

/// What the checks look at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The machine.
    pub node: &'a Node,
    /// The kubelet's settings in force.
    pub kubelet: Option<&'a KubeletInForce>,
    /// Those that its next start would bring: files and flags without `/configz`.
    pub next_start: Option<&'a KubeletInForce>,
    /// Its files.
    pub files: &'a [ManifestFile],
    /// The node as the rules of swap want it.
    pub setup: &'a NodeSetup,
    /// Its version, where it is known.
    pub version: Option<KubernetesVersion>,
    /// Who acts first when memory gets short.
    pub eviction: Option<EvictionLine>,
}

/// A check.
type Check = fn(&Subject<'_>, &mut Vec<NodeFinding>);

/// All of them, in the order in which they are told where they are equally bad.
const CHECKS: &[Check] = &[
    kubelet_files::check,
    fail_swap_on::check,
    swap_behavior::check,
    cgroup_version::check,
    no_swap::check,
    stale_capacity::check,
    not_in_force::check,
    daemons::check,
    eviction_line::check,
    zram::check,
    encryption::check,
    swap_place::check,
    file_mode::check,
    persistence::check,
    swappiness::check,
    kernel_tuning::check,
    killers::check,
    tmpfs::check,
    docker::check,
];

/// Judges a node.
#[must_use]
pub fn check(node: &Node, sources: &KubeletSources<'_>) -> NodeCheck {
    let found = node.kubelet.value();
    let in_force = found.map(|found| kubelet::in_force(found, sources));
    let on_disk = KubeletSources { configz: None, ..*sources };
    let next_start = found.map(|found| kubelet::in_force(found, &on_disk));
    let setup = setup(node, sources, in_force.as_ref());
    let eviction = line(node, in_force.as_ref());
    let subject = Subject {
        node,
        kubelet: in_force.as_ref(),
        next_start: next_start.as_ref(),
        files: sources.files,
        setup: &setup,
        version: sources.version,
        eviction,
    };
    let mut findings = Vec::new();
    for check in CHECKS {
        check(&subject, &mut findings);
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let migration = migration::steps(&subject);
    let next = next::next(&subject, &findings);
    NodeCheck { kubelet: in_force, setup, eviction, migration, findings, next }
}

fn setup(node: &Node, sources: &KubeletSources<'_>, kubelet: Option<&KubeletInForce>) -> NodeSetup {
    let version = sources.version.unwrap_or(node_setup::KUBERNETES_DEFAULT);
    let told = kubelet.and_then(|kubelet| SwapBehavior::of(&kubelet.behavior.value));
    let asked = node_setup::AskedNode {
        kubernetes: sources.version,
        cgroup: node.host.cgroup_version.get(),
        memory: node.host.memory_total().get(),
        swap: node.host.swap_total().get(),
        // What is told but refused is judged by a check of its own.
        behavior: Some(told.unwrap_or_else(|| limited_swap::default_behavior(version))),
        ..node_setup::AskedNode::default()
    };
    let mut setup = node_setup::resolve(&asked, sources.files);
    setup.page = node.page;
    setup.swap_controller = node.features.swap_limit.get().unwrap_or(true);
    setup
}

fn line(node: &Node, kubelet: Option<&KubeletInForce>) -> Option<EvictionLine> {
    let kubelet = kubelet?;
    let threshold = (*kubelet.known(&kubelet.eviction)?)?.bytes(node.host.memory_total().get())?;
    Some(eviction::line(node.zones.value()?, node.page, threshold))
}

impl<'a> Subject<'a> {
    /// Swap in use.
    #[must_use]
    pub fn areas(&self) -> &'a [SwapAreaInUse] {
        self.node.swap_areas.value().map(Vec::as_slice).unwrap_or_default()
    }

    /// The kubelet's process.
    #[must_use]
    pub fn kubelet_process(&self) -> Option<&'a Daemon> {
        self.node.kubelet.value()?.process.value()
    }

    /// Whether pods shall swap here.
    #[must_use]
    pub fn wants_pod_swap(&self) -> bool {
        let wants = self.kubelet.and_then(|kubelet| SwapBehavior::of(&kubelet.behavior.value));
        matches!(wants, Some(SwapBehavior::LimitedSwap | SwapBehavior::UnlimitedSwap))
    }

    /// Whether something runs containers here.
    #[must_use]
    pub fn runs_containers(&self) -> bool {
        self.kubelet.is_some() || !self.node.runtimes.is_empty() || self.node.docker.value().is_some()
    }

    /// Whether memory is accounted by cgroup v2.
    #[must_use]
    pub fn is_v2(&self) -> bool {
        self.node.host.cgroup_version.get() == Some(CgroupVersion::V2)
    }

    /// A kernel setting that is a number.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<u64> {
        self.node.settings.get(name)?.value()?.parse().ok()
    }
}

/// Whether the area is compressed memory.
#[must_use]
pub fn is_zram(area: &SwapAreaInUse) -> bool {
    matches!(area.backing, SwapBacking::Zram { .. })
}

/// The line of `/proc/swaps`, for evidence.
#[must_use]
pub fn line_of(area: &SwapAreaInUse) -> String {
    let Bytes(size) = area.swap.size;
    format!("/proc/swaps: {}, {} KiB, priority {}", area.swap.path, size / 1024, area.swap.priority)
}

/// Names joined as in a sentence: `a`, `a and b`, `a, b and c`.
#[must_use]
pub fn in_words(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
