//! From what a node is and what its swap shall be to the steps between: none when the node is as wanted.

pub(crate) mod active;
pub(crate) mod draft;
mod fstab;
mod instance_store;
mod kubelet;
mod kubelet_config;
mod kubelet_edit;
pub(crate) mod look;
pub(crate) mod order;
mod partition;
mod reclaim;
mod slices;
mod swap_file;
mod sysctl;
pub mod systemd_unit;
pub(crate) mod zram;
mod zswap;

use crate::node::draft::Draft;
use crate::node::look::Look;
use model::lint::KubernetesVersion;
use model::node::Node;
use model::node_swap::{Backing, NodeSwap, SwapArea};
use model::path_found::FoundPaths;
use model::plan::Plan;
use model::reading::Reading;

/// What is known of the machine.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The node.
    pub node: &'a Node,
    /// What was found at the paths that were asked for so far.
    pub paths: &'a FoundPaths,
    /// The kubelet's version; nothing is a current one.
    pub kubernetes: Option<KubernetesVersion>,
}

/// A plan, and what must be looked at before it can be trusted.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// Paths that nobody looked at yet. Until there are none, the plan took them for absent: look, and plan again.
    pub unseen: Vec<String>,
}

/// Plans. The rules of each part stand in a file of its own.
#[must_use]
pub fn plan(facts: &Facts<'_>, wanted: &NodeSwap) -> Planned {
    let look = Look::new(*facts);
    let mut draft = Draft::default();
    if let Reading::Failed(why) = &facts.node.systemd {
        draft.refuse(
            format!("whether systemd runs here cannot be told: {why}"),
            "run this with the rights to read /proc and /run",
        );
    }
    let mut zrams = 0;
    for area in &wanted.areas {
        place(&look, area, &mut zrams, &mut draft);
    }
    if let Some(zswap) = &wanted.zswap {
        zswap::plan(&look, zswap, &mut draft);
    }
    kubelet::plan(&look, wanted, &mut draft);
    sysctl::plan(&look, wanted, &mut draft);
    slices::plan(&look, wanted.system, &mut draft);
    order::around(&look, &mut draft);
    remarks(&look, wanted, &mut draft);
    Planned { plan: draft.finish(), unseen: look.unseen() }
}

fn place(look: &Look<'_>, area: &SwapArea, zrams: &mut usize, draft: &mut Draft) {
    match &area.backing {
        Backing::File { path, size } => swap_file::plan(look, area, path, *size, &[], draft),
        Backing::Partition { device } => partition::plan(look, area, device, draft),
        Backing::Zram { size, algorithm } => {
            let setup = zram::Wanted { number: *zrams, size: *size, algorithm: algorithm.as_deref() };
            zram::plan(look, area, &setup, draft);
            *zrams += 1;
        }
        Backing::InstanceStore { mount_point, file, size, fallback } => {
            let store =
                instance_store::Wanted { mount_point, file, size: *size, fallback: fallback.as_deref() };
            instance_store::plan(look, area, &store, draft);
        }
    }
}

/// What is worth knowing and stops nobody.
fn remarks(look: &Look<'_>, wanted: &NodeSwap, draft: &mut Draft) {
    for other in look.node().swap_areas.value().into_iter().flatten() {
        let path = &other.swap.path;
        if !draft.places.contains(path) {
            draft.remark(format!("{path} is swap too and is left as it is"));
        }
    }
    if wanted.areas.is_empty() {
        return;
    }
    for killer in &look.node().killers {
        draft.remark(format!(
            "{} runs here and kills by rules of its own, also for swap that is in use: keep it away from pods",
            killer.name
        ));
    }
    if !look.has_systemd() {
        draft.remark(
            "process 1 is not systemd: swap is switched on directly and comes back after a reboot by /etc/fstab",
        );
    }
}
