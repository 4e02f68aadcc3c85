//! A plan for this machine: it is looked at, and looked at again where the plan has questions.

use crate::cli::Global;
use model::lint::KubernetesVersion;
use model::node::Filesystem;
use model::node_swap::NodeSwap;
use model::path_found::FoundPaths;
use model::plan::Plan;
use model::reading::Reading;
use plan::node::Facts;
use sources::docker::host::DockerHost;
use sources::host_root::{HostRoot, RootKind};
use sources::node::filesystems::{filesystems, holding};
use std::path::Path;

/// Every round answers all questions of the one before; a plan that asks more often is going in circles.
const ROUNDS_MAX: usize = 16;

/// Plans for the machine below `--root`, with the kubelet's version that it tells.
///
/// # Errors
/// As [`plan_for`].
pub fn plan(global: &Global, wanted: &NodeSwap) -> anyhow::Result<Plan> {
    plan_for(global, wanted, None)
}

/// Plans for the machine below `--root` and a kubelet of a given version.
///
/// # Errors
/// When `--root` is no folder, or the plan comes to no end of its questions.
pub fn plan_for(
    global: &Global,
    wanted: &NodeSwap,
    kubernetes: Option<KubernetesVersion>,
) -> anyhow::Result<Plan> {
    anyhow::ensure!(global.root.is_dir(), "--root: expected a folder, found `{}`", global.root.display());
    let root = HostRoot::new(&global.root);
    let engines = DockerHost::present(&global.root, None);
    let mut node = sources::node::look(&root, &engines);
    let own = HostRoot::new(Path::new("/"));
    let is_image = root.kind() == RootKind::Recorded && matches!(node.filesystems, Reading::Absent);
    if is_image {
        node.filesystems = below(&own, &global.root.canonicalize()?);
    }
    let mut paths = FoundPaths::new();
    for _ in 0..ROUNDS_MAX {
        let facts = Facts { node: &node, paths: &paths, kubernetes };
        let planned = plan::node::plan(&facts, wanted);
        if planned.unseen.is_empty() {
            return Ok(planned.plan);
        }
        // An image has no kernel. Which of its settings differ is seen on its first boot, which sets them all.
        let of_kernel = |path: &&String| ["/proc/", "/sys/"].iter().any(|folder| path.starts_with(folder));
        let (kernel, files): (Vec<_>, Vec<_>) = planned.unseen.iter().partition(of_kernel);
        paths.extend(sources::node::paths::look(&root, files));
        paths.extend(sources::node::paths::look(if is_image { &own } else { &root }, kernel));
    }
    anyhow::bail!("the plan asks for ever more files of this machine; please report this")
}

/// The one file system of an image: that on which its folder lies.
fn below(own: &HostRoot, folder: &Path) -> Reading<Vec<Filesystem>> {
    filesystems(own).map(|all| {
        let found = holding(&all, &folder.to_string_lossy());
        found.map(|found| Filesystem { mount_point: "/".to_owned(), ..found.clone() }).into_iter().collect()
    })
}
