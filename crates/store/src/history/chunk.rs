//! The steps of one workload as bytes: a column for each figure, the figures that follow another one as their distance from it.

use super::column::{put, put_varint, take, take_column, take_varint};
use kernel::bytes::Bytes;
use kernel::limit::Limit;
use kernel::pressure::Percent;
use model::kernel_log::BootId;
use model::recorded::{Peaked, Step, StepLength, WorkloadName};
use model::swap_limit::SwapLimit;

/// As many figures as a step may have, the peaks among them.
const COLUMNS: usize = 12;

/// A chunk of more than this was not written here.
const ROWS_MAX: usize = 1 << 16;

/// The clock of a boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BootClock {
    /// The boot.
    pub boot_id: BootId,
    /// The wall clock minus the time since boot, in milliseconds.
    pub offset_millis: i64,
}

/// A step and when it began, in seconds since boot: a multiple of its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Since boot.
    pub seconds: u64,
    /// What is remembered.
    pub step: Step,
}

impl Row {
    /// The same in the step of this length in which it falls.
    pub const fn in_steps_of(self, length: StepLength) -> Self {
        Self { seconds: self.seconds - self.seconds % length.seconds(), step: self.step }
    }
}

/// Appends a row. One that is not later than the last is joined with it: within a boot time does not go back.
pub fn push(rows: &mut Vec<Row>, row: Row) {
    match rows.last_mut() {
        Some(last) if row.seconds <= last.seconds => last.step = last.step.then(row.step),
        Some(_) | None => rows.push(row),
    }
}

/// Appends a clock.
pub fn put_clock(clock: BootClock, out: &mut Vec<u8>) {
    out.extend_from_slice(&clock.boot_id.0.to_le_bytes());
    out.extend_from_slice(&clock.offset_millis.to_le_bytes());
}

/// Takes a clock.
pub fn take_clock(bytes: &mut &[u8]) -> Option<BootClock> {
    let boot = take(bytes, 16)?.try_into().ok()?;
    let offset = take(bytes, 8)?.try_into().ok()?;
    let boot_id = BootId(u128::from_le_bytes(boot));
    Some(BootClock { boot_id, offset_millis: i64::from_le_bytes(offset) })
}

/// Appends one workload's rows, with their length before them.
pub fn put_chunk(workload: &WorkloadName, rows: &[Row], length: StepLength, out: &mut Vec<u8>) {
    let mut body = Vec::with_capacity(64 + rows.len() * 4);
    put_varint(workload.as_str().len() as u64, &mut body);
    body.extend_from_slice(workload.as_str().as_bytes());
    let base = rows.first().map_or(0, |row| row.seconds / length.seconds());
    put_varint(rows.len() as u64, &mut body);
    put_varint(base, &mut body);
    let gaps =
        rows.iter().zip(base..).map(|(row, even)| (row.seconds / length.seconds()).saturating_sub(even));
    put_column(&gaps.collect::<Vec<u64>>(), &mut body);
    let codes: Vec<[u64; COLUMNS]> = rows.iter().map(|row| codes(&row.step)).collect();
    let mut column = Vec::with_capacity(rows.len());
    for index in 0..COLUMNS {
        column.clear();
        column.extend(codes.iter().filter_map(|codes| codes.get(index).copied()));
        put_column(&column, &mut body);
    }
    put_varint(body.len() as u64, out);
    out.extend_from_slice(&body);
}

/// A column that is all zero, of a figure that this kernel does not have, is one byte.
fn put_column(values: &[u64], out: &mut Vec<u8>) {
    let mut bytes = Vec::with_capacity(values.len());
    if values.iter().any(|value| *value != 0) {
        put(values, &mut bytes);
    }
    put_varint(bytes.len() as u64, out);
    out.extend_from_slice(&bytes);
}

/// Takes the bytes of one workload's rows, and who it is.
pub fn take_body<'a>(bytes: &mut &'a [u8]) -> Option<(&'a str, &'a [u8])> {
    let length = take_length(bytes)?;
    let mut body = take(bytes, length)?;
    let name_length = take_length(&mut body)?;
    let name = std::str::from_utf8(take(&mut body, name_length)?).ok()?;
    Some((name, body))
}

/// Reads what stands behind a name.
pub fn read_rows(mut body: &[u8], length: StepLength) -> Option<Vec<Row>> {
    let count = take_length(&mut body).filter(|count| *count <= ROWS_MAX)?;
    let base = take_varint(&mut body)?;
    let gaps = take_sized_column(&mut body, count)?;
    let mut codes = vec![[0; COLUMNS]; count];
    for index in 0..COLUMNS {
        let column_length = take_length(&mut body)?;
        let column = take(&mut body, column_length)?;
        if column.is_empty() {
            continue;
        }
        for (codes, value) in codes.iter_mut().zip(take_column(column, count)?) {
            *codes.get_mut(index)? = value;
        }
    }
    let mut rows: Vec<Row> = Vec::with_capacity(count);
    for (index, (gap, codes)) in gaps.into_iter().zip(&codes).enumerate() {
        let even = base.checked_add(index as u64)?;
        let seconds = even.checked_add(gap)?.checked_mul(length.seconds())?;
        if rows.last().is_some_and(|last| last.seconds >= seconds) {
            return None;
        }
        rows.push(Row { seconds, step: step(codes)? });
    }
    body.is_empty().then_some(rows)
}

fn take_length(bytes: &mut &[u8]) -> Option<usize> {
    usize::try_from(take_varint(bytes)?).ok()
}

fn take_sized_column(body: &mut &[u8], count: usize) -> Option<Vec<u64>> {
    let length = take_length(body)?;
    let column = take(body, length)?;
    if column.is_empty() { Some(vec![0; count]) } else { take_column(column, count) }
}

/// Zero is a figure that is not there; a peak is told by its distance from the last reading, the working set from the usage.
fn codes(step: &Step) -> [u64; COLUMNS] {
    let [usage, usage_peak] = amount_codes(step.usage);
    let [set, set_peak] = amount_codes(step.working_set);
    let [swap, swap_peak] = amount_codes(step.swap);
    [
        usage,
        usage_peak,
        usage.wrapping_sub(set),
        set_peak,
        swap,
        swap_peak,
        limit_code(step.memory_limit),
        limit_code(step.swap_limit.map(|limit| limit.0)),
        count_code(step.pressure_some.map(|percent| u64::from(percent.0))),
        count_code(step.pressure_full.map(|percent| u64::from(percent.0))),
        count_code(step.oom_kills),
        count_code(step.refaults),
    ]
}

fn step(codes: &[u64; COLUMNS]) -> Option<Step> {
    let [usage, usage_peak, set, set_peak, swap, swap_peak, limit, swap_limit, some, full, kills, refaults] =
        *codes;
    let set = usage.wrapping_sub(set);
    Some(Step {
        usage: amount(usage, usage_peak),
        working_set: amount(set, set_peak),
        swap: amount(swap, swap_peak),
        memory_limit: limit_of(limit),
        swap_limit: limit_of(swap_limit).map(SwapLimit),
        pressure_some: percent(some)?,
        pressure_full: percent(full)?,
        oom_kills: kills.checked_sub(1),
        refaults: refaults.checked_sub(1),
    })
}

fn amount_codes(amount: Option<Peaked>) -> [u64; 2] {
    amount
        .map_or([0, 0], |amount| [count_code(Some(amount.last.0)), amount.peak.0.wrapping_sub(amount.last.0)])
}

fn amount(last: u64, above: u64) -> Option<Peaked> {
    let last = last.checked_sub(1)?;
    Some(Peaked { last: Bytes(last), peak: Bytes(last.wrapping_add(above)) })
}

/// The largest number has no code of its own: no memory is as large.
fn count_code(count: Option<u64>) -> u64 {
    count.map_or(0, |count| count.saturating_add(1))
}

/// One is no limit.
fn limit_code(limit: Option<Limit>) -> u64 {
    match limit {
        None => 0,
        Some(Limit::Unlimited) => 1,
        Some(Limit::At(bytes)) => bytes.0.saturating_add(2),
    }
}

const fn limit_of(code: u64) -> Option<Limit> {
    match code {
        0 => None,
        1 => Some(Limit::Unlimited),
        bytes => Some(Limit::At(Bytes(bytes - 2))),
    }
}

/// `None` when no pressure is as large: the bytes are not what was written.
fn percent(code: u64) -> Option<Option<Percent>> {
    match code.checked_sub(1) {
        None => Some(None),
        Some(percent) => u32::try_from(percent).ok().map(|percent| Some(Percent(percent))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Limit, Peaked, Percent, Row, Step, StepLength, SwapLimit, WorkloadName};
    use super::{push, put_chunk, read_rows, take_body};
    use proptest::option::of;
    use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};

    /// Amounts as they are, and those at the edges of what a code holds.
    fn amount() -> impl Strategy<Value = u64> {
        prop_oneof![0..1_u64 << 40, (0..1_u64 << 20).prop_map(|pages| pages * 4_096), Just(u64::MAX - 2)]
    }

    fn peaked() -> impl Strategy<Value = Option<Peaked>> {
        of((amount(), amount())
            .prop_map(|(one, other)| Peaked { last: Bytes(one), peak: Bytes(one.max(other)) }))
    }

    fn limit() -> impl Strategy<Value = Option<Limit>> {
        of(prop_oneof![amount().prop_map(|bytes| Limit::At(Bytes(bytes))), Just(Limit::Unlimited)])
    }

    fn step() -> impl Strategy<Value = Step> {
        let amounts = (peaked(), peaked(), peaked());
        let others = (of(any::<u32>()), of(any::<u32>()), of(0..1_u64 << 50), of(0..1_u64 << 50));
        (amounts, limit(), limit(), others).prop_map(|(amounts, memory_limit, swap_limit, others)| Step {
            usage: amounts.0,
            working_set: amounts.1,
            swap: amounts.2,
            memory_limit,
            swap_limit: swap_limit.map(SwapLimit),
            pressure_some: others.0.map(Percent),
            pressure_full: others.1.map(Percent),
            oom_kills: others.2,
            refaults: others.3,
        })
    }

    /// Steps with gaps of any length between them.
    fn rows() -> impl Strategy<Value = Vec<Row>> {
        prop::collection::vec((1..100_u64, step()), 0..60).prop_map(|steps| {
            let mut seconds = 7;
            let mut row = |(gap, step)| {
                seconds += gap;
                Row { seconds, step }
            };
            steps.into_iter().map(&mut row).collect()
        })
    }

    fn joined(rows: &[Row], length: StepLength) -> Vec<Row> {
        let mut joined = Vec::new();
        rows.iter().for_each(|row| push(&mut joined, row.in_steps_of(length)));
        joined
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_was_written(rows in rows(), name in ".{0,40}") {
            let workload = WorkloadName::new(name);
            for length in StepLength::ALL {
                let rows = joined(&rows, length);
                let mut bytes = Vec::new();
                put_chunk(&workload, &rows, length, &mut bytes);
                let mut rest = bytes.as_slice();
                let (found, body) = take_body(&mut rest).unwrap();
                assert_eq!((found, rest.len()), (workload.as_str(), 0));
                assert_eq!(read_rows(body, length), Some(rows));
            }
        }

        #[test]
        fn no_peak_and_no_kill_is_lost_on_the_way_to_minutes(rows in rows()) {
            let peak = |rows: &[Row]| rows.iter().filter_map(|row| row.step.usage).map(|usage| usage.peak).max();
            let kills = |rows: &[Row]| {
                rows.iter().filter_map(|row| row.step.oom_kills).fold(0, u64::saturating_add)
            };
            let tens = joined(&rows, StepLength::TenSeconds);
            let minutes = joined(&tens, StepLength::Minute);
            assert_eq!(minutes, joined(&rows, StepLength::Minute), "by way of ten seconds or not");
            assert_eq!((peak(&minutes), kills(&minutes)), (peak(&rows), kills(&rows)));
        }

        #[test]
        fn bytes_of_any_kind_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut rest = bytes.as_slice();
            if let Some((_, body)) = take_body(&mut rest) {
                let _ = read_rows(body, StepLength::Second);
            }
            let _ = read_rows(&bytes, StepLength::Minute);
        }
    }
}
