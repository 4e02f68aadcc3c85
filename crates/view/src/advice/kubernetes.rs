//! Advice for Kubernetes: `kubectl` lines, patches for Kustomize, and VerticalPodAutoscaler objects.
//!
//! Kubernetes has no field for swap: LimitedSwap gives a share by the request (KEP-2400). So the wanted swap stands in an annotation,
//! and request and limit are kept apart where swap is wanted, and equal where it is not.

use super::compose::key;
use super::docker::{Direction, quoted};
use crate::units::bytes;
use kernel::bytes::Bytes;
use model::recommendation::{AdvisedWorkload, Controller, Recommendation};
use std::fmt::Write as _;

const fn kind(controller: Controller) -> &'static str {
    match controller {
        Controller::Deployment | Controller::Unknown => "Deployment",
        Controller::StatefulSet => "StatefulSet",
        Controller::DaemonSet => "DaemonSet",
    }
}

/// As Kubernetes writes it.
fn quantity(amount: Bytes) -> String {
    if amount.0.is_multiple_of(1 << 20) { format!("{}Mi", amount.0 >> 20) } else { amount.0.to_string() }
}

fn note(advised: &Recommendation) -> String {
    if advised.swap == Bytes::ZERO {
        "no swap: request equals limit, so LimitedSwap gives none".to_owned()
    } else {
        format!(
            "{} of swap wanted: LimitedSwap gives request / node memory × node swap; look: highwater explain",
            bytes(advised.swap)
        )
    }
}

/// Kind and name as the source tells them, else as the name tells.
fn named(workload: &AdvisedWorkload) -> (&str, &str) {
    match &workload.place {
        Some(place) if !place.kind.is_empty() => (&place.kind, &place.workload),
        Some(_) | None => (kind(workload.controller), &workload.name),
    }
}

fn object(workload: &AdvisedWorkload) -> String {
    let (kind, name) = named(workload);
    let object = quoted(&format!("{}/{name}", kind.to_lowercase()));
    match &workload.place {
        Some(place) if !place.namespace.is_empty() => {
            format!("{object} --namespace={}", quoted(&place.namespace))
        }
        Some(_) | None => object,
    }
}

/// The line of metadata that names the namespace, where it is known.
fn namespace(workload: &AdvisedWorkload) -> String {
    let namespace = workload.place.as_ref().map_or("", |place| place.namespace.as_str());
    if namespace.is_empty() { String::new() } else { format!("\n  namespace: {}", key(namespace)) }
}

/// `kubectl` lines, each with its undo.
#[must_use]
pub fn kubectl(workloads: &[AdvisedWorkload], direction: Direction) -> String {
    let mut text = String::new();
    for workload in workloads {
        let Some(advised) = workload.recommendation() else {
            let _ = writeln!(
                text,
                "# {}: no advice, the history is too thin",
                crate::text::escaped(&workload.name)
            );
            continue;
        };
        let object = object(workload);
        let undo = format!("kubectl rollout undo {object}");
        match direction {
            Direction::Undo => {
                let _ = writeln!(text, "{undo}");
            }
            Direction::Do => {
                let (memory, request) = (quantity(advised.memory), quantity(advised.request));
                let container = workload
                    .place
                    .as_ref()
                    .map_or_else(String::new, |place| format!(" --containers={}", quoted(&place.container)));
                let _ = writeln!(text, "# {}", note(advised));
                if workload.controller == Controller::Unknown && workload.place.is_none() {
                    let _ = writeln!(text, "# its name does not tell what it is: a Deployment?");
                }
                let _ = writeln!(
                    text,
                    "kubectl set resources {object}{container} --limits=memory={memory} --requests=memory={request}\n# undo: {undo}"
                );
            }
        }
    }
    text
}

/// Strategic-merge patches, one document for each workload. `container` is the name of the container in all of them.
#[must_use]
pub fn kustomize(workloads: &[AdvisedWorkload], container: Option<&str>, direction: Direction) -> String {
    let mut text = "# Strategic-merge patches: name this file below `patches:` of kustomization.yaml, each entry with `path:`.\n# Undo: take it out there.\n".to_owned();
    for workload in workloads {
        let Some(advised) = workload.recommendation() else {
            let _ = writeln!(
                text,
                "# {}: no advice, the history is too thin",
                crate::text::escaped(&workload.name)
            );
            continue;
        };
        let today = workload.today.and_then(|today| Some((today.memory?, today.request.or(today.memory)?)));
        let (limit, request) = match (direction, today) {
            (Direction::Do, _) => (advised.memory, advised.request),
            (Direction::Undo, Some(today)) => today,
            (Direction::Undo, None) => {
                let _ = writeln!(
                    text,
                    "# {}: what is set today is not known",
                    crate::text::escaped(&workload.name)
                );
                continue;
            }
        };
        let (kind, own_name) = named(workload);
        let name = key(own_name);
        let own_container = workload.place.as_ref().map_or(own_name, |place| place.container.as_str());
        let container = key(container.unwrap_or(own_container));
        let _ = writeln!(
            text,
            "---\napiVersion: apps/v1\nkind: {kind}\nmetadata:\n  name: {name}{}",
            namespace(workload)
        );
        if direction == Direction::Do {
            let _ = writeln!(text, "  annotations:\n    # {}", note(advised));
            let _ = writeln!(text, "    highwater.dev/swap-wanted: \"{}\"", quantity(advised.swap));
        }
        let _ = writeln!(
            text,
            "spec:\n  template:\n    spec:\n      containers:\n        - name: {container}\n          resources:\n            \
             requests:\n              memory: {}\n            limits:\n              memory: {}",
            quantity(request),
            quantity(limit)
        );
    }
    text
}

/// VerticalPodAutoscaler objects that pin the memory to what is advised. VPA knows no swap.
#[must_use]
pub fn vpa(workloads: &[AdvisedWorkload]) -> String {
    let mut text = "# VerticalPodAutoscaler objects that keep memory requests at what is advised; limits keep their ratio to it.\n# VPA knows no swap. Undo: kubectl delete vpa NAME\n".to_owned();
    for workload in workloads {
        let Some(advised) = workload.recommendation() else { continue };
        let (kind, own_name) = named(workload);
        let (name, memory) = (key(own_name), quantity(advised.request));
        let _ = writeln!(
            text,
            "---\napiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\nmetadata:\n  name: {name}{}\nspec:\n  \
             targetRef:\n    apiVersion: apps/v1\n    kind: {kind}\n    name: {name}\n  updatePolicy:\n    updateMode: Initial\n  \
             resourcePolicy:\n    containerPolicies:\n      - containerName: \"*\"\n        controlledResources: [memory]\n        \
             minAllowed:\n          memory: {memory}\n        maxAllowed:\n          memory: {memory}",
            namespace(workload)
        );
    }
    text
}
