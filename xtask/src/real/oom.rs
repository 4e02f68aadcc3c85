//! Scenario: OOM kills of every kind in control groups of our own, and what `highwater oom` tells of them.

mod after;
pub mod hogs;
mod kinds;
mod minutes;
mod quiet;
pub mod report_limit;
pub mod shell;
pub mod stage;
mod storm;
pub mod watch;

use super::checks::Checks;
use super::product::Product;
use stage::Stage;

/// Provokes every kind of kill and compares what is told with what the kernel counted.
pub fn run(product: &Product, checks: &mut Checks) -> anyhow::Result<()> {
    let is_throw_away = stage::swap_in_a_throw_away_machine()?;
    after::check_too_late(product, checks)?;
    after::check_restart(product, checks)?;
    minutes::check_minutes(product, checks)?;
    let mut stage = Stage::build(product, is_throw_away)?;
    for check in [
        kinds::check_hog as fn(&mut Stage, &mut Checks) -> anyhow::Result<()>,
        kinds::check_child,
        kinds::check_tmpfs,
        kinds::check_parent,
        kinds::check_group,
        kinds::check_memory_and_swap,
        kinds::check_swap_full,
        quiet::check_sigkill,
        quiet::check_page_cache,
        storm::check_storm,
        quiet::check_nothing_more,
        storm::check_global,
    ] {
        stage.wait_for_reports()?;
        check(&mut stage, checks)?;
    }
    Ok(())
}
