//! The node that an answer is about: what the command line tells, what a kubelet configuration in the input tells, and what is assumed.
//!
//! Fields and defaults are those of kubelet.config.k8s.io/v1beta1 (kubernetes/staging/src/k8s.io/kubelet/config/v1beta1/types.go).

use crate::{limited_swap, memory_high};
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use model::document::kind::DocumentKind;
use model::document::lines::Lines;
use model::document::node::Node;
use model::document::{Content, Span};
use model::lint::KubernetesVersion;
use model::manifest::ManifestFile;
use model::outcome::node::{Assumption, MemoryQos, NodeSetup, Origin, ReservationPolicy, SwapBehavior};
use model::quantity::kubernetes;

/// The version that is checked when none is given.
pub const KUBERNETES_DEFAULT: KubernetesVersion = KubernetesVersion(34);

/// x86-64's page; other machines may have larger ones.
const PAGE: Bytes = Bytes(4096);

/// The first version whose gate `NodeSwap` is on.
const GATE_ON: KubernetesVersion = KubernetesVersion(30);

/// The first version whose kubelet refuses cgroup v1 unless told otherwise (KEP-5573).
const FAIL_CGROUP_V1: KubernetesVersion = KubernetesVersion(35);

/// What somebody asked for on the command line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AskedNode {
    /// `--kubernetes-version`.
    pub kubernetes: Option<KubernetesVersion>,
    /// `--cgroup`.
    pub cgroup: Option<CgroupVersion>,
    /// `--node-memory`.
    pub memory: Option<Bytes>,
    /// `--node-swap`.
    pub swap: Option<Bytes>,
    /// `--swap-behavior`.
    pub behavior: Option<SwapBehavior>,
    /// `--memory-throttling-factor`.
    pub throttling_factor: Option<f64>,
    /// `--memory-reservation-policy`.
    pub reservation: Option<ReservationPolicy>,
}

/// Settings of the kubelet configurations in the input; the last one that sets a field wins, as with drop-ins.
#[derive(Default)]
struct Kubelet {
    behavior: Option<(String, Origin)>,
    node_swap_gate: Option<(bool, Origin)>,
    memory_qos_gate: Option<(bool, Origin)>,
    throttling_factor: Option<(f64, Origin)>,
    reservation: Option<(ReservationPolicy, Origin)>,
    fail_swap_on: Option<(bool, Origin)>,
    fail_cgroup_v1: Option<bool>,
    single_process_oom_kill: bool,
    kube_reserved: Bytes,
    system_reserved: Bytes,
}

/// Joins what is asked with what the files tell.
#[must_use]
pub fn resolve(asked: &AskedNode, files: &[ManifestFile]) -> NodeSetup {
    let kubelet = kubelet(files);
    let kubernetes = asked.kubernetes.unwrap_or(KUBERNETES_DEFAULT);
    let cgroup = asked.cgroup.unwrap_or(CgroupVersion::V2);
    let mut assumed = Vec::new();
    let behavior = behavior(asked, &kubelet, kubernetes, cgroup, &mut assumed);
    let node_swap_gate = node_swap_gate(asked, &kubelet, kubernetes, &mut assumed);
    if let Some((true, origin)) = kubelet.fail_swap_on.clone()
        && asked.swap.is_some_and(|swap| swap > Bytes::ZERO)
    {
        assumed.push(Assumption::FailSwapOn(origin));
    }
    let memory_qos = memory_qos(asked, &kubelet, kubernetes, &mut assumed);
    let has_shares = behavior == SwapBehavior::LimitedSwap;
    let has_throttling = memory_qos.is_some_and(|qos| qos.throttling_factor.is_some());
    if asked.memory.is_none() && (has_shares || has_throttling) {
        assumed.push(Assumption::NodeMemoryUnknown);
    }
    if asked.swap.is_none() && has_shares {
        assumed.push(Assumption::NodeSwapUnknown);
    }
    if asked.kubernetes.is_none() {
        assumed.push(Assumption::KubernetesVersion(kubernetes));
    }
    if asked.cgroup.is_none() {
        assumed.push(Assumption::CgroupV2);
    }
    if cgroup == CgroupVersion::V1 && kubernetes >= FAIL_CGROUP_V1 && kubelet.fail_cgroup_v1 != Some(false) {
        assumed.push(Assumption::FailCgroupV1);
    }
    NodeSetup {
        kubernetes,
        cgroup,
        memory: asked.memory,
        swap: asked.swap,
        reserved: kubelet.kube_reserved.saturating_add(kubelet.system_reserved),
        behavior,
        node_swap_gate,
        swap_controller: true,
        memory_qos,
        single_process_oom_kill: kubelet.single_process_oom_kill,
        page: PAGE,
        assumed,
    }
}

fn behavior(
    asked: &AskedNode,
    kubelet: &Kubelet,
    version: KubernetesVersion,
    cgroup: CgroupVersion,
    assumed: &mut Vec<Assumption>,
) -> SwapBehavior {
    if let Some(behavior) = asked.behavior {
        return behavior;
    }
    if let Some((text, origin)) = kubelet.behavior.clone() {
        let known = SwapBehavior::of(&text);
        let is_refused = known == Some(SwapBehavior::UnlimitedSwap) && version >= GATE_ON
            || known == Some(SwapBehavior::NoSwap) && version < GATE_ON;
        match known.filter(|_| !is_refused) {
            Some(behavior) => {
                assumed.push(Assumption::Behavior(behavior, origin));
                return behavior;
            }
            None => assumed.push(Assumption::BehaviorRefused(text, origin)),
        }
    } else if asked.swap.is_some_and(|swap| swap > Bytes::ZERO) && cgroup == CgroupVersion::V2 {
        assumed.push(Assumption::Behavior(SwapBehavior::LimitedSwap, Origin::ImpliedBy("--node-swap")));
        return SwapBehavior::LimitedSwap;
    }
    let behavior = limited_swap::default_behavior(version);
    assumed.push(Assumption::Behavior(behavior, Origin::Default));
    behavior
}

/// Swap that somebody asks about needs the gate, so it is taken to be on.
fn node_swap_gate(
    asked: &AskedNode,
    kubelet: &Kubelet,
    version: KubernetesVersion,
    assumed: &mut Vec<Assumption>,
) -> bool {
    if let Some((gate, origin)) = kubelet.node_swap_gate.clone() {
        if !gate {
            assumed.push(Assumption::NodeSwapGateOff(origin));
        }
        return gate;
    }
    if limited_swap::is_gate_on_by_default(version) {
        return true;
    }
    let is_asked = asked.behavior.is_some() || asked.swap.is_some() || kubelet.behavior.is_some();
    assumed.push(if is_asked {
        Assumption::NodeSwapGateOn
    } else {
        Assumption::NodeSwapGateOff(Origin::Default)
    });
    is_asked
}

fn memory_qos(
    asked: &AskedNode,
    kubelet: &Kubelet,
    version: KubernetesVersion,
    assumed: &mut Vec<Assumption>,
) -> Option<MemoryQos> {
    let default = memory_high::default_settings(version);
    let gate = kubelet.memory_qos_gate.clone();
    if let Some((false, origin)) = gate {
        assumed.push(Assumption::MemoryQos(origin));
        return None;
    }
    let is_asked = asked.throttling_factor.is_some() || asked.reservation.is_some();
    // The kubelet ignores the two fields while the gate is off, so they alone do not turn it on.
    if default.is_none() && gate.is_none() && !is_asked {
        return None;
    }
    if default.is_none() && gate.is_none() {
        assumed.push(Assumption::MemoryQosGateOn);
    }
    let mut settings = default.unwrap_or_else(|| memory_high::settings_with_gate(version));
    let origin = gate.map(|(_, origin)| origin);
    let origin = origin.or_else(|| kubelet.throttling_factor.clone().map(|(_, origin)| origin));
    let origin = origin.or_else(|| kubelet.reservation.clone().map(|(_, origin)| origin));
    assumed.extend(origin.map(Assumption::MemoryQos));
    let factor = asked.throttling_factor.or(kubelet.throttling_factor.as_ref().map(|(factor, _)| *factor));
    settings.throttling_factor = factor.or(settings.throttling_factor);
    let reservation = asked.reservation.or(kubelet.reservation.as_ref().map(|(policy, _)| *policy));
    settings.reservation = reservation.unwrap_or(settings.reservation);
    Some(settings)
}

fn kubelet(files: &[ManifestFile]) -> Kubelet {
    let mut kubelet = Kubelet::default();
    for file in files {
        let lines = Lines::of(&file.text);
        for document in &file.documents {
            let (DocumentKind::KubeletConfiguration, Content::Tree(node)) =
                (&document.kind, &document.content)
            else {
                continue;
            };
            let origin =
                |span: Span| Origin::File { name: file.name.clone(), line: lines.position(span.start).line };
            read(node, &mut kubelet, &origin);
        }
    }
    kubelet
}

fn read(node: &Node, kubelet: &mut Kubelet, origin: &dyn Fn(Span) -> Origin) {
    let told = |path: &[&str]| node.at(path).map(|node| (node, origin(node.span)));
    let bool_at = |path: &[&str]| told(path).and_then(|(node, origin)| Some((node.bool()?, origin)));
    if let Some((text, origin)) = told(&["memorySwap", "swapBehavior"])
        && let Some(text) = text.text().filter(|text| !text.is_empty())
    {
        kubelet.behavior = Some((text.to_owned(), origin));
    }
    kubelet.node_swap_gate = bool_at(&["featureGates", "NodeSwap"]).or(kubelet.node_swap_gate.take());
    kubelet.memory_qos_gate = bool_at(&["featureGates", "MemoryQoS"]).or(kubelet.memory_qos_gate.take());
    kubelet.fail_swap_on = bool_at(&["failSwapOn"]).or(kubelet.fail_swap_on.take());
    kubelet.fail_cgroup_v1 = bool_at(&["failCgroupV1"]).map(|(fail, _)| fail).or(kubelet.fail_cgroup_v1);
    if let Some((single, _)) = bool_at(&["singleProcessOOMKill"]) {
        kubelet.single_process_oom_kill = single;
    }
    if let Some((factor, origin)) = told(&["memoryThrottlingFactor"])
        && let Some(factor) = factor.text().and_then(|text| text.parse().ok())
    {
        kubelet.throttling_factor = Some((factor, origin));
    }
    if let Some((policy, origin)) = told(&["memoryReservationPolicy"]) {
        let known = match policy.text() {
            Some("TieredReservation") => Some(ReservationPolicy::TieredReservation),
            Some("None") => Some(ReservationPolicy::None),
            Some(_) | None => None,
        };
        kubelet.reservation = known.map(|policy| (policy, origin)).or(kubelet.reservation.take());
    }
    kubelet.kube_reserved = reserved(node, "kubeReserved").unwrap_or(kubelet.kube_reserved);
    kubelet.system_reserved = reserved(node, "systemReserved").unwrap_or(kubelet.system_reserved);
}

fn reserved(node: &Node, key: &str) -> Option<Bytes> {
    let milli = u128::try_from(kubernetes::milli(node.at(&[key, "memory"])?.text()?)?).ok()?;
    u64::try_from(milli.div_ceil(1_000)).ok().map(Bytes)
}
