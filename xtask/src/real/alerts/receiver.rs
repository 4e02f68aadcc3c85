//! A receiver on loopback that behaves as a scenario wants, and a plain HTTP GET.

use anyhow::Context;
use serde_json::Value;
use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// What is done with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Takes it.
    Take,
    /// A status.
    Status(u16),
    /// Says nothing until the other side goes.
    Hang,
    /// Closes the connection.
    Close,
}

/// A request that was taken.
pub struct Taken {
    /// The request line and the headers.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Taken {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}

struct Script {
    next: VecDeque<Manner>,
    then: Manner,
    requests: usize,
    taken: Vec<Taken>,
}

/// A running receiver; it ends with the process.
pub struct Receiver {
    address: SocketAddr,
    script: Arc<(Mutex<Script>, Condvar)>,
}

impl Receiver {
    /// Takes everything until it is told otherwise.
    pub fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let script = Script { next: VecDeque::new(), then: Manner::Take, requests: 0, taken: Vec::new() };
        let script = Arc::new((Mutex::new(script), Condvar::new()));
        let shared = Arc::clone(&script);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                // A connection that breaks is the other side's business.
                thread::spawn(move || serve(stream, &shared).unwrap_or_default());
            }
        });
        Ok(Self { address, script })
    }

    /// Its address with a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How it behaves from now on: so, one request after the other, and then always so.
    pub fn behave(&self, next: &[Manner], then: Manner) {
        let mut script = locked(&self.script.0);
        script.next = next.iter().copied().collect();
        script.then = then;
        script.requests = 0;
    }

    /// Waits until it was asked since it was last told how to behave.
    pub fn wait_for_request(&self, longest: Duration) -> bool {
        let script = locked(&self.script.0);
        let waited = self.script.1.wait_timeout_while(script, longest, |script| script.requests == 0);
        waited.unwrap_or_else(PoisonError::into_inner).0.requests > 0
    }

    /// What was taken since this was last asked.
    pub fn taken(&self) -> Vec<Taken> {
        std::mem::take(&mut locked(&self.script.0).taken)
    }
}

fn locked(script: &Mutex<Script>) -> MutexGuard<'_, Script> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(mut stream: TcpStream, shared: &(Mutex<Script>, Condvar)) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let mut taken = Taken { head, body: String::new() };
    let length = taken.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    reader.take(length).read_to_string(&mut taken.body)?;
    let mut script = locked(&shared.0);
    let manner = script.next.pop_front().unwrap_or(script.then);
    script.requests += 1;
    if manner == Manner::Take {
        script.taken.push(taken);
    }
    drop(script);
    shared.1.notify_all();
    match manner {
        Manner::Take => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"),
        Manner::Status(status) => write!(stream, "HTTP/1.1 {status} No\r\ncontent-length: 2\r\n\r\nno"),
        Manner::Hang => io::copy(&mut stream, &mut io::sink()).map(drop),
        Manner::Close => Ok(()),
    }
}

/// The JSON at a path of a server on loopback.
pub fn get(port: u16, path: &str) -> anyhow::Result<Value> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").context("an answer without a body")?;
    serde_json::from_str(body).with_context(|| answer.clone())
}
