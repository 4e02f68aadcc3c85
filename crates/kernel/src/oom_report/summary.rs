//! What a whole report adds up to: its kind, the hierarchy, who it was, which limits, what is missing.

use crate::bytes::Bytes;
use crate::cgroup_path::{ContainerId, Identity, identify, identify_levels};
use crate::hierarchy::CgroupVersion;
use crate::limit::Limit;
use crate::oom_report::draft::{Draft, Signs};
use crate::oom_report::line::kill::KillPrefix;
use crate::oom_report::report::{Constraint, Counter, CounterName, OomKind, OomReport, Part};

/// Every other one of 1024 nodes, more than which no kernel can be configured for (`CONFIG_NODES_SHIFT`).
const NODE_RANGES_MAX: usize = 512;

/// The finished report.
pub(crate) fn finish(draft: Draft) -> OomReport {
    let Draft { mut report, signs, .. } = draft;
    for victim in &report.victims {
        if let Some(total_vm) = victim.total_vm {
            report.tasks.measure_page(victim.pid, total_vm);
        }
    }
    report.stats.retain(|stats| !stats.path.is_empty() || !stats.entries.is_empty());
    report.kind = kind(&report, signs);
    report.cgroup_version = cgroup_version(&report);
    name_container(&mut report);
    report.limits_reached =
        [CounterName::Memory, CounterName::MemorySwap, CounterName::Swap, CounterName::Kmem]
            .into_iter()
            .filter(|name| report.counter(*name).is_some_and(|counter| counter.is_at_limit()))
            .collect();
    report.missing = missing(&report, signs);
    report
}

fn kind(report: &OomReport, signs: Signs) -> OomKind {
    if signs.panic {
        OomKind::Panic
    } else if signs.nothing_to_kill && report.victims.is_empty() {
        OomKind::NothingToKill
    } else if signs.sysrq {
        OomKind::Sysrq
    } else if is_memcg(report, signs) {
        OomKind::Memcg
    } else if signs.cpuset || report.constraint == Some(Constraint::Cpuset) {
        OomKind::Cpuset
    } else if signs.mempolicy || report.constraint == Some(Constraint::MemoryPolicy) || is_bound(report) {
        OomKind::Mempolicy
    } else if signs.global {
        OomKind::Global
    } else {
        OomKind::Unknown
    }
}

/// A group is killed when the machine is out of memory too; what stands before `Killed process` tells.
fn is_memcg(report: &OomReport, signs: Signs) -> bool {
    let by_line = signs.memcg || report.oom_memcg.is_some() || report.constraint == Some(Constraint::Memcg);
    by_line || (signs.group && !signs.global)
}

/// Until Linux 4.20 no line says `CONSTRAINT_MEMORY_POLICY`. The allocator concludes it when the policy leaves out a node
/// that has memory (`constrained_alloc` in mm/oom_kill.c); all that the cpuset allows have some.
fn is_bound(report: &OomReport) -> bool {
    let (Some(nodemask), Some(allowed)) = (report.nodemask.as_deref(), report.mems_allowed.as_deref()) else {
        return false;
    };
    let (Some(nodemask), Some(allowed)) = (nodes(nodemask), nodes(allowed)) else { return false };
    // The kernel prints neighbours as one range (`%*pbl`), so a range that is contained is contained in one.
    let is_left_out = |(first, last): &(u64, u64)| !nodemask.iter().any(|it| it.0 <= *first && *last <= it.1);
    report.constraint.is_none() && allowed.iter().any(is_left_out)
}

/// `0,2-3` as ranges; nothing for `(null)`.
fn nodes(list: &str) -> Option<Vec<(u64, u64)>> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some((crate::decimal::parse_u64(first)?, crate::decimal::parse_u64(last)?))
    };
    let ranges: Option<Vec<(u64, u64)>> = list.split(',').take(NODE_RANGES_MAX + 1).map(range).collect();
    ranges.filter(|ranges| ranges.len() <= NODE_RANGES_MAX)
}

/// `swap:` is printed for v2 alone. `memory+swap:` and `kmem:` were printed for both before Linux 5.3, where v2 does not count
/// in them: they prove v1 when they count or limit something, or on a kernel that has no v2 or no longer prints them for it.
fn cgroup_version(report: &OomReport) -> Option<CgroupVersion> {
    if report.swap.is_some() || report.protection.is_some() {
        return Some(CgroupVersion::V2);
    }
    let (memory_swap, kmem) = (report.memory_swap, report.kmem);
    if memory_swap.is_none() && kmem.is_none() {
        return None;
    }
    if report.oom_group.is_some() {
        return Some(CgroupVersion::V2);
    }
    let is_used = |counter: Counter| counter.usage > Bytes::ZERO || counter.limit != Limit::Unlimited;
    let has_one_level_of_tables = report.tasks.columns.iter().any(|column| column == "nr_ptes")
        && !report.tasks.columns.iter().any(|column| column == "nr_pmds");
    let is_v1_kernel =
        report.kernel.as_deref().and_then(release).is_some_and(|it| !((4, 5)..(5, 3)).contains(&it));
    let has_v1_stats = report.stats.iter().any(|stats| stats.get("hierarchical_memory_limit").is_some());
    let is_v1 = memory_swap.is_some_and(is_used)
        || kmem.is_some_and(is_used)
        || has_one_level_of_tables
        || is_v1_kernel
        || has_v1_stats;
    is_v1.then_some(CgroupVersion::V1)
}

/// `5.15` of `5.15.0-1041-azure`.
fn release(kernel: &str) -> Option<(u64, u64)> {
    let mut parts = kernel.split(|it: char| !it.is_ascii_digit());
    let mut number = || parts.next().and_then(crate::decimal::parse_u64);
    Some((number()?, number()?))
}

/// The most exact path says who it was: the victim's, the group's, the limit's, and last that of the stats.
fn name_container(report: &mut OomReport) {
    let stats = report.stats.first().map(|stats| stats.path.as_str());
    let paths =
        [report.task_memcg.as_deref(), report.oom_group.as_deref(), report.oom_memcg.as_deref(), stats];
    let container = paths.into_iter().flatten().find_map(container_of);
    let pod = paths.into_iter().flatten().find_map(pod_of);
    let invoker = report.cpuset.as_deref().and_then(container_of);
    (report.container_id, report.pod_uid, report.invoker_container_id) = (container, pod, invoker);
}

/// The innermost container of a path that a runtime can be asked for by its id. A parent that someone chose
/// (`docker run --cgroup-parent`) hides the runtime, but not the id.
fn container_of(path: &str) -> Option<ContainerId> {
    let named = identify(path).container().map(|container| container.id.clone()).filter(|id| is_id(&id.0));
    let last = || path.rsplit('/').find(|level| is_id(level)).filter(|_| pod_of(path).is_none());
    named.or_else(|| last().map(|id| ContainerId(id.to_owned())))
}

fn is_id(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// The pod, also where what is below it has no name that a runtime gives. The innermost counts.
fn pod_of(path: &str) -> Option<String> {
    let pods = identify_levels(path).filter_map(|level| match level {
        Identity::Pod(pod) => Some(pod),
        Identity::Container(it) | Identity::BelowContainer(it) | Identity::Monitor(it) => it.pod,
        Identity::Root
        | Identity::Group { .. }
        | Identity::KubeQosLevel(_)
        | Identity::KubepodsRoot
        | Identity::Unit(_)
        | Identity::BelowUnit(_)
        | Identity::Other => None,
    });
    pods.last().map(|pod| pod.uid)
}

/// The parts that a whole report of this kind has.
fn missing(report: &OomReport, signs: Signs) -> Vec<Part> {
    let is_memcg = is_memcg(report, signs);
    let is_machine = !is_memcg && (signs.global || signs.sysrq || signs.cpuset || signs.mempolicy);
    let names_cgroup = report.oom_memcg.is_some() || report.task_memcg.is_some();
    let names_victim = report.chosen.is_some() || (!is_memcg && is_before_5_0(report, signs));
    let kills = !matches!(report.kind, OomKind::Panic | OomKind::NothingToKill);
    let has_kill = !report.victims.is_empty() || !report.already_exiting.is_empty();
    let absent = [
        (Part::Header, report.order.is_none() && report.gfp_mask.is_none()),
        (Part::Counters, is_memcg && report.memory.is_none()),
        (Part::Stats, is_memcg && report.stats.is_empty() && !is_older(report, (3, 9))),
        (Part::MemInfo, is_machine && report.mem_info.is_none()),
        (Part::Tasks, report.tasks.rows_seen == 0),
        (Part::OomKillLine, kills && !names_cgroup && !names_victim),
        (Part::KillLine, kills && !has_kill),
    ];
    absent.into_iter().filter(|(_, is_absent)| *is_absent).map(|(part, _)| part).collect()
}

fn is_older(report: &OomReport, than: (u64, u64)) -> bool {
    report.kernel.as_deref().and_then(release).is_some_and(|it| it < than)
}

/// Whether the report is older than the `oom-kill:` line: Linux 5.1 took the score line away, 5.0 the cpuset's own line.
fn is_before_5_0(report: &OomReport, signs: Signs) -> bool {
    let has_cpuset_line = report.cpuset.is_some() && report.constraint.is_none();
    let is_joined = signs.kill_prefix.is_some_and(|prefix| prefix != KillPrefix::None);
    is_older(report, (4, 18)) || has_cpuset_line || (report.score_line.is_some() && !is_joined)
}
