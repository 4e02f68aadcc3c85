//! Check: a path of this repository that a document names exists.
//!
//! What counts as such a path, so that documents may still name the user's files and the kernel's:
//! - the target of a link that is not an address or an anchor, looked up from the document's folder;
//! - in backticks, or in a code block marked `sh`: a word with `/` whose first part is a folder of the root
//!   (`crates/kernel/src/psi.rs`) or a room that exists (`judge/oom` is `crates/judge/src/oom`), and an
//!   all-capital document such as `ARCHITECTURE.md`.
//!
//! Not looked up: words that begin with `/` or hold a placeholder (`<room>`, `NAME`, `*`, `$X`, `{a,b}`, `…`),
//! other code blocks, and lines that end in the comment `<!-- not a path -->`.

use super::violation::Violation;
use std::collections::BTreeSet;

/// Folders of the root that count even when they do not exist yet, and so are missed.
const TOP_FOLDERS: [&str; 8] =
    ["benches", "completions", "crates", "deploy", "docs", "fixtures", "fuzz", "xtask"];

/// Folders that a build or a task makes; documents may name what will be in them.
const MADE: [&str; 4] = ["target/", "fuzz/target", "fuzz/corpus", "fuzz/artifacts"];

/// Is this file one of the documents that are checked?
pub fn is_document(path: &str) -> bool {
    let folders: Vec<&str> = path.split('/').collect();
    let placed = match folders.as_slice() {
        [_] => true,
        ["crates", _, name] => *name == "README.md",
        [top, ..] => matches!(*top, "deploy" | "fuzz" | "fixtures" | "docs" | "xtask"),
        [] => false,
    };
    placed && path.ends_with(".md")
}

/// Refuses every path that a document names and that does not exist.
pub fn check(path: &str, text: &str, existing: &BTreeSet<String>) -> Vec<Violation> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut block: Option<String> = None;
    let mut violations = Vec::new();
    for (line, words) in (1..).zip(text.lines()) {
        if let Some(mark) = words.trim_start().strip_prefix("```") {
            block = if block.is_some() { None } else { Some(mark.trim().to_owned()) };
            continue;
        }
        if words.trim_end().ends_with("<!-- not a path -->") {
            continue;
        }
        let mut named: Vec<(String, bool)> = Vec::new();
        match block.as_deref() {
            Some("sh") => {
                named.extend(words.split_whitespace().map(|word| (from_root(word, existing), true)))
            }
            Some(_) => {}
            None => {
                named.extend(in_backticks(words).map(|word| (from_root(word, existing), true)));
                named.extend(links(words).map(|target| (joined(folder, target), false)));
            }
        }
        for (name, in_root) in named {
            let counts = !in_root || is_ours(&name, existing);
            if counts && !exists(&name, existing) {
                let wrong = format!("`{name}` does not exist");
                violations.push(Violation::new(path, line, wrong, "mend the path, or the sentence"));
            }
        }
    }
    violations
}

/// The path that a word means, from the root: without `./`, a line number or an anchor.
fn from_root(word: &str, existing: &BTreeSet<String>) -> String {
    let word = word.trim_matches(['"', '\'', ',', ';', '(', ')']);
    let word = word.split(['#', ':']).next().unwrap_or_default();
    let word = word.strip_prefix("./").unwrap_or(word).trim_end_matches('/');
    let Some((room, rest)) = word.split_once('/') else { return word.to_owned() };
    if existing.contains(room) || !existing.contains(&format!("crates/{room}")) {
        return word.to_owned();
    }
    // `judge/oom` is a manner of speaking for `crates/judge/src/oom` or its file.
    let below = [format!("crates/{room}/{rest}"), format!("crates/{room}/src/{rest}")];
    let whole = below.iter().find(|path| exists(path, existing)).unwrap_or(&below[1]);
    whole.clone()
}

fn exists(path: &str, existing: &BTreeSet<String>) -> bool {
    existing.contains(path) || existing.contains(&format!("{path}.rs"))
}

fn is_ours(name: &str, existing: &BTreeSet<String>) -> bool {
    let placeholder = |character: char| "<>*$[]{}|…~?=@".contains(character) || character.is_whitespace();
    if name.contains(placeholder) || MADE.iter().any(|made| name.starts_with(made)) || name.contains("..") {
        return false;
    }
    let Some((top, rest)) = name.split_once('/') else {
        let stem = name.strip_suffix(".md").unwrap_or_default();
        return !stem.is_empty() && stem.chars().all(|character| character.is_ascii_uppercase());
    };
    let capital = |part: &str| part.len() > 1 && part.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    if rest.split('/').any(capital) {
        return false;
    }
    TOP_FOLDERS.contains(&top) || (!top.is_empty() && existing.contains(top))
}

fn in_backticks(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn links(line: &str) -> impl Iterator<Item = &str> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ', '#']).next());
    targets
        .filter(|target| !target.is_empty() && !target.contains("://") && !target.starts_with(['/', '<']))
        .filter(|target| !target.starts_with("mailto:"))
}

/// A link's target from the root: the document's folder, with `.` and `..` followed.
fn joined(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::{check, is_document};
    use std::collections::BTreeSet;

    fn missing(text: &str) -> Vec<String> {
        let existing: BTreeSet<String> = [
            "crates",
            "crates/judge",
            "crates/judge/src",
            "crates/judge/src/oom.rs",
            "docs",
            "docs/screen.svg",
            "fuzz",
            "README.md",
            ".ci",
            ".ci/run",
        ]
        .map(str::to_owned)
        .into();
        check("docs/a.md", text, &existing).into_iter().map(|violation| violation.wrong).collect()
    }

    #[test]
    fn paths_that_exist_and_words_that_are_no_paths_pass() {
        for text in [
            "`crates/judge/src/oom.rs`, `judge/oom`, `judge/oom.rs:12`, `./.ci/run`, `README.md`",
            "[picture](screen.svg) [top](../README.md#use) [site](https://example.org/crates/x) [part](#use)",
            "`/sys/fs/cgroup/memory.max`, `memory.events`, `application/json`, `lint.rs`, `Cargo.toml`",
            "`crates/<room>/src`, `crates/*/README.md`, `fixtures/NAME/proc`, `fuzz/corpus/psi`, `deploy/{a,b}.yaml`",
            "```text\ncrates/absent.rs\n```\n```yaml\npath: docs/absent\n```",
            "`docs/later.md` <!-- not a path -->",
            "`plan/src/order.rs` in a room that is not built yet",
        ] {
            assert_eq!(missing(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_path_that_does_not_exist_is_refused() {
        for text in [
            "see `crates/judge/src/psi.rs`",
            "see `judge/psi.rs`",
            "see `ARCHITECTURE.md`",
            "see `deploy/helm`",
            "see [this](absent.md)",
            "see [this](../docs/absent.md#part)",
            "```sh\n./fuzz/run.sh\n```",
        ] {
            assert_eq!(missing(text).len(), 1, "{text}");
        }
    }

    #[test]
    fn documents_are_those_that_people_read() {
        assert!(
            is_document("README.md")
                && is_document("crates/judge/README.md")
                && is_document("fuzz/README.md")
        );
        assert!(!is_document("crates/judge/tests/cmd/ls.md") && !is_document("README.txt"));
    }
}
