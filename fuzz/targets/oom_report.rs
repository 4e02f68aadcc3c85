//! Fuzzes the parser of OOM reports: any bytes, in any pieces, and reports cut, repeated and mixed line by line.

#![no_main]

use kernel::oom_report::parse_all;
use kernel::oom_report::reader::{OomEvent, OomReader};
use kernel::oom_report::report::OomReport;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

/// Real reports, whose lines the mutator puts among others: an input is too short for most of them as a whole.
const RECORDED: [&str; 4] = [
    include_str!("../../crates/kernel/tests/data/oom/debian12-6.1-v1/dmesg.log"),
    include_str!("../../crates/kernel/tests/data/oom/debian12-6.1-v2/kmsg.log"),
    include_str!("../../crates/kernel/tests/data/oom/debian12-6.12-v2/dmesg.log"),
    include_str!("../../crates/kernel/tests/data/oom/host-6.18-v1/kmsg.log"),
];

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

// Half of the time whole lines are removed, repeated, swapped, cut, broken in two, joined, or come from a real report; else bytes
// change.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if seed % 2 == 0 || size == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut lines: Vec<Vec<u8>> = data[..size].split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let mut random = Random(seed);
    for _ in 0..=random.below(4) {
        mix(&mut lines, &mut random);
    }
    let mixed = lines.join(&b'\n');
    let length = mixed.len().min(max_size).min(data.len());
    data[..length].copy_from_slice(&mixed[..length]);
    length
});

struct Random(u32);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as usize % limit.max(1)
    }
}

fn mix(lines: &mut Vec<Vec<u8>>, random: &mut Random) {
    let (at, other) = (random.below(lines.len()), random.below(lines.len()));
    match random.below(9) {
        0 if lines.len() > 1 => drop(lines.remove(at)),
        1 => lines.insert(at, lines[other].clone()),
        2 => lines.swap(at, other),
        3 => {
            let length = random.below(lines[at].len());
            lines[at].truncate(length);
        }
        4 if at + 1 < lines.len() => {
            let next = lines.remove(at + 1);
            lines[at].extend(next);
        }
        5 => {
            let from = random.below(lines[at].len());
            let rest = lines[at].split_off(from);
            lines.insert(at + 1, rest);
        }
        6 => {
            // A bracket or a semicolon at the beginning likely ends the frame of the line.
            let blank = lines[at]
                .iter()
                .take(80)
                .rposition(|byte| matches!(byte, b']' | b';'))
                .map_or(0, |end| end + 1);
            drop(lines[at].drain(..blank));
        }
        7 => {
            let recorded: Vec<&str> = RECORDED[random.below(RECORDED.len())].lines().collect();
            let from = random.below(recorded.len());
            let until = recorded.len().min(from + 1 + random.below(8));
            lines.splice(at..at, recorded[from..until].iter().map(|line| line.as_bytes().to_vec()));
        }
        _ => {
            let from = random.below(lines[other].len());
            let tail = lines[other].split_off(from);
            lines[at].extend(tail);
        }
    }
}
