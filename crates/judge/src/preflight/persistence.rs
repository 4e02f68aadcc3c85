//! Swap that the next boot does not bring.
//!
//! Written in fstab(5), systemd.swap(5) (a unit starts only what wants it), zram-generator.conf(5).

use super::next::plan_of;
use super::{Subject, line_of};
use model::lint::LintSeverity;
use model::node::{Node, SwapAreaInUse, SwapBacking, TextFile};
use model::node_check::NodeFinding;
use model::reading::Reading;

/// Who brings an area back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// A line of fstab, a generator, or a unit that is enabled: its file.
    By(String),
    /// A unit that nothing starts: its file.
    NotEnabled(String),
    /// Nobody, as far as could be read: why the rest could not.
    Unknown(String),
    /// Nobody.
    None,
}

/// Finds it.
pub fn check(subject: &Subject<'_>, findings: &mut Vec<NodeFinding>) {
    for area in subject.areas() {
        let path = &area.swap.path;
        let finding = match persistence(subject.node, area) {
            Persistence::By(_) => continue,
            Persistence::NotEnabled(unit) => {
                let message = format!(
                    "{path} is gone after the next boot: {unit} would bring it, and nothing starts that unit."
                );
                let name = unit.rsplit('/').next().unwrap_or(&unit);
                NodeFinding::new("swap-unit-not-enabled", LintSeverity::Warning, message)
                    .fix("enable the unit")
                    .command(format!("systemctl enable {name}"))
            }
            Persistence::Unknown(why) => {
                let message = format!("Whether {path} comes back at the next boot is not known: {why}.");
                NodeFinding::new("swap-not-persistent", LintSeverity::Info, message)
            }
            Persistence::None => {
                let message = format!(
                    "{path} is gone after the next boot: neither /etc/fstab nor a unit nor a generator of systemd names it."
                );
                let fix = if matches!(subject.node.systemd, Reading::Absent) {
                    "name it in /etc/fstab, and let process 1 run `swapon -a` at boot"
                } else {
                    "let systemd switch it on at boot, before the kubelet"
                };
                NodeFinding::new("swap-not-persistent", LintSeverity::Warning, message)
                    .fix(fix)
                    .command(plan_of(subject, area))
            }
        };
        findings.push(finding.evidence(line_of(area)));
    }
}

/// Looks for whoever names the area, by any of its names.
#[must_use]
pub fn persistence(node: &Node, area: &SwapAreaInUse) -> Persistence {
    let names = names(node, area);
    if let Some(fstab) = text(node, "/etc/fstab")
        && fstab.lines().any(|line| is_swap_line(line, &names))
    {
        return Persistence::By("/etc/fstab".to_owned());
    }
    if let SwapBacking::Zram { name } = &area.backing
        && let Some(file) = zram_generator(node, name)
    {
        return Persistence::By(file);
    }
    let units =
        node.files.iter().filter(|file| file.path.ends_with(".swap") || file.path.ends_with(".service"));
    let mut not_enabled = None;
    for unit in units.filter(|unit| brings(unit, &names)) {
        if is_started(node, unit) {
            return Persistence::By(unit.path.clone());
        }
        not_enabled.get_or_insert_with(|| unit.path.clone());
    }
    match (not_enabled, unread(node)) {
        (Some(unit), None) => Persistence::NotEnabled(unit),
        (_, Some(why)) => Persistence::Unknown(why),
        (None, None) => Persistence::None,
    }
}

/// Why a place that may name the area could not be read.
fn unread(node: &Node) -> Option<String> {
    let tells = |file: &&TextFile| file.path == "/etc/fstab" || file.path.contains("/systemd/");
    node.files.iter().filter(tells).find_map(|file| match &file.text {
        Reading::Failed(why) => Some(why.to_string()),
        Reading::Value(_) | Reading::Absent => None,
    })
}

/// `/dev/dm-0` is `/dev/mapper/cryptswap` too. By label or UUID a line may name any device: those lines count for every device.
fn names(node: &Node, area: &SwapAreaInUse) -> Vec<String> {
    let mut names = vec![area.swap.path.clone()];
    let devices = node.block_devices.value().map(Vec::as_slice).unwrap_or_default();
    if let SwapBacking::Device { name } | SwapBacking::Zram { name } = &area.backing {
        names.push(format!("/dev/{name}"));
        let device = devices.iter().find(|device| device.name == *name);
        names.extend(device.and_then(|device| Some(format!("/dev/mapper/{}", device.mapper_name.value()?))));
    }
    names
}

/// Whether a name that can only be resolved on the running machine stands for a device.
fn is_indirect(what: &str) -> bool {
    ["UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=", "/dev/disk/", "/dev/vg", "/dev/mapper/"]
        .iter()
        .any(|start| what.starts_with(start))
}

fn is_same(what: &str, names: &[String]) -> bool {
    let is_device = names.iter().any(|name| name.starts_with("/dev/") && !name.starts_with("/dev/zram"));
    names.iter().any(|name| name == what)
        || is_device && is_indirect(what) && !is_mapper_of_others(what, names)
}

fn is_mapper_of_others(what: &str, names: &[String]) -> bool {
    what.starts_with("/dev/mapper/") && names.iter().any(|name| name.starts_with("/dev/mapper/"))
}

fn is_swap_line(line: &str, names: &[String]) -> bool {
    let mut fields = line.split_whitespace();
    let (what, kind) = (fields.next().unwrap_or_default(), fields.nth(1).unwrap_or_default());
    let options = fields.next().unwrap_or_default();
    !what.starts_with('#')
        && kind == "swap"
        && !options.split(',').any(|option| option == "noauto")
        && is_same(&what.replace("\\040", " "), names)
}

fn text<'a>(node: &'a Node, path: &str) -> Option<&'a str> {
    node.files.iter().find(|file| file.path == path)?.text.value().map(String::as_str)
}

fn zram_generator(node: &Node, name: &str) -> Option<String> {
    let section = format!("[{name}]");
    let is_generator = |file: &&TextFile| {
        file.path.ends_with("zram-generator.conf") || file.path.contains("/zram-generator.conf.d/")
    };
    let found =
        node.files.iter().filter(is_generator).find(|file| {
            file.text.value().is_some_and(|text| text.lines().any(|line| line.trim() == section))
        });
    let zram_tools = || node.files.iter().find(|file| file.path == "/etc/default/zramswap");
    found.or_else(zram_tools).map(|file| file.path.clone())
}

/// A swap unit by its `What=`, a service by naming the area or calling swapon.
fn brings(unit: &TextFile, names: &[String]) -> bool {
    let Some(text) = unit.text.value() else { return false };
    if unit.path.ends_with(".swap") {
        return text
            .lines()
            .any(|line| line.trim().strip_prefix("What=").is_some_and(|what| is_same(what.trim(), names)));
    }
    let mut lines = text.lines().map(str::trim).filter(|line| line.starts_with("Exec"));
    lines.any(|line| line.contains("swapon") || names.iter().any(|name| line.contains(name.as_str())))
}

/// A link or a copy in a `.wants` or `.requires` folder, or a generator's own unit.
fn is_started(node: &Node, unit: &TextFile) -> bool {
    let name = unit.path.rsplit('/').next().unwrap_or(&unit.path);
    let is_generated = unit.path.starts_with("/run/systemd/generator");
    is_generated
        || node.links.iter().any(|link| {
            let mut levels = link.path.rsplit('/');
            let is_it = levels.next() == Some(name);
            is_it
                && levels
                    .next()
                    .is_some_and(|folder| folder.ends_with(".wants") || folder.ends_with(".requires"))
        })
        || node.files.iter().any(|other| other.path != unit.path && wants(other, name))
}

/// A drop-in or unit of others that asks for the unit: `kubelet.service.d/10-swap.conf` with `Wants=`.
fn wants(other: &TextFile, name: &str) -> bool {
    let Some(text) = other.text.value() else { return false };
    text.lines().map(str::trim).any(|line| {
        let value = ["Wants=", "Requires=", "BindsTo="].iter().find_map(|key| line.strip_prefix(key));
        value.is_some_and(|value| value.split_whitespace().any(|unit| unit == name))
    })
}
