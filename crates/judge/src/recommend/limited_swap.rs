//! LimitedSwap turned round: which request, limit or node swap gives a container the swap it should have.
//!
//! The kubelet gives `request / node memory × node swap` (KEP-2400), nothing to a container whose request equals its limit. So a wanted
//! swap is had by a larger request, by a larger node swap, or it is put into the memory limit instead.

use kernel::bytes::Bytes;
use model::recommendation::{Because, Recommendation};

/// A container's wishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The memory limit.
    pub memory: Bytes,
    /// What it should request.
    pub request: Bytes,
    /// The swap.
    pub swap: Bytes,
}

/// What to write into the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Request this much: its share of the node's swap is then what is wanted.
    Request {
        /// The request.
        request: Bytes,
        /// The limit, at least a MiB above it.
        limit: Bytes,
        /// The swap that the kubelet gives.
        swap: Bytes,
    },
    /// A request for so much swap would cost more memory than the swap is: what lacks goes into the limit.
    Limit {
        /// The request.
        request: Bytes,
        /// The limit.
        limit: Bytes,
        /// The swap that the kubelet gives.
        swap: Bytes,
    },
    /// No swap is wanted: request equals limit.
    Forbid {
        /// Both.
        limit: Bytes,
    },
}

/// Request and limit must differ, or the container gets no swap at all.
const APART: Bytes = Bytes(1 << 20);

/// How a container gets its swap on a node with so much swap for so much memory; `None` of a node without memory.
#[must_use]
pub fn way(wanted: Wanted, node_memory: Bytes, node_swap: Bytes) -> Option<Way> {
    if wanted.swap == Bytes::ZERO {
        return Some(Way::Forbid { limit: wanted.memory });
    }
    let share = |request: Bytes| crate::limited_swap::share(request, node_memory, node_swap);
    let given = share(wanted.request)?;
    let lacking = wanted.swap.saturating_sub(given);
    // The least request that gives the swap, rounded up so that the kubelet's rounding down does not take a byte.
    let needed = u128::from(wanted.swap.0) * u128::from(node_memory.0);
    let needed = needed.checked_div(u128::from(node_swap.0)).and_then(|bytes| u64::try_from(bytes).ok());
    let request = needed.map(|bytes| Bytes(bytes.saturating_add(1)).max(wanted.request));
    let apart = |request: Bytes| wanted.memory.max(request.saturating_add(APART));
    match request.filter(|request| *request <= node_memory) {
        Some(request) if request.saturating_sub(wanted.request) <= lacking => {
            Some(Way::Request { request, limit: apart(request), swap: share(request)? })
        }
        Some(_) | None => Some(Way::Limit {
            request: wanted.request,
            limit: apart(wanted.request).saturating_add(lacking),
            swap: given,
        }),
    }
}

/// A recommendation as it must be written for a node of this kind; unchanged for a node without memory.
#[must_use]
pub fn on_node(mut advised: Recommendation, node_memory: Bytes, node_swap: Bytes) -> Recommendation {
    let wanted = Wanted { memory: advised.memory, request: advised.request, swap: advised.swap };
    let up = |bytes: Bytes| Bytes(bytes.0.div_ceil(APART.0) * APART.0);
    match way(wanted, node_memory, node_swap) {
        Some(Way::Request { request, limit, swap } | Way::Limit { request, limit, swap }) => {
            advised.because.push(Because::LimitedSwap { wanted: advised.swap, given: swap });
            // Whole MiB of both, still apart.
            (advised.request, advised.swap) = (up(request), Bytes(swap.0 / APART.0 * APART.0));
            advised.memory = up(limit).max(advised.request.saturating_add(APART));
        }
        Some(Way::Forbid { limit }) => advised.request = limit,
        None => {}
    }
    advised
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Recommendation, Wanted, Way, on_node, way};
    use model::recommendation::Confidence;

    const GIB: u64 = 1 << 30;
    const MIB: u64 = 1 << 20;

    fn wanted(memory: u64, request: u64, swap: u64) -> Wanted {
        Wanted { memory: Bytes(memory), request: Bytes(request), swap: Bytes(swap) }
    }

    #[test]
    fn a_node_with_much_swap_gives_it_for_the_request() {
        // 30 GiB of swap for 16 of memory: 512 MiB of request are 960 MiB of swap.
        let found = way(wanted(GIB, GIB / 2, 500 * MIB), Bytes(16 * GIB), Bytes(30 * GIB)).unwrap();
        let expected = Way::Request { request: Bytes(GIB / 2), limit: Bytes(GIB), swap: Bytes(960 * MIB) };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_little_more_request_is_cheaper_than_limit() {
        let found = way(wanted(GIB, GIB / 2, GIB), Bytes(16 * GIB), Bytes(30 * GIB)).unwrap();
        let Way::Request { request, limit, swap } = found else { panic!("{found:?}") };
        assert!(request.0 > 546 * MIB && request.0 < 547 * MIB && swap.0 >= GIB && limit == Bytes(GIB));
    }

    #[test]
    fn where_swap_is_scarce_the_rest_goes_into_the_limit() {
        let found = way(wanted(GIB, GIB / 2, GIB / 2), Bytes(16 * GIB), Bytes(2 * GIB)).unwrap();
        let expected =
            Way::Limit { request: Bytes(GIB / 2), limit: Bytes(GIB + 448 * MIB), swap: Bytes(64 * MIB) };
        assert_eq!(found, expected);
        assert!(matches!(way(wanted(GIB, GIB / 2, MIB), Bytes(GIB), Bytes(0)), Some(Way::Limit { .. })));
    }

    #[test]
    fn no_swap_is_request_equal_to_limit() {
        assert_eq!(way(wanted(GIB, MIB, 0), Bytes(0), Bytes(0)), Some(Way::Forbid { limit: Bytes(GIB) }));
        assert_eq!(way(wanted(GIB, MIB, 1), Bytes(0), Bytes(0)), None);
    }

    #[test]
    fn what_is_written_gives_what_is_told() {
        let advised = Recommendation {
            memory: Bytes(GIB),
            request: Bytes(GIB / 2),
            swap: Bytes(GIB),
            because: Vec::new(),
            confidence: Confidence::High,
        };
        for node_swap in [0, GIB, 2 * GIB, 30 * GIB] {
            let found = on_node(advised.clone(), Bytes(16 * GIB), Bytes(node_swap));
            let share = crate::limited_swap::share(found.request, Bytes(16 * GIB), Bytes(node_swap)).unwrap();
            assert!(share >= found.swap && found.request < found.memory, "{found:?}");
            assert!(found.memory.0 + share.0 >= 2 * GIB, "{found:?}");
        }
    }
}
