//! Scenario: Debian's Prometheus scrapes the agent; names with quotes and line feeds; who may ask.

use super::running::{Home, PATIENCE, RunningAgent, configuration, free_port};
use super::workloads::{HOG, MIB, Workloads, waiting};
use crate::prometheus::server::{Prometheus, get};
use crate::prometheus::{Programs, programs};
use crate::real::cgroup_files::ContainerCgroup;
use crate::real::checks::Checks;
use crate::real::docker_daemon::{Daemon, Docker};
use crate::real::polling::until;
use crate::real::product::Product;
use crate::repository;
use crate::subprocess::output;
use anyhow::{Context, ensure};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

/// What nobody should call a project, and the kernel and Docker let everybody.
const PROJECT: &str = "sh\"op\\\nno\\n";
const SERVICE: &str = "we'b{\u{e9}}";
const TOKEN: &str = "T0SECRET0T";

/// Runs the scenario.
pub fn run(product: &Product, daemon: Daemon, checks: &mut Checks) -> anyhow::Result<()> {
    let programs = programs()?;
    let home = Home::make("scraped")?;
    let docker = Docker::start(daemon)?;
    let beside = product.path().parent().context("the product lies in no folder")?;
    let mut workloads = Workloads::new(docker, home.path("go"), beside)?;
    let project = format!("com.docker.compose.project={PROJECT}");
    let service = format!("com.docker.compose.service={SERVICE}");
    let script = waiting("odd", HOG);
    workloads.start("odd", 24, &["--label", &project, "--label", &service], &script)?;
    workloads.start("even", 48, &[], "while :; do /bin/busybox sleep 1; done")?;
    let scene = Scene { product, programs, home, workloads, port: free_port()? };
    scene.open(checks)?;
    scene.with_token(checks)?;
    scene.secured(checks)
}

/// What the checks share.
struct Scene<'product> {
    product: &'product Product,
    programs: Programs,
    home: Home,
    workloads: Workloads,
    port: u16,
}

impl<'product> Scene<'product> {
    fn agent(&self, metrics: &[(&str, &str)]) -> anyhow::Result<RunningAgent<'product>> {
        let config = self.home.path("agent.yaml").display().to_string();
        let told = self.home.path("alerts").display().to_string();
        // A receiver has series too.
        let sinks = format!("  sinks: [{{name: 'a \"file\"', log: {{path: {told}}}}}]\n");
        fs::write(&config, configuration("1s", Some(metrics)) + &sinks)?;
        let address = format!("127.0.0.1:{}", self.port);
        let flags =
            ["--docker-host", self.workloads.docker.host(), "--config", &config, "--listen", &address];
        self.home.agent(self.product, &flags)
    }

    /// On loopback everybody may ask.
    fn open(&self, checks: &mut Checks) -> anyhow::Result<()> {
        let agent = self.agent(&[])?;
        let prometheus = self.prometheus("")?;
        let cgroup = ContainerCgroup::find(&self.workloads.inspect("even", "{{.Id}}")?)?;
        checks.equal("prometheus: the agent is up", &when(&prometheus, "up", |up| up == "1")?, &json!("1"));
        let name = Workloads::name("even");
        let usage = format!("container_memory_usage_bytes{{name=\"{name}\"}}");
        let found = when(&prometheus, &usage, |_| true)?;
        let found = json!(found.as_str().and_then(|number| number.parse::<u64>().ok()));
        let usage = cgroup.memory_usage()?;
        checks.between("prometheus: a container's memory", &found, [usage, usage], 2 * MIB);
        let limit = format!("container_spec_memory_limit_bytes{{name=\"{name}\"}}");
        checks.equal(
            "prometheus: its limit",
            &when(&prometheus, &limit, |_| true)?,
            &json!((48 * MIB).to_string()),
        );
        self.workloads.go("odd")?;
        let name = format!("{PROJECT}/{SERVICE}");
        let kills = when_series(&prometheus, "highwater_container_oom_kills_total", |one| {
            one["workload"] == name.as_str()
        })?;
        checks.check(
            "prometheus: a name with quotes and line feeds, whole",
            kills.is_some(),
            format!("no {name:?}"),
        );
        let dropped = when(&prometheus, "highwater_metrics_containers_dropped", |_| true)?;
        checks.equal("prometheus: no container is left out", &dropped, &json!("0"));
        let refused = when(&prometheus, "scrape_samples_scraped", |_| true)?;
        let is_page =
            refused.as_str().and_then(|count| count.parse::<u64>().ok()).is_some_and(|count| count > 50);
        checks.check("prometheus: it takes the whole page", is_page, refused);
        let page = agent.metrics()?.0;
        checks.check(
            "promtool: the odd name is on the page",
            page.contains(r#"sh\"op\\\nno\\n/we'b{"#),
            &page,
        );
        checks.check(
            "promtool: and a receiver",
            page.contains(r#"highwater_alert_receiver_waiting{receiver="a \"file\""} "#),
            &page,
        );
        checks.equal("promtool: nothing to say against the page", &json!(self.promtool(&page)?), &json!(""));
        let broken: String =
            page.lines().filter(|line| !line.starts_with("# HELP")).flat_map(|line| [line, "\n"]).collect();
        checks.check(
            "promtool: though it says something of a broken one",
            !self.promtool(&broken)?.is_empty(),
            "silent",
        );
        self.check_rules(&page, checks)?;
        agent.end().map(drop)
    }

    /// The rules that go with the metrics do as their tests say, and ask for what is on the page.
    fn check_rules(&self, page: &str, checks: &mut Checks) -> anyhow::Result<()> {
        let folder = repository::root()?.join("deploy");
        let mut command = Command::new(&self.programs.promtool);
        command.args(["test", "rules"]).arg(folder.join("prometheus-rules.test.yaml"));
        let outcome = output(&mut command, PATIENCE)?;
        let said = format!("{}{}", outcome.stdout, outcome.stderr);
        checks.check("promtool: the rules do as their tests say", outcome.code == Some(0), said);
        let rules = fs::read_to_string(folder.join("prometheus-rules.yaml"))?;
        let words = rules.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let asked: BTreeSet<&str> = words.filter(|word| word.starts_with("highwater_")).collect();
        let given: BTreeSet<&str> = page.lines().filter_map(|line| line.split(['{', ' ']).next()).collect();
        let strange: Vec<&&str> = asked.difference(&given).collect();
        let is_all = !asked.is_empty() && strange.is_empty();
        checks.check("promtool: the rules ask for what is there", is_all, format!("not there: {strange:?}"));
        Ok(())
    }

    /// With a token only who names it is answered; an open port without one is refused.
    fn with_token(&self, checks: &mut Checks) -> anyhow::Result<()> {
        let token = self.home.path("token").display().to_string();
        fs::write(&token, format!("{TOKEN}\n"))?;
        let agent = self.agent(&[("bearerTokenFile", &token)])?;
        for (header, status) in [
            (String::new(), "401"),
            ("Authorization: Bearer wrong\r\n".to_owned(), "401"),
            (format!("Authorization: Bearer {TOKEN}x\r\n"), "401"),
            (format!("Authorization: Bearer {TOKEN}\r\n"), "200"),
        ] {
            let answer = ask(self.port, &header)?;
            let is_so = answer.starts_with(&format!("HTTP/1.1 {status}"));
            checks.check(
                &format!("token: {status} for `{}`", header.trim().replace(TOKEN, "TOKEN")),
                is_so,
                answer,
            );
        }
        let authorization = format!("    authorization: {{credentials_file: {token}}}\n");
        let prometheus = self.prometheus(&authorization)?;
        checks.equal("token: Prometheus has it", &when(&prometheus, "up", |up| up == "1")?, &json!("1"));
        let stranger = self.prometheus("")?;
        checks.equal("token: another one has not", &when(&stranger, "up", |up| up == "0")?, &json!("0"));
        agent.end()?;
        let state = self.home.path("open").display().to_string();
        let open = self.product.run(&["agent", "--state", &state, "--listen", "0.0.0.0:0"])?;
        checks.check("token: no open port without one", open.code == Some(2), format!("{:?}", open.code));
        checks.check("token: and it is said", open.stderr.contains("bearer"), &open.stderr);
        let said = self.home.said() + &self.home.told() + &open.stderr;
        checks.check("token: it is never printed", !said.contains(TOKEN), "printed");
        Ok(())
    }

    /// With a certificate: whoever trusts it is answered, others are not, and a renewed one is taken without a restart.
    fn secured(&self, checks: &mut Checks) -> anyhow::Result<()> {
        let below = |name: &str| self.home.path(name).display().to_string();
        let (token, certificate, key) = (below("token"), below("certificate.pem"), below("key.pem"));
        self.certify(&certificate, &key)?;
        let metrics = [
            ("bearerTokenFile", token.as_str()),
            ("certificateFile", certificate.as_str()),
            ("keyFile", key.as_str()),
        ];
        let agent = self.agent(&metrics)?;
        let said = format!("https://127.0.0.1:{}/metrics", self.port);
        checks.check("TLS: it says where", self.home.said().contains(&said), self.home.said());
        let trusting = |authority: &str| {
            format!(
                "    scheme: https\n    tls_config: {{ca_file: {authority}}}\n    authorization: {{credentials_file: {token}}}\n"
            )
        };
        let first = below("first.pem");
        fs::copy(&certificate, &first)?;
        let trusted = self.prometheus(&trusting(&first))?;
        checks.equal("TLS: Prometheus scrapes", &when(&trusted, "up", |up| up == "1")?, &json!("1"));
        let unread = ask(self.port, &format!("Authorization: Bearer {TOKEN}\r\n")).unwrap_or_default();
        checks.check("TLS: nobody is answered without", !unread.contains("200 OK"), unread);
        self.certify(&certificate, &key)?;
        let stranger = self.prometheus(&trusting(&certificate))?;
        checks.equal(
            "TLS: another certificate is not trusted",
            &when(&stranger, "up", |up| up == "0")?,
            &json!("0"),
        );
        agent.signal(Signal::HUP);
        checks.equal("TLS: a renewed one is taken", &when(&stranger, "up", |up| up == "1")?, &json!("1"));
        checks.equal("TLS: and the old one gone", &when(&trusted, "up", |up| up == "0")?, &json!("0"));
        self.certify(&certificate, &below("other.pem"))?;
        agent.signal(Signal::HUP);
        let status = agent.status_when(|status| !status["config_refused"].is_null())?;
        checks.check(
            "TLS: a key of another certificate is refused",
            !status["config_refused"].is_null(),
            &status,
        );
        agent.end()?;
        let private = fs::read_to_string(&key)?;
        let secret = private.lines().nth(1).context("an empty key")?;
        checks.check("TLS: no key is printed", !self.home.said().contains(secret), "printed");
        Ok(())
    }

    /// A new certificate for this machine's own address, signed by itself.
    fn certify(&self, certificate: &str, key: &str) -> anyhow::Result<()> {
        let mut command = Command::new("openssl");
        command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]);
        command.args(["-days", "2", "-subj", "/CN=highwater", "-addext", "subjectAltName=IP:127.0.0.1"]);
        command.args(["-out", certificate, "-keyout", key]);
        let outcome = output(&mut command, PATIENCE)?;
        ensure!(outcome.code == Some(0), "openssl: {}", outcome.stderr);
        Ok(())
    }

    /// A Prometheus that scrapes the agent every second.
    fn prometheus(&self, more: &str) -> anyhow::Result<Prometheus> {
        let config = format!(
            "scrape_configs:\n  - job_name: highwater\n    scrape_interval: 1s\n    scrape_timeout: 1s\n{more}    static_configs: [{{targets: ['127.0.0.1:{}']}}]\n",
            self.port
        );
        Prometheus::configured(&self.programs, &config)
    }

    /// What `promtool check metrics` says of a page; nothing when it is content.
    fn promtool(&self, page: &str) -> anyhow::Result<String> {
        let (input, output) = (self.home.path("page"), self.home.path("promtool"));
        fs::write(&input, page)?;
        let mut command = Command::new(&self.programs.promtool);
        command.args(["check", "metrics"]).stdin(File::open(&input)?);
        command
            .stdout(Stdio::from(File::create(&output)?))
            .stderr(Stdio::from(File::options().append(true).open(&output)?));
        let status = command.status().context("promtool")?;
        let said = fs::read_to_string(&output)?;
        // A word on standard error alone is content too.
        Ok(if status.success() { String::new() } else { format!("{status}: {said}") })
    }
}

/// The whole answer to a GET of the metrics with a header.
fn ask(port: u16, header: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n{header}\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// The value of an expression, as soon as there is one and it is as wanted; what it was last.
fn when(prometheus: &Prometheus, expression: &str, is_so: impl Fn(&str) -> bool) -> anyhow::Result<Value> {
    let target = format!("/api/v1/query?query={}", quoted(expression));
    let value = || Ok(asked(prometheus, &target)?["data"]["result"][0]["value"][1].clone());
    until(PATIENCE, value, |value| value.as_str().is_some_and(&is_so))
}

/// The series of a family with these labels, as soon as there is one.
fn when_series(
    prometheus: &Prometheus,
    family: &str,
    is_wanted: impl Fn(&Value) -> bool,
) -> anyhow::Result<Option<Value>> {
    let target = format!("/api/v1/series?match[]={family}");
    let series = || {
        let answer = asked(prometheus, &target)?;
        Ok(answer["data"].as_array().into_iter().flatten().find(|one| is_wanted(one)).cloned())
    };
    until(PATIENCE, series, Option::is_some)
}

fn asked(prometheus: &Prometheus, target: &str) -> anyhow::Result<Value> {
    let answer = get(prometheus.port(), target)?;
    let (_, body) = answer.split_once("\r\n\r\n").context("an answer without a body")?;
    serde_json::from_str(body).with_context(|| answer.clone())
}

/// As it stands in a URL.
fn quoted(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || byte == b'_' {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
