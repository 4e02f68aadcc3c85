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
pub mod history;
pub mod host;
pub mod incident;
pub mod kernel_log;
pub mod leak;
pub mod lint;
pub mod manifest;
pub mod outcome;
pub mod policy;
pub mod quantity;
pub mod rates;
pub mod reading;
pub mod recommendation;
pub mod replay;
pub mod snapshot;
pub mod swap_limit;
pub mod workload;
