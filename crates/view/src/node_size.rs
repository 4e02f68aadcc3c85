//! `node size`: who would be given how much swap, what stays unused, and what would change that.

use crate::table::{Align, Cell, Heading, lay_out};
use crate::text::{Line, Tone};
use crate::units;
use kernel::bytes::Bytes;
use kernel::cgroup_path::QosClass;
use model::node_size::{Copies, NodeSize, SizedContainer, Unused, UnusedWhy};
use model::outcome::swap::SwapReason;

/// The screen.
#[must_use]
pub fn screen(size: &NodeSize, wanted: Option<Bytes>, width: usize) -> Vec<Line> {
    let headings = [
        ("CONTAINER", Align::Left),
        ("QOS", Align::Left),
        ("COPIES", Align::Right),
        ("REQUEST", Align::Right),
        ("LIMIT", Align::Right),
        ("SWAP EACH", Align::Right),
    ]
    .map(|(title, align)| Heading { title, align });
    let rows: Vec<Vec<Cell>> = size.containers.iter().map(row).collect();
    let mut lines = lay_out(&headings, &rows, width);
    lines.push(Line::empty());
    lines.extend(sentences(size).into_iter().map(Line::plain));
    lines.extend(size.unused.iter().map(|part| Line::of(Tone::Quiet, "  - ").and(Tone::Plain, unused(part))));
    let changes = changes(size, wanted);
    if !changes.is_empty() {
        lines.push(Line::of(Tone::Strong, "What would change it:"));
        lines.extend(changes.into_iter().map(|change| Line::plain(format!("  - {change}"))));
    }
    lines
}

fn row(container: &SizedContainer) -> Vec<Cell> {
    let plain = |text: String| Cell { text, tone: Tone::Plain };
    let memory = container.outcome.memory.value();
    let amount = |amount: Option<Bytes>| amount.map_or_else(|| units::ABSENT.to_owned(), units::bytes);
    let each = match container.each {
        Some(Bytes::ZERO) => Cell { text: "none".to_owned(), tone: Tone::Quiet },
        each => plain(amount(each)),
    };
    vec![
        plain(name(container)),
        plain(container.outcome.qos.value().map_or(units::ABSENT, |qos| class(qos.class)).to_owned()),
        plain(match container.copies {
            Copies::Fixed(copies) => copies.to_string(),
            Copies::PerNode => "per node".to_owned(),
        }),
        plain(amount(memory.and_then(|memory| memory.request))),
        plain(amount(memory.and_then(|memory| memory.limit.or(memory.inherited_limit)))),
        each,
    ]
}

/// `web/app`: the workload and the container.
fn name(container: &SizedContainer) -> String {
    let workload = container.outcome.workload.as_deref().unwrap_or(&container.outcome.kind);
    format!("{workload}/{}", container.outcome.container)
}

const fn class(class: QosClass) -> &'static str {
    match class {
        QosClass::Guaranteed => "Guaranteed",
        QosClass::Burstable => "Burstable",
        QosClass::BestEffort => "BestEffort",
    }
}

/// Where it runs, what is given, what is not.
#[must_use]
pub fn sentences(size: &NodeSize) -> Vec<String> {
    let memory = units::bytes(size.memory);
    let mut sentences = vec![match size.nodes {
        Some(1) => {
            format!(
                "One node of {memory} holds them: together they request {}.",
                units::bytes(size.requested)
            )
        }
        Some(nodes) => format!(
            "They need {nodes} nodes of {memory}: together they request {}. The figures are for these {nodes} nodes.",
            units::bytes(size.requested)
        ),
        None => format!(
            "No number of nodes of {memory} holds them: a request, or what runs on every node, is larger than a node."
        ),
    }];
    match (size.swap, size.given) {
        (None, _) => sentences.push(
            "The node's swap is not given: --node-swap computes shares, --wanted-swap what a node would need.".to_owned(),
        ),
        (Some(_), None) => sentences.push(
            "What they may swap together has no limit, or is not known: highwater explain tells why.".to_owned(),
        ),
        (Some(swap), Some(given)) => {
            let whole = Bytes(swap.0.saturating_mul(size.nodes.unwrap_or(1)));
            let share = given.ratio_of(whole).map_or_else(String::new, |ratio| format!(" ({})", units::percent(ratio)));
            sentences.push(format!(
                "They may use {} of {} of swap{share}.{}",
                units::bytes(given),
                units::bytes(whole),
                if size.unused.is_empty() { "" } else { " The rest stays unused by containers:" }
            ));
        }
    }
    sentences
}

/// A part that stays unused, and why.
#[must_use]
pub fn unused(part: &Unused) -> String {
    let containers = units::count(part.containers, "container");
    let why = match part.why {
        UnusedWhy::RequestEqualsLimit => {
            format!("the share of {containers} whose request is the limit, which forbids swap")
        }
        UnusedWhy::Guaranteed => format!("the share of {containers} in Guaranteed pods, which never swap"),
        UnusedWhy::Critical => format!("the share of {containers} in critical pods, which never swap"),
        UnusedWhy::NodeSettings => {
            format!("the share of {containers} that the node's settings keep from swapping")
        }
        UnusedWhy::NobodyRequests => "the share of memory that no container requests".to_owned(),
    };
    format!("{}: {why}", units::bytes(part.swap))
}

/// What would give containers more, or the wanted, swap.
#[must_use]
pub fn changes(size: &NodeSize, wanted: Option<Bytes>) -> Vec<String> {
    let mut changes: Vec<String> =
        size.containers.iter().filter_map(|container| change(container, size)).collect();
    if let Some(wanted) = wanted {
        changes.extend(size.containers.iter().filter_map(|container| for_wanted(container, wanted)));
    }
    let is_set_off = |part: &Unused| part.why == UnusedWhy::NodeSettings;
    if size.unused.iter().any(is_set_off) {
        changes.push(
            "The kubelet must be told LimitedSwap: --swap-behavior LimitedSwap shows what that gives."
                .to_owned(),
        );
    }
    changes
}

fn change(container: &SizedContainer, size: &NodeSize) -> Option<String> {
    let name = name(container);
    let per_gib = || {
        let swap = size.swap?;
        let each = Bytes(u64::try_from(u128::from(swap.0) * (1 << 30) / u128::from(size.memory.0)).ok()?);
        Some(format!(": each GiB of request is worth {} of swap", units::bytes(each)))
    };
    match &container.outcome.swap.value()?.reason {
        SwapReason::NotBurstable(QosClass::Guaranteed) | SwapReason::RequestEqualsLimit { .. } => {
            Some(format!(
                "{name}: a memory request below its limit lets it swap{}.",
                per_gib().unwrap_or_default()
            ))
        }
        SwapReason::NotBurstable(QosClass::BestEffort | QosClass::Burstable)
        | SwapReason::NoMemoryRequest => {
            Some(format!("{name}: a memory request gives it a share{}.", per_gib().unwrap_or_default()))
        }
        SwapReason::RequestAboveNodeMemory => {
            Some(format!("{name}: its request is larger than the node, so it never runs there."))
        }
        SwapReason::NoSwapController
        | SwapReason::GateOff
        | SwapReason::BehaviorNoSwap
        | SwapReason::BehaviorRemoved
        | SwapReason::CgroupV1
        | SwapReason::CriticalPod(_)
        | SwapReason::TogetherWithMemory
        | SwapReason::Share
        | SwapReason::Unlimited => None,
    }
}

fn for_wanted(container: &SizedContainer, wanted: Bytes) -> Option<String> {
    let ways = container.wanted?;
    let name = name(container);
    if container.each.is_some_and(|each| each >= wanted) {
        return Some(format!("{name}: {} of swap are granted already.", units::bytes(wanted)));
    }
    let request = match ways.request {
        Some(request) => format!(", or a request of {}", units::bytes(request)),
        None => String::new(),
    };
    Some(format!(
        "{name}: {} of swap for it take a node with {} of swap{request}.",
        units::bytes(wanted),
        units::bytes(ways.node_swap)
    ))
}
