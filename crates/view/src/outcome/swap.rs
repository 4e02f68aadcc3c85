//! The decision about swap in words: how much, why, and how to have it otherwise.

use crate::outcome::qos;
use crate::units;
use kernel::bytes::Bytes;
use kernel::cgroup_path::QosClass;
use model::outcome::ContainerOutcome;
use model::outcome::node::NodeSetup;
use model::outcome::swap::{Critical, SwapAllowance, SwapDecision, SwapReason, UnknownNode};
use model::reading::Reading;

/// How much and why.
#[must_use]
pub fn sentence(outcome: &ContainerOutcome, node: &NodeSetup) -> String {
    match &outcome.swap {
        Reading::Value(decision) => {
            let request = outcome.memory.value().and_then(|memory| memory.request).unwrap_or_default();
            decided(decision, request, node)
        }
        Reading::Failed(why) => format!("Not known: {why}."),
        Reading::Absent => "Not known.".to_owned(),
    }
}

fn decided(decision: &SwapDecision, request: Bytes, node: &NodeSetup) -> String {
    match (&decision.reason, decision.allowance) {
        (SwapReason::Share, SwapAllowance::At { written, held }) => share(request, node, written, held),
        (SwapReason::Share, SwapAllowance::Unknown(unknown)) => {
            let flag = match unknown {
                UnknownNode::Memory => "--node-memory",
                UnknownNode::Swap => "--node-swap",
            };
            format!(
                "A share of the node's swap: request {} / node memory × node swap. Give {flag} to have it computed.",
                units::bytes(request)
            )
        }
        (SwapReason::Unlimited, _) => "As much as the node has: UnlimitedSwap.".to_owned(),
        (SwapReason::NoSwapController, _) => format!(
            "Unlimited: {}, so nothing is written that could hold it back.",
            cause(&SwapReason::NoSwapController)
        ),
        (reason, SwapAllowance::Unlimited) => format!(
            "Unlimited, though {}: without a memory limit no swap limit is written either. Set a memory limit.",
            cause(reason)
        ),
        (reason, SwapAllowance::TogetherAtMemoryLimit(limit)) => format!(
            "None beyond the limit, as {}: memory and swap together stay at {}. Below that the kernel may still swap it out.{}",
            cause(reason),
            units::bytes(limit),
            remedy(reason)
        ),
        (reason, SwapAllowance::At { .. } | SwapAllowance::Unknown(_)) => {
            format!("None: {}.{}", cause(reason), remedy(reason))
        }
    }
}

fn share(request: Bytes, node: &NodeSetup, written: Bytes, held: Bytes) -> String {
    let amount = |bytes: Option<Bytes>| bytes.map_or_else(|| units::ABSENT.to_owned(), units::bytes);
    if node.swap == Some(Bytes::ZERO) {
        return "None: it would get a share of the node's swap, and the node has none.".to_owned();
    }
    let formula = format!(
        "request {} / node memory {} × node swap {}",
        units::bytes(request),
        amount(node.memory),
        amount(node.swap)
    );
    if held == Bytes::ZERO {
        return format!("None: {formula} are {} B, less than one page.", written.0);
    }
    format!("{}: {formula}.", units::bytes(held))
}

/// Why, as the second half of a sentence.
fn cause(reason: &SwapReason) -> String {
    match reason {
        SwapReason::NoSwapController => "the kernel has no swap limit per cgroup".to_owned(),
        SwapReason::GateOff => "the feature gate NodeSwap is off".to_owned(),
        SwapReason::BehaviorNoSwap => "the kubelet is set to NoSwap".to_owned(),
        SwapReason::BehaviorRemoved => {
            "UnlimitedSwap was removed in Kubernetes 1.30, and the kubelet does not start with it".to_owned()
        }
        SwapReason::CgroupV1 => "LimitedSwap needs cgroup v2".to_owned(),
        SwapReason::CriticalPod(Critical::Static) => {
            "static pods count as critical and never swap".to_owned()
        }
        SwapReason::CriticalPod(Critical::PriorityClass(class)) => {
            format!("the pod is critical (priorityClassName {class}), and critical pods never swap")
        }
        SwapReason::CriticalPod(Critical::Priority(priority)) => {
            format!("the pod is critical (priority {priority}), and critical pods never swap")
        }
        SwapReason::NotBurstable(class) => {
            format!("only Burstable pods swap, and this one is {}", qos::class(*class))
        }
        SwapReason::NoMemoryRequest => "the container has no memory request of its own".to_owned(),
        SwapReason::RequestEqualsLimit { copied: false } => {
            "its memory request equals its limit, which switches swap off".to_owned()
        }
        SwapReason::RequestEqualsLimit { copied: true } => {
            "without a memory request the limit counts as one, and equal values switch swap off".to_owned()
        }
        SwapReason::RequestAboveNodeMemory => {
            "its request is larger than the node, so it will not even be scheduled there".to_owned()
        }
        SwapReason::TogetherWithMemory => {
            "before Kubernetes 1.28 LimitedSwap allows memory and swap together up to the memory limit"
                .to_owned()
        }
        SwapReason::Share => "it gets a share of the node's swap".to_owned(),
        SwapReason::Unlimited => "the kubelet is set to UnlimitedSwap".to_owned(),
    }
}

/// How to have it otherwise, where a manifest can.
const fn remedy(reason: &SwapReason) -> &'static str {
    match reason {
        SwapReason::NotBurstable(QosClass::BestEffort) | SwapReason::NoMemoryRequest => {
            " To let it swap, give it a memory request."
        }
        SwapReason::NotBurstable(QosClass::Guaranteed) | SwapReason::RequestEqualsLimit { .. } => {
            " To let it swap, set the memory request below the limit."
        }
        SwapReason::NotBurstable(QosClass::Burstable)
        | SwapReason::NoSwapController
        | SwapReason::GateOff
        | SwapReason::BehaviorNoSwap
        | SwapReason::BehaviorRemoved
        | SwapReason::CgroupV1
        | SwapReason::CriticalPod(_)
        | SwapReason::RequestAboveNodeMemory
        | SwapReason::TogetherWithMemory
        | SwapReason::Share
        | SwapReason::Unlimited => "",
    }
}

/// Why, in a few words for a column.
#[must_use]
pub const fn short(reason: &SwapReason) -> &'static str {
    match reason {
        SwapReason::NoSwapController => "no swap limits here",
        SwapReason::GateOff => "gate NodeSwap off",
        SwapReason::BehaviorNoSwap => "NoSwap",
        SwapReason::BehaviorRemoved => "UnlimitedSwap removed",
        SwapReason::CgroupV1 => "cgroup v1",
        SwapReason::CriticalPod(_) => "critical pod",
        SwapReason::NotBurstable(_) => "not Burstable",
        SwapReason::NoMemoryRequest => "no request",
        SwapReason::RequestEqualsLimit { copied: false } => "request = limit",
        SwapReason::RequestEqualsLimit { copied: true } => "only a limit",
        SwapReason::RequestAboveNodeMemory => "larger than the node",
        SwapReason::TogetherWithMemory => "before 1.28",
        SwapReason::Share => "share of the node's",
        SwapReason::Unlimited => "UnlimitedSwap",
    }
}

#[cfg(test)]
mod tests {
    use super::{Critical, QosClass, SwapReason, cause, remedy, short};

    #[test]
    fn every_reason_has_words_and_only_what_a_manifest_can_change_has_a_remedy() {
        let reasons = [
            (SwapReason::NoSwapController, false),
            (SwapReason::GateOff, false),
            (SwapReason::BehaviorNoSwap, false),
            (SwapReason::BehaviorRemoved, false),
            (SwapReason::CgroupV1, false),
            (SwapReason::CriticalPod(Critical::Static), false),
            (SwapReason::CriticalPod(Critical::Priority(2_000_000_000)), false),
            (SwapReason::NotBurstable(QosClass::Guaranteed), true),
            (SwapReason::NotBurstable(QosClass::BestEffort), true),
            (SwapReason::NoMemoryRequest, true),
            (SwapReason::RequestEqualsLimit { copied: true }, true),
            (SwapReason::RequestEqualsLimit { copied: false }, true),
            (SwapReason::RequestAboveNodeMemory, false),
            (SwapReason::TogetherWithMemory, false),
            (SwapReason::Unlimited, false),
        ];
        for (reason, has_remedy) in reasons {
            assert!(!cause(&reason).ends_with('.'), "{reason:?}");
            assert!(short(&reason).len() <= 24, "{reason:?}");
            assert_eq!(!remedy(&reason).is_empty(), has_remedy, "{reason:?}");
        }
    }
}
