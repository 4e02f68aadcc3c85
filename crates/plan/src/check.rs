//! Whether a step's wish holds on a machine.

use crate::node::look::Look;
use crate::node::{Facts, active, systemd_unit, zram};
use model::node::DeviceContent;
use model::path_found::PathFound;
use model::plan::{Change, FileContent, Plan, Signature, Step, SwapFile, SwapUse, SwitchedBy, ZramSetup};
use model::reading::Reading;

/// What became of a step's wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// The machine shows what was wanted.
    Held,
    /// It shows something else, in words: what was wanted and what was found.
    Differs(String),
    /// It cannot be told, and why.
    Unknown(String),
}

/// The steps of a plan with what became of each, and paths that must be looked at first: until there are none, the answer does not
/// count.
#[derive(Clone, Debug)]
pub struct Checked<'a> {
    /// Each step.
    pub steps: Vec<(&'a Step, Held)>,
    /// Paths that nobody looked at yet.
    pub unseen: Vec<String>,
}

/// Checks a plan that was run against the machine as it is now.
#[must_use]
pub fn plan<'a>(facts: &Facts<'_>, plan: &'a Plan) -> Checked<'a> {
    let look = Look::new(*facts);
    // What a later step changes again is judged there: swap is switched off and on.
    let last = |at: usize, step: &Step| {
        !plan.steps[at + 1..].iter().any(|later| is_same(&step.change, &later.change))
    };
    let steps = plan.steps.iter().enumerate().filter(|(at, step)| last(*at, step));
    let steps = steps.map(|(_, step)| (step, change(&look, &step.change))).collect();
    Checked { steps, unseen: look.unseen() }
}

/// Whether two changes are of the same thing.
fn is_same(one: &Change, other: &Change) -> bool {
    match (one, other) {
        (Change::File { path: one, .. }, Change::File { path: other, .. })
        | (Change::Link { path: one, .. }, Change::Link { path: other, .. })
        | (Change::SwapFile { path: one, .. }, Change::SwapFile { path: other, .. })
        | (Change::Signature { device: one, .. }, Change::Signature { device: other, .. })
        | (Change::Zram { device: one, .. }, Change::Zram { device: other, .. })
        | (Change::Swap { path: one, .. }, Change::Swap { path: other, .. })
        | (Change::Value { path: one, .. }, Change::Value { path: other, .. }) => one == other,
        (
            Change::File { .. }
            | Change::Link { .. }
            | Change::SwapFile { .. }
            | Change::Signature { .. }
            | Change::Zram { .. }
            | Change::Swap { .. }
            | Change::Value { .. }
            | Change::Unit { .. }
            | Change::Reload,
            _,
        ) => false,
    }
}

fn change(look: &Look<'_>, change: &Change) -> Held {
    match change {
        Change::File { path, now: _, wanted } => file(look, path, wanted.as_ref()),
        Change::Link { path, now: _, wanted } => link(look, path, wanted.as_deref()),
        Change::SwapFile { path, now: _, wanted } => swap_file(look, path, wanted.as_ref()),
        Change::Signature { device, now: _, wanted } => signature(look, device, *wanted),
        Change::Zram { device, now: _, wanted } => zram_device(look, device, wanted.as_ref()),
        Change::Swap { path, now: _, wanted, by } => swap(look, path, *wanted, by),
        Change::Value { path, now: _, wanted } => value(look, path, wanted),
        // What a start or a reload does shows in other steps.
        Change::Unit { .. } | Change::Reload => Held::Held,
    }
}

fn compare<T: PartialEq>(wanted: &T, found: &T, words: impl Fn(&T) -> String, what: &str) -> Held {
    if wanted == found {
        Held::Held
    } else {
        Held::Differs(format!("{what}: expected {}, found {}", words(wanted), words(found)))
    }
}

fn failed(path: &str, why: &str) -> Held {
    Held::Unknown(format!("{path}: {why}"))
}

fn file(look: &Look<'_>, path: &str, wanted: Option<&FileContent>) -> Held {
    let found = match look.path(path) {
        Reading::Absent => None,
        Reading::Value(PathFound::Text(content)) => Some(content),
        Reading::Value(_) => {
            return Held::Differs(format!("{path}: expected a file of text, found something else"));
        }
        Reading::Failed(why) => return failed(path, &why),
    };
    match (wanted, &found) {
        (Some(wanted), Some(found)) if wanted.text != found.text => {
            let line =
                wanted.text.lines().zip(found.text.lines()).take_while(|(one, other)| one == other).count()
                    + 1;
            Held::Differs(format!(
                "{path}: expected what was written, found another text from line {line} on"
            ))
        }
        (Some(wanted), Some(found)) => {
            compare(&wanted.mode, &found.mode, |mode| format!("mode {mode:o}"), path)
        }
        (wanted, found) => compare(
            &wanted.is_some(),
            &found.is_some(),
            |is| if *is { "a file" } else { "none" }.to_owned(),
            path,
        ),
    }
}

fn link(look: &Look<'_>, path: &str, wanted: Option<&str>) -> Held {
    let found = match look.path(path) {
        Reading::Absent => None,
        Reading::Value(PathFound::Link(target)) => Some(target),
        Reading::Value(_) => {
            return Held::Differs(format!("{path}: expected a symbolic link, found something else"));
        }
        Reading::Failed(why) => return failed(path, &why),
    };
    let words =
        |target: &Option<&str>| target.map_or("none".to_owned(), |target| format!("a link to {target}"));
    compare(&wanted, &found.as_deref(), words, path)
}

fn swap_file(look: &Look<'_>, path: &str, wanted: Option<&SwapFile>) -> Held {
    let found = match look.path(path) {
        Reading::Absent => None,
        Reading::Value(PathFound::Blocks { size, content: DeviceContent::Swap, .. }) => Some(size),
        Reading::Value(_) => return Held::Differs(format!("{path}: expected swap, found something else")),
        Reading::Failed(why) => return failed(path, &why),
    };
    let words = |size: &Option<_>| {
        size.map_or("none".to_owned(), |size: kernel::bytes::Bytes| format!("{} bytes of swap", size.0))
    };
    compare(&wanted.map(|wanted| wanted.size), &found, words, path)
}

fn signature(look: &Look<'_>, device: &str, wanted: Signature) -> Held {
    let name = device.rsplit('/').next().unwrap_or_default();
    if look.active(device).is_some() {
        return match wanted {
            Signature::Swap => Held::Held,
            Signature::None => Held::Differs(format!("{device}: expected nothing, found swap in use")),
        };
    }
    let devices = look.node().block_devices.value();
    let Some(found) = devices.into_iter().flatten().find(|one| one.name == name) else {
        return match wanted {
            Signature::None => Held::Held,
            Signature::Swap => Held::Unknown(format!("{device}: not among the disks that were seen")),
        };
    };
    match (&found.content, wanted) {
        (Reading::Value(DeviceContent::Swap), Signature::Swap)
        | (Reading::Value(DeviceContent::Blank), Signature::None) => Held::Held,
        (Reading::Value(DeviceContent::Swap), Signature::None) => {
            Held::Differs(format!("{device}: expected nothing, found swap"))
        }
        (Reading::Value(_), Signature::Swap) => {
            Held::Differs(format!("{device}: expected swap, found something else"))
        }
        // What was there before came back.
        (Reading::Value(_), Signature::None) => Held::Held,
        (Reading::Absent, _) => failed(device, "what it holds is not known"),
        (Reading::Failed(why), _) => failed(device, why),
    }
}

fn zram_device(look: &Look<'_>, device: &str, wanted: Option<&ZramSetup>) -> Held {
    let found = zram::setup(look, device);
    let words = |setup: Option<&ZramSetup>| {
        setup.map_or("none".to_owned(), |setup| {
            format!(
                "{} bytes, algorithm {}",
                setup.size.0,
                setup.algorithm.as_deref().unwrap_or("the kernel's")
            )
        })
    };
    let is_held = match (wanted, &found) {
        (Some(wanted), Some(found)) => zram::is_as_wanted(found, wanted),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    if is_held {
        return Held::Held;
    }
    Held::Differs(format!("{device}: expected {}, found {}", words(wanted), words(found.as_ref())))
}

fn swap(look: &Look<'_>, path: &str, wanted: Option<SwapUse>, by: &SwitchedBy) -> Held {
    if let Reading::Failed(why) = &look.node().swap_areas {
        return failed("/proc/swaps", why);
    }
    let unit = match by {
        SwitchedBy::Unit(unit) => Some(unit.as_str()),
        SwitchedBy::Call => None,
    };
    if let Some(unit) = unit {
        // The unit's file is asked for whether or not the swap is on: discard stands there.
        let _ = look.text(&systemd_unit::file_path(unit));
    }
    let words = |usage: &Option<SwapUse>| match usage {
        None => "no swap".to_owned(),
        Some(SwapUse { priority: Some(priority), .. }) => format!("swap with priority {priority}"),
        Some(SwapUse { priority: None, .. }) => "swap with the kernel's priority".to_owned(),
    };
    let found = active::in_use(look, path, path, unit, wanted);
    compare(&wanted, &found, words, path)
}

fn value(look: &Look<'_>, path: &str, wanted: &str) -> Held {
    match look.text(path) {
        Reading::Value(found) => compare(&wanted, &found.trim(), |value| format!("`{value}`"), path),
        Reading::Absent => Held::Differs(format!("{path}: expected `{wanted}`, found no such file")),
        Reading::Failed(why) => failed(path, &why),
    }
}
