//! What an answer rests on, in words, and what a file cannot tell.

use crate::outcome::broken;
use crate::text::{Line, Tone};
use model::outcome::node::{Assumption, NodeSetup, Origin};

/// What a manifest never tells.
const NOT_TOLD: &str = "The file does not tell: defaults of a LimitRange, changes by admission webhooks, what the node really has and how its kubelet is set, how much the container uses.";

/// The lines below the containers.
#[must_use]
pub fn lines(node: &NodeSetup, width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let sentences = sentences(node);
    if !sentences.is_empty() {
        lines.push(Line::of(Tone::Quiet, "Assumed:"));
        for sentence in &sentences {
            lines.extend(broken(sentence, width, 2).into_iter().map(|line| Line::plain(format!("  {line}"))));
        }
    }
    lines.extend(broken(NOT_TOLD, width, 0).into_iter().map(|line| Line::of(Tone::Quiet, line)));
    lines
}

/// Everything that was assumed, one sentence each.
#[must_use]
pub fn sentences(node: &NodeSetup) -> Vec<String> {
    node.assumed.iter().map(sentence).collect()
}

fn sentence(assumption: &Assumption) -> String {
    match assumption {
        Assumption::KubernetesVersion(version) => {
            format!("Kubernetes 1.{} (--kubernetes-version).", version.0)
        }
        Assumption::CgroupV2 => "cgroup v2 (--cgroup v1 for the other).".to_owned(),
        Assumption::Behavior(behavior, Origin::ImpliedBy(flag)) => format!(
            "{}, because {flag} is given; the kubelet's own default is NoSwap (--swap-behavior).",
            behavior.name()
        ),
        Assumption::Behavior(behavior, Origin::Default) => {
            format!("{}, the default of this version (--swap-behavior, --node-swap).", behavior.name())
        }
        Assumption::Behavior(behavior, origin @ (Origin::Flag(_) | Origin::File { .. })) => {
            format!("{}: {}.", behavior.name(), who(origin))
        }
        Assumption::NodeSwapGateOn => {
            "The feature gate NodeSwap is on; before Kubernetes 1.30 it is off by default.".to_owned()
        }
        Assumption::NodeSwapGateOff(origin) => format!("The feature gate NodeSwap is off: {}.", who(origin)),
        Assumption::MemoryQosGateOn => {
            "The feature gate MemoryQoS is on; before Kubernetes 1.37 it is off by default.".to_owned()
        }
        Assumption::MemoryQos(origin) => format!("MemoryQoS as it is set: {}.", who(origin)),
        Assumption::NodeMemoryUnknown => {
            "Node memory is not given (--node-memory), so shares of it are not computed.".to_owned()
        }
        Assumption::NodeSwapUnknown => {
            "Node swap is not given (--node-swap), so shares of it are not computed.".to_owned()
        }
        Assumption::FailSwapOn(origin) => format!(
            "failSwapOn is true ({}): with swap on the node this kubelet does not start. Set it to false.",
            who(origin)
        ),
        Assumption::FailCgroupV1 => {
            "A kubelet of 1.35 or later does not start on cgroup v1 unless failCgroupV1 is false.".to_owned()
        }
        Assumption::BehaviorRefused(text, origin) => format!(
            "swapBehavior `{text}` ({}) is refused by this version: the kubelet does not start. Its default is told instead.",
            who(origin)
        ),
    }
}

fn who(origin: &Origin) -> String {
    match origin {
        Origin::Flag(flag) | Origin::ImpliedBy(flag) => (*flag).to_owned(),
        Origin::File { name, line } => format!("{name}, line {line}"),
        Origin::Default => "the default of this version".to_owned(),
    }
}
