//! What an agent does not start over: exit code 3, words that name it, and everything left as it was.

use std::fs;
use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Output};

fn agent(state: &Path, socket: &Path) -> io::Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    command.arg("agent").arg("--state").arg(state).arg("--socket").arg(socket);
    command.output()
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
