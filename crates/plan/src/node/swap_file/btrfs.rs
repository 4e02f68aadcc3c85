//! btrfs and swap files: kernel 5.0, one device, data of profile single (btrfs(5), "Swapfile support").

use crate::node::draft::Draft;
use crate::node::look::Look;
use model::node::Filesystem;

/// Names of folders below `allocation/data` that are profiles, and what is no single copy on one device.
const OTHER_PROFILES: [&str; 8] = ["dup", "raid0", "raid1", "raid1c3", "raid1c4", "raid10", "raid5", "raid6"];

/// Whether it takes a swap file; refused where it is known not to.
pub fn takes_swap(look: &Look<'_>, path: &str, filesystem: &Filesystem, draft: &mut Draft) -> bool {
    let mount = &filesystem.mount_point;
    if look.kernel().is_some() && !look.kernel_from(5, 0) {
        draft.refuse(
            format!("{path}: btrfs takes swap files from kernel 5.0 on, found {}", look.kernel_words()),
            "name a file on ext4 or XFS, or a partition",
        );
        return false;
    }
    let device = filesystem.source.rsplit('/').next().unwrap_or_default();
    let identities = look.names("/sys/fs/btrfs");
    let own = identities.iter().find_map(|identity| {
        let devices = look.names(&format!("/sys/fs/btrfs/{identity}/devices"));
        devices.iter().any(|name| name == device).then_some((identity, devices.len()))
    });
    let Some((identity, devices)) = own else {
        draft.remark(format!(
            "how many devices the btrfs at {mount} has cannot be told; with more than one, switching the swap on fails and nothing is lost"
        ));
        return true;
    };
    let profiles = look.names(&format!("/sys/fs/btrfs/{identity}/allocation/data"));
    let other = profiles.iter().find(|profile| OTHER_PROFILES.contains(&profile.as_str()));
    if devices > 1 || other.is_some() {
        let found = match other {
            Some(profile) => format!("{devices} of them and data of profile {profile}"),
            None => format!("{devices} of them"),
        };
        draft.refuse(
            format!("{path}: btrfs takes swap files on one device with data of profile single, found {found} at {mount}"),
            "name a file on ext4 or XFS, or a partition",
        );
        return false;
    }
    draft.remark(format!("while {path} is in use, no snapshot of its subvolume can be made"));
    true
}
