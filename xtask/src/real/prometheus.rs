//! Scenario: a real Prometheus with fourteen days of a hundred pods, and others that are empty, closed, silent or broken.

use super::checks::Checks;
use super::product::Product;
use crate::prometheus::cluster::{END, KILLS, LIMIT, PAGE_CACHE, PODS, Pod, REQUEST, STEPS, TMPFS, moment};
use crate::prometheus::proxy::{Manner, Proxy};
use crate::prometheus::server::Prometheus;
use crate::prometheus::{Programs, blocks, programs};
use crate::repository;
use crate::subprocess::output;
use anyhow::Context;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

const FETCH_SECONDS_MAX: Duration = Duration::from_secs(120);
const TOKEN: &str = "s3cret-of-the-proxy";

/// What reads the histories: an example of `sources`, beside the product.
pub struct Reader(PathBuf);

impl Reader {
    /// The one that was built with this product.
    pub fn beside(product: &Product) -> anyhow::Result<Self> {
        let folder = product.path().parent().context("the product lies in no folder")?;
        let path = folder.join("examples/prometheus_history");
        anyhow::ensure!(path.is_file(), "{}: cargo build --example prometheus_history", path.display());
        Ok(Self(path))
    }

    /// What it says of the server at this address, and its exit code.
    pub fn read(&self, url: &str, more: &[&str]) -> anyhow::Result<(Value, Option<i32>)> {
        let end = format!("end={END}");
        let outcome = output(Command::new(&self.0).arg(url).arg(end).args(more), FETCH_SECONDS_MAX)?;
        let value = serde_json::from_str(&outcome.stdout).with_context(|| outcome.stderr.clone())?;
        Ok((value, outcome.code))
    }
}

/// Fetches from every kind of server and compares with what the cluster was computed from.
pub fn run(product: &Product, checks: &mut Checks) -> anyhow::Result<()> {
    let reader = Reader::beside(product)?;
    let programs = programs()?;
    let blocks = blocks(&programs)?;
    let server = Prometheus::start(&programs, Some(&blocks), &[])?;
    check_whole(&reader, &server, checks)?;
    check_parts(&reader, &server, checks)?;
    check_refusals(&reader, &server, checks)?;
    check_commands(product, &server, checks)?;
    drop(server);
    check_bounded(&reader, &programs, &blocks, checks)?;
    check_secure(&reader, &programs, &blocks, checks)?;
    let empty = Prometheus::start(&programs, None, &[])?;
    let error = refused(&reader, &empty.url(), &[])?;
    checks.check("an empty server is told", error.contains("it has no metric at all in that time"), &error);
    Ok(())
}

fn check_whole(reader: &Reader, server: &Prometheus, checks: &mut Checks) -> anyhow::Result<()> {
    let (found, code) = reader.read(&server.url(), &[])?;
    checks.check("a fetch of all succeeds", code == Some(0), &found);
    let by_name: BTreeMap<&str, &Value> = found["workloads"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|workload| Some((workload["name"].as_str()?, workload)))
        .collect();
    checks.equal("every container has a history", &json!(by_name.len()), &json!(PODS));
    checks.equal("nothing is odd", &found["remarks"], &json!([]));
    for pod in Pod::all() {
        let name = format!("{}/{}/app", pod.namespace(), pod.name());
        let found = by_name.get(name.as_str()).copied().cloned().unwrap_or_default();
        checks.equal(&name, &found, &expected(pod, &name));
    }
    println!("      {} questions, {} bytes, {} s", found["questions"], found["read_bytes"], found["seconds"]);
    Ok(())
}

/// What was written for a pod.
fn expected(pod: Pod, name: &str) -> Value {
    let usages = || (0..STEPS).map(|step| pod.memory(step) + pod.swap(step));
    let kill = |at: i64| {
        let swap = pod.swap(at).max(pod.swap(at - 1));
        json!([moment(at), LIMIT + swap])
    };
    let kills = KILLS.iter().filter(|(killed, _)| *killed == pod.0).map(|(_, at)| kill(*at));
    json!({
        "name": name,
        "workload": format!("Deployment/{}", pod.deployment()),
        "samples": STEPS,
        "first": moment(0),
        "last": END,
        "sum_bytes": usages().sum::<u64>(),
        "peak_bytes": usages().max(),
        "kills": kills.collect::<Vec<_>>(),
        "limits": {"memory": LIMIT, "request": REQUEST},
    })
}

/// However it is cut, the answer is the same.
fn check_parts(reader: &Reader, server: &Prometheus, checks: &mut Checks) -> anyhow::Result<()> {
    let (whole, _) = reader.read(&server.url(), &[])?;
    for more in [&["points=20000"][..], &["points=5000", "parallel=1"], &["points=100000000", "parallel=6"]] {
        let (found, _) = reader.read(&server.url(), more)?;
        let name = format!("{} and {} questions give the same", more.join(" "), found["questions"]);
        let is_same = found["workloads"] == whole["workloads"] && whole["workloads"].is_array();
        checks.check(&name, is_same, &found["error"]);
    }
    let (one, _) = reader.read(&server.url(), &["namespace=team-3"])?;
    checks.equal("one namespace", &json!(one["workloads"].as_array().map(Vec::len)), &json!(20));
    let (one, _) = reader.read(&server.url(), &["workload=team-0/app-03"])?;
    checks.equal("one workload", &json!(one["workloads"].as_array().map(Vec::len)), &json!(2));
    let error = refused(reader, &server.url(), &["workload=app-99"])?;
    checks.check("no such workload", error.contains("team-0/Deployment/app-00"), &error);
    Ok(())
}

fn check_refusals(reader: &Reader, server: &Prometheus, checks: &mut Checks) -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("highwater-token-{}", std::process::id()));
    std::fs::write(&folder, format!("{TOKEN}\n"))?;
    let token = format!("token={}", folder.display());
    let behind = Proxy::start(server.port(), Manner::Token(TOKEN))?;
    let error = refused(reader, &behind.url(), &[])?;
    checks.check("a token is wanted", error.contains("HTTP status 401: the server wants a token"), &error);
    let (found, code) = reader.read(&behind.url(), &[&token])?;
    checks.check("the token lets pass", code == Some(0), &found["error"]);
    checks.equal("with the token, all", &json!(found["workloads"].as_array().map(Vec::len)), &json!(PODS));
    std::fs::remove_file(&folder)?;

    let silent = Proxy::start(server.port(), Manner::Silent)?;
    let start = Instant::now();
    let error = refused(reader, &silent.url(), &["deadline=2"])?;
    checks.check("a server that times out", error.contains("no whole answer within 2s"), &error);
    checks.check(
        "it costs the deadline once",
        start.elapsed() < Duration::from_secs(5),
        start.elapsed().as_secs_f64(),
    );

    let page = Proxy::start(server.port(), Manner::Page)?;
    let error = refused(reader, &page.url(), &[])?;
    checks.check("a page", error.contains("found HTML that begins with `Sign in`"), &error);

    let cut = Proxy::start(server.port(), Manner::Cut(200_000))?;
    let error = refused(reader, &cut.url(), &[])?;
    checks.check("an answer that is cut", error.contains("not a whole HTTP answer"), &error);

    let error = refused(reader, &format!("{}/prom", server.url()), &[])?;
    checks.check("another path", error.contains("HTTP status 404"), &error);
    Ok(())
}

/// The commands that judge histories, on the same server.
fn check_commands(product: &Product, server: &Prometheus, checks: &mut Checks) -> anyhow::Result<()> {
    let (url, end) = (server.url(), END.to_string());
    let run = |command: &str, more: &[&str]| {
        product.run(&[&[command, "--prometheus", &url, "--until", &end], more].concat())
    };
    let advice = run("advise", &["--as", "json"])?;
    let found: Value = serde_json::from_str(&advice.stdout).with_context(|| advice.stderr.clone())?;
    let workloads = found["workloads"].as_array().cloned().unwrap_or_default();
    checks.check("advise: done", advice.code == Some(0), &advice.stderr);
    checks.equal(
        "advise: every deployment, its two replicas together",
        &json!(workloads.len()),
        &json!(PODS / 2),
    );
    for (number, workload) in (0..).zip(&workloads) {
        let pods = [Pod(2 * number), Pod(2 * number + 1)];
        let peak = pods.iter().flat_map(|pod| (0..STEPS).map(|step| pod.memory(step) + pod.swap(step))).max();
        let name = format!("{}/{}/app", pods[0].namespace(), pods[0].deployment());
        checks.equal(&format!("{name}: its name"), &workload["name"], &json!(name));
        let advised = find(workload, "memory_and_swap_limit_bytes");
        let holds = advised.zip(peak).is_some_and(|(advised, peak)| advised >= peak);
        checks.check(&format!("{name}: not below its peak"), holds, format!("{advised:?} and {peak:?}"));
    }
    check_reasons(&run("advise", &["--as", "json", "--class", "batch"])?.stdout, checks)?;
    let lines = run("advise", &["--as", "kubectl", "--workload", "app-03"])?.stdout;
    let wanted =
        "kubectl set resources deployment/app-03 --namespace=team-0 --containers=app --limits=memory=";
    checks.check("advise: kubectl has namespace and container", lines.contains(wanted), &lines);
    let docker = run("advise", &["--as", "docker"])?;
    checks.check("advise: no docker lines for a cluster", docker.code == Some(2), &docker.stdout);
    let leaks = run("leaks", &[])?;
    checks.check(
        "leaks: none",
        leaks.code == Some(0) && leaks.stdout.contains("No leak in 100 histories"),
        &leaks.stdout,
    );
    let replay = run("replay", &["--namespace", "team-0", "--format", "json"])?;
    let found: Value = serde_json::from_str(&replay.stdout).with_context(|| replay.stderr.clone())?;
    let series = found["policies"].as_array().into_iter().flatten().map(|policy| policy["series"].clone());
    let series: Vec<Value> = series.collect();
    checks.check(
        "replay: twenty series",
        !series.is_empty() && series.iter().all(|count| *count == json!(20)),
        json!(series),
    );
    Ok(())
}

/// Kills raise those that were killed, and no others; page cache and tmpfs forbid swap where there is much of them.
fn check_reasons(text: &str, checks: &mut Checks) -> anyhow::Result<()> {
    let found: Value = serde_json::from_str(text).with_context(|| text.to_owned())?;
    let with = |key: &str, value: Option<&str>| {
        let is = |reason: &Value| match value {
            Some(value) => reason[key] == value,
            None => reason["reason"] == key,
        };
        let workloads = found["workloads"].as_array().into_iter().flatten();
        let having = workloads.filter(|one| one["because"].as_array().into_iter().flatten().any(is));
        having.map(|one| one["name"].clone()).collect::<Vec<_>>()
    };
    let name = |pod: Pod| json!(format!("{}/{}/app", pod.namespace(), pod.deployment()));
    let mut killed: Vec<Value> = KILLS.iter().map(|(pod, _)| name(Pod(*pod))).collect();
    killed.dedup();
    checks.equal(
        "advise: kills are a reason where there were some",
        &json!(with("kills", None)),
        &json!(killed),
    );
    for (veto, deployment) in [("page_cache_bound", PAGE_CACHE), ("tmpfs_heavy", TMPFS)] {
        let expected = json!([name(Pod(2 * deployment))]);
        checks.equal(&format!("advise: {veto}"), &json!(with("veto", Some(veto))), &expected);
    }
    let without = |one: &&Value| one["swap_limit_bytes"] == 0;
    let count = found["workloads"].as_array().into_iter().flatten().filter(without).count();
    checks.equal("advise: those two alone get no swap", &json!(count), &json!(2));
    checks.equal("advise: nothing is untold", &found["untold"], &Value::Null);
    Ok(())
}

/// The first number of this name, however deep.
fn find(value: &Value, key: &str) -> Option<u64> {
    let children: Vec<&Value> = match value {
        Value::Object(members) => members.values().collect(),
        Value::Array(items) => items.iter().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    value[key].as_u64().or_else(|| children.into_iter().find_map(|child| find(child, key)))
}

/// A server that allows few samples, and one below a path of its own.
fn check_bounded(
    reader: &Reader,
    programs: &Programs,
    blocks: &std::path::Path,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let flags = ["--query.max-samples=150000", "--web.external-url=http://127.0.0.1/prom"];
    let server = Prometheus::start(programs, Some(blocks), &flags)?;
    let url = format!("{}/prom", server.url());
    let (found, _) = reader.read(&url, &[])?;
    checks.equal(
        "a server with few samples is asked in halves",
        &json!(found["workloads"].as_array().map(Vec::len)),
        &json!(PODS),
    );
    let sums = found["workloads"].as_array().into_iter().flatten().map(|workload| &workload["samples"]);
    checks.check(
        "and gives all",
        sums.clone().count() > 0 && sums.into_iter().all(|samples| *samples == json!(STEPS)),
        &found["error"],
    );
    drop(server);
    let server = Prometheus::start(programs, Some(blocks), &["--query.max-samples=3000"])?;
    let error = refused(reader, &server.url(), &[])?;
    let words = "query processing would load too many samples into memory in query execution";
    checks.check("Prometheus' own words", error.contains(words) && error.contains("HTTP status 422"), &error);
    Ok(())
}

/// TLS of the real server.
fn check_secure(
    reader: &Reader,
    programs: &Programs,
    blocks: &std::path::Path,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let certificates = repository::root()?.join("fixtures/tls");
    let file = |name: &str| certificates.join(name).display().to_string();
    let config = std::env::temp_dir().join(format!("highwater-web-{}.yml", std::process::id()));
    let text = format!(
        "tls_server_config:\n  cert_file: {}\n  key_file: {}\n",
        file("server.pem"),
        file("server.key")
    );
    std::fs::write(&config, text)?;
    let server =
        Prometheus::start(programs, Some(blocks), &[&format!("--web.config.file={}", config.display())])?;
    let url = server.url().replace("http:", "https:");
    let (found, _) = reader.read(&url, &[&format!("ca={}", file("ca.pem"))])?;
    checks.equal("over TLS, all", &json!(found["workloads"].as_array().map(Vec::len)), &json!(PODS));
    let error = refused(reader, &url, &[])?;
    checks.check("an unknown authority", error.contains("no secure connection"), &error);
    let error = refused(reader, &server.url(), &[])?;
    checks.check("HTTP where TLS is spoken", error.contains("HTTP request to an HTTPS server"), &error);
    std::fs::remove_file(&config)?;
    Ok(())
}

fn refused(reader: &Reader, url: &str, more: &[&str]) -> anyhow::Result<String> {
    let (found, code) = reader.read(url, more)?;
    let words = found["error"].as_str().unwrap_or("no error").to_owned();
    Ok(if code == Some(2) { words } else { format!("exit code {code:?}: {words}") })
}
