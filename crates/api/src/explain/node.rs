//! The node that an answer is about, as JSON.

use crate::host::version;
use crate::object::Object;
use kernel::bytes::Bytes;
use model::outcome::node::{NodeSetup, ReservationPolicy};
use model::reading::Reading;
use serde_json::Value;

/// The `node` object.
pub fn node(setup: &NodeSetup) -> Value {
    let given = |amount: Option<Bytes>| Reading::from(amount.map(|bytes| bytes.0));
    let qos = setup.memory_qos;
    let factor = qos.and_then(|qos| qos.throttling_factor).map_or(Value::Null, Value::from);
    Object::new()
        .known("kubernetes_version", format!("1.{}", setup.kubernetes.0))
        .known("cgroup_version", version(setup.cgroup))
        .reading_or("memory_bytes", given(setup.memory), "--node-memory is not given")
        .reading_or("swap_bytes", given(setup.swap), "--node-swap is not given")
        .known("reserved_bytes", setup.reserved.0)
        .known("swap_behavior", setup.behavior.name())
        .known("node_swap_gate", setup.node_swap_gate)
        .known("memory_qos", qos.is_some())
        .known("memory_throttling_factor", factor)
        .known(
            "memory_reservation_policy",
            qos.map_or(Value::Null, |qos| Value::from(reservation(qos.reservation))),
        )
        .known("page_bytes", setup.page.0)
        .finish()
}

const fn reservation(policy: ReservationPolicy) -> &'static str {
    match policy {
        ReservationPolicy::None => "None",
        ReservationPolicy::TieredReservation => "TieredReservation",
    }
}
