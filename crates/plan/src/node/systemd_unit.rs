//! Units of systemd as text, with their names: swap, the service that sets zram up, drop-ins.
//!
//! Written in systemd.swap(5), systemd.unit(5) and systemd-escape(1).

use crate::node::draft::{Draft, WantedFile};
use crate::node::look::Look;
use crate::node::order::Stage;
use model::plan::{Discard, SwapUse, ZramSetup};
use std::fmt::Write as _;

/// The first line of every file that is Highwater's.
pub const HEADER: &str = "# Written by `highwater node apply`; `highwater node undo` takes it back.\n";

/// Where the administrator's units lie: they win over those of packages and generators.
const FOLDER: &str = "/etc/systemd/system";

/// The path of a unit's file.
#[must_use]
pub fn file_path(unit: &str) -> String {
    format!("{FOLDER}/{unit}")
}

/// A path as a unit's name, as `systemd-escape --path` writes it.
#[must_use]
pub fn escape_path(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return "-".to_owned();
    }
    let mut name = String::new();
    for (at, byte) in parts.join("/").bytes().enumerate() {
        match byte {
            b'/' => name.push('-'),
            b'.' if at == 0 => name.push_str("\\x2e"),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b':' | b'_' | b'.' => name.push(char::from(byte)),
            byte => {
                let _ = write!(name, "\\x{byte:02x}");
            }
        }
    }
    name
}

/// The name of the unit for swap at a path.
#[must_use]
pub fn swap_unit_name(path: &str) -> String {
    format!("{}.swap", escape_path(path))
}

/// What a swap unit says.
#[derive(Clone, Copy, Debug)]
pub struct SwapUnit<'a> {
    /// The file or device.
    pub what: &'a str,
    /// How it is used.
    pub usage: SwapUse,
    /// Mounts that must be there before.
    pub mounts: &'a [String],
    /// A service that must have run before.
    pub service: Option<&'a str>,
}

/// The text of a swap unit.
#[must_use]
pub fn swap_unit(unit: &SwapUnit<'_>) -> String {
    let SwapUnit { what, usage, mounts, service } = unit;
    let mut text = format!("{HEADER}[Unit]\nDescription=Swap on {}\n", specifier_free(what));
    if let Some(service) = service {
        let _ = writeln!(text, "Requires={service}\nAfter={service}");
    }
    for mount in *mounts {
        let _ = writeln!(text, "RequiresMountsFor={}", quoted(mount));
    }
    let _ = write!(text, "\n[Swap]\nWhat={}\n", specifier_free(what));
    if let Some(priority) = usage.priority {
        let _ = writeln!(text, "Priority={priority}");
    }
    match usage.discard {
        Discard::Never => {}
        Discard::Once => text.push_str("Options=discard=once\n"),
        Discard::Pages => text.push_str("Options=discard=pages\n"),
    }
    text.push_str("\n[Install]\nWantedBy=swap.target\n");
    text
}

/// `%` begins a specifier in a unit.
fn specifier_free(text: &str) -> String {
    text.replace('%', "%%")
}

/// A path in a list of paths.
fn quoted(path: &str) -> String {
    let path = specifier_free(path);
    if path.contains([' ', '"', '\'', '\\']) {
        format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        path
    }
}

/// The service that sets a zram device up at boot. It runs before `sysinit.target`, as swap does, and leaves a device alone that
/// has a size already.
#[must_use]
pub fn zram_service(number: usize, setup: &ZramSetup) -> String {
    let device = format!("zram{number}");
    let block = format!("/sys/block/{device}");
    let algorithm = match &setup.algorithm {
        Some(algorithm) => format!("echo {algorithm} > {block}/comp_algorithm; "),
        None => String::new(),
    };
    let script = format!(
        "modprobe zram || test -e /sys/class/zram-control; \
         while ! test -e {block}; do read -r made < /sys/class/zram-control/hot_add; done; \
         read -r size < {block}/disksize; test \"$$size\" = 0 || exit 0; \
         {algorithm}echo {} > {block}/disksize; mkswap /dev/{device}",
        setup.size.0
    );
    format!(
        "{HEADER}[Unit]\nDescription=Compressed memory {device}\nDefaultDependencies=no\n\
         After=systemd-modules-load.service\nBefore=dev-{device}.swap\n\n\
         [Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -ec '{script}'\n"
    )
}

/// A drop-in of the kubelet's unit: it starts when swap is on, as it looks at swap once.
#[must_use]
pub fn kubelet_drop_in(swap_units: &[String]) -> String {
    let units = swap_units.join(" ");
    format!("{HEADER}[Unit]\nWants={units}\nAfter={units}\n")
}

/// Adds a unit's file and the link by which `swap.target` starts it.
pub fn enabled_swap_unit(look: &Look<'_>, unit: &SwapUnit<'_>, draft: &mut Draft) {
    let name = swap_unit_name(unit.what);
    let path = file_path(&name);
    let file = WantedFile {
        name: "swap-unit",
        why: "systemd switches the swap on at every boot, in order with what needs it.",
        path: &path,
        text: Some(swap_unit(unit)),
    };
    draft.file(look, Stage::Units, file);
    let link = format!("{FOLDER}/swap.target.wants/{name}");
    draft.link(
        look,
        "swap-unit-enabled",
        "swap.target starts the unit: this is what `systemctl enable` does.",
        &link,
        &path,
    );
    draft.swap_units.push(name);
}

#[cfg(test)]
mod tests {
    use super::{SwapUnit, escape_path, swap_unit, swap_unit_name};
    use model::plan::{Discard, SwapUse};

    #[test]
    fn names_are_those_of_systemd_escape() {
        // What systemd-escape 252 printed.
        let recorded = [
            ("/swapfile", "swapfile.swap"),
            ("/var/lib/swap", "var-lib-swap.swap"),
            ("/mnt/k8s-disks/0/swapfile", "mnt-k8s\\x2ddisks-0-swapfile.swap"),
            ("/mnt/a b/sw@p%", "mnt-a\\x20b-sw\\x40p\\x25.swap"),
            ("/.hidden/x", "\\x2ehidden-x.swap"),
            ("/dev/disk/by-partuuid/1234-ab", "dev-disk-by\\x2dpartuuid-1234\\x2dab.swap"),
            ("/ü/x", "\\xc3\\xbc-x.swap"),
            ("/a.b/c:d_e", "a.b-c:d_e.swap"),
            ("/dev/zram0", "dev-zram0.swap"),
            ("/x/.y", "x-.y.swap"),
            ("/a\\b", "a\\x5cb.swap"),
        ];
        for (path, name) in recorded {
            assert_eq!(swap_unit_name(path), name, "{path}");
        }
        assert_eq!(escape_path("/"), "-");
        assert_eq!(escape_path("//a//b/"), "a-b");
    }

    #[test]
    fn a_percent_sign_is_no_specifier() {
        let usage = SwapUse { priority: Some(5), discard: Discard::Once };
        let unit = SwapUnit { what: "/100%", usage, mounts: &["/mnt/a b".to_owned()], service: None };
        let text = swap_unit(&unit);
        assert!(text.contains("What=/100%%\nPriority=5\nOptions=discard=once\n"), "{text}");
        assert!(text.contains("RequiresMountsFor=\"/mnt/a b\"\n"), "{text}");
    }
}
