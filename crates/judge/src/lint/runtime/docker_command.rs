//! `docker run`, `create` and `update`, and the same of Podman, as far as they limit memory.

use crate::docker_options::flags::{FlagKind, long_flag, short_flag};
use crate::lint::node::script::Call;
use crate::lint::runtime::compose::tmpfs_size;
use crate::lint::runtime::order::{Action, Client, Given, Order};
use model::document::Spanned;

/// What a command orders, when it is one that creates or updates containers.
#[must_use]
pub fn order(document: usize, call: &Call<'_>) -> Option<Order> {
    let client = match call.program {
        "docker" => Client::Docker,
        "podman" => Client::Podman,
        _ => return None,
    };
    let (action, words) = verb(call.words)?;
    let mut order = Order::new(client, action, document, call.command.span);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.value.as_str();
        if !text.starts_with('-') || text == "--" {
            match action {
                Action::Create => {
                    // A variable may hold more flags, or the image.
                    order.is_whole &= !text.starts_with('$') && !text.is_empty();
                    order.image = Some(word.clone());
                    order.words.extend(words.cloned());
                    break;
                }
                Action::Update => {
                    order.names.push(text.to_owned());
                    continue;
                }
            }
        }
        let Some((name, inline)) = flag(text) else { continue };
        let value = match inline {
            Some(value) => Spanned { value: value.to_owned(), span: word.span },
            None => match kind(name) {
                Some(FlagKind::Switch) => Spanned { value: "true".to_owned(), span: word.span },
                Some(FlagKind::Value) => match words.next() {
                    Some(value) => value.clone(),
                    None => break,
                },
                None => {
                    order.is_whole = false;
                    continue;
                }
            },
        };
        take(&mut order, name, word, value);
    }
    Some(order)
}

fn verb(words: &[Spanned<String>]) -> Option<(Action, &[Spanned<String>])> {
    let mut at = 0;
    while let Some(word) = words.get(at).map(|word| word.value.as_str()) {
        at += 1;
        match word {
            "container" => {}
            "run" | "create" => return Some((Action::Create, words.get(at..)?)),
            "update" => return Some((Action::Update, words.get(at..)?)),
            "-H" | "--host" | "-c" | "--context" | "--config" | "-l" | "--log-level" | "--connection"
            | "--root" => at += 1,
            flag if flag.starts_with('-') => {}
            _ => return None,
        }
    }
    None
}

/// The name of a flag, without dashes, and the value that stands with it. A cluster of letters ends with the one that takes a value.
fn flag(text: &str) -> Option<(&str, Option<&str>)> {
    if let Some(long) = text.strip_prefix("--") {
        return Some(long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value))));
    }
    let letters = text.strip_prefix('-')?;
    let takes_value = |letter| matches!(short_flag(letter), Some((FlagKind::Value, _)));
    let at = letters.find(takes_value)?;
    let (name, rest) = (letters.get(at..=at)?, letters.get(at + 1..)?);
    let rest = rest.strip_prefix('=').unwrap_or(rest);
    Some((name, (!rest.is_empty()).then_some(rest)))
}

fn kind(name: &str) -> Option<FlagKind> {
    let mut letters = name.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => short_flag(letter).map(|(kind, _)| kind),
        (Some(_), Some(_)) | (None, _) => long_flag(&format!("--{name}")),
    }
}

fn take(order: &mut Order, name: &str, word: &Spanned<String>, value: Spanned<String>) {
    let long = format!("--{name}");
    let key = if name.len() == 1 { &long[1..] } else { long.as_str() };
    let given = || Given::new(key, word.span.to(value.span), value.clone());
    match name {
        "m" | "memory" => order.memory = Some(given()),
        "memory-swap" => order.memory_and_swap = Some(given()),
        "memory-reservation" => order.reservation = Some(given()),
        "memory-swappiness" => order.swappiness = Some(given()),
        "kernel-memory" => order.kernel_memory = Some(given()),
        "oom-kill-disable" if value.value != "false" => order.oom_kill_disable = Some(given()),
        "shm-size" => order.file_systems.push(given()),
        "tmpfs" => order.file_systems.extend(tmpfs_size(&value)),
        "name" => order.names.push(value.value),
        "e" | "env" => {
            order.environment.push(value.clone());
            order.words.push(value);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::flag;

    #[test]
    fn flags_are_read_in_every_spelling() {
        assert_eq!(flag("--memory=512m"), Some(("memory", Some("512m"))));
        assert_eq!(flag("--memory"), Some(("memory", None)));
        assert_eq!(flag("-m512m"), Some(("m", Some("512m"))));
        assert_eq!(flag("-itm=512m"), Some(("m", Some("512m"))));
        assert_eq!(flag("-dit"), None);
    }
}
