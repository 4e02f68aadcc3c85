//! A parent cgroup that systemd cannot hold.

use crate::lint::report;
use crate::lint::runtime::daemon;
use crate::lint::{Example, Rule, Subject};
use kernel::hierarchy::CgroupVersion;
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "cgroup-parent-needs-slice",
    severity: LintSeverity::Error,
    title: "with systemd's cgroup driver the parent cgroup is a slice",
    why: "With the systemd driver, Docker's default on cgroup v2, every parent of a container is a unit: the daemon does not start with \
          \"cgroup-parent for systemd cgroup should be a valid slice named as \\\"xxx.slice\\\"\" (moby daemon/daemon_unix.go).",
    bad: &[Example {
        file: "daemon.json",
        text: "{\n  \"exec-opts\": [\"native.cgroupdriver=systemd\"],\n  \"cgroup-parent\": \"/docker\"\n}\n",
    }],
    good: &[
        Example {
            file: "daemon.json",
            text: "{\n  \"exec-opts\": [\"native.cgroupdriver=systemd\"],\n  \"cgroup-parent\": \"docker.slice\"\n}\n",
        },
        Example {
            file: "daemon.json",
            text: "{\n  \"exec-opts\": [\"native.cgroupdriver=cgroupfs\"],\n  \"cgroup-parent\": \"/docker\"\n}\n",
        },
    ],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for root in daemon::configurations(subject) {
        let Some(entry) = root.entry("cgroup-parent") else { continue };
        let Some(parent) = entry.value.text().filter(|parent| !parent.is_empty()) else { continue };
        let systemd = match daemon::exec_option(root, "native.cgroupdriver") {
            Some((_, driver)) => driver == "systemd",
            None => subject.target.cgroup == CgroupVersion::V2,
        };
        if !systemd || parent.len() > 6 && parent.ends_with(".slice") {
            continue;
        }
        let message = format!(
            "`{parent}` is no slice, and with systemd's cgroup driver the parent must be one. Docker's daemon does not start."
        );
        let name: String = parent.trim_matches('/').replace('/', "-");
        let name = if name.is_empty() { "docker".to_owned() } else { name };
        let help = format!("write `{name}.slice`");
        findings.push(report::error(RULE.id, entry.span(), message, help));
    }
}
