//! The rules about Kubernetes objects, case by case: what is found, how bad it is, and at which words.

use judge::lint::{Subject, lint};
use kernel::hierarchy::CgroupVersion;
use model::lint::{KubernetesVersion, LintFinding, LintSeverity, LintTarget};

/// A rule, its severity's first letter, and the text that it points at.
type Expected<'a> = (&'a str, char, &'a str);

fn on(text: &str, kubernetes: u16, cgroup: CgroupVersion) -> Vec<LintFinding> {
    let file = manifest::read("objects.yaml", text.as_bytes());
    assert!(file.unread.is_empty(), "{:?}\n{text}", file.unread);
    let target = LintTarget { kubernetes: KubernetesVersion(kubernetes), cgroup };
    lint(&Subject { file: &file, target })
}

fn letter(severity: LintSeverity) -> char {
    match severity {
        LintSeverity::Info => 'i',
        LintSeverity::Warning => 'w',
        LintSeverity::Error => 'e',
    }
}

fn check_on(text: &str, kubernetes: u16, cgroup: CgroupVersion, expected: &[Expected<'_>]) {
    let findings = on(text, kubernetes, cgroup);
    let found: Vec<Expected<'_>> = findings
        .iter()
        .map(|one| (one.rule, letter(one.severity), text.get(one.span.start..one.span.end).unwrap_or("?")))
        .collect();
    assert_eq!(found, expected, "\n{text}\n{findings:#?}");
}

fn check(text: &str, expected: &[Expected<'_>]) {
    check_on(text, 34, CgroupVersion::V2, expected);
}

/// A pod of one container with these further lines in the container and in the pod.
fn pod(container: &str, spec: &str) -> String {
    let lines =
        |text: &str, indent: &str| text.lines().map(|line| format!("{indent}{line}\n")).collect::<String>();
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n{}  containers:\n    - name: app\n      image: app:1\n{}",
        lines(spec, "  "),
        lines(container, "      ")
    )
}

fn limits(limit: &str) -> String {
    pod(&format!("resources:\n  limits:\n    memory: {limit}"), "")
}

fn both(request: &str, limit: &str) -> String {
    pod(&format!("resources:\n  requests:\n    memory: {request}\n  limits:\n    memory: {limit}"), "")
}

const SWAP_NODES: &str = "nodeSelector:\n  feature.node.kubernetes.io/memory-swap: \"true\"";

#[test]
fn each_amount_is_read_as_kubernetes_reads_it() {
    let refused = |text| [("memory-quantity-is-refused", 'e', text)];
    for text in ["512MB", "512mi", "512K", "1 Gi", "-1", "max", "50%", "-512Mi", "1GiB", "true"] {
        check(&limits(text), &refused(text));
    }
    let tiny = |text| [("memory-amount-is-tiny", 'w', text)];
    for text in ["512m", "0.1", "1e3", "512", "512k", "1Ki", "5Mi"] {
        check(&limits(text), &tiny(text));
    }
    for text in
        ["6Mi", "512M", "1.5Gi", "1e9", "536870912", "1288490188800m", "\"512Mi\"", "$(MEMORY)", "<memory>"]
    {
        check(&limits(text), &[]);
    }
    check(&both("100m", "512Mi"), &tiny("100m"));
    check(&both("512", "512Mi"), &tiny("512"));
    check(&both("0", "512Mi"), &[]);
    check(&limits("0"), &[("memory-limit-zero-is-no-limit", 'w', "0")]);
}

#[test]
fn a_pair_that_contradicts_is_told_at_its_first_value() {
    check(&both("1Gi", "512Mi"), &[("memory-request-above-limit", 'e', "1Gi")]);
    check(&both("512Mi", "512M"), &[("memory-request-above-limit", 'e', "512Mi")]);
    check(&both("1Gi", "0"), &[("memory-request-above-limit", 'e', "1Gi")]);
    check(&both("512M", "512Mi"), &[("mega-is-not-mebi", 'w', "512M")]);
    check(&both("1000Mi", "1Gi"), &[]);
    let limit_first = pod("resources:\n  limits:\n    memory: 1Gi\n  requests:\n    memory: 2Gi", "");
    check(&limit_first, &[("memory-request-above-limit", 'e', "1Gi")]);
    let sums = pod("resources:\n  requests:\n    memory: 1Gi", "resources:\n  requests:\n    memory: 512Mi");
    check(&sums, &[("memory-request-above-limit", 'e', "512Mi")]);
}

#[test]
fn equal_amounts_forbid_swap_only_where_it_is_wanted() {
    let equal = "resources:\n  requests:\n    memory: 1Gi\n  limits:\n    memory: 1024Mi";
    check(&pod(equal, ""), &[]);
    let rule = "request-equals-limit-forbids-swap";
    check(&pod(equal, SWAP_NODES), &[(rule, 'w', "1Gi")]);
    check(&pod(equal, "nodeSelector:\n  memory-swap: \"false\""), &[]);
    check(&pod(equal, "tolerations:\n  - key: swap\n    operator: Exists"), &[(rule, 'w', "1Gi")]);
    check(&pod(equal, "nodeSelector:\n  pool: uniswap"), &[]);
    check_on(&pod(equal, SWAP_NODES), 27, CgroupVersion::V2, &[]);
    check_on(&pod(equal, SWAP_NODES), 34, CgroupVersion::V1, &[]);
    let kubelet = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: false\n\
                   memorySwap:\n  swapBehavior: LimitedSwap\n---\n";
    let ours = |text: &str| -> Vec<char> {
        let found = on(text, 34, CgroupVersion::V2);
        found.iter().filter(|one| one.rule == rule).map(|one| letter(one.severity)).collect()
    };
    assert_eq!(ours(&format!("{kubelet}{}", pod(equal, ""))), ['i']);
    assert_eq!(ours(&format!("{kubelet}{}", both("512Mi", "1Gi"))), []);
    let annotated = |value: &str| {
        pod(equal, "").replace(
            "  name: web\n",
            &format!("  name: web\n  annotations:\n    pod.kubernetes.io/swap-usage: {value}\n"),
        )
    };
    assert_eq!(ours(&annotated("limited")), ['i']);
    assert_eq!(ours(&format!("{kubelet}{}", annotated("none"))), []);
    // A second container that may swap makes the equal pair a choice.
    let second = format!(
        "{}    - name: other\n      image: other:1\n      resources:\n        requests:\n          memory: 64Mi\n",
        pod(equal, SWAP_NODES)
    );
    check(&second, &[]);
}

#[test]
fn swap_needs_a_request_and_a_pod_that_is_not_critical() {
    check(&pod("", SWAP_NODES), &[("swap-needs-a-memory-request", 'w', "app")]);
    check(&pod("", ""), &[]);
    let burstable = "resources:\n  requests:\n    memory: 64Mi";
    check(&pod(burstable, SWAP_NODES), &[]);
    let critical = format!("priorityClassName: system-cluster-critical\n{SWAP_NODES}");
    check(&pod(burstable, &critical), &[("critical-pods-get-no-swap", 'w', "system-cluster-critical")]);
    check_on(&pod(burstable, &critical), 31, CgroupVersion::V2, &[]);
    let zero = pod("resources:\n  requests:\n    memory: 0\n  limits:\n    memory: 1Gi", SWAP_NODES);
    check(&zero, &[("swap-needs-a-memory-request", 'w', "0")]);
}

#[test]
fn swap_as_a_resource_is_found_at_each_key_and_taken_out() {
    let rule = "swap-is-not-a-resource";
    let text = pod(
        "resources:\n  requests:\n    memory: 1Gi\n    swap: 500Mi\n  limits:\n    memory: 2Gi\n    swap: 1Gi",
        "",
    );
    check(&text, &[(rule, 'e', "swap"), (rule, 'e', "swap")]);
    let mut mended = text.clone();
    for finding in on(&text, 34, CgroupVersion::V2).iter().rev() {
        for edit in &finding.fix.as_ref().unwrap().edits {
            mended.replace_range(edit.span.start..edit.span.end, &edit.text);
        }
    }
    assert_eq!(mended, both("1Gi", "2Gi"));
    check(&pod("resources:\n  limits:\n    memory: 1Gi\n    example.com/swap: 1", ""), &[]);
    check(&pod("resources: {limits: {memory: 1Gi, memory-swap: 2Gi}}", ""), &[(rule, 'e', "memory-swap")]);
    check(
        &pod(
            "resources:\n  limits:\n    memory: 1Gi",
            "resources:\n  limits:\n    memory: 2Gi\n    swap: 1Gi",
        ),
        &[(rule, 'e', "swap")],
    );
    let list = "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: LimitRange\n    metadata:\n      name: a\n    spec:\n      limits:\n        - type: Container\n          max:\n            swap: 1Gi\n";
    check(list, &[(rule, 'e', "swap")]);
}

#[test]
fn keys_that_do_not_exist_are_told_from_words_of_others() {
    let rule = "memory-field-does-not-exist";
    for (container, key) in [
        ("swappiness: 10", "swappiness"),
        ("mem_swappiness: 0", "mem_swappiness"),
        ("memswap_limit: 1g", "memswap_limit"),
        ("resources:\n  memory: 1Gi", "memory"),
        ("resources:\n  limit:\n    memory: 1Gi", "limit"),
        ("resources:\n  limits:\n    ram: 1Gi", "ram"),
        ("resources:\n  limits:\n    Memory: 1Gi", "Memory"),
        ("resources:\n  swappiness: 1\n  limits:\n    memory: 1Gi", "swappiness"),
    ] {
        check(&pod(container, ""), &[(rule, 'e', key)]);
    }
    check(&pod("", "swapPolicy: limited"), &[(rule, 'e', "swapPolicy")]);
    check(
        &pod("resources:\n  claims:\n    - name: gpu\n  limits:\n    memory: 1Gi\n    nvidia.com/gpu: 1", ""),
        &[],
    );
    let custom = "apiVersion: example.com/v1\nkind: Machine\nspec:\n  resources:\n    memory: 1Gi\n    swap: 1Gi\n  swappiness: 1\n";
    check(custom, &[]);
}

#[test]
fn metadata_is_unread_only_in_reserved_domains_and_known_inventions() {
    let rule = "memory-metadata-is-read-by-nobody";
    let with = |which: &str, key: &str| {
        format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: web\n  {which}:\n    {key}: limited\n")
    };
    for key in [
        "pod.kubernetes.io/swap-usage",
        "swap.policy",
        "node.kubernetes.io/swap",
        "memory.high",
        "swappiness",
    ] {
        check(&with("annotations", key), &[(rule, 'w', key)]);
    }
    for key in ["swap.enabled", "node.kubernetes.io/swap"] {
        check(&with("labels", key), &[(rule, 'w', key)]);
    }
    for key in
        ["swap", "example.com/swap", "app.kubernetes.io/swap", "node-role.kubernetes.io/swap", "swappiness"]
    {
        check(&with("labels", key), &[]);
    }
    let on_nodes = "apiVersion: v1\nkind: Node\nmetadata:\n  name: a\n  labels:\n    feature.node.kubernetes.io/memory-swap: \"true\"\n";
    check(on_nodes, &[]);
}

#[test]
fn heaps_are_held_against_the_limit_that_holds() {
    let rule = "heap-exceeds-container-limit";
    let env = |name: &str, value: &str, limit: &str| {
        pod(
            &format!(
                "env:\n  - name: {name}\n    value: {value}\nresources:\n  limits:\n    memory: {limit}"
            ),
            "",
        )
    };
    check(&env("JAVA_OPTS", "-Xmx1g", "1Gi"), &[(rule, 'w', "-Xmx1g")]);
    check(&env("ES_JAVA_OPTS", "-Xms1g -Xmx4g", "2Gi"), &[(rule, 'w', "-Xms1g -Xmx4g")]);
    check(&env("JAVA_TOOL_OPTIONS", "-Xmx950m", "1Gi"), &[(rule, 'i', "-Xmx950m")]);
    check(&env("JAVA_TOOL_OPTIONS", "-Xmx768m", "1Gi"), &[]);
    check(&env("JAVA_OPTS", "-Xmx$(HEAP)", "1Gi"), &[]);
    check(
        &env("NODE_OPTIONS", "--max-old-space-size=4096", "2Gi"),
        &[(rule, 'w', "--max-old-space-size=4096")],
    );
    check(&env("GOMEMLIMIT", "2GiB", "1Gi"), &[(rule, 'w', "2GiB")]);
    check(&env("GOMEMLIMIT", "1GiB", "1Gi"), &[(rule, 'i', "1GiB")]);
    check(&env("GOMEMLIMIT", "900Mi", "1Gi"), &[("gomemlimit-is-malformed", 'e', "900Mi")]);
    check(&pod("env:\n  - name: JAVA_OPTS\n    value: -Xmx8g", ""), &[]);
}

#[test]
fn places_of_memory_figures_depend_on_the_cgroup_version() {
    let rule = "command-looks-in-the-wrong-place";
    let old = pod("command: [cat, /sys/fs/cgroup/memory/memory.failcnt]", "");
    check(&old, &[(rule, 'w', "memory.failcnt")]);
    check_on(&old, 34, CgroupVersion::V1, &[]);
    let new = pod("command: [cat, /sys/fs/cgroup/memory.max]", "");
    check(&new, &[]);
    check_on(&new, 34, CgroupVersion::V1, &[(rule, 'w', "/sys/fs/cgroup/memory.max")]);
    let knows = pod(
        "command: [sh, -c, 'cat /sys/fs/cgroup/memory.max || cat /sys/fs/cgroup/memory/memory.limit_in_bytes']",
        "",
    );
    check(&knows, &[]);
    check(&pod("command: [sh, -c, 'kubectl get events --field-selector reason=OOMKilling']", ""), &[]);
    let script = "command:\n  - sh\n  - -c\n  - |\n    kubectl get events --field-selector reason=OOMKilled\n    journalctl -u docker | grep -i 'out of memory'\n    docker exec web cat /proc/meminfo\n    kubectl get nodes -o custom-columns=SWAP:.status.allocatable.swap";
    let places = ["reason=OOMKilled", "journalctl -u docker", "/proc/meminfo", ".status.allocatable.swap"];
    check(&pod(script, ""), &places.map(|place| (rule, 'w', place)));
}

#[test]
fn sysctls_of_the_node_are_told_from_those_of_a_pod() {
    let rule = "memory-sysctl-belongs-to-the-node";
    let named = |name: &str| {
        pod("", &format!("securityContext:\n  sysctls:\n    - name: {name}\n      value: \"1\""))
    };
    check(&named("vm.swappiness"), &[(rule, 'e', "vm.swappiness")]);
    check(&named("kernel.shm_rmid_forced"), &[]);
    check(&pod("command: [sysctl, -w, vm.swappiness=1]", ""), &[(rule, 'w', "vm.swappiness=1")]);
    check(&pod("command: [sysctl, vm.swappiness]", ""), &[]);
    check(
        &pod("command: [sh, -c, 'test -e x || sysctl -w vm.swappiness=1']", ""),
        &[(rule, 'w', "vm.swappiness=")],
    );
    check(&pod("command: [sh, -c, 'echo please run sysctl -w vm.max_map_count=1']", ""), &[]);
    check(&pod("command: [sysctl, -w, vm.swappiness=1]\nsecurityContext:\n  privileged: true", ""), &[]);
}

#[test]
fn versions_decide_about_fields() {
    let resize = pod("resizePolicy:\n  - resourceName: memory\n    restartPolicy: NotRequired", "");
    check(&resize, &[]);
    check_on(&resize, 32, CgroupVersion::V2, &[("resize-needs-restart-with-swap", 'w', "NotRequired")]);
    let level = pod("", "resources:\n  limits:\n    memory: 1Gi");
    check(&level, &[]);
    check_on(&level, 33, CgroupVersion::V2, &[("pod-level-resources", 'w', "resources")]);
    check_on(&level, 31, CgroupVersion::V2, &[("pod-level-resources", 'e', "resources")]);
}

#[test]
fn volumes_in_memory_are_held_against_the_limit() {
    let rule = "memory-volume-counts-as-memory";
    let with = |size: &str, limit: &str| {
        pod(
            &format!(
                "volumeMounts:\n  - name: v\n    mountPath: /v\nresources:\n  limits:\n    memory: {limit}"
            ),
            &format!("volumes:\n  - name: v\n    emptyDir:\n      medium: Memory\n      sizeLimit: {size}"),
        )
    };
    check(&with("1Gi", "1Gi"), &[(rule, 'w', "1Gi")]);
    check(&with("512Mi", "1Gi"), &[]);
    check(&with("1GB", "1Gi"), &[("memory-quantity-is-refused", 'e', "1GB")]);
    let unmounted = pod("", "volumes:\n  - name: v\n    emptyDir:\n      medium: Memory");
    check(&unmounted, &[]);
}
