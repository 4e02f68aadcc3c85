//! `highwater/incidents/v1`: what `oom ls` prints, `highwater/incident/v1`: what `oom show` and each line of `oom watch` print.

pub mod before;
mod judgement;
pub mod watched;
mod words;

use crate::object::Object;
use kernel::cgroup_path::QosClass;
use kernel::oom_report::report::CounterName;
use model::container::Container;
use model::incident::{
    Assumed, Ceiling, Fate, FirstProcess, Incident, Incidents, Level, MemoryUse, Place, PossibleVictims,
    ProcessUse,
};
use model::incident::{Role, Victim, When};
use model::reading::Reading;
use model::snapshot::Missing;
use serde_json::{Value, json};
use std::time::Duration;

/// Why a figure is null that the kernel prints only in a whole report.
pub(crate) const NOT_PRINTED: &str = "the log has no such line of this report";

/// An incident and its sentences.
#[derive(Clone, Copy)]
pub struct Told<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// What happened, in one sentence.
    pub message: &'a str,
    /// Why, in one sentence.
    pub why: &'a str,
    /// Commands to run next.
    pub next: &'a [String],
}

/// The document of `oom ls`.
#[must_use]
pub fn list(all: &Incidents, told: &[Told<'_>]) -> Value {
    let completeness = &all.completeness;
    let counts = Object::new()
        .reading_or("kernel_kills", completeness.counted.clone(), "nobody watched /proc/vmstat meanwhile")
        .known("found_kills", completeness.found)
        .reading_or("unexplained_kills", completeness.unexplained(), "nobody watched /proc/vmstat meanwhile")
        .known("suppressed_reports", completeness.suppressed_reports)
        .known("log_records_lost", completeness.records_lost)
        .finish();
    Object::new()
        .known("schema", "highwater/incidents/v1")
        .known("incidents", told.iter().map(|told| object(told).finish()).collect::<Value>())
        .known("completeness", counts)
        .finish()
}

/// The document of `oom show`, and one line of `oom watch`.
#[must_use]
pub fn one(told: &Told<'_>) -> Value {
    let mut document = Object::new().known("schema", "highwater/incident/v1");
    document = document.known("incident", object(told).finish());
    document.finish()
}

/// The line of `oom watch` for an incident that was told before and has taken more kills since.
#[must_use]
pub fn again(told: &Told<'_>) -> Value {
    Object::new()
        .known("schema", "highwater/incident/v1")
        .known("told_before", true)
        .known("incident", object(told).finish())
        .finish()
}

fn object(told: &Told<'_>) -> Object {
    let incident = told.incident;
    let object = Object::new()
        .known("id", incident.id.0.as_str())
        .known("message", told.message)
        .known("why", told.why)
        .known("when", when(&incident.when))
        .known("kind", incident.kind.as_str())
        .known("attribution", words::attribution(incident.attribution))
        .known("place", place(&incident.place))
        .known("level", level(&incident.level))
        .reading_or(
            "limit_hit",
            incident.hit.clone().map(CounterName::as_str),
            "no limit of a cgroup was hit",
        )
        .known("ceilings", ceilings(&incident.ceilings))
        .known("kills", incident.kills)
        .known("victims", incident.victims.iter().map(victim).collect::<Value>())
        .known("possible_victims", possible_victims(&incident.possible_victims))
        .known("oom_group", incident.group.clone());
    let (first, why) = match &incident.first_process {
        FirstProcess::Killed => (Reading::Value("killed"), ""),
        FirstProcess::Lives => (Reading::Value("lives"), ""),
        FirstProcess::Ended { .. } => (Reading::Value("ended"), ""),
        FirstProcess::Unknown(why) => (Reading::Absent, why.as_str()),
    };
    let object = object
        .reading_or("container_first_process", first, why)
        .known("invoker", invoker(incident))
        .reading_or("order", incident.order.clone(), NOT_PRINTED)
        .reading_or("kernel", incident.kernel_release.clone(), NOT_PRINTED)
        .known("memory", memory(&incident.memory))
        .known("processes", incident.processes.iter().map(process).collect::<Value>())
        .known("processes_listed", incident.processes_listed)
        .known("consumer", judgement::consumer(&incident.consumer))
        .known("cause", judgement::cause(&incident.cause))
        .known("contributing", incident.contributing.iter().map(judgement::cause).collect::<Value>())
        .known("survival", judgement::survival(&incident.survival))
        .known("swap", judgement::swap(&incident.swap));
    object
        .known("confidence", words::confidence(incident.confidence))
        .known("witnesses", incident.witnesses.iter().map(words::witness).collect::<Value>())
        .known("missing", missing(&incident.missing))
        .known("advice", judgement::advice(&incident.advice))
        .reading_or("before", incident.before.as_ref().map(before::before).into(), before::NOBODY_WATCHED)
        .known("next", told.next.to_vec())
}

fn missing(missing: &[Missing]) -> Value {
    missing.iter().map(|missing| json!({"what": missing.what, "why": missing.why})).collect()
}

/// What of the date the log does not say.
fn assumed(assumed: Assumed) -> Vec<&'static str> {
    match assumed {
        Assumed::Nothing => Vec::new(),
        Assumed::Year => vec!["year"],
        Assumed::Zone => vec!["time_zone"],
        Assumed::YearAndZone => vec!["year", "time_zone"],
    }
}

fn when(when: &When) -> Value {
    Object::new()
        .reading_or(
            "boot_id",
            when.boot.clone().map(|boot| boot.to_string()),
            "the log does not name its boot",
        )
        .reading_or(
            "since_boot_seconds",
            when.since_boot.as_ref().map(Duration::as_secs_f64),
            "the log does not tell the kernel's own clock",
        )
        .reading_or(
            "unix_milliseconds",
            when.wall.clone().map(|wall| wall.0),
            "the log does not tell a date that can be understood for certain",
        )
        .reading_or("printed", when.printed.clone().into(), "the log tells no date in words")
        .known("assumed", assumed(when.assumed))
        .finish()
}

fn place(place: &Place) -> Value {
    let pod = place.pod.as_ref().map_or(Value::Null, |pod| {
        let qos = match pod.qos {
            QosClass::Guaranteed => "Guaranteed",
            QosClass::Burstable => "Burstable",
            QosClass::BestEffort => "BestEffort",
        };
        let named = |of: fn(&model::container::PodName) -> &str| {
            Reading::from(place.pod_name.as_ref().map(|name| of(name).to_owned()))
        };
        const NOBODY_SAID: &str = "the kubelet's log folders below /var/log do not name it";
        Object::new()
            .known("uid", pod.uid.as_str())
            .known("qos_class", qos)
            .reading_or("namespace", named(|name| &name.namespace), NOBODY_SAID)
            .reading_or("name", named(|name| &name.name), NOBODY_SAID)
            .finish()
    });
    Object::new()
        .reading_or("host", place.host.clone().into(), "the log does not name its machine")
        .reading_or("cgroup", place.path.clone(), NOT_PRINTED)
        .reading_or(
            "cgroup_inode",
            place.cgroup.map(|id| id.0).into(),
            "the cgroup was not seen while it was there",
        )
        .known("container", place.container.as_ref().map_or(Value::Null, container))
        .known("pod", pod)
        .known("unit", place.unit.clone())
        .finish()
}

fn container(container: &Container) -> Value {
    const NOBODY_SAID: &str = "no runtime that knows this container could be asked";
    let in_pod = container.pod_container.as_ref().and_then(|named| named.container.clone());
    Object::new()
        .known("id", container.id.0.as_str())
        .reading_or("name", container.name.clone().or_if_absent(|| in_pod.into()), NOBODY_SAID)
        .reading_or("runtime", words::runtime(container.runtime), "the cgroup's path does not tell")
        .reading_or("image", container.image.clone(), NOBODY_SAID)
        .finish()
}

fn level(level: &Level) -> Value {
    Object::new()
        .known("scope", words::scope(level.scope))
        .reading_or("cgroup", level.path.clone(), "no cgroup, or the log does not name it")
        .limit("limit", &or_not_printed(&level.limit))
        .limit("container_limit", &or_not_printed(&level.own_limit))
        .finish()
}

fn or_not_printed<T: Clone>(reading: &Reading<T>) -> Reading<T> {
    reading.clone().or_if_absent(|| Reading::failed("the cgroup was not seen while it was there"))
}

/// An object by counter, so that a script need not search a list.
fn ceilings(ceilings: &[Ceiling]) -> Value {
    ceilings
        .iter()
        .fold(Object::new(), |object, ceiling| {
            let figures = Object::new()
                .known("usage_bytes", ceiling.usage.0)
                .limit("limit", &Reading::Value(ceiling.limit))
                .reading_or("failcnt", ceiling.failcnt.into(), NOT_PRINTED)
                .known("state", words::ceiling_state(ceiling.state))
                .finish();
            object.known(ceiling.counter.as_str(), figures)
        })
        .finish()
}

fn possible_victims(possible: &PossibleVictims) -> Value {
    let processes = possible.processes.iter().map(|process| process_object(process).finish());
    json!({"total": possible.total, "processes": processes.collect::<Value>()})
}

fn victim(victim: &Victim) -> Value {
    let role = match victim.role {
        Role::Chosen => "chosen",
        Role::GroupMember => "group_member",
        Role::SharedMemory => "shared_memory",
        Role::Next => "next",
    };
    process_object(&victim.process).known("role", role).finish()
}

fn process_object(process: &kernel::oom_report::report::Victim) -> Object {
    let bytes = |bytes: Option<kernel::bytes::Bytes>| Reading::from(bytes.map(|bytes| bytes.0));
    Object::new()
        .known("pid", process.pid)
        .known("comm", process.comm.as_str())
        .reading_or("uid", process.uid.into(), NOT_PRINTED)
        .reading_or("total_vm_bytes", bytes(process.total_vm), NOT_PRINTED)
        .reading_or("anon_rss_bytes", bytes(process.anon_rss), NOT_PRINTED)
        .reading_or("file_rss_bytes", bytes(process.file_rss), NOT_PRINTED)
        .reading_or("shmem_rss_bytes", bytes(process.shmem_rss), NOT_PRINTED)
        .reading_or("oom_score_adj", process.oom_score_adj.into(), NOT_PRINTED)
}

fn invoker(incident: &Incident) -> Value {
    incident.invoker.as_ref().map_or(Value::Null, |invoker| {
        Object::new()
            .reading_or("comm", invoker.comm.clone().into(), NOT_PRINTED)
            .reading_or("pid", invoker.pid.into(), NOT_PRINTED)
            .reading_or("oom_score_adj", invoker.oom_score_adj.into(), NOT_PRINTED)
            .finish()
    })
}

fn memory(memory: &MemoryUse) -> Value {
    let bytes = |reading: &Reading<kernel::bytes::Bytes>| reading.clone().map(|bytes| bytes.0);
    let parts = memory
        .kernel_parts
        .iter()
        .fold(Object::new(), |object, (key, bytes)| object.known(&format!("{key}_bytes"), bytes.0));
    let mut object = Object::new()
        .reading_or("usage_bytes", bytes(&memory.usage), NOT_PRINTED)
        .reading_or("anon_bytes", bytes(&memory.anon), NOT_PRINTED)
        .reading_or("shmem_bytes", bytes(&memory.shmem), NOT_PRINTED)
        .reading_or("file_bytes", bytes(&memory.file), NOT_PRINTED)
        .reading_or("unwritten_bytes", bytes(&memory.unwritten), NOT_PRINTED)
        .reading_or("kernel_bytes", bytes(&memory.kernel), NOT_PRINTED)
        .known("kernel_parts", parts.finish())
        .reading_or("sock_bytes", bytes(&memory.sock), NOT_PRINTED)
        .reading_or("swap_bytes", bytes(&memory.swap), NOT_PRINTED)
        .reading_or("inactive_anon_bytes", bytes(&memory.inactive_anon), NOT_PRINTED)
        .reading_or("refault_anon_pages", memory.refaults_anon.clone(), NOT_PRINTED);
    if let Some(machine) = &memory.machine {
        let machine = Object::new()
            .reading_or("total_bytes", bytes(&machine.total), NOT_PRINTED)
            .reading_or("free_bytes", bytes(&machine.free), NOT_PRINTED)
            .reading_or("swap_total_bytes", bytes(&machine.swap_total), NOT_PRINTED)
            .reading_or("swap_free_bytes", bytes(&machine.swap_free), NOT_PRINTED);
        object = object.known("machine", machine.finish());
    }
    object.finish()
}

fn process(process: &ProcessUse) -> Value {
    let fate = match process.fate {
        Fate::Killed => "killed",
        Fate::Spared => "spared",
    };
    Object::new()
        .known("pid", process.pid)
        .known("comm", process.comm.as_str())
        .known("rss_bytes", process.resident.0)
        .reading_or("shmem_rss_bytes", process.shmem.clone().map(|bytes| bytes.0), "printed since Linux 6.8")
        .reading_or("swap_bytes", process.swap.clone().map(|bytes| bytes.0), NOT_PRINTED)
        .reading_or("oom_score_adj", process.oom_score_adj.into(), NOT_PRINTED)
        .known("fate", fate)
        .finish()
}
