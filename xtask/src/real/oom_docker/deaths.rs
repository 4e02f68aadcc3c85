//! Containers that die of a kill, do not die of it, or die otherwise.

use super::scene::{HOG, Scene, check_named, exit_code, runtime_agrees};
use crate::real::checks::Checks;
use crate::real::oom::stage::{MIB, TOLD_MAX};
use serde_json::json;
use std::time::{Duration, Instant};

const LIMIT: [&str; 4] = ["--memory", "16m", "--memory-swap", "16m"];

/// The first process of a container is the hog: the container ends with 137.
pub fn check_first_process(scene: &mut Scene<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let container = scene.start_waiting("first", &LIMIT, &format!("exec {HOG}"))?;
    let pid = scene.first_process(&container)?;
    scene.go(&container)?;
    let Some(told) = scene.told(&container, checks, "first") else { return Ok(()) };
    check_named(&told, &container, checks, "first");
    checks.equal("first: who died", &told["victims"][0]["pid"], &json!(pid));
    checks.equal("first: the limit", &told["level"]["limit_bytes"], &json!(16 * MIB));
    checks.equal("first: its own", &told["level"]["scope"], &json!("container"));
    checks.equal("first: one kill", &told["kills"], &json!(1));
    checks.equal("first: the first process was killed", &told["container_first_process"], &json!("killed"));
    checks.equal("first: Docker's exit code", &json!(scene.wait(&container)?), &json!(137));
    let says = scene.inspect(&container, "{{.State.OOMKilled}}")? == "true";
    let listed = scene.listed(&container)?;
    checks.equal("first: ls finds it once", &json!(listed.len()), &json!(1));
    let Some(found) = listed.first() else { return Ok(()) };
    check_named(found, &container, checks, "first, afterwards");
    checks.equal("first, afterwards: the exit code", &exit_code(found), &json!(137));
    checks.equal("first, afterwards: OOMKilled as Docker says", &json!(runtime_agrees(found)), &json!(says));
    checks.equal("first, afterwards: the same name", &found["id"], &told["id"]);
    let shown = scene.run(&["oom", "show", &container.name])?;
    checks.equal("first: show ends with 1", &json!(shown.code), &json!(1));
    for word in [container.name.as_str(), "16 MiB", "137"] {
        checks.check(&format!("first: show tells {word}"), shown.stdout.contains(word), &shown.stdout);
    }
    Ok(())
}

/// The container is gone before anybody could ask for its name.
pub fn check_gone_at_once(scene: &mut Scene<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    for short in ["gone1", "gone2", "gone3"] {
        let options = [&LIMIT[..], &["--rm"]].concat();
        let container = scene.start(short, &options, &format!("exec {HOG}"))?;
        let Some(told) = scene.told(&container, checks, short) else { continue };
        check_named(&told, &container, checks, short);
        checks.equal(&format!("{short}: one kill"), &told["kills"], &json!(1));
        let first = &told["container_first_process"];
        checks.equal(&format!("{short}: the first process was killed"), first, &json!("killed"));
    }
    Ok(())
}

/// A container that Docker starts again dies again: each death is an incident of its own.
pub fn check_restarts(scene: &mut Scene<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let options = [&LIMIT[..], &["--restart", "on-failure:2"]].concat();
    let container = scene.start_waiting("restarts", &options, &format!("exec {HOG}"))?;
    scene.go(&container)?;
    let mut names = Vec::new();
    let mut pids = Vec::new();
    for death in 1..=3 {
        let name = format!("restarts, {death}");
        let Some(told) = scene.told(&container, checks, &name) else { return Ok(()) };
        check_named(&told, &container, checks, &name);
        checks.equal(&format!("{name}: one kill"), &told["kills"], &json!(1));
        let first = &told["container_first_process"];
        checks.equal(&format!("{name}: the first process was killed"), first, &json!("killed"));
        names.push(told["id"].to_string());
        pids.push(told["victims"][0]["pid"].to_string());
    }
    for (what, words) in [("incidents", &mut names), ("processes", &mut pids)] {
        words.sort_unstable();
        words.dedup();
        checks.equal(&format!("restarts: {what} of three deaths"), &json!(words.len()), &json!(3));
    }
    checks.equal("restarts: ls finds each", &json!(scene.listed(&container)?.len()), &json!(3));
    Ok(())
}

/// A child is killed while the first process lives: nobody but the kernel tells of it.
pub fn check_child(scene: &mut Scene<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let script = format!("{HOG}; echo survived; exec /bin/busybox sleep 3600");
    let container = scene.start_waiting("child", &LIMIT, &script)?;
    let pid = scene.first_process(&container)?;
    scene.go(&container)?;
    let Some(told) = scene.told(&container, checks, "child") else { return Ok(()) };
    scene.docker.wait_for_word(&container.name, "survived")?;
    check_named(&told, &container, checks, "child");
    let is_other = told["victims"][0]["pid"].is_u64() && told["victims"][0]["pid"] != json!(pid);
    checks.check("child: the victim is not the first process", is_other, &told["victims"]);
    checks.equal("child: the first process lives", &told["container_first_process"], &json!("lives"));
    println!("      child: Docker's OOMKilled is {}", scene.inspect(&container, "{{.State.OOMKilled}}")?);
    let running = scene.inspect(&container, "{{.State.Running}}")?;
    checks.equal("child: as Docker says", &json!(running), &json!("true"));
    let listed = scene.listed(&container)?;
    checks.equal("child: ls finds it once", &json!(listed.len()), &json!(1));
    let Some(found) = listed.first() else { return Ok(()) };
    checks.equal("child, afterwards: it lives", &found["container_first_process"], &json!("lives"));
    Ok(())
}

/// A child is killed, and the container ends by itself with another code than 137.
pub fn check_other_exit_codes(scene: &mut Scene<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    for (short, code) in [("exit0", 0), ("exit1", 1)] {
        let script = format!("{HOG}; exit {code}");
        let container = scene.start_waiting(short, &LIMIT, &script)?;
        scene.go(&container)?;
        let Some(told) = scene.told(&container, checks, short) else { continue };
        check_named(&told, &container, checks, short);
        let ended = scene.wait(&container)?;
        checks.equal(&format!("{short}: Docker's exit code"), &json!(ended), &json!(code));
        println!(
            "      {short}: Docker's OOMKilled is {}",
            scene.inspect(&container, "{{.State.OOMKilled}}")?
        );
        let start = Instant::now();
        let mut listed = scene.listed(&container)?;
        while listed.is_empty() && start.elapsed() < TOLD_MAX {
            std::thread::sleep(Duration::from_millis(50));
            listed = scene.listed(&container)?;
        }
        checks.equal(&format!("{short}: ls finds it once"), &json!(listed.len()), &json!(1));
        let Some(found) = listed.first() else { continue };
        checks.equal(&format!("{short}: the exit code is told"), &exit_code(found), &json!(code));
        let first = &found["container_first_process"];
        checks.equal(&format!("{short}: the first process ended by itself"), first, &json!("ended"));
        let shown = scene.run(&["oom", "show", &container.name])?;
        let tells = shown.stdout.contains("by itself") && shown.stdout.contains(&format!("code {code}"));
        checks.check(&format!("{short}: show says so"), tells, &shown.stdout);
    }
    Ok(())
}
