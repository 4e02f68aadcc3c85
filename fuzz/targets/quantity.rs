//! Fuzzes the grammars of amounts: a sign turns an amount round, a unit of 1024 is never less than one of 1000.

#![no_main]

use libfuzzer_sys::fuzz_target;

use model::quantity::{docker, kubernetes};

fuzz_target!(|text: &str| {
    let _ = docker::bytes(text);
    if let Some(milli) = kubernetes::milli(text) {
        assert!(milli != i128::MIN);
        if !text.starts_with(['-', '+']) {
            assert_eq!(kubernetes::milli(&format!("-{text}")), Some(-milli));
            assert_eq!(kubernetes::milli(&format!("0{text}")), Some(milli));
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            let kibi = kubernetes::milli(&format!("{text}Ki"));
            let kilo = kubernetes::milli(&format!("{text}k"));
            assert!(kibi >= kilo || kibi == Some(i128::from(i64::MAX) * 1000));
        }
    }
});
