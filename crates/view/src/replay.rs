//! How rules did on histories, as a table and in sentences.

use crate::table::{Align, Cell, Heading, lay_out};
use crate::text::{Line, Tone, wrapped};
use crate::units::{ABSENT, duration};
use model::replay::{Comparison, Interval, PolicyOutcome, Replay, ReplayScore, TodayKnown};
use std::time::Duration;

/// The rule of what is set today.
const TODAY: &str = "limits-today";

/// The table, what was compared, and what to do next.
#[must_use]
pub fn replay(replay: &Replay, flags: &str, width: usize) -> Vec<Line> {
    let right = |title| Heading { title, align: Align::Right };
    let headings = [
        Heading { title: "RULE", align: Align::Left },
        right("KILLS/100 d"),
        right("SLACK"),
        right("MEAN SLACK"),
        right("CHANGES/d"),
        right("IN SWAP"),
        right("SWAP/MEMORY"),
    ];
    let rows: Vec<Vec<Cell>> = replay.outcomes.iter().map(row).collect();
    let mut lines = lay_out(&headings, &rows, width);
    lines.push(Line::empty());
    for sentence in sentences(replay) {
        lines.extend(wrapped(&sentence, width.max(20)).into_iter().map(|piece| Line::of(Tone::Plain, piece)));
    }
    if replay.draws.is_none() {
        lines.push(Line::of(
            Tone::Quiet,
            format!("How sure is that: highwater replay {flags} --bootstrap 2000"),
        ));
    }
    lines.push(Line::of(Tone::Quiet, format!("What to set: highwater advise {flags}")));
    lines
}

fn row(outcome: &PolicyOutcome) -> Vec<Cell> {
    let tone = if outcome.policy.starts_with("highwater") { Tone::Strong } else { Tone::Plain };
    let cell = |text: String| Cell { text, tone };
    let mut cells = vec![cell(outcome.policy.clone())];
    match &outcome.score {
        Some(score) => cells.extend(figures(score).map(cell)),
        None => cells.extend(std::iter::repeat_n(ABSENT.to_owned(), 6).map(cell)),
    }
    cells
}

fn figures(score: &ReplayScore) -> [String; 6] {
    [
        format!("{:.2}", score.oom_episodes_per_100_container_days),
        percent(score.slack_bytes_ratio),
        percent(score.slack_mean_ratio),
        format!("{:.2}", score.changes_per_container_day),
        percent(score.swap_active_ratio),
        if score.swap_promised_ratio.is_finite() {
            format!("{:.2}", score.swap_promised_ratio)
        } else {
            "unlimited".to_owned()
        },
    ]
}

/// Two places: rules differ by less than one percent.
fn percent(ratio: f64) -> String {
    format!("{:.2}%", ratio * 100.0)
}

fn sentences(replay: &Replay) -> Vec<String> {
    let mut sentences = Vec::new();
    let judged = replay.outcomes.iter().find_map(|outcome| outcome.score);
    let warm_ups =
        replay.warm_ups.iter().map(|warm_up| duration(Duration::from_secs(warm_up.timing.warm_up_seconds)));
    let warm_up = warm_ups.collect::<Vec<_>>().join(" (a day and longer histories) or ");
    match judged {
        Some(score) => sentences.push(format!(
            "{} series, {:.1} container-days judged after a warm-up of {warm_up}, a sample every {} s.",
            score.series, score.container_days, replay.interval_seconds
        )),
        None if replay.outcomes.iter().all(|outcome| outcome.policy == TODAY)
            && replay.today.limited == 0 =>
        {
            sentences.push("Nothing was judged.".to_owned());
        }
        None => {
            let words = format!("Nothing was judged: no series is longer than the warm-up of {warm_up}.");
            sentences.push(words);
        }
    }
    sentences.push(
        "Kills: runs of samples above memory and swap together. Slack: the share of the memory limits that was not used, by bytes \
         and as the mean of the series."
            .to_owned(),
    );
    sentences.extend(today(replay));
    let (with_swap, without): (Vec<_>, Vec<_>) =
        replay.comparisons.iter().partition(|comparison| has_swap(replay, &comparison.against));
    sentences.extend(without.into_iter().map(|comparison| {
        format!("Against {}: {}; the rest is in swap.", comparison.against, ratios(comparison))
    }));
    if !with_swap.is_empty() {
        sentences.push(
            "Against rivals with swap the claim is less memory at a like number of kills, not fewer kills:"
                .to_owned(),
        );
    }
    sentences.extend(
        with_swap
            .into_iter()
            .map(|comparison| format!("  against {}: {}.", comparison.against, ratios(comparison))),
    );
    sentences.extend(replay.outcomes.iter().filter_map(|outcome| {
        let intervals = outcome.intervals?;
        Some(format!(
            "{}: kills {}, slack {}, mean slack {}.",
            outcome.policy,
            interval(intervals.oom_episodes_per_100_container_days, |value| format!("{value:.2}")),
            interval(intervals.slack_bytes_ratio, percent),
            interval(intervals.slack_mean_ratio, percent),
        ))
    }));
    sentences
        .extend(replay.draws.map(|draws| format!("In brackets: the middle 95% of {draws} draws of series.")));
    sentences
}

/// Why the limits of today are not judged, or what is assumed of their swap.
fn today(replay: &Replay) -> Vec<String> {
    let TodayKnown { limited, swap_unlimited, swap_unknown } = replay.today;
    match replay.outcomes.iter().find(|outcome| outcome.policy == TODAY) {
        None => return Vec::new(),
        Some(_) if limited == 0 => {
            let why = "not judged, as no memory limit of today is known: --limits-today FILE gives them, with the columns name,memory,swap.";
            return vec![format!("{TODAY}: {why}")];
        }
        Some(outcome) if outcome.score.is_none() => return Vec::new(),
        Some(_) => {}
    }
    let told = |series: u64, words: &str| {
        (series > 0).then(|| format!("{TODAY}: {series} of {limited} series have {words}"))
    };
    let unlimited =
        "unlimited swap: what memory does not hold is taken to fit there, so none of them is killed.";
    let unknown = "swap that is not known: as much as memory is taken, as Docker does where nobody says.";
    told(swap_unlimited, unlimited).into_iter().chain(told(swap_unknown, unknown)).collect()
}

fn has_swap(replay: &Replay, policy: &str) -> bool {
    let outcome = replay.outcomes.iter().find(|outcome| outcome.policy == policy);
    outcome.and_then(|outcome| outcome.score).is_some_and(|score| score.swap_promised_ratio > 0.0)
}

fn ratios(comparison: &Comparison) -> String {
    let two = |value: f64| format!("{value:.2}");
    let intervals = comparison.intervals;
    let bracket = |found: Option<Interval>| {
        found.map_or_else(String::new, |found| format!(" {}", interval(found, two)))
    };
    let memory = bracket(intervals.map(|intervals| intervals.memory_ratio));
    let kills = match comparison.oom_episodes_ratio {
        Some(ratio) => {
            let bracket = bracket(intervals.and_then(|intervals| intervals.oom_episodes_ratio));
            format!("{ratio:.2} times its kills{bracket}")
        }
        None => "it had no kill".to_owned(),
    };
    format!("{:.2} times its memory{memory}, {kills}", comparison.memory_ratio)
}

fn interval(interval: Interval, words: impl Fn(f64) -> String) -> String {
    format!("[{} to {}]", words(interval.low), words(interval.high))
}
