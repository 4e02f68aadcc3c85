//! Alerts in words: one line of what is the matter, what to do, and what stands as a table.

use crate::remedy::quoted;
use crate::table::{Align, Cell, Heading, lay_out};
use crate::text::{Line, Tone, shortened};
use crate::units::{bytes, count, duration, percent};
use kernel::bytes::Bytes;
use model::alert::evidence::{Evidence, EvidenceKey};
use model::alert::silence::{SilenceSpan, StandingSilence};
use model::alert::{Alert, AlertChange, AlertRule, ChangeKind, Phase, Resolution, TellsOf};
use model::finding::Severity;
use model::notice::WaitingFor;
use std::time::Duration;

/// A name in a title is not longer.
const NAME_CELLS_MAX: usize = 120;

/// What is the matter, in one line.
#[must_use]
pub fn title(alert: &Alert) -> String {
    let name = shortened(&crate::text::escaped(&alert.key.subject), NAME_CELLS_MAX);
    let evidence = &alert.evidence;
    let amount = |key| evidence.bytes(key).map_or_else(|| "?".to_owned(), bytes);
    match alert.key.rule {
        AlertRule::NearLimit => {
            let left = format!(
                "{name} has {} left of {}",
                amount(EvidenceKey::Headroom),
                amount(EvidenceKey::Limit)
            );
            match evidence.number(EvidenceKey::TimeLeft) {
                Some(seconds) => format!("{left}: full in {} at this pace", time(seconds)),
                None => left,
            }
        }
        AlertRule::SwapUsage => {
            let used = share(evidence);
            format!("{name} uses {used} of the {} of swap that it may use", amount(EvidenceKey::SwapLimit))
        }
        AlertRule::Pressure => {
            let waited =
                evidence.number(EvidenceKey::StalledRatio).map_or_else(|| "part".to_owned(), percent);
            format!("{name} waits for memory {waited} of the time")
        }
        AlertRule::OomKill => match evidence.word(EvidenceKey::Cause) {
            Some(sentence) => sentence.to_owned(),
            None => format!("{name}: {}", killed(evidence)),
        },
        AlertRule::InvisibleKill => {
            format!("{name} runs on without a part of itself: {}", killed(evidence))
        }
        AlertRule::Leak => {
            let certainty = evidence.word(EvidenceKey::Certainty).unwrap_or("suspected");
            let growth = evidence.number(EvidenceKey::GrowthPerDay).unwrap_or(0.0).max(0.0);
            format!("{name} leaks ({certainty}): {} more each day", bytes(Bytes(growth as u64)))
        }
        AlertRule::LimitDrift => {
            let what = evidence.word(EvidenceKey::Drifted).unwrap_or("limit");
            format!(
                "{name}: the {what} in force is {}, {}",
                limit(evidence, EvidenceKey::Enforced),
                wanted(evidence)
            )
        }
        AlertRule::NodeSwap => {
            format!("{name}: {} of {} of swap is used", share(evidence), amount(EvidenceKey::SwapLimit))
        }
        AlertRule::EvictionLine => format!(
            "{name}: the kubelet evicts below {}, and the kernel reclaims until {} is free",
            amount(EvidenceKey::Eviction),
            amount(EvidenceKey::KswapdSleeps)
        ),
        AlertRule::UnattributedKills => {
            let kills = evidence.count(EvidenceKey::Kills).unwrap_or(1);
            format!("{name}: the kernel counted {} that nothing explains", count(kills, "kill"))
        }
    }
}

/// What was the matter, in one line: nothing in it is so any more.
fn title_of_past(alert: &Alert) -> String {
    let name = shortened(&crate::text::escaped(&alert.key.subject), NAME_CELLS_MAX);
    let evidence = &alert.evidence;
    let amount = |key| evidence.bytes(key).map_or_else(|| "?".to_owned(), bytes);
    match alert.key.rule {
        AlertRule::NearLimit => {
            let (left, limit) = (amount(EvidenceKey::Headroom), amount(EvidenceKey::Limit));
            format!("{name} had {left} left of {limit}")
        }
        AlertRule::SwapUsage => {
            let limit = amount(EvidenceKey::SwapLimit);
            format!("{name} used {} of the {limit} of swap that it could use", share(evidence))
        }
        AlertRule::Pressure => {
            let waited =
                evidence.number(EvidenceKey::StalledRatio).map_or_else(|| "part".to_owned(), percent);
            format!("{name} waited for memory {waited} of the time")
        }
        AlertRule::InvisibleKill => {
            format!("{name} ran on without a part of itself: {}", killed(evidence))
        }
        AlertRule::Leak => {
            let growth = evidence.number(EvidenceKey::GrowthPerDay).unwrap_or(0.0).max(0.0);
            format!("{name} held {} more each day", bytes(Bytes(growth as u64)))
        }
        AlertRule::LimitDrift => {
            let what = evidence.word(EvidenceKey::Drifted).unwrap_or("limit");
            format!("{name}: the {what} in force was {}", limit(evidence, EvidenceKey::Enforced))
        }
        AlertRule::NodeSwap => {
            format!("{name}: {} of {} of swap was used", share(evidence), amount(EvidenceKey::SwapLimit))
        }
        AlertRule::EvictionLine => format!(
            "{name}: the kubelet evicted below {}, and the kernel reclaimed until {} was free",
            amount(EvidenceKey::Eviction),
            amount(EvidenceKey::KswapdSleeps)
        ),
        // These tell of what happened, not of what is.
        AlertRule::OomKill | AlertRule::UnattributedKills => title(alert),
    }
}

/// What stands below the line of a change that is told: what it means and what to do, or how long it was so.
#[must_use]
pub fn text_of_change(change: &AlertChange) -> String {
    let alert = &change.alert;
    let end = match (change.kind, alert.phase) {
        (ChangeKind::Fired | ChangeKind::Escalated | ChangeKind::Repeated, _) => return text(alert),
        (ChangeKind::Resolved(_), Phase::Firing { clear_since: Some(since), .. }) => since,
        (ChangeKind::Resolved(_), Phase::Firing { clear_since: None, .. } | Phase::Held) => change.at,
    };
    let next: Vec<String> = next(alert).into_iter().map(|command| format!("Next: {command}")).collect();
    let meaning = match alert.key.rule.tells_of() {
        TellsOf::State => format!("That was so for {}.", duration(end.since(&alert.since))),
        TellsOf::Happening => format!("That was {} ago.", duration(change.at.since(&alert.since))),
    };
    format!("{meaning}\n{}", next.join("\n"))
}

/// What that means and what to do.
#[must_use]
pub fn text(alert: &Alert) -> String {
    let meaning = match alert.key.rule {
        AlertRule::NearLimit => "When nothing is left, the kernel kills a process in it.",
        AlertRule::SwapUsage => match alert.evidence.word(EvidenceKey::SwapEffect) {
            Some("harmful") => {
                "Pages come back from swap and tasks wait for them: it needs more memory, not more swap."
            }
            Some(_) | None => {
                "Swap is not a harm by itself; when it is full, what grows further is killed at the memory limit."
            }
        },
        AlertRule::Pressure => "Every task in it waits for memory at once: it is slower by as much.",
        AlertRule::OomKill => "Its limit, its memory and what would have survived are in the incident.",
        AlertRule::InvisibleKill => {
            "Its first process lives, so no runtime reports a kill or restarts it. Restart it, or let a kill take the whole \
             container (memory.oom.group)."
        }
        AlertRule::Leak => {
            "A higher limit only delays the kill; until it is mended, a restart in time does the same."
        }
        AlertRule::LimitDrift => "What was declared is not what the kernel enforces.",
        AlertRule::NodeSwap => "When the machine's swap is full, the kernel kills instead of swapping.",
        AlertRule::EvictionLine => "Pods are evicted although swap is free.",
        AlertRule::UnattributedKills => {
            "Their lines in the kernel's log were overwritten, or swallowed by its rate limit."
        }
    };
    let next: Vec<String> = next(alert).into_iter().map(|command| format!("Next: {command}")).collect();
    format!("{meaning}\n{}", next.join("\n"))
}

/// Commands to run next.
#[must_use]
pub fn next(alert: &Alert) -> Vec<String> {
    next_below(alert, "")
}

/// The same. `state` is the flag of another state folder, behind a blank, for the commands that take it.
#[must_use]
pub fn next_below(alert: &Alert, state: &str) -> Vec<String> {
    let name = quoted(&alert.key.subject);
    let command = match alert.key.rule {
        AlertRule::NearLimit
        | AlertRule::SwapUsage
        | AlertRule::Pressure
        | AlertRule::Leak
        | AlertRule::LimitDrift => format!("highwater show {name}"),
        AlertRule::OomKill | AlertRule::InvisibleKill => {
            let incident = alert.evidence.word(EvidenceKey::Incident).unwrap_or_default();
            format!("{}{state}", format!("highwater oom show {incident}").trim_end())
        }
        AlertRule::NodeSwap => "highwater ls --sort swap".to_owned(),
        AlertRule::EvictionLine => "highwater node check".to_owned(),
        AlertRule::UnattributedKills => format!("highwater oom ls{state}"),
    };
    vec![command]
}

/// The line that stands before everything else when a change is told.
#[must_use]
pub fn headline(kind: ChangeKind, alert: &Alert) -> String {
    match kind {
        ChangeKind::Fired => title(alert),
        ChangeKind::Escalated => format!("Worse: {}", title(alert)),
        ChangeKind::Repeated => format!("Still: {}", title(alert)),
        ChangeKind::Resolved(why) => format!("Over ({}): {}", over(why), title_of_past(alert)),
    }
}

/// Where the alerts are from, and whom they are told to.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The flag of another state folder, behind a blank.
    pub state: &'a str,
    /// How many receivers the configuration names.
    pub receivers: usize,
}

/// What stands, what is silenced and what waits.
#[must_use]
pub fn list(
    origin: Origin<'_>,
    alerts: &[(&Alert, Duration, Option<&str>)],
    silences: &[StandingSilence<'_>],
    waiting: &[WaitingFor],
    width: usize,
) -> Vec<Line> {
    let mut lines = Vec::new();
    if alerts.is_empty() {
        lines.push(Line::of(Tone::Good, "No alert stands."));
    } else {
        let left = |title| Heading { title, align: Align::Left };
        let right = |title| Heading { title, align: Align::Right };
        let headings = [left("WHAT"), left("SEVERITY"), left("RULE"), right("SINCE"), left("STATE")];
        let rows: Vec<Vec<Cell>> = alerts.iter().map(|one| row(origin, one)).collect();
        lines.extend(lay_out(&headings, &rows, width));
        lines.push(Line::empty());
        if origin.receivers == 0 {
            let words = "Nobody is told of them: the agent's configuration names no receiver (`sinks`).";
            lines.push(Line::of(Tone::Warning, words));
        }
        let commands =
            alerts.first().map(|(alert, _, _)| next_below(alert, origin.state)).unwrap_or_default();
        lines.extend(commands.iter().map(|command| Line::of(Tone::Quiet, format!("Next: {command}"))));
    }
    lines.extend(waiting.iter().map(|waiting| {
        let words = format!("{} waiting for {}", count(waiting.notices, "notice"), waiting.sink);
        Line::of(Tone::Warning, words)
            .and(Tone::Quiet, format!("   highwater alerts test {}", quoted(&waiting.sink)))
    }));
    if !silences.is_empty() {
        lines.push(Line::empty());
        lines.extend(self::silences(silences, width));
    }
    lines
}

/// Silences as a table.
#[must_use]
pub fn silences(silences: &[StandingSilence<'_>], width: usize) -> Vec<Line> {
    if silences.is_empty() {
        return vec![Line::plain("No silence.")];
    }
    let left = |title| Heading { title, align: Align::Left };
    let headings = [left("SILENCE"), left("NAMES"), left("RULES"), left("LEFT"), left("REASON")];
    let rows: Vec<Vec<Cell>> = silences
        .iter()
        .map(|StandingSilence { silence, left }| {
            let rules: Vec<&str> = silence.rules.iter().map(|rule| rule.as_str()).collect();
            let all = |words: String| if words.is_empty() { "all".to_owned() } else { words };
            let left = match silence.span {
                SilenceSpan::Standing => "no end".to_owned(),
                SilenceSpan::For { .. } => duration(*left),
            };
            let reason = silence.reason.clone().unwrap_or_default();
            [silence.id.clone(), all(silence.names.join(" ")), all(rules.join(" ")), left, reason]
                .map(|text| Cell { tone: Tone::Plain, text })
                .to_vec()
        })
        .collect();
    lay_out(&headings, &rows, width)
}

fn row(origin: Origin<'_>, (alert, age, silenced): &(&Alert, Duration, Option<&str>)) -> Vec<Cell> {
    let (tone, severity) = match alert.severity {
        Severity::Notice => (Tone::Plain, "notice"),
        Severity::Warning => (Tone::Warning, "warning"),
        Severity::Critical => (Tone::Critical, "critical"),
    };
    let state = match (alert.phase, silenced) {
        (Phase::Held, _) => "held".to_owned(),
        (Phase::Firing { .. }, Some(silence)) => format!("silenced by {silence}"),
        (Phase::Firing { clear_since: Some(_), .. }, None) if origin.receivers == 0 => "ending".to_owned(),
        (Phase::Firing { .. }, None) if origin.receivers == 0 => "nobody to tell".to_owned(),
        (Phase::Firing { told: Some(_), clear_since: Some(_) }, None) => "ending".to_owned(),
        (Phase::Firing { told: Some(_), clear_since: None }, None) => "told".to_owned(),
        (Phase::Firing { told: None, .. }, None) => "not told yet".to_owned(),
    };
    let cell = |tone, text: String| Cell { tone, text };
    vec![
        cell(Tone::Strong, title(alert)),
        cell(tone, severity.to_owned()),
        cell(Tone::Plain, alert.key.rule.as_str().to_owned()),
        cell(Tone::Plain, duration(*age)),
        cell(Tone::Plain, state),
    ]
}

const fn over(why: Resolution) -> &'static str {
    match why {
        Resolution::Cleared => "the figures are good again",
        Resolution::Gone => "it is gone",
        Resolution::Quiet => "nothing more has happened",
        Resolution::RuleOff => "the rule is switched off",
    }
}

fn killed(evidence: &Evidence) -> String {
    let kills = evidence.count(EvidenceKey::Kills).unwrap_or(1);
    let verb = if kills == 1 { "was" } else { "were" };
    let processes = count(kills, "process").replace("processs", "processes");
    match evidence.bytes(EvidenceKey::Limit) {
        Some(limit) => format!("{processes} {verb} killed for memory at a limit of {}", bytes(limit)),
        None => format!("{processes} {verb} killed for memory"),
    }
}

fn share(evidence: &Evidence) -> String {
    let whole = evidence.bytes(EvidenceKey::SwapLimit);
    let used = evidence.bytes(EvidenceKey::SwapUsage);
    let ratio = used.zip(whole).and_then(|(used, whole)| used.ratio_of(whole));
    ratio.map_or_else(|| "?".to_owned(), percent)
}

fn wanted(evidence: &Evidence) -> String {
    let known = |key| evidence.bytes(key).is_some() || evidence.word(key).is_some();
    if known(EvidenceKey::Declared) {
        format!("declared was {}", limit(evidence, EvidenceKey::Declared))
    } else if known(EvidenceKey::Systemd) {
        format!("systemd holds {}", limit(evidence, EvidenceKey::Systemd))
    } else {
        "nobody declared it".to_owned()
    }
}

fn limit(evidence: &Evidence, key: EvidenceKey) -> String {
    let word = || evidence.word(key).unwrap_or("?").to_owned();
    evidence.bytes(key).map_or_else(word, bytes)
}

fn time(seconds: f64) -> String {
    duration(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX))
}

#[cfg(test)]
mod tests {
    use super::{Origin, headline, list, text, text_of_change, title};
    use kernel::bytes::Bytes;
    use model::alert::evidence::{Evidence, EvidenceKey, Figure};
    use model::alert::{
        Alert, AlertChange, AlertKey, AlertRule, ChangeKind, Moment, Phase, Resolution, Told,
    };
    use model::finding::Severity;
    use model::snapshot::Timestamp;
    use std::collections::BTreeMap;
    use std::time::Duration;

    fn alert(rule: AlertRule) -> Alert {
        let mib = |mib| Figure::Bytes(Bytes::from_mib(mib));
        let evidence = Evidence::default()
            .and(EvidenceKey::Headroom, mib(40))
            .and(EvidenceKey::Limit, mib(512))
            .and(EvidenceKey::TimeLeft, Figure::Number(754.0))
            .and(EvidenceKey::SwapUsage, mib(450))
            .and(EvidenceKey::SwapLimit, mib(500))
            .and(EvidenceKey::StalledRatio, Figure::Number(0.31))
            .and(EvidenceKey::Kills, Figure::Count(2))
            .and(EvidenceKey::Incident, Figure::Word("k3m9x".to_owned()))
            .and(EvidenceKey::GrowthPerDay, Figure::Number(1e8))
            .and(EvidenceKey::Certainty, Figure::Word("confirmed".to_owned()))
            .and(EvidenceKey::Drifted, Figure::Word("memory limit".to_owned()))
            .and(EvidenceKey::Declared, mib(256))
            .and(EvidenceKey::Enforced, Figure::Word("unlimited".to_owned()))
            .and(EvidenceKey::Eviction, mib(100))
            .and(EvidenceKey::KswapdSleeps, mib(60));
        let since = Moment { wall: Timestamp(0), uptime: Duration::ZERO, boot: None };
        Alert {
            key: AlertKey { rule, subject: "it's\nweb".to_owned(), occurrence: None },
            severity: Severity::Warning,
            labels: BTreeMap::new(),
            evidence,
            since,
            phase: Phase::Firing { clear_since: None, told: None },
        }
    }

    #[test]
    fn every_rule_has_its_words() {
        let words = AlertRule::ALL.map(|rule| format!("{}\n{}\n\n", title(&alert(rule)), text(&alert(rule))));
        insta::assert_snapshot!(words.concat());
    }

    #[test]
    fn the_end_says_why() {
        let words = headline(ChangeKind::Resolved(Resolution::Gone), &alert(AlertRule::Pressure));
        assert!(words.starts_with("Over (it is gone): "), "{words}");
    }

    #[test]
    fn the_end_tells_what_was_and_warns_of_nothing() {
        let words = AlertRule::ALL.map(|rule| {
            let at = |seconds| Moment { uptime: Duration::from_secs(seconds), ..alert(rule).since };
            let phase = Phase::Firing { clear_since: Some(at(180)), told: None };
            let alert = Alert { phase, ..alert(rule) };
            let title = headline(ChangeKind::Resolved(Resolution::Cleared), &alert);
            let change = AlertChange { kind: ChangeKind::Resolved(Resolution::Cleared), alert, at: at(240) };
            format!("{title}\n{}\n\n", text_of_change(&change))
        });
        let words = words.concat();
        for warning in [" has ", " is ", "full in", "at this pace", "waits", "leaks", "runs on", "kills"] {
            let told = words.replace("nothing explains", "").replace("2 kills", "");
            assert!(!told.contains(warning), "{warning}: {words}");
        }
        insta::assert_snapshot!(words);
    }

    #[test]
    fn what_stands_is_a_table() {
        let alerts = AlertRule::ALL.map(alert);
        let rows: Vec<_> = alerts.iter().map(|alert| (alert, Duration::from_secs(90), None)).collect();
        let origin = Origin { state: "", receivers: 1 };
        let lines: Vec<String> =
            list(origin, &rows, &[], &[], 120).iter().map(crate::text::Line::to_plain).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn without_receivers_nobody_is_told_and_the_next_command_keeps_the_folder() {
        let told = |receivers| {
            let mut alert = alert(AlertRule::OomKill);
            alert.phase = Phase::Firing {
                clear_since: None,
                told: Some(Told { at: alert.since, severity: Severity::Warning, times: 1 }),
            };
            let origin = Origin { state: " --state /s", receivers };
            let lines = list(origin, &[(&alert, Duration::from_secs(90), None)], &[], &[], 120);
            lines.iter().map(crate::text::Line::to_plain).collect::<Vec<_>>().join("\n")
        };
        let (nobody, somebody) = (told(0), told(1));
        assert!(nobody.contains("Next: highwater oom show k3m9x --state /s"), "{nobody}");
        assert!(nobody.contains("nobody to tell") && nobody.contains("Nobody is told of them"), "{nobody}");
        assert!(somebody.contains("told") && !somebody.to_lowercase().contains("nobody"), "{somebody}");
    }
}
