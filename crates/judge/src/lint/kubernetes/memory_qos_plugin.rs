//! Annotations for the NRI plugin memory-qos that stop a pod's containers.

use crate::lint::kubernetes::object::{is_placeholder, pods};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::Spanned;
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-qos-annotation",
    severity: LintSeverity::Error,
    title: "an annotation for the NRI plugin memory-qos that it or the kernel refuses",
    why: "The plugin reads `class.memory-qos.nri.io` and names such as `memory.swap.max.memory-qos.nri.io`, each with `/CONTAINER` for \
          one container, and hands values to the cgroup as they are: `max` or a number of bytes. A container whose value is neither, or \
          whose class needs a memory limit that it does not have, is not created (containers/nri-plugins, cmd/plugins/memory-qos).",
    bad: &[Example {
        file: "pod.yaml",
        text: "\
apiVersion: v1
kind: Pod
metadata:
  name: batch
  annotations:
    memory.swap.max.memory-qos.nri.io: 512Mi
spec:
  containers:
    - name: batch
      image: example.com/batch:1
      resources:
        requests:
          memory: 512Mi
        limits:
          memory: 1Gi
",
    }],
    good: &[Example {
        file: "pod.yaml",
        text: "\
apiVersion: v1
kind: Pod
metadata:
  name: batch
  annotations:
    memory.swap.max.memory-qos.nri.io/batch: \"536870912\"
    class.memory-qos.nri.io: swap
spec:
  containers:
    - name: batch
      image: example.com/batch:1
      resources:
        requests:
          memory: 512Mi
        limits:
          memory: 1Gi
",
    }],
    check,
};

const DOMAIN: &str = ".memory-qos.nri.io";

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for pod in pods(subject) {
        for (key, value) in &pod.workload.annotations {
            let (name, only) = match key.value.split_once('/') {
                Some((name, container)) => (name, Some(container)),
                None => (key.value.as_str(), None),
            };
            let Some(setting) = name.strip_suffix(DOMAIN) else { continue };
            let containers: Vec<_> = pod
                .containers()
                .filter(|container| only.is_none_or(|only| container.spec.name.value == only))
                .collect();
            if containers.is_empty() {
                let message = format!(
                    "No container of this pod is called `{}`: nobody reads the annotation.",
                    only.unwrap_or("")
                );
                let help = "write the name of a container behind the `/`";
                findings.push(report::warning(RULE.id, key.span, message, help));
            } else if setting == "class" {
                let unlimited = containers.iter().find(|container| container.limit().is_none());
                if let Some(container) = unlimited {
                    let name = &container.spec.name.value;
                    let message = format!(
                        "The class `{}` needs a memory limit, and `{name}` has none: it is not created.",
                        value.value
                    );
                    let help = format!(
                        "write `resources.limits.memory` for `{name}`, or annotate the others by name"
                    );
                    findings.push(report::error(RULE.id, key.span, message, help));
                }
            } else if setting.starts_with("memory.") {
                findings.extend(amount(setting, value));
            }
        }
    }
}

fn amount(setting: &str, value: &Spanned<String>) -> Option<LintFinding> {
    let text = &value.value;
    let is_read = text == "max" || !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_read || is_placeholder(text) {
        return None;
    }
    let bytes =
        model::quantity::kubernetes::milli(text).filter(|milli| *milli >= 0).map(|milli| milli / 1_000);
    let message = format!(
        "`{text}` is written to `{setting}` as it is, and refused there: the container is not created."
    );
    let help = match bytes {
        Some(bytes) => format!("write `\"{bytes}\"` or `max`"),
        None => "write a number of bytes or `max`".to_owned(),
    };
    Some(report::error(RULE.id, value.span, message, help))
}
