//! Units of systemd through `systemctl`, with an end to waiting and the unit's own words when it fails.

use super::{HostError, Machine, Present, failed, refused};
use model::plan::UnitAction;
use rustix::process::{Pid, Signal, kill_process};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::sync_channel;
use std::thread::spawn;
use std::time::Duration;

/// A job of systemd ends by itself after 90 s (`DefaultTimeoutStartSec`); this is for a systemd that does not.
const SECONDS_MAX: Duration = Duration::from_secs(150);
/// What only asks.
const QUESTION_SECONDS_MAX: Duration = Duration::from_secs(20);
const LOG_LINES: &str = "5";

pub fn present(machine: &Machine, unit: &str, action: UnitAction) -> Result<Present, HostError> {
    let is_active = match action {
        UnitAction::Restart => return Ok(Present::Now),
        UnitAction::Start | UnitAction::Stop => is_active(machine, unit)?,
    };
    Ok(match (action, is_active) {
        (UnitAction::Start, true) | (UnitAction::Stop, false) => Present::Wanted,
        (UnitAction::Start | UnitAction::Stop | UnitAction::Restart, _) => Present::Now,
    })
}

pub fn act(machine: &Machine, unit: &str, action: UnitAction) -> Result<(), HostError> {
    match action {
        UnitAction::Start => start(machine, unit),
        UnitAction::Stop => stop(machine, unit),
        // One that does not run is not started.
        UnitAction::Restart => job(machine, "try-restart", unit),
    }
}

pub fn start(machine: &Machine, unit: &str) -> Result<(), HostError> {
    job(machine, "start", unit)
}

pub fn stop(machine: &Machine, unit: &str) -> Result<(), HostError> {
    job(machine, "stop", unit)
}

/// systemd reads its unit files again.
pub fn reload(machine: &Machine) -> Result<(), HostError> {
    let ran = systemctl(machine, &["daemon-reload"], SECONDS_MAX)?;
    if ran.status.success() {
        return Ok(());
    }
    refused(format!("systemctl daemon-reload: {}", ran.words()))
}

fn is_active(machine: &Machine, unit: &str) -> Result<bool, HostError> {
    let ran = systemctl(machine, &["is-active", "--", unit], QUESTION_SECONDS_MAX)?;
    Ok(matches!(ran.stdout.trim(), "active" | "reloading" | "activating"))
}

fn job(machine: &Machine, verb: &str, unit: &str) -> Result<(), HostError> {
    let ran = systemctl(machine, &[verb, "--no-ask-password", "--", unit], SECONDS_MAX)?;
    if ran.status.success() {
        return Ok(());
    }
    let mut words = format!("systemctl {verb} {unit}: {}", ran.words());
    // What the unit said itself; a machine without the journal has nothing to add.
    let log = Command::new("journalctl")
        .args(["--no-pager", "-q", "-o", "cat", "-n", LOG_LINES, "-u", unit])
        .output();
    for line in log.map(|log| String::from_utf8_lossy(&log.stdout).into_owned()).unwrap_or_default().lines() {
        words.push_str("\n  ");
        words.push_str(line);
    }
    refused(words)
}

struct Ran {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

impl Ran {
    /// What it said, in one line.
    fn words(&self) -> String {
        let said = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        if said.is_empty() { self.status.to_string() } else { said }
    }
}

fn systemctl(machine: &Machine, arguments: &[&str], at_most: Duration) -> Result<Ran, HostError> {
    if !machine.runs_systemd() {
        let first = std::fs::read_to_string(machine.root().join("proc/1/comm")).unwrap_or_default();
        let first = if first.trim().is_empty() { "another program" } else { first.trim() };
        return refused(format!(
            "`systemctl {}` needs systemd, and process 1 of this machine is {first}",
            arguments.join(" ")
        ));
    }
    let doing = format!("systemctl {}", arguments.join(" "));
    let child = Command::new(&machine.systemctl)
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed(doing.clone()))?;
    let asker = Pid::from_child(&child);
    let (ended, end) = sync_channel(1);
    spawn(move || {
        // Whoever waited may have lost patience.
        let _ = ended.send(child.wait_with_output());
    });
    let Ok(output) = end.recv_timeout(at_most) else {
        // It is only the one who asks that is ended; systemd goes on with the job.
        let _ = kill_process(asker, Signal::KILL);
        return refused(format!("{doing}: no end within {} s", at_most.as_secs()));
    };
    let output = output.map_err(failed(doing))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Ran { status: output.status, stdout: text(&output.stdout), stderr: text(&output.stderr) })
}

#[cfg(test)]
mod tests {
    use super::{act, present, reload, systemctl};
    use crate::host::{Machine, MachineState, Present};
    use model::plan::UnitAction;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    /// A root with a `systemctl` that is this script.
    fn machine(script: &str) -> (tempfile::TempDir, Machine) {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("run/systemd/system")).unwrap();
        let program = root.path().join("systemctl");
        fs::write(&program, format!("#!/bin/sh\necho \"$@\" >>{}/asked\n{script}\n", root.path().display()))
            .unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        let machine = Machine::at(root.path(), MachineState::Running).with_systemctl(&program);
        (root, machine)
    }

    #[test]
    fn the_unit_is_asked_for_and_switched() {
        let (root, machine) = machine("[ \"$1\" != is-active ] || echo inactive");
        assert_eq!(present(&machine, "a.service", UnitAction::Start).unwrap(), Present::Now);
        assert_eq!(present(&machine, "a.service", UnitAction::Stop).unwrap(), Present::Wanted);
        assert_eq!(present(&machine, "a.service", UnitAction::Restart).unwrap(), Present::Now);
        act(&machine, "a.service", UnitAction::Start).unwrap();
        act(&machine, "a.service", UnitAction::Restart).unwrap();
        reload(&machine).unwrap();
        let asked = fs::read_to_string(root.path().join("asked")).unwrap();
        let expected = "is-active -- a.service\nis-active -- a.service\nstart --no-ask-password -- a.service\n\
            try-restart --no-ask-password -- a.service\ndaemon-reload\n";
        assert_eq!(asked, expected);
    }

    #[test]
    fn a_unit_that_fails_is_told_with_its_words() {
        let (_root, machine) = machine("echo 'Job for a.service failed.' >&2; exit 1");
        let error = act(&machine, "a.service", UnitAction::Start).unwrap_err().to_string();
        assert!(error.starts_with("systemctl start a.service: Job for a.service failed."), "{error}");
    }

    #[test]
    fn a_question_without_an_answer_has_an_end() {
        let (_root, machine) = machine("exec tail -f /dev/null");
        let Err(error) = systemctl(&machine, &["start"], Duration::from_millis(50)) else { panic!() };
        assert_eq!(error.to_string(), "systemctl start: no end within 0 s");
    }

    #[test]
    fn without_systemd_the_reason_is_in_words() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("proc/1")).unwrap();
        fs::write(root.path().join("proc/1/comm"), "runit\n").unwrap();
        let machine = Machine::at(root.path(), MachineState::Running);
        let error = reload(&machine).unwrap_err().to_string();
        assert!(error.contains("needs systemd") && error.contains("runit"), "{error}");
    }
}
