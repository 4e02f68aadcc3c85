//! Sysctls of memory in a pod, which belong to the whole node.

use crate::lint::kubernetes::object::{Container, Pod, pods, within};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::Spanned;
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "memory-sysctl-belongs-to-the-node",
    severity: LintSeverity::Error,
    title: "a pod sets a vm sysctl, which only the node has",
    why: "No `vm.…` sysctl is namespaced: the kubelet refuses pods that name one in `securityContext.sysctls` (event SysctlForbidden), \
          whether it is in allowedUnsafeSysctls or not (Kubernetes documentation, \"Using sysctls in a cluster\"). A container that \
          is not privileged sees /proc/sys read-only, so `sysctl -w` fails there.",
    bad: &[
        Example {
            file: "pod.yaml",
            text: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    sysctls:
      - name: vm.swappiness
        value: \"10\"
  containers:
    - name: web
      image: nginx:1.27
",
        },
        Example {
            file: "init.yaml",
            text: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  initContainers:
    - name: tune
      image: busybox:1.37
      command: [sysctl, -w, vm.swappiness=0]
  containers:
    - name: web
      image: nginx:1.27
",
        },
    ],
    good: &[Example {
        file: "pod.yaml",
        text: "\
apiVersion: v1
kind: Pod
metadata:
  name: search
spec:
  securityContext:
    sysctls:
      - name: net.ipv4.tcp_syncookies
        value: \"1\"
  initContainers:
    - name: tune
      image: busybox:1.37
      command: [sysctl, -w, vm.max_map_count=262144]
      securityContext:
        privileged: true
  containers:
    - name: search
      image: example.com/search:1
",
    }],
    check,
};

/// Sysctls about memory that people set for a workload.
const OF_MEMORY: [&str; 5] = [
    "vm.swappiness",
    "vm.overcommit_memory",
    "vm.min_free_kbytes",
    "vm.max_map_count",
    "vm.watermark_scale_factor",
];

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for pod in pods(subject) {
        let sysctls = pod.spec.items_at(&["securityContext", "sysctls"]);
        for name in sysctls.iter().filter_map(|sysctl| sysctl.get("name")) {
            let Some(text) = name.text().filter(|text| text.starts_with("vm.") || text.starts_with("vm/"))
            else {
                continue;
            };
            let message = format!(
                "`{text}` belongs to the whole node: the kubelet refuses the pod (SysctlForbidden), and nothing starts."
            );
            findings.push(report::error(RULE.id, name.span, message, help(text)));
        }
        if !sees_the_node(&pod) {
            for container in pod.containers().filter(|container| !container.is_privileged()) {
                findings.extend(command(subject, &container));
            }
        }
    }
}

fn command(subject: &Subject<'_>, container: &Container<'_>) -> Option<LintFinding> {
    let words = &container.spec.command;
    if !words.iter().any(|word| word.value.contains("sysctl") || word.value.contains("/proc/sys/")) {
        return None;
    }
    let (sysctl, word) = OF_MEMORY.into_iter().find_map(|name| Some((name, writer(words, name)?)))?;
    let message = format!(
        "Container `{}` is not privileged and sees /proc/sys read-only: setting `{sysctl}` fails.",
        container.spec.name.value
    );
    let place = within(subject, word, &format!("{sysctl}="));
    Some(report::warning(
        RULE.id,
        if word.value.contains(' ') { place } else { word.span },
        message,
        help(sysctl),
    ))
}

/// The word that sets a sysctl: `sysctl -w NAME=…` as words or in a script, or `… > /proc/sys/…`.
fn writer<'a>(words: &'a [Spanned<String>], name: &str) -> Option<&'a Spanned<String>> {
    let setting = format!("{name}=");
    let is_program = words.first().is_some_and(|word| word.value.rsplit('/').next() == Some("sysctl"));
    if is_program {
        return words.iter().find(|word| word.value.starts_with(&setting));
    }
    let file = file(name);
    words.iter().find(|word| {
        let mut commands = word.value.split([';', '&', '|', '\n', '(', '{']).map(str::trim);
        commands.any(|command| {
            let mut words = command
                .split_whitespace()
                .skip_while(|word| matches!(*word, "sudo" | "then" | "do" | "exec"));
            let is_sysctl = words.next().is_some_and(|program| program.rsplit('/').next() == Some("sysctl"));
            is_sysctl && words.any(|word| word.trim_matches(['"', '\'']).starts_with(&setting))
                || command.contains(&format!("> {file}"))
                || command.contains(&format!(">{file}"))
        })
    })
}

fn file(name: &str) -> String {
    format!("/proc/sys/{}", name.replace('.', "/"))
}

/// A folder of the node in the pod may hold the node's own /proc.
fn sees_the_node(pod: &Pod<'_>) -> bool {
    let volumes = pod.spec.items_at(&["volumes"]);
    let adds_all = pod.containers().any(|container| {
        let added = container.node.items_at(&["securityContext", "capabilities", "add"]);
        added.iter().any(|capability| matches!(capability.text(), Some("ALL" | "SYS_ADMIN")))
    });
    adds_all || volumes.iter().any(|volume| volume.get("hostPath").is_some())
}

fn help(name: &str) -> String {
    format!("set `{name}` on the nodes: a file in /etc/sysctl.d, or a privileged DaemonSet")
}
