//! What systemd's lists, property values and refusals mean.

use crate::systemd::connection::{Answer, DbusError};
use crate::systemd::wire::{Malformed, Message};
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::reading::Reading;
use model::swap_limit::SwapLimit;

/// `CGROUP_LIMIT_MAX`, printed as `infinity`.
const INFINITY: u64 = u64::MAX;

/// This version of systemd has no such property.
const UNKNOWN_PROPERTY: &str = "org.freedesktop.DBus.Error.UnknownProperty";

/// A value of `MemoryMax` and the like.
pub const fn bytes_limit(value: u64) -> Limit {
    match value {
        INFINITY => Limit::Unlimited,
        bytes => Limit::At(Bytes(bytes)),
    }
}

/// A value of `MemorySwapMax`.
pub const fn swap_limit(value: u64) -> SwapLimit {
    SwapLimit(bytes_limit(value))
}

/// The interface that holds the cgroup properties of a unit of this name; none for kinds without a cgroup.
pub fn interface(unit: &str) -> Option<&'static str> {
    match unit.rsplit_once('.')?.1 {
        "scope" => Some("org.freedesktop.systemd1.Scope"),
        "service" => Some("org.freedesktop.systemd1.Service"),
        "slice" => Some("org.freedesktop.systemd1.Slice"),
        "socket" => Some("org.freedesktop.systemd1.Socket"),
        "mount" => Some("org.freedesktop.systemd1.Mount"),
        "swap" => Some("org.freedesktop.systemd1.Swap"),
        _ => None,
    }
}

/// The answer to `Properties.Get` of a 64-bit property.
pub fn value(name: &str, answer: &Answer) -> Reading<u64> {
    match answer.message().and_then(|message| Ok(variant(message)?)) {
        Ok(value) => Reading::Value(value),
        Err(DbusError::Refused { name, .. }) if name == UNKNOWN_PROPERTY => Reading::Absent,
        Err(error) => Reading::failed(format!("{name}: {error}")),
    }
}

fn variant(message: Message<'_>) -> Result<u64, Malformed> {
    let mut body = message.body("v")?;
    match body.signature()? {
        "t" => body.u64(),
        found => Err(Malformed::OtherType { expected: "t", found: found.to_owned() }),
    }
}

/// An element of what `ListUnits` returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedUnit<'a> {
    /// Its name.
    pub name: &'a str,
    /// `loaded`, `not-found`, `masked`.
    pub load_state: &'a str,
    /// `active`, `inactive`, `failed`.
    pub active_state: &'a str,
    /// Its object.
    pub path: &'a str,
}

/// The answer to `ListUnits`.
pub fn listed_units(message: Message<'_>) -> Result<Vec<ListedUnit<'_>>, Malformed> {
    let mut units = message.body("a(ssssssouso)")?.array()?;
    let mut listed = Vec::new();
    while units.has_more() {
        units.align(8)?;
        let (name, _description) = (units.string()?, units.string()?);
        let (load_state, active_state) = (units.string()?, units.string()?);
        let (_sub_state, _followed, path) = (units.string()?, units.string()?, units.string()?);
        let (_job_id, _job_type, _job_path) = (units.u32()?, units.string()?, units.string()?);
        listed.push(ListedUnit { name, load_state, active_state, path });
    }
    Ok(listed)
}

#[cfg(test)]
mod tests {
    use super::{
        Bytes, Limit, ListedUnit, Malformed, Message, SwapLimit, bytes_limit, interface, listed_units,
        swap_limit, variant,
    };

    const LIST: &[u8] = include_bytes!("../../../../fixtures/systemd/257/ListUnits");
    const MAX: &[u8] = include_bytes!("../../../../fixtures/systemd/257/MemoryMax");

    fn list(bytes: &[u8]) -> Result<Vec<ListedUnit<'_>>, Malformed> {
        listed_units(Message::decode(bytes)?)
    }

    fn value(bytes: &[u8]) -> Result<u64, Malformed> {
        variant(Message::decode(bytes)?)
    }

    #[test]
    fn the_units_of_a_real_machine_are_read() {
        let units = list(LIST).unwrap();
        assert_eq!(units.len(), 202);
        let docker = ListedUnit {
            name: "docker.service",
            load_state: "loaded",
            active_state: "active",
            path: "/org/freedesktop/systemd1/unit/docker_2eservice",
        };
        assert!(units.contains(&docker));
    }

    #[test]
    fn a_cut_or_damaged_answer_is_refused_and_never_a_panic() {
        assert_eq!(value(MAX), Ok(64 * 1024 * 1024));
        for length in 0..MAX.len() {
            assert!(value(&MAX[..length]).is_err(), "{length}");
        }
        for length in (0..LIST.len()).step_by(7) {
            assert!(list(&LIST[..length]).is_err(), "{length}");
        }
        for index in 0..MAX.len() {
            for damage in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                let mut bytes = MAX.to_vec();
                bytes[index] ^= damage;
                drop(value(&bytes));
            }
        }
    }

    #[test]
    fn the_largest_number_is_no_limit_and_zero_is_one() {
        assert_eq!(bytes_limit(u64::MAX), Limit::Unlimited);
        assert_eq!(bytes_limit(u64::MAX - 1), Limit::At(Bytes(u64::MAX - 1)));
        assert_eq!(swap_limit(0), SwapLimit(Limit::At(Bytes(0))));
    }

    #[test]
    fn only_kinds_with_a_cgroup_have_limits() {
        assert_eq!(interface("docker-2dabc.scope"), Some("org.freedesktop.systemd1.Scope"));
        assert_eq!(interface("user@1000.service"), Some("org.freedesktop.systemd1.Service"));
        assert_eq!(interface("-.slice"), Some("org.freedesktop.systemd1.Slice"));
        assert_eq!(interface("fstrim.timer"), None);
        assert_eq!(interface("scope"), None);
    }
}
