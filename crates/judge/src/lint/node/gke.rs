//! Swap of node pools of GKE.

use crate::lint::node::kubelet;
use crate::lint::report;
use crate::lint::{Example, Rule, Subject};
use model::document::kind::DocumentKind;
use model::document::node::{Entry, Node};
use model::lint::{LintFinding, LintSeverity};

/// The rule.
pub const RULE: Rule = Rule {
    id: "gke-swap-config",
    severity: LintSeverity::Error,
    title: "swap of a GKE node pool that is not as it is written",
    why: "GKE makes swap from `linuxConfig.swapConfig` with `enabled: true` and one of `bootDiskProfile`, `ephemeralLocalSsdProfile` and \
          `dedicatedLocalSsdProfile`, each with one size (GKE API, LinuxNodeConfig.SwapConfig). `kubeletConfig` takes a list of fields \
          of GKE's own: `failSwapOn` and `memorySwap` are not among them, and gcloud refuses the file with \"unsupported option\". \
          Pods swap on cgroup v2 only (KEP-2400).",
    bad: &[
        Example {
            file: "system.yaml",
            text: "kubeletConfig:\n  failSwapOn: false\nlinuxConfig:\n  swapConfig:\n    enabled: true\n    bootDiskProfile:\n      swapSizeGib: 8\n",
        },
        Example {
            file: "system.yaml",
            text: "linuxConfig:\n  swapConfig:\n    enabled: true\n    bootDiskProfile:\n      swapSizeGib: 8\n    dedicatedLocalSsdProfile:\n      diskCount: 1\n",
        },
        Example {
            file: "system.yaml",
            text: "linuxConfig:\n  swapConfig:\n    bootDiskProfile:\n      swapSizePercent: 20\n",
        },
    ],
    good: &[Example {
        file: "system.yaml",
        text: "kubeletConfig:\n  cpuManagerPolicy: static\nlinuxConfig:\n  cgroupMode: CGROUP_MODE_V2\n  swapConfig:\n    enabled: true\n    bootDiskProfile:\n      swapSizeGib: 8\n",
    }],
    check,
};

const PROFILES: [&str; 3] = ["bootDiskProfile", "ephemeralLocalSsdProfile", "dedicatedLocalSsdProfile"];
const SIZES: [&str; 2] = ["swapSizeGib", "swapSizePercent"];

fn check(subject: &Subject<'_>, findings: &mut Vec<LintFinding>) {
    for (document, root) in kubelet::trees(subject) {
        if document.kind != DocumentKind::GkeNodeSystem {
            continue;
        }
        let kubelet = root.entries_at(&["kubeletConfig"]);
        let refused = kubelet.iter().filter(|entry| ["failSwapOn", "memorySwap"].contains(&entry.name()));
        findings.extend(refused.map(refused_option));
        let Some(linux) = root.get("linuxConfig") else { continue };
        let Some(swap) = linux.get("swapConfig") else { continue };
        findings.extend(one_of(swap, &PROFILES));
        let profiles = PROFILES.iter().filter_map(|profile| swap.get(profile));
        findings.extend(profiles.filter_map(|profile| one_of(profile, &SIZES)));
        findings.extend(never(linux, swap));
    }
}

fn refused_option(entry: &Entry) -> LintFinding {
    let message = format!("GKE takes no `{0}` in `kubeletConfig`: gcloud refuses the file.", entry.name());
    let help = "remove it: `linuxConfig.swapConfig` sets up the kubelet too";
    report::error(RULE.id, entry.key.span, message, help)
}

/// Of fields that exclude each other only one has an effect.
fn one_of(node: &Node, fields: &[&str]) -> Option<LintFinding> {
    let mut given = node.entries().iter().filter(|entry| fields.contains(&entry.name()));
    let (first, second) = (given.next()?, given.next()?);
    let message =
        format!("`{}` and `{}` exclude each other: at most one has an effect.", first.name(), second.name());
    let at = report::beside(first.key.span, (second.key.span, "the other one"));
    let help = "keep the one that is meant";
    Some(report::warning(RULE.id, at, message, help))
}

/// Swap that is described and never made, or made for nobody.
fn never(linux: &Node, swap: &Node) -> Option<LintFinding> {
    let enabled = swap.get("enabled").and_then(Node::bool);
    let profile = swap.entries().iter().find(|entry| PROFILES.contains(&entry.name()));
    match (enabled, profile) {
        (None, Some(profile)) => {
            let message =
                format!("`{}` without `enabled: true`: the node pool gets no swap.", profile.name());
            Some(report::warning(RULE.id, profile.key.span, message, "write `enabled: true` beside it"))
        }
        (Some(true), _) => {
            let mode =
                linux.entry("cgroupMode").filter(|mode| mode.value.text() == Some("CGROUP_MODE_V1"))?;
            let message = "On cgroup v1 the kubelet gives pods no swap, whatever the node has.";
            Some(report::warning(RULE.id, mode.span(), message, "write `cgroupMode: CGROUP_MODE_V2`"))
        }
        (Some(false), _) | (None, None) => None,
    }
}
