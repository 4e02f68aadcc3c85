//! What a machine shows before and after: files of `/etc`, kernel settings, swap.

use super::printed;

/// Settings that move by themselves.
const VOLATILE: &str = "random|dentry-state|file-nr|inode-nr|inode-state|ns_last_pid|pty.nr|aio-nr|cad_pid|keys.|\
     sched_domain|nf_conntrack_count|stat_refresh|spin_retry|max_lock_depth|quota|reserve_kbytes";

/// Every file, folder and link below a folder with its mode, owner and content.
pub fn files(folder: &str) -> anyhow::Result<String> {
    printed(&format!(
        "cd {folder} && find . -printf '%p %m %U:%G %y %l\\n' | sort && \
         find . -type f -print0 | sort -z | xargs -0 sha256sum"
    ))
}

/// Kernel settings that stand still.
pub fn settings() -> anyhow::Result<String> {
    printed(&format!("sysctl -a 2>/dev/null | grep -vE '{VOLATILE}' | sort"))
}

/// zswap's parameters and every zram device.
pub fn compressed() -> anyhow::Result<String> {
    printed(
        "cd /sys/module/zswap/parameters 2>/dev/null && grep -H . * || :; \
         for device in /sys/block/zram*; do [ ! -e \"$device\" ] || \
         echo \"$device $(cat \"$device/disksize\" \"$device/comp_algorithm\")\"; done",
    )
}

/// Lines of `/proc/swaps` without its header.
pub fn swaps() -> anyhow::Result<Vec<Vec<String>>> {
    let text = printed("cat /proc/swaps")?;
    Ok(text.lines().skip(1).map(|line| line.split_whitespace().map(str::to_owned).collect()).collect())
}

/// The priority of an area in use.
pub fn priority(path: &str) -> anyhow::Result<Option<String>> {
    let swaps = swaps()?;
    let line = swaps.into_iter().find(|line| line.first().is_some_and(|found| found == path));
    Ok(line.and_then(|line| line.get(4).cloned()))
}

/// The first lines that differ, for people.
pub fn difference(before: &str, after: &str) -> String {
    let gone = before.lines().filter(|line| !after.lines().any(|other| other == *line));
    let new = after.lines().filter(|line| !before.lines().any(|other| other == *line));
    let lines = gone.take(5).map(|line| format!("-{line}")).chain(new.take(5).map(|line| format!("+{line}")));
    lines.collect::<Vec<_>>().join("; ")
}
