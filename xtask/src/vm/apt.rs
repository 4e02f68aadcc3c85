//! Kernel packages, fetched by an apt of our own that knows only the suite at hand.
//!
//! The machine's own sources stay untouched and need not hold the suite: any Debian or Ubuntu will do, without root.

use super::tool::output_of;
use anyhow::Context;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const MIRROR: &str = "http://deb.debian.org/debian";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The mirror to fetch from: `HIGHWATER_VM_MIRROR`, or Debian's own.
pub fn mirror() -> String {
    std::env::var("HIGHWATER_VM_MIRROR").unwrap_or_else(|_| MIRROR.to_owned())
}

/// Downloads the newest generic kernel of a Debian suite into the folder; returns the package file.
pub fn download_kernel(suite: &str, folder: &Path) -> anyhow::Result<PathBuf> {
    let apt = folder.join("apt");
    fs::create_dir_all(apt.join("lists/partial"))?;
    fs::create_dir_all(apt.join("cache/archives/partial"))?;
    fs::write(apt.join("status"), "")?;
    fs::write(apt.join("sources.list"), format!("deb [signed-by={KEYRING}] {} {suite} main\n", mirror()))?;
    let configuration = apt.join("apt.conf");
    fs::write(&configuration, configuration_in(&apt))?;
    let run = |program: &str, arguments: &[&str]| {
        output_of(Command::new(program).arg("-c").arg(&configuration).args(arguments).current_dir(folder))
    };
    run("apt-get", &["-q", "update"])
        .with_context(|| format!("package list of {suite} from {}", mirror()))?;
    let depends = run("apt-cache", &["depends", "linux-image-amd64"])?;
    let package = concrete_package(&String::from_utf8_lossy(&depends))
        .with_context(|| format!("linux-image-amd64 of {suite} names no kernel"))?;
    run("apt-get", &["-q", "download", &package])?;
    super::cache::remove(&apt)?;
    fs::read_dir(folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .with_context(|| format!("apt-get download left no {package}"))
}

/// The settings that keep apt inside its folder; those of the machine (a proxy, say) stay in force.
fn configuration_in(apt: &Path) -> String {
    let apt = apt.display();
    format!(
        r#"Dir::State "{apt}";
Dir::State::status "{apt}/status";
Dir::State::lists "{apt}/lists";
Dir::Cache "{apt}/cache";
Dir::Etc::sourcelist "{apt}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "amd64";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons-small::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons-large::DefaultEnabled "false";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"#
    )
}

/// The package with the kernel's version in its name that `apt-cache depends` shows for the general one.
fn concrete_package(depends: &str) -> Option<String> {
    let names = depends.lines().filter_map(|line| line.trim().strip_prefix("Depends: "));
    names.map(str::to_owned).find(|name| name.starts_with("linux-image-"))
}

#[cfg(test)]
mod tests {
    use super::concrete_package;

    #[test]
    fn the_concrete_kernel_package_is_the_one_depended_on() {
        let depends = "linux-image-amd64\n  Depends: linux-image-6.12.107+deb13-amd64\n  Suggests: x\n";
        assert_eq!(concrete_package(depends).as_deref(), Some("linux-image-6.12.107+deb13-amd64"));
        assert_eq!(concrete_package("linux-image-amd64\n"), None);
    }
}
