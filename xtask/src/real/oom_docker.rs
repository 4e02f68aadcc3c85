//! Scenario: OOM kills in Docker's containers, and what `highwater oom` tells of them live and afterwards.

mod deaths;
mod exec;
mod limits;
mod others;
mod scene;
mod storm;

use super::checks::Checks;
use super::docker_daemon::{Daemon, Docker};
use super::product::Product;
use scene::Scene;

/// Provokes every kind of kill in containers and compares what is told with what Docker and the kernel say.
pub fn run(product: &Product, daemon: Daemon, hogs: usize, checks: &mut Checks) -> anyhow::Result<()> {
    let docker = Docker::start(daemon)?;
    let mut scene = Scene::build(product, docker, hogs)?;
    scene.wait_for_reports()?;
    others::check_nobody_watched(&mut scene, checks)?;
    scene.watch()?;
    for check in [
        deaths::check_first_process as fn(&mut Scene<'_>, &mut Checks) -> anyhow::Result<()>,
        deaths::check_gone_at_once,
        deaths::check_restarts,
        deaths::check_child,
        deaths::check_other_exit_codes,
        limits::check_tmpfs,
        limits::check_raised,
        limits::check_parent,
        others::check_sigkill,
        exec::check_exec,
        storm::check_storm,
        others::check_nothing_more,
    ] {
        scene.wait_for_reports()?;
        check(&mut scene, checks)?;
    }
    Ok(())
}
