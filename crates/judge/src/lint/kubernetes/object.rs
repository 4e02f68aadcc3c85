//! The objects of a file, and the parts of their pods that the nouns do not hold.

use crate::lint::Subject;
use kernel::bytes::Bytes;
use model::document::kind::DocumentKind;
use model::document::node::{Entry, Node};
use model::document::{Content, Span, Spanned};
use model::quantity::kubernetes;
use model::workload::{Amount, ContainerSpec, Workload};

/// An object of the Kubernetes API.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    /// The number of its document.
    pub number: usize,
    /// `apiVersion`.
    pub api_version: &'a str,
    /// `kind`.
    pub kind: &'a str,
    /// Its tree.
    pub root: &'a Node,
}

/// A pod, or the template of one.
#[derive(Clone, Copy, Debug)]
pub struct Pod<'a> {
    /// The same as nouns.
    pub workload: &'a Workload,
    /// The pod's `spec`.
    pub spec: &'a Node,
    /// The pod's `metadata`.
    pub metadata: Option<&'a Node>,
}

/// A container.
#[derive(Clone, Copy, Debug)]
pub struct Container<'a> {
    /// Its tree.
    pub node: &'a Node,
    /// The same as a noun.
    pub spec: &'a ContainerSpec,
}

/// The objects of a file; a list's items are objects of their own.
pub fn objects<'a>(subject: &Subject<'a>) -> impl Iterator<Item = Object<'a>> {
    let documents = subject.file.documents.iter().enumerate();
    documents.filter_map(|(number, document)| {
        let DocumentKind::Kubernetes { api_version, kind } = &document.kind else { return None };
        let Content::Tree(root) = &document.content else { return None };
        Some(Object { number, api_version, kind, root: root.resolved() })
    })
}

/// The objects of one kind.
pub fn objects_of<'a>(subject: &Subject<'a>, kind: &'static str) -> impl Iterator<Item = Object<'a>> {
    objects(subject).filter(move |object| object.kind == kind)
}

/// The objects of one kind of the core API, `v1`.
pub fn core_objects_of<'a>(subject: &Subject<'a>, kind: &'static str) -> impl Iterator<Item = Object<'a>> {
    objects_of(subject, kind).filter(|object| object.api_version == "v1")
}

/// The pods of a file.
pub fn pods<'a>(subject: &Subject<'a>) -> impl Iterator<Item = Pod<'a>> {
    let file = subject.file;
    file.workloads.iter().filter_map(|workload| {
        let Content::Tree(root) = &file.documents.get(workload.document)?.content else { return None };
        let template = match workload.kind.as_str() {
            "Pod" => root,
            "CronJob" => root.at(&["spec", "jobTemplate", "spec", "template"])?,
            "PodTemplate" => root.get("template")?,
            _ => root.at(&["spec", "template"])?,
        };
        Some(Pod { workload, spec: template.get("spec")?, metadata: template.get("metadata") })
    })
}

/// The containers of a file, each with its pod.
pub fn containers<'a>(subject: &Subject<'a>) -> impl Iterator<Item = (Pod<'a>, Container<'a>)> {
    pods(subject).flat_map(|pod| pod.containers().map(move |container| (pod, container)))
}

impl<'a> Pod<'a> {
    /// Its containers of every role.
    pub fn containers(&self) -> impl Iterator<Item = Container<'a>> + use<'a> {
        let (spec, workload) = (self.spec, self.workload);
        let lists = ["initContainers", "containers", "ephemeralContainers"];
        let nodes = lists.into_iter().flat_map(move |key| spec.items_at(&[key]));
        nodes.filter_map(move |node| {
            // In the order of their places: a pod may have thousands.
            let own = workload.pod.containers.binary_search_by_key(&node.span, |container| container.span);
            own.ok().and_then(|at| workload.pod.containers.get(at)).map(|spec| Container { node, spec })
        })
    }

    /// The `resources` of its containers, and its own.
    pub fn resources(&self) -> impl Iterator<Item = &'a Node> + use<'a> {
        let owners = self.containers().map(|container| container.node).chain([self.spec]);
        owners.filter_map(|owner| owner.get("resources"))
    }

    /// What a message calls it: `Deployment \`web\``.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.workload.name {
            Some(name) => format!("{} `{}`", self.workload.kind, name.value),
            None => self.workload.kind.clone(),
        }
    }
}

impl Container<'_> {
    /// The memory limit in bytes, when it limits.
    #[must_use]
    pub fn limit(&self) -> Option<(Span, Bytes)> {
        let limit = self.spec.resources.limits.memory.as_ref()?;
        let bytes = limit.value.bytes().filter(|bytes| *bytes > Bytes::ZERO)?;
        Some((limit.span, bytes))
    }

    /// Whether it may do everything on its node.
    #[must_use]
    pub fn is_privileged(&self) -> bool {
        self.node.at(&["securityContext", "privileged"]).and_then(Node::bool) == Some(true)
    }
}

/// The labels or annotations (`which`) of an object and of the pods that it makes.
pub fn metadata<'a>(object: &Object<'a>, which: &'static str) -> Vec<&'a Entry> {
    let paths: [&[&str]; 3] = [
        &["metadata"],
        &["spec", "template", "metadata"],
        &["spec", "jobTemplate", "spec", "template", "metadata"],
    ];
    let mut entries: Vec<&Entry> = Vec::new();
    for path in paths {
        entries.extend(object.root.at(path).map_or(&[][..], |metadata| metadata.entries_at(&[which])));
    }
    entries
}

/// The `requests` and `limits` of resources.
pub fn requests_and_limits(resources: &Node) -> impl Iterator<Item = &Node> {
    ["requests", "limits"].into_iter().filter_map(|key| resources.get(key))
}

/// A quantity below a key.
#[must_use]
pub fn amount(node: &Node, key: &str) -> Option<Spanned<Amount>> {
    let value = node.get(key)?;
    let text = value.text()?.to_owned();
    Some(Spanned { value: Amount { milli: kubernetes::milli(&text), text }, span: value.span })
}

/// The place of some text inside a word, such as a line of a script; the whole word where it is written otherwise.
#[must_use]
pub fn within(subject: &Subject<'_>, word: &Spanned<String>, text: &str) -> Span {
    let there = subject.file.text.get(word.span.start..word.span.end).unwrap_or("");
    there
        .find(text)
        .map_or(word.span, |at| Span::new(word.span.start + at, word.span.start + at + text.len()))
}

/// Whether a text is filled in before Kubernetes reads it: by a shell, a kustomization, a template.
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    text.contains(['$', '<', '@', '{', '}', '[', '(']) || text.starts_with("__")
}

#[cfg(test)]
mod tests {
    use super::is_placeholder;

    #[test]
    fn what_is_filled_in_later_is_no_quantity_of_its_own() {
        for text in
            ["$MEMORY", "${MEMORY:-1Gi}", "{{ .Values.memory }}", "<memory>", "__MEMORY__", "@memory@"]
        {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["512MB", "-1", "50%", ""] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
