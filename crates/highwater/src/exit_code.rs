//! Exit codes, a promise to scripts.
//!
//! 0 fine; 1 findings where the command is a check; 2 wrong usage or unreadable input; 3 could not act.

use std::io::{self, ErrorKind};
use std::process::ExitCode;

/// How a command ended that did what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing to report.
    Fine,
    /// A check found something.
    Findings,
    /// A check could not read a part of its input, and said so.
    Unreadable,
    /// Something was to be changed and was not, and it was said why.
    NotDone,
}

/// Prints an error as one line and turns the outcome into an exit code.
pub fn of(outcome: anyhow::Result<Outcome>) -> ExitCode {
    match outcome {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Ok(Outcome::Unreadable) => ExitCode::from(2),
        Ok(Outcome::NotDone) => ExitCode::from(3),
        // `highwater ls | head` is no error: the reader has seen enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let sentence = view::text::escaped(&format!("{error:#}"));
            // Nothing is left to be done when even standard error is closed.
            let _ =
                io::Write::write_all(&mut anstream::stderr(), format!("highwater: {sentence}\n").as_bytes());
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
    })
}
