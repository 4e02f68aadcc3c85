//! An imagined machine: cgroups as plain values, whose `memory.stat` went through the real parser.

use kernel::bytes::Bytes;
use kernel::cgroup_path::{ContainerId, Runtime, identify};
use kernel::cgroup_v2::{MemoryEvents, SwapEvents};
use kernel::hierarchy::CgroupVersion;
use kernel::limit::Limit;
use kernel::meminfo::Meminfo;
use kernel::memory_stat::MemoryStat;
use kernel::pressure::Pressure;
use model::cgroup::{Cgroup, CgroupId, CgroupIndex, Events, Memory, Swap, SwapV1, SwapV2};
use model::container::Container;
use model::declared::{Declared, UnitProperties};
use model::host::Host;
use model::reading::Reading;
use model::snapshot::{Snapshot, Timestamp};
use model::swap_limit::{MemoryAndSwapLimit, SwapLimit};
use std::time::Duration;

/// `memory.stat` of an empty cgroup, as kernel 6.12 wrote it.
const STAT_V2: &str =
    include_str!("../../kernel/tests/data/debian12-6.12-v2/sys/fs/cgroup/quiet/memory.stat");

/// `memory.stat` of an empty cgroup on v1, as kernel 6.1 wrote it.
const STAT_V1: &str =
    include_str!("../../kernel/tests/data/debian12-6.1-v1/sys/fs/cgroup/memory/quiet/memory.stat");

/// A machine of 8 GiB, 6 GiB of it available, with 2 GiB of swap, 1 GiB of it free.
const MEMINFO: &str =
    "MemTotal: 8388608 kB\nMemAvailable: 6291456 kB\nSwapTotal: 2097152 kB\nSwapFree: 1048576 kB\n";

/// A machine that exists in a test only.
#[derive(Clone, Debug)]
pub struct Imagined {
    /// What the judge is given.
    pub snapshot: Snapshot,
}

impl Imagined {
    /// A machine with nothing but the root of its hierarchy.
    #[must_use]
    pub fn new(version: CgroupVersion) -> Self {
        let host = Host { meminfo: parsed(Meminfo::parse(MEMINFO)), ..Host::unknown(version) };
        let snapshot = Snapshot {
            taken_at: Timestamp(0),
            uptime: Duration::ZERO,
            host,
            cgroups: vec![root(version)],
            missing: Vec::new(),
        };
        Self { snapshot }
    }

    /// The machine with this `/proc/meminfo` instead.
    #[must_use]
    pub fn with_meminfo(mut self, text: &str) -> Self {
        self.snapshot.host.meminfo = parsed(Meminfo::parse(text));
        self
    }

    /// Makes an empty cgroup without limits below the nearest cgroup above that was made before, and lets `change` fill it.
    pub fn cgroup(&mut self, path: &str, change: impl FnOnce(&mut Cgroup)) -> CgroupIndex {
        let is_above = |above: &Cgroup| {
            let above = above.path.trim_end_matches('/');
            path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
        };
        let cgroups = &mut self.snapshot.cgroups;
        let parent = cgroups.iter().rposition(is_above).map(CgroupIndex);
        let index = CgroupIndex(cgroups.len());
        let version = cgroups.first().map_or(CgroupVersion::V2, Cgroup::version);
        let mut cgroup = empty(path, version, parent);
        cgroup.id = CgroupId(index.0 as u64 + 1);
        change(&mut cgroup);
        cgroups.push(cgroup);
        index
    }
}

/// A limit of so many MiB.
#[must_use]
pub const fn at_mib(mib: u64) -> Reading<Limit> {
    Reading::Value(Limit::At(Bytes::from_mib(mib)))
}

/// An amount of so many MiB.
#[must_use]
pub const fn mib(mib: u64) -> Reading<Bytes> {
    Reading::Value(Bytes::from_mib(mib))
}

/// Gives a cgroup these swap figures of v2, in MiB.
pub fn swaps(cgroup: &mut Cgroup, usage: u64, limit: Reading<Limit>) {
    if let Swap::V2(swap) = &mut cgroup.swap {
        swap.usage = mib(usage);
        swap.limit = limit.map(SwapLimit);
    }
}

/// Gives a cgroup its two limits of v1.
pub fn limits_v1(cgroup: &mut Cgroup, memory: Reading<Limit>, combined: Reading<Limit>) {
    cgroup.memory.limit = memory;
    if let Swap::V1(swap) = &mut cgroup.swap {
        swap.combined_limit = combined.map(MemoryAndSwapLimit);
    }
}

/// `memory.stat` of an empty cgroup with other values for some keys, in MiB. On v1 `total_` is put before each key but `hierarchical_…`.
#[must_use]
pub fn stat_mib(version: CgroupVersion, values: &[(&str, u64)]) -> Reading<MemoryStat> {
    let bytes: Vec<(&str, u64)> = values.iter().map(|(key, mib)| (*key, mib << 20)).collect();
    stat(version, &bytes, |_| true)
}

/// The same with plain numbers, and only those keys of which `is_written` says that this kernel writes them.
#[must_use]
pub fn stat(
    version: CgroupVersion,
    values: &[(&str, u64)],
    is_written: impl Fn(&str) -> bool,
) -> Reading<MemoryStat> {
    let (recorded, prefix) = match version {
        CgroupVersion::V1 => (STAT_V1, "total_"),
        CgroupVersion::V2 => (STAT_V2, ""),
    };
    let changed = |key: &str| {
        let plain = key.strip_prefix(prefix).filter(|_| !prefix.is_empty()).unwrap_or(key);
        let counts_below = prefix.is_empty() || key.starts_with(prefix) || key.starts_with("hierarchical");
        values.iter().find(|(wanted, _)| counts_below && *wanted == plain).map(|(_, value)| *value)
    };
    let unknown = values.iter().find(|(key, _)| !recorded.contains(&format!("{key} ")));
    if let Some((key, _)) = unknown {
        return Reading::failed(format!("the recorded memory.stat has no key {key}"));
    }
    let mut text = String::new();
    for line in recorded.lines() {
        let (key, zero) = line.split_once(' ').unwrap_or((line, ""));
        if is_written(key) {
            let value = changed(key).map_or_else(|| zero.to_owned(), |value| value.to_string());
            text.push_str(&format!("{key} {value}\n"));
        }
    }
    parsed(MemoryStat::parse(&text, None))
}

/// `memory.pressure` whose tasks all waited for this share of the last ten seconds, in percent.
#[must_use]
pub fn stalled_percent(full: u32) -> Reading<Pressure> {
    let rest = "avg60=0.00 avg300=0.00 total=1000";
    parsed(Pressure::parse(&format!("some avg10={full}.00 {rest}\nfull avg10={full}.00 {rest}\n")))
}

/// Makes a cgroup a Docker container whose engine recorded these limits.
pub fn declares(cgroup: &mut Cgroup, memory: Limit, memory_and_swap: Limit, reservation: Option<Bytes>) {
    cgroup.container = Some(Container {
        id: ContainerId("c0ffee".repeat(10) + "c0ff"),
        runtime: Runtime::Docker,
        name: Reading::Value("web".to_owned()),
        image: Reading::Absent,
        compose: None,
        pod: None,
        pod_container: None,
        declared: Reading::Value(Declared {
            memory,
            memory_and_swap: MemoryAndSwapLimit(memory_and_swap),
            reservation,
            swappiness: None,
        }),
        pid: Reading::Absent,
    });
}

/// A unit of which systemd holds nothing.
#[must_use]
pub fn unit(name: &str) -> UnitProperties {
    UnitProperties {
        unit: name.to_owned(),
        memory_max: Reading::Value(Limit::Unlimited),
        memory_high: Reading::Value(Limit::Unlimited),
        memory_low: at_mib(0),
        memory_min: at_mib(0),
        memory_swap_max: Reading::Value(SwapLimit(Limit::Unlimited)),
        memory_limit: Reading::Value(Limit::Unlimited),
    }
}

fn parsed<T, E: std::fmt::Display>(result: Result<T, E>) -> Reading<T> {
    result.map_or_else(|error| Reading::failed(error.to_string()), Reading::Value)
}

/// The root of a hierarchy: v2 has no limit files there, v1 has them without a limit.
fn root(version: CgroupVersion) -> Cgroup {
    let mut root = empty("/", version, None);
    match &mut root.swap {
        Swap::V2(swap) => {
            *swap = SwapV2::default();
            root.memory = Memory::default();
        }
        Swap::V1(_) => {}
    }
    root
}

fn empty(path: &str, version: CgroupVersion, parent: Option<CgroupIndex>) -> Cgroup {
    let unlimited = || Reading::Value(Limit::Unlimited);
    let mut memory = Memory { usage: mib(0), peak: mib(0), limit: unlimited(), ..Memory::default() };
    let mut events = Events::default();
    let swap = match version {
        CgroupVersion::V2 => {
            memory.high = unlimited();
            memory.low = at_mib(0);
            memory.min = at_mib(0);
            events.hierarchical =
                Reading::Value(MemoryEvents { oom_kill: Some(0), ..MemoryEvents::default() });
            Swap::V2(SwapV2 {
                usage: mib(0),
                limit: unlimited().map(SwapLimit),
                high: unlimited().map(SwapLimit),
                events: Reading::Value(SwapEvents::default()),
                ..SwapV2::default()
            })
        }
        CgroupVersion::V1 => {
            memory.soft_limit = unlimited();
            memory.kernel_usage = mib(0);
            events.failcnt = Reading::Value(0);
            Swap::V1(SwapV1 {
                combined_usage: mib(0),
                combined_limit: unlimited().map(MemoryAndSwapLimit),
                ..SwapV1::default()
            })
        }
    };
    Cgroup {
        path: path.to_owned(),
        id: CgroupId(1),
        parent,
        identity: identify(path),
        container: None,
        pod_name: None,
        unit: Reading::Absent,
        memory,
        swap,
        stat: stat(version, &[], |_| true),
        events,
        pressure: match version {
            CgroupVersion::V2 => stalled_percent(0),
            CgroupVersion::V1 => Reading::Absent,
        },
        rates: None,
    }
}
