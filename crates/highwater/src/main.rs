//! The door: parses the command line, passes values from room to room, gives the exit code.

mod agent;
mod cli;
mod exit_code;

use std::process::ExitCode;

fn main() -> ExitCode {
    exit_code::of(cli::run())
}
