//! The folder of things that are slow to make: kernels, initial file systems, disk images.
//!
//! An entry is complete or absent: it is made under another name and renamed, while its lock is held.

use crate::repository;
use anyhow::Context;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Entries that nobody made anew for this long may go when a newer one of their family appears.
const STALE: Duration = Duration::from_secs(24 * 3600);

/// The cache's folder: `HIGHWATER_VM_CACHE`, or `vm` in the build's target folder.
pub fn root() -> anyhow::Result<PathBuf> {
    let root = match std::env::var_os("HIGHWATER_VM_CACHE") {
        Some(folder) => PathBuf::from(folder),
        None => repository::target(&repository::root()?).join("vm"),
    };
    fs::create_dir_all(&root).with_context(|| root.display().to_string())?;
    fs::canonicalize(&root).with_context(|| root.display().to_string())
}

/// A name for content: FNV-1a over all parts, so that a changed part gives a new entry.
pub fn key<'part>(parts: impl IntoIterator<Item = &'part [u8]>) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        // The length goes in too: moving a byte from one part to the next must change the key.
        for byte in part.len().to_le_bytes().iter().chain(part) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

/// The path of entry `family-key`, made by `make` if it is not there yet.
///
/// `make` gets a path that does not exist, on the same file system, and creates a file or a folder there.
pub fn entry(
    root: &Path,
    family: &str,
    key: &str,
    make: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<PathBuf> {
    let path = root.join(format!("{family}-{key}"));
    if path.exists() {
        return Ok(path);
    }
    let _lock = lock(root, family)?;
    if path.exists() {
        return Ok(path);
    }
    remove_abandoned(root, family)?;
    // The process is in the name: what a killed one started may go on writing under its own.
    let unfinished = root.join(format!("{family}.unfinished-{}", std::process::id()));
    make(&unfinished).with_context(|| format!("making {}", path.display()))?;
    fs::rename(&unfinished, &path).with_context(|| path.display().to_string())?;
    remove_stale(root, family, &path)?;
    Ok(path)
}

/// Waits for, and takes, the lock of a family; it is free again when the file is dropped.
fn lock(root: &Path, family: &str) -> anyhow::Result<File> {
    let path = root.join(format!("{family}.lock"));
    let file = File::create(&path).with_context(|| path.display().to_string())?;
    file.lock().with_context(|| path.display().to_string())?;
    Ok(file)
}

/// Removes what killed processes left of this family, whose lock the caller holds.
fn remove_abandoned(root: &Path, family: &str) -> anyhow::Result<()> {
    let prefix = format!("{family}.unfinished-");
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            // Something may still be writing there; then a later run removes it.
            let _ = remove(&entry.path());
        }
    }
    Ok(())
}

fn remove_stale(root: &Path, family: &str, newest: &Path) -> anyhow::Result<()> {
    let prefix = format!("{family}-");
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let made = entry.metadata()?.modified()?;
        let age = SystemTime::now().duration_since(made).unwrap_or_default();
        if entry.file_name().to_string_lossy().starts_with(&prefix) && entry.path() != newest && age > STALE {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes a file or a folder; absent is fine.
pub fn remove(path: &Path) -> anyhow::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    removed.with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::{entry, key, remove};
    use std::fs;

    #[test]
    fn the_key_depends_on_where_a_part_ends() {
        assert_ne!(key([b"ab".as_slice(), b"c"]), key([b"a".as_slice(), b"bc"]));
        assert_eq!(key([b"ab".as_slice()]), key([b"ab".as_slice()]));
    }

    #[test]
    fn an_entry_is_made_once_and_never_half() {
        let root = std::env::temp_dir().join(format!("highwater-vm-cache-{}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        fs::write(root.join("thing.unfinished-0"), "of a killed process").unwrap();
        let failed = entry(&root, "thing", "1", |path| {
            fs::write(path, "half")?;
            anyhow::bail!("interrupted")
        });
        assert!(failed.is_err());
        let made = entry(&root, "thing", "1", |path| Ok(fs::write(path, "whole")?)).unwrap();
        let again = entry(&root, "thing", "1", |_| anyhow::bail!("made twice")).unwrap();
        assert_eq!((fs::read_to_string(&made).unwrap().as_str(), &again), ("whole", &made));
        assert!(!root.join("thing.unfinished-0").exists());
        remove(&root).unwrap();
    }
}
