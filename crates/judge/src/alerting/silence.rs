//! Whether a silence keeps an alert back.

use crate::policy::pattern;
use model::alert::silence::Silence;
use model::alert::{AlertKey, Moment};

/// Whether one of the silences keeps this alert back now.
#[must_use]
pub fn covers(silences: &[Silence], key: &AlertKey, now: &Moment) -> bool {
    silences.iter().any(|silence| {
        silence.left(now).is_some()
            && (silence.rules.is_empty() || silence.rules.contains(&key.rule))
            && (silence.names.is_empty()
                || silence.names.iter().any(|name| pattern::matches(name, &key.subject)))
    })
}
