//! Swap for containers, and a kubelet that does not start when there is swap.

use crate::lint::node::kubelet;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::Edit;
use model::document::node::Node;
use model::lint::{Fix, LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "limited-swap-needs-fail-swap-on-false",
    severity: LintSeverity::Error,
    title: "swap for containers on a kubelet that refuses swap",
    why: "`failSwapOn` is true unless it is written as false. Then the kubelet ends when /proc/swaps names a device (\"running with swap \
          on is not supported\"), and without a device LimitedSwap hands out nothing (KEP-2400, kubelet server.go).",
    bad: &[
        Example {
            file: "kubelet.yaml",
            text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: true\nmemorySwap:\n  swapBehavior: LimitedSwap\n",
        },
        Example {
            file: "kubelet.yaml",
            text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmemorySwap:\n  swapBehavior: LimitedSwap\n",
        },
    ],
    good: &[Example {
        file: "kubelet.yaml",
        text: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: false\nmemorySwap:\n  swapBehavior: LimitedSwap\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    let configurations = kubelet::configurations(subject);
    if configurations.is_empty() {
        return;
    }
    let elsewhere = kubelet::flags(subject)
        .iter()
        .any(|flag| flag.name == "fail-swap-on" && flag.value == "false")
        || configurations.iter().any(|one| one.root.get("failSwapOn").and_then(Node::bool) == Some(false));
    for configuration in configurations {
        let root = configuration.root;
        let Some((span, behavior)) = kubelet::swap_behavior(root) else { continue };
        if !["LimitedSwap", "UnlimitedSwap"].contains(&behavior) {
            continue;
        }
        match root.entry("failSwapOn") {
            Some(entry) if entry.value.bool() == Some(true) => {
                let message = format!(
                    "`failSwapOn: true` and `swapBehavior: {behavior}` contradict each other: with swap the kubelet does not start, \
                     and without swap there is nothing to hand out."
                );
                let at =
                    report::between((entry.span(), "refuses swap"), (span, "hands out swap to containers"));
                let fix = Fix {
                    title: "let the kubelet start with swap".to_owned(),
                    edits: vec![Edit { span: entry.value.span, text: "false".to_owned() }],
                };
                let help = "write `failSwapOn: false`";
                findings.push(LintFinding { fix: Some(fix), ..report::error(RULE.id, at, message, help) });
            }
            Some(_) => {}
            None if elsewhere || kubelet::is_part(subject, &configuration) => {}
            None => {
                let message = format!(
                    "`swapBehavior: {behavior}` without `failSwapOn: false`: the default is true, and the kubelet does not start \
                     when the machine has swap."
                );
                let help = "write `failSwapOn: false` beside `memorySwap`";
                findings.push(report::warning(RULE.id, span, message, help));
            }
        }
    }
}
