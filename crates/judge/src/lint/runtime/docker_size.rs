//! Amounts of memory as Docker reads them (go-units `RAMInBytes`): powers of 1024, whatever the letter's case.

use kernel::bytes::Bytes;
use model::quantity::docker;

/// What Docker makes of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DockerSize {
    /// An amount.
    Bytes(Bytes),
    /// `-1`.
    MinusOne,
    /// A variable or a template stands there.
    Variable,
    /// Docker refuses it.
    Refused,
}

impl DockerSize {
    /// Reads a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        if text.contains(['$', '{', '`', '<', '%', '*']) {
            return Self::Variable;
        }
        if text == "-1" {
            return Self::MinusOne;
        }
        docker::bytes(text).map_or(Self::Refused, |bytes| Self::Bytes(Bytes(bytes)))
    }

    /// The amount, where there is one above zero.
    #[must_use]
    pub fn above_zero(self) -> Option<Bytes> {
        match self {
            Self::Bytes(bytes) => (bytes > Bytes::ZERO).then_some(bytes),
            Self::MinusOne | Self::Variable | Self::Refused => None,
        }
    }
}

/// The text that Docker would read as Kubernetes reads this one: `512Mi` is `512m`.
#[must_use]
pub fn mended(text: &str) -> Option<String> {
    let (number, unit) = text.trim().split_at(text.trim().find(|c: char| c.is_ascii_alphabetic())?);
    let letter = unit.strip_suffix(['i', 'I'])?.to_ascii_lowercase();
    let mended = format!("{number}{letter}");
    let fits = ["k", "m", "g", "t"].contains(&letter.as_str()) && docker::bytes(&mended).is_some();
    fits.then_some(mended)
}

#[cfg(test)]
mod tests {
    use super::{DockerSize, mended};
    use kernel::bytes::Bytes;

    #[test]
    fn a_variable_is_no_mistake() {
        assert_eq!(DockerSize::of("64"), DockerSize::Bytes(Bytes(64)));
        assert_eq!(DockerSize::of("512Mi"), DockerSize::Refused);
        assert_eq!(DockerSize::of("-1"), DockerSize::MinusOne);
        assert_eq!(DockerSize::of("${LIMIT:-512m}"), DockerSize::Variable);
    }

    #[test]
    fn sizes_of_kubernetes_are_mended() {
        assert_eq!(mended("512Mi").as_deref(), Some("512m"));
        assert_eq!(mended("1.5Gi").as_deref(), Some("1.5g"));
        assert_eq!(mended("12xi"), None);
        assert_eq!(mended("Gi"), None);
    }
}
