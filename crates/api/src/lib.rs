//! Highwater's own promises: the JSON documents it prints.

pub mod advice;
pub mod agent;
pub mod agent_config;
pub mod alerts;
pub mod cgroup_tree;
pub mod container_end;
pub mod containers;
pub mod explain;
pub mod findings;
pub mod free;
pub mod history;
pub mod host;
pub mod incidents;
pub mod leaks;
pub mod lint_settings;
pub mod node;
pub mod node_plan;
pub mod node_run;
pub mod node_size;
pub mod node_swap;
pub mod object;
pub mod oom_reports;
pub mod placed;
pub mod policy;
pub mod replay;
pub mod sarif;
