//! A crash at every point of a run and of an undo: the machine reaches what is wanted, or what it was, to the last byte.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

mod fake_machine;
mod kept;

use apply::host::{Machine, MachineState};
use apply::journal::Journal;
use apply::run::{Event, Stopped, go_on, start};
use apply::undo::{Changed, undo};
use apply::verify::differences;
use fake_machine::{Shown, build, copy, machine, plan, shown, state, without_identity};
use kernel::bytes::Bytes;
use model::node_run::{Ending, Shows};
use model::plan::{Allocation, Change, Discard, Plan, Step, SwapFile, SwapUse, SwitchedBy};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A folder on a disk: in memory no swap file may lie.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap()
}

fn journal(root: &Path) -> Journal {
    Journal::open(&state(root)).unwrap()
}

fn apply(root: &Path, plan: &Plan, tell: &mut dyn FnMut(&Event<'_>)) -> Result<(), Stopped> {
    let mut journal = journal(root);
    if journal.history().is_interrupted() {
        return go_on(&machine(root), &mut journal, tell);
    }
    start(&machine(root), &mut journal, plan, 1_790_000_000, tell)
}

fn take_back(root: &Path) -> Result<(), Stopped> {
    let kept = undo(&machine(root), &mut journal(root), Changed::Refused, &mut |_| {})?;
    assert_eq!(kept, []);
    Ok(())
}

/// A machine as it was when the power went, and how long its journal was at the look before.
struct Cut {
    folder: PathBuf,
    journal_before: u64,
}

/// Runs something and keeps a copy of the machine at each moment that it tells of.
fn cuts(root: &Path, into: &Path, run: impl FnOnce(&mut dyn FnMut(&Event<'_>))) -> Vec<Cut> {
    let mut cuts: Vec<Cut> = Vec::new();
    let mut before = length(root);
    let mut look = |event: &Event<'_>| {
        let folder = into.join(format!("{}", cuts.len()));
        copy(root, &folder);
        cuts.push(Cut { folder, journal_before: before });
        before = length(root);
        if let Event::Begun(step) = event {
            // The act begins when the record is whole on the disk.
            let folder = into.join(format!("{}", cuts.len()));
            copy(root, &folder);
            leave_half(&folder, step);
            cuts.push(Cut { folder, journal_before: before });
        }
    };
    run(&mut look);
    cuts
}

fn length(root: &Path) -> u64 {
    fs::metadata(state(root).join("journal")).map_or(0, |metadata| metadata.len())
}

/// What an act leaves that is cut off in its middle: a file that has not got its name, and folders.
fn leave_half(root: &Path, step: &Step) {
    let path = match &step.change {
        Change::File { path, .. } | Change::Link { path, .. } | Change::SwapFile { path, .. } => path,
        Change::Signature { .. }
        | Change::Zram { .. }
        | Change::Swap { .. }
        | Change::Value { .. }
        | Change::Unit { .. }
        | Change::Reload => return,
    };
    let path = if path == "/etc/linked.conf" { "/etc/sysctl.conf" } else { path };
    let place = root.join(&path[1..]);
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    let name = format!(".{}.highwater-unfinished", place.file_name().unwrap().to_str().unwrap());
    fs::write(place.with_file_name(name), "half").unwrap();
}

/// The machine of a cut with its journal at several lengths: whole, and torn within what was written last.
fn torn(cut: &Cut, then: &mut dyn FnMut(&Path, u64)) {
    let whole = length(&cut.folder);
    // Wherever within a record the cut is, the journal reads the same: its own test goes through every byte.
    let mut lengths = vec![whole];
    if whole > cut.journal_before {
        lengths.push((whole + cut.journal_before) / 2);
    }
    for length in lengths {
        let folder = folder();
        let root = folder.path().join("root");
        copy(&cut.folder, &root);
        if length < whole {
            let file = fs::File::options().write(true).open(state(&root).join("journal")).unwrap();
            file.set_len(length).unwrap();
        }
        then(&root, length);
    }
}

/// Two machines show the same; if not, only where they differ is told.
fn assert_same(found: &Shown, expected: &Shown, when: &str) {
    let paths: BTreeSet<&PathBuf> = found.keys().chain(expected.keys()).collect();
    let words = |shown: &Shown, path: &PathBuf| {
        shown.get(path).map(|(mode, content)| format!("{mode:o} {}", String::from_utf8_lossy(content)))
    };
    for path in paths {
        assert_eq!(words(found, path), words(expected, path), "{} {when}", path.display());
    }
}

struct Stage {
    _folder: tempfile::TempDir,
    before: Shown,
    after: Shown,
    cuts: Vec<Cut>,
    root: PathBuf,
}

/// A machine on which the plan was done, with every moment of it.
fn stage() -> Stage {
    let folder = folder();
    let root = folder.path().join("root");
    build(&root);
    let before = shown(&root);
    let cuts = cuts(&root, &folder.path().join("cuts"), |look| apply(&root, &plan(), look).unwrap());
    let after = without_identity(shown(&root));
    assert_ne!(before, after);
    Stage { _folder: folder, before, after, cuts, root }
}

#[test]
fn after_a_crash_at_any_point_apply_goes_on_to_what_is_wanted() {
    let stage = stage();
    assert_eq!(stage.cuts.len(), 4 * plan().steps.len());
    for (number, cut) in stage.cuts.iter().enumerate() {
        torn(cut, &mut |root, length| {
            apply(root, &plan(), &mut |_| {}).unwrap_or_else(|error| panic!("cut {number}: {error}"));
            assert_same(
                &without_identity(shown(root)),
                &stage.after,
                &format!("cut {number}, {length} bytes"),
            );
            assert_eq!(differences(&machine(root), journal(root).history()).len(), 0);
            if number % 7 == 0 {
                take_back(root).unwrap();
                assert_same(&shown(root), &stage.before, &format!("cut {number}, then undone"));
            }
        });
    }
}

#[test]
fn after_a_crash_at_any_point_undo_leads_back_to_the_last_byte() {
    let stage = stage();
    for (number, cut) in stage.cuts.iter().enumerate() {
        torn(cut, &mut |root, length| {
            let has_records = journal(root).history().record_count() > 0;
            take_back(root).unwrap_or_else(|error| panic!("cut {number}: {error}"));
            assert_same(&shown(root), &stage.before, &format!("cut {number}, {length} bytes"));
            assert_eq!(state(root).join("journal").exists(), !has_records);
        });
    }
}

#[test]
fn after_a_crash_in_the_undo_the_undo_goes_on() {
    let stage = stage();
    let folder = folder();
    let cuts = cuts(&stage.root, folder.path(), |look| {
        undo(&machine(&stage.root), &mut journal(&stage.root), Changed::Refused, look).unwrap();
    });
    assert_same(&shown(&stage.root), &stage.before, "");
    assert!(cuts.len() > plan().steps.len());
    for (number, cut) in cuts.iter().enumerate() {
        torn(cut, &mut |root, length| {
            take_back(root).unwrap_or_else(|error| panic!("cut {number}: {error}"));
            assert_same(&shown(root), &stage.before, &format!("cut {number}, {length} bytes"));
        });
    }
}

#[test]
fn the_kubelet_starts_again_when_everything_else_is_back() {
    let stage = stage();
    fs::remove_file(stage.root.join("run/asked")).unwrap();
    take_back(&stage.root).unwrap();
    let asked = fs::read_to_string(stage.root.join("run/asked")).unwrap();
    let asked: Vec<&str> = asked.lines().filter(|line| !line.starts_with("is-active")).collect();
    let expected = [
        "stop --no-ask-password -- swapfile.swap",
        "daemon-reload",
        "start --no-ask-password -- earlyoom.service",
        "daemon-reload",
        "try-restart --no-ask-password -- kubelet.service",
    ];
    assert_eq!(asked, expected);
}

#[test]
fn swap_that_is_made_anew_is_switched_off_and_on_and_comes_back_as_it_was() {
    let stage = stage();
    let before = without_identity(shown(&stage.root));
    let used = |priority| Some(SwapUse { priority: Some(priority), discard: Discard::Never });
    let file =
        |mebibytes: u64| Some(SwapFile { size: Bytes(mebibytes << 20), allocation: Allocation::Reserved });
    let swap = |now, wanted| Change::Swap {
        path: "/var/swap/file".to_owned(),
        now,
        wanted,
        by: SwitchedBy::Unit("swapfile.swap".to_owned()),
    };
    let changes = [
        swap(used(10), None),
        Change::SwapFile { path: "/var/swap/file".to_owned(), now: file(1), wanted: file(2) },
        swap(None, used(10)),
    ];
    let step = |(number, change)| Step { name: format!("anew-{number}"), why: String::new(), change };
    let anew = Plan { steps: changes.into_iter().enumerate().map(step).collect(), ..Plan::default() };
    let folder = folder();
    let cuts = cuts(&stage.root, folder.path(), |look| apply(&stage.root, &anew, look).unwrap());
    let after = without_identity(shown(&stage.root));
    for (number, cut) in cuts.iter().enumerate() {
        torn(cut, &mut |root, length| {
            apply(root, &anew, &mut |_| {}).unwrap_or_else(|error| panic!("cut {number}: {error}"));
            assert_same(&without_identity(shown(root)), &after, &format!("cut {number}, {length} bytes"));
        });
        // The first plan's steps are in the same journal: one undo leads back to the very beginning.
        torn(cut, &mut |root, length| {
            take_back(root).unwrap_or_else(|error| panic!("cut {number}: {error}"));
            assert_same(&shown(root), &stage.before, &format!("cut {number}, {length} bytes"));
        });
    }
    assert_ne!(before, after);
}

#[test]
fn a_second_run_changes_nothing_and_a_machine_that_is_right_needs_nothing() {
    let stage = stage();
    let mut plan = plan();
    // What leaves no trace is done whenever it is planned; a planner does not plan it for a machine that is right.
    plan.steps.retain(|step| apply::host::leaves_a_trace(&step.change));
    let before = shown(&stage.root);
    let mut endings = Vec::new();
    let mut note = |event: &Event<'_>| {
        if let Event::Over(_, ending) = event {
            endings.push(*ending);
        }
    };
    apply(&stage.root, &plan, &mut note).unwrap();
    assert!(endings.iter().all(|ending| *ending == Ending::Found), "{endings:?}");
    assert_same(&shown(&stage.root), &before, "");
    // What the second run only found is the first one's to take back.
    take_back(&stage.root).unwrap();
    assert_same(&shown(&stage.root), &stage.before, "");
}

#[test]
fn a_stale_plan_is_refused_before_its_first_step() {
    let folder = folder();
    build(folder.path());
    // The last thing that the plan would look at.
    fs::write(folder.path().join("proc/sys/vm/swappiness"), "77").unwrap();
    let before = shown(folder.path());
    let stopped = apply(folder.path(), &plan(), &mut |_| {}).unwrap_err();
    assert!(matches!(&stopped, Stopped::Stale { step, found } if step == "step-8" && found.contains("`77`")));
    assert_same(&shown(folder.path()), &before, "");
    assert!(!folder.path().join("var/lib").exists());
}

#[test]
fn a_failure_stops_the_run_and_both_ways_out_are_open() {
    let folder = folder();
    build(folder.path());
    let before = shown(folder.path());
    let systemctl = folder.path().join("bin/systemctl");
    let script = fs::read_to_string(&systemctl).unwrap();
    fs::write(&systemctl, script.replace("case \"$1 ", "[ \"$1\" != start ] || exit 1\ncase \"$1 ")).unwrap();
    let stopped = apply(folder.path(), &plan(), &mut |_| {}).unwrap_err();
    assert!(matches!(&stopped, Stopped::Failed { step, .. } if step == "step-7"), "{stopped:?}");
    assert_eq!(fs::read_to_string(folder.path().join("proc/sys/vm/swappiness")).unwrap(), "60");
    let journal = journal(folder.path());
    let left = differences(&machine(folder.path()), journal.history());
    let names: Vec<&str> = left.iter().map(|difference| difference.step.as_str()).collect();
    assert_eq!(names, ["step-7", "step-8", "step-9"]);
    assert!(left.iter().skip(1).all(|difference| matches!(difference.shows, Shows::NotTaken)));
    fs::write(&systemctl, &script).unwrap();
    apply(folder.path(), &plan(), &mut |_| {}).unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("proc/sys/vm/swappiness")).unwrap(), "10");
    take_back(folder.path()).unwrap();
    assert_same(&shown(folder.path()), &before, "");
}

#[test]
fn what_a_reboot_takes_away_is_done_again() {
    let stage = stage();
    let cut = &stage.cuts[stage.cuts.len() - 2];
    fs::write(cut.folder.join("proc/swaps"), "Filename\tType\tSize\tUsed\tPriority\n").unwrap();
    fs::write(cut.folder.join("proc/sys/vm/swappiness"), "60").unwrap();
    apply(&cut.folder, &plan(), &mut |_| {}).unwrap();
    assert_same(&without_identity(shown(&cut.folder)), &stage.after, "");
    take_back(&cut.folder).unwrap();
    assert_same(&shown(&cut.folder), &stage.before, "");
}

#[test]
fn what_a_boot_brought_about_before_its_step_came_is_taken_back_too() {
    let stage = stage();
    let shows =
        |root: &Path| root.join("etc/systemd/system/swap.target.wants/deep/swapfile.swap").is_symlink();
    let not_on = |root: &Path| !fs::read_to_string(root.join("proc/swaps")).unwrap().contains("/var/swap");
    let cut = stage.cuts.iter().find(|cut| shows(&cut.folder) && not_on(&cut.folder)).unwrap();
    machine_boots(&cut.folder);
    take_back(&cut.folder).unwrap();
    assert_same(&shown(&cut.folder), &stage.before, "");
}

#[test]
fn the_undo_leaves_alone_what_somebody_changed_since_and_names_it() {
    let stage = stage();
    fs::write(stage.root.join("etc/sysctl.conf"), "somebody's = 1\n").unwrap();
    let stopped = take_back(&stage.root).unwrap_err();
    assert!(
        matches!(&stopped, Stopped::Stale { found, .. } if found.contains("/etc/linked.conf")),
        "{stopped}"
    );
    assert_eq!(fs::read_to_string(stage.root.join("etc/sysctl.conf")).unwrap(), "somebody's = 1\n");
    // Put as it was left, it can be taken back.
    fs::write(stage.root.join("etc/sysctl.conf"), "vm.swappiness = 10\nvm.page-cluster = 0\n").unwrap();
    take_back(&stage.root).unwrap();
    assert_same(&shown(&stage.root), &stage.before, "");
}

#[test]
fn two_plans_are_taken_back_also_when_somebody_came_between() {
    let stage = stage();
    let value = |now: &str, wanted: &str| Plan {
        steps: vec![Step {
            name: "swappiness".to_owned(),
            why: String::new(),
            change: Change::Value {
                path: "/proc/sys/vm/swappiness".to_owned(),
                now: now.to_owned(),
                wanted: wanted.to_owned(),
            },
        }],
        ..Plan::default()
    };
    fs::write(stage.root.join("proc/sys/vm/swappiness"), "33").unwrap();
    assert_eq!(differences(&machine(&stage.root), journal(&stage.root).history()).len(), 1);
    apply(&stage.root, &value("33", "0"), &mut |_| {}).unwrap();
    assert_eq!(differences(&machine(&stage.root), journal(&stage.root).history()).len(), 0);
    take_back(&stage.root).unwrap();
    assert_same(&shown(&stage.root), &stage.before, "");
}

#[test]
fn an_image_takes_its_files_and_leaves_the_rest_to_its_first_boot() {
    let folder = folder();
    build(folder.path());
    let before = shown(folder.path());
    let image = Machine::at(folder.path(), MachineState::Image);
    let mut left = Vec::new();
    let mut note = |event: &Event<'_>| {
        if let Event::Over(step, Ending::Left) = event {
            left.push(step.name.clone());
        }
    };
    start(&image, &mut journal(folder.path()), &plan(), 1, &mut note).unwrap();
    assert_eq!(left, ["step-0", "step-6", "step-7", "step-8", "step-9"]);
    assert!(folder.path().join("var/swap/file").exists());
    assert!(!folder.path().join("run/asked").exists());
    assert_eq!(fs::read_to_string(folder.path().join("proc/sys/vm/swappiness")).unwrap(), "60");
    assert_eq!(differences(&image, journal(folder.path()).history()).len(), 0);
    // Booted, with swap on by its unit, the undo takes back what the first boot did.
    machine_boots(folder.path());
    take_back(folder.path()).unwrap();
    // What the value was before, nobody knows: its file is gone, and the next boot leaves it alone.
    assert_eq!(fs::read_to_string(folder.path().join("proc/sys/vm/swappiness")).unwrap(), "10");
    fs::write(folder.path().join("proc/sys/vm/swappiness"), "60").unwrap();
    assert_same(&shown(folder.path()), &before, "");
}

/// systemd switches the swap on and sets the value, as the files say.
fn machine_boots(root: &Path) {
    let swaps = "Filename\tType\tSize\tUsed\tPriority\n/var/swap/file\tfile\t1020\t0\t10\n";
    fs::write(root.join("proc/swaps"), swaps).unwrap();
    fs::write(root.join("proc/sys/vm/swappiness"), "10").unwrap();
}

#[test]
fn swap_that_memory_cannot_take_back_stays_on_and_both_figures_are_told() {
    let stage = stage();
    let swaps = "Filename\tType\tSize\tUsed\tPriority\n/var/swap/file\tfile\t1020\t900\t10\n";
    fs::write(stage.root.join("proc/swaps"), swaps).unwrap();
    fs::write(stage.root.join("proc/meminfo"), "MemTotal: 1000 kB\nMemAvailable: 8 kB\n").unwrap();
    let Stopped::Failed { step, source } = take_back(&stage.root).unwrap_err() else { panic!("not refused") };
    assert_eq!(step, "step-7");
    assert!(source.to_string().contains("1 MiB that must go back to memory, where 1 MiB"), "{source}");
    assert_eq!(fs::read_to_string(stage.root.join("proc/swaps")).unwrap(), swaps);
    fs::write(stage.root.join("proc/meminfo"), "MemTotal: 1000 kB\nMemAvailable: 800 kB\n").unwrap();
    let other = format!("{swaps}/dev/sdb1\tpartition\t9000\t0\t-2\n");
    fs::write(stage.root.join("proc/swaps"), other).unwrap();
    take_back(&stage.root).unwrap();
}

#[test]
fn a_write_that_comes_to_no_end_is_told() {
    let folder = folder();
    build(folder.path());
    let value = folder.path().join("proc/sys/vm/swappiness");
    let step = plan().steps.remove(8);
    let slow = folder.path().join("bin/systemctl");
    fs::write(&slow, "#!/bin/sh\nsleep 3\n").unwrap();
    let machine = machine(folder.path()).with_patience(Duration::from_millis(300));
    let hanging = Plan {
        steps: vec![
            Step {
                change: Change::Unit {
                    unit: "a.service".to_owned(),
                    action: model::plan::UnitAction::Restart,
                },
                ..step.clone()
            },
            step,
        ],
        ..Plan::default()
    };
    let stopped = start(&machine, &mut journal(folder.path()), &hanging, 1, &mut |_| {}).unwrap_err();
    assert!(matches!(&stopped, Stopped::Hangs { .. }), "{stopped}");
    assert_eq!(fs::read_to_string(value).unwrap(), "60");
    assert!(journal(folder.path()).history().is_interrupted());
}
