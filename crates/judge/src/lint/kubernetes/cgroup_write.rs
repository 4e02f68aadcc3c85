//! Limits that a container writes into its own cgroup.

use crate::lint::kubernetes::object::{Container, Pod, pods};
use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::node::Node;
use model::lint::{LintFinding, LintSeverity};
use std::collections::BTreeMap;

/// The rule.
pub const RULE: Rule = Rule {
    id: "cgroup-files-are-read-only-in-pods",
    severity: LintSeverity::Warning,
    title: "a container cannot write its own limits",
    why: "containerd and CRI-O mount /sys/fs/cgroup read-only into containers that are not privileged: the write fails with \
          \"Read-only file system\" and the limit stays (OCI runtime specification, default mounts of containerd's CRI plugin). A \
          pod's limits come from `resources`; memory.high comes from the kubelet's MemoryQoS (KEP-2570), which no pod sets.",
    bad: &[Example {
        file: "pod.yaml",
        text: "\
apiVersion: v1
kind: Pod
metadata:
  name: db
spec:
  containers:
    - name: db
      image: postgres:16
      command: [sh, -c, \"echo 6G > /sys/fs/cgroup/memory.high; exec postgres\"]
      resources:
        requests:
          memory: 4Gi
        limits:
          memory: 8Gi
",
    }],
    good: &[
        Example {
            file: "pod.yaml",
            text: "\
apiVersion: v1
kind: Pod
metadata:
  name: db
spec:
  containers:
    - name: db
      image: postgres:16
      command: [sh, -c, \"cat /sys/fs/cgroup/memory.high > /tmp/high; exec postgres\"]
      resources:
        requests:
          memory: 4Gi
        limits:
          memory: 8Gi
",
        },
        Example {
            file: "agent.yaml",
            text: "\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
spec:
  selector:
    matchLabels:
      app: agent
  template:
    metadata:
      labels:
        app: agent
    spec:
      containers:
        - name: agent
          image: busybox:1.37
          command: [sh, -c, \"echo 6G > /sys/fs/cgroup/batch.slice/memory.high\"]
          securityContext:
            privileged: true
",
        },
    ],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    let mut scripts: BTreeMap<usize, Vec<_>> = BTreeMap::new();
    for script in script::scripts(subject) {
        if let Some(document) = script.document.inside.filter(|_| script.text.contains("/sys/fs/cgroup")) {
            scripts.entry(document).or_default().push(script);
        }
    }
    for pod in pods(subject).filter(|pod| scripts.contains_key(&pod.workload.document)) {
        let own = scripts.get(&pod.workload.document).map_or(&[][..], Vec::as_slice);
        for container in pod.containers().filter(|container| !may_write(&pod, container)) {
            let around = container.node.span;
            let inside = own.iter().filter(|script| around.contains(script.document.span));
            let write = inside
                .flat_map(script::Script::writes)
                .find(|write| write.path.value.starts_with("/sys/fs/cgroup/"));
            let Some(write) = write else { continue };
            let message = format!(
                "/sys/fs/cgroup is read-only in `{}`, which is not privileged: this write fails and changes no limit.",
                container.spec.name.value
            );
            let help = "set `resources.limits.memory`; memory.high is the kubelet's (MemoryQoS)";
            findings.push(report::warning(RULE.id, write.span, message, help));
        }
    }
}

/// A privileged container may write, and so may one that mounts the node's files there.
fn may_write(pod: &Pod<'_>, container: &Container<'_>) -> bool {
    let mounts = container.node.items_at(&["volumeMounts"]);
    let path = |mount: &Node| mount.text_at(&["mountPath"]).map(|path| path.trim_end_matches('/').to_owned());
    container.is_privileged()
        || pod.metadata.and_then(|metadata| metadata.get("annotations")).is_some_and(|annotations| {
            // containerd 2.1 (cgroup_writable) and CRI-O (cgroup2-mount-hierarchy-rw) let single pods write.
            annotations.entries().iter().any(|entry| entry.name().contains("cgroup"))
        })
        || pod.spec.get("runtimeClassName").is_some()
        || mounts.iter().filter_map(path).any(|path| "/sys/fs/cgroup".starts_with(&path))
}
