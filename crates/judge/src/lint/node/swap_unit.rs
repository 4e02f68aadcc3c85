//! Swap units of systemd.

use crate::lint::node::unit;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "swap-unit-name",
    severity: LintSeverity::Error,
    title: "a swap unit whose name does not fit its device",
    why: "The name of a swap unit is the escaped path of its device or file: /swapfile is swapfile.swap, \
          /mnt/data/swap is mnt-data-swap.swap. systemd does not load a unit whose What= is another (\"Value \
          of What= and unit name do not match\"); Priority= is -1 to 32767 (systemd.swap(5)).",
    bad: &[Example {
        file: "myswap.swap",
        text: "[Swap]\nWhat=/swapfile\n\n[Install]\nWantedBy=swap.target\n",
    }],
    good: &[Example {
        file: "swapfile.swap",
        text: "[Swap]\nWhat=/swapfile\nPriority=10\n\n[Install]\nWantedBy=swap.target\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    let file = subject.file.name.rsplit('/').next().unwrap_or("");
    for setting in unit::settings(subject).filter(|setting| setting.section == "Swap") {
        let value = setting.value.value.trim();
        let span = setting.key.span.to(setting.value.span);
        match setting.key.value.as_str() {
            "What" if value.starts_with('/') && !value.contains('%') => {
                let Some(name) = file.strip_suffix(".swap") else { continue };
                let wanted = unit::escaped(value);
                if name != wanted {
                    let message = format!(
                        "`What={value}` belongs to a unit named {wanted}.swap, and this one is {file}. systemd does not load it."
                    );
                    let help = format!("name the file `{wanted}.swap`");
                    findings.push(report::error(RULE.id, span, message, help));
                }
            }
            "Priority" if value.parse::<i64>().is_ok_and(|number| !(-1..=32767).contains(&number)) => {
                let message = format!("`Priority={value}` is outside -1 to 32767, and systemd ignores it.");
                let help = "write a priority from 0 to 32767: higher ones are filled first";
                findings.push(report::warning(RULE.id, span, message, help));
            }
            _ => {}
        }
    }
}
