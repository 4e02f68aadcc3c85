//! One attempt to hand notices over: what a receiver does, and why it may fail.

use model::notice::Notice;
use std::time::Duration;

/// A receiver: takes some notices at once, or none of them.
pub trait Deliver: Send {
    /// Hands the notices over; returns what was answered.
    ///
    /// # Errors
    /// When the receiver did not take them.
    fn deliver(&mut self, notices: &[&Notice]) -> Result<String, DeliveryError>;

    /// How many notices it takes at once.
    fn batch_max(&self) -> usize;

    /// Whether it wants to be told a notice at all.
    fn wants(&self, _notice: &Notice) -> bool {
        true
    }

    /// Tells again what stands, where the receiver forgets.
    ///
    /// # Errors
    /// When the receiver did not take it.
    fn refresh(&mut self) -> Result<Refreshed, DeliveryError> {
        Ok(Refreshed::Never)
    }
}

/// What was told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// The receiver does not forget.
    Never,
    /// Nothing stands: the receiver was not asked.
    Nothing {
        /// When there may be something.
        again: Duration,
    },
    /// It took what stands.
    Told {
        /// When it will have forgotten.
        again: Duration,
    },
}

/// Why notices were not taken. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct DeliveryError {
    /// What was expected and what happened.
    pub words: String,
    /// Whether it is worth another attempt.
    pub hope: Hope,
}

/// Whether another attempt may do better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hope {
    /// It may: the receiver is away, slow, or overloaded, or a secret is not right yet.
    Later {
        /// When the receiver itself said so.
        after: Option<Duration>,
    },
    /// The receiver refuses what it was given.
    Refused,
}

impl DeliveryError {
    /// It may do better later.
    pub fn later(words: impl Into<String>) -> Self {
        Self { words: words.into(), hope: Hope::Later { after: None } }
    }

    /// The receiver refuses what it was given.
    pub fn refused(words: impl Into<String>) -> Self {
        Self { words: words.into(), hope: Hope::Refused }
    }
}
