//! How soon there is advice from 100 pods and 14 days, against the questions that KRR asks of the same server.
//!
//! KRR (<https://github.com/robusta-dev/krr>, `integrations/prometheus/metrics/{cpu,memory}.py` and `prometheus_metrics_service.py`)
//! asks for each workload, with six threads: the owners twice, which pods run, the CPU's percentile and its number of samples, memory's
//! maximum and its number of samples, and with `--use-oomkill-data` the limit at kills; the last five as subqueries of 14 days in steps
//! of 75 seconds. It always asks about CPU, which our advice does not need: those questions are in one row and left out of the other.

use super::Row;
use crate::prometheus::cluster::{END, Pod};
use crate::prometheus::server::{Prometheus, get};
use crate::prometheus::{blocks, programs};
use anyhow::Context;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

const ROUNDS: usize = 9;
const THREADS: usize = 6;

/// All of our advice, its fetch included, against KRR's questions alone: all of them, and those about memory.
pub fn advice(highwater: &Path) -> anyhow::Result<[Row; 2]> {
    let programs = programs()?;
    let server = Prometheus::start(&programs, Some(&blocks(&programs)?), &[])?;
    let (mut ours, mut all, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    // In turns, so that all have their share of a noisy machine.
    for _ in 0..ROUNDS {
        ours.push(our_advice(highwater, &server)?);
        memory.push(krr_questions(&server, about_memory)?);
        all.push(krr_questions(&server, |pods| [&about_memory(pods)[..], &about_cpu(pods)].concat())?);
    }
    let ours = median(ours)?;
    let row = |what: &str, theirs: Duration| Row {
        what: format!("advice for 100 pods × 14 days from Prometheus, against {what}"),
        ours: format!("{:.2} s", ours.as_secs_f64()),
        theirs: format!("{:.1} s", theirs.as_secs_f64()),
        ratio: format!("1/{:.1}", theirs.as_secs_f64() / ours.as_secs_f64()),
    };
    let memory = row("those of KRR's questions that are about memory", median(memory)?);
    Ok([row("KRR's questions to the same server", median(all)?), memory])
}

fn our_advice(highwater: &Path, server: &Prometheus) -> anyhow::Result<Duration> {
    let mut command = Command::new(highwater);
    command.args(["advise", "--prometheus", &server.url(), "--until", &END.to_string(), "--as", "json"]);
    // Waited for without looking now and then, as the answers to KRR's questions are.
    let start = Instant::now();
    let outcome = command.stdin(Stdio::null()).output()?;
    let took = start.elapsed();
    let found: Value = serde_json::from_slice(&outcome.stdout).context("advice")?;
    let workloads = found["workloads"].as_array().cloned().unwrap_or_default();
    let advised = workloads.iter().filter(|one| one["memory_limit_bytes"].as_u64().is_some()).count();
    anyhow::ensure!(
        advised == 50,
        "advice for 50 workloads expected, found {advised}: {}",
        String::from_utf8_lossy(&outcome.stderr)
    );
    eprintln!("ours {took:.2?}");
    Ok(took)
}

/// Asks what KRR asks, with as many threads, and waits for every answer.
fn krr_questions(
    server: &Prometheus,
    queries: impl Fn([Pod; 2]) -> Vec<String> + Sync,
) -> anyhow::Result<Duration> {
    let workloads: Vec<[Pod; 2]> = Pod::all().step_by(2).map(|pod| [pod, Pod(pod.0 + 1)]).collect();
    let waiting = Mutex::new(workloads);
    let next = || waiting.lock().ok()?.pop();
    let start = Instant::now();
    let bytes: usize = std::thread::scope(|scope| {
        let work = || -> anyhow::Result<usize> {
            let mut bytes = 0;
            while let Some(pods) = next() {
                for query in queries(pods) {
                    let target = format!("/api/v1/query?time={END}&query={}", encoded(&query));
                    let answer = get(server.port(), &target)?;
                    anyhow::ensure!(answer.contains(r#""status":"success""#), "{query}: {answer:.300}");
                    bytes += answer.len();
                }
            }
            Ok(bytes)
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        let mut bytes = 0;
        for thread in threads {
            bytes += thread.join().map_err(|_| anyhow::anyhow!("a thread of questions ended early"))??;
        }
        anyhow::Ok(bytes)
    })?;
    let took = start.elapsed();
    eprintln!("KRR's {} questions {took:.2?}, {bytes} bytes", 50 * queries([Pod(0), Pod(1)]).len());
    Ok(took)
}

/// The labels that KRR asks by, behind these.
fn labels([first, second]: [Pod; 2], more: &str) -> String {
    let pods = format!("{}|{}", first.name(), second.name());
    format!(r#"{{{more}namespace="{}",pod=~"{pods}",container="app"}}"#, first.namespace())
}

fn about_cpu(pods: [Pod; 2]) -> Vec<String> {
    let cpu = format!("container_cpu_usage_seconds_total{}", labels(pods, ""));
    vec![
        format!("quantile_over_time(0.95, max(rate({cpu}[75s])) by (container, pod, job)[20160m:75s])"),
        format!("count_over_time(max({cpu}) by (container, pod, job)[20160m:75s])"),
    ]
}

fn about_memory(workload: [Pod; 2]) -> Vec<String> {
    let [first, second] = workload;
    let (namespace, deployment) = (first.namespace(), first.deployment());
    let pods = format!("{}|{}", first.name(), second.name());
    let of = |more: &str| labels(workload, more);
    let memory = format!("max(container_memory_working_set_bytes{}) by (container, pod, job)", of(""));
    let limit = of(r#"resource="memory","#);
    let reason = of(r#"reason="OOMKilled","#);
    vec![
        format!(
            r#"kube_replicaset_owner{{owner_name="{deployment}", owner_kind="Deployment", namespace="{namespace}"}}[14d]"#
        ),
        format!(
            r#"last_over_time(kube_pod_owner{{owner_name=~"{}", owner_kind="ReplicaSet", namespace="{namespace}"}}[14d])"#,
            first.replica_set()
        ),
        format!(r#"kube_pod_status_phase{{phase="Running", pod=~"{pods}", namespace="{namespace}"}} == 1"#),
        format!("max_over_time({memory}[20160m:75s])"),
        format!("count_over_time({memory}[20160m:75s])"),
        format!(
            "max_over_time(max(max(kube_pod_container_resource_limits{limit}) by (pod, container, job) * on(pod, \
             container, job) group_left(reason) max(kube_pod_container_status_last_terminated_reason{reason}) by \
             (pod, container, job, reason)) by (container, pod, job)[20160m:75s])"
        ),
    ]
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The one in the middle.
fn median(mut times: Vec<Duration>) -> anyhow::Result<Duration> {
    times.sort_unstable();
    times.get(times.len() / 2).copied().context("nothing was measured")
}

#[cfg(test)]
mod tests {
    use super::{about_cpu, about_memory, encoded};
    use crate::prometheus::cluster::Pod;

    #[test]
    fn a_workload_is_asked_for_by_the_names_of_its_pods() {
        let pods = [Pod(0), Pod(1)];
        let queries = [about_cpu(pods), about_memory(pods).split_off(3)].concat();
        let both = format!(r#"pod=~"{}|{}""#, Pod(0).name(), Pod(1).name());
        assert!(queries.iter().all(|query| query.contains(&both) && query.ends_with("[20160m:75s])")));
        assert_eq!(encoded("a{"), "%61%7B");
    }
}
