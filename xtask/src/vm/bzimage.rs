//! The compressed kernel inside a Linux boot image (`vmlinuz`).
//!
//! The header is the boot protocol's (Documentation/arch/x86/boot.rst), 2.08 or newer.

use anyhow::{Context, bail, ensure};

/// How the kernel inside the image is packed.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Packing {
    /// An xz stream.
    Xz,
    /// A zstd frame.
    Zstd,
    /// A gzip member.
    Gzip,
}

/// The packed kernel.
#[derive(Debug, PartialEq, Eq)]
pub struct Payload<'image> {
    /// How it is packed.
    pub packing: Packing,
    /// The packed bytes, without the unpacked size that the kernel's build appends.
    pub bytes: &'image [u8],
}

const SETUP_SECTORS: usize = 0x1f1;
const MAGIC: usize = 0x202;
const VERSION: usize = 0x206;
const PAYLOAD_OFFSET: usize = 0x248;
const PAYLOAD_LENGTH: usize = 0x24c;

/// Finds the packed kernel in a boot image.
pub fn payload(image: &[u8]) -> anyhow::Result<Payload<'_>> {
    ensure!(image.get(MAGIC..MAGIC + 4) == Some(b"HdrS"), "not a Linux boot image");
    let version = u16::from_le_bytes([byte(image, VERSION)?, byte(image, VERSION + 1)?]);
    ensure!(version >= 0x208, "boot protocol {version:#x}: found older than 2.08");
    let setup_sectors = match byte(image, SETUP_SECTORS)? {
        0 => 4,
        sectors => usize::from(sectors),
    };
    let start = (setup_sectors + 1) * 512 + word(image, PAYLOAD_OFFSET)?;
    let packed =
        image.get(start..start + word(image, PAYLOAD_LENGTH)?).context("the payload ends after the image")?;
    let packing = packing_of(packed)?;
    // The kernel's build appends the unpacked size, four bytes, after each of these formats.
    let bytes = packed.get(..packed.len().saturating_sub(4)).unwrap_or_default();
    Ok(Payload { packing, bytes })
}

fn packing_of(packed: &[u8]) -> anyhow::Result<Packing> {
    if packed.starts_with(b"\xfd7zXZ\0") {
        Ok(Packing::Xz)
    } else if packed.starts_with(b"\x28\xb5\x2f\xfd") {
        Ok(Packing::Zstd)
    } else if packed.starts_with(b"\x1f\x8b") {
        Ok(Packing::Gzip)
    } else {
        bail!("expected a kernel packed by xz, zstd or gzip, found {:x?}", packed.get(..6).unwrap_or(packed))
    }
}

fn byte(image: &[u8], at: usize) -> anyhow::Result<u8> {
    image.get(at).copied().context("the image ends inside its header")
}

fn word(image: &[u8], at: usize) -> anyhow::Result<usize> {
    let bytes = image.get(at..at + 4).context("the image ends inside its header")?;
    Ok(bytes.iter().rev().fold(0, |value, byte| value << 8 | usize::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::{Packing, payload};

    fn image(setup_sectors: u8, packed: &[u8]) -> Vec<u8> {
        let setup = if setup_sectors == 0 { 4 } else { usize::from(setup_sectors) };
        let mut image = vec![0; (setup + 1) * 512 + 16];
        image[0x1f1] = setup_sectors;
        image[0x202..0x206].copy_from_slice(b"HdrS");
        image[0x206..0x208].copy_from_slice(&0x20f_u16.to_le_bytes());
        image[0x248..0x24c].copy_from_slice(&16_u32.to_le_bytes());
        image[0x24c..0x250].copy_from_slice(&u32::try_from(packed.len()).unwrap().to_le_bytes());
        image.extend_from_slice(packed);
        image
    }

    #[test]
    fn the_payload_is_found_behind_the_setup_sectors_without_its_size_word() {
        let image = image(27, b"\xfd7zXZ\0packed\x10\x20\x30\x40");
        let payload = payload(&image).unwrap();
        assert_eq!(payload.packing, Packing::Xz);
        assert_eq!(payload.bytes, b"\xfd7zXZ\0packed");
    }

    #[test]
    fn zero_setup_sectors_mean_four() {
        let image = image(0, b"\x28\xb5\x2f\xfdpacked\0\0\0\0");
        assert_eq!(payload(&image).unwrap().packing, Packing::Zstd);
    }

    #[test]
    fn a_wrong_or_cut_image_is_an_error() {
        assert!(payload(b"\x7fELF").is_err());
        let mut cut = image(1, b"\x1f\x8bpacked\0\0\0\0");
        cut.truncate(cut.len() - 1);
        assert!(payload(&cut).is_err());
        assert!(payload(&image(1, b"LZ4?packed")).is_err());
    }
}
