//! What advised containers ask of the nodes they run on: how many nodes, how much swap at once, and from where to reclaim.

use crate::recommend::node_swap::{overcommit, share_of, size};
use crate::recommend::watermarks::{NodeGrowth, watermarks};
use kernel::bytes::Bytes;
use model::history::Series;
use model::recommendation::{AskedOfNodes, Recommendation};
use std::collections::BTreeMap;

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

/// Use and overflow of one node, moment by moment.
#[derive(Default)]
struct Node {
    requested: Bytes,
    promised: Bytes,
    usage: BTreeMap<i64, f64>,
    overflow: BTreeMap<i64, f64>,
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
    let nodes = packed(members, interval_seconds.max(1), node_memory)?;
    let of_node = |node: &Node| size(node.overflow.values().copied().collect(), Bytes::ZERO);
    let swap_needed = nodes.iter().filter_map(of_node).max()?;
    let promised = nodes.iter().map(|node| node.promised).max()?;
    let growth = nodes.iter().filter_map(|node| growth(node, interval_seconds.max(1))).max_by(f64::total_cmp);
    let growth_per_second = growth.unwrap_or(0.0);
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

fn packed(members: &[Member], interval_seconds: u64, node_memory: Bytes) -> Option<Vec<Node>> {
    if node_memory == Bytes::ZERO {
        return None;
    }
    let mut order: Vec<&Member> = members.iter().collect();
    order.sort_by_key(|member| std::cmp::Reverse(member.advised.request));
    let mut nodes: Vec<Node> = Vec::new();
    for member in order {
        let request = member.advised.request;
        let room = |node: &Node| node.requested.saturating_add(request) <= node_memory;
        let at = nodes.iter().position(room).unwrap_or(nodes.len());
        if at == nodes.len() {
            nodes.push(Node::default());
        }
        if let Some(node) = nodes.get_mut(at) {
            node.take(member, interval_seconds);
        }
    }
    Some(nodes)
}

impl Node {
    fn take(&mut self, member: &Member, interval_seconds: u64) {
        self.requested = self.requested.saturating_add(member.advised.request);
        self.promised = self.promised.saturating_add(member.advised.swap);
        // Of one step the largest counts once, or a container would be on the node twice.
        let mut steps: BTreeMap<i64, Bytes> = BTreeMap::new();
        for sample in member.series.samples() {
            let held = steps.entry(sample.seconds.div_euclid(interval_seconds.cast_signed())).or_default();
            *held = sample.usage.max(*held);
        }
        for (step, usage) in steps {
            *self.usage.entry(step).or_default() += usage.0 as f64;
            // More than it may swap is a kill, not swap.
            let overflow = usage.saturating_sub(member.advised.memory).min(member.advised.swap);
            *self.overflow.entry(step).or_default() += overflow.0 as f64;
        }
    }
}

/// The fastest growth between neighbouring steps, its 99.9th percentile, in bytes per second.
fn growth(node: &Node, interval_seconds: u64) -> Option<f64> {
    let steps = node.usage.iter().zip(node.usage.iter().skip(1));
    let grown = steps
        .filter(|((one, _), (next, _))| one.abs_diff(**next) == 1)
        .map(|((_, one), (_, next))| (next - one).max(0.0) / interval_seconds as f64);
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
    fn peaks_that_meet_need_the_swap_of_all() {
        let (one, advised) = (series(10), advised());
        let members = [Member { series: &one, advised: &advised }; 8];
        let found = asked(&members, 60, Bytes(4 * GIB), Bytes(2 * GIB)).unwrap();
        assert_eq!(found.swap_needed, Bytes(8 * 390 * MIB));
        assert_eq!(asked(&members, 60, Bytes(0), Bytes(0)), None);
        assert_eq!(asked(&[], 60, Bytes(GIB), Bytes(0)), None);
    }
}
