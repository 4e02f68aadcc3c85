//! Templates that were not rendered: `{{ … }}` of Go and Helm, `{% … %}` of Jinja.

use crate::yaml::broken;
use model::document::node::{Node, Value};
use model::document::{Span, Unread};

/// A text that did not parse is a template when it holds one outside of comments.
pub(crate) fn in_text(text: &str) -> Option<Span> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let code = line.trim_start();
        if !code.starts_with('#') || code.starts_with("#{{") {
            let found = line.find("{{").or_else(|| line.find("{%"));
            if let Some(start) = found {
                let end =
                    line[start..].find("}}").or_else(|| line[start..].find("%}")).map_or(2, |end| end + 2);
                return Some(Span::new(at + start, at + start + end));
            }
        }
        at += line.len();
    }
    None
}

/// A tree that parsed holds a template where a mapping is the key of another: YAML reads `{{ x }}` so.
pub(crate) fn in_tree(root: &Node) -> Option<Span> {
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        match &node.value {
            Value::Scalar(_) | Value::Alias(_) => {}
            Value::Sequence(items) => open.extend(items.iter().rev()),
            Value::Mapping(entries) => {
                if let [only] = entries.as_slice() {
                    let key = &only.key;
                    if matches!(key.value, Value::Mapping(_)) && key.span.start == node.span.start + 1 {
                        return Some(node.span);
                    }
                }
                open.extend(entries.iter().rev().map(|entry| &entry.value));
            }
        }
    }
    None
}

/// What to say of it.
pub(crate) fn unread(span: Span) -> Unread {
    broken(
        span,
        "expected YAML, found a template (`{{ }}` of Helm or Go, `{% %}` of Jinja): render it first, as `helm template` does".into(),
    )
}
