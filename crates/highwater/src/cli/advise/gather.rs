//! Histories brought together by workload, each with its class, what is set, and its advice.

use crate::cli::advise::compose::{ComposeFile, ComposeService};
use crate::cli::history::ReadHistories;
use crate::cli::parallel;
use crate::cli::progress::Progress;
use judge::recommend::veto::{MemoryMakeUp, veto};
use judge::recommend::{advise, class_cap, heap, leaking, node, replicas, workload};
use kernel::bytes::Bytes;
use model::history::{MemoryParts, WorkloadHistory};
use model::policy::{AssignedBy, Environment, MemoryPolicy, PolicyAssignment, PolicySubject, WorkloadClass};
use model::recommendation::{Advice, AdvisedWorkload, AskedOfNodes, Controller, Missing};
use model::replica::Replica;
use std::collections::HashMap;

/// What decides on classes and limits beside the histories.
pub struct Asked<'a> {
    /// The policy.
    pub policy: &'a MemoryPolicy,
    /// The class of all.
    pub class: Option<WorkloadClass>,
    /// The environment of all.
    pub environment: Option<Environment>,
    /// The Compose file.
    pub compose: Option<&'a ComposeFile>,
}

/// A workload with its advice and the history that explains it.
pub struct Gathered<'a> {
    /// The workload.
    pub workload: AdvisedWorkload,
    /// What the Compose file calls it.
    pub service: Option<&'a str>,
    /// The history of the replica that needs most.
    pub hottest: &'a WorkloadHistory,
    /// The histories of its replicas that there is advice for: those that run.
    pub histories: Vec<&'a WorkloadHistory>,
}

impl Gathered<'_> {
    /// Whether it, or one of its replicas, has that name.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        self.workload.name == name
            || self.service == Some(name)
            || self.workload.place.as_ref().is_some_and(|place| place.is_named(name))
            || self.workload.replicas.iter().any(|replica| replica == name)
    }
}

/// Advice for every workload, in the order in which they first appear.
///
/// # Errors
/// When a thread ended early.
pub fn advised<'a>(read: &'a ReadHistories, asked: &Asked<'a>) -> anyhow::Result<Vec<Gathered<'a>>> {
    let groups = groups(read);
    let newest = newest(&read.histories.workloads);
    let progress = Progress::new(groups.len(), "workloads advised", true);
    let all = parallel::each(&groups, &progress, |group| one(group, read, &newest, asked))?;
    Ok(all.into_iter().flatten().collect())
}

/// What the advised containers ask of nodes of this kind.
#[must_use]
pub fn nodes(
    gathered: &[Gathered],
    interval_seconds: u64,
    memory: Bytes,
    swap: Bytes,
) -> Option<AskedOfNodes> {
    let members = gathered.iter().flat_map(|one| {
        let advised = one.workload.recommendation();
        let histories = one.histories.iter();
        histories.filter_map(move |history| Some(node::Member { series: &history.series, advised: advised? }))
    });
    node::asked(&members.collect::<Vec<_>>(), interval_seconds, memory, swap)
}

/// Histories of one workload's replicas: by their owner where the source tells, else by their names.
fn groups(read: &ReadHistories) -> Vec<Vec<&WorkloadHistory>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<&WorkloadHistory>> = Vec::new();
    for history in &read.histories.workloads {
        let key = match read.replicas.get(&history.name) {
            Some(replica) => placed_name(replica),
            None => workload::of(&history.name).0.to_owned(),
        };
        let place = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(history),
            None => groups.push(vec![history]),
        }
    }
    groups
}

/// A workload's container, told apart from all others of a server.
fn placed_name(replica: &Replica) -> String {
    let Replica { cluster, namespace, kind, workload, container, .. } = replica;
    let kind = if matches!(kind.as_str(), "" | "Deployment") { "" } else { kind };
    let parts = [cluster.as_str(), namespace, kind, workload, container];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

fn controller(replica: &Replica) -> Controller {
    match replica.kind.as_str() {
        "Deployment" => Controller::Deployment,
        "StatefulSet" => Controller::StatefulSet,
        "DaemonSet" => Controller::DaemonSet,
        _ => Controller::Unknown,
    }
}

/// The newest sample of each file: files may count from their own start.
fn newest(histories: &[WorkloadHistory]) -> HashMap<&str, i64> {
    let mut newest: HashMap<&str, i64> = HashMap::new();
    for history in histories {
        let last = history.series.samples().last().map_or(i64::MIN, |sample| sample.seconds);
        let held = newest.entry(history.origin.as_str()).or_insert(last);
        *held = last.max(*held);
    }
    newest
}

fn one<'a>(
    group: &[&'a WorkloadHistory],
    read: &ReadHistories,
    newest: &HashMap<&str, i64>,
    asked: &Asked<'a>,
) -> Option<Gathered<'a>> {
    let first = *group.first()?;
    let place = read.replicas.get(&first.name);
    let (name, controller) = match place {
        Some(replica) => (replica.workload.as_str(), controller(replica)),
        None => workload::of(&first.name),
    };
    let service = asked.compose.and_then(|compose| compose.service_of(name));
    let assignment = assignment(asked, name, first, service.and_then(|service| service.image.as_deref()));
    let treatment = asked.policy.treatment(assignment.class, assignment.environment);
    let runtime = service.map(ComposeService::heap_settings).unwrap_or_default();
    let made_of =
        MemoryMakeUp { language: runtime.first().map(|setting| setting.language), parts: parts(group) };
    let (mut recommended, mut missing): (Vec<_>, Vec<Missing>) = (Vec::new(), Vec::new());
    for history in group {
        let asked = advise::Asked {
            history,
            interval_seconds: read.interval_seconds,
            newest: newest.get(history.origin.as_str()).copied().unwrap_or(i64::MIN),
            class: assignment.class,
            class_by: assignment.class_by,
            cap: class_cap::of(treatment),
            veto: veto(&made_of),
        };
        match advise::advise(&asked) {
            Advice::Recommended(recommendation) => recommended.push((*history, recommendation)),
            Advice::NotEnough(lacking) => missing.extend(lacking),
        }
    }
    let hottest = recommended
        .iter()
        .max_by_key(|(_, one)| one.memory.saturating_add(one.swap))
        .map_or(first, |(history, _)| *history);
    let histories: Vec<&WorkloadHistory> = recommended.iter().map(|(history, _)| *history).collect();
    let named = recommended.into_iter().map(|(history, one)| (told_apart(history, group), one)).collect();
    let advice = match replicas::together(named) {
        Some(mut advised) => {
            advised.because.extend(leaking::because(&histories, read.interval_seconds, &advised));
            Advice::Recommended(advised)
        }
        None => Advice::NotEnough(missing),
    };
    // A replica that is gone has no limits any more; those that are there have.
    let today =
        group.iter().find_map(|history| history.limits).or_else(|| service.and_then(|service| service.today));
    let heap = match (&advice, service) {
        (Advice::Recommended(advised), Some(service)) => {
            heap::notes(&service.words(), &service.variables(), advised.memory)
        }
        (Advice::Recommended(_), None) | (Advice::NotEnough(_), _) => Vec::new(),
    };
    let mut replicas: Vec<String> = group.iter().map(|history| history.name.clone()).collect();
    replicas.sort();
    let name = place.map_or_else(|| name.to_owned(), placed_name);
    let place = place.cloned();
    let workload = AdvisedWorkload { name, place, controller, replicas, assignment, today, advice, heap };
    let service = service.map(ComposeService::name);
    Some(Gathered { workload, service, hottest, histories })
}

/// Its name, and its file where another of that name is beside it.
fn told_apart(history: &WorkloadHistory, group: &[&WorkloadHistory]) -> String {
    let alike = group.iter().filter(|other| other.name == history.name).count();
    if alike > 1 { format!("{} of {}", history.name, history.origin) } else { history.name.clone() }
}

/// Of all replicas together, as they get one limit; those that do not tell are left out.
fn parts(group: &[&WorkloadHistory]) -> Option<MemoryParts> {
    group.iter().filter_map(|history| history.parts).reduce(MemoryParts::and)
}

fn assignment(asked: &Asked, name: &str, first: &WorkloadHistory, image: Option<&str>) -> PolicyAssignment {
    let names = vec![name.to_owned(), first.name.clone()];
    let subject = PolicySubject { names, image: image.map(str::to_owned), ..PolicySubject::default() };
    let mut assignment = judge::policy::assign(asked.policy, &subject);
    if let Some(class) = asked.class {
        (assignment.class, assignment.class_by) = (class, AssignedBy::Asked);
    }
    if let Some(environment) = asked.environment {
        (assignment.environment, assignment.environment_by) = (environment, AssignedBy::Asked);
    }
    assignment
}
