//! The `use` declarations of a file, one full path each: `use std::{fs, io::Read}` is `std::fs` and `std::io::Read`.

/// One path that a file imports.
#[derive(Debug, PartialEq, Eq)]
pub struct UsePath {
    /// Line, counted from one.
    pub line: usize,
    /// The full path, without a rename.
    pub path: String,
    /// Is the import itself public, a re-export?
    pub public: bool,
}

impl UsePath {
    /// Is this path the given one, or something below it?
    pub fn is_below(&self, path: &str) -> bool {
        self.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    }
}

/// Reads every `use` declaration in code that has no comments and no strings.
pub fn use_paths(code: &str) -> Vec<UsePath> {
    let mut paths = Vec::new();
    for (start, _) in code.match_indices("use") {
        let before = code.get(..start).unwrap_or_default();
        let after = code.get(start + 3..).unwrap_or_default();
        // `impl Trait + use<'a>` is a list of lifetimes, and `reuse` is a name.
        if !after.starts_with(char::is_whitespace) || !starts_a_declaration(before) {
            continue;
        }
        let Some(end) = after.find(';') else { continue };
        let tree = after.get(..end).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let last_word = before.trim_end();
        let public = last_word.ends_with("pub") || (last_word.ends_with(')') && after_pub(last_word));
        flatten("", tree, line, &mut |line, path| paths.push(UsePath { line, path, public }));
    }
    paths
}

fn starts_a_declaration(before: &str) -> bool {
    let before = before.trim_end();
    before.is_empty()
        || before.ends_with([';', '{', '}', ']'])
        || before.ends_with("pub")
        || (before.ends_with(')') && after_pub(before))
}

/// Does this text end in `pub(...)`?
fn after_pub(before: &str) -> bool {
    before.rfind('(').and_then(|open| before.get(..open)).is_some_and(|text| text.trim_end().ends_with("pub"))
}

fn flatten(prefix: &str, tree: &str, line: usize, found: &mut impl FnMut(usize, String)) {
    let skipped = tree.len() - tree.trim_start().len();
    let line = line + tree.get(..skipped).unwrap_or_default().matches('\n').count();
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let path = tree.split_whitespace().next().unwrap_or_default();
        if !path.is_empty() {
            found(line, format!("{prefix}{}", path.trim_start_matches("::").trim_end_matches("::self")));
        }
        return;
    };
    let head: String = tree.get(..open).unwrap_or_default().split_whitespace().collect();
    let prefix = format!("{prefix}{}", head.trim_start_matches("::"));
    let inside = tree.get(open + 1..tree.rfind('}').unwrap_or(tree.len())).unwrap_or_default();
    let mut line = line + tree.get(..open).unwrap_or_default().matches('\n').count();
    for branch in branches(inside) {
        if branch.trim() == "self" {
            found(line, prefix.trim_end_matches("::").to_owned());
        } else {
            flatten(&prefix, branch, line, found);
        }
        line += branch.matches('\n').count();
    }
}

/// Splits at the commas that lie in no inner braces.
fn branches(inside: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    inside
        .split(move |character| {
            match character {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            character == ',' && depth == 0
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::use_paths;

    #[test]
    fn grouped_imports_become_full_paths() {
        let code = "use std::{\n    fs::{self, File},\n    io,\n};\npub(crate) use a::*;\nfn reuse() -> impl X + use<'a> {}\nuse b as c;";
        let found: Vec<_> =
            use_paths(code).into_iter().map(|path| (path.line, path.path, path.public)).collect();
        let expected = [
            (2, "std::fs", false),
            (2, "std::fs::File", false),
            (3, "std::io", false),
            (5, "a::*", true),
            (7, "b", false),
        ];
        assert_eq!(found, expected.map(|(line, path, public)| (line, path.to_owned(), public)));
    }

    #[test]
    fn a_longer_name_is_not_below() {
        let paths = use_paths("use std::fs_x::A;\npub use std::fs::B;");
        assert_eq!(paths.iter().map(|path| path.is_below("std::fs")).collect::<Vec<_>>(), [false, true]);
        assert_eq!(paths.iter().map(|path| path.public).collect::<Vec<_>>(), [false, true]);
    }
}
