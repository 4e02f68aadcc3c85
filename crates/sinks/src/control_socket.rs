//! The unix socket by which the agent can be asked: readable by its group, removed at the end.

use crate::answerer::{Answerer, Answering};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

/// Owner and group.
const MODE: u32 = 0o660;

/// Answers on a unix socket until it is dropped.
#[derive(Debug)]
pub struct ControlSocket {
    path: PathBuf,
    answerer: Option<Answerer>,
}

impl ControlSocket {
    /// Binds the socket. One that an agent left behind that was killed is replaced: whoever holds the store is alone.
    ///
    /// # Errors
    /// When something else lies there, or its folder cannot be written.
    pub fn bind(path: &Path, answering: Answering) -> io::Result<Self> {
        match fs::symlink_metadata(path) {
            Ok(found) if found.file_type().is_socket() => fs::remove_file(path)?,
            Ok(_) => {
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, "expected a socket or nothing"));
            }
            Err(_) => {}
        }
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, Permissions::from_mode(MODE))?;
        let answerer = Answerer::on_socket(listener, path, answering)?;
        Ok(Self { path: path.to_owned(), answerer: Some(answerer) })
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // First the answerer: it is woken through the socket.
        self.answerer = None;
        // A folder that is gone has taken it along.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::ControlSocket;
    use crate::answerer::{Answer, Request};
    use std::io::{Read, Write};
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::sync::Arc;

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
    fn a_file_that_is_no_socket_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.sock");
        std::fs::write(&path, "mine").unwrap();
        let refused = ControlSocket::bind(&path, Arc::new(hello)).unwrap_err();
        assert!(refused.to_string().contains("expected a socket"), "{refused}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    }
}
