//! Fuzzes the host files: meminfo, swaps, zoneinfo, zram.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = kernel::meminfo::Meminfo::parse(text);
    let _ = kernel::swaps::parse(text);
    if let Ok(zones) = kernel::zoneinfo::parse(text) {
        let line = kernel::zoneinfo::reclaim_line(&zones);
        assert!(zones.iter().all(|zone| zone.managed.unwrap_or(zone.present) == 0 || zone.low <= line.low));
    }
    let _ = kernel::zram::MmStat::parse(text);
    let _ = kernel::zram::parse_comp_algorithm(text);
});
