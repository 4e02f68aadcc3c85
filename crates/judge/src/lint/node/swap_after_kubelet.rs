//! Swap that is switched on when the kubelet already runs.

use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "swap-after-kubelet-start",
    severity: LintSeverity::Warning,
    title: "swap is switched on after the kubelet has started",
    why: "The kubelet reads the size of swap once, when it starts: pods get nothing of swap that appears later until \
          the kubelet is restarted (measured on 1.36; Kubernetes' documentation of swap).",
    bad: &[Example {
        file: "node.sh",
        text: "#!/bin/sh\nsystemctl start kubelet\nfallocate -l 4G /swapfile\nchmod 600 /swapfile\nmkswap /swapfile\nswapon /swapfile\necho '/swapfile none swap sw 0 0' >> /etc/fstab\n",
    }],
    good: &[Example {
        file: "node.sh",
        text: "#!/bin/sh\nfallocate -l 4G /swapfile\nchmod 600 /swapfile\nmkswap /swapfile\nswapon /swapfile\necho '/swapfile none swap sw 0 0' >> /etc/fstab\nsystemctl start kubelet\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for script in script::scripts(subject) {
        let calls: Vec<_> = script.calls().collect();
        let starts = |call: &script::Call<'_>| script::starts_kubelet(call);
        let Some(start) = calls.iter().find(|call| starts(call)) else { continue };
        let switches_on = |call: &&script::Call<'_>| {
            call.program == "swapon" && (call.has("-a") || call.operands().next().is_some())
        };
        let Some(swapon) = calls.iter().rfind(switches_on) else { continue };
        let earlier = calls.iter().filter(switches_on).any(|on| on.command.span < start.command.span);
        let later = calls.iter().any(|call| starts(call) && call.command.span > swapon.command.span);
        if earlier || later || script.text.contains("function ") || script.text.contains("() {") {
            continue;
        }
        let message = "The kubelet is started here, before swap is switched on: it hands out none of it until it is restarted.";
        let help = "put swapon before this line, or `systemctl restart kubelet` behind it";
        let at = report::beside(start.command.span, (swapon.command.span, "switched on here"));
        findings.push(report::warning(RULE.id, at, message, help));
    }
}
