//! Histories in CSV files, plain or gzip: seconds in the first column, then a column for each container.

mod join;
pub mod limits;
mod questions;
mod table;
pub mod unit;

use model::history::{Histories, HistoryRemark, RemarkEffect, WorkloadHistory};
use std::path::{Path, PathBuf};
use std::thread;
use unit::AmountUnit;

/// How files are read.
#[derive(Clone, Copy, Debug)]
pub struct CsvOptions {
    /// What one stands for in a cell.
    pub unit: AmountUnit,
    /// How far apart samples are; the rows tell when nobody says.
    pub interval_seconds: Option<u64>,
    /// What the same name in two files means.
    pub same_name: SameName,
}

/// What the same name in two files means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameName {
    /// Two containers.
    Apart,
    /// One, whose history is in both.
    Joined,
}

/// What was read.
#[derive(Clone, Debug)]
pub struct CsvHistories {
    /// The histories, and what is to be said of them.
    pub histories: Histories,
    /// How far apart samples are.
    pub interval_seconds: u64,
}

/// A file that cannot be worked with, and where.
#[derive(Debug, thiserror::Error)]
#[error("{}{}: {words}", file.display(), place(*line, *column))]
pub struct CsvFault {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from one.
    pub line: Option<u64>,
    /// The column, counted from one.
    pub column: Option<u64>,
    /// What was expected and what was found.
    pub words: String,
    /// Why it could not be read.
    pub source: Option<std::io::Error>,
}

impl CsvFault {
    fn of(file: &Path, words: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, column: None, words: words.into(), source: None }
    }
}

fn place(line: Option<u64>, column: Option<u64>) -> String {
    let part = |name: &str, number: Option<u64>| number.map(|number| format!(", {name} {number}"));
    [part("line", line), part("column", column)].into_iter().flatten().collect()
}

/// Leaves out what is no history of memory, wherever it was read, and tells of gaps and zeros.
pub fn question(histories: &mut Histories, interval_seconds: u64) {
    questions::about_series(histories, interval_seconds);
}

/// Reads files, each on a thread of its own.
///
/// # Errors
/// When a file cannot be read or understood as a whole. A single series that is damaged is left out, with a remark.
pub fn read(files: &[PathBuf], options: &CsvOptions) -> Result<CsvHistories, CsvFault> {
    let parts: Vec<Result<table::Table, CsvFault>> = thread::scope(|scope| {
        let started: Vec<_> =
            files.iter().map(|file| scope.spawn(|| table::read(file, options.unit))).collect();
        let joined = started.into_iter().zip(files);
        joined
            .map(|(thread, file)| {
                thread.join().unwrap_or_else(|_| Err(CsvFault::of(file, "it could not be read to its end")))
            })
            .collect()
    });
    let mut tables = Vec::with_capacity(files.len());
    for part in parts {
        tables.push(part?);
    }
    let interval_seconds = interval(&tables, options)?;
    let mut histories = Histories::default();
    for table in tables {
        questions::about_file(&table, options, interval_seconds, &mut histories.remarks)?;
        histories.remarks.extend(table.remarks);
        let origin = table.file.display().to_string();
        for column in table.columns {
            histories.workloads.push(WorkloadHistory {
                name: column.name,
                origin: origin.clone(),
                series: column.series,
                kills: Vec::new(),
                limits: None,
                parts: None,
            });
        }
    }
    match options.same_name {
        SameName::Apart => {}
        SameName::Joined => join::by_name(&mut histories, interval_seconds),
    }
    questions::about_series(&mut histories, interval_seconds);
    match (histories.workloads.is_empty(), files.first()) {
        (true, Some(file)) => Err(nothing_left(file, &histories.remarks)),
        (_, _) => Ok(CsvHistories { histories, interval_seconds }),
    }
}

/// The interval that holds: the one that was said, unless the rows are further apart, else the rows'.
fn interval(tables: &[table::Table], options: &CsvOptions) -> Result<u64, CsvFault> {
    let steps = tables.iter().filter_map(|table| Some((table, table.row_interval_seconds?)));
    let Some(said) = options.interval_seconds else {
        return Ok(steps.map(|(_, step)| step).max().unwrap_or(60).max(1));
    };
    // Half an interval more is a clock that is late, not another interval.
    if let Some((table, step)) = steps.into_iter().find(|(_, step)| *step > said + said / 2) {
        let words = format!(
            "its rows are {step} s apart, but --interval says {said} s: the time between would be taken for samples; give --interval {step}s"
        );
        return Err(CsvFault::of(&table.file, words));
    }
    Ok(said.max(1))
}

fn nothing_left(file: &Path, remarks: &[HistoryRemark]) -> CsvFault {
    let left_out = remarks.iter().filter(|remark| remark.effect != RemarkEffect::Kept);
    let reasons: Vec<String> = left_out.take(3).map(ToString::to_string).collect();
    let why = if reasons.is_empty() { String::new() } else { format!("; {}", reasons.join("; ")) };
    CsvFault::of(file, format!("no series is left to work with{why}"))
}
