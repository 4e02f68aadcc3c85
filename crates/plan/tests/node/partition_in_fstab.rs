//! Partitions that `/etc/fstab` has as file systems: mounted or not, by whatever name, they are no place for swap.

use crate::golden::{area, wish};
use crate::host::Host;
use model::node::DeviceContent;
use model::node_swap::{Backing, NodeSwap};
use model::path_found::PathFound;
use model::plan::Refusal;
use model::reading::Reading;

fn on(device: &str) -> NodeSwap {
    wish(vec![area(Backing::Partition { device: device.to_owned() }, None)])
}

/// A machine whose partition is blank, with the links that udev makes and one line more in its fstab.
fn host(links: &[(&str, &str)], line: &str) -> Host {
    let mut host = Host::new();
    host.text("/etc/fstab", &format!("/dev/vda1 / ext4 defaults 0 1\n# data\n{line}\n"));
    let mut folders = std::collections::BTreeMap::<String, Vec<String>>::new();
    for (link, target) in links {
        host.paths.insert((*link).to_owned(), PathFound::Link((*target).to_owned()));
        let (folder, name) = link.rsplit_once('/').unwrap();
        folders.entry(folder.to_owned()).or_default().push(name.to_owned());
    }
    host.paths.extend(folders.into_iter().map(|(folder, names)| (folder, PathFound::Folder(names))));
    host
}

fn refusals(host: &Host) -> Vec<Refusal> {
    host.plan(&on("/dev/vda2")).refusals
}

#[test]
fn every_name_of_a_partition_is_known() {
    let makefs = "/data ext4 noauto,x-systemd.makefs 0 2";
    for (what, links) in [
        ("/dev/vda2", &[][..]),
        ("UUID=0A3C-11", &[("/dev/disk/by-uuid/0A3C-11", "../../vda2")][..]),
        ("UUID=0A3C-11", &[("/dev/disk/by-uuid/0a3c-11", "../../vda2")]),
        ("UUID=\"0a3c-11\"", &[("/dev/disk/by-uuid/0a3c-11", "/dev/vda2")]),
        ("LABEL=my\\040data", &[("/dev/disk/by-label/my\\x20data", "../../vda2")]),
        ("PARTUUID=1234-02", &[("/dev/disk/by-partuuid/1234-02", "../../vda2")]),
        ("PARTLABEL=data", &[("/dev/disk/by-partlabel/data", "../../vda2")]),
        ("/dev/disk/by-path/pci-0-part2", &[("/dev/disk/by-path/pci-0-part2", "../../vda2")]),
        ("/dev/data", &[("/dev/data", "disk/by-id/x"), ("/dev/disk/by-id/x", "../../vda2")]),
    ] {
        let line = format!("{what} {makefs}");
        let found = refusals(&host(links, &line));
        let [Refusal { why, remedy }] = found.as_slice() else { panic!("{what}: {found:?}") };
        assert!(
            why.starts_with(
                "line 3 of /etc/fstab has /dev/vda2 as the file system of /data, which would be lost:"
            ),
            "{what}: {why}"
        );
        assert!(why.ends_with(&format!("`{}`", line.escape_debug())), "{what}: {why}");
        assert!(remedy.contains("take line 3 out of /etc/fstab"), "{what}: {remedy}");
    }
}

#[test]
fn lines_about_others_and_lines_of_swap_stop_nobody() {
    for (line, links) in [
        ("/dev/vda2 none swap sw 0 0", &[][..]),
        ("UUID=0a none swap sw 0 0", &[("/dev/disk/by-uuid/0a", "../../vda2")][..]),
        ("PARTUUID=02 none swap sw 0 0", &[("/dev/disk/by-partuuid/02", "../../vda2")]),
        ("#PARTUUID=02 /data ext4 defaults 0 0", &[("/dev/disk/by-partuuid/02", "../../vda2")]),
        ("PARTUUID=01 /data ext4 defaults 0 0", &[("/dev/disk/by-partuuid/01", "../../vda1")]),
        // A disk that was pulled out has no links; neither has a file system that is gone.
        ("PARTUUID=77 /data ext4 defaults 0 0", &[("/dev/disk/by-partuuid/01", "../../vda1")]),
        ("UUID=77 /data ext4 defaults 0 0", &[]),
        ("LABEL=gone /data ext4 defaults 0 0", &[]),
        ("/dev/vda20 /data ext4 defaults 0 0", &[]),
        ("server:/vda2 /data nfs4 defaults 0 0", &[]),
        ("tmpfs /tmp tmpfs size=1G 0 0", &[]),
        // Links in a circle lead nowhere.
        ("/dev/a /data ext4 defaults 0 0", &[("/dev/a", "b"), ("/dev/b", "a")]),
    ] {
        assert_eq!(refusals(&host(links, line)), [], "{line}");
    }
}

#[test]
fn without_udev_the_kernel_tells_and_what_nobody_tells_is_refused() {
    let line = "PARTUUID=AB-02 /data ext4 defaults 0 2";
    let mut blind = host(&[], line);
    let found = refusals(&blind);
    assert!(
        found[0].why.starts_with("whether line 3 of /etc/fstab has /dev/vda2 as the file system of /data cannot be told, because /dev/disk/by-partuuid is not there"),
        "{found:?}"
    );
    let uevent = "/sys/class/block/vda2/uevent";
    blind.text(uevent, "DEVNAME=vda2\nPARTN=2\nPARTUUID=ab-02\n");
    assert!(refusals(&blind)[0].why.contains("which would be lost"), "{:?}", refusals(&blind));
    blind.text(uevent, "DEVNAME=vda2\nPARTN=2\nPARTUUID=ab-03\n");
    assert_eq!(refusals(&blind), []);
    let mut named = host(&[], "PARTLABEL=my\\040data /data ext4 defaults 0 2");
    named.text(uevent, "DEVNAME=vda2\nPARTN=2\nPARTNAME=my data\n");
    assert!(refusals(&named)[0].why.contains("which would be lost"));
    // What is mounted at the line's place is what the line means.
    let mut mounted = host(&[], line);
    mounted.mount("/data", "ext4", (259, 1), 10);
    assert_eq!(refusals(&mounted), []);
}

#[test]
fn a_line_that_certainly_means_it_goes_before_one_that_may() {
    let lines = "PARTUUID=01 /a ext4 defaults 0 0\n/dev/vda2 /b xfs defaults 0 0";
    let why = &refusals(&host(&[], lines))[0].why;
    assert!(why.starts_with("line 4 of /etc/fstab has /dev/vda2 as the file system of /b"), "{why}");
}

#[test]
fn nothing_that_has_a_signature_becomes_swap() {
    for name in ["ext2, ext3 or ext4", "xfs", "btrfs", "LUKS", "LVM physical volume", "Linux RAID member"] {
        let mut host = Host::new();
        let Reading::Value(devices) = &mut host.node.block_devices else { panic!() };
        devices[2].content = Reading::Value(DeviceContent::Known(name.to_owned()));
        let found = refusals(&host);
        assert_eq!(found[0].why, format!("/dev/vda2 holds {name}, which would be lost"));
    }
}
