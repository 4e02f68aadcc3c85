//! Joins what runtimes and systemd say with the cgroups the kernel shows.

use crate::docker::Answer;
use crate::pod_logs::PodLogs;
use kernel::cgroup_path::{Container as ContainerPath, Identity, Runtime};
use model::cgroup::Cgroup;
use model::container::{Container, RuntimeRecord};
use model::declared::UnitProperties;
use model::reading::Reading;
use model::snapshot::Missing;
use std::collections::HashMap;

/// What runtimes and systemd said, and who could not be heard.
#[derive(Debug, Default)]
pub struct Witnesses {
    /// A runtime's records by full container id.
    pub records: HashMap<String, (Runtime, RuntimeRecord)>,
    /// Names of Kubernetes containers and pods.
    pub pod_logs: PodLogs,
    /// systemd's properties by unit name.
    pub units: HashMap<String, UnitProperties>,
    /// Why systemd's properties are not known, when it should have answered.
    pub units_failed: Option<String>,
    /// What could not be heard and what that hides.
    pub missing: Vec<Missing>,
}

impl Witnesses {
    /// Adds one engine's answer.
    pub fn hear(&mut self, runtime: Runtime, answer: Answer) {
        self.records.extend(answer.records.into_iter().map(|record| (record.id.clone(), (runtime, record))));
    }

    /// Keeps what an engine said before of containers that are still there, when not everybody could be heard now: a daemon that is
    /// restarted leaves its containers running, and they keep their names.
    pub(super) fn recall(&mut self, before: &mut Self, cgroups: &[Cgroup]) {
        if self.missing.is_empty() {
            return;
        }
        for cgroup in cgroups {
            if let Identity::Container(path) = &cgroup.identity
                && let Some((id, record)) = before.records.remove_entry(&path.id.0)
            {
                self.records.entry(id).or_insert(record);
            }
        }
    }

    /// Names every cgroup that a witness knows.
    pub(super) fn join(&self, cgroups: &mut [Cgroup]) {
        for cgroup in cgroups {
            if let Identity::Container(path) = &cgroup.identity {
                cgroup.container = Some(self.container(path));
            }
            if let Identity::Pod(pod) = &cgroup.identity {
                cgroup.pod_name = self.pod_logs.pod(&pod.uid).cloned();
            }
            if let Some(unit) = unit_name(&cgroup.path) {
                cgroup.unit = match (self.units.get(unit), &self.units_failed) {
                    (Some(properties), _) => Reading::Value(properties.clone()),
                    (None, Some(why)) => Reading::failed(why.as_str()),
                    (None, None) => Reading::Absent,
                };
            }
        }
    }

    fn container(&self, path: &ContainerPath) -> Container {
        let record = self.records.get(&path.id.0);
        // The cgroupfs driver names a container by its id alone; the engine that knows the id made it.
        let runtime = match (path.runtime, record) {
            (Runtime::Unknown, Some((runtime, _))) => *runtime,
            (runtime, _) => runtime,
        };
        let record = record.map(|(_, record)| record);
        let pod_container = self.pod_logs.container(&path.id.0, path.pod.as_ref());
        let name_in_pod = || pod_container.as_ref().map(ToString::to_string).into();
        Container {
            id: path.id.clone(),
            runtime,
            name: record.map_or_else(name_in_pod, |record| record.name.clone()),
            image: record.map_or(Reading::Absent, |record| record.image.clone()),
            compose: record.and_then(|record| record.compose.clone()),
            pod: path.pod.clone(),
            pod_container,
            declared: record.map_or(Reading::Absent, |record| record.declared.clone()),
            pid: record.map_or(Reading::Absent, |record| record.pid.clone()),
        }
    }
}

/// The systemd unit that owns exactly this cgroup, by the last part of its path.
#[must_use]
pub fn unit_name(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next()?;
    let is_unit = [".scope", ".service", ".slice"].iter().any(|suffix| name.ends_with(suffix));
    is_unit.then_some(name)
}
