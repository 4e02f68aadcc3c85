//! The agent in words: what it says of itself as it runs, and its state when it is asked.

use crate::text::{Line, Tone};
use crate::units::{bytes, count, duration, percent};
use model::agent::{AgentCost, AgentStatus, HistoryState};
use std::time::Duration;

/// It has started, or has read its configuration again.
#[must_use]
pub fn ready(interval: Duration, config: Option<&str>, metrics: Option<&str>) -> String {
    let config = config.map_or_else(|| "no configuration file".to_owned(), |file| format!("as {file} says"));
    let metrics = metrics.map_or_else(|| "no listening port".to_owned(), |url| format!("metrics at {url}"));
    format!("watching, a look every {}; {config}; {metrics}", duration(interval))
}

/// Nothing is remembered from now on.
#[must_use]
pub fn history_stopped(why: &str) -> String {
    format!("the history stops: {why}; watching goes on")
}

/// The agent ends, and what it held in memory could not be written.
#[must_use]
pub fn history_cut(why: &str) -> String {
    format!("the last seconds are not in the history: {why}")
}

/// Something is remembered again.
#[must_use]
pub fn history_resumed(lost: Duration) -> String {
    format!("the history goes on; {} of it are missing", duration(lost))
}

/// It looks more rarely, or again as it was told.
#[must_use]
pub fn rate(interval: Duration, wanted: Option<Duration>, cpu: Duration, cgroups: usize) -> String {
    match wanted {
        Some(wanted) => format!(
            "a look at {} takes {} ms of CPU: from now on one every {} instead of every {}, so that watching takes at most a tenth of one core",
            count(cgroups as u64, "cgroup"),
            cpu.as_millis(),
            duration(interval),
            duration(wanted)
        ),
        None => format!("a look takes {} ms of CPU: again one every {}", cpu.as_millis(), duration(interval)),
    }
}

/// Why it looks more rarely than it was told.
#[must_use]
pub fn slowed(wanted: Duration, cgroups: usize) -> String {
    format!(
        "a look every {} at {} would take more than a tenth of one core",
        duration(wanted),
        count(cgroups as u64, "cgroup")
    )
}

/// The configuration as it is now was not taken.
#[must_use]
pub fn refused(why: &str) -> String {
    format!("the configuration is not taken: {why}; the one before holds on")
}

/// The agent is installed.
#[must_use]
pub fn installed() -> Vec<Line> {
    vec![
        Line::of(Tone::Good, "The agent is installed; it starts with the machine."),
        Line::plain("Next: highwater agent status. `highwater agent uninstall` takes it away."),
    ]
}

/// The state of the agent.
#[must_use]
pub fn status(status: &AgentStatus) -> Vec<Line> {
    let mut lines = vec![
        Line::of(Tone::Strong, format!("highwater agent {}", status.version)),
        Line::plain(format!(
            "watches   {}, {} of them containers, every {}; {} so far",
            count(status.cgroups as u64, "cgroup"),
            status.containers,
            duration(status.interval),
            count(status.looks, "look")
        )),
        cost(&status.cost),
        history(&status.history),
        Line::plain(format!("incidents {} since it started", status.incidents)),
    ];
    if let Some(file) = &status.config {
        lines.push(Line::plain(format!("config    {file}")));
    }
    if let Some(why) = &status.config_refused {
        lines.push(Line::of(Tone::Warning, format!("config    not taken as it is now: {why}")));
    }
    if let Some(why) = &status.slowed {
        lines.push(Line::of(Tone::Warning, format!("slowed    {why}")));
    }
    for missing in &status.missing {
        lines.push(Line::of(Tone::Warning, format!("not heard {} ({})", missing.what, missing.why)));
    }
    let next = if status.incidents > 0 { "highwater oom ls" } else { "highwater history" };
    lines.push(Line::of(Tone::Quiet, format!("Next: {next}")));
    lines
}

fn cost(cost: &AgentCost) -> Line {
    let cpu = cost.cpu_ratio.map_or_else(|| "?".to_owned(), percent);
    let resident = cost.own.map_or_else(|| "?".to_owned(), |own| bytes(own.resident));
    let kernel = bytes(cost.kernel);
    Line::plain(format!(
        "costs     {cpu} of one core, {resident} of memory, {kernel} of the kernel's for {} open files",
        cost.descriptors
    ))
}

fn history(state: &HistoryState) -> Line {
    match state {
        HistoryState::Stopped { why } => Line::of(Tone::Critical, format!("history   not written: {why}")),
        HistoryState::Written { workloads, left_out: 0 } => {
            Line::plain(format!("history   {}", count(*workloads as u64, "workload")))
        }
        HistoryState::Written { workloads, left_out } => {
            let workloads = count(*workloads as u64, "workload");
            Line::of(Tone::Warning, format!("history   {workloads}; {left_out} find no room"))
        }
    }
}
