//! `highwater agent status`: asks the running agent how it is.

use super::SOCKET;
use crate::cli::output;
use crate::cli::output::Format;
use crate::exit_code::Outcome;
use clap::Args;
use sources::agent_socket;
use std::path::PathBuf;
use std::time::Duration;
use view::text::{Line, Tone};

/// What stands below the help.
pub const EXAMPLES: &str = "Examples:
  highwater agent status
  highwater agent status --format json | jq .cost

Exit status: 0 it answered; 3 there is none, or it did not answer.";

/// The agent answers between two looks.
const DEADLINE: Duration = Duration::from_secs(6);

/// Flags of `agent status`.
#[derive(Args)]
pub struct StatusArgs {
    /// Where the agent can be asked
    #[arg(long, value_name = "SOCKET", default_value = SOCKET)]
    socket: PathBuf,
    /// How to print
    #[arg(long, short, value_enum, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// Asks.
///
/// # Errors
/// When standard output cannot be written.
pub fn run(args: &StatusArgs) -> anyhow::Result<Outcome> {
    let answer = match agent_socket::ask(&args.socket, "/status", DEADLINE) {
        Ok(answer) => answer,
        Err(error) => {
            let error = format!("{:#}", anyhow::Error::from(error));
            output::remarks(&[
                Line::of(Tone::Critical, format!("highwater: no agent answers: {error}")),
                Line::plain("Next: systemctl status highwater-agent"),
            ])?;
            return Ok(Outcome::NotDone);
        }
    };
    let Some(status) = api::agent::read(&answer) else {
        let place = args.socket.display();
        output::remarks(&[Line::of(
            Tone::Critical,
            format!("highwater: {place}: expected an agent's state, found something else"),
        )])?;
        return Ok(Outcome::NotDone);
    };
    match args.format {
        Format::Text => output::lines(&view::agent::status(&status))?,
        Format::Json => output::json(&api::agent::status(&status))?,
    }
    Ok(Outcome::Fine)
}
