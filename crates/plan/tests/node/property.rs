//! Whatever machine and wish: a plan that is not refused leaves nothing to plan, holds, and is taken back without a trace.

use crate::golden::{area, file, wish};
use crate::host::{GIB, Host};
use crate::words::words;
use kernel::bytes::Bytes;
use model::node_swap::{
    Backing, KubeletWanted, NodeSwap, ReclaimStart, SwapArea, SwapSize, SystemSwap, Tuning, ZswapWanted,
};
use model::outcome::node::SwapBehavior;
use model::plan::Discard;
use model::reading::Reading;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::{option, prop_assert_eq};

fn size() -> impl Strategy<Value = SwapSize> {
    prop_oneof![
        (1..6_u64).prop_map(|gibibytes| SwapSize::Fixed(Bytes(gibibytes * GIB))),
        (0.01..1.0_f64).prop_map(SwapSize::OfMemory),
    ]
}

fn discard() -> impl Strategy<Value = Discard> {
    prop_oneof![Just(Discard::Never), Just(Discard::Once), Just(Discard::Pages)]
}

fn areas() -> impl Strategy<Value = Vec<SwapArea>> {
    let path =
        |path: &'static str| size().prop_map(move |size| Backing::File { path: path.to_owned(), size });
    let store = size().prop_map(|size| Backing::InstanceStore {
        mount_point: "/mnt/k8s-disks/0".to_owned(),
        file: "sw ap".to_owned(),
        size,
        fallback: Some("/var/fallback".to_owned()),
    });
    let zram = (size(), option::of(prop_oneof![Just("zstd".to_owned()), Just("lz4".to_owned())]))
        .prop_map(|(size, algorithm)| Backing::Zram { size, algorithm });
    let partition = Just(Backing::Partition { device: "/dev/vda2".to_owned() });
    let one = |backing| {
        option::of((backing, option::of(0..=i16::MAX), discard()))
            .prop_map(|one| one.map(|(backing, priority, discard)| SwapArea { backing, priority, discard }))
    };
    (
        one(path("/swapfile").boxed()),
        one(path("/var/swap").boxed()),
        one(store.boxed()),
        one(zram.boxed()),
        one(partition.boxed()),
    )
        .prop_map(|(a, b, c, d, e)| [a, b, c, d, e].into_iter().flatten().collect())
}

fn wishes() -> impl Strategy<Value = NodeSwap> {
    let reclaim = prop_oneof![
        Just(ReclaimStart::Left),
        Just(ReclaimStart::AboveEviction),
        (10..400_u64).prop_map(|mebibytes| ReclaimStart::MinFree(Bytes::from_mib(mebibytes))),
        (1..500_u64).prop_map(ReclaimStart::WatermarkScaleFactor),
    ];
    let kubelet = (any::<bool>(), option::of(50..600_u64)).prop_map(|(swaps, eviction)| KubeletWanted {
        behavior: if swaps { SwapBehavior::LimitedSwap } else { SwapBehavior::NoSwap },
        eviction: eviction.map(Bytes::from_mib),
    });
    let zswap = (any::<bool>(), option::of(1..=100_u8)).prop_map(|(is_enabled, max_pool_percent)| {
        ZswapWanted { is_enabled, max_pool_percent, compressor: None }
    });
    let tuning = (option::of(0..=100_u64), option::of(0..=5_u64), reclaim)
        .prop_map(|(swappiness, page_cluster, reclaim)| Tuning { swappiness, page_cluster, reclaim });
    (areas(), option::of(zswap), tuning, option::of(kubelet), any::<bool>()).prop_map(
        |(areas, zswap, tuning, kubelet, is_protected)| NodeSwap {
            zswap,
            tuning,
            kubelet,
            system: if is_protected { SystemSwap::KeptAway } else { SystemSwap::Left },
            ..wish(areas)
        },
    )
}

#[derive(Clone, Debug)]
struct Machine {
    kind: &'static str,
    kernel: &'static str,
    kubelet: usize,
    has_systemd: bool,
    has_store: bool,
    /// Swap that is on already, of another size.
    is_used: bool,
}

fn machines() -> impl Strategy<Value = Machine> {
    let kind = prop_oneof![Just("ext4"), Just("xfs"), Just("btrfs")];
    let kernel = prop_oneof![Just("4.15.0"), Just("5.4.0"), Just("6.12.0")];
    (kind, kernel, 0..3_usize, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(kind, kernel, kubelet, has_systemd, has_store, is_used)| Machine {
            kind,
            kernel,
            kubelet,
            has_systemd,
            has_store,
            is_used,
        },
    )
}

fn host(machine: &Machine) -> Host {
    let mut host = Host::new();
    host.on(machine.kind, machine.kernel);
    match machine.kubelet {
        0 => {}
        1 => host.kubeadm(),
        _ => host.eks(),
    }
    if !machine.has_systemd {
        host.node.systemd = Reading::Absent;
    }
    if machine.has_store {
        host.mount("/mnt/k8s-disks/0", "xfs", (9, 127), 200);
    }
    if machine.is_used {
        let mut used = wish(vec![area(file("/swapfile", 3), Some(9))]);
        used.kubelet = Some(KubeletWanted { behavior: SwapBehavior::NoSwap, eviction: None });
        let plan = host.plan(&used);
        if plan.refusals.is_empty() {
            host.run(&plan);
        }
    }
    host
}

proptest! {
    #[test]
    fn a_plan_is_run_once_and_can_be_undone(machine in machines(), wanted in wishes()) {
        let mut host = host(&machine);
        let before = host.state();
        let plan = host.plan(&wanted);
        let mut names: Vec<_> = plan.steps.iter().map(|step| step.name.clone()).collect();
        names.sort();
        names.dedup();
        prop_assert_eq!(names.len(), plan.steps.len(), "names are unique");
        if plan.refusals.is_empty() {
            host.run(&plan);
            prop_assert_eq!(host.differences(&plan), vec![]);
            let again = host.plan(&wanted);
            prop_assert_eq!(words(&again).contains("REFUSED"), false, "{}", words(&again));
            prop_assert_eq!(again.steps, vec![], "{}", words(&plan));
            host.undo(&plan);
            prop_assert_eq!(host.state(), before);
        }
    }
}
