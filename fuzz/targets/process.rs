//! Fuzzes the files of a process.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(cgroups) = kernel::process::parse_cgroups(text) {
        let _ = kernel::process::memory_path(&cgroups, kernel::hierarchy::CgroupVersion::V1);
        let _ = kernel::process::memory_path(&cgroups, kernel::hierarchy::CgroupVersion::V2);
    }
    let _ = kernel::process::ProcessStatus::parse(text);
    let _ = kernel::process::ProcessStat::parse(text);
});
