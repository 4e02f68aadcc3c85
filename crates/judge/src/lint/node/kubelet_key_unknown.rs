//! Keys of a kubelet configuration that look as if they were about swap.

use crate::lint::node::kubelet;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::node::{Entry, Node, Plain};
use model::lint::{KubernetesVersion, LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "kubelet-swap-key-unknown",
    severity: LintSeverity::Error,
    title: "a kubelet setting about swap that does not exist, or not in this form",
    why: "Of swap the kubelet knows `failSwapOn` (true or false) and `memorySwap.swapBehavior`. Keys that it does not know are skipped with \
          a line in its log; values of the wrong type, and resources that cannot be reserved, stop it (kubelet \
          config/v1beta1 and strict-then-lenient decoding; container manager).",
    bad: &[
        Example {
            file: "kubelet.yaml",
            text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: false\nswapBehavior: LimitedSwap\n",
        },
        Example {
            file: "kubelet.yaml",
            text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: \"false\"\n",
        },
        Example {
            file: "kubelet.yaml",
            text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nsystemReserved:\n  memory: 1Gi\n  swap: 1Gi\n",
        },
    ],
    good: &[Example {
        file: "kubelet.yaml",
        text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: false\nmemorySwap:\n  swapBehavior: LimitedSwap\nsystemReserved:\n  memory: 1Gi\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for configuration in kubelet::configurations(subject) {
        let root = configuration.root;
        for entry in root.entries().iter().filter(|entry| is_about_swap(entry.name())) {
            match entry.name() {
                "failSwapOn" => findings.extend(not_a_bool(entry)),
                "memorySwap" if subject.target.kubernetes < KubernetesVersion(22) => {
                    findings.push(ignored(
                        "memorySwap",
                        entry,
                        "move to Kubernetes 1.30 or newer: it came with 1.22",
                    ));
                }
                "memorySwap" => {
                    let unknown = entry.value.entries().iter().filter(|inner| inner.name() != "swapBehavior");
                    findings.extend(unknown.map(|inner| {
                        let name = format!("memorySwap.{}", inner.name());
                        ignored(&name, inner, "remove it; `swapBehavior` is the only key there")
                    }));
                }
                name => findings.push(ignored(name, entry, instead(name))),
            }
        }
        for list in ["systemReserved", "kubeReserved"] {
            let swap = root
                .get(list)
                .map(Node::entries)
                .unwrap_or_default()
                .iter()
                .find(|entry| is_about_swap(entry.name()));
            findings.extend(swap.map(|entry| not_reservable(list, entry)));
        }
    }
    for flag in
        kubelet::flags(subject).iter().filter(|flag| is_about_swap(&flag.name) && flag.name != "fail-swap-on")
    {
        let message = format!("The kubelet has no flag `--{}`. It does not start with it.", flag.name);
        let help = "write `memorySwap.swapBehavior` in the kubelet's configuration file";
        findings.push(report::error(RULE.id, flag.span, message, help));
    }
}

fn is_about_swap(name: &str) -> bool {
    name.to_ascii_lowercase().contains("swap")
}

fn instead(name: &str) -> &'static str {
    let name = name.to_ascii_lowercase();
    if name.contains("fail") || name.contains("enable") || name.contains("allow") || name.contains("disable")
    {
        "write `failSwapOn: false` to start with swap, `true` to refuse it"
    } else if name.contains("swappiness") {
        "remove it; swappiness is the machine's: vm.swappiness in /etc/sysctl.d"
    } else {
        "write `memorySwap:` and below it `swapBehavior: LimitedSwap`"
    }
}

fn ignored(name: &str, entry: &Entry, help: &str) -> LintFinding {
    let message = format!(
        "The kubelet has no setting `{name}`: it skips it with a line in its log, and swap stays as it was."
    );
    report::warning(RULE.id, entry.key.span, message, help)
}

fn not_a_bool(entry: &Entry) -> Option<LintFinding> {
    let scalar = entry.value.scalar()?;
    let Plain::Text(text) = scalar.plain() else { return None };
    if text.contains(['$', '{']) {
        return None;
    }
    let message = format!(
        "`failSwapOn` is the text \"{text}\", not true or false. The kubelet cannot read its configuration and does not start."
    );
    let help = "write `failSwapOn: false` without quotes";
    Some(report::error(RULE.id, entry.span(), message, help))
}

fn not_reservable(list: &str, entry: &Entry) -> LintFinding {
    let message = format!(
        "`{list}` cannot reserve `{}`: only cpu, memory, ephemeral-storage and pid. The kubelet does not start.",
        entry.name()
    );
    let help = "remove it; MemorySwapMax=0 on the system's slice keeps its daemons out of swap";
    report::error(RULE.id, entry.span(), message, help)
}
