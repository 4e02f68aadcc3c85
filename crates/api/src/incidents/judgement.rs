//! Causes, survival and swap of an incident as JSON.

use crate::incidents::words;
use crate::object::Object;
use kernel::oom_report::report::CounterName;
use model::incident::cause::{Cause, Consumer, Evidence};
use model::incident::survival::{Advice, Censored, NoHelp, Survival, SwapCost, SwapCounterfactual};
use model::reading::Reading;
use serde_json::{Value, json};
use std::time::Duration;

const LIMIT_UNKNOWN: &str = "neither the log nor a look before the kill tells a limit";

pub(super) fn cause(cause: &Cause) -> Value {
    json!({
        "kind": words::cause_kind(cause.kind),
        "confidence": words::confidence(cause.confidence),
        "rule": cause.rule,
        "evidence": cause.evidence.iter().map(evidence).collect::<Value>(),
    })
}

fn evidence(evidence: &Evidence) -> Value {
    match evidence {
        Evidence::Full { counter, limit } => {
            json!({"fact": "full", "counter": counter.as_str(), "limit_bytes": limit.0})
        }
        Evidence::Room { counter, usage, limit } => {
            json!({"fact": "room", "counter": counter.as_str(), "usage_bytes": usage.0, "limit_bytes": limit.0})
        }
        Evidence::PartHeld { part, bytes, of } => {
            json!({"fact": "part_held", "part": words::memory_part(*part), "bytes": bytes.0, "of_bytes": of.0})
        }
        Evidence::KernelPart { key, bytes } => json!({"fact": "kernel_part", "key": key, "bytes": bytes.0}),
        Evidence::ProcessHeld { pid, comm, bytes, of } => {
            json!({"fact": "process_held", "pid": pid, "comm": comm, "bytes": bytes.0, "of_bytes": of.0})
        }
        Evidence::VictimHeldLittle { comm, bytes, of } => {
            json!({"fact": "victim_held_little", "comm": comm, "bytes": bytes.0, "of_bytes": of.0})
        }
        Evidence::NeighbourHeld { path, bytes, of } => {
            json!({"fact": "neighbour_held", "cgroup": path, "bytes": bytes.0, "of_bytes": of.0})
        }
        Evidence::OwnHeld { bytes, of } => json!({"fact": "own_held", "bytes": bytes.0, "of_bytes": of.0}),
        Evidence::Grew { from, to, over } => {
            json!({"fact": "grew", "from_bytes": from.0, "to_bytes": to.0, "over_seconds": over.as_secs_f64()})
        }
        Evidence::StoodAt { ratio, over } => {
            json!({"fact": "stood_at", "ratio": ratio, "over_seconds": over.as_secs_f64()})
        }
        Evidence::GrewSteadily { bytes, over } => {
            json!({"fact": "grew_steadily", "bytes": bytes.0, "over_seconds": over.as_secs_f64()})
        }
        Evidence::SwapForbidden => json!({"fact": "swap_forbidden"}),
        Evidence::NoSwap => json!({"fact": "no_swap"}),
        Evidence::MachineSwapFull { total } => json!({"fact": "machine_swap_full", "total_bytes": total.0}),
        Evidence::MachineFree { free, total } => {
            json!({"fact": "machine_free", "free_bytes": free.0, "total_bytes": total.0})
        }
        Evidence::Order { order } => json!({"fact": "order", "order": order}),
        Evidence::NoLimitHit => json!({"fact": "no_limit_hit"}),
        Evidence::AllowedNodes { nodes } => json!({"fact": "allowed_nodes", "nodes": nodes}),
        Evidence::GroupKilled { path, kills } => {
            json!({"fact": "group_killed", "cgroup": path, "kills": kills})
        }
        Evidence::KilledInARow { kills } => json!({"fact": "killed_in_a_row", "kills": kills}),
        Evidence::SysRq => json!({"fact": "sysrq"}),
    }
}

pub(super) fn consumer(consumer: &Consumer) -> Value {
    match consumer {
        Consumer::Victim { bytes } => json!({"kind": "victim", "bytes": bytes.0}),
        Consumer::Process { pid, comm, bytes } => {
            json!({"kind": "process", "pid": pid, "comm": comm, "bytes": bytes.0})
        }
        Consumer::ManyProcesses { count, bytes } => {
            json!({"kind": "many_processes", "count": count, "bytes": bytes.0})
        }
        Consumer::Tmpfs { bytes } => json!({"kind": "tmpfs", "bytes": bytes.0}),
        Consumer::PageCache { bytes } => json!({"kind": "page_cache", "bytes": bytes.0}),
        Consumer::Kernel { bytes } => json!({"kind": "kernel", "bytes": bytes.0}),
        Consumer::Neighbour { path, bytes } => {
            json!({"kind": "neighbour", "cgroup": path, "bytes": bytes.0})
        }
        Consumer::Unknown(why) => Object::new().reading_or("kind", Reading::<&str>::Absent, why).finish(),
    }
}

pub(super) fn survival(survival: &Survival) -> Value {
    let censored = match survival.censored {
        Censored::AtLimit => "at_limit",
        Censored::WhileGrowing => "while_growing",
        Censored::NoLimitHit => "no_limit_hit",
        Censored::Unknown => "unknown",
    };
    let growth = survival.growth.clone().map(|growth| {
        json!({"bytes_per_second": growth.bytes_per_second, "over_seconds": growth.over.as_secs_f64()})
    });
    Object::new()
        .known("counter", CounterName::as_str(survival.counter))
        .reading_or(
            "limit_lower_bound_bytes",
            survival.lower_bound.clone().map(|bytes| bytes.0),
            LIMIT_UNKNOWN,
        )
        .known("censored", censored)
        .reading_or(
            "unreclaimable_bytes",
            survival.unreclaimable.clone().map(|bytes| bytes.0),
            "the log does not tell what the memory was used for",
        )
        .reading_or("growth", growth, "it was not watched before the kill, or did not grow then")
        .finish()
}

pub(super) fn swap(swap: &SwapCounterfactual) -> Value {
    match swap {
        SwapCounterfactual::Absorbs { at_most, cost } => {
            let (cost, refaults) = match cost {
                SwapCost::Little => (Reading::Value("little"), None),
                SwapCost::Waits { refaults } => (Reading::Value("waits"), Some(*refaults)),
                SwapCost::Unknown => (Reading::Absent, None),
            };
            let verdict = Object::new()
                .known("verdict", "absorbs")
                .known("absorbs_at_most_bytes", at_most.0)
                .reading_or("cost", cost, "nothing was swapped here before, so nothing tells");
            match refaults {
                Some(refaults) => verdict.known("refault_anon_pages", refaults).finish(),
                None => verdict.finish(),
            }
        }
        SwapCounterfactual::Delays { at_most, time } => Object::new()
            .known("verdict", "delays")
            .known("absorbs_at_most_bytes", at_most.0)
            .reading_or(
                "delay_seconds",
                time.as_ref().map(Duration::as_secs_f64),
                "no growth was seen before",
            )
            .finish(),
        SwapCounterfactual::WasFull { limit } => json!({"verdict": "was_full", "limit_bytes": limit.0}),
        SwapCounterfactual::CannotHelp(why) => {
            let why = match why {
                NoHelp::KernelMemory => "kernel_memory",
                NoHelp::PageCache => "page_cache",
                NoHelp::CountedTogether => "counted_together",
                NoHelp::InUse => "in_use",
                NoHelp::NotShort => "not_short",
                NoHelp::NotAmount => "not_amount",
            };
            json!({"verdict": "cannot_help", "because": why})
        }
        SwapCounterfactual::Unknown(why) => {
            Object::new().reading_or("verdict", Reading::<&str>::Absent, why).finish()
        }
    }
}

pub(super) fn advice(advice: &Advice) -> Value {
    let known = |reading: &Reading<kernel::limit::Limit>| {
        reading.clone().or_if_absent(|| Reading::failed(LIMIT_UNKNOWN))
    };
    Object::new()
        .reading_or("cgroup", advice.path.clone(), "no cgroup's limit was hit, or the log does not name it")
        .limit("memory_limit", &known(&advice.memory_limit))
        .reading_or(
            "memory_limit_to_try_bytes",
            advice.memory_least.clone().map(|bytes| bytes.0),
            "a larger memory limit would not help, or how large is not known",
        )
        .limit("swap_limit", &known(&advice.swap_limit.clone().map(|limit| limit.0)))
        .reading_or(
            "swap_to_try_bytes",
            advice.swap_least.clone().map(|bytes| bytes.0),
            "swap would not help, or how much is not known",
        )
        .finish()
}
