//! A loopback HTTP server that takes documents, and misbehaves as often as a test wants before it does.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What is done with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Takes it.
    Take,
    /// A status with some words; nothing is taken.
    Status(u16),
    /// Keeps the connection and says nothing.
    Hang,
    /// Closes the connection and says nothing.
    HangUp,
    /// Answers with something that is not HTTP.
    Garbage,
    /// Takes it, promises a body, and never sends it.
    TakeAndHang,
}

/// A request that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// `POST /api/v2/alerts HTTP/1.1`.
    pub line: String,
    /// The headers as they came, in lower case up to the colon.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Taken {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A running server. It ends when dropped.
#[derive(Debug)]
pub struct ScriptedReceiver {
    address: SocketAddr,
    taken: Receiver<Taken>,
    is_over: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl ScriptedReceiver {
    /// Answers requests in this order, and takes all that come after.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(answers: &[Answer]) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let is_over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&is_over);
        let script = Arc::new(Mutex::new(answers.iter().copied().collect::<VecDeque<_>>()));
        let (take, taken) = channel();
        let accepting = thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let (script, take) = (Arc::clone(&script), take.clone());
                // A connection that breaks is the other side's business.
                thread::spawn(move || serve(stream, &script, &take).unwrap_or_default());
            }
        });
        Ok(Self { address, taken, is_over, accepting: Some(accepting) })
    }

    /// `http://127.0.0.1:PORT` and a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Waits for the next request that is taken.
    #[must_use]
    pub fn next(&self, longest: Duration) -> Option<Taken> {
        self.taken.recv_timeout(longest).ok()
    }

    /// Requests that were taken and not waited for.
    #[must_use]
    pub fn rest(&self) -> Vec<Taken> {
        self.taken.try_iter().collect()
    }
}

impl Drop for ScriptedReceiver {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes whoever accepts.
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn serve(mut stream: TcpStream, script: &Mutex<VecDeque<Answer>>, take: &Sender<Taken>) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((key, value)) = header.trim_end().split_once(": ") else { break };
        headers.push((key.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(key, _)| key == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    let body = String::from_utf8_lossy(&body).into_owned();
    let taken = Taken { line: line.trim_end().to_owned(), headers, body };
    let answer = script.lock().unwrap_or_else(PoisonError::into_inner).pop_front().unwrap_or(Answer::Take);
    let ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n";
    match answer {
        Answer::Take => {
            // Told before it is answered: whoever hears the answer finds it here.
            let _ = take.send(taken);
            stream.write_all(format!("{ok}ok").as_bytes())
        }
        Answer::Status(status) => {
            let words = "no, not now";
            let length = words.len();
            write!(stream, "HTTP/1.1 {status} No\r\ncontent-length: {length}\r\n\r\n{words}")
        }
        Answer::Hang => hold(&mut stream),
        Answer::HangUp => Ok(()),
        Answer::Garbage => stream.write_all(b"220 mail.example ESMTP\r\n"),
        Answer::TakeAndHang => {
            let _ = take.send(taken);
            stream.write_all(ok.as_bytes())?;
            hold(&mut stream)
        }
    }
}

/// Until the other side goes.
fn hold(stream: &mut TcpStream) -> io::Result<()> {
    io::copy(stream, &mut io::sink()).map(drop)
}
