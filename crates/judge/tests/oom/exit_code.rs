//! Exit 137 without an OOM kill, and an OOM kill without exit 137.

use crate::seen::{Seen, WEB};
use judge::oom::exit_code::{own_memory_error, verdict};
use model::incident::exit::{ExitVerdict, Language};
use model::snapshot::Missing;
use testkit::oom_text::Text;

#[test]
fn the_code_alone_proves_nothing() {
    let incident = Seen::log(&Text::hog(WEB).whole()).incident();
    let when = incident.when.clone();
    let killed = std::slice::from_ref(&incident);
    let killed: Vec<_> = killed.iter().collect();
    let deaf = [Missing { what: "the kernel's log".to_owned(), why: "CAP_SYSLOG".to_owned() }];
    for (code, incidents, missing, log, expected) in [
        (137, &killed[..], &[][..], None, ExitVerdict::OomKilled(incident.id.clone())),
        (0, &killed[..], &[][..], None, ExitVerdict::OomWithout137(incident.id.clone())),
        (137, &[][..], &[][..], None, ExitVerdict::KilledBySomebody),
        (137, &[][..], &deaf[..], None, ExitVerdict::MaybeOomKilled),
        (0, &[][..], &[][..], None, ExitVerdict::NotMemory),
        (
            134,
            &[][..],
            &[][..],
            Some("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"),
            ExitVerdict::OutOfOwnMemory(Language::Node),
        ),
    ] {
        assert_eq!(verdict(code, &when, incidents, missing, log), expected);
    }
}

#[test]
fn an_end_long_after_the_kill_is_another_matter() {
    let incident = Seen::log(&Text::hog(WEB).whole()).incident();
    let mut later = incident.when.clone();
    later.since_boot = later.since_boot.map(|at| at + std::time::Duration::from_secs(60));
    assert_eq!(verdict(137, &later, &[&incident], &[], None), ExitVerdict::KilledBySomebody);
}

#[test]
fn languages_say_when_their_own_memory_is_out() {
    assert_eq!(
        own_memory_error("Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space"),
        Some(Language::Jvm)
    );
    assert_eq!(own_memory_error("fatal error: runtime: out of memory"), Some(Language::Go));
    assert_eq!(own_memory_error("out of memory"), None);
}
