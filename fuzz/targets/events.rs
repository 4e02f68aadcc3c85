//! Fuzzes the small keyed files: memory.events, memory.swap.events, cgroup.events, memory.oom_control.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = kernel::cgroup_v2::MemoryEvents::parse(text);
    let _ = kernel::cgroup_v2::SwapEvents::parse(text);
    let _ = kernel::cgroup_v2::CgroupEvents::parse(text);
    let _ = kernel::cgroup_v1::OomControl::parse(text);
});
