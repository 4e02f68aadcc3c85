//! `cargo xtask tidy`: the house rules that neither the compiler nor clippy knows.

mod arrows;
mod crate_count;
mod documents;
mod drawer_names;
mod file_length;
mod first_line;
mod forbidden_words;
mod hands;
mod lexer;
mod licences;
mod manifests;
mod outside_crates;
mod package;
mod pure_clippy;
mod pure_rooms;
mod rules;
mod rust_file;
mod use_paths;
mod violation;

use crate::repository::{self, Listing};
use anyhow::Context;
use package::Package;
use rules::Rules;
use rust_file::RustFile;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use violation::Violation;

/// The platform whose crates count: the one that is shipped.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// Prints every violation; the exit code is 1 when there is any.
pub fn run() -> anyhow::Result<ExitCode> {
    let root = repository::root()?;
    let listing = repository::list(&root)?;
    let rules = Rules::parse(&read(&root, "arrows.toml")?)?;
    let mut violations = check_files(&root, &listing, &rules)?;
    violations.extend(check_pure_clippy(&root, &listing, &rules)?);
    let tree = cargo(
        &root,
        &["tree", "-p", "highwater", "-e", "normal,build", "--prefix", "none", "--target", PLATFORM],
    )?;
    violations.extend(check_graph(&root, &rules, &tree)?);
    violations.sort();
    for violation in &violations {
        println!("{violation}");
    }
    let crates = crate_count::count(&tree);
    println!(
        "tidy: {} files, {crates} crates in the binary, {} violations",
        listing.files.len(),
        violations.len()
    );
    Ok(if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn check_files(root: &Path, listing: &Listing, rules: &Rules) -> anyhow::Result<Vec<Violation>> {
    let mut violations = Vec::new();
    for path in &listing.files {
        if path.ends_with(".rs") {
            violations.extend(check_rust(path, &read(root, path)?, rules));
        } else if documents::is_document(path) {
            let text = read(root, path)?;
            violations.extend(file_length::check(path, &text));
            violations.extend(documents::check(path, &text, &listing.paths));
        }
    }
    Ok(violations)
}

fn check_rust(path: &str, text: &str, rules: &Rules) -> Vec<Violation> {
    let file = RustFile::new(path, text);
    let mut violations = Vec::new();
    violations.extend(file_length::check(path, text));
    violations.extend(first_line::check(path, text));
    violations.extend(drawer_names::check(&file));
    violations.extend(forbidden_words::check(&file));
    violations.extend(hands::check(&file, &rules.hands));
    if rules.is_pure(file.room()) {
        violations.extend(pure_rooms::check(&file));
    }
    violations
}

fn check_pure_clippy(root: &Path, listing: &Listing, rules: &Rules) -> anyhow::Result<Vec<Violation>> {
    let root_text = read(root, "clippy.toml")?;
    let mut violations = Vec::new();
    for room in rules.pure_rooms().filter(|room| listing.paths.contains(&format!("crates/{room}"))) {
        let path = format!("crates/{room}/clippy.toml");
        let text = listing.paths.contains(&path).then(|| read(root, &path)).transpose()?;
        violations.extend(pure_clippy::check(room, text.as_deref(), &root_text));
    }
    Ok(violations)
}

fn check_graph(root: &Path, rules: &Rules, tree: &str) -> anyhow::Result<Vec<Violation>> {
    let own = metadata(root, &["--no-deps"])?;
    let whole = metadata(root, &["--filter-platform", PLATFORM])?;
    let packages = Package::read_all(&own, root)?;
    let mut violations = arrows::check(&packages, rules);
    violations.extend(outside_crates::check(&packages, rules));
    violations.extend(manifests::check(&packages));
    violations.extend(licences::check(&whole, &rules.licences.allowed));
    violations.extend(crate_count::check(tree, &rules.crate_count));
    Ok(violations)
}

fn metadata(root: &Path, arguments: &[&str]) -> anyhow::Result<Value> {
    let text = cargo(root, &[&["metadata", "--format-version", "1"], arguments].concat())?;
    serde_json::from_str(&text).context("cargo metadata")
}

fn cargo(root: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let output =
        Command::new("cargo").args(arguments).current_dir(root).output().context("starting cargo")?;
    let failure = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "cargo {}: {}", arguments.join(" "), failure.trim());
    String::from_utf8(output.stdout).context("cargo printed something that is not text")
}

fn read(root: &Path, path: &str) -> anyhow::Result<String> {
    fs::read_to_string(root.join(path)).with_context(|| path.to_owned())
}
