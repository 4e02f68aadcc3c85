//! `--exec`: the command gets each incident once, and whatever it does harms nobody.

use super::scene::{Folder, Scene};
use crate::real::checks::Checks;
use crate::real::oom::stage::{TOLD_MAX, kill_in};
use crate::real::oom::watch::Watch;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

/// A slow command that fails gets every incident; the watch tells each at once.
pub fn check_exec(scene: &mut Scene<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let folder = Folder::make("exec")?;
    let command = format!(
        "cat >{0}/$$.new; mv {0}/$$.new {0}/$$; echo to standard output; while [ -e {0} ] && [ ! -e {0}/end.word ]; do sleep 0.1; done; exit 3",
        folder.0.display()
    );
    let watch = Watch::start(scene.product, &["--docker-host", scene.docker.host(), "--exec", &command])?;
    let start = Instant::now();
    let (mut told, mut noise) = (BTreeSet::new(), Vec::new());
    for short in ["exec1", "exec2", "exec3"] {
        let group = scene.tree.group(short)?;
        kill_in(&group)?;
        while let Some(line) = watch.next(TOLD_MAX) {
            if line.incident.is_string() {
                noise.push(line.incident.clone());
            }
            if scene.is_ours(&line.incident) {
                told.extend(line.incident["id"].as_str().map(str::to_owned));
            }
            if line.incident["place"]["cgroup"] == group.path() {
                break;
            }
        }
    }
    checks.equal("exec: what the command prints is not among the incidents", &json!(noise), &json!([]));
    // None of the commands has ended: whoever waited for one would not have told the next.
    checks.equal("exec: a slow command does not delay the watch", &json!(told.len()), &json!(3));
    let mut received = documents(scene, &folder.0)?;
    while received.len() < told.len() && start.elapsed() < TOLD_MAX {
        std::thread::sleep(Duration::from_millis(50));
        received = documents(scene, &folder.0)?;
    }
    std::fs::write(folder.0.join("end.word"), "")?;
    drop(watch);
    let ids: Vec<&Value> = received.iter().map(|document| &document["incident"]["id"]).collect();
    checks.equal("exec: each incident once", &json!(ids.len()), &json!(told.len()));
    let distinct: BTreeSet<String> = ids.iter().filter_map(|id| id.as_str()).map(str::to_owned).collect();
    checks.equal("exec: the same incidents", &json!(distinct), &json!(told));
    let is_schema = |document: &Value| document["schema"] == "highwater/incident/v1";
    checks.check("exec: each is a document", received.iter().all(is_schema), json!(received));
    // These kills are told by the scene's own watch too.
    scene.told_until_now().map(drop)
}

fn documents(scene: &Scene<'_>, folder: &Path) -> anyhow::Result<Vec<Value>> {
    let mut documents = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none() {
            let document: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
            if scene.is_ours(&document["incident"]) {
                documents.push(document);
            }
        }
    }
    Ok(documents)
}
