//! Pure judgement: effective limits, working sets, headroom, swap's effect, drift, findings, OOM kills. It cannot fail and cannot wait.

pub mod assess;
pub mod docker_limits;
pub mod docker_options;
pub mod drift;
pub mod effective_limit;
pub mod eviction;
pub mod findings;
pub mod headroom;
pub mod heap;
pub mod ladder;
pub mod limited_swap;
pub mod lint;
pub mod memory_high;
pub mod node_setup;
pub mod oom;
pub mod outcome;
pub mod pod_resources;
pub mod policy;
pub mod protection;
pub mod qos;
pub mod silence;
pub mod split;
pub mod swap_effect;
pub mod termination;
pub mod working_set;
pub mod worst_off;
