//! Fuzzes pressure files.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = kernel::pressure::Pressure::parse(text);
});
