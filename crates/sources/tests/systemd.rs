//! What a scripted systemd says of its units, over real sockets: the answers are those of systemd 257 on Debian 13.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use kernel::bytes::Bytes;
use kernel::limit::Limit;
use model::declared::UnitProperties;
use model::reading::Reading;
use model::swap_limit::SwapLimit;
use sources::systemd::{SystemdError, unit_properties_below};
use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(10);
const SHORT_DEADLINE: Duration = Duration::from_millis(100);

const PRIVATE: &str = "run/systemd/private";
const BUS: &str = "run/dbus/system_bus_socket";

/// `docker run -m 64m --memory-swap 64m --memory-reservation 16m`.
const NO_SWAP: &str = "docker-deb2c43eff7344219e338d80466081fe78953c9def433abf98a45a504e96d994.scope";

/// Every call that is made, by the word that tells it from the others.
const CALLS: [&str; 8] = [
    "Hello",
    "ListUnits",
    "MemoryMax",
    "MemoryHigh",
    "MemoryLow",
    "MemoryMin",
    "MemorySwapMax",
    "MemoryLimit",
];

/// What the scripted systemd does with a call.
#[derive(Clone, Copy)]
enum Reply {
    /// Sends the recorded answer of this name.
    Recorded(&'static str),
    /// Nothing, and keeps the connection.
    Silent,
    /// Closes the connection.
    HangUp,
    /// Sends bytes that are no message.
    Garbage,
}

type Script = fn(&'static str) -> Reply;

/// A machine that systemd started, with one socket on which `script` answers.
struct Machine {
    root: tempfile::TempDir,
    asked: Receiver<&'static str>,
}

impl Machine {
    fn start(socket: &str, script: Script) -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("run/systemd/system")).unwrap();
        let socket = root.path().join(socket);
        fs::create_dir_all(socket.parent().unwrap()).unwrap();
        let listener = UnixListener::bind(socket).unwrap();
        let (sender, asked) = channel();
        thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            // Ends with an error when the client leaves.
            converse(&stream, script, &sender).unwrap_or_default();
        });
        Self { root, asked }
    }

    fn ask(
        &self,
        units: &[&str],
        deadline: Duration,
    ) -> Result<HashMap<String, UnitProperties>, SystemdError> {
        let units: Vec<String> = units.iter().map(|unit| (*unit).to_owned()).collect();
        unit_properties_below(self.root.path(), &units, deadline)
    }
}

fn converse(mut stream: &UnixStream, script: Script, asked: &Sender<&'static str>) -> io::Result<()> {
    let mut greeting = Vec::new();
    while !greeting.ends_with(b"\r\nBEGIN\r\n") {
        let mut chunk = [0; 256];
        let count = stream.read(&mut chunk)?;
        // As in systemd: what came together with BEGIN is not looked at before more comes.
        let Some(chunk @ [_, ..]) = chunk.get(..count) else { return Ok(()) };
        greeting.extend_from_slice(chunk);
    }
    assert!(greeting.starts_with(b"\0AUTH EXTERNAL "));
    stream.write_all(b"OK 0be078798c63957d616dcbcf6b010401\r\n")?;
    loop {
        let call = read_call(stream)?;
        let word = CALLS.into_iter().find(|word| contains(&call, format!("{word}\0").as_bytes())).unwrap();
        asked.send(word).unwrap_or_default();
        match script(word) {
            Reply::Recorded(name) => stream.write_all(&recorded(name, &call[8..12]))?,
            Reply::Silent => {}
            Reply::HangUp => return Ok(()),
            Reply::Garbage => stream.write_all(&[b'x'; 64])?,
        }
    }
}

fn read_call(mut stream: &UnixStream) -> io::Result<Vec<u8>> {
    let mut call = vec![0; 16];
    stream.read_exact(&mut call)?;
    let number = |at: usize| u32::from_le_bytes(call[at..at + 4].try_into().unwrap()) as usize;
    let length = (16 + number(12)).next_multiple_of(8) + number(4);
    call.resize(length, 0);
    stream.read_exact(&mut call[16..])?;
    Ok(call)
}

/// A recorded answer, as if to the call with this serial.
fn recorded(name: &str, serial: &[u8]) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/systemd/257").join(name);
    let mut answer = fs::read(path).unwrap();
    let field = answer.windows(4).position(|window| window == b"\x05\x01u\0").unwrap() + 4;
    answer[field..field + 4].copy_from_slice(serial);
    answer
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

fn no_swap() -> UnitProperties {
    let at = |bytes| Reading::Value(Limit::At(Bytes(bytes)));
    UnitProperties {
        unit: NO_SWAP.to_owned(),
        memory_max: at(64 << 20),
        memory_high: Reading::Value(Limit::Unlimited),
        memory_low: at(16 << 20),
        memory_min: at(0),
        memory_swap_max: Reading::Value(SwapLimit(Limit::Unlimited)),
        memory_limit: Reading::Value(Limit::Unlimited),
    }
}

/// The error and its causes, as the door prints them.
fn printed(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |error| (*error).source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}

#[test]
fn a_machine_without_systemd_is_told_at_once() {
    let root = tempfile::tempdir().unwrap();
    let error = unit_properties_below(root.path(), &[NO_SWAP.to_owned()], DEADLINE).unwrap_err();
    assert!(matches!(error, SystemdError::NotRunning), "{error:?}");
}

#[test]
fn systemd_says_infinity_of_a_container_that_must_not_swap() {
    let machine = Machine::start(PRIVATE, Reply::Recorded);
    let found = machine.ask(&[NO_SWAP], DEADLINE).unwrap();
    assert_eq!(found, HashMap::from([(NO_SWAP.to_owned(), no_swap())]));
}

#[test]
fn the_bus_is_asked_where_systemd_own_socket_is_closed_to_us() {
    let machine = Machine::start(BUS, Reply::Recorded);
    let found = machine.ask(&[NO_SWAP], DEADLINE).unwrap();
    assert_eq!(found.get(NO_SWAP), Some(&no_swap()));
    assert_eq!(machine.asked.try_iter().collect::<Vec<_>>(), CALLS);
}

#[test]
fn a_property_that_this_systemd_does_not_have_is_absent() {
    let script: Script = |word| Reply::Recorded(if word == "MemoryLimit" { "UnknownProperty" } else { word });
    let found = Machine::start(PRIVATE, script).ask(&[NO_SWAP], DEADLINE).unwrap();
    assert_eq!(found.get(NO_SWAP), Some(&UnitProperties { memory_limit: Reading::Absent, ..no_swap() }));
}

#[test]
fn a_unit_that_is_not_loaded_is_left_out_and_not_asked_for() {
    let machine = Machine::start(PRIVATE, Reply::Recorded);
    let found = machine.ask(&["docker-0.scope", "syslog.service", "fstrim.timer"], DEADLINE).unwrap();
    assert_eq!(found, HashMap::new());
    assert_eq!(machine.asked.try_iter().collect::<Vec<_>>(), ["ListUnits"]);
}

#[test]
fn every_unit_of_a_machine_gets_its_answer() {
    let list = String::from_utf8_lossy(&recorded("ListUnits", &[0; 4])).into_owned();
    let kinds = [".service", ".slice", ".scope"];
    let units: Vec<&str> =
        list.split('\0').filter(|word| kinds.iter().any(|kind| word.ends_with(kind))).collect();
    let machine = Machine::start(PRIVATE, Reply::Recorded);
    let found = machine.ask(&units, DEADLINE).unwrap();
    assert!(found.len() > 40, "{}", found.len());
    assert!(found.values().all(|unit| unit.memory_swap_max == no_swap().memory_swap_max));
    assert_eq!(machine.asked.try_iter().count(), 1 + 6 * found.len());
}

#[test]
fn a_silent_systemd_costs_no_more_than_the_deadline() {
    let started = Instant::now();
    let error = Machine::start(PRIVATE, |_| Reply::Silent).ask(&[NO_SWAP], SHORT_DEADLINE).unwrap_err();
    assert_eq!(error.to_string(), "no answer from systemd within 100ms");
    assert!(started.elapsed() < SHORT_DEADLINE * 20, "{:?}", started.elapsed());
}

#[test]
fn a_socket_that_nobody_accepts_on_costs_no_more_than_the_deadline() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("run/systemd/system")).unwrap();
    let _unanswered = UnixListener::bind(root.path().join(PRIVATE)).unwrap();
    let error = unit_properties_below(root.path(), &[NO_SWAP.to_owned()], SHORT_DEADLINE).unwrap_err();
    assert!(matches!(error, SystemdError::Deadline { .. }), "{error:?}");
}

#[test]
fn a_unit_whose_properties_did_not_come_has_failed_readings() {
    let silent: Script = |word| if word == "MemoryMin" { Reply::Silent } else { Reply::Recorded(word) };
    let hang_up: Script = |word| if word == "MemoryMin" { Reply::HangUp } else { Reply::Recorded(word) };
    let other: Script = |word| Reply::Recorded(if word == "MemoryMin" { "Hello" } else { word });
    let read = |script, deadline| {
        let mut found = Machine::start(PRIVATE, script).ask(&[NO_SWAP], deadline).unwrap();
        found.remove(NO_SWAP).unwrap()
    };
    let unit = read(silent, Duration::from_millis(300));
    assert_eq!(unit.memory_min, Reading::failed("systemd did not answer in time"));
    let unit = read(hang_up, DEADLINE);
    assert_eq!(unit.memory_min, Reading::failed("the D-Bus connection broke"));
    let unit = read(other, DEADLINE);
    assert_eq!(unit.memory_min, Reading::failed("MemoryMin: expected the D-Bus type `v`, found `s`"));
    assert_eq!(unit.memory_max, no_swap().memory_max);
}

#[test]
fn a_list_that_does_not_come_is_told_with_its_cause() {
    let cases: [(Script, &str); 4] = [
        (|_| Reply::HangUp, "the D-Bus connection broke: "),
        (|_| Reply::Garbage, "expected a D-Bus message, found other bytes"),
        (|_| Reply::Recorded("Hello"), "expected the D-Bus type `a(ssssssouso)`, found `s`"),
        (|_| Reply::Recorded("UnknownProperty"), "(org.freedesktop.DBus.Error.UnknownProperty)"),
    ];
    for (script, expected) in cases {
        let error = Machine::start(PRIVATE, script).ask(&[NO_SWAP], DEADLINE).unwrap_err();
        let line = printed(&error);
        assert!(line.contains("run/systemd/private: cannot list systemd's units: "), "{line}");
        assert!(line.contains(expected), "{line}");
    }
}

#[test]
fn a_machine_without_a_bus_is_told_with_the_path() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("run/systemd/system")).unwrap();
    let error = unit_properties_below(root.path(), &[NO_SWAP.to_owned()], DEADLINE).unwrap_err();
    let SystemdError::Connect { socket, .. } = &error else { panic!("{error:?}") };
    assert_eq!(socket, &root.path().join(BUS));
}
