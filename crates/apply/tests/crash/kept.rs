//! An undo on a machine where somebody changed something since: what was changed stays with what it needs, the rest is as it was.

use crate::fake_machine::{Shown, copy, machine, plan, shown, state};
use crate::{apply, assert_same, cuts, folder, journal, stage, torn};
use apply::run::Stopped;
use apply::undo::{Changed, outlook, undo};
use apply::verify::differences;
use model::node_run::KeptStep;
use model::plan::{Change, FileContent, Plan, Step};
use std::fs;
use std::path::Path;

const UNIT: &str = "etc/systemd/system/swapfile.swap";
const LINK: &str = "etc/systemd/system/swap.target.wants/deep/swapfile.swap";
const THEIRS: &str = "[Swap]\nWhat=/var/swap/file\nPriority=99\n";

fn keeping(root: &Path) -> Result<Vec<KeptStep>, Stopped> {
    undo(&machine(root), &mut journal(root), Changed::Kept, &mut |_| {})
}

fn refusing(root: &Path) -> Result<Vec<KeptStep>, Stopped> {
    undo(&machine(root), &mut journal(root), Changed::Refused, &mut |_| {})
}

fn names(kept: &[KeptStep]) -> Vec<&str> {
    kept.iter().map(|kept| kept.step.as_str()).collect()
}

fn text(root: &Path, path: &str) -> String {
    fs::read_to_string(root.join(path)).unwrap()
}

/// What a machine shows but some paths.
fn without(mut shown: Shown, paths: &[&str]) -> Shown {
    shown.retain(|path, _| {
        !paths.iter().any(|kept| path.starts_with(kept) || Path::new(kept).starts_with(path))
    });
    shown
}

#[test]
fn a_changed_unit_stays_with_its_swap_and_the_rest_is_as_it_was() {
    let stage = stage();
    let root = &stage.root;
    let ours = text(root, UNIT);
    fs::write(root.join(UNIT), THEIRS).unwrap();
    let (before, written) = (shown(root), fs::read(state(root).join("journal")).unwrap());
    let stopped = refusing(root).unwrap_err();
    assert!(matches!(&stopped, Stopped::Stale { step, .. } if step == "step-2"), "{stopped}");
    assert_same(&shown(root), &before, "after a refusal");
    assert_eq!(fs::read(state(root).join("journal")).unwrap(), written);

    let foreseen = outlook(&machine(root), journal(root).history(), Changed::Kept);
    let kept = keeping(root).unwrap();
    assert_eq!(names(&kept), ["step-7", "step-5", "step-2", "step-1"]);
    assert_eq!(foreseen.kept, kept);
    assert_eq!(foreseen.taken_back, [8, 6, 4, 3, 0, 9]);
    assert!(kept[2].why.contains("swapfile.swap was changed"), "{kept:?}");
    assert_eq!(kept[0].by_hand, "swapoff /var/swap/file");
    assert_eq!(kept[3].by_hand, "rm /var/swap/file, once it is off");
    assert_eq!(text(root, UNIT), THEIRS);
    assert!(root.join(LINK).is_symlink() && root.join("var/swap/file").exists());
    assert!(text(root, "proc/swaps").contains("/var/swap/file"));
    let area = [UNIT, LINK, "var/swap/file", "proc/swaps"];
    assert_same(&without(shown(root), &area), &without(stage.before.clone(), &area), "beside the area");
    assert!(text(root, "run/asked").ends_with("try-restart --no-ask-password -- kubelet.service\n"));

    // Nothing of it is a wish any more, nothing is interrupted, and what stays can still be taken back.
    assert_eq!(differences(&machine(root), journal(root).history()), []);
    assert!(!journal(root).history().is_interrupted() && !journal(root).history().is_undo_interrupted());
    let asked = text(root, "run/asked").matches("try-restart").count();
    assert_eq!(outlook(&machine(root), journal(root).history(), Changed::Kept).taken_back, [0; 0]);
    assert_eq!(names(&keeping(root).unwrap()), names(&kept));
    assert_eq!(text(root, "run/asked").matches("try-restart").count(), asked);
    assert!(matches!(refusing(root), Err(Stopped::Stale { .. })));
    fs::write(root.join(UNIT), ours).unwrap();
    assert_eq!(refusing(root).unwrap(), []);
    assert_same(&shown(root), &stage.before, "when the unit is as it was left again");
    assert!(!state(root).join("journal").exists());
}

#[test]
fn what_was_kept_and_is_gone_by_hand_ends_the_undo() {
    let stage = stage();
    let root = &stage.root;
    fs::write(root.join(UNIT), THEIRS).unwrap();
    keeping(root).unwrap();
    fs::write(root.join("proc/swaps"), "Filename\tType\tSize\tUsed\tPriority\n").unwrap();
    for path in [UNIT, LINK, "var/swap/file"] {
        fs::remove_file(root.join(path)).unwrap();
    }
    assert_eq!(refusing(root).unwrap(), []);
    assert_same(&shown(root), &stage.before, "");
}

#[test]
fn a_changed_file_of_settings_stays_with_the_values_that_it_still_names() {
    for (theirs, expected) in
        [("vm.swappiness = 10\n# mine\n", &["step-8", "step-3"][..]), ("vm.page-cluster = 5\n", &["step-3"])]
    {
        let stage = stage();
        fs::write(stage.root.join("etc/sysctl.conf"), theirs).unwrap();
        let kept = keeping(&stage.root).unwrap();
        assert_eq!(names(&kept), expected, "{theirs}");
        assert_eq!(text(&stage.root, "etc/sysctl.conf"), theirs);
        let paths = ["etc/sysctl.conf", "proc/sys/vm/swappiness"];
        let rest = without(shown(&stage.root), &paths);
        assert_same(&rest, &without(stage.before.clone(), &paths), theirs);
        assert_eq!(
            text(&stage.root, "proc/sys/vm/swappiness"),
            if expected.len() == 2 { "10" } else { "60" }
        );
    }
}

#[test]
fn a_kubelet_is_told_to_bear_swap_as_long_as_swap_stays() {
    let stage = stage();
    let path = "/etc/kubelet.yaml";
    let wanted = Some(FileContent { text: "failSwapOn: false\n".to_owned(), mode: 0o644 });
    let change = Change::File { path: path.to_owned(), now: None, wanted };
    let step = Step { name: "kubelet-config".to_owned(), why: String::new(), change };
    apply(&stage.root, &Plan { steps: vec![step], ..Plan::default() }, &mut |_| {}).unwrap();
    fs::write(stage.root.join(UNIT), THEIRS).unwrap();
    let kept = keeping(&stage.root).unwrap();
    assert_eq!(names(&kept), ["kubelet-config", "step-7", "step-5", "step-2", "step-1"]);
    assert_eq!(text(&stage.root, "etc/kubelet.yaml"), "failSwapOn: false\n");
}

#[test]
fn a_unit_that_somebody_removed_keeps_nothing() {
    let stage = stage();
    fs::remove_file(stage.root.join(UNIT)).unwrap();
    // That it is gone is what the undo wants.
    assert_eq!(keeping(&stage.root).unwrap(), []);
    assert_same(&shown(&stage.root), &stage.before, "");
}

#[test]
fn after_a_crash_at_any_point_the_same_stays() {
    let stage = stage();
    let ours = text(&stage.root, UNIT);
    fs::write(stage.root.join(UNIT), THEIRS).unwrap();
    let whole = folder();
    copy(&stage.root, whole.path());
    let kept = keeping(whole.path()).unwrap();
    let after = shown(whole.path());
    let into = folder();
    let cuts = cuts(&stage.root, into.path(), |look| {
        undo(&machine(&stage.root), &mut journal(&stage.root), Changed::Kept, look).unwrap();
    });
    assert!(cuts.len() > 12, "{}", cuts.len());
    for (number, cut) in cuts.iter().enumerate() {
        torn(cut, &mut |root, length| {
            let when = format!("cut {number}, {length} bytes");
            assert!(matches!(refusing(root), Err(Stopped::Stale { .. })), "{when}");
            assert_eq!(keeping(root).unwrap(), kept, "{when}");
            assert_same(&shown(root), &after, &when);
            if number % 3 == 0 {
                fs::write(root.join(UNIT), &ours).unwrap();
                assert_eq!(refusing(root).unwrap(), []);
                assert_same(&shown(root), &stage.before, &when);
            }
        });
    }
}

#[test]
fn a_plan_after_it_is_taken_back_to_what_somebody_made() {
    let stage = stage();
    let root = &stage.root;
    fs::write(root.join("etc/sysctl.conf"), "mine = 1\n").unwrap();
    assert_eq!(names(&keeping(root).unwrap()), ["step-3"]);
    let content = |text: &str| Some(FileContent { text: text.to_owned(), mode: 0o600 });
    let change = Change::File {
        path: "/etc/linked.conf".to_owned(),
        now: content("mine = 1\n"),
        wanted: content("vm.swappiness = 5\n"),
    };
    let step = Step { name: "again".to_owned(), why: String::new(), change };
    apply(root, &Plan { steps: vec![step], ..Plan::default() }, &mut |_| {}).unwrap();
    assert_eq!(text(root, "etc/sysctl.conf"), "vm.swappiness = 5\n");
    assert_eq!(differences(&machine(root), journal(root).history()), []);
    assert_eq!(refusing(root).unwrap(), []);
    assert_eq!(text(root, "etc/sysctl.conf"), "mine = 1\n");
    assert!(!state(root).join("journal").exists());
    // The next plan begins a journal of its own.
    fs::write(root.join("etc/sysctl.conf"), "vm.swappiness = 60\n").unwrap();
    fs::set_permissions(root.join("etc/sysctl.conf"), std::os::unix::fs::PermissionsExt::from_mode(0o640))
        .unwrap();
    apply(root, &plan(), &mut |_| {}).unwrap();
}

#[test]
fn a_plan_after_it_takes_all_that_stayed_as_it_is() {
    let stage = stage();
    let root = &stage.root;
    fs::write(root.join(UNIT), THEIRS).unwrap();
    keeping(root).unwrap();
    let stayed = shown(root);
    let change = Change::Value {
        path: "/proc/sys/vm/swappiness".to_owned(),
        now: "60".to_owned(),
        wanted: "33".to_owned(),
    };
    let step = Step { name: "again".to_owned(), why: String::new(), change };
    apply(root, &Plan { steps: vec![step], ..Plan::default() }, &mut |_| {}).unwrap();
    assert_eq!(journal(root).history().wanted_count(), 1);
    assert_eq!(refusing(root).unwrap(), []);
    // The link that enables their unit stays too.
    assert_same(&shown(root), &stayed, "");
}
