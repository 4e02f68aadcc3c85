//! What a check is made with: flags, and the configuration file where they say nothing.

use crate::cli::lint::{Cgroup, LintArgs, Severity};
use anyhow::{Context, bail};
use api::lint_settings::{LintSettings, place_of_word};
use clap::ValueEnum;
use kernel::hierarchy::CgroupVersion;
use model::lint::{KubernetesVersion, LintSeverity, LintTarget};
use std::path::{Path, PathBuf};

/// The names of the configuration file, in the order in which a folder is asked for them.
const NAMES: [&str; 3] = [".highwater.yaml", ".highwater.yml", "highwater.toml"];

/// What holds.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the files are checked against.
    pub target: LintTarget,
    /// The least that is told.
    pub severity_min: LintSeverity,
    /// The rules that are checked.
    pub rules: Vec<&'static str>,
    /// What a folder's check leaves out, and the folder that the patterns count from.
    pub exclude: Vec<String>,
    /// The configuration file that was used.
    pub file: Option<PathBuf>,
}

impl Settings {
    /// Reads the configuration and lays the flags over it.
    ///
    /// # Errors
    /// When either says something that cannot be.
    pub fn of(args: &LintArgs) -> anyhow::Result<Self> {
        let file = match &args.config {
            Some(file) => Some(file.clone()),
            None => found_upwards(),
        };
        let (text, written) = match &file {
            Some(file) => read(file)?,
            None => (String::new(), LintSettings::default()),
        };
        let name = file.as_ref().map_or_else(String::new, |file| file.display().to_string());
        let from_file = FromFile { name, text: &text };
        let kubernetes = from_file.value(written.kubernetes_version.as_deref(), kubernetes_version)?;
        let cgroup = from_file.value(written.cgroup.as_deref(), one_of::<Cgroup>)?;
        let severity = from_file.value(written.severity.as_deref(), one_of::<Severity>)?;
        let known = |rules: &[String]| -> anyhow::Result<Vec<&'static str>> {
            rules.iter().map(|word| rule(word).map_err(anyhow::Error::msg)).collect()
        };
        let only = match args.rule.as_slice() {
            [] => from_file.rules(&written.rules)?,
            given => known(given).context("--rule")?,
        };
        let mut left_out = known(&args.ignore).context("--ignore")?;
        // A rule that is asked for by a flag is checked, whatever the file says.
        if args.rule.is_empty() {
            left_out.extend(from_file.rules(&written.ignore)?);
        }
        let all = judge::lint::rules().map(|rule| rule.id);
        let rules =
            all.filter(|id| (only.is_empty() || only.contains(id)) && !left_out.contains(id)).collect();
        Ok(Self {
            target: LintTarget {
                kubernetes: args.kubernetes_version.or(kubernetes).unwrap_or(KubernetesVersion(34)),
                cgroup: args.cgroup.or(cgroup).map_or(CgroupVersion::V2, Cgroup::noun),
            },
            severity_min: args.severity.or(severity).map_or(LintSeverity::Info, Severity::noun),
            rules,
            exclude: written.exclude,
            file,
        })
    }
}

/// The nearest configuration in this folder or above; the root of a repository is not left.
fn found_upwards() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    for folder in here.ancestors() {
        let found = NAMES.iter().map(|name| folder.join(name)).find(|path| path.is_file());
        if let Some(path) = found {
            return Some(path.strip_prefix(&here).map(Path::to_owned).unwrap_or(path));
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    None
}

fn read(file: &Path) -> anyhow::Result<(String, LintSettings)> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let is_toml = file.extension().is_some_and(|extension| extension == "toml");
    match api::lint_settings::read(&text, is_toml) {
        Ok(settings) => Ok((text, settings.lint)),
        Err(fault) => bail!("{}:{fault}", file.display()),
    }
}

/// Words of the configuration file, which are judged with their place.
struct FromFile<'a> {
    name: String,
    text: &'a str,
}

impl FromFile<'_> {
    fn value<T>(
        &self,
        word: Option<&str>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> anyhow::Result<Option<T>> {
        let Some(word) = word else { return Ok(None) };
        read(word).map(Some).map_err(|why| self.fault(word, &why))
    }

    fn rules(&self, words: &[String]) -> anyhow::Result<Vec<&'static str>> {
        words.iter().map(|word| rule(word).map_err(|why| self.fault(word, &why))).collect()
    }

    fn fault(&self, word: &str, why: &str) -> anyhow::Error {
        let place = place_of_word(self.text, word);
        anyhow::anyhow!("{}:{}:{}: {why}", self.name, place.line, place.column)
    }
}

/// A word of those that a flag takes.
fn one_of<T: ValueEnum>(word: &str) -> Result<T, String> {
    T::from_str(word, false).map_err(|_| {
        let values = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let names: Vec<String> = values.map(|value| format!("`{}`", value.get_name())).collect();
        format!("expected {}, found `{word}`", names.join(" or "))
    })
}

/// A rule by its name.
fn rule(word: &str) -> Result<&'static str, String> {
    let known = judge::lint::rules().map(|rule| rule.id).find(|id| *id == word);
    known.ok_or_else(|| format!("expected a rule's name, found `{word}`"))
}

/// A version of Kubernetes: `1.34`, `v1.34.2`.
///
/// # Errors
/// With what was expected.
pub fn kubernetes_version(word: &str) -> Result<KubernetesVersion, String> {
    let mut parts = word.strip_prefix('v').unwrap_or(word).split('.');
    let minor = match (parts.next(), parts.next().map(str::parse::<u16>)) {
        (Some("1"), Some(Ok(minor))) => Some(minor),
        (Some(_) | None, Some(_) | None) => None,
    };
    minor.map(KubernetesVersion).ok_or_else(|| format!("expected a version such as `1.34`, found `{word}`"))
}
