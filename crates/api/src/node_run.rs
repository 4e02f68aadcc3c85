//! A run of a plan, its undo and its check, as JSON.

use crate::object::Object;
use model::node_run::{Difference, Ending, KeptStep, NodeRun, Shows, StopKind, StoppedAt, Verb};
use serde_json::Value;

/// `highwater/node-apply/v1` or `highwater/node-undo/v1`: what became of each step, and why it stopped.
#[must_use]
pub fn document(run: &NodeRun) -> Value {
    let schema = match run.verb {
        Verb::Apply => "highwater/node-apply/v1",
        Verb::Undo => "highwater/node-undo/v1",
    };
    let steps: Vec<Value> = run
        .steps
        .iter()
        .map(|step| {
            Object::new().known("name", step.name.as_str()).known("ending", ending(step.ending)).finish()
        })
        .collect();
    let object = Object::new()
        .known("schema", schema)
        .known("done", run.stopped.is_none() && run.kept.is_empty())
        .known("steps", steps)
        .known("stopped", run.stopped.as_ref().map_or(Value::Null, stopped))
        .known("journal", run.journal.as_str());
    match run.verb {
        Verb::Apply => object,
        Verb::Undo => object.known("kept", run.kept.iter().map(kept).collect::<Vec<Value>>()),
    }
    .finish()
}

fn kept(kept: &KeptStep) -> Value {
    Object::new()
        .known("name", kept.step.as_str())
        .known("why", kept.why.as_str())
        .known("by_hand", kept.by_hand.as_str())
        .finish()
}

const fn ending(ending: Ending) -> &'static str {
    match ending {
        Ending::Done => "done",
        Ending::Found => "found",
        Ending::Left => "left_to_first_boot",
        Ending::TakenBack => "taken_back",
        Ending::WasBack => "was_back",
    }
}

fn stopped(stopped: &StoppedAt) -> Value {
    let kind = match stopped.kind {
        StopKind::Stale => "stale",
        StopKind::Failed => "failed",
        StopKind::Hangs => "hangs",
        StopKind::Refused => "refused",
    };
    Object::new()
        .known("step", stopped.step.clone())
        .known("kind", kind)
        .known("why", stopped.why.as_str())
        .finish()
}

/// `highwater/node-verify/v1`: what differs, and by what it was judged.
#[must_use]
pub fn verified(found: &[Difference], judged: usize, is_planned: bool) -> Value {
    let differences: Vec<Value> = found.iter().map(difference).collect();
    Object::new()
        .known("schema", "highwater/node-verify/v1")
        .known("as_wanted", found.is_empty())
        .known("journal_steps", judged)
        .known("planned_anew", is_planned)
        .known("differences", differences)
        .finish()
}

fn difference(difference: &Difference) -> Value {
    let (shows, found) = match &difference.shows {
        Shows::Before => ("before", None),
        Shows::Other(found) => ("other", Some(found.as_str())),
        Shows::Unreadable(why) => ("unreadable", Some(why.as_str())),
        Shows::NotTaken => ("not_done", None),
        Shows::Planned => ("planned", None),
    };
    Object::new()
        .known("step", difference.step.as_str())
        .known("shows", shows)
        .known("found", found)
        .known("why", difference.why.as_str())
        .finish()
}

#[cfg(test)]
mod tests {
    use super::{document, verified};
    use model::node_run::{Difference, Ending, KeptStep, NodeRun, Shows, StepRun, StopKind, StoppedAt, Verb};
    use serde_json::json;

    #[test]
    fn a_run_tells_its_steps_and_its_reason() {
        let stopped = StoppedAt { step: None, kind: StopKind::Refused, why: "no".to_owned() };
        let steps = vec![StepRun { name: "a".to_owned(), ending: Ending::Left }];
        let run = NodeRun {
            verb: Verb::Undo,
            steps,
            stopped: Some(stopped),
            kept: Vec::new(),
            keeping: None,
            journal: "/j".to_owned(),
        };
        let expected = json!({
            "schema": "highwater/node-undo/v1", "done": false,
            "steps": [{ "name": "a", "ending": "left_to_first_boot" }],
            "stopped": { "step": null, "kind": "refused", "why": "no" }, "kept": [], "journal": "/j"
        });
        assert_eq!(document(&run), expected);
        let (step, why, by_hand) = ("b".to_owned(), "w".to_owned(), "rm /b".to_owned());
        let kept = document(&NodeRun { stopped: None, kept: vec![KeptStep { step, why, by_hand }], ..run });
        assert_eq!(kept["kept"], json!([{ "name": "b", "why": "w", "by_hand": "rm /b" }]));
        assert_eq!((&kept["done"], &kept["stopped"]), (&json!(false), &json!(null)));
    }

    #[test]
    fn a_check_tells_what_differs() {
        let found = [Difference {
            step: "a".to_owned(),
            why: "w".to_owned(),
            shows: Shows::Other("it is 7".to_owned()),
        }];
        let document = verified(&found, 3, false);
        assert_eq!(
            (&document["as_wanted"], &document["differences"][0]["found"]),
            (&json!(false), &json!("it is 7"))
        );
    }
}
