//! `highwater/oom-reports/v1`: what `oom parse` prints.

use crate::object::Object;
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use kernel::limit::Limit;
use kernel::oom_report::OomLog;
use kernel::oom_report::report::{
    CgroupStats, Counter, Invoker, OomReport, Place, Process, ScoreLine, Timestamp, Victim,
};
use serde_json::{Value, json};

/// The document. What the text does not carry is null; the parts that are not there stand under `missing`.
#[must_use]
pub fn oom_reports(log: &OomLog) -> Value {
    json!({
        "schema": "highwater/oom-reports/v1",
        "reports": log.reports.iter().map(report).collect::<Value>(),
        "suppressed_reports": log.suppressed_reports,
        "reaped_without_report": log.reaped_alone.iter().map(process).collect::<Value>(),
        "other_kills": log.other_kills.len(),
    })
}

/// One report.
#[must_use]
pub fn report(report: &OomReport) -> Value {
    let id = |id: &Option<kernel::cgroup_path::ContainerId>| id.as_ref().map(|id| id.0.clone());
    let object = Object::new()
        .known("kind", report.kind.as_str())
        .known("cgroup_version", report.cgroup_version.map(version))
        .known("kernel", report.kernel.clone())
        .known("host", report.host.clone())
        .known("invoker", report.invoker.as_ref().map(invoker))
        .known("order", report.order)
        .known("gfp_mask", report.gfp_mask.clone())
        .known("gfp_flags", report.gfp_flags.clone())
        .known("constraint", report.constraint.map(kernel::oom_report::report::Constraint::as_str))
        .known("nodemask", report.nodemask.clone())
        .known("cpuset", report.cpuset.clone())
        .known("mems_allowed", report.mems_allowed.clone())
        .known("oom_memcg", report.oom_memcg.clone())
        .known("task_memcg", report.task_memcg.clone())
        .known("container_id", id(&report.container_id))
        .known("pod_uid", report.pod_uid.clone())
        .known("invoker_container_id", id(&report.invoker_container_id))
        .known("memory", report.memory.map(counter))
        .known("swap", report.swap.map(counter))
        .known("memory_swap", report.memory_swap.map(counter))
        .known("kmem", report.kmem.map(counter))
        .known(
            "limits_reached",
            report.limits_reached.iter().map(|name| Value::from(name.as_str())).collect::<Value>(),
        )
        .known("tasks_in_table", report.tasks.rows_seen)
        .known(
            "chosen",
            report
                .chosen
                .as_ref()
                .map(|chosen| json!({"pid": chosen.pid, "comm": chosen.comm, "uid": chosen.uid})),
        )
        .known("score_line", report.score_line.as_ref().map(score_line))
        .known("victims", report.victims.iter().map(victim).collect::<Value>())
        .known("already_exiting", report.already_exiting.iter().map(process).collect::<Value>())
        .known("oom_group", report.oom_group.clone())
        .known("sharing_memory", report.sharing_memory.iter().map(process).collect::<Value>())
        .known("reaped", report.reaped.iter().map(process).collect::<Value>());
    object
        .known("stats", report.stats.iter().map(stats).collect::<Value>())
        .known("suppressed_before", report.suppressed_before)
        .known("missing", report.missing.iter().map(|part| Value::from(part.as_str())).collect::<Value>())
        .known("unknown_lines", report.unknown_lines)
        .known("first", place(&report.first))
        .known("last", place(&report.last))
        .finish()
}

const fn version(version: CgroupVersion) -> u64 {
    crate::host::version(version)
}

fn invoker(invoker: &Invoker) -> Value {
    json!({"comm": invoker.comm, "pid": invoker.pid, "oom_score_adj": invoker.oom_score_adj})
}

fn counter(counter: Counter) -> Value {
    json!({
        "usage_bytes": counter.usage.0,
        "limit_bytes": counter.limit.bytes().map(|bytes| bytes.0),
        "limit_unlimited": counter.limit == Limit::Unlimited,
        "failcnt": counter.failcnt,
    })
}

fn score_line(line: &ScoreLine) -> Value {
    json!({"message": line.message, "pid": line.pid, "comm": line.comm, "score": line.score})
}

fn victim(victim: &Victim) -> Value {
    let bytes = |amount: Option<Bytes>| amount.map(|bytes| bytes.0);
    json!({
        "pid": victim.pid,
        "comm": victim.comm,
        "uid": victim.uid,
        "total_vm_bytes": bytes(victim.total_vm),
        "anon_rss_bytes": bytes(victim.anon_rss),
        "file_rss_bytes": bytes(victim.file_rss),
        "shmem_rss_bytes": bytes(victim.shmem_rss),
        "pgtables_bytes": bytes(victim.pgtables),
        "oom_score_adj": victim.oom_score_adj,
    })
}

fn process(process: &Process) -> Value {
    json!({"pid": process.pid, "comm": process.comm})
}

fn stats(stats: &CgroupStats) -> Value {
    let entries: Value =
        stats.entries.iter().map(|(key, value)| (key.clone(), Value::from(*value))).collect();
    json!({"cgroup": stats.path, "stat": entries})
}

fn place(place: &Place) -> Value {
    let time = match &place.timestamp {
        Some(Timestamp::Uptime(micros)) => json!({"uptime_microseconds": micros}),
        Some(Timestamp::Unix(micros)) => json!({"unix_microseconds": micros}),
        Some(Timestamp::Printed(text)) => json!({"printed": text}),
        None => Value::Null,
    };
    json!({"line": place.line, "time": time, "sequence": place.sequence})
}
