//! What is set today, in a CSV file: a name, its memory limit, and if known its swap and its request.

use super::CsvFault;
use csv::{ReaderBuilder, StringRecord};
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::history::LimitsToday;
use model::quantity::Quantity;
use model::swap_limit::SwapLimit;
use std::collections::HashMap;
use std::path::Path;

/// Docker takes no limit below 6 MiB, and no container runs in less.
pub const LIMIT_MIN: Bytes = Bytes(6 << 20);

/// A row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitsRow {
    /// Its line, counted from one.
    pub line: u64,
    /// What it says.
    pub limits: LimitsToday,
}

/// Rows by name: a container's, a pod's or a workload's.
///
/// # Errors
/// When the file cannot be read, or an amount cannot be meant.
pub fn read(file: &Path) -> Result<HashMap<String, LimitsRow>, CsvFault> {
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_path(file)
        .map_err(|error| CsvFault::of(file, format!("it cannot be read: {error}")))?;
    let broken = |line: u64, error: &csv::Error| CsvFault {
        line: Some(line),
        ..CsvFault::of(file, format!("it cannot be read: {error}"))
    };
    let heading = reader.headers().map_err(|error| broken(1, &error))?.clone();
    let column = |name: &str| heading.iter().position(|cell| cell.eq_ignore_ascii_case(name));
    let (Some(name_at), Some(memory_at)) = (column("name"), column("memory")) else {
        let words = "expected the columns name and memory, and if known swap and request";
        return Err(CsvFault { line: Some(1), ..CsvFault::of(file, words) });
    };
    let mut limits = HashMap::new();
    for record in reader.records() {
        let record =
            record.map_err(|error| broken(error.position().map_or(0, csv::Position::line), &error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |at: Option<usize>| written(file, line, at, &record);
        let today = LimitsToday {
            memory: cell(Some(memory_at))?.amount().filter(|memory| *memory > Bytes::ZERO),
            swap: cell(column("swap"))?.swap(),
            request: cell(column("request"))?.amount(),
        };
        if let Some(small) = today.memory.filter(|memory| *memory < LIMIT_MIN) {
            let words = format!("a memory limit of {} bytes is none: was {0}Mi meant?", small.0);
            let column = Some(memory_at as u64 + 1);
            return Err(CsvFault { line: Some(line), column, ..CsvFault::of(file, words) });
        }
        let name = record.get(name_at).unwrap_or_default().to_owned();
        if limits.insert(name.clone(), LimitsRow { line, limits: today }).is_some() {
            let words = format!("`{name}` stands in the file twice: which one counts?");
            return Err(CsvFault { line: Some(line), ..CsvFault::of(file, words) });
        }
    }
    Ok(limits)
}

/// What stands in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    /// Nothing.
    Nothing,
    /// `none`.
    None,
    /// `unlimited`.
    Unlimited,
    /// An amount.
    Amount(Bytes),
}

impl Written {
    /// Of memory and requests: no limit is none.
    const fn amount(self) -> Option<Bytes> {
        match self {
            Self::Nothing | Self::None | Self::Unlimited => None,
            Self::Amount(bytes) => Some(bytes),
        }
    }

    /// Of swap `none` is no swap at all, as in the tables of advice; nothing written is not known.
    const fn swap(self) -> Option<SwapLimit> {
        match self {
            Self::Nothing => None,
            Self::None => Some(SwapLimit(Limit::At(Bytes::ZERO))),
            Self::Unlimited => Some(SwapLimit(Limit::Unlimited)),
            Self::Amount(bytes) => Some(SwapLimit(Limit::At(bytes))),
        }
    }
}

/// What a cell says; `-1` and `max` are Docker's and the kernel's words for `unlimited`.
fn written(file: &Path, line: u64, at: Option<usize>, record: &StringRecord) -> Result<Written, CsvFault> {
    let Some(at) = at else { return Ok(Written::Nothing) };
    match record.get(at).unwrap_or_default() {
        "" => Ok(Written::Nothing),
        "none" => Ok(Written::None),
        "unlimited" | "max" | "-1" => Ok(Written::Unlimited),
        text => match text.parse() {
            Ok(Quantity::Bytes(bytes)) => Ok(Written::Amount(bytes)),
            Ok(Quantity::Ratio(_)) | Err(_) => {
                let found = text.escape_debug();
                let words = format!("expected an amount such as 512Mi, none or unlimited, found `{found}`");
                Err(CsvFault { line: Some(line), column: Some(at as u64 + 1), ..CsvFault::of(file, words) })
            }
        },
    }
}
