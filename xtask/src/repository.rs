//! This repository: where its root is and what files it holds.

use anyhow::Context;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold no source of ours: build output and what fuzzing finds.
const SKIPPED: [&str; 5] = [".git", "target", "fuzz/target", "fuzz/corpus", "fuzz/artifacts"];

/// The repository's root folder: two levels above this crate's manifest when cargo tells, else where it was built.
pub fn root() -> anyhow::Result<PathBuf> {
    let built = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map_or(built, PathBuf::from);
    let root = manifest.parent().context("xtask lies in no folder")?;
    anyhow::ensure!(
        root.join("Cargo.toml").is_file(),
        "{}: expected Highwater's workspace here",
        root.display()
    );
    Ok(root.to_owned())
}

/// Where cargo puts what it builds.
pub fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |target| root.join(target))
}

/// Every file and folder below the root, as paths from the root with `/` between the parts.
pub struct Listing {
    /// Files only, sorted.
    pub files: Vec<String>,
    /// Files and folders.
    pub paths: BTreeSet<String>,
}

/// Lists the repository, leaving out build output.
pub fn list(root: &Path) -> anyhow::Result<Listing> {
    let mut listing = Listing { files: Vec::new(), paths: BTreeSet::new() };
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(root.join(&folder)).with_context(|| format!("reading folder {folder}"))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if SKIPPED.contains(&path.as_str()) {
                continue;
            }
            listing.paths.insert(path.clone());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                listing.files.push(path);
            }
        }
    }
    listing.files.sort();
    Ok(listing)
}
