//! Fuzzes one-value files: counts, flags, limits, zswap parameters, and that a limit survives printing.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let bytes = kernel::scalar::parse_bytes(text);
    let count = kernel::scalar::parse_count(text);
    assert_eq!(bytes.map(|bytes| bytes.0).ok(), count.ok());
    let _ = kernel::scalar::parse_flag(text);
    let _ = kernel::cgroup_v1::parse_swappiness(text);
    if let Ok(limit) = kernel::cgroup_v2::parse_limit(text) {
        assert_eq!(kernel::cgroup_v2::parse_limit(&kernel::cgroup_v2::format_limit(limit)), Ok(limit));
    }
    let _ = kernel::cgroup_v1::parse_limit(text);
    let _ = kernel::zswap::parse_enabled(text);
    let _ = kernel::zswap::parse_percent(text);
    let _ = kernel::zswap::parse_name(text);
});
