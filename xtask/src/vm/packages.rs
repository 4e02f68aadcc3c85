//! The Debian packages that a machine needs on this one.

use super::MachineKind;
use super::tool::output_of;
use crate::packages::is_root;
use anyhow::{Context, bail};
use std::path::Path;
use std::process::Command;

const MICRO: [&str; 5] = ["qemu-system-x86", "busybox-static", "xz-utils", "zstd", "debian-archive-keyring"];
/// In addition to those of the micro machine.
const DEBIAN_13: [&str; 2] = ["mmdebstrap", "e2fsprogs"];

/// The packages that this kind of machine needs and that are not installed here.
pub fn missing_packages(machine: MachineKind) -> Vec<&'static str> {
    let needed = match machine {
        MachineKind::Micro => MICRO.to_vec(),
        MachineKind::Debian13 => [MICRO.as_slice(), &DEBIAN_13].concat(),
    };
    // dpkg-query ends with an error when it does not know a package, and still lists those it knows.
    let known = Command::new("dpkg-query")
        .args(["-W", "-f", "${Package} ${db:Status-Status}\n"])
        .args(&needed)
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    let installed = |package: &&str| known.lines().any(|line| line == format!("{package} installed"));
    needed.into_iter().filter(|package| !installed(package)).collect()
}

/// Installs what is missing when this is root; otherwise the error says what to install.
pub fn ensure_packages(machine: MachineKind) -> anyhow::Result<()> {
    let missing = missing_packages(machine);
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !Path::new("/usr/bin/apt-get").exists() {
        bail!("needs a Debian or Ubuntu machine: there is no apt-get to install {names}");
    }
    if !is_root() {
        bail!("not installed: {names}; as root: apt-get install {names}");
    }
    eprintln!("vm: installing {names}");
    let install =
        || output_of(apt_get().args(["install", "--yes", "--no-install-recommends"]).args(&missing));
    if install().is_err() {
        output_of(apt_get().arg("update"))?;
        install().with_context(|| format!("installing {names}"))?;
    }
    Ok(())
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").args(["-q", "-o", "DPkg::Lock::Timeout=600"]);
    command
}
