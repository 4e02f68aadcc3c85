//! A figure that may be there, may not exist on this kernel, or may have failed to be read.

use std::sync::Arc;

/// Zero, absent and failed are three facts; no verdict is drawn from the last two.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Reading<T> {
    /// The kernel said this.
    Value(T),
    /// This kernel, cgroup version or runtime has no such figure.
    #[default]
    Absent,
    /// It should be there and could not be read or understood: the reason, in words.
    Failed(Arc<str>),
}

impl<T> Reading<T> {
    /// A failure with its reason.
    pub fn failed(why: impl Into<Arc<str>>) -> Self {
        Self::Failed(why.into())
    }

    /// The value when there is one.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Failed(_) => None,
        }
    }

    /// The same reading of a borrowed value.
    pub fn as_ref(&self) -> Reading<&T> {
        match self {
            Self::Value(value) => Reading::Value(value),
            Self::Absent => Reading::Absent,
            Self::Failed(why) => Reading::Failed(Arc::clone(why)),
        }
    }

    /// Applies `change` to a value; what is unknown stays unknown, for the same reason.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Reading<U> {
        match self {
            Self::Value(value) => Reading::Value(change(value)),
            Self::Absent => Reading::Absent,
            Self::Failed(why) => Reading::Failed(why),
        }
    }

    /// Like [`Reading::map`] where the change itself may not know.
    pub fn and_then<U>(self, change: impl FnOnce(T) -> Reading<U>) -> Reading<U> {
        match self {
            Self::Value(value) => change(value),
            Self::Absent => Reading::Absent,
            Self::Failed(why) => Reading::Failed(why),
        }
    }

    /// Both values together; a failure outweighs an absence.
    pub fn zip<U>(self, other: Reading<U>) -> Reading<(T, U)> {
        match (self, other) {
            (Self::Value(left), Reading::Value(right)) => Reading::Value((left, right)),
            (Self::Failed(why), _) | (_, Reading::Failed(why)) => Reading::Failed(why),
            (Self::Absent, Reading::Value(_) | Reading::Absent) | (Self::Value(_), Reading::Absent) => {
                Reading::Absent
            }
        }
    }

    /// This reading, or `other` when this figure does not exist here. A failure stays a failure.
    #[must_use]
    pub fn or_if_absent(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Value(_) | Self::Failed(_) => self,
            Self::Absent => other(),
        }
    }
}

impl<T: Copy> Reading<T> {
    /// The value itself when there is one.
    pub const fn get(&self) -> Option<T> {
        match self {
            Self::Value(value) => Some(*value),
            Self::Absent | Self::Failed(_) => None,
        }
    }
}

impl<T> From<Option<T>> for Reading<T> {
    /// A key that a kernel file may or may not carry.
    fn from(found: Option<T>) -> Self {
        found.map_or(Self::Absent, Self::Value)
    }
}

#[cfg(test)]
mod tests {
    use super::Reading;

    #[test]
    fn unknown_stays_unknown_and_keeps_its_reason() {
        let failed: Reading<u64> = Reading::failed("permission denied");
        assert_eq!(failed.clone().map(|n| n + 1), Reading::failed("permission denied"));
        assert_eq!(Reading::<u64>::Absent.zip(failed), Reading::failed("permission denied"));
        assert_eq!(Reading::Value(1).zip(Reading::<u64>::Absent), Reading::Absent);
    }

    #[test]
    fn only_an_absence_falls_back() {
        assert_eq!(Reading::Absent.or_if_absent(|| Reading::Value(1)), Reading::Value(1));
        assert_eq!(Reading::<u64>::failed("x").or_if_absent(|| Reading::Value(1)), Reading::failed("x"));
    }
}
