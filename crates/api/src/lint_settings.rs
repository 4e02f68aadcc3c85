//! The configuration of `lint`: `.highwater.yaml` or `highwater.toml`.

use crate::placed::{Fault, Place, from_yaml};
use serde::Deserialize;

/// A configuration file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What `lint` reads.
    #[serde(default)]
    pub lint: LintSettings,
}

/// What holds for `lint` where no flag says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LintSettings {
    /// The cluster's version, such as `1.34`.
    pub kubernetes_version: Option<String>,
    /// `v1` or `v2`.
    pub cgroup: Option<String>,
    /// The least that is told: `info`, `warning` or `error`.
    pub severity: Option<String>,
    /// These rules alone.
    #[serde(default)]
    pub rules: Vec<String>,
    /// All rules but these.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// Files that a folder's check leaves out, as patterns of `.gitignore`.
    #[serde(default)]
    pub exclude: Vec<String>,
}

/// Reads a configuration file of either kind.
///
/// # Errors
/// With the first place where it does not fit.
pub fn read(text: &str, is_toml: bool) -> Result<Settings, Fault> {
    if !is_toml {
        // A file of comments is an empty configuration.
        let is_empty = text.lines().all(|line| line.trim().is_empty() || line.trim().starts_with('#'));
        return if is_empty { Ok(Settings::default()) } else { from_yaml(text) };
    }
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        Fault { place: place_of(text, start), words: error.message().trim().replace('\n', "; ") }
    })
}

/// The place of a word of the file, for values that are judged after reading.
#[must_use]
pub fn place_of_word(text: &str, word: &str) -> Place {
    text.find(word).map_or_else(Place::default, |at| place_of(text, at))
}

fn place_of(text: &str, byte: usize) -> Place {
    let place = model::document::lines::Lines::of(text).position(byte);
    Place { line: place.line as u64, column: place.column as u64 }
}

#[cfg(test)]
mod tests {
    use super::{place_of_word, read};
    use crate::placed::Place;

    #[test]
    fn both_kinds_of_file_say_the_same() {
        let yaml = read("lint:\n  kubernetes_version: \"1.30\"\n  ignore: [a-rule]\n", false).unwrap();
        let toml = read("[lint]\nkubernetes_version = \"1.30\"\nignore = [\"a-rule\"]\n", true).unwrap();
        assert_eq!(yaml, toml);
        assert_eq!(yaml.lint.kubernetes_version.as_deref(), Some("1.30"));
        assert_eq!(read("# nothing\n", false).unwrap(), read("", true).unwrap());
    }

    #[test]
    fn an_unknown_key_is_a_fault_with_its_place() {
        let yaml = read("lint:\n  ignore: []\n  ignores: []\n", false).unwrap_err();
        assert_eq!((yaml.place.line, yaml.words.contains("ignores")), (3, true), "{yaml}");
        let toml = read("[lint]\nignore = []\nignores = []\n", true).unwrap_err();
        assert_eq!((toml.place.line, toml.words.contains("ignores")), (3, true), "{toml}");
        assert!(read("lint: [\n", false).is_err() && read("lint = [\n", true).is_err());
    }

    #[test]
    fn a_word_has_a_place() {
        let place = place_of_word("lint:\n  ignore: [x]\n", "x");
        assert_eq!(place, Place { line: 2, column: 12 });
    }
}
