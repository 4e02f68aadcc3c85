//! systemd units in a file, and the amounts that systemd reads.

use crate::lint::Subject;
use model::document::kind::DocumentKind;
use model::document::{Content, Setting};

/// Settings whose value is an amount of memory.
pub const AMOUNTS: [&str; 14] = [
    "MemoryMin",
    "MemoryLow",
    "MemoryHigh",
    "MemoryMax",
    "MemorySwapMax",
    "MemoryZSwapMax",
    "MemoryLimit",
    "StartupMemoryLow",
    "StartupMemoryHigh",
    "StartupMemoryMax",
    "StartupMemorySwapMax",
    "DefaultMemoryMin",
    "DefaultMemoryLow",
    "DefaultStartupMemoryLow",
];

/// The settings of the units of a file.
pub fn settings<'a>(subject: &Subject<'a>) -> impl Iterator<Item = &'a Setting> {
    let units = subject.file.documents.iter().filter(|document| document.kind == DocumentKind::SystemdUnit);
    units.flat_map(|document| match &document.content {
        Content::Settings(settings) => settings.as_slice(),
        Content::Tree(_) | Content::Commands(_) => &[],
    })
}

/// Whether systemd reads a text as an amount of memory (`parse_size`, to the base of 1024).
#[must_use]
pub fn is_amount(text: &str) -> bool {
    // Variables and specifiers are not known here.
    if text == "infinity" || text.contains(['$', '{', '@']) || text.starts_with('%') {
        return true;
    }
    if let Some(share) = text.strip_suffix(['%', '‰', '‱']) {
        return share.parse::<f64>().is_ok_and(|share| share >= 0.0);
    }
    // Several parts add up: `1G 512M`.
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        if digits == 0 {
            return false;
        }
        rest = rest[digits..].trim_start();
        rest = rest.strip_prefix(['K', 'M', 'G', 'T', 'P', 'E', 'B']).unwrap_or(rest).trim_start();
    }
    true
}

/// The name of a unit for a path, without its suffix (`systemd-escape --path`).
#[must_use]
pub fn escaped(path: &str) -> String {
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    let mut name = String::new();
    for (at, byte) in parts.join("/").bytes().enumerate() {
        match byte {
            b'/' => name.push('-'),
            b'.' if at == 0 => name.push_str("\\x2e"),
            byte if byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'.') => {
                name.push(char::from(byte));
            }
            byte => name.push_str(&format!("\\x{byte:02x}")),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::{escaped, is_amount};

    #[test]
    fn paths_are_escaped_as_systemd_does() {
        assert_eq!(escaped("/swapfile"), "swapfile");
        assert_eq!(escaped("/mnt//k8s-disks/0/"), "mnt-k8s\\x2ddisks-0");
        assert_eq!(escaped("/.swap"), "\\x2eswap");
    }

    #[test]
    fn amounts_are_those_of_systemd() {
        for text in ["512M", "1G 512M", "1.5G", "infinity", "50%", "0", "1024B", "%i"] {
            assert!(is_amount(text), "{text}");
        }
        for text in ["512Mi", "512MB", "-1", "max", "512m", "1g"] {
            assert!(!is_amount(text), "{text}");
        }
    }
}
