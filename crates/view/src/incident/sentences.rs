//! The sentences of an incident's story.

use crate::incident::{confidence, evidence, who};
use crate::remedy::whole_mib;
use crate::{sentences as words, units};
use kernel::oom_report::report::{CounterName, OomKind};
use model::incident::cause::{Cause, CauseKind};
use model::incident::survival::{Censored, NoHelp, SwapCost, SwapCounterfactual};
use model::incident::{Attribution, FirstProcess, Incident, PossibleVictims, Role, Scope};
use model::reading::Reading;

/// Who died.
pub(super) fn deaths(incident: &Incident) -> String {
    match (incident.chosen(), incident.kills) {
        (Some(victim), 1) => format!("{} (pid {}) was killed", comm(&victim.comm), victim.pid),
        (Some(victim), kills) => {
            let others = kills.saturating_sub(1);
            let noun = if others == 1 { "other process" } else { "other processes" };
            format!("{} (pid {}) and {others} {noun} were killed", comm(&victim.comm), victim.pid)
        }
        (None, 0) => match incident.kind {
            OomKind::Panic => "the kernel panicked".to_owned(),
            OomKind::NothingToKill => "the kernel found nothing to kill".to_owned(),
            OomKind::Memcg
            | OomKind::Global
            | OomKind::Cpuset
            | OomKind::Mempolicy
            | OomKind::Sysrq
            | OomKind::Unknown => "whom the OOM killer killed is not in the log".to_owned(),
        },
        (None, 1) => "a process was killed".to_owned(),
        (None, kills) => format!("{kills} processes were killed"),
    }
}

fn comm(comm: &str) -> &str {
    if comm.is_empty() { "a process without a name" } else { comm }
}

/// Which limit was hit, at which level.
pub(super) fn limit_hit(incident: &Incident) -> String {
    let limit = limit_words(incident);
    let who = who::subject(incident);
    match incident.level.scope {
        Scope::Container => format!("the container reached its own {limit}"),
        Scope::PartOfContainer => format!("a cgroup inside the container reached its {limit}"),
        Scope::OuterContainer => format!("the container around it reached its {limit}"),
        Scope::Pod => format!("its pod reached the pod's {limit}"),
        Scope::QosLevel => format!("the pods of its QoS class together reached their {limit}"),
        Scope::Kubepods => format!("all pods together reached the node's allocatable memory ({limit})"),
        Scope::Group => format!("its group of containers reached the group's {limit}"),
        Scope::Unit => format!("the unit reached its {limit}"),
        Scope::Cgroup => format!("the cgroup reached its {limit}"),
        Scope::Slice => {
            let path = incident.level.path.value().map_or("", String::as_str);
            format!("{} above {who} reached its {limit}", who::path(path))
        }
        Scope::Node => "the machine ran out of memory".to_owned(),
        Scope::Cpuset => "the memory nodes that its cpuset allows ran out".to_owned(),
        Scope::MemoryPolicy => "the memory nodes that its memory policy allows ran out".to_owned(),
        Scope::Requested => "somebody asked for a kill (SysRq-f), nothing was short".to_owned(),
        Scope::Unknown => match incident.kind {
            OomKind::Unknown | OomKind::NothingToKill if incident.ceilings.is_empty() => {
                "memory ran out, a cgroup's or the machine's".to_owned()
            }
            OomKind::Memcg
            | OomKind::Global
            | OomKind::Cpuset
            | OomKind::Mempolicy
            | OomKind::Sysrq
            | OomKind::Panic
            | OomKind::NothingToKill
            | OomKind::Unknown => format!("a cgroup that the log does not name reached its {limit}"),
        },
    }
}

/// The same behind the name of the place.
pub(super) fn limit_hit_here(incident: &Incident) -> String {
    let is_nameless = incident.level.scope == Scope::Unknown && incident.kind == OomKind::Memcg;
    if is_nameless { format!("it reached its {}", limit_words(incident)) } else { limit_hit(incident) }
}

fn limit_words(incident: &Incident) -> String {
    let name = match incident.hit.get() {
        Some(CounterName::MemorySwap) => "memory-and-swap limit",
        Some(CounterName::Swap) => "swap limit",
        Some(CounterName::Kmem) => "kernel memory limit",
        Some(CounterName::Memory) | None => "memory limit",
    };
    match incident.limit_hit() {
        Reading::Value(limit) if limit.bytes().is_some() => format!("{name} of {}", words::limit(limit)),
        Reading::Value(_) | Reading::Absent | Reading::Failed(_) => name.to_owned(),
    }
}

/// The first paragraph.
pub(super) fn happened(incident: &Incident) -> Vec<String> {
    let mut sentences = vec![format!("{}: {}.", capitalised(&limit_hit(incident)), deaths(incident))];
    if incident.level.scope == Scope::Slice || incident.level.scope == Scope::Pod {
        let own = incident.level.own_limit.get().and_then(kernel::limit::Limit::bytes);
        sentences.extend(
            own.map(|own| {
                format!("The limit of {} itself is {}.", who::subject(incident), units::bytes(own))
            }),
        );
    }
    if incident.hit.get() == Some(CounterName::MemorySwap)
        && let Some(memory) = incident.ceiling(CounterName::Memory)
        && memory.limit.bytes().is_some_and(|limit| memory.usage < limit)
    {
        sentences.push(format!(
            "Memory alone was below its limit ({} of {}); memory and swap together were not.",
            units::bytes(memory.usage),
            words::limit(memory.limit)
        ));
    }
    sentences.extend(group(incident));
    sentences.extend(first_process(incident));
    sentences.extend(attribution(incident));
    sentences
}

fn group(incident: &Incident) -> Option<String> {
    if let Some(sharing) = incident.victims.iter().find(|victim| victim.role == Role::SharedMemory) {
        return Some(format!(
            "{} (pid {}) used the same memory, which is freed with its last user, and died for that.",
            comm(&sharing.process.comm),
            sharing.process.pid
        ));
    }
    let Some(group) = incident.group.as_ref() else {
        let has_members = incident.victims.iter().any(|victim| victim.role == Role::GroupMember);
        return has_members.then(|| {
            "They died together, as memory.oom.group has it; the line that names the group is missing from the log."
                .to_owned()
        });
    };
    Some(format!(
        "memory.oom.group is set on {}, so everything in it died with the one that was chosen.",
        who::path(group)
    ))
}

fn first_process(incident: &Incident) -> Option<String> {
    match incident.first_process {
        FirstProcess::Killed => Some("The container's first process died, so the container ended.".to_owned()),
        FirstProcess::Lives => Some(
            "The container's first process lives: the container runs on, and neither its status nor its exit code will tell of this."
                .to_owned(),
        ),
        FirstProcess::Ended { code } => Some(format!(
            "The container's first process was not killed; it ended by itself soon after, with exit code {code}."
        )),
        FirstProcess::Unknown(_) => None,
    }
}

fn attribution(incident: &Incident) -> Option<String> {
    match incident.attribution {
        Attribution::Report => None,
        Attribution::FirstProcess => Some(
            "The kernel printed no report of this kill; the process number is that of the container's first process."
                .to_owned(),
        ),
        Attribution::OnlyCandidate => Some(
            "The kernel printed no report of this kill; only this cgroup's counter leaves room for it.".to_owned(),
        ),
        Attribution::CounterAlone => Some(counter_alone(&incident.possible_victims)),
        // Before Linux 5.0 no line names the cgroups unless one of them was short.
        Attribution::Nobody { .. } if incident.level.scope.is_of_machine() => None,
        Attribution::Nobody { .. } if incident.kills == 0 || incident.processes_listed > 0 => {
            Some("The line that names the cgroups is missing from the log.".to_owned())
        }
        Attribution::Nobody { .. } => {
            Some("The kernel printed this kill without a cgroup, and no counter tells whose it was.".to_owned())
        }
    }
}

fn counter_alone(possible: &PossibleVictims) -> String {
    let rose = "No report tells of this; the cgroup's own counter of kills rose.";
    let named: Vec<String> = possible
        .processes
        .iter()
        .take(3)
        .map(|process| format!("{} ({})", process.comm, process.pid))
        .collect();
    match (named.as_slice(), possible.total) {
        ([], _) => rose.to_owned(),
        ([only], 1) => {
            format!("{rose} The process may have been {only}: the kernel printed that kill without a cgroup.")
        }
        (some, total) if total == some.len() => {
            format!(
                "{rose} The process was one of these, which the kernel printed without a cgroup: {}.",
                some.join(", ")
            )
        }
        (some, total) => format!(
            "{rose} The process was one of {total} that the kernel printed without a cgroup: {}, …",
            some.join(", ")
        ),
    }
}

/// The paragraph on causes.
pub(super) fn why(incident: &Incident) -> Vec<String> {
    let mut sentences = vec![cause(incident, &incident.cause)];
    sentences
        .extend(incident.cause.evidence.iter().filter_map(|evidence| evidence::sentence(incident, evidence)));
    for other in &incident.contributing {
        // How swap was no way out is said by its evidence.
        if other.kind != CauseKind::SwapExhausted {
            sentences.push(cause(incident, other));
        }
        let known = &incident.cause.evidence;
        let more = other.evidence.iter().filter(|evidence| !known.contains(evidence));
        sentences.extend(more.filter_map(|evidence| evidence::sentence(incident, evidence)));
    }
    if who::is_innocent(incident) && incident.chosen().is_some() && incident.group.is_none() {
        sentences.push("The process that died is not the one that used the memory.".to_owned());
    }
    sentences
}

/// A cause in one sentence, with how sure it is.
pub(super) fn cause(incident: &Incident, cause: &Cause) -> String {
    let who = who::subject(incident);
    let text = match cause.kind {
        CauseKind::LimitTooSmall => format!("What runs in {who} wanted more than its limit"),
        CauseKind::Spike => "It grew by half or more within a minute".to_owned(),
        CauseKind::Leak => "It leaks: it grew for a day and more, without end".to_owned(),
        CauseKind::Tmpfs => {
            "Files in tmpfs or shared memory filled it: no kill frees them, the next start dies too"
                .to_owned()
        }
        CauseKind::KernelMemory => "The kernel's own memory on its behalf filled it".to_owned(),
        CauseKind::UnwrittenCache => "Page cache filled it faster than the disk could take it".to_owned(),
        CauseKind::Neighbour => "Another cgroup below the same limit used the memory".to_owned(),
        CauseKind::NodeOvercommit if incident.level.scope == Scope::Node => {
            "More memory was promised than the machine has".to_owned()
        }
        CauseKind::NodeOvercommit => {
            "More memory was promised to the pods than the node gives them all".to_owned()
        }
        CauseKind::GroupCollateral => "Others died with it because their group is killed whole".to_owned(),
        CauseKind::SwapExhausted => "Swap could take nothing more".to_owned(),
        CauseKind::Fragmentation => "Memory was free, but in pieces too small for what was asked".to_owned(),
        CauseKind::NodesRestricted => "Only some memory nodes were allowed, and those were full".to_owned(),
        CauseKind::Requested => "Somebody asked for it".to_owned(),
        CauseKind::Unknown => return "Why is not known: the log has too little of the report.".to_owned(),
    };
    format!("{text} ({}).", confidence(cause.confidence))
}

/// A cause in as few words as a list has room for.
pub(super) const fn cause_name(kind: CauseKind) -> &'static str {
    match kind {
        CauseKind::LimitTooSmall => "limit too small",
        CauseKind::Spike => "spike",
        CauseKind::Leak => "leak",
        CauseKind::Tmpfs => "tmpfs",
        CauseKind::KernelMemory => "kernel memory",
        CauseKind::UnwrittenCache => "page cache not written",
        CauseKind::Neighbour => "a neighbour",
        CauseKind::NodeOvercommit => "node overcommitted",
        CauseKind::GroupCollateral => "killed with its group",
        CauseKind::SwapExhausted => "swap exhausted",
        CauseKind::Fragmentation => "fragmentation",
        CauseKind::NodesRestricted => "memory nodes restricted",
        CauseKind::Requested => "asked for",
        CauseKind::Unknown => "cause unknown",
    }
}

/// The limit that would have survived, and swap.
pub(super) fn survival(incident: &Incident) -> Vec<String> {
    let survival = &incident.survival;
    let mut sentences = Vec::new();
    if let Some(bound) = survival.lower_bound.get() {
        let name = match survival.counter {
            CounterName::MemorySwap => "memory-and-swap limit",
            CounterName::Swap => "swap limit",
            CounterName::Kmem => "kernel memory limit",
            CounterName::Memory => "memory limit",
        };
        let more = incident.limit_hit().get().and_then(kernel::limit::Limit::bytes);
        let by = more.map(|limit| bound.saturating_sub(limit)).filter(|by| by.0 > 0);
        sentences.push(match (more, by) {
            (Some(limit), Some(by)) => {
                format!(
                    "It needed a {name} at least {} above the {} it had.",
                    units::bytes(by),
                    units::bytes(limit)
                )
            }
            (Some(_) | None, None) | (None, Some(_)) => {
                format!("It needed a {name} of {} at least.", units::bytes(bound))
            }
        });
    }
    sentences.push(
        match survival.censored {
            Censored::AtLimit => "That is a lower bound: the kill cut the demand off, and how far it would have gone nobody saw.",
            Censored::WhileGrowing => "That is a lower bound: it was still growing when the kill cut it off.",
            Censored::NoLimitHit => "No limit of a cgroup was hit, so a larger one would not have saved it.",
            Censored::Unknown => "Which limit would have been enough cannot be told: neither limit nor use is known.",
        }
        .to_owned(),
    );
    if let Some(least) = incident.advice.memory_least.get().filter(|_| survival.lower_bound.value().is_some())
    {
        sentences.push(format!("{} would be a first try.", units::bytes(whole_mib(least))));
    }
    if let Some(growth) = survival.growth.get() {
        sentences.push(format!(
            "It grew by {} in the last {} that were watched.",
            units::bytes_per_second(growth.bytes_per_second),
            units::duration(growth.over)
        ));
    }
    sentences.push(swap(&incident.swap));
    sentences
}

fn swap(swap: &SwapCounterfactual) -> String {
    match swap {
        SwapCounterfactual::Absorbs { at_most, cost } => {
            let cost = match cost {
                SwapCost::Little => "what was swapped before stayed out, so at little cost".to_owned(),
                SwapCost::Waits { refaults } => {
                    format!("but {refaults} pages had to come back before: it would have waited")
                }
                SwapCost::Unknown => "at what cost nothing tells".to_owned(),
            };
            format!("Swap would have taken {} at most; {cost}.", units::bytes(*at_most))
        }
        SwapCounterfactual::Delays { at_most, time } => {
            let time =
                time.get().map_or_else(String::new, |time| format!(", about {}", units::duration(time)));
            format!(
                "Swap would only have bought time{time}: {} of it would have filled as well.",
                units::bytes(*at_most)
            )
        }
        SwapCounterfactual::WasFull { limit } => {
            format!(
                "Swap was there and full ({}): only more of it would have taken more.",
                units::bytes(*limit)
            )
        }
        SwapCounterfactual::CannotHelp(why) => match why {
            NoHelp::KernelMemory => "Swap cannot help: kernel memory is never swapped.",
            NoHelp::PageCache => "Swap cannot help: page cache is written back, not swapped.",
            NoHelp::CountedTogether => {
                "More swapping cannot help: the limit that was hit counts memory and swap together."
            }
            NoHelp::InUse => "Swap would hardly have helped: nearly all of the memory was in use lately.",
            NoHelp::NotShort => "Swap has nothing to do with it.",
            NoHelp::NotAmount => {
                "Swap cannot help: there was memory enough, not of the kind that was asked for."
            }
        }
        .to_owned(),
        SwapCounterfactual::Unknown(why) => format!("What swap would have done is not known: {why}."),
    }
}

/// Who says so and who is missing.
pub(super) fn sureness(incident: &Incident) -> Vec<String> {
    let witnesses: Vec<String> = incident.witnesses.iter().map(evidence::witness).collect();
    let heard = if witnesses.is_empty() { "nobody was heard".to_owned() } else { witnesses.join("; ") };
    let mut sentences = vec![format!("{}: {heard}.", capitalised(confidence(incident.confidence)))];
    sentences.extend(evidence::lost_parts(incident));
    sentences.extend(
        incident.missing.iter().map(|missing| format!("Not heard: {} ({}).", missing.what, missing.why)),
    );
    sentences
}

/// The first letter large.
pub(super) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
