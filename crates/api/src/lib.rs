//! Highwater's own promises: the JSON documents it prints.

pub mod advice;
pub mod cgroup_tree;
pub mod container_end;
pub mod containers;
pub mod explain;
pub mod findings;
pub mod free;
pub mod host;
pub mod incidents;
pub mod leaks;
pub mod lint_settings;
pub mod object;
pub mod oom_reports;
pub mod placed;
pub mod policy;
pub mod replay;
pub mod sarif;
