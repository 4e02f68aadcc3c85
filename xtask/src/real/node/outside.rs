//! The machine outside: boots a Debian machine again and again from one kept disk, and cuts its power when it is asked to.

use super::inside::Stage;
use crate::real::checks::Checks;
use crate::real::product::Product;
use anyhow::{Context, bail};
use clap::ValueEnum;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a boot and its stage may take.
const SECONDS_MAX: u64 = 600;

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// A swap file on ext4, two power cuts, a reboot.
    OnePath,
    /// Every other kind.
    Variants,
}

/// Boots.
pub fn run(product: &Product, extent: Extent, checks: &mut Checks) -> anyhow::Result<()> {
    let machine = NodeMachine(Kept::new(product)?);
    match extent {
        Extent::OnePath => {
            machine.cut(Stage::Begin, checks)?;
            machine.boot(Stage::GoOn, checks)?;
            machine.cut(Stage::AfterReboot, checks)?;
            machine.boot(Stage::UndoCut, checks)
        }
        Extent::Variants => {
            machine.boot(Stage::Variants, checks)?;
            machine.boot(Stage::VariantsAfterReboot, checks)
        }
    }
}

/// The machine in which a node is made ready.
struct NodeMachine(Kept);

/// A machine whose disk outlives it.
pub struct Kept {
    folder: PathBuf,
    binaries: PathBuf,
    highwater: String,
}

impl NodeMachine {
    /// A boot that comes to its end.
    fn boot(&self, stage: Stage, checks: &mut Checks) -> anyhow::Result<()> {
        match self.run(stage, checks)? {
            End::Off => Ok(()),
            End::Failed => bail!("stage {stage:?} did not come to its end"),
            End::Cut => bail!("stage {stage:?} asked for a power cut"),
        }
    }

    /// A boot that is cut.
    fn cut(&self, stage: Stage, checks: &mut Checks) -> anyhow::Result<()> {
        match self.run(stage, checks)? {
            End::Cut => Ok(()),
            End::Off | End::Failed => bail!("stage {stage:?} ended before its power was cut"),
        }
    }

    fn run(&self, stage: Stage, checks: &mut Checks) -> anyhow::Result<End> {
        let name = stage.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        self.0.run(&["node-inside", "--stage", &name], &name, checks)
    }
}

/// How a boot ended.
pub enum End {
    /// By itself, when its checks had come to their end.
    Off,
    /// The machine failed, or the time was over.
    Failed,
    /// Its power was cut, as it had asked.
    Cut,
}

impl Kept {
    /// A machine that has never run.
    pub fn new(product: &Product) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("highwater-machine-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("out"))?;
        let binaries = product.path().parent().context("the product lies in no folder")?.to_owned();
        let name = product.path().file_name().context("the product has no name")?;
        Ok(Self { folder, binaries, highwater: format!("/host/{}", name.to_string_lossy()) })
    }

    /// One boot, in which this scenario runs; `words` follow its name, and `name` is for the log.
    pub fn run(&self, words: &[&str], name: &str, checks: &mut Checks) -> anyhow::Result<End> {
        let log = self.folder.join("log");
        let start = Instant::now();
        let mut end = self.once(words, &log)?;
        // An emulated machine does not come up once in a hundred boots: then nothing has begun.
        if matches!(end, End::Failed) && !has_checks(&log)? {
            println!("      stage {name} again: the machine failed");
            end = self.once(words, &log)?;
        }
        println!("      stage {name}: {:.0} s", start.elapsed().as_secs_f64());
        retell(&log, name, checks)?;
        Ok(end)
    }

    fn once(&self, words: &[&str], log: &Path) -> anyhow::Result<End> {
        let order = self.folder.join("out/cut");
        let _ = std::fs::remove_file(&order);
        let mut child = self.command(words)?.stdin(Stdio::null()).stdout(File::create(log)?).spawn()?;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(match status.code() {
                    Some(0 | 1) => End::Off,
                    Some(_) | None => End::Failed,
                });
            }
            if order.exists() {
                // QEMU dies with the one that started it, at once: whatever the guest had not written is lost.
                child.kill()?;
                child.wait()?;
                return Ok(End::Cut);
            }
            if crate::subprocess::interrupted() {
                child.kill()?;
                child.wait()?;
                bail!("interrupted");
            }
            sleep(Duration::from_millis(10));
        }
    }

    fn command(&self, words: &[&str]) -> anyhow::Result<Command> {
        let mut command = Command::new(std::env::current_exe().context("the path of xtask")?);
        command.args([
            "vm",
            "--machine",
            "debian13",
            "--memory",
            "1024",
            "--timeout",
            &SECONDS_MAX.to_string(),
        ]);
        command.arg("--keep").arg(self.folder.join("disk"));
        command.arg("--out").arg(self.folder.join("out"));
        command.arg("--share").arg(&self.binaries);
        command.args(["--", "/host/xtask", "real"]).args(words);
        command.args(["--highwater", &self.highwater]);
        Ok(command)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn has_checks(log: &Path) -> anyhow::Result<bool> {
    let text = std::fs::read(log)?;
    let text = String::from_utf8_lossy(&text);
    Ok(text.lines().any(|line| line.starts_with("ok    ") || line.starts_with("FAIL  ")))
}

/// The checks that were made inside count here.
fn retell(log: &Path, stage: &str, checks: &mut Checks) -> anyhow::Result<()> {
    let text = std::fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())?;
    let mut told = 0;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("ok    ") {
            checks.check(name, true, "");
            told += 1;
        } else if let Some(words) = line.strip_prefix("FAIL  ") {
            let (name, detail) = words.split_once(": expected").unwrap_or((words, ""));
            checks.check(name, false, detail);
            told += 1;
        } else {
            println!("      {}", line.trim());
        }
    }
    checks.check(&format!("stage {stage}: it made checks"), told > 0, text);
    Ok(())
}
