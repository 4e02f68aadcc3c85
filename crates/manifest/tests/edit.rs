//! Edits keep the layout and the meaning of everything else.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use manifest::edit::{Refusal, apply, edit};
use manifest::read;
use model::document::change::{insert_after, remove_entry, replace_scalar};
use model::document::node::{Node, Scalar, Style};
use model::document::{Content, Edit, Span};
use model::manifest::ManifestFile;
use proptest::prelude::{Just, Strategy, prop_oneof};
use proptest::sample::{Index, select};
use proptest::{collection, prop_assert, prop_assert_eq, proptest};

fn root(file: &ManifestFile) -> &Node {
    match &file.documents.last().unwrap().content {
        Content::Tree(root) => root,
        Content::Commands(_) | Content::Settings(_) => panic!("no tree"),
    }
}

const HEAD: &str = "kind: A\napiVersion: b/v1\n";

/// Takes the entry at the end of a path out of a document.
fn without(text: &str, path: &[&str]) -> String {
    let file = read("a.yaml", text.as_bytes());
    let (key, parents) = path.split_last().unwrap();
    let mapping = parents.iter().fold(root(&file), |node, key| match key.parse::<usize>() {
        Ok(item) => &node.items()[item],
        Err(_) => node.get(key).unwrap(),
    });
    let change = remove_entry(&file.text, mapping, mapping.entry(key).unwrap()).unwrap();
    edit(&file, &[change]).unwrap().text
}

#[test]
fn an_entry_goes_with_its_line() {
    for (before, path, after) in [
        ("a: 1 # one\n# two\nb: 2\n", ["a"].as_slice(), "# two\nb: 2\n"),
        ("a: 1\r\nb: 2\r\nc: 3\r\n", &["b"], "a: 1\r\nc: 3\r\n"),
        ("a: 1\nb:\n  c: 2\n  d: 3\n", &["b"], "a: 1\n"),
        ("a: 1\nb: 2", &["b"], "a: 1"),
        ("a: {b: 1, c: 2}\n", &["a", "b"], "a: {c: 2}\n"),
        ("a: {b: 1, c: 2}\n", &["a", "c"], "a: {b: 1}\n"),
        ("a: {b: 1}\n", &["a", "b"], "a: {}\n"),
        ("a:\n  b: 1\nc: 2\n", &["a", "b"], "a:\n  {}\nc: 2\n"),
        ("a:\n- b: 1\n  c: 2\n- d: 1\n", &["a", "0", "b"], "a:\n- c: 2\n- d: 1\n"),
        ("a:\n- b: 1\n  # why\n  c: 2\n", &["a", "0", "b"], "a:\n- \n  # why\n  c: 2\n"),
        ("a: |\n  text\n  more\nb: 1\n", &["a"], "b: 1\n"),
    ] {
        assert_eq!(without(&format!("{HEAD}{before}"), path), format!("{HEAD}{after}"), "{before}");
    }
    let json = "{\n  \"kind\": \"A\",\n  \"apiVersion\": \"b/v1\",\n  \"x\": 1,\n  \"y\": {\"z\": 2}\n}\n";
    assert_eq!(without(json, &["y"]), "{\n  \"kind\": \"A\",\n  \"apiVersion\": \"b/v1\",\n  \"x\": 1\n}\n");
    assert_eq!(
        without(json, &["x"]),
        "{\n  \"kind\": \"A\",\n  \"apiVersion\": \"b/v1\",\n  \"y\": {\"z\": 2}\n}\n"
    );
}

#[test]
fn a_scalar_keeps_its_quotes() {
    for (before, value, after) in [
        ("a: 1 # c\n", "512Mi", "a: 512Mi # c\n"),
        ("a: '1'\n", "it's", "a: 'it''s'\n"),
        ("a: \"1\"\n", "x\"y", "a: \"x\\\"y\"\n"),
        ("a: b\n", "c: d #", "a: \"c: d #\"\n"),
    ] {
        let file = read("a.yaml", format!("{HEAD}{before}").as_bytes());
        let change = replace_scalar(&file.text, root(&file).get("a").unwrap(), value).unwrap();
        let after_text = edit(&file, &[change]).unwrap().text;
        assert_eq!(after_text, format!("{HEAD}{after}"));
        assert_eq!(root(&read("a.yaml", after_text.as_bytes())).get("a").unwrap().text(), Some(value));
    }
}

#[test]
fn a_new_entry_has_the_neighbours_indentation_and_line_ending() {
    let size = Scalar { text: "1Gi".into(), style: Style::Plain };
    for (before, path, key, after) in [
        ("a:\n    b: 1 # c\n    d: 2\n", ["a"].as_slice(), "b", "a:\n    b: 1 # c\n    new: 1Gi\n    d: 2\n"),
        ("a:\r\n  b: 1\r\n", &["a"], "b", "a:\r\n  b: 1\r\n  new: 1Gi\r\n"),
        ("a:\n- b: 1\n- c\n", &["a", "0"], "b", "a:\n- b: 1\n  new: 1Gi\n- c\n"),
        ("a: {b: 1}\n", &["a"], "b", "a: {b: 1, new: 1Gi}\n"),
        ("a: 1", &[], "a", "a: 1\nnew: 1Gi"),
        ("a:\n  b:\n    c: 1\n", &["a"], "b", "a:\n  b:\n    c: 1\n  new: 1Gi\n"),
    ] {
        let file = read("a.yaml", format!("{HEAD}{before}").as_bytes());
        let mapping = path.iter().fold(root(&file), |node, key| match key.parse::<usize>() {
            Ok(item) => &node.items()[item],
            Err(_) => node.get(key).unwrap(),
        });
        let change = insert_after(&file.text, mapping, mapping.entry(key).unwrap(), "new", &size).unwrap();
        assert_eq!(edit(&file, &[change]).unwrap().text, format!("{HEAD}{after}"), "{before}");
    }
    let json = "{\n  \"kind\": \"A\",\n  \"apiVersion\": \"b/v1\"\n}\n";
    let file = read("a.json", json.as_bytes());
    let change =
        insert_after(&file.text, root(&file), root(&file).entry("kind").unwrap(), "new", &size).unwrap();
    let after = edit(&file, &[change]).unwrap().text;
    assert_eq!(after, "{\n  \"kind\": \"A\",\n  \"new\": \"1Gi\",\n  \"apiVersion\": \"b/v1\"\n}\n");
}

#[test]
fn documents_inside_others_are_edited_in_place() {
    let text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  kubelet: |\n    kind: KubeletConfiguration\n    failSwapOn: true # no\n    evictionHard:\n      memory.available: 1Gi\n  other: x\n";
    let file = read("a.yaml", text.as_bytes());
    let kubelet = root(&file);
    let change = remove_entry(&file.text, kubelet, kubelet.entry("failSwapOn").unwrap()).unwrap();
    let after = edit(&file, &[change]).unwrap();
    assert_eq!(after.text, text.replace("    failSwapOn: true # no\n", ""));
}

#[test]
fn edits_that_change_more_are_refused() {
    for (text, from, to, with) in [
        // The anchor's other user.
        ("a: &x {b: 1}\nc: *x\n", "1", "1", "2"),
        // A key of a neighbour.
        ("a: 1\nb: 2\n", "1\nb", "1\nb", "1\nc"),
        // The neighbour becomes a part of it.
        ("a: 1\nb: 2\n", "1\nb", "1\nb", "|\n  x\n b"),
        // No YAML.
        ("a: 1\nb: 2\n", "1", "1", "'"),
        // A value swallowed by a comment.
        ("a: {b: 1, c: 2}\n", "1", "1", "1 #"),
    ] {
        let file = read("a.yaml", format!("{HEAD}{text}").as_bytes());
        let start = file.text.rfind(from).unwrap();
        let change = Edit { span: Span::new(start, start + to.len()), text: with.into() };
        let result = edit(&file, &[change]);
        let changes_a_key = with == "1\nc";
        assert!(result.is_err() || changes_a_key, "{text}: {:?}", result.map(|file| file.text));
    }
}

#[test]
fn edits_fit_the_text_and_each_other() {
    let change = |start, end| Edit { span: Span::new(start, end), text: "x".into() };
    assert_eq!(apply("abcd", &[change(2, 3), change(0, 1)]), Ok("xbxd".into()));
    assert_eq!(apply("abcd", &[change(0, 2), change(1, 3)]), Err(Refusal::Overlap(Span::new(1, 3))));
    assert_eq!(apply("abcd", &[change(4, 5)]), Err(Refusal::OutsideTheText(Span::new(4, 5))));
    assert_eq!(apply("ü", &[change(1, 2)]), Err(Refusal::OutsideTheText(Span::new(1, 2))));
}

/// A document, and how to write it.
#[derive(Clone, Debug)]
enum Tree {
    Leaf(&'static str),
    List(Vec<Tree>),
    Map(Vec<Tree>, bool),
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf =
        select(vec!["1", "x", "'a b'", "\"q\\n\"", "512Mi", "", "true", "{}", "[]"]).prop_map(Tree::Leaf);
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 1..4).prop_map(Tree::List),
            (collection::vec(inner, 1..4), proptest::bool::ANY)
                .prop_map(|(values, flow)| Tree::Map(values, flow)),
        ]
    })
}

/// Block style, comments here and there; flow style below a mapping that is flow.
fn write(tree: &Tree, indent: usize, out: &mut String, comments: &[bool]) {
    let pad = " ".repeat(indent);
    let comment = |at: usize| if comments[(at + indent) % comments.len()] { " # note" } else { "" };
    match tree {
        Tree::Leaf(text) => out.push_str(text),
        Tree::List(items) => {
            for (at, item) in items.iter().enumerate() {
                out.push_str(&format!("\n{pad}- "));
                write_inline(item, indent + 2, out, comments);
                out.push_str(comment(at));
            }
        }
        Tree::Map(values, true) => {
            out.push('{');
            for (at, value) in values.iter().enumerate() {
                out.push_str(&format!("{}k{at}: {}", if at > 0 { ", " } else { "" }, flow(value)));
            }
            out.push('}');
        }
        Tree::Map(values, false) => {
            for (at, value) in values.iter().enumerate() {
                if comments[at % comments.len()] {
                    out.push_str(&format!("\n{pad}# above"));
                }
                out.push_str(&format!("\n{pad}k{at}: "));
                write(value, indent + 2, out, comments);
                if matches!(value, Tree::Leaf(_)) {
                    out.push_str(comment(at));
                }
            }
        }
    }
}

fn write_inline(item: &Tree, indent: usize, out: &mut String, comments: &[bool]) {
    let mut text = String::new();
    write(item, indent, &mut text, comments);
    out.push_str(text.trim_start());
}

fn flow(tree: &Tree) -> String {
    match tree {
        Tree::Leaf(text) => (*text).to_owned(),
        Tree::List(items) => format!(
            "[{}]",
            items
                .iter()
                .map(flow)
                .map(|text| if text.is_empty() { "~".into() } else { text })
                .collect::<Vec<_>>()
                .join(", ")
        ),
        Tree::Map(values, _) => {
            let entries = values.iter().enumerate().map(|(at, value)| format!("k{at}: {}", flow(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// What a tree means, without places and styles.
#[derive(Clone, Debug, PartialEq)]
enum Meaning {
    Scalar(String),
    List(Vec<Meaning>),
    Map(Vec<(String, Meaning)>),
}

fn meaning(node: &Node) -> Meaning {
    if node.is_mapping() {
        Meaning::Map(
            node.entries().iter().map(|entry| (entry.name().to_owned(), meaning(&entry.value))).collect(),
        )
    } else if let Some(scalar) = node.scalar() {
        Meaning::Scalar(format!("{:?}", scalar.plain()))
    } else {
        Meaning::List(node.items().iter().map(meaning).collect())
    }
}

/// Every mapping with its path of positions.
fn mappings<'a>(node: &'a Node, path: &[usize], found: &mut Vec<(Vec<usize>, &'a Node)>) {
    if node.is_mapping() {
        found.push((path.to_vec(), node));
    }
    let children = node.entries().iter().map(|entry| &entry.value).chain(node.items());
    for (at, child) in children.enumerate() {
        let path: Vec<_> = path.iter().copied().chain([at]).collect();
        mappings(child, &path, found);
    }
}

fn at_mut<'a>(meaning: &'a mut Meaning, path: &[usize]) -> &'a mut Vec<(String, Meaning)> {
    match (meaning, path) {
        (Meaning::Map(entries), []) => entries,
        (Meaning::Map(entries), [first, rest @ ..]) => at_mut(&mut entries[*first].1, rest),
        (Meaning::List(items), [first, rest @ ..]) => at_mut(&mut items[*first], rest),
        (Meaning::Scalar(_) | Meaning::List(_), _) => panic!("no mapping there"),
    }
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn an_edit_changes_its_place_and_nothing_else(
        tree in collection::vec(trees(), 1..4).prop_map(|values| Tree::Map(values, false)),
        comments in collection::vec(proptest::bool::ANY, 1..5),
        carriage in proptest::bool::ANY,
        last_line in prop_oneof![Just(""), Just("\n"), Just("\n\n# end\n")],
        mapping in proptest::arbitrary::any::<Index>(),
        entry in proptest::arbitrary::any::<Index>(),
        change in 0..3,
    ) {
        let mut text = HEAD.trim_end().to_owned();
        write(&tree, 0, &mut text, &comments);
        text.push_str(last_line);
        let text = if carriage { text.replace('\n', "\r\n") } else { text };
        let file = read("a.yaml", text.as_bytes());
        prop_assert!(file.unread.is_empty(), "{}\n{:?}", text, file.unread);
        let mut found = Vec::new();
        mappings(root(&file), &[], &mut found);
        found.retain(|(_, mapping)| !mapping.entries().is_empty());
        let (path, mapping) = mapping.get(&found);
        let at = entry.index(mapping.entries().len());
        // The head tells the kind: it stays.
        let at = if path.is_empty() { at.max(2) } else { at };
        let entry = &mapping.entries()[at];
        let mut expected = meaning(root(&file));
        let entries = at_mut(&mut expected, path);
        let made = match change {
            0 => {
                entries.remove(at);
                remove_entry(&file.text, mapping, entry)
            }
            1 => {
                let value = Scalar { text: "2Gi".into(), style: Style::Plain };
                entries.insert(at + 1, ("new".into(), Meaning::Scalar("Text(\"2Gi\")".into())));
                insert_after(&file.text, mapping, entry, "new", &value)
            }
            _ => {
                entries[at].1 = Meaning::Scalar("Text(\"2Gi\")".into());
                replace_scalar(&file.text, &entry.value, "2Gi")
            }
        };
        if let Some(made) = made {
            let after = edit(&file, std::slice::from_ref(&made));
            prop_assert!(after.is_ok(), "refused {:?} in\n{}", made, text);
            let after = after.unwrap();
            prop_assert_eq!(meaning(root(&after)), expected, "{}\nbecame\n{}", text, after.text);
        } else {
            // Nothing but a value that is no scalar, or not written, has no edit.
            prop_assert!(change == 2 || text.contains('#'), "no edit {} at {:?} of\n{}", change, entry.key.span, text);
        }
    }
}
