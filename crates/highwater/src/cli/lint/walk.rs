//! Which files are checked.

use crate::cli::lint::settings::Settings;
use anyhow::Context;
use ignore::WalkBuilder;
use ignore::overrides::{Override, OverrideBuilder};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A file's name ends so when it may be of a kind that is checked: YAML, JSON, drop-ins and units, scripts, user data.
const ENDINGS: [&str; 17] = [
    ".yaml",
    ".yml",
    ".json",
    ".conf",
    ".sh",
    ".bash",
    ".service",
    ".slice",
    ".scope",
    ".swap",
    ".container",
    ".pod",
    ".mime",
    ".toml",
    ".env",
    "user-data",
    "user-data.txt",
];

/// Where a text comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Standard input.
    Stdin,
    /// A file that was named; whatever it is, something is said of it.
    File(PathBuf),
    /// A path below a folder that could not be looked at.
    Unreachable(PathBuf, String),
}

/// The files that were named and those below the folders that were named, each once, in order.
///
/// # Errors
/// When a path is not there, or a pattern is none.
pub fn sources(paths: &[PathBuf], settings: &Settings) -> anyhow::Result<Vec<Source>> {
    let mut sources = Vec::new();
    let mut seen = BTreeSet::new();
    for path in paths {
        let found = if path == Path::new("-") {
            vec![Source::Stdin]
        } else if std::fs::metadata(path).with_context(|| path.display().to_string())?.is_dir() {
            below(path, settings)?
        } else {
            vec![Source::File(path.clone())]
        };
        sources.extend(found.into_iter().filter(|source| seen.insert(source.clone())));
    }
    Ok(sources)
}

fn below(folder: &Path, settings: &Settings) -> anyhow::Result<Vec<Source>> {
    let mut walk = WalkBuilder::new(folder);
    // Rules of .gitignore hold in an unpacked archive too.
    walk.require_git(false).sort_by_file_name(Ord::cmp).overrides(excluded(folder, settings)?);
    let mut sources = Vec::new();
    for entry in walk.build() {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_dir()) => {}
            Ok(entry) => {
                let name = entry.file_name().to_string_lossy();
                // A link to a folder is not followed: what it holds may be anywhere.
                let is_file = entry.path().is_file();
                if is_file && ENDINGS.iter().any(|ending| name.ends_with(ending)) && !is_settings(&name) {
                    sources.push(Source::File(entry.into_path()));
                }
            }
            Err(error) => {
                let path = path_of(&error).unwrap_or(folder).to_owned();
                sources.push(Source::Unreachable(path, error.to_string()));
            }
        }
    }
    Ok(sources)
}

/// Our own configuration is no manifest.
fn is_settings(name: &str) -> bool {
    name == "highwater.toml"
}

fn excluded(folder: &Path, settings: &Settings) -> anyhow::Result<Override> {
    let above =
        settings.file.as_ref().and_then(|file| file.parent()).filter(|_| !settings.exclude.is_empty());
    let mut builder = OverrideBuilder::new(above.filter(|above| folder.starts_with(above)).unwrap_or(folder));
    for pattern in &settings.exclude {
        builder.add(&format!("!{pattern}")).with_context(|| format!("exclude: `{pattern}`"))?;
    }
    builder.build().context("exclude")
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Partial(_)
        | ignore::Error::Loop { .. }
        | ignore::Error::Io(_)
        | ignore::Error::Glob { .. }
        | ignore::Error::UnrecognizedFileType(_)
        | ignore::Error::InvalidDefinition => None,
    }
}
