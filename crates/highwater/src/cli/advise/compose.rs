//! What a Compose file says of its services, and the override for them.

use anyhow::{Context, bail};
use judge::lint::Subject;
use judge::lint::runtime::compose::services;
use judge::lint::runtime::docker_size::DockerSize;
use judge::lint::runtime::order::Given;
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use kernel::limit::Limit;
use model::history::LimitsToday;
use model::lint::{KubernetesVersion, LintTarget};
use model::outcome::heap::HeapSetting;
use model::recommendation::AdvisedWorkload;
use model::swap_limit::{MemoryAndSwapLimit, SwapLimit};
use std::path::Path;
use view::advice::compose::{AdvisedService, LimitForm};

/// A file.
pub struct ComposeFile {
    name: String,
    services: Vec<ComposeService>,
}

/// One of its services.
pub struct ComposeService {
    name: String,
    container_name: Option<String>,
    /// Its image.
    pub image: Option<String>,
    /// What it limits.
    pub today: LimitsToday,
    form: LimitForm,
    words: Vec<String>,
    environment: Vec<(String, String)>,
}

/// Reads a Compose file.
///
/// # Errors
/// When it cannot be read, or has no services.
pub fn read(path: &Path) -> anyhow::Result<ComposeFile> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).with_context(|| name.clone())?;
    let file = manifest::read(&name, &bytes);
    if let Some(unread) = file.unread.first() {
        bail!("{name}: {}", unread.why);
    }
    let target = LintTarget { kubernetes: KubernetesVersion(34), cgroup: CgroupVersion::V2 };
    let services: Vec<ComposeService> =
        services(&Subject { file: &file, target }).iter().map(ComposeService::new).collect();
    if services.is_empty() {
        bail!("{name}: expected a Compose file with services");
    }
    Ok(ComposeFile { name, services })
}

impl ComposeService {
    fn new(service: &judge::lint::runtime::compose::Service) -> Self {
        let order = service.order();
        let node = service.node();
        let text = |key: &str| node.get(key).and_then(|value| value.text()).map(str::to_owned);
        let amount = |given: &Option<Given>| given.as_ref().and_then(|given| given.size.above_zero());
        let memory = amount(&order.memory);
        let swap = swap(order.memory_and_swap.as_ref(), memory);
        let is_deployed = service.given(&["deploy", "resources", "limits", "memory"]).is_some();
        let environment = order.environment.iter().filter_map(|pair| pair.value.split_once('='));
        Self {
            name: service.entry.name().to_owned(),
            container_name: text("container_name"),
            image: text("image"),
            today: LimitsToday { memory, request: amount(&order.reservation), swap },
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

/// Together less memory. Unset or 0 is as much swap as memory and -1 is without limit, as Docker does it.
fn swap(together: Option<&Given>, memory: Option<Bytes>) -> Option<SwapLimit> {
    let together = match together.map(|given| &given.size) {
        Some(DockerSize::MinusOne) => Limit::Unlimited,
        Some(DockerSize::Bytes(Bytes::ZERO)) | None => {
            return memory.map(|memory| SwapLimit(Limit::At(memory)));
        }
        Some(DockerSize::Bytes(together)) => Limit::At(*together),
        Some(DockerSize::Variable | DockerSize::Refused) => return None,
    };
    SwapLimit::from_combined(MemoryAndSwapLimit(together), Limit::At(memory?)).ok()
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
