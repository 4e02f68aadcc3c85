//! What a disk, partition or file begins with: swap, a file system, a volume of another layer, or nothing.
//!
//! Places and bytes are those of the kernel's own headers (include/linux/swap.h, fs/*/) and of util-linux' libblkid/src/superblocks.

/// As much of a device as must be read to tell.
pub const BYTES_NEEDED: usize = 128 * 1024;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DiskSignature {
    /// Nothing but zeros.
    Blank,
    /// A swap area, of whatever page size.
    Swap,
    /// Something that has a name here: `ext4`, `LUKS`, `GPT`.
    Known(&'static str),
    /// Bytes that nobody here knows.
    Unknown,
}

/// Page sizes with which swap areas are made.
const PAGES: [usize; 5] = [4096, 8192, 16384, 32768, 65536];

/// Where what stands. Layers that hold others (LUKS, LVM, RAID) come before file systems, and partition tables last: a boot sector
/// of FAT ends like one.
const KNOWN: &[(usize, &[u8], &str)] = &[
    (0, b"LUKS\xba\xbe", "LUKS"),
    (0x18, b"LVM2", "LVM physical volume"),
    (0x218, b"LVM2", "LVM physical volume"),
    (0x418, b"LVM2", "LVM physical volume"),
    (0x618, b"LVM2", "LVM physical volume"),
    (0, b"\xfc\x4e\x2b\xa9", "Linux RAID member"),
    (0x1000, b"\xfc\x4e\x2b\xa9", "Linux RAID member"),
    (0, b"XFSB", "xfs"),
    (0x1_0040, b"_BHRfS_M", "btrfs"),
    (0x438, b"\x53\xef", "ext2, ext3 or ext4"),
    (0x400, b"\x10\x20\xf5\xf2", "f2fs"),
    (0x400, b"\xe2\xe1\xf5\xe0", "erofs"),
    (0, b"hsqs", "squashfs"),
    (0x1018, b"\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81", "bcachefs"),
    (0x8001, b"CD001", "iso9660"),
    (3, b"NTFS    ", "ntfs"),
    (3, b"EXFAT   ", "exfat"),
    (0x36, b"FAT1", "vfat"),
    (0x52, b"FAT32", "vfat"),
    (0, b"bluestore block device", "Ceph BlueStore"),
    (512, b"EFI PART", "GPT partition table"),
    (4096, b"EFI PART", "GPT partition table"),
    (510, b"\x55\xaa", "MBR partition table"),
];

/// Says what begins with these bytes. A swap signature counts first: `mkswap` may leave remains of what was there before.
#[must_use]
pub fn identify(start: &[u8]) -> DiskSignature {
    let is_swap = PAGES.iter().any(|page| {
        ["SWAPSPACE2", "SWAP-SPACE"].iter().any(|word| is_at(start, page - word.len(), word.as_bytes()))
    });
    if is_swap {
        return DiskSignature::Swap;
    }
    let known = KNOWN.iter().find(|(offset, bytes, _)| is_at(start, *offset, bytes));
    match known {
        Some((_, _, name)) => DiskSignature::Known(name),
        None if start.iter().all(|byte| *byte == 0) => DiskSignature::Blank,
        None => DiskSignature::Unknown,
    }
}

fn is_at(start: &[u8], offset: usize, bytes: &[u8]) -> bool {
    start.get(offset..).is_some_and(|rest| rest.starts_with(bytes))
}

#[cfg(test)]
mod tests {
    use super::{BYTES_NEEDED, DiskSignature, KNOWN, PAGES, identify};

    fn with(offset: usize, bytes: &[u8]) -> Vec<u8> {
        let mut start = vec![0; BYTES_NEEDED];
        start[offset..offset + bytes.len()].copy_from_slice(bytes);
        start
    }

    #[test]
    fn every_signature_lies_within_what_is_read() {
        for (offset, bytes, name) in KNOWN {
            assert_eq!(identify(&with(*offset, bytes)), DiskSignature::Known(name), "{name}");
        }
        for page in PAGES {
            assert_eq!(identify(&with(page - 10, b"SWAPSPACE2")), DiskSignature::Swap, "{page}");
        }
    }

    #[test]
    fn zeros_are_blank_and_other_bytes_are_not() {
        assert_eq!(identify(&vec![0; BYTES_NEEDED]), DiskSignature::Blank);
        assert_eq!(identify(&with(99, b"x")), DiskSignature::Unknown);
        assert_eq!(identify(b"XFS"), DiskSignature::Unknown);
    }

    #[test]
    fn swap_on_an_old_file_system_is_swap() {
        let mut start = with(0x438, b"\x53\xef");
        start[4086..4096].copy_from_slice(b"SWAPSPACE2");
        assert_eq!(identify(&start), DiskSignature::Swap);
    }
}
