//! A container's limit that is changed by its engine, and one that is changed past it: only the second is a drift.

use super::{ARRIVAL_MAX, Stage};
use crate::real::cgroup_files::{ContainerCgroup, Version};
use crate::real::checks::Checks;
use anyhow::Context;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

const IMAGE: &str = "highwater-busybox";

const MIB: u64 = 1 << 20;

/// `docker update` is heard; a write to the kernel's file is told, and its end too.
pub fn check(stage: &mut Stage<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    stage.docker.import_busybox(IMAGE)?;
    let command = [IMAGE, "/bin/busybox", "sleep", "3600"];
    stage.docker.run_container("drifts", &["-m", "64m", "--memory-swap", "64m"], &command)?;
    let file = limit_file(&stage.docker.command(&["inspect", "--format", "{{.Id}}", "drifts"])?)?;
    let agent = stage.agent()?;
    let drifts = |status: &Value| {
        let firing = status["alerts"]["firing"].as_array().into_iter().flatten();
        let ours = |alert: &&Value| alert["title"].as_str().is_some_and(|title| title.starts_with("drifts"));
        firing.filter(|alert| alert["rule"] == "limit-drift").any(|alert| ours(&alert))
    };
    agent.status_within(ARRIVAL_MAX, |status| status["looks"].as_u64() > Some(8))?;
    stage.docker.command(&["update", "-m", "128m", "--memory-swap", "128m", "drifts"])?;
    // The rule would fire ten seconds after the limit is seen, and an engine is asked again after five at the latest.
    let status = agent.status_within(Duration::from_secs(25), drifts)?;
    checks.check("a limit that the engine changed is no drift", !drifts(&status), &status["alerts"]);
    fs::write(&file, (100 * MIB).to_string()).with_context(|| file.display().to_string())?;
    let status = agent.status_within(ARRIVAL_MAX, drifts)?;
    checks.check("one that was changed past it is", drifts(&status), &status["alerts"]);
    fs::write(&file, (128 * MIB).to_string()).with_context(|| file.display().to_string())?;
    let status = agent.status_within(ARRIVAL_MAX, |status| !drifts(status))?;
    checks.check("until it is as declared", !drifts(&status), &status["alerts"]);
    agent.kill()
}

fn limit_file(id: &str) -> anyhow::Result<PathBuf> {
    let cgroup = ContainerCgroup::find(id)?;
    let (top, file) = match cgroup.version() {
        Version::V1 => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
        Version::V2 => ("/sys/fs/cgroup", "memory.max"),
    };
    Ok(PathBuf::from(format!("{top}{}/{file}", cgroup.path())))
}
