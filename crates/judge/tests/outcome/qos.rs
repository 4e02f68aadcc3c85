//! A pod's class.

use crate::imagined_pod::{container, pod, resources};
use judge::qos::class;
use kernel::cgroup_path::QosClass::{self, BestEffort, Burstable, Guaranteed};
use model::lint::KubernetesVersion;
use model::outcome::qos::{Gap, QosReason, Resource};
use model::workload::ContainerRole;
use proptest::prelude::{prop_assert_eq, proptest};

const V34: KubernetesVersion = KubernetesVersion(34);

#[test]
fn requests_and_limits_of_all_containers_decide() {
    for (containers, expected) in [
        (vec!["-/- -/-"], BestEffort),
        (vec!["0/0 0/0"], BestEffort),
        (vec!["1/1 1Gi/1Gi"], Guaranteed),
        (vec!["1000m/1 1Gi/1024Mi"], Guaranteed),
        (vec!["-/1 -/1Gi"], Guaranteed),
        (vec!["-/- 1Gi/1Gi"], Burstable),
        (vec!["1/2 1Gi/1Gi"], Burstable),
        (vec!["1/1 1Gi/2Gi"], Burstable),
        (vec!["1/1 1Gi/-"], Burstable),
        (vec!["1/1 0/1Gi"], Burstable),
        (vec!["1/1 1Gi/1Gi", "-/- -/-"], Burstable),
        (vec!["1/1 1Gi/1Gi", "2/2 2Gi/2Gi"], Guaranteed),
        (vec!["-/- -/-", "100m/- -/-"], Burstable),
    ] {
        assert_eq!(class(&pod(&containers), V34).unwrap().class, expected, "{containers:?}");
    }
}

#[test]
fn the_reason_names_the_container_that_spoils_it() {
    let mut pod = pod(&["1/1 1Gi/1Gi"]);
    let mut second = container(ContainerRole::Init, "1/1 1Gi/2Gi");
    second.name.value = "migrate".to_owned();
    pod.containers.push(second);
    let reason = class(&pod, V34).unwrap().reason;
    let expected = QosReason::Container {
        container: "migrate".to_owned(),
        resource: Resource::Memory,
        gap: Gap::Differs,
    };
    assert_eq!(reason, expected);
}

#[test]
fn a_debug_container_does_not_count() {
    let mut pod = pod(&["1/1 1Gi/1Gi"]);
    pod.containers.push(container(ContainerRole::Ephemeral, "-/- -/-"));
    assert_eq!(class(&pod, V34).unwrap().class, Guaranteed);
}

#[test]
fn with_resources_of_the_pods_own_only_those_count_from_1_34_on() {
    for (own, version, expected) in [
        ("1/1 1Gi/1Gi", 34, Guaranteed),
        ("-/1 -/1Gi", 34, Guaranteed),
        ("-/- 1Gi/1Gi", 34, Burstable),
        ("1/2 1Gi/1Gi", 34, Burstable),
        ("1/1 1Gi/1Gi", 33, BestEffort),
        ("-/- -/-", 34, BestEffort),
    ] {
        let mut pod = pod(&["-/- -/-"]);
        pod.resources = Some(Box::new(resources(own)));
        assert_eq!(class(&pod, KubernetesVersion(version)).unwrap().class, expected, "{own} in 1.{version}");
    }
}

#[test]
fn a_template_makes_the_class_unknown() {
    let unreadable = class(&pod(&["-/- {{x}}/1Gi"]), V34).unwrap_err();
    assert_eq!(unreadable.text, "{{x}}");
}

/// The kubelet's own way: sums over all containers.
fn by_sums(containers: &[(u32, u32, u32, u32)]) -> QosClass {
    let sum = |of: fn(&(u32, u32, u32, u32)) -> u32| containers.iter().map(of).sum::<u32>();
    let requests = [sum(|one| one.0), sum(|one| one.2)];
    let limits = [sum(|one| one.1), sum(|one| one.3)];
    if requests == [0, 0] && limits == [0, 0] {
        return BestEffort;
    }
    let all_limited = containers.iter().all(|one| one.1 > 0 && one.3 > 0);
    if all_limited && requests == limits { Guaranteed } else { Burstable }
}

proptest! {
    #[test]
    fn the_class_is_the_one_of_the_sums(
        containers in proptest::collection::vec((0_u32..3, 0_u32..3, 0_u32..3, 0_u32..3), 1..4),
    ) {
        // The API server refuses a request above its limit; zero stands for unset on both sides.
        let valid: Vec<_> = containers
            .into_iter()
            .map(|(cpu, cpu_limit, memory, memory_limit)| {
                let request = |request: u32, limit: u32| if limit == 0 { request } else { request.min(limit) };
                (request(cpu, cpu_limit), cpu_limit, request(memory, memory_limit), memory_limit)
            })
            .collect();
        let texts: Vec<String> =
            valid.iter().map(|(cpu, cpu_limit, memory, memory_limit)| format!("{cpu}/{cpu_limit} {memory}/{memory_limit}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        prop_assert_eq!(class(&pod(&texts), V34).unwrap().class, by_sums(&valid));
    }
}
