//! Whether swap is plainly wanted for a pod, and whether the kubelet gives it to a container.

use crate::lint::Subject;
use crate::lint::kubernetes::object::{Container, Pod, pods, requests_and_limits};
use crate::lint::kubernetes::unread_metadata;
use crate::lint::node::kubelet;
use crate::lint::report::{self, Place};
use crate::{limited_swap, pod_resources, qos};
use kernel::bytes::Bytes;
use model::document::Span;
use model::document::node::{Entry, Node};
use model::lint::{KubernetesVersion, LintFinding, LintSeverity};
use model::outcome::MemoryResources;
use model::outcome::node::{NodeSetup, SwapBehavior};
use model::outcome::qos::PodQos;
use model::outcome::swap::SwapReason;
use model::workload::PodSpec;

/// Who wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Where that is written.
    pub span: Span,
    /// Who says so.
    pub origin: Origin,
}

/// Who wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The pod, by choosing nodes with swap.
    Pod,
    /// The pod, by a key that means nothing, which has a finding of its own.
    Invention,
    /// A kubelet configuration in the same file: other pods may be meant.
    Kubelet,
}

impl Wish {
    /// How bad it is that the wish is not met.
    #[must_use]
    pub const fn severity(&self) -> LintSeverity {
        match self.origin {
            Origin::Pod => LintSeverity::Warning,
            Origin::Invention | Origin::Kubelet => LintSeverity::Info,
        }
    }
}

/// What to do about a key that asks for swap and that nobody reads.
pub const INSTEAD: &str = "remove it; on nodes with `swapBehavior: LimitedSwap` a container swaps in proportion to its memory \
                           request, when that is below its limit";

/// The first version whose kubelet computes a share of the swap.
const SHARES: KubernetesVersion = KubernetesVersion(28);

/// A wish for swap, of the pod before that of a kubelet ([`of_kubelet`]).
#[must_use]
pub fn of_pod(subject: &Subject<'_>, pod: &Pod<'_>, kubelet: Option<Span>) -> Option<Wish> {
    if subject.target.kubernetes < SHARES {
        return None;
    }
    if refuses(pod) {
        return None;
    }
    let at = |origin| move |span| Wish { span, origin };
    let own = node_selector(pod).or_else(|| node_affinity(pod)).or_else(|| toleration(pod));
    own.map(at(Origin::Pod))
        .or_else(|| annotation(pod).or_else(|| resource(pod)).map(at(Origin::Invention)))
        .or_else(|| kubelet.map(at(Origin::Kubelet)))
}

/// The pods that want swap, each with its wish.
pub fn wishing_pods<'a>(subject: &Subject<'a>) -> impl Iterator<Item = (Pod<'a>, Wish)> {
    let kubelet = of_kubelet(subject);
    pods(subject).filter_map(move |pod| Some((pod, of_pod(subject, &pod, kubelet)?)))
}

/// `memorySwap.swapBehavior: LimitedSwap` in a kubelet configuration of the file.
#[must_use]
pub fn of_kubelet(subject: &Subject<'_>) -> Option<Span> {
    kubelet::configurations(subject).iter().find_map(|configuration| {
        let behavior = configuration.root.at(&["memorySwap", "swapBehavior"])?;
        (behavior.text() == Some("LimitedSwap")).then_some(behavior.span)
    })
}

fn node_selector(pod: &Pod<'_>) -> Option<Span> {
    let labels = pod.spec.entries_at(&["nodeSelector"]);
    let wants = |value: &Node| value.text().is_none_or(|text| text.is_empty() || is_yes(text));
    labels.iter().find(|label| is_about_swap(label.name()) && wants(&label.value)).map(|label| label.key.span)
}

fn node_affinity(pod: &Pod<'_>) -> Option<Span> {
    let required = pod.spec.at(&[
        "affinity",
        "nodeAffinity",
        "requiredDuringSchedulingIgnoredDuringExecution",
        "nodeSelectorTerms",
    ])?;
    let mut expressions = required.items().iter().flat_map(|term| term.items_at(&["matchExpressions"]));
    expressions.find_map(|expression| {
        let key = expression.get("key")?;
        let wants = match expression.get("operator")?.text()? {
            "Exists" => true,
            "In" => expression.get("values")?.items().iter().all(|value| value.text().is_some_and(is_yes)),
            _ => false,
        };
        (wants && is_about_swap(key.text()?)).then_some(key.span)
    })
}

fn toleration(pod: &Pod<'_>) -> Option<Span> {
    let tolerations = pod.spec.items_at(&["tolerations"]);
    tolerations.iter().find_map(|toleration| {
        let key = toleration.get("key")?;
        is_about_swap(key.text()?).then_some(key.span)
    })
}

/// An annotation says that none is wanted: nobody reads it, but it is plain.
fn refuses(pod: &Pod<'_>) -> bool {
    annotations(pod).any(|annotation| annotation.value.text().is_some_and(|text| !is_yes(text)))
}

fn annotation(pod: &Pod<'_>) -> Option<Span> {
    let own = annotations(pod).find(|annotation| annotation.value.text().is_some_and(is_yes));
    own.map(|annotation| annotation.key.span)
}

/// Annotations about swap that nobody reads.
fn annotations<'a>(pod: &Pod<'a>) -> impl Iterator<Item = &'a Entry> {
    let all = pod.metadata.map_or(&[][..], |metadata| metadata.entries_at(&["annotations"]));
    all.iter().filter(|annotation| {
        annotation.name().contains("swap") && unread_metadata::is_unread_annotation(annotation.name())
    })
}

fn resource(pod: &Pod<'_>) -> Option<Span> {
    pod.containers().find_map(|container| {
        let mut entries = requests_and_limits(container.node.get("resources")?).flat_map(Node::entries);
        entries
            .find(|entry| entry.name() == "swap" && entry.value.text().is_some_and(is_yes))
            .map(|entry| entry.key.span)
    })
}

/// Whether the words of a key name swap: `memory-swap`, `example.com/swap`, not `swapper`.
fn is_about_swap(key: &str) -> bool {
    key.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|word| word.eq_ignore_ascii_case("swap"))
}

/// Whether a value asks for swap.
#[must_use]
pub fn is_yes(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let no = [
        "",
        "0",
        "false",
        "no",
        "none",
        "off",
        "disabled",
        "disable",
        "noswap",
        "never",
        "forbidden",
        "deny",
        "strict",
        "0mi",
        "0gi",
    ];
    !no.contains(&text.as_str())
}

/// Decides about the containers of one pod on a node that shares its swap. The pod's class is computed once: a pod may have
/// thousands of containers.
#[derive(Debug)]
pub struct Decider<'a> {
    node: NodeSetup,
    class: PodQos,
    pod: &'a PodSpec,
}

impl<'a> Decider<'a> {
    /// For a pod; `None` where an amount is unreadable.
    #[must_use]
    pub fn of(subject: &Subject<'_>, pod: &Pod<'a>) -> Option<Self> {
        let version = subject.target.kubernetes;
        let node = NodeSetup {
            kubernetes: version,
            cgroup: subject.target.cgroup,
            memory: None,
            swap: None,
            reserved: Bytes::ZERO,
            behavior: SwapBehavior::LimitedSwap,
            node_swap_gate: true,
            swap_controller: true,
            memory_qos: None,
            single_process_oom_kill: false,
            page: Bytes(4096),
            assumed: Vec::new(),
        };
        let class = qos::class(&pod.workload.pod, version).ok()?;
        Some(Self { node, class, pod: &pod.workload.pod })
    }

    /// What decides about each container that lasts, without those of which an amount is unreadable.
    #[must_use]
    pub fn decisions<'b>(&self, pod: &Pod<'b>) -> Vec<(Container<'b>, SwapReason, MemoryResources)> {
        let lasting = pod.containers().filter(|container| container.spec.role.is_lasting());
        let decided = lasting.filter_map(|container| {
            let (reason, memory) = self.decide(&container)?;
            Some((container, reason, memory))
        });
        decided.collect()
    }

    /// What decides about a container; `None` where an amount is unreadable.
    #[must_use]
    pub fn decide(&self, container: &Container<'_>) -> Option<(SwapReason, MemoryResources)> {
        let memory = pod_resources::memory(container.spec, self.pod, self.node.kubernetes).ok()?;
        Some((limited_swap::decide(&self.node, self.pod, self.class.class, memory).reason, memory))
    }
}

/// A finding that is as bad as the wish is plain, and names it.
#[must_use]
pub fn finding(
    rule: &'static str,
    wish: &Wish,
    at: impl Into<Place>,
    message: impl Into<String>,
    help: impl Into<String>,
) -> LintFinding {
    let mut at = at.into();
    at.related.push((wish.span, "swap is asked for here".to_owned()));
    LintFinding { severity: wish.severity(), ..report::warning(rule, at, message, help) }
}

#[cfg(test)]
mod tests {
    use super::{is_about_swap, is_yes};

    #[test]
    fn a_wish_is_a_word_and_not_a_refusal() {
        assert!(is_about_swap("feature.node.kubernetes.io/memory-swap"));
        assert!(!is_about_swap("uniswap") && !is_about_swap("swapper"));
        assert!(is_yes("true") && is_yes("LimitedSwap") && is_yes("1Gi"));
        assert!(!is_yes("false") && !is_yes("NoSwap"));
    }
}
