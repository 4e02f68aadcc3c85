//! Engines that are silent, broken, closed or absent: the call ends in time and says what was wrong.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use model::container::RuntimeRecord;
use model::reading::Reading;
use sources::docker::error::DockerError;
use sources::docker::host::DockerHost;
use sources::docker::{Answer, containers};
use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};
use testkit::scripted_docker::{Misbehaviour, ScriptedDocker, recorded};

const DEADLINE: Duration = Duration::from_secs(10);
const SHORT_DEADLINE: Duration = Duration::from_millis(100);

/// `no-swap` of the recording.
const NO_SWAP: &str = "6d7a2e1d07e3";

fn host(socket: &Path) -> DockerHost {
    socket.to_str().unwrap().parse().unwrap()
}

fn ask(misbehaviours: &[(&str, Misbehaviour)], deadline: Duration) -> Result<Answer, DockerError> {
    let server = ScriptedDocker::start(&recorded("20.10.24"), misbehaviours).unwrap();
    containers(&host(&server.socket()), deadline)
}

fn no_swap(answer: &Answer) -> Option<&RuntimeRecord> {
    answer.records.iter().find(|record| record.id.starts_with(NO_SWAP))
}

/// The error and its causes, as the door prints them.
fn printed(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |error| (*error).source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}

#[test]
fn a_silent_engine_costs_no_more_than_the_deadline() {
    for silent_at in ["/_ping", "/containers/json"] {
        let started = Instant::now();
        let error = ask(&[(silent_at, Misbehaviour::Silent)], SHORT_DEADLINE).unwrap_err();
        assert!(matches!(error, DockerError::Deadline { .. }), "{error:?}");
        assert!(error.to_string().ends_with("docker.sock: no answer within 100ms"), "{error}");
        assert!(started.elapsed() < SHORT_DEADLINE * 20, "{:?}", started.elapsed());
    }
}

#[test]
fn a_socket_that_nobody_accepts_on_costs_no_more_than_the_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let _unanswered = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let error = containers(&host(&socket), SHORT_DEADLINE).unwrap_err();
    assert!(matches!(error, DockerError::Deadline { .. }), "{error:?}");
}

#[test]
fn containers_that_were_not_inspected_in_time_keep_what_the_list_says() {
    let answer = ask(&[(NO_SWAP, Misbehaviour::Silent)], Duration::from_millis(500)).unwrap();
    let record = no_swap(&answer).unwrap();
    assert_eq!(record.name, Reading::Value("no-swap".to_owned()));
    assert_eq!(record.pid, Reading::failed("the engine did not answer in time"));
    assert_eq!(record.declared, Reading::failed("the engine did not answer in time"));
    assert_eq!(answer.records.len(), 7);
    assert_eq!(answer.failures.len(), 1, "{:?}", answer.failures);
    assert!(
        answer.failures[0].contains("of 7 containers not inspected within 500ms"),
        "{:?}",
        answer.failures
    );
}

#[test]
fn a_container_that_ended_meanwhile_is_left_out() {
    assert!(no_swap(&ask(&[], DEADLINE).unwrap()).is_some());
    let answer = ask(&[(NO_SWAP, Misbehaviour::NotFound)], DEADLINE).unwrap();
    assert_eq!(no_swap(&answer), None);
    assert_eq!((answer.records.len(), answer.failures.len()), (6, 0));
}

#[test]
fn one_container_that_cannot_be_read_does_not_cost_the_others() {
    let cases = [
        (Misbehaviour::ServerError, "HTTP status 500: the daemon is shutting down"),
        (Misbehaviour::HangUp, "not a whole HTTP answer"),
        (Misbehaviour::Garbage, "not a whole HTTP answer"),
        (Misbehaviour::HalfAnswer, "not a whole HTTP answer"),
        (Misbehaviour::HalfJson, "not the JSON of Docker's API: EOF while parsing"),
    ];
    for (misbehaviour, expected) in cases {
        let answer = ask(&[(NO_SWAP, misbehaviour)], DEADLINE).unwrap();
        let record = no_swap(&answer).unwrap();
        assert_eq!(record.name, Reading::Value("no-swap".to_owned()));
        let Reading::Failed(why) = &record.declared else { panic!("{misbehaviour:?}: {record:?}") };
        assert!(why.contains(expected), "{misbehaviour:?}: {why}");
        assert_eq!(record.pid, Reading::Failed(why.clone()));
        assert_eq!(answer.failures, [format!("no-swap: {why}")]);
        let others = answer.records.iter().filter(|record| record.declared.value().is_some());
        assert_eq!(others.count(), 6, "{misbehaviour:?}");
    }
}

#[test]
fn an_answer_of_another_shape_leaves_the_limits_unknown() {
    let answer = ask(&[(NO_SWAP, Misbehaviour::OtherJson)], DEADLINE).unwrap();
    let record = no_swap(&answer).unwrap();
    assert_eq!(record.declared, Reading::failed("expected HostConfig, found none"));
    assert_eq!(record.pid, Reading::Absent);
}

#[test]
fn a_list_that_cannot_be_read_is_told_with_its_cause() {
    let cases = [
        (Misbehaviour::ServerError, "HTTP status 500: the daemon is shutting down"),
        (Misbehaviour::NotFound, "HTTP status 404: No such container"),
        (Misbehaviour::HangUp, "not a whole HTTP answer: "),
        (Misbehaviour::Garbage, "not a whole HTTP answer: "),
        (Misbehaviour::HalfAnswer, "not a whole HTTP answer: "),
        (Misbehaviour::HalfJson, "not the JSON of Docker's API: EOF while parsing"),
        (Misbehaviour::OtherJson, "not the JSON of Docker's API: invalid type"),
        (Misbehaviour::Endless, "at most 67108864 bytes, found more"),
    ];
    for (misbehaviour, expected) in cases {
        let error = ask(&[("/containers/json", misbehaviour)], DEADLINE).unwrap_err();
        let line = printed(&error);
        assert!(line.contains("docker.sock: GET /v1.41/containers/json: "), "{misbehaviour:?}: {line}");
        assert!(line.contains(expected), "{misbehaviour:?}: {line}");
    }
}

#[test]
fn one_odd_element_does_not_cost_the_list() {
    let folder = tempfile::tempdir().unwrap();
    let id = "a".repeat(64);
    let list = format!(
        r#"[{{"Id":"../../secrets"}},7,{{"Id":"{id}","Names":["/other/link","/kept"],"State":"new"}}]"#
    );
    fs::write(folder.path().join("containers.json"), list).unwrap();
    fs::create_dir(folder.path().join("containers")).unwrap();
    fs::write(folder.path().join(format!("containers/{id}.json")), "{}").unwrap();
    let server = ScriptedDocker::start(folder.path(), &[]).unwrap();
    let answer = containers(&host(&server.socket()), DEADLINE).unwrap();
    assert_eq!(answer.records.len(), 1);
    assert_eq!(answer.records[0].name, Reading::Value("kept".to_owned()));
    assert_eq!(answer.failures.len(), 2, "{:?}", answer.failures);
    assert!(
        answer.failures[0].ends_with("expected a container id, found `../../secrets`"),
        "{:?}",
        answer.failures
    );
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_missing_socket_and_one_that_nobody_listens_on_are_no_engine() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let error = containers(&host(&socket), DEADLINE).unwrap_err();
    assert!(matches!(error, DockerError::NoEngine { .. }), "{error:?}");
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let error = containers(&host(&socket), DEADLINE).unwrap_err();
    assert!(matches!(error, DockerError::NoEngine { .. }), "{error:?}");
    assert!(printed(&error).contains("docker.sock: no engine listens here: "), "{}", printed(&error));
}

#[test]
fn a_socket_that_is_closed_to_us_is_told_with_the_remedy() {
    let server = ScriptedDocker::start(&recorded("20.10.24"), &[]).unwrap();
    fs::set_permissions(server.socket(), fs::Permissions::from_mode(0o000)).unwrap();
    let host = host(&server.socket());
    let asked = thread::spawn(move || {
        if rustix::process::geteuid().is_root() {
            // Only this thread becomes nobody.
            rustix::thread::set_thread_uid(rustix::process::Uid::from_raw(65534)).unwrap();
        }
        containers(&host, DEADLINE)
    });
    let error = asked.join().unwrap().unwrap_err();
    assert!(matches!(error, DockerError::PermissionDenied { .. }), "{error:?}");
    let expected = "docker.sock: permission denied; \
                    run as root or as a member of the socket's group, usually `docker`";
    assert!(error.to_string().ends_with(expected), "{error}");
    assert_eq!(server.requests(), Vec::<String>::new());
}
