//! Development only: imagined machines as values, recorded ones as folders, and scripted servers.

pub mod cgroup_forest;
pub mod imagined;
pub mod leak_families;
pub mod oom_text;
pub mod recorded_machine;
pub mod scripted_docker;
pub mod scripted_prometheus;
pub mod scripted_receiver;
