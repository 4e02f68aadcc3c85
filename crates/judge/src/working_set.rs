//! Four answers to "how much does it use?", each with its formula.
//!
//! | name | formula | who uses it |
//! |---|---|---|
//! | kubelet | usage − inactive_file, not below 0 | kubelet eviction, `kubectl top`, `docker stats` (cadvisor `setMemoryStats`, docker/cli `stats_helpers.go`) |
//! | unreclaimable | max(anon + shmem, inactive_anon + active_anon + unevictable) + kernel − slab_reclaimable + sock | the distance to an OOM kill without swap |
//! | reclaimable | inactive_file + active_file + slab_reclaimable | what reclaim can free without swap |
//! | demand | kubelet + swap | limits and leaks: does not fall when swapping starts |
//!
//! v1 spells the keys `total_…`, calls anon `rss`, counts kernel memory in `memory.kmem.usage_in_bytes` and does not tell
//! which slab is reclaimable, so there the unreclaimable part is an upper bound.

use kernel::bytes::Bytes;
use model::assessment::WorkingSets;
use model::cgroup::{Cgroup, Swap};
use model::reading::Reading;

/// All four for one cgroup.
#[must_use]
pub fn working_sets(cgroup: &Cgroup) -> WorkingSets {
    let kubelet = kubelet(cgroup);
    let demand = kubelet.clone().zip(cgroup.swap_usage()).map(|(set, swap)| set.saturating_add(swap));
    WorkingSets { kubelet, unreclaimable: unreclaimable(cgroup), reclaimable: reclaimable(cgroup), demand }
}

/// Usage minus inactive file cache. The two are of different moments, so the difference stops at zero, as cadvisor's does.
#[must_use]
pub fn kubelet(cgroup: &Cgroup) -> Reading<Bytes> {
    cgroup
        .memory
        .usage
        .clone()
        .zip(cgroup.stat_bytes("inactive_file"))
        .map(|(usage, idle)| usage.saturating_sub(idle))
}

/// What reclaim cannot free without swap.
#[must_use]
pub fn unreclaimable(cgroup: &Cgroup) -> Reading<Bytes> {
    let lists = sum(["inactive_anon", "active_anon", "unevictable"].map(|key| cgroup.stat_bytes(key)));
    let mapped = anon(cgroup).zip(shmem(cgroup)).map(|(anon, shmem)| anon.saturating_add(shmem));
    // Lists and counters lag behind each other; mlocked file pages are on the unevictable list alone.
    let user = mapped.zip(lists).map(|(mapped, lists)| mapped.max(lists));
    let slab_reclaimable = cgroup.stat_bytes("slab_reclaimable").get().unwrap_or_default();
    user.zip(kernel_memory(cgroup)).zip(sock(cgroup)).map(|((user, kernel), sock)| {
        user.saturating_add(kernel.saturating_sub(slab_reclaimable)).saturating_add(sock)
    })
}

fn reclaimable(cgroup: &Cgroup) -> Reading<Bytes> {
    let slab = cgroup.stat_bytes("slab_reclaimable").or_if_absent(|| Reading::Value(Bytes::ZERO));
    sum([cgroup.stat_bytes("inactive_file"), cgroup.stat_bytes("active_file"), slab])
}

/// Anonymous memory. v1's `rss` is anonymous memory too, not the process's resident set (memory.txt, section 5.2).
#[must_use]
pub fn anon(cgroup: &Cgroup) -> Reading<Bytes> {
    match cgroup.swap {
        Swap::V2(_) => cgroup.stat_bytes("anon"),
        Swap::V1(_) => cgroup.stat_bytes("rss"),
    }
}

/// tmpfs and shared memory. Kernels before 4.15 do not count it on v1; there it hides in the cache.
#[must_use]
pub fn shmem(cgroup: &Cgroup) -> Reading<Bytes> {
    cgroup.stat_bytes("shmem").or_if_absent(|| cgroup.stat.as_ref().map(|_| Bytes::ZERO))
}

/// Kernel memory. v2 sums it up in `kernel` since 5.18; before, the parts are added here.
#[must_use]
pub fn kernel_memory(cgroup: &Cgroup) -> Reading<Bytes> {
    match cgroup.swap {
        Swap::V2(_) => cgroup.stat_bytes("kernel").or_if_absent(|| {
            cgroup.stat.as_ref().map(|stat| KERNEL_PARTS.iter().filter_map(|key| stat.bytes(key)).sum())
        }),
        // Without the file kernel memory is not charged (`cgroup.memory=nokmem`).
        Swap::V1(_) => cgroup.memory.kernel_usage.clone().or_if_absent(|| Reading::Value(Bytes::ZERO)),
    }
}

/// Socket buffers; v1 counts TCP's apart, in files that are nearly always zero.
#[must_use]
pub fn sock(cgroup: &Cgroup) -> Reading<Bytes> {
    match cgroup.swap {
        Swap::V2(_) => cgroup.stat_bytes("sock").or_if_absent(|| cgroup.stat.as_ref().map(|_| Bytes::ZERO)),
        Swap::V1(_) => cgroup.stat.as_ref().map(|_| Bytes::ZERO),
    }
}

/// The parts of kernel memory that `memory.stat` names; together with uncounted rest they make up `kernel`.
pub const KERNEL_PARTS: [&str; 7] = [
    "kernel_stack",
    "pagetables",
    "sec_pagetables",
    "percpu",
    "vmalloc",
    "slab_reclaimable",
    "slab_unreclaimable",
];

fn sum<const N: usize>(parts: [Reading<Bytes>; N]) -> Reading<Bytes> {
    parts.into_iter().fold(Reading::Value(Bytes::ZERO), |sum, part| {
        sum.zip(part).map(|(sum, part)| sum.saturating_add(part))
    })
}
