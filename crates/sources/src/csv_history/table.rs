//! One file: its heading, its rows, and a series for each column.

use super::CsvFault;
use super::unit::AmountUnit;
use csv::{ByteRecord, Reader, ReaderBuilder};
use flate2::read::MultiGzDecoder;
use kernel::bytes::Bytes;
use model::history::{HistoryRemark, RemarkEffect, Sample, Series};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

/// One file.
pub struct Table {
    pub file: PathBuf,
    pub columns: Vec<Column>,
    pub row_interval_seconds: Option<u64>,
    pub remarks: Vec<HistoryRemark>,
}

/// One series of it.
pub struct Column {
    pub name: String,
    pub series: Series,
}

/// Beyond this the seconds are milliseconds: the year 5138.
const SECONDS_MAX: f64 = 1e11;

/// An amount that no `u64` of bytes should come near.
const BYTES_MAX: f64 = 9e18;

/// Reads a file.
pub fn read(file: &Path, unit: AmountUnit) -> Result<Table, CsvFault> {
    let input_fault = |words: &str, source| CsvFault { source: Some(source), ..CsvFault::of(file, words) };
    let opened = File::open(file).map_err(|source| input_fault("it cannot be opened", source))?;
    let mut packed = BufReader::with_capacity(1 << 16, opened);
    let start = packed.fill_buf().map_err(|source| input_fault("it cannot be read", source))?;
    let mut input: Box<dyn BufRead> = match start {
        [0x1f, 0x8b, ..] => Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(packed))),
        [0x28, 0xb5, 0x2f, 0xfd, ..]
        | [0x42, 0x5a, 0x68, ..]
        | [0xfd, 0x37, 0x7a, ..]
        | [0x50, 0x4b, 3, 4, ..] => {
            return Err(CsvFault::of(file, "it is compressed, but not with gzip: unpack it first"));
        }
        [..] => Box::new(packed),
    };
    let start = input.fill_buf().map_err(|source| input_fault("it cannot be unpacked", source))?;
    let delimiter = delimiter(file, start)?;
    let reader =
        ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(input);
    Rows::read(file, unit, reader)
}

/// The character between two cells, from the first line; text that cannot be CSV is refused.
fn delimiter(file: &Path, start: &[u8]) -> Result<u8, CsvFault> {
    let fault = |words: &str| Err(CsvFault { line: Some(1), ..CsvFault::of(file, words) });
    let first = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    match first.trim_ascii_start() {
        [] if start.is_empty() => return fault("expected a heading, found an empty file"),
        [b'<', ..] => return fault("expected CSV, found what looks like HTML or XML"),
        [b'{' | b'[', ..] => return fault("expected CSV, found what looks like JSON"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return fault("expected UTF-8, found UTF-16"),
        text if text.contains(&0) => return fault("expected CSV, found a binary file"),
        [..] => {}
    }
    let count = |delimiter: u8| first.iter().filter(|byte| **byte == delimiter).count();
    let found =
        [b',', b';', b'\t'].into_iter().max_by_key(|delimiter| (count(*delimiter), *delimiter == b','));
    match found.filter(|delimiter| count(*delimiter) > 0) {
        Some(delimiter) => Ok(delimiter),
        None => fault("expected a heading with seconds and a name for each series, separated by commas"),
    }
}

/// A file while it is read.
struct Rows<'a> {
    file: &'a Path,
    unit: AmountUnit,
    names: Vec<String>,
    /// Row by row, as in the file: a column of its own for each of ten thousand series would be written all over the memory.
    cells: Vec<Cell>,
    /// Why a series is left out.
    refused: Vec<Option<HistoryRemark>>,
    times: Vec<i64>,
    not_numbers: Seen,
    steps_back: Seen,
    /// Rows that are later than the one before by less than a second.
    finer: Seen,
    /// The time of the last row as it is written.
    last_seconds: f64,
}

/// The amount in bytes and one more, in eight bytes; nothing is a gap.
type Cell = Option<NonZeroU64>;

/// How often something was seen, and where first.
#[derive(Default)]
struct Seen {
    count: u64,
    first: Option<(u64, Option<u64>)>,
}

impl Seen {
    fn note(&mut self, line: u64, column: Option<u64>) {
        self.count += 1;
        self.first.get_or_insert((line, column));
    }
}

impl<'a> Rows<'a> {
    fn read(
        file: &'a Path,
        unit: AmountUnit,
        mut reader: Reader<Box<dyn BufRead>>,
    ) -> Result<Table, CsvFault> {
        let mut record = ByteRecord::new();
        next(file, &mut reader, &mut record)?;
        let names = heading(file, &record)?;
        let mut rows = Self {
            file,
            unit,
            cells: Vec::new(),
            refused: names.iter().map(|_| None).collect(),
            names,
            times: Vec::new(),
            not_numbers: Seen::default(),
            steps_back: Seen::default(),
            finer: Seen::default(),
            last_seconds: f64::NEG_INFINITY,
        };
        while next(file, &mut reader, &mut record)? {
            let line = record.position().map_or(0, csv::Position::line);
            rows.row(line, &record)?;
        }
        Ok(rows.into_table())
    }

    fn row(&mut self, line: u64, record: &ByteRecord) -> Result<(), CsvFault> {
        let fault = |column, words| CsvFault { line: Some(line), column, ..CsvFault::of(self.file, words) };
        if record.len() != self.names.len() + 1 {
            let (expected, found) = (self.names.len() + 1, record.len());
            let words =
                format!("expected {expected} cells as in the heading, found {found}: is the file cut off?");
            return Err(fault(None, words));
        }
        let mut cells = record.iter();
        let time = cells.next().unwrap_or_default();
        let written = match number(time) {
            Some(seconds) if seconds.abs() < SECONDS_MAX => seconds,
            Some(_) => {
                let words = format!("expected seconds, found {}: milliseconds?", shown(time));
                return Err(fault(Some(1), words));
            }
            None => return Err(fault(Some(1), format!("expected seconds, found {}", shown(time)))),
        };
        let seconds = written.round() as i64;
        if written <= self.last_seconds {
            self.steps_back.note(line, None);
        } else if self.times.last() == Some(&seconds) {
            self.finer.note(line, None);
        }
        self.last_seconds = written;
        self.times.push(seconds);
        for (index, cell) in cells.enumerate() {
            let amount = self.cell(line, index, cell);
            self.cells.push(amount);
        }
        Ok(())
    }

    fn cell(&mut self, line: u64, index: usize, cell: &[u8]) -> Cell {
        if cell.is_empty() {
            return None;
        }
        let column = Some(index as u64 + 2);
        let words = match number(cell) {
            Some(amount) if amount >= 0.0 && amount * self.unit.bytes < BYTES_MAX => {
                return NonZeroU64::MIN.checked_add((amount * self.unit.bytes).round() as u64);
            }
            Some(amount) if amount < 0.0 => "memory cannot be negative",
            Some(_) => "so much memory does not exist",
            None if is_no_number(cell) => {
                self.not_numbers.note(line, column);
                return None;
            }
            None => "it is no number",
        };
        let name = self.names.get(index).map_or("", String::as_str);
        let words = format!("`{name}` is left out: expected an amount, found {}: {words}", shown(cell));
        if let Some(refused) = self.refused.get_mut(index) {
            refused.get_or_insert_with(|| HistoryRemark {
                origin: self.file.display().to_string(),
                line: Some(line),
                column,
                words,
                effect: RemarkEffect::Refused,
            });
        }
        None
    }

    fn series(&self, column: usize) -> Series {
        let width = self.names.len().max(1);
        let column = || self.cells.iter().skip(column).step_by(width);
        let mut samples = Vec::with_capacity(column().flatten().count());
        samples.extend(self.times.iter().zip(column()).filter_map(|(seconds, cell)| {
            Some(Sample { seconds: *seconds, usage: Bytes((*cell)?.get() - 1) })
        }));
        Series::new(samples)
    }

    fn into_table(self) -> Table {
        let remark = |seen: &Seen, words: String| {
            let (line, column) = seen.first?;
            let origin = self.file.display().to_string();
            Some(HistoryRemark { origin, line: Some(line), column, words, effect: RemarkEffect::Kept })
        };
        let (back, finer, none) = (self.steps_back.count, self.finer.count, self.not_numbers.count);
        let mut remarks: Vec<HistoryRemark> = [
            remark(
                &self.steps_back,
                format!(
                    "the clock steps back or stands still here, {back} times in all: rows were put in order, and of two at one \
                     moment the larger amount counts"
                ),
            ),
            remark(
                &self.finer,
                format!(
                    "rows are finer than a second here, {finer} in all: of each second the largest amount counts"
                ),
            ),
            remark(&self.not_numbers, format!("NaN or null here, {none} in all: taken as gaps")),
        ]
        .into_iter()
        .flatten()
        .collect();
        let mut columns = Vec::with_capacity(self.names.len());
        for (index, (name, refused)) in self.names.iter().zip(&self.refused).enumerate() {
            match refused {
                Some(refused) => remarks.push(refused.clone()),
                None => columns.push(Column { name: name.clone(), series: self.series(index) }),
            }
        }
        let row_interval_seconds = usual_step(self.times);
        Table { file: self.file.to_owned(), columns, row_interval_seconds, remarks }
    }
}

fn next<R: Read>(file: &Path, reader: &mut Reader<R>, record: &mut ByteRecord) -> Result<bool, CsvFault> {
    reader.read_byte_record(record).map_err(|error| {
        let line = Some(reader.position().line());
        let source = match error.into_kind() {
            csv::ErrorKind::Io(source) => Some(source),
            _ => None,
        };
        CsvFault { line, source, ..CsvFault::of(file, "it cannot be read from here on") }
    })
}

/// The names of the series, all different.
fn heading(file: &Path, record: &ByteRecord) -> Result<Vec<String>, CsvFault> {
    let fault = |column: usize, words| CsvFault {
        line: Some(1),
        column: Some(column as u64 + 1),
        ..CsvFault::of(file, words)
    };
    let mut first_columns: HashMap<&[u8], usize> = HashMap::new();
    let mut names = Vec::with_capacity(record.len());
    for (column, cell) in record.iter().enumerate() {
        let cell = cell.strip_prefix(b"\xef\xbb\xbf").unwrap_or(cell).trim_ascii();
        let name =
            std::str::from_utf8(cell).map_err(|_| fault(column, "expected a name in UTF-8".to_owned()))?;
        if number(cell).is_some() && column < 2 {
            let words =
                format!("expected a heading with names, found {}: has the file no heading?", shown(cell));
            return Err(fault(column, words));
        }
        if column == 0 {
            continue;
        }
        if name.is_empty() {
            return Err(fault(column, "expected the name of a series, found nothing".to_owned()));
        }
        if let Some(first) = first_columns.insert(cell, column) {
            let words = format!("`{name}` is the name of column {} too: which one counts?", first + 1);
            return Err(fault(column, words));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

fn number(cell: &[u8]) -> Option<f64> {
    let number: f64 = std::str::from_utf8(cell).ok()?.trim().parse().ok()?;
    (!number.is_nan()).then_some(number)
}

/// What exporters write where there is no number.
fn is_no_number(cell: &[u8]) -> bool {
    let cell = cell.trim_ascii();
    cell.is_empty()
        || [&b"nan"[..], b"null", b"na", b"n/a", b"none"].iter().any(|none| cell.eq_ignore_ascii_case(none))
}

fn shown(cell: &[u8]) -> String {
    let text = String::from_utf8_lossy(cell);
    let short: String = text.chars().take(40).collect();
    format!("`{}`", short.escape_debug())
}

/// How far apart rows are: the mean where they jitter and none is missing, else the median, which a gap does not change.
fn usual_step(mut times: Vec<i64>) -> Option<u64> {
    times.sort_unstable();
    times.dedup();
    let mut steps: Vec<u64> =
        times.windows(2).filter_map(|pair| Some(pair.last()?.abs_diff(*pair.first()?))).collect();
    steps.sort_unstable();
    let median = steps.get(steps.len() / 2).copied()?;
    let is_whole =
        steps.iter().all(|step| step.saturating_mul(2) > median && *step < median.saturating_mul(2));
    let (count, span) = (steps.len() as u64, steps.iter().copied().fold(0, u64::saturating_add));
    Some(if is_whole { (span.saturating_add(count / 2)) / count.max(1) } else { median })
}

#[cfg(test)]
mod tests {
    use super::usual_step;

    #[test]
    fn a_jittered_clock_has_its_mean_and_a_gap_changes_nothing() {
        let times = |steps: &[i64]| {
            let moments = (0..100).scan(0, |at, index: usize| {
                *at += steps[index % steps.len()];
                Some(*at)
            });
            moments.collect::<Vec<i64>>()
        };
        assert_eq!(usual_step(times(&[68, 39, 68])), Some(58));
        assert_eq!(usual_step(times(&[60])), Some(60));
        assert_eq!(usual_step(times(&[61, 59, 60])), Some(60));
        let mut gap = times(&[60]);
        gap.retain(|at| !(1200..2400).contains(at));
        assert_eq!(usual_step(gap), Some(60));
        assert_eq!(usual_step(vec![7]), None);
    }
}
