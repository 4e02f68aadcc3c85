//! What workloads would be given of a node's swap, and what of it nobody may use.

use crate::outcome::ContainerOutcome;
use kernel::bytes::Bytes;

/// Workloads on nodes of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeSize {
    /// `MemTotal` of a node.
    pub memory: Bytes,
    /// `SwapTotal` of a node; nothing when nobody told.
    pub swap: Option<Bytes>,
    /// How many such nodes the requests need; nothing when no number of them is enough.
    pub nodes: Option<u64>,
    /// What all copies on these nodes request together.
    pub requested: Bytes,
    /// Every container that runs for long, in the files' order.
    pub containers: Vec<SizedContainer>,
    /// What all copies may swap together; nothing when that cannot be computed.
    pub given: Option<Bytes>,
    /// What of the nodes' swap no container may use, the largest part first.
    pub unused: Vec<Unused>,
}

/// One container and its copies.
#[derive(Clone, Debug, PartialEq)]
pub struct SizedContainer {
    /// What becomes of it.
    pub outcome: ContainerOutcome,
    /// How often it runs.
    pub copies: Copies,
    /// What one copy may swap; nothing when there is no limit or it is not known.
    pub each: Option<Bytes>,
    /// What would give it the swap that is wanted for it.
    pub wanted: Option<ForWanted>,
}

/// How often a container runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copies {
    /// So often on all nodes together.
    Fixed(u64),
    /// Once on every node.
    PerNode,
}

/// Two ways to the swap that is wanted for a container, each with everything else as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForWanted {
    /// This much swap on the node.
    pub node_swap: Bytes,
    /// This request; nothing when its limit or the node's memory does not allow it, or the node's swap is not known.
    pub request: Option<Bytes>,
}

/// A part of the nodes' swap that no container may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unused {
    /// Whose share it is.
    pub why: UnusedWhy,
    /// How much.
    pub swap: Bytes,
    /// How many containers of the files it is about.
    pub containers: u64,
}

/// Whose share of the swap stays unused. A share follows the request, whether the container may use it or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnusedWhy {
    /// Containers whose request is their limit.
    RequestEqualsLimit,
    /// Containers of Guaranteed pods.
    Guaranteed,
    /// Containers of critical pods.
    Critical,
    /// Containers that the node's own settings keep from swapping.
    NodeSettings,
    /// Memory that no container requests.
    NobodyRequests,
}
