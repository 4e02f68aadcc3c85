//! A look before an undo: what somebody changed since, and what else must stay with it.

use super::is_restart;
use crate::host::place::{LastLink, resolve};
use crate::host::{Machine, Present, leaves_a_trace, present};
use crate::journal::history::{Entry, History, StepState, thing};
use model::node_run::KeptStep;
use model::plan::{Change, SwitchedBy};
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::Read;

/// A file of more than this is no configuration.
const BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Whether what an act left that was cut off is cleared away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halves {
    /// It is: every step shows one end or the other.
    Cleared,
    /// It may be there: such steps are not judged.
    Left,
}

/// What stays: by the step's number, why.
pub type Staying = BTreeMap<usize, String>;

/// Every step that shows neither what it left nor what was before it, with what was found; in the order of the undo.
pub fn changed(
    machine: &Machine,
    history: &History,
    order: &[usize],
    halves: Halves,
) -> Vec<(usize, String)> {
    let mut decided = HashSet::new();
    let mut changed = Vec::new();
    for number in order {
        let Some(entry) = history.entries().get(*number) else { continue };
        let own = thing(&entry.step.change);
        let is_half = entry.state == StepState::Begun || entry.is_undo_begun;
        if decided.contains(&own) || !machine.takes(&entry.step.change) || !leaves_a_trace(&entry.step.change)
        {
            continue;
        }
        if is_half && halves == Halves::Left {
            decided.insert(own);
            continue;
        }
        let Some(back) = super::taking_back(history, *number) else { continue };
        match present(machine, &back) {
            Ok(Present::Now) => {
                decided.insert(own);
            }
            Ok(Present::Other(found)) if !is_of_a_boot(entry) => {
                decided.insert(own);
                changed.push((*number, found));
            }
            // It shows what an older step of the same thing left; and what cannot be read is told when the undo comes to it.
            Ok(Present::Wanted | Present::Other(_)) | Err(_) => {}
        }
    }
    changed
}

/// A boot did it or did not: what it made of it is no change that somebody made.
const fn is_of_a_boot(entry: &Entry) -> bool {
    matches!(entry.state, StepState::Left | StepState::Planned)
}

/// What stays when the changed steps stay: they, and everything that what stays names. A unit keeps its swap file, the swap that it
/// switches on and the link that enables it; a file of settings keeps the values that it sets.
pub fn staying(
    machine: &Machine,
    history: &History,
    order: &[usize],
    changed: &[(usize, String)],
) -> Staying {
    let entries = history.entries();
    let of_thing = |number: usize| {
        let own = entries.get(number).map(|entry| thing(&entry.step.change));
        order
            .iter()
            .copied()
            .filter(move |other| entries.get(*other).map(|entry| thing(&entry.step.change)) == own)
    };
    let mut staying = Staying::new();
    let mut unheard: Vec<usize> = Vec::new();
    for (number, found) in changed {
        staying.extend(of_thing(*number).map(|other| (other, found.clone())));
        unheard.push(*number);
    }
    while let Some(number) = unheard.pop() {
        let Some(entry) = entries.get(number) else { continue };
        let said = said(machine, &entry.step.change);
        for other in order {
            let Some(other_entry) = entries.get(*other) else { continue };
            if !staying.contains_key(other) && said.needs(&other_entry.step.change) {
                let why = format!("{} stays and needs it", entry.step.name);
                staying.extend(of_thing(*other).map(|same| (same, why.clone())));
                unheard.push(*other);
            }
        }
    }
    staying
}

/// What stays, for people: each thing once, in the order in which it would be taken back.
pub fn told(history: &History, order: &[usize], staying: &Staying) -> Vec<KeptStep> {
    let entries = history.entries();
    let mut seen = HashSet::new();
    let numbers = order.iter().filter(|number| staying.contains_key(number));
    let told = numbers.filter_map(|number| {
        let entry = entries.get(*number).filter(|entry| !is_restart(&entry.step.change))?;
        let own = thing(&entry.step.change);
        if !seen.insert(own) {
            return None;
        }
        // The first of its steps knows what was there before all of them.
        let same =
            |first: &&usize| entries.get(**first).is_some_and(|first| thing(&first.step.change) == own);
        let first = staying.keys().find(same).and_then(|first| entries.get(*first)).unwrap_or(entry);
        let why = staying.get(number).cloned().unwrap_or_default();
        Some(KeptStep { step: entry.step.name.clone(), why, by_hand: by_hand(&first.step.change) })
    });
    told.collect()
}

/// What something that stays says of others.
#[derive(Default)]
struct Said {
    /// Its text.
    text: String,
    /// Names of its own that others go by.
    names: Vec<String>,
    /// Whether swap stays on, or may come on at a boot.
    is_swap: bool,
}

fn said(machine: &Machine, change: &Change) -> Said {
    match change {
        Change::File { path, .. } => {
            let text = text_at(machine, path);
            let names = if text.is_empty() { Vec::new() } else { unit_names(path) };
            let is_swap = names.iter().any(|name| name.ends_with(".swap"));
            Said { text, names, is_swap }
        }
        Change::Link { path, .. } => {
            let target =
                resolve(machine, path, LastLink::Kept).ok().and_then(|place| fs::read_link(place).ok());
            Said { text: target.unwrap_or_default().to_string_lossy().into_owned(), ..Said::default() }
        }
        Change::SwapFile { path: name, .. }
        | Change::Signature { device: name, .. }
        | Change::Zram { device: name, .. } => Said { names: vec![name.clone()], ..Said::default() },
        Change::Swap { path, by, .. } => Said {
            names: std::iter::once(path.clone()).chain(unit_of(by)).collect(),
            is_swap: true,
            ..Said::default()
        },
        Change::Value { .. } | Change::Unit { .. } | Change::Reload => Said::default(),
    }
}

impl Said {
    fn needs(&self, other: &Change) -> bool {
        // A kubelet that was not told to bear swap exits when it starts (failSwapOn is true unless it is said).
        self.is_swap && bears_swap(other)
            || names_of(other).iter().any(|name| self.names.contains(name) || is_named(&self.text, name))
    }
}

fn bears_swap(change: &Change) -> bool {
    let Change::File { wanted: Some(wanted), .. } = change else { return false };
    ["failSwapOn", "fail-swap-on"].iter().any(|word| wanted.text.contains(word))
}

/// The names by which others speak of a thing.
fn names_of(change: &Change) -> Vec<String> {
    match change {
        Change::File { path, .. } | Change::Link { path, .. } => {
            std::iter::once(path.clone()).chain(own_unit_name(path)).collect()
        }
        Change::SwapFile { path, .. } | Change::Signature { device: path, .. } => spellings(path),
        Change::Zram { device, .. } => vec![device.clone(), format!("/dev/{device}")],
        Change::Swap { path, by, .. } => {
            let zram = path.strip_prefix("/dev/").filter(|name| name.starts_with("zram")).map(str::to_owned);
            spellings(path).into_iter().chain(unit_of(by)).chain(zram).collect()
        }
        Change::Value { path, .. } => {
            let setting =
                path.strip_prefix("/proc/sys/").map(|name| [name.to_owned(), name.replace('/', ".")]);
            let slice = path.strip_prefix("/sys/fs/cgroup/").and_then(|path| path.rsplit('/').nth(1));
            let names = setting.into_iter().flatten().chain(slice.map(str::to_owned));
            std::iter::once(path.clone()).chain(names).collect()
        }
        Change::Unit { unit, .. } => vec![unit.clone()],
        Change::Reload => Vec::new(),
    }
}

/// The unit that switches swap on.
fn unit_of(by: &SwitchedBy) -> Option<String> {
    match by {
        SwitchedBy::Unit(unit) => Some(unit.clone()),
        SwitchedBy::Call => None,
    }
}

/// A path as it is written in a plain file, in fstab(5) and in a unit (systemd.unit(5), specifiers).
fn spellings(path: &str) -> Vec<String> {
    vec![path.to_owned(), path.replace(' ', "\\040"), path.replace('%', "%%")]
}

/// The units that a file of systemd is about: itself, or the one whose drop-in it is.
fn unit_names(path: &str) -> Vec<String> {
    let folder = path.rsplit('/').nth(1).and_then(|folder| folder.strip_suffix(".d"));
    match folder.filter(|_| path.contains("/systemd/")) {
        Some(unit) => vec![unit.to_owned()],
        None => own_unit_name(path).into_iter().collect(),
    }
}

fn own_unit_name(path: &str) -> Option<String> {
    let mut parts = path.rsplit('/');
    let name = parts.next().filter(|_| path.contains("/systemd/"))?;
    parts.next().filter(|folder| !folder.ends_with(".d"))?;
    Some(name.to_owned())
}

/// Whether a text has a name as a word of its own.
fn is_named(text: &str, name: &str) -> bool {
    let is_part = |symbol: char| symbol.is_alphanumeric() || "_-./\\".contains(symbol);
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        // A unit may be named by its path.
        let is_begun =
            before.is_none_or(|symbol| !is_part(symbol) || symbol == '/' && !name.starts_with('/'));
        is_begun && after.is_none_or(|symbol| !is_part(symbol))
    })
}

/// The text of a file as it is now; what cannot be read names nothing.
fn text_at(machine: &Machine, path: &str) -> String {
    let mut bytes = Vec::new();
    let opened = resolve(machine, path, LastLink::Followed).ok().and_then(|place| fs::File::open(place).ok());
    let _ = opened.map(|file| file.take(BYTES_MAX).read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What a person does to take a step back.
fn by_hand(change: &Change) -> String {
    match change {
        Change::File { path, now: None, .. } | Change::Link { path, now: None, .. } => {
            format!("rm {path}")
        }
        Change::File { path, now: Some(_), .. } => format!("take out of {path} what `apply` put there"),
        Change::Link { path, now: Some(target), .. } => format!("ln -sfn {target} {path}"),
        Change::SwapFile { path, now: None, .. } => format!("rm {path}, once it is off"),
        Change::SwapFile { path, now: Some(file), .. } => {
            format!("make {path} a swap file of {} bytes again", file.size.0)
        }
        Change::Signature { device, .. } => format!("wipefs -a {device}, once it is off"),
        Change::Zram { device, now: None, .. } => format!("zramctl --reset /dev/{device}, once it is off"),
        Change::Zram { device, now: Some(setup), .. } => {
            format!("give {device} a size of {} bytes again", setup.size.0)
        }
        Change::Swap { path, now: None, .. } => format!("swapoff {path}"),
        Change::Swap { path, now: Some(used), .. } => match used.priority {
            Some(priority) => format!("swapoff {path}; swapon -p {priority} {path}"),
            None => format!("swapoff {path}; swapon {path}"),
        },
        Change::Value { path, now, .. } => format!("echo '{now}' > {path}"),
        Change::Unit { unit, action } => match action.undo() {
            model::plan::UnitAction::Start => format!("systemctl start {unit}"),
            model::plan::UnitAction::Stop => format!("systemctl stop {unit}"),
            model::plan::UnitAction::Restart => format!("systemctl restart {unit}"),
        },
        Change::Reload => "systemctl daemon-reload".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_named, names_of, unit_names};
    use model::plan::Change;

    #[test]
    fn a_name_is_a_word_of_its_own() {
        for text in ["What=/swap file\n", "/swap file none swap sw", "a\n/swap file"] {
            assert!(is_named(text, "/swap file"), "{text}");
        }
        for text in ["/swap file2", "/mnt/swap file", "/swap file/x", ""] {
            assert!(!is_named(text, "/swap file"), "{text}");
        }
        assert!(is_named("/etc/systemd/system/a.swap", "a.swap") && is_named("After=a.swap b", "a.swap"));
        assert!(!is_named("After=aa.swap", "a.swap") && !is_named("a.swap.d", "a.swap"));
    }

    #[test]
    fn files_of_systemd_are_about_units() {
        assert_eq!(unit_names("/etc/systemd/system/a.swap"), ["a.swap"]);
        assert_eq!(unit_names("/etc/systemd/system/kubelet.service.d/10-x.conf"), ["kubelet.service"]);
        assert!(unit_names("/etc/sysctl.d/90-x.conf").is_empty());
    }

    #[test]
    fn a_value_goes_by_its_path_its_setting_and_its_slice() {
        let names = |path: &str| {
            let (now, wanted) = (String::new(), String::new());
            names_of(&Change::Value { path: path.to_owned(), now, wanted })
        };
        assert!(names("/proc/sys/vm/swappiness").contains(&"vm.swappiness".to_owned()));
        assert!(names("/sys/fs/cgroup/a.slice/memory.swap.max").contains(&"a.slice".to_owned()));
    }
}
