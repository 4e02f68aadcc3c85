//! What is worth remembering of a look at the machine: a step for every workload, under a name that outlives its containers.

use crate::effective_limit;
use crate::working_set::kubelet;
use crate::workload_name::{Named, is_named, workload_name};
use kernel::bytes::Bytes;
use model::cgroup::{Cgroup, CgroupId};
use model::recorded::{Peaked, Step, WorkloadName};
use model::snapshot::Snapshot;
use std::collections::HashMap;
use std::time::Duration;

/// An engine is given so long to tell a new container's name before its id has to do.
const NAME_AWAITED: Duration = Duration::from_secs(5);

/// What is known of every cgroup from the look before.
#[derive(Debug, Default)]
pub struct Recorder {
    known: HashMap<CgroupId, Known>,
    owners: HashMap<WorkloadName, CgroupId>,
    looks: u64,
    /// A name has become free: who carries a number may have it without.
    has_free_name: bool,
}

/// A cgroup that is remembered.
#[derive(Debug)]
struct Known {
    name: Option<WorkloadName>,
    naming: Naming,
    since: Duration,
    look: u64,
    peak: Option<Bytes>,
    kills: Option<u64>,
    refaults: Option<u64>,
}

/// What may yet become of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Naming {
    /// It is awaited.
    Awaited,
    /// It is the beginning of an id, until the engine tells more.
    ById,
    /// It carries a number, until the one before is gone.
    Numbered,
    /// Nothing.
    Final,
}

impl Recorder {
    /// A step for every workload of a look. Of several containers of one workload the later ones carry a number.
    pub fn steps(&mut self, snapshot: &Snapshot) -> Vec<(&WorkloadName, Step)> {
        self.looks += 1;
        for cgroup in &snapshot.cgroups {
            if let Some(known) = self.known.get_mut(&cgroup.id) {
                known.look = self.looks;
            }
        }
        // Before the new ones are named: a restarted container has its predecessor's name.
        let looks = self.looks;
        self.known.retain(|_, known| known.look == looks);
        let owners = self.owners.len();
        self.owners.retain(|_, owner| self.known.contains_key(owner));
        let has_free_name = std::mem::take(&mut self.has_free_name) || self.owners.len() < owners;
        let mut steps = Vec::with_capacity(self.known.len());
        for cgroup in &snapshot.cgroups {
            if self.may_be_renamed(cgroup, has_free_name) {
                self.name_it(cgroup, snapshot.uptime);
            }
            if let Some(step) = self.step(cgroup) {
                steps.push((cgroup.id, step));
            }
        }
        let named = |(id, step): (CgroupId, Step)| Some((self.known.get(&id)?.name.as_ref()?, step));
        steps.into_iter().filter_map(named).collect()
    }

    /// The name of a cgroup at the last look.
    #[must_use]
    pub fn name(&self, cgroup: CgroupId) -> Option<&WorkloadName> {
        self.known.get(&cgroup)?.name.as_ref()
    }

    /// Every name of the last look, with its cgroup.
    pub fn names(&self) -> impl Iterator<Item = (&WorkloadName, CgroupId)> {
        self.owners.iter().map(|(name, cgroup)| (name, *cgroup))
    }

    fn step(&mut self, cgroup: &Cgroup) -> Option<Step> {
        let known = self.known.get_mut(&cgroup.id)?;
        known.name.as_ref()?;
        Some(known.step(cgroup))
    }

    /// Whether making the name again could give another one: it is made of strings, for each cgroup at each look.
    fn may_be_renamed(&self, cgroup: &Cgroup, has_free_name: bool) -> bool {
        match self.known.get(&cgroup.id).map(|known| known.naming) {
            None | Some(Naming::Awaited) => true,
            Some(Naming::ById) => has_free_name || is_named(cgroup),
            Some(Naming::Numbered) => has_free_name,
            Some(Naming::Final) => false,
        }
    }

    fn name_it(&mut self, cgroup: &Cgroup, now: Duration) {
        let (name, is_whole) = match workload_name(cgroup) {
            Named::Nobody => return,
            Named::As(name) => (name, true),
            Named::ById(name) => (name, false),
        };
        let since = self.known.get(&cgroup.id).map_or(now, |known| known.since);
        // At the first look nobody was asked yet, and a container that is gone in a moment has a name soon or never.
        let has_waited = is_whole || now.saturating_sub(since) >= NAME_AWAITED;
        let numbered = has_waited.then(|| self.numbered(&name, cgroup.id));
        let naming = match &numbered {
            None => Naming::Awaited,
            Some(_) if !is_whole => Naming::ById,
            Some(numbered) if *numbered == name => Naming::Final,
            Some(_) => Naming::Numbered,
        };
        let looks = self.looks;
        let known = self.known.entry(cgroup.id).or_insert_with(|| Known::new(now, looks));
        if known.name != numbered {
            if let Some(before) = &known.name {
                self.owners.remove(before);
                self.has_free_name = true;
            }
            if let Some(name) = &numbered {
                self.owners.insert(name.clone(), cgroup.id);
            }
            known.name = numbered;
        }
        known.naming = naming;
    }

    /// The name, with a number as long as another cgroup that is there has it.
    fn numbered(&self, name: &WorkloadName, id: CgroupId) -> WorkloadName {
        let is_free = |name: &WorkloadName| self.owners.get(name).is_none_or(|owner| *owner == id);
        if is_free(name) {
            return name.clone();
        }
        let current = self.known.get(&id).and_then(|known| known.name.as_ref());
        if let Some(current) = current.filter(|current| current.as_str().starts_with(name.as_str())) {
            return current.clone();
        }
        let numbers = 2..=self.owners.len() as u64 + 2;
        let mut names = numbers.map(|number| WorkloadName::new(format!("{name} #{number}")));
        names.find(is_free).unwrap_or_else(|| name.clone())
    }
}

impl Known {
    const fn new(since: Duration, look: u64) -> Self {
        Self { name: None, naming: Naming::Awaited, since, look, peak: None, kills: None, refaults: None }
    }

    fn step(&mut self, cgroup: &Cgroup) -> Step {
        let peaked = |amount: Option<Bytes>| amount.map(Peaked::at);
        let peak = cgroup.memory.peak.get();
        // A peak that rose since the look before was reached between the two.
        let risen = peak.filter(|peak| self.peak.is_some_and(|before| before < *peak));
        self.peak = peak;
        let usage =
            cgroup.memory.usage.get().map(|last| Peaked { last, peak: risen.unwrap_or(last).max(last) });
        let pressure = cgroup.pressure.value();
        let kills = cgroup.processes_killed().get();
        let refaults = refaults(cgroup);
        Step {
            usage,
            working_set: peaked(kubelet(cgroup).get()),
            swap: peaked(cgroup.swap_usage().get()),
            memory_limit: cgroup.memory.limit.get(),
            swap_limit: effective_limit::own_swap(cgroup).get(),
            pressure_some: pressure.map(|pressure| pressure.some.avg10),
            pressure_full: pressure.and_then(|pressure| Some(pressure.full.as_ref()?.avg10)),
            oom_kills: risen_by(&mut self.kills, kills),
            refaults: risen_by(&mut self.refaults, refaults),
        }
    }
}

/// How much a counter rose since it was last read. The first reading tells nothing, and one that went back is another counter.
fn risen_by(before: &mut Option<u64>, now: Option<u64>) -> Option<u64> {
    let risen = before.zip(now).map(|(before, now)| now.saturating_sub(before));
    *before = now.or(*before);
    risen
}

fn refaults(cgroup: &Cgroup) -> Option<u64> {
    // Before 5.9 the kernel counted refaults of files alone, under one name.
    let keys = ["workingset_refault_anon", "workingset_refault_file", "workingset_refault"];
    let found = keys.map(|key| cgroup.stat_total(key).get());
    found.iter().any(Option::is_some).then(|| found.into_iter().flatten().sum())
}
