//! Programs that are started for alerts: which, for whom, how often, and what is said of them.

use crate::agent::eyes::Eyes;
use crate::agent::memory::Memory;
use crate::cli::policy::explain::subject_of;
use judge::alerting::starts::{self, NotNow, Starts};
use judge::policy::assign;
use model::alert::command::CommandSettings;
use model::alert::{Alert, AlertChange};
use model::cgroup::Cgroup;
use model::policy::MemoryPolicy;
use sinks::program::Programs;
use sources::cgroup::processes;
use sources::host_root::HostRoot;

/// What was started.
#[derive(Default)]
pub struct Commands {
    starts: Starts,
    programs: Programs,
    words: Vec<String>,
}

impl Commands {
    /// Starts what is wanted at these changes and may be started now.
    pub fn start(
        &mut self,
        commands: &[CommandSettings],
        policy: &MemoryPolicy,
        changes: &[AlertChange],
        eyes: &Eyes,
        memory: &Memory,
    ) {
        for change in changes {
            let class = || Some(assign(policy, &subject_of(cgroup(&change.alert, eyes, memory)?)).class);
            for settings in commands.iter().filter(|settings| starts::is_wanted(settings, change, class)) {
                let subject = &change.alert.key.subject;
                if self.programs.is_running(settings) {
                    self.words.push(view::agent::command_busy(&settings.name, subject));
                    continue;
                }
                match self.starts.note(settings, subject, &change.at) {
                    Ok(()) => {
                        self.words.push(view::agent::command_started(&settings.name, subject));
                        self.programs.start(settings, subject, environment(&change.alert, eyes, memory));
                    }
                    Err(NotNow::Cooling { left }) => {
                        self.words.push(view::agent::command_cooling(&settings.name, subject, left));
                    }
                    Err(NotNow::TooOften { starts }) => {
                        self.words.push(view::agent::command_too_often(&settings.name, subject, starts));
                    }
                }
            }
        }
    }

    /// What is to be said of them, since this was last asked.
    pub fn words(&mut self) -> Vec<String> {
        let ended = self.programs.ended();
        self.words.extend(
            ended.iter().map(|run| view::agent::command_ended(&run.command, &run.subject, &run.outcome)),
        );
        std::mem::take(&mut self.words)
    }
}

/// Whom a program is for. What is not known is not there.
fn environment(alert: &Alert, eyes: &Eyes, memory: &Memory) -> Vec<(&'static str, String)> {
    let cgroup = cgroup(alert, eyes, memory);
    let container = cgroup.and_then(|cgroup| cgroup.container.as_ref());
    let path = cgroup.map(|cgroup| cgroup.path.clone()).or_else(|| alert.labels.get("cgroup").cloned());
    let told = container.and_then(|container| container.pid.get());
    let pid = told.or_else(|| {
        let root = HostRoot::new(&eyes.machine()?.root);
        processes::first(&root, path.as_ref()?)
    });
    let image = container.and_then(|container| container.image.value().cloned());
    let known = [
        ("HIGHWATER_CONTAINER_ID", container.map(|container| container.id.0.clone())),
        ("HIGHWATER_IMAGE", image),
        ("HIGHWATER_CGROUP", path),
        ("HIGHWATER_PID", pid.map(|pid| pid.to_string())),
    ];
    let always = [
        ("HIGHWATER_RULE", alert.key.rule.as_str().to_owned()),
        ("HIGHWATER_SEVERITY", api::alerts::severity(alert.severity).to_owned()),
        ("HIGHWATER_CONTAINER", alert.key.subject.clone()),
    ];
    // No variable can hold a zero byte.
    let is_sound = |(_, value): &(&'static str, String)| !value.contains('\0');
    always
        .into_iter()
        .chain(known.into_iter().filter_map(|(key, value)| Some((key, value?))))
        .filter(is_sound)
        .collect()
}

/// The cgroup of an alert: where its labels say, or of the workload that it names.
fn cgroup<'a>(alert: &Alert, eyes: &'a Eyes, memory: &Memory) -> Option<&'a Cgroup> {
    let cgroups = &eyes.snapshot().cgroups;
    if let Some(path) = alert.labels.get("cgroup") {
        return cgroups.iter().find(|cgroup| cgroup.path == *path);
    }
    let (_, id) = memory.names().find(|(name, _)| name.as_str() == alert.key.subject)?;
    cgroups.iter().find(|cgroup| cgroup.id == id)
}
