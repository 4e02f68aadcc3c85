//! One Rust file as the checks see it: its room, its code without comments, and which lines are tests.

use super::lexer::{Parts, divide};

/// A Rust file, divided.
pub struct RustFile {
    /// Path from the repository's root.
    pub path: String,
    /// Code only, line for line.
    pub code: String,
    /// Comments only, line for line.
    pub comments: String,
    /// For each line: is it part of a test?
    test_lines: Vec<bool>,
}

impl RustFile {
    /// Divides a file's text.
    pub fn new(path: &str, text: &str) -> Self {
        let Parts { code, comments } = divide(text);
        let whole = is_test_path(path) || code.contains("#![cfg(test)]");
        let test_lines = if whole { vec![true; code.lines().count()] } else { test_lines(&code) };
        Self { path: path.to_owned(), code, comments, test_lines }
    }

    /// The room this file belongs to: a crate's folder, `xtask` or `fuzz`.
    pub fn room(&self) -> &str {
        let mut parts = self.path.split('/');
        match parts.next() {
            Some("crates") => parts.next().unwrap_or_default(),
            Some(top) => top,
            None => "",
        }
    }

    /// Is this line, counted from one, part of a test?
    pub fn is_test(&self, line: usize) -> bool {
        self.test_lines.get(line.saturating_sub(1)).copied().unwrap_or(false)
    }

    /// The lines, counted from one, where the code says these words; `tests` tells whether lines of tests count.
    pub fn lines_saying(&self, words: &str, lines: Lines) -> Vec<usize> {
        let wanted = |line: usize| match lines {
            Lines::All => true,
            Lines::Product => !self.is_test(line),
            Lines::Tests => self.is_test(line),
        };
        let numbered = (1..).zip(self.code.lines());
        numbered.filter(|(line, code)| wanted(*line) && says(code, words)).map(|(line, _)| line).collect()
    }
}

/// Which lines of a file a check looks at.
#[derive(Clone, Copy)]
pub enum Lines {
    /// Every line.
    All,
    /// Lines outside tests.
    Product,
    /// Lines inside tests.
    Tests,
}

/// Does this code contain these words, not as a piece of a longer name?
pub fn says(code: &str, words: &str) -> bool {
    let is_name = |character: char| character.is_alphanumeric() || character == '_';
    code.match_indices(words).any(|(start, _)| {
        let before = code.get(..start).and_then(|text| text.chars().next_back());
        let after = code.get(start + words.len()..).and_then(|text| text.chars().next());
        let joins_before = words.starts_with(is_name) && before.is_some_and(is_name);
        let joins_after = words.ends_with(is_name) && after.is_some_and(is_name);
        !joins_before && !joins_after
    })
}

fn is_test_path(path: &str) -> bool {
    path.starts_with("fuzz/") || path.split('/').any(|part| matches!(part, "tests" | "benches" | "tests.rs"))
}

/// Marks the lines of every item that is compiled for tests only.
fn test_lines(code: &str) -> Vec<bool> {
    let mut lines = vec![false; code.lines().count()];
    for mark in ["#[cfg(test)]", "#[cfg(all(test", "#[test]"] {
        for (start, _) in code.match_indices(mark) {
            let end = item_end(code, start);
            let line_of = |offset: usize| code.get(..offset).unwrap_or_default().matches('\n').count();
            for line in line_of(start)..=line_of(end) {
                if let Some(flag) = lines.get_mut(line) {
                    *flag = true;
                }
            }
        }
    }
    lines
}

/// Where the item that begins with this attribute ends: at its `;`, or at the `}` of its body.
fn item_end(code: &str, start: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, character) in code.get(start..).unwrap_or_default().char_indices() {
        match character {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 && character == '}' {
                    return start + offset;
                }
            }
            ';' if depth == 0 => return start + offset,
            _ => {}
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::{Lines, RustFile, says};

    #[test]
    fn a_test_module_is_told_from_the_product() {
        let text = "fn a() { x.unwrap() }\n#[cfg(test)]\nmod tests {\n    use b::{c, d};\n    fn e() { y.unwrap() }\n}\nfn f() {}\n";
        let file = RustFile::new("crates/kernel/src/a.rs", text);
        assert_eq!(file.room(), "kernel");
        assert_eq!(file.lines_saying(".unwrap()", Lines::Product), [1]);
        assert_eq!(file.lines_saying(".unwrap()", Lines::Tests), [5]);
        assert!(!file.is_test(7));
    }

    #[test]
    fn a_file_below_tests_is_a_test() {
        assert!(RustFile::new("crates/kernel/tests/a.rs", "fn a() {}").is_test(1));
        assert!(RustFile::new("crates/kernel/src/cgroup/tests.rs", "fn a() {}").is_test(1));
        assert!(!RustFile::new("crates/testkit/src/a.rs", "fn a() {}").is_test(1));
    }

    #[test]
    fn a_word_inside_a_longer_name_does_not_count() {
        assert!(says("std::fs::read(x)", "std::fs"));
        assert!(!says("std::fsx::read(x)", "std::fs"));
        assert!(!says("unsafely()", "unsafe"));
        assert!(says("tokio::fs::write(x)", "fs::write"));
    }
}
