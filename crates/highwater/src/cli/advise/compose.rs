//! What a Compose file says of its services, and the override for them.

use crate::cli::advise::compose_today::{self, Said, ServiceLimits};
use anyhow::{Context, bail};
use judge::lint::Subject;
use judge::lint::runtime::compose::services;
use kernel::hierarchy::CgroupVersion;
use model::document::lines::Lines;
use model::history::{HistoryRemark, LimitsToday, RemarkEffect};
use model::lint::{KubernetesVersion, LintTarget};
use model::outcome::heap::HeapSetting;
use model::recommendation::AdvisedWorkload;
use std::path::Path;
use view::advice::compose::{AdvisedService, LimitForm};

/// A file.
pub struct ComposeFile {
    name: String,
    services: Vec<ComposeService>,
    /// What is not known of its services, and where.
    pub remarks: Vec<HistoryRemark>,
}

/// One of its services.
pub struct ComposeService {
    name: String,
    container_name: Option<String>,
    /// Its image.
    pub image: Option<String>,
    /// What it limits; `None` where the file alone does not tell.
    pub today: Option<LimitsToday>,
    form: LimitForm,
    words: Vec<String>,
    environment: Vec<(String, String)>,
}

/// Reads a Compose file.
///
/// # Errors
/// When it cannot be read, has no services, or one with a limit that cannot be meant.
pub fn read(path: &Path) -> anyhow::Result<ComposeFile> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).with_context(|| name.clone())?;
    let file = manifest::read(&name, &bytes);
    if let Some(unread) = file.unread.first() {
        bail!("{name}: {}", unread.why);
    }
    let target = LintTarget { kubernetes: KubernetesVersion(34), cgroup: CgroupVersion::V2 };
    let found = services(&Subject { file: &file, target });
    if found.is_empty() {
        bail!("{name}: expected a Compose file with services");
    }
    let lines = Lines::of(&file.text);
    let (mut services, mut remarks) = (Vec::with_capacity(found.len()), Vec::new());
    for service in &found {
        let remark = |said: Said| {
            let place = lines.position(said.span.start);
            HistoryRemark {
                origin: name.clone(),
                line: Some(place.line as u64),
                column: Some(place.column as u64),
                words: format!("service `{}`: {}", service.entry.name(), said.words),
                effect: RemarkEffect::Kept,
            }
        };
        let today = match compose_today::read(&service.order()) {
            ServiceLimits::Known(today) => Some(today),
            ServiceLimits::Unknown(said) => {
                remarks.push(remark(said));
                None
            }
            ServiceLimits::Unmeant(said) => bail!("{}", remark(said)),
        };
        services.push(ComposeService::new(service, today));
    }
    Ok(ComposeFile { name, services, remarks })
}

impl ComposeService {
    fn new(service: &judge::lint::runtime::compose::Service, today: Option<LimitsToday>) -> Self {
        let order = service.order();
        let node = service.node();
        let text = |key: &str| node.get(key).and_then(|value| value.text()).map(str::to_owned);
        let is_deployed = service.given(&["deploy", "resources", "limits", "memory"]).is_some();
        let environment = order.environment.iter().filter_map(|pair| pair.value.split_once('='));
        Self {
            name: service.entry.name().to_owned(),
            container_name: text("container_name"),
            image: text("image"),
            today,
            form: if is_deployed { LimitForm::Deploy } else { LimitForm::Service },
            words: order.words.iter().map(|word| word.value.clone()).collect(),
            environment: environment.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        }
    }

    /// As the file names it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its command, word by word.
    #[must_use]
    pub fn words(&self) -> Vec<&str> {
        self.words.iter().map(String::as_str).collect()
    }

    /// Its environment.
    #[must_use]
    pub fn variables(&self) -> Vec<(&str, &str)> {
        self.environment.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }

    /// What it tells a runtime of its heap.
    #[must_use]
    pub fn heap_settings(&self) -> Vec<HeapSetting> {
        judge::heap::settings(&self.words(), &self.variables())
    }
}

impl ComposeFile {
    /// The service of a workload: by its own name, the container's, or as Compose names containers, `project-service`.
    #[must_use]
    pub fn service_of(&self, workload: &str) -> Option<&ComposeService> {
        let by = |is: &dyn Fn(&ComposeService) -> bool| self.services.iter().find(|service| is(service));
        by(&|service| service.name == workload)
            .or_else(|| by(&|service| service.container_name.as_deref() == Some(workload)))
            .or_else(|| {
                let ends = |service: &&ComposeService| {
                    workload
                        .strip_suffix(&service.name)
                        .is_some_and(|project| project.len() > 1 && project.ends_with(['-', '_']))
                };
                // Of `shop-web` and `web` the longer is meant.
                self.services.iter().filter(ends).max_by_key(|service| service.name.len())
            })
    }
}

/// The command that goes back to the file alone.
#[must_use]
pub fn undo(file: Option<&ComposeFile>) -> String {
    view::advice::compose::undo(file.map_or("compose.yaml", |file| &file.name))
}

/// The override: for the file's services, or for the workloads under their own names when no file is given.
#[must_use]
pub fn written(workloads: &[AdvisedWorkload], file: Option<&ComposeFile>) -> String {
    let service = |workload: &AdvisedWorkload| match file {
        None => Some((workload.name.clone(), LimitForm::Service)),
        Some(file) => file.service_of(&workload.name).map(|service| (service.name.clone(), service.form)),
    };
    let mut advised: Vec<AdvisedService> = Vec::new();
    for workload in workloads {
        let Some((service, form)) = service(workload) else { continue };
        if !advised.iter().any(|other| other.service == service) {
            advised.push(AdvisedService { service, form, workload });
        }
    }
    let others = file.map(|file| file.services.as_slice()).unwrap_or_default();
    let without: Vec<String> = others
        .iter()
        .map(|service| service.name.clone())
        .filter(|name| !advised.iter().any(|one| one.service == *name))
        .collect();
    view::advice::compose::file(&advised, &without, file.map_or("compose.yaml", |file| &file.name))
}
