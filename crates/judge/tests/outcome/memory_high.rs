//! The memory files of a container.

use crate::imagined_pod::node;
use judge::memory_high::{files, settings_with_gate};
use kernel::bytes::Bytes;
use kernel::cgroup_path::QosClass::{self, BestEffort, Burstable, Guaranteed};
use kernel::hierarchy::CgroupVersion::{V1, V2};
use kernel::limit::Limit;
use model::lint::KubernetesVersion;
use model::outcome::MemoryResources;
use model::outcome::node::{MemoryQos, NodeSetup, ReservationPolicy, SwapBehavior};
use model::reading::Reading;
use proptest::prelude::{prop_assert, proptest};

const MIB: u64 = 1 << 20;

fn memory(request: u64, limit: Option<u64>) -> MemoryResources {
    MemoryResources {
        request: (request > 0).then_some(Bytes(request)),
        limit: limit.map(Bytes),
        inherited_limit: None,
        request_is_limit: false,
    }
}

fn with_gate(version: u16) -> NodeSetup {
    let mut node = node(version, V2, SwapBehavior::NoSwap);
    node.memory_qos = Some(settings_with_gate(KubernetesVersion(version)));
    node
}

fn high(node: &NodeSetup, class: QosClass, request: u64, limit: Option<u64>) -> Option<u64> {
    let high = files(node, class, memory(request, limit)).high;
    high.value().unwrap().bytes().map(|bytes| bytes.0)
}

/// Scenario s3 of the recorded node: gate on, TieredReservation, factor 0.9.
#[test]
fn a_real_kubelet_wrote_these() {
    let mut node = with_gate(36);
    node.memory_qos =
        Some(MemoryQos { throttling_factor: Some(0.9), reservation: ReservationPolicy::TieredReservation });
    assert_eq!(high(&node, Burstable, 256 * MIB, Some(512 * MIB)), Some(510_025_728));
    assert_eq!(high(&node, Burstable, 128 * MIB, None), Some(5_611_024_384));
    let burstable = files(&node, Burstable, memory(256 * MIB, Some(512 * MIB)));
    assert_eq!(
        (burstable.min, burstable.low),
        (Reading::Value(Bytes(0)), Reading::Value(Bytes(268_435_456)))
    );
    let guaranteed = files(&node, Guaranteed, memory(128 * MIB, Some(128 * MIB)));
    assert_eq!(
        (guaranteed.min, guaranteed.low),
        (Reading::Value(Bytes(134_217_728)), Reading::Value(Bytes(0)))
    );
    assert_eq!(guaranteed.high, Reading::Value(Limit::Unlimited));
}

/// The table of KEP-2570: limit 1000Mi, request and factor.
#[test]
fn the_formulas_of_the_kep() {
    for (version, request, factor, expected) in [
        (22, 500, 0.6, Some(600)),
        (22, 800, 0.6, None),
        (22, 1000, 0.6, None),
        (26, 500, 0.8, Some(800)),
        (26, 850, 0.8, None),
        (27, 500, 0.6, Some(800)),
        (27, 800, 0.6, Some(920)),
        (27, 1000, 0.6, None),
        (36, 500, 0.8, Some(900)),
        (37, 850, 0.8, Some(970)),
        (37, 0, 0.9, Some(900)),
    ] {
        let mut node = with_gate(version);
        node.memory_qos =
            Some(MemoryQos { throttling_factor: Some(factor), reservation: ReservationPolicy::None });
        let expected = expected.map(|mib: u64| mib * MIB);
        let high = high(&node, Burstable, request * MIB, Some(1000 * MIB));
        assert_eq!(high, expected, "1.{version}, request {request}, factor {factor}");
    }
}

#[test]
fn defaults_differ_by_version() {
    assert_eq!(settings_with_gate(KubernetesVersion(26)).throttling_factor, Some(0.8));
    assert_eq!(settings_with_gate(KubernetesVersion(36)).throttling_factor, Some(0.9));
    assert_eq!(settings_with_gate(KubernetesVersion(37)).throttling_factor, None);
    for version in [22, 34, 36, 37] {
        let node = node(version, V2, SwapBehavior::NoSwap);
        let files = files(&node, Burstable, memory(256 * MIB, Some(512 * MIB)));
        assert_eq!(files.high, Reading::Value(Limit::Unlimited), "1.{version}");
        assert_eq!(
            (files.min, files.low),
            (Reading::Value(Bytes(0)), Reading::Value(Bytes(0))),
            "1.{version}"
        );
        assert_eq!(files.oom_group, Reading::Value(version >= 28), "1.{version}");
    }
}

#[test]
fn before_1_36_every_request_became_memory_min() {
    let files = files(&with_gate(35), Burstable, memory(256 * MIB, Some(512 * MIB)));
    assert_eq!((files.min, files.low), (Reading::Value(Bytes(256 * MIB)), Reading::Value(Bytes(0))));
}

#[test]
fn reservations_lower_what_stands_in_for_a_limit() {
    let mut node = with_gate(34);
    node.memory = Some(Bytes(16 << 30));
    node.reserved = Bytes(1 << 30);
    assert_eq!(high(&node, BestEffort, 0, None), Some(14_495_514_624));
    node.memory = None;
    assert!(matches!(files(&node, BestEffort, memory(0, None)).high, Reading::Failed(_)));
}

#[test]
fn the_limit_is_cut_to_pages_and_v1_has_no_other_file() {
    let files = files(&node(34, V1, SwapBehavior::NoSwap), Burstable, memory(100_000_001, Some(200_000_003)));
    assert_eq!(files.max, Reading::Value(Limit::At(Bytes(199_999_488))));
    assert_eq!((files.min, files.low, files.high), (Reading::Absent, Reading::Absent, Reading::Absent));
}

proptest! {
    #[test]
    fn throttling_begins_above_the_request_and_not_above_the_limit(
        request in 0_u64..1 << 40,
        above in 0_u64..1 << 40,
        factor in 0.01_f64..1.0,
        version in 22_u16..38,
    ) {
        let mut node = with_gate(version);
        node.memory_qos =
            Some(MemoryQos { throttling_factor: Some(factor), reservation: ReservationPolicy::None });
        let limit = request + above;
        if limit > 0 && let Some(high) = high(&node, Burstable, request, Some(limit)) {
            prop_assert!(high > request && high <= limit + 4096, "{high}");
            prop_assert!(high % 4096 == 0);
        }
    }
}
