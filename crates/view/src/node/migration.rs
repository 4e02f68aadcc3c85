//! The way from cgroup v1 to v2, step by step.

use super::{entry_in, title};
use crate::text::{Line, Tone};
use model::node_check::{MigrationState, NodeCheck};

/// The block; nothing on v2.
pub fn migration(check: &NodeCheck, width: usize) -> Vec<Line> {
    if check.migration.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![title("Migration to cgroup v2")];
    for step in &check.migration {
        let (tone, name, text) = match step.state {
            MigrationState::Done => (Tone::Quiet, "done", format!("{} ({})", step.what, step.seen)),
            MigrationState::Open => {
                (Tone::Plain, "to do", format!("{}: {} ({})", step.what, step.how, step.seen))
            }
            MigrationState::Unknown => {
                (Tone::Plain, "to look at", format!("{}: {} ({})", step.what, step.how, step.seen))
            }
        };
        lines.extend(entry_in(tone, name, &text, width));
    }
    lines
}
