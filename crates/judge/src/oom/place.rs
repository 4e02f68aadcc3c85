//! Where a victim lived, and what kind of level ran out of memory.

use crate::oom::Observed;
use crate::oom::attribute::is_at_or_below;
use kernel::cgroup_path::{Container as PathContainer, Identity, Runtime, UnitKind, identify};
use kernel::limit::Limit;
use kernel::oom_report::report::{OomKind, OomReport};
use model::cgroup::Cgroup;
use model::container::{Container, PodName};
use model::incident::observed::CounterChange;
use model::incident::{Level, Place, Scope};
use model::reading::Reading;

/// Where the victim lived, by the report's path or by the counter that tells of it.
#[must_use]
pub fn place(report: &OomReport, change: Option<&CounterChange>, observed: &Observed<'_>) -> Place {
    // A group is killed whole: its victim was in it, or below it.
    let named = report.task_memcg.clone().or_else(|| report.oom_group.clone());
    let path = named.or_else(|| change.map(|change| change.cgroup.path.clone()));
    let around = path.as_deref().or(report.oom_memcg.as_deref()).or(only_stats(report));
    let identity = around.map_or(Identity::Other, identify);
    let seen = identity.container();
    let named = report.container_id.as_ref();
    let known = observed.cgroups.iter().find(|cgroup| match (&cgroup.container, seen, named) {
        (Some(container), Some(seen), _) => container.id == seen.id,
        (Some(container), None, Some(named)) => container.id == *named,
        (Some(_), None, None) => false,
        (None, _, _) => path.as_deref() == Some(&cgroup.path),
    });
    let container = known
        .and_then(|cgroup| cgroup.container.clone())
        .or_else(|| seen.map(from_path))
        .map(|container| told_by_runtime(container, observed));
    let own = if let Identity::Pod(pod) = &identity { Some(pod) } else { None };
    let pod = own.or_else(|| container.as_ref()?.pod.as_ref()).cloned();
    let pod_name = pod_name(container.as_ref(), pod.as_ref().map(|pod| pod.uid.as_str()), observed.cgroups);
    let cgroup = change.map(|change| change.cgroup.id).or_else(|| known.map(|known| known.id));
    Place {
        host: report.host.clone(),
        path: path.into(),
        cgroup,
        container,
        pod,
        pod_name,
        unit: identity.unit().map(|unit| unit.name.clone()),
    }
}

/// The level that ran out, and the limits known there.
#[must_use]
pub fn level(
    report: &OomReport,
    place: &Place,
    change: Option<&CounterChange>,
    observed: &Observed<'_>,
) -> Level {
    let printed = report.oom_memcg.as_deref().or(stats_of_level(report)).map(str::to_owned);
    let path = printed.or_else(|| level_by_counters(change, observed));
    let scope = match report.kind {
        OomKind::Global => Scope::Node,
        OomKind::Cpuset => Scope::Cpuset,
        OomKind::Mempolicy => Scope::MemoryPolicy,
        OomKind::Sysrq => Scope::Requested,
        OomKind::Panic if path.is_none() => Scope::Node,
        // A cgroup's report ends with that line as well, and so does SysRq-f.
        OomKind::NothingToKill if path.is_none() && report.mem_info.is_some() => Scope::Node,
        OomKind::Panic | OomKind::NothingToKill | OomKind::Memcg | OomKind::Unknown => {
            path.as_deref().map_or(Scope::Unknown, |path| scope(path, place.path.value().map(String::as_str)))
        }
    };
    // What the report printed is of that moment; the cgroup may have another limit now.
    let printed = report.memory.map(|counter| counter.limit);
    let held = || path.as_deref().map_or(Reading::Absent, |path| limit_of(path, observed));
    let limit = Reading::from(printed).or_if_absent(held);
    let own_limit = place
        .container
        .as_ref()
        .and_then(|container| observed.cgroups.iter().find(|cgroup| is_container(cgroup, container)))
        .map_or(Reading::Absent, |cgroup| cgroup.memory.limit.clone())
        .or_if_absent(|| place.path.value().map_or(Reading::Absent, |path| limit_of(path, observed)));
    Level { scope, path: path.into(), limit, own_limit }
}

/// The cgroup whose stats follow its counters: the level's own come first (`mem_cgroup_print_oom_meminfo` in mm/memcontrol.c).
fn stats_of_level(report: &OomReport) -> Option<&str> {
    let first = report.stats.first().filter(|stats| report.memory.is_some() && !stats.path.is_empty());
    first.map(|stats| stats.path.as_str())
}

/// Where only one cgroup has stats, the victim was in it or below it.
fn only_stats(report: &OomReport) -> Option<&str> {
    match report.stats.as_slice() {
        [only] if !only.path.is_empty() => Some(&only.path),
        [] | [_] | [_, _, ..] => None,
    }
}

/// What kind of level a cgroup is, as seen from the victim's.
#[must_use]
pub fn scope(level: &str, victim: Option<&str>) -> Scope {
    let is_own = victim == Some(level);
    match identify(level) {
        Identity::Root => Scope::Node,
        Identity::Container(container) => {
            let victim = victim.map(identify);
            let victims = victim.as_ref().and_then(Identity::container);
            let is_victims = victims.is_none_or(|victims| victims.id == container.id);
            if is_victims { Scope::Container } else { Scope::OuterContainer }
        }
        Identity::BelowContainer(_) => Scope::PartOfContainer,
        Identity::Group { .. } => Scope::Group,
        Identity::Pod(_) => Scope::Pod,
        Identity::KubeQosLevel(_) => Scope::QosLevel,
        Identity::KubepodsRoot => Scope::Kubepods,
        Identity::Unit(unit) if unit.kind != UnitKind::Slice => Scope::Unit,
        Identity::BelowUnit(_) => Scope::Unit,
        Identity::Unit(_) => Scope::Slice,
        Identity::Monitor(_) | Identity::Other if is_own => Scope::Cgroup,
        Identity::Monitor(_) | Identity::Other => Scope::Slice,
    }
}

/// The innermost cgroup at or above the victim's whose own limit was hit between the two looks (v2 counts that).
fn level_by_counters(change: Option<&CounterChange>, observed: &Observed<'_>) -> Option<String> {
    let change = change?;
    let hit = |other: &&CounterChange| {
        let rose = other.rose(|counters| counters.own_limit_hits.clone());
        is_at_or_below(&change.cgroup.path, &other.cgroup.path)
            && rose.get().is_some_and(|rose| rose > 0)
            && other.from <= change.to
            && change.from <= other.to
    };
    let levels = observed.changes.iter().filter(hit);
    levels.max_by_key(|other| other.cgroup.path.len()).map(|other| other.cgroup.path.clone())
}

fn limit_of(path: &str, observed: &Observed<'_>) -> Reading<Limit> {
    let cgroup = observed.cgroups.iter().find(|cgroup| cgroup.path == path);
    let moment = || observed.moments.iter().rev().find(|moment| moment.cgroup.path == path);
    cgroup
        .map_or(Reading::Absent, |cgroup| cgroup.memory.limit.clone())
        .or_if_absent(|| moment().map_or(Reading::Absent, |moment| moment.limit.clone()))
}

fn is_container(cgroup: &Cgroup, container: &Container) -> bool {
    cgroup.container.as_ref().is_some_and(|other| other.id == container.id)
}

/// Fills in what the runtime says of a container whose cgroup was gone before anybody could ask for its name.
fn told_by_runtime(container: Container, observed: &Observed<'_>) -> Container {
    let Some(told) = observed.containers.iter().find(|told| told.id == container.id) else {
        return container;
    };
    let runtime = match container.runtime {
        Runtime::Unknown => told.runtime,
        Runtime::Docker
        | Runtime::Containerd
        | Runtime::CriO
        | Runtime::Podman
        | Runtime::Lxc
        | Runtime::Nspawn
        | Runtime::Buildkit => container.runtime,
    };
    Container {
        runtime,
        name: container.name.or_if_absent(|| told.name.clone()),
        image: container.image.or_if_absent(|| told.image.clone()),
        compose: container.compose.or_else(|| told.compose.clone()),
        declared: container.declared.or_if_absent(|| told.declared.clone()),
        pid: container.pid.or_if_absent(|| told.pid.clone()),
        ..container
    }
}

fn from_path(seen: &PathContainer) -> Container {
    Container {
        id: seen.id.clone(),
        runtime: seen.runtime,
        name: Reading::Absent,
        image: Reading::Absent,
        compose: None,
        pod: seen.pod.clone(),
        pod_container: None,
        declared: Reading::Absent,
        pid: Reading::Absent,
    }
}

fn pod_name(container: Option<&Container>, uid: Option<&str>, cgroups: &[Cgroup]) -> Option<PodName> {
    if let Some(named) = container.and_then(|container| container.pod_container.as_ref()) {
        return Some(named.pod.clone());
    }
    let uid = uid?;
    let is_pod = |cgroup: &&Cgroup| matches!(&cgroup.identity, Identity::Pod(pod) if pod.uid == uid);
    cgroups.iter().find(is_pod).and_then(|cgroup| cgroup.pod_name.clone())
}
