//! The file `/proc/swaps`: swap devices and files in use.

use crate::bytes::Bytes;
use crate::decimal::parse_u64;
use crate::escape::decode_octal;
use crate::parse_error::ParseError;

/// What a swap area lies on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SwapKind {
    /// A block device; zram is one.
    Partition,
    /// A file.
    File,
    /// Another word, should a kernel ever write one.
    Other(String),
}

/// One swap area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwapDevice {
    /// Path of the device or file, escapes decoded, without ` (deleted)`.
    pub path: String,
    /// Whether the file was removed while in use.
    pub deleted: bool,
    /// Device or file.
    pub kind: SwapKind,
    /// Usable size: one page less than the device.
    pub size: Bytes,
    /// How much of it holds pages.
    pub used: Bytes,
    /// Larger is used first. Negative ones were given by the kernel, from -2 downwards.
    pub priority: i32,
}

/// Parses `/proc/swaps`. A header alone means that there is no swap.
///
/// # Errors
/// When the header line is missing or a line has not five columns.
pub fn parse(text: &str) -> Result<Vec<SwapDevice>, ParseError> {
    let mut lines = text.split_terminator('\n');
    match lines.next() {
        Some(header) if header.starts_with("Filename") => {}
        Some(_) | None => return Err(ParseError::new("the header `Filename Type Size Used Priority`", text)),
    }
    lines
        .map(|line| {
            parse_line(line)
                .ok_or_else(|| ParseError::new("path, type, size and used in KiB, priority", line))
        })
        .collect()
}

fn parse_line(line: &str) -> Option<SwapDevice> {
    let mut columns = line.split([' ', '\t']).filter(|column| !column.is_empty());
    // mm/swapfile.c prints through seq_file_path, so the space in ` (deleted)` is escaped as well and the path is one column.
    let path = decode_octal(columns.next()?);
    let (path, deleted) = match path.strip_suffix(" (deleted)") {
        Some(path) => (path, true),
        None => (path.as_ref(), false),
    };
    let kind = match columns.next()? {
        "partition" => SwapKind::Partition,
        "file" => SwapKind::File,
        other => SwapKind::Other(other.to_owned()),
    };
    let device = SwapDevice {
        path: path.to_owned(),
        deleted,
        kind,
        size: Bytes::from_kib(parse_u64(columns.next()?)?)?,
        used: Bytes::from_kib(parse_u64(columns.next()?)?)?,
        priority: columns.next()?.parse().ok()?,
    };
    columns.next().is_none().then_some(device)
}

#[cfg(test)]
mod tests {
    use super::{Bytes, SwapKind, parse};

    const HEADER: &str = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

    #[test]
    fn no_swap_is_an_empty_list_and_no_file_is_an_error() {
        assert_eq!(parse(HEADER), Ok(Vec::new()));
        for text in ["", "\n", "/dev/zram0 partition 1 1 1\n"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn escaped_and_deleted_paths_are_restored() {
        let line = "/mnt/my\\040swap\\040(deleted)              file\t\t32764\t\t12\t\t-2\n";
        let devices = parse(&format!("{HEADER}{line}")).unwrap();
        assert_eq!(devices[0].path, "/mnt/my swap");
        assert!(devices[0].deleted);
        assert_eq!(devices[0].kind, SwapKind::File);
        assert_eq!((devices[0].size, devices[0].used), (Bytes(32764 * 1024), Bytes(12 * 1024)));
        assert_eq!(devices[0].priority, -2);
    }

    #[test]
    fn malformed_lines_are_refused() {
        for line in [
            "\n",
            "/dev/zram0\n",
            "/dev/zram0 partition 1 1\n",
            "/dev/zram0 partition 1 1 1 1\n",
            "/dev/zram0 partition -1 1 1\n",
            "/dev/zram0 partition 1 1 1\r\n",
            "/dev/zram0 partition 1 18446744073709551615 1\n",
            "/dev/zram0 partition 1 1 99999999999\n",
        ] {
            assert!(parse(&format!("{HEADER}{line}")).is_err(), "{line:?}");
        }
    }
}
