//! The rules that name a cause. Each looks at the facts alone, says how sure it is, and gives the figures it rests on.
//!
//! More facts can only make a rule surer or let another rule speak; no rule takes its word back. So the surest rule, and of
//! equally sure ones the more particular, is the cause.

pub mod demand;
pub mod machine;
pub mod part;
pub mod swap_room;

use crate::oom::facts::Facts;
use model::incident::cause::{Cause, CauseKind, Confidence, Evidence};

/// A rule: silent unless the facts show its cause.
pub type Rule = fn(&Facts<'_>) -> Option<Cause>;

/// Rules that explain a kill, the more particular first.
pub const CAUSES: [Rule; 12] = [
    machine::requested,
    machine::nodes_restricted,
    machine::fragmentation,
    part::tmpfs,
    part::kernel_memory,
    part::unwritten_cache,
    machine::node_overcommit,
    demand::neighbour,
    demand::leak,
    demand::spike,
    demand::stood_at_limit,
    demand::limit_reached,
];

/// Rules that say what else was so.
pub const CIRCUMSTANCES: [Rule; 2] = [swap_room::swap_exhausted, demand::group_collateral];

/// A cause found by a rule of that name.
#[must_use]
pub fn found(rule: &str, kind: CauseKind, confidence: Confidence, evidence: Vec<Evidence>) -> Option<Cause> {
    Some(Cause { kind, confidence, rule: rule.to_owned(), evidence })
}
