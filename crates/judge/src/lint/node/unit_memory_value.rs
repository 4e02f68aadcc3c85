//! Amounts of memory in systemd units.

use crate::lint::node::unit;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "systemd-memory-value-ignored",
    severity: LintSeverity::Warning,
    title: "an amount of memory that systemd ignores",
    why: "systemd reads `512M`, `1.5G`, a percentage or `infinity`, in powers of 1024. Anything else, such as \
          Kubernetes' `512Mi` or -1, is \"ignored\" with a line in the journal, and the limit is not set \
          (systemd.resource-control(5)).",
    bad: &[
        Example { file: "web.service", text: "[Service]\nExecStart=/usr/bin/web\nMemoryMax=512Mi\n" },
        Example { file: "web.service", text: "[Service]\nExecStart=/usr/bin/web\nMemorySwapMax=-1\n" },
    ],
    good: &[Example {
        file: "web.service",
        text: "[Service]\nExecStart=/usr/bin/web\nMemoryMax=512M\nMemorySwapMax=infinity\nMemoryHigh=50%\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for setting in unit::settings(subject) {
        let value = setting.value.value.trim();
        if !unit::AMOUNTS.contains(&setting.key.value.as_str()) || value.is_empty() || unit::is_amount(value)
        {
            continue;
        }
        let key = &setting.key.value;
        let message = format!("systemd cannot read `{key}={value}` and ignores it: nothing is limited.");
        let mended = value.strip_suffix('i').filter(|text| unit::is_amount(text));
        let help = match (mended, value) {
            (Some(mended), _) => format!("write `{key}={mended}`, which is the same amount"),
            (None, "-1" | "unlimited" | "max" | "none") => format!("write `{key}=infinity`"),
            (None, _) => format!("write an amount such as `{key}=512M`, a percentage, or `infinity`"),
        };
        let fix = mended.and_then(|text| {
            report::replacement(subject, setting.value.span, value, text.to_owned(), "write systemd's unit")
        });
        findings.push(LintFinding {
            fix,
            ..report::warning(RULE.id, setting.key.span.to(setting.value.span), message, help)
        });
    }
}
