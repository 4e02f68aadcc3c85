//! What is planned on machines of every kind, as it can be read; then run, planned again, and undone.

use crate::host::{GIB, Host};
use crate::words::words;
use kernel::bytes::Bytes;
use model::node_swap::{
    Backing, KubeletWanted, NodeSwap, ReclaimStart, SwapArea, SwapSize, SystemSwap, Tuning, ZswapWanted,
};
use model::outcome::node::SwapBehavior;
use model::path_found::PathFound;
use model::plan::Discard;
use model::reading::Reading;

pub fn wish(areas: Vec<SwapArea>) -> NodeSwap {
    NodeSwap {
        name: "test".to_owned(),
        areas,
        zswap: None,
        tuning: Tuning::default(),
        kubelet: None,
        system: SystemSwap::Left,
    }
}

pub fn area(backing: Backing, priority: Option<i16>) -> SwapArea {
    SwapArea { backing, priority, discard: Discard::Never }
}

pub fn file(path: &str, gibibytes: u64) -> Backing {
    Backing::File { path: path.to_owned(), size: SwapSize::Fixed(Bytes(gibibytes * GIB)) }
}

pub fn limited(wish: NodeSwap) -> NodeSwap {
    NodeSwap {
        kubelet: Some(KubeletWanted { behavior: SwapBehavior::LimitedSwap, eviction: None }),
        system: SystemSwap::KeptAway,
        tuning: Tuning { reclaim: ReclaimStart::AboveEviction, ..wish.tuning },
        ..wish
    }
}

/// Plans, runs, checks, plans again, undoes; the plan in words.
fn walked(mut host: Host, wanted: &NodeSwap) -> String {
    let before = host.state();
    let plan = host.plan(wanted);
    assert!(!host.differences(&plan).is_empty(), "nothing was to be done");
    host.run(&plan);
    assert_eq!(host.differences(&plan), []);
    let again = host.plan(wanted);
    assert!(again.steps.is_empty() && again.refusals.is_empty(), "{}", words(&again));
    host.undo(&plan);
    assert_eq!(host.state(), before);
    words(&plan)
}

#[test]
fn ext4() {
    insta::assert_snapshot!(walked(Host::new(), &wish(vec![area(file("/swapfile", 8), None)])));
}

#[test]
fn xfs_of_an_old_kernel() {
    let mut host = Host::new();
    host.on("xfs", "4.15.0-213-generic");
    let half = Backing::File { path: "/var/swap".to_owned(), size: SwapSize::OfMemory(0.5) };
    insta::assert_snapshot!(walked(host, &wish(vec![area(half, Some(5))])));
}

#[test]
fn btrfs() {
    let mut host = Host::new();
    host.on("btrfs", "6.12.0");
    let folder = |names: &[&str]| PathFound::Folder(names.iter().map(|name| (*name).to_owned()).collect());
    host.paths.insert("/sys/fs/btrfs".to_owned(), folder(&["c0ffee", "features"]));
    host.paths.insert("/sys/fs/btrfs/c0ffee/devices".to_owned(), folder(&["vda1"]));
    host.paths.insert("/sys/fs/btrfs/c0ffee/allocation/data".to_owned(), folder(&["flags", "single"]));
    insta::assert_snapshot!(walked(host, &wish(vec![area(file("/swapfile", 4), None)])));
}

#[test]
fn zram_before_a_file_with_discard() {
    let zram = Backing::Zram { size: SwapSize::OfMemory(0.5), algorithm: Some("zstd".to_owned()) };
    let slow = SwapArea { discard: Discard::Once, ..area(file("/swapfile", 8), Some(10)) };
    let wanted = NodeSwap {
        tuning: Tuning { swappiness: Some(150), page_cluster: Some(0), reclaim: ReclaimStart::Left },
        ..wish(vec![area(zram, Some(100)), slow])
    };
    insta::assert_snapshot!(walked(Host::new(), &wanted));
}

#[test]
fn a_blank_partition_with_zswap() {
    let partition = Backing::Partition { device: "/dev/vda2".to_owned() };
    let wanted = NodeSwap {
        zswap: Some(ZswapWanted {
            is_enabled: true,
            max_pool_percent: Some(25),
            compressor: Some("lz4".to_owned()),
        }),
        ..wish(vec![area(partition, None)])
    };
    insta::assert_snapshot!(walked(Host::new(), &wanted));
}

#[test]
fn eks_node_with_instance_store() {
    let mut host = Host::new();
    host.eks();
    host.mount("/mnt/k8s-disks/0", "xfs", (9, 127), 400);
    let store = Backing::InstanceStore {
        mount_point: "/mnt/k8s-disks/0".to_owned(),
        file: "swapfile".to_owned(),
        size: SwapSize::Fixed(Bytes(30 * GIB)),
        fallback: Some("/swapfile".to_owned()),
    };
    insta::assert_snapshot!(walked(host, &limited(wish(vec![area(store, None)]))));
}

#[test]
fn kubeadm_node() {
    let mut host = Host::new();
    host.kubeadm();
    let mut wanted = limited(wish(vec![area(file("/swapfile", 8), None)]));
    wanted.kubelet.as_mut().unwrap().eviction = Some(Bytes::from_mib(200));
    insta::assert_snapshot!(walked(host, &wanted));
}

#[test]
fn without_systemd() {
    let mut host = Host::new();
    host.node.systemd = Reading::Absent;
    let areas = vec![area(file("/swapfile", 2), Some(7)), area(file("/var/swap", 1), None)];
    insta::assert_snapshot!(walked(host, &wish(areas)));
}

#[test]
fn swap_in_use_of_another_size_and_in_fstab() {
    let mut host = Host::new();
    let plan = host.plan(&wish(vec![area(file("/swapfile", 2), Some(3))]));
    host.run(&plan);
    host.text("/etc/fstab", "/dev/vda1 / ext4 defaults 0 1\n/swapfile none swap sw 0 0\n");
    insta::assert_snapshot!(walked(host, &wish(vec![area(file("/swapfile", 4), Some(5))])));
}

#[test]
fn a_second_wish_keeps_what_the_first_one_said() {
    let mut host = Host::new();
    host.eks();
    let mut first = limited(wish(vec![area(file("/swapfile", 8), None)]));
    first.tuning = Tuning { swappiness: Some(40), ..Tuning::default() };
    first.kubelet.as_mut().unwrap().eviction = Some(Bytes::from_mib(300));
    let plan = host.plan(&first);
    host.run(&plan);
    let mut second = limited(wish(vec![area(file("/var/swap", 2), Some(1))]));
    second.tuning = Tuning { page_cluster: Some(0), ..Tuning::default() };
    insta::assert_snapshot!(walked(host, &second));
}

#[test]
fn already_right() {
    let mut host = Host::new();
    host.kubeadm();
    let wanted = limited(wish(vec![area(file("/swapfile", 8), None)]));
    let plan = host.plan(&wanted);
    host.run(&plan);
    insta::assert_snapshot!(words(&host.plan(&wanted)));
    assert_eq!(host.restarts, 1);
}
