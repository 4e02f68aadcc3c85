//! The screen of `highwater node check`: the machine in a few blocks, then what is wrong and what to do.

mod findings;
mod kubelet;
mod machine;
mod migration;

use crate::outcome::broken;
use crate::text::{Line, Tone};
use model::node::Node;
use model::node_check::NodeCheck;

/// How far the words of a block stand from the left.
const INDENT: usize = 2;

/// How wide the names of a block are.
const NAME: usize = 18;

/// The whole screen.
#[must_use]
pub fn screen(node: &Node, check: &NodeCheck, width: usize) -> Vec<Line> {
    let mut lines = machine::heading(node, width);
    for block in [
        machine::swap(node, width),
        machine::reclaim(node, check, width),
        kubelet::kubelet(node, check, width),
        machine::around(node, width),
        machine::kernel(node, width),
        migration::migration(check, width),
        findings::findings(check, width),
    ] {
        if !block.is_empty() {
            lines.push(Line::empty());
            lines.extend(block);
        }
    }
    lines
}

/// A name and what belongs to it, in as many lines as it takes.
fn entry(name: &str, text: &str, width: usize) -> Vec<Line> {
    entry_in(Tone::Plain, name, text, width)
}

/// The same in a tone.
fn entry_in(tone: Tone, name: &str, text: &str, width: usize) -> Vec<Line> {
    let mut first = Some(name);
    let lines = broken(text, width, INDENT + NAME + 1);
    let line = |words: String| {
        let name = first.take().unwrap_or_default();
        Line::of(Tone::Quiet, format!("{:INDENT$}{name:<NAME$} ", "")).and(tone, words)
    };
    lines.into_iter().map(line).collect()
}

/// A block's title.
fn title(text: &str) -> Line {
    Line::of(Tone::Strong, text)
}
