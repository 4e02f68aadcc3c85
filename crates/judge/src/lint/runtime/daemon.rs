//! `daemon.json`, as far as it is about memory.

use crate::lint::Subject;
use model::document::Content;
use model::document::kind::DocumentKind;
use model::document::node::Node;

/// The configurations of Docker's daemon in a file.
pub fn configurations<'a>(subject: &Subject<'a>) -> impl Iterator<Item = &'a Node> {
    subject.file.documents.iter().filter_map(|document| match (&document.kind, &document.content) {
        (DocumentKind::DockerDaemon, Content::Tree(root)) => Some(root),
        (_, Content::Tree(_) | Content::Commands(_) | Content::Settings(_)) => None,
    })
}

/// The value of an option in `exec-opts`, with the text that holds it.
#[must_use]
pub fn exec_option<'a>(root: &'a Node, name: &str) -> Option<(&'a Node, &'a str)> {
    root.get("exec-opts")?.items().iter().rev().find_map(|item| {
        let (key, value) = item.text()?.split_once('=')?;
        (key.trim() == name).then_some((item, value))
    })
}
