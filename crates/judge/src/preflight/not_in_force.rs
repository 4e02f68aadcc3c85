//! The kubelet's files say something else than the kubelet: it was not started again since they were written.
//!
//! Written in kubernetes/cmd/kubelet/app/server.go: files are read once, at the start; `/configz` tells what was read.

use super::kubelet::{CONFIGZ, who};
use super::{Subject, in_words};
use crate::lint::report::amount;
use model::lint::LintSeverity;
use model::node_check::{EvictionThreshold, KubeletInForce, NodeFinding, Told};
use model::outcome::node::Origin;

/// Finds it.
pub fn check(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    let (Some(now), Some(next)) = (subject.kubelet, subject.next_start) else { return };
    let told = |setting: &Told<Option<EvictionThreshold>>| Told {
        value: threshold(setting.value),
        origin: setting.origin.clone(),
    };
    let word =
        |setting: &Told<bool>| Told { value: setting.value.to_string(), origin: setting.origin.clone() };
    let differences: Vec<(&str, String)> = [
        ("failSwapOn", word(&now.fail_swap_on), word(&next.fail_swap_on)),
        ("swapBehavior", now.behavior.clone(), next.behavior.clone()),
        ("evictionHard memory.available", told(&now.eviction), told(&next.eviction)),
    ]
    .into_iter()
    .filter_map(|(name, now, later)| Some((name, difference(name, &now, next, &later)?)))
    .collect();
    if differences.is_empty() {
        return;
    }
    let names: Vec<String> = differences.iter().map(|(name, _)| (*name).to_owned()).collect();
    let message = format!(
        "The kubelet runs with other settings than its files have ({}): it was not started since they were written.",
        in_words(&names)
    );
    let finding = NodeFinding::new("kubelet-not-restarted", LintSeverity::Warning, message)
        .fix("start the kubelet again")
        .command("systemctl restart kubelet");
    findings.push(differences.into_iter().fold(finding, |finding, (_, seen)| finding.evidence(seen)));
}

/// What `/configz` says against what the files say, where both are known and differ.
fn difference(
    name: &str,
    now: &Told<String>,
    files: &KubeletInForce,
    later: &Told<String>,
) -> Option<String> {
    let is_told = matches!(&now.origin, Origin::File { name, .. } if name == CONFIGZ);
    let wanted = files.known(later)?;
    (is_told && now.value != *wanted).then(|| {
        format!("{name}: `{}` now, `{wanted}` at the next start ({})", now.value, who(&later.origin))
    })
}

fn threshold(value: Option<EvictionThreshold>) -> String {
    match value {
        Some(EvictionThreshold::At(bytes)) => amount(bytes),
        Some(EvictionThreshold::Ratio(ratio)) => format!("{}%", ratio * 100.0),
        None => "never".to_owned(),
    }
}
