//! Fuzzes the parser of OOM reports: any bytes, in any pieces, and reports cut, repeated and mixed line by line.

#![no_main]

use kernel::oom_report::parse_all;
use kernel::oom_report::reader::{OomEvent, OomReader};
use kernel::oom_report::report::OomReport;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

/// A report holds no more than this of anything; the input has a few thousand bytes, so nothing may multiply.
const ITEMS_MAX: usize = 8192;

fuzz_target!(|bytes: &[u8]| {
    let log = parse_all(bytes);
    for report in &log.reports {
        check(report);
    }
    // The size of the pieces is taken from the input: the same input always fails the same way.
    let size = 1 + usize::from(bytes.first().copied().unwrap_or_default());
    let mut reports = Vec::new();
    let mut collect = |event| match event {
        OomEvent::Report(report) => reports.push(*report),
        OomEvent::Suppressed(_) | OomEvent::Reaped(_) | OomEvent::Other(_) => {}
    };
    let mut reader = OomReader::new();
    bytes.chunks(size).for_each(|piece| reader.push(piece, &mut collect));
    reader.finish(&mut collect);
    reports.sort_by_key(|report| report.first.line);
    assert_eq!(reports, log.reports, "pieces of {size} bytes change the reports");
});

fn check(report: &OomReport) {
    assert!(report.first.line <= report.last.line, "a report ends before it begins");
    assert!(report.tasks.rows.len() as u64 <= report.tasks.rows_seen, "more rows kept than seen");
    for (at, victim) in report.victims.iter().enumerate() {
        assert!(report.victims[..at].iter().all(|other| other.pid != victim.pid), "a victim is told twice");
    }
    let items = report.victims.len() + report.tasks.rows.len() + report.stats.len() + report.reaped.len();
    assert!(items <= ITEMS_MAX, "{items} items");
    for name in &report.limits_reached {
        assert!(report.counter(*name).is_some(), "a limit was reached that is not in the report");
    }
}

// Half of the time a whole line is removed, repeated, swapped with another, cut, or joined to the next; else bytes change.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if seed % 2 == 0 || size == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut lines: Vec<Vec<u8>> = data[..size].split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let mut random = seed;
    let mut below = |limit: usize| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) as usize % limit.max(1)
    };
    for _ in 0..=below(4) {
        let (at, other) = (below(lines.len()), below(lines.len()));
        match below(6) {
            0 if lines.len() > 1 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[other].clone()),
            2 => lines.swap(at, other),
            3 => {
                let length = below(lines[at].len());
                lines[at].truncate(length);
            }
            4 if at + 1 < lines.len() => {
                let next = lines.remove(at + 1);
                lines[at].extend(next);
            }
            _ => {
                let from = below(lines[other].len());
                let tail = lines[other].split_off(from);
                lines[at].extend(tail);
            }
        }
    }
    let mixed = lines.join(&b'\n');
    let length = mixed.len().min(max_size).min(data.len());
    data[..length].copy_from_slice(&mixed[..length]);
    length
});
