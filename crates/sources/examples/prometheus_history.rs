//! Fetches histories from a Prometheus and prints a summary as JSON: `prometheus_history URL [key=value…]`.

#![allow(clippy::print_stdout, reason = "printing is what this example is for")]

use serde_json::{Value, json};
use sources::prometheus::fetch;
use sources::prometheus::settings::{Bounds, FetchSettings, FetchedHistories, PartialAnswers};
use sources::prometheus::token::Token;
use std::error::Error;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let started = Instant::now();
    let questions = AtomicUsize::new(0);
    match settings().and_then(|settings| {
        let tell = |_| {
            questions.fetch_add(1, Ordering::Relaxed);
        };
        Ok(fetch(&settings, &tell)?)
    }) {
        Ok(fetched) => {
            let questions = questions.load(Ordering::Relaxed);
            println!("{}", summary(&fetched, started.elapsed(), questions));
            ExitCode::SUCCESS
        }
        Err(error) => {
            let causes = std::iter::successors(error.source(), |error| (*error).source());
            let words = causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"));
            println!("{}", json!({"error": words}));
            ExitCode::from(2)
        }
    }
}

fn settings() -> Result<FetchSettings, Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("prometheus_history URL [key=value…]")?.parse()?;
    let mut settings = FetchSettings {
        url,
        token: None,
        authority: None,
        window_seconds: 14 * 86_400,
        step_seconds: 300,
        end: None,
        namespaces: Vec::new(),
        workloads: Vec::new(),
        partial: PartialAnswers::Refused,
        bounds: Bounds::default(),
    };
    for argument in arguments {
        let (key, value) = argument.split_once('=').ok_or("expected key=value")?;
        match key {
            "token" => settings.token = Some(Token::from_file(value.as_ref())?),
            "ca" => settings.authority = Some(value.into()),
            "end" => settings.end = Some(value.parse()?),
            "points" => settings.bounds.points_max = value.parse()?,
            "parallel" => settings.bounds.parallel = value.parse()?,
            "deadline" => settings.bounds.deadline = Duration::from_secs(value.parse()?),
            "namespace" => settings.namespaces.push(value.to_owned()),
            "workload" => settings.workloads.push(value.to_owned()),
            _ => return Err(format!("unknown key `{key}`").into()),
        }
    }
    Ok(settings)
}

fn summary(fetched: &FetchedHistories, took: Duration, questions: usize) -> Value {
    let workloads = fetched.histories.workloads.iter().map(|workload| {
        let samples = workload.series.samples();
        let kills = workload.kills.iter().map(|kill| json!([kill.seconds, kill.total.map(|total| total.0)]));
        let limits = workload.limits.map(|limits| {
            json!({"memory": limits.memory.map(|bytes| bytes.0), "request": limits.request.map(|bytes| bytes.0)})
        });
        let replica = fetched.replicas.get(&workload.name);
        json!({
            "name": workload.name,
            "workload": replica.map(|replica| format!("{}/{}", replica.kind, replica.workload)),
            "samples": samples.len(),
            "first": samples.first().map(|sample| sample.seconds),
            "last": samples.last().map(|sample| sample.seconds),
            "sum_bytes": samples.iter().map(|sample| sample.usage.0).sum::<u64>(),
            "peak_bytes": workload.series.peak().map(|sample| sample.usage.0),
            "kills": kills.collect::<Vec<_>>(),
            "limits": limits,
        })
    });
    let remarks = fetched.histories.remarks.iter().map(ToString::to_string);
    json!({
        "workloads": workloads.collect::<Vec<_>>(),
        "remarks": remarks.collect::<Vec<_>>(),
        "read_bytes": fetched.read_bytes,
        "questions": questions,
        "seconds": took.as_secs_f64(),
    })
}
