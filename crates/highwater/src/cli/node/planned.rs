//! The plan for a machine: looks where the planner asks, until it asks no more.

use super::check;
use crate::cli::Global;
use anyhow::bail;
use model::lint::KubernetesVersion;
use model::node::Node;
use model::node_swap::NodeSwap;
use model::path_found::FoundPaths;
use model::plan::Plan;
use plan::node::Facts;
use sources::host_root::HostRoot;
use sources::node::paths;

/// A planner asks in two or three rounds: what it finds at one path leads to the next.
const ROUNDS_MAX: usize = 16;

/// A machine that can be planned for.
pub struct Machine {
    /// Where its files are.
    pub root: HostRoot,
    /// What was seen of it.
    pub node: Node,
    /// The kubelet's version, where somebody told.
    pub kubernetes: Option<KubernetesVersion>,
}

impl Machine {
    /// Looks at the machine.
    ///
    /// # Errors
    /// When the root is no folder or holds no machine.
    pub fn look(global: &Global, kubernetes: Option<KubernetesVersion>) -> anyhow::Result<Self> {
        let folder = &global.root;
        anyhow::ensure!(folder.is_dir(), "--root: expected a folder, found `{}`", folder.display());
        let root = HostRoot::new(folder);
        let node = sources::node::look(&root, &check::engines(global, &root)?);
        if node.host.meminfo.value().is_none() {
            bail!("{}: expected a machine with proc/meminfo, found none", folder.display());
        }
        Ok(Self { root, node, kubernetes })
    }

    /// The plan.
    ///
    /// # Errors
    /// When the planner would not stop asking, which is a bug.
    pub fn plan(&self, wanted: &NodeSwap) -> anyhow::Result<Plan> {
        let mut found = FoundPaths::new();
        for _ in 0..ROUNDS_MAX {
            let planned = plan::node::plan(&self.facts(&found), wanted);
            if planned.unseen.is_empty() {
                return Ok(planned.plan);
            }
            found.extend(paths::look(&self.root, &planned.unseen));
        }
        bail!("the planner asked for more paths {ROUNDS_MAX} times; this is a bug of highwater")
    }

    const fn facts<'a>(&'a self, paths: &'a FoundPaths) -> Facts<'a> {
        Facts { node: &self.node, paths, kubernetes: self.kubernetes }
    }
}
