//! Volumes in memory, which count against the memory limit.

use crate::lint::kubernetes::object::{Container, Pod, pods};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use kernel::bytes::Bytes;
use model::document::Span;
use model::lint::{LintFinding, LintSeverity};
use model::workload::MemoryVolume;

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-volume-counts-as-memory",
    severity: LintSeverity::Warning,
    title: "a volume in memory is as large as the memory limit",
    why: "An emptyDir with `medium: Memory` is a tmpfs: what is written there is charged to the container that writes it, cannot be \
          swapped (mounted `noswap`), and survives the container's restarts (kubernetes issue 128339). A sizeLimit at or above the \
          memory limit is never reached: the container is killed first. Without a sizeLimit the volume is as large as the limits of the \
          pod, or all that the node can give.",
    bad: &[
        Example {
            file: "above.yaml",
            text: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: nginx:1.27
      resources:
        requests:
          memory: 256Mi
        limits:
          memory: 512Mi
      volumeMounts:
        - name: cache
          mountPath: /cache
  volumes:
    - name: cache
      emptyDir:
        medium: Memory
        sizeLimit: 1Gi
",
        },
        Example {
            file: "no-size.yaml",
            text: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: nginx:1.27
      volumeMounts:
        - name: cache
          mountPath: /cache
  volumes:
    - name: cache
      emptyDir:
        medium: Memory
",
        },
    ],
    good: &[Example {
        file: "pod.yaml",
        text: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: nginx:1.27
      resources:
        requests:
          memory: 256Mi
        limits:
          memory: 512Mi
      volumeMounts:
        - name: cache
          mountPath: /cache
  volumes:
    - name: cache
      emptyDir:
        medium: Memory
        sizeLimit: 128Mi
",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for pod in pods(subject) {
        for volume in &pod.workload.pod.memory_volumes {
            let mounting: Vec<_> = pod
                .containers()
                .filter(|container| {
                    container.spec.mounts.iter().any(|mount| mount.value == volume.name.value)
                })
                .collect();
            if mounting.is_empty() {
                continue;
            }
            let finding = match &volume.size_limit {
                Some(size) => size
                    .value
                    .bytes()
                    .filter(|size| *size > Bytes::ZERO)
                    .and_then(|bytes| above(volume, (size.span, bytes), &mounting)),
                None => Some(unbounded(&pod, volume, &mounting)),
            };
            findings.extend(finding);
        }
    }
}

/// The volume cannot be filled by any of those that mount it.
fn above(volume: &MemoryVolume, size: (Span, Bytes), mounting: &[Container<'_>]) -> Option<LintFinding> {
    let limits: Option<Vec<_>> =
        mounting.iter().map(|container| Some((container.limit()?, &container.spec.name.value))).collect();
    let together: Bytes = limits.as_ref()?.iter().map(|((_, limit), _)| *limit).sum();
    if size.1 < together {
        return None;
    }
    let limits = limits?;
    let ((span, _), name) = limits.first()?;
    let whose =
        if limits.len() == 1 { format!("`{name}`") } else { "the containers that mount it".to_owned() };
    let message = format!(
        "The volume `{}` in memory may hold {}, and the memory limit of {whose} is {}: who fills it is killed before it is full.",
        volume.name.value,
        report::amount(size.1),
        report::amount(together)
    );
    let at = report::between((size.0, "the volume's size"), (*span, "the memory limit"));
    let help = format!(
        "write a `sizeLimit` well below `{}`, or raise the limit by the volume's size",
        report::quantity(together)
    );
    Some(report::warning(RULE.id, at, message, help))
}

fn unbounded(pod: &Pod<'_>, volume: &MemoryVolume, mounting: &[Container<'_>]) -> LintFinding {
    let limited = mounting.iter().all(|container| container.limit().is_some());
    let of_pod =
        pod.workload.pod.resources.as_ref().is_some_and(|resources| resources.limits.memory.is_some());
    let name = &volume.name.value;
    let message = if limited || of_pod {
        format!(
            "The volume `{name}` in memory has no `sizeLimit`: what is written there counts against the memory limit, until the \
             container is killed."
        )
    } else {
        format!(
            "The volume `{name}` in memory has no `sizeLimit` and no memory limit above it: it may take all the memory of its node."
        )
    };
    let help = "write a `sizeLimit`, such as `64Mi`, and count it into the memory limit";
    report::info(RULE.id, volume.span, message, help)
}
