//! A container engine's socket that serves recorded answers, and misbehaves where a test wants it to.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// Go's server sends an answer in chunks once it is larger than this.
const WHOLE_BYTES_MAX: usize = 2048;

/// What a misbehaving engine does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misbehaviour {
    /// Keeps the connection and says nothing.
    Silent,
    /// Closes the connection and says nothing.
    HangUp,
    /// Answers with something that is not HTTP.
    Garbage,
    /// Promises a whole answer, sends half, and closes.
    HalfAnswer,
    /// Sends half of the JSON as if it were whole.
    HalfJson,
    /// Sends a whole answer of JSON of another shape.
    OtherJson,
    /// Sends without end.
    Endless,
    /// HTTP status 500, with the engine's words.
    ServerError,
    /// HTTP status 404.
    NotFound,
}

/// A running server. It ends when dropped.
#[derive(Debug)]
pub struct ScriptedDocker {
    folder: tempfile::TempDir,
    requests: Arc<Mutex<Vec<String>>>,
    is_over: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

struct Script {
    recorded: PathBuf,
    misbehaviours: Vec<(String, Misbehaviour)>,
    requests: Arc<Mutex<Vec<String>>>,
}

/// The folder of an engine's recorded answers: `20.10.24`, `podman-4.3.1`.
#[must_use]
pub fn recorded(engine: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/docker").join(engine)
}

impl ScriptedDocker {
    /// Serves the answers in the folder `recorded`; a request whose path contains one of the given words is misbehaved at.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub fn start(recorded: &Path, misbehaviours: &[(&str, Misbehaviour)]) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let listener = UnixListener::bind(folder.path().join("docker.sock"))?;
        let requests = Arc::new(Mutex::new(Vec::new()));
        let script = Arc::new(Script {
            recorded: recorded.to_owned(),
            misbehaviours: misbehaviours.iter().map(|(word, how)| ((*word).to_owned(), *how)).collect(),
            requests: Arc::clone(&requests),
        });
        let is_over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&is_over);
        let accepting = thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let script = Arc::clone(&script);
                thread::spawn(move || script.serve(&stream));
            }
        });
        Ok(Self { folder, requests, is_over, accepting: Some(accepting) })
    }

    /// Where it listens.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("docker.sock")
    }

    /// The paths that were asked for until now, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for ScriptedDocker {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        if UnixStream::connect(self.socket()).is_ok()
            && let Some(accepting) = self.accepting.take()
        {
            drop(accepting.join());
        }
    }
}

impl Script {
    /// Answers until the client leaves or an answer ends the connection.
    fn serve(&self, stream: &UnixStream) {
        let mut reader = BufReader::new(stream);
        while let Ok(Some(path)) = read_request(&mut reader) {
            self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(path.clone());
            let misbehaviour = self.misbehaviours.iter().find(|(word, _)| path.contains(word));
            let answered = match misbehaviour {
                Some((_, misbehaviour)) => self.misbehave(*misbehaviour, &path, stream),
                None => self.answer(&path, stream),
            };
            if answered.is_err() {
                return;
            }
        }
    }

    fn answer(&self, path: &str, stream: &UnixStream) -> io::Result<()> {
        match self.body(path) {
            Some(body) => self.send("200 OK", &body, stream),
            None => self.misbehave(Misbehaviour::NotFound, path, stream),
        }
    }

    /// The recorded body: `/v1.41/containers/ID/json` is in `containers/ID.json`.
    fn body(&self, path: &str) -> Option<Vec<u8>> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        if path == "/_ping" {
            return Some(b"OK".to_vec());
        }
        let path =
            path.strip_prefix("/v1.").and_then(|rest| rest.split_once('/')).map_or(path, |(_, rest)| rest);
        let file = match (path.trim_start_matches('/'), query) {
            ("containers/json", "all=true") => "containers-all.json".to_owned(),
            (path, _) => format!("{}.json", path.strip_suffix("/json").unwrap_or(path)),
        };
        fs::read(self.recorded.join(file)).ok()
    }

    fn misbehave(&self, how: Misbehaviour, path: &str, mut stream: &UnixStream) -> io::Result<()> {
        let hang_up = Err(io::Error::from(io::ErrorKind::ConnectionAborted));
        let mut body = self.body(path).unwrap_or_default();
        match how {
            // The loop of `serve` waits for another request, which never comes.
            Misbehaviour::Silent => Ok(()),
            Misbehaviour::HangUp => hang_up,
            Misbehaviour::Garbage => {
                stream.write_all(b"\0\x01SSH-2.0-OpenSSH_9.2\r\n\r\n")?;
                hang_up
            }
            Misbehaviour::HalfAnswer => {
                let whole = self.answer_text("200 OK", &body, WHOLE_BYTES_MAX.max(body.len()));
                stream.write_all(&whole[..whole.len() - body.len().div_ceil(2)])?;
                hang_up
            }
            Misbehaviour::HalfJson => {
                body.truncate(body.len() / 2);
                self.send("200 OK", &body, stream)
            }
            Misbehaviour::OtherJson => self.send("200 OK", br#"{"Memory":"much","Id":7}"#, stream),
            Misbehaviour::Endless => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
                let chunk = [&b"10000\r\n"[..], &[b' '; 0x10000], b"\r\n"].concat();
                // Ends with the error that the client causes by leaving.
                loop {
                    stream.write_all(&chunk)?;
                }
            }
            Misbehaviour::ServerError => self.send(
                "500 Internal Server Error",
                br#"{"message":"the daemon is shutting down"}"#,
                stream,
            ),
            Misbehaviour::NotFound => self.send(
                "404 Not Found",
                format!(r#"{{"message":"No such container: {path}"}}"#).as_bytes(),
                stream,
            ),
        }
    }

    fn send(&self, status: &str, body: &[u8], mut stream: &UnixStream) -> io::Result<()> {
        stream.write_all(&self.answer_text(status, body, WHOLE_BYTES_MAX))
    }

    /// The bytes of an answer: in one piece up to `whole_bytes_max`, in two chunks above.
    fn answer_text(&self, status: &str, body: &[u8], whole_bytes_max: usize) -> Vec<u8> {
        let recorded = fs::read_to_string(self.recorded.join("headers")).unwrap_or_default();
        let headers: String = recorded.lines().map(|header| format!("{header}\r\n")).collect();
        let mut text = format!("HTTP/1.1 {status}\r\n{headers}").into_bytes();
        if body.len() <= whole_bytes_max {
            text.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
            text.extend_from_slice(body);
            return text;
        }
        text.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
        for chunk in [&body[..whole_bytes_max], &body[whole_bytes_max..], &[]] {
            text.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            text.extend_from_slice(chunk);
            text.extend_from_slice(b"\r\n");
        }
        text
    }
}

/// The path of the next request, or none when the client left.
fn read_request(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut path = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if line.trim().is_empty() {
            return Ok(path);
        }
        path = path.or_else(|| line.split_whitespace().nth(1).map(str::to_owned));
    }
}
