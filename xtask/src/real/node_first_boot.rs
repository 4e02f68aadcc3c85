//! Scenario: the first boot of a node with rendered user data, and the life of the rendered script.
//!
//! Swap is on before the kubelet starts, on the fast disk where there is one, and a second run changes nothing.

mod script;
pub mod stand_ins;
pub mod user_data;

use super::checks::Checks;
use super::product::Product;
use anyhow::{Context, ensure};
use serde_json::json;
use stand_ins::{DISKS, boot, done, printed, saw, tried};
use user_data::UserData;

/// The script's share of the memory, and the same in words of the flag.
const SHARE: f64 = 0.1;
const WISH: [&str; 9] = [
    "--swap",
    "10%",
    "--instance-store",
    "--swap-behavior=LimitedSwap",
    "--protect-system",
    "--swappiness=71",
    "--reclaim=min-free=40Mi",
    "--kubernetes-version=1.34",
    "--file=/var/lib/swapfile",
];

/// Boots a node three times over.
pub fn run(product: &Product, checks: &mut Checks) -> anyhow::Result<()> {
    ensure!(
        printed("command -v need; [ -d /run/systemd/system ] && echo systemd")?.contains("systemd"),
        "this scenario changes swap and units: it is for the Debian machine of `cargo xtask vm`"
    );
    let disk = blank_disk()?;
    stand_ins::install()?;
    let class = render(product, "karpenter", &WISH)?;
    let karpenter = UserData::of_class(&class)?;
    let nodeadm = UserData::of_archive(&render(product, "eks-nodeadm", &WISH)?)?;
    check_user_data(&karpenter, "karpenter", checks)?;
    check_user_data(&nodeadm, "eks-nodeadm", checks)?;
    check_without(checks)?;
    check_fast_disk(&karpenter, &disk, checks)?;
    check_second_run(&karpenter, checks)?;
    check_off(checks)?;
    check_fallback(&nodeadm, checks)?;
    script::run(product, &disk, checks)
}

/// The artefact of a target.
pub fn render(product: &Product, target: &str, wish: &[&str]) -> anyhow::Result<String> {
    let outcome = product.run(&[&["node", "render", "--for", target], wish].concat())?;
    ensure!(outcome.code == Some(0), "node render --for {target}: {}", outcome.stderr);
    Ok(outcome.stdout)
}

/// The disk that the machine was given beside its own.
fn blank_disk() -> anyhow::Result<String> {
    let disk = "/dev/vdb".to_owned();
    ensure!(std::path::Path::new(&disk).exists(), "no {disk}: the machine needs --disk 512");
    done(&format!("wipefs -aq {disk}"))?;
    Ok(disk)
}

fn check_user_data(data: &UserData, name: &str, checks: &mut Checks) -> anyhow::Result<()> {
    let heads: Vec<&str> = data.parts.iter().map(|(head, _)| head.as_str()).collect();
    let expected =
        ["Content-Type: text/x-shellscript; charset=\"us-ascii\"", "Content-Type: application/node.eks.aws"];
    checks.check(&format!("{name}: two parts, neither encoded"), heads == expected, heads.join(" | "));
    let config = data.part("application/node.eks.aws")?;
    let told = ["failSwapOn: false", "swapBehavior: LimitedSwap"].iter().all(|line| config.contains(line));
    checks.check(&format!("{name}: the kubelet bears swap and shares it"), told, config);
    checks.check(&format!("{name}: no gate"), !config.contains("featureGates"), config);
    Ok(())
}

/// Without user data the kubelet sees no swap: the checks after this one can fail.
fn check_without(checks: &mut Checks) -> anyhow::Result<()> {
    boot(None)?;
    checks.check(
        "without user data: the kubelet sees no swap",
        saw("swaps")?.lines().count() == 1,
        saw("swaps")?,
    );
    checks.equal("without user data: its slice may swap", &json!(saw("swap_max")?), &json!("max"));
    let tunables = [saw("swappiness")?, saw("min_free_kbytes")?];
    checks.check("without user data: other tunables", tunables != ["71", "40960"], tunables.join(" "));
    Ok(())
}

/// cloud-final runs the shell part, nodeadm mounts the disk and starts the kubelet.
fn check_fast_disk(data: &UserData, disk: &str, checks: &mut Checks) -> anyhow::Result<()> {
    done("systemctl stop kubelet.service")?;
    cloud_final(data)?;
    checks.equal("after cloud-final: no swap yet", &json!(swaps()?), &json!([] as [&str; 0]));
    checks.check(
        "after cloud-final: no disk yet",
        tried(&format!("mountpoint -q {DISKS}"))?.code != Some(0),
        DISKS,
    );
    boot(Some(disk))?;
    check_seen("fast disk", &format!("{DISKS}/swapfile"), checks)?;
    let kind = printed(&format!("stat -f -c %T {DISKS}"))?;
    checks.check("fast disk: a file system of its own", kind == "xfs" || kind == "ext2/ext3", kind);
    let there = std::path::Path::new("/var/lib/swapfile").exists();
    checks.check("fast disk: nothing on the root disk", !there, "/var/lib/swapfile");
    let order = printed(
        "systemctl show -P ExecMainExitTimestampMonotonic highwater-swap.service; \
         systemctl show -P ExecMainStartTimestampMonotonic kubelet.service",
    )?;
    let times: Vec<u64> = order.lines().filter_map(|line| line.parse().ok()).collect();
    let in_order = matches!(times.as_slice(), [swap, kubelet] if *swap > 0 && swap <= kubelet);
    checks.check("fast disk: swap was set up before the kubelet started", in_order, order);
    Ok(())
}

/// What the kubelet saw at its start: this file as swap, the tunables, and its own slice kept from swapping.
fn check_seen(name: &str, file: &str, checks: &mut Checks) -> anyhow::Result<()> {
    let seen = saw("swaps")?;
    let lines: Vec<&str> = seen.lines().skip(1).collect();
    let words: Vec<&str> = lines.first().map(|line| line.split_whitespace().collect()).unwrap_or_default();
    let is_seen = lines.len() == 1 && words.first() == Some(&file) && words.get(1) == Some(&"file");
    checks.check(&format!("{name}: the kubelet saw {file} in use"), is_seen, &seen);
    let size: Option<u64> = words.get(2).and_then(|size| size.parse().ok());
    let wanted = wanted_mebibytes()? * 1024 - 4;
    checks.equal(&format!("{name}: a tenth of MemTotal, in KiB"), &json!(size), &json!(wanted));
    checks.equal(&format!("{name}: vm.swappiness"), &json!(saw("swappiness")?), &json!("71"));
    checks.equal(&format!("{name}: vm.min_free_kbytes"), &json!(saw("min_free_kbytes")?), &json!("40960"));
    checks.equal(&format!("{name}: its slice does not swap"), &json!(saw("swap_max")?), &json!("0"));
    let slice = saw("cgroup")?;
    checks.check(
        &format!("{name}: that is the slice it lives in"),
        slice.contains("/runtime.slice/"),
        &slice,
    );
    checks.equal(
        &format!("{name}: mode"),
        &json!(printed(&format!("stat -c %a:%U {file}"))?),
        &json!("600:root"),
    );
    Ok(())
}

/// Everything once more: user data, the unit, the kubelet.
fn check_second_run(data: &UserData, checks: &mut Checks) -> anyhow::Result<()> {
    let state = "cat /proc/swaps; stat -c '%n %i %s %Y %Z' /mnt/k8s-disks/0/swapfile; \
                 cat /usr/local/sbin/highwater-swap /etc/sysctl.d/90-highwater-swap.conf; \
                 find /etc/systemd/system -name '*highwater*' -exec cat {} +; \
                 ls -A /mnt/k8s-disks/0; sysctl vm.swappiness vm.min_free_kbytes";
    let before = printed(state)?;
    cloud_final(data)?;
    done("systemctl restart highwater-swap.service && systemctl restart kubelet.service")?;
    done("/usr/local/sbin/highwater-swap on")?;
    let after = printed(state)?;
    checks.check("second run: nothing changed", before == after, format!("{before}\n---\n{after}"));
    let check = tried("/usr/local/sbin/highwater-swap check")?;
    checks.equal("second run: check finds nothing", &json!(check.code), &json!(0));
    Ok(())
}

fn check_off(checks: &mut Checks) -> anyhow::Result<()> {
    done("systemctl stop kubelet.service highwater-swap.service")?;
    done("/usr/local/sbin/highwater-swap off")?;
    checks.equal("off: no swap", &json!(swaps()?), &json!([] as [&str; 0]));
    checks.equal("off: no file", &json!(printed(&format!("ls {DISKS} | grep swap"))?), &json!(""));
    let check = tried("/usr/local/sbin/highwater-swap check")?;
    checks.equal("off: check says so", &json!(check.code), &json!(1));
    done("/usr/local/sbin/highwater-swap off")
}

/// A machine without fast disks, with the user data of a node group.
fn check_fallback(data: &UserData, checks: &mut Checks) -> anyhow::Result<()> {
    done(
        "systemctl disable --now 'mnt-k8s\\x2ddisks-0.mount'; rm '/etc/systemd/system/mnt-k8s\\x2ddisks-0.mount'",
    )?;
    forget()?;
    boot(None)?;
    checks.check("fallback: starts without swap", saw("swaps")?.lines().count() == 1, saw("swaps")?);
    done("systemctl stop kubelet.service")?;
    cloud_final(data)?;
    boot(None)?;
    check_seen("fallback", "/var/lib/swapfile", checks)?;
    done("/usr/local/sbin/highwater-swap off && systemctl stop kubelet.service highwater-swap.service")?;
    forget()
}

/// Takes away all that user data left.
fn forget() -> anyhow::Result<()> {
    done(
        "rm -r /usr/local/sbin/highwater-swap /etc/systemd/system/highwater-swap.service \
         /etc/systemd/system/kubelet.service.d /etc/systemd/system/runtime.slice.d /etc/sysctl.d/90-highwater-swap.conf; \
         sysctl -q vm.swappiness=60 vm.min_free_kbytes=30000; systemctl daemon-reload",
    )
}

/// cloud-init makes a file of the shell part and runs it.
fn cloud_final(data: &UserData) -> anyhow::Result<()> {
    let path = "/run/stand-in/part-001";
    std::fs::write(path, data.part("text/x-shellscript")?).context(path)?;
    done(&format!("chmod 0700 {path} && {path}"))
}

/// Paths of all swap in use.
fn swaps() -> anyhow::Result<Vec<String>> {
    Ok(printed("awk 'NR > 1 { print $1 }' /proc/swaps")?.lines().map(str::to_owned).collect())
}

/// The share in whole MiB.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn wanted_mebibytes() -> anyhow::Result<u64> {
    let total: u64 = printed("awk '$1 == \"MemTotal:\" { print $2 }' /proc/meminfo")?.parse()?;
    Ok((total as f64 * SHARE / 1024.0) as u64)
}
