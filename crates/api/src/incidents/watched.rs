//! What a watch knew, read again from the document of an incident that it kept.

use crate::incidents::{before, words};
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use kernel::oom_report::report::CounterName;
use model::cgroup::CgroupId;
use model::container::PodName;
use model::incident::cause::{Cause, CauseKind, Confidence, Consumer, Evidence, MemoryPart};
use model::incident::survival::{Advice, Censored, Growth, NoHelp, Survival, SwapCost, SwapCounterfactual};
use model::incident::watched::Watched;
use model::incident::witness::Witness;
use model::incident::{FirstProcess, Machine, MemoryUse};
use model::reading::Reading;
use model::snapshot::Missing;
use model::swap_limit::SwapLimit;
use serde_json::Value;
use std::time::Duration;

/// What the document of an incident says of the kill beside the log; `None` where it is not as it is written here.
#[must_use]
pub fn read(document: &Value) -> Option<Watched> {
    let incident = document.get("incident")?;
    let container = incident.pointer("/place/container").unwrap_or(&Value::Null);
    let pod = incident.pointer("/place/pod").unwrap_or(&Value::Null);
    let pod_name = text(pod, "namespace").zip(text(pod, "name"));
    let level = incident.get("level")?;
    Some(Watched {
        cause: cause(incident.get("cause")?)?,
        contributing: all(incident, "contributing", cause)?,
        survival: survival(incident.get("survival")?)?,
        swap: swap(incident.get("swap")?)?,
        consumer: consumer(incident.get("consumer")?)?,
        memory: memory(incident.get("memory")?),
        advice: advice(incident.get("advice")?),
        first_process: match incident.get("container_first_process").and_then(Value::as_str) {
            Some("killed") => Some(FirstProcess::Killed),
            Some("lives") => Some(FirstProcess::Lives),
            _ => None,
        },
        witnesses: incident.get("witnesses")?.as_array()?.iter().filter_map(witness).collect(),
        missing: all(incident, "missing", missing)?,
        container_name: text(container, "name").into(),
        image: text(container, "image").into(),
        pod_name: pod_name.map(|(namespace, name)| PodName { namespace, name }),
        cgroup: incident.pointer("/place/cgroup_inode").and_then(Value::as_u64).map(CgroupId),
        limit: limit(level, "limit"),
        own_limit: limit(level, "container_limit"),
        before: before::read(document),
    })
}

fn all<T>(object: &Value, key: &str, read: fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    object.get(key)?.as_array()?.iter().map(read).collect()
}

fn text(object: &Value, key: &str) -> Option<String> {
    object.get(key)?.as_str().map(str::to_owned)
}

fn number(object: &Value, key: &str) -> Option<u64> {
    object.get(key)?.as_u64()
}

fn bytes(object: &Value, key: &str) -> Option<Bytes> {
    number(object, key).map(Bytes)
}

fn seconds(object: &Value, key: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(object.get(key)?.as_f64()?).ok()
}

fn limit(object: &Value, name: &str) -> Reading<Limit> {
    if object.get(format!("{name}_unlimited")).and_then(Value::as_bool) == Some(true) {
        return Reading::Value(Limit::Unlimited);
    }
    bytes(object, &format!("{name}_bytes")).map(Limit::At).into()
}

/// The one of these whose word in the document this is.
fn named<T: Copy>(all: &[T], word: fn(T) -> &'static str, object: &Value, key: &str) -> Option<T> {
    let found = object.get(key)?.as_str()?;
    all.iter().copied().find(|one| word(*one) == found)
}

fn counter(object: &Value) -> Option<CounterName> {
    use CounterName::{Kmem, Memory, MemorySwap, Swap};
    named(&[Memory, MemorySwap, Swap, Kmem], CounterName::as_str, object, "counter")
}

fn missing(missing: &Value) -> Option<Missing> {
    Some(Missing { what: text(missing, "what")?, why: text(missing, "why")? })
}

fn cause(cause: &Value) -> Option<Cause> {
    Some(Cause {
        kind: named(&CauseKind::ALL, words::cause_kind, cause, "kind")?,
        confidence: named(&Confidence::ALL, words::confidence, cause, "confidence")?,
        rule: text(cause, "rule")?,
        evidence: all(cause, "evidence", evidence)?,
    })
}

fn evidence(fact: &Value) -> Option<Evidence> {
    let (amount, of) = (|| bytes(fact, "bytes"), || bytes(fact, "of_bytes"));
    let over = || seconds(fact, "over_seconds");
    let comm = || text(fact, "comm");
    Some(match fact.get("fact")?.as_str()? {
        "full" => Evidence::Full { counter: counter(fact)?, limit: bytes(fact, "limit_bytes")? },
        "room" => {
            let (usage, limit) = (bytes(fact, "usage_bytes")?, bytes(fact, "limit_bytes")?);
            Evidence::Room { counter: counter(fact)?, usage, limit }
        }
        "part_held" => {
            let part = named(&MemoryPart::ALL, words::memory_part, fact, "part")?;
            Evidence::PartHeld { part, bytes: amount()?, of: of()? }
        }
        "kernel_part" => Evidence::KernelPart { key: text(fact, "key")?, bytes: amount()? },
        "process_held" => {
            Evidence::ProcessHeld { pid: number(fact, "pid")?, comm: comm()?, bytes: amount()?, of: of()? }
        }
        "victim_held_little" => Evidence::VictimHeldLittle { comm: comm()?, bytes: amount()?, of: of()? },
        "neighbour_held" => {
            Evidence::NeighbourHeld { path: text(fact, "cgroup")?, bytes: amount()?, of: of()? }
        }
        "own_held" => Evidence::OwnHeld { bytes: amount()?, of: of()? },
        "grew" => {
            let (from, to) = (bytes(fact, "from_bytes")?, bytes(fact, "to_bytes")?);
            Evidence::Grew { from, to, over: over()? }
        }
        "stood_at" => Evidence::StoodAt { ratio: fact.get("ratio")?.as_f64()?, over: over()? },
        "grew_steadily" => Evidence::GrewSteadily { bytes: amount()?, over: over()? },
        "swap_forbidden" => Evidence::SwapForbidden,
        "no_swap" => Evidence::NoSwap,
        "machine_swap_full" => Evidence::MachineSwapFull { total: bytes(fact, "total_bytes")? },
        "machine_free" => {
            Evidence::MachineFree { free: bytes(fact, "free_bytes")?, total: bytes(fact, "total_bytes")? }
        }
        "order" => Evidence::Order { order: i32::try_from(fact.get("order")?.as_i64()?).ok()? },
        "no_limit_hit" => Evidence::NoLimitHit,
        "allowed_nodes" => Evidence::AllowedNodes { nodes: text(fact, "nodes")? },
        "group_killed" => {
            Evidence::GroupKilled { path: text(fact, "cgroup")?, kills: number(fact, "kills")? }
        }
        "killed_in_a_row" => Evidence::KilledInARow { kills: number(fact, "kills")? },
        "sysrq" => Evidence::SysRq,
        _ => return None,
    })
}

fn consumer(consumer: &Value) -> Option<Consumer> {
    let held = || bytes(consumer, "bytes");
    let Some(kind) = consumer.get("kind")?.as_str() else {
        let why = consumer.pointer("/unknown/kind").and_then(Value::as_str).unwrap_or_default();
        return Some(Consumer::Unknown(why.to_owned()));
    };
    Some(match kind {
        "victim" => Consumer::Victim { bytes: held()? },
        "process" => {
            let (pid, comm) = (number(consumer, "pid")?, text(consumer, "comm")?);
            Consumer::Process { pid, comm, bytes: held()? }
        }
        "many_processes" => Consumer::ManyProcesses { count: number(consumer, "count")?, bytes: held()? },
        "tmpfs" => Consumer::Tmpfs { bytes: held()? },
        "page_cache" => Consumer::PageCache { bytes: held()? },
        "kernel" => Consumer::Kernel { bytes: held()? },
        "neighbour" => Consumer::Neighbour { path: text(consumer, "cgroup")?, bytes: held()? },
        _ => return None,
    })
}

fn survival(survival: &Value) -> Option<Survival> {
    let growth = survival.get("growth").and_then(|growth| {
        let over = seconds(growth, "over_seconds")?;
        Some(Growth { bytes_per_second: growth.get("bytes_per_second")?.as_f64()?, over })
    });
    Some(Survival {
        counter: counter(survival)?,
        lower_bound: bytes(survival, "limit_lower_bound_bytes").into(),
        unreclaimable: bytes(survival, "unreclaimable_bytes").into(),
        growth: growth.into(),
        censored: match survival.get("censored")?.as_str()? {
            "at_limit" => Censored::AtLimit,
            "while_growing" => Censored::WhileGrowing,
            "no_limit_hit" => Censored::NoLimitHit,
            "unknown" => Censored::Unknown,
            _ => return None,
        },
    })
}

fn swap(swap: &Value) -> Option<SwapCounterfactual> {
    let at_most = || bytes(swap, "absorbs_at_most_bytes");
    let Some(verdict) = swap.get("verdict")?.as_str() else {
        let why = swap.pointer("/unknown/verdict").and_then(Value::as_str).unwrap_or_default();
        return Some(SwapCounterfactual::Unknown(why.to_owned()));
    };
    Some(match verdict {
        "absorbs" => {
            let cost = match swap.get("cost").and_then(Value::as_str) {
                Some("little") => SwapCost::Little,
                Some("waits") => SwapCost::Waits { refaults: number(swap, "refault_anon_pages")? },
                Some(_) => return None,
                None => SwapCost::Unknown,
            };
            SwapCounterfactual::Absorbs { at_most: at_most()?, cost }
        }
        "delays" => {
            SwapCounterfactual::Delays { at_most: at_most()?, time: seconds(swap, "delay_seconds").into() }
        }
        "was_full" => SwapCounterfactual::WasFull { limit: bytes(swap, "limit_bytes")? },
        "cannot_help" => SwapCounterfactual::CannotHelp(match swap.get("because")?.as_str()? {
            "kernel_memory" => NoHelp::KernelMemory,
            "page_cache" => NoHelp::PageCache,
            "counted_together" => NoHelp::CountedTogether,
            "in_use" => NoHelp::InUse,
            "not_short" => NoHelp::NotShort,
            "not_amount" => NoHelp::NotAmount,
            _ => return None,
        }),
        _ => return None,
    })
}

fn advice(advice: &Value) -> Advice {
    Advice {
        path: text(advice, "cgroup").into(),
        memory_limit: limit(advice, "memory_limit"),
        memory_least: bytes(advice, "memory_limit_to_try_bytes").into(),
        swap_limit: limit(advice, "swap_limit").map(SwapLimit),
        swap_least: bytes(advice, "swap_to_try_bytes").into(),
    }
}

fn memory(memory: &Value) -> MemoryUse {
    let held = |key: &str| Reading::from(bytes(memory, key));
    let parts = memory.get("kernel_parts").and_then(Value::as_object).into_iter().flatten();
    let part = |(key, amount): (&String, &Value)| {
        Some((key.strip_suffix("_bytes")?.to_owned(), Bytes(amount.as_u64()?)))
    };
    let machine = memory.get("machine").map(|machine| Machine {
        total: bytes(machine, "total_bytes").into(),
        free: bytes(machine, "free_bytes").into(),
        swap_total: bytes(machine, "swap_total_bytes").into(),
        swap_free: bytes(machine, "swap_free_bytes").into(),
    });
    MemoryUse {
        usage: held("usage_bytes"),
        anon: held("anon_bytes"),
        shmem: held("shmem_bytes"),
        file: held("file_bytes"),
        unwritten: held("unwritten_bytes"),
        kernel: held("kernel_bytes"),
        slab_reclaimable: Reading::Absent,
        kernel_parts: parts.filter_map(part).collect(),
        sock: held("sock_bytes"),
        swap: held("swap_bytes"),
        inactive_anon: held("inactive_anon_bytes"),
        refaults_anon: number(memory, "refault_anon_pages").into(),
        machine,
    }
}

/// A witness beside the log: the log is there to be read by whoever has it.
fn witness(witness: &Value) -> Option<Witness> {
    let path = || text(witness, "cgroup");
    Some(match witness.get("witness")?.as_str()? {
        "kill_counter" => Witness::Counter { path: path()?, kills: number(witness, "kills")? },
        "oom_counter" => Witness::LevelCounter { path: path()? },
        "vmstat" => Witness::Vmstat { kills: number(witness, "kills")? },
        "mark_victim" => Witness::Tracepoint,
        "runtime_event" => Witness::Runtime,
        "systemd" => Witness::Systemd,
        "exit_code" => Witness::ExitCode { code: i32::try_from(witness.get("code")?.as_i64()?).ok()? },
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
