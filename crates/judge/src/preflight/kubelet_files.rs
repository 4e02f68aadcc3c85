//! The kubelet's files as they are: what cannot be read, and what the rules of `lint` say of them.
//!
//! Written in kubernetes/cmd/kubelet/app/server.go: a file that does not parse, or is not valid, ends the kubelet at its start.

use super::Subject;
use crate::lint::{self, lint};
use crate::node_setup;
use kernel::hierarchy::CgroupVersion;
use model::document::UnreadSeverity;
use model::document::lines::Lines;
use model::lint::{LintSeverity, LintTarget};
use model::node_check::NodeFinding;
use model::reading::Reading;

/// These look at one file, where the files together decide: the checks of a node judge what is merged.
const OF_ALL_FILES: [&str; 2] = ["limited-swap-needs-fail-swap-on-false", "eviction-before-reclaim"];

/// Finds them.
pub fn check(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    let Some(kubelet) = subject.node.kubelet.value() else { return };
    for file in &kubelet.config {
        let why = match &file.text {
            Reading::Value(_) => continue,
            Reading::Absent => "there is no such file".to_owned(),
            Reading::Failed(why) => why.to_string(),
        };
        let message = format!("{}: the kubelet's configuration could not be read: {why}.", file.path);
        let severity = LintSeverity::Warning;
        findings.push(
            NodeFinding::new("kubelet-configuration-unread", severity, message)
                .fix("look as root: what it says is not part of this check"),
        );
    }
    let why = match &kubelet.flags {
        Reading::Value(_) => None,
        Reading::Absent => Some("there is no such file".to_owned()),
        Reading::Failed(why) => Some(why.to_string()),
    };
    if let Some(why) = why {
        let message =
            format!("The kubelet's command line could not be read, so its flags are not known: {why}.");
        findings.push(
            NodeFinding::new("kubelet-configuration-unread", LintSeverity::Warning, message)
                .fix("look as root"),
        );
    }
    for file in subject.files {
        broken(file, findings);
        let target = LintTarget {
            kubernetes: subject.version.unwrap_or(node_setup::KUBERNETES_DEFAULT),
            cgroup: subject.node.host.cgroup_version.get().unwrap_or(CgroupVersion::V2),
        };
        let lines = Lines::of(&file.text);
        for found in lint(&lint::Subject { file, target }) {
            if OF_ALL_FILES.contains(&found.rule) {
                continue;
            }
            let line = lines.position(found.span.start).line;
            let message = format!("{}, line {line}: {}", file.name, found.message);
            let mut finding = NodeFinding::new(found.rule, found.severity, message)
                .command(format!("highwater lint {}", file.name));
            finding.fix = found.help;
            findings.push(finding);
        }
    }
}

fn broken(file: &model::manifest::ManifestFile, findings: &mut Vec<NodeFinding>) {
    let lines = Lines::of(&file.text);
    for part in file.unread.iter().filter(|part| part.severity == UnreadSeverity::Broken) {
        let position = lines.position(part.span.start);
        let message = format!(
            "{}, line {}: {}. The kubelet does not start with it; what stands there is not part of this check.",
            file.name, position.line, part.why
        );
        findings.push(
            NodeFinding::new("kubelet-configuration-broken", LintSeverity::Error, message)
                .fix("mend the file before the kubelet is started again")
                .command(format!("highwater lint {}", file.name)),
        );
    }
}
