//! A slice for Guaranteed pods, which no kubelet makes.

use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::{Content, Span};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "no-slice-for-guaranteed-pods",
    severity: LintSeverity::Warning,
    title: "there is no slice for Guaranteed pods",
    why: "The kubelet makes a cgroup for Burstable and one for BestEffort pods; Guaranteed pods stand directly in \
          kubepods.slice, as kubepods-pod<uid>.slice with underscores in the uid, or in /kubepods/pod<uid> with the \
          cgroupfs driver (kubelet, pkg/kubelet/cm/qos_container_manager_linux.go: the Guaranteed class is the root \
          container).",
    bad: &[Example {
        file: "check.sh",
        text: "#!/bin/sh\ncat /sys/fs/cgroup/kubepods.slice/kubepods-guaranteed.slice/memory.current\n",
    }],
    good: &[
        Example {
            file: "check.sh",
            text: "#!/bin/sh\ncat /sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/memory.current\ncat /sys/fs/cgroup/kubepods.slice/kubepods-pod*.slice/memory.current\n",
        },
        Example {
            file: "check.sh",
            text: "#!/bin/sh\nfor slice in kubepods.slice/kubepods-pod\"$uid\".slice kubepods.slice/kubepods-guaranteed.slice; do\n  ls /sys/fs/cgroup/\"$slice\"\ndone\n",
        },
    ],
    check,
};

const NAMES: [&str; 2] = ["kubepods-guaranteed", "/kubepods/guaranteed"];

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for script in script::scripts(subject) {
        // Whoever looks in several places knows the right one.
        if !NAMES.iter().any(|name| script.text.contains(name)) || script.text.contains("kubepods-pod") {
            continue;
        }
        let words = script.calls().filter(|call| !matches!(call.program, "[" | "[[" | "test"));
        let words = words.flat_map(|call| &call.command.words).filter(|word| names(&word.value));
        finding(words.map(|word| word.span), findings);
    }
    for document in &subject.file.documents {
        let Content::Settings(settings) = &document.content else { continue };
        let values = settings.iter().filter(|setting| names(&setting.value.value));
        finding(values.map(|setting| setting.key.span.to(setting.value.span)), findings);
    }
}

fn names(text: &str) -> bool {
    NAMES.iter().any(|name| text.contains(name))
}

/// One finding for all the places of a script.
fn finding(mut places: impl Iterator<Item = Span>, findings: &mut Vec<LintFinding>) {
    let Some(first) = places.next() else { return };
    let message = "No kubelet makes a slice for Guaranteed pods: they stand directly in kubepods.slice.";
    let help = "look in kubepods.slice/kubepods-pod*.slice";
    let related = places.filter(|place| *place > first).take(RELATED_MAX);
    let related = related.map(|place| (place, "here too".to_owned())).collect();
    findings.push(LintFinding { related, ..report::warning(RULE.id, first, message, help) });
}

/// More places are not listed.
const RELATED_MAX: usize = 5;
