//! One incident as it is kept: a line of a checksum and versioned JSON, which is the store's own and changes only with the version.

use crate::checksum::crc32;
use model::cgroup::CgroupId;
use model::kernel_log::BootId;
use model::snapshot::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// The version of the lines and of the cursor that are written here.
pub(crate) const VERSION: u32 = 1;

/// An incident that was kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredIncident {
    /// What tells it from every other.
    pub key: IncidentKey,
    /// What to type to see it.
    pub id: String,
    /// The wall clock, in milliseconds since 1970; null where no log tells.
    pub at_millis: Option<u64>,
    /// The document that was made of it.
    pub document: Value,
}

/// What tells a kill from every other: the same kill read again, from the ring or from the journal, has the same key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IncidentKey {
    /// The boot, 32 hexadecimal digits.
    pub boot_id: String,
    /// What happened in it.
    pub occurrence: Occurrence,
}

/// What happened in a boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occurrence {
    /// The kernel said at this moment that it killed this process.
    Killed {
        /// The kernel's own clock, as the record's prefix and the journal's `_SOURCE_MONOTONIC_TIMESTAMP` tell it.
        since_boot_micros: u64,
        /// The process.
        pid: u64,
    },
    /// A cgroup's counter of kills reached this, and no record told of it.
    Counted {
        /// The kernel's number of the cgroup.
        cgroup: u64,
        /// What its counter said.
        kills: u64,
    },
}

/// What a line turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// An incident.
    Incident(Box<StoredIncident>),
    /// A later Highwater wrote it: left alone.
    Newer {
        /// Its version.
        found: u64,
    },
    /// It is not what was written.
    Damaged,
}

#[derive(Serialize)]
struct Versioned<'a> {
    version: u32,
    #[serde(flatten)]
    incident: &'a StoredIncident,
}

#[derive(Deserialize)]
struct Version {
    version: u64,
}

impl IncidentKey {
    /// The key of a kill that the kernel told of.
    #[must_use]
    pub fn killed(boot: BootId, since_boot: Duration, pid: u64) -> Self {
        let since_boot_micros = u64::try_from(since_boot.as_micros()).unwrap_or(u64::MAX);
        Self { boot_id: boot.to_string(), occurrence: Occurrence::Killed { since_boot_micros, pid } }
    }

    /// The key of kills that only a counter told of.
    #[must_use]
    pub fn counted(boot: BootId, cgroup: CgroupId, kills: u64) -> Self {
        Self { boot_id: boot.to_string(), occurrence: Occurrence::Counted { cgroup: cgroup.0, kills } }
    }
}

impl StoredIncident {
    /// When it was, by the wall clock.
    #[must_use]
    pub fn at(&self) -> Option<Timestamp> {
        self.at_millis.map(Timestamp)
    }

    /// The line to write, its newline included.
    pub(crate) fn to_line(&self) -> Result<Vec<u8>, serde_json::Error> {
        let json = serde_json::to_string(&Versioned { version: VERSION, incident: self })?;
        Ok(format!("{:08x} {json}\n", crc32(json.as_bytes())).into_bytes())
    }
}

/// Understands a line, without its newline.
pub(crate) fn read_line(line: &[u8]) -> Line {
    let Some(json) = checked(line) else { return Line::Damaged };
    match newer_version(json) {
        Some(found) => Line::Newer { found },
        None => {
            serde_json::from_slice(json).map_or(Line::Damaged, |incident| Line::Incident(Box::new(incident)))
        }
    }
}

/// The version of what a later Highwater wrote.
pub(crate) fn newer_version(json: &[u8]) -> Option<u64> {
    let Version { version } = serde_json::from_slice(json).ok()?;
    (version > VERSION.into()).then_some(version)
}

/// What the checksum before it vouches for.
pub(crate) fn checked(line: &[u8]) -> Option<&[u8]> {
    let (checksum, rest) = line.split_at_checked(8)?;
    let json = rest.strip_prefix(b" ")?;
    (checksum == format!("{:08x}", crc32(json)).as_bytes()).then_some(json)
}
