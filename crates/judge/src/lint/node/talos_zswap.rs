//! Talos' configuration of zswap.

use crate::lint::node::kubelet;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::kind::DocumentKind;
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "zswap-share-out-of-range",
    severity: LintSeverity::Error,
    title: "a share of memory for zswap that is no percentage",
    why: "`maxPoolPercent` of Talos' ZswapConfig is the share of memory that compressed pages may take, 0 to 100; the \
          machine refuses the document otherwise (Talos 1.11, ZswapConfig).",
    bad: &[Example {
        file: "zswap.yaml",
        text: "apiVersion: v1alpha1\nkind: ZswapConfig\nmaxPoolPercent: 200\n",
    }],
    good: &[Example {
        file: "zswap.yaml",
        text: "apiVersion: v1alpha1\nkind: ZswapConfig\nmaxPoolPercent: 25\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for (document, root) in kubelet::trees(subject) {
        let is_zswap =
            matches!(&document.kind, DocumentKind::Kubernetes { kind, .. } if kind == "ZswapConfig");
        let Some(entry) = root.entry("maxPoolPercent").filter(|_| is_zswap) else { continue };
        let Some(share) = entry.value.integer().filter(|share| !(0..=100).contains(share)) else { continue };
        let message = format!("`maxPoolPercent: {share}` is no share of memory. Talos refuses the document.");
        let help = "write a percentage such as `20`";
        findings.push(report::error(RULE.id, entry.span(), message, help));
    }
}
