//! `highwater/explain/v1`, `highwater/explain-run/v1` and `highwater/explain-protection/v1`: what `explain` prints.

mod node;
mod words;

use crate::explain::node::node;
use crate::host::version;
use crate::object::Object;
use kernel::bytes::Bytes;
use kernel::cgroup_path::QosClass;
use kernel::hierarchy::CgroupVersion;
use kernel::limit::Limit;
use model::outcome::ContainerOutcome;
use model::outcome::docker::{Effect, RunCommand, RunOutcome, RunSwap};
use model::outcome::heap::HeapJudgement;
use model::outcome::node::NodeSetup;
use model::outcome::protection::{EffectiveProtection, ProtectionOutcome};
use model::outcome::swap::{SwapAllowance, SwapDecision};
use model::outcome::termination::End;
use model::reading::Reading;
use serde_json::Value;

/// A container and the sentences about it.
pub struct Told<'a> {
    /// The container.
    pub outcome: &'a ContainerOutcome,
    /// What is said of it.
    pub sentences: Vec<String>,
    /// Why it may swap or not, one of the sentences.
    pub swap: String,
}

/// A part of the input that says nothing about containers.
pub struct Unread {
    /// The file.
    pub file: String,
    /// The line.
    pub line: usize,
    /// Why.
    pub why: String,
}

/// The document of `explain FILE`.
#[must_use]
pub fn containers(told: &[Told<'_>], setup: &NodeSetup, assumed: &[String], unread: &[Unread]) -> Value {
    let unread: Value = unread
        .iter()
        .map(|part| {
            Object::new()
                .known("file", part.file.as_str())
                .known("line", part.line)
                .known("why", part.why.as_str())
                .finish()
        })
        .collect();
    Object::new()
        .known("schema", "highwater/explain/v1")
        .known("node", node(setup))
        .known("assumed", assumed.to_vec())
        .known("containers", told.iter().map(container).collect::<Value>())
        .known("unread", unread)
        .finish()
}

fn container(told: &Told<'_>) -> Value {
    let outcome = told.outcome;
    let optional =
        |text: &Option<String>| text.as_ref().map_or(Value::Null, |text| Value::from(text.as_str()));
    let qos = outcome.qos.as_ref().map(|qos| class(qos.class));
    let restarts = outcome.restarts.map_or(Value::Null, Value::from);
    Object::new()
        .known("namespace", optional(&outcome.namespace))
        .known("kind", outcome.kind.as_str())
        .known("workload", optional(&outcome.workload))
        .known("container", outcome.container.as_str())
        .known("role", words::role(outcome.role))
        .known("file", outcome.file.as_str())
        .known("line", outcome.line)
        .reading("qos", qos)
        .reading("qos_reason", outcome.qos.as_ref().map(|qos| words::qos_reason(&qos.reason)))
        .known("swap", swap(&outcome.swap, &told.swap))
        .known("memory", memory(outcome))
        .known("heaps", outcome.heaps.iter().map(heap).collect::<Value>())
        .known("ends", outcome.ends.iter().map(end).collect::<Value>())
        .known("restarts", restarts)
        .known("resize_pending", outcome.resize_pending)
        .known("sentences", told.sentences.clone())
        .finish()
}

fn swap(decision: &Reading<SwapDecision>, sentence: &str) -> Value {
    let eligible = decision.as_ref().map(|decision| decision.reason.is_eligible());
    let written = decision.as_ref().and_then(|decision| match decision.allowance {
        SwapAllowance::At { written, .. } => Reading::Value(Limit::At(written)),
        SwapAllowance::Unlimited => Reading::Value(Limit::Unlimited),
        SwapAllowance::TogetherAtMemoryLimit(_) => Reading::Value(Limit::At(Bytes::ZERO)),
        SwapAllowance::Unknown(_) => Reading::failed("the node's memory or swap is not given"),
    });
    let held = decision.as_ref().and_then(|decision| match decision.allowance {
        SwapAllowance::At { held, .. } => Reading::Value(Limit::At(held)),
        SwapAllowance::Unlimited => Reading::Value(Limit::Unlimited),
        SwapAllowance::TogetherAtMemoryLimit(_) => Reading::Value(Limit::At(Bytes::ZERO)),
        SwapAllowance::Unknown(_) => Reading::failed("the node's memory or swap is not given"),
    });
    Object::new()
        .reading("eligible", eligible)
        .limit("limit", &held)
        .limit("written", &written)
        .reading("reason", decision.as_ref().map(|decision| words::swap_reason(&decision.reason)))
        .known("sentence", sentence)
        .finish()
}

fn memory(outcome: &ContainerOutcome) -> Value {
    let files = &outcome.files;
    let given = |amount: Option<Bytes>| amount.map_or(Value::Null, |bytes| Value::from(bytes.0));
    let asked = outcome.memory.value();
    Object::new()
        .bytes("min_bytes", &files.min)
        .bytes("low_bytes", &files.low)
        .limit("high", &files.high)
        .limit("max", &files.max)
        .reading("oom_group", files.oom_group.clone())
        .known("request_bytes", given(asked.and_then(|asked| asked.request)))
        .known("limit_bytes", given(asked.and_then(|asked| asked.limit)))
        .known("pod_limit_bytes", given(asked.and_then(|asked| asked.inherited_limit)))
        .finish()
}

fn heap(judgement: &HeapJudgement) -> Value {
    Object::new()
        .known("language", words::language(judgement.setting.language))
        .known("setting", judgement.setting.text.as_str())
        .known("variable", judgement.setting.variable.map_or(Value::Null, Value::from))
        .reading_or(
            "heap_bytes",
            Reading::from(judgement.heap.map(|heap| heap.0)),
            "a share of a limit that is not there",
        )
        .known("verdict", words::heap_verdict(judgement.verdict))
        .finish()
}

fn end(end: &End) -> Value {
    let optional =
        |text: &Option<String>| text.as_ref().map_or(Value::Null, |text| Value::from(text.as_str()));
    Object::new()
        .known("which", words::which_end(end.which))
        .known("reason", optional(&end.reason))
        .known("exit_code", end.exit_code.map_or(Value::Null, Value::from))
        .known("finished_at", optional(&end.finished_at))
        .known("oom_killed", words::proof(end.proof))
        .finish()
}

/// The class as Kubernetes spells it.
const fn class(class: QosClass) -> &'static str {
    match class {
        QosClass::Guaranteed => "Guaranteed",
        QosClass::Burstable => "Burstable",
        QosClass::BestEffort => "BestEffort",
    }
}

/// What a command yields on one version of control groups, with its sentence.
pub struct ToldRun<'a> {
    /// The version.
    pub cgroup: CgroupVersion,
    /// What it yields.
    pub outcome: &'a RunOutcome,
    /// The same in words.
    pub sentence: String,
}

/// The document of `explain docker run`.
#[must_use]
pub fn run(command: &RunCommand, told: &[ToldRun<'_>], notes: &[String]) -> Value {
    let optional =
        |text: &Option<String>| text.as_ref().map_or(Value::Null, |text| Value::from(text.as_str()));
    Object::new()
        .known("schema", "highwater/explain-run/v1")
        .known("engine", words::engine(command.engine))
        .known("image", optional(&command.image))
        .known("name", optional(&command.name))
        .known("unknown_options", command.unknown.clone())
        .known("outcomes", told.iter().map(one_run).collect::<Value>())
        .known("notes", notes.to_vec())
        .finish()
}

fn one_run(told: &ToldRun<'_>) -> Value {
    let object = Object::new().known("cgroup_version", version(told.cgroup));
    let object = match told.outcome {
        RunOutcome::Refused { by, message } => object
            .known("refused", true)
            .known("refused_by", words::refuser(*by))
            .known("message", message.as_str()),
        RunOutcome::Made { files, swap, remarks } => {
            let files: Value = files
                .iter()
                .map(|file| {
                    Object::new()
                        .known("file", file.name)
                        .known("value", file.value.as_str())
                        .known("option", file.option)
                        .finish()
                })
                .collect();
            let remarks: Value = remarks
                .iter()
                .map(|remark| {
                    Object::new()
                        .known("option", remark.option)
                        .known("discarded", remark.effect == Effect::Discarded)
                        .known("warning", remark.warning)
                        .finish()
                })
                .collect();
            object
                .known("refused", false)
                .known("files", files)
                .limit("swap_limit", &Reading::Value(run_swap(*swap)))
                .known("warnings", remarks)
        }
    };
    object.known("sentence", told.sentence.as_str()).finish()
}

/// What lies beyond the memory limit.
const fn run_swap(swap: RunSwap) -> Limit {
    match swap {
        RunSwap::AtMost { swap, .. } => Limit::At(swap),
        RunSwap::Together { memory, together, .. } => Limit::At(together.saturating_sub(memory)),
        RunSwap::Unlimited => Limit::Unlimited,
    }
}

/// The document of `explain protection`.
#[must_use]
pub fn protection(
    top: &ProtectionOutcome,
    is_recursive: bool,
    arithmetic: fn(EffectiveProtection) -> String,
) -> Value {
    Object::new()
        .known("schema", "highwater/explain-protection/v1")
        .known("recursive", is_recursive)
        .known("cgroup", cgroup(top, arithmetic))
        .finish()
}

fn cgroup(outcome: &ProtectionOutcome, arithmetic: fn(EffectiveProtection) -> String) -> Value {
    let one = |protection: EffectiveProtection| {
        Object::new()
            .limit("written", &Reading::Value(protection.setting))
            .known("effective_bytes", protection.effective.0)
            .known("rule", words::protection_rule(protection.rule))
            .known("arithmetic", arithmetic(protection))
            .finish()
    };
    Object::new()
        .known("name", outcome.name.as_str())
        .known("usage_bytes", outcome.usage.0)
        .known("min", one(outcome.min))
        .known("low", one(outcome.low))
        .known("children", outcome.children.iter().map(|child| cgroup(child, arithmetic)).collect::<Value>())
        .finish()
}
