//! Values of swap settings that the kernel refuses.

use crate::lint::node::sysctl;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "sysctl-value-refused",
    severity: LintSeverity::Error,
    title: "a kernel setting outside its range",
    why: "vm.swappiness is 0 to 200 (0 to 100 before Linux 5.8), vm.watermark_scale_factor 1 to 3000 (1000 before \
          5.18), vm.page-cluster 0 to 31. sysctl says \"Invalid argument\" for other values, and the old one \
          stays (kernel, Documentation/admin-guide/sysctl/vm.rst).",
    bad: &[
        Example { file: "90-swap.sh", text: "#!/bin/sh\nsysctl -w vm.swappiness=300\n" },
        Example { file: "90-swap.sh", text: "#!/bin/sh\nsysctl -w vm.watermark_scale_factor=2000\n" },
    ],
    good: &[Example {
        file: "90-swap.sh",
        text: "#!/bin/sh\nsysctl -w vm.swappiness=180\nsysctl -w vm.watermark_scale_factor=1000\n",
    }],
    check,
};

/// What the kernel takes.
struct Range {
    name: &'static str,
    least: i64,
    most: i64,
    /// The most that older kernels take, and the release that raised it.
    older: Option<(i64, &'static str)>,
}

const RANGES: [Range; 4] = [
    Range { name: "vm.swappiness", least: 0, most: 200, older: None },
    Range { name: "vm.watermark_scale_factor", least: 1, most: 3000, older: Some((1000, "5.18")) },
    Range { name: "vm.page-cluster", least: 0, most: 31, older: None },
    Range { name: "vm.overcommit_memory", least: 0, most: 2, older: None },
];

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for value in sysctl::values(subject) {
        let Some(range) = RANGES.iter().find(|range| range.name == value.name) else { continue };
        let Range { least, most, older, .. } = range;
        let Ok(number) = value.value.parse::<i64>() else { continue };
        let text = format!("{} = {number}", value.name);
        if !(*least..=*most).contains(&number) {
            let message = format!(
                "`{text}` is outside {least} to {most}. The kernel refuses it, and the old value stays."
            );
            let help = format!("write a value from {least} to {most}");
            findings.push(report::error(RULE.id, value.span, message, help));
        } else if let Some((highest, release)) = (*older).filter(|(highest, _)| number > *highest) {
            let message = format!(
                "`{text}`: Linux before {release} refuses more than {highest}, and the old value stays."
            );
            let help = format!("write at most {highest} where older kernels run");
            findings.push(report::info(RULE.id, value.span, message, help));
        }
    }
}
