//! A run of a plan, its undo and its check, in words.

use crate::text::{Line, Tone};
use crate::units::{bytes, count, duration};
use kernel::bytes::Bytes;
use model::node_run::{Difference, Ending, KeptStep, NodeRun, Shows, StopKind, StoppedAt, Verb};
use model::plan::Plan;
use std::time::Duration;

/// A plan before it is run.
#[must_use]
pub fn plan(plan: &Plan) -> Vec<Line> {
    let mut lines = Vec::new();
    let width = plan.steps.iter().map(|step| step.name.len()).max().unwrap_or_default();
    for (number, step) in plan.steps.iter().enumerate() {
        lines.push(
            Line::of(Tone::Quiet, format!("{:>3}  ", number + 1))
                .and(Tone::Strong, format!("{:width$}", step.name))
                .and(Tone::Plain, format!("  {}", step.why)),
        );
    }
    if plan.steps.is_empty() && plan.refusals.is_empty() {
        lines.push(Line::of(Tone::Good, "This machine is as wanted: there is nothing to do."));
    }
    for refusal in &plan.refusals {
        lines.push(Line::of(Tone::Critical, "refused  ").and(Tone::Plain, &refusal.why));
        lines.push(Line::of(Tone::Quiet, format!("         {}", refusal.remedy)));
    }
    for remark in &plan.remarks {
        lines.push(Line::of(Tone::Quiet, "note     ").and(Tone::Plain, remark));
    }
    lines
}

/// What an undo would take back, in its order.
#[must_use]
pub fn undo_plan(steps: &[(String, String)]) -> Vec<Line> {
    if steps.is_empty() {
        return vec![Line::plain("The journal has nothing to take back.")];
    }
    let width = steps.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let head =
        Line::of(Tone::Strong, "These steps are taken back, in this order; beside each why it was there:");
    let row = |(number, (name, why)): (usize, &(String, String))| {
        Line::of(Tone::Quiet, format!("{:>3}  ", number + 1))
            .and(Tone::Strong, format!("{name:width$}"))
            .and(Tone::Quiet, format!("  {why}"))
    };
    std::iter::once(head).chain(steps.iter().enumerate().map(row)).collect()
}

/// What somebody changed, which stops an undo before its first step.
#[must_use]
pub fn would_stop(step: &str, found: &str, keeping: &str) -> Vec<Line> {
    vec![
        Line::of(Tone::Warning, format!("{step} stops it: ")).and(Tone::Plain, found),
        Line::plain(format!("`{keeping}` would leave it as it is and take back the rest.")),
    ]
}

/// What stays after an undo, or would, and how a person takes it back.
#[must_use]
pub fn staying(kept: &[KeptStep]) -> Vec<Line> {
    if kept.is_empty() {
        return Vec::new();
    }
    let width = kept.iter().map(|kept| kept.step.len()).max().unwrap_or_default();
    let rows = kept.iter().flat_map(|kept| {
        [
            Line::plain("     ")
                .and(Tone::Strong, format!("{:width$}", kept.step))
                .and(Tone::Plain, format!("  {}", kept.why)),
            Line::of(Tone::Quiet, format!("     {:width$}  by hand: {}", "", kept.by_hand)),
        ]
    });
    let head = match kept.len() {
        1 => "1 step stays as it is:".to_owned(),
        many => format!("{} stay as they are:", count(many as u64, "step")),
    };
    std::iter::once(Line::of(Tone::Warning, head)).chain(rows).collect()
}

/// A run that was interrupted, before it goes on.
#[must_use]
pub fn interrupted(left: &[(String, Option<String>)]) -> Vec<Line> {
    let mut lines = vec![Line::of(Tone::Warning, "A run of `node apply` did not come to its end.").and(
        Tone::Plain,
        format!(" {} left; it is finished before anything else:", count(left.len() as u64, "step")),
    )];
    for (name, failure) in left {
        let why = failure.as_ref().map_or_else(String::new, |why| format!("  failed: {why}"));
        lines.push(Line::plain("     ").and(Tone::Strong, name).and(Tone::Plain, why));
    }
    lines
}

/// A step that takes its time.
#[must_use]
pub fn waiting(name: &str, since: Duration, progress: Option<(u64, u64)>) -> String {
    let far = match progress {
        Some((done, total)) if done > 0 => format!(", {} of {}", bytes(Bytes(done)), bytes(Bytes(total))),
        Some(_) | None => String::new(),
    };
    format!("     {name}: {}{far}", duration(since))
}

/// A step that is over.
#[must_use]
pub fn over(number: usize, total: usize, name: &str, ending: Ending) -> Line {
    let (tone, words) = match ending {
        Ending::Done => (Tone::Good, "done"),
        Ending::Found => (Tone::Quiet, "was so already"),
        Ending::Left => (Tone::Quiet, "left to the first boot"),
        Ending::TakenBack => (Tone::Good, "taken back"),
        Ending::WasBack => (Tone::Quiet, "was as before already"),
    };
    Line::of(Tone::Quiet, format!("{number:>3}/{total}  "))
        .and(Tone::Strong, name)
        .and(Tone::Plain, "  ")
        .and(tone, words)
}

/// The last lines of a run: what came of it and what to type next.
#[must_use]
pub fn end(run: &NodeRun) -> Vec<Line> {
    match (&run.stopped, run.verb) {
        (Some(stopped), verb) => stopped_lines(stopped, verb, !run.steps.is_empty(), run.keeping.as_deref()),
        (None, Verb::Apply) if run.steps.is_empty() => Vec::new(),
        (None, Verb::Apply) => {
            let left = run.steps.iter().filter(|step| step.ending == Ending::Left).count();
            let mut lines = vec![Line::of(Tone::Good, "Done. ").and(
                Tone::Plain,
                "`highwater node verify` judges it again, `highwater node undo` takes it back.",
            )];
            if left > 0 {
                lines.push(Line::plain(format!(
                    "{} need a running kernel and are left to the first boot, which the files bring about.",
                    count(left as u64, "step")
                )));
            }
            lines
        }
        (None, Verb::Undo) if !run.kept.is_empty() => {
            let last = "Everything else is as it was. When these are taken back by hand, or are again as `apply` left them, the same undo \
                 ends it; a new `apply` takes them as they are.";
            staying(&run.kept).into_iter().chain([Line::plain(last)]).collect()
        }
        (None, Verb::Undo) if run.steps.is_empty() => {
            vec![Line::plain(format!("{}: there is nothing to take back.", run.journal))]
        }
        (None, Verb::Undo) => vec![Line::of(Tone::Good, "Everything is as it was.")],
    }
}

fn stopped_lines(stopped: &StoppedAt, verb: Verb, has_begun: bool, keeping: Option<&str>) -> Vec<Line> {
    let head = match (&stopped.step, stopped.kind) {
        (Some(step), StopKind::Stale) => format!("Stopped before {step}, which expects something else: "),
        (Some(step), _) => format!("Stopped at {step}: "),
        (None, _) => "Not done: ".to_owned(),
    };
    let mut lines = vec![Line::of(Tone::Critical, head).and(Tone::Plain, &stopped.why)];
    let next = match (stopped.kind, verb, has_begun) {
        (StopKind::Refused, _, false) => return lines,
        (StopKind::Stale, Verb::Apply, false) => {
            "Nothing was changed. `highwater node plan` makes a new plan."
        }
        (_, Verb::Apply, _) => {
            "Nothing after it was touched. `highwater node apply` goes on from there, `highwater node undo` takes back what was done."
        }
        (StopKind::Stale, Verb::Undo, _) => {
            lines.extend(left_alone(has_begun, keeping));
            return lines;
        }
        (_, Verb::Undo, _) => "`highwater node undo` goes on from there.",
    };
    lines.push(Line::plain(next));
    lines
}

/// The ways on from an undo that found a change.
fn left_alone(has_begun: bool, keeping: Option<&str>) -> Vec<Line> {
    let far = if has_begun { "It is left alone." } else { "Nothing was taken back." };
    let mut lines = vec![Line::plain(format!(
        "{far} Put it back as `apply` left it, or as it was before, and run the undo again."
    ))];
    if let Some(command) = keeping {
        lines.push(Line::plain(format!("Or `{command}` leaves it as it is, and takes back the rest.")));
    }
    lines
}

/// A machine that was judged again.
#[must_use]
pub fn verified(found: &[Difference], judged: usize, is_planned: bool) -> Vec<Line> {
    let by = match (judged, is_planned) {
        (0, _) => "a plan made now".to_owned(),
        (steps, false) => format!("the journal's {}", count(steps as u64, "step")),
        (steps, true) => format!("the journal's {} and a plan made now", count(steps as u64, "step")),
    };
    if found.is_empty() {
        return vec![Line::of(Tone::Good, "As wanted").and(Tone::Plain, format!(", judged by {by}."))];
    }
    let width = found.iter().map(|difference| difference.step.len()).max().unwrap_or_default();
    let mut lines: Vec<Line> = found
        .iter()
        .map(|difference| {
            Line::of(Tone::Critical, format!("{:width$}", difference.step))
                .and(Tone::Plain, format!("  {}", shows(difference)))
        })
        .collect();
    let differ = count(found.len() as u64, "difference");
    lines.push(Line::plain(format!(
        "{differ}, judged by {by}. `highwater node apply` with what you want mends it."
    )));
    lines
}

fn shows(difference: &Difference) -> String {
    match &difference.shows {
        Shows::Before => format!("is as before the run again. It was wanted because: {}", difference.why),
        Shows::Other(found) => found.clone(),
        Shows::Unreadable(why) => format!("cannot be read: {why}"),
        Shows::NotTaken => format!("was not done. It is wanted because: {}", difference.why),
        Shows::Planned => format!("would be done now. {}", difference.why),
    }
}

#[cfg(test)]
mod tests {
    use super::{end, over, verified, waiting};
    use model::node_run::{Difference, Ending, KeptStep, NodeRun, Shows, StepRun, StopKind, StoppedAt, Verb};
    use std::time::Duration;

    fn run(verb: Verb, stopped: Option<StoppedAt>) -> NodeRun {
        let steps = vec![StepRun { name: "swap-file".to_owned(), ending: Ending::Done }];
        let keeping = (verb == Verb::Undo).then(|| "highwater node undo --keep-changed".to_owned());
        NodeRun { verb, steps, stopped, kept: Vec::new(), keeping, journal: "/j".to_owned() }
    }

    fn text(lines: &[crate::text::Line]) -> String {
        lines.iter().map(|line| line.to_plain() + "\n").collect()
    }

    #[test]
    fn a_run_that_stopped_names_the_step_the_reason_and_both_ways_out() {
        let stopped = StoppedAt {
            step: Some("swap-on".to_owned()),
            kind: StopKind::Failed,
            why: "no such device".to_owned(),
        };
        let words = text(&end(&run(Verb::Apply, Some(stopped))));
        assert!(words.starts_with("Stopped at swap-on: no such device\n"), "{words}");
        assert!(
            words.contains("`highwater node apply`") && words.contains("`highwater node undo`"),
            "{words}"
        );
    }

    #[test]
    fn an_undo_that_found_a_change_names_both_ways_on() {
        let why = "/etc/a was changed".to_owned();
        let stopped = StoppedAt { step: Some("a".to_owned()), kind: StopKind::Stale, why };
        let begun = run(Verb::Undo, Some(stopped));
        let words = text(&end(&NodeRun { steps: Vec::new(), ..begun.clone() }));
        assert_eq!(
            words,
            "Stopped before a, which expects something else: /etc/a was changed\nNothing was taken back. Put it back as \
             `apply` left it, or as it was before, and run the undo again.\nOr `highwater node undo --keep-changed` leaves \
             it as it is, and takes back the rest.\n"
        );
        assert!(text(&end(&begun)).contains("\nIt is left alone. Put it back"));
    }

    #[test]
    fn what_stays_is_told_with_what_is_left_to_do() {
        let kept = |step: &str, why: &str, by_hand: &str| KeptStep {
            step: step.to_owned(),
            why: why.to_owned(),
            by_hand: by_hand.to_owned(),
        };
        let kept = vec![
            kept("swap-unit", "/etc/a.swap was changed", "rm /etc/a.swap"),
            kept("swap-file", "swap-unit stays and needs it", "rm /a, once it is off"),
        ];
        let words = text(&end(&NodeRun { kept, ..run(Verb::Undo, None) }));
        assert_eq!(
            words,
            "2 steps stay as they are:\n     swap-unit  /etc/a.swap was changed\n                by hand: rm \
             /etc/a.swap\n     swap-file  swap-unit stays and needs it\n                by hand: rm /a, once it is \
             off\nEverything else is as it was. When these are taken back by hand, or are again as `apply` left them, the \
             same undo ends it; a new `apply` takes them as they are.\n"
        );
    }

    #[test]
    fn a_long_step_says_how_far_it_is() {
        let words = waiting("swap-file", Duration::from_secs(65), Some((1 << 30, 4 << 30)));
        assert!(words.contains("1 GiB of 4 GiB"), "{words}");
        let line = over(2, 9, "swap-file", Ending::Left).to_plain();
        assert_eq!(line, "  2/9  swap-file  left to the first boot");
    }

    #[test]
    fn every_difference_is_told() {
        let of = |shows| Difference { step: "s".to_owned(), why: "Why.".to_owned(), shows };
        let found = [
            of(Shows::Before),
            of(Shows::Other("other".to_owned())),
            of(Shows::Unreadable("broken".to_owned())),
            of(Shows::NotTaken),
            of(Shows::Planned),
        ];
        let words = text(&verified(&found, 5, true));
        assert_eq!(words.lines().count(), 6, "{words}");
        assert!(
            words.contains("5 differences, judged by the journal's 5 steps and a plan made now"),
            "{words}"
        );
        assert_eq!(text(&verified(&[], 5, false)), "As wanted, judged by the journal's 5 steps.\n");
    }
}
