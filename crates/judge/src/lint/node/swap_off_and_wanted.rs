//! Swap that is switched off and then wanted.

use crate::lint::node::kubelet;
use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "swap-off-but-wanted",
    severity: LintSeverity::Error,
    title: "swap is switched off, and containers are to swap",
    why: "`swapoff -a` takes all swap away, and a kubelet with `swapBehavior: LimitedSwap` then has nothing to hand \
          out: the setting is accepted and no container ever swaps (KEP-2400).",
    bad: &[Example {
        file: "node.sh",
        text: "#!/bin/sh\nswapoff -a\ncat > /etc/kubernetes/kubelet.yaml <<'EOF'\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: false\nmemorySwap:\n  swapBehavior: LimitedSwap\nEOF\nsystemctl restart kubelet\n",
    }],
    good: &[Example {
        file: "node.sh",
        text: "#!/bin/sh\nfallocate -l 4G /swapfile\nchmod 600 /swapfile\nmkswap /swapfile\nswapon /swapfile\necho '/swapfile none swap sw 0 0' >> /etc/fstab\ncat > /etc/kubernetes/kubelet.yaml <<'EOF'\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: false\nmemorySwap:\n  swapBehavior: LimitedSwap\nEOF\nsystemctl restart kubelet\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    let Some(wanted) = kubelet::wants_swap(subject) else { return };
    let on = ["swapon", "systemd-zram", "zram-generator", "[Swap]", ".swap"];
    if on.iter().any(|trace| subject.file.text.contains(trace)) {
        return;
    }
    for script in script::scripts(subject) {
        for call in script.calls_of("swapoff").filter(|call| call.has("-a") || call.has("--all")) {
            let message = "`swapoff -a` takes all swap away and nothing here brings it back, but containers are to swap. None of them will.";
            let at = report::between((call.command.span, "swap ends here"), (wanted, "swap is wanted here"));
            let help = "remove `swapoff -a`, or switch swap on again with `swapon /swapfile` before the kubelet starts";
            findings.push(report::error(RULE.id, at, message, help));
        }
    }
}
