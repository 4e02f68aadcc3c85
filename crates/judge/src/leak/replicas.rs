//! Replicas of one workload: a leak grows in all of them, a hot replica alone does not leak.

use model::history::WorkloadHistory;
use model::leak::LeakEvidence;
use std::collections::HashMap;

/// Fewer replicas confirm nothing.
const REPLICAS_MIN: u64 = 3;

/// So many of them must grow.
const GROWING_RATIO_MIN: f64 = 0.8;

/// What the replicas of each history say of it.
#[must_use]
pub fn votes(histories: &[WorkloadHistory], judged: &[bool], suspects: &[bool]) -> Vec<Option<LeakEvidence>> {
    let mut counts: HashMap<&str, (u64, u64)> = HashMap::new();
    let workloads: Vec<Option<&str>> = histories.iter().map(|history| workload_of(&history.name)).collect();
    for ((workload, judged), suspect) in workloads.iter().zip(judged).zip(suspects) {
        if let (Some(workload), true) = (workload, judged) {
            let (growing, of) = counts.entry(workload).or_default();
            *of += 1;
            *growing += u64::from(*suspect);
        }
    }
    let vote = |workload: &Option<&str>| {
        let (growing, of) = counts.get((*workload)?).copied()?;
        let agree = of >= REPLICAS_MIN && growing as f64 >= GROWING_RATIO_MIN * of as f64;
        agree.then_some(LeakEvidence::Replicas { growing, of })
    };
    workloads.iter().map(vote).collect()
}

/// The workload of a pod's name: without the hash of a ReplicaSet and the pod's own five letters, or a StatefulSet's number.
///
/// Kubernetes makes them of `bcdfghjklmnpqrstvwxz2456789` (k8s.io/apimachinery/pkg/util/rand).
#[must_use]
pub fn workload_of(pod: &str) -> Option<&str> {
    let is_random = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&text.len())
            && text.bytes().all(|byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte))
    };
    let (rest, own) = pod.rsplit_once('-')?;
    if !own.is_empty() && own.len() <= 4 && own.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(rest);
    }
    if !is_random(own, 5..=5) {
        return None;
    }
    match rest.rsplit_once('-') {
        // A hash is a number below 2^32 in ten letters at most.
        Some((workload, hash)) if is_random(hash, 6..=10) => Some(workload),
        Some(_) | None => Some(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::workload_of;

    #[test]
    fn a_pods_name_tells_its_workload() {
        for (pod, workload) in [
            ("adservice-5f6585d649-fnmft", Some("adservice")),
            ("ts-auth-service-7f8d7d756d-k7b9j", Some("ts-auth-service")),
            ("db-0", Some("db")),
            ("node-agent-x2b5c", Some("node-agent")),
            ("web", None),
            ("shop-web", None),
        ] {
            assert_eq!(workload_of(pod), workload, "{pod}");
        }
    }
}
