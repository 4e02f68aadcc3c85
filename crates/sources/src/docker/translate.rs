//! From Docker's words to ours: the meaning of 0 and -1 ends in this file.

use crate::docker::EngineKind;
use crate::docker::wire::{Config, HostConfig, Inspected, Listed};
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::container::{ComposeService, RuntimeRecord};
use model::declared::Declared;
use model::reading::Reading;
use model::swap_limit::MemoryAndSwapLimit;
use std::collections::HashMap;
use std::sync::Arc;

/// A figure of `HostConfig` that has no meaning we know.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum NotUnderstood {
    #[error("HostConfig.{field}: expected a number, found none")]
    Missing { field: &'static str },
    #[error("HostConfig.{field}: expected {expected}, found {found}")]
    Meaningless { field: &'static str, expected: &'static str, found: i64 },
}

/// Whether a container in this state, of a list that also has the ended ones, can still have a cgroup.
///
/// A word that we do not know counts as alive: without a cgroup the record is joined with nothing.
pub fn may_be_alive(listed: &Listed) -> bool {
    let ended = ["created", "configured", "initialized", "exited", "stopped", "removing", "dead"];
    listed.state.as_deref().is_none_or(|state| !ended.contains(&state))
}

/// The record of a container that was inspected; what the inspection leaves out comes from the list.
pub fn record(engine: EngineKind, id: String, listed: Listed, inspected: Inspected) -> RuntimeRecord {
    let config = inspected.config.unwrap_or_default();
    let config = Config {
        image: config.image.filter(|image| !image.is_empty()).or(listed.image),
        labels: config.labels.or(listed.labels),
    };
    let name = inspected.name.map(|name| without_slash(&name)).or_else(|| first_name(listed.names));
    let declared = inspected.host_config.map_or_else(
        || Reading::failed("expected HostConfig, found none"),
        |host_config| match declared(engine, &host_config) {
            Ok(declared) => Reading::Value(declared),
            Err(error) => Reading::failed(error.to_string()),
        },
    );
    RuntimeRecord {
        id,
        name: name.into(),
        image: config.image.into(),
        compose: config.labels.and_then(compose_service),
        declared,
        pid: pid(inspected.state.and_then(|state| state.pid)),
    }
}

/// The record of a container that was listed and could not be inspected.
pub fn record_of_failed(id: String, listed: Listed, why: &str) -> RuntimeRecord {
    let why: Arc<str> = Arc::from(why);
    RuntimeRecord {
        id,
        name: first_name(listed.names).into(),
        image: listed.image.into(),
        compose: listed.labels.and_then(compose_service),
        declared: Reading::Failed(Arc::clone(&why)),
        pid: Reading::Failed(why),
    }
}

/// What the container is called in a message: its name, or its id when it has none.
pub fn name_in_message(id: &str, listed: &Listed) -> String {
    first_name(listed.names.clone()).unwrap_or_else(|| id.to_owned())
}

fn declared(engine: EngineKind, host_config: &HostConfig) -> Result<Declared, NotUnderstood> {
    let memory = memory(host_config)?;
    Ok(Declared {
        memory,
        memory_and_swap: memory_and_swap(engine, host_config, memory)?,
        reservation: reservation(host_config)?,
        swappiness: swappiness(engine, host_config, memory)?,
    })
}

fn memory(host_config: &HostConfig) -> Result<Limit, NotUnderstood> {
    let field = "Memory";
    match host_config.memory.ok_or(NotUnderstood::Missing { field })? {
        0 | -1 => Ok(Limit::Unlimited),
        found => bytes(field, found).map(Limit::At),
    }
}

/// Docker keeps -1 for "unlimited" and writes the default of twice the memory into its record when the container is
/// created (moby, `adaptContainerSettings`), so that a 0 beside a memory limit means that default. Podman writes the
/// default too, but forgets `--memory-swap -1`: there a 0 beside a memory limit is what an unlimited one looks like
/// (4.3.1, compared with the kernel's file).
fn memory_and_swap(
    engine: EngineKind,
    host_config: &HostConfig,
    memory: Limit,
) -> Result<MemoryAndSwapLimit, NotUnderstood> {
    let field = "MemorySwap";
    let found = host_config.memory_swap.ok_or(NotUnderstood::Missing { field })?;
    let limit = match (found, engine, memory) {
        (-1, EngineKind::Docker | EngineKind::Podman, Limit::At(_) | Limit::Unlimited)
        | (0, EngineKind::Podman, Limit::At(_))
        | (0, EngineKind::Docker | EngineKind::Podman, Limit::Unlimited) => Limit::Unlimited,
        (0, EngineKind::Docker, Limit::At(memory)) => Limit::At(memory.saturating_add(memory)),
        (found, EngineKind::Docker | EngineKind::Podman, Limit::At(_) | Limit::Unlimited) => {
            Limit::At(bytes(field, found)?)
        }
    };
    Ok(MemoryAndSwapLimit(limit))
}

fn reservation(host_config: &HostConfig) -> Result<Option<Bytes>, NotUnderstood> {
    match host_config.memory_reservation {
        None | Some(0) => Ok(None),
        Some(found) => bytes("MemoryReservation", found).map(Some),
    }
}

/// Podman says 0 for "none" where it has no memory limit to tell of, and -1 otherwise (4.3.1), so a 0 without a memory
/// limit tells nothing there.
fn swappiness(
    engine: EngineKind,
    host_config: &HostConfig,
    memory: Limit,
) -> Result<Option<u64>, NotUnderstood> {
    match (host_config.memory_swappiness, engine, memory) {
        (None | Some(-1), EngineKind::Docker | EngineKind::Podman, Limit::At(_) | Limit::Unlimited)
        | (Some(0), EngineKind::Podman, Limit::Unlimited) => Ok(None),
        (Some(found), EngineKind::Docker | EngineKind::Podman, Limit::At(_) | Limit::Unlimited) => {
            let expected = "0 to 100, or -1";
            let meaningless = NotUnderstood::Meaningless { field: "MemorySwappiness", expected, found };
            u64::try_from(found).ok().filter(|percent| *percent <= 100).map(Some).ok_or(meaningless)
        }
    }
}

fn bytes(field: &'static str, found: i64) -> Result<Bytes, NotUnderstood> {
    let expected = "bytes, 0 or -1";
    u64::try_from(found).map(Bytes).map_err(|_| NotUnderstood::Meaningless { field, expected, found })
}

fn pid(found: Option<i64>) -> Reading<u32> {
    match found {
        None | Some(0) => Reading::Absent,
        Some(found) => u32::try_from(found).map_or_else(
            |_| Reading::failed(format!("State.Pid: expected a pid, found {found}")),
            Reading::Value,
        ),
    }
}

fn first_name(names: Option<Vec<String>>) -> Option<String> {
    let names = names.unwrap_or_default();
    names.iter().map(|name| without_slash(name)).find(|name| !name.is_empty() && !name.contains('/'))
}

fn without_slash(name: &str) -> String {
    name.strip_prefix('/').unwrap_or(name).to_owned()
}

/// The Compose service that the labels name.
pub fn compose_service(mut labels: HashMap<String, String>) -> Option<ComposeService> {
    let project = labels.remove("com.docker.compose.project")?;
    let service = labels.remove("com.docker.compose.service")?;
    Some(ComposeService { project, service })
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Declared, EngineKind, HostConfig, Limit, MemoryAndSwapLimit, Reading, declared, pid};

    const MIB: i64 = 1 << 20;

    fn host_config(memory: i64, memory_swap: i64) -> HostConfig {
        HostConfig { memory: Some(memory), memory_swap: Some(memory_swap), ..HostConfig::default() }
    }

    fn limits(engine: EngineKind, memory: i64, memory_swap: i64) -> Result<(Limit, Limit), String> {
        let Declared { memory, memory_and_swap: MemoryAndSwapLimit(both), .. } =
            declared(engine, &host_config(memory, memory_swap)).map_err(|error| error.to_string())?;
        Ok((memory, both))
    }

    #[test]
    fn zero_beside_a_memory_limit_is_twice_it_for_docker_and_endless_for_podman() {
        let at = |mib| Limit::At(Bytes::from_mib(mib));
        assert_eq!(limits(EngineKind::Docker, 64 * MIB, 0), Ok((at(64), at(128))));
        assert_eq!(limits(EngineKind::Podman, 64 * MIB, 0), Ok((at(64), Limit::Unlimited)));
    }

    #[test]
    fn zero_and_minus_one_are_no_limit() {
        for engine in [EngineKind::Docker, EngineKind::Podman] {
            for (memory, both) in [(0, 0), (0, -1), (-1, -1), (-1, 0)] {
                assert_eq!(limits(engine, memory, both), Ok((Limit::Unlimited, Limit::Unlimited)));
            }
        }
    }

    #[test]
    fn a_number_without_a_meaning_is_told_and_not_taken_for_a_limit() {
        let docker = EngineKind::Docker;
        let refused = |why: &str| Err(why.to_owned());
        assert_eq!(limits(docker, -7, 0), refused("HostConfig.Memory: expected bytes, 0 or -1, found -7"));
        assert_eq!(
            limits(docker, MIB, -2),
            refused("HostConfig.MemorySwap: expected bytes, 0 or -1, found -2")
        );
        let swappiness = HostConfig { memory_swappiness: Some(101), ..host_config(0, 0) };
        let why = declared(docker, &swappiness).unwrap_err().to_string();
        assert_eq!(why, "HostConfig.MemorySwappiness: expected 0 to 100, or -1, found 101");
        let missing = HostConfig { memory: None, ..host_config(0, 0) };
        let why = declared(docker, &missing).unwrap_err().to_string();
        assert_eq!(why, "HostConfig.Memory: expected a number, found none");
    }

    #[test]
    fn a_swappiness_of_zero_tells_nothing_where_podman_has_no_memory_limit() {
        let swappiness = |engine, memory| {
            let host_config = HostConfig { memory_swappiness: Some(0), ..host_config(memory, 0) };
            declared(engine, &host_config).unwrap().swappiness
        };
        assert_eq!(swappiness(EngineKind::Docker, 0), Some(0));
        assert_eq!(swappiness(EngineKind::Podman, MIB), Some(0));
        assert_eq!(swappiness(EngineKind::Podman, 0), None);
    }

    #[test]
    fn a_container_without_a_process_has_no_pid() {
        assert_eq!(pid(Some(0)), Reading::Absent);
        assert_eq!(pid(Some(-1)), Reading::failed("State.Pid: expected a pid, found -1"));
    }
}
