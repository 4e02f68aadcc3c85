//! Scenario: ten thousand containers. The agent looks more rarely and says so; it forgets nobody, and a kill is told all the same.

use super::running::{Home, RunningAgent, free_port};
use super::workloads::figures;
use crate::real::checks::Checks;
use crate::real::oom::stage::{MIB, kill_in};
use crate::real::own_cgroup::{OwnCgroup, Tree};
use crate::real::product::Product;
use serde_json::{Value, json};
use std::time::Instant;

const CONTAINERS: usize = 10_000;

/// Kernel memory that kept files may pin, and a little for what is counted with it.
const KERNEL_MAX: u64 = 17 * MIB;

/// Runs the scenario.
pub fn run(product: &Product, checks: &mut Checks) -> anyhow::Result<()> {
    let home = Home::make("many")?;
    let tree = Tree::plant()?;
    let begun = Instant::now();
    let groups: Vec<OwnCgroup> =
        (0..CONTAINERS).map(|number| tree.group(&id(number))).collect::<anyhow::Result<_>>()?;
    println!("      {CONTAINERS} groups in {:.1} s", begun.elapsed().as_secs_f64());
    let port = free_port()?;
    let agent = home.agent(product, &["--listen", &format!("127.0.0.1:{port}")])?;
    check_rate(&agent, &home, checks)?;
    check_kill(&agent, groups.last(), checks)?;
    check_metrics(&agent, checks)?;
    let state = agent.state.display().to_string();
    let status = agent.end()?;
    checks.check("it ends cleanly", status.success(), status);
    let list = product.json(&["history", "--state", &state, "--format", "json"])?;
    let remembered = list["workloads"].as_array().map_or(0, Vec::len);
    checks.check("each is remembered", remembered >= CONTAINERS, remembered);
    let name = id(CONTAINERS - 2);
    let arguments = [
        "history",
        name.get(..12).unwrap_or_default(),
        "--state",
        &state,
        "--step",
        "1s",
        "--format",
        "json",
    ];
    let steps = figures(&product.json(&arguments)?, "at_seconds").len();
    checks.check("and can be read alone", steps >= 1, steps);
    Ok(())
}

/// An identifier as an engine makes it: the name of a container's group.
fn id(number: usize) -> String {
    format!("{number:012x}{:052x}", std::process::id())
}

fn check_rate(agent: &RunningAgent<'_>, home: &Home, checks: &mut Checks) -> anyhow::Result<()> {
    let status = agent.status_when(|status| !status["slowed"].is_null())?;
    println!(
        "      {} of CPU for a look, one every {} s",
        status["cost"]["look_cpu_seconds"], status["interval_seconds"]
    );
    checks.check("it looks more rarely", status["interval_seconds"].as_f64() > Some(1.0), &status);
    let why = status["slowed"].as_str().unwrap_or_default();
    checks.check("and says why when it is asked", why.contains("cgroups"), why);
    let said = home.said();
    checks.check("and by itself", said.contains("from now on one every"), said);
    let seen = status["containers"].as_u64().unwrap_or(0);
    checks.check("it sees all of them", seen >= CONTAINERS as u64, seen);
    let kernel = status["cost"]["kernel_bytes"].as_u64().unwrap_or(u64::MAX);
    checks.check("its open files are bounded", kernel <= KERNEL_MAX, kernel);
    println!(
        "      resident {} MiB, kernel {} MiB",
        status["cost"]["resident_bytes"].as_u64().unwrap_or(0) / MIB,
        kernel / MIB
    );
    let has_room = agent.status_when(is_remembered)?;
    checks.check("the history has room for all", is_remembered(&has_room), &has_room["history"]);
    Ok(())
}

fn is_remembered(status: &Value) -> bool {
    let history = &status["history"];
    history["workloads"].as_u64() >= Some(CONTAINERS as u64) && history["workloads_left_out"] == 0
}

fn check_kill(
    agent: &RunningAgent<'_>,
    group: Option<&OwnCgroup>,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let before = agent.status()?["incidents"].as_u64().unwrap_or(0);
    if let Some(group) = group {
        kill_in(group)?;
    }
    let status = agent.status_when(|status| status["incidents"].as_u64() > Some(before))?;
    checks.check("a kill is told at once", status["incidents"].as_u64() > Some(before), &status);
    Ok(())
}

fn check_metrics(agent: &RunningAgent<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let metrics = agent.metrics()?;
    let number = |name: &str| metrics.value(name, &[]).map(|value| value as usize);
    let series = metrics.0.lines().filter(|line| line.contains("id=\"")).count();
    let most = number("highwater_metrics_series_max").unwrap_or(0);
    checks.check("metrics: bounded", series > 1_000 && series <= most, format!("{series} of {most}"));
    let dropped = number("highwater_metrics_containers_dropped").unwrap_or(0);
    let given = metrics.0.lines().filter(|line| line.starts_with("container_memory_usage_bytes{")).count();
    checks.check(
        "metrics: who is left out is counted",
        dropped + given >= CONTAINERS,
        format!("{dropped} and {given}"),
    );
    checks.equal("metrics: of many", &json!(dropped > 0), &json!(true));
    Ok(())
}
