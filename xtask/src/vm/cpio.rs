//! The cpio archive (`newc` form) that a kernel takes as its first file system.

use std::fmt::Write;

const DIRECTORY: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;
const CHARACTER: u32 = 0o020_000;

/// An archive under construction; `finish` gives its bytes.
#[derive(Default)]
pub struct Archive {
    bytes: Vec<u8>,
    inode: u32,
}

/// What may run a file of the archive.
#[derive(Clone, Copy)]
pub enum FileMode {
    /// 0755.
    Program,
    /// 0644.
    Text,
}

impl Archive {
    /// Adds a directory; its parent must have been added before.
    pub fn directory(&mut self, name: &str) {
        self.entry(name, DIRECTORY | 0o755, (0, 0), &[]);
    }

    /// Adds a file with its content.
    pub fn file(&mut self, name: &str, mode: FileMode, content: &[u8]) {
        let permissions = match mode {
            FileMode::Program => 0o755,
            FileMode::Text => 0o644,
        };
        self.entry(name, REGULAR | permissions, (0, 0), content);
    }

    /// Adds a character device by its major and minor numbers.
    pub fn character_device(&mut self, name: &str, device: (u32, u32)) {
        self.entry(name, CHARACTER | 0o600, device, &[]);
    }

    /// Ends the archive.
    pub fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, (0, 0), &[]);
        self.bytes
    }

    fn entry(&mut self, name: &str, mode: u32, device: (u32, u32), content: &[u8]) {
        self.inode += 1;
        let fields = [
            self.inode,
            mode,
            0,
            0,
            1,
            0,
            u32::try_from(content.len()).unwrap_or(u32::MAX),
            0,
            0,
            device.0,
            device.1,
            u32::try_from(name.len() + 1).unwrap_or(u32::MAX),
            0,
        ];
        let mut header = String::from("070701");
        for field in fields {
            let _ = write!(header, "{field:08x}");
        }
        self.bytes.extend_from_slice(header.as_bytes());
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(content);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::{Archive, FileMode};

    #[test]
    fn an_entry_is_a_header_of_hexadecimal_fields_a_name_and_padded_content() {
        let mut archive = Archive::default();
        archive.file("a", FileMode::Text, b"hello");
        let bytes = archive.finish();
        let header = "070701\
            00000001000081a4000000000000000000000001000000000000000500000000\
            0000000000000000000000000000000200000000";
        assert_eq!(std::str::from_utf8(&bytes[..110]).unwrap(), header);
        assert_eq!(&bytes[110..120], b"a\0hello\0\0\0");
        assert_eq!(&bytes[120..126], b"070701");
    }

    #[test]
    fn the_archive_ends_with_the_trailer_on_a_boundary_of_four() {
        let mut archive = Archive::default();
        archive.directory("dev");
        archive.character_device("dev/console", (5, 1));
        let bytes = archive.finish();
        assert_eq!(bytes.len() % 4, 0);
        assert!(bytes.windows(11).any(|window| window == b"TRAILER!!!\0"));
    }
}
