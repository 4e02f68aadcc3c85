//! Where a container engine listens: a unix socket given by the user, or one found at a usual place.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Rootful engines: Docker, and Podman's Docker-compatible service. `/var/run` is where hosts without `/run` have it.
const ROOTFUL_SOCKETS: [&str; 3] = ["run/docker.sock", "var/run/docker.sock", "run/podman/podman.sock"];

/// The same two below `$XDG_RUNTIME_DIR`, when they run without root.
const ROOTLESS_SOCKETS: [&str; 2] = ["docker.sock", "podman/podman.sock"];

/// The socket of an engine that speaks Docker's API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DockerHost {
    socket: PathBuf,
}

/// What was given names no unix socket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DockerHostError {
    /// Another scheme: a remote engine's containers have no cgroups on this machine.
    #[error("only unix sockets can be read: expected `unix:///run/docker.sock`, found `{found}`")]
    NotUnix {
        /// What was given.
        found: String,
    },
    /// No scheme, or `unix://`, before something that is no absolute path.
    #[error("expected `unix:///PATH` or an absolute path, found `{found}`")]
    NotAbsolute {
        /// What was given.
        found: String,
    },
}

impl FromStr for DockerHost {
    type Err = DockerHostError;

    /// Reads `unix:///path`, a plain absolute path, or the value of `DOCKER_HOST`.
    fn from_str(given: &str) -> Result<Self, DockerHostError> {
        let path = given.strip_prefix("unix://").unwrap_or(given);
        if path.contains("://") {
            return Err(DockerHostError::NotUnix { found: given.to_owned() });
        }
        if !path.starts_with('/') {
            return Err(DockerHostError::NotAbsolute { found: given.to_owned() });
        }
        Ok(Self { socket: PathBuf::from(path) })
    }
}

impl fmt::Display for DockerHost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "unix://{}", self.socket.display())
    }
}

impl DockerHost {
    /// The socket's path.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The engines that are there when the user named none, each once: below `root`, and below `runtime_folder`
    /// (`$XDG_RUNTIME_DIR`, itself below `root`) for those that run without root.
    ///
    /// A machine may have both Docker and Podman; a link from one name to the other (Debian's `podman-docker`) counts once.
    #[must_use]
    pub fn present(root: &Path, runtime_folder: Option<&Path>) -> Vec<Self> {
        let mut sockets: Vec<PathBuf> = ROOTFUL_SOCKETS.iter().map(|socket| root.join(socket)).collect();
        if let Some(folder) = runtime_folder {
            let folder = root.join(folder.strip_prefix("/").unwrap_or(folder));
            sockets.extend(ROOTLESS_SOCKETS.iter().map(|socket| folder.join(socket)));
        }
        let mut seen = Vec::new();
        sockets.retain(|socket| match identity(root, socket) {
            Presence::Absent => false,
            Presence::Unknown => true,
            Presence::Present { device, inode } => {
                let is_new = !seen.contains(&(device, inode));
                seen.push((device, inode));
                is_new
            }
        });
        sockets.into_iter().map(|socket| Self { socket }).collect()
    }
}

enum Presence {
    Absent,
    /// A folder on the way is closed to us: worth trying, so that the failure is told.
    Unknown,
    Present {
        device: u64,
        inode: u64,
    },
}

fn identity(root: &Path, socket: &Path) -> Presence {
    let real = match (fs::canonicalize(root), fs::canonicalize(socket)) {
        // An absolute link below `/host` leads to our own file system, not to the machine's.
        (Ok(root), Ok(real)) if real.starts_with(&root) => real,
        (_, Err(error)) if error.kind() == io::ErrorKind::PermissionDenied => return Presence::Unknown,
        (Ok(_) | Err(_), Ok(_) | Err(_)) => return Presence::Absent,
    };
    fs::metadata(real)
        .map_or(Presence::Absent, |found| Presence::Present { device: found.dev(), inode: found.ino() })
}

#[cfg(test)]
mod tests {
    use super::{DockerHost, DockerHostError};
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::path::{Path, PathBuf};

    fn sockets(hosts: &[DockerHost]) -> Vec<&Path> {
        hosts.iter().map(DockerHost::socket).collect()
    }

    #[test]
    fn a_url_and_a_path_name_the_same_socket() {
        for given in ["unix:///run/docker.sock", "/run/docker.sock"] {
            let host: DockerHost = given.parse().unwrap();
            assert_eq!(host.to_string(), "unix:///run/docker.sock");
        }
    }

    #[test]
    fn a_remote_engine_is_refused_by_name() {
        for given in ["tcp://10.0.0.1:2375", "ssh://me@host", "npipe:////./pipe/docker_engine", "fd://"] {
            let error = given.parse::<DockerHost>().unwrap_err();
            assert_eq!(error, DockerHostError::NotUnix { found: given.to_owned() });
            assert!(error.to_string().contains("only unix sockets"), "{error}");
        }
    }

    #[test]
    fn a_relative_path_is_refused() {
        for given in ["", "docker.sock", "unix://", "unix://docker.sock", "unix:/run/docker.sock"] {
            let error = given.parse::<DockerHost>().unwrap_err();
            assert_eq!(error, DockerHostError::NotAbsolute { found: given.to_owned() });
        }
    }

    #[test]
    fn engines_are_found_below_the_root_and_each_once() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(DockerHost::present(root.path(), None), []);
        for folder in ["run/podman", "run/user/7/podman", "var"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        symlink("../run", root.path().join("var/run")).unwrap();
        let listeners = ["run/docker.sock", "run/podman/podman.sock", "run/user/7/podman/podman.sock"]
            .map(|socket| root.path().join(socket));
        let _kept = listeners.clone().map(|socket| UnixListener::bind(socket).unwrap());
        let found = DockerHost::present(root.path(), Some(Path::new("/run/user/7")));
        assert_eq!(sockets(&found), listeners.each_ref().map(PathBuf::as_path));
    }

    #[test]
    fn a_link_out_of_the_root_is_not_followed() {
        let (ours, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let _kept = UnixListener::bind(ours.path().join("docker.sock")).unwrap();
        fs::create_dir(root.path().join("var")).unwrap();
        symlink(ours.path(), root.path().join("var/run")).unwrap();
        assert_eq!(DockerHost::present(root.path(), None), []);
        fs::create_dir(ours.path().join("run")).unwrap();
        fs::rename(ours.path().join("docker.sock"), ours.path().join("run/docker.sock")).unwrap();
        assert_eq!(DockerHost::present(ours.path(), None).len(), 1);
    }
}
