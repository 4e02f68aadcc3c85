//! `Mem-Info:` and the lines that follow it: the machine's memory at the time of the report.

use crate::bytes::Bytes;
use crate::oom_report::text::{is_digits, kib_after, leading_number, starts_with_any};

/// Zones kept of one report.
const ZONES_MAX: usize = 64;

/// Keys kept of the block behind `Mem-Info:`.
const KEYS_MAX: usize = 64;

/// The machine's memory. Page counts stay pages: the text does not tell the size of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemInfo {
    /// `active_anon`, `slab_unreclaimable`, `free` and their like of the whole machine, in pages.
    pub pages: Vec<(String, u64)>,
    /// The zones with their watermarks.
    pub zones: Vec<ZoneInfo>,
    /// Swap that was free.
    pub free_swap: Option<Bytes>,
    /// All swap.
    pub total_swap: Option<Bytes>,
    /// All memory.
    pub ram_pages: Option<u64>,
    /// Memory that the kernel kept for itself at boot.
    pub reserved_pages: Option<u64>,
    /// The page cache.
    pub pagecache_pages: Option<u64>,
    /// Memory that is in swap too.
    pub swapcache_pages: Option<u64>,
}

/// One zone: `Node 0 DMA32 free:59728kB min:7832kB low:9788kB …`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZoneInfo {
    /// Its node; `None` on kernels without nodes.
    pub node: Option<u64>,
    /// Its name: `DMA32`, `Normal`, `Movable`.
    pub zone: String,
    /// Free memory.
    pub free: Option<Bytes>,
    /// Below this only the kernel itself may allocate.
    pub min: Option<Bytes>,
    /// Below this kswapd wakes up.
    pub low: Option<Bytes>,
    /// Above this kswapd rests.
    pub high: Option<Bytes>,
}

impl MemInfo {
    /// A count of the whole machine, in pages.
    #[must_use]
    pub fn pages(&self, key: &str) -> Option<u64> {
        self.pages.iter().find(|(name, _)| name == key).map(|(_, value)| *value)
    }

    /// Takes one line of the block; `false` when it is none. Of two equal facts the first counts.
    pub(crate) fn take(&mut self, line: &str) -> bool {
        if let Some(rest) = line.strip_prefix("Node ") {
            self.take_zone(rest, leading_number(rest));
            return true;
        }
        self.take_total(line) || self.take_pages(line) || is_noise(line)
    }

    fn take_total(&mut self, line: &str) -> bool {
        let squeezed =
            |key: &str| line.strip_prefix(key).map(|rest| rest.trim_start_matches([' ', '=', ':']));
        if let Some(rest) = squeezed("Free swap") {
            self.free_swap = self.free_swap.or_else(|| kib_after(rest, ""));
            return true;
        }
        if let Some(rest) = squeezed("Total swap") {
            self.total_swap = self.total_swap.or_else(|| kib_after(rest, ""));
            return true;
        }
        let Some((count, rest)) = leading_number(line) else { return false };
        let slot = match rest.trim() {
            "pages RAM" | "pages of RAM" => &mut self.ram_pages,
            "pages reserved" | "reserved pages" => &mut self.reserved_pages,
            "total pagecache pages" | "pagecache pages" => &mut self.pagecache_pages,
            "pages in swap cache" => &mut self.swapcache_pages,
            other => return other.contains("pages") && rest.starts_with(' '),
        };
        *slot = slot.or(Some(count));
        true
    }

    /// `active_anon:7355653 inactive_anon:660960 isolated_anon:0`
    fn take_pages(&mut self, line: &str) -> bool {
        let mut pairs = line.split_ascii_whitespace().map(|word| word.split_once(':'));
        let all = pairs.by_ref().all(|pair| pair.is_some_and(|(key, value)| is_key(key) && is_digits(value)));
        if !all || line.trim().is_empty() {
            return false;
        }
        for (key, value) in line.split_ascii_whitespace().filter_map(|word| word.split_once(':')) {
            let is_new = self.pages.len() < KEYS_MAX && self.pages(key).is_none();
            if let Some(value) = crate::decimal::parse_u64(value).filter(|_| is_new) {
                self.pages.push((key.to_owned(), value));
            }
        }
        true
    }

    fn take_zone(&mut self, line: &str, node: Option<(u64, &str)>) {
        let (node, rest) = node.map_or((None, line), |(node, rest)| (Some(node), rest));
        let Some((zone, values)) = rest.trim_start().split_once(" free:") else { return };
        let known = self.zones.iter().any(|it| it.node == node && it.zone == zone);
        if known || self.zones.len() >= ZONES_MAX || zone.contains(' ') {
            return;
        }
        self.zones.push(ZoneInfo {
            node,
            zone: zone.to_owned(),
            free: kib_after(values, ""),
            min: kib_after(values, " min:"),
            low: kib_after(values, " low:"),
            high: kib_after(values, " high:"),
        });
    }
}

/// Whether a line can be the beginning of the block behind a lost `Mem-Info:`.
pub(crate) fn is_block_line(line: &str) -> bool {
    line.starts_with("active_anon:") || line.starts_with("Free swap") || line.starts_with("Total swap")
}

fn is_key(key: &str) -> bool {
    key.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_') && key.len() > 2
}

/// Lines of the block that nothing is taken from.
fn is_noise(line: &str) -> bool {
    const STARTS: [&str; 14] = [
        "lowmem_reserve[]",
        "protections[]",
        "DMA",
        "Normal",
        "HighMem",
        "Movable",
        "CPU ",
        "Swap cache stats",
        "Unreclaimable slab info",
        "Name ",
        "Memory allocations",
        "No memory allocation info",
        "Hugepages",
        "...",
    ];
    starts_with_any(line, &STARTS) || is_slab(line)
}

/// `kmalloc-64  1234KB  1240KB` of `Unreclaimable slab info:`.
fn is_slab(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace().rev();
    let is_size = |word: Option<&str>| word.and_then(|word| word.strip_suffix("KB")).is_some_and(is_digits);
    is_size(words.next()) && is_size(words.next()) && words.next().is_some()
}

#[cfg(test)]
mod tests {
    use super::{Bytes, MemInfo};

    #[test]
    fn totals_pages_and_zones_are_read() {
        let mut info = MemInfo::default();
        for line in [
            "active_anon:7355653 inactive_anon:660960 isolated_anon:0",
            " free:39513 free_pcp:2958 free_cma:0",
            "Node 0 DMA32 free:59728kB min:7832kB low:9788kB high:11748kB active_anon:2154380kB",
            "Node 0 DMA32: 203*4kB (UEM) 231*8kB (UEM) = 63668kB",
            "Node 0 hugepages_total=0 hugepages_free=0",
            "lowmem_reserve[]: 0 0 13055 13055",
            "100155 total pagecache pages",
            "Free swap  = 0kB",
            "Total swap = 8388604kB",
            "8379834 pages RAM",
            "0 pages HighMem/MovableOnly",
        ] {
            assert!(info.take(line.trim()), "{line}");
        }
        assert_eq!((info.pages("free"), info.pages("active_anon")), (Some(39_513), Some(7_355_653)));
        assert_eq!((info.free_swap, info.ram_pages), (Some(Bytes(0)), Some(8_379_834)));
        assert_eq!((info.zones.len(), info.zones[0].low), (1, Some(Bytes(9788 << 10))));
        assert!(!info.take("docker0: port 2(veth380a1cd) entered disabled state"));
    }
}
