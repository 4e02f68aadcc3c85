//! The rules that others use, as faithfully as a replay of one container allows.

pub mod krr;
pub mod limits_today;
pub mod static_rule;
pub mod vpa;
pub mod with_swap;
