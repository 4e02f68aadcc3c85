//! `lint --fix` on files of its own: what it writes, what it leaves, and that it never damages a file.

#![allow(missing_docs, clippy::unwrap_used)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

const POD: &str = include_str!("cmd/lint/pod.yaml");

fn highwater(arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    command.args(arguments).current_dir(folder).env("COLUMNS", "100").output().unwrap()
}

/// Everything that is not a fix's business, line by line.
fn without_swap(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.trim_start().starts_with("swap: 500Mi")).collect()
}

#[test]
fn a_fix_takes_its_lines_and_nothing_else() {
    for text in
        [POD.to_owned(), POD.replace('\n', "\r\n"), format!("\u{feff}{POD}"), format!("{POD}---\n{POD}")]
    {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pod.yaml");
        fs::write(&file, &text).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        let shown = highwater(&["lint", "--fix", "--dry-run", "pod.yaml"], folder.path());
        assert_eq!(shown.status.code(), Some(1));
        assert_eq!(fs::read_to_string(&file).unwrap(), text, "a dry run writes nothing");
        let fixed = highwater(&["lint", "--fix", "pod.yaml"], folder.path());
        assert_eq!(fixed.status.code(), Some(0), "{}", String::from_utf8_lossy(&fixed.stdout));
        let after = fs::read_to_string(&file).unwrap();
        assert_ne!(after, text);
        assert_eq!(without_swap(&after), without_swap(&text));
        assert!(after.contains("swap: 1Gi"), "what a comment silences is not fixed");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        let again = highwater(&["lint", "--fix", "--dry-run", "pod.yaml"], folder.path());
        assert!(again.stdout.is_empty(), "nothing is left to fix");
    }
}

#[test]
fn the_diff_leads_to_what_the_fix_writes() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pod.yaml"), POD).unwrap();
    let diff = highwater(&["lint", "--fix", "--dry-run", "pod.yaml"], folder.path()).stdout;
    let diff = String::from_utf8(diff).unwrap();
    let removed: Vec<&str> = diff.lines().filter(|line| line.starts_with('-')).skip(1).collect();
    assert_eq!(removed, ["-          swap: 500Mi # 데이터 is kept"], "{diff}");
    assert!(diff.starts_with("--- a/pod.yaml\n+++ b/pod.yaml\n@@ "), "{diff}");
}

#[test]
fn a_file_that_cannot_be_replaced_is_left_and_told_with_exit_code_3() {
    let folder = tempfile::tempdir().unwrap();
    let (file, other) = (folder.path().join("pod.yaml"), folder.path().join("other.yaml"));
    fs::write(&file, POD).unwrap();
    fs::hard_link(&file, &other).unwrap();
    let fixed = highwater(&["lint", "--fix", "pod.yaml"], folder.path());
    assert_eq!(fixed.status.code(), Some(3));
    let words = String::from_utf8(fixed.stdout).unwrap();
    assert!(words.contains("pod.yaml: not fixed: it has 2 names (hard links)"), "{words}");
    assert_eq!(fs::read_to_string(&file).unwrap(), POD);
}

#[test]
fn the_settings_above_the_folder_hold_and_gitignore_is_heeded() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("a/b");
    fs::create_dir_all(&below).unwrap();
    for name in ["pod.yaml", "ignored.yaml", "excluded.yaml"] {
        fs::write(below.join(name), POD).unwrap();
    }
    fs::write(below.join(".gitignore"), "ignored.yaml\n").unwrap();
    let settings = "lint:\n  exclude: [\"excluded.yaml\"]\n  ignore: [swap-is-not-a-resource]\n";
    fs::write(folder.path().join(".highwater.yaml"), settings).unwrap();
    let checked = highwater(&["lint", "."], &below);
    let words = String::from_utf8(checked.stdout).unwrap();
    assert_eq!(checked.status.code(), Some(0), "{words}");
    assert!(words.contains("in 1 document of 1 file") && words.contains("Settings: "), "{words}");
}
