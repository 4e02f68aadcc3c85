//! Scenario: the agent is ended with `kill -9` fifty times while it writes, and everything it had kept is still there each time.
//!
//! The moments are those of its store and not of the clock: what it keeps has just changed, or is just about to.

use super::running::{Home, PATIENCE, RunningAgent, configuration};
use super::workloads::figures;
use crate::real::checks::Checks;
use crate::real::oom::report_limit::ReportLimit;
use crate::real::oom::stage::{MIB, kill_in};
use crate::real::own_cgroup::{Holder, OwnCgroup, Tree};
use crate::real::product::Product;
use crate::subprocess::interrupted;
use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

const ROUNDS: usize = 50;

/// So many groups are services by their names, and remembered as such.
const WORKLOADS: usize = 20;

/// When to kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    /// An incident was just written, and is perhaps not yet told.
    Incident,
    /// How far the log was read was just written.
    Cursor,
    /// The files of the history are others: a log was begun, or logs become a segment.
    Files,
    /// Steps were just appended to the log of the history.
    Steps,
    /// It has just opened everything.
    Start,
}

/// Runs the scenario.
pub fn run(product: &Product, checks: &mut Checks) -> anyhow::Result<()> {
    let scene = Scene::build(product)?;
    scene.first_life()?;
    let mut kept = Kept::default();
    let mut broken = Vec::new();
    let mut moments: BTreeMap<Moment, usize> = BTreeMap::new();
    let mut victims = Vec::new();
    let mut limit = ReportLimit::new();
    for round in 0..ROUNDS {
        // A kill without a report is kept too, but nobody knows whose it was.
        limit.wait()?;
        let moment = moment(round);
        victims.push(scene.life(round, moment)?);
        *moments.entry(moment).or_default() += 1;
        if let Err(why) = scene.verify(&mut kept) {
            broken.push(format!("round {round}, {moment:?}: {why:#}"));
        }
    }
    println!("      {moments:?}; {} steps of a workload", kept.steps.len());
    checks.equal(
        "fifty times: the history is read, and nothing that was there is lost",
        &json!(broken),
        &json!([]),
    );
    checks.check("fifty times: it had grown", kept.steps.len() > 12, kept.steps.len());
    scene.last_life(&victims, checks)
}

/// What had been read of the history of one workload, by its second.
#[derive(Default)]
struct Kept {
    steps: BTreeMap<u64, u64>,
}

/// What the rounds share.
struct Scene<'product> {
    product: &'product Product,
    /// End before their groups are removed.
    _holders: Vec<Holder>,
    home: Home,
    tree: Tree,
    config: String,
}

/// What is seen of a store from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Look {
    names: BTreeSet<PathBuf>,
    log_bytes: u64,
    incident_bytes: u64,
    cursor: Vec<u8>,
}

impl<'product> Scene<'product> {
    fn build(product: &'product Product) -> anyhow::Result<Self> {
        let (home, tree) = (Home::make("crashes")?, Tree::plant()?);
        let groups: Vec<OwnCgroup> =
            (0..WORKLOADS).map(|number| tree.group(&workload(number))).collect::<anyhow::Result<_>>()?;
        let holders =
            groups.iter().take(2).map(|group| Holder::start(group, 4)).collect::<anyhow::Result<_>>()?;
        let config = home.path("agent.yaml").display().to_string();
        fs::write(&config, configuration("500ms", None))?;
        Ok(Self { product, home, tree, config, _holders: holders })
    }

    fn begin(&self) -> anyhow::Result<RunningAgent<'product>> {
        self.home.begin(self.product, &["--config", &self.config])
    }

    /// A life that ends well: from then on it is known how far the log was read.
    fn first_life(&self) -> anyhow::Result<()> {
        let agent = self.home.agent(self.product, &["--config", &self.config])?;
        agent.wait_for_looks(2)?;
        let status = agent.end()?;
        ensure!(status.success(), "the first agent: {status}");
        ensure!(!self.look().cursor.is_empty(), "no cursor after a life that ended well");
        Ok(())
    }

    /// A life that ends at a moment of its store; gives the process that the kernel killed in it.
    fn life(&self, round: usize, moment: Moment) -> anyhow::Result<u32> {
        let before = self.look();
        let agent = self.begin()?;
        let group = self.tree.group(&format!("killed-{round}"))?;
        let start = Instant::now();
        // At the beginning it is dead when this happens, and has to learn of it in its next life.
        let seen = (moment != Moment::Start).then(|| kill_in(&group)).transpose()?;
        while !has_come(moment, &before, &self.look(), agent.id()) {
            ensure!(start.elapsed() < PATIENCE, "{moment:?} did not come: {}", self.home.said());
            if interrupted() {
                bail!("interrupted");
            }
        }
        // A little later or at once, without a clock: so much work of our own.
        for _ in 0..round % 7 {
            std::hint::black_box(self.look());
        }
        agent.kill()?;
        seen.map_or_else(|| kill_in(&group), Ok)
    }

    /// Every step that was there is there and says the same.
    fn verify(&self, kept: &mut Kept) -> anyhow::Result<()> {
        let state = self.home.path("state").display().to_string();
        let outcome = self.product.run(&["history", "--state", &state, "--format", "json"])?;
        ensure!(outcome.code == Some(0), "history: {:?}: {}", outcome.code, outcome.stderr);
        let list: Value = serde_json::from_str(&outcome.stdout)?;
        let count = list["workloads"].as_array().map_or(0, Vec::len);
        if !kept.steps.is_empty() {
            ensure!(count >= WORKLOADS, "{count} of {WORKLOADS} workloads");
        }
        if count == 0 {
            return Ok(());
        }
        let name = workload(0);
        let arguments = ["history", &name, "--state", &state, "--step", "1s", "--format", "json"];
        let history = self.product.json(&arguments)?;
        let (at, used) = (figures(&history, "at_seconds"), figures(&history, "usage_bytes"));
        ensure!(at.len() == used.len(), "{} steps, {} figures", at.len(), used.len());
        ensure!(used.iter().all(|used| (4 * MIB..12 * MIB).contains(used)), "{used:?}");
        let found: BTreeMap<u64, u64> = at.into_iter().zip(used).collect();
        let lost: Vec<_> = kept.steps.iter().filter(|(at, used)| found.get(at) != Some(used)).collect();
        ensure!(lost.is_empty(), "lost: {lost:?}");
        kept.steps = found;
        Ok(())
    }

    /// A life that ends well: now every kill is known, each once, also those that fell between two lives.
    fn last_life(&self, victims: &[u32], checks: &mut Checks) -> anyhow::Result<()> {
        let agent = self.home.agent(self.product, &["--config", &self.config])?;
        agent.wait_for_looks(6)?;
        let status = agent.end()?;
        checks.check("the last life ends well", status.success(), status);
        let told = self.home.told();
        let mut ids: Vec<&str> = told.lines().filter_map(|line| line.split_whitespace().next()).collect();
        let lines = ids.len();
        ids.sort_unstable();
        ids.dedup();
        checks.check(
            "no incident was told twice",
            ids.len() == lines && lines > 0,
            format!("{lines} lines:\n{told}"),
        );
        let state = self.home.path("state");
        let kept = kept_incidents(&state)?;
        let of_victim = |pid: u32| {
            let is_in = |incident: &&Value| {
                incident["victims"].as_array().into_iter().flatten().any(|victim| victim["pid"] == pid)
            };
            kept.iter().filter(is_in).count()
        };
        let wrong: Vec<String> = (0..)
            .zip(victims)
            .filter(|(_, pid)| of_victim(**pid) != 1)
            .map(|(round, pid)| format!("round {round}: {} times", of_victim(*pid)))
            .collect();
        checks.equal("every kill is kept, once", &json!(wrong), &json!([]));
        let top = self.tree.path();
        let is_placed = |incident: &&Value| {
            incident["place"]["cgroup"].as_str().is_some_and(|path| path.starts_with(top))
        };
        let placed = kept.iter().filter(is_placed).count();
        checks.equal("each with its group", &json!(placed), &json!(ROUNDS));
        println!(
            "      {lines} lines told of {ROUNDS} kills: who dies between writing and telling leaves it to the list"
        );
        Ok(())
    }

    fn look(&self) -> Look {
        let state = self.home.path("state");
        let mut look = Look {
            incident_bytes: size(&state.join("incidents")),
            cursor: fs::read(state.join("cursor")).unwrap_or_default(),
            ..Look::default()
        };
        for entry in fs::read_dir(state.join("history")).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "log") {
                look.log_bytes += size(&path);
            }
            look.names.insert(path);
        }
        look
    }
}

fn workload(number: usize) -> String {
    format!("highwater-crash-{number}-{}.service", std::process::id())
}

/// Most rounds take a second; steps are appended every ten.
fn moment(round: usize) -> Moment {
    match round % 25 {
        0 => Moment::Steps,
        1 | 2 | 12 => Moment::Files,
        other if other % 3 == 0 => Moment::Incident,
        other if other % 3 == 1 => Moment::Cursor,
        _ => Moment::Start,
    }
}

fn has_come(moment: Moment, before: &Look, now: &Look, id: u32) -> bool {
    match moment {
        Moment::Incident => now.incident_bytes > before.incident_bytes,
        Moment::Cursor => now.cursor != before.cursor,
        Moment::Files => now.names != before.names,
        Moment::Steps => now.names != before.names && now.log_bytes > before.log_bytes,
        Moment::Start => holds_a_lock(id),
    }
}

/// Whether the process has opened the history.
fn holds_a_lock(id: u32) -> bool {
    let open = fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten();
    open.filter_map(|entry| fs::read_link(entry.path()).ok()).any(|path| path.ends_with("history/lock"))
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}

/// The documents in the store's own file: a checksum, a blank, and JSON in each line.
fn kept_incidents(state: &Path) -> anyhow::Result<Vec<Value>> {
    let mut kept: BTreeMap<String, Value> = BTreeMap::new();
    let mut first = BTreeSet::new();
    let mut twice = Vec::new();
    for name in ["incidents.1", "incidents"] {
        let text = fs::read_to_string(state.join(name)).unwrap_or_default();
        for line in text.lines() {
            let json = line.find('{').and_then(|at| line.get(at..)).context("a line without JSON")?;
            let record: Value = serde_json::from_str(json).with_context(|| line.to_owned())?;
            let incident = document(&record).with_context(|| line.to_owned())?.clone();
            let id = incident["id"].as_str().unwrap_or_default().to_owned();
            if !first.insert((id.clone(), incident["kills"].to_string())) {
                twice.push(id.clone());
            }
            kept.insert(id, incident);
        }
    }
    ensure!(twice.is_empty(), "kept twice: {twice:?}");
    Ok(kept.into_values().collect())
}

/// The incident in a record of the store.
fn document(record: &Value) -> Option<&Value> {
    ["/document/incident", "/incident/document/incident", "/document"]
        .into_iter()
        .find_map(|pointer| record.pointer(pointer).filter(|found| found["place"].is_object()))
}
