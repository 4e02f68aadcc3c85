//! Advice for Kubernetes before kubectl and kustomize: patches merged with the objects, and read again.

use super::history::Files;
use super::{COMMAND_SECONDS_MAX, Folder, workload};
use crate::real::checks::Checks;
use crate::real::product::Product;
use crate::subprocess::{Outcome, output};
use anyhow::Context;
use serde_json::{Value, json};
use std::process::Command;

/// The objects that the histories are of: too small, and too large; a second container that must stay as it is.
const OBJECTS: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1
          env: [{name: GREETING, value: hello}]
          resources: {requests: {memory: 32Mi, cpu: 100m}, limits: {memory: 64Mi}}
        - name: proxy
          image: registry.example/proxy:1
          resources: {limits: {memory: 24Mi}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: queue
spec:
  serviceName: queue
  selector: {matchLabels: {app: queue}}
  template:
    metadata: {labels: {app: queue}}
    spec:
      containers:
        - name: queue
          image: registry.example/queue:1
          resources: {requests: {memory: 2Gi}, limits: {memory: 2Gi}}
";

/// The replicas' histories: their names tell the workload.
const SERIES: [(&str, [u64; 2]); 2] = [("web-6d4cf56db6-x2b5c", [90, 180]), ("queue-0", [300, 500])];

/// The workloads, their kind, and what is set in MiB: request and limit.
const WORKLOADS: [(&str, &str, [u64; 2]); 2] =
    [("web", "Deployment", [32, 64]), ("queue", "StatefulSet", [2048, 2048])];

const NODE: [&str; 4] = ["--node-memory", "16Gi", "--node-swap", "8Gi"];

/// Patches and their undo through kustomize, lines through kubectl, VPA objects through both.
pub fn run(product: &Product, folder: &Folder, checks: &mut Checks) -> anyhow::Result<()> {
    let objects = folder.write("objects.yaml", OBJECTS)?;
    let limits = "name,memory,swap,request\nweb,64Mi,,32Mi\nqueue,2Gi,,2Gi\n";
    let files = Files::write(folder, &SERIES.map(|(name, uses)| (name.to_owned(), uses)), limits)?;
    let asked = |form: &str, more: &[&str]| {
        files.advise(product, &[&["--class", "batch", "--as", form], &NODE[..], more].concat())
    };
    let document: Value = serde_json::from_str(&asked("json", &[])?.stdout)?;
    let patch = folder.write("patch.yaml", &asked("kustomize", &[])?.stdout)?;
    let undo = folder.write("undo.yaml", &asked("kustomize", &["--undo"])?.stdout)?;
    let vpa = folder.write("vpa.yaml", &asked("vpa", &[])?.stdout)?;
    let linted = product.run(&["lint", &patch, &undo, &vpa, &objects])?;
    checks.check("lint reads all of it and finds nothing", linted.code == Some(0), &linted.stdout);

    let patched = kustomized(folder, "patch.yaml", checks)?;
    check_patched(product, &patched, &document, checks)?;
    let undone = kustomized(folder, "undo.yaml", checks)?;
    for (name, _, [request, limit]) in WORKLOADS {
        let found = explained(product, &undone, name)?;
        let held = [&found["memory"]["request_bytes"], &found["memory"]["limit_bytes"]];
        let expected = [json!(request << 20), json!(limit << 20)];
        checks.check(&format!("kustomize: undo of {name}"), held == [&expected[0], &expected[1]], &found);
    }
    check_kubectl(folder, &asked("kubectl", &[])?.stdout, &document, checks)?;
    check_vpa(folder, &document, checks)
}

/// The objects with a file of patches merged in; where they are.
fn kustomized(folder: &Folder, patch: &str, checks: &mut Checks) -> anyhow::Result<String> {
    let text = format!("resources: [objects.yaml]\npatches:\n  - path: {patch}\n");
    folder.write("kustomization.yaml", &text)?;
    let outcome = kubectl(&["kustomize", &folder.path().display().to_string()])?;
    checks.check(&format!("kustomize takes {patch}"), outcome.code == Some(0), &outcome.stderr);
    let kept = ["GREETING", "name: proxy", "memory: 24Mi", "cpu: 100m"];
    let is_kept = kept.iter().all(|word| outcome.stdout.contains(word));
    checks.check(&format!("kustomize: {patch} keeps everything else"), is_kept, &outcome.stdout);
    folder.write(&format!("with-{patch}"), &outcome.stdout)
}

/// The product's own reader finds in the patched objects what was advised, and the swap that LimitedSwap gives.
fn check_patched(
    product: &Product,
    patched: &str,
    document: &Value,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let linted = product.run(&["lint", patched])?;
    checks.check("kustomize: lint finds nothing in the result", linted.code == Some(0), &linted.stdout);
    for (name, kind, _) in WORKLOADS {
        let (advised, found) = (workload(document, name), explained(product, patched, name)?);
        checks.equal(&format!("patched {name}: kind"), &found["kind"], &json!(kind));
        let memory = &found["memory"];
        checks.equal(
            &format!("patched {name}: limit"),
            &memory["limit_bytes"],
            &advised["memory_limit_bytes"],
        );
        checks.equal(
            &format!("patched {name}: request"),
            &memory["request_bytes"],
            &advised["request_bytes"],
        );
        let swaps = [&found["swap"]["limit_bytes"], &advised["swap_limit_bytes"]].map(Value::as_u64);
        let gives = matches!(swaps, [Some(given), Some(wanted)] if given >= wanted && wanted > 0);
        checks.check(&format!("patched {name}: the kubelet gives the swap"), gives, format!("{swaps:?}"));
    }
    Ok(())
}

fn explained(product: &Product, file: &str, workload: &str) -> anyhow::Result<Value> {
    let document = product.json(&[&["explain", file, "--format", "json"], &NODE[..]].concat())?;
    let mut containers = document["containers"].as_array().into_iter().flatten();
    let found = containers.find(|one| one["workload"] == workload && one["container"] == workload);
    found.cloned().with_context(|| format!("{file}: no container {workload}"))
}

/// The lines as kubectl itself does them, on objects in a file instead of those of a cluster.
fn check_kubectl(folder: &Folder, lines: &str, document: &Value, checks: &mut Checks) -> anyhow::Result<()> {
    let commands: Vec<&str> =
        lines.lines().filter(|line| line.starts_with("kubectl set resources ")).collect();
    checks.equal("kubectl: a line for each workload", &json!(commands.len()), &json!(WORKLOADS.len()));
    let undos = lines.lines().filter(|line| line.starts_with("# undo: kubectl rollout undo ")).count();
    checks.equal("kubectl: and its undo", &json!(undos), &json!(WORKLOADS.len()));
    for ((name, kind, _), line) in WORKLOADS.into_iter().zip(commands) {
        let words: Vec<&str> = line.split(' ').collect();
        let object = format!("{}/{name}", kind.to_lowercase());
        checks.equal(&format!("kubectl: names {object}"), &json!(words.get(3)), &json!(object));
        let flags = words.get(4..).unwrap_or_default();
        let object = objects_of(kind).context("the objects have no such kind")?;
        let file = folder.write("one.yaml", object)?;
        let fixed = ["set", "resources", "--local", "--filename", &file, "--output", "json"];
        // The second container has a name of its own, which a history without pods cannot tell.
        let outcome = kubectl(&[&fixed, &["--containers", name][..], flags].concat())?;
        checks.check(&format!("kubectl: takes the line of {name}"), outcome.code == Some(0), &outcome.stderr);
        let set: Value = serde_json::from_str(&outcome.stdout).unwrap_or_default();
        let found = &set["spec"]["template"]["spec"]["containers"][0]["resources"];
        let advised = workload(document, name);
        for (which, key) in [("limits", "memory_limit_bytes"), ("requests", "request_bytes")] {
            let mebi = advised[key].as_u64().unwrap_or(0) >> 20;
            let expected = json!(format!("{mebi}Mi"));
            checks.equal(&format!("kubectl: {which} of {name}"), &found[which]["memory"], &expected);
        }
    }
    Ok(())
}

fn objects_of(kind: &str) -> Option<&'static str> {
    OBJECTS.split("---\n").find(|object| object.contains(&format!("kind: {kind}\n")))
}

/// The VPA objects are read by kustomize, and name the workloads with what they should request.
fn check_vpa(folder: &Folder, document: &Value, checks: &mut Checks) -> anyhow::Result<()> {
    folder.write("kustomization.yaml", "resources: [vpa.yaml]\n")?;
    let outcome = kubectl(&["kustomize", &folder.path().display().to_string()])?;
    checks.check("vpa: kustomize takes it", outcome.code == Some(0), &outcome.stderr);
    for (name, kind, _) in WORKLOADS {
        let mebi = workload(document, name)["request_bytes"].as_u64().unwrap_or(0) >> 20;
        let mut objects = outcome.stdout.split("---\n");
        let words = [
            "kind: VerticalPodAutoscaler".to_owned(),
            format!("kind: {kind}\n"),
            format!("name: {name}\n"),
            format!("memory: {mebi}Mi\n"),
        ];
        let found = objects.any(|object| words.iter().all(|word| object.contains(word)));
        checks.check(&format!("vpa: {name} at its request"), found, &outcome.stdout);
    }
    Ok(())
}

fn kubectl(arguments: &[&str]) -> anyhow::Result<Outcome> {
    output(Command::new("kubectl").args(arguments), COMMAND_SECONDS_MAX)
}
