//! A Compose override with memory and swap: `memswap_limit` is both together.
//!
//! Written in the Compose specification, services: `mem_limit`, `memswap_limit`, `mem_reservation`, `deploy.resources`. A service whose
//! file limits it below `deploy` keeps that form, because the two must not differ.

use super::because;
use crate::units::bytes;
use model::recommendation::AdvisedWorkload;
use std::fmt::Write as _;

/// Where a service's file limits its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitForm {
    /// `mem_limit`, or nowhere.
    Service,
    /// `deploy.resources.limits.memory`.
    Deploy,
}

/// A service with its advice.
#[derive(Clone, Debug)]
pub struct AdvisedService<'a> {
    /// As the file names it.
    pub service: String,
    /// Where it limits memory.
    pub form: LimitForm,
    /// The workload.
    pub workload: &'a AdvisedWorkload,
}

/// How to go back: the file without the override.
#[must_use]
pub fn undo(file: &str) -> String {
    format!("docker compose -f {} up -d\n", super::docker::quoted(file))
}

/// The override. `file` is the Compose file that it goes with; services of it that have no history are named.
#[must_use]
pub fn file(services: &[AdvisedService], without_history: &[String], file: &str) -> String {
    let mut text = format!(
        "# Memory and swap as advised by highwater. Use: docker compose -f {file} -f highwater.override.yaml up -d\n\
         # Undo: docker compose -f {file} up -d\n"
    );
    for service in without_history {
        let _ = writeln!(text, "# {}: no history, left as it is", crate::text::escaped(service));
    }
    text.push_str("services:\n");
    let mut is_empty = true;
    for AdvisedService { service, form, workload } in services {
        let Some(advised) = workload.recommendation() else {
            let _ = writeln!(text, "  # {}: {}", crate::text::escaped(service), because::none(workload));
            continue;
        };
        is_empty = false;
        let (memory, request) = (advised.memory.0, advised.request.0);
        let together = memory.saturating_add(advised.swap.0);
        let _ = writeln!(text, "  # {} of memory, {} of swap", bytes(advised.memory), bytes(advised.swap));
        for note in &workload.heap {
            let _ = writeln!(text, "  # {}", crate::text::escaped(note));
        }
        let _ = writeln!(text, "  {}:", key(service));
        match form {
            LimitForm::Service => {
                let _ = writeln!(text, "    mem_limit: {memory}");
                if request < memory {
                    let _ = writeln!(text, "    mem_reservation: {request}");
                }
            }
            LimitForm::Deploy => {
                let _ = writeln!(
                    text,
                    "    deploy:\n      resources:\n        limits:\n          memory: \"{memory}\""
                );
                let _ = writeln!(text, "        reservations:\n          memory: \"{request}\"");
            }
        }
        let _ = writeln!(text, "    memswap_limit: {together}");
    }
    if is_empty {
        // A mapping of nothing would be null, which Compose refuses.
        text = text.replacen("services:\n", "services: {}\n", 1);
    }
    text
}

/// A key that YAML takes as text whatever it looks like.
#[must_use]
pub fn key(name: &str) -> String {
    let is_plain = |symbol: char| symbol.is_ascii_alphanumeric() || matches!(symbol, '-' | '_' | '.');
    let reads_as_text = name.starts_with(|symbol: char| symbol.is_ascii_alphabetic())
        && !["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
            .contains(&name.to_ascii_lowercase().as_str());
    if reads_as_text && name.chars().all(is_plain) {
        return name.to_owned();
    }
    let escaped = crate::text::escaped(name).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}
