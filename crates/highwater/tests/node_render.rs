//! What `node render` writes: golden texts per target, and what must hold of all of them.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use judge::lint::{Subject, lint};
use kernel::bytes::Bytes;
use kernel::hierarchy::CgroupVersion;
use model::lint::{KubernetesVersion, LintTarget};
use model::node_swap::{
    Backing, KubeletWanted, NodeSwap, ReclaimStart, SwapArea, SwapSize, SystemSwap, Tuning, ZswapWanted,
};
use model::outcome::node::SwapBehavior;
use model::plan::Discard;
use plan::render::{RenderNode, Rendered, Target, render};
use std::process::Command;

fn area(backing: Backing) -> SwapArea {
    SwapArea { backing, priority: None, discard: Discard::Never }
}

fn wish(areas: Vec<SwapArea>) -> NodeSwap {
    NodeSwap {
        name: "swap".to_owned(),
        areas,
        zswap: None,
        tuning: Tuning::default(),
        kubelet: Some(KubeletWanted { behavior: SwapBehavior::LimitedSwap, eviction: None }),
        system: SystemSwap::Left,
    }
}

fn file(size: SwapSize) -> SwapArea {
    area(Backing::File { path: "/swapfile".to_owned(), size })
}

/// The issue's own example.
fn simple() -> NodeSwap {
    wish(vec![file(SwapSize::Fixed(Bytes(30 << 30)))])
}

/// One of everything.
fn rich() -> NodeSwap {
    let size = SwapSize::OfMemory(0.5);
    let store = Backing::InstanceStore {
        mount_point: "/mnt/k8s-disks/0".to_owned(),
        file: "swapfile".to_owned(),
        size,
        fallback: Some("/var/lib/swapfile".to_owned()),
    };
    let zram = Backing::Zram { size: SwapSize::OfMemory(0.25), algorithm: Some("zstd".to_owned()) };
    NodeSwap {
        areas: vec![
            SwapArea { priority: Some(100), ..area(zram) },
            SwapArea { priority: Some(10), discard: Discard::Once, ..area(store) },
            SwapArea { priority: Some(5), ..area(Backing::Partition { device: "/dev/sdb".to_owned() }) },
        ],
        zswap: Some(ZswapWanted {
            is_enabled: true,
            max_pool_percent: Some(25),
            compressor: Some("lz4".to_owned()),
        }),
        tuning: Tuning { swappiness: Some(80), page_cluster: Some(0), reclaim: ReclaimStart::AboveEviction },
        kubelet: Some(KubeletWanted {
            behavior: SwapBehavior::LimitedSwap,
            eviction: Some(Bytes::from_mib(200)),
        }),
        system: SystemSwap::KeptAway,
        ..wish(Vec::new())
    }
}

fn on(target: Target, wanted: &NodeSwap, kubernetes: u16) -> Rendered {
    let memory = Some(Bytes(16 << 30));
    render(target, wanted, RenderNode { memory, kubernetes: KubernetesVersion(kubernetes) })
}

/// Every wish that is tried, with every version that matters.
fn wishes() -> Vec<(NodeSwap, u16)> {
    let without_kubelet = NodeSwap { kubelet: None, ..simple() };
    let no_swap = NodeSwap {
        kubelet: Some(KubeletWanted { behavior: SwapBehavior::NoSwap, eviction: None }),
        ..simple()
    };
    let versions = [29, 30, 31, 34, 37].into_iter();
    let all = [simple(), rich(), no_swap, wish(vec![file(SwapSize::OfDisk(0.25))]), without_kubelet];
    versions.flat_map(|version| all.clone().map(|wish| (wish, version))).collect()
}

#[test]
fn each_target_has_its_golden_texts() {
    for target in Target::ALL {
        for (name, wanted) in [("simple", simple()), ("rich", rich())] {
            let rendered = on(target, &wanted, 34);
            let text = rendered.text.unwrap_or_else(|| "(nothing)\n".to_owned());
            let remarks: Vec<String> = rendered.remarks.iter().map(|line| format!("! {line}\n")).collect();
            insta::assert_snapshot!(format!("{}-{name}", target.name()), text + &remarks.concat());
        }
    }
}

#[test]
fn our_own_lint_has_nothing_to_say() {
    let mut checked = 0;
    for target in Target::ALL {
        for (wanted, version) in wishes() {
            let Some(text) = on(target, &wanted, version).text else { continue };
            for (name, text) in files(target, &text) {
                let file = manifest::read(&name, text.as_bytes());
                let kubernetes = KubernetesVersion(version);
                let found = lint(&Subject {
                    file: &file,
                    target: LintTarget { kubernetes, cgroup: CgroupVersion::V2 },
                });
                assert_eq!(found, [], "{} 1.{version}\n{text}", target.name());
                let is_read = !file.documents.is_empty();
                assert!(is_read || !is_ours_to_read(target), "{name}: {:?}", file.unread);
                checked += 1;
            }
        }
    }
    assert!(checked > 250, "{checked}");
}

/// Whether lint reads this form at all.
fn is_ours_to_read(target: Target) -> bool {
    match target {
        Target::Karpenter | Target::EksNodeadm | Target::Kubeadm | Target::Shell | Target::K3s => true,
        Target::CloudInit
        | Target::Systemd
        | Target::Talos
        | Target::Aks
        | Target::Gke
        | Target::Bottlerocket
        | Target::ZramGenerator => false,
    }
}

/// The files that an artefact is or holds, under names that tell their kind.
fn files(target: Target, text: &str) -> Vec<(String, String)> {
    let one = |name: &str| vec![(name.to_owned(), text.to_owned())];
    match target {
        Target::Systemd => {
            let parts = text.split("# /").filter(|part| part.contains('\n'));
            let named = parts.filter_map(|part| part.split_once('\n'));
            // By itself the script does not tell that a unit runs it at every boot; other targets have both in one text.
            let beside = named.filter(|(path, _)| *path != "usr/local/sbin/highwater-swap");
            beside.map(|(path, text)| (format!("/{path}"), text.to_owned())).collect()
        }
        Target::Karpenter => one("class.yaml"),
        Target::EksNodeadm | Target::CloudInit => one("user-data.txt"),
        Target::Shell | Target::K3s => one("swap.sh"),
        Target::Kubeadm | Target::Talos | Target::Gke => one("swap.yaml"),
        Target::Aks => one("swap.json"),
        Target::Bottlerocket => one("settings.toml"),
        Target::ZramGenerator => one("zram-generator.conf"),
    }
}

#[test]
fn the_gate_is_named_only_to_versions_that_need_it() {
    for (wanted, version) in wishes().into_iter().filter(|(wanted, _)| wanted.kubelet.is_some()) {
        for target in [Target::Karpenter, Target::EksNodeadm, Target::Kubeadm, Target::K3s, Target::Systemd] {
            let text = on(target, &wanted, version).text.unwrap();
            assert_eq!(text.contains("NodeSwap: true"), version < 30, "{} 1.{version}", target.name());
            assert!(text.contains("failSwapOn: false"), "{}", target.name());
        }
    }
}

#[test]
fn user_data_fits_and_is_plain_text() {
    // EC2 takes 16 KiB; Karpenter adds a NodeConfig of its own.
    let karpenters_own = 2 << 10;
    let text = on(Target::EksNodeadm, &rich(), 34).text.unwrap();
    assert!(text.is_ascii() && text.len() + karpenters_own < 16 << 10, "{}", text.len());
    assert!(!text.to_ascii_lowercase().contains("content-transfer-encoding"));
    assert!(text.lines().all(|line| line == line.trim_end()));
}

#[test]
fn what_would_break_out_of_a_script_is_refused() {
    for path in ["/swap file", "/a;reboot", "/$(id)", "/a'b", "-rf", "/a\nb", "/é", "/a\\b", ""] {
        let size = SwapSize::Fixed(Bytes::from_mib(64));
        let wanted = wish(vec![area(Backing::File { path: path.to_owned(), size })]);
        for target in Target::ALL {
            let rendered = on(target, &wanted, 34);
            assert_eq!(rendered.text, None, "{path}: {}", target.name());
            assert!(rendered.remarks.concat().contains("safely"), "{:?}", rendered.remarks);
        }
    }
}

#[test]
fn what_no_kubelet_takes_is_refused() {
    let unlimited = NodeSwap {
        kubelet: Some(KubeletWanted { behavior: SwapBehavior::UnlimitedSwap, eviction: None }),
        ..simple()
    };
    assert!(on(Target::Kubeadm, &unlimited, 29).text.is_some());
    let refused = on(Target::Kubeadm, &unlimited, 30);
    assert!(refused.text.is_none() && refused.remarks[0].contains("UnlimitedSwap"), "{refused:?}");
    assert!(on(Target::Kubeadm, &simple(), 21).text.is_none());
}

#[test]
fn a_target_that_can_express_nothing_says_so() {
    let zram = area(Backing::Zram { size: SwapSize::OfMemory(0.5), algorithm: None });
    for (target, wanted, why) in [
        (Target::ZramGenerator, simple(), "no zram"),
        (Target::Aks, wish(vec![zram.clone()]), "fixed size"),
        (Target::Gke, wish(vec![zram.clone()]), "none of the areas"),
        (Target::Talos, wish(vec![zram]), "none of the areas"),
        (Target::Bottlerocket, NodeSwap { kubelet: None, ..simple() }, "Nothing of the wish"),
    ] {
        let rendered = on(target, &wanted, 34);
        assert_eq!(rendered.text, None, "{}", target.name());
        assert!(rendered.remarks.iter().any(|line| line.contains(why)), "{:?}", rendered.remarks);
    }
    let old = on(Target::Gke, &simple(), 33);
    assert!(old.text.is_none() && old.remarks.concat().contains("1.34"), "{old:?}");
}

#[test]
fn what_is_lost_is_said() {
    for (target, word) in [
        (Target::Aks, "pods stay without swap"),
        (Target::Aks, "zswap"),
        (Target::Aks, "system.slice"),
        (Target::Gke, "eviction"),
        (Target::Gke, "fallback"),
        (Target::Gke, "page-cluster"),
        (Target::Talos, "zram"),
        (Target::Talos, "priority"),
        (Target::Talos, "lz4"),
        (Target::Bottlerocket, "swap file"),
        (Target::ZramGenerator, "other areas"),
        (Target::Kubeadm, "makes no swap"),
    ] {
        let remarks = on(target, &rich(), 34).remarks;
        assert!(remarks.iter().any(|line| line.contains(word)), "{}: {word}: {remarks:#?}", target.name());
    }
}

#[test]
fn swap_for_karpenter_with_nothing_else_said_is_swap_for_pods_before_eviction() {
    let render = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
        command.args(["node", "render", "--for", "karpenter", "--swap", "30Gi", "--node-memory", "16Gi"]);
        let output = command.args(["--kubernetes-version", "1.34"]).args(more).output().unwrap();
        assert!(output.status.success());
        let words = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (words(output.stdout), words(output.stderr))
    };
    let (text, remarks) = render(&[]);
    for word in ["swapBehavior: LimitedSwap", "/etc/sysctl.d/90-highwater-swap.conf", "kubelet.service.d/"] {
        assert!(text.contains(word), "{word}\n{text}");
    }
    assert_eq!(remarks.matches("is assumed").count(), 2, "{remarks}");
    let (text, remarks) = render(&["--swap-behavior", "NoSwap", "--reclaim", "left"]);
    assert!(text.contains("swapBehavior: NoSwap") && !text.contains("sysctl"), "{text}");
    assert!(!remarks.contains("is assumed"), "{remarks}");
}

/// What the script of a wish says and how it ends, where the kernel's list of swap is this text.
fn script(wanted: &NodeSwap, swaps: &str, verb: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("swaps");
    std::fs::write(&list, format!("Filename\tType\tSize\tUsed\tPriority\n{swaps}")).unwrap();
    let rendered = on(Target::Systemd, wanted, 34).text.unwrap();
    let script = rendered.split("# /").find(|part| part.contains("/proc/swaps")).unwrap();
    let script = script.split_once('\n').unwrap().1.replace("/proc/swaps", list.to_str().unwrap());
    let output = Command::new("sh").args(["-c", &script, "highwater-swap", verb]).output().unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn the_script_knows_swap_behind_a_link_and_says_when_it_is_other_swap() {
    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().canonicalize().unwrap().join("real"), folder.path().join("link"));
    std::fs::create_dir(&real).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let path = link.join("swapfile").to_str().unwrap().to_owned();
    let swaps = format!("{}/swapfile\tfile\t16380\t0\t7\n", real.display());
    for (mebibytes, priority, code, words) in [
        (16, 7, 0, "is in use"),
        (24, 7, 1, "another size than 24 MiB"),
        (16, 8, 1, "another priority than 8"),
    ] {
        let size = SwapSize::Fixed(Bytes::from_mib(mebibytes));
        let wanted = wish(vec![SwapArea {
            priority: Some(priority),
            ..area(Backing::File { path: path.clone(), size })
        }]);
        for verb in ["on", "check"] {
            let (found, said) = script(&wanted, &swaps, verb);
            assert_eq!(found, Some(code), "{verb}: {said}");
            assert!(said.contains(words), "{verb}: {said}");
        }
    }
    assert!(!real.join("swapfile").exists());
}

#[test]
fn the_script_leaves_a_link_and_what_it_leads_to_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (file, path) = (folder.path().join("somebodys"), folder.path().join("swapfile"));
    std::fs::write(&file, "precious").unwrap();
    std::os::unix::fs::symlink(&file, &path).unwrap();
    let size = SwapSize::Fixed(Bytes::from_mib(16));
    let wanted = wish(vec![area(Backing::File { path: path.to_str().unwrap().to_owned(), size })]);
    let (code, said) = script(&wanted, "", "on");
    assert!(code == Some(1) && said.contains("left alone"), "{said}");
    assert_eq!(script(&wanted, "", "off").0, Some(0));
    assert!(path.is_symlink());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
}

#[test]
fn a_root_volume_is_never_guessed_and_never_larger_than_ec2_gives_silently() {
    for (size, words) in [
        (SwapSize::Fixed(Bytes(1 << 62)), "gp3 has 65536 GiB at most"),
        (SwapSize::OfDisk(0.5), "swap takes a share of it"),
    ] {
        let wanted = wish(vec![file(size)]);
        for target in [Target::Karpenter, Target::EksNodeadm] {
            let remarks = on(target, &wanted, 34).remarks.concat();
            assert!(remarks.contains(words), "{}: {remarks}", target.name());
        }
    }
}
