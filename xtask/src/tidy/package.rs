//! A crate of this workspace as `cargo metadata` tells it.

use anyhow::Context;
use serde_json::Value;
use std::path::Path;

/// One crate of the workspace.
pub struct Package {
    /// Its name for cargo, such as `highwater-kernel`.
    pub name: String,
    /// Path of its manifest from the repository's root.
    pub manifest: String,
    /// The manifest's text, to find lines in.
    pub text: String,
    /// What it depends on.
    pub dependencies: Vec<Dependency>,
}

/// One dependency.
pub struct Dependency {
    /// The crate's name for cargo.
    pub name: String,
    /// Where it is used.
    pub kind: DependencyKind,
}

/// Where a dependency is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DependencyKind {
    /// In the crate itself.
    Normal,
    /// In its build script.
    Build,
    /// In its tests only.
    Test,
}

impl Package {
    /// Reads the crates of the workspace out of `cargo metadata --no-deps`.
    pub fn read_all(metadata: &Value, root: &Path) -> anyhow::Result<Vec<Self>> {
        let packages = metadata["packages"].as_array().context("cargo metadata: no packages")?;
        packages.iter().map(|package| Self::read(package, root)).collect()
    }

    fn read(package: &Value, root: &Path) -> anyhow::Result<Self> {
        let word = |value: &Value| value.as_str().map(str::to_owned);
        let name = word(&package["name"]).context("cargo metadata: a package without a name")?;
        let path = word(&package["manifest_path"]).context("cargo metadata: a package without a manifest")?;
        let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
        let below = Path::new(&path).strip_prefix(root).unwrap_or(Path::new(&path));
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        let dependencies = dependencies.filter_map(|dependency| {
            let kind = match dependency["kind"].as_str() {
                Some("dev") => DependencyKind::Test,
                Some("build") => DependencyKind::Build,
                _ => DependencyKind::Normal,
            };
            word(&dependency["name"]).map(|name| Dependency { name, kind })
        });
        let dependencies = dependencies.collect();
        Ok(Self { name, manifest: below.to_string_lossy().into_owned(), text, dependencies })
    }

    /// The room that this crate is.
    pub fn room(&self) -> &str {
        room_of(&self.name)
    }

    /// The line of the manifest that names this dependency, by its cargo name or its room.
    pub fn line_naming(&self, dependency: &str) -> usize {
        let short = room_of(dependency);
        let names = |line: &str| {
            let rest = line.trim_start().strip_prefix(dependency).or(line.trim_start().strip_prefix(short));
            rest.is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
        };
        self.text.lines().position(names).map_or(1, |index| index + 1)
    }
}

/// `highwater-kernel` is the room `kernel`; other crates are called as they are.
pub fn room_of(crate_name: &str) -> &str {
    crate_name.strip_prefix("highwater-").unwrap_or(crate_name)
}

#[cfg(test)]
pub mod tests {
    use super::{Dependency, DependencyKind, Package};

    /// A crate of a room with these dependencies, for the tests of the checks.
    pub fn package(room: &str, dependencies: &[(&str, DependencyKind)]) -> Package {
        let names = dependencies.iter().map(|(name, _)| format!("{name}.workspace = true\n"));
        Package {
            name: if room == "xtask" { room.to_owned() } else { format!("highwater-{room}") },
            manifest: format!("crates/{room}/Cargo.toml"),
            text: format!("[dependencies]\n{}", names.collect::<String>()),
            dependencies: dependencies
                .iter()
                .map(|(name, kind)| Dependency { name: (*name).to_owned(), kind: *kind })
                .collect(),
        }
    }

    #[test]
    fn the_line_of_a_dependency_is_found_by_either_name() {
        let mut package = package("tui", &[]);
        "[dependencies]\nmodel.workspace = true\nserde_json = \"1\"\nserde = \"1\"\n"
            .clone_into(&mut package.text);
        assert_eq!(package.line_naming("highwater-model"), 2);
        assert_eq!(package.line_naming("serde"), 4);
        assert_eq!(package.line_naming("absent"), 1);
    }
}
