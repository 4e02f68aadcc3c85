//! This machine: a swap file, a blank partition, drift, and refusals, below a folder of its own and in a mount namespace of its own.

use super::looks::{difference, files, priority, swaps};
use super::{here_kept, here_kills, printed, tried};
use crate::real::checks::Checks;
use crate::real::product::Product;
use crate::subprocess::Outcome;
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Says that this process already has mounts of its own.
const MARK: &str = "HIGHWATER_OWN_MOUNTS";

/// Runs the same command again where mounts are seen by nobody else; nothing when that was done.
pub fn with_own_mounts() -> anyhow::Result<Option<ExitCode>> {
    if std::env::var_os(MARK).is_some() {
        return Ok(None);
    }
    let own = std::env::current_exe().context("the path of xtask")?;
    let status = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "--"])
        .arg(own)
        .args(std::env::args_os().skip(1))
        .env(MARK, "1")
        .status()
        .context("starting unshare")?;
    Ok(Some(u8::try_from(status.code().unwrap_or(1)).map_or(ExitCode::FAILURE, ExitCode::from)))
}

/// Folders, mounts and loop devices, which go away with it.
pub struct Ground<'a> {
    /// The product.
    pub product: &'a Product,
    /// The folder of everything.
    pub folder: PathBuf,
    loops: Vec<String>,
}

impl<'a> Ground<'a> {
    fn prepare(product: &'a Product) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("highwater-node-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let mut ground = Self { product, folder, loops: Vec::new() };
        let at = ground.text("");
        // A copy of /etc that only this namespace sees: the plan may write there.
        printed(&format!("cd {at} && cp -a /etc etc && mount --bind etc /etc"))?;
        printed(&format!("cd {at} && mkdir disk memory low up work over && mount -t tmpfs none memory"))?;
        printed(&format!("cd {at} && truncate -s 160M image && mkfs.ext4 -q -F -m 0 image"))?;
        let device = ground.attach("image")?;
        printed(&format!("mount {device} {at}disk"))?;
        printed(&format!(
            "mount -t overlay none -o lowerdir={at}low,upperdir={at}up,workdir={at}work {at}over"
        ))?;
        Ok(ground)
    }

    fn attach(&mut self, image: &str) -> anyhow::Result<String> {
        let device = printed(&format!("losetup --find --show {}", self.text(image)))?;
        self.loops.push(device.clone());
        Ok(device)
    }

    /// One more device of zeros.
    fn blank_device(&mut self) -> anyhow::Result<String> {
        printed(&format!("truncate -s 64M {}", self.text("zeros")))?;
        self.attach("zeros")
    }

    /// The path of something in the folder.
    pub fn text(&self, name: &str) -> String {
        format!("{}/{name}", self.folder.display())
    }

    /// `highwater node VERB … --state …`.
    pub fn node(&self, words: &str) -> anyhow::Result<Outcome> {
        let words = format!("node {words} --state {}", self.text("state"));
        self.product.run(&words.split_whitespace().collect::<Vec<_>>())
    }

    /// The same with its JSON.
    pub fn json(&self, words: &str) -> anyhow::Result<(Option<i32>, Value)> {
        let outcome = self.node(&format!("{words} --format json"))?;
        let what = || format!("{words}: {}", outcome.stderr);
        Ok((outcome.code, serde_json::from_str(&outcome.stdout).with_context(what)?))
    }

    /// What must be as before: `/etc`, and what lies on the disk.
    pub fn shown(&self) -> anyhow::Result<String> {
        Ok(format!("{}\n{}", files("/etc")?, files(&self.text("disk"))?))
    }
}

impl Drop for Ground<'_> {
    fn drop(&mut self) {
        let own = self.text("");
        for line in swaps().unwrap_or_default() {
            if line.first().is_some_and(|path| path.starts_with(&own) || self.loops.contains(path)) {
                let _ = tried(&format!("swapoff {}", line.first().map_or("", String::as_str)));
            }
        }
        for mount in ["over", "memory", "disk"] {
            let _ = tried(&format!("umount {own}{mount}"));
        }
        let _ = tried("umount /etc");
        for device in &self.loops {
            let _ = tried(&format!("losetup -d {device}"));
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Everything on this machine.
pub fn run(product: &Product, checks: &mut Checks) -> anyhow::Result<()> {
    ensure!(Path::new("/proc/swaps").exists(), "this kernel has no swap");
    let mut ground = Ground::prepare(product)?;
    check_file(&ground, checks)?;
    check_drift(&ground, checks)?;
    check_partition(&mut ground, checks)?;
    let blank = ground.blank_device()?;
    here_kept::run(&ground, &blank, checks)?;
    check_refusals(&ground, checks)?;
    check_two_runs(&ground, checks)?;
    here_kills::run(&ground, checks)
}

/// A swap file there and back.
fn check_file(ground: &Ground<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let before = ground.shown()?;
    let file = ground.text("disk/deep");
    std::fs::create_dir(&file)?;
    std::fs::remove_dir(&file)?;
    let file = ground.text("disk/swap");
    let wish = format!("--swap 64Mi --file {file} --priority 5");
    let done = ground.node(&format!("apply {wish} --yes"))?;
    checks.check("file: applied", done.code == Some(0), format!("{}{}", done.stdout, done.stderr));
    checks.equal("file: in use with its priority", &json!(priority(&file)?), &json!("5"));
    checks.equal(
        "file: its mode",
        &json!(printed(&format!("stat -c %a:%s {file}"))?),
        &json!("600:67108864"),
    );
    checks.equal("file: verified", &json!(ground.node("verify")?.code), &json!(0));
    checks.equal(
        "file: a plan made now is empty",
        &json!(ground.node(&format!("verify {wish}"))?.code),
        &json!(0),
    );
    let (code, again) = ground.json(&format!("apply {wish} --yes"))?;
    checks.equal("file: a second run has nothing to do", &json!([code, again["steps"]]), &json!([0, []]));
    let undone = ground.node("undo --yes")?;
    checks.check("file: taken back", undone.code == Some(0), format!("{}{}", undone.stdout, undone.stderr));
    checks.equal("file: not in use any more", &json!(priority(&file)?), &json!(null));
    let after = ground.shown()?;
    checks.check("file: everything is as it was", before == after, difference(&before, &after));
    let (code, nothing) = ground.json("undo --yes")?;
    checks.equal("file: a second undo has nothing to do", &json!([code, nothing["steps"]]), &json!([0, []]));
    Ok(())
}

/// Somebody switches the swap off.
fn check_drift(ground: &Ground<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let before = ground.shown()?;
    let file = ground.text("disk/swap");
    let wish = format!("--swap 32Mi --file {file}");
    ground.node(&format!("apply {wish} --yes"))?;
    printed(&format!("swapoff {file}"))?;
    let (code, document) = ground.json("verify")?;
    let differs = &document["differences"][0];
    checks.equal(
        "drift: found",
        &json!([code, differs["step"], differs["shows"]]),
        &json!([1, "swap-on", "before"]),
    );
    checks.equal("drift: mended", &json!(ground.node(&format!("apply {wish} --yes"))?.code), &json!(0));
    checks.equal("drift: nothing differs", &json!(ground.node(&format!("verify {wish}"))?.code), &json!(0));
    // One of our lines is changed by hand: the undo stops there and says so.
    printed("cp /etc/fstab /etc/fstab.kept && echo '# mine' >>/etc/fstab")?;
    let (code, document) = ground.json("undo --yes")?;
    checks.equal(
        "drift: a changed file is left alone",
        &json!([code, document["stopped"]["kind"]]),
        &json!([3, "stale"]),
    );
    let why = document["stopped"]["why"].as_str().unwrap_or_default();
    checks.check("drift: the file is named", why.contains("/etc/fstab"), why);
    printed("cat /etc/fstab.kept >/etc/fstab && rm /etc/fstab.kept")?;
    checks.equal("drift: then everything is taken back", &json!(ground.node("undo --yes")?.code), &json!(0));
    let after = ground.shown()?;
    checks.check("drift: everything is as it was", before == after, difference(&before, &after));
    Ok(())
}

/// A blank device gets a signature, and is blank again.
fn check_partition(ground: &mut Ground<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let before = ground.shown()?;
    printed(&format!("truncate -s 64M {}", ground.text("blank")))?;
    let device = ground.attach("blank")?;
    let blank = printed(&format!("sha256sum <{device}"))?;
    let done = ground.node(&format!("apply --partition {device} --priority 7 --yes"))?;
    checks.check("partition: applied", done.code == Some(0), format!("{}{}", done.stdout, done.stderr));
    checks.equal("partition: in use", &json!(priority(&device)?), &json!("7"));
    checks.equal("partition: verified", &json!(ground.node("verify")?.code), &json!(0));
    checks.equal("partition: taken back", &json!(ground.node("undo --yes")?.code), &json!(0));
    checks.equal("partition: not in use", &json!(priority(&device)?), &json!(null));
    checks.equal("partition: blank again", &json!(printed(&format!("sha256sum <{device}"))?), &json!(blank));
    let after = ground.shown()?;
    checks.check("partition: everything is as it was", before == after, difference(&before, &after));
    // One byte at its end makes it somebody's.
    printed(&format!("printf x | dd of={device} bs=1 seek=67108000 conv=notrunc status=none"))?;
    refused(ground, "a device with something at its end", &format!("--partition {device}"), "", checks)
}

/// Places that no swap file may lie in, and who may not.
fn check_refusals(ground: &Ground<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let at = |name: &str| format!("--swap 32Mi --file {}", ground.text(name));
    refused(ground, "memory", &at("memory/swap"), "tmpfs", checks)?;
    refused(ground, "a layer", &at("over/swap"), "overlay", checks)?;
    refused(
        ground,
        "a full disk",
        &format!("--swap 1Gi --file {}", ground.text("disk/swap")),
        "fit",
        checks,
    )?;
    printed(&format!("echo mine >{}", ground.text("disk/mine")))?;
    refused(ground, "somebody's file", &at("disk/mine"), "something else", checks)?;
    let device = ground.loops.first().cloned().unwrap_or_default();
    refused(ground, "a mounted device", &format!("--partition {device}"), "mounted", checks)?;
    printed(&format!("mount -o remount,ro {}", ground.text("disk")))?;
    refused(ground, "a read-only file system", &at("disk/swap"), "read-only", checks)?;
    printed(&format!("mount -o remount,rw {}", ground.text("disk")))?;
    let highwater = ground.product.path().display();
    // A copy that others may run: the build's folder may not be theirs to enter.
    let copy = ground.text("highwater");
    printed(&format!("cp {highwater} {copy} && chmod 755 {copy} {}", ground.text("")))?;
    let outcome = tried(&format!(
        "setpriv --reuid 65534 --regid 65534 --clear-groups {copy} node apply {} --yes",
        at("disk/swap")
    ))?;
    checks.check(
        "without root: refused in words",
        outcome.code == Some(3) && outcome.stdout.contains("needs root"),
        format!("{:?} {}{}", outcome.code, outcome.stdout, outcome.stderr),
    );
    // A plan by hand, past the planner: the act itself refuses too.
    for (name, path, words) in [("memory", "memory/swap", "tmpfs"), ("a layer", "over/swap", "overlay")] {
        let change = json!({ "kind": "swap_file", "path": ground.text(path), "now": null,
            "wanted": { "size_bytes": 33_554_432, "allocation": "written" } });
        by_hand(ground, &format!("by hand: {name}"), &change, words, checks)?;
    }
    let change = json!({ "kind": "signature", "device": device, "now": "none", "wanted": "swap" });
    by_hand(ground, "by hand: a mounted device", &change, "", checks)
}

/// A wish that must not come true: exit status 3, the reason in words, and nothing changed.
fn refused(
    ground: &Ground<'_>,
    name: &str,
    wish: &str,
    words: &str,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let before = (ground.shown()?, swaps()?);
    let (code, document) = ground.json(&format!("apply {wish} --yes"))?;
    let why = document["stopped"]["why"].as_str().unwrap_or_default();
    let is_refused = code == Some(3) && !why.is_empty() && why.contains(words);
    checks.check(&format!("{name}: refused in words"), is_refused, format!("{code:?} {document}"));
    let after = (ground.shown()?, swaps()?);
    checks.check(&format!("{name}: nothing changed"), before == after, difference(&before.0, &after.0));
    Ok(())
}

fn by_hand(
    ground: &Ground<'_>,
    name: &str,
    change: &Value,
    words: &str,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let plan = json!({ "schema": "highwater/node-plan/v1", "refusals": [], "remarks": [],
        "steps": [{ "name": "by-hand", "why": "A test.", "change": change }] });
    let file = ground.text("plan.json");
    std::fs::write(&file, plan.to_string())?;
    refused(ground, name, &format!("--plan {file}"), words, checks)?;
    checks.equal(&format!("{name}: undone"), &json!(ground.node("undo --yes")?.code), &json!(0));
    Ok(())
}

/// The second run is told who is first.
fn check_two_runs(ground: &Ground<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let before = ground.shown()?;
    let lock = ground.text("state/lock");
    let apply = format!(
        "{} node apply --swap 32Mi --file {} --yes --state {}",
        ground.product.path().display(),
        ground.text("disk/swap"),
        ground.text("state")
    );
    let outcome = tried(&format!("flock {lock} -c '{apply}'"))?;
    let is_told = outcome.code == Some(3) && outcome.stdout.contains("another run is at work");
    checks.check(
        "two runs: the second is refused",
        is_told,
        format!("{:?} {}", outcome.code, outcome.stdout),
    );
    // Four at once: whoever comes first does it, and the others find it done or are told to wait.
    let outcome = tried(&format!("for i in 1 2 3 4; do ({apply} >/dev/null; echo $?) & done; wait"))?;
    let codes: Vec<&str> = outcome.stdout.lines().collect();
    let are_known = codes.len() == 4 && codes.iter().all(|code| ["0", "3"].contains(code));
    checks.check("two runs: four at once end well", are_known && codes.contains(&"0"), codes.join(" "));
    checks.equal("two runs: verified", &json!(ground.node("verify")?.code), &json!(0));
    checks.equal("two runs: taken back", &json!(ground.node("undo --yes")?.code), &json!(0));
    let after = ground.shown()?;
    checks.check("two runs: everything is as it was", before == after, difference(&before, &after));
    Ok(())
}
