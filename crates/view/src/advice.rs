//! What workloads should be given: as a table, as commands and files, and explained with a chart.

pub mod because;
pub mod compose;
pub mod docker;
pub mod explain;
pub mod kubernetes;
pub mod nodes;

use crate::table::{Align, Cell, Heading, lay_out};
use crate::text::{Line, Tone, wrapped};
use crate::units::{ABSENT, bytes, count};
use kernel::bytes::Bytes;
use model::policy::AssignedBy;
use model::recommendation::{Advice, AdvisedWorkload, AskedOfNodes, Because};

/// Of many only some are named.
const LEAKS_NAMED_MAX: usize = 3;

/// What is said beside the workloads.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// The flags that say what was read, for the next command.
    pub flags: &'a str,
    /// The other flags on which the advice rests, each behind a blank.
    pub more: &'a str,
    /// The form in which it can be done there.
    pub form: &'a str,
    /// What the source never tells.
    pub untold: Option<&'a str>,
    /// What is asked of the nodes, where they were described.
    pub nodes: Option<&'a AskedOfNodes>,
}

/// The table, the sum, and what to do next.
#[must_use]
pub fn table(workloads: &[AdvisedWorkload], beside: &Beside, width: usize) -> Vec<Line> {
    let Beside { flags, more, form, .. } = beside;
    let right = |title| Heading { title, align: Align::Right };
    let left = |title| Heading { title, align: Align::Left };
    let headings = [
        left("WORKLOAD"),
        left("CLASS"),
        right("NOW"),
        right("MEMORY"),
        right("SWAP"),
        right("REQUEST"),
        left("SURE"),
    ];
    let rows: Vec<Vec<Cell>> = workloads.iter().map(row).collect();
    let mut lines = lay_out(&headings, &rows, width);
    lines.push(Line::empty());
    let said = beside.nodes.map(nodes::sentences).into_iter().flatten();
    let said = said.chain(beside.untold.map(str::to_owned));
    let leaks = leaks(workloads);
    let leaks_command = leaks
        .as_ref()
        .map(|_| Line::of(Tone::Quiet, format!("How fast, and since when: highwater leaks {flags}")));
    for sentence in sentences(workloads).into_iter().chain(leaks).chain(said) {
        lines.extend(wrapped(&sentence, width.max(20)).into_iter().map(Line::plain));
    }
    let example = workloads.iter().find(|workload| workload.recommendation().is_some());
    if let Some(example) = example {
        let name = docker::quoted(&example.name);
        lines.push(Line::of(Tone::Quiet, format!("Why: highwater advise {flags}{more} --explain {name}")));
        let commands = format!("Commands with their undo: highwater advise {flags}{more} --as {form}");
        lines.push(Line::of(Tone::Quiet, commands));
    }
    lines.extend(leaks_command);
    lines.push(Line::of(Tone::Quiet, format!("How such advice would have done: highwater replay {flags}")));
    lines
}

fn row(workload: &AdvisedWorkload) -> Vec<Cell> {
    let cell = |tone, text: String| Cell { tone, text };
    let plain = |text: String| cell(Tone::Plain, text);
    let replicas = workload.replicas.len();
    let name = if replicas > 1 { format!("{} ×{replicas}", workload.name) } else { workload.name.clone() };
    let now = workload
        .today
        .map_or_else(|| ABSENT.to_owned(), |today| today.memory.map_or_else(|| "none".to_owned(), bytes));
    let mut cells = vec![cell(Tone::Strong, name), plain(class(workload)), plain(now)];
    match &workload.advice {
        Advice::Recommended(advised) => cells.extend([
            plain(bytes(advised.memory)),
            plain(if advised.swap == Bytes::ZERO { "none".to_owned() } else { bytes(advised.swap) }),
            plain(bytes(advised.request)),
            plain(advised.confidence.name().to_owned()),
        ]),
        Advice::NotEnough(missing) => {
            cells.extend(std::iter::repeat_n(plain(ABSENT.to_owned()), 3));
            let words = missing.first().map_or_else(String::new, because::missing);
            cells.push(cell(Tone::Warning, words));
        }
    }
    cells
}

/// With a mark when it is assumed.
fn class(workload: &AdvisedWorkload) -> String {
    let name = workload.assignment.class.name();
    match workload.assignment.class_by {
        AssignedBy::Default => format!("{name}?"),
        AssignedBy::Rule(_) | AssignedBy::Asked => name.to_owned(),
    }
}

/// Which of them leak for sure: a table of limits alone would look as if those were enough.
fn leaks(workloads: &[AdvisedWorkload]) -> Option<String> {
    let leaks = |workload: &&AdvisedWorkload| {
        let because = workload.recommendation().map_or(&[][..], |advised| &advised.because);
        because.iter().any(|reason| matches!(reason, Because::Leak { is_confirmed: true, .. }))
    };
    let names: Vec<&str> = workloads.iter().filter(leaks).map(|workload| workload.name.as_str()).collect();
    let some = names.get(..names.len().min(LEAKS_NAMED_MAX)).unwrap_or_default().join(", ");
    let who = match names.len() {
        0 => return None,
        1 => format!("{some} leaks"),
        count if count > LEAKS_NAMED_MAX => format!("{some} and {} more leak", count - LEAKS_NAMED_MAX),
        _ => format!("{some} leak"),
    };
    Some(format!("{who}: no limit mends that, it only sets when the kill comes."))
}

fn sentences(workloads: &[AdvisedWorkload]) -> Vec<String> {
    let advised: Vec<_> = workloads
        .iter()
        .filter_map(|workload| Some((workload, workload.recommendation()?, workload.replicas.len() as u64)))
        .collect();
    let mut sentences = Vec::new();
    let sum = |amount: fn(&model::recommendation::Recommendation) -> Bytes| {
        advised.iter().map(|(_, one, replicas)| Bytes(amount(one).0.saturating_mul(*replicas))).sum::<Bytes>()
    };
    sentences.push(format!(
        "{} advised: {} of memory and {} of swap for all replicas.",
        count(advised.len() as u64, "workload"),
        bytes(sum(|one| one.memory)),
        bytes(sum(|one| one.swap))
    ));
    let known: Vec<_> = advised
        .iter()
        .filter_map(|(workload, one, replicas)| Some((workload.today?.memory?, one.memory, *replicas)))
        .collect();
    if !known.is_empty() {
        let now =
            known.iter().map(|(now, _, replicas)| Bytes(now.0.saturating_mul(*replicas))).sum::<Bytes>();
        let then =
            known.iter().map(|(_, then, replicas)| Bytes(then.0.saturating_mul(*replicas))).sum::<Bytes>();
        sentences.push(format!(
            "Of those {} whose limit is known: {} now, {} as advised.",
            known.len(),
            bytes(now),
            bytes(then)
        ));
    }
    let thin = workloads.len() - advised.len();
    if thin > 0 {
        sentences
            .push(format!("{} without advice: the last column says why.", count(thin as u64, "workload")));
    }
    let assumed = |workload: &&AdvisedWorkload| workload.assignment.class_by == AssignedBy::Default;
    if let Some(class) = workloads.iter().find(assumed).map(class) {
        sentences.push(format!(
            "{class}: assumed, as no rule of the policy knows the name; --class CLASS sets it, a rule of --policy FILE keeps it."
        ));
    }
    let notes = workloads
        .iter()
        .flat_map(|workload| workload.heap.iter().map(move |note| format!("{}: {note}.", workload.name)));
    sentences.extend(notes);
    sentences
}
