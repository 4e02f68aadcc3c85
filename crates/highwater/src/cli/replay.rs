//! `highwater replay`: how rules would have done on histories.

use crate::cli::history::{self, HistoryArgs, ReadHistories};
use crate::cli::output;
use crate::cli::parallel;
use crate::cli::progress::Progress;
use crate::exit_code::Outcome;
use anyhow::bail;
use clap::{Args, ValueEnum};
use judge::replay::compare::{Counted, compare};
use judge::replay::grid::Grid;
use judge::replay::policy::{Policy, USUAL};
use judge::replay::{bootstrap, score, timing};
use kernel::limit::Limit;
use model::history::WorkloadHistory;
use model::replay::{Comparison, PolicyOutcome, Replay, SeriesScore, TodayKnown, WarmUp};
use model::swap_limit::SwapLimit;

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater replay --csv memory.csv --unit MiB             every rule on what was recorded
  highwater replay --csv a.csv.gz b.csv.gz --policy vpa,highwater
  highwater replay --prometheus http://127.0.0.1:9090 --window 7d
  highwater replay --csv memory.csv --bootstrap 2000       with the intervals in which the figures lie

Rules: static, krr-no-oom-data, krr, vpa, vpa-p99 (any percentile), limits-today, highwater, highwater-no-swap;
krr+swap, vpa+swap and static+swap have Docker's default: as much swap as memory.

A file begins with a heading: seconds, then the name of each container. An empty cell is a gap.
Exit code: 0 replayed, 2 a file or a part of it could not be read.";

/// The seed of the draws: the same figures in every run.
const SEED: u64 = 20_150_421;

/// Flags of `replay`.
#[derive(Args)]
pub struct ReplayArgs {
    #[command(flatten)]
    history: HistoryArgs,
    /// Rules to judge, separated by commas [default: all of them]
    #[arg(long, value_name = "RULE", value_delimiter = ',', num_args = 1..)]
    policy: Vec<String>,
    /// Draw the series so many times and tell where the figures lie
    #[arg(long, value_name = "DRAWS", value_parser = clap::value_parser!(u32).range(100..=100_000))]
    bootstrap: Option<u32>,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    format: ReplayFormat,
}

/// How a replay is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ReplayFormat {
    /// For people.
    #[default]
    Table,
    /// For scripts.
    Json,
}

/// Replays.
///
/// # Errors
/// When a file cannot be worked with, a rule is not known, or standard output cannot be written.
pub fn run(args: &ReplayArgs) -> anyhow::Result<Outcome> {
    let policies = policies(&args.policy)?;
    let read = args.history.read()?;
    let is_any_limited = read.histories.workloads.iter().any(|workload| workload.limits.is_some());
    let policies: Vec<(String, Policy)> = policies
        .into_iter()
        .filter(|(name, _)| is_any_limited || name != "limits-today" || !args.policy.is_empty())
        .collect();
    let scores = scores(&read, &policies)?;
    let replay = judged(&policies, &scores, &read, args.bootstrap);
    match args.format {
        ReplayFormat::Json => output::json(&api::replay::replay(&replay, &read.histories.remarks))?,
        ReplayFormat::Table => {
            output::lines(&view::replay::replay(&replay, &args.history.words(), output::width()))?;
        }
    }
    Ok(if history::is_part_refused(&read.histories.remarks) { Outcome::Unreadable } else { Outcome::Fine })
}

fn policies(names: &[String]) -> anyhow::Result<Vec<(String, Policy)>> {
    let usual = || USUAL.iter().map(|name| (*name).to_owned()).collect();
    let names = if names.is_empty() { usual() } else { names.to_vec() };
    let mut policies = Vec::with_capacity(names.len());
    for name in names {
        let Some(policy) = Policy::named(&name) else {
            bail!("--policy: expected one of {}, vpa-p99 or RULE+swap, found `{name}`", USUAL.join(", "));
        };
        if !policies.iter().any(|(other, _)| *other == name) {
            policies.push((name, policy));
        }
    }
    Ok(policies)
}

/// What is counted for each rule, by series.
fn scores(read: &ReadHistories, policies: &[(String, Policy)]) -> anyhow::Result<Vec<Vec<SeriesScore>>> {
    let workloads = &read.histories.workloads;
    let progress = Progress::new(workloads.len(), "series replayed", true);
    let by_series = parallel::each(workloads, &progress, |workload| {
        let timing = timing::timing(read.interval_seconds, workload.series.span_seconds());
        let grid = Grid::new(&workload.series, timing.interval_seconds);
        let today = today(workload);
        policies
            .iter()
            .map(|(_, policy)| judge::replay::replay(policy, &grid, &timing, today))
            .collect::<Vec<_>>()
    })?;
    let of = |index: usize| by_series.iter().filter_map(|scores| scores.get(index).copied()).collect();
    Ok((0..policies.len()).map(of).collect())
}

fn today(workload: &WorkloadHistory) -> Option<judge::recommend::Limits> {
    let limits = workload.limits?;
    let memory = limits.memory?.0 as f64;
    // Docker's default where nobody says: as much swap as memory.
    let swap = limits.swap.map_or(memory, |swap| swap.0.bytes().map_or(f64::INFINITY, |swap| swap.0 as f64));
    Some(judge::recommend::Limits { memory, swap })
}

fn judged(
    policies: &[(String, Policy)],
    scores: &[Vec<SeriesScore>],
    read: &ReadHistories,
    draws: Option<u32>,
) -> Replay {
    let named: Vec<(&str, &[SeriesScore])> =
        policies.iter().zip(scores).map(|((name, _), scores)| (name.as_str(), scores.as_slice())).collect();
    let outcomes = named.iter().map(|(name, scores)| PolicyOutcome {
        policy: (*name).to_owned(),
        score: score::total(*scores, read.interval_seconds),
        intervals: draws.and_then(|draws| bootstrap::intervals(scores, read.interval_seconds, draws, SEED)),
    });
    let ours = named.iter().find(|(name, _)| *name == "highwater");
    let comparisons: Vec<Comparison> = ours
        .map(|(policy, scores)| Counted { policy, scores })
        .map(|ours| {
            let rivals = named.iter().filter(|(name, _)| !name.starts_with("highwater"));
            rivals
                .filter_map(|(policy, scores)| compare(ours, Counted { policy, scores }, draws, SEED))
                .collect()
        })
        .unwrap_or_default();
    let outcomes = outcomes.collect();
    let (interval_seconds, warm_ups, today) = (read.interval_seconds, warm_ups(read), today_known(read));
    Replay { interval_seconds, warm_ups, outcomes, comparisons, draws, today }
}

fn today_known(read: &ReadHistories) -> TodayKnown {
    let limits = read.histories.workloads.iter().filter_map(|workload| workload.limits);
    let mut known = TodayKnown::default();
    for limits in limits.filter(|limits| limits.memory.is_some()) {
        known.limited += 1;
        known.swap_unlimited += u64::from(limits.swap == Some(SwapLimit(Limit::Unlimited)));
        known.swap_unknown += u64::from(limits.swap.is_none());
    }
    known
}

fn warm_ups(read: &ReadHistories) -> Vec<WarmUp> {
    let mut warm_ups: Vec<WarmUp> = Vec::new();
    for workload in &read.histories.workloads {
        let timing = timing::timing(read.interval_seconds, workload.series.span_seconds());
        match warm_ups.iter_mut().find(|warm_up| warm_up.timing == timing) {
            Some(warm_up) => warm_up.series += 1,
            None => warm_ups.push(WarmUp { timing, series: 1 }),
        }
    }
    warm_ups.sort_by_key(|warm_up| std::cmp::Reverse(warm_up.timing.warm_up_seconds));
    warm_ups
}
