//! Check: no ignored tests, unfinished code, unwraps, glob imports, re-exports, open ends or sleeping tests.

use super::rust_file::{Lines, RustFile};
use super::use_paths::use_paths;
use super::violation::Violation;

/// What is refused on which lines, and what to do.
const FORBIDDEN: [(&str, Lines, &str); 11] = [
    ("#[ignore", Lines::All, "make the test run, or delete it"),
    ("#[should_panic", Lines::All, "assert the error value"),
    ("todo!", Lines::All, "finish it, or leave it out"),
    ("unimplemented!", Lines::All, "finish it, or leave it out"),
    ("dbg!", Lines::All, "remove it"),
    (".unwrap()", Lines::Product, "return the error, or match on the absence"),
    (".unwrap_err()", Lines::Product, "match on the result"),
    (".expect(", Lines::Product, "return the error, or match on the absence"),
    (".expect_err(", Lines::Product, "match on the result"),
    ("thread::sleep", Lines::Tests, "wait for the event itself, or pass the time as a value"),
    ("time::sleep", Lines::Tests, "wait for the event itself, or pass the time as a value"),
];

const OPEN_ENDS: [&str; 3] = ["TODO", "FIXME", "XXX"];

/// Refuses the words that the house does not use.
pub fn check(file: &RustFile) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut refuse = |line: usize, wrong: String, remedy: &str| {
        violations.push(Violation::new(&file.path, line, wrong, remedy));
    };
    for (words, lines, remedy) in FORBIDDEN {
        for line in file.lines_saying(words, lines) {
            refuse(line, format!("`{words}`"), remedy);
        }
    }
    if file.room() == "testkit" {
        for line in file.lines_saying("sleep", Lines::All) {
            refuse(line, "`sleep` in the testkit".to_owned(), "wait for the event itself");
        }
    }
    for import in use_paths(&file.code) {
        if import.path.ends_with('*') {
            refuse(import.line, format!("glob import `{}`", import.path), "name what you use");
        }
        if import.public {
            let remedy = "make the module public, so that each thing has one path";
            refuse(import.line, format!("re-export `{}`", import.path), remedy);
        }
    }
    for (line, comment) in (1..).zip(file.comments.lines()) {
        let open = OPEN_ENDS.iter().find(|word| super::rust_file::says(comment, word));
        if let Some(word) = open.filter(|_| !names_an_issue(comment)) {
            refuse(line, format!("`{word}` without an issue number"), "write `TODO(#12)`, or do it now");
        }
    }
    violations
}

fn names_an_issue(comment: &str) -> bool {
    comment.split('#').skip(1).any(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::rust_file::RustFile;

    fn found(path: &str, text: &str) -> Vec<usize> {
        let mut lines: Vec<_> =
            check(&RustFile::new(path, text)).into_iter().map(|violation| violation.line).collect();
        lines.sort_unstable();
        lines
    }

    #[test]
    fn finished_code_passes() {
        let text = "use a::{b, c};\n// TODO(#12): later\nfn d() { e.unwrap_or(0); f(\"todo!() .unwrap()\"); sleep(1) }\n\
                    #[cfg(test)]\nmod tests {\n    fn g() { h.unwrap(); }\n}\n";
        assert_eq!(found("crates/judge/src/a.rs", text), [0; 0]);
    }

    #[test]
    fn unfinished_code_is_refused() {
        assert_eq!(
            found("crates/judge/src/a.rs", "fn a() { todo!() }\nfn b() { dbg!(c.unwrap()).expect(\"d\") }\n"),
            [1, 2, 2, 2]
        );
        assert_eq!(
            found("crates/judge/tests/a.rs", "#[test]\n#[ignore = \"slow\"]\nfn a() { thread::sleep(b) }\n"),
            [2, 3]
        );
        assert_eq!(found("crates/testkit/src/a.rs", "fn a() { std::thread::sleep(b) }\n"), [1]);
    }

    #[test]
    fn globs_re_exports_and_open_ends_are_refused() {
        let text = "use super::*;\npub use a::b;\n// TODO later\n/// FIXME: this\nfn c() {}\n";
        assert_eq!(found("crates/judge/src/a.rs", text), [1, 2, 3, 4]);
    }
}
