//! The judge's rules: a table of cases and one property each, on imagined machines.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

mod drift;
mod effective_limit;
mod findings;
mod headroom;
mod ladder;
mod split;
mod swap_effect;
mod working_set;
mod worst_off;
