//! Memory limits and swap from history: small pieces, the rules built of them, and the rivals' rules.
//!
//! Amounts are `f64` bytes in here: margins and decayed weights have fractions, and whole bytes would hide what a rule decides.

pub mod advise;
pub mod class_cap;
pub mod confidence;
pub mod heap;
pub mod histogram;
pub mod leaking;
pub mod limited_swap;
pub mod margin;
pub mod node;
pub mod node_swap;
pub mod one_number;
pub mod oom_bump;
pub mod peaks;
pub mod replicas;
pub mod rivals;
pub mod steady;
pub mod two_numbers;
pub mod veto;
pub mod watermarks;
pub mod workload;

/// A mebibyte.
pub const MIB: f64 = 1_048_576.0;

/// What a rule gives a container.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// The memory limit, in bytes.
    pub memory: f64,
    /// Swap alone, in bytes.
    pub swap: f64,
}

/// A rule under way: it is told what an observer on the machine sees, sample by sample, and nothing else.
pub trait Rule {
    /// A sample at so many seconds after the first.
    fn observe(&mut self, seconds: u64, usage: f64);

    /// A kill at memory and swap together.
    fn oom(&mut self, seconds: u64, total: f64);

    /// What to give from now on.
    fn recommend(&mut self, seconds: u64) -> Limits;
}
