//! Commands in pods that look for memory figures and OOM kills where there are none.

use crate::lint::kubernetes::object::{Container, Pod, containers, within};
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use kernel::hierarchy::CgroupVersion;
use model::document::node::Node;
use model::document::{Span, Spanned};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "command-looks-in-the-wrong-place",
    severity: LintSeverity::Warning,
    title: "a command looks for memory or OOM kills where they are not",
    why: "No kubelet emits an event with the reason OOMKilled: the truth is `lastState.terminated.reason` of the container's status \
          (measured on 1.36; kubelet's own SystemOOM is about the node). `memory.limit_in_bytes`, `memory.usage_in_bytes`, \
          `memory.failcnt` are files of cgroup v1; v2 has `memory.max`, `memory.current`, `memory.events`. /proc/meminfo in a container \
          shows the node. Nodes have no `allocatable.swap`, and `kubectl top` shows swap only with `--show-swap` (1.34).",
    bad: &[
        Example {
            file: "cron-job.yaml",
            text: "\
apiVersion: batch/v1
kind: CronJob
metadata:
  name: oom-report
spec:
  schedule: \"*/5 * * * *\"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: report
              image: bitnami/kubectl:1.34
              command: [sh, -c, \"kubectl get events -A --field-selector reason=OOMKilled\"]
",
        },
        Example {
            file: "probe.yaml",
            text: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: nginx:1.27
      livenessProbe:
        exec:
          command: [sh, -c, 'test $(cat /sys/fs/cgroup/memory/memory.usage_in_bytes) -lt 500000000']
",
        },
    ],
    good: &[Example {
        file: "cron-job.yaml",
        text: "\
apiVersion: batch/v1
kind: CronJob
metadata:
  name: oom-report
spec:
  schedule: \"*/5 * * * *\"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: report
              image: bitnami/kubectl:1.34
              command: [sh, -c, \"kubectl get pods -A -o json | grep OOMKilled; cat /sys/fs/cgroup/memory.events\"]
",
    }],
    check,
};

/// Files of cgroup v1 and what v2 has instead.
static V1: [(&str, &str); 8] = [
    ("memory.memsw.limit_in_bytes", "memory.swap.max"),
    ("memory.memsw.usage_in_bytes", "memory.swap.current"),
    ("memory.soft_limit_in_bytes", "memory.low"),
    ("memory.limit_in_bytes", "memory.max"),
    ("memory.usage_in_bytes", "memory.current"),
    ("memory.failcnt", "memory.events"),
    ("memory.oom_control", "memory.events"),
    ("memory.swappiness", "vm.swappiness of the node"),
];

/// Words of those who know of cgroup v2.
const KNOWS: [&str; 6] =
    ["memory.max", "memory.current", "memory.events", "memory.swap.", "cgroup.controllers", "cgroup2"];

/// Files of cgroup v2 and what v1 has instead.
static V2: [(&str, &str); 4] = [
    ("/sys/fs/cgroup/memory.max", "memory.limit_in_bytes"),
    ("/sys/fs/cgroup/memory.current", "memory.usage_in_bytes"),
    ("/sys/fs/cgroup/memory.events", "memory.failcnt"),
    ("/sys/fs/cgroup/memory.swap.max", "memory.memsw.limit_in_bytes"),
];

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for (pod, container) in containers(subject) {
        for words in commands(&container) {
            findings.extend(events(subject, &words));
            findings.extend(other_version(subject, &words));
            findings.extend(meminfo(subject, &pod, &container, &words));
            findings.extend(node_swap(subject, &words));
            findings.extend(journal(subject, &words));
            findings.extend(exec_meminfo(subject, &words));
        }
    }
}

/// The command of a container, its probes and its hooks, each as words.
fn commands(container: &Container<'_>) -> Vec<Vec<Spanned<String>>> {
    let paths: [&[&str]; 5] = [
        &["livenessProbe", "exec", "command"],
        &["readinessProbe", "exec", "command"],
        &["startupProbe", "exec", "command"],
        &["lifecycle", "postStart", "exec", "command"],
        &["lifecycle", "preStop", "exec", "command"],
    ];
    let nodes = paths.iter().filter_map(|path| container.node.at(path));
    let words = |node: &Node| node.items().iter().filter_map(Node::spanned_text).collect::<Vec<_>>();
    let all = nodes.map(words).chain([container.spec.command.clone()]);
    all.filter(|words| !words.is_empty()).collect()
}

fn mentions(words: &[Spanned<String>], texts: &[&str]) -> bool {
    words.iter().any(|word| texts.iter().any(|text| word.value.contains(text)))
}

fn word_with<'a>(words: &'a [Spanned<String>], text: &str) -> Option<&'a Spanned<String>> {
    words.iter().find(|word| word.value.contains(text))
}

fn events(subject: &Subject<'_>, words: &[Spanned<String>]) -> Option<LintFinding> {
    let word = word_with(words, "reason=OOMKilled")?;
    word_with(words, "event")?;
    let message =
        "Kubernetes emits no event with the reason OOMKilled: this finds nothing, whatever is killed.";
    let help = "read `.status.containerStatuses[].lastState.terminated.reason` of the pods";
    Some(report::warning(RULE.id, within(subject, word, "reason=OOMKilled"), message, help))
}

fn other_version(subject: &Subject<'_>, words: &[Spanned<String>]) -> Option<LintFinding> {
    let in_words = |files: &'static [(&str, &str)]| files.iter().find(|(file, _)| mentions(words, &[*file]));
    let (absent, own, version) = match subject.target.cgroup {
        // A script that asks for both versions knows what it does.
        CgroupVersion::V2 => (in_words(&V1).filter(|_| !mentions(words, &KNOWS)), "cgroup v2", "v1"),
        CgroupVersion::V1 => (in_words(&V2).filter(|_| in_words(&V1).is_none()), "cgroup v1", "v2"),
    };
    let (file, instead) = absent?;
    let word = word_with(words, file)?;
    let after = word.value.split(file).last().unwrap_or("");
    // Something else follows where the file is not there.
    if after.trim_start().trim_start_matches("2>/dev/null").trim_start().starts_with("||") {
        return None;
    }
    let name = file.trim_start_matches("/sys/fs/cgroup/");
    let message =
        format!("`{name}` is a file of cgroup {version}: on {own} it does not exist, and the command fails.");
    Some(report::warning(RULE.id, within(subject, word, file), message, format!("read `{instead}`")))
}

/// Figures of the node, where somebody decides about a container.
fn meminfo(
    subject: &Subject<'_>,
    pod: &Pod<'_>,
    container: &Container<'_>,
    words: &[Spanned<String>],
) -> Option<LintFinding> {
    let word = word_with(words, "/proc/meminfo")?;
    let sees_node = container.is_privileged()
        || pod.spec.get("hostPID").and_then(Node::bool) == Some(true)
        || pod.workload.kind == "DaemonSet"
        || enters_containers(words);
    container.limit().filter(|_| !sees_node)?;
    let message = format!(
        "/proc/meminfo in `{}` shows the whole node, not the container, unless something like lxcfs replaces it.",
        container.spec.name.value
    );
    let help = "read `/sys/fs/cgroup/memory.max` and `/sys/fs/cgroup/memory.current`";
    Some(report::info(RULE.id, within(subject, word, "/proc/meminfo"), message, help))
}

/// From outside, the file of a container still shows the node.
fn exec_meminfo(subject: &Subject<'_>, words: &[Spanned<String>]) -> Option<LintFinding> {
    let word = word_with(words, "/proc/meminfo")?;
    if !enters_containers(words) || mentions(words, &["/sys/fs/cgroup"]) {
        return None;
    }
    let message = "/proc/meminfo inside a container shows the whole node, its swap included, and not the container, unless something \
                   like lxcfs replaces it.";
    let help = "read `/sys/fs/cgroup/memory.current` and `/sys/fs/cgroup/memory.swap.current`";
    Some(report::warning(RULE.id, within(subject, word, "/proc/meminfo"), message, help))
}

fn enters_containers(words: &[Spanned<String>]) -> bool {
    let text: String = words.iter().map(|word| format!("{} ", word.value)).collect();
    ["docker exec", "podman exec", "kubectl exec"].iter().any(|exec| text.contains(exec))
}

fn node_swap(subject: &Subject<'_>, words: &[Spanned<String>]) -> Option<LintFinding> {
    let columns = [".status.allocatable.swap", ".status.capacity.swap"];
    let column = columns.iter().find_map(|text| Some(within(subject, word_with(words, text)?, text)));
    if let Some(span) = column {
        let message = "Nodes have no swap among their resources: this column is always `<none>`.";
        let help = "read `.status.nodeInfo.swap.capacity`, which the kubelet fills in since 1.34";
        return Some(report::warning(RULE.id, span, message, help));
    }
    let top = |word: &&Spanned<String>| {
        let text = &word.value;
        text.contains("kubectl top")
            && text.contains("grep")
            && text.contains("swap")
            && !text.contains("--show-swap")
    };
    let word = words.iter().find(top)?;
    let message = "`kubectl top` shows no swap: it needs `--show-swap` (kubectl 1.34).";
    let span = within(subject, word, "kubectl top");
    Some(report::warning(RULE.id, span, message, "write `kubectl top pods --show-swap`"))
}

/// The kernel's reports are in the kernel's log.
fn journal(subject: &Subject<'_>, words: &[Spanned<String>]) -> Option<LintFinding> {
    let units = ["journalctl -u docker", "journalctl -u containerd", "journalctl -u kubelet"];
    let (span, text): (Span, &str) = words.iter().find_map(|word| {
        let lower = word.value.to_ascii_lowercase();
        let asks =
            lower.contains("out of memory") || lower.contains("oom-kill") || lower.contains("killed process");
        let unit = units.iter().find(|unit| lower.contains(**unit) && !lower.contains("journalctl -k"))?;
        asks.then_some((within(subject, word, unit), *unit))
    })?;
    let message = format!(
        "The kernel reports OOM kills in its own log, not in that of a service: `{text}` does not show them."
    );
    Some(report::warning(RULE.id, span, message, "write `journalctl -k`"))
}
