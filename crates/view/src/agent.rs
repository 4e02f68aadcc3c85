//! The agent in words: what it says of itself as it runs, and its state when it is asked.

use crate::text::{Line, Tone};
use crate::units::{bytes, count, duration, percent};
use model::agent::{AgentCost, AgentStatus, AlertsState, FiringAlert, HistoryState, ReceiverState};
use model::finding::Severity;
use model::snapshot::Missing;
use std::time::Duration;

/// Whose word the agent follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Configured<'a> {
    /// There is no file.
    Without,
    /// A file as it is now.
    As(&'a str),
    /// What held before: the file as it is now was not taken, or is gone.
    AsBefore,
}

/// It has started, or has read its configuration again.
#[must_use]
pub fn ready(interval: Duration, config: Configured<'_>, metrics: Option<&str>) -> String {
    let config = match config {
        Configured::Without => "no configuration file".to_owned(),
        Configured::As(file) => format!("as {file} says"),
        Configured::AsBefore => "as the configuration before said".to_owned(),
    };
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

/// Nothing of alerting can be written.
#[must_use]
pub fn alerts_unkept(why: &str) -> String {
    format!(
        "what is told cannot be kept: {why}; alerts go out all the same, and after a restart some may be told again or be lost"
    )
}

/// Alerting can write again.
#[must_use]
pub fn alerts_kept() -> String {
    "what is told is kept again".to_owned()
}

/// A receiver will not have a message.
#[must_use]
pub fn refused_by(sink: &str, title: &str, why: &str) -> String {
    format!("{sink} will not have `{title}`: {why}")
}

/// The silences as they are now were not taken.
#[must_use]
pub fn silences_unread(why: &str) -> String {
    format!("the silences are not taken: {why}; those before hold on")
}

/// What alerting remembered was not what was written.
#[must_use]
pub fn book_damaged() -> String {
    "what stood before is not readable: what still stands is told once more".to_owned()
}

/// A command was started for somebody.
#[must_use]
pub fn command_started(command: &str, subject: &str) -> String {
    format!("command {command}: started for {subject}")
}

/// A command is not started: it still runs for somebody else.
#[must_use]
pub fn command_busy(command: &str, subject: &str) -> String {
    format!("command {command}: not started for {subject}: it still runs")
}

/// A command is not started: it was for the same container lately.
#[must_use]
pub fn command_cooling(command: &str, subject: &str, left: Duration) -> String {
    format!("command {command}: not started for {subject}: it was lately; again in {}", duration(left))
}

/// A command is not started: it was so often within an hour.
#[must_use]
pub fn command_too_often(command: &str, subject: &str, starts: usize) -> String {
    let times = count(starts as u64, "start");
    format!("command {command}: not started for {subject}: {times} within the last hour is all it may")
}

/// A command has ended.
#[must_use]
pub fn command_ended(command: &str, subject: &str, outcome: &Result<String, String>) -> String {
    match outcome {
        Ok(words) => format!("command {command} for {subject}: {words}"),
        Err(words) => format!("command {command} for {subject} failed: {words}"),
    }
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
    lines.extend(alerts(&status.alerts));
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
    let next = match (status.alerts.firing.is_empty(), status.incidents) {
        (false, _) => "highwater alerts ls",
        (true, 0) => "highwater history",
        (true, _) => "highwater oom ls",
    };
    lines.push(Line::of(Tone::Quiet, format!("Next: {next}")));
    lines
}

/// More alerts than these are listed by their own command.
const ALERTS_SHOWN_MAX: usize = 10;

fn alerts(state: &AlertsState) -> Vec<Line> {
    let AlertsState { firing, held, receivers, not_judged } = state;
    let held = if *held == 0 { String::new() } else { format!(", {held} not yet for long enough") };
    let mut lines = vec![match firing.len() {
        0 => Line::plain(format!("alerts    none fires{held}")),
        number => Line::of(Tone::Warning, format!("alerts    {number} fire{held}")),
    }];
    let mut worst: Vec<&FiringAlert> = firing.iter().collect();
    worst.sort_by_key(|alert| std::cmp::Reverse(alert.severity));
    lines.extend(worst.iter().take(ALERTS_SHOWN_MAX).map(|alert| {
        let tone = if alert.severity == Severity::Critical { Tone::Critical } else { Tone::Warning };
        let silent = if alert.is_told { "" } else { ", nobody is told" };
        Line::of(
            tone,
            format!("          {} ({}, for {}{silent})", alert.title, alert.rule, duration(alert.age)),
        )
    }));
    if receivers.is_empty() {
        lines.push(Line::plain("tells     nobody: the configuration names no receiver (`sinks`)"));
    }
    lines.extend(receivers.iter().map(receiver));
    let unjudged =
        |missing: &Missing| Line::of(Tone::Warning, format!("unjudged  {} ({})", missing.what, missing.why));
    lines.extend(not_judged.iter().map(unjudged));
    lines
}

fn receiver(receiver: &ReceiverState) -> Line {
    let ReceiverState { name, waiting, failures, error } = receiver;
    let waiting = count(*waiting as u64, "message");
    match error {
        None => Line::plain(format!("tells     {name}; {waiting} on the way")),
        Some(why) => {
            let failures = count(u64::from(*failures), "attempt");
            Line::of(
                Tone::Warning,
                format!("tells     {name} not now: {failures} failed, {waiting} waiting; {why}"),
            )
        }
    }
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

#[cfg(test)]
mod tests {
    use super::status;
    use model::agent::{AgentCost, AgentStatus, AlertsState, FiringAlert, HistoryState, ReceiverState};
    use model::finding::Severity;
    use model::snapshot::{Missing, Timestamp};
    use std::time::Duration;

    fn alert(title: &str, severity: Severity, is_told: bool) -> FiringAlert {
        let (rule, age) = ("pressure".to_owned(), Duration::from_secs(90));
        FiringAlert { rule, severity, title: title.to_owned(), age, is_told }
    }

    fn receiver(name: &str, waiting: usize, error: Option<&str>) -> ReceiverState {
        let failures = error.map_or(0, |_| 4);
        ReceiverState { name: name.to_owned(), waiting, failures, error: error.map(str::to_owned) }
    }

    #[test]
    fn what_fires_and_who_is_told_stands_on_the_screen() {
        let told = AgentStatus {
            version: "1.2.3".to_owned(),
            started_at: Timestamp(1),
            looked_at: Timestamp(2),
            looks: 3,
            interval: Duration::from_secs(1),
            slowed: None,
            cgroups: 4,
            containers: 2,
            cost: AgentCost::default(),
            history: HistoryState::Written { workloads: 2, left_out: 0 },
            incidents: 0,
            alerts: AlertsState {
                firing: vec![
                    alert("db waits", Severity::Warning, false),
                    alert("web waits", Severity::Critical, true),
                ],
                held: 1,
                receivers: vec![receiver("am", 0, None), receiver("team", 3, Some("it answered 500"))],
                not_judged: vec![Missing {
                    what: "leak".to_owned(),
                    why: "nobody has looked yet".to_owned(),
                }],
            },
            config: None,
            config_refused: None,
            missing: Vec::new(),
        };
        let lines = |told: &AgentStatus| {
            let lines: Vec<String> = status(told).iter().map(crate::text::Line::to_plain).collect();
            lines.join("\n")
        };
        insta::assert_snapshot!(lines(&told));
        let quiet = AgentStatus { alerts: AlertsState::default(), ..told };
        insta::assert_snapshot!("quiet", lines(&quiet));
    }
}
