//! The system calls that no crate of ours wraps: `swapon`, `swapoff`, and the map of a file's extents.
#![expect(unsafe_code, reason = "the one file that may: these calls have no safe wrapper")]

use std::ffi::{CString, c_char, c_int, c_ulong};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

// include/linux/swap.h: the priority lies in the low 15 bits.
const SWAP_FLAG_PREFER: c_int = 0x8000;
const SWAP_FLAG_PRIORITY: c_int = 0x7fff;
const SWAP_FLAG_DISCARD: c_int = 0x1_0000;
const SWAP_FLAG_DISCARD_ONCE: c_int = 0x2_0000;
const SWAP_FLAG_DISCARD_PAGES: c_int = 0x4_0000;

/// `_IOWR('f', 11, struct fiemap)` of include/uapi/linux/fs.h.
const FS_IOC_FIEMAP: c_ulong = 0xc020_660b;
const FIEMAP_FLAG_SYNC: u32 = 1;
const FIEMAP_EXTENT_LAST: u32 = 1;
const EXTENTS: usize = 128;

unsafe extern "C" {
    fn swapon(path: *const c_char, flags: c_int) -> c_int;
    fn swapoff(path: *const c_char) -> c_int;
    fn ioctl(descriptor: c_int, request: c_ulong, ...) -> c_int;
}

/// What is told to the device of freed blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscardFlags {
    None,
    Once,
    Pages,
}

/// swapon(2). A priority below zero cannot be asked for: the kernel gives those itself.
pub fn swap_on(path: &Path, priority: Option<u16>, discard: DiscardFlags) -> io::Result<()> {
    let preferred =
        priority.map_or(0, |priority| SWAP_FLAG_PREFER | (c_int::from(priority) & SWAP_FLAG_PRIORITY));
    let discard = match discard {
        DiscardFlags::None => 0,
        DiscardFlags::Once => SWAP_FLAG_DISCARD | SWAP_FLAG_DISCARD_ONCE,
        DiscardFlags::Pages => SWAP_FLAG_DISCARD | SWAP_FLAG_DISCARD_PAGES,
    };
    let path = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: the path is a string that ends with a zero byte and lives until the call returns.
    result(unsafe { swapon(path.as_ptr(), preferred | discard) })
}

/// swapoff(2): returns when every page is back in memory.
pub fn swap_off(path: &Path) -> io::Result<()> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: as above.
    result(unsafe { swapoff(path.as_ptr()) })
}

fn result(returned: c_int) -> io::Result<()> {
    if returned == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// A stretch of a file that has blocks, also when they are not written yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    pub start: u64,
    pub length: u64,
}

/// `struct fiemap_extent`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct FiemapExtent {
    logical: u64,
    physical: u64,
    length: u64,
    reserved64: [u64; 2],
    flags: u32,
    reserved: [u32; 3],
}

/// `struct fiemap`, with room for some extents.
#[repr(C)]
struct Fiemap {
    start: u64,
    length: u64,
    flags: u32,
    mapped_extents: u32,
    extent_count: u32,
    reserved: u32,
    extents: [FiemapExtent; EXTENTS],
}

/// The extents of a file in order (Documentation/filesystems/fiemap.rst).
pub fn extents(file: &File) -> io::Result<Vec<Extent>> {
    let mut found = Vec::new();
    let mut start = 0;
    loop {
        let mut map = Fiemap {
            start,
            length: u64::MAX - start,
            flags: FIEMAP_FLAG_SYNC,
            mapped_extents: 0,
            extent_count: 128,
            reserved: 0,
            extents: [FiemapExtent::default(); EXTENTS],
        };
        // SAFETY: the structure has the kernel's layout, and `extent_count` is the room that it has.
        result(unsafe { ioctl(file.as_raw_fd(), FS_IOC_FIEMAP, &raw mut map) })?;
        let mapped = map.extents.iter().take(map.mapped_extents as usize);
        let before = found.len();
        let mut is_last = true;
        for extent in mapped {
            found.push(Extent { start: extent.logical, length: extent.length });
            start = extent.logical + extent.length;
            is_last = extent.flags & FIEMAP_EXTENT_LAST != 0;
        }
        if is_last || found.len() == before {
            return Ok(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{extents, swap_off, swap_on};
    use crate::host::syscall::DiscardFlags;
    use std::os::unix::fs::FileExt;

    #[test]
    fn a_hole_is_no_extent() {
        let folder = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        let file = std::fs::File::create(folder.path().join("sparse")).unwrap();
        file.write_all_at(&[1; 65536], 1 << 20).unwrap();
        file.set_len(4 << 20).unwrap();
        let Ok(found) = extents(&file) else { return }; // A file system without the call.
        let covered: u64 = found.iter().map(|extent| extent.length).sum();
        assert_eq!((found.first().map(|extent| extent.start), covered), (Some(1 << 20), 65536), "{found:?}");
    }

    #[test]
    fn more_extents_than_one_call_tells_are_all_told() {
        let folder = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        let file = std::fs::File::create(folder.path().join("sparse")).unwrap();
        for number in 0..300 {
            file.write_all_at(&[1; 65536], number * 262_144).unwrap();
        }
        let Ok(found) = extents(&file) else { return };
        assert_eq!(found.iter().map(|extent| extent.length).sum::<u64>(), 300 * 65536);
    }

    #[test]
    fn what_is_no_swap_is_refused_by_the_kernel() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("none");
        std::fs::write(&file, [0; 40960]).unwrap();
        assert!(swap_on(&file, Some(5), DiscardFlags::None).is_err());
        assert!(swap_off(&file).is_err());
        assert!(swap_on("with\0zero".as_ref(), None, DiscardFlags::Once).is_err());
    }
}
