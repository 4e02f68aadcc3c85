//! `arrows.toml` as values: which room may use which, and who may name which outside crate.

use anyhow::Context;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The whole of `arrows.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The rooms by name.
    pub rooms: BTreeMap<String, Room>,
    /// Outside crates, each with the only rooms that may name it.
    pub contained: BTreeMap<String, Vec<String>>,
    /// Outside crates for tests.
    pub tests: TestCrates,
    /// Who may change files and start programs.
    pub hands: Hands,
    /// Which licences are accepted.
    pub licences: Licences,
    /// How many crates the binary may consist of.
    pub crate_count: CrateCount,
}

/// One room.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Room {
    /// The rooms it may use.
    pub uses: Vec<String>,
    /// The outside crates it may name; only pure rooms have this list.
    pub outside: Option<Vec<String>>,
}

/// Outside crates that only tests use.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestCrates {
    /// Their names.
    pub crates: Vec<String>,
}

/// Who may change files, start programs and call the kernel by hand.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hands {
    /// Rooms that may change files.
    pub writes: Vec<String>,
    /// Rooms that may start programs.
    pub starts: Vec<String>,
    /// The only file with `unsafe`.
    pub unsafe_file: String,
    /// Files of other rooms that may do either, with the reason.
    pub exceptions: BTreeMap<String, String>,
}

/// Accepted licences.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licences {
    /// SPDX names; one with an exception is spelled in full, `A WITH B`.
    pub allowed: Vec<String>,
}

/// The bound on the number of crates.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrateCount {
    /// Where we want to be.
    pub aim: usize,
    /// Where tidy refuses.
    pub max: usize,
}

impl Rules {
    /// Reads the text of `arrows.toml`.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        toml::from_str(text).context("arrows.toml")
    }

    /// The names of the rooms that do no I/O.
    pub fn pure_rooms(&self) -> impl Iterator<Item = &str> {
        self.rooms.iter().filter(|(_, room)| room.outside.is_some()).map(|(name, _)| name.as_str())
    }

    /// Does this room do no I/O?
    pub fn is_pure(&self, room: &str) -> bool {
        self.rooms.get(room).is_some_and(|room| room.outside.is_some())
    }
}

#[cfg(test)]
pub mod tests {
    use super::Rules;

    /// The rules of this repository, for the tests of the checks.
    pub fn our_rules() -> Rules {
        Rules::parse(include_str!("../../../arrows.toml")).unwrap()
    }

    #[test]
    fn thought_is_pure_and_hands_are_not() {
        let rules = our_rules();
        assert_eq!(rules.pure_rooms().collect::<Vec<_>>(), ["judge", "kernel", "model", "plan", "view"]);
        assert!(!rules.is_pure("sources") && !rules.is_pure("unheard-of"));
    }

    #[test]
    fn pure_rooms_name_two_outside_crates_at_most() {
        for (name, room) in our_rules().rooms {
            assert!(room.outside.is_none_or(|outside| outside.len() <= 2), "{name}");
        }
    }

    #[test]
    fn every_room_that_is_named_exists() {
        let rules = our_rules();
        let used = rules.rooms.values().flat_map(|room| &room.uses);
        for name in used.chain(rules.contained.values().flatten()).chain(&rules.hands.writes) {
            assert!(rules.rooms.contains_key(name), "{name}");
        }
    }

    #[test]
    fn a_misspelled_key_is_refused() {
        assert!(Rules::parse("[rooms.kernel]\nuse = []").is_err());
    }
}
