//! Metrics of containers: one table of families, each with the figure that it takes from a container.

mod table;

use super::Exposition;
use super::page::{Family, Kind, Page, Value, labels};
use crate::names;
use kernel::cgroup_path::{Identity, QosClass};
use kernel::hierarchy::CgroupVersion;
use model::assessment::{Assessment, Binding};
use model::cgroup::Cgroup;
use model::drift::Drift;
use model::recorded::WorkloadName;
use model::snapshot::Snapshot;
use table::FAMILIES;

/// Series that a container has besides those of the table: its labels, pressure in three windows, failures, drift.
const OTHER_SERIES: usize = 12;

/// One container and what is thought of it.
pub struct Subject<'a> {
    /// Its figures.
    pub cgroup: &'a Cgroup,
    /// What they mean.
    pub assessment: &'a Assessment,
}

struct Named<'a> {
    subject: Subject<'a>,
    labels: String,
}

/// Every container's figures. Gives how many containers found no room.
pub fn families(page: &mut Page, exposition: &Exposition<'_>) -> usize {
    let containers_max = (exposition.series_max / (FAMILIES.len() + OTHER_SERIES)).max(1);
    let snapshot = exposition.snapshot;
    let subjects = exposition.assessments.iter().filter_map(|assessment| {
        let cgroup = snapshot.cgroup(assessment.cgroup)?;
        cgroup.container.as_ref().map(|_| Subject { cgroup, assessment })
    });
    let named: Vec<Named<'_>> = subjects
        .take(containers_max)
        .map(|subject| Named { labels: identity(subject.cgroup), subject })
        .collect();
    for (family, figure) in FAMILIES {
        let samples = named.iter().filter_map(|named| Some((named.labels.as_str(), figure(&named.subject)?)));
        page.family(*family, samples);
    }
    bound_limits(page, snapshot, &named);
    pressure(page, &named);
    drift(page, &named);
    info(page, exposition, &named);
    exposition.assessments.len() - named.len()
}

/// The labels of cAdvisor and the kubelet.
fn identity(cgroup: &Cgroup) -> String {
    let container = cgroup.container.as_ref();
    let pod = container.and_then(|container| container.pod_container.as_ref());
    let name = container.and_then(|container| container.name.value());
    let image = container.and_then(|container| container.image.value());
    labels(&[
        ("container", pod.and_then(|pod| pod.container.as_deref()).unwrap_or_default()),
        ("id", &cgroup.path),
        ("image", image.map(String::as_str).unwrap_or_default()),
        ("name", name.map(String::as_str).unwrap_or_default()),
        ("namespace", pod.map(|pod| pod.pod.namespace.as_str()).unwrap_or_default()),
        ("pod", pod.map(|pod| pod.pod.name.as_str()).unwrap_or_default()),
    ])
}

/// The limit in force, and which level imposes it.
fn bound_limits(page: &mut Page, snapshot: &Snapshot, named: &[Named<'_>]) {
    let bounds: Vec<(String, u64)> = named
        .iter()
        .filter_map(|named| {
            let limit = named.subject.assessment.limit.get()?;
            let bound_by = match limit.binding {
                Binding::Cgroup(index) if index == named.subject.assessment.cgroup => "container",
                Binding::Cgroup(index) => {
                    snapshot.cgroup(index).map_or("above", |cgroup| cgroup.path.as_str())
                }
                Binding::OutOfSight => "out_of_sight",
                Binding::Host => "machine",
            };
            Some((format!("{},{}", labels(&[("bound_by", bound_by)]), named.labels), limit.bytes.0))
        })
        .collect();
    let family = Family {
        name: "highwater_container_memory_limit_effective_bytes",
        kind: Kind::Gauge,
        help: "The lowest limit over the container, every level above it, and the machine.",
    };
    page.family(family, bounds.iter().map(|(labels, bytes)| (labels.as_str(), Value::Whole(*bytes))));
}

fn pressure(page: &mut Page, named: &[Named<'_>]) {
    let mut samples = Vec::new();
    for named in named {
        let Some(pressure) = named.subject.cgroup.pressure.value() else { continue };
        let lines = [("some", Some(&pressure.some)), ("full", pressure.full.as_ref())];
        for (kind, line) in lines.into_iter().filter_map(|(kind, line)| Some((kind, line?))) {
            for (window, percent) in [("10s", line.avg10), ("60s", line.avg60), ("300s", line.avg300)] {
                let more = labels(&[("kind", kind), ("window", window)]);
                samples.push((format!("{more},{}", named.labels), percent.ratio()));
            }
        }
    }
    let family = Family {
        name: "highwater_container_pressure_memory_ratio",
        kind: Kind::Gauge,
        help: "The share of time in which tasks of the container waited for memory.",
    };
    page.family(family, samples.iter().map(|(labels, ratio)| (labels.as_str(), Value::Real(*ratio))));
}

fn drift(page: &mut Page, named: &[Named<'_>]) {
    let samples: Vec<(&str, u64)> = named
        .iter()
        .map(|named| {
            let drift: &[Drift] = &named.subject.assessment.drift;
            (named.labels.as_str(), drift.len() as u64)
        })
        .collect();
    let family = Family {
        name: "highwater_limit_drift",
        kind: Kind::Gauge,
        help: "How many limits of the container are not in the kernel as they were declared.",
    };
    page.family(family, samples.iter().map(|(labels, count)| (*labels, Value::Whole(*count))));
}

fn info(page: &mut Page, exposition: &Exposition<'_>, named: &[Named<'_>]) {
    let samples: Vec<String> = named
        .iter()
        .map(|named| {
            let cgroup = named.subject.cgroup;
            let container = cgroup.container.as_ref();
            let runtime = container.and_then(|container| names::runtime(container.runtime));
            let workload = (exposition.workload)(cgroup.id).map_or("", WorkloadName::as_str);
            let more = labels(&[
                ("cgroup_version", version(cgroup)),
                ("qos", qos(cgroup).unwrap_or_default()),
                ("runtime", runtime.unwrap_or_default()),
                ("workload", workload),
            ]);
            format!("{more},{}", named.labels)
        })
        .collect();
    let family = Family {
        name: "highwater_container_info",
        kind: Kind::Gauge,
        help: "What is known of the container, and the workload as which it is remembered.",
    };
    page.family(family, samples.iter().map(|labels| (labels.as_str(), Value::Whole(1))));
}

const fn version(cgroup: &Cgroup) -> &'static str {
    match cgroup.version() {
        CgroupVersion::V1 => "1",
        CgroupVersion::V2 => "2",
    }
}

fn qos(cgroup: &Cgroup) -> Option<&'static str> {
    let Identity::Container(container) = &cgroup.identity else { return None };
    Some(match container.pod.as_ref()?.qos {
        QosClass::Guaranteed => "guaranteed",
        QosClass::Burstable => "burstable",
        QosClass::BestEffort => "besteffort",
    })
}
