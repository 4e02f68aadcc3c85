//! The agent as a process: what it does not start over (exit code 3, everything left as it was), and what it says to signals.

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn command(state: &Path, socket: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    command.arg("agent").arg("--state").arg(state).arg("--socket").arg(socket);
    command
}

fn agent(state: &Path, socket: &Path) -> io::Result<Output> {
    command(state, socket).output()
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_socket_that_somebody_answers_on_is_refused_and_left() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("agent.sock");
    let first = UnixListener::bind(&socket).unwrap();
    let refused = agent(&folder.path().join("state"), &socket).unwrap();
    let said = words(&refused);
    assert_eq!(refused.status.code(), Some(3), "{said}");
    assert!(said.contains(&format!("--socket: {}: another agent answers there", socket.display())), "{said}");
    UnixStream::connect(&socket).unwrap();
    drop(first);
}

#[test]
fn a_state_of_a_later_version_is_refused_and_left() {
    // CRC-32 of the JSON behind it.
    let line = "ad45eba9 {\"version\":2,\"new\":true}\n";
    for name in ["incidents", "incidents.1", "cursor"] {
        let folder = tempfile::tempdir().unwrap();
        let (state, socket) = (folder.path().join("state"), folder.path().join("agent.sock"));
        fs::create_dir(&state).unwrap();
        fs::write(state.join(name), line).unwrap();
        let refused = agent(&state, &socket).unwrap();
        let said = words(&refused);
        assert_eq!(refused.status.code(), Some(3), "{name}: {said}");
        assert!(said.contains(name) && said.contains("a later Highwater wrote it"), "{name}: {said}");
        assert_eq!(fs::read_to_string(state.join(name)).unwrap(), line, "{name}");
        assert_eq!(fs::read_dir(&state).unwrap().count(), 1, "{name}");
    }
}

#[test]
fn a_configuration_that_is_gone_is_not_said_to_hold() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("agent.yaml");
    fs::write(&config, "apiVersion: highwater.dev/v1alpha1\nkind: AgentConfig\n").unwrap();
    let mut agent = command(&folder.path().join("state"), &folder.path().join("agent.sock"));
    let mut agent =
        agent.arg("--config").arg(&config).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = Pid::from_child(&agent);
    let mut said = BufReader::new(agent.stderr.take().unwrap()).lines().map(Result::unwrap);
    let started = said.find(|line| line.contains("watching, a look every")).unwrap();
    assert!(started.contains(&format!("as {} says", config.display())), "{started}");
    fs::remove_file(&config).unwrap();
    kill_process(pid, Signal::HUP).unwrap();
    let refused = said.find(|line| line.contains("the configuration is not taken")).unwrap();
    assert!(refused.contains("the one before holds on"), "{refused}");
    let still = said.find(|line| line.contains("watching, a look every")).unwrap();
    assert!(still.contains("as the configuration before said") && !still.contains("agent.yaml"), "{still}");
    kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(agent.wait().unwrap().code(), Some(0));
}
