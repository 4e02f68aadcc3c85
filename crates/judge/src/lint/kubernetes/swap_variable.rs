//! Environment variables about swap that nothing in Kubernetes reads.

use crate::lint::kubernetes::object::{Container, containers};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "pod-swap-variable-is-read-by-nobody",
    severity: LintSeverity::Info,
    title: "an environment variable about swap that no kubelet reads",
    why: "The kubelet, the container runtime and the kernel read no environment variables of a container: SWAP_BEHAVIOR and \
          SWAP_STRATEGY change nothing unless the program itself knows them. The switch is `memorySwap.swapBehavior` of the kubelet.",
    bad: &[Example {
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
      env:
        - name: SWAP_BEHAVIOR
          value: LimitedSwap
",
    }],
    good: &[Example {
        file: "pod.yaml",
        text: "\
apiVersion: v1
kind: Pod
metadata:
  name: tune
spec:
  containers:
    - name: tune
      image: busybox:1.37
      command: [sh, -c, 'sysctl -w vm.swappiness=$VM_SWAPPINESS']
      securityContext:
        privileged: true
      env:
        - name: VM_SWAPPINESS
          value: \"10\"
",
    }],
    check,
};

const NAMES: [&str; 10] = [
    "SWAP_BEHAVIOR",
    "SWAP_BEHAVIOUR",
    "SWAP_STRATEGY",
    "SWAP_POLICY",
    "SWAP_LIMIT",
    "SWAPPINESS",
    "VM_SWAPPINESS",
    "MEMORY_SWAPPINESS",
    "MEMORY_SWAP",
    "MEMORY_SWAP_LIMIT",
];

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for (_, container) in containers(subject).filter(|(_, container)| !container.is_privileged()) {
        let unread = container.spec.env.iter().filter(|(name, _)| NAMES.contains(&name.value.as_str()));
        for (name, _) in unread.filter(|(name, _)| !is_used(&container, &name.value)) {
            let message = format!(
                "Neither the kubelet nor the container runtime reads `{}`: it changes swap only if the program itself does.",
                name.value
            );
            let help = "remove it unless the program reads it; the kubelet's `memorySwap.swapBehavior` decides about swap";
            findings.push(report::info(RULE.id, name.span, message, help));
        }
    }
}

fn is_used(container: &Container<'_>, name: &str) -> bool {
    container.spec.command.iter().any(|word| word.value.contains(name))
}
