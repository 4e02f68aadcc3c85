//! The first page of a swap area (`union swap_header` of include/linux/swap.h): written, and told from everything else.

use std::io::{self, Read};

/// The version and the numbers of pages lie after the room for a boot loader.
const VERSION_AT: usize = 1024;
const UUID_AT: usize = 1036;
const UUID_BYTES: usize = 16;
const MAGIC: &[u8] = b"SWAPSPACE2";
/// The kernel counts pages in 32 bits, and needs more than the header's.
const PAGES_MIN: u64 = 10;

/// The size of a swap header on a machine with these pages.
#[must_use]
pub fn page_size() -> u64 {
    rustix::param::page_size() as u64
}

/// Why an area of this size can hold no swap; nothing when it can.
pub fn obstacle(size: u64) -> Option<String> {
    let page = page_size();
    let pages = size / page;
    if !size.is_multiple_of(page) {
        Some(format!("{size} bytes are no whole pages of {page} bytes"))
    } else if pages < PAGES_MIN {
        Some(format!("{size} bytes are too small for swap, which needs {PAGES_MIN} pages of {page} bytes"))
    } else if u32::try_from(pages).is_err() {
        Some(format!("{size} bytes are more pages than the kernel counts in one swap area"))
    } else {
        None
    }
}

/// The first page of a swap area of this size.
pub fn header(size: u64, uuid: [u8; UUID_BYTES]) -> Vec<u8> {
    let page = page_size();
    let mut header = vec![0; usize::try_from(page).unwrap_or(4096)];
    let last_page = u32::try_from(size / page).unwrap_or(u32::MAX).saturating_sub(1);
    let magic_at = header.len() - MAGIC.len();
    for (at, bytes) in [
        (VERSION_AT, 1_u32.to_ne_bytes().as_slice()),
        (VERSION_AT + 4, last_page.to_ne_bytes().as_slice()),
        (UUID_AT, uuid.as_slice()),
        (magic_at, MAGIC),
    ] {
        if let Some(room) = header.get_mut(at..at + bytes.len()) {
            room.copy_from_slice(bytes);
        }
    }
    header
}

/// A UUID of version 4, as `mkswap` gives one.
pub fn new_uuid() -> io::Result<[u8; UUID_BYTES]> {
    let mut uuid = [0; UUID_BYTES];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut uuid)?;
    uuid[6] = (uuid[6] & 0x0f) | 0x40;
    uuid[8] = (uuid[8] & 0x3f) | 0x80;
    Ok(uuid)
}

/// What the first bytes of an area are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// Zeros.
    Blank,
    /// Swap.
    Swap,
    /// A machine sleeps in it: it would not wake up.
    Hibernation,
    /// Something else.
    Other,
}

/// Looks at the first bytes: 64 KiB are enough for every page size.
pub fn beginning(bytes: &[u8]) -> Beginning {
    for page in [4096, 8192, 16384, 65536] {
        match bytes.get(page - MAGIC.len()..page) {
            Some(magic) if magic == MAGIC || magic == b"SWAP-SPACE" => return Beginning::Swap,
            // kernel/power/swap.c puts this in the place of the signature.
            Some(magic) if magic.starts_with(b"S1SUSPEND") => return Beginning::Hibernation,
            Some(_) | None => {}
        }
    }
    if bytes.iter().all(|byte| *byte == 0) { Beginning::Blank } else { Beginning::Other }
}

#[cfg(test)]
mod tests {
    use super::{Beginning, beginning, header, new_uuid, obstacle, page_size};

    #[test]
    fn the_header_is_what_mkswap_writes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("area");
        std::fs::File::create(&file).unwrap().set_len(1 << 20).unwrap();
        let mkswap = std::process::Command::new("mkswap")
            .args(["-q", "-U", "00112233-4455-6677-8899-aabbccddeeff"])
            .arg(&file)
            .output();
        let Ok(output) = mkswap else { return }; // A machine without mkswap.
        assert!(output.status.success(), "{output:?}");
        let uuid = *b"\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff";
        let written = std::fs::read(&file).unwrap();
        assert!(written[..header(1 << 20, uuid).len()] == header(1 << 20, uuid)[..]);
    }

    #[test]
    fn each_beginning_is_told_from_the_others() {
        let swap = header(1 << 20, new_uuid().unwrap());
        assert_eq!(beginning(&swap), Beginning::Swap);
        let mut asleep = swap.clone();
        let magic = asleep.len() - 10;
        asleep[magic..].copy_from_slice(b"S1SUSPEND\0");
        assert_eq!(beginning(&asleep), Beginning::Hibernation);
        assert_eq!(beginning(&[0; 65536]), Beginning::Blank);
        let mut other = vec![0; 65536];
        other[40_000] = 1;
        assert_eq!(beginning(&other), Beginning::Other);
    }

    #[test]
    fn sizes_that_hold_no_swap_are_told() {
        let page = page_size();
        assert_eq!(obstacle(page * 10), None);
        assert!(obstacle(page * 9).unwrap().contains("too small"));
        assert!(obstacle(page * 10 + 1).unwrap().contains("whole pages"));
        assert!(obstacle(page << 32).unwrap().contains("more pages"));
    }
}
