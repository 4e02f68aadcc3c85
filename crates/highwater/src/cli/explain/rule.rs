//! `highwater explain rule RULE-ID`: the page of a rule.

use crate::cli::output;
use crate::exit_code::Outcome;
use anyhow::bail;
use clap::Args;
use judge::lint::{Example, Rule, rules};
use view::outcome::rule::{RulePage, page};

/// What stands below the help.
pub const EXAMPLES: &str = "Example:
  highwater explain rule request-equals-limit-forbids-swap";

/// Flags of `explain rule`.
#[derive(Args)]
pub struct RuleArgs {
    /// Its name, as a finding of `highwater lint` shows it
    rule: String,
}

/// Shows the page.
///
/// # Errors
/// When there is no such rule, or standard output cannot be written.
pub fn run(args: &RuleArgs) -> anyhow::Result<Outcome> {
    let Some(rule) = rules().find(|rule| rule.id == args.rule) else {
        let like: Vec<&str> =
            rules().map(|rule| rule.id).filter(|id| shares_a_word(id, &args.rule)).take(5).collect();
        let hint = if like.is_empty() {
            "a finding of `highwater lint` names its rule".to_owned()
        } else {
            format!("similar: {}", like.join(", "))
        };
        bail!("explain rule: expected the name of a rule, found `{}`; {hint}", args.rule);
    };
    output::lines(&page(&page_of(rule), output::width()))?;
    Ok(Outcome::Fine)
}

/// A rule as its page shows it.
pub fn page_of(rule: &'static Rule) -> RulePage<'static> {
    let examples = |examples: &'static [Example]| {
        examples.iter().map(|example| (example.file, example.text)).collect::<Vec<_>>()
    };
    RulePage {
        id: rule.id,
        severity: rule.severity,
        title: rule.title,
        why: rule.why,
        bad: examples(rule.bad),
        good: examples(rule.good),
    }
}

/// Whether two names have a word of some length in common.
fn shares_a_word(id: &str, asked: &str) -> bool {
    asked.split('-').any(|word| word.len() >= 4 && id.split('-').any(|part| part == word))
}
