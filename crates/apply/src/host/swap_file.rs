//! A file that holds swap: its blocks without holes, its signature, nobody else's to read.

use super::kept::Kept;
use super::place::{self, LastLink, Taking};
use super::progress::Progress;
use super::swap_header::{self, Beginning};
use super::{HostError, Machine, Present, failed, refused, syscall};
use model::plan::{Allocation, SwapFile};
use rustix::fs::{FallocateFlags, IFlags, fallocate, fstatvfs, ioctl_getflags, ioctl_setflags, statfs};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

/// Zeros are written in pieces of this, and brought to the disk after so many.
const PIECE_BYTES: usize = 1 << 20;
const PIECES_PER_SYNC: u64 = 64;

/// File systems on which the kernel takes no swap file, or must not (include/uapi/linux/magic.h).
const UNFIT: [(u64, &str); 13] = [
    (0x0102_1994, "tmpfs: it lies in memory itself"),
    (0x8584_58f6, "ramfs: it lies in memory itself"),
    (0x794c_7630, "overlay: the kernel takes no swap file on it"),
    (0x6969, "NFS: swap over a network can wait for itself"),
    (0xff53_4d42, "CIFS: swap over a network can wait for itself"),
    (0xfe53_4d42, "SMB: swap over a network can wait for itself"),
    (0x00c3_6400, "Ceph: swap over a network can wait for itself"),
    (0x0102_1997, "9p: swap over a network can wait for itself"),
    (0x6573_5546, "FUSE: its program could be swapped out"),
    (0x7371_7368, "squashfs: it is read-only"),
    (0x2fc1_2fc1, "ZFS: the kernel takes no swap file on it"),
    (0xca45_1a4e, "bcachefs: the kernel takes no swap file on it"),
    (0xf15f, "eCryptfs: the kernel takes no swap file on it"),
];
const BTRFS: u64 = 0x9123_683e;

pub fn present(
    machine: &Machine,
    path: &str,
    now: Option<SwapFile>,
    wanted: Option<SwapFile>,
) -> Result<Present, HostError> {
    let place = place::resolve(machine, path, LastLink::Kept)?;
    let metadata = match fs::symlink_metadata(&place) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(match (now, wanted) {
                (_, None) => Present::Wanted,
                (None, Some(_)) => Present::Now,
                (Some(_), Some(_)) => Present::Other(format!("{path} is not there any more")),
            });
        }
        other => other.map_err(failed(path))?,
    };
    if !metadata.is_file() {
        return Ok(Present::Other(format!("{path} is no regular file")));
    }
    let size = metadata.len();
    match beginning(&place, path)? {
        Beginning::Swap => {}
        Beginning::Hibernation => {
            return Ok(Present::Other(format!("{path} holds a hibernated machine")));
        }
        Beginning::Blank | Beginning::Other => {
            return Ok(Present::Other(format!("{path} is there, {size} bytes, and holds no swap")));
        }
    }
    let has_size = |file: Option<SwapFile>| file.is_some_and(|file| file.size.0 == size);
    let mode = metadata.mode() & 0o7777;
    Ok(if has_size(wanted) && mode & 0o077 == 0 {
        Present::Wanted
    } else if has_size(wanted) && !has_size(now) {
        Present::Other(format!("{path} has mode {mode:04o}: others than root could read what is swapped out"))
    } else if has_size(now) {
        Present::Now
    } else {
        Present::Other(format!("{path} holds swap of {size} bytes, which is not what the plan knows"))
    })
}

fn beginning(place: &Path, path: &str) -> Result<Beginning, HostError> {
    let mut bytes = Vec::new();
    let read = File::open(place).and_then(|file| file.take(65536).read_to_end(&mut bytes));
    read.map_err(failed(path))?;
    Ok(swap_header::beginning(&bytes))
}

pub fn keep(machine: &Machine, path: &str) -> Result<Kept, HostError> {
    let place = place::resolve(machine, path, LastLink::Kept)?;
    let mut page = vec![0; usize::try_from(swap_header::page_size()).unwrap_or(4096)];
    let page = File::open(&place).and_then(|file| file.read_exact_at(&mut page, 0)).ok().map(|()| page);
    Ok(Kept { folders: place::missing_folders(machine, path)?, page, ..Kept::default() })
}

pub fn act(
    machine: &Machine,
    path: &str,
    wanted: Option<SwapFile>,
    kept: &Kept,
    progress: &Progress,
) -> Result<(), HostError> {
    let place = place::resolve(machine, path, LastLink::Kept)?;
    let Some(wanted) = wanted else {
        refuse_active(machine, path)?;
        let removed = fs::remove_file(&place).and_then(|()| place::sync_folder_of(&place));
        return removed.map_err(failed(format!("{path}: cannot be removed")));
    };
    if let Some(obstacle) = swap_header::obstacle(wanted.size.0) {
        return refused(format!("{path}: {obstacle}"));
    }
    place::make_folders(machine, &kept.folders)?;
    let taking = if fs::symlink_metadata(&place).is_ok() {
        refuse_active(machine, path)?;
        Taking::Over
    } else {
        Taking::Free
    };
    refuse_unfit(&place, path, wanted.allocation)?;
    let made = fill(&place, path, wanted, kept, progress)
        .and_then(|()| place::finish(&place, taking).map_err(failed(path)));
    made.inspect_err(|_| {
        // A disk that is full gets its room back at once.
        let _ = fs::remove_file(place::unfinished(&place));
    })
}

/// The kernel would go on using blocks of a file that has no name any more.
fn refuse_active(machine: &Machine, path: &str) -> Result<(), HostError> {
    let swaps = super::swap::areas(machine).unwrap_or_default();
    match swaps.iter().any(|swap| swap.path == path) {
        true => refused(format!("{path} is in use as swap; it must be switched off first")),
        false => Ok(()),
    }
}

fn refuse_unfit(place: &Path, path: &str, allocation: Allocation) -> Result<(), HostError> {
    let folder = place.parent().unwrap_or(place);
    let kind = statfs(folder).map_err(|error| failed(path)(error.into()))?.f_type;
    let kind = u64::try_from(kind).unwrap_or_default() & 0xffff_ffff;
    if let Some((_, words)) = UNFIT.iter().find(|(magic, _)| *magic == kind) {
        return refused(format!("{path} would lie on {words}"));
    }
    match (kind == BTRFS, allocation) {
        (true, Allocation::Reserved | Allocation::Written) => {
            refused(format!("{path} would lie on btrfs, where a swap file must not be copied on write"))
        }
        (true, Allocation::NoCopyOnWrite) | (false, _) => Ok(()),
    }
}

fn fill(
    place: &Path,
    path: &str,
    wanted: SwapFile,
    kept: &Kept,
    progress: &Progress,
) -> Result<(), HostError> {
    let size = wanted.size.0;
    progress.will_reach(size);
    let file = place::create_unfinished(place).map_err(failed(format!("{path}: cannot be made")))?;
    let room = fstatvfs(&file).map_err(|error| failed(path)(error.into()))?;
    let available = room.f_bavail.saturating_mul(room.f_frsize);
    if available < size {
        return refused(format!("{path} needs {size} bytes, and its file system has {available} left"));
    }
    let no_room = || failed(format!("{path}: {size} bytes cannot be taken; the half file is removed"));
    match wanted.allocation {
        Allocation::Reserved => reserve(&file, size, progress).map_err(no_room())?,
        Allocation::Written => write_zeros(&file, size, progress).map_err(no_room())?,
        Allocation::NoCopyOnWrite => {
            forbid_copies(&file).map_err(failed(format!("{path}: `chattr +C` is not taken here")))?;
            reserve(&file, size, progress).map_err(no_room())?;
        }
    }
    let header = match &kept.page {
        Some(page) if page.get(..) == Some(swap_header_of(page, size)) => page.clone(),
        Some(_) | None => swap_header::header(size, swap_header::new_uuid().map_err(failed("/dev/urandom"))?),
    };
    file.write_all_at(&header, 0).map_err(no_room())?;
    file.sync_all().map_err(failed(format!("{path}: cannot be brought to the disk")))?;
    refuse_holes(&file, path, size)?;
    progress.reach(size);
    Ok(())
}

/// The page itself when it is the header of a swap area of this size, else nothing that equals it.
fn swap_header_of(page: &[u8], size: u64) -> &[u8] {
    let last_page = u32::try_from(size / swap_header::page_size()).unwrap_or(0).wrapping_sub(1).to_ne_bytes();
    let fits = swap_header::beginning(page) == Beginning::Swap && page.get(1028..1032) == Some(&last_page);
    if fits { page } else { &[] }
}

fn forbid_copies(file: &File) -> io::Result<()> {
    let flags = ioctl_getflags(file)?;
    Ok(ioctl_setflags(file, flags | IFlags::NOCOW)?)
}

fn reserve(file: &File, size: u64, progress: &Progress) -> io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), 0, size) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => write_zeros(file, size, progress),
        Err(error) => Err(error.into()),
    }
}

fn write_zeros(mut file: &File, size: u64, progress: &Progress) -> io::Result<()> {
    let piece = vec![0; PIECE_BYTES];
    let mut done = 0;
    let mut pieces = 0;
    while done < size {
        let length = usize::try_from(size - done).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
        file.write_all(piece.get(..length).unwrap_or_default())?;
        done += length as u64;
        pieces += 1;
        // Otherwise the page cache fills first and the progress is that of memory, not of the disk.
        if pieces % PIECES_PER_SYNC == 0 {
            file.sync_data()?;
        }
        progress.reach(done);
    }
    Ok(())
}

/// The kernel maps the extents once, when swap is switched on, and refuses a file with a hole.
fn refuse_holes(file: &File, path: &str, size: u64) -> Result<(), HostError> {
    let extents = match syscall::extents(file) {
        Ok(extents) => extents,
        // A file system that does not tell: the kernel looks when swap is switched on.
        Err(error) if error.kind() == io::ErrorKind::Unsupported || error.raw_os_error() == Some(ENOTTY) => {
            return Ok(());
        }
        Err(error) => return Err(failed(format!("{path}: its extents cannot be read"))(error)),
    };
    let mut covered = 0;
    for extent in extents {
        if extent.start > covered {
            break;
        }
        covered = covered.max(extent.start + extent.length);
    }
    match covered >= size {
        true => Ok(()),
        false => refused(format!("{path} has a hole at byte {covered}, which swap must not have")),
    }
}

const ENOTTY: i32 = 25;

#[cfg(test)]
mod tests {
    use super::{act, present, refuse_holes};
    use crate::host::kept::Kept;
    use crate::host::progress::Progress;
    use crate::host::{HostError, Machine, MachineState, Present, keep};
    use kernel::bytes::Bytes;
    use model::plan::{Allocation, Change, SwapFile};
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    const PATH: &str = "/var/swap/file";

    /// On the disk: a temporary folder in memory is refused, as it should be.
    fn machine() -> (tempfile::TempDir, Machine) {
        let root = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        let machine = Machine::at(root.path(), MachineState::Running);
        (root, machine)
    }

    const fn of(mebibytes: u64, allocation: Allocation) -> SwapFile {
        SwapFile { size: Bytes(mebibytes << 20), allocation }
    }

    fn kept(machine: &Machine) -> Kept {
        keep(machine, &Change::SwapFile { path: PATH.to_owned(), now: None, wanted: None }).unwrap()
    }

    #[test]
    fn a_swap_file_is_whole_private_and_told_from_what_was() {
        for allocation in [Allocation::Reserved, Allocation::Written] {
            let (root, machine) = machine();
            let wanted = Some(of(3, allocation));
            assert_eq!(present(&machine, PATH, None, wanted).unwrap(), Present::Now);
            let progress = Progress::default();
            act(&machine, PATH, wanted, &kept(&machine), &progress).unwrap();
            assert_eq!(present(&machine, PATH, None, wanted).unwrap(), Present::Wanted);
            assert_eq!(progress.seen(), Some((3 << 20, 3 << 20)));
            let metadata = fs::metadata(root.path().join("var/swap/file")).unwrap();
            assert_eq!((metadata.mode() & 0o7777, metadata.len()), (0o600, 3 << 20));
            assert!(metadata.blocks() * 512 >= 3 << 20);
            assert_eq!(fs::read_dir(root.path().join("var/swap")).unwrap().count(), 1);
            let other = present(&machine, PATH, None, Some(of(4, allocation))).unwrap();
            assert!(matches!(other, Present::Other(words) if words.contains("3145728 bytes")));
            fs::set_permissions(root.path().join("var/swap/file"), fs::Permissions::from_mode(0o644))
                .unwrap();
            let other = present(&machine, PATH, None, wanted).unwrap();
            assert!(matches!(other, Present::Other(words) if words.contains("mode 0644")));
        }
    }

    #[test]
    fn a_file_that_is_no_swap_is_never_touched() {
        let (root, machine) = machine();
        fs::create_dir_all(root.path().join("var/swap")).unwrap();
        fs::write(root.path().join("var/swap/file"), "somebody's").unwrap();
        let found = present(&machine, PATH, None, Some(of(1, Allocation::Reserved))).unwrap();
        assert!(matches!(found, Present::Other(words) if words.contains("holds no swap")));
    }

    #[test]
    fn memory_and_lack_of_room_are_refused_and_leave_nothing() {
        let (root, machine) = machine();
        let huge = Some(SwapFile { size: Bytes(1 << 43), allocation: Allocation::Reserved });
        let error = act(&machine, PATH, huge, &kept(&machine), &Progress::default()).unwrap_err();
        assert!(matches!(&error, HostError::Refused(words) if words.contains("left")), "{error}");
        assert_eq!(fs::read_dir(root.path().join("var/swap")).unwrap().count(), 0);
        let memory = tempfile::tempdir_in("/dev/shm").unwrap();
        let machine = Machine::at(memory.path(), MachineState::Running);
        let error =
            act(&machine, "/f", Some(of(1, Allocation::Written)), &Kept::default(), &Progress::default());
        assert!(error.unwrap_err().to_string().contains("tmpfs"));
        assert_eq!(fs::read_dir(memory.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_swap_file_that_comes_back_has_its_old_identity() {
        let (root, machine) = machine();
        let place = root.path().join("var/swap/file");
        let small = Some(of(2, Allocation::Reserved));
        act(&machine, PATH, small, &kept(&machine), &Progress::default()).unwrap();
        let before = fs::read(&place).unwrap();
        let first = kept(&machine);
        act(&machine, PATH, Some(of(3, Allocation::Reserved)), &first, &Progress::default()).unwrap();
        assert_ne!(fs::read(&place).unwrap()[..4096], before[..4096]);
        act(&machine, PATH, small, &first, &Progress::default()).unwrap();
        assert!(fs::read(&place).unwrap() == before);
    }

    #[test]
    fn a_hole_is_found() {
        let folder = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        let file = fs::File::create(folder.path().join("holes")).unwrap();
        file.set_len(1 << 20).unwrap();
        if crate::host::syscall::extents(&file).is_ok() {
            let error = refuse_holes(&file, "/holes", 1 << 20).unwrap_err();
            assert!(error.to_string().contains("hole at byte 0"), "{error}");
        }
    }
}
