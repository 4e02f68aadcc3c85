//! Replays of recorded histories: the figures of the reference implementation, and input that is damaged.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "runs the program on files")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What the reference implementation (numpy, all series at once) prints for the four files: kills per 100 container-days, slack by
/// bytes, mean slack, changes per container-day, time in swap and swap promised, the ratios in percent.
const REFERENCE: [(&str, [&str; 6]); 8] = [
    ("static", ["92.84", "14.83", "21.26", "0.00", "0.00", "0.00"]),
    ("krr-no-oom-data", ["92.84", "14.83", "21.26", "0.00", "0.00", "0.00"]),
    ("krr", ["29.63", "18.12", "24.88", "1.42", "0.00", "0.00"]),
    ("vpa", ["15.80", "22.84", "31.41", "1.32", "0.00", "0.00"]),
    ("krr+swap", ["5.93", "18.29", "25.48", "1.26", "0.04", "100.00"]),
    ("vpa+swap", ["5.93", "22.52", "31.33", "1.28", "0.02", "100.00"]),
    ("highwater-no-swap", ["15.80", "22.81", "33.03", "0.83", "0.00", "0.00"]),
    ("highwater", ["5.93", "13.98", "25.40", "1.66", "0.05", "51.73"]),
];

fn traces() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/traces");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "gz"));
    files.sort();
    assert_eq!(files.len(), 4);
    files
}

fn highwater(args: &[&str], files: &[PathBuf]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    command.args(args).arg("--csv").args(files).output().unwrap()
}

fn json(args: &[&str], files: &[PathBuf]) -> Value {
    let output = highwater(args, files);
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{words}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn policy<'a>(document: &'a Value, name: &str) -> &'a Value {
    let policies = document["policies"].as_array().unwrap();
    policies.iter().find(|policy| policy["policy"] == name).unwrap()
}

#[test]
fn the_rules_do_as_in_the_reference_to_the_last_digit() {
    let document = json(&["replay", "--interval", "60s", "--unit", "MiB", "--format", "json"], &traces());
    assert_eq!(document["schema"], "highwater/replay/v1");
    for (name, expected) in REFERENCE {
        let found = policy(&document, name);
        assert_eq!(found["series"], 108);
        assert_eq!(found["container_days"].as_f64().unwrap(), 50.625);
        let keys = [
            ("oom_episodes_per_100_container_days", 1.0),
            ("slack_bytes_ratio", 100.0),
            ("slack_mean_ratio", 100.0),
            ("changes_per_container_day", 1.0),
            ("swap_active_ratio", 100.0),
            ("swap_promised_ratio", 100.0),
        ];
        let printed = keys.map(|(key, times)| format!("{:.2}", found[key].as_f64().unwrap() * times));
        assert_eq!(printed, expected, "{name}");
    }
}

#[test]
fn swap_lowers_kills_and_memory_at_once() {
    let args = [
        "replay",
        "--unit",
        "MiB",
        "--format",
        "json",
        "--policy",
        "vpa,krr,highwater",
        "--bootstrap",
        "500",
    ];
    let document = json(&args, &traces());
    let of = |name: &str, key: &str| policy(&document, name)[key].as_f64().unwrap();
    let kills = "oom_episodes_per_100_container_days";
    for rival in ["vpa", "krr"] {
        assert!(of("highwater", kills) < of(rival, kills));
        assert!(of("highwater", "slack_bytes_ratio") < of(rival, "slack_bytes_ratio"));
    }
    assert!(of("highwater", kills) <= 5.93 && of("highwater", "slack_bytes_ratio") <= 0.1398);
    assert!(of("highwater", "swap_promised_ratio") <= 0.52);
    // Less memory than either in nearly every draw.
    for comparison in document["comparisons"].as_array().unwrap() {
        assert!(comparison["intervals"]["memory_ratio"]["high"].as_f64().unwrap() < 1.0, "{comparison}");
    }
}

#[test]
fn the_same_name_in_two_files_is_two_series_unless_joined() {
    let series = |args: &[&str]| {
        let args = [&["replay", "--unit", "MiB", "--format", "json", "--policy", "vpa"], args].concat();
        policy(&json(&args, &traces()), "vpa")["series"].as_u64().unwrap()
    };
    assert_eq!(series(&[]), 108);
    // Pods of two consecutive days have one name; their files count from their own start.
    assert_eq!(series(&["--join"]), 99);
}

#[test]
fn a_narrow_choice_of_rules_is_refused_when_unknown() {
    let output = highwater(&["replay", "--unit", "MiB", "--policy", "autopilot"], &traces());
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("found `autopilot`"));
}

#[test]
fn a_damaged_series_is_left_out_and_the_exit_code_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("memory.csv");
    let mut text = "seconds,web,db\n".to_owned();
    for minute in 0..300 {
        let web = if minute == 9 { "-5" } else { "100" };
        text.push_str(&format!("{},{web},{}\n", minute * 60, 200 + minute % 7));
    }
    std::fs::write(&file, text).unwrap();
    let output = highwater(&["replay", "--unit", "MiB", "--format", "json"], &[file]);
    assert_eq!(output.status.code(), Some(2));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(policy(&document, "highwater")["series"], 1);
    let remark = &document["remarks"][0];
    assert_eq!(
        (&remark["line"], &remark["column"], &remark["effect"]),
        (&11.into(), &2.into(), &"refused".into())
    );
}

/// Two days of minutes of a series that needs 100 MiB and once a day 300.
fn folder_with_limits(limits: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rows = (0..2 * 1440_u64).map(|minute| {
        let usage = if minute % 1440 == 1400 { 300 } else { 100 + minute * 7919 % 5 };
        format!("{},{usage},{usage}\n", minute * 60)
    });
    let text = std::iter::once("seconds,web,db\n".to_owned()).chain(rows).collect::<String>();
    std::fs::write(folder.path().join("m.csv"), text).unwrap();
    std::fs::write(folder.path().join("limits.csv"), limits).unwrap();
    folder
}

fn of_today(folder: &tempfile::TempDir, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    command.current_dir(folder.path()).args(["replay", "--csv", "m.csv", "--unit", "MiB"]);
    command.args(["--limits-today", "limits.csv"]).args(more).output().unwrap()
}

#[test]
fn unlimited_swap_is_never_killed_and_no_swap_is() {
    let rows = |swap: &str| format!("name,memory,swap\nweb,150Mi,{swap}\ndb,150Mi,{swap}\n");
    let judged = |swap: &str| {
        let folder = folder_with_limits(&rows(swap));
        let flags = ["--policy", "limits-today", "--format"];
        let document: Value =
            serde_json::from_slice(&of_today(&folder, &[&flags[..], &["json"]].concat()).stdout).unwrap();
        let table = of_today(&folder, &[&flags[..], &["table"]].concat()).stdout;
        (policy(&document, "limits-today").clone(), String::from_utf8(table).unwrap())
    };
    let (none, table) = judged("none");
    assert!(none["oom_episodes_per_100_container_days"].as_f64().unwrap() > 50.0, "{none}");
    assert_eq!(
        (&none["swap_promised_ratio"], &none["swap_promised_unlimited"]),
        (&0.0.into(), &false.into())
    );
    assert!(!table.contains("limits-today: 2"), "{table}");
    let (endless, table) = judged("unlimited");
    assert_eq!(endless["oom_episodes_per_100_container_days"], 0.0);
    assert!(endless["swap_promised_ratio"].is_null() && endless["swap_promised_unlimited"] == true);
    assert!(endless["swap_active_ratio"].as_f64().unwrap() > 0.0, "{endless}");
    let words = table.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("limits-today: 2 of 2 series have unlimited swap"), "{table}");
    let (_, table) = judged("");
    let words = table.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("limits-today: 2 of 2 series have swap that is not known"), "{table}");
}

#[test]
fn limits_that_nobody_gave_or_that_fit_nothing_are_the_reason() {
    let folder = folder_with_limits("name,memory\nwebb,150Mi\n");
    let judged = of_today(&folder, &["--policy", "limits-today"]);
    let plain =
        |bytes: &[u8]| String::from_utf8_lossy(bytes).split_whitespace().collect::<Vec<_>>().join(" ");
    let (table, words) = (plain(&judged.stdout), plain(&judged.stderr));
    assert!(table.contains("Nothing was judged. ") && !table.contains("no series is longer"), "{table}");
    assert!(table.contains("no memory limit of today is known: --limits-today FILE"), "{table}");
    assert!(words.contains("no row is of a series, so none is used; there are web, db"), "{words}");
    let document = of_today(&folder, &["--policy", "limits-today", "--format", "json"]).stdout;
    let document: Value = serde_json::from_slice(&document).unwrap();
    let why = &policy(&document, "limits-today")["unknown"]["series"];
    assert_eq!(why, "no memory limit of today is known");
    std::fs::write(folder.path().join("limits.csv"), "name,memory\nweb,150Mi\nwebb,1Gi\n").unwrap();
    let some = of_today(&folder, &[]);
    let (table, words) = (plain(&some.stdout), plain(&some.stderr));
    assert!(words.contains("limits.csv, line 3: `webb` is no series, so the row is not used"), "{words}");
    assert!(!words.contains("line 2") && !table.contains("no memory limit of today"), "{words}{table}");
}
