//! What a policy says of a container, in sentences.

use crate::text::{Line, Tone, escaped, wrapped};
use crate::units::{bytes, percent};
use kernel::hierarchy::CgroupVersion;
use kernel::limit::Limit;
use model::policy::{
    AssignedBy, HeldMemory, MemoryPolicy, PolicyAssignment, PolicyVerdict, SwapWish, Treatment, WantedAmount,
};
use model::reading::Reading;

/// The verdict on one screen.
#[must_use]
pub fn verdict(policy: &MemoryPolicy, verdict: &PolicyVerdict, width: usize) -> Vec<Line> {
    let PolicyAssignment { class, environment, .. } = verdict.assignment;
    let mut lines = vec![
        Line::of(Tone::Strong, &verdict.name)
            .and(Tone::Plain, format!(": {} in {}", class.name(), environment.name()))
            .and(Tone::Quiet, format!(", by the policy {}", policy.name)),
    ];
    for sentence in sentences(policy, verdict) {
        let pieces = wrapped(&escaped(&sentence), width.saturating_sub(4).max(20));
        lines.extend(pieces.into_iter().enumerate().map(|(number, piece)| {
            Line::of(Tone::Quiet, if number == 0 { "  - " } else { "    " }).and(Tone::Plain, piece)
        }));
    }
    lines
}

/// The verdict in sentences: who said so, what is wanted, why, what holds now.
#[must_use]
pub fn sentences(policy: &MemoryPolicy, verdict: &PolicyVerdict) -> Vec<String> {
    let PolicyAssignment { class, class_by, environment, environment_by } = verdict.assignment;
    let treatment = policy.treatment(class, environment);
    let mut sentences = vec![
        format!("Class {}: {}.", class.name(), by(policy, class_by)),
        format!("Environment {}: {}.", environment.name(), by(policy, environment_by)),
        format!("Swap: {}.", swap(treatment.swap, &verdict.wanted.swap)),
    ];
    let request = if verdict.facts.request.is_some() { "request" } else { "limit, as no request is known" };
    let shares = [
        ("Throttled", "memory.high", treatment.high_ratio, "limit", &verdict.wanted.high),
        ("Protected", "memory.low", treatment.low_ratio, request, &verdict.wanted.low),
        ("Protected always", "memory.min", treatment.min_ratio, request, &verdict.wanted.min),
    ];
    for (word, file, ratio, of, wanted) in shares {
        if let Some(ratio) = ratio {
            let amount = amount(wanted);
            sentences.push(format!("{word}: {file} at {} of its {of}, {amount}.", percent(ratio)));
        }
    }
    sentences.extend(swappiness(treatment, verdict.held.as_ref()));
    sentences.push(format!("Why: {}", treatment.reason));
    match &verdict.held {
        Some(held) => sentences.extend(differences(verdict, held)),
        None => sentences.push(
            "It is only declared here; what the kubelet or Docker will make of it: highwater explain."
                .to_owned(),
        ),
    }
    sentences
}

fn by(policy: &MemoryPolicy, by: AssignedBy) -> String {
    match by {
        AssignedBy::Default => "no rule is about it and gives one, so the policy's default".to_owned(),
        AssignedBy::Asked => "the command line says so".to_owned(),
        AssignedBy::Rule(number) => {
            let rule = policy.rules.get(number);
            let name = rule.and_then(|rule| rule.name.as_ref()).map(|name| format!(", {name}"));
            let selector = rule.map(|rule| about(&rule.selector)).unwrap_or_default();
            format!("rule {}{} ({selector})", number + 1, name.unwrap_or_default())
        }
    }
}

fn about(selector: &model::policy::Selector) -> String {
    let labels: Vec<String> = selector.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let kinds = [
        ("label", &labels),
        ("namespace", &selector.namespaces),
        ("image", &selector.images),
        ("name", &selector.names),
    ];
    let said = kinds.into_iter().filter(|(_, patterns)| !patterns.is_empty());
    let words: Vec<String> = said
        .map(|(kind, patterns)| match patterns.as_slice() {
            [one, two, three, _, rest @ ..] => {
                format!("{kind} {one}, {two}, {three} or one of {} more", rest.len() + 1)
            }
            [..] => format!("{kind} {}", patterns.join(" or ")),
        })
        .collect();
    if words.is_empty() { "about everybody".to_owned() } else { words.join(", ") }
}

fn swap(wish: SwapWish, wanted: &WantedAmount) -> String {
    match wish {
        SwapWish::None => "none".to_owned(),
        SwapWish::Proportional => {
            format!("its request's share of the node's swap, as LimitedSwap computes it, {}", amount(wanted))
        }
        SwapWish::RatioOfMemory(ratio) => format!("{ratio} times its memory limit, {}", amount(wanted)),
        SwapWish::Fixed(fixed) => bytes(fixed),
        SwapWish::Unlimited { node_free_ratio_min } => {
            format!("no limit, while {} of the node's swap stays free", percent(node_free_ratio_min))
        }
    }
}

fn amount(wanted: &WantedAmount) -> String {
    match wanted {
        WantedAmount::At(amount) => bytes(*amount),
        WantedAmount::Unlimited => "no limit".to_owned(),
        WantedAmount::Unset => "nothing".to_owned(),
        WantedAmount::Needs(what) => format!("which cannot be computed without {what}"),
    }
}

fn swappiness(treatment: &Treatment, held: Option<&HeldMemory>) -> Option<String> {
    let wanted = treatment.swappiness?;
    Some(match held.map(|held| held.cgroup) {
        Some(CgroupVersion::V1) => format!("Swappiness: {wanted}."),
        Some(CgroupVersion::V2) => format!(
            "Swappiness: {wanted} is wanted on cgroup v1 and impossible here: cgroup v2 has none for a container, only \
             vm.swappiness for the whole machine."
        ),
        None => format!("Swappiness: {wanted}, on cgroup v1 alone; cgroup v2 has none for a container."),
    })
}

fn differences(verdict: &PolicyVerdict, held: &HeldMemory) -> Vec<String> {
    let wanted = &verdict.wanted;
    let pairs = [
        ("swap", &wanted.swap, &held.swap),
        ("memory.high", &wanted.high, &held.high),
        ("memory.low", &wanted.low, &held.low),
        ("memory.min", &wanted.min, &held.min),
    ];
    let mut sentences: Vec<String> =
        pairs.into_iter().filter_map(|(name, wanted, held)| difference(name, wanted, held)).collect();
    if let (Some(wanted), Reading::Value(held)) = (wanted.swappiness, &held.swappiness)
        && wanted != *held
    {
        sentences.push(format!("Now: memory.swappiness is {held}, not {wanted}."));
    }
    if sentences.is_empty() {
        sentences.push("Now: it is as the policy wants, as far as that can be known.".to_owned());
    }
    sentences
}

fn difference(name: &str, wanted: &WantedAmount, held: &Reading<Limit>) -> Option<String> {
    let wanted = match wanted {
        WantedAmount::At(amount) => Limit::At(*amount),
        WantedAmount::Unlimited => Limit::Unlimited,
        WantedAmount::Unset | WantedAmount::Needs(_) => return None,
    };
    let words = |limit: Limit| match limit {
        Limit::At(amount) => bytes(amount),
        Limit::Unlimited => "unlimited".to_owned(),
    };
    match held {
        Reading::Value(held) if *held == wanted => None,
        Reading::Value(held) => Some(format!("Now: {name} is {}, not {}.", words(*held), words(wanted))),
        Reading::Absent => Some(format!("Now: this kernel or cgroup version has no {name} for a container.")),
        Reading::Failed(why) => Some(format!("Now: {name} could not be read: {why}.")),
    }
}
