//! Where the memory of a cgroup went.

use judge::split::split;
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion::{V1, V2};
use model::reading::Reading;
use proptest::prelude::{prop_assert_eq, proptest};
use testkit::imagined::{Imagined, mib, stat, stat_mib};

#[test]
fn shared_memory_is_no_page_cache_though_the_kernel_counts_it_there() {
    for (version, anon, cache) in [(V2, "anon", "file"), (V1, "rss", "cache")] {
        let mut machine = Imagined::new(version);
        let web = machine.cgroup("/web", |cgroup| {
            cgroup.stat = stat_mib(version, &[(anon, 10), (cache, 30), ("shmem", 12)]);
        });
        let split = split(&machine.snapshot.cgroups[web.0]);
        assert_eq!((split.anon, split.file, split.shmem), (mib(10), mib(18), mib(12)), "{version:?}");
    }
}

#[test]
fn v1_counts_kernel_memory_in_a_file_of_its_own_and_tells_no_parts() {
    let mut machine = Imagined::new(V1);
    let web = machine.cgroup("/web", |cgroup| cgroup.memory.kernel_usage = mib(7));
    let split = split(&machine.snapshot.cgroups[web.0]);
    assert_eq!((split.kernel, split.kernel_parts, split.sock), (mib(7), Vec::new(), Reading::Absent));
}

#[test]
fn parts_that_this_kernel_does_not_write_are_left_out() {
    let mut machine = Imagined::new(V2);
    let web = machine.cgroup("/web", |cgroup| {
        cgroup.stat = stat(V2, &[("kernel_stack", 5)], |key| key == "kernel_stack" || key == "anon");
    });
    let split = split(&machine.snapshot.cgroups[web.0]);
    assert_eq!(split.kernel_parts, [("kernel_stack", Bytes(5))]);
    assert_eq!(split.file, Reading::Absent);
}

proptest! {
    #[test]
    fn cache_and_shared_memory_are_what_the_kernel_calls_file(file in 0_u64..1 << 40, shmem in 0_u64..1 << 40) {
        let mut machine = Imagined::new(V2);
        let web = machine.cgroup("/web", |cgroup| {
            cgroup.stat = stat(V2, &[("file", file.max(shmem)), ("shmem", shmem)], |_| true);
        });
        let split = split(&machine.snapshot.cgroups[web.0]);
        let sum = split.file.get().unwrap().saturating_add(split.shmem.get().unwrap());
        prop_assert_eq!(sum, Bytes(file.max(shmem)));
    }
}
