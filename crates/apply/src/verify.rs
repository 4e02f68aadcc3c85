//! The machine judged again, against what the journal says was wanted.

use crate::host::{Machine, Present, leaves_a_trace, present};
use crate::journal::history::{History, StepState, target};
use crate::run::{kind, words};
use model::node_run::{Difference, Shows};
use model::plan::Step;
use std::collections::HashMap;

/// Every thing whose last wanted state the machine does not show, in the order of the steps.
#[must_use]
pub fn differences(machine: &Machine, history: &History) -> Vec<Difference> {
    let mut last: HashMap<(&'static str, String), usize> = HashMap::new();
    let entries = history.entries();
    for (number, entry) in entries.iter().enumerate() {
        if entry.state != StepState::Undone {
            last.insert((kind(&entry.step.change), target(&entry.step.change)), number);
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
        Ok(Present::Other(found)) => Some(Shows::Other(found)),
        Err(error) => Some(Shows::Unreadable(words(&error))),
    }
}
