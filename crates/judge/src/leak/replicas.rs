//! Replicas of one workload: a leak grows in all of them, a hot replica alone does not leak.

use crate::recommend::workload;
use model::history::WorkloadHistory;
use model::leak::LeakEvidence;
use model::recommendation::Controller;
use std::collections::HashMap;

/// Fewer replicas confirm nothing.
const REPLICAS_MIN: u64 = 3;

/// So many of them must grow.
const GROWING_RATIO_MIN: f64 = 0.8;

/// What the replicas of each history say of it.
#[must_use]
pub fn votes(histories: &[WorkloadHistory], judged: &[bool], suspects: &[bool]) -> Vec<Option<LeakEvidence>> {
    let mut counts: HashMap<String, (u64, u64)> = HashMap::new();
    let workloads: Vec<Option<String>> = histories.iter().map(|history| replicated(&history.name)).collect();
    for ((workload, judged), suspect) in workloads.iter().zip(judged).zip(suspects) {
        if let (Some(workload), true) = (workload, judged) {
            let (growing, of) = counts.entry(workload.clone()).or_default();
            *of += 1;
            *growing += u64::from(*suspect);
        }
    }
    let vote = |workload: &Option<String>| {
        let (growing, of) = counts.get(workload.as_ref()?).copied()?;
        let agree = of >= REPLICAS_MIN && growing as f64 >= GROWING_RATIO_MIN * of as f64;
        agree.then_some(LeakEvidence::Replicas { growing, of })
    };
    workloads.iter().map(vote).collect()
}

/// The workload of a name that is a replica's: `web-0`, or a pod's name between its namespace and its container.
fn replicated(name: &str) -> Option<String> {
    let (pod, container) = name.rsplit_once('/').unwrap_or((name, ""));
    match workload::of(pod) {
        (workload, Controller::Deployment | Controller::StatefulSet | Controller::DaemonSet) => {
            Some(format!("{workload}/{container}"))
        }
        (_, Controller::Unknown) => None,
    }
}
