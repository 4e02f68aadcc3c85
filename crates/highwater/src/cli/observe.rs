//! Taking a snapshot with everybody who can say something about it: the kernel, the container engines, systemd.

use crate::cli::Global;
use anyhow::Context;
use kernel::cgroup_path::{Identity, Runtime};
use model::assessment::Assessment;
use model::cgroup::{Cgroup, CgroupIndex};
use model::snapshot::{Missing, Snapshot};
use sources::collect::join::{Witnesses, unit_name};
use sources::collect::{Collector, Habit, Scope};
use sources::docker::EngineKind;
use sources::docker::host::{DockerHost, DockerHostError};
use sources::host_root::HostRoot;
use sources::pod_logs::PodLogs;
use sources::systemd;
use sources::systemd::SystemdError;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;
use view::columns::Row;

/// A silent socket costs at most this; then the table comes without names.
const DEADLINE: Duration = Duration::from_secs(2);

/// Looks at the machine once, or twice with `interval` between so that rates can be told.
///
/// # Errors
/// When `--docker-host` is no unix socket.
pub fn look(global: &Global, scope: Scope, interval: Option<Duration>) -> anyhow::Result<Snapshot> {
    anyhow::ensure!(global.root.is_dir(), "--root: expected a folder, found `{}`", global.root.display());
    // Between two looks a container can come below a cgroup that had none, so then every cgroup is watched.
    let (habit, scope) = match interval {
        Some(_) => (Habit::Repeatedly, Scope::Everything),
        None => (Habit::Once, scope),
    };
    let mut collector = Collector::new(HostRoot::new(&global.root), scope, habit);
    let questions = questions(global, &collector)?;
    collector.scan();
    if let Some(interval) = interval {
        thread::sleep(interval);
        collector.scan();
    }
    collector.hear(ask(questions));
    Ok(collector.into_snapshot())
}

/// Who is to be asked, and what for.
#[derive(Clone, Debug)]
pub struct Questions {
    engines: Vec<DockerHost>,
    unusable: Option<DockerHostError>,
    units: Option<Vec<String>>,
    has_unnamed: bool,
    root: PathBuf,
}

/// Decides whom to ask about the cgroups that were found.
///
/// # Errors
/// When `--docker-host` is no unix socket.
pub fn questions(global: &Global, collector: &Collector) -> anyhow::Result<Questions> {
    questions_about(global, collector.snapshot())
}

/// Decides whom to ask about the cgroups of a snapshot.
///
/// # Errors
/// When `--docker-host` is no unix socket.
pub fn questions_about(global: &Global, snapshot: &Snapshot) -> anyhow::Result<Questions> {
    let given = global.docker_host.as_deref().filter(|given| !given.is_empty());
    let cgroups = &snapshot.cgroups;
    let has_unnamed = cgroups.iter().any(wants_a_name);
    let (given, unusable) = match given.map(str::parse::<DockerHost>).transpose() {
        Ok(given) => (given, None),
        // Set for `docker`, not for us: the machine's own engines are asked, and a line says so.
        Err(error @ DockerHostError::NotUnix { .. }) if is_of_environment(global) => (None, Some(error)),
        Err(error) => return Err(error).context("--docker-host"),
    };
    let engines = match given {
        Some(given) => vec![given],
        None if has_unnamed => {
            let runtime_folder = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
            DockerHost::present(&global.root, runtime_folder.as_deref())
        }
        None => Vec::new(),
    };
    let is_own = global.root == std::path::Path::new("/");
    let units = is_own
        .then(|| cgroups.iter().filter_map(|cgroup| unit_name(&cgroup.path)).map(str::to_owned).collect());
    Ok(Questions { engines, unusable, units, has_unnamed, root: global.root.clone() })
}

/// The engines that may know of containers that are not there any more: the given one, else those that are found.
///
/// # Errors
/// When `--docker-host` is no unix socket.
pub fn engines(global: &Global) -> anyhow::Result<Vec<DockerHost>> {
    let given = global.docker_host.as_deref().filter(|given| !given.is_empty());
    match given.map(str::parse::<DockerHost>).transpose() {
        Ok(Some(given)) => Ok(vec![given]),
        Err(error) if !(is_of_environment(global) && matches!(error, DockerHostError::NotUnix { .. })) => {
            Err(error).context("--docker-host")
        }
        Ok(None) | Err(_) => {
            let runtime_folder = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
            Ok(DockerHost::present(&global.root, runtime_folder.as_deref()))
        }
    }
}

fn is_of_environment(global: &Global) -> bool {
    std::env::var("DOCKER_HOST").ok() == global.docker_host
}

/// Whether there is a container whose name only an engine's socket tells, and which has none. An engine lists a container a moment
/// after its cgroup was made, so this may be so just after it was asked.
#[must_use]
pub fn has_nameless(snapshot: &Snapshot) -> bool {
    let is_nameless = |cgroup: &&Cgroup| {
        cgroup.container.as_ref().is_some_and(|container| container.name.value().is_none())
    };
    snapshot.cgroups.iter().filter(is_nameless).any(wants_a_name)
}

/// A container whose name only an engine's socket tells.
fn wants_a_name(cgroup: &Cgroup) -> bool {
    let Identity::Container(container) = &cgroup.identity else { return false };
    matches!(container.runtime, Runtime::Docker | Runtime::Podman | Runtime::Unknown)
        && container.pod.is_none()
}

/// Asks everybody at the same time; nobody takes longer than the deadline.
#[must_use]
pub fn ask(questions: Questions) -> Witnesses {
    let Questions { engines, unusable, units, has_unnamed, root } = questions;
    let has_engines = !engines.is_empty();
    let asked: Vec<_> = engines
        .into_iter()
        .map(|engine| thread::spawn(move || sources::docker::containers(&engine, DEADLINE)))
        .collect();
    let mut witnesses = Witnesses { pod_logs: PodLogs::read(&HostRoot::new(&root)), ..Witnesses::default() };
    if let Some(error) = unusable {
        witnesses.missing.push(not_named("the containers of DOCKER_HOST's engine", error.to_string()));
    }
    if let Some(units) = units {
        hear_systemd(&mut witnesses, &units);
    }
    for answer in asked {
        match answer.join() {
            Ok(Ok(answer)) => {
                let runtime = match answer.engine.kind {
                    EngineKind::Docker => Runtime::Docker,
                    EngineKind::Podman => Runtime::Podman,
                };
                let failures = answer.failures.clone();
                witnesses
                    .missing
                    .extend(failures.into_iter().map(|why| not_named("some of what an engine knows", why)));
                witnesses.hear(runtime, answer);
            }
            Ok(Err(error)) => {
                let why = in_words(error);
                witnesses.missing.push(not_named("names, images and declared limits", why));
            }
            Err(_) => witnesses
                .missing
                .push(not_named("names, images and declared limits", "the reader failed".to_owned())),
        }
    }
    if has_unnamed && !has_engines {
        let why = format!("no Docker or Podman socket below {}; give one with --docker-host", root.display());
        witnesses.missing.push(not_named("names, images and declared limits", why));
    }
    witnesses
}

fn hear_systemd(witnesses: &mut Witnesses, units: &[String]) {
    match systemd::unit_properties(units, DEADLINE) {
        Ok(properties) => witnesses.units = properties,
        // A machine without systemd misses nothing.
        Err(SystemdError::NotRunning) => {}
        Err(error) => {
            let why = in_words(error);
            witnesses.missing.push(not_named("the limits that systemd holds", why.clone()));
            witnesses.units_failed = Some(why);
        }
    }
}

/// The error and its causes in one line, without the numbers that Rust adds.
fn in_words(error: impl std::error::Error + Send + Sync + 'static) -> String {
    let words = format!("{:#}", anyhow::Error::from(error));
    match words.rsplit_once(" (os error ") {
        Some((words, _)) => words.to_owned(),
        None => words,
    }
}

fn not_named(what: &str, why: String) -> Missing {
    Missing { what: what.to_owned(), why }
}

/// A snapshot with what is thought of some of its cgroups.
pub struct Judged {
    /// The machine.
    pub snapshot: Snapshot,
    /// What is thought of the cgroups that were chosen.
    pub assessments: Vec<Assessment>,
}

impl Judged {
    /// Judges the cgroups that `choose` wants.
    #[must_use]
    pub fn new(snapshot: Snapshot, choose: impl Fn(&Cgroup) -> bool) -> Self {
        let chosen = snapshot.cgroups.iter().enumerate().filter(|(_, cgroup)| choose(cgroup));
        let assessments =
            chosen.filter_map(|(index, _)| judge::assess::assess(&snapshot, CgroupIndex(index))).collect();
        Self { snapshot, assessments }
    }

    /// The row of one assessment.
    #[must_use]
    pub fn row<'a>(&'a self, assessment: &'a Assessment) -> Option<Row<'a>> {
        let cgroup = self.snapshot.cgroup(assessment.cgroup)?;
        Some(Row { snapshot: &self.snapshot, cgroup, assessment })
    }
}
