//! A scripted Prometheus: what a fetch makes of its answers, and what it says when they are none.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]
#![allow(
    clippy::needless_pass_by_value,
    reason = "a JSON value that is written where it is used reads better without `&`"
)]

mod bounds;
mod histories;
mod misbehaving;

use serde_json::{Value, json};
use sources::prometheus::error::PrometheusError;
use sources::prometheus::fetch;
use sources::prometheus::settings::{Bounds, FetchSettings, FetchedHistories, PartialAnswers};
use std::error::Error;
use std::time::Duration;
use testkit::scripted_prometheus::{Reply, Rule, ScriptedPrometheus};

/// The last moment, a whole step.
const END: i64 = 1_700_000_100;
const STEP: i64 = 300;
const STEPS: i64 = 12;

/// What only the question for the peaks of memory has.
const PEAKS: &str = "max_over_time(container_memory_working_set_bytes";
const COUNTS: &str = "count by (namespace) (last_over_time(container_memory_working_set_bytes";

fn settings(url: &str) -> FetchSettings {
    FetchSettings {
        url: url.parse().unwrap(),
        token: None,
        authority: None,
        window_seconds: (STEP * STEPS) as u64,
        step_seconds: STEP as u64,
        end: Some(END),
        namespaces: Vec::new(),
        workloads: Vec::new(),
        partial: PartialAnswers::Refused,
        bounds: Bounds {
            deadline: Duration::from_secs(10),
            pause: Duration::from_millis(1),
            ..Bounds::default()
        },
    }
}

fn ask(server: &ScriptedPrometheus) -> Result<FetchedHistories, PrometheusError> {
    fetch(&settings(&server.url()), &|_| {})
}

fn ask_with(rules: &[Rule]) -> Result<FetchedHistories, PrometheusError> {
    ask(&ScriptedPrometheus::start(rules).unwrap())
}

/// The error and its causes, as the door prints them.
fn printed(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |error| (*error).source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}

/// The moment of a step, counted from zero.
fn moment(step: i64) -> i64 {
    END - (STEPS - 1 - step) * STEP
}

fn labels(pod: &str) -> Value {
    json!({"namespace": "shop", "pod": pod, "container": "app"})
}

/// A series: labels, then values with the step that they belong to.
fn series(labels: Value, values: &[(i64, &str)]) -> Value {
    let values: Vec<Value> = values.iter().map(|(step, value)| json!([moment(*step), value])).collect();
    json!({"metric": labels, "values": values})
}

fn success(result: Vec<Value>) -> String {
    json!({"status": "success", "data": {"resultType": "matrix", "result": result}}).to_string()
}

fn answer(result: Vec<Value>) -> Vec<Reply> {
    vec![Reply::Json(success(result))]
}

fn owned(labels: Vec<Value>) -> Vec<Reply> {
    vec![Reply::Json(json!({"status": "success", "data": labels}).to_string())]
}

/// A deployment with two replicas in one namespace.
fn shop() -> Vec<Rule> {
    let all: Vec<(i64, String)> =
        (0..STEPS).map(|step| (step, ((step + 1) * 1_000_000).to_string())).collect();
    let all: Vec<(i64, &str)> = all.iter().map(|(step, value)| (*step, value.as_str())).collect();
    vec![
        (COUNTS, answer(vec![series(json!({"namespace": "shop"}), &[(0, "2"), (5, "1")])])),
        (PEAKS, answer(vec![series(labels("web-7c-a"), &all), series(labels("web-7c-b"), &all[..6])])),
        (
            "kube_pod_owner",
            owned(vec![
                json!({"namespace": "shop", "pod": "web-7c-a", "owner_kind": "ReplicaSet", "owner_name": "web-7c"}),
                json!({"namespace": "shop", "pod": "web-7c-b", "owner_kind": "ReplicaSet", "owner_name": "web-7c"}),
            ]),
        ),
        (
            "kube_replicaset_owner",
            owned(vec![
                json!({"namespace": "shop", "replicaset": "web-7c", "owner_kind": "Deployment", "owner_name": "web"}),
            ]),
        ),
    ]
}

/// The shop, where these rules come first.
fn shop_but(mut rules: Vec<Rule>) -> Vec<Rule> {
    rules.extend(shop());
    rules
}
