//! Swap on the machine's own fast disks where they are mounted, else in the fallback file.

use crate::node::draft::Draft;
use crate::node::look::Look;
use crate::node::swap_file;
use model::node_swap::{SwapArea, SwapSize};

/// The wish.
pub struct Wanted<'a> {
    pub mount_point: &'a str,
    pub file: &'a str,
    pub size: SwapSize,
    pub fallback: Option<&'a str>,
}

/// Adds the steps.
pub fn plan(look: &Look<'_>, area: &SwapArea, wanted: &Wanted<'_>, draft: &mut Draft) {
    let Wanted { mount_point, file, size, fallback } = wanted;
    let mount_point = mount_point.trim_end_matches('/');
    if look.mounted_at(mount_point) {
        let path = format!("{mount_point}/{file}");
        return swap_file::plan(look, area, &path, *size, &[mount_point.to_owned()], draft);
    }
    match fallback {
        Some(path) => {
            draft.remark(format!("nothing is mounted at {mount_point}: the swap file is {path}"));
            swap_file::plan(look, area, path, *size, &[], draft);
        }
        None => draft.remark(format!(
            "nothing is mounted at {mount_point} and no other file is named: this area is left out here"
        )),
    }
}
