//! Kubelet configurations in a file, and the flags that a kubelet is given.

use crate::lint::Subject;
use crate::lint::node::script;
use model::document::kind::DocumentKind;
use model::document::node::{Entry, Node};
use model::document::{Content, Document, Span};

/// A kubelet configuration.
#[derive(Clone, Copy, Debug)]
pub struct Configuration<'a> {
    /// The document.
    pub document: &'a Document,
    /// Its tree.
    pub root: &'a Node,
}

/// The kubelet configurations of a file: whole ones, drop-ins, and those inside other documents.
#[must_use]
pub fn configurations<'a>(subject: &Subject<'a>) -> Vec<Configuration<'a>> {
    trees(subject)
        .filter(|(document, _)| document.kind == DocumentKind::KubeletConfiguration)
        .map(|(document, root)| Configuration { document, root })
        .collect()
}

/// Every tree of a file.
pub fn trees<'a>(subject: &Subject<'a>) -> impl Iterator<Item = (&'a Document, &'a Node)> {
    subject.file.documents.iter().filter_map(|document| match &document.content {
        Content::Tree(root) => Some((document, root)),
        Content::Commands(_) | Content::Settings(_) => None,
    })
}

/// `memorySwap.swapBehavior` with its place, when it is text that is not empty.
#[must_use]
pub fn swap_behavior(root: &Node) -> Option<(Span, &str)> {
    let entry = root.get("memorySwap")?.entry("swapBehavior")?;
    Some((entry.span(), entry.value.text().filter(|text| !text.is_empty())?))
}

/// Whether some configuration of the file lets containers swap.
#[must_use]
pub fn wants_swap(subject: &Subject<'_>) -> Option<Span> {
    configurations(subject).iter().find_map(|configuration| {
        let (span, behavior) = swap_behavior(configuration.root)?;
        ["LimitedSwap", "UnlimitedSwap"].contains(&behavior).then_some(span)
    })
}

/// Whether a configuration may be a part only: files of a drop-in folder, patches, and what Talos merges into its own, which lets
/// the kubelet start with swap (Talos' guide on swap asks for `memorySwap` alone).
#[must_use]
pub fn is_part(subject: &Subject<'_>, configuration: &Configuration<'_>) -> bool {
    let outer = configuration.document.inside.and_then(|number| subject.file.documents.get(number));
    let name = subject.file.name.to_ascii_lowercase();
    outer.is_some_and(|outer| outer.kind == DocumentKind::TalosMachine)
        || name.ends_with(".conf")
        || name.contains(".d/")
        || name.contains("patch")
        || name.contains("+strategic")
}

/// A flag of a kubelet: `--fail-swap-on=false`, wherever it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Its name without dashes.
    pub name: String,
    /// Its value; empty when there is none.
    pub value: String,
    /// Where it stands.
    pub span: Span,
}

/// The flags of kubelets in a file: kubeadm's `kubeletExtraArgs`, nodeadm's `spec.kubelet.flags`, unit files, and commands that run
/// a kubelet or write its arguments.
#[must_use]
pub fn flags(subject: &Subject<'_>) -> Vec<Flag> {
    let mut flags = Vec::new();
    for document in &subject.file.documents {
        match &document.content {
            Content::Tree(root) => tree_flags(document, root, &mut flags),
            Content::Settings(settings) => {
                for setting in settings.iter().filter(|setting| setting.value.value.contains("--")) {
                    let is_kubelet =
                        setting.value.value.contains("kubelet") || setting.key.value.contains("KUBELET");
                    if is_kubelet || setting.value.value.contains("KUBELET") {
                        flags.extend(in_text(&setting.value.value, setting.value.span));
                    }
                }
            }
            Content::Commands(_) => {}
        }
    }
    for script in script::scripts(subject) {
        for call in script.calls() {
            let is_kubelet = call.program == "kubelet"
                || call.command.words.iter().any(|word| word.value.contains("KUBELET_"));
            if is_kubelet {
                flags.extend(call.command.words.iter().flat_map(|word| in_text(&word.value, word.span)));
            }
        }
    }
    flags
}

fn tree_flags(document: &Document, root: &Node, flags: &mut Vec<Flag>) {
    match document.kind {
        DocumentKind::Kubeadm { .. } => {
            let Some(arguments) = root.at(&["nodeRegistration", "kubeletExtraArgs"]) else { return };
            // v1beta3 is a mapping, v1beta4 a list of names and values.
            flags.extend(arguments.entries().iter().map(flag_of));
            flags.extend(arguments.items().iter().filter_map(|item| {
                let name = item.get("name")?.text()?.to_owned();
                let value = item.text_at(&["value"]).unwrap_or("").to_owned();
                Some(Flag { name, value, span: item.span })
            }));
        }
        DocumentKind::TalosMachine => {
            flags.extend(root.entries_at(&["machine", "kubelet", "extraArgs"]).iter().map(flag_of));
        }
        DocumentKind::NodeConfig => {
            let Some(list) = root.at(&["spec", "kubelet", "flags"]) else { return };
            flags.extend(list.items().iter().flat_map(|item| in_text(item.text().unwrap_or(""), item.span)));
        }
        DocumentKind::Kubernetes { .. }
        | DocumentKind::Compose
        | DocumentKind::KubeletConfiguration
        | DocumentKind::Ec2NodeClass
        | DocumentKind::GkeNodeSystem
        | DocumentKind::DockerDaemon
        | DocumentKind::MemoryPolicy
        | DocumentKind::SystemdUnit
        | DocumentKind::MimeUserData
        | DocumentKind::Shell => {}
    }
}

/// A flag that is written as a key and its value.
fn flag_of(entry: &Entry) -> Flag {
    let value = entry.value.text().unwrap_or("").to_owned();
    Flag { name: entry.name().to_owned(), value, span: entry.span() }
}

fn in_text(text: &str, span: Span) -> Vec<Flag> {
    let mut words = text.split([' ', '\t', '"', '\'', '\n']).peekable();
    let mut flags = Vec::new();
    while let Some(word) = words.next() {
        // `KUBELET_EXTRA_ARGS=--fail-swap-on=false` without quotes is one word.
        let Some(flag) = word.find("--").and_then(|at| word.get(at + 2..)).filter(|flag| !flag.is_empty())
        else {
            continue;
        };
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, value),
            None => (flag, words.next_if(|next| !next.starts_with('-')).unwrap_or("")),
        };
        flags.push(Flag { name: name.to_owned(), value: value.to_owned(), span });
    }
    flags
}

/// The value of a feature gate in a `--feature-gates` flag.
#[must_use]
pub fn gate_in_flag<'a>(flag: &'a Flag, gate: &str) -> Option<&'a str> {
    let gates = (flag.name == "feature-gates").then_some(flag.value.as_str())?;
    gates.split(',').rev().find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name.trim() == gate).then_some(value.trim())
    })
}

/// The value of a feature gate in a configuration.
#[must_use]
pub fn gate(root: &Node, gate: &str) -> Option<(Span, bool)> {
    let entry = root.get("featureGates")?.entry(gate)?;
    Some((entry.span(), entry.value.bool()?))
}

/// The value of a feature gate anywhere in a file, flags included.
#[must_use]
pub fn gate_anywhere(subject: &Subject<'_>, name: &str) -> Option<bool> {
    let configured =
        configurations(subject).iter().find_map(|one| gate(one.root, name)).map(|(_, value)| value);
    configured.or_else(|| flags(subject).iter().find_map(|flag| Some(gate_in_flag(flag, name)? == "true")))
}

#[cfg(test)]
mod tests {
    use super::in_text;
    use model::document::Span;

    #[test]
    fn flags_are_found_in_the_text_of_arguments() {
        let flags = in_text(
            "KUBELET_EXTRA_ARGS=--fail-swap-on=false --feature-gates NodeSwap=true --v",
            Span::default(),
        );
        let flags: Vec<_> = flags.iter().map(|flag| (flag.name.as_str(), flag.value.as_str())).collect();
        assert_eq!(flags, [("fail-swap-on", "false"), ("feature-gates", "NodeSwap=true"), ("v", "")]);
    }
}
