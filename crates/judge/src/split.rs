//! Where the memory of a cgroup went: anonymous, page cache, shared, kernel, sockets.

use crate::working_set;
use model::assessment::Split;
use model::cgroup::{Cgroup, Swap};
use model::reading::Reading;

/// The parts of a cgroup's memory.
#[must_use]
pub fn split(cgroup: &Cgroup) -> Split {
    let cache = match cgroup.swap {
        Swap::V2(_) => cgroup.stat_bytes("file"),
        Swap::V1(_) => cgroup.stat_bytes("cache"),
    };
    let shmem = working_set::shmem(cgroup);
    // Both versions count shared memory in the page cache too.
    let file = cache.zip(shmem.clone()).map(|(cache, shmem)| cache.saturating_sub(shmem));
    let stat = cgroup.stat.value();
    let part = |key: &'static str| stat.and_then(|stat| stat.bytes(key)).map(|bytes| (key, bytes));
    let kernel_parts = match cgroup.swap {
        Swap::V2(_) => working_set::KERNEL_PARTS.into_iter().filter_map(part).collect(),
        Swap::V1(_) => Vec::new(),
    };
    let sock = match cgroup.swap {
        Swap::V2(_) => cgroup.stat_bytes("sock"),
        Swap::V1(_) => Reading::Absent,
    };
    Split {
        anon: working_set::anon(cgroup),
        file,
        shmem,
        kernel: working_set::kernel_memory(cgroup),
        kernel_parts,
        sock,
    }
}
