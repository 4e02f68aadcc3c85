//! One change in words: what is now and wanted, how it is taken back, how it is checked.

use crate::units;
use model::plan::{
    Allocation, Change, Discard, FileContent, Signature, SwapFile, SwapUse, SwitchedBy, UnitAction, ZramSetup,
};

/// A change in words.
pub struct Told {
    /// Now and wanted.
    pub what: String,
    /// The undo.
    pub undo: String,
    /// The check.
    pub check: String,
}

/// The words of a change.
pub fn told(change: &Change) -> Told {
    match change {
        Change::File { path, now, wanted } => file(path, now.as_ref(), wanted.as_ref()),
        Change::Link { path, now, wanted } => link(path, now.as_deref(), wanted.as_deref()),
        Change::SwapFile { path, now, wanted } => swap_file(path, now.as_ref(), wanted.as_ref()),
        Change::Signature { device, now, wanted } => Told {
            what: format!("{device}: {} → {}", signature(*now), signature(*wanted)),
            undo: "what was at its beginning comes back".to_owned(),
            check: format!("`blkid {device}` says {}", signature(*wanted)),
        },
        Change::Zram { device, now, wanted } => Told {
            what: format!("{device}: {} → {}", zram(now.as_ref()), zram(wanted.as_ref())),
            undo: format!("it is {} again", zram(now.as_ref())),
            check: format!("/sys/block/{device}/disksize and comp_algorithm say so"),
        },
        Change::Swap { path, now, wanted, by } => swap(path, now.as_ref(), wanted.as_ref(), by),
        Change::Value { path, now, wanted } => Told {
            what: format!("{path}: {now} → {wanted}"),
            undo: format!("{now} is written again"),
            check: format!("{path} says {wanted}"),
        },
        Change::Unit { unit, action } => self::unit(unit, *action),
        Change::Reload => Told {
            what: "systemctl daemon-reload".to_owned(),
            undo: "the same again, when the files are back".to_owned(),
            check: "the units of later steps are known".to_owned(),
        },
    }
}

fn file(path: &str, now: Option<&FileContent>, wanted: Option<&FileContent>) -> Told {
    let mode = |content: &FileContent| format!("mode {:04o}", content.mode);
    let what = match (now, wanted) {
        (None, Some(wanted)) => format!("{path}: none → a file, {}", mode(wanted)),
        (Some(now), Some(wanted)) if now.mode != wanted.mode => {
            format!("{path}: {} → {}", mode(now), mode(wanted))
        }
        (Some(_), Some(_)) => format!("{path}: these lines change"),
        (Some(_), None) => format!("{path}: a file → none"),
        (None, None) => format!("{path}: none"),
    };
    let undo = match now {
        None => "the file is removed",
        Some(_) => "the file is as it was, byte by byte",
    };
    let check = match wanted {
        Some(_) => "the file holds exactly this",
        None => "there is no such file",
    };
    Told { what, undo: undo.to_owned(), check: check.to_owned() }
}

fn link(path: &str, now: Option<&str>, wanted: Option<&str>) -> Told {
    let words =
        |target: Option<&str>| target.map_or("none".to_owned(), |target| format!("a link to {target}"));
    Told {
        what: format!("{path}: {} → {}", words(now), words(wanted)),
        undo: match now {
            None => "the link is removed".to_owned(),
            Some(target) => format!("it points to {target} again"),
        },
        check: match wanted {
            None => "there is no such link".to_owned(),
            Some(target) => format!("it points to {target}"),
        },
    }
}

fn swap_file(path: &str, now: Option<&SwapFile>, wanted: Option<&SwapFile>) -> Told {
    let words = |file: Option<&SwapFile>| match file {
        None => "none".to_owned(),
        Some(file) => format!("{} of swap", units::bytes(file.size)),
    };
    let how = match wanted.map(|file| file.allocation) {
        None => "",
        Some(Allocation::Reserved) => ", mode 0600, blocks reserved by fallocate",
        Some(Allocation::Written) => ", mode 0600, every block written",
        Some(Allocation::NoCopyOnWrite) => ", mode 0600, chattr +C, blocks reserved by fallocate",
    };
    Told {
        what: format!("{path}: {} → {}{how}", words(now), words(wanted)),
        undo: match now {
            None => "the file is removed".to_owned(),
            Some(_) => format!("it is {} again", words(now)),
        },
        check: match wanted {
            None => "there is no such file".to_owned(),
            Some(_) => "its size and its signature are these".to_owned(),
        },
    }
}

const fn signature(signature: Signature) -> &'static str {
    match signature {
        Signature::None => "nothing",
        Signature::Swap => "swap",
    }
}

fn zram(setup: Option<&ZramSetup>) -> String {
    match setup {
        None => "not set up".to_owned(),
        Some(ZramSetup { size, algorithm: Some(algorithm) }) => {
            format!("{} before compression by {algorithm}", units::bytes(*size))
        }
        Some(ZramSetup { size, algorithm: None }) => format!("{} before compression", units::bytes(*size)),
    }
}

fn swap(path: &str, now: Option<&SwapUse>, wanted: Option<&SwapUse>, by: &SwitchedBy) -> Told {
    let by = match by {
        SwitchedBy::Unit(unit) => format!("by {unit}"),
        SwitchedBy::Call => "by swapon and swapoff".to_owned(),
    };
    Told {
        what: format!("{path}: {} → {}, {by}", usage(now), usage(wanted)),
        undo: match now {
            None => "swapoff, refused while memory cannot take the swapped pages back".to_owned(),
            Some(_) => format!("it is {} again", usage(now)),
        },
        check: match wanted {
            None => "/proc/swaps does not show it".to_owned(),
            Some(SwapUse { priority: Some(priority), .. }) => {
                format!("/proc/swaps shows it with priority {priority}")
            }
            Some(SwapUse { priority: None, .. }) => "/proc/swaps shows it with a priority below 0".to_owned(),
        },
    }
}

fn usage(usage: Option<&SwapUse>) -> String {
    let Some(SwapUse { priority, discard }) = usage else { return "off".to_owned() };
    let priority = priority.map_or(String::new(), |priority| format!(" with priority {priority}"));
    let discard = match discard {
        Discard::Never => "",
        Discard::Once => ", discard once",
        Discard::Pages => ", discard of freed pages",
    };
    format!("on{priority}{discard}")
}

fn unit(unit: &str, action: UnitAction) -> Told {
    let (what, undo, check) = match action {
        UnitAction::Start => ("start", "it is stopped", "it is active"),
        UnitAction::Stop => ("stop", "it is started", "it is not active"),
        UnitAction::Restart => {
            ("try-restart", "it starts again, when everything else is back", "it is active again")
        }
    };
    Told { what: format!("systemctl {what} {unit}"), undo: undo.to_owned(), check: check.to_owned() }
}
