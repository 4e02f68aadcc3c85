//! Fuzzes the identification of cgroups by path.

#![no_main]

use libfuzzer_sys::fuzz_target;

use kernel::cgroup_path::{identify, unit_unescape};

fuzz_target!(|path: &str| {
    if !path.is_empty() {
        assert_eq!(identify(path), identify(&format!("{path}/")), "a slash at the end says nothing");
    }
    assert!(unit_unescape(path).chars().count() <= path.chars().count());
});
