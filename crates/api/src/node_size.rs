//! `highwater/node-size/v1`: what workloads would be given of a node's swap.

use crate::object::Object;
use kernel::bytes::Bytes;
use kernel::cgroup_path::QosClass;
use kernel::limit::Limit;
use model::node_size::{Copies, NodeSize, SizedContainer, Unused, UnusedWhy};
use model::outcome::swap::SwapAllowance;
use model::reading::Reading;
use serde_json::Value;

/// The document. Sentences and changes are those of the screen.
#[must_use]
pub fn document(size: &NodeSize, sentences: &[String], changes: &[String], assumed: &[String]) -> Value {
    Object::new()
        .known("schema", "highwater/node-size/v1")
        .known("node_memory_bytes", size.memory.0)
        .reading_or("node_swap_bytes", number(size.swap), "not given")
        .reading_or("nodes", Reading::from(size.nodes), "a request is larger than a node")
        .known("requested_bytes", size.requested.0)
        .reading_or(
            "given_bytes",
            number(size.given),
            "the node's swap is not given, or a container has no limit",
        )
        .known("unused", size.unused.iter().map(unused).collect::<Value>())
        .known("containers", size.containers.iter().map(container).collect::<Value>())
        .known("sentences", sentences.to_vec())
        .known("changes", changes.to_vec())
        .known("assumed", assumed.to_vec())
        .finish()
}

fn number(amount: Option<Bytes>) -> Reading<u64> {
    Reading::from(amount.map(|amount| amount.0))
}

fn unused(part: &Unused) -> Value {
    let why = match part.why {
        UnusedWhy::RequestEqualsLimit => "request_equals_limit",
        UnusedWhy::Guaranteed => "guaranteed",
        UnusedWhy::Critical => "critical",
        UnusedWhy::NodeSettings => "node_settings",
        UnusedWhy::NobodyRequests => "nobody_requests",
    };
    Object::new()
        .known("why", why)
        .known("swap_bytes", part.swap.0)
        .known("containers", part.containers)
        .finish()
}

fn container(container: &SizedContainer) -> Value {
    let outcome = &container.outcome;
    let optional = |amount: Option<Bytes>| amount.map_or(Value::Null, |amount| Value::from(amount.0));
    let memory = outcome.memory.value();
    let (copies, is_per_node) = match container.copies {
        Copies::Fixed(copies) => (Value::from(copies), false),
        Copies::PerNode => (Value::Null, true),
    };
    let limit = outcome.swap.as_ref().and_then(|decision| match decision.allowance {
        SwapAllowance::At { held, written: _ } => Reading::Value(Limit::At(held)),
        SwapAllowance::TogetherAtMemoryLimit(_) => Reading::Value(Limit::At(Bytes::ZERO)),
        SwapAllowance::Unlimited => Reading::Value(Limit::Unlimited),
        SwapAllowance::Unknown(_) => Reading::failed("the node's swap is not given"),
    });
    let class = outcome.qos.as_ref().map(|qos| match qos.class {
        QosClass::Guaranteed => "Guaranteed",
        QosClass::Burstable => "Burstable",
        QosClass::BestEffort => "BestEffort",
    });
    Object::new()
        .known("namespace", outcome.namespace.as_deref().map_or(Value::Null, Value::from))
        .known("kind", outcome.kind.as_str())
        .known("workload", outcome.workload.as_deref().map_or(Value::Null, Value::from))
        .known("container", outcome.container.as_str())
        .known("file", outcome.file.as_str())
        .known("line", outcome.line)
        .known("copies", copies)
        .known("per_node", is_per_node)
        .reading("qos", class)
        .known("request_bytes", optional(memory.and_then(|memory| memory.request)))
        .known("limit_bytes", optional(memory.and_then(|memory| memory.limit.or(memory.inherited_limit))))
        .limit("swap_limit", &limit)
        .known("wanted_node_swap_bytes", optional(container.wanted.map(|ways| ways.node_swap)))
        .known("wanted_request_bytes", optional(container.wanted.and_then(|ways| ways.request)))
        .finish()
}
