//! Swap kept away from the kubelet and the runtime, in the slices in which they really live.
//!
//! KEP-2400 advises `memory.swap.max` 0 for system daemons. On EKS they live in `runtime.slice`; Docker's containers lie below
//! `system.slice` themselves, so that there the services are limited and not the slice.

use crate::node::draft::{Draft, WantedFile};
use crate::node::look::Look;
use crate::node::order::Stage;
use crate::node::systemd_unit::{HEADER, file_path};
use kernel::hierarchy::CgroupVersion;
use model::node::Daemon;
use model::node_swap::SystemSwap;
use model::reading::Reading;
use std::collections::BTreeMap;

/// Adds the steps.
pub fn plan(look: &Look<'_>, wanted: SystemSwap, draft: &mut Draft) {
    match wanted {
        SystemSwap::Left => return,
        SystemSwap::KeptAway => {}
    }
    if !look.has_systemd() {
        return draft.remark(
            "there are no slices without systemd: swap is not kept away from the kubelet and the runtime",
        );
    }
    if look.node().host.cgroup_version.get() == Some(CgroupVersion::V1) {
        return draft.refuse(
            "MemorySwapMax= works on cgroup v2 alone, and this machine has v1",
            "boot with `systemd.unified_cgroup_hierarchy=1`, or leave --protect-system out",
        );
    }
    let kubelet = look.node().kubelet.value().and_then(|kubelet| kubelet.process.value());
    let daemons: Vec<&Daemon> = kubelet.into_iter().chain(&look.node().runtimes).collect();
    if daemons.is_empty() {
        return draft
            .remark("neither a kubelet nor a runtime runs here: there is nothing to keep swap away from");
    }
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for daemon in daemons {
        let why = match &daemon.cgroup {
            Reading::Value(cgroup) => {
                if let Some(group) = group(look, cgroup) {
                    groups.entry(group).or_default().push(&daemon.name);
                }
                continue;
            }
            Reading::Absent => String::new(),
            Reading::Failed(why) => format!(": {why}"),
        };
        draft.refuse(format!("the cgroup of {} is not known{why}", daemon.name), "run this as root");
    }
    for (group, names) in groups {
        limit(look, &group, &names, draft);
    }
}

/// The slice of a cgroup; below a slice that holds containers too, the service.
fn group(look: &Look<'_>, cgroup: &str) -> Option<String> {
    let parts: Vec<&str> = cgroup.split('/').filter(|part| !part.is_empty()).collect();
    let up_to = |at: usize| format!("/{}", parts[..=at].join("/"));
    let slice = parts.iter().rposition(|part| part.ends_with(".slice"));
    let service = parts.iter().rposition(|part| part.ends_with(".service"));
    let is_shared = look.node().docker.value().is_some();
    match (slice, service) {
        (_, Some(at)) if is_shared => Some(up_to(at)),
        (Some(at), _) | (None, Some(at)) => Some(up_to(at)),
        (None, None) => None,
    }
}

fn limit(look: &Look<'_>, group: &str, daemons: &[&str], draft: &mut Draft) {
    let unit = group.rsplit('/').next().unwrap_or_default();
    let section = if unit.ends_with(".slice") { "Slice" } else { "Service" };
    let path = file_path(&format!("{unit}.d/10-highwater-swap.conf"));
    let who = daemons.join(" and ");
    let lives = if daemons.len() > 1 { "live" } else { "lives" };
    let why =
        format!("{who} {lives} here: while pages of theirs come back from disk, every container waits.");
    let text = Some(format!("{HEADER}[{section}]\nMemorySwapMax=0\n"));
    draft.file(look, Stage::Units, WantedFile { name: "protect-system-file", why: &why, path: &path, text });
    let value = format!("/sys/fs/cgroup{group}/memory.swap.max");
    let why =
        "The running unit gets the same limit; pages that are out already come back when they are used.";
    draft.value(look, Stage::Slices, "protect-system", why, &value, "0");
}
