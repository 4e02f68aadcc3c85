//! Files that set what a plan sets: units and drop-ins, `sysctl.d`, `fstab`, configurations of runtimes and of the boot loader.

use crate::host_root::{HostRoot, reason};
use model::node::{TextFile, UnitLink};
use model::reading::Reading;
use std::io;
use std::os::unix::fs::PermissionsExt;

/// A larger file is none of these.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// As many are read; a folder with more is none of these.
const FILES_MAX: usize = 600;

/// Files with a name of their own.
const SINGLE: [&str; 18] = [
    "/etc/fstab",
    "/etc/crypttab",
    "/etc/sysctl.conf",
    "/etc/default/grub",
    "/etc/default/kubelet",
    "/etc/sysconfig/kubelet",
    "/var/lib/kubelet/kubeadm-flags.env",
    "/var/snap/microk8s/current/args/kubelet",
    "/etc/rancher/k3s/config.yaml",
    "/etc/rancher/rke2/config.yaml",
    "/etc/containerd/config.toml",
    "/etc/crio/crio.conf",
    "/etc/docker/daemon.json",
    "/etc/systemd/oomd.conf",
    "/etc/systemd/zram-generator.conf",
    "/usr/lib/systemd/zram-generator.conf",
    "/etc/default/zramswap",
    "/etc/rc.local",
];

/// Folders of which every file with this ending counts.
const FOLDERS: [(&str, &str); 9] = [
    ("/etc/sysctl.d", ".conf"),
    ("/run/sysctl.d", ".conf"),
    ("/usr/local/lib/sysctl.d", ".conf"),
    ("/usr/lib/sysctl.d", ".conf"),
    ("/lib/sysctl.d", ".conf"),
    ("/etc/systemd/oomd.conf.d", ".conf"),
    ("/etc/systemd/zram-generator.conf.d", ".conf"),
    ("/etc/crio/crio.conf.d", ".conf"),
    ("/etc/tmpfiles.d", ".conf"),
];

/// Where units are, in the order of systemd.unit(5).
pub const UNIT_FOLDERS: [&str; 8] = [
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/etc/systemd/system",
    "/run/systemd/system",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// Folders of packaged units: only those that concern memory, swap, the kubelet and runtimes are read.
const PACKAGED: [&str; 3] =
    ["/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];

/// Names of packaged units and drop-in folders that are read.
const CONCERNED: [&str; 12] = [
    "kubelet.",
    "containerd.",
    "crio.",
    "docker.",
    "k3s",
    "rke2",
    "systemd-zram-setup@",
    "systemd-oomd.",
    "zramswap.",
    "-.slice",
    "system.slice",
    "user",
];

/// Reads them, and the links by which units are started.
#[must_use]
pub fn files(root: &HostRoot) -> (Vec<TextFile>, Vec<UnitLink>) {
    let mut found = Collected { root, files: Vec::new(), links: Vec::new() };
    for path in SINGLE {
        found.take(path);
    }
    for (folder, ending) in FOLDERS {
        for name in root.names(folder).into_iter().filter(|name| name.ends_with(ending)) {
            found.take(&format!("{folder}/{name}"));
        }
    }
    for folder in UNIT_FOLDERS {
        // On most machines /lib is a link to /usr/lib.
        if folder == "/lib/systemd/system" && std::fs::read_link(root.path("/lib")).is_ok() {
            continue;
        }
        found.units(folder);
    }
    (found.files, found.links)
}

/// A file with its text and permissions.
#[must_use]
pub fn text_file(root: &HostRoot, path: &str) -> TextFile {
    let metadata = std::fs::metadata(root.path(path));
    let mode = metadata.as_ref().map_or(0, |found| found.permissions().mode() & 0o7777);
    let text = match metadata {
        Ok(found) if !found.is_file() => {
            Reading::failed(format!("{}: not a file", root.path(path).display()))
        }
        Ok(found) if found.len() > FILE_BYTES_MAX => Reading::failed(format!(
            "{}: expected at most {FILE_BYTES_MAX} bytes, found {}",
            root.path(path).display(),
            found.len()
        )),
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Reading::failed(format!("{}: {}", root.path(path).display(), reason(&error)))
        }
        Ok(_) | Err(_) => root.text(path),
    };
    TextFile { path: path.to_owned(), text, mode }
}

/// A folder that is there and cannot be listed, in the place of the files that it may hold.
#[must_use]
pub fn unlisted(root: &HostRoot, folder: &str) -> Option<TextFile> {
    let error = std::fs::read_dir(root.path(folder)).err()?;
    let why = format!("{}: {}", root.path(folder).display(), reason(&error));
    let file = || TextFile { path: folder.to_owned(), text: Reading::failed(why), mode: 0 };
    (error.kind() != io::ErrorKind::NotFound).then(file)
}

struct Collected<'a> {
    root: &'a HostRoot,
    files: Vec<TextFile>,
    links: Vec<UnitLink>,
}

impl Collected<'_> {
    /// A file that is there; one that is not is left out.
    fn take(&mut self, path: &str) {
        if self.files.len() >= FILES_MAX {
            return;
        }
        let file = text_file(self.root, path);
        if file.text != Reading::Absent {
            self.files.push(file);
        }
    }

    fn units(&mut self, folder: &str) {
        self.files.extend(unlisted(self.root, folder));
        let is_packaged = PACKAGED.contains(&folder);
        for name in self.root.names(folder) {
            let is_swap = name.ends_with(".swap");
            let is_concerned = CONCERNED.iter().any(|start| name.starts_with(start));
            let is_enabling = name.ends_with(".wants") || name.ends_with(".requires");
            if is_packaged && !is_swap && !is_concerned && !is_enabling {
                continue;
            }
            let path = format!("{folder}/{name}");
            if is_enabling {
                self.enabled(&path);
            } else if self.link(&path) {
            } else if self.root.path(&path).is_dir() {
                for inner in self.root.names(&path).into_iter().filter(|inner| inner.ends_with(".conf")) {
                    self.take(&format!("{path}/{inner}"));
                }
            } else {
                self.take(&path);
            }
        }
    }

    fn enabled(&mut self, folder: &str) {
        for name in self.root.names(folder) {
            let is_of_swap = name.ends_with(".swap") || !folder.starts_with("/usr/");
            let path = format!("{folder}/{name}");
            if is_of_swap && !self.link(&path) {
                // A copy enables a unit as a link does.
                self.links.push(UnitLink { path, target: String::new() });
            }
        }
    }

    /// Whether it is a link, which then is kept.
    fn link(&mut self, path: &str) -> bool {
        let Ok(target) = std::fs::read_link(self.root.path(path)) else { return false };
        self.links.push(UnitLink { path: path.to_owned(), target: target.display().to_string() });
        true
    }
}
