//! Check: only the rooms with hands change files or start programs, and `unsafe` lies in one file.

use super::rules::Hands;
use super::rust_file::{Lines, RustFile};
use super::use_paths::use_paths;
use super::violation::Violation;
use std::collections::BTreeSet;

/// Calls that change a file or a folder, as they are spelled at the call.
const WRITES: [&str; 22] = [
    "fs::write",
    "fs::create_dir",
    "fs::create_dir_all",
    "fs::remove_file",
    "fs::remove_dir",
    "fs::remove_dir_all",
    "fs::rename",
    "fs::copy",
    "fs::hard_link",
    "fs::set_permissions",
    "fs::symlink",
    "File::create",
    "File::create_new",
    "File::options",
    "OpenOptions",
    "DirBuilder",
    "OFlags::WRONLY",
    "OFlags::RDWR",
    "OFlags::CREATE",
    "fs::unlinkat",
    "fs::renameat",
    "fs::mkdirat",
];

/// Calls that start a program, mount or signal.
const STARTS: [&str; 4] = ["Command::new", "rustix::mount", "kill_process", "kill_process_group"];

/// Refuses hands in a room that has none.
pub fn check(file: &RustFile, rules: &Hands) -> Vec<Violation> {
    let mut violations = Vec::new();
    let excepted = rules.exceptions.contains_key(&file.path);
    let has =
        |rooms: &[String]| excepted || rooms.iter().any(|room| room == file.room()) || file.room() == "fuzz";
    if !has(&rules.writes) {
        refuse(file, &WRITES, "changes files", &rules.writes, &mut violations);
    }
    if !has(&rules.starts) {
        refuse(file, &STARTS, "starts or stops programs", &rules.starts, &mut violations);
    }
    if file.path != rules.unsafe_file {
        for line in file.lines_saying("unsafe", Lines::All) {
            let remedy = format!("find a safe call, or put it into `{}`", rules.unsafe_file);
            violations.push(Violation::new(&file.path, line, "`unsafe` outside its one file", remedy));
        }
    }
    violations
}

fn refuse(file: &RustFile, calls: &[&str], does: &str, rooms: &[String], violations: &mut Vec<Violation>) {
    let imports = use_paths(&file.code);
    for call in calls {
        let path = format!("std::{call}");
        let imported = imports.iter().filter(|import| import.is_below(&path) && !file.is_test(import.line));
        let spoken = file.lines_saying(call, Lines::Product);
        let lines: BTreeSet<usize> = spoken.into_iter().chain(imported.map(|import| import.line)).collect();
        for line in lines {
            let wrong = format!("`{call}` {does}, which `{}` may not", file.room());
            let remedy =
                format!("let one of these do it: {}; or give the reason in arrows.toml", rooms.join(", "));
            violations.push(Violation::new(&file.path, line, wrong, remedy));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::rules::tests::our_rules;
    use crate::tidy::rust_file::RustFile;

    fn found(path: &str, text: &str) -> usize {
        check(&RustFile::new(path, text), &our_rules().hands).len()
    }

    #[test]
    fn readers_and_tests_pass() {
        assert_eq!(found("crates/sources/src/a.rs", "fn a() { std::fs::read(\"b\"); rewrite(); }\n"), 0);
        assert_eq!(found("crates/sources/tests/a.rs", "fn a() { std::fs::write(\"b\", \"c\"); }\n"), 0);
        assert_eq!(found("xtask/src/a.rs", "fn a() { Command::new(\"b\"); fs::write(c, d); }\n"), 0);
        assert_eq!(found("crates/store/src/a.rs", "use std::fs::{self, OpenOptions};\n"), 0);
    }

    #[test]
    fn a_reader_that_writes_or_starts_is_refused() {
        assert_eq!(found("crates/sources/src/a.rs", "fn a() { fs::write(b, c); Command::new(d); }\n"), 2);
        assert_eq!(found("crates/highwater/src/a.rs", "use std::fs::{remove_file, rename};\n"), 2);
        assert_eq!(found("crates/store/src/a.rs", "fn a() { std::process::Command::new(b); }\n"), 1);
    }

    #[test]
    fn unsafe_is_refused_even_in_tests_and_in_apply() {
        assert_eq!(found("crates/apply/src/host/swap.rs", "fn a() { unsafe { b() } }\n"), 1);
        assert_eq!(found("crates/kernel/tests/a.rs", "fn a() { unsafe { b() } }\n"), 1);
        assert_eq!(found("crates/apply/src/host/syscall.rs", "fn a() { unsafe { b() } }\n"), 0);
    }
}
