//! The disk of the Debian 13 machine: systemd, dbus and Docker, made once by mmdebstrap.

use super::kernel::KernelFiles;
use super::tool::output_of;
use super::{apt, cache, quote};
use crate::packages::is_root;
use anyhow::{Context, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Raise this when the steps below change.
const RECIPE: &[u8] = b"1";
const SETUP: &str = include_str!("../../assets/vm/debian13-setup.sh");
const DISK_BYTES: u64 = 6 << 30;
const PACKAGES: &str = "systemd,systemd-sysv,udev,dbus,kmod,procps,iproute2,docker.io,docker-cli,containerd,\
    busybox-static,ca-certificates,e2fsprogs,xfsprogs,btrfs-progs,util-linux,mount";

/// The disk image's path, made when it is not in the cache.
pub fn ensure(root: &Path, kernel: &KernelFiles) -> anyhow::Result<PathBuf> {
    let kernel_key = kernel.key();
    let key = cache::key([RECIPE, PACKAGES.as_bytes(), SETUP.as_bytes(), kernel_key.as_slice()]);
    let folder = cache::entry(root, "debian13", &key, |folder| make(folder, kernel))?;
    Ok(folder.join("disk"))
}

fn make(folder: &Path, kernel: &KernelFiles) -> anyhow::Result<()> {
    if !is_root() {
        bail!("making the Debian 13 machine needs root (mmdebstrap)");
    }
    eprintln!("vm: making the Debian 13 machine (about a minute, once)");
    let tree = folder.join("tree");
    fs::create_dir_all(folder)?;
    let setup = folder.join("setup.sh");
    fs::write(&setup, SETUP).with_context(|| setup.display().to_string())?;
    let text = |path: &Path| path.to_str().map(str::to_owned).context("the cache's path is not UTF-8");
    let words = ["sh".to_owned(), text(&setup)?];
    let arguments = [text(&kernel.modules())?, kernel.release()?];
    let hook = format!("{} \"$1\" {}", quote::shell_line(&words), quote::shell_line(&arguments));
    let mut mmdebstrap = Command::new("mmdebstrap");
    mmdebstrap.args(["--quiet", "--mode=root", "--variant=minbase", "--format=directory"]);
    mmdebstrap.arg(format!("--include={PACKAGES}"));
    mmdebstrap.args(["--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*"]);
    mmdebstrap.args(["--dpkgopt=path-exclude=/usr/share/locale/*", "--aptopt=Acquire::Languages \"none\""]);
    mmdebstrap.arg(format!("--customize-hook={hook}"));
    mmdebstrap.arg("trixie").arg(&tree).arg(apt::mirror());
    output_of(&mut mmdebstrap)?;
    let disk = folder.join("disk");
    fs::File::create(&disk)?.set_len(DISK_BYTES)?;
    output_of(
        Command::new("mke2fs")
            .args(["-q", "-F", "-t", "ext4", "-E", "lazy_itable_init=1,lazy_journal_init=1", "-m", "0"])
            .arg("-d")
            .arg(&tree)
            .arg(&disk),
    )?;
    cache::remove(&tree)
}
