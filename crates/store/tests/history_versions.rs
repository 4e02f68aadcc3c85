//! Histories that earlier versions wrote, read and gone on with by this one.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use kernel::bytes::Bytes;
use model::kernel_log::BootId;
use model::recorded::{Moment, Peaked, Step, StepLength, TimeSpan, WorkloadName};
use model::snapshot::Timestamp;
use std::fs;
use std::path::Path;
use std::time::Duration;
use store::history::reader::HistoryReader;
use store::history::writer::{HistorySettings, HistoryWriter};

const ALWAYS: TimeSpan = TimeSpan { from_seconds: 0, to_seconds: i64::MAX };

/// Three hours of three workloads, written by `examples/write_history.rs` of each version.
#[test]
fn a_history_of_every_version_is_read_and_gone_on_with() {
    for version in ["v1"] {
        let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/history").join(version);
        let folder = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(recorded.join("history")).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
        let reader = HistoryReader::new(folder.path());
        let all = reader.read_all(ALWAYS, StepLength::Minute).unwrap();
        assert_eq!(all.damaged, 0);
        let minutes: Vec<(&str, usize)> =
            all.found.iter().map(|series| (series.workload.as_str(), series.steps.len())).collect();
        assert_eq!(minutes, [("backup.service", 30), ("default/checkout/app", 180), ("shop/web", 180)]);
        let leak = &all.found[1];
        assert_eq!(leak.peak(), Some((1_700_003_420, Bytes(256 << 20))));
        assert_eq!(leak.kills().collect::<Vec<_>>(), [(1_700_003_960, 1), (1_700_007_980, 1)]);

        let mut writer = HistoryWriter::open(folder.path(), HistorySettings::default()).unwrap();
        let web = WorkloadName::new("shop/web");
        let usage = Some(Peaked::at(Bytes(7 << 20)));
        for second in 10_860..11_000 {
            let moment = Moment {
                boot_id: BootId(0x8c1d_b3fc),
                since_boot: Duration::from_secs(second),
                wall: Timestamp((1_700_000_000 + second) * 1_000),
            };
            writer.append(moment, [(&web, Step { usage, ..Step::default() })]);
        }
        writer.close().unwrap();
        let series = reader.read(&web, ALWAYS, StepLength::Minute).unwrap().found;
        assert_eq!(series.steps.len(), 183);
        assert_eq!(series.steps[182].step.usage, usage);
    }
}
