//! Memory of containers is written to a disk in plain.
//!
//! Written in the Kubernetes page "Swap memory management" (encrypted swap is recommended, as secrets may be written) and KEP-2400.

use super::{Subject, in_words, is_zram, line_of};
use model::lint::LintSeverity;
use model::node::Encryption;
use model::node_check::NodeFinding;
use model::reading::Reading;

/// Finds it.
pub fn check(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    let on_disk = || subject.areas().iter().filter(|area| !is_zram(area));
    let plain: Vec<_> =
        on_disk().filter(|area| area.encryption == Reading::Value(Encryption::Plain)).collect();
    let severity = if subject.kubelet.is_some() { LintSeverity::Warning } else { LintSeverity::Info };
    if !plain.is_empty() {
        let names: Vec<String> = plain.iter().map(|area| area.swap.path.clone()).collect();
        let message = format!(
            "{} is not encrypted by this machine: what processes hold in memory, secrets too, lies readable on the disk. (A \
             provider's own encryption of disks cannot be seen from here.)",
            in_words(&names)
        );
        let finding = NodeFinding::new("swap-not-encrypted", severity, message).fix(
            "put the swap on a dm-crypt device with a key of each boot: `swap,cipher=aes-xts-plain64,size=512` with /dev/urandom in \
             /etc/crypttab",
        ).command("man 5 crypttab");
        findings.push(plain.into_iter().fold(finding, |finding, area| finding.evidence(line_of(area))));
    }
    for area in on_disk() {
        let Reading::Failed(why) = &area.encryption else { continue };
        let message = format!("Whether {} is encrypted is not known: {why}.", area.swap.path);
        findings.push(NodeFinding::new("swap-not-encrypted", LintSeverity::Info, message));
    }
}
