//! Many kills at once, and a machine without memory.

use super::shell::Shell;
use super::stage::{MIB, Stage, TOLD_MAX, kills_of, kills_of_machine};
use crate::real::checks::Checks;
use crate::real::own_cgroup::OwnCgroup;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// So many hogs start together: more than the kernel prints reports of.
const HOGS: usize = 60;

/// Nobody is told after so long a silence.
const SILENCE: Duration = Duration::from_secs(5);

/// Every kill is told, though the kernel prints whole reports of ten only.
pub fn check_storm(stage: &mut Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let before = kills_of_machine()?;
    let storm = stage.tree.group("storm")?;
    let groups: Vec<OwnCgroup> =
        (0..HOGS).map(|number| storm.child(&format!("{number}"))).collect::<anyhow::Result<_>>()?;
    for group in &groups {
        group.limit(6 * MIB, 0)?;
    }
    let mut hogs: Vec<Shell> =
        groups.iter().map(|group| Shell::holding(group, 24)).collect::<anyhow::Result<_>>()?;
    for hog in &mut hogs {
        hog.wait()?;
    }
    let kills = kills_of_machine()? - before;
    let start = Instant::now();
    let mut told: Vec<Value> = Vec::new();
    while start.elapsed() < TOLD_MAX {
        let Some(incident) = stage.next(SILENCE) else { break };
        told.push(incident);
    }
    checks.equal(
        "storm: every kill is told or said to be unattributed",
        &json!(kills_of(&told)),
        &json!(kills),
    );
    let elsewhere: Vec<&Value> =
        told.iter().filter(|incident| incident["attribution"]["by"] == "nobody").collect();
    println!("      storm: {} kills, {} incidents, {} unattributed", kills, told.len(), elsewhere.len());
    let mut accused = Vec::new();
    for group in &groups {
        let here = told.iter().filter(|incident| incident["place"]["cgroup"] == group.path());
        let kills_here: u64 = here.filter_map(|incident| incident["kills"].as_u64()).sum();
        if kills_here > group.oom_kills()? {
            let words =
                told.iter().filter(|incident| incident["place"]["cgroup"] == group.path()).map(|incident| {
                    format!(
                        "{} {} {} {}",
                        incident["id"], incident["kills"], incident["attribution"], incident["when"]
                    )
                });
            accused.push(format!("{}: {}", group.path(), words.collect::<Vec<_>>().join("; ")));
        }
    }
    checks.equal("storm: groups accused of more kills than they count", &json!(accused), &json!([]));
    std::thread::sleep(SILENCE);
    Ok(())
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
