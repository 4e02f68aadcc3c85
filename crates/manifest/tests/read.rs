//! Files of every kind: what is recognised, where it stands, and what cannot be read.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use manifest::read;
use model::document::kind::DocumentKind;
use model::document::node::{Node, Value};
use model::document::{Content, Span, UnreadSeverity};
use model::manifest::ManifestFile;
use model::workload::ContainerRole;

fn tree(file: &ManifestFile, number: usize) -> &Node {
    match &file.documents[number].content {
        Content::Tree(root) => root,
        Content::Commands(_) | Content::Settings(_) => panic!("no tree"),
    }
}

fn kinds(file: &ManifestFile) -> Vec<String> {
    let name = |kind: &DocumentKind| match kind {
        DocumentKind::Kubernetes { kind, .. } => kind.clone(),
        DocumentKind::Kubeadm { kind } => format!("kubeadm {kind}"),
        other => format!("{other:?}"),
    };
    file.documents.iter().map(|document| name(&document.kind)).collect()
}

fn at(file: &ManifestFile, span: Span) -> &str {
    &file.text[span.start..span.end]
}

const POD: &str = "\
# A pod.
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web}
  annotations:
    kubernetes.io/config.source: file
spec:
  priorityClassName: system-node-critical
  priority: 2000001000
  volumes:
  - name: tmp
    emptyDir: {medium: Memory, sizeLimit: 64Mi}
  initContainers:
  - name: side
    restartPolicy: Always
    resources:
      requests: {memory: 16Mi}
  - name: init
  containers:
  - name: \"app\"
    image: nginx:1
    command: [nginx, '-g']
    args:
    - daemon off;
    env:
    - name: GOMEMLIMIT
      value: 400MiB
    volumeMounts:
    - {name: tmp, mountPath: /tmp}
    resizePolicy:
    - resourceName: memory
      restartPolicy: RestartContainer
    resources:
      requests:
        memory: 256Mi   # half
      limits:
        memory: \"512Mi\"
        cpu: 500m
status:
  containerStatuses:
  - name: app
    restartCount: 3
    state: {waiting: {reason: CrashLoopBackOff}}
    lastState:
      terminated: {reason: OOMKilled, exitCode: 137, finishedAt: \"2026-01-01T00:00:00Z\"}
";

#[test]
fn a_pod_has_every_field_at_its_place() {
    for text in [POD.to_owned(), POD.replace('\n', "\r\n"), format!("\u{feff}{POD}")] {
        let file = read("pod.yaml", text.as_bytes());
        assert_eq!(file.unread, [], "{text}");
        let workload = &file.workloads[0];
        let pod = &workload.pod;
        assert!(pod.is_static);
        assert_eq!(pod.priority.as_ref().map(|priority| priority.value), Some(2_000_001_000));
        let roles: Vec<_> = pod.containers.iter().map(|container| container.role).collect();
        assert_eq!(roles, [ContainerRole::Sidecar, ContainerRole::Init, ContainerRole::App]);
        let app = &pod.containers[2];
        assert_eq!(at(&file, app.name.span), "\"app\"");
        let memory = app.resources.limits.memory.as_ref().unwrap();
        assert_eq!((at(&file, memory.span), memory.value.bytes().unwrap().0), ("\"512Mi\"", 512 << 20));
        let request = app.resources.requests.memory.as_ref().unwrap();
        assert_eq!(at(&file, request.span), "256Mi");
        assert_eq!(at(&file, app.resources.requests.span.unwrap()), "memory: 256Mi");
        let words: Vec<_> = app.command.iter().map(|word| word.value.as_str()).collect();
        assert_eq!(words, ["nginx", "-g", "daemon off;"]);
        assert_eq!(app.env[0].1.value, "400MiB");
        assert_eq!(app.mounts[0].value, "tmp");
        assert_eq!(app.memory_resize_policy.as_ref().unwrap().value, "RestartContainer");
        let status = app.status.as_ref().unwrap();
        assert_eq!(status.restarts, Some(3));
        assert_eq!(status.last_terminated.as_ref().unwrap().reason.as_deref(), Some("OOMKilled"));
        assert_eq!(pod.memory_volumes[0].size_limit.as_ref().unwrap().value.milli, Some((64 << 20) * 1000));
        assert!(at(&file, tree(&file, 0).span).starts_with("apiVersion"));
        assert!(at(&file, tree(&file, 0).span).ends_with('}'));
    }
}

#[test]
fn items_of_a_list_are_workloads_of_their_own() {
    let list = r#"{"kind":"List","apiVersion":"v1","items":[
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"x"}]}},
        {"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"b"},
         "spec":{"jobTemplate":{"spec":{"template":{"spec":{"containers":[{"name":"y"}]}}}}}}]}
    {"kind":"PodList","apiVersion":"v1","items":[{"metadata":{"name":"c"},"spec":{"containers":[]}}]}"#;
    let file = read("-", list.as_bytes());
    assert_eq!(kinds(&file), ["List", "Pod", "CronJob", "PodList", "Pod"]);
    assert_eq!(file.documents[2].inside, Some(0));
    let workloads: Vec<_> =
        file.workloads.iter().map(|one| (one.name.clone().unwrap().value, one.document)).collect();
    assert_eq!(workloads, [("a".to_owned(), 1), ("b".to_owned(), 2), ("c".to_owned(), 4)]);
    assert_eq!(
        tree(&file, 0).at(&["items"]).unwrap().items()[0].at(&["metadata", "name"]).unwrap().text(),
        Some("a")
    );
}

#[test]
fn documents_are_recognised_by_what_they_say() {
    for (name, text, kind) in [
        ("a.yaml", "services:\n  web:\n    image: x\n", "Compose"),
        ("docker-compose.override.yml", "version: '3'\n", "Compose"),
        ("old.yml", "web:\n  image: x\n  mem_limit: 1g\ndb:\n  build: .\n", "Compose"),
        (
            "k.yaml",
            "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\n",
            "KubeletConfiguration",
        ),
        ("10-swap.conf", "memorySwap:\n  swapBehavior: LimitedSwap\n", "KubeletConfiguration"),
        ("daemon.json", "{}", "DockerDaemon"),
        ("x.json", "{\n\t\"cgroup-parent\": \"/docker\"\n}", "DockerDaemon"),
        ("n.yaml", "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\n", "NodeConfig"),
        ("n.yaml", "apiVersion: karpenter.k8s.aws/v1\nkind: EC2NodeClass\n", "Ec2NodeClass"),
        (
            "n.yaml",
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n",
            "kubeadm InitConfiguration",
        ),
        ("p.yaml", "apiVersion: highwater.dev/v1alpha1\nkind: MemoryPolicy\n", "MemoryPolicy"),
        ("t.yaml", "machine:\n  sysctls:\n    vm.swappiness: \"60\"\n", "TalosMachine"),
        ("t.yaml", "version: v1alpha1\nmachine: {type: worker, kubelet: {}}\ncluster: {}\n", "TalosMachine"),
        ("g.yaml", "linuxConfig:\n  swapConfig:\n    enabled: true\n", "GkeNodeSystem"),
        ("c.yaml", "apiVersion: example.com/v1\nkind: Anything\n", "Anything"),
    ] {
        let file = read(name, text.as_bytes());
        assert_eq!(kinds(&file), [kind], "{text}: {:?}", file.unread);
    }
}

#[test]
fn what_is_of_no_known_kind_is_said_and_no_failure() {
    for text in [
        "replicas: 3\nimage: {repository: x}\n",
        "- a\n",
        "build:\n  image: x\n  script: [make]\n",
        "word\n",
        "machine: {cores: 4}\n",
        "linuxConfig: {}\nother: 1\n",
    ] {
        let file = read("values.yaml", text.as_bytes());
        assert_eq!(file.documents.len(), 0, "{text}");
        assert_eq!(file.unread[0].severity, UnreadSeverity::NotRecognised, "{text}");
    }
    assert!(read("empty.yaml", b"# nothing\n---\n").unread.is_empty());
}

#[test]
fn a_configuration_of_another_program_is_not_broken() {
    let found = |name: &str, text: &str| -> Vec<_> {
        read(name, text.as_bytes()).unread.iter().map(|unread| unread.severity).collect()
    };
    for text in
        ["listen: 0.0.0.0:4222\nauthorization {\n  user: a\n}\n", "!\nhostname rt1\n  router: isis: 1\n"]
    {
        assert_eq!(found("nats.conf", text), [UnreadSeverity::NotRecognised], "{text}");
        assert_eq!(found("nats.yaml", text), [UnreadSeverity::Broken], "{text}");
    }
    assert_eq!(found("10-swap.conf", "memorySwap: {\n  swapBehavior: NoSwap\n"), [UnreadSeverity::Broken]);
    assert_eq!(found("Cargo.toml", "[package]\nname = \"a\"\n\n[[bin]]\n"), [UnreadSeverity::NotRecognised]);
}

#[test]
fn a_broken_document_does_not_hide_the_others() {
    let pod = "apiVersion: v1\nkind: Pod\n";
    for (broken, at_text, why) in [
        ("a:\n\tb: 1\n", "\t", "a tab"),
        ("a: b: c\n", ":", "second `:`"),
        ("a: *x\n", "*", "anchor"),
        ("a: 'x\n", "x", "quoted"),
        ("a: [1\n", "", ""),
        ("a: &x [*x]\n", "*x", "inside its own anchor"),
        ("memory: {{ .Values.memory }}\n", "{{ .Values.memory }}", "template"),
        ("{{- if .Values.x }}\na: 1\n{{- end }}\n", "{{- if .Values.x }}", "template"),
        ("{% if x %}\na: 1\n", "{% if x %}", "template"),
        ("a: \u{fffd}\n", "\u{fffd}", ""),
    ] {
        let text = format!("{pod}---\n{broken}---\n{pod}");
        let bytes = text.replace('\u{fffd}', "\0").into_bytes();
        let bytes: Vec<u8> = bytes.into_iter().map(|byte| if byte == 0 { 0xff } else { byte }).collect();
        let file = read("a.yaml", &bytes);
        assert_eq!(kinds(&file), ["Pod", "Pod"], "{broken}: {:?}", file.unread);
        assert_eq!(file.unread.len(), 1, "{broken}: {:?}", file.unread);
        assert_eq!(file.unread[0].severity, UnreadSeverity::Broken);
        assert!(file.unread[0].why.contains(why), "{broken}: {:?}", file.unread);
        if !broken.contains('\u{fffd}') {
            assert!(at(&file, file.unread[0].span).starts_with(at_text), "{broken}: {:?}", file.unread);
        }
        let span = file.unread[0].span;
        assert!((pod.len()..text.len() - pod.len()).contains(&span.start), "{broken}: {span:?}");
    }
}

#[test]
fn aliases_share_their_value_and_explosions_are_refused() {
    let text = "x: &base {memory: 1Gi}\ny: *base\nz:\n  <<: *base\nkind: A\napiVersion: b\n";
    let file = read("a.yaml", text.as_bytes());
    let root = tree(&file, 0);
    assert_eq!(root.at(&["y", "memory"]).unwrap().text(), Some("1Gi"));
    assert_eq!(root.at(&["z", "memory"]).unwrap().text(), Some("1Gi"));
    assert_eq!(at(&file, root.get("y").unwrap().span), "*base");
    let (Value::Alias(first), Value::Alias(second)) =
        (&root.get("x").unwrap().value, &root.get("y").unwrap().value)
    else {
        panic!("the anchor's value is shared")
    };
    assert!(std::sync::Arc::ptr_eq(first, second));
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    let file = read("bomb.yaml", bomb.as_bytes());
    assert!(file.unread[0].why.contains("explode"), "{:?}", file.unread);
    let mut chain = "a0: &a0 [x]\n".to_owned();
    for level in 1..2_000 {
        chain.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    let file = read("chain.yaml", chain.as_bytes());
    assert!(file.unread[0].why.contains("levels"), "{:?}", file.unread);
}

#[test]
fn ten_thousand_levels_are_refused_at_a_place() {
    let block: String = (0..2_000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    let deep = [
        "[".repeat(10_000),
        format!("a: {}", "{a: ".repeat(10_000)),
        format!("{}{}", "{\"a\":[".repeat(5_000), "]}".repeat(5_000)),
        "- ".repeat(10_000),
        block,
        format!("{}x", "? ".repeat(10_000)),
    ];
    for text in deep {
        let both = format!("{text}\n---\napiVersion: v1\nkind: Pod\n");
        let file = read("deep.yaml", both.as_bytes());
        assert_eq!(kinds(&file), ["Pod"], "{}", &text[..20]);
        assert!(file.unread[0].why.contains("levels"), "{}: {:?}", &text[..20], file.unread);
    }
}

#[test]
fn keys_written_twice_are_kept() {
    let file = read("a.yaml", b"kind: Pod\napiVersion: v1\nmemory: 1\nmemory: 2\n");
    let root = tree(&file, 0);
    assert_eq!(root.entries().iter().filter(|entry| entry.name() == "memory").count(), 2);
    assert_eq!(root.get("memory").unwrap().integer(), Some(2));
}
