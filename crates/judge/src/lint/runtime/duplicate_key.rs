//! Keys that are written twice.

use crate::lint::report::{self, Place};
use crate::lint::{Example, Rule, Subject};
use model::document::Content;
use model::document::kind::DocumentKind;
use model::document::node::{Entry, Value};
use model::lint::{LintFinding, LintSeverity};
use std::collections::BTreeMap;

/// The rule.
pub const RULE: Rule = Rule {
    id: "key-written-twice",
    severity: LintSeverity::Error,
    title: "a key is written twice in one mapping",
    why: "Keys of a mapping are unique (YAML 1.2, 3.2.1.3). kustomize and `docker compose` refuse such a file (\"mapping key \
          already defined\"), and so do strict readers of Kubernetes objects. Lenient readers, such as \
          `kubectl apply -f`, the kubelet and Docker's daemon, take the last value and drop the others without a word.",
    bad: &[
        Example {
            file: "pod.yaml",
            text: "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    - name: web\n      image: nginx:1.27\n      resources:\n        limits:\n          memory: 1Gi\n          memory: 2Gi\n",
        },
        Example {
            file: "compose.yaml",
            text: "services:\n  web:\n    image: nginx:1.27\n    mem_limit: 1g\n    mem_limit: 2g\n",
        },
    ],
    good: &[Example {
        file: "pod.yaml",
        text: "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    - name: web\n      image: nginx:1.27\n      resources:\n        requests:\n          memory: 1Gi\n        limits:\n          memory: 2Gi\n",
    }],
    check,
};

/// Mappings of more keys than this are compared by a map of them.
const COMPARED_MAX: usize = 12;

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for document in &subject.file.documents {
        let Content::Tree(root) = &document.content else { continue };
        let (make, effect) = effect(&document.kind);
        // A mapping in a mapping is looked at after it: no depth is too much.
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            match &node.value {
                Value::Mapping(entries) => {
                    for (first, again) in twice(entries) {
                        let key = first.key.text().unwrap_or("");
                        let message = format!("`{key}` is written twice in one mapping{effect}");
                        let at = report::beside(again.key.span, (first.key.span, "written first here"));
                        let help = "keep the one that is meant";
                        findings.push(make(RULE.id, at, message, help));
                    }
                    open.extend(entries.iter().map(|entry| &entry.value));
                }
                Value::Sequence(items) => open.extend(items),
                // The place of the anchor, and not one that repeats it.
                Value::Alias(target) if target.span == node.span => open.push(target),
                Value::Alias(_) | Value::Scalar(_) => {}
            }
        }
    }
}

type Make = fn(&'static str, Place, String, &'static str) -> LintFinding;

fn effect(kind: &DocumentKind) -> (Make, &'static str) {
    match kind {
        DocumentKind::Kubernetes { .. } | DocumentKind::Ec2NodeClass => (
            report::error,
            ": kustomize and strict readers refuse the object, and lenient ones take the last.",
        ),
        DocumentKind::Compose => (report::error, ": `docker compose` refuses the file."),
        DocumentKind::MemoryPolicy => (report::error, ": the policy is refused."),
        DocumentKind::KubeletConfiguration
        | DocumentKind::Kubeadm { .. }
        | DocumentKind::TalosMachine
        | DocumentKind::GkeNodeSystem
        | DocumentKind::DockerDaemon
        | DocumentKind::NodeConfig
        | DocumentKind::MimeUserData
        | DocumentKind::SystemdUnit
        | DocumentKind::Shell => (report::warning, ": at most the last has an effect."),
    }
}

/// Entries whose key stands before them already, each with the first of it.
fn twice(entries: &[Entry]) -> Vec<(&Entry, &Entry)> {
    // Merge keys of YAML 1.1 may stand in a row.
    let key = |entry: &'_ Entry| entry.key.text().is_some_and(|key| key != "<<");
    if entries.len() <= COMPARED_MAX {
        let earlier = |at: usize, entry: &Entry| {
            let before = entries.get(..at).unwrap_or(&[]);
            before.iter().find(|first| first.key.text() == entry.key.text())
        };
        let all = entries.iter().enumerate().filter(|(_, entry)| key(entry));
        return all.filter_map(|(at, entry)| Some((earlier(at, entry)?, entry))).collect();
    }
    let mut seen: BTreeMap<&str, &Entry> = BTreeMap::new();
    let mut found = Vec::new();
    for entry in entries.iter().filter(|entry| key(entry)) {
        let Some(text) = entry.key.text() else { continue };
        match seen.get(text) {
            Some(first) => found.push((*first, entry)),
            None => {
                seen.insert(text, entry);
            }
        }
    }
    found
}
