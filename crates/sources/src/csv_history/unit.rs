//! What one stands for in a cell: bytes, KiB, MiB and so on.

use std::str::FromStr;

/// A unit of memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AmountUnit {
    /// As it is written.
    pub name: &'static str,
    /// In bytes.
    pub bytes: f64,
}

/// The units. A power of 1024 and one of 1000 are told apart by the `i`, as Kubernetes does.
pub const UNITS: [AmountUnit; 9] = [
    AmountUnit { name: "B", bytes: 1.0 },
    AmountUnit { name: "KiB", bytes: 1024.0 },
    AmountUnit { name: "MiB", bytes: 1_048_576.0 },
    AmountUnit { name: "GiB", bytes: 1_073_741_824.0 },
    AmountUnit { name: "TiB", bytes: 1_099_511_627_776.0 },
    AmountUnit { name: "kB", bytes: 1e3 },
    AmountUnit { name: "MB", bytes: 1e6 },
    AmountUnit { name: "GB", bytes: 1e9 },
    AmountUnit { name: "TB", bytes: 1e12 },
];

/// Text that is no unit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one of B, KiB, MiB, GiB, TiB, kB, MB, GB, TB, found `{found}`")]
pub struct NotAUnit {
    /// What was typed.
    pub found: String,
}

impl FromStr for AmountUnit {
    type Err = NotAUnit;

    fn from_str(text: &str) -> Result<Self, NotAUnit> {
        // `Mi` and `mib` can only mean MiB; `m` or `M` alone could be either.
        let typed = text.trim();
        let is = |unit: &&Self| {
            unit.name.eq_ignore_ascii_case(typed)
                || unit.name.strip_suffix('B').is_some_and(|short| short.ends_with('i') && short == typed)
        };
        let bytes = if typed.eq_ignore_ascii_case("bytes") { UNITS.first() } else { None };
        bytes
            .or_else(|| UNITS.iter().find(is))
            .copied()
            .ok_or_else(|| NotAUnit { found: text.escape_debug().to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::AmountUnit;

    #[test]
    fn units_are_read_as_people_write_them() {
        for (text, bytes) in
            [("MiB", 1_048_576.0), ("Mi", 1_048_576.0), ("b", 1.0), ("bytes", 1.0), ("MB", 1e6)]
        {
            assert_eq!(text.parse::<AmountUnit>().unwrap().bytes, bytes, "{text}");
        }
        assert!("".parse::<AmountUnit>().is_err() && "M".parse::<AmountUnit>().is_err());
    }
}
