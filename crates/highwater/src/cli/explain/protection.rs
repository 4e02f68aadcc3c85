//! `highwater explain protection FILE`: how much of `memory.min` and `memory.low` holds.

use crate::cli::explain::read;
use crate::cli::output::{self, Format};
use crate::exit_code::Outcome;
use anyhow::{Context, bail};
use clap::Args;
use judge::protection::{Recursion, effective};
use kernel::bytes::Bytes;
use model::document::Span;
use model::document::lines::Lines;
use std::path::PathBuf;
use view::outcome::protection as words;

/// x86-64's page, in which the kernel computes.
const PAGE: Bytes = Bytes(4096);

/// Flags of `explain protection`.
#[derive(Args)]
pub struct ProtectionArgs {
    /// The tree; `-` is standard input
    file: PathBuf,
    /// How to print
    #[arg(long, short, value_enum, default_value_t)]
    format: Format,
}

/// What stands below the help: the format.
pub fn help() -> String {
    format!("{}\n\nExample:\n  highwater explain protection tree.yaml", api::cgroup_tree::FORMAT)
}

/// Computes.
///
/// # Errors
/// When the file cannot be read or holds no tree, or standard output cannot be written.
pub fn run(args: &ProtectionArgs) -> anyhow::Result<Outcome> {
    let (name, bytes) = read(&args.file)?;
    let text = String::from_utf8(bytes).with_context(|| format!("explain protection {name}"))?;
    let lines = Lines::of(&text);
    let at = |span: Span, why: &str| {
        let position = lines.position(span.start);
        format!("explain protection {name}:{}:{}: {why}", position.line, position.column)
    };
    let root = match manifest::tree(&text) {
        Ok(Some(root)) => root,
        Ok(None) => bail!("explain protection {name}: expected a cgroup, found an empty file"),
        Err(unread) => bail!(at(unread.span, &unread.why)),
    };
    let tree = match api::cgroup_tree::read(&root) {
        Ok(tree) => tree,
        Err(fault) => bail!(at(fault.span, &fault.why)),
    };
    let recursion = if tree.is_recursive { Recursion::Shared } else { Recursion::Off };
    let outcome = effective(&tree.top, recursion, PAGE);
    match args.format {
        Format::Json => {
            output::json(&api::explain::protection(&outcome, tree.is_recursive, words::arithmetic))?;
        }
        Format::Text => output::lines(&words::screen(&outcome, output::width()))?,
    }
    Ok(Outcome::Fine)
}
