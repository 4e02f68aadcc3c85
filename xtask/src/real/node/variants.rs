//! Every other kind of swap: XFS, btrfs, zram, zswap, two priorities; one after the other and undone, then all together.

use super::inside::{Node, check_units};
use super::looks::{compressed, difference, files, priority, settings, swaps};
use super::{job, printed};
use crate::real::checks::Checks;
use serde_json::json;

/// A kind of swap: its name, what is wanted, and what `/proc/swaps` shows then.
struct Variant {
    name: &'static str,
    wish: &'static str,
    shown: &'static [(&'static str, &'static str)],
}

const VARIANTS: [Variant; 5] = [
    Variant {
        name: "XFS",
        wish: "--swap 128Mi --file /mnt/xfs/swapfile --priority 3",
        shown: &[("/mnt/xfs/swapfile", "3")],
    },
    Variant {
        name: "btrfs",
        wish: "--swap 128Mi --file /mnt/btrfs/swapfile --priority 4",
        shown: &[("/mnt/btrfs/swapfile", "4")],
    },
    Variant { name: "zram", wish: "--zram 128Mi:zstd --priority 100", shown: &[("/dev/zram0", "100")] },
    Variant {
        name: "zswap",
        wish: "--swap 128Mi --priority 5 --zswap=30 --file /swapfile",
        shown: &[("/swapfile", "5")],
    },
    Variant {
        name: "two priorities",
        wish: "--zram 64Mi --priority 100 --swap 128Mi --priority 10",
        shown: &[("/dev/zram0", "100"), ("/swapfile", "10")],
    },
];

const TOGETHER: Variant = Variant {
    name: "all together",
    wish: "--zram 64Mi:lz4 --priority 100 --swap 128Mi --file /mnt/xfs/swapfile --priority 20 \
           --swap 128Mi --file /mnt/btrfs/swapfile --priority 20 --swap 64Mi --priority 1 --zswap=30 --swappiness 99",
    shown: &[
        ("/dev/zram0", "100"),
        ("/mnt/xfs/swapfile", "20"),
        ("/mnt/btrfs/swapfile", "20"),
        ("/swapfile", "1"),
    ],
};

/// Where the looks before are kept from boot to boot.
const KEPT: &str = "/var/tmp/before-variants";

/// Everything but the reboot. Without direct I/O the pages of the images would be charged to the job itself, which then has
/// no room left to swap.
pub fn run(node: &Node<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    printed(
        "for kind in xfs btrfs; do mkdir -p /mnt/$kind && truncate -s 400M /var/$kind.img && \
         mkfs.$kind -q /var/$kind.img && echo \"/var/$kind.img /mnt/$kind $kind loop 0 0\" >>/etc/fstab; done && \
         systemctl daemon-reload && mount /mnt/xfs && mount /mnt/btrfs && \
         for device in $(losetup --noheadings --output NAME); do losetup --direct-io=on $device || exit 1; done",
    )?;
    printed("docker version >/dev/null")?;
    // What the first zram brings with it stays: the module's parameters are settings too.
    let before = looks()?;
    for variant in &VARIANTS {
        check(node, variant, checks)?;
        node.check(&format!("{}: undo", variant.name), "undo --yes", checks)?;
        let after = looks()?;
        let name = format!("{}: everything is as it was", variant.name);
        checks.check(&name, before == after, difference(&before, &after));
    }
    std::fs::write(KEPT, files("/etc")?)?;
    check(node, &TOGETHER, checks)?;
    check_units(checks)?;
    printed("sync").map(drop)
}

/// All of them after a reboot.
pub fn after_reboot(node: &Node<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    check_shown("after a reboot", &TOGETHER, checks)?;
    node.check("after a reboot: verified by the journal", "verify", checks)?;
    node.check("after a reboot: verified by a plan made now", &format!("verify {}", TOGETHER.wish), checks)?;
    node.check("after a reboot: undo", "undo --yes", checks)?;
    let (before, after) = (std::fs::read_to_string(KEPT)?, files("/etc")?);
    checks.check("after a reboot: /etc is as it was", before == after, difference(&before, &after));
    checks.equal("after a reboot: no swap", &json!(swaps()?), &json!([]));
    Ok(())
}

fn check(node: &Node<'_>, variant: &Variant, checks: &mut Checks) -> anyhow::Result<()> {
    let Variant { name, wish, .. } = variant;
    node.check(&format!("{name}: applied"), &format!("apply {wish} --yes"), checks)?;
    check_shown(name, variant, checks)?;
    node.check(&format!("{name}: verified by the journal"), "verify", checks)?;
    node.check(&format!("{name}: verified by a plan made now"), &format!("verify {wish}"), checks)?;
    job::check_done(name, checks)
}

fn check_shown(name: &str, variant: &Variant, checks: &mut Checks) -> anyhow::Result<()> {
    for (path, expected) in variant.shown {
        checks.equal(&format!("{name}: {path} is on"), &json!(priority(path)?), &json!(expected));
    }
    checks.equal(&format!("{name}: nothing else is"), &json!(swaps()?.len()), &json!(variant.shown.len()));
    Ok(())
}

fn looks() -> anyhow::Result<String> {
    Ok([files("/etc")?, settings()?, compressed()?, printed("cd /mnt && find . | sort")?].join("\n"))
}
