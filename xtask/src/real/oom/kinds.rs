//! One kill of each kind, and the facts that are told of it.

use super::shell::Shell;
use super::stage::{MIB, Stage, TOLD_MAX, kill_in, kills_of};
use crate::real::checks::Checks;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;

/// A process over the limit of its own group.
pub fn check_hog(stage: &mut Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let group = stage.tree.group("hog")?;
    let pid = kill_in(&group)?;
    let Some(told) = told(stage, checks, "hog") else { return Ok(()) };
    checks.equal("hog: where", &told["place"]["cgroup"], &json!(group.path()));
    checks.equal("hog: the level", &told["level"]["cgroup"], &json!(group.path()));
    checks.equal("hog: its limit", &told["level"]["limit_bytes"], &json!(12 * MIB));
    checks.equal("hog: who died", &told["victims"][0]["pid"], &json!(pid));
    checks.equal("hog: by which name", &told["victims"][0]["comm"], &json!("xtask"));
    checks.equal("hog: one kill", &told["kills"], &json!(group.oom_kills()?));
    checks.equal("hog: the kernel's own report", &told["attribution"]["by"], &json!("report"));
    checks.equal("hog: who used the memory", &told["consumer"]["kind"], &json!("victim"));
    let kind = &told["cause"]["kind"];
    let holds = kind == "limit_too_small" || kind == "spike";
    checks.check("hog: the cause", holds, &told["cause"]);
    let bound = told["survival"]["limit_lower_bound_bytes"].as_u64().unwrap_or(0);
    checks.check("hog: survival is at least the limit", bound >= 12 * MIB, &told["survival"]);
    Ok(())
}

/// A child dies while the first process of its group lives: nobody outside would see it.
pub fn check_child(stage: &mut Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let group = stage.tree.group("child")?;
    group.limit(16 * MIB, 0)?;
    let mut parent = Shell::start(&group, "$XTASK hold 64; echo survived; read word")?;
    let word = parent.line()?;
    checks.equal("child: its parent survived", &json!(word), &json!("survived"));
    let Some(told) = told(stage, checks, "child") else { return Ok(()) };
    checks.equal("child: where", &told["place"]["cgroup"], &json!(group.path()));
    checks.equal("child: the victim is the child", &told["victims"][0]["comm"], &json!("xtask"));
    let is_other = told["victims"][0]["pid"] != json!(parent.pid());
    checks.check("child: not its parent", is_other, &told["victims"]);
    checks.check("child: the parent still lives", parent.lives(), "it ended");
    checks.check(
        "child: the first process is not said to be killed",
        told["container_first_process"] != "killed",
        &told["container_first_process"],
    );
    Ok(())
}

/// Files in memory fill the group, and an innocent process dies for it; its restart dies again.
pub fn check_tmpfs(stage: &mut Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let mount = Tmpfs::mount()?;
    let group = stage.tree.group("tmpfs")?;
    group.limit(40 * MIB, 0)?;
    let mut innocent = Shell::held(&group, 6)?;
    let file = mount.0.join("file");
    let script = format!("exec dd if=/dev/zero of={} bs=64k count=1024", file.display());
    Shell::start(&group, &script)?.wait()?;
    innocent.wait()?;
    // It needs more than before: how much of the room that the first one left is filled is the writer's luck.
    let restarted = Shell::held(&group, 12);
    checks.check("tmpfs: the restart dies again", restarted.is_err(), "it lives");
    let all: Vec<Value> = stage.told_at_rest()?;
    let Some(first) = all.first() else {
        checks.check("tmpfs: it is told", false, "nothing was told");
        return Ok(());
    };
    let first_victim = &first["victims"][0];
    checks.equal("tmpfs: the innocent died first", &first_victim["pid"], &json!(innocent.pid()));
    checks.equal("tmpfs: the kills add up", &json!(kills_of(&all)), &json!(group.oom_kills()?));
    for incident in &all {
        checks.equal("tmpfs: where", &incident["place"]["cgroup"], &json!(group.path()));
        checks.equal("tmpfs: who used the memory", &incident["consumer"]["kind"], &json!("tmpfs"));
        checks.equal("tmpfs: the cause", &incident["cause"]["kind"], &json!("tmpfs"));
    }
    Ok(())
}

/// The limit of a group above is hit; a sibling that sleeps is never accused.
pub fn check_parent(stage: &mut Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let parent = stage.tree.group("parent")?;
    let [busy, idle] = [parent.child("busy")?, parent.child("idle")?];
    parent.limit(24 * MIB, 0)?;
    busy.limit(200 * MIB, 0)?;
    let mut sleeper = Shell::held(&idle, 2)?;
    let mut hog = Shell::holding(&busy, 64)?;
    hog.wait()?;
    let all = stage.told_until_now()?;
    checks.equal("parent: one incident", &json!(all.len()), &json!(1));
    let Some(told) = all.first() else { return Ok(()) };
    checks.equal("parent: where", &told["place"]["cgroup"], &json!(busy.path()));
    checks.equal("parent: the level", &told["level"]["cgroup"], &json!(parent.path()));
    checks.equal("parent: its limit", &told["level"]["limit_bytes"], &json!(24 * MIB));
    checks.equal("parent: one kill", &told["kills"], &json!(1));
    checks.equal("parent: who died", &told["victims"][0]["pid"], &json!(hog.pid()));
    checks.check("parent: the sibling lives", sleeper.lives(), "it ended");
    checks.check(
        "parent: the sibling is not accused",
        !told["consumer"].to_string().contains(idle.path()),
        &told["consumer"],
    );
    Ok(())
}

/// `memory.oom.group`: all die together, and each is counted once.
pub fn check_group(stage: &mut Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let group = stage.tree.group("together")?;
    group.limit(24 * MIB, 0)?;
    if !group.folder().join("memory.oom.group").exists() {
        return Ok(());
    }
    group.write("memory.oom.group", "1")?;
    let mut members = [
        Shell::held(&group, 2)?,
        Shell::held(&group, 2)?,
        Shell::held(&group, 2)?,
        Shell::holding(&group, 64)?,
    ];
    let mut pids: Vec<u32> = members.iter().map(Shell::pid).collect();
    for member in members.iter_mut().rev() {
        member.wait()?;
    }
    let all = stage.told_at_rest()?;
    checks.equal("together: one incident", &json!(all.len()), &json!(1));
    let Some(told) = all.first() else { return Ok(()) };
    checks.equal("together: each is counted once", &told["kills"], &json!(members.len()));
    let victims = told["victims"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut died: Vec<u64> = victims.iter().filter_map(|victim| victim["pid"].as_u64()).collect();
    died.sort_unstable();
    pids.sort_unstable();
    checks.equal("together: who died", &json!(died), &json!(pids));
    checks.check("together: it is named", told["oom_group"].is_string(), &told["oom_group"]);
    Ok(())
}

/// Version 1 counts memory and swap together; that limit is hit while memory is below its own.
pub fn check_memory_and_swap(stage: &mut Stage, checks: &mut Checks) -> anyhow::Result<()> {
    if stage.tree.is_v2() || stage.tree.swap_total()? == 0 {
        return Ok(());
    }
    let group = stage.tree.group("memsw")?;
    group.limit(40 * MIB, 8 * MIB)?;
    let _swapped = Shell::held(&group, 24)?;
    // With sixteen of them in swap there is room for memory, but not for both.
    let _ = group.write("memory.limit_in_bytes", &(20 * MIB).to_string());
    group.write("memory.limit_in_bytes", &(40 * MIB).to_string())?;
    // The kernel chooses the larger of the two unless it is told whom.
    let mut hog = Shell::start(&group, "echo 1000 >/proc/$$/oom_score_adj; exec $XTASK hold 64")?;
    hog.wait()?;
    let Some(told) = told(stage, checks, "memory+swap") else { return Ok(()) };
    checks.equal("memory+swap: where", &told["place"]["cgroup"], &json!(group.path()));
    let found = &told["ceilings"]["memory_swap"]["limit_bytes"];
    checks.equal("memory+swap: the limit", found, &json!(48 * MIB));
    checks.equal("memory+swap: which", &told["limit_hit"], &json!("memory_swap"));
    checks.equal("memory+swap: one kill", &told["kills"], &json!(group.oom_kills()?));
    checks.equal("memory+swap: memory had room", &told["ceilings"]["memory"]["state"], &json!("room"));
    Ok(())
}

/// Memory and swap are both full.
pub fn check_swap_full(stage: &mut Stage, checks: &mut Checks) -> anyhow::Result<()> {
    if !stage.tree.is_v2() || stage.tree.swap_total()? == 0 {
        return Ok(());
    }
    let group = stage.tree.group("swapped")?;
    group.limit(24 * MIB, 12 * MIB)?;
    let mut hog = Shell::holding(&group, 96)?;
    hog.wait()?;
    let Some(told) = told(stage, checks, "swap full") else { return Ok(()) };
    checks.equal("swap full: where", &told["place"]["cgroup"], &json!(group.path()));
    checks.equal("swap full: it was", &told["swap"]["verdict"], &json!("was_full"));
    checks.equal("swap full: its limit", &told["swap"]["limit_bytes"], &json!(12 * MIB));
    Ok(())
}

/// The next incident of ours; a check that fails when there is none.
fn told(stage: &mut Stage, checks: &mut Checks, name: &str) -> Option<Value> {
    let told = stage.next_of_ours(TOLD_MAX);
    checks.check(&format!("{name}: it is told"), told.is_some(), "nothing was told");
    told
}

/// Files in memory that end with this value.
struct Tmpfs(PathBuf);

impl Tmpfs {
    fn mount() -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("highwater-tmpfs-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let status = Command::new("mount").args(["-t", "tmpfs", "highwater"]).arg(&folder).status()?;
        anyhow::ensure!(status.success(), "mounting tmpfs: {status}");
        Ok(Self(folder))
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}
