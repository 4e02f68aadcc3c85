//! In a Debian machine that keeps its disk: what systemd, the kernel and the agent say of the installed agent, one boot after the other.

use super::running::configuration;
use super::workloads::figures;
use crate::real::checks::Checks;
use crate::real::node_first_boot::stand_ins::{done, printed, tried};
use crate::real::polling::until;
use crate::real::product::Product;
use anyhow::{Context, ensure};
use clap::ValueEnum;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

const UNIT: &str = "highwater-agent.service";
const BINARY: &str = "/usr/bin/highwater";
const CONFIG: &str = "/etc/highwater/agent.yaml";
/// What there was before, kept on the disk.
const BEFORE: &str = "/var/tmp/before";
/// The steps of a workload that the first boot left.
const STEPS: &str = "/var/tmp/steps";
/// A service that every Debian with systemd runs.
const WORKLOAD: &str = "systemd-journald.service";
/// What `systemd-analyze security` may say at most, of ten.
const EXPOSURE_MAX: f64 = 2.5;
const DAY: u64 = 86_400;
const PATIENCE: Duration = Duration::from_secs(120);

/// One boot of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Boot {
    /// The agent is installed, watched, reloaded, stopped, and the clock set back and forth
    Install,
    /// It is there again by itself, with its history, and is taken away
    AfterReboot,
}

/// Runs a boot's checks.
pub fn run(product: &Product, boot: Boot, checks: &mut Checks) -> anyhow::Result<()> {
    ensure!(
        Path::new("/ctl/command").exists() && Path::new("/run/systemd/system").exists(),
        "this scenario installs a service and sets the clock: it is for the Debian machine of `cargo xtask vm`"
    );
    match boot {
        Boot::Install => {
            // What Docker makes of its own at its first start is not the agent's.
            done("systemctl start docker")?;
            fs::write(BEFORE, listing()?)?;
            done(&format!("cp {} {BINARY}", product.path().display()))?;
            let scene = Scene { product: Product::at(Path::new(BINARY))? };
            scene.install(checks)?;
            scene.hardened(checks)?;
            scene.kill(checks)?;
            scene.container(checks)?;
            scene.reload(checks)?;
            scene.clock(checks)?;
            scene.watchdog(checks)?;
            scene.stop(checks)
        }
        Boot::AfterReboot => {
            let scene = Scene { product: Product::at(Path::new(BINARY))? };
            scene.after_reboot(checks)?;
            scene.uninstall(checks)
        }
    }
}

/// The installed product.
struct Scene {
    product: Product,
}

impl Scene {
    fn install(&self, checks: &mut Checks) -> anyhow::Result<()> {
        let dry = self.product.run(&["agent", "install", "--dry-run"])?;
        checks.check("install: a dry run tells of the unit", dry.stdout.contains("agent-unit "), &dry.stdout);
        checks.equal(
            "install: a dry run changes nothing",
            &json!(listing()?),
            &json!(fs::read_to_string(BEFORE)?),
        );
        let outcome = self.product.run(&["agent", "install", "--yes"])?;
        checks.check(
            "install: done",
            outcome.code == Some(0),
            format!("{}{}", outcome.stdout, outcome.stderr),
        );
        checks.equal("install: the unit runs", &json!(property("ActiveState")?), &json!("active"));
        checks.equal(
            "install: it has told that it is ready",
            &json!(property("SubState")?),
            &json!("running"),
        );
        let status = self.status_when(|status| status["looks"].as_u64() >= Some(2))?;
        checks.check("install: the agent answers", status["looks"].as_u64() >= Some(2), &status);
        let again = self.product.run(&["agent", "install", "--yes"])?;
        checks.check("install: once more is nothing to do", again.code == Some(0), &again.stderr);
        Ok(())
    }

    fn hardened(&self, checks: &mut Checks) -> anyhow::Result<()> {
        let pid = property("MainPID")?;
        let owner = printed(&format!("stat -c %U /proc/{pid}"))?;
        checks.equal("hardened: it is not root", &json!(owner), &json!("highwater"));
        let security = printed(&format!("systemd-analyze security --no-pager {UNIT} | tail -1"))?;
        println!("      {security}");
        let words = security.split_whitespace();
        let exposure: Option<f64> = words.filter_map(|word| word.parse().ok()).next();
        let is_low = exposure.is_some_and(|exposure| exposure <= EXPOSURE_MAX);
        checks.check("hardened: systemd-analyze finds little", is_low, &security);
        let status = self.status()?;
        checks.equal("hardened: everything can be heard", &status["missing"], &json!([]));
        let listening = printed(&format!("ls -l /proc/{pid}/fd | grep -c socket"))?;
        checks.check("hardened: it has sockets", listening != "0", &listening);
        let tcp = printed("cat /proc/net/tcp /proc/net/tcp6 | awk '$4 == \"0A\"' | grep -ic ':24F8 '")?;
        checks.equal("hardened: no port is open unless asked for", &json!(tcp), &json!("0"));
        let socket = printed("stat -c '%U %G %a' /run/highwater /run/highwater/agent.sock")?;
        let is_closed =
            socket.lines().all(|line| line.starts_with("highwater highwater ") && line.ends_with('0'));
        checks.check("hardened: its socket is its group's", is_closed, &socket);
        let refused =
            printed("setpriv --reuid nobody --clear-groups /usr/bin/highwater agent status; echo $?")?;
        checks.check("hardened: nobody else may ask it", refused.ends_with('3'), &refused);
        Ok(())
    }

    /// A kill is told although it is not root.
    fn kill(&self, checks: &mut Checks) -> anyhow::Result<()> {
        let limits = "-p MemoryMax=16M -p MemorySwapMax=0";
        tried(&format!("systemd-run --wait --collect --unit highwater-victim {limits} /host/xtask hold 64"))?;
        let status = self.status_when(|status| status["incidents"].as_u64() >= Some(1))?;
        checks.equal("a kill: it is counted", &status["incidents"], &json!(1));
        let list =
            self.product.json(&["oom", "ls", "--state", "/var/lib/highwater/agent", "--format", "json"])?;
        checks.check("a kill: of the right unit", list.to_string().contains("highwater-victim"), &list);
        let journal = printed(&format!("journalctl -u {UNIT} -o cat | grep -c highwater-victim"))?;
        checks.equal("a kill: told in the unit's log, once", &json!(journal), &json!("1"));
        Ok(())
    }

    /// Docker's names are heard by a user that is not root.
    fn container(&self, checks: &mut Checks) -> anyhow::Result<()> {
        done("docker-busybox-image hw >/dev/null")?;
        done("docker run -d --name highwater-web -m 32m --network none hw /bin/busybox sleep 3600")?;
        let list =
            until(PATIENCE, || self.history(&[]), |list| list.to_string().contains("\"highwater-web\""))?;
        checks.check(
            "a container: in the history by its name",
            list.to_string().contains("\"highwater-web\""),
            &list,
        );
        Ok(())
    }

    /// `systemctl reload` takes a configuration that was not there before, and a bad one is told.
    fn reload(&self, checks: &mut Checks) -> anyhow::Result<()> {
        let pid = property("MainPID")?;
        fs::write(CONFIG, configuration("2s", Some(&[("listen", "127.0.0.1:9464")])))?;
        let reloaded = tried(&format!("systemctl reload {UNIT}"))?;
        checks.check("reload: systemd is content", reloaded.code == Some(0), &reloaded.stderr);
        let status = self.status_when(|status| status["interval_seconds"].as_f64() >= Some(2.0))?;
        let is_taken = status["interval_seconds"].as_f64() >= Some(2.0) && status["config"] == CONFIG;
        checks.check("reload: the configuration holds", is_taken, &status);
        let page = until(PATIENCE, || Ok(scrape()), |page| page.contains("highwater_build_info"))?;
        checks.check("reload: metrics are given", page.contains("highwater_build_info"), page);
        fs::write(CONFIG, "nonsense: 1\n")?;
        tried(&format!("systemctl reload {UNIT}"))?;
        let status = self.status_when(|status| !status["config_refused"].is_null())?;
        checks.check("reload: a bad one is refused", !status["config_refused"].is_null(), &status);
        fs::write(CONFIG, configuration("1s", None))?;
        done(&format!("systemctl reload {UNIT}"))?;
        let status = self.status_when(|status| status["config_refused"].is_null())?;
        checks.equal("reload: a good one is taken again", &status["config_refused"], &Value::Null);
        checks.equal("reload: it is the same process", &json!(property("MainPID")?), &json!(pid));
        Ok(())
    }

    /// A clock that is wrong for a while neither stops the agent nor tears the history.
    fn clock(&self, checks: &mut Checks) -> anyhow::Result<()> {
        let before = self.steps()?;
        let begun = (now()?, uptime()?);
        for seconds in [format!("+{DAY}"), format!("-{}", 2 * DAY)] {
            done(&format!("date -s @$(( $(date +%s) {seconds} )) >/dev/null"))?;
            let looks = self.status()?["looks"].as_u64().unwrap_or(0);
            let status = self.status_when(|status| status["looks"].as_u64() >= Some(looks + 12))?;
            let goes_on = status["looks"].as_u64() >= Some(looks + 12);
            checks.check(&format!("clock {seconds}: it goes on"), goes_on, &status);
            checks.equal(
                &format!("clock {seconds}: and writes"),
                &status["history"]["is_written"],
                &json!(true),
            );
        }
        let passed = uptime()? - begun.1;
        done(&format!("date -s @{} >/dev/null", begun.0 + passed))?;
        let looks = self.status()?["looks"].as_u64().unwrap_or(0);
        self.status_when(|status| status["looks"].as_u64() >= Some(looks + 12))?;
        let passed = uptime()? - begun.1;
        let after = self.steps()?;
        let is_sorted = after.windows(2).all(|pair| matches!(pair, [one, next] if one < next));
        checks.check("clock: the steps are in order", is_sorted, format!("{after:?}"));
        let (first, last) = (after.first().copied().unwrap_or(0), after.last().copied().unwrap_or(0));
        let real = now()?;
        checks.check("clock: none is of the future", last <= real + 2, format!("{last}, now {real}"));
        let span = last.saturating_sub(first);
        let is_whole = span < before.len() as u64 * 4 + passed + 120;
        checks.check("clock: no day came between", is_whole, format!("{span} s after {passed} s"));
        let grown = after.len().saturating_sub(before.len()) as u64;
        let is_all = grown + 30 >= passed / 4 && grown <= passed + 2;
        checks.check("clock: nor is a step lost or made up", is_all, format!("{grown} steps in {passed} s"));
        Ok(())
    }

    /// It tells systemd that it lives; when it hangs it is started again.
    fn watchdog(&self, checks: &mut Checks) -> anyhow::Result<()> {
        checks.equal("watchdog: as the unit says", &json!(property("WatchdogUSec")?), &json!("1min"));
        fs::create_dir_all(format!("/run/systemd/system/{UNIT}.d"))?;
        fs::write(format!("/run/systemd/system/{UNIT}.d/soon.conf"), "[Service]\nWatchdogSec=10s\n")?;
        done(&format!("systemctl daemon-reload && systemctl restart {UNIT}"))?;
        let pid = property("MainPID")?;
        let looks =
            self.status_when(|status| status["looks"].as_u64() >= Some(1))?["looks"].as_u64().unwrap_or(0);
        sleep(Duration::from_secs(22));
        self.status_when(|status| status["looks"].as_u64() > Some(looks))?;
        checks.equal("watchdog: who looks is left alone", &json!(property("MainPID")?), &json!(pid));
        done(&format!("kill -STOP {pid}"))?;
        let other = until(PATIENCE, || property("MainPID"), |now| *now != pid && now != "0")?;
        checks.check("watchdog: who hangs is started again", other != pid && other != "0", &other);
        let status = self.status_when(|status| status["looks"].as_u64() >= Some(1))?;
        checks.check("watchdog: and watches", status["looks"].as_u64() >= Some(1), &status);
        fs::remove_dir_all(format!("/run/systemd/system/{UNIT}.d"))?;
        done("systemctl daemon-reload")
    }

    /// `SIGTERM`: it ends with everything written.
    fn stop(&self, checks: &mut Checks) -> anyhow::Result<()> {
        let looks = self.status()?["looks"].as_u64().unwrap_or(0);
        self.status_when(|status| status["looks"].as_u64() > Some(looks + 3))?;
        done(&format!("systemctl stop {UNIT}"))?;
        let at = now()?;
        checks.equal("stop: it ended well", &json!(property("Result")?), &json!("success"));
        checks.equal("stop: with exit code 0", &json!(property("ExecMainStatus")?), &json!("0"));
        let last = self.steps()?.last().copied().unwrap_or(0);
        checks.check("stop: the last seconds are written", last + 8 >= at, format!("{last}, ended at {at}"));
        done(&format!("systemctl start {UNIT}"))?;
        self.status_when(|status| status["looks"].as_u64() >= Some(12))?;
        fs::write(STEPS, self.steps()?.iter().map(u64::to_string).collect::<Vec<_>>().join("\n"))?;
        done("sync")
    }

    fn after_reboot(&self, checks: &mut Checks) -> anyhow::Result<()> {
        let status = self.status_when(|status| status["looks"].as_u64() >= Some(2))?;
        checks.check("rebooted: it is there by itself", status["looks"].as_u64() >= Some(2), &status);
        let before: Vec<u64> =
            fs::read_to_string(STEPS)?.lines().filter_map(|line| line.parse().ok()).collect();
        let count = before.len();
        checks.check("rebooted: there was a history", count > 10, count);
        let found = until(PATIENCE, || self.steps(), |steps| steps.last() > before.last())?;
        let is_there = |at: u64| found.iter().any(|other| other.abs_diff(at) <= 1);
        let lost = before.iter().filter(|at| !is_there(**at)).count();
        checks.equal("rebooted: nothing of it is lost", &json!(lost), &json!(0));
        checks.check("rebooted: and it goes on", found.last() > before.last(), format!("{:?}", found.last()));
        let list =
            self.product.json(&["oom", "ls", "--state", "/var/lib/highwater/agent", "--format", "json"])?;
        checks.check(
            "rebooted: the kill is remembered",
            list.to_string().contains("highwater-victim"),
            &list,
        );
        checks.equal("rebooted: and not told again", &self.status()?["incidents"], &json!(0));
        Ok(())
    }

    fn uninstall(&self, checks: &mut Checks) -> anyhow::Result<()> {
        let pid = property("MainPID")?;
        let outcome = self.product.run(&["agent", "uninstall", "--yes"])?;
        checks.check(
            "uninstall: done",
            outcome.code == Some(0),
            format!("{}{}", outcome.stdout, outcome.stderr),
        );
        checks.check("uninstall: the process has ended", !Path::new(&format!("/proc/{pid}")).exists(), &pid);
        checks.equal("uninstall: no such unit", &json!(property("LoadState")?), &json!("not-found"));
        checks.check(
            "uninstall: no socket",
            !Path::new("/run/highwater").exists(),
            "there is /run/highwater",
        );
        let before = fs::read_to_string(BEFORE)?;
        let left: Vec<String> = listing()?
            .lines()
            .filter(|line| !before.lines().any(|known| known == *line))
            .map(str::to_owned)
            .collect();
        // The configuration is the user's, and accounts stay as long as files are theirs.
        let is_expected = |path: &String| path.starts_with("/etc/highwater");
        let left: Vec<String> = left.into_iter().filter(|path| !is_expected(path)).collect();
        checks.equal("uninstall: nothing of it is left", &json!(left), &json!([]));
        let kept = Path::new("/var/lib/highwater/agent/history").exists();
        checks.check("uninstall: but what it remembered", kept, "the history is gone");
        let failed = printed("systemctl --failed --plain --no-legend | grep highwater")?;
        checks.equal("uninstall: nothing has failed", &json!(failed), &json!(""));
        Ok(())
    }

    fn status(&self) -> anyhow::Result<Value> {
        self.product.json(&["agent", "status", "--format", "json"])
    }

    fn status_when(&self, is_so: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        until(PATIENCE, || Ok(self.status().unwrap_or_default()), is_so)
    }

    fn history(&self, words: &[&str]) -> anyhow::Result<Value> {
        self.product.json(&[&["history", "--format", "json"], words].concat())
    }

    /// The seconds of which a service has a step.
    fn steps(&self) -> anyhow::Result<Vec<u64>> {
        Ok(figures(&self.history(&[WORKLOAD, "--step", "1s"])?, "at_seconds"))
    }
}

/// A property of the unit.
fn property(name: &str) -> anyhow::Result<String> {
    printed(&format!("systemctl show -P {name} {UNIT}"))
}

/// Every file of the system's own configuration.
fn listing() -> anyhow::Result<String> {
    printed(
        "find /etc /usr/lib/systemd /usr/lib/sysusers.d /usr/lib/tmpfiles.d -xdev | grep -Ev '^/etc/(passwd|group|shadow|gshadow)-$|/etc/.pwd.lock' | sort",
    )
}

/// The metrics, as a scraper without a name gets them.
fn scrape() -> String {
    crate::prometheus::server::get(9464, "/metrics").unwrap_or_default()
}

fn now() -> anyhow::Result<u64> {
    printed("date +%s")?.parse().context("date")
}

fn uptime() -> anyhow::Result<u64> {
    let text = fs::read_to_string("/proc/uptime")?;
    text.split('.').next().and_then(|seconds| seconds.parse().ok()).context("/proc/uptime")
}
