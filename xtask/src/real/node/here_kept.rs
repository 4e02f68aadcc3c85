//! What somebody changed since it was applied: an undo touches none of it, and takes back the rest when that is asked for.

use super::here::Ground;
use super::looks::{difference, priority};
use super::printed;
use crate::real::checks::Checks;
use serde_json::{Value, json};

/// A line of fstab, and a device that somebody formatted.
pub fn run(ground: &Ground<'_>, device: &str, checks: &mut Checks) -> anyhow::Result<()> {
    check_line(ground, checks)?;
    check_formatted(ground, device, checks)?;
    check_fstab(ground, device, checks)
}

fn names(document: &Value) -> Vec<&str> {
    let kept = document["kept"].as_array().map(Vec::as_slice).unwrap_or_default();
    kept.iter().filter_map(|kept| kept["name"].as_str()).collect()
}

/// fstab has a line more, and the one that names the swap: that stays on.
fn check_line(ground: &Ground<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let before = ground.shown()?;
    let file = ground.text("disk/swap");
    ground.node(&format!("apply --swap 32Mi --file {file} --priority 6 --yes"))?;
    printed("echo '# mine' >>/etc/fstab")?;
    let (code, document) = ground.json("undo --yes --keep-changed")?;
    checks.equal(
        "kept: a changed fstab, its swap and its file",
        &json!([code, names(&document)]),
        &json!([1, ["swap-on", "fstab", "swap-file"]]),
    );
    checks.equal("kept: still in use", &json!(priority(&file)?), &json!("6"));
    printed(&format!(
        "swapoff {file} && rm {file} && grep -v -e {file} -e '# mine' /etc/fstab >/etc/fstab.new; cat /etc/fstab.new >/etc/fstab; rm /etc/fstab.new"
    ))?;
    checks.equal("kept: taken back by hand", &json!(ground.node("undo --yes")?.code), &json!(0));
    let after = ground.shown()?;
    checks.check("kept: everything is as it was", before == after, difference(&before, &after));
    Ok(())
}

/// The device was swap and is a file system now.
fn check_formatted(ground: &Ground<'_>, device: &str, checks: &mut Checks) -> anyhow::Result<()> {
    let before = ground.shown()?;
    ground.node(&format!("apply --partition {device} --yes"))?;
    checks.check("formatted: it was in use", priority(device)?.is_some(), "");
    printed(&format!("swapoff {device} && mkfs.ext4 -q -F {device}"))?;
    let formatted = printed(&format!("sha256sum <{device}"))?;
    for _ in 0..2 {
        let (code, document) = ground.json("undo --yes")?;
        checks.equal(
            "formatted: the undo is refused",
            &json!([code, document["stopped"]["kind"], document["stopped"]["step"]]),
            &json!([3, "stale", "swap-signature"]),
        );
    }
    let (code, document) = ground.json("undo --yes --keep-changed")?;
    checks.equal(
        "formatted: kept",
        &json!([code, names(&document).contains(&"swap-signature")]),
        &json!([1, true]),
    );
    let now = printed(&format!("sha256sum <{device}"))?;
    checks.equal("formatted: to the last byte", &json!(now), &json!(formatted));
    printed(&format!("wipefs -q -a {device} && head -c 67108864 /dev/zero >{device}"))?;
    checks.equal("formatted: wiped, then undone", &json!(ground.node("undo --yes")?.code), &json!(0));
    let after = ground.shown()?;
    checks.check("formatted: everything is as it was", before == after, difference(&before, &after));
    Ok(())
}

/// A blank device that fstab formats at its first mount.
fn check_fstab(ground: &Ground<'_>, device: &str, checks: &mut Checks) -> anyhow::Result<()> {
    printed(&format!(
        "cp /etc/fstab /etc/fstab.kept && echo '{device} /data ext4 noauto,x-systemd.makefs 0 2' >>/etc/fstab"
    ))?;
    let refused = ground.product.run(&["node", "plan", "--partition", device])?;
    let words = refused.stdout.clone();
    checks.check("fstab: refused", refused.code == Some(3) && words.contains("of /etc/fstab has"), words);
    printed("cat /etc/fstab.kept >/etc/fstab && rm /etc/fstab.kept")?;
    checks.equal(
        "fstab: else fine",
        &json!(ground.product.run(&["node", "plan", "--partition", device])?.code),
        &json!(0),
    );
    Ok(())
}
