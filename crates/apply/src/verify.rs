//! The machine judged again, against what the journal says was wanted.

use crate::host::{Machine, Present, leaves_a_trace, present};
use crate::journal::history::{History, StepState, thing};
use crate::run::words;
use model::node_run::{Difference, Shows};
use model::plan::Step;
use std::collections::HashMap;

/// Every thing whose last wanted state the machine does not show, in the order of the steps.
#[must_use]
pub fn differences(machine: &Machine, history: &History) -> Vec<Difference> {
    let mut last: HashMap<(&'static str, &str), usize> = HashMap::new();
    let entries = history.entries();
    for (number, entry) in entries.iter().enumerate() {
        if entry.state.is_wanted() {
            last.insert(thing(&entry.step.change), number);
        }
    }
    let mut numbers: Vec<usize> = last.into_values().collect();
    numbers.sort_unstable();
    let entries = numbers.into_iter().filter_map(|number| entries.get(number));
    entries
        .filter(|entry| machine.takes(&entry.step.change))
        .filter_map(|entry| {
            let is_taken = entry.state != StepState::Planned;
            let shows = if leaves_a_trace(&entry.step.change) {
                shows(machine, &entry.step, is_taken)?
            } else if is_taken && entry.state != StepState::Begun {
                return None;
            } else {
                Shows::NotTaken
            };
            let Step { name, why, .. } = entry.step.clone();
            Some(Difference { step: name, why, shows })
        })
        .collect()
}

fn shows(machine: &Machine, step: &Step, is_taken: bool) -> Option<Shows> {
    match present(machine, &step.change) {
        Ok(Present::Wanted) => None,
        Ok(Present::Now) if is_taken => Some(Shows::Before),
        Ok(Present::Now) => Some(Shows::NotTaken),
        Ok(Present::Other(found)) if is_taken => Some(Shows::Other(since(machine, step).unwrap_or(found))),
        Ok(Present::Other(found)) => Some(Shows::Other(found)),
        Err(error) => Some(Shows::Unreadable(words(&error))),
    }
}

/// How it differs from what the step left, not from what was there before it.
fn since(machine: &Machine, step: &Step) -> Option<String> {
    match present(machine, &step.change.undo()) {
        Ok(Present::Other(found)) => Some(found),
        Ok(Present::Now | Present::Wanted) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::shows;
    use crate::host::{Machine, MachineState};
    use model::node_run::Shows;
    use model::plan::{Change, FileContent, Step};
    use std::fs;

    #[test]
    fn what_drifted_is_told_from_what_was_wanted_and_not_from_what_was_before() {
        let root = tempfile::tempdir().unwrap();
        let machine = Machine::at(root.path(), MachineState::Running);
        fs::create_dir_all(root.path().join("proc/sys/vm")).unwrap();
        fs::write(root.path().join("proc/sys/vm/swappiness"), "30").unwrap();
        fs::write(root.path().join("conf"), "mine\nand somebody's\n").unwrap();
        let value = Change::Value {
            path: "/proc/sys/vm/swappiness".to_owned(),
            now: "1".to_owned(),
            wanted: "60".to_owned(),
        };
        let wanted = Some(FileContent { text: "mine\n".to_owned(), mode: 0o644 });
        let file = Change::File { path: "/conf".to_owned(), now: None, wanted };
        for (change, words) in [(value, "is `30`, expected `60`"), (file, "was changed")] {
            let step = Step { name: "step".to_owned(), why: String::new(), change };
            let Some(Shows::Other(found)) = shows(&machine, &step, true) else { panic!("it differs") };
            assert!(found.contains(words), "{found}");
        }
    }
}
