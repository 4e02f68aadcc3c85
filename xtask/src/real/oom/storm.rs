//! Many kills at once, and a machine without memory.

use super::hogs::{Hogs, until_silence};
use super::shell::Shell;
use super::stage::{Stage, TOLD_MAX};
use crate::real::checks::Checks;
use serde_json::{Value, json};
use std::time::Duration;

/// So many hogs start together: more than the kernel prints reports of.
const HOGS: usize = 60;

/// Nobody is told after so long a silence.
const SILENCE: Duration = Duration::from_secs(5);

/// Every kill is told, though the kernel prints whole reports of ten only.
pub fn check_storm(stage: &mut Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let hogs = Hogs::run(&stage.tree, HOGS)?;
    let told = until_silence(SILENCE, TOLD_MAX, |within| stage.next(within));
    let elsewhere = told.iter().filter(|incident| incident["attribution"]["by"] == "nobody").count();
    println!("      storm: {} kills, {} incidents, {elsewhere} unattributed", hogs.kills, told.len());
    hogs.check(&told, checks)
}

/// The machine itself runs out of memory; only in a throw-away one.
pub fn check_global(stage: &mut Stage, checks: &mut Checks) -> anyhow::Result<()> {
    if !stage.is_throw_away {
        return Ok(());
    }
    for process in ["self".to_owned(), stage.watch.pid().to_string()] {
        std::fs::write(format!("/proc/{process}/oom_score_adj"), "-1000")?;
    }
    std::fs::write("/proc/sys/vm/overcommit_memory", "1")?;
    let group = stage.tree.group("endless")?;
    let mut hog = Shell::holding(&group, 4_096)?;
    hog.wait()?;
    let told = stage.next_of_ours(TOLD_MAX);
    checks.check("global: it is told", told.is_some(), "nothing was told");
    let Some(told) = told else { return Ok(()) };
    checks.equal("global: where", &told["place"]["cgroup"], &json!(group.path()));
    checks.equal("global: the level", &told["level"]["scope"], &json!("node"));
    checks.equal("global: who died", &told["victims"][0]["pid"], &json!(hog.pid()));
    checks.equal("global: the node was overcommitted", &told["cause"]["kind"], &json!("node_overcommit"));
    checks.equal("global: no cgroup's limit", &told["limit_hit"], &Value::Null);
    Ok(())
}
