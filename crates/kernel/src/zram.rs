//! Files below `/sys/block/zram*`: `mm_stat` and `comp_algorithm`.

use crate::bytes::Bytes;
use crate::decimal::parse_u64;
use crate::limit::Limit;
use crate::parse_error::ParseError;
use crate::scalar::value_of;

/// The file `mm_stat`, whose columns have no names of their own: these are those of the kernel's blockdev/zram.rst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MmStat {
    /// Data stored, before compression.
    pub orig_data_size: Bytes,
    /// Data stored, after compression.
    pub compr_data_size: Bytes,
    /// Memory taken for it, with the allocator's own loss.
    pub mem_used_total: Bytes,
    /// The device's ceiling on that memory; the kernel writes 0 for none.
    pub mem_limit: Limit,
    /// The most memory it ever took.
    pub mem_used_max: Bytes,
    /// Pages filled with one value, which take no memory.
    pub same_pages: u64,
    /// Pages freed by compaction.
    pub pages_compacted: u64,
    /// Pages that would not compress; absent before Linux 4.19.
    pub huge_pages: Option<u64>,
    /// Pages that would not compress since the device was set up; absent before Linux 5.15.
    pub huge_pages_since: Option<u64>,
}

impl MmStat {
    /// Parses `/sys/block/zram*/mm_stat`. Columns beyond those known are skipped.
    ///
    /// # Errors
    /// When one of the first seven columns is missing or a known one is no number.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::from_columns(value_of(text)).ok_or_else(|| ParseError::new("at least seven numbers", text))
    }

    fn from_columns(line: &str) -> Option<Self> {
        let mut columns = line.split(' ').filter(|column| !column.is_empty()).map(parse_u64);
        let orig_data_size = Bytes(columns.next()??);
        let compr_data_size = Bytes(columns.next()??);
        let mem_used_total = Bytes(columns.next()??);
        let mem_limit = match columns.next()?? {
            0 => Limit::Unlimited,
            bytes => Limit::At(Bytes(bytes)),
        };
        Some(Self {
            orig_data_size,
            compr_data_size,
            mem_used_total,
            mem_limit,
            mem_used_max: Bytes(columns.next()??),
            same_pages: columns.next()??,
            pages_compacted: columns.next()??,
            huge_pages: optional(columns.next())?,
            huge_pages_since: optional(columns.next())?,
        })
    }
}

/// Parses `comp_algorithm` (`lzo [lz4] zstd`): the word in brackets is in use.
///
/// # Errors
/// When no word is in brackets.
pub fn parse_comp_algorithm(text: &str) -> Result<&str, ParseError> {
    value_of(text)
        .split(' ')
        .find_map(|word| word.strip_prefix('[')?.strip_suffix(']').filter(|name| !name.is_empty()))
        .ok_or_else(|| ParseError::new("algorithms, one of them in brackets", text))
}

/// A column that may be missing, but must be a number when it is there.
#[allow(clippy::option_option)]
const fn optional(column: Option<Option<u64>>) -> Option<Option<u64>> {
    match column {
        None => Some(None),
        Some(None) => None,
        Some(Some(value)) => Some(Some(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Limit, MmStat, parse_comp_algorithm};

    #[test]
    fn columns_an_old_kernel_lacks_are_absent() {
        let stat = MmStat::parse("    4096       74    12288        0    12288        1        2\n").unwrap();
        assert_eq!((stat.orig_data_size, stat.compr_data_size), (Bytes(4096), Bytes(74)));
        assert_eq!(stat.mem_limit, Limit::Unlimited);
        assert_eq!((stat.same_pages, stat.pages_compacted), (1, 2));
        assert_eq!((stat.huge_pages, stat.huge_pages_since), (None, None));
    }

    #[test]
    fn newer_columns_are_read_and_unknown_ones_skipped() {
        let stat = MmStat::parse("1 2 3 4 5 6 7 8 9 10").unwrap();
        assert_eq!(stat.mem_limit, Limit::At(Bytes(4)));
        assert_eq!((stat.huge_pages, stat.huge_pages_since), (Some(8), Some(9)));
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "\n", "1 2 3 4 5 6", "1 2 3 4 5 6 -7", "1 2 3 4 5 6 7 x", "1 2 3 4 5 6 7\r\n"] {
            assert!(MmStat::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_algorithm_in_brackets_is_in_use() {
        assert_eq!(parse_comp_algorithm("lzo-rle lzo lz4 [zstd] \n"), Ok("zstd"));
        for text in ["", "lzo lz4\n", "[]\n"] {
            assert!(parse_comp_algorithm(text).is_err(), "{text:?}");
        }
    }
}
