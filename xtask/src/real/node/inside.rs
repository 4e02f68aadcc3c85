//! In a Debian machine that keeps its disk: one stage per boot, two of them ended by a power cut in the middle of a run.

use super::looks::{compressed, difference, files, priority, settings, swaps};
use super::{SECONDS_MAX, job, printed, tried, variants};
use crate::real::checks::Checks;
use crate::real::product::Product;
use crate::subprocess::{Outcome, output};
use anyhow::{Context, bail, ensure};
use clap::ValueEnum;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What is wanted of the machine.
const WISH: &str = "--swap 512Mi --priority 10 --swappiness 77 --page-cluster 0 --reclaim min-free=40Mi";
const FILE: &str = "/swapfile";
/// What the machine was before, kept on its disk.
const KEPT: &str = "/var/tmp/before";
const JOURNAL: &str = "/var/lib/highwater/node/journal";
/// Its appearance is the order to cut the power.
const CUT: &str = "/out/cut";

/// One boot of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// A job is killed; the plan is begun, and the power cut while systemd reads the new units
    Begin,
    /// The plan is continued and holds; the job is done; swap stays on while memory cannot take it back
    GoOn,
    /// Everything came back by itself; it is undone, begun again, and the power cut while swap is switched on
    AfterReboot,
    /// The second cut is undone
    UndoCut,
    /// Every other kind of swap, one after the other, then all together
    Variants,
    /// All of them came back by themselves, and are undone
    VariantsAfterReboot,
}

/// Runs a stage.
pub fn run(product: &Product, stage: Stage, checks: &mut Checks) -> anyhow::Result<()> {
    ensure!(
        Path::new("/ctl/command").exists() && Path::new("/run/systemd/system").exists(),
        "this scenario changes swap and units: it is for the Debian machine of `cargo xtask vm`"
    );
    let node = Node { product };
    match stage {
        Stage::Begin => begin(&node, checks),
        Stage::GoOn => go_on(&node, checks),
        Stage::AfterReboot => after_reboot(&node, checks),
        Stage::UndoCut => undo_cut(&node, checks),
        Stage::Variants => variants::run(&node, checks),
        Stage::VariantsAfterReboot => variants::after_reboot(&node, checks),
    }
}

/// The product's `node` commands on this machine.
pub struct Node<'a> {
    product: &'a Product,
}

impl Node<'_> {
    /// Runs one.
    pub fn run(&self, words: &str) -> anyhow::Result<Outcome> {
        let mut command = Command::new(self.product.path());
        output(command.arg("node").args(words.split_whitespace()), SECONDS_MAX)
    }

    /// Runs one that must end with 0.
    pub fn check(&self, name: &str, words: &str, checks: &mut Checks) -> anyhow::Result<()> {
        let outcome = self.run(words)?;
        checks.check(
            name,
            outcome.code == Some(0),
            format!("{:?} {}{}", outcome.code, outcome.stdout, outcome.stderr),
        );
        Ok(())
    }

    fn json(&self, words: &str) -> anyhow::Result<(Option<i32>, Value)> {
        let outcome = self.run(&format!("{words} --format json"))?;
        let document =
            serde_json::from_str(&outcome.stdout).with_context(|| format!("{words}: {}", outcome.stderr))?;
        Ok((outcome.code, document))
    }

    /// Begins the wish, and orders the power cut when a step is written down as begun and not as done.
    fn cut_at(&self, step: &str) -> anyhow::Result<()> {
        let mut child = Command::new(self.product.path())
            .args(["node", "apply", "--yes"])
            .args(WISH.split(' '))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        let start = Instant::now();
        while begun().as_deref() != Some(step) {
            ensure!(start.elapsed() < Duration::from_secs(60), "{step} was never begun");
            ensure!(child.try_wait()?.is_none(), "the run was over before {step} was seen as begun");
            sleep(Duration::from_millis(1));
        }
        std::fs::write(CUT, step)?;
        sleep(Duration::from_secs(60));
        bail!("nobody cut the power")
    }
}

/// The step that the journal's last record begins.
fn begun() -> Option<String> {
    let text = std::fs::read_to_string(JOURNAL).ok()?;
    let records: Vec<Value> =
        text.lines().filter_map(|line| serde_json::from_str(line.get(9..)?).ok()).collect();
    let last = records.last().filter(|record| record["record"] == "begin")?;
    let number = usize::try_from(last["step"].as_u64()?).ok()?;
    let steps = records.iter().filter_map(|record| record["steps"].as_array()).flatten();
    let step = steps.filter(|step| step.is_object()).nth(number)?;
    step["name"].as_str().map(str::to_owned)
}

fn begin(node: &Node<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    checks.equal("begin: no swap", &json!(swaps()?), &json!([]));
    job::check_killed(checks)?;
    // A look at the machine asks Docker, which starts then and makes folders and settings of its own.
    printed("docker version >/dev/null")?;
    std::fs::create_dir_all(KEPT)?;
    std::fs::write(format!("{KEPT}/etc"), files("/etc")?)?;
    std::fs::write(format!("{KEPT}/settings"), settings()?)?;
    let (code, document) = node.json(&format!("verify {WISH}"))?;
    let differences = document["differences"].as_array().map_or(0, Vec::len);
    checks.check("begin: verify says that it is not as wanted", code == Some(1) && differences > 4, document);
    printed("sync")?;
    node.cut_at("reload")
}

fn go_on(node: &Node<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    check_cut("first cut", checks)?;
    let (code, _) = node.json("verify")?;
    checks.equal("first cut: verify tells", &json!(code), &json!(1));
    node.check("first cut: apply goes on", "apply --yes", checks)?;
    check_as_wanted("first cut", node, checks)?;
    job::check_done("ext4", checks)?;
    check_units(checks)?;
    check_no_room(node, checks)?;
    let (code, again) = node.json(&format!("apply {WISH} --yes"))?;
    checks.equal(
        "first cut: a second run has nothing to do",
        &json!([code, again["steps"]]),
        &json!([0, []]),
    );
    Ok(())
}

/// The run was begun and not finished: a slow machine may lose its power a step later than was ordered.
fn check_cut(name: &str, checks: &mut Checks) -> anyhow::Result<()> {
    let text = std::fs::read(JOURNAL)?;
    let text = String::from_utf8_lossy(&text);
    let was = text.lines().last().unwrap_or_default();
    let is_open = !text.contains("\"record\":\"finished\"") && text.contains("\"record\":\"begin\"");
    checks.check(&format!("{name}: it was in the middle"), is_open, was);
    println!("      {name}: the journal's last record was {}", was.chars().take(120).collect::<String>());
    Ok(())
}

fn check_as_wanted(name: &str, node: &Node<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    node.check(&format!("{name}: verified by the journal"), "verify", checks)?;
    node.check(&format!("{name}: verified by a plan made now"), &format!("verify {WISH}"), checks)?;
    checks.equal(&format!("{name}: swap is on"), &json!(priority(FILE)?), &json!("10"));
    let values = printed("sysctl -n vm.swappiness vm.page-cluster vm.min_free_kbytes | tr '\\n' ' '")?;
    checks.equal(&format!("{name}: the settings"), &json!(values), &json!("77 0 40960"));
    Ok(())
}

/// Every unit that was written is one that systemd understands.
pub fn check_units(checks: &mut Checks) -> anyhow::Result<()> {
    let units = printed("grep -rl 'Written by `highwater node apply`' /etc/systemd/system | sort")?;
    checks.check("units: there are some", !units.is_empty(), "none");
    for unit in units.lines() {
        let outcome = tried(&format!("systemd-analyze verify --man=no '{unit}'"))?;
        let words = format!("{}{}", outcome.stdout, outcome.stderr);
        let is_clean = outcome.code == Some(0) && !words.contains(unit);
        checks.check(&format!("units: {unit}"), is_clean, words);
    }
    Ok(())
}

/// 300 MiB in swap, and less memory than that available: swap stays on.
fn check_no_room(node: &Node<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    printed(
        "mount -o remount,size=2g /dev/shm && systemd-run --quiet --wait -p MemoryMax=48M -- \
         dd if=/dev/zero of=/dev/shm/swapped bs=1M count=350 status=none",
    )?;
    printed(
        "free=$(awk '/MemAvailable/ { print int($2 / 1024) }' /proc/meminfo); \
         dd if=/dev/zero of=/dev/shm/held bs=1M count=$((free - 150)) status=none",
    )?;
    let used = printed("awk 'NR == 2 { print $4 }' /proc/swaps")?;
    let (code, document) = node.json("undo --yes")?;
    let why = document["stopped"]["why"].as_str().unwrap_or_default();
    let is_told = code == Some(3) && why.contains("must go back to memory") && why.contains("is available");
    checks.check(
        "no room: swap stays on, with both figures",
        is_told,
        format!("{code:?} {document}, {used} KiB used"),
    );
    checks.equal("no room: it is on", &json!(priority(FILE)?), &json!("10"));
    println!("      {why}");
    printed("rm /dev/shm/swapped /dev/shm/held")?;
    node.check("no room: undo, now that there is", "undo --yes", checks)?;
    check_as_before("no room, then undone", checks)?;
    node.check("no room: and on again", &format!("apply {WISH} --yes"), checks)
}

/// `/etc` and what is on the disk are as they were, and in the same boot the settings too.
fn check_as_before(name: &str, checks: &mut Checks) -> anyhow::Result<()> {
    let (before, after) = (std::fs::read_to_string(format!("{KEPT}/etc"))?, files("/etc")?);
    checks.check(&format!("{name}: /etc is as it was"), before == after, difference(&before, &after));
    let (before, after) = (std::fs::read_to_string(format!("{KEPT}/settings"))?, settings()?);
    checks.check(&format!("{name}: settings are as they were"), before == after, difference(&before, &after));
    checks.equal(&format!("{name}: no swap"), &json!(swaps()?), &json!([]));
    checks.check(&format!("{name}: no file"), !Path::new(FILE).exists(), FILE);
    let known = printed("systemctl list-units --all --no-legend '*.swap' | grep -c swapfile || :")?;
    checks.equal(&format!("{name}: systemd has forgotten the unit"), &json!(known), &json!("0"));
    Ok(())
}

fn after_reboot(node: &Node<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    printed("docker version >/dev/null")?;
    check_as_wanted("after a reboot", node, checks)?;
    node.check("after a reboot: undo", "undo --yes", checks)?;
    check_as_before("after a reboot, undone", checks)?;
    printed("sync")?;
    node.cut_at("swap-on")
}

fn undo_cut(node: &Node<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    printed("docker version >/dev/null")?;
    check_cut("second cut", checks)?;
    node.check("second cut: undo", "undo --yes", checks)?;
    check_as_before("second cut, undone", checks)?;
    let looks = compressed()?;
    checks.check("second cut: zswap and zram are readable", !looks.is_empty(), looks);
    Ok(())
}
