//! A file into its documents: cut, parsed, recognised, and looked into.

use crate::embedded::{self, Part};
use crate::form::{Form, form};
use crate::place::{Map, Place};
use crate::words::Words;
use crate::yaml::Budget;
use crate::{json, mime, pieces, recognise, scalar_map, settings, shell, template, workload, yaml};
use model::document::kind::DocumentKind;
use model::document::node::{Node, Value};
use model::document::{Command, Content, Document, Span, Spanned, Unread, UnreadSeverity};
use model::workload::Workload;
use std::sync::Arc;

/// Documents may stand in one another this deep.
const LAYERS_MAX: usize = 5;

/// Reads a file's text.
pub(crate) fn read(name: &str, text: &str, broken: &[Unread]) -> (Vec<Document>, Vec<Workload>, Vec<Unread>) {
    let mut reader = Reader {
        budget: Budget::default(),
        words: Words::default(),
        documents: Vec::new(),
        workloads: Vec::new(),
        no_text: broken,
        unread: Vec::new(),
    };
    reader.text(&Source { name, text, place: Place::FILE, inside: None, layer: 0, told: Told::Everything });
    reader.unread.extend_from_slice(broken);
    reader.unread.sort_by_key(|unread| unread.span);
    (reader.documents, reader.workloads, reader.unread)
}

/// A text and where it comes from.
#[derive(Clone, Copy)]
struct Source<'a> {
    name: &'a str,
    text: &'a str,
    place: Place<'a>,
    /// The document that holds it.
    inside: Option<usize>,
    layer: usize,
    told: Told,
}

/// What is said of a text that is not understood.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Everything: it should be a document.
    Everything,
    /// Only what says itself that it is a document which is checked: a ConfigMap may hold anything.
    KnownKinds,
}

/// Words of a text that should have been readable.
const KNOWN_KINDS: [&str; 7] = [
    "KubeletConfiguration",
    "NodeConfig",
    "EC2NodeClass",
    "ClusterConfiguration",
    "InitConfiguration",
    "JoinConfiguration",
    "MemoryPolicy",
];

impl<'a> Source<'a> {
    const fn part(self, span: Span) -> Self {
        let (_, rest) = self.text.split_at(span.start);
        let (text, _) = rest.split_at(span.end - span.start);
        Self { text, place: self.place.from(span.start), ..self }
    }

    fn span(&self) -> Span {
        let start = self.text.len() - self.text.trim_start().len();
        self.place.span(start, self.text.trim_end().len().max(start))
    }

    const fn within(self, document: usize) -> Self {
        Self { inside: Some(document), layer: self.layer + 1, ..self }
    }
}

struct Reader<'a> {
    budget: Budget,
    words: Words,
    documents: Vec<Document>,
    workloads: Vec<Workload>,
    /// Bytes that are no text, in order.
    no_text: &'a [Unread],
    unread: Vec<Unread>,
}

impl Reader<'_> {
    fn text(&mut self, source: &Source<'_>) {
        match form(source.name, source.text) {
            Form::Stream => self.stream(source),
            Form::Mime => self.archive(source),
            Form::CloudConfig => self.cloud_config(source),
            Form::Shell => self.script(source),
            Form::Unit => self.unit(source),
            Form::Environment => self.environment(source),
        }
    }

    fn stream(&mut self, source: &Source<'_>) {
        for piece in pieces::pieces(source.text) {
            self.piece(&source.part(piece));
        }
    }

    /// One document of a stream, or several values of JSON in a row.
    fn piece(&mut self, source: &Source<'_>) {
        let (text, place) = (source.text, source.place);
        if self.has_no_text(place.span(0, text.len())) {
            return;
        }
        let mut json_fault = None;
        if is_json(text) {
            let (values, fault) = json::values(text, place, &mut self.words);
            if fault.is_none() || values.len() > 1 {
                for value in values {
                    self.tree(value, source);
                }
                self.tell(source, fault);
                return;
            }
            json_fault = fault;
        }
        match yaml::tree(text, place, &mut self.budget, &mut self.words) {
            Ok(None) => {}
            Ok(Some(root)) => match template::in_tree(&root) {
                Some(span) => self.tell(source, Some(template::unread(span))),
                None => self.tree(root, source),
            },
            Err(fault) => {
                let found = template::in_text(text);
                let found = found.map(|span| template::unread(place.span(span.start, span.end)));
                self.tell(source, found.or(json_fault).or(Some(fault)));
            }
        }
    }

    fn tell(&mut self, source: &Source<'_>, unread: Option<Unread>) {
        let is_told = match source.told {
            Told::Everything => true,
            Told::KnownKinds => KNOWN_KINDS.iter().any(|kind| source.text.contains(kind)),
        };
        let is_foreign = may_be_foreign(source);
        self.unread.extend(unread.filter(|_| is_told).map(|unread| {
            let severity = if is_foreign { UnreadSeverity::NotRecognised } else { unread.severity };
            Unread { severity, ..unread }
        }));
    }

    /// Bytes that are no text spoil the document that they are in; they have been told already.
    fn has_no_text(&self, span: Span) -> bool {
        let next = self.no_text.partition_point(|unread| unread.span.start < span.start);
        self.no_text.get(next).is_some_and(|unread| unread.span.start < span.end)
    }

    fn tree(&mut self, root: Node, source: &Source<'_>) {
        match recognise::tree_kind(source.name, &root) {
            Some(kind) => self.document(kind, root, source),
            None => self.tell(source, Some(not_recognised(&root))),
        }
    }

    fn push(&mut self, kind: DocumentKind, span: Span, content: Content, source: &Source<'_>) -> usize {
        self.documents.push(Document { kind, span, content, inside: source.inside });
        self.documents.len() - 1
    }

    fn document(&mut self, kind: DocumentKind, root: Node, source: &Source<'_>) {
        let number = self.documents.len();
        let listed = listed_kind(&kind);
        if let DocumentKind::Kubernetes { kind, .. } = &kind {
            self.workloads.extend(workload::workload(number, kind, &root));
        }
        let parts = if source.layer < LAYERS_MAX { embedded::parts(&kind, &root) } else { Vec::new() };
        let (root, items) = if listed.is_some() { share_items(root) } else { (root, Vec::new()) };
        self.push(kind, root.span, Content::Tree(root), source);
        for part in parts {
            self.part(part, &source.within(number));
        }
        for item in items {
            let kind = recognise::tree_kind("", &item).or_else(|| listed.clone().flatten());
            match kind {
                Some(kind) => self.document(kind, item, &Source { inside: Some(number), ..*source }),
                None => self.tell(source, Some(not_recognised(&item))),
            }
        }
    }

    fn part(&mut self, part: Part, source: &Source<'_>) {
        match part {
            Part::Tree(root, kind) => {
                self.push(kind, root.span, Content::Tree(root), source);
            }
            Part::Text(node, name) => scalar(&node, source, |inner| {
                let inner = Source { name: &name, told: Told::KnownKinds, ..inner };
                if is_worth_reading(&inner) {
                    self.text(&inner);
                }
            }),
            Part::UserData(node) => scalar(&node, source, |inner| self.user_data(&inner)),
            Part::Script(node) => match &node.resolved().value {
                Value::Sequence(items) => self.command(node.span, items, source),
                Value::Scalar(_) | Value::Mapping(_) | Value::Alias(_) => {
                    scalar(&node, source, |inner| self.script(&inner));
                }
            },
        }
    }

    /// A command whose words are given one by one.
    fn command(&mut self, span: Span, words: &[Node], source: &Source<'_>) {
        let words: Vec<Spanned<String>> = words.iter().filter_map(Node::spanned_text).collect();
        let commands = vec![Command { words, span }];
        self.push(DocumentKind::Shell, span, Content::Commands(commands), source);
    }

    /// User data that is not of several parts is a NodeConfig when it is YAML, else a script (Karpenter's nodeadm bootstrap).
    fn user_data(&mut self, source: &Source<'_>) {
        let source = Source { name: "", told: Told::Everything, ..*source };
        let is_stream = form("", source.text) == Form::Stream;
        if is_stream && !source.text.contains("apiVersion") {
            self.script(&source);
        } else {
            self.text(&source);
        }
    }

    fn archive(&mut self, source: &Source<'_>) {
        let archive = mime::archive(source.text, source.place);
        let content = Content::Settings(archive.settings);
        let number = self.push(DocumentKind::MimeUserData, source.span(), content, source);
        for part in archive.parts {
            let inner = Source { name: "", told: Told::Everything, ..source.part(part.body).within(number) };
            match part.content_type.as_str() {
                "application/node.eks.aws" => self.stream(&inner),
                "text/cloud-config" => self.cloud_config(&inner),
                "text/x-shellscript" => self.script(&inner),
                _ => self.user_data(&inner),
            }
        }
    }

    fn cloud_config(&mut self, source: &Source<'_>) {
        match yaml::tree(source.text, source.place, &mut self.budget, &mut self.words) {
            Ok(None) => {}
            Ok(Some(root)) => {
                for part in embedded::cloud_config(&root) {
                    self.part(part, source);
                }
            }
            Err(fault) => self.tell(source, Some(fault)),
        }
    }

    fn script(&mut self, source: &Source<'_>) {
        let script = shell::script(source.text, source.place);
        let number =
            self.push(DocumentKind::Shell, source.span(), Content::Commands(script.commands), source);
        if source.layer >= LAYERS_MAX {
            return;
        }
        for heredoc in script.heredocs {
            let inner = source.part(heredoc.body).within(number);
            let name = heredoc.target.as_deref().unwrap_or("");
            let inner = Source { name, told: Told::KnownKinds, ..inner };
            if !is_worth_reading(&inner) {
                continue;
            }
            if heredoc.strips_tabs {
                let (text, map) = without_tabs(inner.text);
                let map = map.through(inner.place);
                self.text(&Source { text: &text, place: Place::mapped(&map), ..inner });
            } else {
                self.text(&inner);
            }
        }
    }

    fn unit(&mut self, source: &Source<'_>) {
        let settings = settings::settings(source.text, source.place);
        let number = self.push(DocumentKind::SystemdUnit, source.span(), Content::Settings(settings), source);
        let lines = settings::exec_lines(source.text).into_iter();
        let commands: Vec<_> = lines
            .flat_map(|line| {
                let line = source.part(line);
                shell::script(line.text, line.place).commands
            })
            .collect();
        if !commands.is_empty() {
            self.push(
                DocumentKind::Shell,
                source.span(),
                Content::Commands(commands),
                &source.within(number),
            );
        }
    }

    fn environment(&mut self, source: &Source<'_>) {
        let settings = settings::settings(source.text, source.place);
        self.push(DocumentKind::Shell, source.span(), Content::Settings(settings), source);
    }
}

/// Whether a text is some other program's, which need not be YAML: many have a `.conf` or a `.toml`, and only the kubelet's drop-ins
/// are read.
fn may_be_foreign(source: &Source<'_>) -> bool {
    let is_other = source.name.ends_with(".conf") || source.name.ends_with(".toml");
    let words = ["KubeletConfiguration", "failSwapOn", "memorySwap", "swapBehavior", "evictionHard"];
    is_other && source.layer == 0 && !words.iter().any(|word| source.text.contains(word))
}

/// Gives the text of a scalar with its places in the file.
fn scalar(node: &Node, source: &Source<'_>, read: impl FnOnce(Source<'_>)) {
    let Some(scalar) = node.scalar() else { return };
    let written = source.place.inner(node.span);
    let raw = source.text.get(written.start..written.end).unwrap_or("");
    let map = scalar_map::map(raw, &scalar.text).through(source.place.from(written.start));
    read(Source { text: &scalar.text, place: Place::mapped(&map), ..*source });
}

/// A here-document of `<<-` without the tabs that begin its lines.
fn without_tabs(text: &str) -> (String, Map) {
    let mut stripped = String::with_capacity(text.len());
    let mut map = Map::default();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_start_matches('\t');
        let start = at + line.len() - content.len();
        let inner = Span::new(stripped.len(), stripped.len() + content.len());
        map.push(inner, Span::new(start, start + content.len()));
        stripped.push_str(content);
        at += line.len();
    }
    (stripped, map)
}

/// Texts in ConfigMaps and scripts may be anything; only those are parsed that can be of a kind that is checked.
fn is_worth_reading(source: &Source<'_>) -> bool {
    match form(source.name, source.text) {
        Form::Mime | Form::CloudConfig | Form::Shell | Form::Unit | Form::Environment => true,
        Form::Stream => {
            let name = recognise::file_name(source.name);
            name == "daemon.json"
                || name.contains("compose")
                || name.contains("kubelet")
                || ["kind:", "\"kind\"", "failSwapOn", "memorySwap", "evictionHard", "services:"]
                    .iter()
                    .any(|word| source.text.contains(word))
        }
    }
}

/// JSON begins with a bracket; so do templates and YAML's flow style.
fn is_json(text: &str) -> bool {
    let text = text.strip_prefix("---").unwrap_or(text).trim_start();
    text.starts_with('{') && !text.starts_with("{{") || text.starts_with('[')
}

/// Whether a kind is a list of objects, and the kind that its items need not repeat: `PodList` of `v1` holds pods.
fn listed_kind(kind: &DocumentKind) -> Option<Option<DocumentKind>> {
    let DocumentKind::Kubernetes { api_version, kind } = kind else { return None };
    let kind = kind.strip_suffix("List")?;
    let item = DocumentKind::Kubernetes { api_version: api_version.clone(), kind: kind.to_owned() };
    Some((!kind.is_empty()).then_some(item))
}

/// The items of a list, shared with the list's own tree.
fn share_items(mut root: Node) -> (Node, Vec<Node>) {
    let mut items = Vec::new();
    if let Value::Mapping(entries) = &mut root.value {
        for entry in
            entries.iter_mut().filter(|entry| entry.key.scalar().is_some_and(|key| *key.text == *"items"))
        {
            let Value::Sequence(values) = &mut entry.value.value else { continue };
            for value in values.iter_mut().filter(|value| value.is_mapping()) {
                if !matches!(value.value, Value::Alias(_)) {
                    let span = value.span;
                    let inner = std::mem::replace(&mut value.value, Value::Sequence(Vec::new()));
                    value.value = Value::Alias(Arc::new(Node { span, value: inner }));
                }
                items.push(value.clone());
            }
        }
    }
    (root, items)
}

fn not_recognised(root: &Node) -> Unread {
    let found = match &root.resolved().value {
        Value::Scalar(_) => "text".to_owned(),
        Value::Sequence(_) => "a list".to_owned(),
        Value::Mapping(entries) if entries.is_empty() => "an empty mapping".to_owned(),
        Value::Mapping(entries) => {
            let names: Vec<_> = entries.iter().take(3).map(|entry| format!("`{}`", entry.name())).collect();
            let more = if entries.len() > names.len() { " and more" } else { "" };
            format!("{}{more}", names.join(", "))
        }
        Value::Alias(_) => "an alias".to_owned(),
    };
    Unread {
        span: root.span,
        why: format!("expected a document of a known kind, found {found}"),
        severity: UnreadSeverity::NotRecognised,
    }
}
