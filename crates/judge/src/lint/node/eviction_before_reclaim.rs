//! An eviction threshold above the line at which the kernel begins to swap.

use crate::lint::node::{kubelet, sysctl};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use kernel::bytes::Bytes;
use model::lint::{LintFinding, LintSeverity};
use model::quantity::kubernetes;

/// The rule.
pub const RULE: Rule = Rule {
    id: "eviction-before-reclaim",
    severity: LintSeverity::Warning,
    title: "pods are evicted before the kernel swaps",
    why: "The kernel wakes kswapd, and swaps, when free memory falls below its low watermark: about five quarters of \
          vm.min_free_kbytes, more with vm.watermark_scale_factor. An eviction threshold well above it is \
          reached first, so that pods are evicted while swap is empty (kubernetes#120800; Kubernetes' guide \
          on swap: the threshold slightly below min_free_kbytes).",
    bad: &[Example {
        file: "setup.sh",
        text: "#!/bin/sh\necho 'vm.min_free_kbytes = 204800' > /etc/sysctl.d/90-swap.conf\ncat > /etc/kubernetes/kubelet.yaml <<'EOF'\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: false\nmemorySwap:\n  swapBehavior: LimitedSwap\nevictionHard:\n  memory.available: 1500Mi\nEOF\nsystemctl restart kubelet\n",
    }],
    good: &[Example {
        file: "setup.sh",
        text: "#!/bin/sh\necho 'vm.min_free_kbytes = 204800' > /etc/sysctl.d/90-swap.conf\ncat > /etc/kubernetes/kubelet.yaml <<'EOF'\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: false\nmemorySwap:\n  swapBehavior: LimitedSwap\nevictionHard:\n  memory.available: 100Mi\nEOF\nsystemctl restart kubelet\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    let values = sysctl::values(subject);
    let last = |name: &str| values.iter().rev().find(|value| value.name == name);
    let Some(free) = last("vm.min_free_kbytes") else { return };
    let Some(bytes) = free.value.parse().ok().and_then(Bytes::from_kib) else { return };
    // A wide distance between the watermarks does the same work, and depends on the machine's memory.
    if last("vm.watermark_scale_factor").is_some() {
        return;
    }
    let low = Bytes(bytes.0 / 4 * 5);
    for configuration in kubelet::configurations(subject) {
        let root = configuration.root;
        if kubelet::swap_behavior(root).is_none_or(|(_, behavior)| behavior == "NoSwap") {
            continue;
        }
        let Some(entry) = root.get("evictionHard").and_then(|hard| hard.entry("memory.available")) else {
            continue;
        };
        let milli = entry.value.text().and_then(kubernetes::milli).unwrap_or(0);
        let Some(threshold) = u64::try_from(milli / 1000).ok().map(Bytes) else { continue };
        if threshold.0 <= low.0.saturating_mul(2) {
            continue;
        }
        let message = format!(
            "Pods are evicted below {} of free memory, and with vm.min_free_kbytes at {} the kernel begins to swap only at about {}.",
            report::amount(threshold),
            free.value,
            report::amount(low)
        );
        let (at, related) =
            report::between((entry.span(), "the eviction threshold"), (free.span, "the kernel's reserve"));
        let help = format!(
            "write a threshold below {}, or raise vm.min_free_kbytes above {}",
            report::amount(bytes),
            threshold.0 / 1024
        );
        findings.push(LintFinding { related, ..report::warning(RULE.id, at, message, Some(help)) });
    }
}
