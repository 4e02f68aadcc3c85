//! `/usr/local/sbin/highwater-swap`, the script that sets up a node's swap: the same for every target that can run one.
//!
//! Its functions stand in `script/*.sh`; a script has those that its areas need, then a line for each area. What swapon wants of
//! a file is in swapon(8), "Files with holes".

use crate::render::size;
use model::node_swap::{Backing, NodeSwap, SwapArea};
use model::plan::Discard;

/// Where it stands.
pub const PATH: &str = "/usr/local/sbin/highwater-swap";

const HEAD: &str = include_str!("script/head.sh");
const FILE: &str = include_str!("script/file.sh");
const INSTANCE_STORE: &str = include_str!("script/instance_store.sh");
const PARTITION: &str = include_str!("script/partition.sh");
const ZRAM: &str = include_str!("script/zram.sh");
const ZSWAP: &str = include_str!("script/zswap.sh");

/// The script.
#[must_use]
pub fn text(wanted: &NodeSwap) -> String {
    let has = |is: fn(&Backing) -> bool| wanted.areas.iter().any(|area| is(&area.backing));
    let instance_store = has(|backing| matches!(backing, Backing::InstanceStore { .. }));
    let functions = [
        (true, HEAD),
        (instance_store || has(|backing| matches!(backing, Backing::File { .. })), FILE),
        (instance_store, INSTANCE_STORE),
        (has(|backing| matches!(backing, Backing::Partition { .. })), PARTITION),
        (has(|backing| matches!(backing, Backing::Zram { .. })), ZRAM),
        (wanted.zswap.is_some(), ZSWAP),
    ];
    let mut text: String = functions.iter().filter(|(needed, _)| *needed).map(|(_, text)| *text).collect();
    text.push('\n');
    for line in lines(wanted) {
        text.push_str(&line);
        text.push_str(" || status=1\n");
    }
    text.push_str("exit \"$status\"\n");
    text
}

fn lines(wanted: &NodeSwap) -> Vec<String> {
    let mut zrams = 0..;
    let areas = wanted.areas.iter().map(|area| {
        let words = match &area.backing {
            Backing::File { path, size } => format!("swap_file {path} {}", size::for_script(*size)),
            Backing::Partition { device } => format!("swap_partition {device}"),
            Backing::Zram { size, algorithm } => format!(
                "zram {} {} '{}'",
                zrams.next().unwrap_or(0),
                size::for_script(*size),
                algorithm.as_deref().unwrap_or_default()
            ),
            Backing::InstanceStore { mount_point, file, size, fallback } => format!(
                "instance_store {mount_point} {file} '{}' {}",
                fallback.as_deref().unwrap_or_default(),
                size::for_script(*size)
            ),
        };
        words + &options(area)
    });
    // zswap stands before the areas: what it is told holds for the first page.
    zswap(wanted).into_iter().chain(areas).collect()
}

fn options(area: &SwapArea) -> String {
    let priority = area.priority.map(|priority| format!(" -p {priority}")).unwrap_or_default();
    priority
        + match area.discard {
            Discard::Never => "",
            Discard::Once => " --discard=once",
            Discard::Pages => " --discard=pages",
        }
}

fn zswap(wanted: &NodeSwap) -> Vec<String> {
    let Some(zswap) = &wanted.zswap else { return Vec::new() };
    let compressor = zswap.compressor.as_ref().map(|name| format!("zswap compressor {name}"));
    let percent = zswap.max_pool_percent.map(|percent| format!("zswap max_pool_percent {percent}"));
    let enabled = format!("zswap enabled {}", if zswap.is_enabled { 'Y' } else { 'N' });
    compressor.into_iter().chain(percent).chain([enabled]).collect()
}
