//! `highwater/policy-explanation/v1`: what a policy says of one container.

use crate::object::Object;
use model::policy::{
    AssignedBy, HeldMemory, MemoryPolicy, PolicyAssignment, PolicyVerdict, WantedAmount, WantedMemory,
};
use model::reading::Reading;
use serde_json::Value;

/// What the policy file has no word for.
const UNSET: &str = "the policy says nothing of it";

/// The document.
#[must_use]
pub fn explanation(policy: &MemoryPolicy, verdict: &PolicyVerdict, sentences: &[String]) -> Value {
    let PolicyAssignment { class, class_by, environment, environment_by } = verdict.assignment;
    let treatment = policy.treatment(class, environment);
    Object::new()
        .known("schema", "highwater/policy-explanation/v1")
        .known("policy", policy.name.as_str())
        .known("name", verdict.name.as_str())
        .known("class", class.name())
        .known("class_by", by(policy, class_by))
        .known("environment", environment.name())
        .known("environment_by", by(policy, environment_by))
        .known("reason", treatment.reason.as_str())
        .known("wanted", wanted(&verdict.wanted))
        .known("held", verdict.held.as_ref().map_or(Value::Null, held))
        .known("sentences", sentences)
        .finish()
}

/// The rule, counted from one as people count, or null for the default.
fn by(policy: &MemoryPolicy, by: AssignedBy) -> Value {
    match by {
        AssignedBy::Default | AssignedBy::Asked => Value::Null,
        AssignedBy::Rule(number) => {
            let name = policy.rules.get(number).and_then(|rule| rule.name.clone());
            Object::new().known("rule", number + 1).known("name", name).finish()
        }
    }
}

fn wanted(wanted: &WantedMemory) -> Value {
    let WantedMemory { swap, high, low, min, swappiness } = wanted;
    let mut object = Object::new();
    for (name, amount) in [("swap_limit", swap), ("high", high), ("low", low), ("min", min)] {
        let limit = match amount {
            WantedAmount::At(bytes) => Reading::Value(kernel::limit::Limit::At(*bytes)),
            WantedAmount::Unlimited => Reading::Value(kernel::limit::Limit::Unlimited),
            WantedAmount::Unset => Reading::failed(UNSET),
            WantedAmount::Needs(what) => Reading::failed(format!("it would follow from {what}")),
        };
        object = object.limit(name, &limit);
    }
    object.reading("swappiness", swappiness.map_or_else(|| Reading::failed(UNSET), Reading::Value)).finish()
}

fn held(held: &HeldMemory) -> Value {
    let HeldMemory { cgroup, swap, high, low, min, swappiness } = held;
    let version = match cgroup {
        kernel::hierarchy::CgroupVersion::V1 => "v1",
        kernel::hierarchy::CgroupVersion::V2 => "v2",
    };
    Object::new()
        .known("cgroup", version)
        .limit("swap_limit", swap)
        .limit("high", high)
        .limit("low", low)
        .limit("min", min)
        .reading("swappiness", swappiness.clone())
        .finish()
}
