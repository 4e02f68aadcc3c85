//! Scenario: a disk that is full, a folder that another agent has or a later Highwater wrote, and a configuration that is wrong.

use super::running::{Home, RunningAgent, configuration};
use super::workloads::figures;
use crate::real::checks::Checks;
use crate::real::oom::stage::kill_in;
use crate::real::own_cgroup::{OwnCgroup, Tree};
use crate::real::product::Product;
use crate::subprocess::output;
use anyhow::{Context, ensure};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// The whole file system.
const DISK: &str = "size=4m";

/// So many groups are services by their names: what they write in ten seconds does not fit into the rest of a page.
const WORKLOADS: usize = 100;

/// Runs the scenario.
pub fn run(product: &Product, checks: &mut Checks) -> anyhow::Result<()> {
    let home = Home::make("trouble")?;
    let disk = Mounted::make(home.path("state"))?;
    let tree = Tree::plant()?;
    let groups: Vec<OwnCgroup> =
        (0..WORKLOADS).map(|number| tree.group(&workload(number))).collect::<anyhow::Result<_>>()?;
    let group = groups.first().context("no group")?;
    let scene = Scene { product, home, disk, tree };
    let agent = scene.agent()?;
    scene.full(&agent, group, checks)?;
    scene.alone(checks)?;
    scene.configured(&agent, checks)?;
    let status = agent.end()?;
    checks.check("it ends cleanly", status.success(), status);
    scene.of_another_time(checks)?;
    scene.full_from_the_start(checks)
}

/// What the checks share. The file system goes before the folder that it is in.
struct Scene<'product> {
    product: &'product Product,
    disk: Mounted,
    home: Home,
    tree: Tree,
}

impl<'product> Scene<'product> {
    fn agent(&self) -> anyhow::Result<RunningAgent<'product>> {
        let config = self.config();
        fs::write(&config, configuration("1s", None))?;
        self.home.agent(self.product, &["--config", &config])
    }

    fn config(&self) -> String {
        self.home.path("agent.yaml").display().to_string()
    }

    /// The history stops and says so once, everything else goes on; with room it goes on too.
    fn full(&self, agent: &RunningAgent<'_>, group: &OwnCgroup, checks: &mut Checks) -> anyhow::Result<()> {
        let steps_now = || self.steps(group);
        agent.status_when(|_| steps_now().is_ok_and(|steps| !steps.is_empty()))?;
        let before = self.steps(group)?;
        checks.check("before: the history is written", !before.is_empty(), "no steps");
        self.disk.fill()?;
        let status = agent.status_when(|status| status["history"]["is_written"] == false)?;
        let history = &status["history"];
        checks.equal("full: the state says that the history stops", &history["is_written"], &json!(false));
        let why = history["why"].as_str().unwrap_or_default().to_lowercase();
        checks.check("full: and why", why.contains("no space"), history);
        agent.wait_for_looks(5)?;
        kill_in(&self.tree.group("killed-while-full")?)?;
        let status = agent.status_when(|status| status["incidents"].as_u64() >= Some(1))?;
        checks.check("full: a kill is seen", status["incidents"].as_u64() >= Some(1), &status);
        agent.wait_for_looks(12)?;
        let told = self.home.told();
        checks.equal("full: and told once", &json!(told.matches("killed-while-full").count()), &json!(1));
        checks.equal(
            "full: the history says once that it stops",
            &json!(self.said("the history stops")),
            &json!(1),
        );
        let kept = self.steps(group)?;
        let lost = before.iter().filter(|at| !kept.contains(at)).count();
        checks.equal("full: nothing is lost that was written", &json!(lost), &json!(0));
        self.disk.clear()?;
        let status = agent.status_when(|status| status["history"]["is_written"] == true)?;
        checks.equal("room again: the history is written", &status["history"]["is_written"], &json!(true));
        checks.equal("room again: it says so, once", &json!(self.said("the history goes on")), &json!(1));
        let last = kept.last().copied().unwrap_or(0);
        agent
            .status_when(|_| steps_now().is_ok_and(|steps| steps.last().is_some_and(|at| *at > last + 5)))?;
        let after = self.steps(group)?;
        checks.check(
            "room again: there are new steps",
            after.last() > Some(&(last + 5)),
            format!("{after:?}"),
        );
        kill_in(&self.tree.group("killed-with-room")?)?;
        agent.status_when(|status| status["incidents"].as_u64() >= Some(2))?;
        let state = self.state();
        let list = self.product.json(&["oom", "ls", "--state", &state, "--format", "json"])?.to_string();
        checks.check("room again: kills are kept", list.contains("killed-with-room"), "not listed");
        let is_kept = list.contains("killed-while-full");
        checks.check("room again: and those that were told without room", is_kept, "not listed");
        Ok(())
    }

    /// One folder, one agent.
    fn alone(&self, checks: &mut Checks) -> anyhow::Result<()> {
        let (state, socket) = (self.state(), self.home.path("second.sock").display().to_string());
        let second = self.product.run(&["agent", "--state", &state, "--socket", &socket])?;
        checks.check("a second agent: exit code 3", second.code == Some(3), format!("{:?}", second.code));
        let says = second.stderr.contains("another agent") && second.stderr.contains(&state);
        checks.check("a second agent: it names the folder", says, &second.stderr);
        let (other, taken) = (
            self.home.path("elsewhere").display().to_string(),
            self.home.path("agent.sock").display().to_string(),
        );
        let second = self.product.run(&["agent", "--state", &other, "--socket", &taken])?;
        let is_refused = second.code == Some(3) && second.stderr.contains(&taken);
        checks.check("a second agent: nor does it take the socket", is_refused, &second.stderr);
        Ok(())
    }

    /// A wrong key is named with its line, at the start and when the configuration is read again.
    fn configured(&self, agent: &RunningAgent<'_>, checks: &mut Checks) -> anyhow::Result<()> {
        let good = configuration("2s", None);
        let bad = format!("{}\nintervall: 1\n", good.trim_end());
        let line = bad.lines().count();
        let before = agent.status()?["interval_seconds"].clone();
        fs::write(self.config(), &bad)?;
        agent.signal(Signal::HUP);
        let status = agent.status_when(|status| !status["config_refused"].is_null())?;
        let why = status["config_refused"].as_str().unwrap_or_default();
        let is_named = why.contains(&format!("agent.yaml:{line}:")) && why.contains("intervall");
        checks.check("an unknown key: named with its line", is_named, why);
        checks.equal("an unknown key: what was before holds on", &status["interval_seconds"], &before);
        let state = self.home.path("other").display().to_string();
        let started = self.product.run(&["agent", "--state", &state, "--config", &self.config()])?;
        checks.check("an unknown key: no start", started.code == Some(2), format!("{:?}", started.code));
        let is_named = started.stderr.contains(&format!("agent.yaml:{line}:"));
        checks.check("an unknown key: nor without its line", is_named, &started.stderr);
        fs::write(self.config(), &good)?;
        agent.signal(Signal::HUP);
        let status = agent.status_when(|status| status["interval_seconds"].as_f64() >= Some(2.0))?;
        let is_rarer = status["interval_seconds"].as_f64() >= Some(2.0);
        checks.check("mended: it holds without a restart", is_rarer, &status["interval_seconds"]);
        checks.equal("mended: nothing is refused", &status["config_refused"], &Value::Null);
        Ok(())
    }

    /// What a later Highwater wrote is left as it is.
    fn of_another_time(&self, checks: &mut Checks) -> anyhow::Result<()> {
        let folder = self.home.path("state").join("history");
        let name = |path: &PathBuf| path.extension().is_some_and(|end| end == "log" || end == "segment");
        let mut files: Vec<PathBuf> =
            fs::read_dir(&folder)?.flatten().map(|entry| entry.path()).filter(name).collect();
        files.sort();
        let newest = files.last().context("no file of a history")?;
        let mut bytes = fs::read(newest)?;
        // Magic, version, checksum of both.
        let head = bytes.get_mut(..16).context("a file without a head")?;
        ensure!(head.get(8..12) == Some(&[1, 0, 0, 0][..]), "expected version 1, found {head:?}");
        head[8] = 9;
        let sum = crc32(&head[..12]).to_le_bytes();
        head[12..].copy_from_slice(&sum);
        fs::write(newest, &bytes)?;
        let before = self.everything()?;
        let outcome = self.product.run(&["agent", "--state", &self.state()])?;
        checks.check(
            "a later version: exit code 3",
            outcome.code == Some(3),
            format!("{:?} {}", outcome.code, outcome.stderr),
        );
        let says = outcome.stderr.contains("version 9") && outcome.stderr.contains("later Highwater");
        checks.check("a later version: it is named", says, &outcome.stderr);
        checks.check("a later version: untouched", self.everything()? == before, "changed");
        fs::remove_file(newest)?;
        Ok(())
    }

    /// An agent that finds a full disk watches all the same.
    fn full_from_the_start(&self, checks: &mut Checks) -> anyhow::Result<()> {
        self.disk.fill()?;
        let before = self.said("the history stops");
        let agent = self.agent()?;
        let status = agent.status_when(|status| status["history"]["is_written"] == false)?;
        checks.equal("full at the start: it says so", &status["history"]["is_written"], &json!(false));
        agent.wait_for_looks(5)?;
        checks.equal("full at the start: once", &json!(self.said("the history stops") - before), &json!(1));
        agent.end()?;
        checks.equal(
            "full at the start: and not again at its end",
            &json!(self.said("the history stops") - before),
            &json!(1),
        );
        Ok(())
    }

    /// Every file below the state with its content.
    fn everything(&self) -> anyhow::Result<Vec<(PathBuf, Vec<u8>)>> {
        let state = self.home.path("state");
        let mut all = Vec::new();
        for folder in [state.clone(), state.join("history")] {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_file() {
                    all.push((path.clone(), fs::read(path)?));
                }
            }
        }
        all.sort();
        Ok(all)
    }

    /// The seconds of which the history has a step.
    fn steps(&self, group: &OwnCgroup) -> anyhow::Result<Vec<u64>> {
        let name = group.path().rsplit('/').next().unwrap_or_default();
        let arguments = ["history", name, "--state", &self.state(), "--step", "1s", "--format", "json"];
        Ok(figures(&self.product.json(&arguments)?, "at_seconds"))
    }

    fn said(&self, words: &str) -> usize {
        self.home.said().matches(words).count()
    }

    fn state(&self) -> String {
        self.home.path("state").display().to_string()
    }
}

fn workload(number: usize) -> String {
    format!("highwater-trouble-{number}-{}.service", std::process::id())
}

/// A file system in memory, with little room.
struct Mounted(PathBuf);

impl Mounted {
    fn make(folder: PathBuf) -> anyhow::Result<Self> {
        fs::create_dir_all(&folder)?;
        run_program(
            Command::new("mount").args(["-t", "tmpfs", "-o", DISK, "highwater-trouble"]).arg(&folder),
        )?;
        Ok(Self(folder))
    }

    /// Takes all the room there is.
    fn fill(&self) -> anyhow::Result<()> {
        let mut ballast = OpenOptions::new().create(true).append(true).open(self.ballast())?;
        while ballast.write(&[1; 4096]).is_ok_and(|written| written > 0) {}
        Ok(())
    }

    fn clear(&self) -> anyhow::Result<()> {
        fs::remove_file(self.ballast()).context("making room")
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

fn run_program(command: &mut Command) -> anyhow::Result<()> {
    let what = format!("{command:?}");
    let outcome = output(command, Duration::from_secs(30))?;
    ensure!(outcome.code == Some(0), "{what}: {}", outcome.stderr.trim());
    Ok(())
}

/// The checksum of zlib and PNG (RFC 1952, 8).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte),
            |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::crc32;

    #[test]
    fn the_checksum_is_that_of_the_catalogue() {
        // https://reveng.sourceforge.io/crc-catalogue/17plus.htm: CRC-32/ISO-HDLC, check.
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
