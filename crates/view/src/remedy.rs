//! The next command to run for a finding.

use crate::columns::Row;
use crate::{names, units};
use kernel::bytes::Bytes;
use kernel::cgroup_path::{Identity, Runtime};
use kernel::limit::Limit;
use model::assessment::Binding;
use model::container::Container;
use model::drift::{Drift, DriftingLimit};
use model::finding::{BrokenRule, Finding};
use model::swap_limit::SwapLimit;

/// Room to look at the thing in peace, not a recommendation: that takes history.
const MORE_RATIO: (u64, u64) = (5, 4);

/// The command to see everything about a cgroup.
#[must_use]
pub fn look(row: Row<'_>) -> String {
    format!("highwater show {}", quoted(&shown_as(row)))
}

/// The command that mends a finding, where one command does.
#[must_use]
pub fn remedy(row: Row<'_>, finding: &Finding) -> Option<String> {
    match &finding.broken {
        BrokenRule::NearLimit { binding: Binding::Cgroup(index), .. } if *index == finding.cgroup => {
            more_memory(row)
        }
        BrokenRule::NearLimit { binding, .. } | BrokenRule::BoundFromAbove { binding, .. } => {
            look_at_level(row, *binding)
        }
        BrokenRule::SwapHurts { .. } | BrokenRule::Pressure { .. } => more_memory(row),
        BrokenRule::OomKilled { .. } => Some("journalctl -k --grep 'oom-kill|Killed process'".to_owned()),
        BrokenRule::Throttled { .. } | BrokenRule::SwapFull { .. } => None,
        BrokenRule::Drifted(drift) => undrift(row, drift),
    }
}

fn look_at_level(row: Row<'_>, binding: Binding) -> Option<String> {
    let Binding::Cgroup(index) = binding else { return None };
    row.snapshot.cgroup(index).map(|cgroup| format!("highwater show {}", quoted(&cgroup.path)))
}

/// What a person types to mean this cgroup.
fn shown_as(row: Row<'_>) -> String {
    match &row.cgroup.identity {
        Identity::Unit(unit) => unit.name.clone(),
        Identity::Container(_) | Identity::Root => names::cgroup(row.cgroup),
        Identity::BelowContainer(_)
        | Identity::Monitor(_)
        | Identity::Group { .. }
        | Identity::Pod(_)
        | Identity::KubeQosLevel(_)
        | Identity::KubepodsRoot
        | Identity::BelowUnit(_)
        | Identity::Other => row.cgroup.path.clone(),
    }
}

fn more_memory(row: Row<'_>) -> Option<String> {
    let limit = row.cgroup.memory.limit.get().and_then(Limit::bytes)?;
    let more = whole_mib(Bytes(limit.0 / MORE_RATIO.1 * MORE_RATIO.0));
    if let Some((engine, name)) = row.cgroup.container.as_ref().and_then(engine) {
        let swap = row.assessment.own_swap_limit.get().unwrap_or(SwapLimit(Limit::Unlimited));
        return Some(engine_update(engine, name, more, swap));
    }
    let Identity::Unit(unit) = &row.cgroup.identity else { return None };
    Some(format!("systemctl set-property {} MemoryMax={}", quoted(&unit.name), more.0))
}

/// Docker refuses a memory limit above the memory-and-swap limit, so both are given.
pub(crate) fn engine_update(engine: &str, name: &str, memory: Bytes, swap: SwapLimit) -> String {
    let both = match swap.0 {
        Limit::At(swap) => units::docker_bytes(memory.saturating_add(swap)),
        Limit::Unlimited => "-1".to_owned(),
    };
    let memory = units::docker_bytes(memory);
    format!("{engine} update --memory {memory} --memory-swap {both} {}", quoted(name))
}

/// systemd's property and the kernel's file in one go; without a unit, the runtime writes its record again.
fn undrift(row: Row<'_>, drift: &Drift) -> Option<String> {
    let wanted = drift.declared.or(drift.systemd)?;
    let property = match drift.what {
        DriftingLimit::Memory => "MemoryMax",
        DriftingLimit::Swap => "MemorySwapMax",
        DriftingLimit::Reservation => "MemoryLow",
        DriftingLimit::High => "MemoryHigh",
        DriftingLimit::Min => "MemoryMin",
        DriftingLimit::MemoryAndSwap => return rewrite(row),
    };
    if let Some(unit) = row.cgroup.unit.value() {
        let value = match wanted {
            Limit::At(bytes) => bytes.0.to_string(),
            Limit::Unlimited => "infinity".to_owned(),
        };
        return Some(format!("systemctl set-property --runtime {} {property}={value}", quoted(&unit.unit)));
    }
    rewrite(row)
}

fn rewrite(row: Row<'_>) -> Option<String> {
    let declared = row.cgroup.container.as_ref()?.declared.value()?;
    let memory = declared.memory.bytes()?;
    let swap = SwapLimit::from_combined(declared.memory_and_swap, declared.memory).ok()?;
    let (engine, name) = row.cgroup.container.as_ref().and_then(engine)?;
    Some(engine_update(engine, name, memory, swap))
}

/// The program that changes limits of this container, where one does, and the name it knows.
pub(crate) fn engine(container: &Container) -> Option<(&'static str, &str)> {
    let name = container.name.value().map_or_else(|| names::short_id(&container.id.0), String::as_str);
    match container.runtime {
        Runtime::Docker => Some(("docker", name)),
        Runtime::Podman => Some(("podman", name)),
        Runtime::Containerd
        | Runtime::CriO
        | Runtime::Lxc
        | Runtime::Nspawn
        | Runtime::Buildkit
        | Runtime::Unknown => None,
    }
}

/// Rounded up: people and engines write limits in MiB.
pub(crate) fn whole_mib(amount: Bytes) -> Bytes {
    Bytes(amount.0.div_ceil(1 << 20) << 20)
}

/// Quoted for a shell where it has to be.
#[must_use]
pub fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@=+%,".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_name_cannot_become_a_command() {
        assert_eq!(quoted("web-1"), "web-1");
        assert_eq!(quoted("a; rm -rf /"), "'a; rm -rf /'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(r"dev-disk\x2d1.swap"), r"'dev-disk\x2d1.swap'");
    }
}
