//! A cgroup driver that Docker does not have.

use crate::lint::report;
use crate::lint::runtime::daemon;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "cgroup-driver-unknown",
    severity: LintSeverity::Error,
    title: "a cgroup driver that Docker does not have",
    why: "`native.cgroupdriver` is `systemd`, `cgroupfs` or `none`; with anything else the daemon does not start (moby \
          daemon/daemon_unix.go, verifyCgroupDriver).",
    bad: &[Example {
        file: "daemon.json",
        text: "{\n  \"exec-opts\": [\"native.cgroupdriver=cgroupv2\"]\n}\n",
    }],
    good: &[Example {
        file: "daemon.json",
        text: "{\n  \"exec-opts\": [\"native.cgroupdriver=systemd\"]\n}\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for root in daemon::configurations(subject) {
        let Some((item, driver)) = daemon::exec_option(root, "native.cgroupdriver") else { continue };
        if ["systemd", "cgroupfs", "none"].contains(&driver) || driver.contains(['$', '{']) {
            continue;
        }
        let message = format!("Docker has no cgroup driver `{driver}`. Its daemon does not start.");
        let help = "write `native.cgroupdriver=systemd`, or `cgroupfs` where systemd does not run";
        findings.push(report::error(RULE.id, item.span, message, help));
    }
}
