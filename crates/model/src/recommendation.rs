//! What a workload should be given, and why; or what is missing for saying so.

use crate::history::LimitsToday;
use crate::policy::{AssignedBy, PolicyAssignment, WorkloadClass};
use crate::replica::Replica;
use kernel::bytes::Bytes;

/// How far a recommendation can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Less than a day, or mostly gaps.
    Low,
    /// A day or more.
    Medium,
    /// A week or more, with few gaps, so that a weekly peak was seen.
    High,
}

impl Confidence {
    /// In one word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Why a workload gets no swap although its class may have some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwapVeto {
    /// A tracing collector touches every page of its heap.
    GarbageCollectedHeap,
    /// What it uses is mostly the file cache: reclaim drops that before it swaps, and reads it again.
    PageCacheBound,
    /// What it uses is mostly tmpfs or locked, or hardly anonymous at all.
    TmpfsHeavy,
}

/// One reason of a recommendation.
#[derive(Clone, Debug, PartialEq)]
pub enum Because {
    /// The largest sample.
    Peak {
        /// How much.
        usage: Bytes,
        /// How long before the newest sample.
        age_seconds: u64,
    },
    /// How much history there is.
    Window {
        /// From the first sample to the last.
        span_seconds: u64,
        /// How many samples.
        samples: u64,
    },
    /// What stands above the peak.
    Margin {
        /// As a share of the peak.
        ratio: f64,
        /// And so much on top, which protects small containers.
        floor: Bytes,
        /// How much of the ratio is for the container being young.
        young_ratio: f64,
    },
    /// What it stays below for nearly all of the time, from which the memory limit follows.
    Usual {
        /// The percentile, as a share.
        percentile: f64,
        /// Its value.
        usage: Bytes,
    },
    /// Kills raised it.
    Kills {
        /// How many.
        count: u64,
        /// What they still raise it to: half of it is gone after half a day.
        raised_to: Bytes,
        /// What was needed at one of them, more than any sample shows; it counts as a peak for two weeks.
        needed: Option<Bytes>,
    },
    /// What its class allows of swap.
    Class {
        /// The class.
        class: WorkloadClass,
        /// Who says that it is of that class; by default it is assumed.
        class_by: AssignedBy,
        /// Swap at most so many times the memory; zero is none.
        swap_ratio_max: f64,
    },
    /// No swap although the class may have some.
    Veto(SwapVeto),
    /// The request follows from what its hours nearly always stay below.
    Request {
        /// The share of hours.
        share: f64,
        /// What they stay below.
        usage: Bytes,
        /// What it is cut to where that is above the memory limit: swap needs a request below it.
        cut_to: Option<Bytes>,
    },
    /// On a node whose kubelet gives swap by the request, request or limit were raised for it.
    LimitedSwap {
        /// The swap that was wanted.
        wanted: Bytes,
        /// The swap that the kubelet gives.
        given: Bytes,
    },
    /// So little swap is not worth its handling: it is memory.
    LittleSwap {
        /// How much it would have been.
        swap: Bytes,
    },
    /// One replica needs more than the others, and all get what it needs.
    HotReplica {
        /// Which.
        name: String,
        /// What it needs, memory and swap together.
        needs: Bytes,
        /// What the others need, the median.
        others: Bytes,
    },
    /// It leaks: what is advised will be full too.
    Leak {
        /// Whether that is sure; a day of growth alone is a suspicion.
        is_confirmed: bool,
        /// How much more it holds after a day.
        bytes_per_day: Bytes,
        /// How long until memory and swap as advised are full.
        seconds_left: u64,
    },
}

/// What a workload should be given.
#[derive(Clone, Debug, PartialEq)]
pub struct Recommendation {
    /// The memory limit.
    pub memory: Bytes,
    /// What to request or reserve.
    pub request: Bytes,
    /// Swap alone.
    pub swap: Bytes,
    /// Why.
    pub because: Vec<Because>,
    /// How far it can be relied on.
    pub confidence: Confidence,
}

/// What is missing for a recommendation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Missing {
    /// No sample at all, or only zeros.
    Samples,
    /// The history is shorter than this rule asks for.
    Span {
        /// There is.
        seconds: u64,
        /// There should be.
        seconds_min: u64,
    },
    /// Too few samples.
    Count {
        /// There are.
        samples: u64,
        /// There should be.
        samples_min: u64,
    },
    /// Most of the time nothing was sampled.
    Coverage {
        /// The share of the time that was.
        ratio: f64,
        /// The share that should be.
        ratio_min: f64,
    },
    /// It ended long before the others: it is gone.
    Vanished {
        /// How long before.
        seconds: u64,
    },
}

/// A recommendation, or what is missing for one.
#[derive(Clone, Debug, PartialEq)]
pub enum Advice {
    /// So much.
    Recommended(Recommendation),
    /// Nothing, and why.
    NotEnough(Vec<Missing>),
}

/// What advised containers ask of nodes of one kind, packed onto them by their requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AskedOfNodes {
    /// How many nodes they fill.
    pub nodes: u64,
    /// The memory of each.
    pub node_memory: Bytes,
    /// The swap of each.
    pub node_swap: Bytes,
    /// The swap that is in use at the same time on the node that needs most, with a margin.
    pub swap_needed: Bytes,
    /// The swap limits on the node with the most of them.
    pub swap_promised: Bytes,
    /// The same as a multiple of the node's swap; `None` without swap.
    pub overcommit: Option<f64>,
    /// How fast memory grew on the node where it grew fastest, in a second.
    pub growth_per_second: Bytes,
    /// As finely as that could be seen.
    pub interval_seconds: u64,
    /// Below so much available memory the kubelet evicts.
    pub eviction_hard: Bytes,
    /// What the swap device is assumed to take in a second.
    pub swap_write_per_second: Bytes,
    /// `vm.min_free_kbytes`.
    pub min_free_kib: u64,
    /// `vm.watermark_scale_factor`, in ten-thousandths.
    pub scale_factor: u64,
}

/// What keeps a workload's containers running, as far as their names tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Controller {
    /// A ReplicaSet's hash and five letters.
    Deployment,
    /// A number. Compose numbers its containers too.
    StatefulSet,
    /// Five letters.
    DaemonSet,
    /// The name tells nothing.
    Unknown,
}

/// A workload with what it should be given.
#[derive(Clone, Debug, PartialEq)]
pub struct AdvisedWorkload {
    /// Its name, without what is a replica's own.
    pub name: String,
    /// Whose container it is, where the source tells; the pod is that of one replica.
    pub place: Option<Replica>,
    /// What keeps it running.
    pub controller: Controller,
    /// Its containers, each by its name; two of one name are two.
    pub replicas: Vec<String>,
    /// Class and environment.
    pub assignment: PolicyAssignment,
    /// What is set now; `None` is not known.
    pub today: Option<LimitsToday>,
    /// What it should be given.
    pub advice: Advice,
    /// Heap settings that must move along with the limit, in words.
    pub heap: Vec<String>,
}

impl AdvisedWorkload {
    /// The recommendation, where there is one.
    #[must_use]
    pub const fn recommendation(&self) -> Option<&Recommendation> {
        match &self.advice {
            Advice::Recommended(recommendation) => Some(recommendation),
            Advice::NotEnough(_) => None,
        }
    }
}
