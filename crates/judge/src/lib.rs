//! Pure judgement: effective limits, working sets, headroom, swap's effect, drift, findings, OOM kills. It cannot fail and cannot wait.

pub mod assess;
pub mod drift;
pub mod effective_limit;
pub mod findings;
pub mod headroom;
pub mod ladder;
pub mod oom;
pub mod split;
pub mod swap_effect;
pub mod working_set;
pub mod worst_off;
