//! Kernel settings that a node loses at its next reboot.

use crate::lint::node::script;
use crate::lint::node::sysctl;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};
use std::collections::BTreeMap;

/// The rule.
pub const RULE: Rule = Rule {
    id: "sysctl-lost-at-reboot",
    severity: LintSeverity::Warning,
    title: "a kernel setting that ends with the next reboot",
    why: "`sysctl -w` and writes to /proc/sys last until the machine goes down; what must last is a line in a file \
          below /etc/sysctl.d, which systemd-sysctl reads at boot (sysctl.d(5)).",
    bad: &[Example {
        file: "node.sh",
        text: "#!/bin/sh\nsysctl -w vm.min_free_kbytes=204800\nsystemctl restart kubelet\n",
    }],
    good: &[Example {
        file: "node.sh",
        text: "#!/bin/sh\necho 'vm.min_free_kbytes = 204800' > /etc/sysctl.d/90-swap.conf\nsysctl --system\nsystemctl restart kubelet\n",
    }],
    check,
};

const NAMES: [&str; 5] = [
    "vm.min_free_kbytes",
    "vm.swappiness",
    "vm.watermark_scale_factor",
    "vm.page-cluster",
    "vm.overcommit_memory",
];

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    if !script::scripts(subject).any(|script| script.prepares_a_node()) {
        return;
    }
    let text = &subject.file.text;
    let keeps = text.contains("sysctl") && text.contains("/etc/");
    let mut named: BTreeMap<String, usize> = BTreeMap::new();
    for value in
        sysctl::values(subject).iter().filter(|value| !value.persists && NAMES.contains(&value.name.as_str()))
    {
        let named = *named.entry(value.name.clone()).or_insert_with(|| {
            text.matches(&value.name).count() + text.matches(&value.name.replace('.', "/")).count()
        });
        // Named twice, with a file for it in sight: the other place keeps it.
        if named > 1 && keeps {
            continue;
        }
        let message = format!("`{} = {}` ends with the next reboot.", value.name, value.value);
        let help = format!(
            "write `{} = {}` to a file below /etc/sysctl.d and run `sysctl --system`",
            value.name, value.value
        );
        findings.push(report::warning(RULE.id, value.span, message, help));
    }
}
