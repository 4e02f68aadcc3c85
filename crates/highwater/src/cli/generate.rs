//! Man pages, completions and the command reference, from the definitions that parse the command line.

use crate::cli::explain::rule::page_of;
use crate::cli::{Cli, output};
use crate::exit_code::Outcome;
use anyhow::Context;
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use view::outcome::rule::{RulePage, index, markdown};

/// Prints the completions for one shell.
///
/// # Errors
/// When standard output cannot be written.
pub fn completions(shell: Shell) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "highwater", &mut script);
    output::text(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Fine)
}

/// Writes everything that is generated below a folder.
///
/// # Errors
/// When a file cannot be written.
pub fn everything(folder: &Path) -> anyhow::Result<Outcome> {
    let mut command = without_help(Cli::command());
    command.build();
    let man = folder_in(folder, "man")?;
    clap_mangen::generate_to(command.clone(), &man).with_context(|| format!("{}", man.display()))?;
    let completions = folder_in(folder, "completions")?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut Cli::command(), "highwater", &completions)
            .with_context(|| format!("{}", completions.display()))?;
    }
    let schemas = folder_in(folder, "schemas")?;
    write(&schemas.join("memory-policy.json"), &format!("{:#}\n", api::policy::schema()))?;
    write(&schemas.join("agent-config.json"), &format!("{:#}\n", api::agent_config::schema()))?;
    write(&schemas.join("node-swap.json"), &format!("{:#}\n", api::node_swap::schema()))?;
    let rules = folder_in(folder, "rules")?;
    let pages: Vec<RulePage<'_>> = judge::lint::rules().map(page_of).collect();
    write(&rules.join("README.md"), &index(&pages))?;
    for page in &pages {
        write(&rules.join(format!("{}.md", page.id)), &markdown(page))?;
    }
    write(&folder.join("cli.md"), &reference_text(&mut command))?;
    Ok(Outcome::Fine)
}

fn folder_in(folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let path = folder.join(name);
    std::fs::create_dir_all(&path).with_context(|| format!("{}", path.display()))?;
    Ok(path)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("{}", path.display()))
}

/// `help` is a command of every command that has commands, and no page of the manual.
fn without_help(command: Command) -> Command {
    command.disable_help_subcommand(true).mut_subcommands(without_help)
}

fn reference_text(command: &mut Command) -> String {
    let mut text =
        "# The command line\n\nMade by `cargo xtask codegen` from the definitions that parse it.\n"
            .to_owned();
    section(&mut text, command, "highwater");
    text
}

/// A command, and then its commands.
fn section(text: &mut String, command: &mut Command, name: &str) {
    let help = command.render_long_help();
    let _ = write!(text, "\n## {name}\n\n```text\n{help}```\n");
    for sub in command.get_subcommands_mut().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        let name = format!("{name} {}", sub.get_name());
        section(text, sub, &name);
    }
}
