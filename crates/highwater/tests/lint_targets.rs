//! What rules say depends on the release of Kubernetes and on the version of cgroups.

use judge::lint::{Subject, lint};
use kernel::hierarchy::CgroupVersion;
use model::lint::{KubernetesVersion, LintSeverity, LintTarget};

fn said(name: &str, text: &str, release: u16, cgroup: CgroupVersion) -> Vec<(&'static str, LintSeverity)> {
    let file = manifest::read(name, text.as_bytes());
    let target = LintTarget { kubernetes: KubernetesVersion(release), cgroup };
    let findings = lint(&Subject { file: &file, target });
    findings.iter().map(|finding| (finding.rule, finding.severity)).collect()
}

fn kubelet(settings: &str, release: u16) -> Vec<(&'static str, LintSeverity)> {
    let head = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
    said("kubelet.yaml", &format!("{head}{settings}"), release, CgroupVersion::V2)
}

#[test]
fn the_gate_of_swap_is_needed_then_pointless_then_locked() {
    let wants = "failSwapOn: false\nmemorySwap: {swapBehavior: LimitedSwap}\n";
    let gated = format!("{wants}featureGates: {{NodeSwap: true}}\n");
    let refused = vec![("node-swap-gate", LintSeverity::Error)];
    let pointless = vec![("node-swap-gate", LintSeverity::Warning)];
    assert_eq!(kubelet(wants, 29), refused);
    assert_eq!(kubelet(&gated, 29), []);
    assert_eq!(kubelet(wants, 30), []);
    assert_eq!(kubelet(&gated, 30), pointless);
    assert_eq!(kubelet(&gated, 37), pointless);
    let off = "featureGates: {NodeSwap: false}\n";
    assert_eq!(kubelet(off, 33), []);
    assert_eq!(kubelet(off, 34), refused);
    assert_eq!(kubelet(off, 21), refused);
}

#[test]
fn behaviours_of_swap_are_those_of_the_release() {
    let unlimited =
        "failSwapOn: false\nmemorySwap: {swapBehavior: UnlimitedSwap}\nfeatureGates: {NodeSwap: true}\n";
    assert_eq!(kubelet(unlimited, 29), []);
    assert!(kubelet(unlimited, 30).contains(&("swap-behavior-not-accepted", LintSeverity::Error)));
    let none = "failSwapOn: false\nmemorySwap: {swapBehavior: NoSwap}\n";
    assert_eq!(kubelet(none, 30), []);
    assert_eq!(kubelet(none, 29), [("swap-behavior-not-accepted", LintSeverity::Error)]);
}

#[test]
fn drop_ins_may_leave_to_others_what_they_need() {
    let text = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmemorySwap: {swapBehavior: LimitedSwap}\n";
    assert_eq!(said("kubelet.conf.d/20-swap.conf", text, 34, CgroupVersion::V2), []);
    let whole = said("kubelet.yaml", text, 34, CgroupVersion::V2);
    assert_eq!(whole, [("limited-swap-needs-fail-swap-on-false", LintSeverity::Warning)]);
}

#[test]
fn talos_lets_the_kubelet_start_with_swap_itself() {
    let text = "machine:\n  kubelet:\n    extraConfig: {memorySwap: {swapBehavior: LimitedSwap}}\n  sysctls: {vm.swappiness: '300'}\n";
    let expected = [("sysctl-value-refused", LintSeverity::Error)];
    assert_eq!(said("worker.yaml", text, 34, CgroupVersion::V2), expected);
}

#[test]
fn swappiness_and_the_oom_killer_are_settings_of_v1() {
    let text = "services:\n  db:\n    image: postgres\n    mem_limit: 1g\n    mem_swappiness: 60\n    oom_kill_disable: true\n";
    assert_eq!(said("compose.yaml", text, 34, CgroupVersion::V1), []);
    assert_eq!(
        said("compose.yaml", text, 34, CgroupVersion::V2),
        [
            ("swappiness-is-not-per-container", LintSeverity::Warning),
            ("oom-kill-cannot-be-disabled", LintSeverity::Warning)
        ]
    );
    let outside = "services:\n  db:\n    image: postgres\n    mem_limit: 1g\n    mem_swappiness: 160\n";
    let refused = said("compose.yaml", outside, 34, CgroupVersion::V1);
    assert_eq!(refused, [("swappiness-is-not-per-container", LintSeverity::Error)]);
}

#[test]
fn memory_files_are_those_of_the_version() {
    let v1 = "#!/bin/sh\necho 512M > /sys/fs/cgroup/memory/web/memory.limit_in_bytes\n";
    let v2 = "#!/bin/sh\necho 512M > /sys/fs/cgroup/web/memory.max\n";
    let wrong = vec![("memory-file-of-other-cgroup-version", LintSeverity::Error)];
    assert_eq!(said("limit.sh", v1, 34, CgroupVersion::V1), []);
    assert_eq!(said("limit.sh", v1, 34, CgroupVersion::V2), wrong);
    assert_eq!(said("limit.sh", v2, 34, CgroupVersion::V2), []);
    assert_eq!(said("limit.sh", v2, 34, CgroupVersion::V1), wrong);
}

#[test]
fn what_is_not_known_is_left_alone() {
    for (name, text) in [
        (
            "compose.yaml",
            "services:\n  web:\n    image: nginx\n    mem_limit: ${LIMIT:-512m}\n    memswap_limit: ${SWAP}\n",
        ),
        (
            "compose.yaml",
            "services:\n  web:\n    extends: {file: base.yaml, service: web}\n    memswap_limit: 1g\n",
        ),
        ("compose.override.yaml", "services:\n  web:\n    memswap_limit: 1g\n"),
        ("start.sh", "#!/bin/sh\ndocker run $OPTIONS --memory-swap 1g nginx\n"),
        ("start.sh", "#!/bin/sh\ndocker run --memory-swap 1g $OPTIONS nginx\n"),
        ("start.sh", "#!/bin/sh\ndocker run -m \"$LIMIT\" --memory-swap \"$BOTH\" nginx java -Xmx8g\n"),
        ("start.sh", "#!/bin/sh\ndocker run --rm -it nginx stress -m 1 --memory-swap 5\n"),
        ("vars.yml", "service:\n  image: web\n  limit_memory: null\n"),
        (
            "swap.sh",
            "#!/bin/sh\ntruncate -s 1G /swap\nchmod 600 /swap\nmkswap /swap &>/dev/null\nswapon /swap 2>&1\n",
        ),
        ("swap.sh", "#!/bin/sh\nswapoff -a\nsed -i '/ swap / s/^/#/' /etc/fstab\nkubeadm init\n"),
        (
            "ci.sh",
            "#!/bin/sh\nsudo fallocate -l 4G /swapfile\nsudo chmod 0600 /swapfile\nsudo mkswap /swapfile\nsudo swapon /swapfile\n",
        ),
    ] {
        assert_eq!(said(name, text, 34, CgroupVersion::V2), [], "{text}");
    }
}

#[test]
fn mended_files_say_nothing_more() {
    for (name, text) in [
        ("compose.yaml", "services:\n  web:\n    image: nginx\n    mem_limit: \"512Mi\" # half\n"),
        ("compose.yaml", "services:\n  web:\n    image: nginx\n    mem_limit: 512m\n    mem_swappiness: 0\n"),
        (
            "compose.yaml",
            "services:\n  web:\n    image: nginx\n    deploy: {resources: {limits: {memory: 536870912}}}\n",
        ),
        ("web.service", "[Service]\nMemoryMax=512Mi\n"),
    ] {
        let file = manifest::read(name, text.as_bytes());
        let target = LintTarget { kubernetes: KubernetesVersion(34), cgroup: CgroupVersion::V2 };
        let findings = lint(&Subject { file: &file, target });
        assert_eq!(findings.len(), 1, "{text}");
        let fix = findings[0].fix.as_ref().expect("a fix");
        let mut mended = text.to_owned();
        for edit in fix.edits.iter().rev() {
            mended.replace_range(edit.span.start..edit.span.end, &edit.text);
        }
        assert_ne!(mended, text);
        assert_eq!(said(name, &mended, 34, CgroupVersion::V2), [], "{mended}");
    }
}
