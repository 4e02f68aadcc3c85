//! What a node is taken to be.

use judge::node_setup::{AskedNode, resolve};
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use model::document::kind::DocumentKind;
use model::document::node::{Entry, Node, Scalar, Style, Value};
use model::document::{Content, Document, Span};
use model::lint::KubernetesVersion;
use model::manifest::ManifestFile;
use model::outcome::node::{Assumption, NodeSetup, Origin, ReservationPolicy, SwapBehavior};
use proptest::prelude::{prop_assert_eq, proptest};

fn scalar(text: &str) -> Node {
    let scalar = Scalar { text: text.into(), style: Style::Plain };
    Node { span: Span::default(), value: Value::Scalar(scalar) }
}

/// A kubelet configuration of `path.to.key value` lines.
fn kubelet(lines: &[&str]) -> ManifestFile {
    let entry = |key: &str, value| Entry { key: scalar(key), value };
    let mapping = |entries| Node { span: Span::default(), value: Value::Mapping(entries) };
    let entries = lines.iter().map(|line| {
        let (path, value) = line.split_once(' ').unwrap();
        let mut keys = path.split('.').rev();
        let last = entry(keys.next().unwrap(), scalar(value));
        keys.fold(last, |inner, key| entry(key, mapping(vec![inner])))
    });
    let document = Document {
        kind: DocumentKind::KubeletConfiguration,
        span: Span::default(),
        content: Content::Tree(mapping(entries.collect())),
        inside: None,
    };
    ManifestFile { name: "kubelet.yaml".to_owned(), documents: vec![document], ..ManifestFile::default() }
}

fn with(version: Option<u16>, swap: Option<u64>, lines: &[&str]) -> NodeSetup {
    let asked = AskedNode {
        kubernetes: version.map(KubernetesVersion),
        memory: Some(Bytes(16 << 30)),
        swap: swap.map(Bytes),
        ..AskedNode::default()
    };
    resolve(&asked, &[kubelet(lines)])
}

fn file() -> Origin {
    Origin::File { name: "kubelet.yaml".to_owned(), line: 1 }
}

#[test]
fn node_swap_implies_limited_swap_and_says_so() {
    let node = with(None, Some(30 << 30), &[]);
    assert_eq!(node.behavior, SwapBehavior::LimitedSwap);
    let implied = Assumption::Behavior(SwapBehavior::LimitedSwap, Origin::ImpliedBy("--node-swap"));
    let version = Assumption::KubernetesVersion(KubernetesVersion(34));
    assert_eq!(node.assumed, [implied, version, Assumption::CgroupV2]);
}

#[test]
fn a_kubelet_configuration_says_otherwise() {
    let node = with(Some(34), Some(30 << 30), &["memorySwap.swapBehavior NoSwap"]);
    assert_eq!(node.behavior, SwapBehavior::NoSwap);
    assert_eq!(node.assumed[0], Assumption::Behavior(SwapBehavior::NoSwap, file()));
}

#[test]
fn the_flag_wins_over_the_file() {
    let asked = AskedNode { behavior: Some(SwapBehavior::LimitedSwap), ..AskedNode::default() };
    let node = resolve(&asked, &[kubelet(&["memorySwap.swapBehavior NoSwap"])]);
    assert_eq!(node.behavior, SwapBehavior::LimitedSwap);
}

#[test]
fn a_behaviour_that_the_version_does_not_know_keeps_the_kubelet_from_starting() {
    for (version, text) in [(34, "UnlimitedSwap"), (28, "NoSwap"), (34, "limitedswap")] {
        let node = with(Some(version), Some(1 << 30), &[&format!("memorySwap.swapBehavior {text}")]);
        assert_eq!(
            node.assumed[0],
            Assumption::BehaviorRefused(text.to_owned(), file()),
            "{text} in 1.{version}"
        );
    }
}

#[test]
fn on_v1_swap_implies_nothing() {
    let asked =
        AskedNode { cgroup: Some(CgroupVersion::V1), swap: Some(Bytes(1 << 30)), ..AskedNode::default() };
    let node = resolve(&asked, &[]);
    assert_eq!(node.behavior, SwapBehavior::NoSwap);
    assert!(!node.assumed.contains(&Assumption::FailCgroupV1));
    let newer = resolve(&AskedNode { kubernetes: Some(KubernetesVersion(35)), ..asked }, &[]);
    assert!(newer.assumed.contains(&Assumption::FailCgroupV1));
}

#[test]
fn the_gate_of_old_versions_is_on_only_for_those_who_ask_about_swap() {
    assert!(!with(Some(28), None, &[]).node_swap_gate);
    let asked = with(Some(28), Some(1 << 30), &[]);
    assert!(asked.node_swap_gate && asked.assumed.contains(&Assumption::NodeSwapGateOn));
    assert!(!with(Some(33), Some(1 << 30), &["featureGates.NodeSwap false"]).node_swap_gate);
}

#[test]
fn memory_qos_and_reservations_are_read() {
    let lines = [
        "featureGates.MemoryQoS true",
        "memoryThrottlingFactor 0.7",
        "memoryReservationPolicy TieredReservation",
        "kubeReserved.memory 1Gi",
        "systemReserved.memory 512Mi",
        "singleProcessOOMKill true",
        "failSwapOn true",
    ];
    let node = with(Some(36), Some(1 << 30), &lines);
    let qos = node.memory_qos.unwrap();
    assert_eq!((qos.throttling_factor, qos.reservation), (Some(0.7), ReservationPolicy::TieredReservation));
    assert_eq!(node.reserved, Bytes(1536 << 20));
    assert!(node.single_process_oom_kill);
    assert!(node.assumed.contains(&Assumption::FailSwapOn(file())));
    assert_eq!(with(Some(36), None, &["memoryThrottlingFactor 0.7"]).memory_qos, None);
    assert!(with(Some(37), None, &[]).memory_qos.is_some());
}

proptest! {
    /// What is asked for is what is taken, and then nothing is said to be assumed of it.
    #[test]
    fn a_full_command_line_leaves_nothing_to_assume(version in 30_u16..35, memory in 1_u64.., swap in 0_u64..) {
        let asked = AskedNode {
            kubernetes: Some(KubernetesVersion(version)),
            cgroup: Some(CgroupVersion::V2),
            memory: Some(Bytes(memory)),
            swap: Some(Bytes(swap)),
            behavior: Some(SwapBehavior::LimitedSwap),
            throttling_factor: None,
            reservation: None,
        };
        prop_assert_eq!(resolve(&asked, &[]).assumed, []);
    }
}
