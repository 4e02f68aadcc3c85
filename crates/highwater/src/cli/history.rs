//! Where histories come from, for the commands that judge them.

use crate::cli::prometheus_flags::PrometheusFlags;
use anyhow::bail;
use clap::{ArgGroup, Args};
use model::history::{Histories, HistoryRemark, RemarkEffect};
use model::recorded::StepLength;
use model::replica::Replica;
use sources::csv_history::unit::AmountUnit;
use sources::csv_history::{self, CsvHistories, CsvOptions, SameName};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use store::history::reader::HistoryReader;
use view::text::{Line, Tone};

/// Flags that say what to read.
#[derive(Args)]
#[command(group = ArgGroup::new("source").required(true).args(["csv", "state", "prometheus"]))]
pub struct HistoryArgs {
    /// CSV files, plain or gzip: seconds in the first column, then a column of memory for each container
    #[arg(long, num_args = 1.., value_name = "FILE")]
    csv: Vec<PathBuf>,
    /// What the agent remembers below this folder, instead of files: two weeks in steps of a minute
    #[arg(long, value_name = "DIR", conflicts_with_all = ["interval", "unit", "join"])]
    state: Option<PathBuf>,
    /// How far apart samples are, as 60s or 5m [default: as far as the rows]
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    interval: Option<u64>,
    /// What the amounts are in: B, KiB, MiB, GiB, kB, MB, GB
    #[arg(long, value_name = "UNIT", default_value = "B")]
    unit: AmountUnit,
    /// The same name in two files is one container, whose history is in both
    #[arg(long)]
    join: bool,
    /// What is set now: a CSV file with the columns name, memory, and if known swap and request
    #[arg(long, value_name = "FILE")]
    limits_today: Option<PathBuf>,
    #[command(flatten)]
    prometheus: PrometheusFlags,
}

/// Histories as they were read, wherever they came from.
pub struct ReadHistories {
    /// The histories, and what is to be said of them.
    pub histories: Histories,
    /// How far apart samples are.
    pub interval_seconds: u64,
    /// Whose history it is, by its name, where the source tells.
    pub replicas: BTreeMap<String, Replica>,
}

/// How many remarks are told one by one.
const REMARKS_MAX: usize = 20;

impl HistoryArgs {
    /// Reads, and tells on standard error what is to be said of what was read.
    ///
    /// # Errors
    /// When a file cannot be worked with, or a server does not answer everything.
    pub fn read(&self) -> anyhow::Result<ReadHistories> {
        self.read_of(&[])
    }

    /// The same; a server is asked for these workloads alone, and files are read whole.
    ///
    /// # Errors
    /// When a file cannot be worked with, or a server does not answer everything.
    pub fn read_of(&self, workloads: &[String]) -> anyhow::Result<ReadHistories> {
        let mut read = match (self.prometheus.url(), &self.state) {
            (Some(url), _) => {
                let fetched = self.prometheus.fetch(url, self.interval, workloads)?;
                let mut histories = fetched.histories;
                csv_history::question(&mut histories, fetched.interval_seconds);
                let interval_seconds = fetched.interval_seconds;
                ReadHistories { histories, interval_seconds, replicas: fetched.replicas }
            }
            (None, Some(folder)) => of_state(folder)?,
            (None, None) => self.read_files()?,
        };
        if let Some(file) = &self.limits_today {
            let unmatched = set_limits(&mut read.histories, file)?;
            // A server is asked for the named workloads alone: of the others it cannot be said whether they exist.
            if self.prometheus.url().is_none() || workloads.is_empty() {
                read.histories.remarks.extend(unmatched);
            }
        }
        tell(&read.histories.remarks);
        Ok(read)
    }

    fn read_files(&self) -> anyhow::Result<ReadHistories> {
        let same_name = if self.join { SameName::Joined } else { SameName::Apart };
        let options = CsvOptions { unit: self.unit, interval_seconds: self.interval, same_name };
        let CsvHistories { histories, interval_seconds } = csv_history::read(&self.csv, &options)?;
        Ok(ReadHistories { histories, interval_seconds, replicas: BTreeMap::new() })
    }

    /// Whether the containers are those of a cluster or of other machines, where no `docker update` of ours reaches.
    #[must_use]
    pub const fn is_elsewhere(&self) -> bool {
        self.prometheus.url().is_some()
    }

    /// What this source never tells although advice would take it into account, in words.
    #[must_use]
    pub fn untold(&self, read: &ReadHistories) -> Option<&'static str> {
        if read.histories.workloads.iter().any(|workload| workload.parts.is_some()) {
            return None;
        }
        Some(match (self.prometheus.url(), &self.state) {
            (Some(_), _) => {
                "The server has no container_memory_rss: no swap is refused for page cache or tmpfs."
            }
            (None, Some(_)) => {
                "The agent remembers kills, but not page cache and tmpfs: no swap is refused for them."
            }
            (None, None) => {
                "A CSV file tells neither kills nor page cache and tmpfs: nothing is raised for kills, no swap refused for the others."
            }
        })
    }

    /// The flags again, for a command that is named as the next.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = self.source_words();
        if let Some(interval) = self.interval {
            words.push_str(&format!(" --interval {interval}s"));
        }
        if self.join {
            words.push_str(" --join");
        }
        if let Some(file) = &self.limits_today {
            words.push_str(&format!(" --limits-today {}", view::remedy::quoted(&file.display().to_string())));
        }
        words
    }

    fn source_words(&self) -> String {
        if let Some(folder) = &self.state {
            return format!("--state {}", view::remedy::quoted(&folder.display().to_string()));
        }
        if let Some(url) = self.prometheus.url() {
            return self.prometheus.words(url);
        }
        let files: Vec<String> = self.csv.iter().map(|file| file.display().to_string()).collect();
        let mut words = format!("--csv {}", files.join(" "));
        if files.len() > 4 {
            words = format!("--csv {} …", files.first().map_or("", String::as_str));
        }
        if self.unit.name != "B" {
            words = format!("{words} --unit {}", self.unit.name);
        }
        words
    }
}

/// Sets what the file says of each series, and tells of rows that are of none.
fn set_limits(histories: &mut Histories, file: &Path) -> anyhow::Result<Vec<HistoryRemark>> {
    let limits = csv_history::limits::read(file)?;
    let mut unmatched: BTreeMap<u64, &str> =
        limits.iter().map(|(name, row)| (row.line, name.as_str())).collect();
    for workload in &mut histories.workloads {
        let name = judge::recommend::workload::of(&workload.name).0;
        if let Some(row) = limits.get(&workload.name).or_else(|| limits.get(name)) {
            workload.limits = Some(row.limits);
        }
        // A row for the whole workload is of use even where each replica has its own.
        unmatched.retain(|_, row| *row != workload.name && *row != name);
    }
    let known: Vec<&str> = histories.workloads.iter().take(8).map(|one| one.name.as_str()).collect();
    let more = if histories.workloads.len() > known.len() { ", …" } else { "" };
    let known = format!("{}{more}", known.join(", "));
    let origin = file.display().to_string();
    let remark = |line, words| HistoryRemark {
        origin: origin.clone(),
        line,
        column: None,
        words,
        effect: RemarkEffect::Kept,
    };
    if unmatched.len() == limits.len() {
        let words = format!("no row is of a series, so none is used; there are {known}");
        return Ok(vec![remark(None, words)]);
    }
    let words = |row: &str| format!("`{row}` is no series, so the row is not used; there are {known}");
    Ok(unmatched.into_iter().map(|(line, row)| remark(Some(line), words(row))).collect())
}

/// All that the agent remembers, in its longest steps.
fn of_state(folder: &Path) -> anyhow::Result<ReadHistories> {
    let reader = HistoryReader::new(&folder.join("history"));
    let Some(within) = reader.extent()?.span else {
        bail!("expected what the agent remembers, found nothing below {}", folder.display());
    };
    let recalled = reader.read_all(within, StepLength::Minute)?;
    let origin = folder.display().to_string();
    let damage = (recalled.damaged > 0).then(|| HistoryRemark {
        origin: origin.clone(),
        line: None,
        column: None,
        words: format!("{} are damaged and left out", view::units::count(recalled.damaged, "part")),
        effect: RemarkEffect::Kept,
    });
    let workloads = recalled.found.iter().map(|series| series.to_history(&origin)).collect();
    let histories = Histories { workloads, remarks: damage.into_iter().collect() };
    let interval_seconds = StepLength::Minute.seconds();
    Ok(ReadHistories { histories, interval_seconds, replicas: BTreeMap::new() })
}

/// Whether a series was left out because it is damaged.
#[must_use]
pub fn is_part_refused(remarks: &[HistoryRemark]) -> bool {
    remarks.iter().any(|remark| remark.effect == RemarkEffect::Refused)
}

/// Says on standard error what is to be said.
pub fn tell(remarks: &[HistoryRemark]) {
    let (refused, others): (Vec<_>, Vec<_>) =
        remarks.iter().partition(|remark| remark.effect == RemarkEffect::Refused);
    let mut lines: Vec<Line> = Vec::new();
    for (tone, remarks) in [(Tone::Critical, refused), (Tone::Warning, others)] {
        let more = remarks.len().saturating_sub(REMARKS_MAX);
        lines.extend(remarks.iter().take(REMARKS_MAX).map(|remark| Line::of(tone, remark.to_string())));
        if more > 0 {
            lines.push(Line::of(tone, format!("and {more} more of that kind; all of them are in the JSON")));
        }
    }
    let text: String = lines.iter().map(|line| format!("highwater: {}\n", line.to_plain())).collect();
    // What cannot be told is in the JSON too.
    let _ = std::io::Write::write_all(&mut anstream::stderr(), text.as_bytes());
}

/// Seconds, as `60`, `60s`, `5m`, `1h` or `1d`.
pub fn seconds(text: &str) -> anyhow::Result<u64> {
    let units = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];
    let (number, unit) = units
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, *seconds)))
        .unwrap_or((text, 1));
    match number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)) {
        Some(seconds @ 1..=604_800) => Ok(seconds),
        Some(_) | None => bail!("expected a time between 1s and 7d such as 60s or 5m"),
    }
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_are_read_with_and_without_unit() {
        for (text, expected) in [("60", 60), ("60s", 60), ("5m", 300), ("1h", 3600)] {
            assert_eq!(seconds(text).unwrap(), expected);
        }
        for text in ["", "0", "-1s", "1.5m", "60 s", "8d", "99999999999999999999d"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
