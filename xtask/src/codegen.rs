//! `cargo xtask codegen`: the CLI reference, man pages and completions, written by the product itself.

use crate::repository;
use crate::subprocess::{Outcome, note_interrupts, output};
use anyhow::Context;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

const BUILD_SECONDS_MAX: Duration = Duration::from_secs(900);

/// Where `highwater generate --dir DIR` writes below DIR, and where that lies in the repository.
const PLACES: [(&str, &str); 5] = [
    ("cli.md", "docs/cli.md"),
    ("man", "docs/man"),
    ("completions", "completions"),
    ("rules", "docs/rules"),
    ("schemas", "docs/schemas"),
];

/// The command line of `cargo xtask codegen`.
#[derive(clap::Args)]
pub struct CodegenArgs {
    /// Changes nothing; the exit code is 1 when a file is stale
    #[arg(long)]
    check: bool,
}

/// What is wrong with one generated file of the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Absent,
    Stale,
    /// The product does not write it any more.
    Left,
}

type Files = BTreeMap<String, Vec<u8>>;

/// Writes the generated files, or checks that they are what the product writes today.
pub fn run(args: &CodegenArgs) -> anyhow::Result<ExitCode> {
    note_interrupts()?;
    let root = repository::root()?;
    let wanted = generate(&root)?;
    let present = files_at(&root, |(_, place)| place)?;
    if wanted.is_empty() && present.is_empty() {
        println!("codegen: the product has no `generate` yet");
        return Ok(ExitCode::SUCCESS);
    }
    anyhow::ensure!(!wanted.is_empty(), "highwater generate wrote nothing");
    let faults = compare(&wanted, &present);
    for (path, fault) in &faults {
        println!("{path}:1: {}", sentence(*fault));
        if !args.check {
            mend(&root, path, *fault, &wanted)?;
        }
    }
    println!("codegen: {} files, {} not as the product writes them", wanted.len(), faults.len());
    Ok(if args.check && !faults.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn sentence(fault: Fault) -> &'static str {
    match fault {
        Fault::Absent => "is not there; run `cargo xtask codegen`",
        Fault::Stale => "is stale; run `cargo xtask codegen`",
        Fault::Left => "is not generated any more; run `cargo xtask codegen`",
    }
}

fn compare(wanted: &Files, present: &Files) -> BTreeSet<(String, Fault)> {
    let mut faults = BTreeSet::new();
    for (path, text) in wanted {
        match present.get(path) {
            None => faults.insert((path.clone(), Fault::Absent)),
            Some(found) if found != text => faults.insert((path.clone(), Fault::Stale)),
            Some(_) => false,
        };
    }
    let left = present.keys().filter(|path| !wanted.contains_key(*path));
    faults.extend(left.map(|path| (path.clone(), Fault::Left)));
    faults
}

fn mend(root: &Path, path: &str, fault: Fault, wanted: &Files) -> anyhow::Result<()> {
    let file = root.join(path);
    match (fault, wanted.get(path)) {
        (Fault::Absent | Fault::Stale, Some(text)) => {
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&file, text).with_context(|| path.to_owned())
        }
        (Fault::Left, _) | (_, None) => fs::remove_file(&file).with_context(|| path.to_owned()),
    }
}

/// Builds the product and lets it write; the files are named as they lie in the repository.
fn generate(root: &Path) -> anyhow::Result<Files> {
    let target = repository::target(root);
    let folder = target.join("xtask/generated");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut build = Command::new("cargo");
    let built = output(build.args(["build", "--workspace", "--bins"]).current_dir(root), BUILD_SECONDS_MAX)?;
    anyhow::ensure!(built.code == Some(0), "cargo build: {}", built.stderr.trim());
    let mut product = Command::new(target.join("debug/highwater"));
    let outcome = output(product.arg("generate").arg("--dir").arg(&folder), Duration::from_secs(60))?;
    anyhow::ensure!(
        outcome.code == Some(0) || is_unheard_of(&outcome),
        "highwater generate: {}",
        outcome.stderr
    );
    let generated = files_at(&folder, |(name, _)| name)?;
    Ok(generated.into_iter().map(|(path, text)| (in_repository(&path), text)).collect())
}

/// The product that has no such command yet says so; once its files are in the repository that is an error.
fn is_unheard_of(outcome: &Outcome) -> bool {
    outcome.code == Some(2) && outcome.stderr.contains("unrecognized subcommand")
}

fn in_repository(path: &str) -> String {
    let place =
        PLACES.iter().find_map(|(name, place)| path.strip_prefix(name).map(|rest| format!("{place}{rest}")));
    place.unwrap_or_else(|| path.to_owned())
}

/// The files at the places, as paths below the folder.
fn files_at(
    folder: &Path,
    name: impl Fn((&'static str, &'static str)) -> &'static str,
) -> anyhow::Result<Files> {
    let mut files = Files::new();
    for place in PLACES.map(name) {
        let path = folder.join(place);
        if path.is_file() {
            files.insert(place.to_owned(), fs::read(&path)?);
        } else if path.is_dir() {
            for entry in fs::read_dir(&path)? {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                files
                    .insert(format!("{place}/{name}"), fs::read(entry.path()).with_context(|| name.clone())?);
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::{Fault, Files, compare, in_repository};

    fn files(list: &[(&str, &str)]) -> Files {
        list.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn every_difference_is_a_fault() {
        let wanted = files(&[("docs/cli.md", "a"), ("docs/man/a.1", "b"), ("completions/a.fish", "c")]);
        let present = files(&[("docs/cli.md", "a"), ("docs/man/a.1", "old"), ("docs/man/b.1", "d")]);
        let faults: Vec<_> = compare(&wanted, &present).into_iter().collect();
        let expected = [
            ("completions/a.fish", Fault::Absent),
            ("docs/man/a.1", Fault::Stale),
            ("docs/man/b.1", Fault::Left),
        ];
        assert_eq!(faults, expected.map(|(path, fault)| (path.to_owned(), fault)));
        assert!(compare(&wanted, &wanted).is_empty());
    }

    #[test]
    fn what_the_product_writes_has_a_place() {
        assert_eq!(in_repository("man/highwater.1"), "docs/man/highwater.1");
        assert_eq!(in_repository("cli.md"), "docs/cli.md");
        assert_eq!(in_repository("completions/highwater.bash"), "completions/highwater.bash");
    }
}
