//! Package files of the kubelet that are edited.

use crate::lint::node::script;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "kubelet-package-file-edited",
    severity: LintSeverity::Warning,
    title: "a package file of the kubelet is edited in place",
    why: "10-kubeadm.conf and what stands below /usr/lib/systemd belong to the package: an update writes them anew, \
          and a `sed` that counts lines changes another line as soon as the file changes. A \
          KubeletConfiguration, or a drop-in of one's own below /etc/systemd/system/kubelet.service.d, stays \
          (kubeadm's documentation of the kubelet drop-in).",
    bad: &[Example {
        file: "node.sh",
        text: "#!/bin/sh\nsed -i '9s/^/Environment=\"KUBELET_EXTRA_ARGS=--fail-swap-on=false\"\\n/' /etc/systemd/system/kubelet.service.d/10-kubeadm.conf\nsystemctl daemon-reload\nsystemctl restart kubelet\n",
    }],
    good: &[Example {
        file: "node.sh",
        text: "#!/bin/sh\nprintf '[Service]\\nMemorySwapMax=0\\n' > /etc/systemd/system/kubelet.service.d/20-swap.conf\nsystemctl daemon-reload\nsystemctl restart kubelet\n",
    }],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for script in script::scripts(subject) {
        for call in script.calls_of("sed") {
            let in_place =
                call.words.iter().any(|word| word.value.starts_with("-i") || word.value == "--in-place");
            let Some(file) = call.words.iter().rev().find(|word| is_package_file(&word.value)) else {
                continue;
            };
            if !in_place {
                continue;
            }
            let counts = call.words.iter().any(|word| {
                let digits = word.value.bytes().take_while(u8::is_ascii_digit).count();
                digits > 0 && word.value[digits..].starts_with(['s', 'a', 'i', 'c', 'd', ','])
            });
            // Cloud images are built once; an edit by pattern there is at least found again.
            if !counts && !call.words.iter().any(|word| word.value.to_ascii_lowercase().contains("swap")) {
                continue;
            }
            let why = if counts {
                "by the number of a line, which fits one version of the file only"
            } else {
                "in place"
            };
            let message = format!(
                "`{}` is edited {why}. The file belongs to a package, and its next update writes it anew.",
                file.value
            );
            let help = "write `failSwapOn: false` in the KubeletConfiguration, or a drop-in such as /etc/systemd/system/kubelet.service.d/20-swap.conf";
            findings.push(report::warning(RULE.id, call.command.span, message, help));
        }
        for write in script.writes() {
            let path = write.path.value.as_str();
            if is_below_lib(path) && path.contains("kubelet.service") {
                let message = format!("`{path}` belongs to a package, and its next update writes it anew.");
                let help = "write the drop-in below /etc/systemd/system/kubelet.service.d";
                findings.push(report::warning(RULE.id, write.path.span, message, help));
            }
        }
    }
}

fn is_package_file(path: &str) -> bool {
    path.ends_with("10-kubeadm.conf") || is_below_lib(path) && path.contains("kubelet.service")
}

fn is_below_lib(path: &str) -> bool {
    path.starts_with("/usr/lib/systemd/") || path.starts_with("/lib/systemd/")
}
