//! `highwater lint`: what files will really do with memory and swap, before they do it.

mod check;
mod fix;
mod settings;
mod walk;

use crate::cli::output;
use crate::exit_code::Outcome;
use clap::{Args, ValueEnum};
use model::checked_file::CheckedFile;
use model::lint::{LintSeverity, LintTarget};
use serde_json::json;
use settings::Settings;
use std::path::PathBuf;
use view::lint::{Others, Sum};

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater lint deploy.yaml compose.yaml        some files
  highwater lint k8s/                            every file below a folder
  helm template . | highwater lint -             what a template comes to
  kubectl get pods -A -o json | highwater lint - what a cluster has
  highwater lint --fix --dry-run deploy.yaml     the safe fixes as a diff
  highwater lint --format sarif k8s/ > a.sarif   for code scanning

Silence a rule with a comment on the line or above it, with a reason:
  # highwater: ignore RULE reason                (ignore-file for the whole file)
or in .highwater.yaml or highwater.toml, here or in a folder above:
  lint: {kubernetes_version: \"1.34\", cgroup: v2, severity: info, rules: [], ignore: [], exclude: []}

Exit code: 0 nothing found, 1 errors or warnings, 2 a part could not be read, 3 a fix was not written.";

/// Flags of `lint`.
#[derive(Args)]
pub struct LintArgs {
    /// Files and folders; `-` is standard input
    #[arg(required = true, value_name = "FILE|DIR|-")]
    paths: Vec<PathBuf>,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    format: LintFormat,
    /// The cluster's version [default: 1.34]
    #[arg(long, value_name = "VERSION", value_parser = settings::kubernetes_version)]
    kubernetes_version: Option<model::lint::KubernetesVersion>,
    /// The control groups of the machines [default: v2]
    #[arg(long, value_enum, value_name = "VERSION")]
    cgroup: Option<Cgroup>,
    /// The least that is told [default: info]
    #[arg(long, value_enum, value_name = "SEVERITY")]
    severity: Option<Severity>,
    /// Check these rules alone
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    rule: Vec<String>,
    /// Leave these rules out
    #[arg(long, value_name = "RULE", value_delimiter = ',', conflicts_with = "rule")]
    ignore: Vec<String>,
    /// Write the safe fixes into the files, then tell what remains
    #[arg(long)]
    fix: bool,
    /// With --fix: write nothing, print the change as a diff
    #[arg(long, requires = "fix")]
    dry_run: bool,
    /// The configuration, instead of .highwater.yaml or highwater.toml in this folder or above
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum LintFormat {
    /// For people, with the lines.
    #[default]
    Text,
    /// For scripts: highwater/findings/v1.
    Json,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For a GitHub workflow: a command per finding.
    Github,
}

/// A version of control groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Cgroup {
    /// The old hierarchies.
    V1,
    /// The unified hierarchy.
    V2,
}

/// A severity as a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Severity {
    /// Worth knowing.
    Info,
    /// No effect, or another than it says.
    Warning,
    /// Refused, or does the opposite.
    Error,
}

/// Checks.
///
/// # Errors
/// When a flag or the configuration is wrong, a path is not there, or standard output cannot be written.
pub fn run(args: &LintArgs) -> anyhow::Result<Outcome> {
    let settings = Settings::of(args)?;
    let sources = walk::sources(&args.paths, &settings)?;
    let mut is_not_done = false;
    if args.fix {
        let outcome = fix::fix(&sources, &settings, args.dry_run)?;
        if args.dry_run {
            return Ok(outcome);
        }
        is_not_done = outcome == Outcome::NotDone;
    }
    let files = check::all(&sources, &settings, args.format == LintFormat::Text)?;
    print(&files, args, &settings)?;
    Ok(if is_not_done { Outcome::NotDone } else { outcome(&Sum::of(&files)) })
}

/// What a check comes to.
fn outcome(sum: &Sum) -> Outcome {
    if sum.broken > 0 {
        return Outcome::Unreadable;
    }
    if sum.errors + sum.warnings > 0 { Outcome::Findings } else { Outcome::Fine }
}

fn print(files: &[CheckedFile], args: &LintArgs, settings: &Settings) -> anyhow::Result<()> {
    match args.format {
        LintFormat::Json => output::json(&api::findings::findings(files, target(settings)))?,
        LintFormat::Sarif => {
            let checked = judge::lint::rules().filter(|rule| settings.rules.contains(&rule.id));
            let rules: Vec<_> = checked.map(rule_text).collect();
            output::json(&api::sarif::sarif(files, &rules, env!("CARGO_PKG_VERSION")))?;
        }
        LintFormat::Github => {
            let mut others = Others::default();
            let mut text: String =
                files.iter().map(|checked| view::lint::github::commands(checked, &mut others)).collect();
            text.extend(others.rest().map(|rest| format!("::notice title=not checked::{rest}\n")));
            output::text(&text)?;
        }
        LintFormat::Text => print_text(files, args, settings)?,
    }
    Ok(())
}

fn print_text(files: &[CheckedFile], args: &LintArgs, settings: &Settings) -> anyhow::Result<()> {
    let width = output::width();
    let mut others = Others::default();
    for checked in files {
        output::text(&view::lint::file(checked, width, &mut others))?;
    }
    if let Some(rest) = others.rest() {
        output::text(&format!("{rest}\n"))?;
    }
    let sum = Sum::of(files);
    let mut lines = vec![sum.line()];
    if let Some(file) = &settings.file {
        lines.push(view::text::Line::of(view::text::Tone::Quiet, format!("Settings: {}", file.display())));
    }
    let given: Vec<String> =
        args.paths.iter().map(|path| view::lint::quoted(&path.to_string_lossy())).collect();
    lines.extend(sum.next(&given.join(" ")));
    output::lines(&lines)?;
    Ok(())
}

fn target(settings: &Settings) -> serde_json::Value {
    let LintTarget { kubernetes, cgroup } = settings.target;
    let cgroup = match cgroup {
        kernel::hierarchy::CgroupVersion::V1 => "v1",
        kernel::hierarchy::CgroupVersion::V2 => "v2",
    };
    json!({ "kubernetes_version": format!("1.{}", kubernetes.0), "cgroup": cgroup })
}

fn rule_text(rule: &'static judge::lint::Rule) -> api::sarif::RuleText {
    api::sarif::RuleText { id: rule.id, severity: rule.severity, title: rule.title, why: rule.why }
}

impl Severity {
    const fn noun(self) -> LintSeverity {
        match self {
            Self::Info => LintSeverity::Info,
            Self::Warning => LintSeverity::Warning,
            Self::Error => LintSeverity::Error,
        }
    }
}

impl Cgroup {
    const fn noun(self) -> kernel::hierarchy::CgroupVersion {
        match self {
            Self::V1 => kernel::hierarchy::CgroupVersion::V1,
            Self::V2 => kernel::hierarchy::CgroupVersion::V2,
        }
    }
}
