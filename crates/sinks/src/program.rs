//! Programs that the configuration names for alerts, such as a heap dump: one run of each at a time, and what became of it.

use crate::deadline::{self, End};
use model::alert::command::CommandSettings;
use std::collections::BTreeSet;
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// Of our own environment a program gets these alone.
const INHERITED: [&str; 3] = ["PATH", "LANG", "TZ"];

/// A run that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The command's name.
    pub command: String,
    /// Whom it was for.
    pub subject: String,
    /// What became of it, in words; an error when it did not end well.
    pub outcome: Result<String, String>,
}

/// What runs.
#[derive(Debug)]
pub struct Programs {
    running: BTreeSet<String>,
    tell: Sender<Run>,
    ended: Receiver<Run>,
}

impl Programs {
    /// Nothing runs.
    #[must_use]
    pub fn new() -> Self {
        let (tell, ended) = channel();
        Self { running: BTreeSet::new(), tell, ended }
    }

    /// Whether a command runs that was started before.
    #[must_use]
    pub fn is_running(&self, settings: &CommandSettings) -> bool {
        self.running.contains(&settings.name)
    }

    /// Starts a command for somebody, and leaves it to itself.
    pub fn start(
        &mut self,
        settings: &CommandSettings,
        subject: &str,
        environment: Vec<(&'static str, String)>,
    ) {
        self.running.insert(settings.name.clone());
        let (settings, subject, tell) = (settings.clone(), subject.to_owned(), self.tell.clone());
        thread::spawn(move || {
            let outcome = run(&settings, environment);
            // Whoever asked may have ended.
            let _ = tell.send(Run { command: settings.name, subject, outcome });
        });
    }

    /// What has ended since this was last asked.
    pub fn ended(&mut self) -> Vec<Run> {
        let runs: Vec<Run> = self.ended.try_iter().collect();
        self.running.retain(|name| runs.iter().all(|run| run.command != *name));
        runs
    }
}

impl Default for Programs {
    fn default() -> Self {
        Self::new()
    }
}

fn run(settings: &CommandSettings, environment: Vec<(&'static str, String)>) -> Result<String, String> {
    let mut command = Command::new(&settings.program);
    command.args(&settings.args).env_clear().envs(environment);
    command.envs(INHERITED.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    let place = settings.program.display();
    match deadline::run(&mut command, String::new(), settings.deadline) {
        Err(error) => Err(format!("{place}: {error}")),
        Ok(End::Killed) => {
            let seconds = settings.deadline.as_secs_f64();
            Err(format!("{place} did not end within {seconds} s and was killed"))
        }
        Ok(End::Ended(status, words)) => {
            let words = if words.is_empty() { String::new() } else { format!(": {words}") };
            let said = format!("{place} ended with {status}{words}");
            if status.success() { Ok(said) } else { Err(said) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Programs, Run};
    use model::alert::command::CommandSettings;
    use std::fs;
    use std::path::PathBuf;
    use std::time::{Duration, Instant};

    fn script(text: &str, deadline: Duration) -> CommandSettings {
        CommandSettings {
            name: "dump".to_owned(),
            rules: Vec::new(),
            names: Vec::new(),
            images: Vec::new(),
            classes: Vec::new(),
            program: PathBuf::from("/bin/sh"),
            args: vec!["-c".to_owned(), text.to_owned()],
            deadline,
            starts_per_hour_max: 1,
            cool_down: Duration::ZERO,
        }
    }

    fn end(programs: &mut Programs) -> Run {
        let begun = Instant::now();
        loop {
            if let Some(run) = programs.ended().pop() {
                return run;
            }
            assert!(begun.elapsed() < Duration::from_secs(60));
            std::thread::yield_now();
        }
    }

    #[test]
    fn it_knows_whom_it_is_for_and_nothing_of_ours() {
        let folder = tempfile::tempdir().unwrap();
        let told = folder.path().join("told");
        let text = format!("env > {}; echo done >&2", told.display());
        let dump = script(&text, Duration::from_secs(60));
        let mut programs = Programs::new();
        programs.start(&dump, "web", vec![("HIGHWATER_CONTAINER", "we b\n".to_owned())]);
        assert!(programs.is_running(&dump));
        let run = end(&mut programs);
        assert_eq!(
            (run.subject.as_str(), run.outcome),
            ("web", Ok("/bin/sh ended with exit status: 0: done".to_owned()))
        );
        assert!(!programs.is_running(&dump));
        let environment = fs::read_to_string(told).unwrap();
        assert!(environment.contains("HIGHWATER_CONTAINER=we b\n"), "{environment}");
        assert!(!environment.contains("CARGO"), "{environment}");
    }

    #[test]
    fn one_that_hangs_is_killed_with_its_children_and_one_that_is_not_there_is_named() {
        let mut programs = Programs::new();
        programs.start(&script("sleep 600 & sleep 600", Duration::from_millis(100)), "web", Vec::new());
        assert!(end(&mut programs).outcome.unwrap_err().contains("did not end within 0.1 s"));
        let away =
            CommandSettings { program: PathBuf::from("/nowhere/dump"), ..script("", Duration::from_secs(1)) };
        programs.start(&away, "web", Vec::new());
        assert!(end(&mut programs).outcome.unwrap_err().starts_with("/nowhere/dump: No such file"));
    }
}
