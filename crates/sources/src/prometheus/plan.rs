//! Which questions a fetch consists of: bulk first, then only where there was swap or a kill.

use crate::prometheus::gathered::{ContainerKey, Gathered};
use crate::prometheus::job::{Ask, Job};
use crate::prometheus::query::{PRESENT, RARE, Rare, World, any_beginning, any_of};
use crate::prometheus::settings::FetchSettings;
use crate::prometheus::shards::{NamespaceCount, Namespaces, Shard, Span, shards};
use model::replica::Replica;
use std::collections::{BTreeMap, BTreeSet};

/// With more pods a list of their names is longer than what it saves.
const PODS_NAMED_MAX: usize = 500;

/// A moment costs a server a hundredth of the whole time.
const MOMENTS_MAX: usize = 16;

/// How many workloads are named where the wanted one is not there.
const WORKLOADS_TOLD_MAX: usize = 8;

/// The moments that are asked for, on whole steps, so that asking again gives the same.
#[must_use]
pub fn span(settings: &FetchSettings, now: i64) -> Span {
    let step = i64::try_from(settings.step_seconds).unwrap_or(i64::MAX).max(1);
    let steps =
        i64::try_from(settings.window_seconds / settings.step_seconds.max(1)).unwrap_or(i64::MAX).max(1);
    let end = now.div_euclid(step) * step;
    let start = end.saturating_sub((steps - 1).saturating_mul(step)).max(0);
    Span { start, end, step_seconds: settings.step_seconds.max(1) }
}

/// A matcher for the namespaces that are wanted.
#[must_use]
pub fn namespaces(settings: &FetchSettings) -> String {
    any_of("namespace", "=~", settings.namespaces.iter().map(String::as_str))
}

/// Matchers for what is wanted in this world: at least the replicas of the workloads that were named.
#[must_use]
pub fn filter(settings: &FetchSettings, gathered: &Gathered, world: World) -> String {
    let namespaces = namespaces(settings);
    if settings.workloads.is_empty() {
        return namespaces;
    }
    let named = || settings.workloads.iter().flat_map(|written| named(written));
    let wanted = match world {
        World::Engine => any_of("name", "=~", named()),
        // Without kube-state-metrics a pod's name alone tells: its workload's, and more behind it.
        World::Kubernetes if !gathered.knows_pods() => any_beginning("pod", named()),
        World::Kubernetes => {
            // A pod that nobody owns is a workload of its own.
            let mut pods: BTreeSet<String> = named().map(str::to_owned).collect();
            pods.extend(pods_of(&named().collect(), gathered));
            any_of("pod", "=~", pods.iter().map(String::as_str))
        }
    };
    joined(&namespaces, &wanted)
}

/// The words that may be the name of a workload or a replica: `web`, `shop/Deployment/web`, and `shop/web/app` with its container.
fn named(written: &str) -> impl Iterator<Item = &str> {
    written.rsplit('/').take(2).filter(|name| !name.is_empty())
}

/// All pods of the workloads of that name, and all of those of which one pod has it: advice is for a workload, never for a part of it.
fn pods_of(names: &BTreeSet<&str>, gathered: &Gathered) -> Vec<String> {
    let of = |replica: &Replica| (replica.namespace.clone(), replica.kind.clone(), replica.workload.clone());
    let is_named =
        |replica: &Replica| names.contains(replica.workload.as_str()) || names.contains(replica.pod.as_str());
    let replicas: Vec<Replica> = replicas(gathered).collect();
    let wanted: BTreeSet<_> = replicas.iter().filter(|replica| is_named(replica)).map(of).collect();
    replicas.into_iter().filter(|replica| wanted.contains(&of(replica))).map(|replica| replica.pod).collect()
}

/// The pods whose owners are known.
fn replicas(gathered: &Gathered) -> impl Iterator<Item = Replica> {
    gathered.owners.keys().filter_map(|(_, cluster, namespace, pod)| {
        let key = ContainerKey {
            cluster: cluster.clone(),
            namespace: namespace.clone(),
            pod: pod.clone(),
            container: String::new(),
        };
        let (kind, workload) = gathered.workload(&key)?;
        let ContainerKey { cluster, namespace, pod, container } = key;
        Some(Replica { cluster, namespace, kind, workload, pod, container })
    })
}

/// The names of some workloads, for whoever asked for another one.
#[must_use]
pub fn known_workloads(gathered: &Gathered) -> String {
    let known: BTreeSet<String> = replicas(gathered)
        .map(|replica| format!("{}/{}/{}", replica.namespace, replica.kind, replica.workload))
        .collect();
    let some: Vec<&str> = known.iter().take(WORKLOADS_TOLD_MAX).map(String::as_str).collect();
    match known.len() - some.len() {
        0 if some.is_empty() => "it has no kube_pod_owner, so that a pod's name alone tells".to_owned(),
        0 => format!("it knows {}", some.join(", ")),
        more => format!("it knows {} and {more} more", some.join(", ")),
    }
}

/// With so few samples in a step they are had as they are.
const SAMPLES_IN_STEP_MAX: f64 = 2.0;

/// How memory is asked for, when the densest container has so many samples in the last hour.
#[must_use]
pub fn memory(metric: &'static str, samples_in_hour: Option<f64>, step_seconds: u64) -> Ask {
    let in_step = samples_in_hour.map(|samples| samples * step_seconds as f64 / 3600.0);
    match in_step {
        // A range has both its borders: an hour of samples every five minutes is thirteen.
        Some(in_step) if in_step <= SAMPLES_IN_STEP_MAX => Ask::Samples(metric),
        Some(_) | None => Ask::Peaks(metric),
    }
}

/// Peaks, what holds at the end, and where there was anything rare.
#[must_use]
pub fn bulk(
    settings: &FetchSettings,
    gathered: &Gathered,
    world: World,
    memory: Ask,
    span: Span,
    filter: &str,
) -> Vec<Job> {
    let counts: Vec<NamespaceCount> = gathered
        .counts
        .iter()
        .map(|(namespace, &containers)| NamespaceCount { namespace: namespace.clone(), containers })
        .collect();
    let wanted =
        if settings.namespaces.is_empty() { Namespaces::All } else { Namespaces::Some(&settings.namespaces) };
    let pods = filter.strip_prefix(&namespaces(settings)).unwrap_or_default().trim_start_matches(',');
    let mut cut = shards(&counts, wanted, span, settings.bounds.points_max);
    for shard in &mut cut {
        shard.filter = joined(&shard.filter, pods);
    }
    let rare = RARE.into_iter().filter(|rare| rare.is_in(world));
    let whether =
        rare.flat_map(|rare| cut.iter().map(move |shard| Job::new(Ask::Whether(rare), world, shard.clone())));
    let whole = Shard { span, filter: filter.to_owned() };
    let present = PRESENT.into_iter().map(|present| Job::new(Ask::Present(present), world, whole.clone()));
    // The longest first: nobody waits for the last of them alone.
    let peaks = cut.iter().map(|shard| Job::new(memory, world, shard.clone()));
    peaks.chain(whether).chain(present).collect()
}

/// When there was anything rare, where there was.
#[must_use]
pub fn rare(
    settings: &FetchSettings,
    gathered: &Gathered,
    world: World,
    memory: Ask,
    span: Span,
) -> Vec<Job> {
    let mut jobs = Vec::new();
    for (&rare, suspects) in &gathered.suspects {
        for shard in of_suspects(settings, suspects, world, span) {
            let ask = match (rare, memory) {
                (Rare::Swap | Rare::KubeletSwap, Ask::Samples(_)) => Ask::SwapSamples(rare),
                (Rare::Swap | Rare::KubeletSwap | Rare::OomEvent | Rare::OomKilled, _) => Ask::When(rare),
            };
            jobs.push(Job::new(ask, world, shard));
        }
    }
    jobs
}

/// What was set when there were kills: at each of few moments, or over the whole time at once.
#[must_use]
pub fn limits_when_killed(
    settings: &FetchSettings,
    gathered: &Gathered,
    world: World,
    span: Span,
) -> Vec<Job> {
    let killed: BTreeSet<ContainerKey> = gathered.killed().map(|(key, _)| key.clone()).collect();
    let moments: BTreeSet<i64> = gathered.killed().map(|(_, seconds)| seconds).collect();
    let of = |ask, span| {
        let shards = of_suspects(settings, &killed, world, span);
        shards.into_iter().map(move |shard| Job::new(ask, world, shard))
    };
    if moments.len() > MOMENTS_MAX {
        return of(Ask::LimitsWhenKilled, span).collect();
    }
    moments
        .into_iter()
        .flat_map(|seconds| of(Ask::LimitsThen, Span { start: seconds, end: seconds, ..span }))
        .collect()
}

fn of_suspects(
    settings: &FetchSettings,
    suspects: &BTreeSet<ContainerKey>,
    world: World,
    span: Span,
) -> Vec<Shard> {
    let mut by_namespace: BTreeMap<&str, u64> = BTreeMap::new();
    for key in suspects {
        *by_namespace.entry(&key.namespace).or_default() += 1;
    }
    let counts: Vec<NamespaceCount> = by_namespace
        .iter()
        .map(|(namespace, &containers)| NamespaceCount { namespace: (*namespace).to_owned(), containers })
        .collect();
    let names: Vec<String> = by_namespace.keys().map(|namespace| (*namespace).to_owned()).collect();
    let pods: BTreeSet<&str> = suspects.iter().map(|key| key.pod.as_str()).collect();
    let pods = match world {
        World::Kubernetes if pods.len() <= PODS_NAMED_MAX => any_of("pod", "=~", pods),
        World::Kubernetes | World::Engine => String::new(),
    };
    let mut cut = shards(&counts, Namespaces::Some(&names), span, settings.bounds.points_max);
    for shard in &mut cut {
        shard.filter = joined(&shard.filter, &pods);
    }
    cut
}

fn joined(one: &str, other: &str) -> String {
    let parts: Vec<&str> = [one, other].into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(",")
}
