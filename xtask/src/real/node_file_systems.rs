//! Scenario: the rendered script on ext4, XFS and btrfs, and on a machine without systemd.

use super::checks::Checks;
use super::node_first_boot::{render, stand_ins::done, stand_ins::printed, stand_ins::tried};
use super::product::Product;
use anyhow::ensure;
use serde_json::json;

const DISK: &str = "/dev/vda";
const MOUNT: &str = "/mnt/highwater";

/// File systems, how each is made, and how it is mounted.
const KINDS: [(&str, &str, &str); 5] = [
    ("ext4", "mkfs.ext4 -q -F", "defaults"),
    ("ext3", "mkfs.ext3 -q -F", "defaults"),
    ("xfs", "mkfs.xfs -q -f", "defaults"),
    ("btrfs", "mkfs.btrfs -q -f", "defaults"),
    ("btrfs", "mkfs.btrfs -q -f", "compress-force=zstd"),
];

/// Every file system, then no systemd.
pub fn run(product: &Product, checks: &mut Checks) -> anyhow::Result<()> {
    ensure!(
        printed("command -v need")?.contains("need") && std::path::Path::new(DISK).exists(),
        "this scenario formats {DISK}: it is for `cargo xtask vm --host-root --disk 512`"
    );
    done(&format!("mkdir -p {MOUNT}"))?;
    for (kind, make, options) in KINDS {
        let module = if kind == "ext3" { "ext4" } else { kind };
        done(&format!("need {module}; {make} {DISK} && mount -t {kind} -o {options} {DISK} {MOUNT}"))?;
        let end = check_file_system(product, &format!("{kind} ({options})"), checks);
        done(&format!("umount {MOUNT}"))?;
        end?;
    }
    check_without_systemd(product, checks)
}

fn check_file_system(product: &Product, name: &str, checks: &mut Checks) -> anyhow::Result<()> {
    let file = format!("{MOUNT}/swapfile");
    let script = script(product, &["--swap=64Mi", "--file", &file])?;
    let on = tried(&format!("{script} on"))?;
    checks.check(&format!("{name}: on"), on.code == Some(0), format!("{}{}", on.stdout, on.stderr));
    let used = printed("awk 'NR > 1 { print $1, $3 }' /proc/swaps")?;
    checks.equal(&format!("{name}: in use"), &json!(used), &json!(format!("{file} 65532")));
    let state = format!("stat -c '%i %s %a %Y' {file}; cat /proc/swaps; ls -A {MOUNT}");
    let before = printed(&state)?;
    let again = tried(&format!("{script} on"))?;
    checks.check(
        &format!("{name}: a second run changes nothing"),
        again.code == Some(0) && printed(&state)? == before,
        &again.stderr,
    );
    checks.equal(&format!("{name}: check"), &json!(tried(&format!("{script} check"))?.code), &json!(0));
    done(&format!("swapoff {file}"))?;
    let back = tried(&format!("{script} on"))?;
    let is_same = printed(&format!("stat -c '%i %s' {file}"))?
        == before.split(' ').take(2).collect::<Vec<_>>().join(" ");
    checks.check(
        &format!("{name}: after a reboot the same file is used"),
        back.code == Some(0) && is_same,
        &back.stderr,
    );
    let larger = self::script(product, &["--swap=80Mi", "--file", &file])?;
    checks.equal(
        &format!("{name}: check finds another size"),
        &json!(tried(&format!("{larger} check"))?.code),
        &json!(1),
    );
    done(&format!("{script} off"))?;
    let left = printed(&format!("ls -A {MOUNT} | grep -v lost+found; awk 'NR > 1' /proc/swaps"))?;
    checks.equal(&format!("{name}: off leaves nothing"), &json!(left), &json!(""));
    done(&format!("dd if=/dev/zero of={file}.new bs=1M count=8 2>/dev/null"))?;
    let interrupted = tried(&format!("{script} on && {script} off"))?;
    checks.check(
        &format!("{name}: what an interrupted run left is made anew"),
        interrupted.code == Some(0),
        &interrupted.stderr,
    );
    Ok(())
}

fn check_without_systemd(product: &Product, checks: &mut Checks) -> anyhow::Result<()> {
    let path = "/tmp/swap.sh";
    std::fs::write(path, render(product, "shell", &["--zram=16Mi", "--swappiness=73"])?)?;
    done("need zram")?;
    let before = printed("sysctl -n vm.swappiness")?;
    let apply = tried(&format!("sh {path} apply"))?;
    checks.check("no systemd: apply", apply.code == Some(0), format!("{}{}", apply.stdout, apply.stderr));
    checks.check(
        "no systemd: it says what to do at boot",
        apply.stdout.contains("at every boot"),
        &apply.stdout,
    );
    let found = printed("sysctl -n vm.swappiness; awk 'NR > 1 { print $1 }' /proc/swaps")?;
    checks.equal("no systemd: in use", &json!(found), &json!("73\n/dev/zram0"));
    checks.equal("no systemd: check", &json!(tried(&format!("sh {path} check"))?.code), &json!(0));
    let undo = tried(&format!("sh {path} undo"))?;
    checks.check("no systemd: undo", undo.code == Some(0), format!("{}{}", undo.stdout, undo.stderr));
    let after =
        printed("sysctl -n vm.swappiness; awk 'NR > 1' /proc/swaps; ls /usr/local/sbin | grep highwater")?;
    checks.equal("no systemd: all is as it was", &json!(after), &json!(before));
    Ok(())
}

/// The script alone, taken out of what systemd would be given.
fn script(product: &Product, wish: &[&str]) -> anyhow::Result<String> {
    let text = render(product, "systemd", wish)?;
    let (_, script) = text.split_once('\n').unwrap_or_default();
    let script = script.split("\n# /etc/systemd/system/").next().unwrap_or_default();
    let path = format!("/tmp/highwater-swap{}", wish.first().unwrap_or(&""));
    std::fs::write(&path, script)?;
    Ok(format!("sh {path}"))
}
