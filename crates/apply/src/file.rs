//! The file step: a file's whole content is replaced at once, or nothing is.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// A file as it was read, and as it is wanted.
#[derive(Clone, Copy, Debug)]
pub struct FileStep<'a> {
    /// Where it is. A symbolic link stays one: what it points at is replaced.
    pub path: &'a Path,
    /// What it must still hold.
    pub expected: &'a [u8],
    /// What it shall hold.
    pub wanted: &'a [u8],
}

/// Why a file was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum FileStepError {
    /// Somebody wrote it after it was read.
    #[error("it was changed since it was read, and is left as it is; run the command again")]
    Stale,
    /// A device, a pipe, a folder.
    #[error("expected a regular file")]
    NotAFile,
    /// A new file would take one of its names and leave the others with the old content.
    #[error("it has {names} names (hard links), which replacing would part; edit it by hand")]
    HardLinked {
        /// How many.
        names: u64,
    },
    /// The new file could not get the owner that the old one has.
    #[error(
        "it belongs to user {uid} and group {gid}, which this user cannot give to a file; run as its owner"
    )]
    Owner {
        /// The owner.
        uid: u32,
        /// The group.
        gid: u32,
    },
    /// The new file could not get an extended attribute, such as an access control list, that the old one has.
    #[error("its attribute {name} cannot be kept")]
    Attribute {
        /// Which.
        name: String,
        /// The system's words.
        source: io::Error,
    },
    /// The system refused.
    #[error("{doing}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// The system's words.
        source: io::Error,
    },
}

/// Replaces the content. Mode, owner and attributes stay; at every moment, also after a crash, the name leads to the whole old
/// content or to the whole new one.
///
/// # Errors
/// When the file is not what it was when it was read, or something of it could not be kept. It is then left as it is.
pub fn replace(step: &FileStep<'_>) -> Result<(), FileStepError> {
    replace_by(step, Metadata::permissions)
}

/// Replaces content and mode together: at no moment has the new content the old mode.
///
/// # Errors
/// As [`replace`].
pub fn replace_with_mode(step: &FileStep<'_>, mode: u32) -> Result<(), FileStepError> {
    replace_by(step, |_| Permissions::from_mode(mode))
}

fn replace_by(
    step: &FileStep<'_>,
    permissions: impl Fn(&Metadata) -> Permissions,
) -> Result<(), FileStepError> {
    let path = fs::canonicalize(step.path).map_err(in_words("cannot be found"))?;
    // A file that may not be written is not replaced either, although its folder would allow it.
    let mut old =
        OpenOptions::new().read(true).write(true).open(&path).map_err(in_words("cannot be written"))?;
    let metadata = old.metadata().map_err(in_words("cannot be examined"))?;
    if !metadata.is_file() {
        return Err(FileStepError::NotAFile);
    }
    if metadata.nlink() > 1 {
        return Err(FileStepError::HardLinked { names: metadata.nlink() });
    }
    refuse_stale(&mut old, step.expected)?;
    let new = Unfinished::beside(&path).map_err(in_words("no file can be made beside it"))?;
    write(&new, step.wanted, &old, &metadata, permissions(&metadata))?;
    // As late as can be: what is written between here and the rename is lost, which no file system can prevent.
    let mut now = File::open(&path).map_err(in_words("cannot be read"))?;
    refuse_stale(&mut now, step.expected)?;
    new.take_the_place_of(&path).map_err(in_words("cannot be replaced"))?;
    let folder = path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all());
    folder.map_err(in_words("its folder cannot be brought to the disk"))
}

fn in_words(doing: &'static str) -> impl Fn(io::Error) -> FileStepError {
    move |source| FileStepError::Io { doing, source }
}

fn refuse_stale(file: &mut File, expected: &[u8]) -> Result<(), FileStepError> {
    let mut found = Vec::with_capacity(expected.len());
    // One byte more than expected tells a longer file.
    let limit = expected.len() as u64 + 1;
    file.take(limit).read_to_end(&mut found).map_err(in_words("cannot be read"))?;
    if found == expected { Ok(()) } else { Err(FileStepError::Stale) }
}

fn write(
    new: &Unfinished,
    wanted: &[u8],
    old: &File,
    metadata: &Metadata,
    permissions: Permissions,
) -> Result<(), FileStepError> {
    let mut file = &new.file;
    file.write_all(wanted).map_err(in_words("the new content cannot be written"))?;
    let (uid, gid) = (metadata.uid(), metadata.gid());
    let own = file.metadata().map_err(in_words("the new file cannot be examined"))?;
    if (own.uid(), own.gid()) != (uid, gid) {
        fchown(file, Some(uid), Some(gid)).map_err(|_| FileStepError::Owner { uid, gid })?;
    }
    // After the owner: a change of owner takes some bits of the mode away.
    file.set_permissions(permissions).map_err(in_words("its mode cannot be kept"))?;
    keep_attributes(old, file)?;
    file.sync_all().map_err(in_words("the new content cannot be brought to the disk"))
}

/// Extended attributes: access control lists, labels, what users put there.
fn keep_attributes(old: &File, new: &File) -> Result<(), FileStepError> {
    let mut names = vec![0; 64 * 1024];
    let length = match rustix::fs::flistxattr(old, names.as_mut_slice()) {
        Ok(length) => length,
        // A file system without attributes has none to keep.
        Err(rustix::io::Errno::OPNOTSUPP) => return Ok(()),
        Err(error) => {
            return Err(FileStepError::Io { doing: "its attributes cannot be read", source: error.into() });
        }
    };
    let names = names.get(..length).unwrap_or_default();
    for name in names.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let mut value = vec![0; 64 * 1024];
        let kept = rustix::fs::fgetxattr(old, name, value.as_mut_slice()).and_then(|length| {
            let value = value.get(..length).unwrap_or_default();
            rustix::fs::fsetxattr(new, name, value, rustix::fs::XattrFlags::empty())
        });
        // Labels of a security module are given by its rules; who may not set them gets the rules' own.
        if let Err(error) = kept
            && !name.starts_with(b"security.")
        {
            let name = String::from_utf8_lossy(name).into_owned();
            return Err(FileStepError::Attribute { name, source: error.into() });
        }
    }
    Ok(())
}

/// The new file before it has its name; it goes away unless it gets one.
struct Unfinished {
    path: PathBuf,
    file: File,
    is_named: bool,
}

impl Unfinished {
    fn beside(path: &Path) -> io::Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
        for attempt in 0..16_u32 {
            let path = path.with_file_name(format!(".{name}.highwater-{}-{attempt}", std::process::id()));
            // Only the owner until it has the mode of the old one.
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(file) => return Ok(Self { path, file, is_named: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    fn take_the_place_of(mut self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        self.is_named = true;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_named {
            // Nothing more can be done about a file that cannot be removed; its name says whose it is.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FileStep, FileStepError, replace};
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
    use std::path::Path;

    fn step<'a>(path: &'a Path, expected: &'a str, wanted: &'a str) -> FileStep<'a> {
        FileStep { path, expected: expected.as_bytes(), wanted: wanted.as_bytes() }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_content_changes_and_mode_and_owner_stay() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pod.yaml");
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        if rustix::process::geteuid().is_root() {
            chown(&file, Some(4711), Some(815)).unwrap();
        }
        let before = fs::metadata(&file).unwrap();
        replace(&step(&file, "old", "new and longer")).unwrap();
        let after = fs::metadata(&file).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new and longer");
        assert_eq!((after.mode(), after.uid(), after.gid()), (before.mode(), before.uid(), before.gid()));
        assert_eq!(names(folder.path()), ["pod.yaml"]);
    }

    #[test]
    fn a_file_that_changed_since_it_was_read_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pod.yaml");
        for found in ["old and somebody's line", "ol", ""] {
            fs::write(&file, found).unwrap();
            let refused = replace(&step(&file, "old", "new"));
            assert!(matches!(refused, Err(FileStepError::Stale)), "{refused:?}");
            assert_eq!(fs::read_to_string(&file).unwrap(), found);
            assert_eq!(names(folder.path()), ["pod.yaml"]);
        }
    }

    #[test]
    fn a_symbolic_link_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let (link, file) = (folder.path().join("link.yaml"), elsewhere.path().join("real.yaml"));
        fs::write(&file, "old").unwrap();
        symlink(&file, &link).unwrap();
        replace(&step(&link, "old", "new")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(names(folder.path()), ["link.yaml"]);
    }

    #[test]
    fn hard_links_and_folders_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (file, other) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&file, "old").unwrap();
        fs::hard_link(&file, &other).unwrap();
        let refused = replace(&step(&file, "old", "new"));
        assert!(matches!(refused, Err(FileStepError::HardLinked { names: 2 })), "{refused:?}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
        assert!(replace(&step(folder.path(), "", "new")).is_err());
        assert!(replace(&step(&folder.path().join("gone"), "", "new")).is_err());
    }

    #[test]
    fn an_attribute_of_the_user_stays() {
        let folder = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        let file = folder.path().join("pod.yaml");
        fs::write(&file, "old").unwrap();
        let flags = rustix::fs::XattrFlags::empty();
        if rustix::fs::setxattr(&file, "user.note", b"mine", flags).is_err() {
            return; // A file system without attributes.
        }
        replace(&step(&file, "old", "new")).unwrap();
        let mut value = [0_u8; 16];
        let length = rustix::fs::getxattr(&file, "user.note", &mut value[..]).unwrap();
        assert_eq!(&value[..length], b"mine");
    }

    #[test]
    fn a_reader_sees_the_old_content_or_the_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pod.yaml");
        let texts = ["a".repeat(200_000), "b".repeat(300_000)];
        fs::write(&file, &texts[0]).unwrap();
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                for round in 0..20 {
                    replace(&step(&file, &texts[round % 2], &texts[(round + 1) % 2])).unwrap();
                }
            });
            while !writer.is_finished() {
                let seen = fs::read_to_string(&file).unwrap();
                assert!(texts.contains(&seen), "{} bytes", seen.len());
            }
        });
    }
}
