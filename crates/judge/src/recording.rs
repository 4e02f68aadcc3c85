//! What is worth remembering of a look at the machine: a step for every workload, under a name that outlives its containers.

pub mod held;

use crate::effective_limit;
use crate::working_set::kubelet;
use crate::workload_name::{Named, is_named, workload_name};
use held::{Held, LateStep, STEPS_MAX};
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
    /// The largest number of a cgroup before this look. The kernel counts upwards (fs/kernfs/dir.c, `idr_alloc_cyclic`): a larger
    /// one was born since. Before Linux 4.14 it took the lowest that was free: there such a cgroup is one of before.
    newest: Option<CgroupId>,
    /// How many steps are held back until their cgroup has a name.
    held: usize,
    /// A name has become free: who carries a number may have it without.
    has_free_name: bool,
}

/// A cgroup that is remembered.
#[derive(Debug)]
struct Known {
    name: Option<WorkloadName>,
    naming: Naming,
    /// As long as a name is awaited.
    held: Option<Held>,
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

/// What is to be remembered of a look.
#[derive(Debug)]
pub struct Remembered<'a> {
    /// Steps of looks before, of cgroups whose name came or whose time is over, each one's in the order of time.
    pub late: Vec<LateStep>,
    /// A step for every workload.
    pub steps: Vec<(&'a WorkloadName, Step)>,
}

impl Recorder {
    /// A step for every workload of a look. Of several containers of one workload the later ones carry a number.
    pub fn look(&mut self, snapshot: &Snapshot) -> Remembered<'_> {
        self.looks += 1;
        for cgroup in &snapshot.cgroups {
            if let Some(known) = self.known.get_mut(&cgroup.id) {
                known.look = self.looks;
            }
        }
        // Before the new ones are named: a restarted container has its predecessor's name.
        let looks = self.looks;
        let gone: Vec<(CgroupId, Known)> = self.known.extract_if(|_, known| known.look != looks).collect();
        let owners = self.owners.len();
        self.owners.retain(|_, owner| self.known.contains_key(owner));
        let has_free_name = std::mem::take(&mut self.has_free_name) || self.owners.len() < owners;
        let mut late = Vec::new();
        for (id, known) in gone {
            self.let_go_nameless(id, known, &mut late);
        }
        let mut steps = Vec::with_capacity(self.known.len());
        for cgroup in &snapshot.cgroups {
            if self.may_be_renamed(cgroup, has_free_name) {
                self.name_it(cgroup, snapshot.uptime);
            }
            if let Some(step) = self.step(cgroup, snapshot.uptime, &mut late) {
                steps.push((cgroup.id, step));
            }
        }
        self.newest = self.newest.max(snapshot.cgroups.iter().map(|cgroup| cgroup.id).max());
        let named = |(id, step): (CgroupId, Step)| Some((self.known.get(&id)?.name.as_ref()?, step));
        Remembered { late, steps: steps.into_iter().filter_map(named).collect() }
    }

    /// Everything that is held back, at the end.
    pub fn end(&mut self) -> Vec<LateStep> {
        let mut late = Vec::new();
        for (id, known) in std::mem::take(&mut self.known) {
            self.let_go_nameless(id, known, &mut late);
        }
        late
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

    /// The step of a cgroup that has a name; one without is held back.
    fn step(&mut self, cgroup: &Cgroup, now: Duration, late: &mut Vec<LateStep>) -> Option<Step> {
        let known = self.known.get_mut(&cgroup.id)?;
        let step = known.step(cgroup);
        match (&known.name, &mut known.held) {
            (Some(name), held) => {
                if let Some(held) = held.take() {
                    self.held -= held.count();
                    late.extend(held.under(name));
                }
                Some(step)
            }
            (None, Some(held)) => {
                self.held += held.push(now, step, STEPS_MAX.saturating_sub(self.held));
                None
            }
            (None, None) => None,
        }
    }

    /// Lets go what is held of a cgroup that is gone before its name came.
    fn let_go_nameless(&mut self, id: CgroupId, known: Known, late: &mut Vec<LateStep>) {
        let Some(held) = known.held else { return };
        self.held -= held.count();
        let name = self.numbered(&held.fallback, id);
        late.extend(held.under(&name));
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
        let is_born = self.newest.is_some_and(|newest| newest < cgroup.id);
        let known = self.known.entry(cgroup.id).or_insert_with(|| match is_born {
            true => Known::born(now, looks),
            false => Known::found(now, looks),
        });
        if naming == Naming::Awaited {
            known.held.get_or_insert_with(|| Held::new(name));
        }
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
    /// One that was there before: what its counters say now is where counting begins.
    const fn found(since: Duration, look: u64) -> Self {
        Self {
            name: None,
            naming: Naming::Awaited,
            held: None,
            since,
            look,
            peak: None,
            kills: None,
            refaults: None,
        }
    }

    /// One that came since the look before: all that is counted of it happened since.
    fn born(since: Duration, look: u64) -> Self {
        Self { peak: Some(Bytes(0)), kills: Some(0), refaults: Some(0), ..Self::found(since, look) }
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

/// How much a counter rose since it was last read. The first reading of one that was found tells nothing, and one that went back is another counter.
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

#[cfg(test)]
mod tests;
