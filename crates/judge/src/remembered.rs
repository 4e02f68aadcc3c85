//! What of a look is remembered: a step for each workload, under a name that outlives a restart.

use crate::recommend::workload;
use crate::working_set;
use kernel::bytes::Bytes;
use kernel::cgroup_path::{Identity, UnitKind, unit_unescape};
use model::cgroup::{Cgroup, CgroupId, Swap};
use model::container::Container;
use model::reading::Reading;
use model::recorded::{Peaked, Step, WorkloadName};
use model::snapshot::Snapshot;
use model::swap_limit::SwapLimit;
use std::collections::HashMap;

/// What the kernel's counters said at the last look, so that the next one tells what was counted since.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountersBefore {
    /// None before the first look: what was counted before it happened at an unknown time.
    counters: Option<HashMap<CgroupId, Counters>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counters {
    kills: Option<u64>,
    refaults: Option<u64>,
}

impl CountersBefore {
    /// The steps of a look. Of two cgroups of one workload (replicas on this machine) the larger one stands last, and so it is
    /// what a history takes for the last reading.
    pub fn steps(&mut self, snapshot: &Snapshot) -> Vec<(WorkloadName, Step)> {
        let mut counters = HashMap::new();
        let mut steps = Vec::new();
        for cgroup in &snapshot.cgroups {
            let Some(name) = name(cgroup) else { continue };
            let now = Counters { kills: cgroup.oom_kills().get(), refaults: refaults(cgroup) };
            let before = self.counters.as_ref().map(|counters| counters.get(&cgroup.id).copied());
            counters.insert(cgroup.id, now);
            steps.push((name, step(cgroup, now, before)));
        }
        self.counters = Some(counters);
        steps.sort_by(|(one, left), (other, right)| {
            let usage = |step: &Step| step.usage.map(|usage| usage.last);
            one.cmp(other).then(usage(left).cmp(&usage(right)))
        });
        steps
    }
}

/// The name under which a cgroup is remembered; none for what is no workload of its own.
///
/// `namespace/owner/container` of a pod, `project/service` of Compose, a container's name, else its id; a unit that systemd runs.
#[must_use]
pub fn name(cgroup: &Cgroup) -> Option<WorkloadName> {
    if let Some(container) = &cgroup.container {
        return container_name(container).map(WorkloadName::new);
    }
    match &cgroup.identity {
        Identity::Container(container) => Some(WorkloadName::new(container.id.short())),
        Identity::Unit(unit) => match unit.kind {
            UnitKind::Service | UnitKind::Scope => Some(WorkloadName::new(unit_unescape(&unit.name))),
            UnitKind::Slice | UnitKind::Mount | UnitKind::Socket | UnitKind::Swap => None,
        },
        Identity::Root
        | Identity::BelowContainer(_)
        | Identity::Monitor(_)
        | Identity::Group { .. }
        | Identity::Pod(_)
        | Identity::KubeQosLevel(_)
        | Identity::KubepodsRoot
        | Identity::BelowUnit(_)
        | Identity::Other => None,
    }
}

/// A pod's sandbox has no name of its own and is not remembered.
fn container_name(container: &Container) -> Option<String> {
    if let Some(pod) = &container.pod_container {
        let own = pod.container.as_ref()?;
        let (owner, _) = workload::of(&pod.pod.name);
        return Some(format!("{}/{owner}/{own}", pod.pod.namespace));
    }
    if let Some(service) = &container.compose {
        return Some(format!("{}/{}", service.project, service.service));
    }
    Some(container.name.value().cloned().unwrap_or_else(|| container.id.short().to_owned()))
}

fn step(cgroup: &Cgroup, now: Counters, before: Option<Option<Counters>>) -> Step {
    let amount = |amount: Reading<Bytes>| amount.get().map(Peaked::at);
    let pressure = cgroup.pressure.get();
    Step {
        usage: amount(cgroup.memory.usage.clone()),
        working_set: amount(working_set::working_sets(cgroup).kubelet),
        swap: amount(cgroup.swap_usage()),
        memory_limit: cgroup.memory.limit.get(),
        swap_limit: swap_limit(cgroup),
        pressure_some: pressure.map(|pressure| pressure.some.avg10),
        pressure_full: pressure.and_then(|pressure| pressure.full).map(|full| full.avg10),
        oom_kills: since(now.kills, before, |before| before.kills),
        refaults: since(now.refaults, before, |before| before.refaults),
    }
}

/// What was counted since the look before. A cgroup that was not there then has counted all of it since; a counter that went
/// back is another counter, and counts from zero.
fn since(
    now: Option<u64>,
    before: Option<Option<Counters>>,
    counter: impl Fn(Counters) -> Option<u64>,
) -> Option<u64> {
    let now = now?;
    match before? {
        None => Some(now),
        Some(before) => counter(before).map(|before| now.checked_sub(before).unwrap_or(now)),
    }
}

/// Swap alone: on v1 what the combined limit leaves beside the memory limit.
fn swap_limit(cgroup: &Cgroup) -> Option<SwapLimit> {
    match &cgroup.swap {
        Swap::V2(swap) => swap.limit.get(),
        Swap::V1(swap) => {
            let (combined, memory) = swap.combined_limit.get().zip(cgroup.memory.limit.get())?;
            SwapLimit::from_combined(combined, memory).ok()
        }
    }
}

/// Pages that came back, of files and anonymous; before Linux 5.9 one counter told both.
fn refaults(cgroup: &Cgroup) -> Option<u64> {
    let stat = cgroup.stat.value()?;
    let prefix = match cgroup.swap {
        Swap::V2(_) => "",
        Swap::V1(_) => "total_",
    };
    let counter = |name: &str| stat.get(&format!("{prefix}{name}"));
    match (counter("workingset_refault_anon"), counter("workingset_refault_file")) {
        (Some(anon), Some(file)) => Some(anon.saturating_add(file)),
        (_, _) => counter("workingset_refault"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, CountersBefore, Peaked, Reading, Step, SwapLimit, name};
    use kernel::cgroup_v2::MemoryEvents;
    use kernel::hierarchy::CgroupVersion;
    use kernel::limit::Limit;
    use model::cgroup::{Cgroup, CgroupId};
    use model::container::{ComposeService, PodContainer, PodName};
    use testkit::imagined::{Imagined, at_mib, declares, limits_v1, mib, stat, stat_mib, swaps};

    const PATH: &str =
        "/system.slice/docker-c0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff.scope";

    fn look(change: impl FnOnce(&mut Cgroup)) -> Imagined {
        let mut machine = Imagined::new(CgroupVersion::V2);
        machine.cgroup(PATH, |cgroup| {
            declares(cgroup, Limit::Unlimited, Limit::Unlimited, None);
            change(cgroup);
        });
        machine
    }

    fn counted(cgroup: &mut Cgroup, id: u64, kills: u64, refaults: u64) {
        cgroup.id = CgroupId(id);
        let text = format!("low 0\nhigh 0\nmax 0\noom 0\noom_kill {kills}\n");
        cgroup.events.hierarchical = Reading::Value(MemoryEvents::parse(&text).unwrap());
        cgroup.stat = stat(CgroupVersion::V2, &[("workingset_refault_anon", refaults)], |_| true);
    }

    fn only(steps: &[(super::WorkloadName, Step)]) -> Step {
        assert_eq!(steps.len(), 1, "{steps:?}");
        steps[0].1
    }

    #[test]
    fn figures_are_those_of_the_look() {
        let machine = look(|cgroup| {
            cgroup.memory.usage = mib(100);
            cgroup.memory.limit = at_mib(128);
            cgroup.stat = stat_mib(CgroupVersion::V2, &[("inactive_file", 30)]);
            swaps(cgroup, 7, at_mib(64));
            cgroup.pressure = Reading::Absent;
        });
        let step = only(&CountersBefore::default().steps(&machine.snapshot));
        assert_eq!(step.usage, Some(Peaked::at(Bytes::from_mib(100))));
        assert_eq!(step.working_set, Some(Peaked::at(Bytes::from_mib(70))));
        assert_eq!(step.swap, Some(Peaked::at(Bytes::from_mib(7))));
        assert_eq!(step.memory_limit, Some(Limit::At(Bytes::from_mib(128))));
        assert_eq!(step.swap_limit, Some(SwapLimit(Limit::At(Bytes::from_mib(64)))));
        assert_eq!((step.pressure_some, step.oom_kills), (None, None), "not read is not zero");
    }

    #[test]
    fn a_restarted_container_counts_from_its_beginning_and_loses_nothing() {
        let mut before = CountersBefore::default();
        let mut at = |id, kills, refaults| {
            let machine = look(|cgroup| counted(cgroup, id, kills, refaults));
            let step = only(&before.steps(&machine.snapshot));
            (step.oom_kills, step.refaults)
        };
        assert_eq!(at(1, 5, 50), (None, None), "what was counted before the first look has no time");
        assert_eq!(at(1, 6, 50), (Some(1), Some(0)));
        assert_eq!(at(2, 2, 9), (Some(2), Some(9)), "another cgroup of the same name");
        assert_eq!(at(2, 2, 10), (Some(0), Some(1)));
    }

    #[test]
    fn names_outlive_a_restart() {
        let named = |change: fn(&mut Cgroup)| {
            let machine = look(change);
            machine.snapshot.cgroups.last().and_then(name).map(|name| name.to_string())
        };
        assert_eq!(named(|_| {}).as_deref(), Some("web"));
        let compose = named(|cgroup| {
            let service = ComposeService { project: "shop".to_owned(), service: "api".to_owned() };
            cgroup.container.as_mut().unwrap().compose = Some(service);
        });
        assert_eq!(compose.as_deref(), Some("shop/api"));
        let of_pod = |container: Option<&str>| PodContainer {
            pod: PodName { namespace: "default".to_owned(), name: "api-5f6585d649-fnmft".to_owned() },
            container: container.map(str::to_owned),
        };
        let mut machine =
            look(|cgroup| cgroup.container.as_mut().unwrap().pod_container = Some(of_pod(Some("app"))));
        let name_of = |machine: &Imagined| machine.snapshot.cgroups.last().and_then(name);
        assert_eq!(name_of(&machine).unwrap().as_str(), "default/api/app");
        let pause = machine.snapshot.cgroups.last_mut().unwrap();
        pause.container.as_mut().unwrap().pod_container = Some(of_pod(None));
        assert_eq!(name_of(&machine), None);
        machine.cgroup("/system.slice/ssh\\x2dagent.service", |_| {});
        assert_eq!(name_of(&machine).unwrap().as_str(), "ssh-agent.service");
        machine.cgroup("/system.slice", |_| {});
        assert_eq!(name_of(&machine), None);
    }

    #[test]
    fn on_v1_the_swap_limit_is_what_the_combined_limit_leaves() {
        let mut machine = Imagined::new(CgroupVersion::V1);
        machine.cgroup("/system.slice/web.service", |cgroup| limits_v1(cgroup, at_mib(64), at_mib(96)));
        let step = only(&CountersBefore::default().steps(&machine.snapshot));
        assert_eq!(step.swap_limit, Some(SwapLimit(Limit::At(Bytes::from_mib(32)))));
    }
}
