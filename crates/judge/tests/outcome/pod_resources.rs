//! Requests and limits in force.

use crate::imagined_pod::{pod, resources};
use judge::pod_resources::{is_resize_pending, memory};
use kernel::bytes::Bytes;
use model::lint::KubernetesVersion;
use model::outcome::MemoryResources;
use model::workload::ContainerStatus;
use proptest::prelude::{prop_assert_eq, proptest};

const V34: KubernetesVersion = KubernetesVersion(34);

fn of(text: &str) -> MemoryResources {
    let pod = pod(&[text]);
    memory(&pod.containers[0], &pod, V34).unwrap()
}

#[test]
fn a_limit_without_a_request_becomes_the_request() {
    let both = MemoryResources {
        request: Some(Bytes(1 << 30)),
        limit: Some(Bytes(1 << 30)),
        inherited_limit: None,
        request_is_limit: true,
    };
    assert_eq!(of("-/- -/1Gi"), both);
    assert_eq!(of("-/- 1Gi/1Gi"), MemoryResources { request_is_limit: false, ..both });
}

#[test]
fn a_container_without_a_limit_inherits_the_pods() {
    let mut pod = pod(&["-/- 64Mi/-"]);
    pod.resources = Some(Box::new(resources("-/- 64Mi/128Mi")));
    let inherited =
        |version| memory(&pod.containers[0], &pod, KubernetesVersion(version)).unwrap().inherited_limit;
    assert_eq!(inherited(34), Some(Bytes(128 << 20)));
    assert_eq!(inherited(33), None);
}

/// Measured: a refused resize shows 300Mi in the specification and 256Mi in the status; the cgroup holds the latter.
#[test]
fn the_status_wins_over_a_specification_that_is_not_in_force() {
    let mut pod = pod(&["-/- 300Mi/512Mi"]);
    assert!(!is_resize_pending(&pod.containers[0]));
    let status =
        ContainerStatus { resources: Some(resources("-/- 256Mi/512Mi")), ..ContainerStatus::default() };
    pod.containers[0].status = Some(Box::new(status));
    assert!(is_resize_pending(&pod.containers[0]));
    assert_eq!(memory(&pod.containers[0], &pod, V34).unwrap().request, Some(Bytes(256 << 20)));
}

proptest! {
    #[test]
    fn fractions_of_a_byte_are_rounded_up(milli in 0_u64..1 << 50) {
        let request = of(&format!("-/- {milli}m/-")).request;
        prop_assert_eq!(request, Some(Bytes(milli.div_ceil(1000))));
    }
}
