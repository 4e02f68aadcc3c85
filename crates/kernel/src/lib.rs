//! The kernel's text as typed values: cgroup v1 and v2 files, paths, pressure, meminfo, vmstat, swaps, zram, zswap. Opens nothing.

pub mod bytes;
pub mod cgroup_path;
pub mod cgroup_v1;
pub mod cgroup_v2;
mod container_path;
mod decimal;
pub mod disk_signature;
mod escape;
pub mod hierarchy;
pub mod limit;
pub mod mark_victim;
pub mod meminfo;
pub mod memory_stat;
pub mod mountinfo;
pub mod oom_report;
pub mod parse_error;
pub mod pressure;
pub mod process;
pub mod scalar;
pub mod swaps;
pub mod vmstat;
pub mod zoneinfo;
pub mod zram;
pub mod zswap;

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
