//! A language runtime's heap against the limit of its container.

use crate::heap;
use crate::lint::kubernetes::object::{Container, containers};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use crate::pod_resources;
use kernel::bytes::Bytes;
use model::document::Span;
use model::incident::exit::Language;
use model::lint::{LintFinding, LintSeverity};
use model::outcome::heap::{HeapJudgement, HeapVerdict};

/// The rule.
pub const RULE: Rule = Rule {
    id: "heap-exceeds-container-limit",
    severity: LintSeverity::Warning,
    title: "the heap alone reaches the container's memory limit",
    why: "A heap is only a part of a process: a JVM adds metaspace, code, thread stacks and buffers to `-Xmx`, Node.js adds buffers and \
          the young generation to `--max-old-space-size` (MiB), and Go's GOMEMLIMIT leaves out what C code and mappings hold. A heap \
          that may grow to the limit is killed by the kernel, or swapped, before its collector is in need.",
    bad: &[
        Example {
            file: "java.yaml",
            text: "\
apiVersion: v1
kind: Pod
metadata:
  name: api
spec:
  containers:
    - name: api
      image: example.com/api:1
      env:
        - name: JAVA_OPTS
          value: -Xms256m -Xmx1g
      resources:
        requests:
          memory: 512Mi
        limits:
          memory: 1Gi
",
        },
        Example {
            file: "node.yaml",
            text: "\
apiVersion: v1
kind: Pod
metadata:
  name: api
spec:
  containers:
    - name: api
      image: node:22
      command: [node, --max-old-space-size=4096, server.js]
      resources:
        requests:
          memory: 512Mi
        limits:
          memory: 2Gi
",
        },
    ],
    good: &[Example {
        file: "java.yaml",
        text: "\
apiVersion: v1
kind: Pod
metadata:
  name: api
spec:
  containers:
    - name: api
      image: example.com/api:1
      env:
        - name: JAVA_TOOL_OPTIONS
          value: -XX:MaxRAMPercentage=75
      resources:
        requests:
          memory: 512Mi
        limits:
          memory: 1Gi
",
    }],
    check,
};

/// A judgement and the place of the setting.
struct Found {
    judgement: HeapJudgement,
    span: Span,
}

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for (pod, container) in containers(subject) {
        let Ok(memory) = pod_resources::memory(container.spec, &pod.workload.pod, subject.target.kubernetes)
        else {
            continue;
        };
        let Some(limit) = memory.limit.or(memory.inherited_limit) else { continue };
        let own = container.limit().map(|(span, _)| span);
        let pod_level =
            pod.workload.pod.resources.as_ref().and_then(|resources| resources.limits.memory.as_ref());
        let Some(limit_span) = own.or(pod_level.map(|limit| limit.span)) else { continue };
        for found in heaps(&container, limit) {
            findings.extend(finding(&container, &found, limit, limit_span));
        }
    }
}

fn heaps(container: &Container<'_>, limit: Bytes) -> Vec<Found> {
    let spec = container.spec;
    let words: Vec<&str> = spec.command.iter().map(|word| word.value.as_str()).collect();
    let env: Vec<(&str, &str)> =
        spec.env.iter().map(|(name, value)| (name.value.as_str(), value.value.as_str())).collect();
    let judged = heap::judgements(&words, &env, Some(limit));
    let mut found: Vec<Found> = judged
        .into_iter()
        .filter_map(|judgement| Some(Found { span: place(container, &judgement)?, judgement }))
        .collect();
    if found.iter().all(|found| found.judgement.setting.language != Language::Jvm) {
        // JAVA_OPTS, ES_JAVA_OPTS, KAFKA_HEAP_OPTS and their like are passed on by start scripts.
        let by_script = spec.env.iter().filter(|(_, value)| value.value.contains("-Xmx"));
        let judged = by_script.flat_map(|(_, value)| {
            let of_jvm = heap::judgements(&[value.value.as_str()], &[], Some(limit)).into_iter();
            of_jvm
                .filter(|judgement| judgement.setting.language == Language::Jvm)
                .map(|judgement| Found { judgement, span: value.span })
        });
        found.extend(judged.take(1));
    }
    found
}

fn place(container: &Container<'_>, judgement: &HeapJudgement) -> Option<Span> {
    let setting = &judgement.setting;
    if let Some(variable) = setting.variable {
        let own = container.spec.env.iter().rev().find(|(name, _)| name.value == variable);
        return own.map(|(_, value)| value.span);
    }
    let first = setting.text.split_whitespace().next()?;
    container.spec.command.iter().rev().find(|word| word.value.contains(first)).map(|word| word.span)
}

fn finding(container: &Container<'_>, found: &Found, limit: Bytes, limit_span: Span) -> Option<LintFinding> {
    let heap = found.judgement.heap?;
    let setting = &found.judgement.setting;
    let (severity, then) = match found.judgement.verdict {
        HeapVerdict::ReachesLimit => {
            (LintSeverity::Warning, "the kernel kills it before its collector sees that memory is short")
        }
        HeapVerdict::LittleRoom => (LintSeverity::Info, "little is left for what it needs beside the heap"),
        HeapVerdict::Fits | HeapVerdict::NoLimit => return None,
    };
    let message = format!(
        "`{}` lets the heap of `{}` grow to {}, and its limit is {}: {then}.",
        setting.text,
        container.spec.name.value,
        report::amount(heap),
        report::amount(limit)
    );
    let at = report::between((found.span, "the heap"), (limit_span, "the memory limit"));
    let three_quarters = Bytes(limit.0 / 4 * 3).0 >> 20;
    let help = match setting.language {
        Language::Jvm => {
            format!("write `-Xmx{three_quarters}m` or `-XX:MaxRAMPercentage=75`, or raise the limit")
        }
        Language::Node => format!("write `--max-old-space-size={three_quarters}`, or raise the limit"),
        Language::Go => format!("write `GOMEMLIMIT={}MiB`, or raise the limit", (limit.0 / 10 * 9) >> 20),
    };
    let found = report::warning(RULE.id, at, message, help);
    Some(LintFinding { severity, ..found })
}
