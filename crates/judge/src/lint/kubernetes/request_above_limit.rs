//! A memory request above the limit, of a container or of a pod.

use crate::lint::kubernetes::object::Pod;
use crate::lint::kubernetes::object::pods;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{KubernetesVersion, LintFinding, LintSeverity};
use model::workload::{Amount, Resources};

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-request-above-limit",
    severity: LintSeverity::Error,
    title: "a memory request above the limit",
    why: "The API server refuses a request that is larger than the limit of the same container (ValidateContainerResourceRequirements: \
          \"must be less than or equal to memory limit\"). With resources of the pod itself (KEP-2837, on by default since 1.34) a \
          container's limit may not be above the pod's, and the containers' requests together not above the pod's request.",
    bad: &[
        Example {
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
          memory: 1Gi
        limits:
          memory: 512Mi
",
        },
        Example {
            file: "pod-level.yaml",
            text: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  resources:
    limits:
      memory: 512Mi
  containers:
    - name: web
      image: nginx:1.27
      resources:
        limits:
          memory: 1Gi
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
  resources:
    requests:
      memory: 512Mi
    limits:
      memory: 1Gi
  containers:
    - name: web
      image: nginx:1.27
      resources:
        requests:
          memory: 512M
        limits:
          memory: 1Gi
",
    }],
    check,
};

/// The first version that keeps a pod's own resources without being told to.
const POD_LEVEL: KubernetesVersion = KubernetesVersion(34);

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for pod in pods(subject) {
        let containers = &pod.workload.pod.containers;
        for container in containers {
            findings.extend(pair(&container.resources, &format!("container `{}`", container.name.value)));
        }
        let Some(resources) = &pod.workload.pod.resources else { continue };
        findings.extend(pair(resources, "the pod"));
        if subject.target.kubernetes >= POD_LEVEL {
            container_limits(&pod, resources, findings);
            findings.extend(requests_together(&pod, resources));
        }
    }
}

fn pair(resources: &Resources, whose: &str) -> Option<LintFinding> {
    let (request, limit) = (resources.requests.memory.as_ref()?, resources.limits.memory.as_ref()?);
    let above = request.value.milli? > limit.value.milli? && limit.value.milli? >= 0;
    above.then(|| {
        let (asked, most) = (stated(&request.value), stated(&limit.value));
        let message = format!(
            "The memory request of {whose} ({asked}) is above its limit ({most}): the API server refuses it."
        );
        let at = report::between((request.span, "the request"), (limit.span, "the limit"));
        let help = format!(
            "write a request of at most `{}`, or a limit of at least `{}`",
            limit.value.text, request.value.text
        );
        report::error(RULE.id, at, message, help)
    })
}

fn container_limits(pod: &Pod<'_>, resources: &Resources, findings: &mut Vec<LintFinding>) {
    let Some(of_pod) = resources.limits.memory.as_ref() else { return };
    for container in &pod.workload.pod.containers {
        let Some(own) = container.resources.limits.memory.as_ref() else { continue };
        let above = own.value.milli.zip(of_pod.value.milli).is_some_and(|(own, of_pod)| own > of_pod);
        if above {
            let message = format!(
                "The memory limit of container `{}` ({}) is above that of its pod ({}): the API server refuses it.",
                container.name.value,
                stated(&own.value),
                stated(&of_pod.value)
            );
            let at = report::between((own.span, "the container's limit"), (of_pod.span, "the pod's limit"));
            let help = format!("write at most `{}` for the container", of_pod.value.text);
            findings.push(report::error(RULE.id, at, message, help));
        }
    }
}

fn requests_together(pod: &Pod<'_>, resources: &Resources) -> Option<LintFinding> {
    let of_pod = resources.requests.memory.as_ref()?;
    let lasting = pod.workload.pod.containers.iter().filter(|container| container.role.is_lasting());
    let requests: Vec<_> = lasting
        .filter_map(|container| {
            let own = &container.resources;
            own.requests.memory.as_ref().or(own.limits.memory.as_ref())
        })
        .collect();
    let sum: i128 = requests.iter().filter_map(|request| request.value.milli).sum();
    let first = requests.first()?;
    (sum > of_pod.value.milli?).then(|| {
        let together = Amount { text: String::new(), milli: Some(sum) };
        let message = format!(
            "The memory requests of the containers ({}) are together above that of their pod ({}): the API server refuses it.",
            stated(&together),
            stated(&of_pod.value)
        );
        let bytes = together.bytes().unwrap_or_default();
        let help = format!("write a request of the pod of at least `{}`", report::quantity(bytes));
        let at = report::between((of_pod.span, "the pod's request"), (first.span, "the first container's"));
        report::error(RULE.id, at, message, help)
    })
}

fn stated(amount: &Amount) -> String {
    amount.bytes().map_or_else(|| format!("`{}`", amount.text), report::amount)
}
