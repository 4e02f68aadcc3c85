//! The file `/proc/meminfo`: the host's memory.

use crate::bytes::Bytes;
use crate::decimal::parse_u64;
use crate::parse_error::ParseError;

/// The host's memory. A field is `None` when this kernel does not write the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meminfo {
    /// `MemTotal`: what the kernel manages, a little less than what is plugged in.
    pub mem_total: Option<Bytes>,
    /// `MemFree`: used for nothing.
    pub mem_free: Option<Bytes>,
    /// `MemAvailable`: what new work could get without swapping, an estimate; absent before Linux 3.14.
    pub mem_available: Option<Bytes>,
    /// `Buffers`: cache of block devices.
    pub buffers: Option<Bytes>,
    /// `Cached`: page cache, with `shmem` and without `swap_cached`.
    pub cached: Option<Bytes>,
    /// `SwapCached`: in memory and in swap at once.
    pub swap_cached: Option<Bytes>,
    /// `Active`: both kinds.
    pub active: Option<Bytes>,
    /// `Inactive`: both kinds.
    pub inactive: Option<Bytes>,
    /// `Active(anon)`.
    pub active_anon: Option<Bytes>,
    /// `Inactive(anon)`.
    pub inactive_anon: Option<Bytes>,
    /// `Active(file)`.
    pub active_file: Option<Bytes>,
    /// `Inactive(file)`.
    pub inactive_file: Option<Bytes>,
    /// `Unevictable`: locked or otherwise out of reclaim's reach.
    pub unevictable: Option<Bytes>,
    /// `Mlocked`: locked by `mlock`.
    pub mlocked: Option<Bytes>,
    /// `SwapTotal`: all swap devices.
    pub swap_total: Option<Bytes>,
    /// `SwapFree`: unused slots.
    pub swap_free: Option<Bytes>,
    /// `Zswap`: memory that holds compressed pages; absent before Linux 5.19 and without zswap.
    pub zswap: Option<Bytes>,
    /// `Zswapped`: what those pages were before compression.
    pub zswapped: Option<Bytes>,
    /// `Dirty`: waits to be written.
    pub dirty: Option<Bytes>,
    /// `Writeback`: is being written.
    pub writeback: Option<Bytes>,
    /// `AnonPages`: anonymous pages mapped by processes.
    pub anon_pages: Option<Bytes>,
    /// `Mapped`: file pages mapped by processes.
    pub mapped: Option<Bytes>,
    /// `Shmem`: tmpfs and shared memory; only swap can take it away.
    pub shmem: Option<Bytes>,
    /// `KReclaimable`: kernel memory that can be given back; absent before Linux 4.20.
    pub kreclaimable: Option<Bytes>,
    /// `Slab`: both kinds.
    pub slab: Option<Bytes>,
    /// `SReclaimable`: slab that can be given back.
    pub sreclaimable: Option<Bytes>,
    /// `SUnreclaim`: slab that cannot.
    pub sunreclaim: Option<Bytes>,
    /// `KernelStack`: stacks of tasks.
    pub kernel_stack: Option<Bytes>,
    /// `PageTables`: page tables of processes.
    pub page_tables: Option<Bytes>,
    /// `CommitLimit`: what may be promised when overcommit is off.
    pub commit_limit: Option<Bytes>,
    /// `Committed_AS`: what has been promised.
    pub committed_as: Option<Bytes>,
    /// `Percpu`: memory kept once per CPU; absent before Linux 4.20.
    pub percpu: Option<Bytes>,
    /// `Hugetlb`: memory set aside for huge pages of all sizes; absent before Linux 4.19.
    pub hugetlb: Option<Bytes>,
}

impl Meminfo {
    /// Parses `/proc/meminfo`. Lines unknown here are skipped, the first of two equal lines counts.
    ///
    /// # Errors
    /// When there is no `MemTotal` line, which every kernel writes, a line has no colon, or a known one is not in `kB`.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut meminfo = Self::default();
        for line in text.split_terminator('\n') {
            let (name, value) =
                line.split_once(':').ok_or_else(|| ParseError::new("a name and a colon", line))?;
            let Some(field) = meminfo.field(name) else { continue };
            let bytes = parse_kib(value).ok_or_else(|| ParseError::new("a name, a number and `kB`", line))?;
            field.get_or_insert(bytes);
        }
        match meminfo.mem_total {
            Some(_) => Ok(meminfo),
            None => Err(ParseError::new("a `MemTotal` line", text)),
        }
    }

    fn field(&mut self, name: &str) -> Option<&mut Option<Bytes>> {
        Some(match name {
            "MemTotal" => &mut self.mem_total,
            "MemFree" => &mut self.mem_free,
            "MemAvailable" => &mut self.mem_available,
            "Buffers" => &mut self.buffers,
            "Cached" => &mut self.cached,
            "SwapCached" => &mut self.swap_cached,
            "Active" => &mut self.active,
            "Inactive" => &mut self.inactive,
            "Active(anon)" => &mut self.active_anon,
            "Inactive(anon)" => &mut self.inactive_anon,
            "Active(file)" => &mut self.active_file,
            "Inactive(file)" => &mut self.inactive_file,
            "Unevictable" => &mut self.unevictable,
            "Mlocked" => &mut self.mlocked,
            "SwapTotal" => &mut self.swap_total,
            "SwapFree" => &mut self.swap_free,
            "Zswap" => &mut self.zswap,
            "Zswapped" => &mut self.zswapped,
            "Dirty" => &mut self.dirty,
            "Writeback" => &mut self.writeback,
            "AnonPages" => &mut self.anon_pages,
            "Mapped" => &mut self.mapped,
            "Shmem" => &mut self.shmem,
            "KReclaimable" => &mut self.kreclaimable,
            "Slab" => &mut self.slab,
            "SReclaimable" => &mut self.sreclaimable,
            "SUnreclaim" => &mut self.sunreclaim,
            "KernelStack" => &mut self.kernel_stack,
            "PageTables" => &mut self.page_tables,
            "CommitLimit" => &mut self.commit_limit,
            "Committed_AS" => &mut self.committed_as,
            "Percpu" => &mut self.percpu,
            "Hugetlb" => &mut self.hugetlb,
            _ => return None,
        })
    }
}

/// A padded number and ` kB`, which means KiB, as in `/proc/meminfo` and `/proc/PID/status`.
pub(crate) fn parse_kib(text: &str) -> Option<Bytes> {
    let number = text.strip_suffix(" kB")?.trim_start_matches([' ', '\t']);
    Bytes::from_kib(parse_u64(number)?)
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Meminfo};

    #[test]
    fn kib_become_bytes_and_absent_lines_stay_absent() {
        let meminfo =
            Meminfo::parse("MemTotal:       24684084 kB\nHugePages_Total:       0\nSwapFree: 0 kB\n")
                .unwrap();
        assert_eq!(meminfo.mem_total, Some(Bytes(24_684_084 * 1024)));
        assert_eq!(meminfo.swap_free, Some(Bytes::ZERO));
        assert_eq!(meminfo.mem_available, None);
    }

    #[test]
    fn the_first_of_two_equal_lines_counts() {
        let meminfo = Meminfo::parse("MemTotal: 1 kB\nMemTotal: 2 kB").unwrap();
        assert_eq!(meminfo.mem_total, Some(Bytes(1024)));
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "\n",
            "garbage\n",
            "MemFree: 1 kB\n",
            "MemTotal: 1\n",
            "MemTotal: -1 kB\n",
            "MemTotal: 1 kB\r\n",
            "MemTotal: 1\0 kB\n",
            "MemTotal: 18446744073709551615 kB\n",
            "MemTotal: 1 kB\nno colon\n",
        ] {
            assert!(Meminfo::parse(text).is_err(), "{text:?}");
        }
    }
}
