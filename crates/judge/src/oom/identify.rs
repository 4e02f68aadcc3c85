//! Short names for incidents: the same kill seen again gets the same name.

use model::incident::{Assumed, Incident, IncidentId, When};
use model::kernel_log::BootId;
use std::collections::HashSet;

/// Letters and digits that cannot be taken for each other on a screen or a telephone.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstvwxyz0123456789";

/// How many of them are letters.
const LETTERS: u64 = 22;

/// Characters of a name: 1000 incidents collide with a probability of one in 30,000.
const LENGTH: usize = 7;

/// FNV-1a, 64 bits (RFC 9923): stable across releases, which Rust's own hasher is not.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// What makes a kill that kill: boot, time, and the first victim, or the cgroup and its counter where no victim is known.
#[must_use]
pub fn id(when: &When, victim: Option<u64>, otherwise: &str) -> IncidentId {
    let boot = when.boot.value().map(BootId::to_string).unwrap_or_default();
    // Whole seconds of the best clock: a log that rounds must give the same name.
    let exact = when.wall.get().filter(|_| when.assumed == Assumed::Nothing);
    let time = match (when.since_boot.get(), exact, &when.printed) {
        (Some(since), _, _) => format!("up{}", since.as_secs()),
        (None, Some(wall), _) => format!("at{}", wall.0 / 1_000),
        // What was assumed may be assumed otherwise next year.
        (None, None, Some(printed)) => printed.clone(),
        (None, None, None) => String::new(),
    };
    let who = victim.map_or_else(|| otherwise.to_owned(), |pid| pid.to_string());
    IncidentId(name(hash(&format!("{boot}/{time}/{who}"))))
}

/// Gives a later incident another name when two of one list share one.
pub fn tell_apart(incidents: &mut [Incident]) {
    let mut taken = HashSet::new();
    for incident in incidents {
        let mut salt = hash(&incident.id.0);
        while !taken.insert(incident.id.0.clone()) {
            salt = hash(&format!("{salt}"));
            incident.id = IncidentId(name(salt));
        }
    }
}

fn hash(text: &str) -> u64 {
    text.bytes().fold(FNV_OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME))
}

/// The first character is a letter, so that a name is never taken for a process id.
fn name(hash: u64) -> String {
    let mut rest = hash;
    let mut digit = |base: u64| {
        let index = rest % base;
        rest /= base;
        usize::try_from(index)
            .ok()
            .and_then(|index| ALPHABET.get(index))
            .map_or('a', |byte| char::from(*byte))
    };
    (0..LENGTH).map(|place| digit(if place == 0 { LETTERS } else { 32 })).collect()
}

#[cfg(test)]
mod tests {
    use super::{When, id};
    use model::kernel_log::BootId;
    use model::reading::Reading;
    use std::time::Duration;

    fn at(micros: u64) -> When {
        When {
            boot: Reading::Value(BootId(7)),
            since_boot: Reading::Value(Duration::from_micros(micros)),
            ..When::default()
        }
    }

    #[test]
    fn the_same_kill_has_the_same_name_and_another_has_another() {
        let name = id(&at(8_523_347_299), Some(4711), "");
        assert_eq!(name, id(&at(8_523_347_000), Some(4711), ""));
        assert_ne!(name, id(&at(8_523_347_299), Some(4712), ""));
        assert_ne!(name, id(&at(8_524_347_299), Some(4711), ""));
        assert_ne!(name, id(&When { boot: Reading::Absent, ..at(8_523_347_299) }, Some(4711), ""));
    }

    #[test]
    fn a_name_is_short_and_begins_with_a_letter() {
        for pid in 0..500 {
            let name = id(&at(1), Some(pid), "").0;
            assert_eq!(name.len(), 7);
            assert!(name.starts_with(|first: char| first.is_ascii_lowercase()), "{name}");
        }
    }
}
