//! `highwater/containers/v1`: what `ls` prints, and `highwater/container/v1`: what `show` prints.

use crate::host::{host, missing, pressure, version};
use crate::object::Object;
use kernel::bytes::Bytes;
use kernel::cgroup_path::{Identity, PodRef, QosClass, Runtime};
use kernel::hierarchy::CgroupVersion;
use kernel::limit::Limit;
use model::assessment::{Assessment, Binding, Effective, Rung, SwapEffect};
use model::cgroup::{Cgroup, Swap};
use model::container::PodContainer;
use model::drift::{Drift, DriftState, DriftingLimit};
use model::finding::{BrokenRule, Finding, Severity};
use model::rates::Rates;
use model::reading::Reading;
use model::snapshot::Snapshot;
use serde_json::{Value, json};

/// One cgroup to print.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    /// The cgroup.
    pub cgroup: &'a Cgroup,
    /// What its figures mean.
    pub assessment: &'a Assessment,
    /// Each finding in words, in the order of the assessment.
    pub sentences: &'a [String],
}

/// The document of `ls`. Containers stand under `containers`, every other cgroup asked for under `cgroups`.
#[must_use]
pub fn list(snapshot: &Snapshot, entries: &[Entry<'_>]) -> Value {
    let (containers, others): (Vec<Entry<'_>>, Vec<Entry<'_>>) =
        entries.iter().partition(|entry| entry.cgroup.container.is_some());
    let array =
        |entries: Vec<Entry<'_>>| entries.into_iter().map(|entry| object(snapshot, entry)).collect::<Value>();
    let mut document = Object::new()
        .known("schema", "highwater/containers/v1")
        .known("taken_at_unix_milliseconds", snapshot.taken_at.0)
        .known("host", host(&snapshot.host))
        .known("containers", array(containers));
    if !others.is_empty() {
        document = document.known("cgroups", array(others));
    }
    document.known("missing", missing(&snapshot.missing)).finish()
}

/// The document of `show`.
#[must_use]
pub fn show(snapshot: &Snapshot, entry: Entry<'_>, ladder: &[Rung]) -> Value {
    Object::new()
        .known("schema", "highwater/container/v1")
        .known("taken_at_unix_milliseconds", snapshot.taken_at.0)
        .known("host", host(&snapshot.host))
        .known("container", object(snapshot, entry))
        .known("ladder", ladder.iter().map(|rung| self::rung(snapshot, rung)).collect::<Value>())
        .reading(
            "stat",
            entry.cgroup.stat.as_ref().map(|stat| {
                stat.iter().map(|(key, value)| (key.to_owned(), Value::from(value))).collect::<Value>()
            }),
        )
        .known("missing", missing(&snapshot.missing))
        .finish()
}

fn object(snapshot: &Snapshot, entry: Entry<'_>) -> Value {
    let Entry { cgroup, assessment, sentences } = entry;
    let findings = assessment.findings.iter().zip(sentences).map(|(finding, sentence)| {
        json!({"rule": rule(finding), "severity": severity(finding.severity), "message": sentence})
    });
    let mut object = names(cgroup)
        .known("cgroup", cgroup.path.as_str())
        .known("cgroup_version", version(cgroup.version()))
        .known("memory", memory(snapshot, cgroup, assessment))
        .known("swap", swap(snapshot, cgroup, assessment))
        .known("memory_and_swap", memory_and_swap(cgroup))
        .known("pressure", pressure(&cgroup.pressure))
        .known("events", events(cgroup));
    if let Some(rates) = &cgroup.rates {
        object = object.known("rates", self::rates(rates));
    }
    object
        .known("drift", assessment.drift.iter().map(drift).collect::<Value>())
        .known("findings", findings.collect::<Value>())
        .finish()
}

fn names(cgroup: &Cgroup) -> Object {
    const NOBODY_SAID: &str = "no runtime that knows this container could be asked; see `missing`";
    let Some(container) = &cgroup.container else {
        let (name, kind) = match &cgroup.identity {
            Identity::Unit(unit) => (unit.name.as_str(), "unit"),
            Identity::Pod(_) => (cgroup.path.as_str(), "pod"),
            Identity::Root
            | Identity::Container(_)
            | Identity::BelowContainer(_)
            | Identity::Monitor(_)
            | Identity::Group { .. }
            | Identity::KubeQosLevel(_)
            | Identity::KubepodsRoot
            | Identity::BelowUnit(_)
            | Identity::Other => (cgroup.path.as_str(), "cgroup"),
        };
        return Object::new().known("name", name).known("kind", kind);
    };
    let runtime = match container.runtime {
        Runtime::Docker => Reading::Value("docker"),
        Runtime::Containerd => Reading::Value("containerd"),
        Runtime::CriO => Reading::Value("cri-o"),
        Runtime::Podman => Reading::Value("podman"),
        Runtime::Lxc => Reading::Value("lxc"),
        Runtime::Nspawn => Reading::Value("nspawn"),
        Runtime::Buildkit => Reading::Value("buildkit"),
        Runtime::Unknown => {
            Reading::failed("the cgroup's path does not tell and no runtime that knows the id answered")
        }
    };
    let mut object = Object::new()
        .reading_or("name", container.name.clone(), NOBODY_SAID)
        .known("id", container.id.0.as_str())
        .reading("runtime", runtime)
        .reading_or("image", container.image.clone(), NOBODY_SAID);
    if let Some(compose) = &container.compose {
        object = object.known("compose", json!({"project": compose.project, "service": compose.service}));
    }
    if let Some(pod) = &container.pod {
        object = object.known("pod", self::pod(pod, container.pod_container.as_ref()));
    }
    object.reading_or("pid", container.pid.clone(), NOBODY_SAID)
}

fn pod(pod: &PodRef, names: Option<&PodContainer>) -> Value {
    let qos = match pod.qos {
        QosClass::Guaranteed => "Guaranteed",
        QosClass::Burstable => "Burstable",
        QosClass::BestEffort => "BestEffort",
    };
    let name = |of: fn(&PodContainer) -> &str| Reading::from(names.map(of).map(str::to_owned));
    const NOBODY_SAID: &str = "the kubelet's log folders below /var/log cannot be read";
    Object::new()
        .known("uid", pod.uid.as_str())
        .known("qos_class", qos)
        .reading_or("namespace", name(|names| &names.pod.namespace), NOBODY_SAID)
        .reading_or("name", name(|names| &names.pod.name), NOBODY_SAID)
        .finish()
}

fn effective(object: Object, snapshot: &Snapshot, name: &str, limit: &Reading<Effective>) -> Object {
    let cgroup = limit.clone().map(|limit| match limit.binding {
        Binding::Cgroup(index) => {
            snapshot.cgroup(index).map_or(Value::Null, |cgroup| Value::from(cgroup.path.as_str()))
        }
        Binding::OutOfSight | Binding::Host => Value::Null,
    });
    let level = limit.clone().map(|limit| match limit.binding {
        Binding::Cgroup(_) => "cgroup",
        Binding::OutOfSight => "out_of_sight",
        Binding::Host => "host",
    });
    object
        .bytes(&format!("{name}_bytes"), &limit.clone().map(|limit| limit.bytes))
        .reading(&format!("{name}_cgroup"), cgroup)
        .reading(&format!("{name}_level"), level)
}

fn memory(snapshot: &Snapshot, cgroup: &Cgroup, assessment: &Assessment) -> Value {
    let (sets, split, memory) = (&assessment.working_sets, &assessment.split, &cgroup.memory);
    let object = Object::new()
        .bytes("usage_bytes", &memory.usage)
        .bytes("working_set_bytes", &sets.kubelet)
        .bytes("unreclaimable_bytes", &sets.unreclaimable)
        .bytes("reclaimable_bytes", &sets.reclaimable)
        .bytes("demand_bytes", &sets.demand)
        .limit("limit", &memory.limit);
    let object = effective(object, snapshot, "effective_limit", &assessment.limit)
        .bytes("headroom_bytes", &assessment.headroom.clone().map(|headroom| headroom.with_swap))
        .bytes("headroom_without_swap_bytes", &assessment.headroom.clone().map(|headroom| headroom.memory))
        .bytes("peak_bytes", &memory.peak)
        .bytes("anon_bytes", &split.anon)
        .bytes("file_bytes", &split.file)
        .bytes("shmem_bytes", &split.shmem)
        .bytes("kernel_bytes", &split.kernel)
        .bytes("sock_bytes", &split.sock);
    match cgroup.version() {
        CgroupVersion::V2 => object
            .limit("high", &memory.high)
            .limit("low", &memory.low)
            .limit("min", &memory.min)
            .reading("oom_group", memory.oom_group.clone())
            .finish(),
        CgroupVersion::V1 => object.limit("soft_limit", &memory.soft_limit).finish(),
    }
}

fn swap(snapshot: &Snapshot, cgroup: &Cgroup, assessment: &Assessment) -> Value {
    let object = Object::new()
        .bytes("usage_bytes", &assessment.swap_usage)
        .limit("limit", &assessment.own_swap_limit.clone().map(|limit| limit.0));
    let object = effective(object, snapshot, "effective_limit", &assessment.swap_limit)
        .known("effect", swap_effect(assessment.swap_effect));
    match &cgroup.swap {
        Swap::V2(swap) => object
            .limit("high", &swap.high.clone().map(|high| high.0))
            .bytes("peak_bytes", &swap.peak)
            .bytes("zswap_bytes", &swap.zswap_usage)
            .finish(),
        Swap::V1(swap) => object.reading("swappiness", swap.swappiness.clone()).finish(),
    }
}

const fn swap_effect(effect: SwapEffect) -> &'static str {
    match effect {
        SwapEffect::Unused => "unused",
        SwapEffect::Quiet => "quiet",
        SwapEffect::Busy => "busy",
        SwapEffect::Harmful => "harmful",
        SwapEffect::Unknown => "unknown",
    }
}

/// v1 counts and limits both together; on v2 the sum of the two, which is what Docker's `--memory-swap` means.
fn memory_and_swap(cgroup: &Cgroup) -> Value {
    let (usage, limit) = match &cgroup.swap {
        Swap::V1(swap) => (swap.combined_usage.clone(), swap.combined_limit.clone().map(|limit| limit.0)),
        Swap::V2(swap) => {
            let usage = cgroup
                .memory
                .usage
                .clone()
                .zip(swap.usage.clone())
                .map(|(memory, swap)| memory.saturating_add(swap));
            (
                usage,
                cgroup.memory.limit.clone().zip(swap.limit.clone()).map(|(memory, swap)| sum(memory, swap.0)),
            )
        }
    };
    Object::new().bytes("usage_bytes", &usage).limit("limit", &limit).finish()
}

fn sum(memory: Limit, swap: Limit) -> Limit {
    match (memory, swap) {
        (Limit::At(Bytes(memory)), Limit::At(Bytes(swap))) => Limit::At(Bytes(memory.saturating_add(swap))),
        (Limit::Unlimited, _) | (_, Limit::Unlimited) => Limit::Unlimited,
    }
}

fn events(cgroup: &Cgroup) -> Value {
    let object = Object::new().reading("oom_kill", cgroup.oom_kills());
    match &cgroup.swap {
        Swap::V2(swap) => {
            let all = cgroup.events.hierarchical.as_ref();
            let swap_events = swap.events.as_ref();
            object
                .reading("oom_group_kill", all.clone().and_then(|events| events.oom_group_kill.into()))
                .reading("oom", all.clone().map(|events| events.oom))
                .reading("max", all.clone().map(|events| events.max))
                .reading("high", all.clone().map(|events| events.high))
                .reading("low", all.map(|events| events.low))
                .reading(
                    "oom_kill_local",
                    cgroup.events.local.as_ref().and_then(|events| events.oom_kill.into()),
                )
                .reading("swap_max", swap_events.clone().map(|events| events.max))
                .reading("swap_fail", swap_events.map(|events| events.fail))
                .finish()
        }
        Swap::V1(swap) => object
            .reading("failcnt", cgroup.events.failcnt.clone())
            .reading("memory_and_swap_failcnt", swap.combined_failcnt.clone())
            .reading("under_oom", cgroup.events.oom_control.as_ref().map(|control| control.under_oom))
            .finish(),
    }
}

fn rates(rates: &Rates) -> Value {
    Object::new()
        .known("seconds", rates.seconds)
        .reading("usage_bytes_per_second", rates.usage.clone())
        .reading("swap_in_bytes_per_second", rates.swap_in.clone())
        .reading("swap_out_bytes_per_second", rates.swap_out.clone())
        .reading("refault_anon_pages_per_second", rates.refault_anon.clone())
        .reading("refault_file_pages_per_second", rates.refault_file.clone())
        .reading("major_faults_per_second", rates.major_faults.clone())
        .reading("stalled_some_ratio", rates.stalled_some.clone())
        .reading("stalled_full_ratio", rates.stalled_full.clone())
        .finish()
}

/// The three witnesses as bytes, or `"max"` for no limit, as the kernel's files have it.
fn drift(drift: &Drift) -> Value {
    let limit = |limit: Limit| limit.bytes().map_or_else(|| Value::from("max"), |bytes| Value::from(bytes.0));
    let said = |said: Option<Limit>| Reading::from(said.map(limit));
    let what = match drift.what {
        DriftingLimit::Memory => "memory_limit",
        DriftingLimit::Swap => "swap_limit",
        DriftingLimit::MemoryAndSwap => "memory_and_swap_limit",
        DriftingLimit::Reservation => "reservation",
        DriftingLimit::High => "high",
        DriftingLimit::Min => "min",
    };
    let state = match drift.state {
        DriftState::Lost => "lost",
        DriftState::Latent => "latent",
        DriftState::ByHand => "by_hand",
    };
    Object::new()
        .known("what", what)
        .known("state", state)
        .reading_or(
            "declared",
            said(drift.declared),
            "the runtime declares no such limit, or could not be asked",
        )
        .reading_or(
            "systemd",
            said(drift.systemd),
            "systemd has no such property here, or could not be asked",
        )
        .known("kernel", limit(drift.kernel))
        .known("path", drift.path.as_str())
        .finish()
}

/// The rule's name, as in documents and scripts.
fn rule(finding: &Finding) -> &'static str {
    match &finding.broken {
        BrokenRule::NearLimit { .. } => "near-limit",
        BrokenRule::OomKilled { .. } => "oom-killed",
        BrokenRule::SwapHurts { .. } => "swap-hurts",
        BrokenRule::Pressure { .. } => "pressure",
        BrokenRule::Throttled { .. } => "throttled",
        BrokenRule::SwapFull { .. } => "swap-full",
        BrokenRule::BoundFromAbove { .. } => "bound-from-above",
        BrokenRule::Drifted(_) => "drifted",
    }
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Notice => "notice",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

fn rung(snapshot: &Snapshot, rung: &Rung) -> Value {
    let (level, path) = match rung.level {
        Binding::Cgroup(index) => {
            ("cgroup", snapshot.cgroup(index).map_or(Value::Null, |cgroup| Value::from(cgroup.path.as_str())))
        }
        Binding::OutOfSight => ("out_of_sight", Value::Null),
        Binding::Host => ("host", Value::Null),
    };
    Object::new()
        .known("level", level)
        .known("cgroup", path)
        .limit("limit", &rung.limit)
        .limit("high", &rung.high)
        .limit("swap_limit", &rung.swap_limit.clone().map(|limit| limit.0))
        .bytes("usage_bytes", &rung.usage)
        .bytes("unreclaimable_bytes", &rung.unreclaimable)
        .known("binds_memory", rung.binds_memory == model::assessment::Binds::Yes)
        .known("binds_swap", rung.binds_swap == model::assessment::Binds::Yes)
        .finish()
}
