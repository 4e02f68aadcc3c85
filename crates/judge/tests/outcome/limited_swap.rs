//! Whether a container may swap, and how much.

use crate::imagined_pod::{node, pod, resources, spanned};
use judge::limited_swap::{decide, share, whole_pages};
use judge::{pod_resources, qos};
use kernel::bytes::Bytes;
use kernel::cgroup_path::QosClass;
use kernel::hierarchy::CgroupVersion::{V1, V2};
use model::outcome::node::SwapBehavior::{self, LimitedSwap, NoSwap, UnlimitedSwap};
use model::outcome::swap::{Critical, SwapAllowance, SwapDecision, SwapReason};
use model::workload::PodSpec;
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

const GIB: u64 = 1 << 30;
const MIB: u64 = 1 << 20;

/// The decision about the first container.
fn decision(
    version: u16,
    cgroup: kernel::hierarchy::CgroupVersion,
    behavior: SwapBehavior,
    pod: &PodSpec,
) -> SwapDecision {
    let node = node(version, cgroup, behavior);
    let class = qos::class(pod, node.kubernetes).unwrap().class;
    let memory = pod_resources::memory(&pod.containers[0], pod, node.kubernetes).unwrap();
    decide(&node, pod, class, memory)
}

const fn none() -> SwapAllowance {
    SwapAllowance::At { written: Bytes::ZERO, held: Bytes::ZERO }
}

const fn at(written: u64, held: u64) -> SwapAllowance {
    SwapAllowance::At { written: Bytes(written), held: Bytes(held) }
}

#[test]
fn the_share_is_the_kubelets_arithmetic() {
    // KEP-2400 and the kubelet's own tests.
    for (request, memory, swap, expected) in [
        (20 * GIB, 40 * GIB, 40 * GIB, 20 * GIB),
        (2 * GIB, 16 * GIB, 8 * GIB, GIB),
        (512 * MIB, 16 * GIB, 30 * GIB, 960 * MIB),
        (GIB, 80 * GIB, 4 * GIB, 53_687_091),
        (2 * GIB, 40 * GIB, 2 * GIB, 107_374_182),
        (5 * GIB, 150 * GIB, 40 * GIB, 1_431_655_765),
        (GIB, GIB, GIB, GIB),
    ] {
        assert_eq!(share(Bytes(request), Bytes(memory), Bytes(swap)), Some(Bytes(expected)));
    }
    assert_eq!(share(Bytes(GIB + 1), Bytes(GIB), Bytes(GIB)), None);
    assert_eq!(share(Bytes(0), Bytes(0), Bytes(GIB)), None);
}

/// `table.tsv` of the recorded node: what the kubelet wrote and what the kernel held.
#[test]
fn a_real_kubelet_wrote_these() {
    for (memory, written, held) in [
        ("268435456/536870912", 92_684_973, 92_684_288),
        ("134217728/-", 46_342_486, 46_342_144),
        ("67108864/134217728", 23_171_243, 23_171_072),
        ("33554432/67108864", 11_585_621, 11_583_488),
        ("100000001/200000003", 34_527_843, 34_525_184),
        ("536870912/545259520", 185_369_946, 185_368_576),
        ("8192/67108864", 2_828, 0),
    ] {
        let decision = decision(36, V2, LimitedSwap, &pod(&[&format!("-/- {memory}")]));
        assert_eq!(
            decision,
            SwapDecision { reason: SwapReason::Share, allowance: at(written, held) },
            "{memory}"
        );
    }
}

#[test]
fn the_first_rule_that_applies_decides() {
    let critical = |class: &str| {
        let mut pod = pod(&["-/- 64Mi/128Mi"]);
        pod.priority_class = Some(spanned(class.to_owned()));
        pod
    };
    let mut stat = pod(&["-/- 64Mi/128Mi"]);
    stat.is_static = true;
    let mut numbered = pod(&["-/- 64Mi/128Mi"]);
    numbered.priority = Some(spanned(2_000_000_000));
    let name = "system-node-critical";
    for (pod, reason) in [
        (critical(name), SwapReason::CriticalPod(Critical::PriorityClass(name.to_owned()))),
        (stat, SwapReason::CriticalPod(Critical::Static)),
        (numbered, SwapReason::CriticalPod(Critical::Priority(2_000_000_000))),
        (pod(&["-/- -/-"]), SwapReason::NotBurstable(QosClass::BestEffort)),
        (pod(&["1/1 64Mi/64Mi"]), SwapReason::NotBurstable(QosClass::Guaranteed)),
        (pod(&["1/- -/-"]), SwapReason::NoMemoryRequest),
        (pod(&["-/- 96Mi/96Mi"]), SwapReason::RequestEqualsLimit { copied: false }),
        (pod(&["-/- -/96Mi"]), SwapReason::RequestEqualsLimit { copied: true }),
        (pod(&["-/- 7Gi/8Gi"]), SwapReason::RequestAboveNodeMemory),
    ] {
        assert_eq!(decision(36, V2, LimitedSwap, &pod), SwapDecision { reason, allowance: none() });
    }
    let ordinary = decision(36, V2, LimitedSwap, &critical("high-priority"));
    assert_eq!(ordinary.reason, SwapReason::Share);
    assert_eq!(decision(36, V2, NoSwap, &pod(&["-/- 1/2"])).reason, SwapReason::BehaviorNoSwap);
}

#[test]
fn an_explicit_request_of_zero_is_a_share_of_nothing() {
    let decision = decision(36, V2, LimitedSwap, &pod(&["-/- 0/64Mi"]));
    assert_eq!(decision, SwapDecision { reason: SwapReason::Share, allowance: none() });
}

/// `podlevel/nores`, `podlevel/req`, `podlevel-eq/req` of the recorded node.
#[test]
fn of_pod_level_resources_only_the_containers_own_request_counts() {
    for (own, pod_level, reason, allowance) in [
        ("-/- -/-", "-/- 128Mi/384Mi", SwapReason::NoMemoryRequest, none()),
        ("-/- 64Mi/-", "-/- 128Mi/384Mi", SwapReason::Share, at(23_171_243, 23_171_072)),
        ("-/- 64Mi/-", "-/- 256Mi/256Mi", SwapReason::Share, at(23_171_243, 23_171_072)),
    ] {
        let mut pod = pod(&[own]);
        pod.resources = Some(Box::new(resources(pod_level)));
        assert_eq!(decision(36, V2, LimitedSwap, &pod), SwapDecision { reason, allowance });
    }
}

#[test]
fn each_version_has_its_own_rule() {
    let burstable = pod(&["-/- 64Mi/128Mi"]);
    let endless = pod(&["-/- 64Mi/-"]);
    let together = SwapAllowance::TogetherAtMemoryLimit(Bytes(128 * MIB));
    let eligible = at(23_171_243, 23_171_072);
    for (version, cgroup, behavior, pod, reason, allowance) in [
        (22, V2, LimitedSwap, &burstable, SwapReason::TogetherWithMemory, none()),
        (22, V2, LimitedSwap, &endless, SwapReason::TogetherWithMemory, SwapAllowance::Unlimited),
        (27, V1, LimitedSwap, &burstable, SwapReason::TogetherWithMemory, together),
        (27, V1, UnlimitedSwap, &burstable, SwapReason::Unlimited, SwapAllowance::Unlimited),
        (28, V2, LimitedSwap, &burstable, SwapReason::Share, eligible),
        (28, V2, UnlimitedSwap, &burstable, SwapReason::Unlimited, SwapAllowance::Unlimited),
        (29, V1, UnlimitedSwap, &burstable, SwapReason::CgroupV1, together),
        (29, V1, LimitedSwap, &burstable, SwapReason::CgroupV1, together),
        (30, V2, UnlimitedSwap, &burstable, SwapReason::BehaviorRemoved, none()),
        (37, V2, LimitedSwap, &burstable, SwapReason::Share, eligible),
        // The hole: on v1 a container without a limit can swap, whatever is asked for.
        (34, V1, LimitedSwap, &endless, SwapReason::CgroupV1, SwapAllowance::Unlimited),
        (34, V1, NoSwap, &endless, SwapReason::BehaviorNoSwap, SwapAllowance::Unlimited),
        (34, V1, NoSwap, &burstable, SwapReason::BehaviorNoSwap, together),
    ] {
        let expected = SwapDecision { reason, allowance };
        assert_eq!(decision(version, cgroup, behavior, pod), expected, "1.{version} {cgroup:?} {behavior:?}");
    }
    let mut critical = pod(&["-/- 64Mi/128Mi"]);
    critical.is_static = true;
    assert_eq!(decision(31, V2, LimitedSwap, &critical).reason, SwapReason::Share);
}

#[test]
fn without_the_kernels_file_the_kubelet_writes_nothing() {
    let mut node = node(34, V2, LimitedSwap);
    node.swap_controller = false;
    let pod = pod(&["1/1 64Mi/64Mi"]);
    let memory = pod_resources::memory(&pod.containers[0], &pod, node.kubernetes).unwrap();
    let decision = decide(&node, &pod, QosClass::Guaranteed, memory);
    assert_eq!(decision.allowance, SwapAllowance::Unlimited);
}

proptest! {
    /// Requests that fit on the node get no more swap together than it has (KEP-2400: LimitedSwap never over-commits).
    #[test]
    fn shares_of_requests_that_fit_fit(
        memory in 1_u64..1 << 46,
        swap in 0_u64..1 << 46,
        parts in proptest::collection::vec(0.0_f64..1.0, 1..20),
    ) {
        let total: f64 = parts.iter().sum::<f64>().max(1.0);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let request = |part: f64| (part / total * memory as f64) as u64;
        let granted: u64 = parts
            .iter()
            .map(|part| share(Bytes(request(*part).min(memory)), Bytes(memory), Bytes(swap)).unwrap())
            .map(|share| whole_pages(share, Bytes(4096)).0)
            .sum();
        // Floating point may be off by a few bytes per container, which the page floor takes back.
        prop_assert!(granted <= swap + 20, "{granted} of {swap}");
    }

    #[test]
    fn the_kernel_holds_whole_pages_and_never_more(bytes in 0_u64..u64::MAX) {
        let held = whole_pages(Bytes(bytes), Bytes(4096));
        prop_assert!(held.0 <= bytes && bytes - held.0 < 4096);
        prop_assert_eq!(held.0 % 4096, 0);
    }
}
