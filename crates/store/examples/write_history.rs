//! Writes a history of three workloads over some hours below a folder: `fixtures/history/v1` was made by it, once and for all.
//!
//! `cargo run --package highwater-store --example write_history FOLDER`

#![allow(clippy::print_stdout, reason = "a tool of developers")]

use kernel::bytes::Bytes;
use kernel::limit::Limit;
use kernel::pressure::Percent;
use model::kernel_log::BootId;
use model::recorded::{Moment, Peaked, Step, WorkloadName};
use model::snapshot::Timestamp;
use model::swap_limit::SwapLimit;
use std::path::Path;
use std::time::Duration;
use store::history::writer::{HistorySettings, HistoryWriter};

const BOOTED_AT: u64 = 1_700_000_000;
const SECONDS: u64 = 3 * 3_600;
const MIB: u64 = 1 << 20;

/// What a workload had at a second; none while it did not run.
type StepAt = fn(u64) -> Option<Step>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("expected a folder")?;
    let settings = HistorySettings { flush: Duration::from_secs(60), ..HistorySettings::default() };
    let mut writer = HistoryWriter::open(Path::new(&folder), settings)?;
    let workloads: [(WorkloadName, StepAt); 3] = [
        (WorkloadName::new("backup.service"), backup),
        (WorkloadName::new("default/checkout/app"), leak),
        (WorkloadName::new("shop/web"), saw_tooth),
    ];
    for second in 0..SECONDS {
        let moment = Moment {
            boot_id: BootId(0x8c1d_b3fc),
            since_boot: Duration::from_secs(second),
            wall: Timestamp((BOOTED_AT + second) * 1_000),
        };
        let steps = workloads.iter().filter_map(|(name, step)| Some((name, step(second)?)));
        println!("{second}: {:?}", writer.append(moment, steps));
    }
    Ok(writer.close()?)
}

fn amount(bytes: u64) -> Option<Peaked> {
    Some(Peaked::at(Bytes(bytes / 4_096 * 4_096)))
}

/// Runs for half an hour in the second hour, with memory that no limit bounds.
fn backup(second: u64) -> Option<Step> {
    let usage = (80 + second % 400 / 4) * MIB;
    (3_600..5_400).contains(&second).then(|| Step {
        usage: amount(usage),
        working_set: amount(usage / 3),
        memory_limit: Some(Limit::Unlimited),
        ..Step::default()
    })
}

/// Grows until it is killed, swaps before that, and begins anew.
fn leak(second: u64) -> Option<Step> {
    let age = second % 4_000;
    let usage = (60 * MIB + age * 60_000).min(256 * MIB);
    let swap = (60 * MIB + age * 60_000).saturating_sub(240 * MIB);
    Some(Step {
        usage: amount(usage),
        working_set: amount(usage - 20 * MIB),
        swap: amount(swap),
        memory_limit: Some(Limit::At(Bytes(256 * MIB))),
        swap_limit: Some(SwapLimit(Limit::At(Bytes(64 * MIB)))),
        pressure_some: Some(Percent(if swap > 0 { 1_250 } else { 0 })),
        pressure_full: Some(Percent(if swap > 0 { 310 } else { 0 })),
        oom_kills: Some(u64::from(age == 0 && second > 0)),
        refaults: Some(swap / MIB),
    })
}

/// A saw-tooth, and for one second in a quarter of an hour far more.
fn saw_tooth(second: u64) -> Option<Step> {
    let usage = (100 + second % 600 / 10) * MIB + if second % 900 == 450 { 300 * MIB } else { 0 };
    Some(Step {
        usage: amount(usage),
        working_set: amount(usage - 10 * MIB),
        swap: amount(0),
        memory_limit: Some(Limit::At(Bytes(512 * MIB))),
        swap_limit: Some(SwapLimit(Limit::At(Bytes::ZERO))),
        oom_kills: Some(0),
        refaults: Some(0),
        ..Step::default()
    })
}
