//! The unix socket by which the agent can be asked: readable by its group, removed at the end.

use crate::answerer::{Answerer, Answering};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// Owner and group.
const MODE: u32 = 0o660;

/// Answers on a unix socket until it is dropped.
#[derive(Debug)]
pub struct ControlSocket {
    path: PathBuf,
    /// Device and inode of the socket that was bound: another one at its path is somebody else's.
    bound: (u64, u64),
    answerer: Option<Answerer>,
}

impl ControlSocket {
    /// Binds the socket. One that an agent left behind that was killed is replaced.
    ///
    /// # Errors
    /// [`io::ErrorKind::AddrInUse`] when somebody answers there. When something else lies there, or its folder cannot be written.
    pub fn bind(path: &Path, answering: Answering) -> io::Result<Self> {
        match fs::symlink_metadata(path) {
            Ok(found) if found.file_type().is_socket() => replace_left_behind(path)?,
            Ok(_) => {
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, "expected a socket or nothing"));
            }
            Err(_) => {}
        }
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, Permissions::from_mode(MODE))?;
        let bound = identity(path)?;
        let answerer = Answerer::on_socket(listener, answering)?;
        Ok(Self { path: path.to_owned(), bound, answerer: Some(answerer) })
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        self.answerer = None;
        if identity(&self.path).is_ok_and(|found| found == self.bound) {
            // A folder that is gone has taken it along.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes a socket on which nobody listens any more: connect(2) is refused.
fn replace_left_behind(path: &Path) -> io::Result<()> {
    match UnixStream::connect(path) {
        Ok(_) => Err(io::Error::new(io::ErrorKind::AddrInUse, "another process answers on this socket")),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) => Err(error),
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let found = fs::symlink_metadata(path)?;
    Ok((found.dev(), found.ino()))
}

#[cfg(test)]
mod tests {
    use super::ControlSocket;
    use crate::answerer::{Answer, Request};
    use std::io::{ErrorKind, Read, Write};
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::sync::{Arc, mpsc};
    use std::time::Duration;

    fn hello(_: &Request) -> Answer {
        Answer { status: 200, content_type: "text/plain", body: "hello".to_owned() }
    }

    #[test]
    fn a_socket_left_behind_is_replaced_and_ours_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.sock");
        drop(UnixListener::bind(&path).unwrap());
        assert!(UnixStream::connect(&path).is_err());
        let socket = ControlSocket::bind(&path, Arc::new(hello)).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.write_all(b"GET /status HTTP/1.1\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.ends_with("hello"), "{answer}");
        drop(socket);
        assert!(!path.exists());
    }

    #[test]
    fn a_socket_that_somebody_answers_on_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.sock");
        let first = ControlSocket::bind(&path, Arc::new(hello)).unwrap();
        let refused = ControlSocket::bind(&path, Arc::new(hello)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::AddrInUse, "{refused}");
        UnixStream::connect(&path).unwrap();
        drop(first);
        assert!(!path.exists());
    }

    #[test]
    fn its_end_depends_on_no_path_and_leaves_another_socket_there_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.sock");
        let socket = ControlSocket::bind(&path, Arc::new(hello)).unwrap();
        std::fs::remove_file(&path).unwrap();
        // Accepts whoever connects, and says nothing: who waits for a word from here waits for ever.
        let other = UnixListener::bind(&path).unwrap();
        let (over, is_over) = mpsc::channel();
        let ends = std::thread::spawn(move || {
            drop(socket);
            over.send(()).unwrap();
        });
        is_over.recv_timeout(Duration::from_secs(20)).expect("the end does not come");
        ends.join().unwrap();
        UnixStream::connect(&path).unwrap();
        drop(other);
    }

    #[test]
    fn a_file_that_is_no_socket_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.sock");
        std::fs::write(&path, "mine").unwrap();
        let refused = ControlSocket::bind(&path, Arc::new(hello)).unwrap_err();
        assert!(refused.to_string().contains("expected a socket"), "{refused}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    }
}
