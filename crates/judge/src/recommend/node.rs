//! What advised containers ask of the nodes they run on: how many nodes, how much swap at once, and from where to reclaim.

use crate::recommend::node_swap::{overcommit, share_of, size};
use crate::recommend::watermarks::{NodeGrowth, watermarks};
use kernel::bytes::Bytes;
use model::history::Series;
use model::recommendation::{AskedOfNodes, Recommendation};

/// The kubelet's default for `memory.available` (kubernetes.io, Node-pressure Eviction).
const EVICTION_HARD: Bytes = Bytes(100 << 20);

/// What a small disk of a cloud takes: gp3's baseline is 125 MiB/s (docs.aws.amazon.com, EBS volume types).
const SWAP_WRITE_PER_SECOND: Bytes = Bytes(125 << 20);

/// One container: its history, and what it is given.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// What it used.
    pub series: &'a Series,
    /// What it is given.
    pub advised: &'a Recommendation,
}

/// The containers of one node.
#[derive(Default)]
struct Node<'a> {
    requested: Bytes,
    promised: Bytes,
    members: Vec<&'a Member<'a>>,
}

/// What all containers of a node used in one step, and how much of it lay above their memory limits.
#[derive(Clone, Copy)]
struct StepOfNode {
    step: i64,
    usage: f64,
    overflow: f64,
}

/// What the containers ask of nodes with so much memory and swap; `None` without containers, or of nodes without memory.
///
/// Where each runs is not known: they are packed by their requests, the largest first, each onto the first node that has room.
#[must_use]
pub fn asked(
    members: &[Member],
    interval_seconds: u64,
    node_memory: Bytes,
    node_swap: Bytes,
) -> Option<AskedOfNodes> {
    let nodes = packed(members, node_memory)?;
    let promised = nodes.iter().map(|node| node.promised).max()?;
    let (mut swap_needed, mut growth_per_second) = (None, 0.0_f64);
    // One node after the other: the steps of all of them at once would be as much as the histories.
    for node in &nodes {
        let steps = node.steps(interval_seconds.max(1));
        let overflow = steps.iter().map(|step| step.overflow).collect();
        swap_needed = swap_needed.max(size(overflow, Bytes::ZERO));
        growth_per_second = growth_per_second.max(growth(&steps, interval_seconds.max(1)).unwrap_or(0.0));
    }
    let swap_needed = swap_needed?;
    let marks = watermarks(&NodeGrowth {
        memory: node_memory,
        eviction_hard: EVICTION_HARD,
        growth_per_second,
        swap_write_per_second: SWAP_WRITE_PER_SECOND.0 as f64,
    })?;
    Some(AskedOfNodes {
        nodes: nodes.len() as u64,
        node_memory,
        node_swap,
        swap_needed,
        swap_promised: promised,
        overcommit: overcommit([promised], node_swap),
        growth_per_second: Bytes(growth_per_second as u64),
        interval_seconds,
        eviction_hard: EVICTION_HARD,
        swap_write_per_second: SWAP_WRITE_PER_SECOND,
        min_free_kib: marks.min_free_kib,
        scale_factor: marks.scale_factor,
    })
}

fn packed<'a>(members: &'a [Member<'a>], node_memory: Bytes) -> Option<Vec<Node<'a>>> {
    if node_memory == Bytes::ZERO {
        return None;
    }
    let mut order: Vec<&Member> = members.iter().collect();
    order.sort_by_key(|member| std::cmp::Reverse(member.advised.request));
    let smallest = order.last().map_or(Bytes::ZERO, |member| member.advised.request);
    let mut nodes: Vec<Node> = Vec::new();
    // Nodes before this one have no room for the smallest: nobody need look at them again.
    let mut open = 0;
    for member in order {
        let request = member.advised.request;
        let has_room = |node: &Node, for_request| node.requested.saturating_add(for_request) <= node_memory;
        while nodes.get(open).is_some_and(|node| !has_room(node, smallest)) {
            open += 1;
        }
        let later = nodes.get(open..).unwrap_or_default();
        let at = later.iter().position(|node| has_room(node, request)).map_or(nodes.len(), |at| open + at);
        if at == nodes.len() {
            nodes.push(Node::default());
        }
        if let Some(node) = nodes.get_mut(at) {
            node.requested = node.requested.saturating_add(request);
            node.promised = node.promised.saturating_add(member.advised.swap);
            node.members.push(member);
        }
    }
    Some(nodes)
}

impl Node<'_> {
    /// Its steps in the order of time, its containers' use added up.
    fn steps(&self, interval_seconds: u64) -> Vec<StepOfNode> {
        let mut steps: Vec<StepOfNode> = Vec::new();
        for member in &self.members {
            add(&mut steps, member, interval_seconds);
        }
        steps
    }
}

/// Adds a container's steps to those of its node; both are in the order of time.
fn add(steps: &mut Vec<StepOfNode>, member: &Member, interval_seconds: u64) {
    let mut missing: Vec<StepOfNode> = Vec::new();
    let mut at = 0;
    for (step, usage) in peaks(member, interval_seconds) {
        // More than it may swap is a kill, not swap.
        let overflow = usage.saturating_sub(member.advised.memory).min(member.advised.swap);
        let of_member = StepOfNode { step, usage: usage.0 as f64, overflow: overflow.0 as f64 };
        while steps.get(at).is_some_and(|held| held.step < step) {
            at += 1;
        }
        match steps.get_mut(at).filter(|held| held.step == step) {
            Some(held) => {
                held.usage += of_member.usage;
                held.overflow += of_member.overflow;
            }
            None => missing.push(of_member),
        }
    }
    if !missing.is_empty() {
        steps.extend(missing);
        steps.sort_by_key(|held| held.step);
    }
}

/// Of each step the largest sample, once: else a container would be on the node twice.
fn peaks(member: &Member, interval_seconds: u64) -> Vec<(i64, Bytes)> {
    let mut peaks: Vec<(i64, Bytes)> = Vec::new();
    for sample in member.series.samples() {
        let step = sample.seconds.div_euclid(interval_seconds.cast_signed());
        match peaks.last_mut().filter(|(last, _)| *last == step) {
            Some((_, peak)) => *peak = sample.usage.max(*peak),
            None => peaks.push((step, sample.usage)),
        }
    }
    peaks
}

/// The fastest growth between neighbouring steps, its 99.9th percentile, in bytes per second.
fn growth(steps: &[StepOfNode], interval_seconds: u64) -> Option<f64> {
    let pairs = steps.iter().zip(steps.iter().skip(1));
    let grown = pairs
        .filter(|(one, next)| one.step.abs_diff(next.step) == 1)
        .map(|(one, next)| (next.usage - one.usage).max(0.0) / interval_seconds as f64);
    share_of(grown.collect())
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Member, Recommendation, Series, asked};
    use model::history::Sample;
    use model::recommendation::Confidence;

    const GIB: u64 = 1 << 30;
    const MIB: u64 = 1 << 20;

    /// 100 steps at 300 MiB, and 700 MiB in the step of its number.
    fn series(number: i64) -> Series {
        let usage = |step| Bytes(if step == number { 700 } else { 300 } * MIB);
        Series::new((0..100).map(|step| Sample { seconds: step * 60, usage: usage(step) }).collect())
    }

    fn advised() -> Recommendation {
        Recommendation {
            memory: Bytes(400 * MIB),
            request: Bytes(350 * MIB),
            swap: Bytes(400 * MIB),
            because: Vec::new(),
            confidence: Confidence::High,
        }
    }

    #[test]
    fn peaks_that_do_not_meet_need_the_swap_of_one() {
        let (all, advised): (Vec<Series>, _) =
            ((1..=8).map(|number| series(number * 10)).collect(), advised());
        let members: Vec<Member> = all.iter().map(|series| Member { series, advised: &advised }).collect();
        let found = asked(&members, 60, Bytes(4 * GIB), Bytes(2 * GIB)).unwrap();
        // 300 MiB above the memory limit, and 30 %.
        assert_eq!((found.nodes, found.swap_needed), (1, Bytes(390 * MIB)));
        assert_eq!((found.swap_promised, found.overcommit), (Bytes(3200 * MIB), Some(1.5625)));
        assert_eq!(found.growth_per_second, Bytes(400 * MIB / 60));
        let apart = asked(&members, 60, Bytes(GIB), Bytes(2 * GIB)).unwrap();
        assert_eq!((apart.nodes, apart.swap_promised), (4, Bytes(800 * MIB)));
    }

    #[test]
    fn containers_of_other_times_are_added_up_where_they_meet() {
        // One begins in the middle of the other and has two samples in a step.
        let late = (50..150).flat_map(|step| [(step * 60, 1), (step * 60 + 20, 700)]);
        let late = late.map(|(seconds, mib)| Sample { seconds, usage: Bytes(mib * MIB) });
        let (one, other, advised) = (series(60), Series::new(late.collect()), advised());
        let members = [&one, &other].map(|series| Member { series, advised: &advised });
        let found = asked(&members, 60, Bytes(4 * GIB), Bytes(2 * GIB)).unwrap();
        // Both are 300 MiB above their memory limits in step 60, and 30 % more.
        assert_eq!((found.nodes, found.swap_needed), (1, Bytes(780 * MIB)));
        // From step 49 to 50 the late one comes with 700 MiB.
        assert_eq!(found.growth_per_second, Bytes(700 * MIB / 60));
    }

    #[test]
    fn peaks_that_meet_need_the_swap_of_all() {
        let (one, advised) = (series(10), advised());
        let members = [Member { series: &one, advised: &advised }; 8];
        let found = asked(&members, 60, Bytes(4 * GIB), Bytes(2 * GIB)).unwrap();
        assert_eq!(found.swap_needed, Bytes(8 * 390 * MIB));
        assert_eq!(asked(&members, 60, Bytes(0), Bytes(0)), None);
        assert_eq!(asked(&[], 60, Bytes(GIB), Bytes(0)), None);
    }
}
