//! Whether a swap file fits, with what must stay free: the kubelet evicts pods and removes images when the disk runs short.
//!
//! Written in Kubernetes' page on node-pressure eviction: `nodefs.available` 10 % and `imagefs.available` 15 % unless configured.

use crate::node::draft::Draft;
use crate::node::kubelet_config::{self, KubeletConfig};
use crate::node::look::Look;
use kernel::bytes::Bytes;
use model::node::Filesystem;

/// Where the kubelet and runtimes keep their files, with the signal that watches that file system.
const WATCHED: [(&str, &str); 4] = [
    ("/var/lib/kubelet", "nodefs.available"),
    ("/var/lib/containerd", "imagefs.available"),
    ("/var/lib/containers", "imagefs.available"),
    ("/var/lib/docker", "imagefs.available"),
];

/// A file that shall have room.
pub struct Room<'a> {
    pub path: &'a str,
    pub filesystem: &'a Filesystem,
    pub wanted: Bytes,
    /// What the file has already.
    pub freed: Bytes,
}

/// Refuses a file that does not fit.
pub fn refuse_without_room(look: &Look<'_>, room: &Room<'_>, draft: &mut Draft) {
    let Room { path, filesystem, wanted, freed } = room;
    let mount = &filesystem.mount_point;
    let (Some(size), Some(available)) = (filesystem.size.get(), filesystem.available.get()) else {
        return draft.refuse(
            format!("whether {path} fits cannot be told: how much {mount} has free is not known"),
            "run this where the file system can be asked",
        );
    };
    let (kept, why) = kept_free(look, filesystem, size);
    let usable = available.0.saturating_add(freed.0).saturating_sub(kept.0);
    if wanted.0 > usable {
        let remedy = match usable >> 20 {
            0 => "name a file on another file system, or make room".to_owned(),
            mebibytes => format!("take at most {mebibytes}Mi, or name a file on another file system"),
        };
        draft.refuse(
            format!(
                "{path} of {} MiB does not fit: {mount} has {} MiB available, of which {} MiB stay free ({why})",
                wanted.0 >> 20,
                available.0 >> 20,
                kept.0 >> 20
            ),
            remedy,
        );
    }
}

/// What must stay free, and why.
fn kept_free(look: &Look<'_>, filesystem: &Filesystem, size: Bytes) -> (Bytes, String) {
    let own = Bytes((size.0 / 20).min(1 << 30));
    let mut kept = (own, "a twentieth, 1 GiB at most".to_owned());
    let Some(kubelet) = look.node().kubelet.value() else { return kept };
    let config = KubeletConfig::read(look, kubelet);
    for (folder, signal) in WATCHED {
        let is_here = look.filesystem_of(folder).is_some_and(|other| other.device == filesystem.device);
        let Some(threshold) = config.eviction_hard(signal).filter(|_| is_here) else { continue };
        let bytes = kubelet_config::threshold(&threshold, size);
        if let Some(bytes) = bytes.filter(|bytes| *bytes > kept.0) {
            kept = (bytes, format!("the kubelet evicts pods below {signal} {threshold}"));
        }
    }
    kept
}
