//! Debian packages that a task needs: says what is missing, and installs it when this is root.

use crate::subprocess::output;
use anyhow::{Context, bail};
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

/// A mirror may be slow; a lock of another apt may be held.
const APT_SECONDS_MAX: Duration = Duration::from_secs(900);

/// One apt at a time: tasks prepare side by side.
static APT: Mutex<()> = Mutex::new(());

/// A program that a task starts, and the Debian package that brings it.
#[derive(Clone, Copy)]
pub struct Need {
    /// The program, looked for in `PATH` and the system's folders.
    pub program: &'static str,
    /// The package of Debian and Ubuntu.
    pub package: &'static str,
}

/// The packages among these whose program is not on this machine.
pub fn missing(needs: &[Need]) -> Vec<&'static str> {
    let absent = needs.iter().filter(|need| find_program(need.program).is_none());
    absent.map(|need| need.package).collect()
}

/// Installs what is missing when this is root; otherwise the error says what to install.
pub fn ensure(needs: &[Need]) -> anyhow::Result<()> {
    let _turn = APT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let packages = missing(needs);
    if packages.is_empty() {
        return Ok(());
    }
    let names = packages.join(" ");
    if find_program("apt-get").is_none() {
        bail!("not installed: {names} (as Debian calls them), and there is no apt-get to install them");
    }
    if !is_root() {
        bail!("not installed: {names}; as root: apt-get install {names}");
    }
    if install(&packages).is_err() {
        apt(&["update"])?;
        install(&packages)?;
    }
    let still = missing(needs);
    anyhow::ensure!(still.is_empty(), "installed, but their programs are absent: {}", still.join(" "));
    Ok(())
}

/// Where a program lies.
pub fn find_program(name: &str) -> Option<String> {
    let path = std::env::var("PATH").unwrap_or_default();
    let folders = path.split(':').chain(["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"]);
    folders.map(|folder| format!("{folder}/{name}")).find(|file| Path::new(file).is_file())
}

/// Does this process run as root?
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn install(packages: &[&str]) -> anyhow::Result<()> {
    apt(&[&["install", "--yes", "--no-install-recommends"], packages].concat())
}

fn apt(arguments: &[&str]) -> anyhow::Result<()> {
    let mut command = Command::new("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["-q", "-o", "DPkg::Lock::Timeout=600"])
        .args(arguments);
    let what = format!("apt-get {}", arguments.join(" "));
    let outcome = output(&mut command, APT_SECONDS_MAX).with_context(|| what.clone())?;
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    let last = lines.get(lines.len().saturating_sub(3)..).unwrap_or_default().join("; ");
    anyhow::ensure!(outcome.code == Some(0), "{what}: {last}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Need, missing};

    #[test]
    fn only_packages_without_their_program_are_missing() {
        let needs = [
            Need { program: "sh", package: "dash" },
            Need { program: "highwater-has-no-such-program", package: "absent" },
        ];
        assert_eq!(missing(&needs), ["absent"]);
    }
}
