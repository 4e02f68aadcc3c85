//! What recorded engines say of their containers, read through a real socket.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::container::{ComposeService, RuntimeRecord};
use model::declared::Declared;
use model::reading::Reading;
use model::swap_limit::MemoryAndSwapLimit;
use sources::docker::host::DockerHost;
use sources::docker::{Answer, EngineKind, containers};
use std::time::Duration;
use testkit::scripted_docker::{Misbehaviour, ScriptedDocker, recorded};

const DEADLINE: Duration = Duration::from_secs(10);

fn host(server: &ScriptedDocker) -> DockerHost {
    server.socket().to_str().unwrap().parse().unwrap()
}

fn answer(engine: &str, misbehaviours: &[(&str, Misbehaviour)]) -> Answer {
    let server = ScriptedDocker::start(&recorded(engine), misbehaviours).unwrap();
    containers(&host(&server), DEADLINE).unwrap()
}

fn names(answer: &Answer) -> Vec<&str> {
    let mut names: Vec<&str> =
        answer.records.iter().map(|record| record.name.value().unwrap().as_str()).collect();
    names.sort_unstable();
    names
}

fn record<'a>(answer: &'a Answer, name: &str) -> &'a RuntimeRecord {
    let found = answer.records.iter().find(|record| record.name == Reading::Value(name.to_owned()));
    found.unwrap_or_else(|| panic!("no {name} among {:?}", names(answer)))
}

fn mib(mib: u64) -> Limit {
    Limit::At(Bytes::from_mib(mib))
}

fn declared(memory: Limit, memory_and_swap: Limit) -> Declared {
    let memory_and_swap = MemoryAndSwapLimit(memory_and_swap);
    Declared { memory, memory_and_swap, reservation: None, swappiness: None }
}

/// The containers that are in every recording, with the limits that the kernel's files had. Engines on cgroup v2 drop
/// the swappiness.
fn assert_declared(answer: &Answer, swappiness: Option<u64>) {
    let expected = [
        ("unlimited", declared(Limit::Unlimited, Limit::Unlimited)),
        ("default-swap", declared(mib(64), mib(128))),
        ("no-swap", Declared { reservation: Some(Bytes::from_mib(16)), ..declared(mib(64), mib(64)) }),
        ("some-swap", Declared { swappiness, ..declared(mib(64), mib(96)) }),
        ("endless-swap", declared(mib(64), Limit::Unlimited)),
        ("shop-web-1", declared(mib(32), mib(64))),
    ];
    for (name, expected) in expected {
        assert_eq!(record(answer, name).declared, Reading::Value(expected), "{name}");
    }
}

#[test]
fn docker_declares_what_it_was_given() {
    for (engine, version, swappiness) in
        [("20.10.24", "20.10.24+dfsg1", Some(10)), ("26.1.5", "26.1.5+dfsg1", None)]
    {
        let answer = answer(engine, &[]);
        assert_eq!(answer.failures, Vec::<String>::new());
        assert_eq!(answer.engine.kind, EngineKind::Docker);
        assert_eq!(answer.engine.version, Reading::Value(version.to_owned()));
        assert_declared(&answer, swappiness);
    }
}

#[test]
fn podman_declares_what_it_was_given_though_it_forgets_endless_swap() {
    let answer = answer("podman-4.3.1", &[]);
    assert_eq!(answer.failures, Vec::<String>::new());
    assert_eq!(answer.engine.kind, EngineKind::Podman);
    assert_eq!(answer.engine.version, Reading::Value("4.3.1".to_owned()));
    assert_declared(&answer, Some(10));
}

#[test]
fn docker_lists_paused_and_restarting_containers_and_no_ended_ones() {
    let answer = answer("20.10.24", &[]);
    let expected =
        ["default-swap", "endless-swap", "no-swap", "restarting", "shop-web-1", "some-swap", "unlimited"];
    assert_eq!(names(&answer), expected);
    assert_eq!(record(&answer, "restarting").pid, Reading::Absent);
    assert_eq!(record(&answer, "shop-web-1").pid, Reading::Value(28171));
}

#[test]
fn podman_lists_paused_containers_and_those_being_stopped_and_drops_those_that_vanished() {
    let answer = answer("podman-4.3.1", &[]);
    let expected =
        ["being-stopped", "default-swap", "endless-swap", "no-swap", "shop-web-1", "some-swap", "unlimited"];
    assert_eq!(names(&answer), expected);
    assert_eq!(record(&answer, "being-stopped").pid, Reading::Value(30762));
}

#[test]
fn the_image_is_as_the_user_wrote_it_after_its_tag_moved() {
    let answer = answer("20.10.24", &[]);
    assert_eq!(record(&answer, "no-swap").image, Reading::Value("busybox:local".to_owned()));
}

#[test]
fn a_service_of_compose_is_known_by_its_labels() {
    let service = ComposeService { project: "shop".to_owned(), service: "web".to_owned() };
    for engine in ["20.10.24", "26.1.5", "podman-4.3.1"] {
        let answer = answer(engine, &[]);
        assert_eq!(record(&answer, "shop-web-1").compose.as_ref(), Some(&service));
        assert_eq!(record(&answer, "unlimited").compose, None);
    }
}

#[test]
fn the_engine_is_asked_in_its_own_version_and_for_nothing_dear() {
    let server = ScriptedDocker::start(&recorded("20.10.24"), &[]).unwrap();
    containers(&host(&server), DEADLINE).unwrap();
    let requests = server.requests();
    assert_eq!(requests[..2], ["/_ping", "/v1.41/containers/json"]);
    assert_eq!(requests.len(), 2 + 7);
    assert!(
        requests[2..].iter().all(|path| path.starts_with("/v1.41/containers/") && path.ends_with("/json"))
    );
}

#[test]
fn what_ended_is_not_inspected() {
    let server = ScriptedDocker::start(&recorded("podman-4.3.1"), &[]).unwrap();
    containers(&host(&server), DEADLINE).unwrap();
    // Of the 14 that Podman lists, one has exited and one has stopped.
    assert_eq!(server.requests().len(), 2 + 12);
}

#[test]
fn an_engine_whose_version_is_no_version_is_asked_without_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("headers"), "Api-Version: 1.41/../../secrets\n").unwrap();
    std::fs::write(folder.path().join("containers.json"), "[]").unwrap();
    let server = ScriptedDocker::start(folder.path(), &[]).unwrap();
    containers(&host(&server), DEADLINE).unwrap();
    assert_eq!(server.requests(), ["/_ping", "/containers/json"]);
}

#[test]
fn an_engine_that_hides_its_name_is_docker_of_unknown_version() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("containers.json"), "[]").unwrap();
    let server = ScriptedDocker::start(folder.path(), &[]).unwrap();
    let answer = containers(&host(&server), DEADLINE).unwrap();
    assert_eq!((answer.engine.kind, answer.engine.version), (EngineKind::Docker, Reading::Absent));
    assert_eq!(server.requests(), ["/_ping", "/containers/json"]);
}

#[test]
fn the_engine_tells_its_drivers() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(recorded("26.1.5").join("headers"), folder.path().join("headers")).unwrap();
    let info = r#"{"ServerVersion":"26.1.5+dfsg1","CgroupDriver":"systemd","CgroupVersion":"2","Driver":"overlay2",
        "DockerRootDir":"/var/lib/docker","SwapLimit":true,"Warnings":null}"#;
    std::fs::write(folder.path().join("info.json"), info).unwrap();
    let told = |misbehaviours: &[(&str, Misbehaviour)]| {
        let server = ScriptedDocker::start(folder.path(), misbehaviours).unwrap();
        sources::docker::engine::engine(&host(&server), Duration::from_millis(500))
    };
    let engine = told(&[]).unwrap();
    let engine = engine.value().unwrap();
    assert_eq!((engine.cgroup_driver.as_str(), engine.storage_driver.as_str()), ("systemd", "overlay2"));
    assert_eq!(
        (&engine.cgroup_version, &engine.swap_limit),
        (&Reading::Value("2".to_owned()), &Reading::Value(true))
    );
    let error = told(&[("/info", Misbehaviour::Silent)]).unwrap_err();
    assert!(error.to_string().contains("no answer"), "{error}");
}
