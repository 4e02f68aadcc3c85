//! The rendered script by itself: apply, check and undo; what it refuses; zram and zswap.

use super::render;
use super::stand_ins::{done, printed, tried};
use crate::real::checks::Checks;
use crate::real::product::Product;
use serde_json::json;

const SWAP: &str = "/run/stand-in/swap.sh";

/// All of it.
pub fn run(product: &Product, disk: &str, checks: &mut Checks) -> anyhow::Result<()> {
    check_life(product, checks)?;
    check_found(product, checks)?;
    check_refusals(product, checks)?;
    check_kinds(product, disk, checks)
}

/// Everything that the script may touch.
const STATE: &str = "cat /proc/swaps; sysctl vm.swappiness vm.page-cluster vm.watermark_scale_factor; \
                     ls -A /etc/sysctl.d /usr/local/sbin /var/lib; ls -AR /etc/systemd/system; \
                     cat /sys/fs/cgroup/system.slice/memory.swap.max";

fn check_life(product: &Product, checks: &mut Checks) -> anyhow::Result<()> {
    let wish = [
        "--swap=64Mi",
        "--priority=7",
        "--swap=32Mi",
        "--file=/var/lib/second",
        "--swappiness=72",
        "--page-cluster=1",
        "--reclaim=scale-factor=33",
        "--protect-system",
    ];
    write(product, &wish)?;
    let before = printed(STATE)?;
    checks.equal("script: check before", &json!(tried(&format!("sh {SWAP} check"))?.code), &json!(1));
    let apply = tried(&format!("sh {SWAP} apply"))?;
    checks.check("script: apply", apply.code == Some(0), format!("{}{}", apply.stdout, apply.stderr));
    let swaps = printed("awk 'NR > 1 { print $1, $3, $5 }' /proc/swaps | sort")?;
    checks.equal("script: both areas", &json!(swaps), &json!("/swapfile 65532 7\n/var/lib/second 32764 -2"));
    let tunables = printed("sysctl -n vm.swappiness vm.page-cluster vm.watermark_scale_factor")?;
    checks.equal("script: tunables", &json!(tunables), &json!("72\n1\n33"));
    let slice = printed("cat /sys/fs/cgroup/system.slice/memory.swap.max")?;
    checks.equal("script: system.slice does not swap", &json!(slice), &json!("0"));
    let check = tried(&format!("sh {SWAP} check"))?;
    checks.check("script: check after", check.code == Some(0), format!("{}{}", check.stdout, check.stderr));
    let applied = printed(STATE)?;
    done(&format!("sh {SWAP} apply"))?;
    checks.equal("script: a second apply changes nothing", &json!(printed(STATE)?), &json!(applied));
    done("sysctl -q vm.page-cluster=3")?;
    checks.equal(
        "script: check finds a tunable",
        &json!(tried(&format!("sh {SWAP} check"))?.code),
        &json!(1),
    );
    let undo = tried(&format!("sh {SWAP} undo"))?;
    checks.check("script: undo", undo.code == Some(0), format!("{}{}", undo.stdout, undo.stderr));
    let after = printed(STATE)?;
    checks.check("script: all is as it was", after == before, format!("{before}\n--- now\n{after}"));
    let again = tried(&format!("sh {SWAP} undo"))?;
    checks.equal("script: a second undo does nothing", &json!(again.code), &json!(0));
    checks.equal("script: wrong usage", &json!(tried(&format!("sh {SWAP} please"))?.code), &json!(2));
    Ok(())
}

/// A swap file that was there before is used when it fits, and stays in any case.
fn check_found(product: &Product, checks: &mut Checks) -> anyhow::Result<()> {
    let file = "/var/lib/theirs";
    done(&format!("fallocate -l 32M {file} && chmod 0600 {file} && mkswap -q {file}"))?;
    let state = format!("stat -c '%i %s' {file}; blkid -p {file}");
    let before = printed(&state)?;
    write(product, &["--swap=32Mi", "--file", file])?;
    done(&format!("sh {SWAP} apply"))?;
    let used = printed("awk 'NR > 1 { print $1 }' /proc/swaps")?;
    checks.equal("found: a swap file that fits is used", &json!(used), &json!(file));
    done(&format!("sh {SWAP} undo"))?;
    checks.equal("found: undo leaves it", &json!(printed(&state)?), &json!(before));
    write(product, &["--swap=48Mi", "--file", file])?;
    let other = tried(&format!("sh {SWAP} apply; journalctl -q -u highwater-swap -n 20 --no-pager"))?;
    let is_told = other.stdout.contains("was not made here");
    checks.check(
        "found: one of another size is refused",
        is_told,
        format!("{}{}", other.stdout, other.stderr),
    );
    done(&format!("sh {SWAP} undo"))?;
    let after = printed(&format!("{state}; awk 'NR > 1' /proc/swaps"))?;
    checks.equal("found: and left as it was", &json!(after), &json!(before));
    done(&format!("rm {file}"))
}

/// What must be refused, and what must be left alone by the refusal.
fn check_refusals(product: &Product, checks: &mut Checks) -> anyhow::Result<()> {
    let cases = [
        (
            "a file that is no swap",
            "echo mine >/var/lib/mine",
            "--swap=16Mi --file=/var/lib/mine",
            "is no swap file",
        ),
        ("memory", "true", "--swap=16Mi --file=/run/swapfile", "tmpfs"),
        ("no room", "true", "--swap=5Gi --file=/var/lib/large", "do not fit"),
        ("a mounted partition", "true", "--partition=/dev/vda", "holds something else"),
        ("no block device", "true", "--partition=/dev/null", "no block device"),
    ];
    for (name, before, wish, why) in cases {
        done(before)?;
        write(product, &wish.split(' ').collect::<Vec<_>>())?;
        let apply = tried(&format!("sh {SWAP} apply; journalctl -q -u highwater-swap -n 20 --no-pager"))?;
        let refused = apply.stdout.contains(why) && tried(&format!("sh {SWAP} check"))?.code == Some(1);
        checks.check(&format!("refused: {name}"), refused, format!("{}{}", apply.stdout, apply.stderr));
        done(&format!("sh {SWAP} undo"))?;
    }
    checks.equal("refused: the file is untouched", &json!(printed("cat /var/lib/mine")?), &json!("mine"));
    let left = printed("ls /var/lib/large* /run/swapfile* 2>/dev/null; awk 'NR > 1' /proc/swaps")?;
    checks.equal("refused: nothing is left behind", &json!(left), &json!(""));
    Ok(())
}

/// A partition, zram and zswap, and swap that memory cannot take back.
fn check_kinds(product: &Product, disk: &str, checks: &mut Checks) -> anyhow::Result<()> {
    done(&format!("wipefs -aq {disk}"))?;
    let partition = format!("--partition={disk}");
    let pool = printed("cat /sys/module/zswap/parameters/max_pool_percent")?;
    write(product, &[&partition, "--priority=3", "--zram=5%:zstd", "--priority=100", "--zswap=11"])?;
    let apply = tried(&format!("sh {SWAP} apply"))?;
    checks.check("kinds: apply", apply.code == Some(0), format!("{}{}", apply.stdout, apply.stderr));
    let swaps = printed("awk 'NR > 1 { print $1, $5 }' /proc/swaps | sort")?;
    checks.equal("kinds: partition and zram", &json!(swaps), &json!(format!("{disk} 3\n/dev/zram0 100")));
    let algorithm = printed("cat /sys/block/zram0/comp_algorithm")?;
    checks.check("kinds: zram's algorithm", algorithm.contains("[zstd]"), &algorithm);
    let zswap =
        printed("cat /sys/module/zswap/parameters/enabled /sys/module/zswap/parameters/max_pool_percent")?;
    checks.equal("kinds: zswap", &json!(zswap), &json!("Y\n11"));
    checks.equal("kinds: check", &json!(tried(&format!("sh {SWAP} check"))?.code), &json!(0));
    done(&format!("sh {SWAP} undo"))?;
    let after = printed(
        "awk 'NR > 1' /proc/swaps; cat /sys/block/zram0/disksize; \
         cd /sys/module/zswap/parameters && cat enabled max_pool_percent",
    )?;
    checks.equal("kinds: undo", &json!(after), &json!(format!("0\nN\n{pool}")));
    Ok(())
}

fn write(product: &Product, wish: &[&str]) -> anyhow::Result<()> {
    std::fs::write(SWAP, render(product, "shell", wish)?)?;
    Ok(())
}
