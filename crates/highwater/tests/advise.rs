//! Advice from files: what is printed for Docker, Compose and Kubernetes, what is refused, and how it is undone.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "writes the files that are read")]

use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

const MIB: u64 = 1 << 20;

const COMPOSE: &str = "services:
  web:
    image: nginx
    mem_limit: 2g
    memswap_limit: 3g
  worker:
    image: acme/worker
    deploy:
      resources:
        limits: {memory: 1G}
  java:
    image: acme/java-batch
    labels: {highwater.dev/class: batch}
    mem_limit: 1g
    command: [java, -Xmx900m, -jar, a.jar]
  idle:
    image: busybox
";

/// Three days of minutes: a web service with a hot replica, a worker with a rare peak, a JVM.
fn histories() -> String {
    let mut text = "seconds,shop-web-1,shop-web-2,shop-worker-1,shop-java-1\n".to_owned();
    for minute in 0..3 * 1440_u64 {
        let noise = minute * 7919 % 10;
        let hot = if minute % 1000 == 7 { 400 } else { 0 };
        let peak = if minute % 700 == 3 { 300 } else { 0 };
        let (web, worker, java) = (300 + noise, 500 + noise + peak, 600 + minute * 31 % 200);
        writeln!(text, "{},{},{web},{worker},{java}", minute * 60, web + hot).unwrap();
    }
    text
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("m.csv"), histories()).unwrap();
        std::fs::write(folder.path().join("compose.yaml"), COMPOSE).unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
        command.current_dir(self.path()).args(["advise", "--csv", "m.csv", "--unit", "MiB"]).args(args);
        command.output().unwrap()
    }

    fn text(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn workload<'a>(document: &'a Value, name: &str) -> &'a Value {
    document["workloads"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap()
}

#[test]
fn classes_decide_on_swap_and_a_hot_replica_on_all() {
    let folder = Folder::new();
    let document: Value =
        serde_json::from_str(&folder.text(&["--compose", "compose.yaml", "--as", "json"])).unwrap();
    let web = workload(&document, "shop-web");
    let amount = |one: &Value, key: &str| one[key].as_u64().unwrap();
    assert_eq!(web["replicas"], serde_json::json!(["shop-web-1", "shop-web-2"]));
    assert_eq!(web["class"], "web");
    // The peak of the hot replica fits, in memory and swap together; the memory alone would not hold it.
    assert!(amount(web, "memory_and_swap_limit_bytes") > 709 * MIB * 5 / 4);
    assert!(amount(web, "swap_limit_bytes") * 2 <= amount(web, "memory_limit_bytes"));
    assert!(amount(web, "request_bytes") < amount(web, "memory_limit_bytes"));
    let reasons: Vec<&str> =
        web["because"].as_array().unwrap().iter().map(|reason| reason["reason"].as_str().unwrap()).collect();
    assert!(reasons.contains(&"hot_replica") && reasons.contains(&"peak"), "{reasons:?}");
    assert_eq!(web["today"]["limit_bytes"], 2048 * MIB);
    // A batch job may swap, but not with a collector that walks its heap.
    let java = folder.text(&["--compose", "compose.yaml", "--class", "batch", "--as", "json"]);
    let java: Value = serde_json::from_str(&java).unwrap();
    let java = workload(&java, "shop-java");
    assert_eq!(
        (amount(java, "swap_limit_bytes"), amount(java, "request_bytes")),
        (0, amount(java, "memory_limit_bytes"))
    );
    assert!(java["because"].to_string().contains("garbage_collected_heap"));
    assert!(java["heap"][0].as_str().unwrap().contains("-Xmx900m"));
}

#[test]
fn a_leak_is_told_beside_the_limit_that_it_will_fill() {
    let folder = Folder::new();
    let healthy = folder.text(&[]);
    assert!(!healthy.contains("leak"), "{healthy}");
    let mut text = "seconds,shop-web-1,shop-worker-1\n".to_owned();
    for minute in 0..4 * 1440_u64 {
        let noise = minute * 7919 % 10;
        writeln!(text, "{},{},{}", minute * 60, 300 + noise, 500 + noise + minute / 72).unwrap();
    }
    std::fs::write(folder.path().join("m.csv"), text).unwrap();
    let table = folder.text(&[]);
    assert!(table.contains("shop-worker leaks: no limit mends that"), "{table}");
    assert!(table.contains("highwater leaks --csv m.csv --unit MiB\n"), "{table}");
    let document: Value = serde_json::from_str(&folder.text(&["--as", "json"])).unwrap();
    let leak = |name: &str| {
        let reasons = workload(&document, name)["because"].as_array().unwrap();
        reasons.iter().find(|reason| reason["reason"] == "leak").cloned()
    };
    assert_eq!(leak("shop-web"), None);
    let found = leak("shop-worker").unwrap();
    assert_eq!(found["certainty"], "confirmed");
    let per_day = found["growth_bytes_per_day"].as_f64().unwrap() / MIB as f64;
    assert!((19.0..21.0).contains(&per_day), "{per_day} MiB a day");
}

#[test]
fn docker_lines_have_memory_and_swap_together_and_go_back() {
    let folder = Folder::new();
    let flags = ["--compose", "compose.yaml", "--class", "batch", "--workload", "shop-web,shop-worker"];
    let lines = folder.text(&[&flags[..], &["--as", "docker"]].concat());
    let updates: Vec<&str> = lines.lines().filter(|line| line.starts_with("docker update")).collect();
    assert_eq!(updates.len(), 3);
    for update in updates {
        let words: Vec<&str> = update.split(' ').collect();
        let mib = |word: &str| word.trim_end_matches('m').parse::<u64>().unwrap();
        assert!(
            words[2] == "--memory" && words[4] == "--memory-swap" && mib(words[5]) > mib(words[3]),
            "{update}"
        );
    }
    let undo = folder.text(&[&flags[..], &["--as", "docker", "--undo"]].concat());
    let expected = "docker update --memory 2g --memory-swap 3g shop-web-1\n\
                    docker update --memory 2g --memory-swap 3g shop-web-2\n\
                    docker update --memory 1g --memory-swap 2g shop-worker-1\n";
    assert_eq!(undo, expected);
    // Without a word on what is set, no undo is made up.
    assert!(folder.text(&["--as", "docker"]).contains("# undo: not known; look before: docker inspect"));
}

#[test]
fn an_override_keeps_the_files_services_and_forms() {
    let folder = Folder::new();
    let text = folder.text(&["--compose", "compose.yaml", "--class", "batch", "--as", "compose"]);
    std::fs::write(folder.path().join("override.yaml"), &text).unwrap();
    let file = manifest::read("override.yaml", text.as_bytes());
    assert!(file.unread.is_empty(), "{text}");
    let target = model::lint::LintTarget {
        kubernetes: model::lint::KubernetesVersion(34),
        cgroup: kernel::hierarchy::CgroupVersion::V2,
    };
    let subject = judge::lint::Subject { file: &file, target };
    let services = judge::lint::runtime::compose::services(&subject);
    let names: Vec<&str> = services.iter().map(|service| service.entry.name()).collect();
    assert_eq!(names, ["web", "worker", "java"]);
    for service in &services {
        let size = |path: &[&str]| service.given(path).map(|given| given.value.value.parse::<u64>().unwrap());
        let memory =
            size(&["mem_limit"]).or_else(|| size(&["deploy", "resources", "limits", "memory"])).unwrap();
        assert!(size(&["memswap_limit"]).unwrap() >= memory);
    }
    assert!(services[1].given(&["mem_limit"]).is_none(), "the two forms must not differ");
    assert!(text.contains("# idle: no history, left as it is"));
    assert!(judge::lint::lint(&subject).is_empty(), "{:?}", judge::lint::lint(&subject));
}

#[test]
fn manifests_can_be_read_again() {
    let folder = Folder::new();
    for (form, kind) in [("kustomize", "StatefulSet"), ("vpa", "VerticalPodAutoscaler")] {
        let text = folder.text(&["--class", "batch", "--as", form]);
        let file = manifest::read("patch.yaml", text.as_bytes());
        assert!(text.contains(kind));
        assert!(file.unread.iter().all(|one| !one.why.contains("YAML")), "{form}: {:?}\n{text}", file.unread);
        if form == "kustomize" {
            let memory = |one: &model::workload::Workload| {
                let resources = &one.pod.containers[0].resources;
                let amount = |list: &model::workload::ResourceList| {
                    list.memory.as_ref().unwrap().value.bytes().unwrap()
                };
                (amount(&resources.requests), amount(&resources.limits))
            };
            assert_eq!(file.workloads.len(), 3);
            // Swap needs a request below the limit.
            assert!(file.workloads.iter().map(memory).all(|(request, limit)| request < limit), "{text}");
        }
    }
    let lines = folder.text(&["--class", "batch", "--as", "kubectl"]);
    assert_eq!(lines.matches("kubectl set resources statefulset/").count(), 3);
    assert_eq!(lines.matches("# undo: kubectl rollout undo statefulset/").count(), 3);
}

#[test]
fn every_form_goes_back_or_says_that_it_has_no_way_back() {
    let folder = Folder::new();
    let undo =
        |form: &str| folder.text(&["--compose", "compose.yaml", "--class", "batch", "--as", form, "--undo"]);
    assert_eq!(undo("compose"), "docker compose -f compose.yaml up -d\n");
    assert!(undo("vpa").contains("kubectl delete verticalpodautoscaler shop-web\n"));
    assert!(undo("kubectl").contains("kubectl rollout undo statefulset/shop-web\n"));
    assert!(undo("kustomize").contains("memory: 2Gi") || undo("kustomize").contains("memory: 2048Mi"));
    // What is undone advises no heap of the size that is undone.
    let docker = undo("docker");
    assert!(docker.contains("# shop-java: the heap setting goes back along with the limit"), "{docker}");
    assert!(!docker.contains("set it to"), "{docker}");
    for form in ["table", "json"] {
        let output = folder.run(&["--as", form, "--undo"]);
        assert_eq!(output.status.code(), Some(2), "{form}");
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            words.contains("--undo: expected --as docker, compose, kubectl, kustomize or vpa"),
            "{words}"
        );
    }
}

#[test]
fn a_workload_that_is_gone_gets_no_advice_in_any_form() {
    let folder = Folder::new();
    let mut text = "seconds,shop-web-1,old\n".to_owned();
    for minute in 0..2 * 1440_u64 {
        let old = if minute < 700 { "200" } else { "" };
        writeln!(text, "{},{},{old}", minute * 60, 300 + minute % 7).unwrap();
    }
    std::fs::write(folder.path().join("m.csv"), text).unwrap();
    for form in ["docker", "compose", "kubectl", "kustomize", "vpa"] {
        let text = folder.text(&["--as", form]);
        assert!(text.contains("# old: no advice, gone for 1 d 12 h"), "{form}: {text}");
    }
    let table = folder.text(&[]);
    assert!(table.contains("1 workload without advice: the last column says why."), "{table}");
    assert!(
        table.lines().any(|line| line.starts_with("old ") && line.ends_with("gone for 1 d 12 h")),
        "{table}"
    );
}

#[test]
fn the_next_commands_give_the_same_advice() {
    let folder = Folder::new();
    let table = folder.text(&["--compose", "compose.yaml", "--class", "batch"]);
    let next = "--explain shop-web";
    let line = table.lines().find(|line| line.ends_with(next)).unwrap();
    let words: Vec<&str> = line.split_once("highwater advise ").unwrap().1.split(' ').collect();
    assert!(words.contains(&"compose.yaml") && words.contains(&"batch"), "{line}");
    let output = Command::new(env!("CARGO_BIN_EXE_highwater"))
        .current_dir(folder.path())
        .arg("advise")
        .args(&words)
        .output()
        .unwrap();
    let chart = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && chart.starts_with("shop-web: batch"), "{chart}");
    // The Compose file's own name of the service means the same.
    assert_eq!(folder.text(&["--compose", "compose.yaml", "--class", "batch", "--explain", "web"]), chart);
}

#[test]
fn limits_that_cannot_be_meant_are_questioned() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("limits.csv"), "name,memory,swap\nshop-web,512,\n").unwrap();
    let output = folder.run(&["--limits-today", "limits.csv"]);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2));
    assert!(words.contains("line 2, column 2") && words.contains("was 512Mi meant?"), "{words}");
    std::fs::write(folder.path().join("limits.csv"), "name,memory,swap\nshop-web,2Gi,0\nshop-java,none,\n")
        .unwrap();
    let text = folder.text(&["--limits-today", "limits.csv", "--as", "docker", "--undo"]);
    assert!(text.contains("docker update --memory 2g --memory-swap 2g shop-web-1\n"), "{text}");
    assert!(text.contains("# shop-java-1: none: it has no limit today"), "{text}");
}

#[test]
fn unlimited_swap_and_no_swap_go_back_to_themselves() {
    let folder = Folder::new();
    let limits = "name,memory,swap\nshop-web,512Mi,none\nshop-worker,96Mi,unlimited\nshop-java,1Gi,\n";
    std::fs::write(folder.path().join("limits.csv"), limits).unwrap();
    let undo = folder.text(&["--limits-today", "limits.csv", "--as", "docker", "--undo"]);
    for line in [
        "docker update --memory 512m --memory-swap 512m shop-web-1\n",
        "docker update --memory 96m --memory-swap -1 shop-worker-1\n",
        "docker update --memory 1g --memory-swap 2g shop-java-1\n",
    ] {
        assert!(undo.contains(line), "{undo}");
    }
    let document = folder.text(&["--limits-today", "limits.csv", "--as", "json"]);
    let document: Value = serde_json::from_str(&document).unwrap();
    let today = |name: &str| workload(&document, name)["today"].clone();
    assert_eq!(today("shop-web")["swap_limit_bytes"], 0);
    assert!(today("shop-worker")["swap_limit_bytes"].is_null());
    assert_eq!(today("shop-worker")["swap_limit_unlimited"], true);
    assert_eq!(today("shop-java")["unknown"]["swap_limit_bytes"], "not given");
    let compose = "services:\n  worker: {image: a, mem_limit: 96m, memswap_limit: -1}\n  web: {image: a, mem_limit: 96m, memswap_limit: 96m}\n";
    std::fs::write(folder.path().join("endless.yaml"), compose).unwrap();
    let undo = folder.text(&["--compose", "endless.yaml", "--as", "docker", "--undo"]);
    assert!(undo.contains("docker update --memory 96m --memory-swap -1 shop-worker-1\n"), "{undo}");
    assert!(undo.contains("docker update --memory 96m --memory-swap 96m shop-web-1\n"), "{undo}");
}

#[test]
fn a_compose_limit_that_is_not_known_or_not_meant_is_told_with_its_place() {
    let folder = Folder::new();
    let write = |text: &str| std::fs::write(folder.path().join("c.yaml"), text).unwrap();
    write("services:\n  web:\n    image: a\n    mem_limit: \"512\"\n");
    let output = folder.run(&["--compose", "c.yaml"]);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        words.contains("c.yaml, line 4, column 16: service `web`") && words.contains("512m meant?"),
        "{words}"
    );
    for (text, place) in [
        ("services:\n  web:\n    image: a\n    mem_limit: ${LIMIT:-256m}\n", "line 4, column 16"),
        ("services:\n  web: {image: a, mem_limit: 1g, memswap_limit: \"${SWAP}\"}\n", "line 2, column 49"),
        ("services:\n  web: {image: a, mem_limit: 512Mi}\n", "line 2, column 30"),
        ("services:\n  web: {image: a, extends: {service: base}}\n", "line 2, column 3"),
    ] {
        write(text);
        let output = folder.run(&["--compose", "c.yaml", "--as", "docker", "--undo"]);
        let (undo, words) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{words}");
        assert!(words.contains(place) && words.contains("what is set today is not known"), "{text}{words}");
        assert!(undo.contains("# shop-web-1: not known; look before: docker inspect"), "{undo}");
        let document: Value =
            serde_json::from_str(&folder.text(&["--compose", "c.yaml", "--as", "json"])).unwrap();
        assert!(workload(&document, "shop-web")["today"].is_null(), "{document}");
        assert_eq!(document["remarks"][0]["origin"], "c.yaml");
    }
}

#[test]
fn one_name_in_two_files_is_two_replicas_in_every_figure() {
    let folder = Folder::new();
    for (name, amount) in [("a.csv", 700), ("b.csv", 200)] {
        let rows = (0..2880_u64).map(|minute| format!("{},{}\n", minute * 60, amount + minute % 7));
        let text = std::iter::once("seconds,web\n".to_owned()).chain(rows).collect::<String>();
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let text = |flags: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
        command.current_dir(folder.path()).args(["advise", "--csv", "a.csv", "b.csv", "--unit", "MiB"]);
        String::from_utf8(command.args(flags).output().unwrap().stdout).unwrap()
    };
    let document: Value = serde_json::from_str(&text(&["--as", "json"])).unwrap();
    let web = workload(&document, "web");
    assert_eq!(web["replicas"], serde_json::json!(["web", "web"]));
    let each = web["memory_limit_bytes"].as_u64().unwrap();
    let table = text(&[]);
    let both = view::units::bytes(kernel::bytes::Bytes(2 * each));
    assert!(table.contains("web ×2") && table.contains(&format!("{both} of memory")), "{table}");
    let why = text(&["--explain", "web"]).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(why.contains("Replica web of a.csv needs"), "{why}");
    assert_eq!(text(&["--as", "docker", "--undo"]).lines().count(), 1);
}

#[test]
fn a_node_that_cannot_be_is_refused() {
    let folder = Folder::new();
    for (memory, swap, found) in [
        ("16", "1Gi", "a node such as `16Gi`, found `16`: 16 bytes"),
        ("0", "1Gi", "a node such as `16Gi`, found `0`: 0 bytes"),
        ("63Mi", "0", "a node such as `16Gi`, found `63Mi`"),
        ("16Gi", "1", "a node such as `8Gi`, or 0, found `1`: 1 bytes"),
    ] {
        let output = folder.run(&["--node-memory", memory, "--node-swap", swap]);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(words.contains(found), "{words}");
    }
    assert!(folder.text(&["--node-memory", "64Mi", "--node-swap", "0"]).contains("Nodes of 64 MiB"));
}

#[test]
fn a_workload_that_is_not_there_is_named_with_those_that_are() {
    let folder = Folder::new();
    let output = folder.run(&["--workload", "nobody"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there are shop-web, shop-worker, shop-java"));
    let chart = folder.text(&["--explain", "shop-web", "--compose", "compose.yaml"]);
    assert!(
        chart.contains("█ used; = limit now; - memory advised; · with swap") && chart.contains("Peak: 7"),
        "{chart}"
    );
}
