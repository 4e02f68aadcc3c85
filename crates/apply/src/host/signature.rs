//! The signature of a block device: written on nothing but a blank one or old swap, and taken back with the page that was there.

use super::kept::Kept;
use super::swap_header::{self, Beginning};
use super::{HostError, Machine, Present, failed, refused};
use kernel::disk_signature::{self, DiskSignature};
use model::plan::Signature;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, FileTypeExt, OpenOptionsExt};

/// File systems and RAID keep what tells of them within this much of the beginning or the end.
const LOOK_BYTES: u64 = 1 << 20;

/// `O_EXCL` on a block device without `O_CREAT`: refused while it is mounted, swap, or part of another device (open(2)).
const O_EXCL: i32 = 0o200;

pub fn present(
    _machine: &Machine,
    device: &str,
    now: Signature,
    wanted: Signature,
) -> Result<Present, HostError> {
    let file = match open(device, Use::Reading) {
        Ok(file) => file,
        // A zram device comes with an earlier step.
        Err(HostError::System { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Ok(Present::Other(format!("{device} is not there")));
        }
        Err(error) => return Err(error),
    };
    Ok(match content(&file, device)? {
        Ok(found) if found == wanted => Present::Wanted,
        Ok(found) if found == now => Present::Now,
        Ok(Signature::None) => Present::Other(format!("{device} is blank")),
        Ok(Signature::Swap) => Present::Other(format!("{device} holds swap")),
        Err(words) => Present::Other(words),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Reading,
    /// Nobody else uses it.
    Writing,
}

fn open(device: &str, purpose: Use) -> Result<File, HostError> {
    let flags = if purpose == Use::Writing { O_EXCL } else { 0 };
    let opened =
        OpenOptions::new().read(true).write(purpose == Use::Writing).custom_flags(flags).open(device);
    let file = match opened {
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
            return refused(format!(
                "{device} is mounted, in use as swap, or part of another device; it is left alone"
            ));
        }
        other => other.map_err(failed(device))?,
    };
    match file.metadata().map_err(failed(device))?.file_type().is_block_device() {
        true => Ok(file),
        false => refused(format!("{device} is no block device")),
    }
}

/// Blank or swap; or what makes it neither, in words.
fn content(mut file: &File, device: &str) -> Result<Result<Signature, String>, HostError> {
    let size = file.seek(SeekFrom::End(0)).map_err(failed(device))?;
    let length = usize::try_from(size.min(LOOK_BYTES)).unwrap_or_default();
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, 0).map_err(failed(device))?;
    Ok(match swap_header::beginning(&bytes) {
        Beginning::Swap => Ok(Signature::Swap),
        Beginning::Hibernation => Err(format!("{device} holds a hibernated machine")),
        Beginning::Other => Err(format!("{device} holds something that is no swap; it is left alone")),
        Beginning::Blank => {
            let end_at = size.saturating_sub(LOOK_BYTES);
            file.read_exact_at(&mut bytes, end_at).map_err(failed(device))?;
            match bytes.iter().all(|byte| *byte == 0) {
                true => Ok(Signature::None),
                false => Err(format!(
                    "{device} begins with zeros but does not end with them: a RAID or partition table may be there"
                )),
            }
        }
    })
}

pub fn keep(_machine: &Machine, device: &str) -> Result<Kept, HostError> {
    let file = open(device, Use::Reading)?;
    let mut page = vec![0; usize::try_from(swap_header::page_size()).unwrap_or(4096)];
    file.read_exact_at(&mut page, 0).map_err(failed(device))?;
    Ok(Kept { page: Some(page), ..Kept::default() })
}

pub fn act(
    _machine: &Machine,
    device: &str,
    now: Signature,
    wanted: Signature,
    kept: &Kept,
) -> Result<(), HostError> {
    let mut file = open(device, Use::Writing)?;
    match content(&file, device)? {
        Ok(found) if found == now => {}
        Ok(_) => return refused(format!("{device} was changed since the plan was made")),
        Err(words) => return refused(words),
    }
    let size = file.seek(SeekFrom::End(0)).map_err(failed(device))?;
    let page = swap_header::page_size();
    // A device may end in the middle of a page.
    let size = size - size % page;
    let first = match (wanted, &kept.page) {
        (Signature::Swap, _) => {
            if let Some(obstacle) = swap_header::obstacle(size) {
                return refused(format!("{device}: {obstacle}"));
            }
            swap_header::header(size, swap_header::new_uuid().map_err(failed("/dev/urandom"))?)
        }
        (Signature::None, Some(page)) => page.clone(),
        (Signature::None, None) => vec![0; usize::try_from(page).unwrap_or(4096)],
    };
    write_page(&file, device, &first)
}

fn write_page(file: &File, device: &str, page: &[u8]) -> Result<(), HostError> {
    let written = file.write_all_at(page, 0).and_then(|()| file.sync_all());
    written.map_err(failed(format!("{device}: the signature cannot be written")))
}

/// A page of which only a part was written is put back as it was. What has a name of its own is no such part: somebody made it.
pub fn settle(
    machine: &Machine,
    device: &str,
    now: Signature,
    wanted: Signature,
    kept: &Kept,
) -> Result<(), HostError> {
    match (present(machine, device, now, wanted), &kept.page) {
        (Ok(Present::Other(_)), Some(page)) if std::path::Path::new(device).exists() => {
            let mut start = Vec::new();
            let reading = open(device, Use::Reading)?;
            let read = reading.take(disk_signature::BYTES_NEEDED as u64).read_to_end(&mut start);
            read.map_err(failed(device))?;
            match disk_signature::identify(&start) {
                DiskSignature::Known(_) => Ok(()),
                DiskSignature::Blank | DiskSignature::Swap | DiskSignature::Unknown => {
                    write_page(&open(device, Use::Writing)?, device, page)
                }
            }
        }
        _ => Ok(()),
    }
}
