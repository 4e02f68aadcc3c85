//! What becomes of the containers of a manifest, on one screen: first what a developer asks, then why, then the files.

pub mod assumed;
pub mod container;
mod ends;
mod files;
mod heaps;
pub mod protection;
pub mod qos;
pub mod rule;
pub mod run;
pub mod swap;

use crate::outcome::container::{headline, names};
use crate::table::{Align, Cell, Heading, lay_out};
use crate::text::{Line, Tone, wrapped};
use crate::units;
use model::outcome::ContainerOutcome;
use model::outcome::node::NodeSetup;
use model::outcome::swap::SwapAllowance;

/// The label's column.
const LABEL: usize = 8;

/// From this many containers on there is an overview first.
const OVERVIEW_MIN: usize = 3;

/// The whole screen.
#[must_use]
pub fn screen(outcomes: &[ContainerOutcome], node: &NodeSetup, width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    if outcomes.len() >= OVERVIEW_MIN {
        lines.extend(overview(outcomes, width));
        lines.push(Line::empty());
    }
    let first = outcomes.first().map(|outcome| outcome.file.as_str());
    let are_of_one_file = outcomes.iter().all(|outcome| Some(outcome.file.as_str()) == first);
    for outcome in outcomes {
        let file = if are_of_one_file { String::new() } else { format!("{}, ", outcome.file) };
        let place = format!("  {}, {file}line {}", container::place(outcome), outcome.line);
        lines.push(Line::of(Tone::Strong, &outcome.container).and(Tone::Quiet, place));
        lines.extend(details(outcome, node, width));
        lines.push(Line::empty());
    }
    lines.extend(assumed::lines(node, width));
    lines
}

/// One line for each container.
fn overview(outcomes: &[ContainerOutcome], width: usize) -> Vec<Line> {
    let left = |title| Heading { title, align: Align::Left };
    let right = |title| Heading { title, align: Align::Right };
    let mut headings =
        vec![left("CONTAINER"), left("QOS"), right("REQUEST"), right("LIMIT"), right("SWAP"), left("WHY")];
    let is_live = outcomes.iter().any(|outcome| !outcome.ends.is_empty());
    if is_live {
        headings.push(left("ENDED"));
    }
    let cell = |text: String, tone| Cell { text, tone };
    let rows: Vec<Vec<Cell>> = outcomes
        .iter()
        .map(|outcome| {
            let memory = outcome.memory.value();
            let amount = |amount: Option<kernel::bytes::Bytes>| match (memory, amount) {
                (None, _) => units::ABSENT.to_owned(),
                (Some(_), None) => "none".to_owned(),
                (Some(_), Some(amount)) => units::bytes(amount),
            };
            let decision = outcome.swap.value();
            let swap = decision.map_or_else(|| units::ABSENT.to_owned(), |swap| amount_of(swap.allowance));
            let why = decision.map_or("", |decision| swap::short(&decision.reason));
            let mut row = vec![
                cell(format!("{} {}", names(outcome), outcome.container), Tone::Strong),
                cell(
                    outcome.qos.value().map_or(units::ABSENT, |qos| qos::class(qos.class)).to_owned(),
                    Tone::Plain,
                ),
                cell(amount(memory.and_then(|memory| memory.request)), Tone::Plain),
                cell(amount(memory.and_then(|memory| memory.limit.or(memory.inherited_limit))), Tone::Plain),
                cell(swap, Tone::Strong),
                cell(why.to_owned(), Tone::Quiet),
            ];
            if is_live {
                row.push(ends::cell(&outcome.ends));
            }
            row
        })
        .collect();
    lay_out(&headings, &rows, width)
}

fn amount_of(allowance: SwapAllowance) -> String {
    match allowance {
        SwapAllowance::At { held, .. } => units::bytes(held),
        SwapAllowance::Unlimited => "no limit".to_owned(),
        SwapAllowance::TogetherAtMemoryLimit(_) => "0 B".to_owned(),
        SwapAllowance::Unknown(_) => units::ABSENT.to_owned(),
    }
}

fn details(outcome: &ContainerOutcome, node: &NodeSetup, width: usize) -> Vec<Line> {
    let headline = headline(outcome);
    let sentence = broken(&headline.text, width, 2).into_iter();
    let mut lines: Vec<Line> =
        sentence.map(|line| Line::of(Tone::Plain, "  ").and(headline.tone, line)).collect();
    for end in &outcome.ends {
        lines.extend(labelled("ended", &ends::sentence(end), width));
    }
    if let Some(restarts) = outcome.restarts.filter(|restarts| *restarts > 0) {
        let sentence = format!("{} so far.", units::count(restarts, "restart"));
        lines.extend(labelled("", &sentence, width));
    }
    lines.extend(labelled("swap", &swap::sentence(outcome, node), width));
    lines.extend(labelled("qos", &qos::sentence(&outcome.qos), width));
    for heap in &outcome.heaps {
        lines.extend(labelled("heap", &heaps::sentence(heap), width));
    }
    if outcome.resize_pending {
        let sentence = "A resize is pending or was refused: the cluster holds other resources than the specification asks for, and these are told here.";
        lines.extend(labelled("resize", sentence, width));
    }
    lines.extend(files::lines(outcome, node));
    lines
}

/// The same in sentences, for JSON.
#[must_use]
pub fn sentences(outcome: &ContainerOutcome, node: &NodeSetup) -> Vec<String> {
    let mut sentences =
        vec![headline(outcome).text, swap::sentence(outcome, node), qos::sentence(&outcome.qos)];
    sentences.extend(outcome.heaps.iter().map(heaps::sentence));
    sentences.extend(outcome.ends.iter().map(ends::sentence));
    sentences
}

/// A label and its text, broken into lines that start below each other.
fn labelled(label: &str, text: &str, width: usize) -> Vec<Line> {
    let lines = broken(text, width, LABEL + 2).into_iter().enumerate();
    lines
        .map(|(at, line)| {
            let label = if at == 0 { label } else { "" };
            Line::of(Tone::Quiet, format!("  {label:<LABEL$}")).and(Tone::Plain, line)
        })
        .collect()
}

/// A text broken into lines for what is left beside the indent. A number stays with its unit.
pub(crate) fn broken(text: &str, width: usize, indent: usize) -> Vec<String> {
    const GLUE: char = '\u{a0}';
    let mut glued = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let is_behind_number = glued.ends_with(|last: char| last.is_ascii_digit());
        let is_before_unit =
            ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"].iter().any(|unit| is_word(text, at + 1, unit));
        let is_glue = character == ' ' && is_behind_number && is_before_unit;
        glued.push(if is_glue { GLUE } else { character });
    }
    let lines = wrapped(&glued, width.saturating_sub(indent).max(20));
    lines.into_iter().map(|line| line.replace(GLUE, " ")).collect()
}

fn is_word(text: &str, at: usize, word: &str) -> bool {
    text.get(at..)
        .and_then(|rest| rest.strip_prefix(word))
        .is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::broken;

    #[test]
    fn a_number_stays_with_its_unit() {
        assert_eq!(broken("it may take up to 16 GiB of it", 24, 2), ["it may take up to", "16 GiB of it"]);
        assert_eq!(broken("there are 12 GiBs of it 12 Bad", 24, 2), ["there are 12 GiBs of", "it 12 Bad"]);
    }
}
