//! What lies at the paths that a plan asks about.

use crate::host_root::{HostRoot, reason};
use kernel::bytes::Bytes;
use kernel::disk_signature::{self, DiskSignature};
use model::node::DeviceContent;
use model::path_found::{FoundPaths, PathFound};
use model::plan::FileContent;
use model::reading::Reading;
use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// A longer file is none that people write.
const TEXT_BYTES_MAX: u64 = 1 << 20;

/// Blocks as `st_blocks` counts them, whatever the file system's are.
const BLOCK: u64 = 512;

/// Looks at each path, without following a link at its end.
#[must_use]
pub fn look<'a>(root: &HostRoot, paths: impl IntoIterator<Item = &'a String>) -> FoundPaths {
    paths.into_iter().map(|path| (path.clone(), at(&root.path(path)))).collect()
}

fn at(path: &Path) -> Reading<PathFound> {
    match found(path) {
        Ok(found) => Reading::Value(found),
        // Below something that is no folder there is nothing.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Reading::Absent
        }
        Err(error) => Reading::failed(format!("{}: {}", path.display(), reason(&error))),
    }
}

fn found(path: &Path) -> io::Result<PathFound> {
    let metadata = fs::symlink_metadata(path)?;
    let kind = metadata.file_type();
    if kind.is_symlink() {
        return Ok(PathFound::Link(fs::read_link(path)?.to_string_lossy().into_owned()));
    }
    if kind.is_dir() {
        let mut names = Vec::new();
        for entry in fs::read_dir(path)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort_unstable();
        return Ok(PathFound::Folder(names));
    }
    if kind.is_file() {
        return file(path, &metadata);
    }
    Ok(PathFound::Other(
        if kind.is_block_device() {
            "a block device"
        } else if kind.is_char_device() {
            "a character device"
        } else if kind.is_fifo() {
            "a pipe"
        } else {
            "a socket"
        }
        .to_owned(),
    ))
}

fn file(path: &Path, metadata: &Metadata) -> io::Result<PathFound> {
    let mode = metadata.mode() & 0o7777;
    let mut start = Vec::new();
    let most =
        if metadata.len() <= TEXT_BYTES_MAX { TEXT_BYTES_MAX } else { disk_signature::BYTES_NEEDED as u64 };
    let file = fs::File::open(path)?;
    file.take(most).read_to_end(&mut start)?;
    if metadata.len() <= TEXT_BYTES_MAX && !start.contains(&0) {
        match String::from_utf8(start) {
            Ok(text) => return Ok(PathFound::Text(FileContent { text, mode })),
            Err(error) => start = error.into_bytes(),
        }
    }
    Ok(PathFound::Blocks {
        size: Bytes(metadata.len()),
        allocated: Bytes(metadata.blocks().saturating_mul(BLOCK)),
        content: match disk_signature::identify(&start) {
            DiskSignature::Blank => DeviceContent::Blank,
            DiskSignature::Swap => DeviceContent::Swap,
            DiskSignature::Known(name) => DeviceContent::Known(name.to_owned()),
            DiskSignature::Unknown => DeviceContent::Unknown,
        },
        mode,
    })
}

#[cfg(test)]
mod tests {
    use super::look;
    use crate::host_root::HostRoot;
    use kernel::bytes::Bytes;
    use model::node::DeviceContent;
    use model::path_found::PathFound;
    use model::plan::FileContent;
    use model::reading::Reading;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn every_kind_of_thing_at_a_path_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("text"), "vm.swappiness = 60\n").unwrap();
        fs::set_permissions(at("text"), Permissions::from_mode(0o640)).unwrap();
        let mut swap = vec![0_u8; 2 << 20];
        swap[4086..4096].copy_from_slice(b"SWAPSPACE2");
        fs::write(at("swap"), &swap).unwrap();
        let sparse = fs::File::create(at("sparse")).unwrap();
        sparse.set_len(4 << 20).unwrap();
        symlink("/target", at("link")).unwrap();
        let paths = ["/text", "/swap", "/sparse", "/link", "/", "/none", "/text/below"].map(str::to_owned);
        let found = look(&HostRoot::new(folder.path()), &paths);
        let text = FileContent { text: "vm.swappiness = 60\n".to_owned(), mode: 0o640 };
        assert_eq!(found["/text"], Reading::Value(PathFound::Text(text)));
        let Reading::Value(PathFound::Blocks { size, allocated, content, .. }) = &found["/swap"] else {
            panic!()
        };
        assert_eq!((*size, content), (Bytes(2 << 20), &DeviceContent::Swap));
        assert!(*allocated >= *size);
        let Reading::Value(PathFound::Blocks { allocated, content, .. }) = &found["/sparse"] else {
            panic!()
        };
        assert!(*allocated < Bytes(4 << 20) && *content == DeviceContent::Blank);
        assert_eq!(found["/link"], Reading::Value(PathFound::Link("/target".to_owned())));
        let names = ["link", "sparse", "swap", "text"].map(str::to_owned).to_vec();
        assert_eq!(found["/"], Reading::Value(PathFound::Folder(names)));
        assert_eq!((&found["/none"], &found["/text/below"]), (&Reading::Absent, &Reading::Absent));
    }
}
