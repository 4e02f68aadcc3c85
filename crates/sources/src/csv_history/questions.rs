//! Questions to what was read: wrong units, counters, zeros, gaps, series that are too short.

use super::table::Table;
use super::unit::{AmountUnit, UNITS};
use super::{CsvFault, CsvOptions};
use kernel::bytes::Bytes;
use model::history::{Histories, HistoryRemark, RemarkEffect, Sample, Series, WorkloadHistory};

/// No process lives in less: when nothing in a file is larger, the unit is wrong.
const FILE_PEAK_MIN: f64 = 1_048_576.0;

/// No machine has more: the unit is wrong, or it is the kernel's "unlimited".
const PEAK_MAX: f64 = 64.0 * 1_099_511_627_776.0;

/// Few machines have more: worth a question.
const PEAK_QUESTIONED: f64 = 1_099_511_627_776.0;

/// What a suggested unit should make of the largest amount.
const PLAUSIBLE: std::ops::Range<f64> = 4_194_304.0..PEAK_QUESTIONED;

/// Less history says nothing.
const SPAN_SECONDS_MIN: u64 = 3600;

/// Of the intervals between the first and the last sample one in so many must have a sample, beyond the first few.
const INTERVALS_PER_SAMPLE_MAX: u64 = 20;

/// Below so many intervals any gap is worked with.
const INTERVALS_FREE: u64 = 10_000;

/// A gap of so many intervals is told.
const GAP_INTERVALS: u64 = 10;

/// A counter is seen in so many samples at least.
const COUNTER_SAMPLES_MIN: usize = 60;

/// It grows to so many times its start, without ever falling, in nearly every step. Memory that leaks is given back in part.
const COUNTER_GROWTH: u64 = 20;

/// Whether the unit can be right for a file, and whether its rows are finer than the interval.
pub fn about_file(
    table: &Table,
    options: &CsvOptions,
    interval_seconds: u64,
    remarks: &mut Vec<HistoryRemark>,
) -> Result<(), CsvFault> {
    let origin = table.file.display().to_string();
    let peaks = table.columns.iter().filter_map(|column| column.series.peak());
    let Some(peak) = peaks.map(|sample| sample.usage.0 as f64).max_by(f64::total_cmp) else { return Ok(()) };
    let written = peak / options.unit.bytes;
    let unit = options.unit.name;
    if peak > 0.0 && peak < FILE_PEAK_MIN {
        let hint =
            better(written).map_or_else(String::new, |unit| format!("; was --unit {} meant?", unit.name));
        let words = format!("its largest amount is {written} {unit}, and no container lives in that{hint}");
        return Err(CsvFault::of(&table.file, words));
    }
    if peak > PEAK_QUESTIONED {
        let hint =
            better(written).map_or_else(String::new, |unit| format!("; was --unit {} meant?", unit.name));
        let words = format!("its largest amount is {written} {unit}, which is more than 1 TiB{hint}");
        if peak > PEAK_MAX && table.columns.iter().all(|column| is_too_large(&column.series)) {
            return Err(CsvFault::of(&table.file, words));
        }
        remarks.push(HistoryRemark {
            origin: origin.clone(),
            line: None,
            column: None,
            words,
            effect: RemarkEffect::Kept,
        });
    }
    if let Some(step) = table.row_interval_seconds.filter(|step| step * 2 <= interval_seconds) {
        let words = format!("its rows are {step} s apart: of each {interval_seconds} s the peak counts");
        remarks.push(HistoryRemark { origin, line: None, column: None, words, effect: RemarkEffect::Kept });
    }
    Ok(())
}

fn is_too_large(series: &Series) -> bool {
    series.peak().is_none_or(|sample| sample.usage.0 as f64 > PEAK_MAX)
}

/// The unit that makes the amount plausible.
fn better(written: f64) -> Option<AmountUnit> {
    // Binary units first, and of them the ones that exporters use.
    let likely = [2, 0, 1, 3, 4].into_iter().filter_map(|index: usize| UNITS.get(index).copied());
    likely.into_iter().find(|unit| PLAUSIBLE.contains(&(written * unit.bytes)))
}

/// Leaves out what is no history of memory, and tells of what has gaps or zeros.
pub fn about_series(histories: &mut Histories, interval_seconds: u64) {
    let (mut gaps, mut zeros) = (Told::default(), Told::default());
    let mut remarks = Vec::new();
    histories.workloads.retain(|workload| {
        let remark = |words: &str, effect| HistoryRemark {
            origin: workload.origin.clone(),
            line: None,
            column: None,
            words: format!("`{}` is left out: {words}", workload.name),
            effect,
        };
        let found = verdict(&workload.series, interval_seconds);
        if let Some((words, effect)) = found {
            remarks.push(remark(&words, effect));
            return false;
        }
        let longest = workload.series.longest_gap_seconds();
        if longest >= interval_seconds.saturating_mul(GAP_INTERVALS) {
            gaps.note(workload, longest);
        }
        let zero = workload.series.samples().iter().filter(|sample| sample.usage == Bytes(0)).count();
        if zero > 0 {
            zeros.note(workload, zero as u64);
        }
        true
    });
    histories.remarks.extend(remarks);
    let longest = gaps.most;
    histories.remarks.extend(gaps.remark(|series, name| {
        format!("gaps in {series} series, the longest of {longest} s in `{name}`: what was before a gap is taken to go on")
    }));
    let most = zeros.most;
    histories.remarks.extend(zeros.remark(|series, name| {
        format!("zeros in {series} series, the most in `{name}` ({most}): was it not running?")
    }));
}

fn verdict(series: &Series, interval_seconds: u64) -> Option<(String, RemarkEffect)> {
    let samples = series.samples();
    let Some(peak) = series.peak() else {
        return Some(("it has no sample".to_owned(), RemarkEffect::TooLittle));
    };
    if peak.usage == Bytes(0) {
        return Some(("it has only zeros".to_owned(), RemarkEffect::TooLittle));
    }
    if series.span_seconds() < SPAN_SECONDS_MIN {
        let words =
            format!("its {} samples span {} s, less than an hour", samples.len(), series.span_seconds());
        return Some((words, RemarkEffect::TooLittle));
    }
    if peak.usage.0 as f64 > PEAK_MAX {
        let words = format!(
            "its peak of {} bytes is more than any machine has: a wrong unit, or no limit?",
            peak.usage.0
        );
        return Some((words, RemarkEffect::Refused));
    }
    let intervals_max = INTERVALS_FREE + INTERVALS_PER_SAMPLE_MAX * samples.len() as u64;
    if series.span_seconds() / interval_seconds > intervals_max {
        let (count, days) = (samples.len(), series.span_seconds() / 86_400);
        let words = format!("its {count} samples lie in {days} days: did a clock jump?");
        return Some((words, RemarkEffect::Refused));
    }
    if is_counter(samples) {
        let words =
            "it only ever grows, far beyond where it began: it is a counter, not an amount in use".to_owned();
        return Some((words, RemarkEffect::Refused));
    }
    None
}

fn is_counter(samples: &[Sample]) -> bool {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return false };
    let steps = || samples.iter().zip(samples.iter().skip(1));
    let rises = steps().filter(|(one, next)| next.usage > one.usage).count();
    samples.len() >= COUNTER_SAMPLES_MIN
        && last.usage.0 / COUNTER_GROWTH >= first.usage.0.max(1)
        && steps().all(|(one, next)| next.usage >= one.usage)
        && rises * 10 >= samples.len() * 8
}

/// Series of which the same is to be told.
#[derive(Default)]
struct Told {
    series: u64,
    most: u64,
    example: Option<(String, String)>,
}

impl Told {
    fn note(&mut self, workload: &WorkloadHistory, amount: u64) {
        self.series += 1;
        if self.example.is_none() || amount > self.most {
            self.most = amount;
            self.example = Some((workload.origin.clone(), workload.name.clone()));
        }
    }

    fn remark(self, words: impl FnOnce(u64, &str) -> String) -> Option<HistoryRemark> {
        let (origin, name) = self.example?;
        let words = words(self.series, &name);
        Some(HistoryRemark { origin, line: None, column: None, words, effect: RemarkEffect::Kept })
    }
}
