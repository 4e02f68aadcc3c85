//! A machine that is a folder: files, kernel values, and a `systemctl` that keeps a list of swap.

use apply::host::{Machine, MachineState};
use kernel::bytes::Bytes;
use model::plan::{
    Allocation, Change, Discard, FileContent, Plan, Step, SwapFile, SwapUse, SwitchedBy, UnitAction,
};
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// Starts and stops `swapfile.swap` by the text of `/proc/swaps`; everything else succeeds and is written down.
const SYSTEMCTL: &str = r#"#!/bin/sh
root=$(dirname "$0")/..
for unit; do :; done
echo "$*" >>"$root/run/asked"
case "$1 $unit" in
'start swapfile.swap')
	[ -e "$root/etc/systemd/system/swapfile.swap" ] || { echo 'Unit swapfile.swap not found.' >&2; exit 5; }
	printf 'Filename\tType\tSize\tUsed\tPriority\n/var/swap/file\tfile\t1020\t0\t10\n' >"$root/proc/swaps" ;;
'stop swapfile.swap') printf 'Filename\tType\tSize\tUsed\tPriority\n' >"$root/proc/swaps" ;;
'is-active earlyoom.service') cat "$root/run/earlyoom" ;;
'stop earlyoom.service') echo inactive >"$root/run/earlyoom" ;;
'start earlyoom.service') echo active >"$root/run/earlyoom" ;;
esac
"#;

/// What a machine shows: by path its kind, mode and content. What systemctl wrote down is not part of it.
pub type Shown = BTreeMap<PathBuf, (u32, Vec<u8>)>;

/// A machine below a folder, as it is before anything is done.
pub fn build(root: &Path) {
    let write = |path: &str, text: &str, mode: u32| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    };
    write("bin/systemctl", SYSTEMCTL, 0o755);
    write("etc/sysctl.conf", "vm.swappiness = 60\n", 0o640);
    write("etc/fstab", "/dev/vda / ext4 defaults 0 1\n", 0o644);
    write("proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n", 0o644);
    write("proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 800 kB\n", 0o444);
    write("proc/sys/vm/swappiness", "60", 0o644);
    write("run/earlyoom", "active\n", 0o644);
    fs::create_dir_all(root.join("run/systemd/system")).unwrap();
    fs::create_dir_all(root.join("etc/systemd/system")).unwrap();
    fs::create_dir_all(root.join("var")).unwrap();
    symlink("/etc/sysctl.conf", root.join("etc/linked.conf")).unwrap();
}

/// The machine of a folder.
pub fn machine(root: &Path) -> Machine {
    Machine::at(root, MachineState::Running).with_systemctl(&root.join("bin/systemctl"))
}

/// Where its journal lies.
pub fn state(root: &Path) -> PathBuf {
    root.join("var/lib/highwater/node")
}

/// A plan with every kind of change that a folder can take.
pub fn plan() -> Plan {
    let content = |text: &str, mode: u32| Some(FileContent { text: text.to_owned(), mode });
    let unit = "[Swap]\nWhat=/var/swap/file\nPriority=10\n";
    let changes = [
        Change::Unit { unit: "earlyoom.service".to_owned(), action: UnitAction::Stop },
        Change::SwapFile {
            path: "/var/swap/file".to_owned(),
            now: None,
            wanted: Some(SwapFile { size: Bytes(1 << 20), allocation: Allocation::Reserved }),
        },
        Change::File {
            path: "/etc/systemd/system/swapfile.swap".to_owned(),
            now: None,
            wanted: content(unit, 0o644),
        },
        Change::File {
            path: "/etc/linked.conf".to_owned(),
            now: content("vm.swappiness = 60\n", 0o640),
            wanted: content("vm.swappiness = 10\nvm.page-cluster = 0\n", 0o600),
        },
        Change::File {
            path: "/etc/fstab".to_owned(),
            now: content("/dev/vda / ext4 defaults 0 1\n", 0o644),
            wanted: None,
        },
        Change::Link {
            path: "/etc/systemd/system/swap.target.wants/deep/swapfile.swap".to_owned(),
            now: None,
            wanted: Some("../swapfile.swap".to_owned()),
        },
        Change::Reload,
        Change::Swap {
            path: "/var/swap/file".to_owned(),
            now: None,
            wanted: Some(SwapUse { priority: Some(10), discard: Discard::Never }),
            by: SwitchedBy::Unit("swapfile.swap".to_owned()),
        },
        Change::Value {
            path: "/proc/sys/vm/swappiness".to_owned(),
            now: "60".to_owned(),
            wanted: "10".to_owned(),
        },
        Change::Unit { unit: "kubelet.service".to_owned(), action: UnitAction::Restart },
    ];
    let step = |(number, change)| Step { name: format!("step-{number}"), why: "a test".to_owned(), change };
    Plan { steps: changes.into_iter().enumerate().map(step).collect(), ..Plan::default() }
}

/// Everything below a root but the journal's folder and what systemctl was asked.
pub fn shown(root: &Path) -> Shown {
    let mut shown = Shown::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let inside = path.strip_prefix(root).unwrap().to_owned();
            if inside == Path::new("var/lib") || inside == Path::new("run/asked") {
                continue;
            }
            let metadata = fs::symlink_metadata(&path).unwrap();
            let content = if metadata.is_symlink() {
                fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
            } else if metadata.is_dir() {
                folders.push(path);
                Vec::new()
            } else {
                fs::read(&path).unwrap()
            };
            shown.insert(inside, (metadata.mode(), content));
        }
    }
    shown
}

/// What two machines with the same plan done show alike: the swap file's own UUID is another each time.
pub fn without_identity(mut shown: Shown) -> Shown {
    if let Some((_, content)) = shown.get_mut(Path::new("var/swap/file")) {
        content[1036..1052].fill(0);
    }
    shown
}

/// Copies a machine with everything that is in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        let metadata = fs::symlink_metadata(&path).unwrap();
        if metadata.is_symlink() {
            symlink(fs::read_link(&path).unwrap(), &target).unwrap();
        } else if metadata.is_dir() {
            copy(&path, &target);
            fs::set_permissions(&target, metadata.permissions()).unwrap();
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
