//! CSV histories as people have them: well-formed, damaged, in the wrong unit.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "writes the files that are read")]

use kernel::bytes::Bytes;
use model::history::RemarkEffect;
use sources::csv_history::{CsvHistories, CsvOptions, SameName, read};
use std::fmt::Write as _;
use std::path::PathBuf;

const MIB: u64 = 1 << 20;

fn read_as(text: &[u8], unit: &str, interval: Option<u64>) -> Result<CsvHistories, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("memory.csv");
    std::fs::write(&file, text).unwrap();
    let options =
        CsvOptions { unit: unit.parse().unwrap(), interval_seconds: interval, same_name: SameName::Apart };
    read(&[file], &options).map_err(|fault| fault.to_string())
}

/// Two hours of minutes; `cell` gives what stands in the second column.
fn table(cell: impl Fn(i64) -> String) -> Vec<u8> {
    let mut text = "seconds,web,db\n".to_owned();
    for minute in 0..120 {
        writeln!(text, "{},{},{}", minute * 60, cell(minute), 200 + minute % 7).unwrap();
    }
    text.into_bytes()
}

fn remarks(read: &CsvHistories) -> Vec<String> {
    read.histories.remarks.iter().map(|remark| remark.words.clone()).collect()
}

#[test]
fn a_whole_file_is_read_with_its_gaps() {
    let found =
        read_as(&table(|minute| if minute == 5 { String::new() } else { "1.5".to_owned() }), "MiB", None)
            .unwrap();
    assert_eq!((found.interval_seconds, found.histories.workloads.len()), (60, 2));
    let web = &found.histories.workloads[0];
    assert_eq!((web.name.as_str(), web.series.samples().len()), ("web", 119));
    assert_eq!(web.series.samples()[0].usage, Bytes(3 * MIB / 2));
    assert_eq!(remarks(&found), Vec::<String>::new());
}

#[test]
fn packed_files_are_read_like_plain_ones() {
    let traces = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/traces");
    let file = traces.join("nezha_2022-08-22_pod_mem_mib_1min.csv.gz");
    let options =
        CsvOptions { unit: "MiB".parse().unwrap(), interval_seconds: None, same_name: SameName::Apart };
    let found = read(std::slice::from_ref(&file), &options).unwrap();
    assert_eq!((found.interval_seconds, found.histories.workloads.len()), (60, 10));
    assert_eq!(found.histories.workloads[0].series.samples()[0].usage, Bytes(211_013_337));
    // Cut in the middle: no half of a history.
    let whole = std::fs::read(file).unwrap();
    assert!(read_as(&whole[..whole.len() / 2], "MiB", None).unwrap_err().contains("from here on"));
}

#[test]
fn one_damaged_series_is_left_out_and_named() {
    for (cell, words) in
        [("-1", "cannot be negative"), ("inf", "does not exist"), ("12 MiB", "it is no number")]
    {
        let text = table(|minute| if minute == 3 { cell.to_owned() } else { "100".to_owned() });
        let found = read_as(&text, "MiB", None).unwrap();
        assert_eq!(found.histories.workloads.len(), 1);
        let remark = &found.histories.remarks[0];
        assert_eq!((remark.line, remark.column, remark.effect), (Some(5), Some(2), RemarkEffect::Refused));
        assert!(remark.words.contains(words) && remark.words.contains("`web`"), "{}", remark.words);
    }
}

#[test]
fn what_is_no_number_is_a_gap_and_told() {
    let text = table(|minute| if minute % 10 == 3 { "NaN".to_owned() } else { "100".to_owned() });
    let found = read_as(&text, "MiB", None).unwrap();
    assert_eq!(found.histories.workloads[0].series.samples().len(), 108);
    assert_eq!(remarks(&found), ["NaN or null here, 12 in all: taken as gaps"]);
}

#[test]
fn a_clock_that_steps_back_loses_no_peak_and_is_told() {
    let mut text = "seconds,web\n".to_owned();
    for minute in (0..60).chain(50..120) {
        let cell = if text.len() < 400 { 900 } else { 100 };
        writeln!(text, "{},{cell}", minute * 60).unwrap();
    }
    let found = read_as(text.as_bytes(), "MiB", None).unwrap();
    let series = &found.histories.workloads[0].series;
    assert_eq!((series.samples().len(), series.peak().unwrap().usage), (120, Bytes(900 * MIB)));
    let remark = &found.histories.remarks[0];
    assert!(remark.line == Some(62) && remark.words.contains("steps back"), "{remark}");
}

#[test]
fn counters_zeros_and_short_series_are_told() {
    let counter = read_as(&table(|minute| (minute * minute * 10 + 1).to_string()), "MiB", None).unwrap();
    assert_eq!(counter.histories.workloads.len(), 1);
    assert!(remarks(&counter)[0].contains("it is a counter"), "{:?}", remarks(&counter));
    // A leak of the same size gives something back now and then.
    let leak =
        read_as(&table(|minute| (minute * minute * 10 + 40 + minute % 5 * 400).to_string()), "MiB", None)
            .unwrap();
    assert_eq!(leak.histories.workloads.len(), 2);
    let zeros = read_as(&table(|_| "0".to_owned()), "MiB", None).unwrap();
    assert_eq!(remarks(&zeros), ["`web` is left out: it has only zeros"]);
    let short = read_as(b"seconds,web\n0,100\n60,101\n", "MiB", None).unwrap_err();
    assert!(short.contains("no series is left") && short.contains("less than an hour"), "{short}");
}

#[test]
fn a_unit_that_cannot_be_right_is_questioned() {
    let small = read_as(&table(|_| "512".to_owned()), "B", None).unwrap_err();
    assert!(small.contains("512 B") && small.contains("--unit MiB"), "{small}");
    let large = read_as(&table(|_| "268435456".to_owned()), "GiB", None);
    let words = large.map(|found| remarks(&found).join(" ")).unwrap();
    assert!(words.contains("more than 1 TiB") && words.contains("more than any machine has"), "{words}");
}

#[test]
fn an_interval_that_is_not_the_rows_is_refused_or_told() {
    let coarse = read_as(&table(|_| "100".to_owned()), "MiB", Some(10)).unwrap_err();
    assert!(coarse.contains("60 s apart") && coarse.contains("--interval 60s"), "{coarse}");
    let fine = read_as(&table(|_| "100".to_owned()), "MiB", Some(300)).unwrap();
    assert!(remarks(&fine)[0].contains("the peak counts"));
}

#[test]
fn files_that_are_no_tables_say_where_and_why() {
    for (text, words) in [
        (&b""[..], "an empty file"),
        (b"<!DOCTYPE html><html>", "HTML"),
        (b"{\"a\": 1}", "JSON"),
        (b"seconds\n0\n", "separated by commas"),
        (b"0,1.5\n60,1.6\n", "has the file no heading?"),
        (b"seconds,web,\n0,1,2\n", "expected the name of a series"),
        (b"seconds,web,web\n0,1,2\n", "is the name of column 2 too"),
        (b"seconds,web,db\n0,1,2\n60,1\n", "line 3: expected 3 cells as in the heading, found 2"),
        (b"seconds,web\nnow,1\n", "line 2, column 1: expected seconds, found `now`"),
        (b"seconds,web\n1693526400000,1\n", "milliseconds?"),
        (b"\x28\xb5\x2f\xfd....", "not with gzip"),
        (b"seconds,\xff\n0,1\n", "expected a name in UTF-8"),
        (b"seconds,web\n0,\n", "no series is left"),
    ] {
        let fault = read_as(text, "MiB", None).unwrap_err();
        assert!(fault.contains(words), "{fault}");
    }
}

#[test]
fn a_clock_that_jumps_far_does_not_fill_the_gap() {
    let mut text = String::from_utf8(table(|_| "100".to_owned())).unwrap();
    text.push_str("90000000000,100,200\n");
    let fault = read_as(text.as_bytes(), "MiB", None).unwrap_err();
    assert!(fault.contains("did a clock jump?"), "{fault}");
}

#[test]
fn damage_anywhere_is_an_answer_and_never_a_panic() {
    let whole = table(|minute| format!("{}.5", 100 + minute % 9));
    let mut state = 1_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..600 {
        let mut text = whole.clone();
        for _ in 0..=next(4) {
            let at = next(text.len());
            match next(4) {
                0 => text[at] = b"\0\"\n,;-e.9N\xff"[next(11)],
                1 => text.truncate(at.max(1)),
                2 => drop(text.remove(at)),
                _ => text.insert(at, b"0,\n\"-"[next(5)]),
            }
        }
        if let Ok(found) = read_as(&text, "MiB", None) {
            // A series that is left is one that can be worked with.
            for workload in &found.histories.workloads {
                let samples = workload.series.samples();
                assert!(samples.is_sorted_by(|one, other| one.seconds < other.seconds));
                assert!(workload.series.span_seconds() >= 3600);
            }
        }
    }
}

#[test]
fn rows_finer_than_a_second_are_no_clock_that_steps_back() {
    let mut text = "seconds,web\n".to_owned();
    for half in 0..8_000_u64 {
        writeln!(text, "{},{}", 0.5 * half as f64, if half % 2 == 1 { 900 } else { 100 }).unwrap();
    }
    let found = read_as(text.as_bytes(), "MiB", None).unwrap();
    let series = &found.histories.workloads[0].series;
    assert_eq!((found.interval_seconds, series.samples().len()), (1, 4_001));
    assert!(series.samples()[1..].iter().all(|sample| sample.usage == Bytes(900 * MIB)));
    let expected = "rows are finer than a second here, 3999 in all: of each second the largest amount counts";
    assert_eq!(remarks(&found), [expected]);
}

#[test]
fn rows_that_jitter_are_as_far_apart_as_their_mean() {
    let mut text = "seconds,web\n".to_owned();
    for pair in 0..60 {
        writeln!(text, "{},100\n{},101", pair * 107, pair * 107 + 68).unwrap();
    }
    let found = read_as(text.as_bytes(), "MiB", None).unwrap();
    assert_eq!(found.interval_seconds, 54);
}
