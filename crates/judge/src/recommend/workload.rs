//! Which workload a container belongs to, by its name.

use model::recommendation::Controller;

/// The workload of a container's or pod's name, and what keeps it running: without the hash of a ReplicaSet and the pod's own five
/// letters, or the number of a StatefulSet's pod or of a Compose container.
///
/// Kubernetes makes its letters of `bcdfghjklmnpqrstvwxz2456789` (k8s.io/apimachinery/pkg/util/rand).
#[must_use]
pub fn of(name: &str) -> (&str, Controller) {
    let is_random = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&text.len())
            && text.bytes().all(|byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte))
    };
    let Some((rest, own)) = name.rsplit_once('-').filter(|(rest, _)| !rest.is_empty()) else {
        return (name, Controller::Unknown);
    };
    if !own.is_empty() && own.len() <= 4 && own.bytes().all(|byte| byte.is_ascii_digit()) {
        return (rest, Controller::StatefulSet);
    }
    if !is_random(own, 5..=5) {
        return (name, Controller::Unknown);
    }
    match rest.rsplit_once('-') {
        // A hash is a number below 2^32 in ten letters at most.
        Some((workload, hash)) if is_random(hash, 6..=10) => (workload, Controller::Deployment),
        Some(_) | None => (rest, Controller::DaemonSet),
    }
}

#[cfg(test)]
mod tests {
    use super::{Controller, of};

    #[test]
    fn a_pods_name_tells_its_workload() {
        for (name, workload, controller) in [
            ("adservice-5f6585d649-fnmft", "adservice", Controller::Deployment),
            ("ts-auth-service-7f8d7d756d-k7b9j", "ts-auth-service", Controller::Deployment),
            ("db-0", "db", Controller::StatefulSet),
            ("shop-web-1", "shop-web", Controller::StatefulSet),
            ("node-agent-x2b5c", "node-agent", Controller::DaemonSet),
            ("web", "web", Controller::Unknown),
            ("shop-web", "shop-web", Controller::Unknown),
            ("-1", "-1", Controller::Unknown),
        ] {
            assert_eq!(of(name), (workload, controller), "{name}");
        }
    }
}
