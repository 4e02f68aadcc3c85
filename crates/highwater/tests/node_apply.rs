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

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn what_somebody_changed_stays_when_it_is_asked_for() {
    let root = image();
    let before = files(root.path());
    assert_eq!(
        node(root.path(), &["apply", "--yes", "--swap", "1e6", "--swap", "2Mi", "--file", "/var/swap"])
            .status
            .code(),
        Some(2)
    );
    let wish = ["apply", "--yes", "--swap", "2e6", "--swappiness", "77"];
    let done = node(root.path(), &wish);
    assert_eq!(done.status.code(), Some(0), "{}{}", words(&done), String::from_utf8_lossy(&done.stderr));
    let unit = root.path().join("etc/systemd/system/swapfile.swap");
    let theirs = fs::read_to_string(&unit).unwrap() + "# mine\n";
    fs::write(&unit, &theirs).unwrap();
    let applied = root.path().join("swapfile");
    assert!(applied.exists());

    let foreseen = node(root.path(), &["undo", "--dry-run"]);
    let refused = node(root.path(), &["undo", "--yes"]);
    let command = format!("`highwater --root {} node undo --keep-changed`", root.path().display());
    for output in [&foreseen, &refused] {
        assert_eq!(output.status.code(), Some(3));
        assert!(words(output).contains(&command) && words(output).contains("swap-unit"), "{}", words(output));
    }
    assert!(applied.exists() && root.path().join("etc/sysctl.d/90-highwater.conf").exists());

    let kept = node(root.path(), &["undo", "--yes", "--keep-changed", "--format", "json"]);
    assert_eq!((kept.status.code(), &document(&kept)["done"]), (Some(1), &json!(false)));
    let names: Vec<String> = document(&kept)["kept"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kept| kept["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["swap-on", "swap-unit-enabled", "swap-unit", "swap-file"]);
    assert_eq!(document(&kept)["stopped"], json!(null));
    assert_eq!(fs::read_to_string(&unit).unwrap(), theirs);
    assert!(applied.exists() && !root.path().join("etc/sysctl.d").exists());
    let verified = node(root.path(), &["verify"]);
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert!(verified.status.code() == Some(2) && said.contains("what was run here was taken back"), "{said}");
    let again = node(root.path(), &["undo", "--yes", "--keep-changed"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(words(&again).starts_with("4 steps stay as they are:\n"), "{}", words(&again));
    assert!(words(&again).contains("by hand: rm /etc/systemd/system/swapfile.swap\n"), "{}", words(&again));

    fs::remove_file(&unit).unwrap();
    assert_eq!(node(root.path(), &["undo", "--yes"]).status.code(), Some(0));
    assert_eq!(files(root.path()), before);
}

#[test]
fn a_partition_that_fstab_names_by_a_tag_is_no_place_for_swap() {
    let root = image();
    let at = |path: &str| root.path().join(path);
    for (path, text) in [
        ("sys/block/vdb/size", "4096\n"),
        ("sys/block/vdb/dev", "254:16\n"),
        ("sys/block/vdb/vdb1/size", "2048\n"),
        ("sys/block/vdb/vdb1/dev", "254:17\n"),
        ("sys/block/vdb/vdb1/partition", "1\n"),
        ("etc/fstab", "# mine\nPARTLABEL=my\\040data /data ext4 noauto,x-systemd.makefs 0 2\n"),
    ] {
        fs::create_dir_all(at(path).parent().unwrap()).unwrap();
        fs::write(at(path), text).unwrap();
    }
    fs::create_dir_all(at("dev/disk/by-partlabel")).unwrap();
    fs::write(at("dev/vdb1"), vec![0_u8; 1 << 20]).unwrap();
    std::os::unix::fs::symlink("../../vdb1", at("dev/disk/by-partlabel/my\\x20data")).unwrap();
    let plan = || node(root.path(), &["plan", "--partition", "/dev/vdb1"]);
    let refused = plan();
    assert_eq!(refused.status.code(), Some(3));
    assert!(words(&refused).contains("line 2 of /etc/fstab"), "{}", words(&refused));
    fs::write(at("etc/fstab"), "PARTLABEL=my\\040data none swap sw 0 0\n").unwrap();
    let fine = plan();
    assert_eq!(fine.status.code(), Some(0), "{}", words(&fine));
    for (offset, magic, name) in [(0, "XFSB", "xfs"), (0, "LUKS\u{ba}", "LUKS"), (0x218, "LVM2", "LVM")] {
        let mut start = vec![0_u8; 1 << 20];
        let magic: Vec<u8> = magic.chars().map(|symbol| u8::try_from(u32::from(symbol)).unwrap()).collect();
        start[offset..offset + magic.len()].copy_from_slice(&magic);
        if name == "LUKS" {
            start[5] = 0xbe;
        }
        fs::write(at("dev/vdb1"), start).unwrap();
        let refused = plan();
        assert!(refused.status.code() == Some(3) && words(&refused).contains(name), "{}", words(&refused));
    }
}
