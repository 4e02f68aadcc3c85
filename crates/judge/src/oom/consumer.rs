//! Who held the memory. It is often not the victim: files in tmpfs belong to nobody the kernel could kill.

use crate::oom::facts::{Facts, held};
use kernel::bytes::Bytes;
use model::incident::Scope;
use model::incident::cause::{Consumer, MemoryPart};

/// Who holds half of it is the one to talk about.
pub const DOMINANT_RATIO: f64 = 0.5;

/// Who held most of the level's memory.
#[must_use]
pub fn consumer(facts: &Facts<'_>) -> Consumer {
    if facts.level.scope == Scope::Requested {
        return Consumer::Unknown("nothing was short: the kill was asked for".to_owned());
    }
    if let Some((path, bytes)) = neighbour(facts) {
        return Consumer::Neighbour { path: path.to_owned(), bytes };
    }
    match largest_part(facts) {
        Some((MemoryPart::Shmem, bytes)) => Consumer::Tmpfs { bytes },
        Some((MemoryPart::File | MemoryPart::Unwritten, bytes)) => Consumer::PageCache { bytes },
        Some((MemoryPart::Kernel | MemoryPart::Sock, bytes)) => Consumer::Kernel { bytes },
        Some((MemoryPart::Anon, bytes)) => by_process(facts, Some(bytes)),
        None => by_process(facts, facts.usage()),
    }
}

/// Whether `bytes` are most of `whole`.
#[must_use]
pub fn is_dominant(bytes: Bytes, whole: Bytes) -> bool {
    bytes.ratio_of(whole).is_some_and(|ratio| ratio >= DOMINANT_RATIO)
}

/// Another cgroup that held most of the level when it was last seen, while the victim did not.
#[must_use]
pub fn neighbour<'a>(facts: &Facts<'a>) -> Option<(&'a str, Bytes)> {
    let whole = facts.usage().or_else(|| facts.memory_limit())?;
    let victim = facts.first_victim().and_then(|(_, held)| held).unwrap_or_default();
    if is_dominant(victim, whole) {
        return None;
    }
    facts
        .neighbours
        .iter()
        .filter_map(|moment| Some((moment.cgroup.path.as_str(), moment.usage.get()?)))
        .filter(|(_, usage)| is_dominant(*usage, whole))
        .max_by_key(|(_, usage)| *usage)
}

/// The largest part of memory that cannot simply be dropped, page cache last.
fn largest_part(facts: &Facts<'_>) -> Option<(MemoryPart, Bytes)> {
    let memory = &facts.memory;
    let parts = [
        (MemoryPart::File, memory.file.get()),
        (MemoryPart::Sock, memory.sock.get()),
        (MemoryPart::Kernel, facts.kernel_held()),
        (MemoryPart::Shmem, memory.shmem.get()),
        (MemoryPart::Anon, memory.anon.get()),
    ];
    // Without the anonymous figure "the largest" would be the largest of those that happen to be known.
    memory.anon.get()?;
    parts.into_iter().filter_map(|(part, bytes)| Some((part, bytes?))).max_by_key(|(_, bytes)| *bytes)
}

fn by_process(facts: &Facts<'_>, whole: Option<Bytes>) -> Consumer {
    let rows = &facts.report.tasks.rows;
    let together: Bytes = rows.iter().filter_map(held).sum();
    let Some(whole) = whole.or(Some(together)).filter(|whole| *whole > Bytes::ZERO) else {
        return without_table(facts);
    };
    if let Some((_, Some(bytes))) = facts.first_victim()
        && is_dominant(bytes, whole)
    {
        return Consumer::Victim { bytes };
    }
    let largest = rows.iter().filter_map(|row| Some((row, held(row)?))).max_by_key(|(_, bytes)| *bytes);
    match largest {
        Some((row, bytes)) if is_dominant(bytes, whole) => {
            if facts.victims.iter().any(|victim| victim.process.pid == row.pid) {
                return Consumer::Victim { bytes };
            }
            Consumer::Process { pid: row.pid, comm: row.comm.clone(), bytes }
        }
        Some(_) => Consumer::ManyProcesses { count: facts.report.tasks.rows_seen, bytes: together },
        None => without_table(facts),
    }
}

/// Kill lines alone: the members of a group tell what they held together.
fn without_table(facts: &Facts<'_>) -> Consumer {
    let sizes: Vec<Bytes> = facts.victims.iter().filter_map(|victim| victim.process.anon_rss).collect();
    if sizes.len() > 1 {
        let count = u64::try_from(sizes.len()).unwrap_or(u64::MAX);
        return Consumer::ManyProcesses { count, bytes: sizes.into_iter().sum() };
    }
    Consumer::Unknown("the log has neither a task table nor the parts of the memory".to_owned())
}
