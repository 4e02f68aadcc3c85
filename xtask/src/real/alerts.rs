//! Scenario: alerts against a real Alertmanager and a Slack-shaped webhook that answers 500, hangs, and then recovers.

pub mod receiver;

use super::checks::Checks;
use super::polling::until;
use super::product::Product;
use crate::packages::{self, find_program};
use crate::prepare::ALERTS;
use crate::subprocess::Running;
use anyhow::Context;
use receiver::{Manner, Receiver};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// What must not be seen anywhere but in its file.
const SECRET: &str = "T0SECRET0T";

/// Alertmanager is there within this, also on a busy machine.
const READY_SECONDS_MAX: Duration = Duration::from_secs(30);

/// Runs the scenario.
pub fn run(product: &Product, checks: &mut Checks) -> anyhow::Result<()> {
    packages::ensure(&ALERTS)?;
    let folder = std::env::temp_dir().join(format!("highwater-alerts-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let stage = Stage::new(product, &folder);
    let end = stage.and_then(|mut stage| {
        stage.tests(checks)?;
        stage.storm(checks)?;
        stage.crash(checks)?;
        stage.silences(checks)?;
        stage.secrets(checks)
    });
    fs::remove_dir_all(&folder)?;
    end
}

/// The receivers, the configuration that names them, and everything that the product said.
struct Stage<'product> {
    product: &'product Product,
    folder: PathBuf,
    config: String,
    state: String,
    slack: Receiver,
    hook: Receiver,
    alertmanager_port: u16,
    /// Ends with the stage.
    _alertmanager: Running,
    said: String,
}

impl<'product> Stage<'product> {
    fn new(product: &'product Product, folder: &Path) -> anyhow::Result<Self> {
        let (slack, hook) = (Receiver::start()?, Receiver::start()?);
        let (alertmanager, alertmanager_port) = alertmanager(folder)?;
        let config = folder.join("agent.yaml");
        fs::write(folder.join("slack-url"), slack.url(&format!("/services/{SECRET}")))?;
        fs::write(folder.join("token"), SECRET)?;
        let place = folder.display();
        let text = format!(
            "apiVersion: highwater.dev/v1alpha1\nkind: AgentConfig\nspec:\n  sinks:\n\
             \x20   - name: file\n      log: {{path: {place}/alerts.log}}\n\
             \x20   - name: am\n      alertmanager: {{url: 'http://127.0.0.1:{alertmanager_port}'}}\n\
             \x20   - name: team\n      timeout: 1s\n      slack: {{urlFile: {place}/slack-url}}\n\
             \x20   - name: hook\n      timeout: 1s\n      webhook: {{url: '{}', tokenFile: {place}/token}}\n\
             \x20   - name: script\n      command: cat >> {place}/told\n",
            hook.url("/hook"),
        );
        fs::write(&config, text)?;
        Ok(Self {
            product,
            config: config.display().to_string(),
            state: folder.join("state").display().to_string(),
            folder: folder.to_owned(),
            slack,
            hook,
            alertmanager_port,
            _alertmanager: alertmanager,
            said: String::new(),
        })
    }

    fn json(&mut self, arguments: &[&str]) -> anyhow::Result<(Option<i32>, Value)> {
        let places = ["--config", &self.config, "--state", &self.state, "--format", "json"];
        let outcome = self.product.run(&[&["alerts"], arguments, &places].concat())?;
        self.said.push_str(&outcome.stdout);
        self.said.push_str(&outcome.stderr);
        let what = || format!("highwater alerts {}: {}", arguments.join(" "), outcome.stderr.trim());
        let document = serde_json::from_str(&outcome.stdout).with_context(what)?;
        Ok((outcome.code, document))
    }

    /// Every receiver takes a test, and Alertmanager shows it.
    fn tests(&mut self, checks: &mut Checks) -> anyhow::Result<()> {
        let (code, document) = self.json(&["test"])?;
        let delivered: Vec<&Value> = document["receivers"].as_array().into_iter().flatten().collect();
        let all = delivered.len() == 5 && delivered.iter().all(|one| one["delivered"] == true);
        checks.check("every receiver takes a test", all && code == Some(0), &document);
        let alerts = receiver::get(self.alertmanager_port, "/api/v2/alerts")?;
        let labels = &alerts[0]["labels"];
        checks.equal("Alertmanager shows it by its name", &labels["alertname"], &json!("HighwaterTest"));
        checks.equal("it is active", &alerts[0]["status"]["state"], &json!("active"));
        checks.equal("with a severity to route by", &labels["severity"], &json!("info"));
        let told = fs::read_to_string(self.folder.join("told"))?;
        checks.check("the command reads the document", told.contains("highwater/alert/v1"), &told);
        let hook = self.hook.taken();
        let is_authorized = hook.iter().any(|taken| taken.head.contains(&format!("Bearer {SECRET}")));
        checks.check("the token of the file is sent", is_authorized, hook.len());
        self.slack.taken();
        self.slack.behave(&[Manner::Status(500)], Manner::Take);
        let (code, document) = self.json(&["test", "team"])?;
        checks.equal(
            "a receiver that answers 500 did not take it",
            &document["receivers"][0]["delivered"],
            &json!(false),
        );
        checks.check("which is exit code 3", code == Some(3), format!("{code:?}"));
        self.slack.taken();
        Ok(())
    }

    /// 500, silence, a closed connection, then all of it once.
    fn storm(&mut self, checks: &mut Checks) -> anyhow::Result<()> {
        self.slack.behave(&[Manner::Status(500), Manner::Hang, Manner::Close], Manner::Take);
        let (code, document) = self.json(&["test", "team", "--count", "60", "--keep", "40s"])?;
        checks.check(
            "a storm arrives after 500, silence and a closed connection",
            code == Some(0),
            &document,
        );
        let taken = self.slack.taken();
        let text: String = taken.iter().map(|taken| taken.body.as_str()).collect();
        // Once in the line for telephones and once in its block.
        let once = (1..=60).filter(|number| text.matches(&format!("({number} of 60)")).count() == 2).count();
        checks.check("each of sixty once", once == 60, format!("{once} once"));
        checks.check("in a few messages", (6..=12).contains(&taken.len()), taken.len());
        Ok(())
    }

    /// `kill -9` while the receiver hangs; whoever comes next delivers what waited, each once.
    fn crash(&mut self, checks: &mut Checks) -> anyhow::Result<()> {
        self.hook.behave(&[], Manner::Hang);
        self.hook.taken();
        let mut command = Command::new(self.product.path());
        command.args(["alerts", "test", "hook", "--count", "25", "--keep", "5m"]);
        command.args(["--config", &self.config, "--state", &self.state]);
        let mut running = command.stdout(Stdio::null()).spawn().context("the product")?;
        let is_asked = self.hook.wait_for_request(Duration::from_secs(30));
        // This is SIGKILL.
        running.kill()?;
        running.wait()?;
        checks.check("the receiver was asked before the crash", is_asked, "no request within 30 s");
        let (_, waiting) = self.json(&["ls"])?;
        checks.equal("what waits is on disk after kill -9", &waiting["waiting"][0]["notices"], &json!(25));
        self.hook.behave(&[Manner::Status(503)], Manner::Take);
        let (code, document) = self.json(&["test", "hook", "--keep", "40s"])?;
        checks.check("the next one delivers it", code == Some(0), &document);
        let taken = self.hook.taken();
        let keys: BTreeSet<&str> = taken.iter().filter_map(|taken| taken.header("idempotency-key")).collect();
        let counts = format!("{} messages, {} keys", taken.len(), keys.len());
        checks.check("all twenty-six once", taken.len() == 26 && keys.len() == 26, counts);
        let (_, waiting) = self.json(&["ls"])?;
        checks.equal("nothing waits any more", &waiting["waiting"], &json!([]));
        Ok(())
    }

    fn silences(&mut self, checks: &mut Checks) -> anyhow::Result<()> {
        let (config, state) = (self.config.clone(), self.state.clone());
        let places = ["--config", &config, "--state", &state];
        let made = ["alerts", "silence", "web-*", "--for", "2h", "--reason", "deploy"];
        let outcome = self.product.run(&[&made[..], &places].concat())?;
        checks.check("a silence is made", outcome.code == Some(0), &outcome.stderr);
        let (_, document) = self.json(&["silence", "--list"])?;
        let left = document["silences"][0]["left_seconds"].as_u64().unwrap_or(0);
        checks.check("it has two hours left", (7_100..=7_200).contains(&left), &document);
        let outcome = self.product.run(&[&["alerts", "silence", "--remove", "s1"], &places[..]].concat())?;
        checks.check("it is removed", outcome.code == Some(0), &outcome.stderr);
        let (_, document) = self.json(&["silence", "--list"])?;
        checks.equal("and gone", &document["silences"], &json!([]));
        Ok(())
    }

    fn secrets(&mut self, checks: &mut Checks) -> anyhow::Result<()> {
        let mut written = self.said.clone();
        for entry in fs::read_dir(&self.state)? {
            written.push_str(&String::from_utf8_lossy(&fs::read(entry?.path())?));
        }
        written.push_str(&fs::read_to_string(self.folder.join("alerts.log"))?);
        checks.check("no secret is printed or kept", !written.contains(SECRET), "found");
        checks.check("though something was", written.len() > 1_000, written.len());
        Ok(())
    }
}

/// Debian's Alertmanager on loopback, alone.
pub fn alertmanager(folder: &Path) -> anyhow::Result<(Running, u16)> {
    let program = find_program("prometheus-alertmanager").context("prometheus-alertmanager")?;
    let config = folder.join("alertmanager.yml");
    fs::write(&config, "route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n")?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let log = fs::File::create(folder.join("alertmanager.log"))?;
    let mut command = Command::new(program);
    command
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.path={}", folder.join("alertmanager").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--cluster.listen-address=")
        .stderr(log);
    let running = Running::start(&mut command)?;
    let status = until(READY_SECONDS_MAX, || Ok(receiver::get(port, "/api/v2/status")), Result::is_ok)?;
    let log = || fs::read_to_string(folder.join("alertmanager.log")).unwrap_or_default();
    status.with_context(|| format!("Alertmanager is not ready: {}", log()))?;
    Ok((running, port))
}
