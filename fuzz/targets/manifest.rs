//! Fuzzes files of every kind: every place lies in the text, in order and on characters; edits of any entry are refused or kept to it.

#![no_main]

use libfuzzer_sys::fuzz_target;

use model::document::change::{insert_after, remove_entry, replace_scalar};
use model::document::node::{Node, Scalar, Style, Value};
use model::document::{Content, Span};
use model::manifest::ManifestFile;

const NAMES: [&str; 6] = ["a.yaml", "a.json", "a.sh", "a.service", "daemon.json", "-"];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, bytes)) = bytes.split_first() else { return };
    let file = manifest::read(NAMES[usize::from(*first) % NAMES.len()], bytes);
    for unread in &file.unread {
        check(&file, unread.span);
    }
    for (number, document) in file.documents.iter().enumerate() {
        check(&file, document.span);
        assert!(document.inside.is_none_or(|outer| outer < number));
        match &document.content {
            Content::Tree(root) => walk(&file, root, &mut 50),
            Content::Commands(commands) => {
                commands.iter().flat_map(|command| &command.words).for_each(|word| check(&file, word.span));
            }
            Content::Settings(settings) => settings.iter().for_each(|setting| {
                check(&file, setting.key.span);
                check(&file, setting.value.span);
            }),
        }
    }
    for workload in &file.workloads {
        assert!(workload.document < file.documents.len());
    }
});

fn check(file: &ManifestFile, span: Span) {
    assert!(file.text.get(span.start..span.end).is_some(), "{span:?}");
}

fn walk(file: &ManifestFile, node: &Node, edits: &mut usize) {
    check(file, node.span);
    match &node.value {
        Value::Scalar(_) | Value::Alias(_) => {}
        Value::Sequence(items) => items.iter().for_each(|item| walk(file, item, edits)),
        Value::Mapping(entries) => {
            for entry in entries {
                check(file, entry.key.span);
                if *edits > 0 && file.text.len() < 2_000 {
                    *edits -= 1;
                    let value = Scalar { text: "1Gi".into(), style: Style::Plain };
                    let made = [
                        remove_entry(&file.text, node, entry),
                        insert_after(&file.text, node, entry, "new", &value),
                        replace_scalar(&file.text, &entry.value, "1Gi"),
                    ];
                    for made in made.into_iter().flatten() {
                        let _ = manifest::edit::edit(file, &[made]);
                    }
                }
                walk(file, &entry.value, edits);
            }
        }
    }
}
