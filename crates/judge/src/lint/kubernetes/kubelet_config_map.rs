//! A kubelet configuration that lies in a ConfigMap.

use crate::lint::kubernetes::object::{core_objects_of, objects};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::kind::DocumentKind;
use model::document::node::Entry;
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "kubelet-reads-no-config-map",
    severity: LintSeverity::Warning,
    title: "a kubelet configuration in a ConfigMap changes no kubelet",
    why: "The kubelet reads its configuration from a file of its node (`--config`, `--config-dir`). Dynamic configuration from a \
          ConfigMap was removed in 1.24. Only kubeadm keeps one, as `kubelet` in `kubelet-config` of kube-system, and copies it to \
          a node when that joins or is upgraded.",
    bad: &[Example {
        file: "config-map.yaml",
        text: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: kubelet-config
  namespace: kube-system
data:
  kubelet-config.yaml: |
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    failSwapOn: false
    memorySwap:
      swapBehavior: LimitedSwap
",
    }],
    good: &[Example {
        file: "config-map.yaml",
        text: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: kubelet-config
  namespace: kube-system
data:
  kubelet: |
    apiVersion: kubelet.config.k8s.io/v1beta1
    kind: KubeletConfiguration
    failSwapOn: false
    memorySwap:
      swapBehavior: LimitedSwap
",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for object in core_objects_of(subject, "ConfigMap") {
        let name = object.root.text_at(&["metadata", "name"]).unwrap_or("");
        let namespace = object.root.text_at(&["metadata", "namespace"]);
        let data = object.root.entries_at(&["data"]);
        for entry in data.iter().filter(|entry| holds_configuration(subject, object.number, entry)) {
            if is_kubeadms(name, namespace, entry.name())
                || name.starts_with("worker-config-")
                || is_used(subject, name)
            {
                continue;
            }
            findings.push(finding(name, namespace, entry));
        }
    }
}

fn finding(name: &str, namespace: Option<&str>, entry: &Entry) -> LintFinding {
    let key = entry.name();
    let message = format!(
        "No kubelet reads `{key}` of this ConfigMap: the configuration changes no node until something writes it to a file there."
    );
    let help = if is_kubeadms(name, namespace, "kubelet") {
        "call the key `kubelet`, which kubeadm copies to nodes that join or are upgraded, or write the file on the node"
    } else {
        "write it to the kubelet's `--config` file or into its `--config-dir` on every node, and restart the kubelet"
    };
    report::warning(RULE.id, entry.key.span, message, help)
}

/// What kubeadm itself keeps; up to 1.23 with the version in its name.
fn is_kubeadms(name: &str, namespace: Option<&str>, key: &str) -> bool {
    let own = name == "kubelet-config" || name.starts_with("kubelet-config-1.");
    own && namespace == Some("kube-system") && key == "kubelet"
}

/// The whole value is a configuration: not a script that writes one, nor the configuration of kubeadm, which hands it on.
fn holds_configuration(subject: &Subject<'_>, config_map: usize, entry: &Entry) -> bool {
    if !entry.value.text().is_some_and(|text| text.contains("KubeletConfiguration")) {
        return false;
    }
    let place = entry.value.span;
    let inside: Vec<_> = subject
        .file
        .documents
        .iter()
        .filter(|document| document.inside == Some(config_map) && place.contains(document.span))
        .collect();
    if !inside.is_empty() {
        return inside.iter().all(|document| document.kind == DocumentKind::KubeletConfiguration);
    }
    entry.value.text().is_some_and(|text| {
        let first =
            text.lines().find(|line| !line.trim().is_empty() && !line.starts_with(['#', '-'])).unwrap_or("");
        (first.starts_with("kind: KubeletConfiguration")
            || first.starts_with("apiVersion: kubelet.config.k8s.io/"))
            && text.lines().any(|line| line.trim_end() == "kind: KubeletConfiguration")
            && !text.contains("kubeadm.k8s.io/")
    })
}

/// Whether a pod of the file mounts it: that may be what carries it to the nodes.
fn is_used(subject: &Subject<'_>, name: &str) -> bool {
    let mut pods = objects(subject).filter_map(|object| {
        let root = object.root;
        root.at(&["spec", "template", "spec"])
            .or_else(|| root.at(&["spec", "jobTemplate", "spec", "template", "spec"]))
            .or_else(|| root.get("spec"))
    });
    pods.any(|pod| {
        let volumes = pod.items_at(&["volumes"]);
        volumes.iter().any(|volume| volume.text_at(&["configMap", "name"]) == Some(name))
    })
}
