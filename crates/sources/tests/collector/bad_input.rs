//! Damaged machines: what cannot be read is said with its path, and the rest is still right.

use crate::{NESTED, cgroup, find, look};
use kernel::bytes::Bytes;
use model::cgroup::Swap;
use model::reading::Reading;
use model::snapshot::Snapshot;
use testkit::recorded_machine::MachineCopy;

const WEB: &str = "/sys/fs/cgroup/shop.slice/web.service";

/// Why no cgroup can be seen.
fn why_nothing(snapshot: &Snapshot) -> String {
    assert_eq!(snapshot.cgroups.len(), 0);
    let missing = snapshot.missing.iter().find(|missing| missing.what == "every cgroup");
    missing.map(|missing| missing.why.clone()).unwrap_or_default()
}

fn why(reading: &Reading<impl std::fmt::Debug>) -> String {
    match reading {
        Reading::Failed(why) => why.to_string(),
        Reading::Value(_) | Reading::Absent => format!("{reading:?}"),
    }
}

#[test]
fn without_a_usable_mount_the_reason_is_said() {
    let hybrid = "micro-6.1-hybrid-nested";
    let mounts =
        std::fs::read_to_string(testkit::recorded_machine::recorded_machine(hybrid).join("proc/1/mountinfo"));
    let mounts = mounts.unwrap();
    let without = |part: &str| {
        mounts.lines().filter(|line| !line.contains(part)).map(|line| format!("{line}\n")).collect::<String>()
    };
    for (text, expected) in [
        (without("cgroup"), "no cgroup file system is mounted"),
        (String::new(), "no cgroup file system is mounted"),
        ("half a li".to_owned(), "/proc/1/mountinfo: expected"),
        ("\0\0\0".to_owned(), "/proc/1/mountinfo: expected"),
        // The other hierarchies are there; cgroup v2 is, but the memory controller is with neither.
        (without("/sys/fs/cgroup/memory "), "memory controller"),
        // The mount is listed, the folder is not there.
        (
            mounts.replace("/sys/fs/cgroup/memory ", "/sys/fs/cgroup/elsewhere "),
            "/sys/fs/cgroup/elsewhere: no such file",
        ),
    ] {
        let machine = MachineCopy::of(hybrid).unwrap();
        machine.write("/proc/1/mountinfo", &text).unwrap();
        let why = why_nothing(&look(machine.root()));
        assert!(why.contains(expected), "{expected}: {why}");
    }
}

#[test]
fn cgroup_v2_without_its_controllers_file_is_said() {
    for (text, expected) in
        [(None, "cgroup.controllers"), (Some("cpu io pids\n"), "without the memory controller")]
    {
        let machine = MachineCopy::of(NESTED).unwrap();
        machine.remove("/sys/fs/cgroup/cgroup.controllers").unwrap();
        if let Some(text) = text {
            machine.write("/sys/fs/cgroup/cgroup.controllers", text).unwrap();
        }
        let why = why_nothing(&look(machine.root()));
        assert!(why.contains(expected), "{why}");
    }
}

#[test]
fn without_proc_the_reason_is_said() {
    let empty = tempfile::tempdir().unwrap();
    let snapshot = look(empty.path());
    assert!(why_nothing(&snapshot).contains("/proc/self/mountinfo"));
    assert_eq!(snapshot.host.memory_total(), Reading::Absent);
}

#[test]
fn what_is_no_number_fails_with_its_path_and_the_rest_is_right() {
    let huge = "9".repeat(70_000);
    for text in [
        "",
        "\n",
        "garbage\n",
        "-1\n",
        "0x10\n",
        "12 13 14\n",
        "\0\0\0\0",
        "18446744073709551616\n",
        "1e3\n",
        &huge,
    ] {
        let machine = MachineCopy::of(NESTED).unwrap();
        for file in [
            "memory.current",
            "memory.max",
            "memory.stat",
            "memory.events",
            "memory.pressure",
            "memory.swap.max",
            "memory.peak",
        ] {
            machine.write(&format!("{WEB}/{file}"), text).unwrap();
        }
        let snapshot = look(machine.root());
        let web = cgroup(&snapshot, "/shop.slice/web.service");
        let Swap::V2(swap) = &web.swap else { panic!("v1") };
        for (file, why) in [
            ("memory.current", why(&web.memory.usage)),
            ("memory.max", why(&web.memory.limit)),
            ("memory.stat", why(&web.stat)),
            ("memory.events", why(&web.events.hierarchical)),
            ("memory.pressure", why(&web.pressure)),
            ("memory.swap.max", why(&swap.limit)),
            ("memory.peak", why(&web.memory.peak)),
        ] {
            let path = machine.path(&format!("{WEB}/{file}"));
            let shown = text.get(..20).unwrap_or(text);
            assert!(why.starts_with(&format!("{}: ", path.display())), "{file} of {shown:?}: {why}");
            assert!(why.len() < 600, "{file} of {shown:?}: {} bytes of reason", why.len());
        }
        assert_eq!(web.memory.low, Reading::Value(kernel::limit::Limit::At(Bytes::from_mib(16))));
        assert!(cgroup(&snapshot, "/shop.slice/db.service").memory.usage.value().is_some());
    }
}

#[test]
fn bytes_that_are_no_text_fail() {
    let machine = MachineCopy::of(NESTED).unwrap();
    machine.write(&format!("{WEB}/memory.current"), [0xff, 0xfe, b'1', b'\n']).unwrap();
    machine.write("/proc/meminfo", [0xff; 64]).unwrap();
    let snapshot = look(machine.root());
    assert!(
        why(&cgroup(&snapshot, "/shop.slice/web.service").memory.usage).contains("memory.current: expected")
    );
    assert!(why(&snapshot.host.meminfo).contains("/proc/meminfo: "));
}

#[test]
fn a_file_that_may_not_be_read_fails_and_one_that_is_gone_is_absent() {
    let machine = MachineCopy::of(NESTED).unwrap();
    // Root may read everything, so a folder stands for what cannot be read.
    for file in ["memory.current", "memory.stat"] {
        machine.remove(&format!("{WEB}/{file}")).unwrap();
        machine.write(&format!("{WEB}/{file}/x"), "").unwrap();
    }
    machine.remove(&format!("{WEB}/memory.max")).unwrap();
    let snapshot = look(machine.root());
    let web = cgroup(&snapshot, "/shop.slice/web.service");
    assert!(why(&web.memory.usage).ends_with("memory.current: is a directory"), "{:?}", web.memory.usage);
    assert!(why(&web.stat).ends_with("memory.stat: is a directory"), "{:?}", web.stat);
    assert_eq!(web.memory.limit, Reading::Absent);
}

#[test]
fn every_file_of_a_machine_may_be_missing() {
    let machine = MachineCopy::of(NESTED).unwrap();
    for file in [
        "meminfo",
        "vmstat",
        "swaps",
        "zoneinfo",
        "pressure/memory",
        "uptime",
        "sys/kernel/hostname",
        "sys/vm/swappiness",
    ] {
        machine.remove(&format!("/proc/{file}")).unwrap();
    }
    machine.remove("/sys/block").unwrap();
    machine.remove("/sys/module").unwrap();
    let snapshot = look(machine.root());
    let host = &snapshot.host;
    assert_eq!((host.memory_total(), host.swap_total()), (Reading::Absent, Reading::Absent));
    assert_eq!((host.pressure.clone(), host.swappiness.clone()), (Reading::Absent, Reading::Absent));
    assert_eq!(host.zram, []);
    assert!(cgroup(&snapshot, "/shop.slice").memory.usage.value().is_some());
}

#[test]
fn names_may_hold_anything_but_a_slash() {
    let machine = MachineCopy::of(NESTED).unwrap();
    let long = "n".repeat(255);
    let names = ["a\u{1b}[31mred\n", " ", "…", "docker-.scope", "..x", "\\x2d", &long];
    for name in names {
        machine.copy(WEB, &format!("/sys/fs/cgroup/{name}")).unwrap();
    }
    let snapshot = look(machine.root());
    let usage = &cgroup(&snapshot, "/shop.slice/web.service").memory.usage;
    for name in names {
        assert_eq!(&cgroup(&snapshot, &format!("/{name}")).memory.usage, usage, "{name:?}");
    }
}

#[test]
fn a_name_that_is_no_text_does_no_harm() {
    use std::os::unix::ffi::OsStrExt;
    let machine = MachineCopy::of(NESTED).unwrap();
    let name = std::ffi::OsStr::from_bytes(b"sh\xffop");
    std::fs::create_dir(machine.path("/sys/fs/cgroup").join(name)).unwrap();
    let snapshot = look(machine.root());
    assert_eq!(snapshot.cgroups.len(), 8);
    assert!(find(&snapshot, "/shop.slice").is_some());
}
