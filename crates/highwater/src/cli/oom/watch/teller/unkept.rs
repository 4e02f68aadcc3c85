//! Incidents that were told and could not be written: they wait in memory, in their order, until there is room.

use super::News;
use std::collections::VecDeque;
use store::record::StoredIncident;
use store::store::{Appended, Store, StoreError};

/// As many wait; beyond them the oldest give way.
pub const WAITING_MAX: usize = 1_000;

/// What waits to be written.
#[derive(Default)]
pub struct Unkept {
    waiting: VecDeque<(StoredIncident, News)>,
    given_up: usize,
}

/// What became of those that waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// So many are in the store now.
    pub kept: usize,
    /// So many had given way before.
    pub given_up: usize,
}

impl Unkept {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Lets one wait. Gives whether it is the first for which an older one has to give way.
    pub fn push(&mut self, incident: StoredIncident, news: News) -> bool {
        self.waiting.push_back((incident, news));
        if self.waiting.len() <= WAITING_MAX {
            return false;
        }
        self.waiting.pop_front();
        self.given_up += 1;
        self.given_up == 1
    }

    /// Writes all that waits, oldest first.
    ///
    /// # Errors
    /// When the store still cannot be written; what is not written goes on waiting.
    pub fn write(&mut self, store: &mut Store) -> Result<Written, StoreError> {
        let mut kept = 0;
        while let Some((incident, news)) = self.waiting.front() {
            match append(store, incident, *news) {
                Ok(_) => kept += 1,
                Err(error @ StoreError::Failed { .. }) => return Err(error),
                // Not even an empty disk takes it.
                Err(_) => self.given_up += 1,
            }
            self.waiting.pop_front();
        }
        Ok(Written { kept, given_up: std::mem::take(&mut self.given_up) })
    }
}

/// Writes an incident: one that is told again takes the place of the first.
pub fn append(store: &mut Store, incident: &StoredIncident, news: News) -> Result<Appended, StoreError> {
    match news {
        News::First => store.append(incident),
        News::Again => store.append_again(incident).map(|()| Appended::New),
    }
}
