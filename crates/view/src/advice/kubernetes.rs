//! Advice for Kubernetes: `kubectl` lines, patches for Kustomize, and VerticalPodAutoscaler objects.
//!
//! Kubernetes has no field for swap: LimitedSwap gives a share by the request (KEP-2400). So the wanted swap stands in an annotation,
//! and request and limit are kept apart where swap is wanted, and equal where it is not.

use super::because;
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

/// Where the containers of a kind are described; `None` of what cannot be changed, or is not Kubernetes' own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Template {
    /// `spec.template`, with revisions that `kubectl rollout undo` knows.
    WithRevisions,
    /// `spec.template`.
    Plain,
    /// `spec.jobTemplate.spec.template` (`batch/v1` CronJob).
    OfCronJob,
}

impl Template {
    fn of(kind: &str) -> Option<Self> {
        match kind {
            "Deployment" | "StatefulSet" | "DaemonSet" => Some(Self::WithRevisions),
            "ReplicaSet" => Some(Self::Plain),
            "CronJob" => Some(Self::OfCronJob),
            // A Job's template and a Pod's resources are fixed; whose else a pod is, its own controller decides.
            _ => None,
        }
    }

    const fn api_version(self) -> &'static str {
        match self {
            Self::WithRevisions | Self::Plain => "apps/v1",
            Self::OfCronJob => "batch/v1",
        }
    }

    /// The lines down to the containers, and how far in those stand.
    const fn down_to_containers(self) -> (&'static str, &'static str) {
        match self {
            Self::WithRevisions | Self::Plain => ("spec:\n  template:\n    spec:\n", "      "),
            Self::OfCronJob => {
                ("spec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n", "          ")
            }
        }
    }
}

/// A workload that has advice and can be given it.
struct Settable<'a> {
    advised: &'a Recommendation,
    template: Template,
}

/// What can be set, or the comment that says why it is not.
fn settable(workload: &AdvisedWorkload) -> Result<Settable<'_>, String> {
    let name = crate::text::escaped(&workload.name);
    let advised =
        workload.recommendation().ok_or_else(|| format!("# {name}: {}", because::none(workload)))?;
    let (kind, _) = named(workload);
    let template = Template::of(kind).ok_or_else(|| {
        format!(
            "# {name}: of a {}, which cannot be set from here: memory limit {}, request {}, where its pods are described",
            crate::text::escaped(kind),
            quantity(advised.memory),
            quantity(advised.request)
        )
    })?;
    Ok(Settable { advised, template })
}

/// Limit and request; without a value there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct MemorySet {
    limit: Option<Bytes>,
    request: Option<Bytes>,
}

/// What is set today; `None` is not known. Without a request of its own a container requests its limit.
fn today(workload: &AdvisedWorkload) -> Option<MemorySet> {
    let today = workload.today?;
    Some(MemorySet { limit: today.memory, request: today.request.or(today.memory) })
}

/// As a patch says it: null takes a value away (JSON merge patch, RFC 7386, which a strategic merge patch follows in this).
fn patched(amount: Option<Bytes>) -> String {
    amount.map_or_else(|| "null".to_owned(), quantity)
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
        let Settable { advised, template } = match settable(workload) {
            Ok(settable) => settable,
            Err(why) => {
                let _ = writeln!(text, "{why}");
                continue;
            }
        };
        let undo = match (template, today(workload)) {
            (Template::WithRevisions, _) => format!("kubectl rollout undo {}", object(workload)),
            (Template::Plain | Template::OfCronJob, Some(before)) => set_again(workload, template, before),
            (Template::Plain | Template::OfCronJob, None) => {
                format!("# {}: what is set today is not known", crate::text::escaped(&workload.name))
            }
        };
        if direction == Direction::Undo {
            let _ = writeln!(text, "{undo}");
            continue;
        }
        let _ = writeln!(text, "# {}", note(advised));
        if workload.controller == Controller::Unknown && workload.place.is_none() {
            let _ = writeln!(text, "# its name does not tell what it is: a Deployment?");
        }
        let undo = undo.trim_start_matches("# ");
        let _ = writeln!(text, "{}\n# undo: {undo}", set(workload, advised.memory, advised.request));
    }
    text
}

fn set(workload: &AdvisedWorkload, limit: Bytes, request: Bytes) -> String {
    let container = workload
        .place
        .as_ref()
        .map_or_else(String::new, |place| format!(" --containers={}", quoted(&place.container)));
    format!(
        "kubectl set resources {}{container} --limits=memory={} --requests=memory={}",
        object(workload),
        quantity(limit),
        quantity(request)
    )
}

/// The command that sets what was set. `kubectl set resources` takes no limit away, a patch does.
fn set_again(workload: &AdvisedWorkload, template: Template, before: MemorySet) -> String {
    if let (Some(limit), Some(request)) = (before.limit, before.request) {
        return set(workload, limit, request);
    }
    let (_, own_name) = named(workload);
    let container = workload.place.as_ref().map_or(own_name, |place| place.container.as_str());
    let json = |amount: Option<Bytes>| {
        amount.map_or_else(|| "null".to_owned(), |amount| format!("\"{}\"", quantity(amount)))
    };
    let (limit, request) = (json(before.limit), json(before.request));
    let container = key(container);
    let name = if container.starts_with('"') { container } else { format!("\"{container}\"") };
    let resources = format!("{{\"limits\":{{\"memory\":{limit}}},\"requests\":{{\"memory\":{request}}}}}");
    let pods = format!("{{\"spec\":{{\"containers\":[{{\"name\":{name},\"resources\":{resources}}}]}}}}");
    let patch = match template {
        Template::WithRevisions | Template::Plain => format!("{{\"spec\":{{\"template\":{pods}}}}}"),
        Template::OfCronJob => {
            format!("{{\"spec\":{{\"jobTemplate\":{{\"spec\":{{\"template\":{pods}}}}}}}}}")
        }
    };
    format!("kubectl patch {} --patch={}", object(workload), quoted(&patch))
}

/// Strategic-merge patches, one document for each workload. `container` is the name of the container in all of them.
#[must_use]
pub fn kustomize(workloads: &[AdvisedWorkload], container: Option<&str>, direction: Direction) -> String {
    let mut text = "# Strategic-merge patches: name this file below `patches:` of kustomization.yaml, each entry with `path:`.\n# Undo: take it out there.\n".to_owned();
    for workload in workloads {
        let Settable { advised, template } = match settable(workload) {
            Ok(settable) => settable,
            Err(why) => {
                let _ = writeln!(text, "{why}");
                continue;
            }
        };
        let MemorySet { limit, request } = match (direction, today(workload)) {
            (Direction::Do, _) => MemorySet { limit: Some(advised.memory), request: Some(advised.request) },
            (Direction::Undo, Some(today)) => today,
            (Direction::Undo, None) => {
                let name = crate::text::escaped(&workload.name);
                let _ = writeln!(text, "# {name}: what is set today is not known");
                continue;
            }
        };
        let (kind, own_name) = named(workload);
        let own_container = workload.place.as_ref().map_or(own_name, |place| place.container.as_str());
        let container = key(container.unwrap_or(own_container));
        let _ = writeln!(
            text,
            "---\napiVersion: {}\nkind: {kind}\nmetadata:\n  name: {}{}",
            template.api_version(),
            key(own_name),
            namespace(workload)
        );
        if direction == Direction::Do {
            let _ = writeln!(text, "  annotations:\n    # {}", note(advised));
            let _ = writeln!(text, "    highwater.dev/swap-wanted: \"{}\"", quantity(advised.swap));
        }
        let (above, inset) = template.down_to_containers();
        let (request, limit) = (patched(request), patched(limit));
        let _ = writeln!(
            text,
            "{above}{inset}containers:\n{inset}  - name: {container}\n{inset}    resources:\n{inset}      requests:\n\
             {inset}        memory: {request}\n{inset}      limits:\n{inset}        memory: {limit}"
        );
    }
    text
}

/// VerticalPodAutoscaler objects that pin the memory to what is advised, or the lines that take them away. VPA knows no swap.
#[must_use]
pub fn vpa(workloads: &[AdvisedWorkload], direction: Direction) -> String {
    let mut text = match direction {
        Direction::Do => "# VerticalPodAutoscaler objects that keep memory requests at what is advised; limits keep their ratio to it.\n# VPA knows no swap. Undo: kubectl delete vpa NAME, or this command with --undo\n".to_owned(),
        Direction::Undo => String::new(),
    };
    for workload in workloads {
        let Settable { advised, template } = match settable(workload) {
            Ok(settable) => settable,
            Err(why) => {
                let _ = writeln!(text, "{why}");
                continue;
            }
        };
        let (kind, own_name) = named(workload);
        let (name, memory) = (key(own_name), quantity(advised.request));
        if direction == Direction::Undo {
            let place = workload.place.as_ref().filter(|place| !place.namespace.is_empty());
            let namespace =
                place.map_or_else(String::new, |place| format!(" --namespace={}", quoted(&place.namespace)));
            let _ = writeln!(text, "kubectl delete verticalpodautoscaler {}{namespace}", quoted(own_name));
            continue;
        }
        let _ = writeln!(
            text,
            "---\napiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\nmetadata:\n  name: {name}{}\nspec:\n  \
             targetRef:\n    apiVersion: {}\n    kind: {kind}\n    name: {name}\n  updatePolicy:\n    updateMode: Initial\n  \
             resourcePolicy:\n    containerPolicies:\n      - containerName: \"*\"\n        controlledResources: [memory]\n        \
             minAllowed:\n          memory: {memory}\n        maxAllowed:\n          memory: {memory}",
            namespace(workload),
            template.api_version()
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{AdvisedWorkload, Bytes, Controller, Direction, Recommendation, kubectl, kustomize, vpa};
    use model::history::LimitsToday;
    use model::policy::{AssignedBy, Environment, PolicyAssignment, WorkloadClass};
    use model::recommendation::{Advice, Confidence};
    use model::replica::Replica;

    fn workload(kind: &str, today: Option<LimitsToday>) -> AdvisedWorkload {
        let place = Replica {
            namespace: "shop".to_owned(),
            kind: kind.to_owned(),
            workload: "backup".to_owned(),
            container: "app".to_owned(),
            ..Replica::default()
        };
        AdvisedWorkload {
            name: "shop/backup/app".to_owned(),
            place: Some(place),
            controller: Controller::Unknown,
            replicas: vec!["shop/backup-1/app".to_owned()],
            assignment: PolicyAssignment {
                class: WorkloadClass::Batch,
                class_by: AssignedBy::Asked,
                environment: Environment::Production,
                environment_by: AssignedBy::Default,
            },
            today,
            advice: Advice::Recommended(Recommendation {
                memory: Bytes::from_mib(400),
                request: Bytes::from_mib(350),
                swap: Bytes::from_mib(100),
                because: Vec::new(),
                confidence: Confidence::High,
            }),
            heap: Vec::new(),
        }
    }

    #[test]
    fn the_template_of_a_cron_job_lies_deeper_and_has_no_revisions() {
        let today = LimitsToday { memory: Some(Bytes::from_mib(512)), request: None, swap: None };
        let all = [workload("CronJob", Some(today))];
        let patch = kustomize(&all, None, Direction::Do);
        assert!(patch.contains("apiVersion: batch/v1\nkind: CronJob\n"), "{patch}");
        let down = "spec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n            - name: app\n";
        assert!(patch.contains(down), "{patch}");
        let lines = kubectl(&all, Direction::Do);
        let back = "kubectl set resources cronjob/backup --namespace=shop --containers=app --limits=memory=512Mi --requests=memory=512Mi\n";
        assert!(lines.ends_with(&format!("# undo: {back}")), "{lines}");
        assert_eq!(kubectl(&all, Direction::Undo), back);
        let unknown = kubectl(&[workload("CronJob", None)], Direction::Undo);
        assert_eq!(unknown, "# shop/backup/app: what is set today is not known\n");
    }

    #[test]
    fn no_limit_today_is_gone_back_to_by_taking_the_limit_away() {
        let none = |request| Some(LimitsToday { memory: None, request, swap: None });
        let patch = kustomize(&[workload("Deployment", none(None))], None, Direction::Undo);
        assert_eq!(patch.matches("memory: null\n").count(), 2, "{patch}");
        let requested = none(Some(Bytes::from_mib(300)));
        let patch = kustomize(&[workload("CronJob", requested)], None, Direction::Undo);
        assert!(patch.contains("memory: 300Mi\n") && patch.ends_with("memory: null\n"), "{patch}");
        let expected = "kubectl patch cronjob/backup --namespace=shop --patch='{\"spec\":{\"jobTemplate\":{\"spec\":{\"template\":\
            {\"spec\":{\"containers\":[{\"name\":\"app\",\"resources\":{\"limits\":{\"memory\":null},\
            \"requests\":{\"memory\":\"300Mi\"}}}]}}}}}}'\n";
        assert_eq!(kubectl(&[workload("CronJob", requested)], Direction::Undo), expected);
        let unknown = kustomize(&[workload("Deployment", None)], None, Direction::Undo);
        assert!(unknown.ends_with("# shop/backup/app: what is set today is not known\n"), "{unknown}");
    }

    #[test]
    fn what_cannot_be_set_is_told_and_not_made_up() {
        for kind in ["Job", "Pod", "Rollout", "Node"] {
            let all = [workload(kind, None)];
            let texts = [
                kustomize(&all, None, Direction::Do),
                kubectl(&all, Direction::Do),
                vpa(&all, Direction::Do),
            ];
            let expected =
                format!("# shop/backup/app: of a {kind}, which cannot be set from here: memory limit 400Mi");
            for text in texts {
                assert!(text.contains(&expected), "{text}");
                assert!(text.lines().all(|line| line.starts_with('#')), "{text}");
            }
        }
    }

    #[test]
    fn an_autoscaler_goes_as_it_came() {
        let all = [workload("Deployment", None)];
        assert!(vpa(&all, Direction::Do).contains("kind: Deployment\n    name: backup"));
        let undo = vpa(&all, Direction::Undo);
        assert_eq!(undo, "kubectl delete verticalpodautoscaler backup --namespace=shop\n");
        assert_eq!(
            kubectl(&all, Direction::Undo),
            "kubectl rollout undo deployment/backup --namespace=shop\n"
        );
    }
}
