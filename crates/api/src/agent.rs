//! The state of the agent as JSON.

mod alerts;

use crate::object::Object;
use kernel::bytes::Bytes;
use model::agent::{AgentCost, AgentStatus, HistoryState};
use model::host::OwnCost;
use model::reading::Reading;
use model::snapshot::{Missing, Timestamp};
use serde_json::Value;
use std::time::Duration;

/// The document of `agent status`.
#[must_use]
pub fn status(status: &AgentStatus) -> Value {
    let cost = &status.cost;
    let own = Reading::from(cost.own);
    let cost = Object::new()
        .reading("cpu_seconds", own.as_ref().map(|own| own.cpu_time.as_secs_f64()))
        .reading_or("cpu_ratio", cost.cpu_ratio.into(), "told from the second look on")
        .known("look_cpu_seconds", cost.look.as_secs_f64())
        .bytes("resident_bytes", &own.map(|own| own.resident))
        .bytes("kernel_bytes", &Reading::Value(cost.kernel))
        .known("descriptors", cost.descriptors)
        .finish();
    Object::new()
        .known("schema", "highwater/agent-status/v1")
        .known("version", status.version.as_str())
        .known("started_at_millis", status.started_at.0)
        .known("looked_at_millis", status.looked_at.0)
        .known("looks", status.looks)
        .known("interval_seconds", status.interval.as_secs_f64())
        .known("slowed", status.slowed.clone())
        .known("cgroups", status.cgroups)
        .known("containers", status.containers)
        .known("incidents", status.incidents)
        .known("alerts", alerts::document(&status.alerts))
        .known("cost", cost)
        .known("history", history(&status.history))
        .known("config", status.config.clone())
        .known("config_refused", status.config_refused.clone())
        .known("missing", missing(&status.missing))
        .finish()
}

/// Reads the document of `agent status`; nothing where it is none.
#[must_use]
pub fn read(text: &str) -> Option<AgentStatus> {
    let document: Value = serde_json::from_str(text).ok()?;
    if document.get("schema")?.as_str()? != "highwater/agent-status/v1" {
        return None;
    }
    let words = |key: &str| document.get(key).and_then(Value::as_str).map(str::to_owned);
    let number = |key: &str| document.get(key)?.as_u64();
    let count = |key: &str| number(key).and_then(|number| usize::try_from(number).ok());
    Some(AgentStatus {
        version: words("version")?,
        started_at: Timestamp(number("started_at_millis")?),
        looked_at: Timestamp(number("looked_at_millis")?),
        looks: number("looks")?,
        interval: seconds(document.get("interval_seconds")?)?,
        slowed: words("slowed"),
        cgroups: count("cgroups")?,
        containers: count("containers")?,
        cost: read_cost(document.get("cost")?)?,
        history: read_history(document.get("history")?)?,
        incidents: number("incidents")?,
        alerts: alerts::read(document.get("alerts")?)?,
        config: words("config"),
        config_refused: words("config_refused"),
        missing: read_missing(document.get("missing")?)?,
    })
}

/// Who cannot be heard, or what cannot be judged.
fn missing(all: &[Missing]) -> Value {
    let one = |missing: &Missing| {
        Object::new().known("what", missing.what.as_str()).known("why", missing.why.as_str()).finish()
    };
    all.iter().map(one).collect()
}

fn read_missing(all: &Value) -> Option<Vec<Missing>> {
    let one = |missing: &Value| {
        let said = |key: &str| missing.get(key).and_then(Value::as_str).map(str::to_owned);
        Some(Missing { what: said("what")?, why: said("why")? })
    };
    all.as_array()?.iter().map(one).collect()
}

fn read_cost(cost: &Value) -> Option<AgentCost> {
    let bytes = |key: &str| cost.get(key).and_then(Value::as_u64).map(Bytes);
    let cpu_time = cost.get("cpu_seconds").and_then(seconds);
    let own = cpu_time.zip(bytes("resident_bytes"));
    Some(AgentCost {
        own: own.map(|(cpu_time, resident)| OwnCost { cpu_time, resident }),
        cpu_ratio: cost.get("cpu_ratio").and_then(Value::as_f64),
        look: cost.get("look_cpu_seconds").and_then(seconds)?,
        descriptors: usize::try_from(cost.get("descriptors")?.as_u64()?).ok()?,
        kernel: bytes("kernel_bytes")?,
    })
}

fn read_history(history: &Value) -> Option<HistoryState> {
    let count = |key: &str| usize::try_from(history.get(key)?.as_u64()?).ok();
    match history.get("is_written")?.as_bool()? {
        true => Some(HistoryState::Written {
            workloads: count("workloads")?,
            left_out: count("workloads_left_out")?,
        }),
        false => Some(HistoryState::Stopped { why: history.get("why")?.as_str()?.to_owned() }),
    }
}

fn seconds(value: &Value) -> Option<Duration> {
    Duration::try_from_secs_f64(value.as_f64()?).ok()
}

fn history(state: &HistoryState) -> Value {
    match state {
        HistoryState::Written { workloads, left_out } => Object::new()
            .known("is_written", true)
            .known("workloads", *workloads)
            .known("workloads_left_out", *left_out)
            .finish(),
        HistoryState::Stopped { why } => {
            Object::new().known("is_written", false).known("why", why.as_str()).finish()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AgentCost, AgentStatus, Bytes, HistoryState, Missing, OwnCost, Timestamp, read, status};
    use model::agent::{AlertsState, FiringAlert, ReceiverState};
    use model::finding::Severity;
    use std::time::Duration;

    #[test]
    fn what_is_answered_can_be_read() {
        let own = OwnCost { cpu_time: Duration::from_secs(3), resident: Bytes(9) };
        let told = AgentStatus {
            version: "1.2.3".to_owned(),
            started_at: Timestamp(1),
            looked_at: Timestamp(2),
            looks: 3,
            interval: Duration::from_secs(2),
            slowed: Some("why".to_owned()),
            cgroups: 4,
            containers: 5,
            cost: AgentCost {
                own: Some(own),
                cpu_ratio: Some(0.25),
                look: Duration::from_millis(500),
                descriptors: 6,
                kernel: Bytes(7),
            },
            history: HistoryState::Stopped { why: "full".to_owned() },
            incidents: 8,
            alerts: AlertsState {
                firing: vec![FiringAlert {
                    rule: "pressure".to_owned(),
                    severity: Severity::Critical,
                    title: "web waits".to_owned(),
                    age: Duration::from_secs(9),
                    is_told: true,
                }],
                held: 2,
                receivers: vec![
                    ReceiverState {
                        name: "am".to_owned(),
                        waiting: 3,
                        failures: 4,
                        error: Some("away".to_owned()),
                    },
                    ReceiverState { name: "log".to_owned(), ..ReceiverState::default() },
                ],
                not_judged: vec![Missing { what: "leak".to_owned(), why: "too short".to_owned() }],
            },
            config: None,
            config_refused: Some("line 2".to_owned()),
            missing: vec![Missing { what: "names".to_owned(), why: "no socket".to_owned() }],
        };
        assert_eq!(read(&status(&told).to_string()), Some(told.clone()));
        let history = HistoryState::Written { workloads: 2, left_out: 1 };
        let told = AgentStatus { cost: AgentCost::default(), history, ..told };
        assert_eq!(read(&status(&told).to_string()), Some(told));
        assert_eq!(read("{\"schema\":\"other\"}"), None);
        assert_eq!(read("no JSON"), None);
    }
}
