//! Kernel settings: now, and at every boot by `/etc/sysctl.d`.
//!
//! Ranges as in the kernel's mm/swap_state.c, mm/vmscan.c and kernel/sysctl.c: swappiness to 200 since 5.8, watermark_scale_factor to 3000
//! since 5.18.

use crate::node::draft::{Draft, WantedFile};
use crate::node::look::Look;
use crate::node::order::Stage;
use crate::node::reclaim;
use crate::node::systemd_unit::HEADER;
use model::node_swap::NodeSwap;
use model::reading::Reading;
use std::fmt::Write as _;

/// Read by systemd-sysctl and by `sysctl --system`, in the order of names.
pub const KEPT_IN: &str = "/etc/sysctl.d/90-highwater.conf";

/// A setting with the reason for it.
struct Setting {
    name: &'static str,
    value: u64,
    why: &'static str,
}

/// Adds the steps.
pub fn plan(look: &Look<'_>, wanted: &NodeSwap, draft: &mut Draft) {
    let mut settings = Vec::new();
    if let Some(value) = wanted.tuning.swappiness {
        refuse_beyond(look, "vm.swappiness", value, (100, 200), (5, 8), draft);
        let why = "How readily memory of programs is swapped rather than file cache dropped.";
        settings.push(Setting { name: "vm.swappiness", value, why });
    }
    if let Some(value) = wanted.tuning.page_cluster {
        let why = "How many pages come back at once: 2^n.";
        settings.push(Setting { name: "vm.page-cluster", value, why });
    }
    if let Some(reclaim::Wanted { name, value }) = reclaim::wanted(look, wanted, draft) {
        if name == "vm.watermark_scale_factor" {
            refuse_beyond(look, name, value, (1000, 3000), (5, 18), draft);
        }
        let why = "The kernel begins to swap before the kubelet begins to evict.";
        settings.push(Setting { name, value, why });
    }
    if settings.is_empty() {
        return;
    }
    let text = with_settings(look.text(KEPT_IN).value().map_or(HEADER, String::as_str), &settings);
    let why = "Kernel settings are gone after a reboot unless a file says them again.";
    let file = WantedFile { name: "sysctl-file", why, path: KEPT_IN, text: Some(text) };
    draft.file(look, Stage::Settings, file);
    for Setting { name, value, why } in &settings {
        refuse_overruled(look, name, *value, draft);
        let step = format!("sysctl-{}", name.trim_start_matches("vm.").replace('_', "-"));
        draft.value(look, Stage::Settings, &step, why, &proc_path(name), &value.to_string());
    }
}

/// Our file with the settings: what an earlier wish said of others stays said.
fn with_settings(now: &str, settings: &[Setting]) -> String {
    let is_ours = |line: &str| settings.iter().any(|one| setting(line, one.name).is_some());
    let mut text: String =
        now.lines().filter(|line| !is_ours(line)).map(|line| format!("{line}\n")).collect();
    for Setting { name, value, why: _ } in settings {
        let _ = writeln!(text, "{name} = {value}");
    }
    text
}

/// Where a setting's value is.
pub fn proc_path(name: &str) -> String {
    format!("/proc/sys/{}", name.replace('.', "/"))
}

/// Refuses a value that only newer kernels take.
fn refuse_beyond(
    look: &Look<'_>,
    name: &str,
    value: u64,
    (old, new): (u64, u64),
    (major, minor): (u32, u32),
    draft: &mut Draft,
) {
    let (max, from) = if look.kernel_from(major, minor) {
        (new, String::new())
    } else {
        (old, format!(", and up to {new} from kernel {major}.{minor} on"))
    };
    if value > max {
        draft.refuse(
            format!("{name} = {value}: {} takes at most {max}{from}", look.kernel_words()),
            format!("take a value up to {max}"),
        );
    }
}

/// A file whose name sorts behind ours wins at the next boot.
fn refuse_overruled(look: &Look<'_>, name: &str, value: u64, draft: &mut Draft) {
    for file in &look.node().files {
        let Some(file_name) = file.path.strip_prefix("/etc/sysctl.d/") else { continue };
        let Reading::Value(text) = &file.text else { continue };
        if file_name <= "90-highwater.conf" || !file_name.ends_with(".conf") {
            continue;
        }
        if let Some((line, found)) = setting(text, name).filter(|(_, found)| *found != value.to_string()) {
            draft.refuse(
                format!(
                    "{}:{line} sets {name} = {found} and is read after {KEPT_IN}: it wins at the next boot",
                    file.path
                ),
                format!("take that line out of {}, or wish for {found}", file.path),
            );
        }
    }
}

/// The value that a sysctl file gives a setting, and on which line: the last one counts. `vm/swappiness` is the same name.
pub fn setting<'a>(text: &'a str, name: &str) -> Option<(usize, &'a str)> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with(['#', ';']));
    let mut found = lines.filter_map(|(number, line)| {
        let (key, value) = line.split_once('=')?;
        let key = key.trim().trim_start_matches('-').replace('/', ".");
        (key == name).then_some((number + 1, value.trim()))
    });
    found.by_ref().last()
}

#[cfg(test)]
mod tests {
    use super::setting;

    #[test]
    fn the_last_line_of_a_setting_counts() {
        let text = "vm.swappiness=10\n# vm.swappiness=20\n-vm/swappiness = 30\nvm.page-cluster=1\n";
        assert_eq!(setting(text, "vm.swappiness"), Some((3, "30")));
        assert_eq!(setting(text, "vm.min_free_kbytes"), None);
    }
}
