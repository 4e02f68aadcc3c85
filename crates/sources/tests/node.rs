//! Nodes of `fixtures/nodes`, as a plan and a check see them.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use kernel::bytes::Bytes;
use model::node::{DeviceContent, Encryption, KubeletFound, Node, SwapAreaInUse, SwapBacking};
use model::reading::Reading;
use sources::host_root::HostRoot;
use sources::node::look;
use std::time::Duration;
use testkit::recorded_machine::{MachineCopy, recorded_machine};

fn node(name: &str) -> Node {
    look(&HostRoot::new(&recorded_machine(&format!("nodes/{name}"))), &[])
}

fn area(node: &Node) -> &SwapAreaInUse {
    node.swap_areas.value().unwrap().first().unwrap()
}

fn kubelet(node: &Node) -> &KubeletFound {
    node.kubelet.value().unwrap()
}

#[test]
fn a_swap_file_is_traced_to_its_disk() {
    let node = node("kubelet-node");
    let area = area(&node);
    assert_eq!(area.backing, SwapBacking::File { mount_point: "/".into(), filesystem: "ext4".into() });
    assert_eq!(area.encryption, Reading::Value(Encryption::Plain));
    assert_eq!(area.switched_on, Reading::Value(Duration::from_millis(3_600_500)));
    let root = node.filesystems.value().unwrap().iter().find(|one| one.mount_point == "/").unwrap();
    assert_eq!(root.available, Reading::Value(Bytes(21_474_836_480)));
}

#[test]
fn a_mapped_device_is_encrypted_and_a_partition_below_it_belongs_to_its_disk() {
    let node = node("ready-node");
    let area = area(&node);
    assert_eq!(area.backing, SwapBacking::Device { name: "dm-0".into() });
    assert_eq!(area.encryption, Reading::Value(Encryption::Encrypted));
    let devices = node.block_devices.value().unwrap();
    let below = devices.iter().find(|device| device.name == "vda2").unwrap();
    assert_eq!((below.disk.as_deref(), below.holders.as_slice()), (Some("vda"), &["dm-0".to_owned()][..]));
    assert_eq!(below.is_rotational, Reading::Value(false));
}

#[test]
fn drop_ins_come_after_the_file_and_by_name() {
    let copy = MachineCopy::of("nodes/kubelet-node").unwrap();
    let folder = "/etc/kubernetes/kubelet/config.json.d";
    for name in ["90-last.conf", "10-first.conf", "50-not.yaml", "20/inner.conf"] {
        copy.write(&format!("{folder}/{name}"), "{}").unwrap();
    }
    let node = look(&HostRoot::new(copy.root()), &[]);
    let paths: Vec<&str> = kubelet(&node).config.iter().map(|file| file.path.as_str()).collect();
    let expected = ["10-first.conf", "20/inner.conf", "40-nodeadm.conf", "90-last.conf"]
        .map(|name| format!("{folder}/{name}"));
    assert_eq!(paths[0], "/etc/kubernetes/kubelet/config.json");
    assert_eq!(paths[1..], expected);
}

#[test]
fn the_kubelet_is_found_where_it_lives_and_since_when_it_runs() {
    let node = node("kubelet-node");
    let kubelet = kubelet(&node);
    let process = kubelet.process.value().unwrap();
    assert_eq!(process.cgroup, Reading::Value("/runtime.slice/kubelet.service".to_owned()));
    assert_eq!(process.swap_max, Reading::Value(None));
    assert_eq!(process.started, Reading::Value(Duration::from_millis(16_500)));
    assert_eq!(process.swapped, Reading::Value(Bytes::from_mib(20)));
    assert_eq!(kubelet.version, Reading::Value("1.34.1".to_owned()));
}

#[test]
fn the_lowest_level_binds_a_daemon() {
    let node = node("ready-node");
    assert_eq!(kubelet(&node).process.value().unwrap().swap_max, Reading::Value(Some(Bytes::ZERO)));
}

#[test]
fn a_kubelet_in_a_container_is_somebody_elses() {
    let copy = MachineCopy::of("nodes/kubelet-node").unwrap();
    let inside = format!("0::/system.slice/docker-{}.scope/kubelet.slice/kubelet.service\n", "a".repeat(64));
    copy.write("/proc/901/cgroup", inside).unwrap();
    let node = look(&HostRoot::new(copy.root()), &[]);
    assert_eq!(kubelet(&node).process, Reading::Absent);
    assert_eq!(node.runtimes.len(), 1);
}

#[test]
fn links_tell_what_is_enabled_and_files_what_is_set() {
    let node = node("kubelet-node");
    let link = node.links.iter().find(|link| link.path.ends_with("multi-user.target.wants/kubelet.service"));
    assert_eq!(link.unwrap().target, "/etc/systemd/system/kubelet.service");
    let paths: Vec<&str> = node.files.iter().map(|file| file.path.as_str()).collect();
    for path in ["/etc/fstab", "/etc/sysctl.d/99-kubernetes.conf", "/etc/systemd/system/kubelet.service"] {
        assert!(paths.contains(&path), "{path} among {paths:?}");
    }
}

#[test]
fn a_laptop_has_a_killer_zram_and_no_kubelet() {
    let node = node("zram-laptop");
    assert_eq!(node.kubelet, Reading::Absent);
    assert_eq!(node.killers.iter().map(|killer| killer.name.as_str()).collect::<Vec<_>>(), ["systemd-oomd"]);
    assert_eq!(area(&node).backing, SwapBacking::Zram { name: "zram0".into() });
    assert_eq!(node.systemd, Reading::Value("257".to_owned()));
    assert_eq!(node.page, Bytes(4096));
}

#[test]
fn what_a_device_begins_with_is_told() {
    let copy = MachineCopy::of("nodes/ready-node").unwrap();
    let mut start = vec![0; 8192];
    start[4086..4096].copy_from_slice(b"SWAPSPACE2");
    copy.write("/dev/dm-0", &start).unwrap();
    let node = look(&HostRoot::new(copy.root()), &[]);
    let content = |name: &str| {
        let found = node.block_devices.value().unwrap().iter().find(|device| device.name == name);
        found.unwrap().content.clone()
    };
    assert_eq!(content("dm-0"), Reading::Value(DeviceContent::Swap));
    assert_eq!(content("vda"), Reading::Absent);
}

#[test]
fn nothing_at_all_is_unknown_and_not_zero() {
    let folder = tempfile::tempdir().unwrap();
    let node = look(&HostRoot::new(folder.path()), &[]);
    assert_eq!(node.swap_areas, Reading::Absent);
    assert_eq!(node.kubelet, Reading::Absent);
    assert_eq!(node.settings["vm.swappiness"], Reading::Absent);
    assert_eq!(node.features.swap_limit, Reading::Absent);
    assert_eq!(node.missing.len(), 1);
}

#[test]
fn unreadable_files_keep_their_reason() {
    let copy = MachineCopy::of("nodes/kubelet-node").unwrap();
    copy.remove("/etc/kubernetes/kubelet/config.json").unwrap();
    std::fs::create_dir(copy.path("/etc/kubernetes/kubelet/config.json")).unwrap();
    copy.write("/proc/swaps", "nonsense\n").unwrap();
    let node = look(&HostRoot::new(copy.root()), &[]);
    assert!(matches!(&kubelet(&node).config[0].text, Reading::Failed(why) if why.contains("not a file")));
    assert!(matches!(&node.swap_areas, Reading::Failed(why) if why.contains("/proc/swaps")));
}
