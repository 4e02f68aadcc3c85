//! `highwater/free/v1`: what `free` prints.

use crate::host::missing;
use crate::object::Object;
use model::assessment::Assessment;
use model::snapshot::Snapshot;
use serde_json::Value;

/// The document of `free`: what this process may use, and what the machine's own figures claim.
#[must_use]
pub fn free(snapshot: &Snapshot, assessment: &Assessment) -> Value {
    let host = &snapshot.host;
    let path = snapshot.cgroup(assessment.cgroup).map(|cgroup| cgroup.path.clone());
    let headroom = assessment.headroom.clone();
    Object::new()
        .known("schema", "highwater/free/v1")
        .reading("cgroup", path.into())
        .bytes("memory_limit_bytes", &assessment.limit.clone().map(|limit| limit.bytes))
        .bytes("memory_free_bytes", &headroom.clone().map(|headroom| headroom.memory))
        .bytes("swap_limit_bytes", &assessment.swap_limit.clone().map(|limit| limit.bytes))
        .bytes(
            "swap_free_bytes",
            &headroom.map(|headroom| headroom.with_swap.saturating_sub(headroom.memory)),
        )
        .bytes("claimed_memory_total_bytes", &host.memory_total())
        .bytes("claimed_memory_available_bytes", &host.memory_available())
        .bytes("claimed_swap_total_bytes", &host.swap_total())
        .bytes("claimed_swap_free_bytes", &host.swap_free())
        .known("missing", missing(&snapshot.missing))
        .finish()
}
