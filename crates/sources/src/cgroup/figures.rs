//! All figures of one cgroup, file by file, for both cgroup versions.

use super::files::CgroupFiles;
use kernel::cgroup_v1::OomControl;
use kernel::cgroup_v2::{MemoryEvents, SwapEvents};
use kernel::hierarchy::CgroupVersion;
use kernel::memory_stat::{MemoryStat, StatLayout};
use kernel::parse_error::ParseError;
use kernel::pressure::Pressure;
use kernel::{cgroup_v1, cgroup_v2, scalar};
use model::cgroup::{Cgroup, Events, Memory, Swap, SwapV1, SwapV2};
use model::reading::Reading;
use model::swap_limit::{MemoryAndSwapLimit, SwapLimit};
use std::sync::Arc;

/// Reads everything that changes by itself, except the peak and the three files that a repeated reader keeps open.
pub fn read_slow(files: &mut CgroupFiles, cgroup: &mut Cgroup) {
    let mut reader = Reader { files, path: cgroup.path.clone() };
    match &mut cgroup.swap {
        Swap::V2(swap) => {
            swap.peak = reader.read("memory.swap.peak", scalar::parse_bytes);
            swap.zswap_usage = reader.read("memory.zswap.current", scalar::parse_bytes);
        }
        Swap::V1(swap) => {
            cgroup.memory.kernel_usage = reader.read("memory.kmem.usage_in_bytes", scalar::parse_bytes);
            swap.combined_failcnt = reader.read("memory.memsw.failcnt", scalar::parse_count);
            cgroup.events.failcnt = reader.read("memory.failcnt", scalar::parse_count);
            cgroup.events.oom_control = reader.read("memory.oom_control", OomControl::parse);
        }
    }
}

/// Reads the highest usage, which rises also between two looks that see the same usage.
pub fn read_peak(files: &mut CgroupFiles, cgroup: &mut Cgroup) {
    let file = match cgroup.version() {
        CgroupVersion::V1 => "memory.max_usage_in_bytes",
        CgroupVersion::V2 => "memory.peak",
    };
    let mut reader = Reader { files, path: cgroup.path.clone() };
    cgroup.memory.peak = reader.read(file, scalar::parse_bytes);
}

/// Reads the limits: files that change only when somebody writes them.
pub fn read_limits(files: &mut CgroupFiles, cgroup: &mut Cgroup) {
    let mut reader = Reader { files, path: cgroup.path.clone() };
    let memory = &mut cgroup.memory;
    match &mut cgroup.swap {
        Swap::V2(swap) => {
            memory.limit = reader.read("memory.max", cgroup_v2::parse_limit);
            memory.high = reader.read("memory.high", cgroup_v2::parse_limit);
            memory.low = reader.read("memory.low", cgroup_v2::parse_limit);
            memory.min = reader.read("memory.min", cgroup_v2::parse_limit);
            memory.oom_group = reader.read("memory.oom.group", scalar::parse_flag);
            swap.limit = reader.read("memory.swap.max", cgroup_v2::parse_limit).map(SwapLimit);
            swap.high = reader.read("memory.swap.high", cgroup_v2::parse_limit).map(SwapLimit);
            swap.zswap_limit = reader.read("memory.zswap.max", cgroup_v2::parse_limit);
        }
        Swap::V1(swap) => {
            memory.limit = reader.read("memory.limit_in_bytes", cgroup_v1::parse_limit);
            memory.soft_limit = reader.read("memory.soft_limit_in_bytes", cgroup_v1::parse_limit);
            swap.combined_limit =
                reader.read("memory.memsw.limit_in_bytes", cgroup_v1::parse_limit).map(MemoryAndSwapLimit);
            swap.swappiness = reader.read("memory.swappiness", cgroup_v1::parse_swappiness);
        }
    }
}

/// Reads the event counters of cgroup v2, which wake an inotify watch when they move.
pub fn read_events(files: &mut CgroupFiles, cgroup: &mut Cgroup) {
    let mut reader = Reader { files, path: cgroup.path.clone() };
    if let Swap::V2(swap) = &mut cgroup.swap {
        cgroup.events.hierarchical = reader.read("memory.events", MemoryEvents::parse);
        cgroup.events.local = reader.read("memory.events.local", MemoryEvents::parse);
        swap.events = reader.read("memory.swap.events", SwapEvents::parse);
    }
}

/// Reads `memory.pressure`, the second dearest file after `memory.stat`.
pub fn read_pressure(files: &mut CgroupFiles, cgroup: &mut Cgroup) {
    if let Swap::V2(_) = cgroup.swap {
        let mut reader = Reader { files, path: cgroup.path.clone() };
        cgroup.pressure = reader.read("memory.pressure", Pressure::parse);
    }
}

/// The three files a repeated reader keeps open: usage, the usage that tells swap, and `memory.stat`.
#[must_use]
pub const fn kept_files(version: CgroupVersion) -> [&'static str; 3] {
    match version {
        CgroupVersion::V2 => ["memory.current", "memory.swap.current", "memory.stat"],
        CgroupVersion::V1 => ["memory.usage_in_bytes", "memory.memsw.usage_in_bytes", "memory.stat"],
    }
}

/// The path of a cgroup's file in the hierarchy.
#[must_use]
pub fn file_path(cgroup: &str, file: &str) -> String {
    format!("{}/{file}", cgroup.trim_end_matches('/'))
}

/// Parses a `memory.stat` into the value of the scan before, so that nothing is allocated.
pub fn parse_stat(
    text: &str,
    stat: &mut Reading<MemoryStat>,
    like: Option<&Arc<StatLayout>>,
) -> Result<(), ParseError> {
    if let Reading::Value(stat) = stat {
        return stat.parse_into(text);
    }
    *stat = Reading::Value(MemoryStat::parse(text, like)?);
    Ok(())
}

/// Empty figures of a cgroup of this version.
#[must_use]
pub fn unread(version: CgroupVersion) -> (Memory, Swap, Events) {
    let swap = match version {
        CgroupVersion::V1 => Swap::V1(SwapV1::default()),
        CgroupVersion::V2 => Swap::V2(SwapV2::default()),
    };
    (Memory::default(), swap, Events::default())
}

/// Reads files of one cgroup.
struct Reader<'a> {
    files: &'a mut CgroupFiles,
    path: String,
}

impl Reader<'_> {
    fn read<T>(&mut self, file: &str, parse: impl FnOnce(&str) -> Result<T, ParseError>) -> Reading<T> {
        self.files.read(&file_path(&self.path, file), parse)
    }
}
