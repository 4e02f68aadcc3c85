//! The table of families: a name, its help, and the figure that it takes from a container.

use super::Subject;
use crate::metrics::page::{Family, Kind, Value};
use kernel::bytes::Bytes;
use kernel::cgroup_v2::{MemoryEvents, SwapEvents};
use kernel::limit::Limit;
use model::cgroup::Swap;
use model::reading::Reading;
use std::time::Duration;

/// A family, and its figure of one container; nothing where it is unknown, unlimited or does not exist here.
type Entry = (Family, fn(&Subject<'_>) -> Option<Value>);

const fn gauge(name: &'static str, help: &'static str) -> Family {
    Family { name, kind: Kind::Gauge, help }
}

const fn counter(name: &'static str, help: &'static str) -> Family {
    Family { name, kind: Kind::Counter, help }
}

const fn untyped(name: &'static str, help: &'static str) -> Family {
    Family { name, kind: Kind::Untyped, help }
}

/// Every family that has one series a container.
pub const FAMILIES: &[Entry] = &[
    (gauge("container_memory_usage_bytes", "Memory use, page cache included."), |s| {
        bytes(s.cgroup.memory.usage.get())
    }),
    (
        gauge(
            "container_memory_working_set_bytes",
            "Memory use without inactive file cache: what the kubelet evicts by.",
        ),
        |s| bytes(s.assessment.working_sets.kubelet.get()),
    ),
    (gauge("container_memory_rss", "Anonymous memory."), |s| bytes(s.assessment.split.anon.get())),
    (gauge("container_memory_cache", "Page cache, tmpfs included."), |s| bytes(cache(s))),
    (gauge("container_memory_swap", "Swap use."), |s| bytes(s.assessment.swap_usage.get())),
    (gauge("container_memory_mapped_file", "Files mapped into processes."), |s| {
        bytes(either(s, "file_mapped", "mapped_file"))
    }),
    (gauge("container_memory_kernel_usage", "Kernel memory."), |s| bytes(s.assessment.split.kernel.get())),
    (untyped("container_memory_failcnt", "How often the memory limit was met."), |s| count(met(s))),
    (
        gauge("container_memory_max_usage_bytes", "The highest memory use since the container was made."),
        |s| bytes(s.cgroup.memory.peak.get()),
    ),
    (gauge("container_memory_total_active_file_bytes", "File cache that was used lately."), |s| {
        bytes(s.cgroup.stat_bytes("active_file").get())
    }),
    (gauge("container_memory_total_inactive_file_bytes", "File cache that was not used lately."), |s| {
        bytes(s.cgroup.stat_bytes("inactive_file").get())
    }),
    (gauge("container_memory_file_dirty_bytes", "File cache that waits to be written."), |s| {
        bytes(either(s, "file_dirty", "dirty"))
    }),
    (gauge("container_memory_file_writeback_bytes", "File cache that is being written."), |s| {
        bytes(either(s, "file_writeback", "writeback"))
    }),
    (counter("container_memory_pgscan_total", "Pages that reclaim looked at."), |s| count(key(s, "pgscan"))),
    (counter("container_memory_pgsteal_total", "Pages that reclaim freed."), |s| count(key(s, "pgsteal"))),
    (
        counter(
            "container_memory_workingset_refault_anon_total",
            "Anonymous pages that were swapped out and needed again.",
        ),
        |s| count(key(s, "workingset_refault_anon")),
    ),
    (
        counter(
            "container_memory_workingset_refault_file_total",
            "File pages that were thrown out and needed again.",
        ),
        |s| count(key(s, "workingset_refault_file")),
    ),
    (
        counter(
            "container_oom_events_total",
            "Processes of the container that were killed for memory, as its cgroup counts.",
        ),
        |s| count(s.cgroup.processes_killed().get()),
    ),
    (counter("container_memory_events_low_total", "How often protected memory was reclaimed."), |s| {
        count(events(s).map(|events| events.low))
    }),
    (counter("container_memory_events_high_total", "How often memory.high was met."), |s| {
        count(events(s).map(|events| events.high))
    }),
    (counter("container_memory_events_max_total", "How often memory.max was met."), |s| {
        count(events(s).map(|events| events.max))
    }),
    (counter("container_memory_events_oom_total", "How often an allocation failed at the limit."), |s| {
        count(events(s).map(|events| events.oom))
    }),
    (
        counter(
            "container_memory_events_oom_kill_total",
            "Processes killed by the OOM killer, as memory.events counts.",
        ),
        |s| count(events(s).and_then(|events| events.oom_kill)),
    ),
    (
        counter("container_memory_events_oom_group_kill_total", "How often the whole cgroup was killed."),
        |s| count(events(s).and_then(|events| events.oom_group_kill)),
    ),
    (counter("container_memory_swap_events_max_total", "How often the swap limit was met."), |s| {
        count(swap_events(s).map(|events| events.max))
    }),
    (counter("container_memory_swap_events_fail_total", "How often swapping out failed."), |s| {
        count(swap_events(s).map(|events| events.fail))
    }),
    (counter("container_memory_swap_events_high_total", "How often memory.swap.high was met."), |s| {
        count(swap_events(s).and_then(|events| events.high))
    }),
    (
        counter(
            "container_pressure_memory_waiting_seconds_total",
            "Time in which at least one task waited for memory.",
        ),
        |s| seconds(s.cgroup.pressure.value().map(|pressure| pressure.some.total)),
    ),
    (
        counter(
            "container_pressure_memory_stalled_seconds_total",
            "Time in which every task waited for memory.",
        ),
        |s| seconds(s.cgroup.pressure.value().and_then(|pressure| Some(pressure.full.as_ref()?.total))),
    ),
    (
        gauge(
            "container_spec_memory_limit_bytes",
            "The container's own memory limit; no series where it has none.",
        ),
        |s| bytes(limit(&s.cgroup.memory.limit)),
    ),
    (
        gauge(
            "container_spec_memory_reservation_limit_bytes",
            "The container's reservation; no series where it has none.",
        ),
        |s| bytes(reservation(s)),
    ),
    (
        gauge(
            "container_spec_memory_swap_limit_bytes",
            "The container's limit of swap alone; no series where it has none.",
        ),
        |s| bytes(s.assessment.own_swap_limit.get().and_then(|limit| limit.0.bytes())),
    ),
    (gauge("container_swap_usage_bytes", "Swap use, as the kubelet names it."), |s| {
        bytes(s.assessment.swap_usage.get())
    }),
    (gauge("container_swap_limit_bytes", "The limit of swap alone, as the kubelet names it."), |s| {
        bytes(s.assessment.own_swap_limit.get().and_then(|limit| limit.0.bytes()))
    }),
    (gauge("highwater_container_memory_high_bytes", "memory.high; no series where it is not set."), |s| {
        bytes(limit(&s.cgroup.memory.high))
    }),
    (gauge("highwater_container_memory_low_bytes", "memory.low."), |s| bytes(limit(&s.cgroup.memory.low))),
    (gauge("highwater_container_memory_min_bytes", "memory.min."), |s| bytes(limit(&s.cgroup.memory.min))),
    (gauge("highwater_container_memory_file_bytes", "Page cache of files, without tmpfs."), |s| {
        bytes(s.assessment.split.file.get())
    }),
    (gauge("highwater_container_memory_shmem_bytes", "tmpfs and shared memory."), |s| {
        bytes(s.assessment.split.shmem.get())
    }),
    (gauge("highwater_container_memory_sock_bytes", "Socket buffers."), |s| {
        bytes(s.assessment.split.sock.get())
    }),
    (gauge("highwater_container_memory_slab_reclaimable_bytes", "Kernel objects that can be freed."), |s| {
        bytes(s.cgroup.stat_bytes("slab_reclaimable").get())
    }),
    (
        gauge("highwater_container_memory_slab_unreclaimable_bytes", "Kernel objects that cannot be freed."),
        |s| bytes(s.cgroup.stat_bytes("slab_unreclaimable").get()),
    ),
    (gauge("highwater_container_memory_unevictable_bytes", "Memory that is locked."), |s| {
        bytes(s.cgroup.stat_bytes("unevictable").get())
    }),
    (
        gauge("highwater_container_memory_unreclaimable_bytes", "Memory that cannot be freed without swap."),
        |s| bytes(s.assessment.working_sets.unreclaimable.get()),
    ),
    (gauge("highwater_container_memory_reclaimable_bytes", "Memory that can be freed without swap."), |s| {
        bytes(s.assessment.working_sets.reclaimable.get())
    }),
    (gauge("highwater_container_memory_demand_bytes", "Working set and swap together."), |s| {
        bytes(s.assessment.working_sets.demand.get())
    }),
    (
        gauge(
            "highwater_container_memory_headroom_bytes",
            "How much more memory the container can use before a kill, without swap.",
        ),
        |s| bytes(s.assessment.headroom.get().map(|headroom| headroom.memory)),
    ),
    (
        gauge(
            "highwater_container_memory_and_swap_headroom_bytes",
            "The same with what swap can still take.",
        ),
        |s| bytes(s.assessment.headroom.get().map(|headroom| headroom.with_swap)),
    ),
    (
        gauge(
            "highwater_container_swap_limit_effective_bytes",
            "The lowest swap limit over the container, every level above it, and the machine.",
        ),
        |s| bytes(s.assessment.swap_limit.get().map(|limit| limit.bytes)),
    ),
];

fn bytes(amount: Option<Bytes>) -> Option<Value> {
    amount.map(|amount| Value::Whole(amount.0))
}

fn count(count: Option<u64>) -> Option<Value> {
    count.map(Value::Whole)
}

fn seconds(time: Option<Duration>) -> Option<Value> {
    time.map(|time| Value::Real(time.as_secs_f64()))
}

fn limit(limit: &Reading<Limit>) -> Option<Bytes> {
    limit.get().and_then(Limit::bytes)
}

fn events<'a>(subject: &'a Subject<'_>) -> Option<&'a MemoryEvents> {
    subject.cgroup.events.hierarchical.value()
}

fn swap_events<'a>(subject: &'a Subject<'_>) -> Option<&'a SwapEvents> {
    match &subject.cgroup.swap {
        Swap::V2(swap) => swap.events.value(),
        Swap::V1(_) => None,
    }
}

/// v2's `max` of `memory.events`, v1's `memory.failcnt`.
fn met(subject: &Subject<'_>) -> Option<u64> {
    events(subject).map(|events| events.max).or_else(|| subject.cgroup.events.failcnt.get())
}

/// v2's `file` and v1's `cache` both count tmpfs.
fn cache(subject: &Subject<'_>) -> Option<Bytes> {
    either(subject, "file", "cache")
}

/// A key of `memory.stat` as v2 and as v1 spell it.
fn either(subject: &Subject<'_>, v2: &str, v1: &str) -> Option<Bytes> {
    let key = match subject.cgroup.swap {
        Swap::V2(_) => v2,
        Swap::V1(_) => v1,
    };
    subject.cgroup.stat_bytes(key).get()
}

/// A counter of `memory.stat` over everything below.
fn key(subject: &Subject<'_>, key: &str) -> Option<u64> {
    subject.cgroup.stat_bytes(key).get().map(|count| count.0)
}

/// v2's `memory.low`, v1's soft limit: what `--memory-reservation` becomes.
fn reservation(subject: &Subject<'_>) -> Option<Bytes> {
    let memory = &subject.cgroup.memory;
    let set = match subject.cgroup.swap {
        Swap::V2(_) => &memory.low,
        Swap::V1(_) => &memory.soft_limit,
    };
    limit(set).filter(|bytes| *bytes > Bytes::ZERO)
}
