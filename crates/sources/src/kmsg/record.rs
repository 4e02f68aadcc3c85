//! One record of the kernel's log: its number and time, and its bytes as they came.

use std::time::Duration;

/// A record of the kernel's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelRecord {
    /// `SEQ`: counts records since boot, without gaps.
    pub sequence: u64,
    /// The kernel's own clock since boot. It stands still in suspend and is not corrected: it drifts from the wall clock.
    pub since_boot: Duration,
    /// Who wrote it.
    pub origin: Origin,
    /// The whole record, prefix and ` KEY=value` lines included.
    pub raw: Vec<u8>,
}

/// Who wrote a record: everyone who may write to `/dev/kmsg` can put words into the kernel's log, but not the kernel's facility.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The kernel (facility 0).
    Kernel,
    /// A program, through `/dev/kmsg`.
    Program,
}

impl KernelRecord {
    /// Reads the prefix `PRIORITY,SEQ,MICROSECONDS,FLAGS[,…];` (Documentation/ABI/testing/dev-kmsg); `None` when it is none.
    #[must_use]
    pub fn parse(raw: &[u8]) -> Option<Self> {
        let end = raw.iter().position(|byte| *byte == b';')?;
        let prefix = std::str::from_utf8(raw.get(..end)?).ok()?;
        let mut fields = prefix.split(',');
        let priority: u64 = number(fields.next()?)?;
        let sequence = number(fields.next()?)?;
        let since_boot = Duration::from_micros(number(fields.next()?)?);
        let origin = if priority >> 3 == 0 { Origin::Kernel } else { Origin::Program };
        Some(Self { sequence, since_boot, origin, raw: raw.to_owned() })
    }

    /// The text without the prefix, still escaped (`\x0a`), and without ` KEY=value` lines.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        let start = self.raw.iter().position(|byte| *byte == b';').map_or(0, |end| end + 1);
        let text = self.raw.get(start..).unwrap_or_default();
        text.split(|byte| *byte == b'\n').next().unwrap_or_default()
    }
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{KernelRecord, Origin};
    use std::time::Duration;

    #[test]
    fn the_prefix_tells_number_time_and_writer() {
        let raw = b"6,339,5140900,-,caller=T17;NET: a;b\n SUBSYSTEM=net\n";
        let record = KernelRecord::parse(raw).unwrap();
        assert_eq!((record.sequence, record.since_boot), (339, Duration::from_micros(5_140_900)));
        assert_eq!((record.origin, record.text()), (Origin::Kernel, b"NET: a;b".as_slice()));
        assert_eq!(record.raw, raw);
        let by_program = KernelRecord::parse(b"12,340,5140901,-;systemd[1]: x").unwrap();
        assert_eq!(by_program.origin, Origin::Program);
    }

    #[test]
    fn what_has_no_prefix_is_no_record() {
        let damaged: [&[u8]; 7] =
            [b"", b";", b"6,1;x", b"6,+1,2,-;x", b"6,,2,-;x", b"\xff,1,2,-;x", b"[ 1.0] Out of memory"];
        for raw in damaged {
            assert_eq!(KernelRecord::parse(raw), None, "{raw:?}");
        }
    }
}
