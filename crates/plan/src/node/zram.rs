//! Compressed memory as swap. Written in the kernel's admin-guide/blockdev/zram.rst: the algorithm is chosen before the size.

use crate::node::active::{self, Switch};
use crate::node::draft::{Draft, WantedFile};
use crate::node::look::Look;
use crate::node::order::Stage;
use crate::node::systemd_unit::{self, SwapUnit};
use crate::swap_size;
use kernel::bytes::Bytes;
use kernel::zram::parse_comp_algorithm;
use model::node_swap::{SwapArea, SwapSize};
use model::plan::{Change, Signature, SwapUse, ZramSetup};
use model::reading::Reading;

/// The wish.
pub struct Wanted<'a> {
    /// Which of the wanted devices: the first is `zram0`.
    pub number: usize,
    pub size: SwapSize,
    pub algorithm: Option<&'a str>,
}

/// Adds the steps.
pub fn plan(look: &Look<'_>, area: &SwapArea, wanted: &Wanted<'_>, draft: &mut Draft) {
    let device = format!("zram{}", wanted.number);
    let path = format!("/dev/{device}");
    if look.node().features.zram.get() == Some(false) {
        return draft.refuse("this kernel has no zram", "take a kernel with CONFIG_ZRAM, or a swap file");
    }
    let Some(bytes) = swap_size::bytes(wanted.size, look.memory(), None) else {
        return draft.refuse(
            format!("{device}: a share of the memory was wanted, and how much there is is not known"),
            "name an amount, such as `4Gi`",
        );
    };
    let now = setup(look, &device);
    let setup = ZramSetup {
        size: right_size(wanted.size, bytes, now.as_ref()),
        algorithm: wanted.algorithm.map(str::to_owned),
    };
    if !knows_algorithm(look, &device, wanted.algorithm, draft) {
        return;
    }
    let service = format!("highwater-{device}.service");
    let is_same = now.as_ref().is_some_and(|now| is_as_wanted(now, &setup));
    let usage = SwapUse { priority: area.priority, discard: area.discard };
    let unit = look.has_systemd().then(|| systemd_unit::swap_unit_name(&path));
    let is_others = look.text(&systemd_unit::file_path(&service)) == Reading::Absent && look.has_systemd();
    if now.is_some() && is_others {
        let found = active::in_use(look, &path, &path, unit.as_deref(), Some(usage));
        draft.places.push(path.clone());
        return of_somebody_else(&path, is_same && found == Some(usage), draft);
    }
    remake(&device, now.filter(|_| !is_same), &setup, is_same, draft);
    if unit.is_some() {
        let file = systemd_unit::file_path(&service);
        let text = systemd_unit::zram_service(wanted.number, &setup);
        let why = "Sets the device up at every boot, before the swap on it is switched on.";
        draft.file(
            look,
            Stage::Units,
            WantedFile { name: "zram-service", why, path: &file, text: Some(text) },
        );
        let unit = SwapUnit { what: &path, usage, mounts: &[], service: Some(&service) };
        systemd_unit::enabled_swap_unit(look, &unit, draft);
    } else {
        draft.remark(format!(
            "{device} does not come back after a reboot: without systemd nothing here sets it up"
        ));
    }
    if look.node().kubelet.value().is_some() {
        draft.remark(
            "what zram stores is in memory that the kubelet's memory.available does not see: it may evict too late",
        );
    }
    let switch =
        Switch { path: &path, what: &path, wanted: usage, unit: unit.as_deref(), is_remade: !is_same };
    active::switch(look, &switch, draft);
}

/// zram-generator and others set devices up too, and do so again at the next boot.
fn of_somebody_else(path: &str, is_as_wanted: bool, draft: &mut Draft) {
    if is_as_wanted {
        draft.remark(format!("{path} is as wanted already, set up by somebody else; it is left to them"));
    } else {
        draft.refuse(
            format!("{path} is set up already by somebody else, with another size, algorithm or priority"),
            "look at /etc/systemd/zram-generator.conf and who else sets zram up; switch that off, or wish for what it sets up",
        );
    }
}

fn remake(device: &str, now: Option<ZramSetup>, setup: &ZramSetup, is_same: bool, draft: &mut Draft) {
    if is_same {
        return;
    }
    let why = "The algorithm is chosen before the size; the device takes memory only for what is stored.";
    let change = Change::Zram { device: device.to_owned(), now, wanted: Some(setup.clone()) };
    draft.step(Stage::Area, "zram-setup", why, change);
    let change =
        Change::Signature { device: format!("/dev/{device}"), now: Signature::None, wanted: Signature::Swap };
    draft.step(
        Stage::Area,
        "zram-signature",
        "A fresh device is blank: mkswap writes its first page.",
        change,
    );
}

/// How a device is set up now; nothing when it has no size.
pub fn setup(look: &Look<'_>, device: &str) -> Option<ZramSetup> {
    let found = look.node().host.zram.iter().find(|one| one.name == device)?;
    let size = found.disksize.get().filter(|size| *size > Bytes(0))?;
    let text = look.text(&format!("/sys/block/{device}/comp_algorithm"));
    let algorithm = text.value().and_then(|text| parse_comp_algorithm(text).ok()).map(str::to_owned);
    Some(ZramSetup { size, algorithm })
}

/// Whether a device is set up as wanted. Sizes are whole pages; an algorithm that nobody wished for is right.
#[must_use]
pub fn is_as_wanted(now: &ZramSetup, wanted: &ZramSetup) -> bool {
    now.size == wanted.size && (wanted.algorithm.is_none() || now.algorithm == wanted.algorithm)
}

/// As with files: `MemTotal` differs a little from boot to boot.
fn right_size(size: SwapSize, wanted: Bytes, now: Option<&ZramSetup>) -> Bytes {
    match (size, now) {
        (SwapSize::OfMemory(_) | SwapSize::OfDisk(_), Some(now))
            if now.size.0.abs_diff(wanted.0) <= wanted.0 / 100 =>
        {
            now.size
        }
        (SwapSize::Fixed(_) | SwapSize::OfMemory(_) | SwapSize::OfDisk(_), _) => wanted,
    }
}

/// Whether the kernel has the algorithm, as far as a device is there that tells.
fn knows_algorithm(look: &Look<'_>, device: &str, wanted: Option<&str>, draft: &mut Draft) -> bool {
    let Some(wanted) = wanted else { return true };
    let Reading::Value(text) = look.text(&format!("/sys/block/{device}/comp_algorithm")) else { return true };
    let known: Vec<&str> = text.split_whitespace().map(|word| word.trim_matches(['[', ']'])).collect();
    if !known.is_empty() && !known.contains(&wanted) {
        draft.refuse(
            format!("zram of this kernel does not know `{wanted}`, it knows {}", known.join(", ")),
            format!("wish for one of those: `--zram SIZE:{}`", known.first().copied().unwrap_or_default()),
        );
        return false;
    }
    true
}
