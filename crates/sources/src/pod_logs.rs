//! Names of Kubernetes containers without a runtime's socket: the kubelet's log folders carry them.
//!
//! `/var/log/containers/<pod>_<namespace>_<container>-<id>.log` (kubelet `legacyLogSymlink`) and
//! `/var/log/pods/<namespace>_<pod>_<uid>` (kubelet `BuildPodLogsDirectory`). Names of pods and namespaces hold no `_`.

use crate::host_root::HostRoot;
use kernel::cgroup_path::PodRef;
use model::container::{PodContainer, PodName};
use std::collections::HashMap;

/// As many hexadecimal digits as a container's id has.
const ID_CHARS: usize = 64;

/// What the log folders tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodLogs {
    containers: HashMap<String, PodContainer>,
    pods: HashMap<String, PodName>,
}

impl PodLogs {
    /// Lists both folders; a machine that is no Kubernetes node has neither.
    #[must_use]
    pub fn read(root: &HostRoot) -> Self {
        let containers = root.names("/var/log/containers");
        let pods = root.names("/var/log/pods");
        Self {
            containers: containers.iter().filter_map(|name| container(name)).collect(),
            pods: pods.iter().filter_map(|name| pod(name)).collect(),
        }
    }

    /// The container with this id; one without a log in a known pod is told by its pod (the sandbox has no log).
    #[must_use]
    pub fn container(&self, id: &str, pod: Option<&PodRef>) -> Option<PodContainer> {
        self.containers.get(id).cloned().or_else(|| {
            let pod = self.pod(&pod?.uid)?.clone();
            Some(PodContainer { pod, container: None })
        })
    }

    /// The pod with this uid.
    #[must_use]
    pub fn pod(&self, uid: &str) -> Option<&PodName> {
        self.pods.get(uid)
    }
}

fn container(file: &str) -> Option<(String, PodContainer)> {
    let name = file.strip_suffix(".log")?;
    let (names, id) = name.split_at_checked(name.len().checked_sub(ID_CHARS)?)?;
    let mut parts = names.strip_suffix('-')?.splitn(3, '_');
    let pod = PodName { name: parts.next()?.to_owned(), namespace: parts.next()?.to_owned() };
    Some((id.to_owned(), PodContainer { pod, container: Some(parts.next()?.to_owned()) }))
}

fn pod(folder: &str) -> Option<(String, PodName)> {
    let mut parts = folder.splitn(3, '_');
    let (namespace, name, uid) = (parts.next()?, parts.next()?, parts.next()?);
    Some((uid.to_owned(), PodName { namespace: namespace.to_owned(), name: name.to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::PodLogs;
    use crate::host_root::HostRoot;
    use kernel::cgroup_path::{PodRef, QosClass};
    use std::fs;

    #[test]
    fn containers_and_pods_are_named_by_the_kubelets_log_folders() {
        let folder = tempfile::tempdir().unwrap();
        let (id, other) = ("a".repeat(64), "b".repeat(64));
        let uid = "1f6d0a3e-5b7c-4c0d-9d5e-0a1b2c3d4e5f";
        for (parent, name) in [
            ("containers", format!("web-7d4b9c_shop_app-{id}.log")),
            ("containers", "short.log".to_owned()),
            ("pods", format!("shop_web-7d4b9c_{uid}")),
            ("pods", "stray".to_owned()),
        ] {
            fs::create_dir_all(folder.path().join("var/log").join(parent).join(name)).unwrap();
        }
        let logs = PodLogs::read(&HostRoot::new(folder.path()));
        let pod = PodRef { uid: uid.to_owned(), qos: QosClass::Burstable };
        let named = |id: &str, pod| logs.container(id, pod).map(|found| found.to_string());
        assert_eq!(named(&id, None).as_deref(), Some("shop/web-7d4b9c/app"));
        assert_eq!(named(&other, Some(&pod)).as_deref(), Some("shop/web-7d4b9c"));
        assert_eq!(named(&other, None), None);
    }
}
