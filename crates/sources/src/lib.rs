//! Reads the host: cgroup files, proc, the Docker socket, systemd. Cannot write.

pub mod agent_socket;
pub mod cgroup;
pub mod collect;
pub mod csv_history;
pub mod docker;
pub mod host_root;
pub mod journal;
pub mod kmsg;
pub mod mark_victim;
pub mod node;
pub mod oom_watch;
pub mod pod_logs;
pub mod proc;
pub mod process;
pub mod prometheus;
pub mod recorded;
pub mod systemd;
pub mod zone;
