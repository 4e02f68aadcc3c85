//! Machines and wishes that do not fit: nothing is planned without saying why not.

use crate::golden::{area, file, limited, wish};
use crate::host::{Host, block_device};
use crate::words::words;
use kernel::bytes::Bytes;
use model::node::DeviceContent;
use model::node_swap::{Backing, NodeSwap, ReclaimStart, SwapSize, Tuning};
use model::path_found::PathFound;
use model::plan::{Change, FileContent, SwitchedBy};
use model::reading::Reading;

/// The refusals of a plan, or what else came of it.
fn refused(host: &Host, wanted: &NodeSwap) -> String {
    let plan = host.plan(wanted);
    assert!(!plan.refusals.is_empty(), "{}", words(&plan));
    plan.refusals.iter().map(|refusal| format!("{}\n  -> {}\n", refusal.why, refusal.remedy)).collect()
}

fn small() -> NodeSwap {
    wish(vec![area(file("/swapfile", 1), None)])
}

#[test]
fn file_systems_that_hold_no_swap() {
    let kinds =
        ["overlay", "tmpfs", "nfs4", "cifs", "9p", "fuse.sshfs", "zfs", "bcachefs", "f2fs", "squashfs"];
    let all = kinds.map(|kind| {
        let mut host = Host::new();
        host.on(kind, "6.12.0");
        refused(&host, &small())
    });
    insta::assert_snapshot!(all.concat());
}

#[test]
fn disks_that_are_full_or_cannot_be_written() {
    let mut host = Host::new();
    let mut read_only = Host::new();
    let Reading::Value(all) = &mut read_only.node.filesystems else { panic!() };
    all[0].options = "ro,relatime".to_owned();
    let too_large = refused(&host, &wish(vec![area(file("/swapfile", 60), None)]));
    host.kubeadm();
    let kubelets = refused(&host, &limited(wish(vec![area(file("/swapfile", 42), None)])));
    let mut no_folder = Host::new();
    let elsewhere = refused(&no_folder, &wish(vec![area(file("/srv/swap/file", 1), None)]));
    no_folder.text("/swapfile", "my notes\n");
    let notes = refused(&no_folder, &small());
    insta::assert_snapshot!([too_large, kubelets, refused(&read_only, &small()), elsewhere, notes].concat());
}

#[test]
fn btrfs_of_an_old_kernel_or_several_devices() {
    let folder = |names: &[&str]| PathFound::Folder(names.iter().map(|name| (*name).to_owned()).collect());
    let mut old = Host::new();
    old.on("btrfs", "4.19.0");
    let mut several = Host::new();
    several.on("btrfs", "6.1.0");
    several.paths.insert("/sys/fs/btrfs".to_owned(), folder(&["c0ffee"]));
    several.paths.insert("/sys/fs/btrfs/c0ffee/devices".to_owned(), folder(&["vda1", "vdb"]));
    several.paths.insert("/sys/fs/btrfs/c0ffee/allocation/data".to_owned(), folder(&["flags", "raid1"]));
    insta::assert_snapshot!([refused(&old, &small()), refused(&several, &small())].concat());
}

#[test]
fn partitions_that_somebody_uses() {
    let host = |change: &dyn Fn(&mut Vec<model::node::BlockDevice>)| {
        let mut host = Host::new();
        let Reading::Value(devices) = &mut host.node.block_devices else { panic!() };
        change(devices);
        host
    };
    let on = |device: &str| wish(vec![area(Backing::Partition { device: device.to_owned() }, None)]);
    let content =
        |content: Reading<DeviceContent>| host(&move |devices| devices[2].content = content.clone());
    let all = [
        refused(&Host::new(), &on("/dev/vda1")),
        refused(&Host::new(), &on("/dev/vda")),
        refused(&Host::new(), &on("/dev/sdz")),
        refused(&host(&|devices| devices[2].holders.push("dm-0".to_owned())), &on("/dev/vda2")),
        refused(&content(Reading::Value(DeviceContent::Known("xfs".to_owned()))), &on("/dev/vda2")),
        refused(&content(Reading::Value(DeviceContent::Unknown)), &on("/dev/vda2")),
        refused(&content(Reading::failed("permission denied")), &on("/dev/vda2")),
    ];
    insta::assert_snapshot!(all.concat());
}

#[test]
fn a_link_below_dev_disk_leads_to_its_partition() {
    let mut host = Host::new();
    let link = "/dev/disk/by-partuuid/1234-02";
    host.paths.insert(link.to_owned(), PathFound::Link("../../vda2".to_owned()));
    let plan = host.plan(&wish(vec![area(Backing::Partition { device: link.to_owned() }, None)]));
    assert_eq!(plan.refusals, []);
    host.run(&plan);
    assert!(host.is_on("/dev/vda2"));
    assert!(host.paths.contains_key("/etc/systemd/system/dev-disk-by\\x2dpartuuid-1234\\x2d02.swap"));
}

#[test]
fn values_beyond_a_kernels_range() {
    let mut host = Host::new();
    host.on("ext4", "5.4.0-216-generic");
    let tuned = |tuning: Tuning| NodeSwap { tuning, ..wish(Vec::new()) };
    let swappiness = Tuning { swappiness: Some(150), ..Tuning::default() };
    let factor = Tuning { reclaim: ReclaimStart::WatermarkScaleFactor(2000), ..Tuning::default() };
    let min_free = Tuning { reclaim: ReclaimStart::MinFree(Bytes::from_mib(4096)), ..Tuning::default() };
    let all = [swappiness, factor, min_free].map(|tuning| refused(&host, &tuned(tuning)));
    insta::assert_snapshot!(all.concat());
}

#[test]
fn a_sysctl_file_that_is_read_later() {
    let mut host = Host::new();
    host.node.files.push(model::node::TextFile {
        path: "/etc/sysctl.d/99-tuned.conf".to_owned(),
        text: Reading::Value("# ours\nvm.swappiness = 1\n".to_owned()),
        mode: 0o644,
    });
    let tuning = Tuning { swappiness: Some(60), ..Tuning::default() };
    insta::assert_snapshot!(refused(&host, &NodeSwap { tuning, ..wish(Vec::new()) }));
}

#[test]
fn kubelets_that_cannot_be_told() {
    let mut nobody_said = Host::new();
    nobody_said.kubeadm();
    let mut broken = Host::new();
    broken.kubeadm();
    broken.text("/var/lib/kubelet/config.yaml", "kind: KubeletConfiguration\nfailSwapOn: [true\n");
    let mut flag = Host::new();
    flag.text("/etc/k.yaml", "kind: KubeletConfiguration\n");
    flag.kubelet(
        &["--config=/etc/k.yaml", "--fail-swap-on"],
        "/system.slice/kubelet.service",
        "/system.slice/crio.service",
    );
    let mut packaged = Host::new();
    packaged.text("/usr/lib/kubelet/config.yaml", "kind: KubeletConfiguration\n");
    packaged.kubelet(
        &["--config", "/usr/lib/kubelet/config.yaml"],
        "/system.slice/kubelet.service",
        "/system.slice/crio.service",
    );
    let mut later = Host::new();
    later.eks();
    later.text(
        "/etc/kubernetes/kubelet/config.json.d/99-site.conf",
        "kind: KubeletConfiguration\nmemorySwap: {swapBehavior: NoSwap}\n",
    );
    later.kubelet(
        &[
            "--config=/etc/kubernetes/kubelet/config.json",
            "--config-dir=/etc/kubernetes/kubelet/config.json.d",
        ],
        "/runtime.slice/kubelet.service",
        "/runtime.slice/containerd.service",
    );
    let wanted = limited(small());
    let mut all = vec![refused(&nobody_said, &small())];
    all.extend([&broken, &flag, &packaged, &later].map(|host| refused(host, &wanted)));
    insta::assert_snapshot!(all.concat());
}

#[test]
fn a_kubelet_whose_flags_cannot_be_read_is_told_nothing() {
    let mut host = Host::new();
    host.kubeadm();
    let Reading::Value(kubelet) = &mut host.node.kubelet else { panic!() };
    kubelet.flags = Reading::failed("/proc/1000/cmdline: permission denied");
    insta::assert_snapshot!(refused(&host, &limited(small())));
}

#[test]
fn zram_of_somebody_else_and_zswap_without_a_disk() {
    let mut host = Host::new();
    let zram = |algorithm: &str| {
        wish(vec![area(
            Backing::Zram { size: SwapSize::Fixed(Bytes(1 << 30)), algorithm: Some(algorithm.to_owned()) },
            None,
        )])
    };
    let unknown = refused(&host, &zram("snappy"));
    host.node.host.zram.push(model::host::ZramDevice {
        name: "zram0".to_owned(),
        stat: Reading::Absent,
        disksize: Reading::Value(Bytes(4 << 30)),
    });
    let taken = refused(&host, &zram("zstd"));
    let zswap = model::node_swap::ZswapWanted { is_enabled: true, max_pool_percent: None, compressor: None };
    let alone = refused(&Host::new(), &NodeSwap { zswap: Some(zswap), ..wish(Vec::new()) });
    insta::assert_snapshot!([unknown, taken, alone].concat());
}

#[test]
fn swap_that_cannot_be_switched_off() {
    let mut host = Host::new();
    let plan = host.plan(&small());
    host.run(&plan);
    let Reading::Value(areas) = &mut host.node.swap_areas else { panic!() };
    areas[0].swap.used = Bytes(20 << 30);
    insta::assert_snapshot!(refused(&host, &wish(vec![area(file("/swapfile", 2), None)])));
}

#[test]
fn swap_that_was_switched_on_by_hand_is_switched_back_by_hand() {
    let by = |host: &Host| {
        let plan = host.plan(&wish(vec![area(file("/swapfile", 2), None)]));
        plan.steps.into_iter().find_map(|step| match step.change {
            Change::Swap { now: Some(_), by, .. } => Some(by),
            _ => None,
        })
    };
    let mut host = Host::new();
    host.node.systemd = Reading::Absent;
    let plan = host.plan(&small());
    host.run(&plan);
    host.node.systemd = Reading::Value("257".to_owned());
    assert_eq!(
        by(&host),
        Some(SwitchedBy::Unit("swapfile.swap".to_owned())),
        "systemd makes a unit of the line"
    );
    host.text("/etc/fstab", "");
    assert_eq!(by(&host), Some(SwitchedBy::Call));
}

#[test]
fn a_swap_file_with_holes() {
    let mut host = Host::new();
    let sparse = PathFound::Blocks {
        size: Bytes(1 << 30),
        allocated: Bytes(1 << 20),
        content: DeviceContent::Swap,
        mode: 0o600,
    };
    host.paths.insert("/swapfile".to_owned(), sparse);
    insta::assert_snapshot!(refused(&host, &small()));
}

#[test]
fn the_kubelet_evicts_too_early_for_the_kernel() {
    let mut host = Host::new();
    host.kubeadm();
    let mut wanted = limited(small());
    wanted.kubelet.as_mut().unwrap().eviction = Some(Bytes::from_mib(4096));
    insta::assert_snapshot!(refused(&host, &wanted));
}

#[test]
fn containers_of_docker_keep_their_swap_when_its_services_lose_theirs() {
    let mut host = Host::new();
    host.kubelet(&[], "/system.slice/kubelet.service", "/system.slice/docker.service");
    host.node.kubelet = Reading::Absent;
    host.node.docker = Reading::Value(model::node::DockerEngine {
        version: "28".to_owned(),
        cgroup_driver: "systemd".to_owned(),
        cgroup_version: Reading::Absent,
        storage_driver: "overlay2".to_owned(),
        data_root: "/var/lib/docker".to_owned(),
        swap_limit: Reading::Value(true),
    });
    let wanted = NodeSwap { system: model::node_swap::SystemSwap::KeptAway, ..wish(Vec::new()) };
    let plan = host.plan(&wanted);
    host.run(&plan);
    let limit = |cgroup: &str| host.paths[&format!("/sys/fs/cgroup{cgroup}/memory.swap.max")].clone();
    let text = |text: &str| PathFound::Text(FileContent { text: text.to_owned(), mode: 0o644 });
    assert_eq!(limit("/system.slice/docker.service"), text("0\n"));
    assert_eq!(limit("/system.slice"), text("max\n"));
    let _ = block_device;
}
