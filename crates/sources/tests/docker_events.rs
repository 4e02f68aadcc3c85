//! Events of an engine, and the containers that it remembers, as Docker 20.10.24 sent them for two containers.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use model::container::EndedContainer;
use model::reading::Reading;
use model::snapshot::Timestamp;
use sources::docker::ended::ended;
use sources::docker::events::{ContainerEvent, EventStream, Happened};
use sources::docker::host::DockerHost;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

const HOG: &str = "fdd9ec71e1437270897a8ca333e46cdaa61e2ae0bc4e5a91a0c5e49ff5e79242";
const KILLED: &str = "cca7bf12819a3f903857f1258f1d4131c5611df87a7188aa412428390f4a9241";

/// A test that hangs is worse than one that fails.
const SOON: Duration = Duration::from_secs(20);

/// An engine that answers each connection's one request as `answer` says, given how many `/events` were asked before.
struct Engine {
    folder: tempfile::TempDir,
    requests: Receiver<String>,
}

impl Engine {
    fn start(answer: impl Fn(&str, usize) -> String + Send + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("s")).unwrap();
        let (sender, requests) = channel();
        thread::spawn(move || {
            let mut events = 0;
            for stream in listener.incoming().map_while(Result::ok) {
                let Some(path) = request(&stream) else { continue };
                let body = answer(&path, events);
                events += usize::from(path.contains("/events"));
                if sender.send(path).is_err() {
                    return;
                }
                let head = "HTTP/1.0 200 OK\r\nServer: Docker/20.10.24 (linux)\r\nApi-Version: 1.41\r\n\r\n";
                let _ = (&stream).write_all(format!("{head}{body}").as_bytes());
            }
        });
        Self { folder, requests }
    }

    fn host(&self) -> DockerHost {
        self.folder.path().join("s").to_str().unwrap().parse().unwrap()
    }
}

fn request(stream: &UnixStream) -> Option<String> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    lines.find(String::is_empty)?;
    Some(path)
}

fn event(action: &str, id: &str, name: &str, more: &str, nanos: u64) -> String {
    format!(
        r#"{{"status":"{action}","id":"{id}","from":"rec","Type":"container","Action":"{action}","Actor":{{"ID":"{id}","Attributes":{{{more}"image":"rec","name":"{name}"}}}},"scope":"local","time":1,"timeNano":{nanos}}}"#
    ) + "\n"
}

fn inspected(path: &str) -> String {
    let (id, name, state) = if path.contains(HOG) {
        (
            HOG,
            "hog",
            r#""OOMKilled":true,"Pid":4711,"ExitCode":137,"FinishedAt":"2026-11-21T08:55:52.177868312Z""#,
        )
    } else {
        (
            KILLED,
            "killed",
            r#""OOMKilled":false,"Pid":0,"ExitCode":137,"FinishedAt":"2026-11-21T08:55:52.921837316Z""#,
        )
    };
    format!(
        r#"{{"Id":"{id}","Name":"/{name}","State":{{"Status":"exited",{state}}},"Config":{{"Image":"rec","Labels":{{}}}},"HostConfig":{{"Memory":16777216,"MemorySwap":16777216}}}}"#
    )
}

fn said(event: &ContainerEvent) -> (&str, Happened, u64) {
    let name = event.container.name.value().map_or("?", String::as_str);
    (name, event.happened, event.at.0)
}

#[test]
fn events_go_on_after_a_break_where_they_ended() {
    let engine = Engine::start(|path, before| match before {
        _ if path.contains("/json") => inspected(path),
        0 => {
            let good = event("create", HOG, "hog", "", 9_000_000_000_000_000_000)
                + "no event\n"
                + &event("exec_create: sh", HOG, "hog", "", 9_000_000_000_000_000_001)
                + &event("start", HOG, "hog", "", 9_000_000_000_002_000_000);
            good + r#"{"Action":"die","Actor":{"ID":"../../x"},"timeNano":1}"# + "\n{\"Action\":\"cut off"
        }
        1 => {
            event("oom", HOG, "hog", "", 9_000_000_000_003_000_000)
                + &event("die", HOG, "hog", r#""exitCode":"137","#, 9_000_000_000_004_000_000)
        }
        _ => String::new(),
    });
    let stream = EventStream::start(engine.host());
    let events: Vec<ContainerEvent> = (0..4).map(|_| stream.next(SOON).unwrap()).collect();
    let expected = [
        ("hog", Happened::Created, 9_000_000_000_000),
        ("hog", Happened::Started, 9_000_000_000_002),
        ("hog", Happened::Oom, 9_000_000_000_003),
        ("hog", Happened::Died { code: 137 }, 9_000_000_000_004),
    ];
    assert_eq!(events.iter().map(said).collect::<Vec<_>>(), expected);
    assert_eq!(events[0].container.pid, Reading::Absent);
    assert_eq!(events[1].container.pid, Reading::Value(4711));
    let asked: Vec<String> = (0..3)
        .map(|_| engine.requests.recv_timeout(SOON).unwrap())
        .filter(|path| path.contains("/events"))
        .collect();
    assert!(asked[1].contains("since=9000000000.002000001&"), "{asked:?}");
}

#[test]
fn an_engine_that_comes_later_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("s");
    let stream = EventStream::start(socket.to_str().unwrap().parse().unwrap());
    assert_eq!((stream.heard(), stream.is_open()), (vec![], false));
    let listener = UnixListener::bind(&socket).unwrap();
    let (connection, _) = listener.accept().unwrap();
    request(&connection).unwrap();
    let answer = "HTTP/1.0 200 OK\r\n\r\n".to_owned() + &event("create", HOG, "hog", "", 5_000_000);
    (&connection).write_all(answer.as_bytes()).unwrap();
    assert_eq!(said(&stream.next(SOON).unwrap()), ("hog", Happened::Created, 5));
    assert!(stream.is_open());
    // It goes again: that is known when it is asked the next time.
    drop(connection);
    let (_again, _) = listener.accept().unwrap();
    assert!(!stream.is_open());
}

#[test]
fn a_reader_that_is_far_behind_costs_hints_and_no_memory() {
    let flood = (0..6_000).map(|number| event("create", HOG, "hog", "", number)).collect::<String>();
    let engine = Engine::start(move |_, before| if before == 0 { flood.clone() } else { String::new() });
    let stream = EventStream::start(engine.host());
    // The engine was asked again: so the flood is read to its end.
    for _ in 0..2 {
        engine.requests.recv_timeout(SOON).unwrap();
    }
    assert_eq!(stream.heard().len(), 4_096);
}

#[test]
fn ended_containers_are_remembered_with_their_ends() {
    let list = format!(
        r#"[{{"Id":"{KILLED}","Names":["/killed"],"Image":"rec","State":"exited"}},{{"Id":"../x"}},{{"Id":"{HOG}","Names":["/hog"],"Image":"rec","State":"exited"}}]"#
    );
    let engine = Engine::start(move |path, _| match path {
        "/_ping" => "OK".to_owned(),
        path if path.contains("/containers/json?all=true&filters=") => list.clone(),
        path => inspected(path),
    });
    let found = ended(&engine.host(), SOON).unwrap();
    let of = |found: &EndedContainer| {
        (found.container.name.value().cloned(), found.exit_code, found.oom_killed, found.ended_at.get())
    };
    let expected = [
        (Some("killed".to_owned()), 137, false, Some(Timestamp(1_795_251_352_921))),
        (Some("hog".to_owned()), 137, true, Some(Timestamp(1_795_251_352_177))),
    ];
    assert_eq!(found.iter().map(of).collect::<Vec<_>>(), expected);
}

#[test]
fn a_silent_engine_costs_the_deadline_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let _silent = UnixListener::bind(folder.path().join("s")).unwrap();
    let host: DockerHost = folder.path().join("s").to_str().unwrap().parse().unwrap();
    assert!(ended(&host, Duration::from_millis(50)).is_err());
}
