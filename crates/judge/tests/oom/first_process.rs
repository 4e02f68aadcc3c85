//! What became of a container's first process, and how its runtime's words name it and its end.

use crate::seen::{Seen, WEB, change};
use judge::oom::exit_code::verdict_of;
use kernel::cgroup_path::Runtime;
use model::container::{Container, EndedContainer, RuntimeRecord};
use model::incident::FirstProcess;
use model::incident::exit::ExitVerdict;
use model::incident::observed::{Said, Word};
use model::incident::witness::Witness;
use model::reading::Reading;
use std::time::Duration;
use testkit::oom_text::Text;

/// When the kill of [`Text::hog`] was written.
const KILLED_AT: Duration = Duration::from_micros(2_658_287_103);

fn web(pid: Reading<u32>) -> Container {
    let record = RuntimeRecord {
        id: "1".repeat(64),
        name: Reading::Value("web".to_owned()),
        image: Reading::Value("nginx".to_owned()),
        compose: None,
        declared: Reading::Absent,
        pid,
    };
    Container::of_record(Runtime::Docker, record)
}

fn exited(code: i32, after: Duration) -> Word {
    Word { of: "1".repeat(64), at: KILLED_AT + after, said: Said::Exited { code } }
}

/// Two processes stood in the table, the larger one was killed.
fn two_processes(pid: Reading<u32>, words: &[Word]) -> FirstProcess {
    let mut seen = Seen::log(&Text::hog(WEB).whole());
    seen.containers = vec![web(pid)];
    seen.words = words.to_vec();
    seen.incident().first_process
}

#[test]
fn a_container_that_is_gone_is_named_by_its_runtime() {
    let mut seen = Seen::log(&Text::hog(WEB).whole());
    assert_eq!(seen.incident().place.container.unwrap().name, Reading::Absent);
    seen.containers = vec![web(Reading::Absent)];
    let container = seen.incident().place.container.unwrap();
    assert_eq!(container.name, Reading::Value("web".to_owned()));
    assert_eq!(container.image, Reading::Value("nginx".to_owned()));
}

#[test]
fn whoever_was_alone_in_the_container_was_its_first_process() {
    let mut text = Text::hog(WEB);
    text.tasks.retain(|task| task.pid == text.victim);
    assert_eq!(Seen::log(&text.whole()).incident().first_process, FirstProcess::Killed);
    let filtered: String =
        text.whole().lines().filter(|line| line.contains("hog")).map(|line| format!("{line}\n")).collect();
    assert!(matches!(Seen::log(&filtered).incident().first_process, FirstProcess::Unknown(_)));
    // The level above lists nobody of other containers, so it may lack this one's too.
    text.oom_memcg = Some("/docker".to_owned());
    assert!(matches!(Seen::log(&text.whole()).incident().first_process, FirstProcess::Unknown(_)));
}

#[test]
fn an_exit_code_tells_the_end_of_the_first_process() {
    let soon = Duration::from_millis(80);
    for (pid, words, expected) in [
        (Reading::Value(4711), vec![exited(137, soon)], FirstProcess::Killed),
        (Reading::Value(4700), vec![], FirstProcess::Lives),
        (Reading::Value(4700), vec![exited(1, soon)], FirstProcess::Ended { code: 1 }),
        (Reading::Absent, vec![exited(0, soon)], FirstProcess::Ended { code: 0 }),
        (Reading::Absent, vec![exited(137, soon)], FirstProcess::Killed),
        // A shell hands on how its child died.
        (Reading::Value(4700), vec![exited(137, soon)], FirstProcess::Ended { code: 137 }),
        // Of a container that dies again and again, the first end after the kill counts.
        (Reading::Absent, vec![exited(137, soon * 10), exited(2, soon)], FirstProcess::Ended { code: 2 }),
    ] {
        assert_eq!(two_processes(pid.clone(), &words), expected, "{pid:?} {words:?}");
    }
    let found = two_processes(Reading::Absent, &[exited(0, Duration::from_secs(31))]);
    assert!(matches!(found, FirstProcess::Unknown(_)), "{found:?}");
}

#[test]
fn a_restarted_container_with_a_new_counter_is_not_taken_for_the_one_that_was_killed() {
    let mut seen = Seen::log(&Text::hog(WEB).whole());
    seen.changes = vec![change(WEB, 1)];
    assert_eq!(seen.incident().first_process, FirstProcess::Lives);
    seen.changes = vec![change(WEB, 0)];
    assert!(matches!(seen.incident().first_process, FirstProcess::Unknown(_)));
}

#[test]
fn the_runtime_is_a_witness_of_the_end() {
    let mut seen = Seen::log(&Text::hog(WEB).whole());
    let oom = Word { said: Said::OomEvent, ..exited(0, Duration::ZERO) };
    seen.words = vec![oom, exited(137, Duration::from_millis(40))];
    let witnesses = seen.incident().witnesses;
    assert!(witnesses.contains(&Witness::Runtime), "{witnesses:?}");
    assert!(witnesses.contains(&Witness::ExitCode { code: 137 }), "{witnesses:?}");
}

#[test]
fn what_only_the_runtime_remembers_is_still_an_oom_kill() {
    let ended = |exit_code, oom_killed| EndedContainer {
        container: web(Reading::Absent),
        exit_code,
        oom_killed,
        ended_at: Reading::Absent,
    };
    let incident = Seen::log(&Text::hog(WEB).whole()).incident();
    let when = incident.when.clone();
    for (code, oom_killed, expected) in [
        (137, true, ExitVerdict::OomByRuntimeAlone),
        (1, true, ExitVerdict::OomByRuntimeAlone),
        (137, false, ExitVerdict::KilledBySomebody),
        (0, false, ExitVerdict::NotMemory),
    ] {
        assert_eq!(verdict_of(&ended(code, oom_killed), &when, &[], &[]), expected);
    }
    let killed = verdict_of(&ended(137, true), &when, &[&incident], &[]);
    assert_eq!(killed, ExitVerdict::OomKilled(incident.id.clone()));
}
