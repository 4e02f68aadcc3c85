//! The memory options of a `docker run` or `podman run` command line.
//!
//! Written in docker/cli cli/command/container/opts.go and podman cmd/podman/common/create.go.

pub(crate) mod flags;

use crate::docker_options::flags::{FlagKind, long_flag, short_flag};
use kernel::bytes::Bytes;
use model::outcome::docker::{Engine, InvalidValue, MemoryOptions, MemorySwapOption, RunCommand};
use model::quantity::docker;

/// A command line that runs no container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotARun {
    /// The words up to where it was clear.
    pub found: String,
}

/// Reads a command line, the program first; `sudo` before it is skipped.
///
/// # Errors
/// When it is not `run` or `create` of Docker or Podman.
pub fn read(words: &[&str]) -> Result<RunCommand, NotARun> {
    let mut rest = words.iter().copied().skip_while(|word| *word == "sudo").peekable();
    let not_a_run = || NotARun { found: words.iter().take(4).copied().collect::<Vec<_>>().join(" ") };
    let program = rest.next().ok_or_else(not_a_run)?;
    let engine = match program.rsplit('/').next() {
        Some("docker" | "nerdctl") => Engine::Docker,
        Some("podman") => Engine::Podman,
        Some(_) | None => return Err(not_a_run()),
    };
    // Options of the program itself stand before its command; those that take a value are few.
    loop {
        match rest.next().ok_or_else(not_a_run)? {
            "run" | "create" => break,
            "container" => {}
            "-H" | "--host" | "-c" | "--context" | "--config" | "-l" | "--log-level" => {
                rest.next();
            }
            option if option.starts_with('-') => {}
            _ => return Err(not_a_run()),
        }
    }
    let mut command = RunCommand {
        engine,
        options: MemoryOptions::default(),
        image: None,
        name: None,
        unknown: Vec::new(),
        invalid: Vec::new(),
    };
    while let Some(word) = rest.next() {
        match word {
            "--" => {
                command.image = rest.next().map(str::to_owned);
                break;
            }
            long if long.starts_with("--") => read_long(&mut command, long, &mut rest),
            short if short.starts_with('-') && short.len() > 1 => read_short(&mut command, short, &mut rest),
            image => {
                command.image = Some(image.to_owned());
                break;
            }
        }
    }
    Ok(command)
}

fn read_long<'a>(command: &mut RunCommand, word: &'a str, rest: &mut dyn Iterator<Item = &'a str>) {
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    };
    match long_flag(name) {
        Some(FlagKind::Switch) => switch(command, name, value),
        Some(FlagKind::Value) => {
            if let Some(value) = value.or_else(|| rest.next()) {
                take(command, name, value);
            }
        }
        None => command.unknown.push(name.to_owned()),
    }
}

/// `-itm 512m`, `-m512m`, `-m=512m`.
fn read_short<'a>(command: &mut RunCommand, word: &'a str, rest: &mut dyn Iterator<Item = &'a str>) {
    for (at, letter) in word.char_indices().skip(1) {
        match short_flag(letter) {
            Some((FlagKind::Switch, _)) => {}
            Some((FlagKind::Value, name)) => {
                let attached = word.get(at + letter.len_utf8()..).filter(|value| !value.is_empty());
                let attached = attached.map(|value| value.strip_prefix('=').unwrap_or(value));
                if let Some(value) = attached.or_else(|| rest.next()) {
                    take(command, name, value);
                }
                return;
            }
            None => {
                command.unknown.push(format!("-{letter}"));
                return;
            }
        }
    }
}

fn switch(command: &mut RunCommand, name: &str, value: Option<&str>) {
    if name == "--oom-kill-disable" {
        command.options.oom_kill_disable =
            !matches!(value, Some("false" | "0" | "f" | "F" | "False" | "FALSE"));
    }
}

fn take(command: &mut RunCommand, name: &str, value: &str) {
    let mut amount = |option: &'static str| {
        let bytes = docker::bytes(value).map(Bytes);
        if bytes.is_none() {
            let why = format!("invalid size: '{value}'");
            command.invalid.push(InvalidValue { option, text: value.to_owned(), why });
        }
        bytes
    };
    match name {
        "--memory" => command.options.memory = amount("-m, --memory"),
        "--memory-reservation" => command.options.reservation = amount("--memory-reservation"),
        "--kernel-memory" => command.options.kernel_memory = amount("--kernel-memory"),
        "--memory-swap" if value == "-1" => {
            command.options.memory_swap = Some(MemorySwapOption::Unlimited);
        }
        "--memory-swap" => {
            command.options.memory_swap = amount("--memory-swap").map(MemorySwapOption::Together);
        }
        "--memory-swappiness" => command.options.swappiness = integer(command, "--memory-swappiness", value),
        "--oom-score-adj" => command.options.oom_score_adj = integer(command, "--oom-score-adj", value),
        "--name" => command.name = Some(value.to_owned()),
        _ => {}
    }
}

fn integer(command: &mut RunCommand, option: &'static str, value: &str) -> Option<i64> {
    let number = value.parse().ok();
    if number.is_none() {
        let why = format!("strconv.ParseInt: parsing \"{value}\": invalid syntax");
        command.invalid.push(InvalidValue { option, text: value.to_owned(), why });
    }
    number
}
