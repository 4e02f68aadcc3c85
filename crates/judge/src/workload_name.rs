//! The name under which a cgroup is remembered: one that the next container of the same workload has too.
//!
//! A pod's name is its owner's with what the controllers add: a `Deployment`'s pods are `NAME-HASH-SUFFIX`, a `DaemonSet`'s and a
//! `Job`'s `NAME-SUFFIX`, a `StatefulSet`'s `NAME-ORDINAL`. Hash and suffix are of 27 characters without vowels
//! (k8s.io/apimachinery `util/rand`: `bcdfghjklmnpqrstvwxz2456789`; suffix of five, `SafeEncodeString` of a 32-bit hash up to ten).

use kernel::cgroup_path::{Identity, UnitKind, unit_unescape};
use model::cgroup::Cgroup;
use model::container::{Container, PodContainer};
use model::incident::Place;
use model::recorded::WorkloadName;

/// Whether a container's name is worth waiting for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// This is it.
    As(WorkloadName),
    /// Only the beginning of an id: its engine may tell more.
    ById(WorkloadName),
    /// It is nobody's workload: a slice, a level of Kubernetes, a part of a container.
    Nobody,
}

/// The workload that a cgroup is.
#[must_use]
pub fn workload_name(cgroup: &Cgroup) -> Named {
    match (&cgroup.container, &cgroup.identity) {
        (Some(container), _) => of_container(container),
        (None, Identity::Container(container)) => Named::ById(by_id(&container.id.0)),
        (None, Identity::Unit(unit)) if unit.kind == UnitKind::Service => {
            Named::As(WorkloadName::new(unit_unescape(&unit.name)))
        }
        (
            None,
            Identity::Root
            | Identity::BelowContainer(_)
            | Identity::Monitor(_)
            | Identity::Group { .. }
            | Identity::Pod(_)
            | Identity::KubeQosLevel(_)
            | Identity::KubepodsRoot
            | Identity::Unit(_)
            | Identity::BelowUnit(_)
            | Identity::Other,
        ) => Named::Nobody,
    }
}

/// Whether [`workload_name`] gives more than the beginning of an id.
#[must_use]
pub fn is_named(cgroup: &Cgroup) -> bool {
    match &cgroup.container {
        Some(container) => {
            let has_name = container.name.value().is_some();
            has_name || container.pod_container.is_some() || container.compose.is_some()
        }
        None => !matches!(cgroup.identity, Identity::Container(_)),
    }
}

/// The workload that a victim of a kill was part of.
#[must_use]
pub fn of_place(place: &Place) -> WorkloadName {
    if let Some(container) = &place.container {
        return match of_container(container) {
            Named::As(name) | Named::ById(name) => name,
            Named::Nobody => by_id(&container.id.0),
        };
    }
    match (&place.unit, place.path.value()) {
        (Some(unit), _) => WorkloadName::new(unit_unescape(unit)),
        (None, Some(path)) => WorkloadName::new(path.clone()),
        (None, None) => WorkloadName::new("unknown"),
    }
}

fn of_container(container: &Container) -> Named {
    if let Some(PodContainer { pod, container }) = &container.pod_container {
        let container = container.as_deref().unwrap_or("pause");
        return Named::As(WorkloadName::new(format!("{}/{}/{container}", pod.namespace, owner(&pod.name))));
    }
    if let Some(compose) = &container.compose {
        return Named::As(WorkloadName::new(format!("{}/{}", compose.project, compose.service)));
    }
    match container.name.value() {
        Some(name) => Named::As(WorkloadName::new(name.clone())),
        None => Named::ById(by_id(&container.id.0)),
    }
}

fn by_id(id: &str) -> WorkloadName {
    WorkloadName::new(id.get(..12).filter(|_| id.len() == 64).unwrap_or(id))
}

/// What made a pod, by the pod's name.
fn owner(pod: &str) -> &str {
    let Some((name, last)) = pod.rsplit_once('-') else { return pod };
    if last.len() <= 4 && !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()) {
        return name;
    }
    if last.len() != 5 || !is_encoded(last) {
        return pod;
    }
    match name.rsplit_once('-') {
        Some((owner, hash)) if (8..=10).contains(&hash.len()) && is_encoded(hash) => owner,
        Some(_) | None => name,
    }
}

/// Whether a controller may have made the word: it has no vowels.
fn is_encoded(word: &str) -> bool {
    word.bytes().all(|byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::owner;

    #[test]
    fn pods_of_one_owner_have_one_name() {
        for (pod, expected) in [
            ("checkout-7d4b9c6f5d-x2k9z", "checkout"),
            ("checkout-5bdf8c7b6-q8wzl", "checkout"),
            ("node-exporter-4xk2p", "node-exporter"),
            ("postgres-0", "postgres"),
            ("kube-proxy", "kube-proxy"),
            ("etcd-control-plane", "etcd-control-plane"),
            ("web", "web"),
        ] {
            assert_eq!(owner(pod), expected, "{pod}");
        }
    }
}
