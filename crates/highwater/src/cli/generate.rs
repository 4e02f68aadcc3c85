//! Man pages, completions and the command reference, from the definitions that parse the command line.

use crate::cli::{Cli, output};
use crate::exit_code::Outcome;
use anyhow::Context;
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use std::fmt::Write as _;
use std::path::Path;

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
    let mut command = Cli::command();
    command.build();
    let man = folder.join("man");
    std::fs::create_dir_all(&man).with_context(|| format!("{}", man.display()))?;
    clap_mangen::generate_to(command.clone(), &man).with_context(|| format!("{}", man.display()))?;
    let completions = folder.join("completions");
    std::fs::create_dir_all(&completions).with_context(|| format!("{}", completions.display()))?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut Cli::command(), "highwater", &completions)
            .with_context(|| format!("{}", completions.display()))?;
    }
    let reference = folder.join("cli.md");
    std::fs::write(&reference, reference_text(&mut command))
        .with_context(|| format!("{}", reference.display()))?;
    Ok(Outcome::Fine)
}

fn reference_text(command: &mut Command) -> String {
    let mut text =
        "# The command line\n\nMade by `cargo xtask codegen` from the definitions that parse it.\n"
            .to_owned();
    let help = command.render_long_help();
    let _ = write!(text, "\n## highwater\n\n```text\n{help}```\n");
    for sub in command.get_subcommands_mut().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        let name = sub.get_name().to_owned();
        let help = sub.render_long_help();
        let _ = write!(text, "\n## highwater {name}\n\n```text\n{help}```\n");
    }
    text
}
