//! A changed kubelet configuration and a kubelet that is not restarted.

use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "kubelet-not-restarted",
    severity: LintSeverity::Warning,
    title: "the kubelet is not restarted after its swap settings changed",
    why: "The kubelet reads its configuration only when it starts, and containers that already run keep their limits \
          even then (measured on 1.36). Without a restart the new swap settings do nothing.",
    bad: &[Example {
        file: "swap-on.sh",
        text: "#!/bin/sh\nsed -i 's/failSwapOn: true/failSwapOn: false/' /var/lib/kubelet/config.yaml\nswapon -a\n",
    }],
    good: &[Example {
        file: "swap-on.sh",
        text: "#!/bin/sh\nsed -i 's/failSwapOn: true/failSwapOn: false/' /var/lib/kubelet/config.yaml\nswapon -a\nsystemctl restart kubelet\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    if script::is_user_data(subject) {
        return;
    }
    for script in script::scripts(subject) {
        let edits = |call: &script::Call<'_>| {
            let is_config = |word: &str| {
                word.contains("/kubelet") && word.contains("/") && !word.contains("kubelet.service")
            };
            call.program == "sed"
                && call.words.iter().any(|word| word.value.starts_with("-i") || word.value == "--in-place")
                && call.words.iter().any(|word| is_config(&word.value))
                && call.words.iter().any(|word| word.value.to_ascii_lowercase().contains("swap"))
        };
        let Some(edit) = script.calls().find(edits) else { continue };
        let restarts = script.calls().any(|call| {
            script::starts_kubelet(&call) && call.command.span > edit.command.span
                || matches!(call.program, "reboot" | "kubeadm" | "shutdown")
                || call.program == "systemctl" && (call.has("reboot") || call.has("isolate"))
        });
        if restarts {
            continue;
        }
        let message =
            "The kubelet's swap settings are changed, and it is not restarted: it goes on with the old ones.";
        let help = "write `systemctl restart kubelet` at the end";
        findings.push(report::warning(RULE.id, edit.command.span, message, help));
    }
}
