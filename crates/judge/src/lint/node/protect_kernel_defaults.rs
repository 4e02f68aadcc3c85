//! Kernel settings that a kubelet with protectKernelDefaults does not accept.

use crate::lint::node::{kubelet, sysctl};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "protect-kernel-defaults-refuses-sysctl",
    severity: LintSeverity::Error,
    title: "a kernel setting that this kubelet refuses",
    why: "With `protectKernelDefaults: true` the kubelet does not correct the kernel, it ends when \
          vm.overcommit_memory is not 1, vm.panic_on_oom not 0, kernel.panic not 10 or kernel.panic_on_oops \
          not 1 (kubelet cm/container_manager_linux.go, setupKernelTunables).",
    bad: &[Example {
        file: "setup.sh",
        text: "#!/bin/sh\necho 'vm.overcommit_memory = 2' > /etc/sysctl.d/90-memory.conf\ncat > /etc/kubernetes/kubelet.yaml <<'EOF'\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nprotectKernelDefaults: true\nEOF\nsystemctl restart kubelet\n",
    }],
    good: &[Example {
        file: "setup.sh",
        text: "#!/bin/sh\necho 'vm.overcommit_memory = 1' > /etc/sysctl.d/90-memory.conf\ncat > /etc/kubernetes/kubelet.yaml <<'EOF'\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nprotectKernelDefaults: true\nEOF\nsystemctl restart kubelet\n",
    }],
    check,
};

const WANTED: [(&str, &str); 4] = [
    ("vm.overcommit_memory", "1"),
    ("vm.panic_on_oom", "0"),
    ("kernel.panic", "10"),
    ("kernel.panic_on_oops", "1"),
];

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    let values = sysctl::values(subject);
    for configuration in kubelet::configurations(subject) {
        let Some(entry) = configuration.root.entry("protectKernelDefaults") else { continue };
        if entry.value.bool() != Some(true) {
            continue;
        }
        for (name, wanted) in WANTED {
            let Some(set) = values.iter().rev().find(|value| value.name == name) else { continue };
            if set.value == wanted || set.value.parse::<i64>().is_err() {
                continue;
            }
            let message = format!(
                "`{name} = {}` and `protectKernelDefaults: true` contradict each other: the kubelet wants {wanted} and does not start.",
                set.value
            );
            let at = report::between((set.span, "the kernel's setting"), (entry.span(), "refuses it"));
            let help = format!("write `{name} = {wanted}`");
            findings.push(report::error(RULE.id, at, message, help));
        }
    }
}
