//! An eviction threshold above the line at which the kernel begins to swap.

use crate::lint::node::kubelet;
use crate::lint::node::sysctl::{self, KernelSetting};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use kernel::bytes::Bytes;
use model::document::node::Entry;
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
    bad: &[
        Example {
            file: "kubelet.yaml",
            text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: false\nmemorySwap:\n  swapBehavior: LimitedSwap\nevictionHard:\n  memory.available: 1500Mi\n",
        },
        Example {
            file: "setup.sh",
            text: "#!/bin/sh\necho 'vm.min_free_kbytes = 204800' > /etc/sysctl.d/90-swap.conf\ncat > /etc/kubernetes/kubelet.yaml <<'EOF'\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: false\nmemorySwap:\n  swapBehavior: LimitedSwap\nevictionHard:\n  memory.available: 1500Mi\nEOF\nsystemctl restart kubelet\n",
        },
    ],
    good: &[
        Example {
            file: "kubelet.yaml",
            text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: false\nmemorySwap:\n  swapBehavior: LimitedSwap\nevictionHard:\n  memory.available: 200Mi\n",
        },
        Example {
            file: "setup.sh",
            text: "#!/bin/sh\necho 'vm.min_free_kbytes = 204800' > /etc/sysctl.d/90-swap.conf\ncat > /etc/kubernetes/kubelet.yaml <<'EOF'\napiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: false\nmemorySwap:\n  swapBehavior: LimitedSwap\nevictionHard:\n  memory.available: 100Mi\nEOF\nsystemctl restart kubelet\n",
        },
    ],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    let values = sysctl::values(subject);
    let last = |name: &str| values.iter().rev().find(|value| value.name == name);
    // A wide distance between the watermarks does the same work, and depends on the machine's memory.
    if last("vm.watermark_scale_factor").is_some() {
        return;
    }
    let reserve = last("vm.min_free_kbytes");
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
        findings.extend(match reserve {
            Some(reserve) => against_reserve(entry, threshold, reserve),
            None => (threshold >= WELL_ABOVE).then(|| against_default(entry, threshold)),
        });
    }
}

fn against_reserve(entry: &Entry, threshold: Bytes, reserve: &KernelSetting) -> Option<LintFinding> {
    let bytes = reserve.value.parse().ok().and_then(Bytes::from_kib)?;
    let low = Bytes(bytes.0 / 4 * 5);
    if threshold.0 <= low.0.saturating_mul(2) {
        return None;
    }
    let message = format!(
        "Pods are evicted below {} of free memory, and with vm.min_free_kbytes at {} the kernel begins to swap only at about {}.",
        report::amount(threshold),
        reserve.value,
        report::amount(low)
    );
    let at =
        report::between((entry.span(), "the eviction threshold"), (reserve.span, "the kernel's reserve"));
    let help = format!(
        "write a threshold below {}, or raise vm.min_free_kbytes above {}",
        report::amount(bytes),
        threshold.0 / 1024
    );
    Some(report::warning(RULE.id, at, message, help))
}

/// The kernel sets min_free_kbytes to 256 MiB at most by itself (mm/page_alloc.c, `calculate_min_free_kbytes`) and the low watermark
/// a thousandth of memory above it, so that at this threshold the kubelet comes first on machines of up to 500 GiB and more.
const WELL_ABOVE: Bytes = Bytes(1 << 30);

/// Nothing is said of the reserve here, and it may be set elsewhere: what decides is named.
fn against_default(entry: &Entry, threshold: Bytes) -> LintFinding {
    let message = format!(
        "Pods are evicted below {} of free memory. By default the kernel swaps only below its low watermark, a few hundred MiB at most: \
         pods may go while swap is empty.",
        report::amount(threshold)
    );
    let help = format!(
        "compare `low` in the node's /proc/zoneinfo; set vm.min_free_kbytes or vm.watermark_scale_factor so that it is above {}, or \
         write a lower threshold",
        report::amount(threshold)
    );
    report::info(RULE.id, entry.span(), message, help)
}
