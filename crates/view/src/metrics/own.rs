//! Metrics of the agent itself, and the kills it keeps count of.

use super::page::{Family, Kind, Page, Value, labels};
use super::{Exposition, KillSeries};
use model::agent::HistoryState;

/// Kills by workload, and what the agent costs.
pub fn families(page: &mut Page, exposition: &Exposition<'_>, dropped: usize) {
    kills(page, exposition.kills);
    let status = exposition.status;
    let gauge = |name, help| Family { name, kind: Kind::Gauge, help };
    let counter = |name, help| Family { name, kind: Kind::Counter, help };
    let whole = |value: u64| [("", Value::Whole(value))];
    let info = labels(&[("version", &status.version)]);
    page.family(gauge("highwater_build_info", "The agent's version."), [(info.as_str(), Value::Whole(1))]);
    let own = status.cost.own;
    let cpu = own.map(|own| ("", Value::Real(own.cpu_time.as_secs_f64())));
    page.family(counter("highwater_collector_cpu_seconds_total", "CPU time the agent has used."), cpu);
    let resident = own.map(|own| ("", Value::Whole(own.resident.0)));
    page.family(gauge("highwater_collector_resident_bytes", "Resident memory of the agent."), resident);
    let kernel = "Kernel memory that the agent's open files pin, charged to its own cgroup.";
    page.family(gauge("highwater_collector_kmem_bytes", kernel), whole(status.cost.kernel.0));
    let look = [("", Value::Real(status.cost.look.as_secs_f64()))];
    page.family(gauge("highwater_collector_scan_duration_seconds", "CPU time of the last look."), look);
    let interval = [("", Value::Real(status.interval.as_secs_f64()))];
    page.family(gauge("highwater_collector_interval_seconds", "How often the agent looks."), interval);
    page.family(
        gauge("highwater_collector_cgroups", "Cgroups the agent watches."),
        whole(status.cgroups as u64),
    );
    page.family(counter("highwater_collector_scans_total", "Looks at the machine."), whole(status.looks));
    page.family(counter("highwater_incidents_total", "OOM incidents told."), whole(status.incidents));
    let written = matches!(status.history, HistoryState::Written { .. });
    page.family(
        gauge("highwater_history_written", "Whether the history is written: 0 when the disk is full."),
        whole(u64::from(written)),
    );
    page.family(
        gauge("highwater_config_refused", "Whether the configuration as it is now was not taken."),
        whole(u64::from(status.config_refused.is_some())),
    );
    page.family(
        gauge("highwater_metrics_series_max", "The most series of containers that are given."),
        whole(exposition.series_max as u64),
    );
    page.family(
        gauge("highwater_metrics_containers_dropped", "Containers without series, for there are too many."),
        whole(dropped as u64),
    );
}

fn kills(page: &mut Page, kills: &[KillSeries<'_>]) {
    let named: Vec<String> =
        kills.iter().map(|kill| labels(&[("workload", kill.workload), ("scope", kill.scope)])).collect();
    let all = || named.iter().map(String::as_str).zip(kills);
    let family = Family {
        name: "highwater_container_oom_kills_total",
        kind: Kind::Counter,
        help: "Processes that were killed for memory, by workload; kept when the container is gone.",
    };
    page.family(family, all().map(|(labels, kill)| (labels, Value::Whole(kill.kills))));
    let family = Family {
        name: "highwater_container_last_oom_timestamp_seconds",
        kind: Kind::Gauge,
        help: "When a process of the workload was last killed for memory.",
    };
    let last = all().filter_map(|(labels, kill)| {
        #[allow(clippy::cast_precision_loss)]
        kill.last.map(|last| (labels, Value::Real(last.0 as f64 / 1_000.0)))
    });
    page.family(family, last);
}
