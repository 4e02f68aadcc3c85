//! Which limit was hit: of files in memory, raised between two kills, and of a level above.

use super::scene::{Container, HOG, Scene, check_named};
use crate::real::checks::Checks;
use crate::real::oom::stage::MIB;
use crate::real::own_cgroup::OwnCgroup;
use crate::subprocess::output;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Files in memory fill the container.
pub fn check_tmpfs(scene: &mut Scene<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    const FILL: &str = "exec /bin/busybox dd if=/dev/zero of=/t/file bs=64k count=1024";
    const FILL_SHM: &str = "exec /bin/busybox dd if=/dev/zero of=/dev/shm/file bs=64k count=1024";
    let limit = ["--memory", "24m", "--memory-swap", "24m"];
    for (short, options, script) in
        [("tmpfs", ["--tmpfs", "/t:size=64m"], FILL), ("shm", ["--shm-size", "64m"], FILL_SHM)]
    {
        let container = scene.start_waiting(short, &[&limit[..], &options].concat(), script)?;
        scene.go(&container)?;
        let Some(told) = scene.told(&container, checks, short) else { continue };
        check_named(&told, &container, checks, short);
        checks.equal(&format!("{short}: who used the memory"), &told["consumer"]["kind"], &json!("tmpfs"));
        checks.equal(&format!("{short}: the cause"), &told["cause"]["kind"], &json!("tmpfs"));
    }
    Ok(())
}

/// The limit is raised between two kills; each names the one of its moment.
pub fn check_raised(scene: &mut Scene<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    const TWICE: &str = r#"while :; do until [ -e /go/raised ]; do /bin/busybox sleep 0.05; done; /bin/busybox awk 'BEGIN{s="x"; while(1) s=s s}'; echo died; while [ -e /go/raised ]; do /bin/busybox sleep 0.05; done; echo again; done"#;
    let container = scene.start("raised", &["--memory", "16m", "--memory-swap", "16m"], TWICE)?;
    scene.go(&container)?;
    let Some(first) = scene.told(&container, checks, "raised, before") else { return Ok(()) };
    scene.stay(&container)?;
    scene.docker.wait_for_word(&container.name, "again")?;
    scene.docker.command(&["update", "--memory", "48m", "--memory-swap", "48m", &container.id])?;
    scene.go(&container)?;
    let Some(second) = scene.told(&container, checks, "raised, after") else { return Ok(()) };
    for (name, told, limit) in [("raised, before", &first, 16 * MIB), ("raised, after", &second, 48 * MIB)] {
        checks.equal(&format!("{name}: its limit"), &told["level"]["limit_bytes"], &json!(limit));
        checks.equal(&format!("{name}: one kill"), &told["kills"], &json!(1));
    }
    let limits: Vec<Value> =
        scene.listed(&container)?.iter().map(|found| found["level"]["limit_bytes"].clone()).collect();
    checks.equal("raised, afterwards: both", &json!(limits), &json!([16 * MIB, 48 * MIB]));
    Ok(())
}

/// Two containers below one parent with a limit; the one that sleeps is never accused.
pub fn check_parent(scene: &mut Scene<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let parent = Parent::make(scene)?;
    let below = ["--cgroup-parent", parent.name.as_str()];
    let sleep = "exec /bin/busybox sleep 3600";
    let idle = scene.start("idle", &[&below[..], &["--memory", "64m"]].concat(), sleep)?;
    let busy =
        scene.start_waiting("busy", &[&below[..], &["--memory", "256m"]].concat(), &format!("exec {HOG}"))?;
    scene.go(&busy)?;
    if let Some(told) = scene.told(&busy, checks, "parent") {
        check_named(&told, &busy, checks, "parent");
        checks.equal("parent: the level", &told["level"]["cgroup"], &json!(parent.path));
        checks.equal("parent: its limit", &told["level"]["limit_bytes"], &json!(32 * MIB));
        let is_accused = told["consumer"].to_string().contains(&idle.id);
        checks.check("parent: the sibling is not accused", !is_accused, &told["consumer"]);
    }
    let accused: Vec<Value> =
        scene.told_until_now()?.into_iter().filter(|told| super::scene::is_in(told, &idle)).collect();
    checks.equal("parent: nothing is told of the sibling", &json!(accused), &json!([]));
    checks.equal("parent: nor afterwards", &json!(scene.listed(&idle)?), &json!([]));
    let running = scene.inspect(&idle, "{{.State.Running}}")?;
    checks.equal("parent: the sibling lives", &json!(running), &json!("true"));
    end(scene, &[&idle, &busy])
}

/// Their parent can be removed only when they are gone.
fn end(scene: &Scene<'_>, containers: &[&Container]) -> anyhow::Result<()> {
    let ids = containers.iter().map(|container| container.id.as_str());
    scene.docker.command(&["rm", "--force"].into_iter().chain(ids).collect::<Vec<_>>()).map(drop)
}

/// A level above containers, as the daemon's cgroup driver wants it named.
struct Parent {
    name: String,
    path: String,
    _own: Option<OwnCgroup>,
}

impl Parent {
    fn make(scene: &Scene<'_>) -> anyhow::Result<Self> {
        let driver = scene.docker.command(&["info", "--format", "{{.CgroupDriver}}"])?;
        if driver != "systemd" {
            let own = scene.tree.group("parent")?;
            own.limit(32 * MIB, 0)?;
            return Ok(Self { name: own.path().to_owned(), path: own.path().to_owned(), _own: Some(own) });
        }
        let name = format!("highwaterreal{}.slice", std::process::id());
        systemctl(&["start", &name])?;
        systemctl(&["set-property", "--runtime", &name, "MemoryMax=32M", "MemorySwapMax=0"])?;
        Ok(Self { path: format!("/{name}"), name, _own: None })
    }
}

impl Drop for Parent {
    fn drop(&mut self) {
        if self.name.ends_with(".slice") {
            let _ = systemctl(&["stop", &self.name]);
            return;
        }
        // runc made the same folder in every hierarchy.
        for hierarchy in std::fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten() {
            remove_empty(&hierarchy.path().join(self.name.trim_start_matches('/')));
        }
    }
}

/// Removes a folder and the one above it, which this process named, where they are empty.
fn remove_empty(folder: &Path) {
    let _ = std::fs::remove_dir(folder);
    if let Some(above) = folder.parent().filter(|above| above.to_string_lossy().contains("highwater-real-")) {
        let _ = std::fs::remove_dir(above);
    }
}

fn systemctl(arguments: &[&str]) -> anyhow::Result<()> {
    let outcome = output(Command::new("systemctl").args(arguments), Duration::from_secs(60))?;
    anyhow::ensure!(outcome.code == Some(0), "systemctl {}: {}", arguments.join(" "), outcome.stderr.trim());
    Ok(())
}
