//! `cargo xtask real`: scenarios on a real kernel, where the product's output is compared with the kernel's own files.
//!
//! A scenario runs on this machine or inside a virtual one, to which this binary and the product's are shared.
//! It touches only control groups of containers that it started, and ends only what it started.

pub mod advise;
mod agent;
mod agent_alerts;
mod alerts;
mod cgroup_files;
mod checks;
mod docker;
pub mod docker_daemon;
mod nested;
mod node;
mod node_file_systems;
mod node_first_boot;
mod node_render;
pub mod oom;
mod oom_docker;
pub mod own_cgroup;
mod polling;
pub mod product;
pub mod prometheus;

use checks::Checks;
use clap::ValueEnum;
use docker_daemon::Daemon;
use node::outside::Extent;
use product::Product;
use std::path::PathBuf;
use std::process::ExitCode;

/// The command line of `cargo xtask real`.
#[derive(clap::Args)]
pub struct RealArgs {
    /// What to try
    #[arg(value_enum)]
    scenario: Scenario,
    /// The product's binary
    #[arg(long, value_name = "PATH")]
    highwater: PathBuf,
    /// Which Docker: one of our own, or the machine's (only for throw-away machines, and with DOCKER_HOST)
    #[arg(long, value_enum, default_value = "own")]
    docker: Daemon,
    /// How many hogs `oom-docker` starts at once; a machine without KVM takes minutes for two hundred
    #[arg(long, value_name = "N", default_value_t = 200)]
    hogs: usize,
    /// Which boot of `node-inside` this is
    #[arg(long, value_enum, required_if_eq("scenario", "node-inside"))]
    stage: Option<node::inside::Stage>,
    /// Which boot of `agent-unit-inside` this is
    #[arg(long, value_enum, required_if_eq("scenario", "agent-unit-inside"))]
    boot: Option<agent::unit_inside::Boot>,
}

/// Everything that can be tried on a real kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Containers with different limits: `ls` and `show` against the kernel's files; with systemd also drift
    Docker,
    /// Nested control groups of our own: limits at several levels, swap, throttling, a kill
    Nested,
    /// OOM kills of every kind, alone and many at once: what `oom watch`, `ls` and `show` tell of them
    Oom,
    /// OOM kills in Docker's containers: names, exit codes, restarts, raised limits, events, `--exec`, 200 hogs at once
    OomDocker,
    /// A plan of swap done and taken back on this machine, in mounts of its own, with everything that must be refused
    Node,
    /// The same in Debian machines that keep their disk: power cuts, reboots, a job that needs swap
    NodeMachine,
    /// XFS, btrfs, zram, zswap and two priorities in a Debian machine that keeps its disk
    NodeVariants,
    /// One boot of those two: only in the Debian machine
    NodeInside,
    /// A node's first boot with rendered user data, and the rendered script: only in the Debian machine, with a disk of 512 MiB
    NodeFirstBoot,
    /// The rendered script on ext4, XFS and btrfs: only in a machine with a disk of 512 MiB
    NodeFileSystems,
    /// Alerts against a real Alertmanager and a webhook that answers 500, hangs, and recovers; `kill -9` in between
    Alerts,
    /// The agent with the same receivers: kills of our own cgroups told once over `kill -9`, near a limit, silences, reload, a full disk
    AgentAlerts,
    /// What `node render` writes, before shellcheck, systemd-analyze and cloud-init
    NodeRender,
    /// What `advise` prints, done to containers, services and manifests, read back and undone
    Advise,
    /// The agent beside a leak, a saw-tooth, a full cache, restarts and a storm of kills; Docker restarted under it
    AgentContainers,
    /// The agent ended with `kill -9` fifty times while it writes: its store is read after each
    AgentCrashes,
    /// The agent with a full disk, a folder that is not its own, and a wrong configuration
    AgentTrouble,
    /// The packaged unit in a Debian machine: installed, watched, reloaded, its clock set, rebooted, taken away
    AgentUnit,
    /// One boot of that: only in the Debian machine
    AgentUnitInside,
    /// Debian's Prometheus scrapes the agent; names with quotes and line feeds; who may ask
    AgentScraped,
    /// The agent with ten thousand containers
    AgentMany,
    /// A Prometheus of our own with 100 pods × 14 days, and others that are empty, closed, silent or broken
    Prometheus,
}

/// Runs a scenario; prints one line per check and `N passed, N failed` at the end.
pub fn run(args: &RealArgs) -> anyhow::Result<ExitCode> {
    crate::subprocess::note_interrupts()?;
    let product = Product::at(&args.highwater)?;
    if args.scenario == Scenario::Node
        && let Some(code) = node::here::with_own_mounts()?
    {
        return Ok(code);
    }
    let mut checks = Checks::default();
    let end = match args.scenario {
        Scenario::Docker => docker::run(&product, args.docker, &mut checks),
        Scenario::Nested => nested::run(&product, &mut checks),
        Scenario::Oom => oom::run(&product, &mut checks),
        Scenario::NodeFileSystems => node_file_systems::run(&product, &mut checks),
        Scenario::Alerts => alerts::run(&product, &mut checks),
        Scenario::AgentAlerts => agent_alerts::run(&product, &mut checks),
        Scenario::NodeRender => node_render::run(&product, &mut checks),
        Scenario::Node => node::here::run(&product, &mut checks),
        Scenario::NodeMachine => node::outside::run(&product, Extent::OnePath, &mut checks),
        Scenario::NodeVariants => node::outside::run(&product, Extent::Variants, &mut checks),
        Scenario::NodeInside => match args.stage {
            Some(stage) => node::inside::run(&product, stage, &mut checks),
            None => Err(anyhow::anyhow!("--stage is missing")),
        },
        Scenario::NodeFirstBoot => node_first_boot::run(&product, &mut checks),
        Scenario::OomDocker => oom_docker::run(&product, args.docker, args.hogs, &mut checks),
        Scenario::Advise => advise::run(&product, args.docker, &mut checks),
        Scenario::AgentContainers => agent::containers::run(&product, args.docker, &mut checks),
        Scenario::AgentCrashes => agent::crashes::run(&product, &mut checks),
        Scenario::AgentTrouble => agent::trouble::run(&product, &mut checks),
        Scenario::AgentUnit => agent::unit::run(&product, &mut checks),
        Scenario::AgentUnitInside => match args.boot {
            Some(boot) => agent::unit_inside::run(&product, boot, &mut checks),
            None => Err(anyhow::anyhow!("--boot is missing")),
        },
        Scenario::AgentScraped => agent::scraped::run(&product, args.docker, &mut checks),
        Scenario::AgentMany => agent::many::run(&product, &mut checks),
        Scenario::Prometheus => prometheus::run(&product, &mut checks),
    };
    if let Err(error) = end {
        checks.check("the scenario reaches its end", false, format!("{error:#}"));
    }
    Ok(checks.conclude())
}
