//! Settings of systemd units that limit no memory.

use crate::lint::node::unit;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use kernel::hierarchy::CgroupVersion;
use model::document::Setting;
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "systemd-memory-key-ignored",
    severity: LintSeverity::Warning,
    title: "a setting that limits no memory",
    why: "Limits of memory stand in the section of the unit's own kind ([Service], [Slice], [Scope], [Socket], \
          [Mount], [Swap]). systemd skips keys that it does not know, and MemoryLimit= is the deprecated \
          name of MemoryMax=. On cgroup v1 only a limit exists, no MemoryHigh=, MemoryLow= or MemorySwapMax= \
          (systemd.resource-control(5)).",
    bad: &[
        Example {
            file: "web.service",
            text: "[Service]\nExecStart=/usr/bin/web\nMemoryMax=1G\nMemorySwap=0\n",
        },
        Example { file: "web.service", text: "[Unit]\nMemoryMax=1G\n\n[Service]\nExecStart=/usr/bin/web\n" },
        Example { file: "web.service", text: "[Service]\nExecStart=/usr/bin/web\nMemoryLimit=1G\n" },
    ],
    good: &[Example {
        file: "web.service",
        text: "[Service]\nExecStart=/usr/bin/web\nMemoryMax=1G\nMemorySwapMax=0\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for setting in unit::settings(subject) {
        findings
            .extend(wrong_section(setting).or_else(|| unknown(setting)).or_else(|| old(subject, setting)));
    }
}

fn wrong_section(setting: &Setting) -> Option<LintFinding> {
    let key = setting.key.value.as_str();
    let wrong = ["Unit", "Install", "Timer", "Path"].contains(&setting.section.as_str())
        && unit::AMOUNTS.contains(&key);
    wrong.then(|| {
        let message = format!(
            "`{key}=` stands in [{}], where systemd does not look for it: nothing is limited.",
            setting.section
        );
        let help = "move it into [Service], or the section of the unit's own kind";
        report::warning(RULE.id, setting.key.span, message, help)
    })
}

fn unknown(setting: &Setting) -> Option<LintFinding> {
    let key = setting.key.value.as_str();
    let instead = match key {
        "MemorySwap" | "SwapMax" | "MemorySwapLimit" | "SwapLimit" | "MemorySwapHigh" | "MaxSwap" => {
            "MemorySwapMax"
        }
        "MaxMemory" | "MemoryHardLimit" => "MemoryMax",
        "MemorySoftLimit" => "MemoryHigh",
        "MemorySwappiness" | "Swappiness" => {
            let message =
                format!("systemd has no `{key}=`: it skips it, and swappiness stays the machine's.");
            let help = "remove it; `MemorySwapMax=0` keeps the unit out of swap";
            return Some(report::warning(RULE.id, setting.key.span, message, help));
        }
        _ => return None,
    };
    let message = format!("systemd has no `{key}=`: it skips it, and nothing is limited.");
    let help = format!("write `{instead}={}`", setting.value.value);
    Some(report::warning(RULE.id, setting.key.span, message, help))
}

fn old(subject: &Subject<'_>, setting: &Setting) -> Option<LintFinding> {
    let key = setting.key.value.as_str();
    match subject.target.cgroup {
        CgroupVersion::V2 if key == "MemoryLimit" => {
            let value = setting.value.value.as_str();
            let message = "`MemoryLimit=` is the setting of cgroup v1. On v2 systemd calls it deprecated, and newer releases may skip it.";
            let help = format!("write `MemoryMax={value}`");
            let fix = report::replacement(
                subject,
                setting.key.span,
                key,
                "MemoryMax".to_owned(),
                "write MemoryMax=",
            );
            Some(LintFinding { fix, ..report::info(RULE.id, setting.key.span, message, help) })
        }
        CgroupVersion::V1 if ["MemoryHigh", "MemoryLow", "MemoryMin", "MemorySwapMax"].contains(&key) => {
            let message = format!("`{key}=` has no effect on cgroup v1.");
            let help = "move the machine to cgroup v2, or use `MemoryMax=` alone";
            Some(report::warning(RULE.id, setting.key.span, message, help))
        }
        CgroupVersion::V1 | CgroupVersion::V2 => None,
    }
}
