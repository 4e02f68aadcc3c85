//! Where the memory of a level was, from `memory.stat` or `Mem-Info:` as the report prints them.

use crate::working_set::KERNEL_PARTS;
use kernel::bytes::Bytes;
use kernel::oom_report::memory_info::MemInfo;
use kernel::oom_report::report::{CgroupStats, Counter, CounterName, OomKind, OomReport};
use model::incident::observed::CgroupMoment;
use model::incident::{Ceiling, CeilingState, Machine, MemoryUse};
use model::reading::Reading;

/// The counter of a cgroup is charged in batches: 64 pages lie unused per CPU at most (`MEMCG_CHARGE_BATCH` in
/// include/linux/memcontrol.h), and the figures are printed after the charge failed.
const CHARGE_BATCH: Bytes = Bytes(64 * 4096);

/// A small limit is near its end sooner: the batch counts as a sixty-fourth of the limit at most.
const CHARGE_BATCH_SHARE: u64 = 64;

/// The level's memory at the kill; from the last look before it where no report tells.
#[must_use]
pub fn memory_use(report: &OomReport, last: Option<&CgroupMoment>) -> MemoryUse {
    if let Some(info) = &report.mem_info {
        return of_machine(info, report.tasks.page.bytes());
    }
    let stats = Stats { report };
    let is_v1 = stats.is_v1();
    let usage = report.memory.map(|counter| counter.usage);
    if usage.is_none() && report.stats.is_empty() {
        return last.map_or_else(MemoryUse::default, from_moment);
    }
    let cache = stats.bytes(if is_v1 { "cache" } else { "file" });
    let shmem = stats.bytes("shmem");
    let kernel = stats.bytes("kernel").or(report.kmem.map(|counter| counter.usage)).or_else(|| {
        let parts: Vec<Bytes> = KERNEL_PARTS.iter().filter_map(|key| stats.bytes(key)).collect();
        (!parts.is_empty()).then(|| parts.into_iter().sum())
    });
    let unwritten = if is_v1 { ["dirty", "writeback"] } else { ["file_dirty", "file_writeback"] };
    let unwritten: Vec<Bytes> = unwritten.iter().filter_map(|key| stats.bytes(key)).collect();
    MemoryUse {
        usage: usage.into(),
        anon: stats.bytes(if is_v1 { "rss" } else { "anon" }).into(),
        shmem: shmem.into(),
        file: cache.map(|cache| cache.saturating_sub(shmem.unwrap_or_default())).into(),
        unwritten: (!unwritten.is_empty()).then(|| unwritten.into_iter().sum()).into(),
        kernel: kernel.into(),
        slab_reclaimable: stats.bytes("slab_reclaimable").into(),
        kernel_parts: kernel_parts(|key| stats.bytes(key)),
        sock: stats.bytes("sock").into(),
        swap: report.swap.map(|counter| counter.usage).or_else(|| stats.bytes("swap")).into(),
        inactive_anon: stats.bytes("inactive_anon").into(),
        refaults_anon: stats.number("workingset_refault_anon").into(),
        machine: None,
    }
}

/// The level's counters against their limits.
#[must_use]
pub fn ceilings(report: &OomReport) -> Vec<Ceiling> {
    [CounterName::Memory, CounterName::MemorySwap, CounterName::Swap, CounterName::Kmem]
        .into_iter()
        .filter_map(|name| report.counter(name).map(|counter| ceiling(name, counter)))
        .collect()
}

/// The ceiling that was hit. Where both memory and another are full, memory was: reclaim had nowhere else to go.
#[must_use]
pub fn hit(report: &OomReport, ceilings: &[Ceiling]) -> Reading<CounterName> {
    match report.kind {
        OomKind::Global | OomKind::Cpuset | OomKind::Mempolicy | OomKind::Sysrq => return Reading::Absent,
        OomKind::Memcg | OomKind::Panic | OomKind::NothingToKill | OomKind::Unknown => {}
    }
    let order = [CounterName::Memory, CounterName::MemorySwap, CounterName::Kmem, CounterName::Swap];
    let is_full = |name: &CounterName| {
        ceilings.iter().any(|ceiling| ceiling.counter == *name && ceiling.state == CeilingState::Full)
    };
    match order.into_iter().find(is_full) {
        Some(name) => Reading::Value(name),
        None if ceilings.is_empty() => Reading::failed("the log has no `usage … limit …` lines"),
        None => Reading::failed("no figure stood at its limit any more when the kernel printed them"),
    }
}

fn ceiling(counter: CounterName, figures: Counter) -> Ceiling {
    let state = match figures.limit.bytes() {
        Some(Bytes::ZERO) => CeilingState::Forbids,
        Some(limit) => {
            let batch = CHARGE_BATCH.min(Bytes(limit.0 / CHARGE_BATCH_SHARE));
            let is_full = figures.usage.saturating_add(batch) >= limit;
            if is_full { CeilingState::Full } else { CeilingState::Room }
        }
        None => CeilingState::Room,
    };
    Ceiling { counter, usage: figures.usage, limit: figures.limit, failcnt: figures.failcnt, state }
}

/// `memory.stat` of the level in any of its three spellings.
struct Stats<'a> {
    report: &'a OomReport,
}

impl Stats<'_> {
    /// v1 alone has the key `cache`.
    fn is_v1(&self) -> bool {
        self.report
            .stats
            .iter()
            .any(|stats| stats.get("cache").is_some() || stats.get("total_cache").is_some())
    }

    fn bytes(&self, key: &str) -> Option<Bytes> {
        self.number(key).map(Bytes)
    }

    /// v1 since 6.5 has the truth in `total_…`; before 5.3 one line per cgroup of the subtree, to be added up.
    fn number(&self, key: &str) -> Option<u64> {
        let level = self.level()?;
        if let Some(total) = level.get(&format!("total_{key}")) {
            return Some(total);
        }
        if self.report.stats.len() == 1 || level.get("total_cache").is_some() {
            return level.get(key);
        }
        let values: Vec<u64> = self.report.stats.iter().filter_map(|stats| stats.get(key)).collect();
        (!values.is_empty()).then(|| values.into_iter().fold(0, u64::saturating_add))
    }

    fn level(&self) -> Option<&CgroupStats> {
        let stats = &self.report.stats;
        stats.iter().find(|stats| Some(&stats.path) == self.report.oom_memcg.as_ref()).or(stats.first())
    }
}

fn kernel_parts(bytes: impl Fn(&str) -> Option<Bytes>) -> Vec<(String, Bytes)> {
    let mut parts: Vec<(String, Bytes)> = KERNEL_PARTS
        .iter()
        .filter_map(|key| bytes(key).map(|bytes| ((*key).to_owned(), bytes)))
        .filter(|(_, bytes)| *bytes > Bytes::ZERO)
        .collect();
    parts.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    parts
}

/// `Mem-Info:` counts in pages, and counts shared memory among the anonymous lists (lib/show_mem.c).
fn of_machine(info: &MemInfo, page: Bytes) -> MemoryUse {
    let bytes = |key: &str| info.pages(key).map(|pages| Bytes(pages.saturating_mul(page.0)));
    let sum = |keys: &[&str]| {
        let parts: Vec<Bytes> = keys.iter().filter_map(|key| bytes(key)).collect();
        (!parts.is_empty()).then(|| parts.into_iter().sum::<Bytes>())
    };
    let total = info.ram_pages.map(|pages| Bytes(pages.saturating_mul(page.0)));
    let free = bytes("free");
    let shmem = bytes("shmem");
    let anon = sum(&["active_anon", "inactive_anon"]);
    let kernel = ["slab_reclaimable", "slab_unreclaimable", "pagetables", "sec_pagetables"];
    MemoryUse {
        usage: total.zip(free).map(|(total, free)| total.saturating_sub(free)).into(),
        anon: anon.map(|anon| anon.saturating_sub(shmem.unwrap_or_default())).into(),
        shmem: shmem.into(),
        file: sum(&["active_file", "inactive_file"]).into(),
        unwritten: sum(&["dirty", "writeback"]).into(),
        kernel: sum(&kernel).into(),
        slab_reclaimable: bytes("slab_reclaimable").into(),
        kernel_parts: kernel_parts(bytes),
        sock: Reading::Absent,
        swap: info.total_swap.zip(info.free_swap).map(|(total, free)| total.saturating_sub(free)).into(),
        inactive_anon: bytes("inactive_anon").into(),
        refaults_anon: Reading::Absent,
        machine: Some(Machine {
            total: total.into(),
            free: free.into(),
            swap_total: info.total_swap.into(),
            swap_free: info.free_swap.into(),
        }),
    }
}

fn from_moment(moment: &CgroupMoment) -> MemoryUse {
    MemoryUse {
        usage: moment.usage.clone(),
        anon: moment.anon.clone(),
        shmem: moment.shmem.clone(),
        file: moment.file.clone(),
        kernel: moment.kernel.clone(),
        swap: moment.swap.clone(),
        ..MemoryUse::default()
    }
}
