//! A plan for people: each step with its reason, the value now and the value wanted, its undo and its check.

mod change;
mod difference;

use crate::text::{Line, Tone, wrapped};
use crate::units;
use change::{Told, told};
use model::plan::{Change, FileContent, Plan, Refusal, Step};

/// What stands before the words of a step.
const INDENT: &str = "    ";

/// The screen of a plan; `next` is the command that runs it.
#[must_use]
pub fn screen(plan: &Plan, next: &str, width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    if !plan.refusals.is_empty() {
        refusals(&plan.refusals, width, &mut lines);
        return lines;
    }
    if plan.steps.is_empty() {
        lines.push(Line::of(Tone::Good, "This machine is as wanted: there is nothing to do."));
        remarks(&plan.remarks, width, &mut lines);
        return lines;
    }
    let steps = units::count(plan.steps.len() as u64, "step");
    lines.push(Line::of(
        Tone::Strong,
        format!("{steps} to the swap that is wanted. Nothing has been changed yet."),
    ));
    for (number, step) in plan.steps.iter().enumerate() {
        lines.push(Line::empty());
        self::step(number + 1, step, width, &mut lines);
    }
    remarks(&plan.remarks, width, &mut lines);
    lines.push(Line::empty());
    lines.push(Line::plain("Next: ").and(Tone::Strong, next));
    lines
}

fn refusals(refusals: &[Refusal], width: usize, lines: &mut Vec<Line>) {
    let count = units::count(refusals.len() as u64, "reason");
    lines.push(Line::of(Tone::Critical, format!("No plan, for {count}. Nothing has been changed.")));
    for Refusal { why, remedy } in refusals {
        lines.push(Line::empty());
        paragraph("  ", "  ", why, Tone::Plain, width, lines);
        paragraph("  Do: ", "      ", remedy, Tone::Plain, width, lines);
    }
}

fn remarks(remarks: &[String], width: usize, lines: &mut Vec<Line>) {
    if remarks.is_empty() {
        return;
    }
    lines.push(Line::empty());
    lines.push(Line::of(Tone::Strong, "Worth knowing:"));
    for remark in remarks {
        paragraph("  - ", "    ", remark, Tone::Plain, width, lines);
    }
}

fn step(number: usize, step: &Step, width: usize, lines: &mut Vec<Line>) {
    let Step { name, why, change } = step;
    lines.push(Line::plain(format!("{number:>2}. ")).and(Tone::Strong, name));
    paragraph(INDENT, INDENT, why, Tone::Quiet, width, lines);
    let Told { what, undo, check } = told(change);
    lines.push(Line::plain(format!("{INDENT}{what}")));
    if let Change::File { path: _, now, wanted } = change {
        file(now.as_ref(), wanted.as_ref(), lines);
    }
    paragraph("    Undo:  ", "           ", &undo, Tone::Quiet, width, lines);
    paragraph("    Check: ", "           ", &check, Tone::Quiet, width, lines);
}

/// What becomes of a file's lines.
fn file(now: Option<&FileContent>, wanted: Option<&FileContent>, lines: &mut Vec<Line>) {
    let text =
        |content: Option<&FileContent>| content.map_or_else(String::new, |content| content.text.clone());
    for line in difference::lines(&text(now), &text(wanted)) {
        let (sign, tone, words) = match line {
            difference::Shown::Kept(words) => (' ', Tone::Quiet, words),
            difference::Shown::Out(words) => ('-', Tone::Critical, words),
            difference::Shown::In(words) => ('+', Tone::Good, words),
            difference::Shown::Left => (' ', Tone::Quiet, "…".to_owned()),
        };
        lines.push(Line::plain("      ").and(tone, format!("{sign} {words}")));
    }
}

fn paragraph(first: &str, rest: &str, text: &str, tone: Tone, width: usize, lines: &mut Vec<Line>) {
    let room = width.saturating_sub(first.len()).max(20);
    for (number, words) in wrapped(text, room).iter().enumerate() {
        lines.push(Line::plain(if number == 0 { first } else { rest }).and(tone, words));
    }
}

#[cfg(test)]
mod tests {
    use super::screen;
    use crate::text::Line;
    use kernel::bytes::Bytes;
    use model::plan::{
        Allocation, Change, Discard, FileContent, Plan, Refusal, Signature, Step, SwapFile, SwapUse,
        SwitchedBy, UnitAction, ZramSetup,
    };

    fn step(name: &str, change: Change) -> Step {
        Step { name: name.to_owned(), why: "Somebody must.".to_owned(), change }
    }

    fn text(plan: &Plan) -> String {
        let lines = screen(plan, "highwater node apply --swap 8Gi", 80);
        lines.iter().map(Line::to_plain).collect::<Vec<_>>().join("\n")
    }

    fn screen_of(steps: Vec<Step>) -> String {
        let remark = "something that is longer than a line of eighty characters can be, so that it is broken";
        text(&Plan { steps, refusals: Vec::new(), remarks: vec![remark.to_owned()] })
    }

    #[test]
    fn steps_of_files_show_the_lines_that_change() {
        let content = |text: &str| Some(FileContent { text: text.to_owned(), mode: 0o644 });
        let file = |path: &str, now, wanted| Change::File { path: path.to_owned(), now, wanted };
        let long: String = (1..20).map(|number| format!("line {number}\n")).collect();
        let other = long.replace("line 9\n", "other\n");
        let link = Change::Link { path: "/etc/l".to_owned(), now: None, wanted: Some("/etc/a".to_owned()) };
        insta::assert_snapshot!(screen_of(vec![
            step("new", file("/etc/a", None, content("x\ny\n"))),
            step("changed", file("/etc/b", content(&long), content(&other))),
            step("gone", file("/etc/c", content("z\n"), None)),
            step("link", link),
        ]));
    }

    #[test]
    fn every_other_step_tells_now_wanted_undo_and_check() {
        let path = || "/swapfile".to_owned();
        let file = |size: u64, allocation| Some(SwapFile { size: Bytes(size << 30), allocation });
        let made = Change::SwapFile { path: path(), now: None, wanted: file(8, Allocation::Reserved) };
        let larger = Change::SwapFile {
            path: path(),
            now: file(2, Allocation::Written),
            wanted: file(8, Allocation::Written),
        };
        let sign = Change::Signature {
            device: "/dev/sdb".to_owned(),
            now: Signature::None,
            wanted: Signature::Swap,
        };
        let setup = ZramSetup { size: Bytes(4 << 30), algorithm: Some("zstd".to_owned()) };
        let zram = Change::Zram { device: "zram0".to_owned(), now: None, wanted: Some(setup) };
        let usage = |priority, discard| Some(SwapUse { priority, discard });
        let off = Change::Swap {
            path: path(),
            now: usage(None, Discard::Never),
            wanted: None,
            by: SwitchedBy::Call,
        };
        let on = Change::Swap {
            path: path(),
            now: None,
            wanted: usage(Some(7), Discard::Once),
            by: SwitchedBy::Unit("swapfile.swap".to_owned()),
        };
        let value = Change::Value {
            path: "/proc/sys/vm/swappiness".to_owned(),
            now: "60".to_owned(),
            wanted: "100".to_owned(),
        };
        let unit = Change::Unit { unit: "kubelet.service".to_owned(), action: UnitAction::Restart };
        let changes = [made, larger, sign, zram, off, on, value, unit, Change::Reload];
        insta::assert_snapshot!(screen_of(changes.into_iter().map(|change| step("step", change)).collect()));
    }

    #[test]
    fn a_machine_that_is_right_has_no_next_command() {
        insta::assert_snapshot!(text(&Plan::default()), @"This machine is as wanted: there is nothing to do.");
    }

    #[test]
    fn a_refusal_shows_no_steps() {
        let refusal =
            Refusal { why: "/dev/sda1 is mounted at / (ext4)".to_owned(), remedy: "name another".to_owned() };
        let plan = Plan {
            steps: vec![step("reload", Change::Reload)],
            refusals: vec![refusal],
            remarks: Vec::new(),
        };
        insta::assert_snapshot!(text(&plan));
    }
}
