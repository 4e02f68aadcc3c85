//! What the agent says when it is asked: its state, and the metrics.

use super::Agent;
use super::eyes::Eyes;
use kernel::bytes::Bytes;
use model::agent::{AgentCost, AgentStatus};
use model::assessment::Assessment;
use model::cgroup::CgroupIndex;
use model::host::OwnCost;
use model::snapshot::Timestamp;
use sources::cgroup::descriptors::KERNEL_BYTES_PER_DESCRIPTOR;
use sources::proc::own_cost;
use std::time::{Duration, Instant};
use view::metrics::{Dialect, Exposition};

/// What the agent costs, from look to look.
pub struct Costs {
    started_at: Timestamp,
    before: Option<(OwnCost, Instant)>,
    now: AgentCost,
    looks: u64,
}

impl Costs {
    /// An agent that begins now.
    pub fn new() -> Self {
        let before = own_cost().get().map(|own| (own, Instant::now()));
        Self { started_at: sources::proc::wall_clock(), before, now: AgentCost::default(), looks: 0 }
    }

    /// Takes a look that has ended. Gives the CPU time since the one before.
    pub fn looked(&mut self, eyes: &Eyes) -> Duration {
        self.looks += 1;
        let own = own_cost().get();
        let at = Instant::now();
        let (cpu, passed) = match (&self.before, own) {
            (Some((before, since)), Some(own)) => {
                (own.cpu_time.saturating_sub(before.cpu_time), at.saturating_duration_since(*since))
            }
            (None, _) | (_, None) => (Duration::ZERO, Duration::ZERO),
        };
        self.before = own.map(|own| (own, at));
        let descriptors = eyes.descriptors_kept();
        let pinned =
            u64::try_from(descriptors).unwrap_or(u64::MAX).saturating_mul(KERNEL_BYTES_PER_DESCRIPTOR);
        let cpu_ratio = (!passed.is_zero()).then(|| cpu.as_secs_f64() / passed.as_secs_f64());
        self.now = AgentCost { own, cpu_ratio, look: cpu, descriptors, kernel: Bytes(pinned) };
        cpu
    }
}

/// The metrics for a scraper that takes OpenMetrics.
pub fn open_metrics(agent: &Agent) -> String {
    metrics(agent, Dialect::OpenMetrics)
}

/// The metrics for everybody else.
pub fn prometheus_text(agent: &Agent) -> String {
    metrics(agent, Dialect::Prometheus)
}

/// The state as JSON.
pub fn status_document(agent: &Agent) -> String {
    format!("{:#}\n", api::agent::status(&status(agent)))
}

fn metrics(agent: &Agent, dialect: Dialect) -> String {
    let snapshot = agent.eyes.snapshot();
    let containers = snapshot.cgroups.iter().enumerate().filter(|(_, cgroup)| cgroup.container.is_some());
    let assessments: Vec<Assessment> =
        containers.filter_map(|(index, _)| judge::assess::assess(snapshot, CgroupIndex(index))).collect();
    let name = |id| agent.memory.name(id);
    let status = status(agent);
    let kills = agent.memory.tally().counts();
    let kills = kills.map(|(workload, scope, count)| view::metrics::KillSeries {
        workload: workload.as_str(),
        scope: scope.word(),
        kills: count.kills,
        last: count.last,
    });
    view::metrics::page(
        &Exposition {
            snapshot,
            assessments: &assessments,
            workload: &name,
            kills: &kills.collect::<Vec<_>>(),
            status: &status,
            receivers: &agent.alerts.totals(),
            series_max: agent.settings.wanted.metrics_series_max,
        },
        dialect,
    )
}

fn status(agent: &Agent) -> AgentStatus {
    let snapshot = agent.eyes.snapshot();
    let is_container = |cgroup: &&model::cgroup::Cgroup| cgroup.container.is_some();
    let slowed = agent.rate.slowed_from();
    AgentStatus {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: agent.costs.started_at,
        looked_at: snapshot.taken_at,
        looks: agent.costs.looks,
        interval: agent.rate.interval(),
        slowed: slowed.map(|wanted| view::agent::slowed(wanted, snapshot.cgroups.len())),
        cgroups: snapshot.cgroups.len(),
        containers: snapshot.cgroups.iter().filter(is_container).count(),
        cost: agent.costs.now,
        history: agent.memory.state(),
        incidents: agent.memory.tally().incidents(),
        alerts: agent.alerts.state(&agent.eyes, &agent.memory),
        config: agent.settings.file.as_ref().map(|file| file.display().to_string()),
        config_refused: agent.settings.refused.clone(),
        missing: agent.eyes.missing(),
    }
}
