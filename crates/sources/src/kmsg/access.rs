//! Why the kernel's log may not be read, and what would help.

use crate::host_root::HostRoot;
use rustix::fs::{Dev, FileType, major, minor};
use rustix::io::Errno;
use rustix::thread::{CapabilitySet, capabilities};

/// What is missing to open the log, in words.
pub fn what_is_missing(root: &HostRoot, errno: Errno) -> String {
    let restricted = root.text("/proc/sys/kernel/dmesg_restrict");
    let refusal = Refusal {
        errno,
        is_restricted: restricted.value().map(|text| text.trim() != "0"),
        has_capability: capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::SYSLOG)),
    };
    refusal.explained().to_owned()
}

/// What is known of a refusal.
struct Refusal {
    errno: Errno,
    /// `kernel.dmesg_restrict`, where it can be read.
    is_restricted: Option<bool>,
    /// Whether this process holds `CAP_SYSLOG`.
    has_capability: bool,
}

impl Refusal {
    /// `devkmsg_open` asks for `CAP_SYSLOG` when `kernel.dmesg_restrict` is set (`EPERM`), and in the first user namespace
    /// only; a container's device rules say `EPERM` too, the file's mode says `EACCES`.
    const fn explained(&self) -> &'static str {
        match (self.errno, self.is_restricted, self.has_capability) {
            (Errno::ACCESS, _, _) => "not readable for this user; run as root",
            (_, Some(true), false) => {
                "needs CAP_SYSLOG because kernel.dmesg_restrict is 1; run as root, in a container with `--cap-add SYSLOG --device /dev/kmsg`"
            }
            (_, Some(true), true) => {
                "refused although CAP_SYSLOG is held: it counts only outside user namespaces, and a container needs `--device /dev/kmsg`"
            }
            (_, Some(false), _) => "refused by the container's device rules; give it `--device /dev/kmsg`",
            (_, None, _) => "needs CAP_SYSLOG, and in a container `--device /dev/kmsg`",
        }
    }
}

/// What stands there instead of the log.
pub fn kind_in_words(kind: FileType, device: Dev) -> String {
    match kind {
        FileType::CharacterDevice => format!("character device {}:{}", major(device), minor(device)),
        FileType::Directory => "a folder".to_owned(),
        FileType::Fifo => "a pipe".to_owned(),
        FileType::Socket => "a socket".to_owned(),
        FileType::BlockDevice => "a block device".to_owned(),
        FileType::RegularFile | FileType::Symlink | FileType::Unknown => "something else".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::Refusal;
    use rustix::io::Errno;

    #[test]
    fn each_refusal_names_what_would_help() {
        let cases = [
            (Errno::ACCESS, Some(true), false, "run as root"),
            (Errno::PERM, Some(true), false, "CAP_SYSLOG because kernel.dmesg_restrict is 1"),
            (Errno::PERM, Some(true), true, "user namespaces"),
            (Errno::PERM, Some(false), true, "device rules"),
            (Errno::PERM, None, false, "CAP_SYSLOG, and"),
        ];
        for (errno, is_restricted, has_capability, word) in cases {
            let why = Refusal { errno, is_restricted, has_capability }.explained();
            assert!(why.contains(word), "{errno:?} {is_restricted:?} {has_capability}: {why}");
        }
    }
}
