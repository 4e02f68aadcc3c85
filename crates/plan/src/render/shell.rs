//! One script that applies, checks and takes back, for machines that nobody's tool looks after.

use crate::render::{RenderNode, Rendered, node_files, systemd};
use model::node_swap::NodeSwap;

const HEAD: &str = include_str!("shell/head.sh");
const TAIL: &str = include_str!("shell/tail.sh");

/// The script.
#[must_use]
pub fn render(wanted: &NodeSwap, node: RenderNode) -> Rendered {
    let mut text = HEAD.to_owned();
    text.push_str("\n# Each file of this wish, given to a function on standard input.\nfiles() {\n");
    for file in systemd::files(wanted, node) {
        text.push_str(&format!(
            "    \"$1\" {} {} <<'END_OF_FILE' || status=1\n{}END_OF_FILE\n",
            file.path, file.mode, file.text
        ));
    }
    text.push_str("}\n");
    let sysctls: Vec<&str> = node_files::sysctls(wanted).iter().map(|(key, _)| *key).collect();
    text.push_str(&format!("\nsysctls='{}'\n", sysctls.join(" ")));
    text.push_str(TAIL);
    let mut remarks = systemd::remarks(wanted, node);
    remarks
        .push("Run it as root: `sh swap.sh apply`, then `check`; `undo` takes everything back.".to_owned());
    Rendered { text: Some(text), remarks }
}
