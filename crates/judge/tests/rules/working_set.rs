//! Four answers to "how much does it use?".

use judge::working_set::{kernel_memory, working_sets};
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion::{self, V1, V2};
use model::assessment::WorkingSets;
use model::cgroup::Cgroup;
use model::reading::Reading;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use testkit::imagined::{Imagined, at_mib, mib, stat, stat_mib, swaps};

fn sets(version: CgroupVersion, change: impl FnOnce(&mut Cgroup)) -> WorkingSets {
    let mut machine = Imagined::new(version);
    let index = machine.cgroup("/web", change);
    working_sets(&machine.snapshot.cgroups[index.0])
}

#[test]
fn v2_follows_its_formulas() {
    let sets = sets(V2, |cgroup| {
        cgroup.memory.usage = mib(100);
        swaps(cgroup, 7, at_mib(64));
        let parts = [
            ("anon", 30),
            ("shmem", 5),
            ("inactive_anon", 20),
            ("active_anon", 15),
            ("inactive_file", 40),
            ("active_file", 8),
            ("kernel", 12),
            ("slab_reclaimable", 3),
            ("slab_unreclaimable", 4),
            ("sock", 2),
        ];
        cgroup.stat = stat_mib(V2, &parts);
    });
    let expected = WorkingSets {
        kubelet: mib(60),
        unreclaimable: mib(30 + 5 + 12 - 3 + 2),
        reclaimable: mib(40 + 8 + 3),
        demand: mib(67),
    };
    assert_eq!(sets, expected);
}

#[test]
fn v1_follows_its_own_spelling() {
    let sets = sets(V1, |cgroup| {
        cgroup.memory.usage = mib(100);
        cgroup.memory.kernel_usage = mib(6);
        let parts = [("rss", 30), ("shmem", 5), ("inactive_file", 40), ("active_file", 8), ("swap", 9)];
        cgroup.stat = stat_mib(V1, &parts);
    });
    let expected =
        WorkingSets { kubelet: mib(60), unreclaimable: mib(41), reclaimable: mib(48), demand: mib(69) };
    assert_eq!(sets, expected);
}

#[test]
fn locked_file_pages_count_though_they_are_not_anonymous() {
    let sets = sets(V2, |cgroup| {
        cgroup.stat = stat_mib(V2, &[("anon", 10), ("inactive_anon", 10), ("unevictable", 50)]);
    });
    assert_eq!(sets.unreclaimable, mib(60));
}

#[test]
fn before_linux_5_18_kernel_memory_is_the_sum_of_its_parts() {
    let written_by_5_4 =
        |key: &str| !["kernel", "pagetables", "sec_pagetables", "percpu", "vmalloc"].contains(&key);
    let mut machine = Imagined::new(V2);
    let index = machine.cgroup("/web", |cgroup| {
        let parts = [("kernel_stack", 1000), ("slab_reclaimable", 200), ("slab_unreclaimable", 30)];
        cgroup.stat = stat(V2, &parts, written_by_5_4);
    });
    let cgroup = &machine.snapshot.cgroups[index.0];
    assert_eq!(kernel_memory(cgroup), Reading::Value(Bytes(1230)));
    assert_eq!(working_sets(cgroup).unreclaimable, Reading::Value(Bytes(1030)));
}

#[test]
fn before_linux_4_15_v1_counts_no_shared_memory() {
    let sets = sets(V1, |cgroup| {
        cgroup.stat = stat(V1, &[("rss", 4096)], |key| key != "shmem" && key != "total_shmem");
    });
    assert_eq!(sets.unreclaimable, Reading::Value(Bytes(4096)));
}

#[test]
fn an_idle_cache_larger_than_the_usage_leaves_zero_not_a_huge_number() {
    let sets = sets(V2, |cgroup| {
        cgroup.memory.usage = mib(1);
        cgroup.stat = stat_mib(V2, &[("inactive_file", 2)]);
    });
    assert_eq!(sets.kubelet, mib(0));
}

#[test]
fn what_is_unknown_stays_unknown_for_its_reason() {
    let unread = sets(V2, |cgroup| cgroup.stat = Reading::failed("memory.stat: garbage"));
    assert_eq!(unread.kubelet, Reading::failed("memory.stat: garbage"));
    assert_eq!(unread.unreclaimable, Reading::failed("memory.stat: garbage"));
    assert_eq!(unread.demand, Reading::failed("memory.stat: garbage"));
    let no_swap_file = sets(V2, |cgroup| {
        cgroup.memory.usage = mib(5);
        swaps(cgroup, 0, Reading::Absent);
        if let model::cgroup::Swap::V2(swap) = &mut cgroup.swap {
            swap.usage = Reading::Absent;
        }
    });
    assert_eq!((no_swap_file.kubelet, no_swap_file.demand), (mib(5), Reading::Absent));
}

proptest! {
    #[test]
    fn a_working_set_is_within_the_usage_and_swap_only_adds(
        usage in any::<u64>(), inactive_file in any::<u64>(), swap in 0_u64..1 << 40,
    ) {
        let sets = sets(V2, |cgroup| {
            cgroup.memory.usage = Reading::Value(Bytes(usage));
            cgroup.stat = stat(V2, &[("inactive_file", inactive_file)], |_| true);
            swaps(cgroup, swap, at_mib(1));
        });
        let kubelet = sets.kubelet.get().unwrap();
        prop_assert!(kubelet.0 <= usage);
        prop_assert_eq!(sets.demand.get().unwrap(), kubelet.saturating_add(Bytes::from_mib(swap)));
    }
}
