//! What looks like an OOM kill and is none: nothing may be told.

use super::shell::Shell;
use super::stage::{MIB, Stage};
use crate::real::checks::Checks;
use serde_json::{Value, json};
use std::time::Duration;

/// A kill that only counters tell of is told after two seconds; so much later all is told.
const ALL_TOLD: Duration = Duration::from_secs(4);

/// Somebody else sends SIGKILL: exit code 137, but no OOM.
pub fn check_sigkill(stage: &mut Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let group = stage.tree.group("sigkill")?;
    group.limit(64 * MIB, 0)?;
    let mut holder = Shell::held(&group, 8)?;
    holder.kill()?;
    holder.wait()?;
    nothing(stage, checks, "sigkill")
}

/// The page cache fills the group, and is freed for it.
pub fn check_page_cache(stage: &mut Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let group = stage.tree.group("cache")?;
    group.limit(24 * MIB, 0)?;
    let file = std::env::temp_dir().join(format!("highwater-cache-{}", std::process::id()));
    let script = if stage.is_throw_away {
        "exec dd if=/dev/zram1 of=/dev/null bs=64k".to_owned()
    } else {
        format!("exec dd if=/dev/zero of={} bs=64k count=1536", file.display())
    };
    let status = Shell::start(&group, &script)?.wait()?;
    let was_full = group.was_full(24 * MIB)?;
    let _ = std::fs::remove_file(&file);
    checks.check("page cache: the reader survives", status.success(), status);
    checks.check("page cache: the group was full", was_full, "it was not");
    nothing(stage, checks, "page cache")
}

/// After all scenarios nothing is told late, and nobody twice.
pub fn check_nothing_more(stage: &mut Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let late = stage.next_of_ours(ALL_TOLD);
    checks.check("nothing is told late", late.is_none(), late.unwrap_or_default());
    Ok(())
}

fn nothing(stage: &mut Stage, checks: &mut Checks, name: &str) -> anyhow::Result<()> {
    let told: Vec<Value> = stage.told_until_now()?;
    checks.equal(&format!("{name}: nothing is told"), &json!(told), &json!([]));
    Ok(())
}
