//! Limits of cgroup v2 as the kernel reads them.

/// The files that hold a limit.
pub const LIMITS: [&str; 7] = [
    "memory.max",
    "memory.high",
    "memory.low",
    "memory.min",
    "memory.swap.max",
    "memory.swap.high",
    "memory.zswap.max",
];

/// Whether the kernel takes a text as a limit (`memparse`: a number, also octal or hexadecimal, with one letter behind it).
#[must_use]
pub fn is_limit(text: &str) -> bool {
    if text == "max" || text.contains(['$', '`', '%', '{', '<', '*']) {
        return true;
    }
    let number = text.strip_suffix(|c: char| "kKmMgGtTpPeE".contains(c)).unwrap_or(text);
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) || text.starts_with("0x")
}

/// The amount of a limit, where it is a number.
#[must_use]
pub fn bytes(text: &str) -> Option<u64> {
    let (number, power) = match text.char_indices().last()? {
        (at, 'k' | 'K') => (text.get(..at)?, 10),
        (at, 'm' | 'M') => (text.get(..at)?, 20),
        (at, 'g' | 'G') => (text.get(..at)?, 30),
        (at, 't' | 'T') => (text.get(..at)?, 40),
        (_, _) => (text, 0),
    };
    number.parse::<u64>().ok()?.checked_mul(1 << power)
}

#[cfg(test)]
mod tests {
    use super::{bytes, is_limit};

    #[test]
    fn limits_are_those_of_the_kernel() {
        for text in ["0", "max", "512M", "1g", "4096", "0x1000", "$LIMIT"] {
            assert!(is_limit(text), "{text}");
        }
        for text in ["-1", "512Mi", "512MB", "unlimited", "", "1.5G"] {
            assert!(!is_limit(text), "{text}");
        }
        assert_eq!(bytes("1G"), Some(1 << 30));
        assert_eq!(bytes("max"), None);
    }
}
