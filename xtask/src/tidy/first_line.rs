//! Check: the first line of every Rust file is `//! ` and a sentence that says what the file holds.

use super::violation::Violation;

/// Refuses a file that does not say what it holds.
pub fn check(path: &str, text: &str) -> Option<Violation> {
    let first = text.lines().next().unwrap_or_default();
    let sentence = first.strip_prefix("//! ").unwrap_or_default().trim();
    let is_sentence = sentence.contains(' ') && sentence.ends_with(['.', ':', '?']);
    (!is_sentence).then(|| {
        let remedy = "begin with `//! ` and one sentence: what it holds";
        Violation::new(path, 1, "the first line does not say what this file holds", remedy)
    })
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_sentence_passes() {
        assert_eq!(check("a.rs", "//! The v2 `memory.stat` file.\nuse b;\n"), None);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "use b;\n",
            "// The file.\n",
            "//!\n",
            "//! Parser.\n",
            "//! the file without an end\n",
            "\n//! The file.\n",
        ] {
            assert!(check("a.rs", text).is_some(), "{text:?}");
        }
    }
}
