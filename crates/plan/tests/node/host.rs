//! A machine that exists in tests only: a node and files, on which plans are run by the letter.

use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use kernel::meminfo::Meminfo;
use kernel::swaps::{SwapDevice, SwapKind};
use kernel::zoneinfo;
use model::host::{Host as ModelHost, ZramDevice, Zswap};
use model::node::{
    BlockDevice, Daemon, DeviceContent, Filesystem, KernelFeatures, KubeletFound, Node, SwapAreaInUse,
    SwapBacking, TextFile,
};
use model::node_swap::NodeSwap;
use model::path_found::{FoundPaths, PathFound};
use model::plan::{Change, FileContent, Plan, Signature, Step, SwapUse, ZramSetup};
use model::reading::Reading;
use plan::check::{self, Held};
use plan::node::Facts;
use std::collections::BTreeMap;

pub const GIB: u64 = 1 << 30;

/// 16 GiB with the watermarks that a kernel gives them by default.
const ZONEINFO: &str = "Node 0, zone      DMA\n  pages free     3840\n        min      15\n        low      18\n        high     21\n        present  3999\n        managed  3840\n        protection: (0)\nNode 0, zone    Normal\n  pages free     3000000\n        min      16881\n        low      21101\n        high     25321\n        present  4190208\n        managed  4111000\n        protection: (0)\n";

/// 16 GiB, 12 of them available.
const MEMINFO: &str = "MemTotal: 16777216 kB\nMemAvailable: 12582912 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n";

pub struct Host {
    pub node: Node,
    pub paths: BTreeMap<String, PathFound>,
    /// How often the kubelet was started again.
    pub restarts: usize,
    next_priority: i32,
}

impl Host {
    /// Debian 13 with one ext4 and systemd, without swap and without a kubelet.
    pub fn new() -> Self {
        let node = Node {
            host: model_host(),
            page: Bytes(4096),
            zones: Reading::Value(zoneinfo::parse(ZONEINFO).unwrap()),
            controllers: Reading::Absent,
            settings: BTreeMap::new(),
            filesystems: Reading::Value(vec![filesystem("/", "ext4", "/dev/vda1", (254, 1), 100)]),
            block_devices: Reading::Value(vec![
                block_device("vda", (254, 0), None, DeviceContent::Known("GPT partition table".to_owned())),
                block_device("vda1", (254, 1), Some("vda"), DeviceContent::Known("ext4".to_owned())),
                block_device("vda2", (254, 2), Some("vda"), DeviceContent::Blank),
            ]),
            swap_areas: Reading::Value(Vec::new()),
            kubelet: Reading::Absent,
            runtimes: Vec::new(),
            killers: Vec::new(),
            systemd: Reading::Value("257".to_owned()),
            features: KernelFeatures {
                tmpfs_noswap: Reading::Value(true),
                memory_reclaim: Reading::Value(true),
                memory_peak: Reading::Value(true),
                swap_limit: Reading::Value(true),
                pressure: Reading::Value(true),
                zram: Reading::Value(true),
                zswap: Reading::Value(true),
            },
            docker: Reading::Absent,
            files: Vec::new(),
            links: Vec::new(),
            command_line: Reading::Absent,
            missing: Vec::new(),
        };
        let mut host = Self { node, paths: BTreeMap::new(), restarts: 0, next_priority: -2 };
        for folder in ["/", "/var", "/mnt"] {
            host.paths.insert(folder.to_owned(), PathFound::Folder(Vec::new()));
        }
        host.text("/etc/fstab", "/dev/vda1 / ext4 defaults 0 1\n");
        for (name, value) in [
            ("swappiness", "60"),
            ("page-cluster", "3"),
            ("min_free_kbytes", "67584"),
            ("watermark_scale_factor", "10"),
        ] {
            host.text(&format!("/proc/sys/vm/{name}"), &format!("{value}\n"));
        }
        for (name, value) in [("enabled", "N"), ("max_pool_percent", "20"), ("compressor", "lzo")] {
            host.text(&format!("/sys/module/zswap/parameters/{name}"), &format!("{value}\n"));
        }
        host.text("/sys/block/zram0/comp_algorithm", "[lzo-rle] lzo lz4 zstd \n");
        host
    }

    pub fn text(&mut self, path: &str, text: &str) {
        let content = FileContent { text: text.to_owned(), mode: 0o644 };
        self.paths.insert(path.to_owned(), PathFound::Text(content));
    }

    /// The root file system is of another type.
    pub fn on(&mut self, kind: &str, kernel: &str) {
        self.node.host.kernel_release = Reading::Value(kernel.to_owned());
        self.node.filesystems = Reading::Value(vec![filesystem("/", kind, "/dev/vda1", (254, 1), 100)]);
    }

    pub fn mount(&mut self, mount_point: &str, kind: &str, device: (u32, u32), gibibytes: u64) {
        let Reading::Value(all) = &mut self.node.filesystems else { panic!() };
        all.push(filesystem(mount_point, kind, "/dev/nvme1n1", device, gibibytes));
        self.paths.insert(mount_point.to_owned(), PathFound::Folder(Vec::new()));
    }

    /// A kubelet as kubeadm sets it up.
    pub fn kubeadm(&mut self) {
        let config = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n# ours: logs\ncgroupDriver: systemd\nmemorySwap: {}\n";
        self.text("/var/lib/kubelet/config.yaml", config);
        let flags = [
            "--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf",
            "--config=/var/lib/kubelet/config.yaml",
        ];
        self.kubelet(&flags, "/system.slice/kubelet.service", "/system.slice/containerd.service");
    }

    /// A kubelet as nodeadm of EKS sets it up.
    pub fn eks(&mut self) {
        let config = "{\"kind\":\"KubeletConfiguration\",\"apiVersion\":\"kubelet.config.k8s.io/v1beta1\",\"evictionHard\":{\"memory.available\":\"100Mi\",\"nodefs.available\":\"10%\",\"nodefs.inodesFree\":\"5%\"},\"protectKernelDefaults\":true}\n";
        self.text("/etc/kubernetes/kubelet/config.json", config);
        self.text(
            "/etc/kubernetes/kubelet/config.json.d/40-nodeadm.conf",
            "{\"kind\":\"KubeletConfiguration\",\"apiVersion\":\"kubelet.config.k8s.io/v1beta1\",\"maxPods\":58}\n",
        );
        let flags = [
            "--config=/etc/kubernetes/kubelet/config.json",
            "--config-dir=/etc/kubernetes/kubelet/config.json.d",
        ];
        self.kubelet(&flags, "/runtime.slice/kubelet.service", "/runtime.slice/containerd.service");
    }

    pub fn kubelet(&mut self, flags: &[&str], kubelet: &str, runtime: &str) {
        self.node.kubelet = Reading::Value(KubeletFound {
            process: Reading::Value(daemon("kubelet", kubelet)),
            flags: Reading::Value(flags.iter().map(|flag| (*flag).to_owned()).collect()),
            config: Vec::new(),
            configz: Reading::Absent,
            version: Reading::Absent,
        });
        self.node.runtimes = vec![daemon("containerd", runtime)];
        for cgroup in ["/system.slice", "/runtime.slice", kubelet, runtime] {
            self.text(&format!("/sys/fs/cgroup{cgroup}/memory.swap.max"), "max\n");
        }
        self.refresh();
    }

    /// Plans as the door does: looks where the planner asks, until it asks no more.
    pub fn plan(&self, wanted: &NodeSwap) -> Plan {
        let mut found = FoundPaths::new();
        loop {
            let facts = Facts { node: &self.node, paths: &found, kubernetes: None };
            let planned = plan::node::plan(&facts, wanted);
            if planned.unseen.is_empty() {
                return planned.plan;
            }
            self.look(&planned.unseen, &mut found);
        }
    }

    /// Checks a plan, likewise; what does not hold.
    pub fn differences(&self, plan: &Plan) -> Vec<(String, Held)> {
        let mut found = FoundPaths::new();
        loop {
            let facts = Facts { node: &self.node, paths: &found, kubernetes: None };
            let checked = check::plan(&facts, plan);
            if checked.unseen.is_empty() {
                let all = checked.steps.into_iter().filter(|(_, held)| *held != Held::Held);
                return all.map(|(step, held)| (step.name.clone(), held)).collect();
            }
            self.look(&checked.unseen, &mut found);
        }
    }

    fn look(&self, unseen: &[String], found: &mut FoundPaths) {
        for path in unseen {
            let at = self.paths.get(path).cloned().map_or(Reading::Absent, Reading::Value);
            assert!(found.insert(path.clone(), at).is_none(), "{path} was asked for twice");
        }
    }

    pub fn run(&mut self, plan: &Plan) {
        assert_eq!(plan.refusals, []);
        for step in &plan.steps {
            self.change(step, &step.change);
        }
    }

    pub fn undo(&mut self, plan: &Plan) {
        for step in plan.steps.iter().rev() {
            self.change(step, &step.change.undo());
        }
    }

    /// What can be compared of two moments of the machine.
    pub fn state(&self) -> String {
        format!(
            "{:#?}\n{:#?}\n{:#?}\n{:#?}",
            self.paths, self.node.swap_areas, self.node.host.zram, self.node.block_devices
        )
    }

    fn change(&mut self, step: &Step, change: &Change) {
        let name = &step.name;
        match change {
            Change::File { path, now, wanted } => {
                let found = self.paths.get(path).cloned();
                assert_eq!(found, now.clone().map(PathFound::Text), "{name}");
                self.put(path, wanted.clone().map(PathFound::Text));
            }
            Change::Link { path, now, wanted } => {
                assert_eq!(self.paths.get(path).cloned(), now.clone().map(PathFound::Link), "{name}");
                self.put(path, wanted.clone().map(PathFound::Link));
            }
            Change::SwapFile { path, now, wanted } => {
                assert!(!self.is_on(path), "{name}: {path} is in use");
                let found = match self.paths.get(path) {
                    Some(PathFound::Blocks { size, .. }) => Some(*size),
                    None => None,
                    other => panic!("{name}: {other:?}"),
                };
                assert_eq!(found, now.map(|now| now.size), "{name}");
                let content = DeviceContent::Swap;
                self.put(
                    path,
                    wanted.map(|one| PathFound::Blocks {
                        size: one.size,
                        allocated: one.size,
                        content,
                        mode: 0o600,
                    }),
                );
            }
            Change::Signature { device, now, wanted } => self.sign(name, device, *now, *wanted),
            Change::Zram { device, now, wanted } => self.set_up(name, device, now.as_ref(), wanted.as_ref()),
            Change::Swap { path, now, wanted, by: _ } => self.switch(name, path, *now, *wanted),
            Change::Value { path, now, wanted } => {
                let found = match self.paths.get(path) {
                    Some(PathFound::Text(content)) => content.text.trim().to_owned(),
                    other => panic!("{name}: {other:?}"),
                };
                assert_eq!(&found, now, "{name}");
                self.text(path, &format!("{wanted}\n"));
            }
            Change::Unit { unit, action: _ } => {
                assert!(unit.ends_with(".service"));
                self.restarts += 1;
            }
            Change::Reload => {}
        }
        self.refresh();
    }

    fn set_up(&mut self, name: &str, device: &str, now: Option<&ZramSetup>, wanted: Option<&ZramSetup>) {
        assert!(!self.is_on(&format!("/dev/{device}")), "{name}: in use");
        let found = self.node.host.zram.iter().find(|one| one.name == device).map(|one| one.disksize.clone());
        assert_eq!(found, now.map(|now| Reading::Value(now.size)), "{name}");
        self.node.host.zram.retain(|one| one.name != device);
        let algorithm = wanted.or(now).and_then(|setup| setup.algorithm.clone());
        if let Some(setup) = wanted {
            let disksize = Reading::Value(setup.size);
            self.node.host.zram.push(ZramDevice { name: device.to_owned(), stat: Reading::Absent, disksize });
        }
        let path = format!("/sys/block/{device}/comp_algorithm");
        if let Some(algorithm) = algorithm {
            let chosen = if wanted.is_some() { algorithm } else { "lzo-rle".to_owned() };
            let all = ["lzo-rle", "lzo", "lz4", "zstd"]
                .map(|one| if one == chosen { format!("[{one}]") } else { one.to_owned() });
            self.text(&path, &format!("{} \n", all.join(" ")));
        }
    }

    fn put(&mut self, path: &str, found: Option<PathFound>) {
        match found {
            Some(found) => self.paths.insert(path.to_owned(), found),
            None => self.paths.remove(path),
        };
    }

    fn sign(&mut self, name: &str, device: &str, now: Signature, wanted: Signature) {
        let base = device.trim_start_matches("/dev/");
        assert!(!self.is_on(device), "{name}: in use");
        if base.starts_with("zram") {
            return;
        }
        let content = |signature| match signature {
            Signature::None => DeviceContent::Blank,
            Signature::Swap => DeviceContent::Swap,
        };
        let Reading::Value(all) = &mut self.node.block_devices else { panic!() };
        let found = all.iter_mut().find(|one| one.name == base).unwrap();
        assert_eq!(found.content, Reading::Value(content(now)), "{name}");
        found.content = Reading::Value(content(wanted));
    }

    pub fn is_on(&self, path: &str) -> bool {
        self.node.swap_areas.value().unwrap().iter().any(|area| area.swap.path == path)
    }

    /// Switches swap as the kernel does: what is to be on must be swap, and a file must be whole.
    pub fn switch(&mut self, name: &str, path: &str, now: Option<SwapUse>, wanted: Option<SwapUse>) {
        assert_eq!(self.is_on(path), now.is_some(), "{name}: {path}");
        let size = match self.paths.get(path) {
            Some(PathFound::Blocks { size, content: DeviceContent::Swap, .. }) => *size,
            _ => {
                let base = path.trim_start_matches("/dev/");
                let is_zram = self.node.host.zram.iter().any(|one| one.name == base);
                let devices = self.node.block_devices.value().unwrap();
                let is_swap = devices
                    .iter()
                    .any(|one| one.name == base && one.content == Reading::Value(DeviceContent::Swap));
                assert!(is_zram || is_swap || wanted.is_none(), "{name}: {path} is no swap");
                Bytes(GIB)
            }
        };
        let Reading::Value(areas) = &mut self.node.swap_areas else { panic!() };
        areas.retain(|area| area.swap.path != path);
        let Some(usage) = wanted else { return };
        let priority = usage.priority.map_or(self.next_priority, i32::from);
        let backing = if path.starts_with("/dev/zram") {
            SwapBacking::Zram { name: path.trim_start_matches("/dev/").to_owned() }
        } else if path.starts_with("/dev/") {
            SwapBacking::Device { name: path.trim_start_matches("/dev/").to_owned() }
        } else {
            SwapBacking::File { mount_point: "/".to_owned(), filesystem: "ext4".to_owned() }
        };
        areas.push(SwapAreaInUse {
            swap: SwapDevice {
                path: path.to_owned(),
                deleted: false,
                kind: SwapKind::File,
                size: Bytes(size.0 - 4096),
                used: Bytes(0),
                priority,
            },
            backing,
            encryption: Reading::Absent,
            mode: Reading::Absent,
            switched_on: Reading::Absent,
        });
        areas.sort_by(|one, other| one.swap.path.cmp(&other.swap.path));
    }

    /// What the reader would find now: the kubelet's files, those of sysctl.
    fn refresh(&mut self) {
        let file = |path: &String| TextFile { path: path.clone(), text: Reading::Absent, mode: 0o644 };
        let is_text = |path: &&String| matches!(self.paths[*path], PathFound::Text(_));
        let Reading::Value(kubelet) = &mut self.node.kubelet else { return };
        let mut config: Vec<_> = kubelet.config.iter().take(1).cloned().collect();
        for flag in kubelet.flags.value().unwrap() {
            if let Some(path) = flag.strip_prefix("--config=") {
                config = vec![file(&path.to_owned())];
            }
            if let Some(folder) = flag.strip_prefix("--config-dir=") {
                let inside = self
                    .paths
                    .keys()
                    .filter(|path| path.starts_with(&format!("{folder}/")) && path.ends_with(".conf"));
                config.extend(inside.filter(is_text).map(file));
            }
        }
        kubelet.config = config;
    }
}

fn model_host() -> ModelHost {
    ModelHost {
        hostname: Reading::Absent,
        kernel_release: Reading::Value("6.12.38+deb13-amd64".to_owned()),
        cgroup_version: Reading::Value(CgroupVersion::V2),
        layout: Reading::Absent,
        meminfo: Reading::Value(Meminfo::parse(MEMINFO).unwrap()),
        vmstat: Reading::Absent,
        swaps: Reading::Absent,
        pressure: Reading::Absent,
        reclaim_line: Reading::Absent,
        zram: Vec::new(),
        zswap: Reading::Value(Zswap {
            is_enabled: false,
            max_pool_percent: Reading::Absent,
            compressor: Reading::Absent,
        }),
        swappiness: Reading::Absent,
    }
}

fn filesystem(mount_point: &str, kind: &str, source: &str, device: (u32, u32), gibibytes: u64) -> Filesystem {
    Filesystem {
        mount_point: mount_point.to_owned(),
        kind: kind.to_owned(),
        source: source.to_owned(),
        device,
        options: "rw,relatime".to_owned(),
        size: Reading::Value(Bytes(gibibytes * GIB)),
        available: Reading::Value(Bytes(gibibytes * GIB / 2)),
    }
}

pub fn block_device(
    name: &str,
    device: (u32, u32),
    disk: Option<&str>,
    content: DeviceContent,
) -> BlockDevice {
    BlockDevice {
        name: name.to_owned(),
        device,
        size: Reading::Value(Bytes(GIB)),
        is_rotational: Reading::Value(false),
        takes_discard: Reading::Value(true),
        disk: disk.map(str::to_owned),
        mapper_uuid: Reading::Absent,
        mapper_name: Reading::Absent,
        made_of: Vec::new(),
        holders: Vec::new(),
        content: Reading::Value(content),
    }
}

pub fn daemon(name: &str, cgroup: &str) -> Daemon {
    Daemon {
        name: name.to_owned(),
        pid: 1000,
        cgroup: Reading::Value(cgroup.to_owned()),
        swap_max: Reading::Value(None),
        started: Reading::Absent,
        swapped: Reading::Absent,
    }
}
