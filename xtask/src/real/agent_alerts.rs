//! Scenario: the agent on real cgroups, with a real Alertmanager and receivers that answer 500, hang, go away and recover.
//!
//! Other kills of the machine are not ours to judge: only what is about our own groups counts.

mod drift;

use super::agent::running::{RunningAgent, free_port};
use super::alerts::alertmanager;
use super::alerts::receiver::{self, Manner, Receiver};
use super::checks::Checks;
use super::docker_daemon::{Daemon, Docker};
use super::oom::stage::kill_in;
use super::own_cgroup::{Holder, Tree};
use super::polling::until;
use super::product::Product;
use crate::packages;
use crate::prepare::ALERTS;
use crate::subprocess::{Running, output};
use anyhow::ensure;
use rustix::process::Signal;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

const MIB: u64 = 1 << 20;

/// What is told arrives within this on a loaded machine; pauses between attempts double.
const ARRIVAL_MAX: Duration = Duration::from_secs(90);

/// Runs the scenario.
pub fn run(product: &Product, checks: &mut Checks) -> anyhow::Result<()> {
    packages::ensure(&ALERTS)?;
    let folder = std::env::temp_dir().join(format!("highwater-agent-alerts-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let stage = Stage::new(product, &folder);
    let end = stage.and_then(|mut stage| {
        stage.kills(checks)?;
        stage.near_its_limit(checks)?;
        drift::check(&mut stage, checks)?;
        stage.reload(checks)?;
        stage.full_disk(checks)
    });
    fs::remove_dir_all(&folder)?;
    end
}

/// The receivers, the groups, and what was told so far.
struct Stage<'product> {
    product: &'product Product,
    folder: PathBuf,
    config: PathBuf,
    state: PathBuf,
    tree: Tree,
    docker: Docker,
    slack: Receiver,
    hook: Receiver,
    alertmanager_port: u16,
    /// Of the metrics.
    port: u16,
    /// Ends with the stage.
    _alertmanager: Running,
    /// The documents that the webhook took.
    taken: Vec<Value>,
}

impl<'product> Stage<'product> {
    fn new(product: &'product Product, folder: &Path) -> anyhow::Result<Self> {
        let (slack, hook) = (Receiver::start()?, Receiver::start()?);
        let (alertmanager, alertmanager_port) = alertmanager(folder)?;
        fs::write(folder.join("slack-url"), slack.url("/services/x"))?;
        let place = folder.display();
        let text = format!(
            "apiVersion: highwater.dev/v1alpha1\nkind: AgentConfig\nspec:\n\
             \x20 alerts:\n    resolveAfter: 3s\n    rules: {{nearLimit: {{for: 2s}}, limitDrift: {{for: 10s}}}}\n\
             \x20 commands:\n    - name: dump\n      program: /bin/sh\n\
             \x20     args: ['-c', 'echo $HIGHWATER_CGROUP $HIGHWATER_PID >> {place}/dumps']\n\
             \x20 sinks:\n    - name: am\n      alertmanager: {{url: 'http://127.0.0.1:{alertmanager_port}'}}\n\
             \x20   - name: team\n      timeout: 1s\n      slack: {{urlFile: {place}/slack-url}}\n\
             \x20   - name: hook\n      timeout: 1s\n      webhook: {{url: '{}'}}\n",
            hook.url("/hook"),
        );
        let config = folder.join("agent.yaml");
        fs::write(&config, text)?;
        Ok(Self {
            product,
            folder: folder.to_owned(),
            config,
            state: folder.join("state"),
            tree: Tree::plant()?,
            docker: Docker::start(Daemon::Own)?,
            slack,
            hook,
            alertmanager_port,
            port: free_port()?,
            _alertmanager: alertmanager,
            taken: Vec::new(),
        })
    }

    fn agent(&self) -> anyhow::Result<RunningAgent<'product>> {
        self.agent_in(&self.folder)
    }

    /// An agent that remembers in `state` below a folder.
    fn agent_in(&self, folder: &Path) -> anyhow::Result<RunningAgent<'product>> {
        let config = self.config.display().to_string();
        let listen = format!("127.0.0.1:{}", self.port);
        let flags = ["--config", &config, "--docker-host", self.docker.host(), "--listen", &listen];
        RunningAgent::start(self.product, folder, &flags)
    }

    /// Two receivers are away, the agent is killed and misses a kill, then all recover: each kill is told once to each.
    fn kills(&mut self, checks: &mut Checks) -> anyhow::Result<()> {
        self.slack.behave(&[Manner::Status(500), Manner::Hang, Manner::Close], Manner::Status(503));
        self.hook.behave(&[], Manner::Hang);
        let first = self.agent()?;
        let before = first.status()?;
        let begun = Instant::now();
        for number in 1..=3 {
            kill_in(&self.tree.group(&format!("kill-{number}"))?)?;
        }
        let waits = |status: &Value| {
            let receivers = status["alerts"]["receivers"].as_array().into_iter().flatten();
            let late = receivers
                .filter(|one| one["waiting"].as_u64() >= Some(3) && one["failures"].as_u64() > Some(0));
            late.count() >= 2
        };
        let late = first.status_within(ARRIVAL_MAX, waits)?;
        checks.check("two receivers are away, and `agent status` says so", waits(&late), &late["alerts"]);
        check_metrics_of_away(&first, checks)?;
        let more = Duration::from_secs(10).saturating_sub(begun.elapsed());
        thread::sleep(more);
        let status = first.status()?;
        let looks = status["looks"].as_u64().unwrap_or(0) - before["looks"].as_u64().unwrap_or(0);
        // On a loaded machine it looks more rarely by itself, and says how often.
        let interval = |status: &Value| status["interval_seconds"].as_f64().unwrap_or(1.0);
        let interval = interval(&before).max(interval(&status));
        let due = begun.elapsed().as_secs_f64() / interval;
        let are_there = looks as f64 >= 0.6 * due;
        let counts = format!("{looks} looks, {due:.0} due at one every {interval} s: {}", status["slowed"]);
        checks.check("the looks go on meanwhile", are_there, counts);
        first.kill()?;
        kill_in(&self.tree.group("kill-4")?)?;
        self.slack.behave(&[], Manner::Take);
        self.hook.behave(&[Manner::Status(500)], Manner::Take);
        let second = self.agent()?;
        let told = self.until_told(ARRIVAL_MAX, |fired| fired.len() >= 4)?;
        let groups: BTreeSet<&str> = told.values().map(String::as_str).collect();
        let wanted: BTreeSet<String> =
            (1..=4).map(|number| format!("{}/kill-{number}", self.tree.path())).collect();
        let is_each =
            groups.len() == 4 && told.len() == 4 && groups.iter().all(|group| wanted.contains(*group));
        checks.check(
            "each of four kills is told, also the one that nobody saw",
            is_each,
            format!("{told:?}"),
        );
        let quiet = second.status_within(ARRIVAL_MAX, |status| {
            status["alerts"]["receivers"].as_array().into_iter().flatten().all(|one| one["waiting"] == 0)
        })?;
        checks.check("nothing waits any more", !waits(&quiet), &quiet["alerts"]["receivers"]);
        let receivers =
            || ["am", "team", "hook"].iter().map(|name| receiver_metrics(&second, name)).collect();
        let is_quiet = |all: &Vec<ReceiverMetrics>| all.iter().all(|one| one.waiting == Some(0.0));
        let metrics: Vec<ReceiverMetrics> = until(ARRIVAL_MAX, receivers, is_quiet)?;
        let are_told = metrics.iter().all(|one| one.deliveries > Some(0.0));
        // The webhook answered 500 once before it took anything.
        let is_so = is_quiet(&metrics) && are_told && metrics[2].failures > Some(0.0);
        checks.check("the metrics say so too, and that one failed", is_so, format!("{metrics:?}"));
        self.check_once(checks, &told)?;
        // A third life meets what the second has told.
        second.kill()?;
        let third = self.agent()?;
        third.status_within(ARRIVAL_MAX, |status| status["looks"].as_u64() > Some(5))?;
        self.check_once(checks, &told)?;
        third.kill()
    }

    /// Each incident once at the webhook, in Slack's texts and in Alertmanager.
    fn check_once(&mut self, checks: &mut Checks, told: &BTreeMap<String, String>) -> anyhow::Result<()> {
        let slack: String = self.slack_texts();
        let alerts = receiver::get(self.alertmanager_port, "/api/v2/alerts")?;
        for (incident, group) in told {
            let fired = |document: &&Value| {
                document["change"] == "fired" && document["alert"]["occurrence"] == **incident
            };
            let hook = self.taken.iter().filter(fired).count();
            let words = format!("highwater oom show {incident}");
            let slack = slack.matches(&words).count();
            let alerts = alerts.as_array().into_iter().flatten();
            let shown = alerts.filter(|alert| alert["labels"]["incident"] == **incident).count();
            let counts = format!("webhook {hook}, Slack {slack}, Alertmanager {shown}");
            checks.check(&format!("{group} is told once to each"), (hook, slack, shown) == (1, 1, 1), counts);
        }
        Ok(())
    }

    /// A group like a container's fills its limit: it fires, starts the command, is over; a silence keeps the next back.
    fn near_its_limit(&mut self, checks: &mut Checks) -> anyhow::Result<()> {
        let agent = self.agent()?;
        let group = self.tree.group(&format!("docker-{:064x}.scope", 0xfeed))?;
        group.limit(100 * MIB, 0)?;
        let mut others = Vec::new();
        let fires = |status: &Value| {
            let firing = status["alerts"]["firing"].as_array().into_iter().flatten();
            firing.filter(|alert| alert["rule"] == "near-limit").count() == 1
        };
        let holder = fill(&group, &mut others)?;
        let status = agent.status_within(ARRIVAL_MAX, fires)?;
        checks.check("`agent status` shows what fires", fires(&status), &status["alerts"]);
        let (state, config) = (self.state.display().to_string(), self.config.display().to_string());
        let places = ["--state", &state, "--config", &config];
        let list = self.product.json(&[&["alerts", "ls", "--format", "json"], &places[..]].concat())?;
        let listed =
            list["alerts"].as_array().into_iter().flatten().any(|alert| alert["rule"] == "near-limit");
        checks.check("so does `alerts ls`", listed, &list["alerts"]);
        let dumps = || Ok(fs::read_to_string(self.folder.join("dumps")).unwrap_or_default());
        let dumps = until(ARRIVAL_MAX, dumps, |text: &String| text.ends_with('\n'))?;
        let first = group.first_process()?;
        let expected = format!("{} {first}\n", group.path());
        checks.check(
            "the command knows the cgroup and its process",
            dumps == expected,
            format!("{dumps:?}, expected {expected}"),
        );
        let made = ["alerts", "silence", "0000*", "--for", "1h", "--reason", "test"];
        let outcome = self.product.run(&[&made[..], &places].concat())?;
        checks.check("a silence is made while the agent runs", outcome.code == Some(0), &outcome.stderr);
        drop(holder);
        others.clear();
        let over = agent.status_within(ARRIVAL_MAX, |status| !fires(status))?;
        checks.check("it is over", !fires(&over), &over["alerts"]);
        let _again = fill(&group, &mut others)?;
        let status = agent.status_within(ARRIVAL_MAX, fires)?;
        let is_silent = status["alerts"]["firing"]
            .as_array()
            .into_iter()
            .flatten()
            .all(|alert| alert["is_told"] == false || alert["rule"] != "near-limit");
        checks.check("the next is kept back by the silence", fires(&status) && is_silent, &status["alerts"]);
        self.until_told(Duration::from_secs(5), |_| false)?;
        let near = self.taken.iter().filter(|document| document["alert"]["rule"] == "near-limit");
        let kinds: Vec<&Value> = near.map(|document| &document["change"]).collect();
        checks.check(
            "the webhook was told of its beginning and its end",
            kinds == ["fired", "resolved"],
            format!("{kinds:?}"),
        );
        agent.kill()
    }

    /// A bad configuration is refused and the old one holds on; a good one is taken.
    fn reload(&mut self, checks: &mut Checks) -> anyhow::Result<()> {
        let agent = self.agent()?;
        let text = fs::read_to_string(&self.config)?;
        fs::write(&self.config, text.replace("timeout: 1s", "timeuot: 1s"))?;
        agent.signal(Signal::HUP);
        let status = agent.status_within(ARRIVAL_MAX, |status| !status["config_refused"].is_null())?;
        let why = status["config_refused"].as_str().unwrap_or_default();
        checks.check(
            "an unknown key is named with its line",
            why.contains("agent.yaml:15:7: unknown field `timeuot`"),
            why,
        );
        checks.check(
            "and the receivers are as before",
            status["alerts"]["receivers"].as_array().map(Vec::len) == Some(3),
            &status["alerts"],
        );
        fs::write(&self.config, text.replace("name: team", "name: crew"))?;
        agent.signal(Signal::HUP);
        let has_crew = |status: &Value| status["alerts"]["receivers"].to_string().contains("crew");
        let status = agent.status_within(ARRIVAL_MAX, has_crew)?;
        checks.check("a good one is taken", has_crew(&status) && status["config_refused"].is_null(), &status);
        fs::write(&self.config, text)?;
        agent.kill()
    }

    /// A disk that is full: the history stops and is said once, kills are told all the same.
    fn full_disk(&mut self, checks: &mut Checks) -> anyhow::Result<()> {
        let home = self.folder.join("small");
        let small = home.join("state");
        fs::create_dir_all(&small)?;
        let mounted = output(
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=1M,mode=0700", "tmpfs"]).arg(&small),
            ARRIVAL_MAX,
        )?;
        ensure!(mounted.code == Some(0), "mounting: {}", mounted.stderr);
        let end = self.on_full_disk(checks, &home, &small);
        let unmounted = output(Command::new("umount").arg(&small), ARRIVAL_MAX)?;
        ensure!(unmounted.code == Some(0), "unmounting: {}", unmounted.stderr);
        end
    }

    fn on_full_disk(&mut self, checks: &mut Checks, home: &Path, small: &Path) -> anyhow::Result<()> {
        let agent = self.agent_in(home)?;
        // All that is left is taken by somebody else.
        let filled = fs::write(small.join("rest"), vec![1; 2 << 20]);
        checks.check("the disk is full", filled.is_err(), "it is not");
        let is_stopped = |status: &Value| status["history"]["is_written"] == false;
        let status = agent.status_within(ARRIVAL_MAX, is_stopped)?;
        checks.check("the history stops", is_stopped(&status), &status["history"]);
        kill_in(&self.tree.group("kill-5")?)?;
        let wanted = format!("{}/kill-5", self.tree.path());
        let told = self.until_told(ARRIVAL_MAX, |fired| fired.values().any(|group| *group == wanted))?;
        checks.check(
            "a kill is told all the same",
            told.values().any(|group| *group == wanted),
            format!("{told:?}"),
        );
        let status = agent.status()?;
        agent.status_within(ARRIVAL_MAX, |later| {
            later["looks"].as_u64() > status["looks"].as_u64().map(|looks| looks + 12)
        })?;
        let said = agent.said();
        let count = |words: &str| said.lines().filter(|line| line.contains(words)).count();
        let counts = (count("the history stops"), count("what is told cannot be kept"));
        checks.check("each is said once", counts == (1, 1), format!("{counts:?} in {said}"));
        agent.kill()
    }

    /// Waits until the webhook was told what is wanted: the group of each incident of ours, by its name.
    fn until_told(
        &mut self,
        longest: Duration,
        is_wanted: impl Fn(&BTreeMap<String, String>) -> bool,
    ) -> anyhow::Result<BTreeMap<String, String>> {
        let fired = || {
            let bodies = self.hook.taken();
            self.taken.extend(bodies.iter().filter_map(|taken| serde_json::from_str(&taken.body).ok()));
            let ours = self.taken.iter().filter_map(|document| {
                let alert = &document["alert"];
                let group =
                    alert["labels"]["cgroup"].as_str().filter(|group| group.starts_with(self.tree.path()))?;
                Some((alert["occurrence"].as_str()?.to_owned(), group.to_owned()))
            });
            Ok(ours.collect())
        };
        until(longest, fired, is_wanted)
    }

    /// Everything that Slack was told since it was last asked, with what it was told before.
    fn slack_texts(&mut self) -> String {
        let file = self.folder.join("slack-texts");
        let mut texts = fs::read_to_string(&file).unwrap_or_default();
        // Once in the line for telephones and once in its blocks: the blocks alone hold the next command.
        for taken in self.slack.taken() {
            texts.push_str(&taken.body);
        }
        // What is not kept is asked again.
        let _ = fs::write(&file, &texts);
        texts
    }
}

/// What the metrics say of a receiver.
#[derive(Debug)]
struct ReceiverMetrics {
    waiting: Option<f64>,
    failures: Option<f64>,
    deliveries: Option<f64>,
}

fn receiver_metrics(agent: &RunningAgent<'_>, name: &str) -> anyhow::Result<ReceiverMetrics> {
    let page = agent.metrics()?;
    let value = |what: &str| page.value(&format!("highwater_alert_receiver_{what}"), &[("receiver", name)]);
    Ok(ReceiverMetrics {
        waiting: value("waiting"),
        failures: value("failures_total"),
        deliveries: value("deliveries_total"),
    })
}

/// Three kills stand, Slack is told nothing and Alertmanager is.
fn check_metrics_of_away(agent: &RunningAgent<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let away = receiver_metrics(agent, "team")?;
    let is_away = away.waiting >= Some(3.0) && away.failures > Some(0.0) && away.deliveries == Some(0.0);
    checks.check("the metrics tell who is away", is_away, format!("{away:?}"));
    let reached = || receiver_metrics(agent, "am");
    let is_reached = |it: &ReceiverMetrics| it.waiting == Some(0.0) && it.deliveries > Some(0.0);
    let am = until(ARRIVAL_MAX, reached, is_reached)?;
    checks.check("and who is reached", is_reached(&am), format!("{am:?}"));
    let labels = [("rule", "oom-kill"), ("severity", "critical"), ("state", "firing")];
    let firing = agent.metrics()?.value("highwater_alerts", &labels);
    checks.check("and how many alerts stand", firing >= Some(3.0), format!("{firing:?}"));
    Ok(())
}

/// Fills a group to less than three percent below its limit.
fn fill(group: &super::own_cgroup::OwnCgroup, others: &mut Vec<Holder>) -> anyhow::Result<Holder> {
    let holder = Holder::start(group, 90)?;
    while group.usage()? < 98 * MIB {
        let left = (100 * MIB).saturating_sub(group.usage()?) / MIB;
        ensure!(left > 1, "{left} MiB are left of 100");
        others.push(Holder::start(group, 1)?);
    }
    Ok(holder)
}
