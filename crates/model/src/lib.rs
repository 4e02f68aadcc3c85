//! Every noun of Highwater as plain values: readings, snapshots, cgroups, containers, limits, findings, incidents. No I/O, no clock.

pub mod assessment;
pub mod calendar;
pub mod cgroup;
pub mod checked_file;
pub mod container;
pub mod declared;
pub mod document;
pub mod drift;
pub mod finding;
pub mod host;
pub mod incident;
pub mod kernel_log;
pub mod lint;
pub mod manifest;
pub mod node;
pub mod node_size;
pub mod node_swap;
pub mod outcome;
pub mod plan;
pub mod policy;
pub mod quantity;
pub mod rates;
pub mod reading;
pub mod snapshot;
pub mod swap_limit;
pub mod workload;
