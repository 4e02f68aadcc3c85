//! The minutes before a kill: kept with the incident by a watch, remembered by an agent, drawn by `oom show`.

use super::shell::Shell;
use super::stage::{MIB, TOLD_MAX};
use super::watch::Watch;
use crate::real::checks::Checks;
use crate::real::own_cgroup::{OwnCgroup, Tree};
use crate::real::product::Product;
use crate::subprocess::Running;
use anyhow::Context;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const LIMIT: u64 = 32 * MIB;
/// What each process takes; the one that does not fit is killed, or one before it is.
const EACH_MIB: u64 = 5;
/// Longer than a look of the watch.
const PAUSE: Duration = Duration::from_millis(1_300);
/// The agent brings its history to the disk every ten seconds.
const REMEMBERED_MAX: Duration = Duration::from_secs(40);

/// A folder that is removed with this value.
struct State(PathBuf);

impl Drop for State {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl State {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("highwater-minutes-{name}-{}", std::process::id())))
    }

    fn flag(&self) -> String {
        self.0.display().to_string()
    }
}

/// A watch and an agent, each with a group that grows until the kernel kills in it.
pub fn check_minutes(product: &Product, checks: &mut Checks) -> anyhow::Result<()> {
    let tree = Tree::plant()?;
    check_watch(product, &tree, checks)?;
    check_agent(product, &tree, checks)
}

/// Holds a little more and a little more until the kernel does not let it.
fn grow_until_killed(group: &OwnCgroup) -> anyhow::Result<()> {
    group.limit(LIMIT, 0)?;
    let mut shells = Vec::new();
    for _ in 0..=LIMIT / MIB / EACH_MIB {
        let mut shell = Shell::holding(group, EACH_MIB)?;
        let is_held = shell.line()? == "ready";
        shells.push(shell);
        if !is_held || group.oom_kills()? > 0 {
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
    anyhow::bail!("{}: {LIMIT} bytes did not run out", group.path())
}

fn check_watch(product: &Product, tree: &Tree, checks: &mut Checks) -> anyhow::Result<()> {
    let state = State::new("watch");
    let group = tree.group("growing")?;
    let mut watch = Watch::start(product, &["--count", "1", "--state", &state.flag()])?;
    grow_until_killed(&group)?;
    let told = watch.next(TOLD_MAX).context("the kill is not told")?.incident;
    watch.wait(TOLD_MAX)?;
    check_series("minutes, told", &told["before"], &json!(group.path()), checks);

    let id = told["id"].as_str().unwrap_or_default();
    let shown = product.json(&["oom", "show", id, "--state", &state.flag(), "--format", "json"])?;
    checks.equal("minutes, shown: as they were kept", &shown["incident"]["before"], &told["before"]);
    let alone = product.json(&["oom", "show", id, "--format", "json"])?;
    checks.equal("minutes: nobody knows them without the state", &alone["incident"]["before"], &Value::Null);
    let why = alone["incident"]["unknown"]["before"].as_str().unwrap_or_default().to_owned();
    checks.check("minutes: and that is said", why.contains("oom watch --state"), &why);
    let text = product.run(&["oom", "show", id, "--state", &state.flag(), "--ascii"])?.stdout;
    check_picture("minutes", &text, checks);
    Ok(())
}

/// The agent's own history: what was attached to the incident is taken away first.
fn check_agent(product: &Product, tree: &Tree, checks: &mut Checks) -> anyhow::Result<()> {
    let state = State::new("agent");
    let name = format!("highwater-minutes-{}.service", std::process::id());
    let group = tree.group(&name)?;
    let mut agent = Command::new(product.path());
    agent.args(["agent", "--state", &state.flag()]).arg("--socket").arg(state.0.join("agent.sock"));
    agent.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let agent = Running::start(&mut agent)?;
    let start = Instant::now();
    while !state.0.join("history").is_dir() {
        anyhow::ensure!(start.elapsed() < TOLD_MAX, "the agent makes no history");
        std::thread::sleep(Duration::from_millis(50));
    }
    grow_until_killed(&group)?;
    let start = Instant::now();
    let mut found = Value::Null;
    while found.is_null() && start.elapsed() < REMEMBERED_MAX {
        std::thread::sleep(Duration::from_millis(500));
        for file in ["incidents", "incidents.1"] {
            let _ = std::fs::remove_file(state.0.join(file));
        }
        let shown =
            product.json(&["oom", "show", group.path(), "--state", &state.flag(), "--format", "json"])?;
        found = shown["incident"]["before"].clone();
    }
    check_series("minutes, of the agent", &found, &json!(name), checks);
    let text = product.run(&["oom", "show", group.path(), "--state", &state.flag(), "--ascii"])?.stdout;
    check_picture("minutes, of the agent", &text, checks);
    drop(agent);
    Ok(())
}

/// It rose step by step below its limit until the kill.
fn check_series(name: &str, before: &Value, workload: &Value, checks: &mut Checks) {
    checks.equal(&format!("{name}: whose"), &before["workload"], workload);
    let steps = before["steps"].as_array().cloned().unwrap_or_default();
    let kill = steps.iter().position(|step| step["oom_kills"].as_u64().is_some_and(|kills| kills > 0));
    checks.check(&format!("{name}: the kill is among the steps"), kill.is_some(), before);
    let until = steps.get(..=kill.unwrap_or(0)).unwrap_or_default();
    let usages: Vec<u64> = until.iter().filter_map(|step| step["usage_peak_bytes"].as_u64()).collect();
    let rises = usages.windows(2).filter(|pair| pair[1] >= pair[0] + 3 * MIB).count();
    checks.check(&format!("{name}: it is seen to rise"), rises >= 3, json!(usages));
    let peak = usages.iter().max().copied().unwrap_or(0);
    let is_near = peak > LIMIT / 2 && peak <= LIMIT;
    checks.check(&format!("{name}: up to its limit"), is_near, json!(usages));
    let limits = until.iter().filter_map(|step| step["memory_limit_bytes"].as_u64());
    let is_right = limits.clone().count() >= 3 && limits.skip(1).all(|limit| limit == LIMIT);
    checks.check(&format!("{name}: the limit beside it"), is_right, before);
}

fn check_picture(name: &str, text: &str, checks: &mut Checks) {
    let picture: Vec<&str> =
        text.lines().skip_while(|line| !line.starts_with("The minutes before")).take(14).collect();
    let kills = picture.iter().any(|line| line.trim_start().starts_with("kills |") && line.contains('x'));
    let memory = picture.iter().filter(|line| line.contains('#')).count();
    let limit = picture.first().is_some_and(|line| line.contains("limit 32 MiB"));
    let is_ascii = picture.iter().all(|line| line.is_ascii());
    checks.check(
        &format!("{name}: a picture"),
        kills && memory >= 3 && limit && is_ascii,
        picture.join("\n"),
    );
}
