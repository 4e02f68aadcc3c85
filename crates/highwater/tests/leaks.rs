//! Leaks found in files, with the exit code that a script asks for.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "writes the files that are read")]

use model::history::WorkloadHistory;
use serde_json::Value;
use std::fmt::Write as _;
use std::process::Command;
use testkit::leak_families::{Family, series};

fn csv(histories: &[WorkloadHistory]) -> String {
    let mut text = "seconds".to_owned();
    for history in histories {
        write!(text, ",{}", history.name).unwrap();
    }
    let rows = histories.iter().map(|history| history.series.samples().len()).max().unwrap();
    for row in 0..rows {
        write!(text, "\n{}", row * 60).unwrap();
        for history in histories {
            write!(text, ",{}", history.series.samples()[row].usage.0).unwrap();
        }
    }
    text.push('\n');
    text
}

fn leaks(histories: &[WorkloadHistory]) -> (Option<i32>, Value) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("memory.csv");
    std::fs::write(&file, csv(histories)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    let output = command.args(["leaks", "--format", "json", "--csv"]).arg(&file).output().unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn leaks_are_told_by_name_and_by_exit_code() {
    let mut histories: Vec<WorkloadHistory> =
        Family::HEALTHY.iter().flat_map(|family| series(*family, 2, 72, 9)).collect();
    let (code, document) = leaks(&histories);
    assert_eq!((code, &document["leaks"]), (Some(0), &serde_json::json!([])));
    assert_eq!(document["series"], 14);
    histories.extend(series(Family::SlowLeak, 1, 72, 9));
    let (code, document) = leaks(&histories);
    assert_eq!(code, Some(1));
    let found = document["leaks"].as_array().unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0]["name"], &found[0]["certainty"]), (&"SlowLeak/0".into(), &"confirmed".into()));
    assert!(found[0]["seconds_to_limit"].is_null() && found[0]["unknown"]["seconds_to_limit"].is_string());
}
