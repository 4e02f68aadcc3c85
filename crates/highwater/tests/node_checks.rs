//! `highwater node check` on a node without fault that is damaged in one place: exactly that is found.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use testkit::recorded_machine::MachineCopy;

/// A finding as `check severity`, and the exit code.
fn check(root: &Path, more: &[&str]) -> (Vec<String>, i32, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    command
        .env_remove("DOCKER_HOST")
        .args(["node", "check", "--format", "json", "--root"])
        .arg(root)
        .args(more);
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{errors}"));
    let found = document["findings"].as_array().unwrap().iter().map(|finding| {
        format!("{} {}", finding["check"].as_str().unwrap(), finding["severity"].as_str().unwrap())
    });
    (found.collect(), output.status.code().unwrap(), document.clone())
}

/// A file that is written, or removed when there is no text.
type Damage<'a> = (&'a str, Option<&'a str>);

const CONFIG: &str = "/var/lib/kubelet/config.yaml";
const KUBELET: &str =
    "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\ncgroupDriver: systemd\n";
const SWAPS: &str = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

/// Swap in the file /swapfile; the device of the node stays in fstab.
const FILE: &str = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/swapfile file 8388604 0 -2\n";
const FSTAB: &str = "/swapfile none swap sw 0 0\n";

fn damaged(damage: &[Damage<'_>]) -> MachineCopy {
    let copy = MachineCopy::of("nodes/ready-node").unwrap();
    for (path, text) in damage {
        match text {
            Some(text) => copy.write(path, text).unwrap(),
            None => copy.remove(path).unwrap(),
        }
    }
    copy
}

fn expect(name: &str, damage: &[Damage<'_>], expected: &[&str]) {
    let copy = damaged(damage);
    if let Ok(file) = std::fs::metadata(copy.path("/swapfile")) {
        let mut permissions = file.permissions();
        permissions.set_mode(0o600);
        std::fs::set_permissions(copy.path("/swapfile"), permissions).unwrap();
    }
    let (found, exit, document) = check(copy.root(), &[]);
    assert_eq!(found, expected, "{name}: {:#}", document["findings"]);
    let must_mend = expected.iter().any(|one| !one.ends_with("info"));
    assert_eq!(exit, i32::from(must_mend), "{name}");
}

#[test]
fn a_node_without_fault_has_no_finding() {
    expect("ready", &[], &[]);
}

#[test]
fn the_kubelets_settings_are_judged_as_they_are_merged() {
    let without = format!("{KUBELET}memorySwap:\n  swapBehavior: LimitedSwap\n");
    let none = format!("{KUBELET}failSwapOn: false\n");
    let nodefs = format!(
        "{KUBELET}failSwapOn: false\nmemorySwap:\n  swapBehavior: LimitedSwap\nevictionHard:\n  nodefs.available: 10%\n"
    );
    let share = format!(
        "{KUBELET}failSwapOn: false\nmemorySwap:\n  swapBehavior: LimitedSwap\nevictionHard:\n  memory.available: 50%\n"
    );
    let gate = format!(
        "{KUBELET}failSwapOn: false\nmemorySwap:\n  swapBehavior: LimitedSwap\nfeatureGates:\n  NodeSwap: false\n"
    );
    let flags = "/usr/bin/kubelet\0--config=/var/lib/kubelet/config.yaml\0--fail-swap-on=false\0";
    let equals =
        "/usr/bin/kubelet\0--config=/var/lib/kubelet/config.yaml\0--eviction-hard=memory.available<2Gi\0";
    expect("failSwapOn is true by default", &[(CONFIG, Some(&without))], &["swap-refused-by-kubelet error"]);
    expect("a flag outweighs the file", &[(CONFIG, Some(&without)), ("/proc/901/cmdline", Some(flags))], &[]);
    expect("NoSwap is the default", &[(CONFIG, Some(&none))], &["pods-do-not-swap info"]);
    expect("the default threshold is lost", &[(CONFIG, Some(&nodefs))], &["no-memory-eviction warning"]);
    expect("a share of the memory", &[(CONFIG, Some(&share))], &["eviction-before-swap warning"]);
    expect(
        "a flag sets the threshold",
        &[("/proc/901/cmdline", Some(equals))],
        &["eviction-before-swap warning"],
    );
    expect("the gate is locked", &[(CONFIG, Some(&gate))], &["node-swap-gate error"]);
}

#[test]
fn files_that_cannot_be_read_do_not_hide_the_rest() {
    let broken = "kind: KubeletConfiguration\n failSwapOn: [\n";
    let unit = "/sys/fs/cgroup/system.slice/memory.swap.max";
    let expected = ["kubelet-configuration-broken error", "system-may-swap warning"];
    expect("broken YAML", &[(CONFIG, Some(broken)), (unit, Some("max\n"))], &expected);
    // What a file would tell is not known, and no default is made of it.
    expect("no such file", &[(CONFIG, None)], &["kubelet-configuration-unread warning"]);
    let flags = "/usr/bin/kubelet\0--config=/var/lib/kubelet/config.yaml\0--fail-swap-on=true\0";
    let expected = ["kubelet-configuration-broken error", "swap-refused-by-kubelet error"];
    expect(
        "a flag beside broken YAML",
        &[(CONFIG, Some(broken)), ("/proc/901/cmdline", Some(flags))],
        &expected,
    );
    expect("no /proc/swaps", &[("/proc/swaps", Some("nonsense"))], &["swap-unknown warning"]);
    // A file in the place of a folder cannot be listed, not even by root.
    let folder: [Damage<'_>; 2] = [
        (
            "/proc/901/cmdline",
            Some("kubelet\0--config=/var/lib/kubelet/config.yaml\0--config-dir=/etc/kubelet.d\0"),
        ),
        ("/etc/kubelet.d", Some("")),
    ];
    expect("drop-ins that cannot be listed", &folder, &["kubelet-configuration-unread warning"]);
    let units: [Damage<'_>; 3] =
        [("/etc/fstab", None), ("/etc/systemd/system", None), ("/etc/systemd/system", Some(""))];
    expect("units that cannot be listed", &units, &["swap-not-persistent info"]);
    expect("no zoneinfo", &[("/proc/zoneinfo", None)], &[]);
}

#[test]
fn swap_is_judged_by_what_it_lies_on() {
    let mounts = |kind: &str| {
        format!(
            "31 1 254:1 / / rw,relatime shared:1 - {kind} /dev/vda1 rw\n22 31 0:20 / /proc rw - proc proc rw\n\
             33 31 0:29 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
        )
    };
    let file: [Damage<'_>; 3] =
        [("/proc/swaps", Some(FILE)), ("/swapfile", Some("")), ("/etc/fstab", Some(FSTAB))];
    // The kernel's log does not name the file.
    let unknown = "kubelet-older-than-swap info";
    expect("a file in plain", &file, &["swap-not-encrypted warning", unknown]);
    let overlay = mounts("overlay");
    let with = [&file[..], &[("/proc/1/mountinfo", Some(overlay.as_str()))]].concat();
    expect("on overlay", &with, &["swap-not-encrypted warning", "swap-on-unfit-place warning", unknown]);
    let network = format!("{SWAPS}/dev/nbd0 partition 1048572 0 5\n");
    let with: [Damage<'_>; 2] =
        [("/proc/swaps", Some(&network)), ("/etc/fstab", Some("/dev/nbd0 none swap sw 0 0\n"))];
    expect(
        "on a network device",
        &with,
        &["swap-on-unfit-place warning", unknown, "swap-not-encrypted info"],
    );
    let plain: [Damage<'_>; 1] = [("/sys/block/dm-0/dm/uuid", Some("LVM-abc\n"))];
    expect("a mapped device that is not encrypted", &plain, &["swap-not-encrypted warning"]);
    let below: [Damage<'_>; 4] = [
        ("/sys/block/dm-0/dm/uuid", Some("LVM-abc\n")),
        ("/sys/block/dm-0/slaves/dm-1/dev", Some("253:1\n")),
        ("/sys/block/dm-1/dm/uuid", Some("CRYPT-LUKS2-abc\n")),
        ("/sys/block/dm-1/size", Some("16777216\n")),
    ];
    expect("LVM on LUKS", &below, &[]);
}

#[test]
fn the_next_boot_is_looked_at() {
    let unit = "[Swap]\nWhat=/dev/mapper/cryptswap\n[Install]\nWantedBy=swap.target\n";
    let path = "/etc/systemd/system/dev-mapper-cryptswap.swap";
    expect("nobody", &[("/etc/fstab", None)], &["swap-not-persistent warning"]);
    expect(
        "noauto",
        &[("/etc/fstab", Some("/dev/dm-0 none swap noauto 0 0\n"))],
        &["swap-not-persistent warning"],
    );
    expect("by UUID", &[("/etc/fstab", Some("UUID=1-2 none swap sw 0 0\n"))], &[]);
    expect("a unit", &[("/etc/fstab", None), (path, Some(unit))], &["swap-unit-not-enabled warning"]);
    let enabled = "/etc/systemd/system/swap.target.wants/dev-mapper-cryptswap.swap";
    expect("an enabled unit", &[("/etc/fstab", None), (path, Some(unit)), (enabled, Some(unit))], &[]);
    let drop_in = "/etc/systemd/system/kubelet.service.d/10-swap.conf";
    let wants = "[Unit]\nWants=dev-mapper-cryptswap.swap\n";
    expect("wanted by the kubelet", &[("/etc/fstab", None), (path, Some(unit)), (drop_in, Some(wants))], &[]);
    let other = "/etc/sysctl.d/95-other.conf";
    expect(
        "another file comes later",
        &[(other, Some("vm.page-cluster=3\n"))],
        &["sysctl-not-persistent warning"],
    );
    expect(
        "an earlier one does not count",
        &[("/usr/lib/sysctl.d/10-d.conf", Some("vm.page-cluster=3\n"))],
        &[],
    );
    expect(
        "the same name in /etc hides the package's",
        &[
            ("/usr/lib/sysctl.d/95-x.conf", Some("vm.page-cluster=3\n")),
            ("/etc/sysctl.d/95-x.conf", Some("#\n")),
        ],
        &[],
    );
    expect("systemd does not read it", &[("/etc/sysctl.conf", Some("vm.page-cluster=3\n"))], &[]);
    expect(
        "no file",
        &[("/proc/sys/vm/vfs_cache_pressure", Some("50\n"))],
        &["sysctl-not-persistent warning"],
    );
}

#[test]
fn kernel_settings_are_judged_against_the_swap() {
    let swappiness = |value: &'static str| {
        [("/proc/sys/vm/swappiness", Some(value)), ("/etc/sysctl.d/99-s.conf", Some(value))]
    };
    for (value, expected) in [
        ("60", &[][..]),
        ("100", &[]),
        ("1", &["swappiness-unfit warning"]),
        ("0", &["swappiness-unfit warning"]),
    ] {
        let set = format!("vm.swappiness={value}\n");
        let mut damage = swappiness(value);
        damage[1].1 = Some(&set);
        expect(value, &damage, expected);
    }
    let cluster: [Damage<'_>; 2] = [
        ("/proc/sys/vm/page-cluster", Some("3\n")),
        ("/etc/sysctl.d/99-s.conf", Some("vm.page-cluster = 3\n")),
    ];
    expect("read-ahead without seeks", &cluster, &["swap-read-ahead info"]);
    let turning = [&cluster[..], &[("/sys/block/dm-0/queue/rotational", Some("1\n"))]].concat();
    expect("read-ahead on a disk that turns", &turning, &[]);
}

#[test]
fn zram_is_judged_with_what_is_around_it() {
    let zram = format!("{SWAPS}/dev/zram0 partition 1048572 0 100\n");
    let file = "[zram0]\nzram-size = 1024\n";
    let base: [Damage<'_>; 4] = [
        ("/proc/swaps", Some(&zram)),
        ("/etc/systemd/zram-generator.conf", Some(file)),
        ("/sys/block/zram0/disksize", Some("1073741824\n")),
        (
            "/dev/kmsg",
            Some(
                "6,100,4000000,-;Adding 1048572k swap on /dev/zram0.  Priority:100 extents:1 across:1048572k SS\n",
            ),
        ),
    ];
    let (blind, low) = ("zram-unseen-by-eviction warning", "swappiness-unfit info");
    expect("larger than the line", &base, &[blind, low]);
    let zswap = [&base[..], &[("/sys/module/zswap/parameters/enabled", Some("Y\n"))]].concat();
    expect("behind zswap", &zswap, &["zram-behind-zswap warning", blind, low]);
    let both = format!("{SWAPS}/dev/zram0 partition 1048572 0 5\n/dev/dm-0 partition 8388604 0 10\n");
    let log = "6,100,4000000,-;Adding 1048572k swap on /dev/zram0.  Priority:5 extents:1 across:1k SS\n\
               6,101,4000000,-;Adding 8388604k swap on /dev/dm-0.  Priority:10 extents:1 across:1k SS\n";
    let after = [&base[1..3], &[("/proc/swaps", Some(both.as_str())), ("/dev/kmsg", Some(log))]].concat();
    expect("after the disk", &after, &["disk-before-zram warning", blind]);
}

#[test]
fn daemons_killers_and_volumes_are_looked_at() {
    expect(
        "a slice that may swap",
        &[("/sys/fs/cgroup/system.slice/memory.swap.max", Some("max\n"))],
        &["system-may-swap warning"],
    );
    let oomd: [Damage<'_>; 2] = [
        ("/proc/700/comm", Some("systemd-oomd\n")),
        ("/proc/700/cgroup", Some("0::/system.slice/systemd-oomd.service\n")),
    ];
    expect("oomd", &oomd, &["another-killer warning"]);
    expect("an old kernel", &[("/proc/sys/kernel/osrelease", Some("6.1.0\n"))], &["tmpfs-may-swap warning"]);
    let log = "6,1,90000000,-;Adding 8388604k swap on /dev/dm-0.  Priority:10 extents:1 across:8388604k SS\n";
    expect("swap that came later", &[("/dev/kmsg", Some(log))], &["kubelet-older-than-swap warning"]);
    expect("a log that tells nothing", &[("/dev/kmsg", None)], &["kubelet-older-than-swap info"]);
    expect("no swap", &[("/proc/swaps", Some(SWAPS))], &["no-swap warning"]);
    expect(
        "no memory controller",
        &[("/sys/fs/cgroup/cgroup.controllers", Some("cpu\n"))],
        &["no-memory-controller error"],
    );
}

#[test]
fn what_the_kubelet_says_of_itself_outweighs_its_files() {
    let copy = MachineCopy::of("nodes/ready-node").unwrap();
    let said = r#"{"kubeletconfig":{"failSwapOn":false,"memorySwap":{"swapBehavior":"NoSwap"},"evictionHard":{"memory.available":"300Mi"}}}"#;
    copy.write("/configz", said).unwrap();
    let path = copy.path("/configz");
    let (found, exit, document) = check(copy.root(), &["--configz", path.to_str().unwrap()]);
    assert_eq!(
        (found, exit),
        (vec!["kubelet-not-restarted warning".to_owned(), "pods-do-not-swap info".to_owned()], 1)
    );
    assert_eq!(document["kubelet"]["swap_behavior"]["told_by"], "/configz");
}

#[test]
fn the_version_of_the_kubelet_decides() {
    let copy = damaged(&[]);
    let (found, ..) = check(copy.root(), &["--kubernetes-version", "1.28"]);
    assert_eq!(found, ["node-swap-gate error"]);
}

/// A Kubernetes node on cgroup v1.
fn on_v1(command_line: &str, containerd: &str) -> MachineCopy {
    let copy = MachineCopy::of("host-6.18-v1-docker").unwrap();
    for (pid, name) in [(901, "kubelet"), (902, "containerd"), (903, "dockerd")] {
        copy.write(&format!("/proc/{pid}/comm"), format!("{name}\n")).unwrap();
        copy.write(&format!("/proc/{pid}/cgroup"), "5:memory:/system.slice\n0::/\n").unwrap();
    }
    copy.write("/proc/901/cmdline", "kubelet\0--config=/var/lib/kubelet/config.yaml\0").unwrap();
    copy.write("/proc/1/comm", "systemd\n").unwrap();
    copy.write("/proc/cmdline", command_line).unwrap();
    copy.write(CONFIG, KUBELET).unwrap();
    copy.write("/etc/containerd/config.toml", containerd).unwrap();
    copy.write("/etc/docker/daemon.json", r#"{"exec-opts": ["native.cgroupdriver=cgroupfs"]}"#).unwrap();
    copy
}

fn states(document: &Value) -> Vec<&str> {
    let steps = document["migration"].as_array().unwrap();
    steps.iter().map(|step| step["state"].as_str().unwrap()).collect()
}

#[test]
fn on_cgroup_v1_the_steps_to_v2_are_told() {
    let copy = on_v1("quiet systemd.unified_cgroup_hierarchy=0\n", "  SystemdCgroup = false\n");
    let (found, exit, document) = check(copy.root(), &["--kubernetes-version", "1.34"]);
    assert_eq!((found[0].as_str(), exit), ("cgroup-v1 warning", 1));
    // Kernel, command line, kubelet, containerd, Docker, workloads.
    assert_eq!(states(&document), ["done", "open", "done", "open", "open", "unknown"]);
    let how = document["migration"][1]["how"].as_str().unwrap();
    assert!(how.contains("take `systemd.unified_cgroup_hierarchy=0` off"), "{how}");
    let (found, ..) = check(copy.root(), &["--kubernetes-version", "1.35"]);
    assert_eq!(found[0], "cgroup-v1 error");
}

#[test]
fn a_step_that_is_done_is_told_as_done() {
    let copy = on_v1("quiet\n", "[x.options]\n  SystemdCgroup=true\n");
    let (_, _, document) = check(copy.root(), &[]);
    assert_eq!(states(&document), ["done", "open", "done", "done", "open", "unknown"]);
    let how = document["migration"][1]["how"].as_str().unwrap();
    assert!(how.contains("add `systemd.unified_cgroup_hierarchy=1`"), "{how}");
}

#[test]
fn limited_swap_on_cgroup_v1_hands_out_nothing() {
    let copy = on_v1("quiet\n", "");
    let config = format!("{KUBELET}failSwapOn: false\nmemorySwap:\n  swapBehavior: LimitedSwap\n");
    copy.write(CONFIG, config).unwrap();
    let (found, ..) = check(copy.root(), &["--kubernetes-version", "1.34"]);
    assert!(found.contains(&"cgroup-v1 error".to_owned()), "{found:?}");
}

#[test]
fn the_next_command_is_one_plan_that_keeps_the_swap_that_is_there() {
    let damage: [Damage<'_>; 1] = [("/sys/fs/cgroup/system.slice/memory.swap.max", Some("max\n"))];
    let (_, _, document) = check(damaged(&damage).root(), &[]);
    let expected = "highwater node plan --partition /dev/dm-0 --priority 10 --protect-system";
    assert_eq!(document["next_command"], expected);
}
