//! Fuzzes memory.stat and vmstat: a hint never changes what is read. A NUL divides the older text from the newer.

#![no_main]

use libfuzzer_sys::fuzz_target;

use kernel::memory_stat::MemoryStat;

fuzz_target!(|text: &str| {
    let (first, second) = text.split_once('\0').unwrap_or((text, text));
    let plain = MemoryStat::parse(second, None);
    let Ok(mut like) = MemoryStat::parse(first, None) else { return };
    let hinted = MemoryStat::parse(second, Some(like.layout()));
    assert_eq!(plain.is_ok(), hinted.is_ok());
    let reread = like.parse_into(second).map(|()| like);
    assert_eq!(plain, hinted);
    assert_eq!(plain.ok(), reread.ok());
    if let Ok(stat) = hinted {
        for (name, _) in stat.iter() {
            assert!(stat.get(name).is_some());
        }
    }
});
