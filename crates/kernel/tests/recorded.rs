//! Files recorded from real kernels (tests/data/README.md), read by every parser that is meant for them.

#![allow(clippy::disallowed_methods, reason = "these tests read recorded files")]
#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kernel::bytes::Bytes;
use kernel::cgroup_v1::{self, OomControl, OomKiller};
use kernel::cgroup_v2::{self, CgroupEvents, MemoryEvents, SwapEvents};
use kernel::hierarchy::{CgroupVersion, Hierarchy, Layout};
use kernel::limit::Limit;
use kernel::meminfo::Meminfo;
use kernel::memory_stat::MemoryStat;
use kernel::pressure::Pressure;
use kernel::process::{self, ProcessStat, ProcessStatus};
use kernel::swaps::{self, SwapKind};
use kernel::vmstat::Vmstat;
use kernel::zram::{self, MmStat};
use kernel::{mountinfo, scalar, zoneinfo, zswap};

const V2: [&str; 2] = ["debian12-6.12-v2", "debian12-6.1-v2"];
const V1: [&str; 2] = ["debian12-6.1-v1", "debian12-6.1-hybrid"];
const HOST: &str = "host-6.18-v1";

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

#[track_caller]
fn read(machine: &str, path: &str) -> String {
    fs::read_to_string(data().join(machine).join(path))
        .unwrap_or_else(|error| panic!("{machine}/{path}: {error}"))
}

fn machines() -> impl Iterator<Item = &'static str> {
    V2.into_iter().chain(V1).chain([HOST])
}

/// Every file below `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Reads one file with the parser for its name; `None` when no parser is meant for it.
fn parse(path: &Path, text: &str) -> Option<Result<(), kernel::parse_error::ParseError>> {
    let is_v1 = path.ancestors().any(|folder| folder.ends_with("sys/fs/cgroup/memory"));
    let folder = path.parent()?.file_name()?.to_str()?;
    let name = path.file_name()?.to_str()?;
    Some(match name {
        "memory.stat" => MemoryStat::parse(text, None).map(drop),
        "memory.events" | "memory.events.local" => MemoryEvents::parse(text).map(drop),
        "memory.swap.events" => SwapEvents::parse(text).map(drop),
        "cgroup.events" => CgroupEvents::parse(text).map(drop),
        "memory.oom_control" => OomControl::parse(text).map(drop),
        "memory.swappiness" => cgroup_v1::parse_swappiness(text).map(drop),
        "memory.oom.group" | "memory.zswap.writeback" | "memory.use_hierarchy" => {
            scalar::parse_flag(text).map(drop)
        }
        "memory.pressure" => Pressure::parse(text).map(drop),
        "memory.move_charge_at_immigrate" | "swappiness" => scalar::parse_count(text).map(drop),
        _ if name.ends_with("failcnt") => scalar::parse_count(text).map(drop),
        _ if name.ends_with("limit_in_bytes") => cgroup_v1::parse_limit(text).map(drop),
        _ if name.starts_with("memory.") && is_v1 => scalar::parse_bytes(text).map(drop),
        "memory.current"
        | "memory.peak"
        | "memory.swap.current"
        | "memory.swap.peak"
        | "memory.zswap.current" => scalar::parse_bytes(text).map(drop),
        _ if name.starts_with("memory.") => cgroup_v2::parse_limit(text).map(drop),
        "memory" | "cpu" | "io" if folder == "pressure" => Pressure::parse(text).map(drop),
        "meminfo" => Meminfo::parse(text).map(drop),
        "vmstat" => Vmstat::parse(text).map(drop),
        "swaps" => swaps::parse(text).map(drop),
        "zoneinfo" => zoneinfo::parse(text).map(drop),
        "mountinfo" => mountinfo::parse(text).map(drop),
        "cgroup" => process::parse_cgroups(text).map(drop),
        "status" => ProcessStatus::parse(text).map(drop),
        "stat" => ProcessStat::parse(text).map(drop),
        "mm_stat" => MmStat::parse(text).map(drop),
        "comp_algorithm" => zram::parse_comp_algorithm(text).map(drop),
        "disksize" => scalar::parse_bytes(text).map(drop),
        "enabled"
        | "shrinker_enabled"
        | "same_filled_pages_enabled"
        | "non_same_filled_pages_enabled"
        | "exclusive_loads" => zswap::parse_enabled(text).map(drop),
        "max_pool_percent" | "accept_threshold_percent" => zswap::parse_percent(text).map(drop),
        "compressor" | "zpool" => zswap::parse_name(text).map(drop),
        "cgroup.controllers" | "cgroup.subtree_control" | "version" => return None,
        other => panic!("no parser for the recorded file {other}"),
    })
}

#[test]
fn every_recorded_file_is_read() {
    for machine in machines() {
        let mut read = 0;
        for path in files(&data().join(machine)) {
            let text = fs::read_to_string(&path).unwrap();
            match parse(&path, &text) {
                Some(Ok(())) => read += 1,
                Some(Err(error)) => panic!("{}: {error}", path.display()),
                None => {}
            }
        }
        assert!(read > 30, "{machine}: only {read} files");
    }
}

#[test]
fn no_recorded_file_can_be_cut_short_into_a_panic() {
    for machine in machines() {
        for path in files(&data().join(machine)) {
            let text = fs::read_to_string(&path).unwrap();
            for length in (0..text.len()).step_by(7).filter(|length| text.is_char_boundary(*length)) {
                let _ = parse(&path, &text[..length]);
            }
        }
    }
}

#[test]
fn a_v2_cgroup_that_swaps_shows_it_everywhere() {
    for machine in V2 {
        let file = |name: &str| read(machine, &format!("sys/fs/cgroup/swaps/{name}"));
        let swap = scalar::parse_bytes(&file("memory.swap.current")).unwrap();
        assert!(swap > Bytes::from_mib(20), "{machine}: {swap:?}");
        assert_eq!(cgroup_v2::parse_limit(&file("memory.max")), Ok(Limit::At(Bytes::from_mib(20))));
        assert_eq!(cgroup_v2::parse_limit(&file("memory.high")), Ok(Limit::At(Bytes::from_mib(16))));
        assert_eq!(cgroup_v2::parse_limit(&file("memory.swap.max")), Ok(Limit::Unlimited));
        let events = MemoryEvents::parse(&file("memory.events")).unwrap();
        assert!(events.high > 0 && events.oom_kill == Some(0) && events.oom_group_kill == Some(0));
        let stat = MemoryStat::parse(&file("memory.stat"), None).unwrap();
        assert!(stat.get("workingset_refault_anon").unwrap() > 0);
        assert!(Pressure::parse(&file("memory.pressure")).unwrap().full.unwrap().total.as_micros() > 0);
        assert_eq!(
            CgroupEvents::parse(&file("cgroup.events")).unwrap(),
            CgroupEvents { populated: true, frozen: Some(false) }
        );
    }
}

#[test]
fn a_v2_kill_counts_processes_and_groups() {
    for machine in V2 {
        let events = MemoryEvents::parse(&read(machine, "sys/fs/cgroup/killed/memory.events")).unwrap();
        // One kill at least; with memory.oom.group the victim is counted as itself and once more as a member of its group.
        assert!(events.oom > 0 && events.max > 0);
        assert_eq!((events.oom_kill, events.oom_group_kill), (Some(2), Some(1)), "{machine}");
        let swap = SwapEvents::parse(&read(machine, "sys/fs/cgroup/killed/memory.swap.events")).unwrap();
        // With memory.swap.max at 0 the kernel does not even try, so nothing is counted: no event does not mean no want.
        assert_eq!(swap, SwapEvents { high: Some(0), max: 0, fail: 0 }, "{machine}");
    }
}

#[test]
fn a_v1_cgroup_shows_limits_swap_and_kills() {
    for machine in V1 {
        let file = |name: &str| read(machine, &format!("sys/fs/cgroup/memory/{name}"));
        assert_eq!(cgroup_v1::parse_limit(&file("memory.limit_in_bytes")), Ok(Limit::Unlimited));
        assert_eq!(
            cgroup_v1::parse_limit(&file("swaps/memory.limit_in_bytes")),
            Ok(Limit::At(Bytes::from_mib(20)))
        );
        assert_eq!(cgroup_v1::parse_limit(&file("swaps/memory.memsw.limit_in_bytes")), Ok(Limit::Unlimited));
        assert!(scalar::parse_count(&file("swaps/memory.failcnt")).unwrap() > 0);
        let stat = MemoryStat::parse(&file("swaps/memory.stat"), None).unwrap();
        assert!(stat.bytes("swap").unwrap() > Bytes::from_mib(20));
        assert_eq!(stat.get("total_swap"), stat.get("swap"));
        assert_eq!(stat.bytes("hierarchical_memory_limit"), Some(Bytes::from_mib(20)));
        let control = OomControl::parse(&file("killed/memory.oom_control")).unwrap();
        assert_eq!(
            control,
            OomControl { oom_killer: OomKiller::Enabled, under_oom: false, oom_kill: Some(1) }
        );
    }
}

#[test]
fn all_cgroups_below_a_root_share_one_layout() {
    for (machine, root) in
        [(V2[0], "sys/fs/cgroup"), (V2[1], "sys/fs/cgroup"), (V1[0], "sys/fs/cgroup/memory")]
    {
        let first = MemoryStat::parse(&read(machine, &format!("{root}/swaps/memory.stat")), None).unwrap();
        for cgroup in ["killed", "quiet"] {
            let text = read(machine, &format!("{root}/{cgroup}/memory.stat"));
            let stat = MemoryStat::parse(&text, Some(first.layout())).unwrap();
            assert!(Arc::ptr_eq(stat.layout(), first.layout()), "{machine} {cgroup}");
        }
    }
}

#[test]
fn the_layout_of_the_host_is_recognised() {
    for (machine, layout, version, mount_point) in [
        (V2[0], Layout::Unified, CgroupVersion::V2, "/sys/fs/cgroup"),
        (V2[1], Layout::Unified, CgroupVersion::V2, "/sys/fs/cgroup"),
        (V1[0], Layout::Legacy, CgroupVersion::V1, "/sys/fs/cgroup/memory"),
        (V1[1], Layout::Hybrid, CgroupVersion::V1, "/sys/fs/cgroup/memory"),
    ] {
        let entries = mountinfo::parse(&read(machine, "proc/init/mountinfo")).unwrap();
        assert!(entries.iter().any(|entry| entry.mount_point == "/tmp/my disk"), "{machine}");
        let unified = Hierarchy::find(&entries, None).v2_mount_point().map(str::to_owned);
        let controllers = unified.map(|path| read(machine, &format!("{path}/cgroup.controllers")[1..]));
        let hierarchy = Hierarchy::find(&entries, controllers.as_deref());
        assert_eq!(hierarchy.layout, Some(layout), "{machine}");
        let memory = hierarchy.memory.unwrap();
        assert_eq!((memory.version, memory.mount_point.as_str()), (version, mount_point));
        let cgroups = process::parse_cgroups(&read(machine, "proc/swapper/cgroup")).unwrap();
        let path = process::memory_path(&cgroups, version).unwrap();
        let directory = memory.directory(path).unwrap();
        assert_eq!(directory, format!("{mount_point}/swaps"), "{machine}");
    }
}

#[test]
fn swap_devices_are_a_partition_and_a_file_with_a_space() {
    for machine in V2.into_iter().chain(V1) {
        let devices = swaps::parse(&read(machine, "proc/swaps")).unwrap();
        assert_eq!(devices[0].path, "/dev/zram0", "{machine}");
        assert_eq!((&devices[0].kind, devices[0].priority), (&SwapKind::Partition, -2));
        assert!(devices[0].used > Bytes::from_mib(20));
        assert_eq!((devices[1].path.as_str(), &devices[1].kind), ("/tmp/my disk/my swap", &SwapKind::File));
        let size: Bytes = devices.iter().map(|device| device.size).sum();
        let meminfo = Meminfo::parse(&read(machine, "proc/meminfo")).unwrap();
        assert_eq!(meminfo.swap_total, Some(size), "{machine}");
        let zram = MmStat::parse(&read(machine, "sys/block/zram0/mm_stat")).unwrap();
        assert!(zram.orig_data_size > Bytes::from_mib(20) && zram.compr_data_size < zram.orig_data_size);
    }
    assert_eq!(swaps::parse(&read(HOST, "proc/swaps")), Ok(Vec::new()));
}

#[test]
fn meminfo_of_every_kernel_is_complete() {
    for machine in machines() {
        let meminfo = Meminfo::parse(&read(machine, "proc/meminfo")).unwrap();
        let Meminfo { mem_total, mem_available, zswap, zswapped, kreclaimable, percpu, hugetlb, .. } =
            meminfo;
        assert!(
            mem_available < mem_total && zswap == Some(Bytes::ZERO) && zswapped == Some(Bytes::ZERO),
            "{machine}"
        );
        assert!(kreclaimable.is_some() && percpu.is_some() && hugetlb == Some(Bytes::ZERO), "{machine}");
        let vmstat = Vmstat::parse(&read(machine, "proc/vmstat")).unwrap();
        for name in
            ["pswpin", "pswpout", "oom_kill", "pgmajfault", "workingset_refault_anon", "pgscan_direct"]
        {
            assert!(vmstat.get(name).is_some(), "{machine} {name}");
        }
    }
}

#[test]
fn zones_agree_with_meminfo() {
    for machine in machines() {
        let zones = zoneinfo::parse(&read(machine, "proc/zoneinfo")).unwrap();
        let line = zoneinfo::reclaim_line(&zones);
        assert!(line.min > 0 && line.min < line.low && line.low < line.high, "{machine}");
        assert_eq!(zones.iter().map(|zone| zone.name.as_str()).take(2).collect::<Vec<_>>(), ["DMA", "DMA32"]);
        let managed: u64 = zones.iter().filter_map(|zone| zone.managed).sum();
        let meminfo = Meminfo::parse(&read(machine, "proc/meminfo")).unwrap();
        // On this host memory came and went while it ran: `managed` followed, `MemTotal` did not.
        let expected = if machine == HOST { Bytes(25_276_502_016) } else { Bytes(managed * 4096) };
        assert_eq!(meminfo.mem_total, Some(expected), "{machine}");
    }
}

#[test]
fn processes_are_read_with_odd_names_and_without_memory() {
    for machine in V2.into_iter().chain(V1) {
        let status = ProcessStatus::parse(&read(machine, "proc/swapper/status")).unwrap();
        let stat = ProcessStat::parse(&read(machine, "proc/swapper/stat")).unwrap();
        assert_eq!((status.name.as_str(), stat.comm.as_str()), ("a) (b c", "a) (b c"));
        assert_eq!((status.pid, status.ns_pids), (stat.pid, vec![stat.pid]));
        assert!(status.vm_swap.unwrap() > Bytes::from_mib(20) && stat.majflt > 0 && stat.starttime > 0);
        let parts = [status.rss_anon, status.rss_file, status.rss_shmem].into_iter().flatten().sum::<Bytes>();
        assert_eq!(status.vm_rss, Some(parts));
        let thread = ProcessStatus::parse(&read(machine, "proc/kernel-thread/status")).unwrap();
        assert_eq!((thread.name.as_str(), thread.vm_rss, thread.vm_swap), ("kthreadd", None, None));
        assert_eq!(ProcessStat::parse(&read(machine, "proc/zombie/stat")).unwrap().state, 'Z');
    }
}

#[test]
fn a_zombie_remembers_its_removed_cgroup_on_v2_alone() {
    for machine in V2 {
        let cgroups = process::parse_cgroups(&read(machine, "proc/zombie/cgroup")).unwrap();
        assert_eq!((cgroups[0].path.as_str(), cgroups[0].deleted), ("/removed", true), "{machine}");
    }
    for machine in V1 {
        let cgroups = process::parse_cgroups(&read(machine, "proc/zombie/cgroup")).unwrap();
        assert_eq!(process::memory_path(&cgroups, CgroupVersion::V1), Some("/"), "{machine}");
    }
}
