//! The rules of limits and swap: tables of cases and one property each.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

mod docker_limits;
mod docker_options;
mod eviction;
mod heap;
mod imagined_pod;
mod limited_swap;
mod memory_high;
mod node_setup;
mod pod_resources;
mod protection;
mod qos;
mod termination;
