//! Places in the kernel's log: which boot, and how far it was read.

use std::fmt;

/// The kernel's random name of one boot (`/proc/sys/kernel/random/boot_id`); the journal names boots by it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BootId(pub u128);

/// How far the kernel's log was read. It means nothing in another boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KmsgCursor {
    /// The boot whose log it is.
    pub boot_id: BootId,
    /// The `SEQ` of the last record that was read.
    pub sequence: u64,
}

impl BootId {
    /// Understands the kernel's spelling (a UUID) and the journal's (32 hexadecimal digits).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.trim().chars().filter(|char| *char != '-').collect();
        let is_plain = digits.len() == 32 && digits.chars().all(|char| char.is_ascii_hexdigit());
        if is_plain { u128::from_str_radix(&digits, 16).ok().map(Self) } else { None }
    }
}

impl fmt::Display for BootId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::BootId;

    #[test]
    fn both_spellings_are_one_boot() {
        let kernel = BootId::parse("0c1db3fc-8c13-4881-b448-1fe6a51541dc\n").unwrap();
        assert_eq!(BootId::parse("0C1DB3FC8C134881B4481FE6A51541DC"), Some(kernel));
        assert_eq!(kernel.to_string(), "0c1db3fc8c134881b4481fe6a51541dc");
        for text in ["", "0c1d", "+c1db3fc8c134881b4481fe6a51541dc", "0c1db3fc8c134881b4481fe6a51541dcff"] {
            assert_eq!(BootId::parse(text), None, "{text:?}");
        }
    }
}
