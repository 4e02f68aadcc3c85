//! Documents inside documents: found, read, and every place one of the file.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use manifest::read;
use model::document::kind::DocumentKind;
use model::document::node::Node;
use model::document::{Content, Span};
use model::manifest::ManifestFile;

fn at(file: &ManifestFile, span: Span) -> &str {
    &file.text[span.start..span.end]
}

fn of_kind<'a>(file: &'a ManifestFile, kind: &DocumentKind) -> &'a model::document::Document {
    let found = file.documents.iter().find(|document| document.kind == *kind);
    found.unwrap_or_else(|| panic!("no {kind:?} in {:#?} {:#?}", file.documents, file.unread))
}

fn tree(document: &model::document::Document) -> &Node {
    match &document.content {
        Content::Tree(root) => root,
        Content::Commands(_) | Content::Settings(_) => panic!("no tree"),
    }
}

fn words(document: &model::document::Document) -> Vec<String> {
    match &document.content {
        Content::Commands(commands) => {
            let line = |command: &model::document::Command| {
                command.words.iter().map(|word| word.value.as_str()).collect::<Vec<_>>().join(" ")
            };
            commands.iter().map(line).collect()
        }
        Content::Tree(_) | Content::Settings(_) => panic!("no commands"),
    }
}

const KUBELET: &str = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailSwapOn: false\nmemorySwap:\n  swapBehavior: LimitedSwap\n";

fn indented(text: &str, by: usize) -> String {
    text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
}

#[test]
fn a_kubelet_configuration_in_a_config_map_stands_in_the_file() {
    let head = "apiVersion: v1\nkind: ConfigMap\ndata:\n  kubelet-config.yaml: ";
    let flat = KUBELET
        .replace("memorySwap:\n  swapBehavior: LimitedSwap", "memorySwap: {swapBehavior: LimitedSwap}");
    let single = indented(&flat, 3).replace('\n', "\n\n");
    let quoted = KUBELET.replace('\n', "\\n");
    for text in [
        format!("{head}|\n{}  b: c\n", indented(KUBELET, 4)),
        format!("{head}|2\n{}", indented(KUBELET, 4)),
        format!("{head}|\n{}", indented(KUBELET, 4)).replace('\n', "\r\n"),
        format!("{head}\"{quoted}\"\n"),
        format!("{head}'{}'\n", single.trim_start()),
        format!(
            "{{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"data\": {{\"kubelet\": \"{quoted}\"}}}}"
        ),
        format!(
            "kind: List\napiVersion: v1\nitems:\n- {}",
            indented(&format!("{head}|\n{}", indented(KUBELET, 4)), 2).trim_start()
        ),
    ] {
        let file = read("cm.yaml", text.as_bytes());
        let kubelet = of_kind(&file, &DocumentKind::KubeletConfiguration);
        let behavior = tree(kubelet).at(&["memorySwap", "swapBehavior"]).unwrap();
        assert_eq!(at(&file, behavior.span), "LimitedSwap", "{text}");
        let entry = tree(kubelet).entry("failSwapOn").unwrap();
        assert_eq!(at(&file, entry.key.span), "failSwapOn");
        assert_eq!(at(&file, entry.value.span), "false");
        let outer = &file.documents[kubelet.inside.unwrap()];
        assert!(matches!(&outer.kind, DocumentKind::Kubernetes { kind, .. } if kind == "ConfigMap"));
        assert_eq!(file.unread, []);
    }
}

const NODE_CLASS: &str = "\
apiVersion: karpenter.k8s.aws/v1
kind: EC2NodeClass
spec:
  userData: |
    MIME-Version: 1.0
    Content-Type: multipart/mixed; boundary=\"//\"

    --// 
    Content-Type: application/node.eks.aws

    apiVersion: node.eks.aws/v1alpha1
    kind: NodeConfig
    spec:
      kubelet:
        config:
          memorySwap:
            swapBehavior: LimitedSwap
    --// 
    Content-Type: text/x-shellscript

    #!/bin/bash
    cat > /etc/systemd/system/swap.service <<EOF
    [Service]
    ExecStart=/sbin/swapon \\
      /swapfile
    EOF
    cat <<'EOF' | sudo tee /etc/docker/daemon.json
    {\"cgroup-parent\": \"/docker\"}
    EOF
    docker run --memory-swap 1g x
";

#[test]
fn what_talos_hands_to_the_kubelet_is_a_configuration() {
    let text =
        "machine:\n  kubelet:\n    extraConfig:\n      memorySwap:\n        swapBehavior: LimitedSwap\n";
    let file = read("worker.yaml", text.as_bytes());
    let kubelet = of_kind(&file, &DocumentKind::KubeletConfiguration);
    assert!(tree(kubelet).at(&["memorySwap", "swapBehavior"]).is_some());
    assert_eq!(file.documents[kubelet.inside.unwrap()].kind, DocumentKind::TalosMachine);
}

#[test]
fn user_data_is_read_through_every_layer() {
    for text in [NODE_CLASS.to_owned(), NODE_CLASS.replace('\n', "\r\n")] {
        let file = read("nc.yaml", text.as_bytes());
        assert_eq!(file.unread, []);
        let kubelet = of_kind(&file, &DocumentKind::KubeletConfiguration);
        let behavior = tree(kubelet).at(&["memorySwap", "swapBehavior"]).unwrap();
        assert_eq!(at(&file, behavior.span), "LimitedSwap");
        assert_eq!(file.documents[kubelet.inside.unwrap()].kind, DocumentKind::NodeConfig);
        let mime = of_kind(&file, &DocumentKind::MimeUserData);
        assert_eq!(file.documents[mime.inside.unwrap()].kind, DocumentKind::Ec2NodeClass);
        let unit = of_kind(&file, &DocumentKind::SystemdUnit);
        let Content::Settings(settings) = &unit.content else { panic!("no settings") };
        assert_eq!(settings[0].value.value, "/sbin/swapon /swapfile");
        assert!(at(&file, settings[0].value.span).starts_with("/sbin/swapon"));
        let daemon = of_kind(&file, &DocumentKind::DockerDaemon);
        assert_eq!(at(&file, tree(daemon).get("cgroup-parent").unwrap().span), "\"/docker\"");
        let script = of_kind(&file, &DocumentKind::Shell);
        let Content::Commands(commands) = &script.content else { panic!("no commands") };
        let last = &commands.last().unwrap().words;
        assert_eq!(last[3].value, "1g");
        assert_eq!(at(&file, last[3].span), "1g");
        assert!(words(script)[0].starts_with("cat > /etc/systemd/system/swap.service <<"));
        assert!(at(&file, script.span).ends_with("1g x"));
    }
}

#[test]
fn user_data_of_one_part_is_a_script_or_a_node_config() {
    let head = "apiVersion: karpenter.k8s.aws/v1\nkind: EC2NodeClass\nspec:\n  userData: |\n";
    let script = read("a.yaml", format!("{head}    swapoff -a\n").as_bytes());
    assert_eq!(words(&script.documents[1]), ["swapoff -a"]);
    let yaml = read(
        "a.yaml",
        format!("{head}    apiVersion: node.eks.aws/v1alpha1\n    kind: NodeConfig\n").as_bytes(),
    );
    assert_eq!(yaml.documents[1].kind, DocumentKind::NodeConfig);
}

#[test]
fn what_only_looks_like_a_document_is_left_alone_and_what_is_broken_is_said() {
    let head = "apiVersion: v1\nkind: ConfigMap\ndata:\n";
    let file = read(
        "a.yaml",
        format!("{head}  a.yaml: |\n    kind: {{{{ x\n  b: 'kind: [x'\n  c.conf: '[mysqld]'\n").as_bytes(),
    );
    assert_eq!((file.documents.len(), file.unread.len()), (1, 0), "{file:#?}");
    let file =
        read("a.yaml", format!("{head}  a: |\n    kind: KubeletConfiguration\n    \ta: 1\n").as_bytes());
    assert_eq!(at(&file, file.unread[0].span), "\t");
}

#[test]
fn scripts_of_containers_cloud_init_and_units_are_commands() {
    let pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    command: [sh, -c]\n    args:\n    - |\n      swapoff -a\n      sysctl -w vm.swappiness=1\n";
    let file = read("a.yaml", pod.as_bytes());
    assert_eq!(words(&file.documents[1]), ["swapoff -a", "sysctl -w vm.swappiness=1"]);
    let cloud = "#cloud-config\nruncmd:\n- [swapon, /swapfile]\n- swapoff -a\nwrite_files:\n- path: /etc/systemd/system/a.service\n  content: |\n    [Service]\n    MemoryMax=1G\n";
    let file = read("user-data", cloud.as_bytes());
    assert_eq!(words(&file.documents[0]), ["swapon /swapfile"]);
    assert_eq!(words(&file.documents[1]), ["swapoff -a"]);
    assert_eq!(file.documents[2].kind, DocumentKind::SystemdUnit);
    let unit = "[Service]\nExecStart=-/usr/bin/docker run \\\n  -m 1g x\n";
    let file = read("a.service", unit.as_bytes());
    assert_eq!(words(&file.documents[1]), ["/usr/bin/docker run -m 1g x"]);
    assert_eq!(file.documents[1].inside, Some(0));
}

#[test]
fn scripts_in_scripts_end() {
    let mut text = "swapoff -a\n".to_owned();
    for layer in 0..50 {
        text = format!("cat > /a{layer}.sh <<EOF{layer}\n{text}EOF{layer}\n");
    }
    let file = read("a.sh", text.as_bytes());
    assert!(file.documents.len() < 10);
}
