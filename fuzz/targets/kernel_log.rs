//! Fuzzes single records of the kernel: what one read of /dev/kmsg gives, and a line of the tracepoint oom:mark_victim.

#![no_main]

use kernel::mark_victim::MarkedVictim;
use libfuzzer_sys::fuzz_target;
use sources::kmsg::record::KernelRecord;

fuzz_target!(|bytes: &[u8]| {
    if let Some(record) = KernelRecord::parse(bytes) {
        assert_eq!(record.raw, bytes, "a record is kept as it came");
        let text = record.text();
        assert!(!text.contains(&b'\n') && text.len() < bytes.len(), "the text is a part of the first line");
    }
    for line in String::from_utf8_lossy(bytes).lines() {
        if let Some(MarkedVictim { pid, comm }) = MarkedVictim::parse(line) {
            assert!(
                line.contains(&format!("pid={pid}")) || line.contains("pid=0"),
                "{line} does not name {pid}"
            );
            assert!(comm.is_none_or(|comm| line.contains(&comm)), "a name that is not in {line}");
        }
    }
});
