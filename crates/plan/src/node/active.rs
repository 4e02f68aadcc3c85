//! Swap that is on or off now, and shall be on as wanted.

use crate::node::draft::Draft;
use crate::node::fstab;
use crate::node::look::Look;
use crate::node::order::Stage;
use crate::node::systemd_unit;
use kernel::bytes::Bytes;
use model::plan::{Change, Discard, SwapUse, SwitchedBy};

/// Memory that stays free when swapped pages come back: `swapoff` to the last page invites the OOM killer.
const SPARE: Bytes = Bytes::from_mib(128);

/// One area, ready to be switched on.
pub struct Switch<'a> {
    /// As `/proc/swaps` shows it.
    pub path: &'a str,
    /// As it was named: a link below `/dev/disk` too.
    pub what: &'a str,
    /// How it shall be used.
    pub wanted: SwapUse,
    /// The unit that switches it; nothing where there is no systemd.
    pub unit: Option<&'a str>,
    /// Whether what lies below changes, so that it must be off meanwhile.
    pub is_remade: bool,
}

/// How an area is used now. `/proc/swaps` does not show discard; what switches the swap on at boot does: its unit, or `/etc/fstab`.
/// Where neither says, what nobody can see is taken as it is wanted.
pub fn in_use(
    look: &Look<'_>,
    path: &str,
    what: &str,
    unit: Option<&str>,
    wanted: Option<SwapUse>,
) -> Option<SwapUse> {
    let discard = match unit {
        Some(unit) => look.text(&systemd_unit::file_path(unit)).value().map(|text| discard_of(text)),
        None => fstab::options(look, what)
            .map(|options| discard_in(&options))
            .or(wanted.map(|wanted| wanted.discard)),
    };
    let priority = look.active(path)?.swap.priority;
    let priority = i16::try_from(priority).ok().filter(|priority| *priority >= 0);
    Some(SwapUse { priority, discard: discard.unwrap_or_default() })
}

fn discard_of(unit: &str) -> Discard {
    unit.lines()
        .filter_map(|line| line.strip_prefix("Options="))
        .map(discard_in)
        .next_back()
        .unwrap_or_default()
}

fn discard_in(options: impl AsRef<str>) -> Discard {
    let mut words = options.as_ref().split(',');
    words
        .find_map(|word| match word.trim() {
            "discard=once" => Some(Discard::Once),
            "discard=pages" => Some(Discard::Pages),
            _ => None,
        })
        .unwrap_or_default()
}

/// Adds the steps: off when it must change, and on.
pub fn switch(look: &Look<'_>, switch: &Switch<'_>, draft: &mut Draft) {
    let Switch { path, what, wanted, unit, is_remade } = switch;
    draft.places.push((*path).to_owned());
    let by = unit.map_or(SwitchedBy::Call, |unit| SwitchedBy::Unit(unit.to_owned()));
    let now = in_use(look, path, what, *unit, Some(*wanted));
    if now == Some(*wanted) && !is_remade {
        return;
    }
    if let Some(now) = now {
        refuse_without_memory(look, path, draft);
        let why = if *is_remade {
            format!("{path} is in use and shall be made anew.")
        } else {
            format!("{path} is in use with {}; that is given when swap is switched on.", words(now))
        };
        let by = switched_by(look, what, *unit);
        let change = Change::Swap { path: (*path).to_owned(), now: Some(now), wanted: None, by };
        draft.step(Stage::SwapOff, "swap-off", why, change);
    }
    let change = Change::Swap { path: (*path).to_owned(), now: None, wanted: Some(*wanted), by };
    draft.step(Stage::SwapOn, "swap-on", format!("{path} takes pages from now on."), change);
}

/// Who switched a swap on that is in use: its unit, also one that is made of a line in `/etc/fstab`, else somebody by hand. The undo
/// takes the same way.
fn switched_by(look: &Look<'_>, what: &str, unit: Option<&str>) -> SwitchedBy {
    let has_file = |unit: &&str| look.text(&systemd_unit::file_path(unit)).value().is_some();
    let has_line = fstab::options(look, what).is_some();
    match unit.filter(|unit| has_file(unit) || has_line) {
        Some(unit) => SwitchedBy::Unit(unit.to_owned()),
        None => SwitchedBy::Call,
    }
}

/// `swapoff` brings every page back into memory.
fn refuse_without_memory(look: &Look<'_>, path: &str, draft: &mut Draft) {
    let used = look.active(path).map_or(Bytes::default(), |area| area.swap.used);
    let Some(available) = look.node().host.memory_available().get() else {
        return draft.refuse(
            format!("{path} must be switched off first, and how much memory is available is not known"),
            "look at /proc/meminfo; it needs MemAvailable",
        );
    };
    if used.0.saturating_add(SPARE.0) > available.0 {
        draft.refuse(
            format!(
                "{path} must be switched off first: {} MiB of it are in use, and {} MiB of memory are available",
                used.0 >> 20,
                available.0 >> 20
            ),
            "free memory first, or leave this area as it is",
        );
    }
}

fn words(now: SwapUse) -> String {
    let priority = now.priority.map_or("no priority".to_owned(), |priority| format!("priority {priority}"));
    match now.discard {
        Discard::Never => priority,
        Discard::Once => format!("{priority} and discard=once"),
        Discard::Pages => format!("{priority} and discard=pages"),
    }
}
