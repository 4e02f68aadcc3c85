//! The file `/proc/zoneinfo`: free pages and watermarks of each memory zone.

use crate::decimal::{parse_u32, parse_u64};
use crate::parse_error::ParseError;

/// One zone of one NUMA node. All figures are pages of the kernel's page size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// NUMA node number.
    pub node: u32,
    /// `DMA`, `DMA32`, `Normal`, `HighMem`, `Movable` or `Device`.
    pub name: String,
    /// Free pages.
    pub free: u64,
    /// Below this only the kernel's own allocations succeed.
    pub min: u64,
    /// Below this kswapd wakes.
    pub low: u64,
    /// At this kswapd stops.
    pub high: u64,
    /// Pages that exist, holes left out.
    pub present: u64,
    /// Pages the buddy allocator holds; absent before Linux 3.8.
    pub managed: Option<u64>,
}

/// Where the kernel begins and ends reclaim on its own: the watermarks of all zones that hold memory, summed, in pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReclaimLine {
    /// Sum of `min`.
    pub min: u64,
    /// Sum of `low`: with fewer free pages kswapd works.
    pub low: u64,
    /// Sum of `high`: with more free pages it sleeps.
    pub high: u64,
}

/// Parses `/proc/zoneinfo`: the `pages` block of each zone. Everything else (per-node counters, pagesets) is skipped.
///
/// # Errors
/// When there is no zone, or a zone has no `free`, `min`, `low`, `high` or `present`.
pub fn parse(text: &str) -> Result<Vec<Zone>, ParseError> {
    let mut zones = Vec::new();
    let mut lines = text.split_terminator('\n').peekable();
    while let Some(line) = lines.next() {
        let Some(heading) = line.strip_prefix("Node ") else { continue };
        let (node, name) =
            parse_heading(heading).ok_or_else(|| ParseError::new("`Node NUMBER, zone NAME`", line))?;
        let mut pages = Pages::default();
        while let Some(line) = lines.next_if(|line| !line.starts_with("Node ")) {
            pages.read(line);
        }
        zones.push(pages.zone(node, name).ok_or_else(|| {
            ParseError::new("`pages free`, `min`, `low`, `high` and `present` in the zone", line)
        })?);
    }
    if zones.is_empty() {
        return Err(ParseError::new("a line `Node NUMBER, zone NAME`", text));
    }
    Ok(zones)
}

/// The watermarks of all zones that hold memory, summed. An empty `Movable` zone has a `min` of 32 pages all the same
/// (`__setup_per_zone_wmarks` in the kernel's mm/page_alloc.c), which nothing reclaims for.
#[must_use]
pub fn reclaim_line(zones: &[Zone]) -> ReclaimLine {
    zones.iter().filter(|zone| zone.managed.unwrap_or(zone.present) > 0).fold(
        ReclaimLine::default(),
        |sum, zone| ReclaimLine {
            min: sum.min.saturating_add(zone.min),
            low: sum.low.saturating_add(zone.low),
            high: sum.high.saturating_add(zone.high),
        },
    )
}

fn parse_heading(text: &str) -> Option<(u32, &str)> {
    let (node, name) = text.split_once(", zone")?;
    let name = name.trim_start_matches(' ');
    (!name.is_empty()).then_some((parse_u32(node)?, name))
}

/// Where in a zone the reader stands. Words like `high` come back in the pagesets below, so only the block counts.
#[derive(Default)]
enum Block {
    #[default]
    Before,
    Pages,
    After,
}

#[derive(Default)]
struct Pages {
    block: Block,
    free: Option<u64>,
    min: Option<u64>,
    low: Option<u64>,
    high: Option<u64>,
    present: Option<u64>,
    managed: Option<u64>,
}

impl Pages {
    fn read(&mut self, line: &str) {
        let mut words = line.split(' ').filter(|word| !word.is_empty());
        let first = words.next().unwrap_or_default();
        let key = match self.block {
            Block::Before if first == "pages" => {
                self.block = Block::Pages;
                words.next().unwrap_or_default()
            }
            Block::Pages if first == "protection:" => {
                self.block = Block::After;
                return;
            }
            Block::Pages => first,
            Block::Before | Block::After => return,
        };
        let field = match key {
            "free" => &mut self.free,
            "min" => &mut self.min,
            "low" => &mut self.low,
            "high" => &mut self.high,
            "present" => &mut self.present,
            "managed" => &mut self.managed,
            _ => return,
        };
        *field = field.or_else(|| words.next().and_then(parse_u64));
    }

    fn zone(self, node: u32, name: &str) -> Option<Zone> {
        Some(Zone {
            node,
            name: name.to_owned(),
            free: self.free?,
            min: self.min?,
            low: self.low?,
            high: self.high?,
            present: self.present?,
            managed: self.managed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{ReclaimLine, parse, reclaim_line};

    const ZONE: &str = "Node 0, zone   Normal
  per-node stats
      nr_inactive_anon 7379
  pages free     11
        boost    0
        min      22
        low      33
        high     44
        promo    55
        spanned  66
        present  77
        managed  88
        cma      0
        protection: (0, 0, 0)
      nr_free_pages 99
  pagesets
    cpu: 0
              count:    1
              high:     2
";

    #[test]
    fn only_the_pages_block_counts() {
        let zones = parse(ZONE).unwrap();
        let zone = &zones[0];
        assert_eq!((zone.node, zone.name.as_str()), (0, "Normal"));
        assert_eq!((zone.free, zone.min, zone.low, zone.high), (11, 22, 33, 44));
        assert_eq!((zone.present, zone.managed), (77, Some(88)));
    }

    #[test]
    fn watermarks_add_up_over_zones() {
        let zones = parse(&format!("{ZONE}{}", ZONE.replace("Node 0", "Node 1"))).unwrap();
        assert_eq!(reclaim_line(&zones), ReclaimLine { min: 44, low: 66, high: 88 });
    }

    #[test]
    fn an_empty_zone_asks_for_nothing() {
        let zones = parse(&ZONE.replace("managed  88", "managed  0")).unwrap();
        assert_eq!(reclaim_line(&zones), ReclaimLine::default());
    }

    #[test]
    fn a_zone_without_watermarks_is_refused() {
        for text in ["", "garbage", "Node 0, zone Normal\n", "Node x, zone Normal\n", "Node 0, zone\n"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        for (good, bad) in [("low      33", "low      -3"), ("free     11", "free     18446744073709551616")]
        {
            assert!(parse(&ZONE.replace(good, bad)).is_err(), "{bad:?}");
        }
    }
}
