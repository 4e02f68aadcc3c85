//! Check: pure rooms do no I/O, read no clock, start no thread and print nothing outside their tests.

use super::rust_file::{Lines, RustFile};
use super::use_paths::use_paths;
use super::violation::Violation;
use std::collections::BTreeSet;

/// What thought may not name, and why.
const FORBIDDEN: [(&str, &str); 17] = [
    ("std::fs", "take the text as an argument; `sources` reads it"),
    ("std::net", "take the answer as an argument; `sources` asks for it"),
    ("std::os", "take plain values; `sources` and `apply` talk to the system"),
    ("std::process", "thought cannot start or end anything; `apply` does"),
    ("std::env", "take the setting as an argument; the door reads it"),
    ("std::io", "take and return text; hands read and write it"),
    ("std::thread", "thought cannot wait; the door starts threads"),
    ("std::time::SystemTime", "take `now` as an argument"),
    ("std::time::Instant", "take `now` as an argument"),
    ("SystemTime", "take `now` as an argument"),
    ("Instant::now", "take `now` as an argument"),
    ("tokio", "thought cannot wait; `sources` and the door may"),
    ("println!", "return the words; the door prints them"),
    ("print!", "return the words; the door prints them"),
    ("eprintln!", "return the words; the door prints them"),
    ("eprint!", "return the words; the door prints them"),
    ("async fn", "thought cannot wait"),
];

/// Refuses what a file of a pure room may not name.
pub fn check(file: &RustFile) -> Vec<Violation> {
    let imports = use_paths(&file.code);
    let mut found = BTreeSet::new();
    for (words, remedy) in FORBIDDEN {
        let spoken = file.lines_saying(words, Lines::Product);
        let imported = imports.iter().filter(|import| import.is_below(words) && !file.is_test(import.line));
        for line in spoken.into_iter().chain(imported.map(|import| import.line)) {
            found.insert((line, remedy, words));
        }
    }
    // `std::time::SystemTime` is told once, though two of the patterns meet it.
    let mut told = BTreeSet::new();
    let once = found.into_iter().filter(|(line, remedy, _)| told.insert((*line, *remedy)));
    once.map(|(line, remedy, words)| {
        Violation::new(&file.path, line, format!("`{words}` in pure room `{}`", file.room()), remedy)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::rust_file::RustFile;

    fn lines(text: &str) -> Vec<usize> {
        let file = RustFile::new("crates/judge/src/a.rs", text);
        check(&file).into_iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn values_durations_and_tests_pass() {
        let text = "use std::time::Duration;\nuse std::fmt;\n/// Not `std::fs`.\nfn a() -> &'static str { \"std::fs\" }\n\
                    #[cfg(test)]\nmod tests {\n    use std::fs;\n    fn b() { println!(\"{:?}\", fs::read(\"c\")); }\n}\n";
        assert_eq!(lines(text), [0; 0]);
    }

    #[test]
    fn every_door_out_of_a_pure_room_is_refused() {
        assert_eq!(lines("use std::{fmt, fs::{self, File}};\n"), [1]);
        assert_eq!(lines("fn a() { std::process::exit(1) }\n"), [1]);
        assert_eq!(lines("use std::time::{Duration, SystemTime};\nfn a() { SystemTime::now() }\n"), [1, 2]);
        assert_eq!(lines("fn a(t: Instant) { Instant::now() }\nfn b() { eprintln!(\"x\") }\n"), [1, 2]);
        assert_eq!(lines("use std::io::Read as _;\n\n\nuse tokio::net;\n"), [1, 4]);
    }
}
