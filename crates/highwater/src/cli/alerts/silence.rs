//! `highwater alerts silence`: alerts that nobody is told of for a while.

use super::{Places, now, standing};
use crate::cli::Global;
use crate::cli::output::{self, Format};
use crate::exit_code::Outcome;
use anyhow::bail;
use api::agent_config::length;
use clap::Args;
use model::alert::AlertRule;
use model::alert::silence::{Silence, SilenceSpan};
use sources::host_root::HostRoot;
use std::time::Duration;
use view::text::{Line, Tone};

/// So many silences at once are a mistake.
const SILENCES_MAX: usize = 1_000;

/// Longer than ten years nobody means: a rule is switched off in the configuration.
const DURATION_MAX: Duration = Duration::from_secs(3650 * 86_400);

/// Flags of `alerts silence`.
#[derive(Args)]
pub struct SilenceArgs {
    #[command(flatten)]
    places: Places,
    /// Whom it is about: names as `alerts ls` shows them, or patterns where `*` stands for any text
    #[arg(value_name = "NAME", required_unless_present_any = ["list", "remove"])]
    names: Vec<String>,
    /// For how long: 30m, 2h, 1d
    #[arg(long = "for", value_name = "TIME", value_parser = length::parse, default_value = "1h")]
    duration: Duration,
    /// Only alerts of this rule; can be given more than once
    #[arg(long = "rule", value_name = "RULE", value_parser = rule)]
    rules: Vec<AlertRule>,
    /// Why, for the people who ask
    #[arg(long, value_name = "WORDS")]
    reason: Option<String>,
    /// List the silences
    #[arg(long, conflicts_with_all = ["names", "remove", "rules", "reason"])]
    list: bool,
    /// End the silence of this name, as --list shows it
    #[arg(long, value_name = "SILENCE", conflicts_with_all = ["names", "rules", "reason"])]
    remove: Option<String>,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    format: Format,
}

fn rule(name: &str) -> Result<AlertRule, String> {
    AlertRule::parse(name).ok_or_else(|| {
        let known: Vec<&str> = AlertRule::ALL.into_iter().map(AlertRule::as_str).collect();
        format!("expected one of {}", known.join(", "))
    })
}

/// Makes, lists or removes silences.
///
/// # Errors
/// When the state cannot be read or written, or there is no such silence.
pub fn run(global: &Global, args: &SilenceArgs) -> anyhow::Result<Outcome> {
    let root = HostRoot::new(&global.root);
    if let Some(id) = &args.remove {
        return remove(&args.places, id);
    }
    if !args.list {
        return add(&root, args);
    }
    let now = now(&root);
    let mut silences = args.places.configuration()?.silences;
    silences.extend(store::silences::load(&args.places.state)?);
    let standing = standing(&silences, &now);
    match args.format {
        Format::Json => output::json(&serde_json::json!({
            "schema": "highwater/silences/v1",
            "silences": api::alerts::silences(&standing),
        }))?,
        Format::Text => output::lines(&view::alerts::silences(&standing, output::width()))?,
    }
    Ok(Outcome::Fine)
}

fn add(root: &HostRoot, args: &SilenceArgs) -> anyhow::Result<Outcome> {
    if args.duration.is_zero() {
        bail!("--for: expected more than no time");
    }
    if args.duration > DURATION_MAX {
        bail!("--for: expected at most 10 years (3650d), found {}", view::units::duration(args.duration));
    }
    let now = now(root);
    let mut id = String::new();
    let mut is_full = false;
    store::silences::change(&args.places.state, |silences| {
        // What is over is of no use to anybody.
        silences.retain(|silence| silence.left(&now).is_some());
        is_full = silences.len() >= SILENCES_MAX;
        if is_full {
            return;
        }
        let is_taken = |id: &String| silences.iter().any(|silence| silence.id == *id);
        id = (1..).map(|number| format!("s{number}")).find(|id| !is_taken(id)).unwrap_or_default();
        silences.push(Silence {
            id: id.clone(),
            names: args.names.clone(),
            rules: args.rules.clone(),
            reason: args.reason.clone(),
            span: SilenceSpan::For { from: now, duration: args.duration },
        });
    })?;
    if is_full {
        bail!("{SILENCES_MAX} silences hold already: highwater alerts silence --list");
    }
    let names = args.names.join(", ");
    let words = format!("Nobody is told of {names} for {}.", view::units::duration(args.duration));
    output::lines(&[
        Line::plain(words),
        Line::of(
            Tone::Quiet,
            format!("To end it: highwater alerts silence --remove {id}{}", args.places.state_flag()),
        ),
    ])?;
    Ok(Outcome::Fine)
}

fn remove(places: &Places, id: &str) -> anyhow::Result<Outcome> {
    let mut removed = 0;
    store::silences::change(&places.state, |silences| {
        let before = silences.len();
        silences.retain(|silence| silence.id != id);
        removed = before - silences.len();
    })?;
    if removed == 0 {
        if id.starts_with("config-") {
            bail!("silence {id}: it stands in {}; remove it there", places.config_path().display());
        }
        bail!("silence {id}: not found in {}: highwater alerts silence --list", places.state.display());
    }
    output::lines(&[Line::plain(format!("Silence {id} is over."))])?;
    Ok(Outcome::Fine)
}
