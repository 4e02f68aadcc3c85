//! Settings written into a KubeletConfiguration that people have written: the rest, with its comments, stays as it is.

use manifest::edit::edit;
use model::document::change::{insert_after, replace_scalar};
use model::document::node::{Entry, Node, Scalar, Style};
use model::document::{Content, Edit, Span};
use model::manifest::ManifestFile;

/// A setting: the keys that lead to it and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// One key, or two.
    pub keys: Vec<&'static str>,
    /// The value, as YAML reads it: `false`, `LimitedSwap`, `100Mi`.
    pub value: String,
}

/// The text with the settings; nothing where it is not laid out so that it can be done safely.
pub fn with(file: &ManifestFile, settings: &[Setting]) -> Option<String> {
    let mut file = file.clone();
    for setting in settings {
        let edits = edits(&file, setting)?;
        file = edit(&file, &edits).ok()?;
    }
    Some(file.text)
}

fn edits(file: &ManifestFile, setting: &Setting) -> Option<Vec<Edit>> {
    let root = file.documents.iter().find_map(|document| match &document.content {
        Content::Tree(root) if document.inside.is_none() => Some(root),
        Content::Tree(_) | Content::Commands(_) | Content::Settings(_) => None,
    })?;
    let (last, outer) = setting.keys.split_last()?;
    let Some(outer) = outer.first() else {
        return entry(file, root, last, &setting.value).map(|edit| vec![edit]);
    };
    match root.entry(outer) {
        Some(found) if !found.value.entries().is_empty() => {
            entry(file, &found.value, last, &setting.value).map(|edit| vec![edit])
        }
        // Nothing, `null` or `{}`: a mapping in one line takes its place.
        Some(found) => {
            let span = found.value.span;
            let text = flow(file, last, &setting.value);
            let before = file.text.get(..span.start)?;
            let is_empty = span.start == span.end;
            let space = if is_empty && before.ends_with(':') { " " } else { "" };
            Some(vec![Edit { span, text: format!("{space}{text}") }])
        }
        None => {
            let edit = insert(file, root, outer, "null")?;
            let text = format!("{}{}", edit.text.strip_suffix("null")?, flow(file, last, &setting.value));
            Some(vec![Edit { span: edit.span, text }])
        }
    }
}

/// The edit that gives a key of a mapping its value.
fn entry(file: &ManifestFile, mapping: &Node, key: &str, value: &str) -> Option<Edit> {
    match mapping.entry(key) {
        Some(found) if found.value.span.start == found.value.span.end => {
            let before = file.text.get(..found.value.span.start)?;
            let space = if before.ends_with(':') { " " } else { "" };
            Some(Edit { span: found.value.span, text: format!("{space}{value}") })
        }
        // A truth value in quotes is text: the quotes go.
        Some(found) if matches!(value, "true" | "false") => {
            Some(Edit { span: found.value.span, text: value.to_owned() })
        }
        Some(found) => replace_scalar(&file.text, &found.value, value),
        None => insert(file, mapping, key, value),
    }
}

fn insert(file: &ManifestFile, mapping: &Node, key: &str, value: &str) -> Option<Edit> {
    let last: &Entry = mapping.entries().iter().max_by_key(|entry| entry.key.span.start)?;
    let scalar = Scalar { text: value.into(), style: Style::Plain };
    let after_block = || {
        // The last value is a block of its own lines: a new line behind it, as deep as the first key.
        let first = mapping.entries().iter().min_by_key(|entry| entry.key.span.start)?;
        insert_before(file, first.key.span, key, value)
    };
    insert_after(&file.text, mapping, last, key, &scalar).or_else(after_block)
}

/// A line before a key, as deep as the key.
fn insert_before(file: &ManifestFile, first: Span, key: &str, value: &str) -> Option<Edit> {
    let line = file.text.get(..first.start)?.rfind('\n').map_or(0, |end| end + 1);
    let indent = file.text.get(line..first.start)?;
    indent.chars().all(|symbol| symbol == ' ').then(|| Edit {
        span: Span::new(first.start, first.start),
        text: format!("{key}: {value}\n{indent}"),
    })
}

/// A mapping in one line, as YAML and, in a JSON file, as JSON write it.
fn flow(file: &ManifestFile, key: &str, value: &str) -> String {
    if file.text.trim_start().starts_with('{') {
        format!("{{\"{key}\": \"{value}\"}}")
    } else {
        format!("{{{key}: {value}}}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Setting, with};

    fn set(text: &str, settings: &[(&[&'static str], &str)]) -> Option<String> {
        let settings: Vec<_> = settings
            .iter()
            .map(|(keys, value)| Setting { keys: keys.to_vec(), value: (*value).to_owned() })
            .collect();
        with(&manifest::read("config.yaml", text.as_bytes()), &settings)
    }

    const BOTH: &[(&[&str], &str)] =
        &[(&["failSwapOn"], "false"), (&["memorySwap", "swapBehavior"], "LimitedSwap")];

    #[test]
    fn comments_and_order_stay() {
        let text = "apiVersion: kubelet.config.k8s.io/v1beta1\n# ours\nkind: KubeletConfiguration\nfailSwapOn: true # no swap\nmemorySwap: {}\nzone: x\n";
        let expected = "apiVersion: kubelet.config.k8s.io/v1beta1\n# ours\nkind: KubeletConfiguration\nfailSwapOn: false # no swap\nmemorySwap: {swapBehavior: LimitedSwap}\nzone: x\n";
        assert_eq!(set(text, BOTH).unwrap(), expected);
        assert_eq!(set(expected, BOTH).unwrap(), expected);
    }

    #[test]
    fn what_is_not_there_comes_last() {
        let text = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
        let expected = format!("{text}failSwapOn: false\nmemorySwap: {{swapBehavior: LimitedSwap}}\n");
        assert_eq!(set(text, BOTH).unwrap(), expected);
        let nested = "kind: KubeletConfiguration\nmemorySwap:\n  swapBehavior: NoSwap\nevictionHard:\n  nodefs.available: 10%\n";
        let eviction: &[(&[&str], &str)] = &[(&["evictionHard", "memory.available"], "200Mi")];
        let after = set(nested, &[BOTH, eviction].concat()).unwrap();
        assert!(after.contains("  swapBehavior: LimitedSwap\n"), "{after}");
        assert!(after.contains("  nodefs.available: 10%\n  memory.available: 200Mi\n"), "{after}");
        assert!(after.contains("failSwapOn: false\n"), "{after}");
    }

    #[test]
    fn json_stays_json() {
        let text = "{\n  \"kind\": \"KubeletConfiguration\",\n  \"memorySwap\": {},\n  \"evictionHard\": {\"memory.available\": \"100Mi\"}\n}\n";
        let eviction: &[(&[&str], &str)] = &[(&["evictionHard", "memory.available"], "200Mi")];
        let after = set(text, &[BOTH, eviction].concat()).unwrap();
        assert!(after.contains("\"memorySwap\": {\"swapBehavior\": \"LimitedSwap\"}"), "{after}");
        assert!(after.contains("\"memory.available\": \"200Mi\""), "{after}");
        assert!(after.contains("\"failSwapOn\": false"), "{after}");
    }
}
