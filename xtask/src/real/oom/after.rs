//! Kills that nobody watched: found afterwards, and told once.

use super::stage::{TOLD_MAX, kill_in};
use super::watch::Watch;
use crate::real::checks::Checks;
use crate::real::own_cgroup::Tree;
use crate::real::product::Product;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// `ls` and `show` after the fact, also when the group is gone.
pub fn check_too_late(product: &Product, checks: &mut Checks) -> anyhow::Result<()> {
    let tree = Tree::plant()?;
    let group = tree.group("early")?;
    let pid = kill_in(&group)?;
    check_found(product, group.path(), pid, checks, "after")?;
    std::fs::remove_dir(group.folder())?;
    check_found(product, group.path(), pid, checks, "after, without its group")
}

fn check_found(
    product: &Product,
    path: &str,
    pid: u32,
    checks: &mut Checks,
    name: &str,
) -> anyhow::Result<()> {
    let listed = product.run(&["oom", "ls", "--format", "json"])?;
    checks.equal(&format!("{name}: ls ends with 1"), &json!(listed.code), &json!(1));
    let document: Value = serde_json::from_str(&listed.stdout)?;
    let incidents = document["incidents"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ours: Vec<&Value> = incidents.iter().filter(|incident| incident["place"]["cgroup"] == path).collect();
    checks.equal(&format!("{name}: ls finds it once"), &json!(ours.len()), &json!(1));
    let Some(found) = ours.first() else { return Ok(()) };
    checks.equal(&format!("{name}: the victim"), &found["victims"][0]["pid"], &json!(pid));
    checks.equal(&format!("{name}: one kill"), &found["kills"], &json!(1));
    for target in [path, found["id"].as_str().unwrap_or_default()] {
        let shown = product.run(&["oom", "show", target])?;
        checks.equal(&format!("{name}: show ends with 1"), &json!(shown.code), &json!(1));
        let tells = shown.stdout.contains("xtask") && shown.stdout.contains("12 MiB");
        checks.check(&format!("{name}: show tells who and which limit"), tells, &shown.stdout);
    }
    Ok(())
}

/// A watch with `--state` goes on where the last one ended: what happened between is told, what was told is not.
pub fn check_restart(product: &Product, checks: &mut Checks) -> anyhow::Result<()> {
    let state = State(std::env::temp_dir().join(format!("highwater-state-{}", std::process::id())));
    let folder = state.0.display().to_string();
    let tree = Tree::plant()?;
    let mut first = Watch::start(product, &["--count", "1", "--state", &folder])?;
    let [one, two, three] = [tree.group("one")?, tree.group("two")?, tree.group("three")?];
    kill_in(&one)?;
    let told = first.next(TOLD_MAX).map(|line| line.incident["place"]["cgroup"].clone());
    checks.equal("restart: the first is told", &told.into(), &json!(one.path()));
    let code = first.wait(TOLD_MAX)?.code();
    checks.equal("restart: --count ends with 1", &json!(code), &json!(1));
    kill_in(&two)?;
    let second = Watch::start(product, &["--state", &folder])?;
    kill_in(&three)?;
    let mut places: Vec<Value> = Vec::new();
    let start = Instant::now();
    while let Some(line) = second.next(Duration::from_secs(4))
        && start.elapsed() < TOLD_MAX
    {
        let place = line.incident["place"]["cgroup"].clone();
        if place.as_str().is_some_and(|place| place.starts_with(tree.path())) || place.is_null() {
            places.push(place);
        }
    }
    checks.equal("restart: told once each", &json!(places), &json!([two.path(), three.path()]));
    Ok(())
}

/// A folder that is removed with this value.
struct State(PathBuf);

impl Drop for State {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
