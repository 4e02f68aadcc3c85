//! The heap that a language runtime is told to use, against the container's memory limit.
//!
//! Written in the manuals of `java` (options, `JDK_JAVA_OPTIONS`, `JAVA_TOOL_OPTIONS`), Go's runtime package (`GOMEMLIMIT`) and
//! Node.js (`--max-old-space-size`, in MiB).

use kernel::bytes::Bytes;
use model::incident::exit::Language;
use model::outcome::heap::{HeapJudgement, HeapSetting, HeapSize, HeapVerdict};

/// Above this share of the limit the rest is hardly enough: metaspace, code cache, thread stacks and buffers of a JVM, V8's young
/// generation and buffers. It is the share from which the vendors' guides warn (75 % is the usual advice), not a kernel constant.
const LITTLE_ROOM: f64 = 0.85;

/// The settings that win: one for each runtime.
#[must_use]
pub fn judgements(command: &[&str], env: &[(&str, &str)], limit: Option<Bytes>) -> Vec<HeapJudgement> {
    settings(command, env).into_iter().map(|setting| judge(setting, limit)).collect()
}

/// What is set, after the runtimes' own order of precedence.
#[must_use]
pub fn settings(command: &[&str], env: &[(&str, &str)]) -> Vec<HeapSetting> {
    let words = || command.iter().flat_map(|word| word.split_whitespace());
    let variable = |name: &str| env.iter().rev().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let in_variable =
        |name: &'static str, read: fn(&mut dyn Iterator<Item = &str>) -> Option<(String, HeapSize)>| {
            let (text, size) = read(&mut variable(name)?.split_whitespace())?;
            Some((text, size, Some(name)))
        };
    let on_command = |read: fn(&mut dyn Iterator<Item = &str>) -> Option<(String, HeapSize)>| {
        let (text, size) = read(&mut words())?;
        Some((text, size, None))
    };
    // `_JAVA_OPTIONS` wins over the command line, which wins over what the launcher and the machine prepend.
    let jvm = in_variable("_JAVA_OPTIONS", jvm)
        .or_else(|| on_command(jvm))
        .or_else(|| in_variable("JDK_JAVA_OPTIONS", jvm))
        .or_else(|| in_variable("JAVA_TOOL_OPTIONS", jvm));
    let node = on_command(node).or_else(|| in_variable("NODE_OPTIONS", node));
    let go = in_variable("GOMEMLIMIT", go);
    [(Language::Jvm, jvm), (Language::Node, node), (Language::Go, go)]
        .into_iter()
        .filter_map(|(language, found)| {
            let (text, size, variable) = found?;
            Some(HeapSetting { language, text, variable, size })
        })
        .collect()
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn judge(setting: HeapSetting, limit: Option<Bytes>) -> HeapJudgement {
    let heap = match (setting.size, limit) {
        (HeapSize::Bytes(bytes), _) => Some(bytes),
        (HeapSize::Ratio(ratio), Some(limit)) => Some(Bytes((limit.0 as f64 * ratio) as u64)),
        (HeapSize::Ratio(_), None) => None,
    };
    let verdict = match (heap, limit) {
        (_, None) | (None, Some(_)) => HeapVerdict::NoLimit,
        (Some(heap), Some(limit)) if heap > limit || (heap == limit && setting.language != Language::Go) => {
            HeapVerdict::ReachesLimit
        }
        // Go's limit counts everything that its runtime holds, not the heap alone: only mappings and C memory come on top.
        (Some(heap), Some(limit)) => {
            let room = if setting.language == Language::Go { 0.97 } else { LITTLE_ROOM };
            let is_tight = heap.ratio_of(limit).is_some_and(|ratio| ratio > room);
            if is_tight { HeapVerdict::LittleRoom } else { HeapVerdict::Fits }
        }
    };
    HeapJudgement { setting, heap, limit, verdict }
}

/// The last `-Xmx` or `-XX:MaxHeapSize=`, else the last `-XX:MaxRAMPercentage=`: a fixed size wins over a share.
fn jvm(words: &mut dyn Iterator<Item = &str>) -> Option<(String, HeapSize)> {
    let (mut fixed, mut share) = (None, None);
    for word in words {
        let word = word.trim_matches(['"', '\'']);
        if let Some(amount) = word.strip_prefix("-Xmx").or_else(|| word.strip_prefix("-XX:MaxHeapSize=")) {
            fixed = jvm_bytes(amount).map(|bytes| (word.to_owned(), HeapSize::Bytes(bytes))).or(fixed);
        }
        if let Some(percent) = word.strip_prefix("-XX:MaxRAMPercentage=") {
            share = percentage(percent).map(|ratio| (word.to_owned(), HeapSize::Ratio(ratio))).or(share);
        }
    }
    fixed.or(share)
}

fn node(words: &mut dyn Iterator<Item = &str>) -> Option<(String, HeapSize)> {
    let mut found = None;
    let mut words = words.map(|word| word.trim_matches(['"', '\''])).peekable();
    while let Some(word) = words.next() {
        let spelled = word.replace('_', "-");
        if let Some(percent) = spelled.strip_prefix("--max-old-space-size-percentage=") {
            found = percentage(percent).map(|ratio| (word.to_owned(), HeapSize::Ratio(ratio))).or(found);
            continue;
        }
        let (text, amount) = match spelled.strip_prefix("--max-old-space-size=") {
            Some(amount) => (word.to_owned(), amount.to_owned()),
            None if spelled == "--max-old-space-size" => {
                let Some(amount) = words.peek() else { break };
                (format!("{word} {amount}"), (*amount).to_owned())
            }
            None => continue,
        };
        found = amount.parse().ok().map(|mib| (text, HeapSize::Bytes(Bytes::from_mib(mib)))).or(found);
    }
    found
}

fn go(words: &mut dyn Iterator<Item = &str>) -> Option<(String, HeapSize)> {
    let word = words.next()?;
    let (number, shift) = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10), ("B", 0)]
        .iter()
        .find_map(|(unit, shift)| Some((word.strip_suffix(unit)?, *shift)))
        .unwrap_or((word, 0));
    let bytes = number.parse::<u64>().ok()?.checked_mul(1 << shift)?;
    Some((format!("GOMEMLIMIT={word}"), HeapSize::Bytes(Bytes(bytes))))
}

fn jvm_bytes(text: &str) -> Option<Bytes> {
    let (number, shift) = match text.char_indices().last()? {
        (at, 'k' | 'K') => (text.get(..at)?, 10),
        (at, 'm' | 'M') => (text.get(..at)?, 20),
        (at, 'g' | 'G') => (text.get(..at)?, 30),
        (at, 't' | 'T') => (text.get(..at)?, 40),
        (_, _) => (text, 0),
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift).map(Bytes)
}

fn percentage(text: &str) -> Option<f64> {
    let percent: f64 = text.trim_end_matches('%').parse().ok()?;
    (percent > 0.0 && percent <= 100.0).then_some(percent / 100.0)
}
