//! Scenario: what `advise` prints is done to real containers and manifests, read back, and undone.

mod compose;
pub mod composes;
mod history;
mod manifests;

use super::cgroup_files::{Ceiling, ContainerCgroup};
use super::checks::Checks;
use super::docker_daemon::{Daemon, Docker};
use super::product::Product;
use crate::subprocess::{Outcome, output};
use anyhow::Context;
use history::Files;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const IMAGE: &str = "highwater-advise-busybox";
const COMMAND_SECONDS_MAX: Duration = Duration::from_secs(60);
const SLEEP: [&str; 4] = [IMAGE, "/bin/busybox", "sleep", "3600"];

/// What a container is started with, and what its history uses, in MiB.
struct Case {
    name: &'static str,
    options: &'static [&'static str],
    /// Usual use and peak, in MiB.
    uses: [u64; 2],
}

/// Too small, too large, with a reservation, and with no limit at all.
const CASES: [Case; 4] = [
    Case { name: "tight", options: &["-m", "64m", "--memory-swap", "64m"], uses: [90, 180] },
    Case { name: "roomy", options: &["-m", "512m", "--memory-swap", "1g"], uses: [40, 90] },
    Case {
        name: "reserved",
        options: &["-m", "256m", "--memory-swap", "300m", "--memory-reservation", "200m"],
        uses: [30, 300],
    },
    Case { name: "nolimit", options: &[], uses: [50, 60] },
];

/// A folder of the scenario, gone with it.
pub struct Folder(PathBuf);

impl Folder {
    fn make() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("highwater-advise-{}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
        Ok(Self(path))
    }

    /// Writes a file and returns where it is.
    pub fn write(&self, name: &str, text: &str) -> anyhow::Result<String> {
        let path = self.0.join(name);
        std::fs::write(&path, text).with_context(|| path.display().to_string())?;
        Ok(path.display().to_string())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Containers by `docker update`, services by Compose, manifests by kubectl and kustomize.
pub fn run(product: &Product, daemon: Daemon, checks: &mut Checks) -> anyhow::Result<()> {
    crate::prepare::install_advice()?;
    let folder = Folder::make()?;
    manifests::run(product, &folder, checks)?;
    let mut docker = Docker::start(daemon)?;
    docker.import_busybox(IMAGE)?;
    let mut started = Vec::new();
    for case in &CASES {
        let id = docker.run_container(&full_name(case.name), case.options, &SLEEP)?;
        started.push((case, ContainerCgroup::find(&id)?));
    }
    for class in ["batch", "database"] {
        check_class(product, &docker, &folder, class, &started, checks)?;
    }
    compose::run(product, &docker, &folder, IMAGE, checks)
}

/// Names that no container of somebody else has, and no replica's number at their end.
fn full_name(short: &str) -> String {
    format!("highwater-advise-{}-{short}", std::process::id())
}

/// The ceilings of a container, from the kernel; the reservation is Docker's word.
#[derive(Debug, PartialEq, Eq)]
struct Held {
    memory: Ceiling,
    swap: Option<Ceiling>,
    reservation: String,
}

fn held(docker: &Docker, name: &str, cgroup: &ContainerCgroup) -> anyhow::Result<Held> {
    let reservation = docker.command(&["inspect", "--format", "{{.HostConfig.MemoryReservation}}", name])?;
    Ok(Held { memory: cgroup.memory_limit()?, swap: cgroup.swap_limit()?, reservation })
}

/// Advice of one class: done, read back, undone, read back.
fn check_class(
    product: &Product,
    docker: &Docker,
    folder: &Folder,
    class: &str,
    started: &[(&Case, ContainerCgroup)],
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let mut before = Vec::new();
    let mut limits = "name,memory,swap,request\n".to_owned();
    for (case, cgroup) in started {
        let name = full_name(case.name);
        let held = held(docker, &name, cgroup)?;
        if let Ceiling::At(memory) = held.memory {
            let swap = held.swap.and_then(bytes).map_or_else(String::new, |swap| swap.to_string());
            let request = if held.reservation == "0" { "" } else { &held.reservation };
            limits.push_str(&format!("{name},{memory},{swap},{request}\n"));
        }
        before.push(held);
    }
    let series = started.iter().map(|(case, _)| (full_name(case.name), case.uses));
    let files = Files::write(folder, &series.collect::<Vec<_>>(), &limits)?;
    let advice = files.advise(product, &["--class", class, "--as", "json"])?;
    let document: Value = serde_json::from_str(&advice.stdout).with_context(|| advice.stderr.clone())?;
    let lines = files.advise(product, &["--class", class, "--as", "docker"])?.stdout;
    let undo = files.advise(product, &["--class", class, "--as", "docker", "--undo"])?.stdout;
    let limited = before.iter().filter(|held| held.memory != Ceiling::Unlimited).count();
    check_undo_beside(class, &lines, &undo, limited, checks);
    run_lines(docker, &format!("{class}: change"), &lines, checks)?;
    for ((case, cgroup), before) in started.iter().zip(&before) {
        let name = full_name(case.name);
        let advised = workload(&document, &name);
        check_advised(&format!("{class}, {}", case.name), case, advised, cgroup, before, checks)?;
    }
    run_lines(docker, &format!("{class}: undo"), &undo, checks)?;
    for ((case, cgroup), before) in started.iter().zip(&before) {
        let name = full_name(case.name);
        let after = held(docker, &name, cgroup)?;
        if before.memory == Ceiling::Unlimited {
            let told = undo.contains(&format!("# {name}: none: it has no limit today"))
                || undo.contains(&format!("# {name}: not known"));
            checks.check(&format!("{class}, {}: said that there is no way back", case.name), told, &undo);
        } else {
            let name = format!("{class}, {}: back to the start", case.name);
            checks.check(&name, after == *before, format!("expected {before:?}, found {after:?}"));
        }
    }
    Ok(())
}

/// The kernel has what was advised, which is not what was set, and is right for the history.
fn check_advised(
    name: &str,
    case: &Case,
    advised: &Value,
    cgroup: &ContainerCgroup,
    before: &Held,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let memory = cgroup.memory_limit()?;
    checks.equal(&format!("{name}: memory limit"), &memory.json(), &advised["memory_limit_bytes"]);
    checks.check(&format!("{name}: it moved"), memory != before.memory, format!("{memory:?}"));
    if let Some(swap) = cgroup.swap_limit()? {
        checks.equal(&format!("{name}: swap limit"), &swap.json(), &advised["swap_limit_bytes"]);
    }
    if let Some(both) = cgroup.combined_limit()? {
        let expected = &advised["memory_and_swap_limit_bytes"];
        checks.equal(&format!("{name}: memory and swap together"), &both.json(), expected);
    }
    let together = advised["memory_and_swap_limit_bytes"].as_u64().unwrap_or(0);
    let [usual, peak] = case.uses.map(|mib| mib << 20);
    checks.check(&format!("{name}: its peak fits"), together > peak, advised);
    checks.check(&format!("{name}: not more than it needs"), together < 3 * peak.max(64 << 20), advised);
    let memory = advised["memory_limit_bytes"].as_u64().unwrap_or(0);
    checks.check(&format!("{name}: its usual use is in memory"), memory > usual, advised);
    Ok(())
}

/// What stands as a comment below each change is what `--undo` prints.
fn check_undo_beside(class: &str, lines: &str, undo: &str, limited: usize, checks: &mut Checks) {
    let beside: Vec<&str> = lines.lines().filter_map(|line| line.strip_prefix("# undo: docker ")).collect();
    let alone: Vec<&str> = undo.lines().filter_map(|line| line.strip_prefix("docker ")).collect();
    // Who has no limit has none to go back to.
    let holds = beside == alone && alone.len() == limited;
    checks.check(&format!("{class}: the undo beside is that of --undo"), holds, format!("{lines}\n{undo}"));
}

/// Every command as it stands, by a shell whose docker is ours.
fn run_lines(docker: &Docker, what: &str, lines: &str, checks: &mut Checks) -> anyhow::Result<()> {
    let mut count = 0;
    for line in lines.lines().filter(|line| !line.starts_with('#')) {
        let outcome = shell(docker, line)?;
        checks.check(&format!("{what}: {line}"), outcome.code == Some(0), &outcome.stderr);
        count += 1;
    }
    checks.check(&format!("{what}: there was something to do"), count > 0, lines);
    Ok(())
}

/// A line of a shell whose docker is ours.
fn shell(docker: &Docker, line: &str) -> anyhow::Result<Outcome> {
    let mut command = Command::new("/bin/sh");
    command.env_remove("DOCKER_CONTEXT").env("DOCKER_HOST", docker.host()).args(["-c", line]);
    output(&mut command, COMMAND_SECONDS_MAX)
}

fn workload<'a>(document: &'a Value, name: &str) -> &'a Value {
    let mut workloads = document["workloads"].as_array().into_iter().flatten();
    workloads.find(|workload| workload["name"] == json!(name)).unwrap_or(&Value::Null)
}

fn bytes(ceiling: Ceiling) -> Option<u64> {
    match ceiling {
        Ceiling::At(bytes) => Some(bytes),
        Ceiling::Unlimited => None,
    }
}
