//! Where what was declared, what systemd holds and what the kernel enforces disagree.

use kernel::limit::Limit;

/// One limit on which two of the three witnesses disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Which limit.
    pub what: DriftingLimit,
    /// What the runtime's record says; `None` when nothing was declared or nobody could be asked.
    pub declared: Option<Limit>,
    /// What systemd would write again; `None` when the cgroup is no unit or systemd could not be asked.
    pub systemd: Option<Limit>,
    /// What the kernel enforces now.
    pub kernel: Limit,
    /// The kernel file that holds it, from the hierarchy's root.
    pub path: String,
    /// Whether the kernel's value is already wrong or will become so.
    pub state: DriftState,
}

/// A limit that can drift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriftingLimit {
    /// `memory.max`, v1 `memory.limit_in_bytes`.
    Memory,
    /// `memory.swap.max`.
    Swap,
    /// v1 `memory.memsw.limit_in_bytes`.
    MemoryAndSwap,
    /// `memory.low`, v1 `memory.soft_limit_in_bytes`.
    Reservation,
    /// `memory.high`, which only systemd declares.
    High,
    /// `memory.min`, which only systemd declares.
    Min,
}

/// How far the drift has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriftState {
    /// The kernel does not enforce what was declared.
    Lost,
    /// The kernel still enforces it, but systemd will write another value the next time it writes the unit's attributes.
    Latent,
    /// Nothing was declared by the runtime; the kernel's value is not systemd's.
    ByHand,
}
