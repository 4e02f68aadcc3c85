//! Evidence, consumers and witnesses in words.

use crate::incident::who;
use crate::units;
use kernel::bytes::Bytes;
use kernel::oom_report::report::{CounterName, Part};
use model::incident::Incident;
use model::incident::cause::{Consumer, Evidence, MemoryPart};
use model::incident::witness::{LogSource, Witness};

/// One figure as a sentence; nothing where the screen says it already.
pub(super) fn sentence(incident: &Incident, evidence: &Evidence) -> Option<String> {
    let of = |bytes: &Bytes, of: &Bytes| format!("{} of {}", units::bytes(*bytes), units::bytes(*of));
    Some(match evidence {
        // The first paragraph and the figures say these.
        Evidence::Full { counter: CounterName::Memory, .. } | Evidence::Room { .. } => return None,
        Evidence::PartHeld { part: MemoryPart::Anon, .. } | Evidence::NoLimitHit => return None,
        Evidence::ProcessHeld { .. } if is_consumer(incident) => return None,
        Evidence::MachineFree { .. } => return None,
        Evidence::Full { counter: CounterName::Swap, limit } => {
            format!("Its swap limit of {} was full.", units::bytes(*limit))
        }
        Evidence::Full { counter: CounterName::MemorySwap, limit } => {
            format!("The limit of memory and swap together, {}, was full.", units::bytes(*limit))
        }
        Evidence::Full { counter: CounterName::Kmem, limit } => {
            format!("Its kernel memory limit of {} was full.", units::bytes(*limit))
        }
        Evidence::PartHeld { part, bytes, of: whole } => {
            format!("{} made up {}.", part_name(*part), of(bytes, whole))
        }
        Evidence::KernelPart { key, bytes } => {
            format!("Most of that was {key}, {}.", units::bytes(*bytes))
        }
        Evidence::ProcessHeld { pid, comm, bytes, of: whole } => {
            format!("{comm} (pid {pid}) held {}.", of(bytes, whole))
        }
        Evidence::VictimHeldLittle { comm, bytes, .. } => {
            format!("{comm}, which died for it, held {}.", units::bytes(*bytes))
        }
        Evidence::NeighbourHeld { path, bytes, of: whole } => {
            format!("{} held {} when last seen.", who::path(path), of(bytes, whole))
        }
        Evidence::OwnHeld { bytes, of: whole } => format!("It held {} itself.", of(bytes, whole)),
        Evidence::Grew { from, to, over } => format!(
            "It went from {} to {} in {}.",
            units::bytes(*from),
            units::bytes(*to),
            units::duration(*over)
        ),
        Evidence::StoodAt { ratio, over } => format!(
            "It stood at {} of its limit or more for {}.",
            units::percent(*ratio),
            units::duration(*over)
        ),
        Evidence::GrewSteadily { bytes, over } => {
            format!(
                "It grew by {} in {}, in every quarter of that time.",
                units::bytes(*bytes),
                units::duration(*over)
            )
        }
        Evidence::SwapForbidden => "It may not swap.".to_owned(),
        Evidence::NoSwap => "The machine has no swap.".to_owned(),
        Evidence::MachineSwapFull { total } => {
            format!("The machine's swap of {} was full.", units::bytes(*total))
        }
        Evidence::Order { order } => {
            format!("A block of {} pages in a row was asked for.", 1_u64 << (*order).clamp(0, 20))
        }
        Evidence::AllowedNodes { nodes } => format!("Allowed nodes: {nodes}."),
        Evidence::GroupKilled { path, kills } => {
            format!("{} processes died with {}.", kills, who::path(path))
        }
        Evidence::KilledInARow { kills } => {
            format!("{kills} processes were killed one after the other before it fitted.")
        }
        Evidence::SysRq => "The kernel logged a manual OOM execution.".to_owned(),
    })
}

const fn part_name(part: MemoryPart) -> &'static str {
    match part {
        MemoryPart::Anon => "Heaps and stacks",
        MemoryPart::Shmem => "tmpfs and shared memory",
        MemoryPart::File => "Page cache",
        MemoryPart::Unwritten => "Page cache waiting to be written",
        MemoryPart::Kernel => "Kernel memory that cannot be dropped",
        MemoryPart::Sock => "Socket buffers",
    }
}

const fn is_consumer(incident: &Incident) -> bool {
    matches!(incident.consumer, Consumer::Victim { .. } | Consumer::Process { .. })
}

/// Who held the memory, in one sentence.
pub(super) fn consumer(incident: &Incident) -> String {
    match &incident.consumer {
        Consumer::Victim { bytes } => {
            let comm = incident.chosen().map_or("the victim", |victim| victim.comm.as_str());
            format!("Most of it was held by {comm}, the process that was killed: {}.", units::bytes(*bytes))
        }
        Consumer::Process { pid, comm, bytes } if incident.kills == 0 => {
            format!("Most of it was held by {comm} (pid {pid}): {}.", units::bytes(*bytes))
        }
        Consumer::Process { pid, comm, bytes } => {
            format!(
                "Most of it was held by {comm} (pid {pid}), which was not killed: {}.",
                units::bytes(*bytes)
            )
        }
        Consumer::ManyProcesses { count, bytes } => {
            format!("{count} processes held {} together, none of them most.", units::bytes(*bytes))
        }
        Consumer::Tmpfs { bytes } => {
            let most = most(incident, *bytes);
            format!("{most} was tmpfs or shared memory: {}, held by no process.", units::bytes(*bytes))
        }
        Consumer::PageCache { bytes } => {
            format!("{} was page cache: {}.", most(incident, *bytes), units::bytes(*bytes))
        }
        Consumer::Kernel { bytes } => {
            format!("{} was kernel memory: {}.", most(incident, *bytes), units::bytes(*bytes))
        }
        Consumer::Neighbour { path, bytes } => {
            format!("Most of it was held by {}: {} when last seen.", who::path(path), units::bytes(*bytes))
        }
        Consumer::Unknown(why) => format!("Who held it is not known: {why}."),
    }
}

/// The largest part need not be most of it.
fn most(incident: &Incident, part: Bytes) -> &'static str {
    let is_most = incident.memory.usage.get().is_none_or(|usage| part.saturating_add(part) >= usage);
    if is_most { "Most of it" } else { "The largest part of it" }
}

/// A witness and what it says.
pub(super) fn witness(witness: &Witness) -> String {
    match witness {
        Witness::KernelLog { source, .. } => match source {
            LogSource::Ring => "the kernel's log (/dev/kmsg)".to_owned(),
            LogSource::Journal => "the kernel's log (journal)".to_owned(),
            LogSource::File => "a kernel log that was handed in".to_owned(),
        },
        Witness::Counter { path, kills } => {
            format!("the kill counter of {} (+{kills})", who::path(path))
        }
        Witness::LevelCounter { path } => format!("the oom counter of {}", who::path(path)),
        Witness::Vmstat { kills } => {
            format!("oom_kill in /proc/vmstat, which counts the same {}", units::count(*kills, "kill"))
        }
        Witness::Tracepoint => "the tracepoint oom:mark_victim".to_owned(),
        Witness::Runtime => "the runtime's oom event (a hint: it is sent to innocents too)".to_owned(),
        Witness::Systemd => "systemd (Result=oom-kill)".to_owned(),
        Witness::ExitCode { code } => format!("exit code {code} (SIGKILL by anyone gives 137)"),
    }
}

/// What the report lost.
pub(super) fn lost_parts(incident: &Incident) -> Option<String> {
    let missing = incident.witnesses.iter().find_map(|witness| match witness {
        Witness::KernelLog { missing, .. } if !missing.is_empty() => Some(missing),
        Witness::KernelLog { .. }
        | Witness::Counter { .. }
        | Witness::LevelCounter { .. }
        | Witness::Vmstat { .. }
        | Witness::Tracepoint
        | Witness::Runtime
        | Witness::Systemd
        | Witness::ExitCode { .. } => None,
    })?;
    let names: Vec<&str> = missing.iter().map(|part| part_of_report(*part)).collect();
    Some(format!("The report is not whole; missing: {}.", names.join(", ")))
}

/// A part of a report in plain words.
pub(crate) const fn part_of_report(part: Part) -> &'static str {
    match part {
        Part::Header => "who asked for memory",
        Part::Counters => "usage and limits",
        Part::Stats => "what the memory was",
        Part::MemInfo => "the machine's memory",
        Part::Tasks => "the task table",
        Part::OomKillLine => "the cgroups",
        Part::KillLine => "the kill line",
    }
}
