//! `node apply`, `verify` and `undo` on an image: files of a folder of its own, without a kernel and without root.

#![allow(missing_docs, clippy::unwrap_used, reason = "helpers of tests stop at the first surprise")]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const WISH: [&str; 4] = ["--swappiness", "77", "--page-cluster", "1"];

/// An image with systemd and nothing of ours.
fn image() -> tempfile::TempDir {
    let root = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    for folder in ["etc", "usr/lib/systemd", "proc", "sys", "var"] {
        fs::create_dir_all(root.path().join(folder)).unwrap();
    }
    fs::write(root.path().join("usr/lib/systemd/systemd"), "").unwrap();
    fs::write(root.path().join("usr/lib/systemd/libsystemd-shared-257.so"), "").unwrap();
    root
}

fn node(root: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    command.arg("--root").arg(root).arg("node").args(words).env("DOCKER_HOST", "");
    command.stdin(Stdio::null()).output().unwrap()
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Files below a root, but the journal's.
fn files(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            if name == "var/lib" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                found.insert(name, String::new());
            } else {
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn an_image_is_changed_judged_and_left_as_it_was() {
    let root = image();
    let before = files(root.path());
    let asked = node(root.path(), &[&["apply", "--format", "json"], &WISH[..]].concat());
    assert_eq!(asked.status.code(), Some(3));
    assert!(document(&asked)["stopped"]["why"].as_str().unwrap().contains("--yes"), "{}", document(&asked));
    assert_eq!(files(root.path()), before);

    let done = node(root.path(), &[&["apply", "--yes", "--format", "json"], &WISH[..]].concat());
    assert_eq!((done.status.code(), &document(&done)["done"]), (Some(0), &json!(true)));
    let after = files(root.path());
    assert!(after["etc/sysctl.d/90-highwater.conf"].contains("vm.swappiness = 77"), "{after:?}");
    let verified = node(root.path(), &[&["verify", "--format", "json"], &WISH[..]].concat());
    assert_eq!((verified.status.code(), &document(&verified)["as_wanted"]), (Some(0), &json!(true)));

    let path = root.path().join("etc/sysctl.d/90-highwater.conf");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("77", "60")).unwrap();
    let differs = node(root.path(), &["verify", "--format", "json"]);
    assert_eq!(differs.status.code(), Some(1));
    assert_eq!(document(&differs)["differences"][0]["shows"], "other");
    let refused = node(root.path(), &["undo", "--yes", "--format", "json"]);
    assert_eq!((refused.status.code(), &document(&refused)["stopped"]["kind"]), (Some(3), &json!("stale")));
    fs::write(&path, text).unwrap();
    let undone = node(root.path(), &["undo", "--yes", "--format", "json"]);
    assert_eq!(
        (undone.status.code(), &document(&undone)["schema"]),
        (Some(0), &json!("highwater/node-undo/v1"))
    );
    assert_eq!(files(root.path()), before);
}

#[test]
fn a_printed_plan_is_run_and_refused_when_it_fits_no_more() {
    let root = image();
    let printed = node(root.path(), &[&["plan", "--format", "json"], &WISH[..]].concat());
    let plan = root.path().join("plan.json");
    fs::write(&plan, &printed.stdout).unwrap();
    let words = ["apply", "--plan", plan.to_str().unwrap(), "--yes", "--format", "json"];
    fs::create_dir_all(root.path().join("etc/sysctl.d")).unwrap();
    fs::write(root.path().join("etc/sysctl.d/90-highwater.conf"), "somebody's = 1\n").unwrap();
    let before = files(root.path());
    let stale = node(root.path(), &words);
    assert_eq!((stale.status.code(), &document(&stale)["stopped"]["kind"]), (Some(3), &json!("stale")));
    assert_eq!(files(root.path()), before);
    fs::remove_file(root.path().join("etc/sysctl.d/90-highwater.conf")).unwrap();
    assert_eq!(node(root.path(), &words).status.code(), Some(0));
    assert_eq!(node(root.path(), &["verify"]).status.code(), Some(0));
    for (text, words) in [("{", "EOF"), ("{\"schema\":\"highwater/node-plan/v2\"}", "steps")] {
        fs::write(&plan, text).unwrap();
        let broken = node(root.path(), &["apply", "--plan", plan.to_str().unwrap(), "--yes"]);
        let said = String::from_utf8_lossy(&broken.stderr).into_owned();
        assert!(
            broken.status.code() == Some(2) && said.contains("plan.json") && said.contains(words),
            "{said}"
        );
    }
}

#[test]
fn a_damaged_journal_changes_nothing() {
    let root = image();
    assert_eq!(node(root.path(), &[&["apply", "--yes"], &WISH[..]].concat()).status.code(), Some(0));
    let before = files(root.path());
    let journal = root.path().join("var/lib/highwater/node/journal");
    let mut bytes = fs::read(&journal).unwrap();
    bytes[30] ^= 1;
    fs::write(&journal, bytes).unwrap();
    let refused = node(root.path(), &["undo", "--yes"]);
    let said = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!(refused.status.code() == Some(3) && said.contains("journal: line 1"), "{said}");
    assert_eq!(files(root.path()), before);
}
