//! The file `/proc/vmstat`: an open set of counters of the whole host.

use crate::memory_stat::MemoryStat;
use crate::parse_error::ParseError;

/// Counters of the host since boot, and page counts of the moment. Events are counts (`pswpin`, `pswpout`: pages), `nr_` keys are pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vmstat {
    /// The same flat keyed text as `memory.stat`, only other keys.
    counters: MemoryStat,
}

impl Vmstat {
    /// Parses `/proc/vmstat`.
    ///
    /// # Errors
    /// When the text is empty or a line is not a key, a space and a 64-bit number.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Ok(Self { counters: MemoryStat::parse(text, None)? })
    }

    /// Parses a newer text into this value; nothing is allocated while the keys stay the same.
    ///
    /// # Errors
    /// As [`Vmstat::parse`]; afterwards nothing is known and every [`Vmstat::get`] gives `None`.
    pub fn parse_into(&mut self, text: &str) -> Result<(), ParseError> {
        self.counters.parse_into(text)
    }

    /// The counter, if this kernel writes it: `oom_kill` since Linux 4.13, `workingset_refault_anon` since 5.9.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<u64> {
        self.counters.get(name)
    }

    /// Keys and values in file order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counters.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::Vmstat;

    #[test]
    fn counters_are_found_by_name_and_absent_ones_are_not_zero() {
        let mut vmstat = Vmstat::parse("nr_free_pages 5\npswpin 0\n").unwrap();
        assert_eq!((vmstat.get("pswpin"), vmstat.get("oom_kill")), (Some(0), None));
        vmstat.parse_into("nr_free_pages 4\npswpin 9\n").unwrap();
        assert_eq!(vmstat.get("pswpin"), Some(9));
        assert_eq!(vmstat.iter().count(), 2);
        assert!(vmstat.parse_into("").is_err());
    }
}
