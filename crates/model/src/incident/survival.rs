//! What would have survived: a limit as a lower bound, swap as a counterfactual, and the figures from which commands are made.

use crate::reading::Reading;
use crate::swap_limit::SwapLimit;
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use kernel::oom_report::report::CounterName;
use std::time::Duration;

/// The limit that would have survived.
#[derive(Clone, Debug, PartialEq)]
pub struct Survival {
    /// Which ceiling that is.
    pub counter: CounterName,
    /// At least this much was needed at the level that was hit.
    pub lower_bound: Reading<Bytes>,
    /// What could not be freed without swap at the kill.
    pub unreclaimable: Reading<Bytes>,
    /// How fast that grew before.
    pub growth: Reading<Growth>,
    /// Why more than the lower bound cannot be known.
    pub censored: Censored,
}

/// Growth before the kill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// Bytes per second.
    pub bytes_per_second: f64,
    /// Measured over this time.
    pub over: Duration,
}

/// Why the true demand is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Censored {
    /// The kill cut the growth off: how far it would have gone nobody saw.
    AtLimit,
    /// The kill cut it off while it grew; at that rate any limit is a matter of time.
    WhileGrowing,
    /// No limit of a cgroup was hit: a larger one would have changed nothing.
    NoLimitHit,
    /// Neither limit nor use is known.
    Unknown,
}

/// What swap, or more of it, would have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SwapCounterfactual {
    /// It would have taken memory that was not in use.
    Absorbs {
        /// At most this much: anonymous memory on the inactive list, on which new memory begins too since Linux 5.9.
        at_most: Bytes,
        /// What it would have cost.
        cost: SwapCost,
    },
    /// It would have bought time only: what grows fills swap as well.
    Delays {
        /// At most this much.
        at_most: Bytes,
        /// For this long at the rate seen, where one was seen.
        time: Reading<Duration>,
    },
    /// Swap was there and full.
    WasFull {
        /// Its limit, or all the machine has.
        limit: Bytes,
    },
    /// It cannot help with this.
    CannotHelp(NoHelp),
    /// Not known, and why.
    Unknown(String),
}

/// What swapping would have cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SwapCost {
    /// What was swapped before did not come back: it would have stayed out.
    Little,
    /// Pages came back from swap before: more of it means more waiting.
    Waits {
        /// How many pages.
        refaults: u64,
    },
    /// Nothing was ever swapped here, so nothing tells.
    Unknown,
}

/// Why swap cannot help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoHelp {
    /// Kernel memory is never swapped.
    KernelMemory,
    /// Page cache is written back, not swapped.
    PageCache,
    /// The combined limit of cgroup v1 counts a swapped page as well.
    CountedTogether,
    /// Nearly all of it was in use: swapping would have been waiting.
    InUse,
    /// Nothing was short.
    NotShort,
    /// Memory was short of large blocks or on some nodes only.
    NotAmount,
}

/// The figures from which commands are made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advice {
    /// The cgroup whose limit to change.
    pub path: Reading<String>,
    /// Its memory limit now.
    pub memory_limit: Reading<Limit>,
    /// The least memory limit worth trying.
    pub memory_least: Reading<Bytes>,
    /// Its swap limit now, in swap alone.
    pub swap_limit: Reading<SwapLimit>,
    /// The least swap worth trying.
    pub swap_least: Reading<Bytes>,
}
