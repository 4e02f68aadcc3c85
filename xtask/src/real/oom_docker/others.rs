//! Kills that nobody watched, and ends that are no kills for memory.

use super::scene::{HOG, Scene, check_named, exit_code};
use crate::real::checks::Checks;
use serde_json::{Value, json};
use std::time::Duration;

/// A kill that only counters tell of is told after two seconds; so much later all is told.
const ALL_TOLD: Duration = Duration::from_secs(4);

/// The watch starts after the kill: the container is named all the same, ended or started again.
pub fn check_nobody_watched(scene: &mut Scene<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let limit = ["--memory", "16m", "--memory-swap", "16m"];
    let container = scene.start("early", &limit, &format!("exec {HOG}"))?;
    checks.equal("early: Docker's exit code", &json!(scene.wait(&container)?), &json!(137));
    let listed = scene.listed(&container)?;
    checks.equal("early: ls finds it once", &json!(listed.len()), &json!(1));
    let Some(found) = listed.first() else { return Ok(()) };
    check_named(found, &container, checks, "early");
    checks.equal("early: the exit code", &exit_code(found), &json!(137));
    let first = &found["container_first_process"];
    checks.equal("early: the first process was killed", first, &json!("killed"));
    let listed = scene.run(&["oom", "ls"])?;
    checks.check("early: ls names it", listed.stdout.contains(&container.name), "its name is not there");
    Ok(())
}

/// SIGKILL by somebody else: 137, and no incident; `oom show` says so.
pub fn check_sigkill(scene: &mut Scene<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let container = scene.start("sigkill", &["--memory", "64m"], "exec /bin/busybox sleep 3600")?;
    scene.docker.command(&["kill", &container.id])?;
    checks.equal("sigkill: Docker's exit code", &json!(scene.wait(&container)?), &json!(137));
    let told = scene.told_until_now()?;
    checks.equal("sigkill: nothing is told", &json!(told), &json!([]));
    checks.equal("sigkill: nor afterwards", &json!(scene.listed(&container)?), &json!([]));
    let shown = scene.run(&["oom", "show", &container.name])?;
    checks.equal("sigkill: show ends with 0", &json!(shown.code), &json!(0));
    for word in [container.name.as_str(), "137", "SIGKILL", "no OOM kill", "docker stop", "OOMKilled"] {
        let text = shown.stdout.replace('\n', " ");
        checks.check(&format!("sigkill: show tells `{word}`"), text.contains(word), &shown.stdout);
    }
    let document: Value = {
        let shown = scene.run(&["oom", "show", &container.id, "--format", "json"])?;
        serde_json::from_str(&shown.stdout).unwrap_or(Value::String(shown.stderr))
    };
    checks.equal("sigkill: as JSON", &document["verdict"], &json!("killed_by_somebody"));
    checks.equal("sigkill: its code", &document["exit_code"], &json!(137));
    checks.equal("sigkill: what Docker says", &document["oom_killed"], &json!(false));
    Ok(())
}

/// After all nothing is told late, and nobody twice.
pub fn check_nothing_more(scene: &mut Scene<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let mut late = scene.next(ALL_TOLD);
    while late.as_ref().is_some_and(|incident| !scene.is_ours(incident)) {
        late = scene.next(ALL_TOLD);
    }
    checks.check("nothing is told late", late.is_none(), late.unwrap_or_default());
    Ok(())
}
