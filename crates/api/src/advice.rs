//! `highwater/advice/v1`: what workloads should be given, and why.

use crate::object::Object;
use crate::replay::remarks;
use model::history::{HistoryRemark, LimitsToday};
use model::policy::AssignedBy;
use model::reading::Reading;
use model::recommendation::{Advice, AdvisedWorkload, AskedOfNodes, Because, Controller, Missing, SwapVeto};
use serde_json::{Value, json};

/// Why what is set is null.
const NOT_GIVEN: &str =
    "what is set today was not given, or cannot be told from the file: --limits-today or --compose";

/// What is said beside the workloads.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// What is to be said of the histories.
    pub remarks: &'a [HistoryRemark],
    /// What the source never tells.
    pub untold: Option<&'a str>,
    /// What is asked of the nodes, where they were described.
    pub nodes: Option<&'a AskedOfNodes>,
}

/// The document of `advise`. `because` and `missing` put reasons into words.
#[must_use]
pub fn advice(
    workloads: &[AdvisedWorkload],
    beside: &Beside,
    because: fn(&Because) -> String,
    missing: fn(&Missing) -> String,
) -> Value {
    let workloads = workloads.iter().map(|one| workload(one, because, missing));
    let object = Object::new()
        .known("schema", "highwater/advice/v1")
        .known("workloads", workloads.collect::<Vec<_>>())
        .known("remarks", remarks(beside.remarks))
        .known("untold", beside.untold);
    match beside.nodes {
        Some(asked) => object.known("nodes", nodes(asked)).finish(),
        None => object.finish(),
    }
}

fn nodes(asked: &AskedOfNodes) -> Value {
    Object::new()
        .known("count", asked.nodes)
        .known("memory_bytes", asked.node_memory.0)
        .known("swap_bytes", asked.node_swap.0)
        .known("swap_needed_bytes", asked.swap_needed.0)
        .known("swap_promised_bytes", asked.swap_promised.0)
        .reading_or("swap_promised_ratio", Reading::from(asked.overcommit), "the node has no swap")
        .known("growth_bytes_per_second", asked.growth_per_second.0)
        .known("eviction_hard_bytes", asked.eviction_hard.0)
        .known("swap_write_bytes_per_second", asked.swap_write_per_second.0)
        .known("vm.min_free_kbytes", asked.min_free_kib)
        .known("vm.watermark_scale_factor", asked.scale_factor)
        .finish()
}

fn workload(
    one: &AdvisedWorkload,
    because: fn(&Because) -> String,
    missing: fn(&Missing) -> String,
) -> Value {
    let controller = match one.controller {
        Controller::Deployment => Some("deployment"),
        Controller::StatefulSet => Some("stateful_set"),
        Controller::DaemonSet => Some("daemon_set"),
        Controller::Unknown => None,
    };
    let object = Object::new()
        .known("name", one.name.as_str())
        .reading_or("controller", Reading::from(controller), "the name does not tell")
        .known("replicas", one.replicas.clone())
        .known("class", one.assignment.class.name())
        .known("environment", one.assignment.environment.name())
        .reading_or("today", Reading::from(one.today.map(today)), NOT_GIVEN);
    match &one.advice {
        Advice::Recommended(advised) => {
            let reasons = advised.because.iter().map(|reason| {
                let mut value = self::because(reason);
                if let Value::Object(fields) = &mut value {
                    fields.insert("words".to_owned(), because(reason).into());
                }
                value
            });
            object
                .known("memory_limit_bytes", advised.memory.0)
                .known("request_bytes", advised.request.0)
                .known("swap_limit_bytes", advised.swap.0)
                .known("memory_and_swap_limit_bytes", advised.memory.saturating_add(advised.swap).0)
                .known("confidence", advised.confidence.name())
                .known("because", reasons.collect::<Vec<_>>())
                .known("heap", one.heap.clone())
                .finish()
        }
        Advice::NotEnough(lacking) => {
            let why = lacking.iter().map(missing).collect::<Vec<_>>().join("; ");
            let null = |object: Object, key: &str| object.reading_or(key, Reading::<u64>::Absent, &why);
            let keys =
                ["memory_limit_bytes", "request_bytes", "swap_limit_bytes", "memory_and_swap_limit_bytes"];
            keys.into_iter()
                .fold(object, null)
                .known("missing", lacking.iter().map(missing).collect::<Vec<_>>())
                .finish()
        }
    }
}

fn today(today: LimitsToday) -> Value {
    let absent = "not given";
    let mut object = match today.memory {
        Some(memory) => Object::new().known("limit_bytes", memory.0).known("limit_unlimited", false),
        None => Object::new().known("limit_bytes", Value::Null).known("limit_unlimited", true),
    };
    object = match today.swap {
        Some(swap) => object.limit("swap_limit", &Reading::Value(swap.0)),
        None => object.reading_or("swap_limit_bytes", Reading::<u64>::Absent, absent),
    };
    object.reading_or("request_bytes", Reading::from(today.request.map(|amount| amount.0)), absent).finish()
}

fn because(reason: &Because) -> Value {
    match reason {
        Because::Peak { usage, age_seconds } => {
            json!({"reason": "peak", "usage_bytes": usage.0, "age_seconds": age_seconds})
        }
        Because::Window { span_seconds, samples } => {
            json!({"reason": "window", "span_seconds": span_seconds, "samples": samples})
        }
        Because::Margin { ratio, floor, young_ratio } => {
            json!({"reason": "margin", "margin_ratio": ratio, "floor_bytes": floor.0, "young_ratio": young_ratio})
        }
        Because::Usual { percentile, usage } => {
            json!({"reason": "usual", "percentile_ratio": percentile, "usage_bytes": usage.0})
        }
        Because::Kills { count, raised_to, needed } => json!({
            "reason": "kills",
            "count": count,
            "raised_to_bytes": raised_to.0,
            "needed_bytes": needed.map(|needed| needed.0),
        }),
        Because::Class { class, class_by, swap_ratio_max } => {
            let is_assumed = *class_by == AssignedBy::Default;
            json!({
                "reason": "class",
                "class": class.name(),
                "class_assumed": is_assumed,
                "swap_max_ratio": swap_ratio_max
            })
        }
        Because::Veto(veto) => {
            let veto = match veto {
                SwapVeto::GarbageCollectedHeap => "garbage_collected_heap",
                SwapVeto::PageCacheBound => "page_cache_bound",
                SwapVeto::TmpfsHeavy => "tmpfs_heavy",
            };
            json!({"reason": "veto", "veto": veto})
        }
        Because::Request { share, usage, cut_to } => json!({
            "reason": "request",
            "share_ratio": share,
            "usage_bytes": usage.0,
            "cut_to_bytes": cut_to.map(|cut_to| cut_to.0),
        }),
        Because::LimitedSwap { wanted, given } => {
            json!({"reason": "limited_swap", "wanted_bytes": wanted.0, "given_bytes": given.0})
        }
        Because::LittleSwap { swap } => json!({"reason": "little_swap", "swap_bytes": swap.0}),
        Because::HotReplica { name, needs, others } => {
            json!({"reason": "hot_replica", "name": name, "needs_bytes": needs.0, "others_bytes": others.0})
        }
        Because::Leak { is_confirmed, bytes_per_day, seconds_left } => json!({
            "reason": "leak",
            "certainty": if *is_confirmed { "confirmed" } else { "suspected" },
            "growth_bytes_per_day": bytes_per_day.0,
            "seconds_to_advised": seconds_left,
        }),
    }
}
