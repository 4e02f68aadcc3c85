//! zswap: compressed memory in front of swap on a disk. Written in the kernel's admin-guide/mm/zswap.rst.

use crate::node::draft::{Draft, WantedFile};
use crate::node::look::Look;
use crate::node::order::Stage;
use crate::node::systemd_unit::HEADER;
use model::node::SwapBacking;
use model::node_swap::ZswapWanted;
use std::fmt::Write as _;

const PARAMETERS: &str = "/sys/module/zswap/parameters";

/// Read by systemd-tmpfiles at boot: the only file with which systemd writes below `/sys`.
const KEPT_IN: &str = "/etc/tmpfiles.d/90-highwater-zswap.conf";

/// Adds the steps.
pub fn plan(look: &Look<'_>, wanted: &ZswapWanted, draft: &mut Draft) {
    if look.node().features.zswap.get() == Some(false) {
        return draft.refuse("this kernel has no zswap", "take a kernel with CONFIG_ZSWAP, or zram");
    }
    if wanted.is_enabled && !draft.has_disk_area && !has_disk_swap(look) {
        return draft.refuse(
            "zswap compresses pages on their way to swap on a disk, and there is none, nor is one wanted",
            "wish for a file or a partition too: `--swap 8Gi`; without a disk, zram",
        );
    }
    let mut values = Vec::new();
    if let Some(compressor) = &wanted.compressor {
        values.push(("compressor", compressor.clone()));
    }
    if let Some(percent) = wanted.max_pool_percent {
        values.push(("max_pool_percent", percent.to_string()));
    }
    // Last: from then on pages are compressed.
    values.push(("enabled", if wanted.is_enabled { "Y" } else { "N" }.to_owned()));
    if look.has_systemd() {
        let mut text = HEADER.to_owned();
        for (name, value) in &values {
            let _ = writeln!(text, "w {PARAMETERS}/{name} - - - - {value}");
        }
        let why = "systemd-tmpfiles writes the parameters at every boot.";
        draft.file(
            look,
            Stage::Settings,
            WantedFile { name: "zswap-file", why, path: KEPT_IN, text: Some(text) },
        );
    } else {
        draft.remark("zswap is set until the next reboot: without systemd nothing here sets it again");
    }
    for (name, value) in &values {
        let why = match *name {
            "enabled" => "From now on pages are compressed on their way to swap.",
            "compressor" => "How pages are compressed.",
            _ => "How much of the memory compressed pages may take.",
        };
        let path = format!("{PARAMETERS}/{name}");
        draft.value(look, Stage::Settings, &format!("zswap-{}", name.replace('_', "-")), why, &path, value);
    }
}

fn has_disk_swap(look: &Look<'_>) -> bool {
    look.node().swap_areas.value().into_iter().flatten().any(|area| match area.backing {
        SwapBacking::File { .. } | SwapBacking::Device { .. } => true,
        SwapBacking::Zram { .. } => false,
    })
}
