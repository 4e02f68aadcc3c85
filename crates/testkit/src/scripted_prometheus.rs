//! A Prometheus server on loopback that gives scripted answers, over HTTP or TLS, and misbehaves where a test wants it to.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Status 200 and this JSON.
    Json(String),
    /// This status, these lines of headers, this body.
    Status(&'static str, String, String),
    /// Promises the whole of this, sends half, and closes.
    Half(String),
    /// Sends the beginning of this as if it were whole.
    Cut(String),
    /// Keeps the connection and says nothing.
    Silent,
    /// Closes the connection and says nothing.
    HangUp,
    /// Sends JSON without end.
    Endless,
}

/// Where the question has this word, these are the answers: one after the other, the last for ever.
pub type Rule = (&'static str, Vec<Reply>);

/// One question as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// `GET` or `POST`.
    pub method: String,
    /// Path and parameters, decoded, those of a form too.
    pub text: String,
    /// The value of `Authorization`.
    pub authorization: Option<String>,
}

/// What has nothing to say.
pub const NOTHING: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;

/// A running server. It ends when dropped.
#[derive(Debug)]
pub struct ScriptedPrometheus {
    address: SocketAddr,
    is_secure: bool,
    script: Arc<Script>,
    is_over: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Script {
    token: Option<String>,
    rules: Mutex<Vec<Rule>>,
    asked: Mutex<Vec<Asked>>,
    together: Mutex<(usize, usize)>,
}

/// The folder with the certificates of tests.
#[must_use]
pub fn certificates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/tls")
}

impl ScriptedPrometheus {
    /// Answers by the first rule whose word is in the question, else with nothing.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(rules: &[Rule]) -> io::Result<Self> {
        Self::begin(rules, None, None)
    }

    /// Answers only who shows this token, else with status 401.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start_behind(token: &str, rules: &[Rule]) -> io::Result<Self> {
        Self::begin(rules, Some(token.to_owned()), None)
    }

    /// Speaks TLS, with a certificate for 127.0.0.1.
    ///
    /// # Errors
    /// When no port can be had, or the certificates cannot be read.
    pub fn start_secure(rules: &[Rule]) -> io::Result<Self> {
        let wrong = |error: &dyn std::fmt::Display| io::Error::other(error.to_string());
        let chain = CertificateDer::pem_file_iter(certificates().join("server.pem"));
        let chain = chain.and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(|error| wrong(&error))?;
        let key = PrivateKeyDer::from_pem_file(certificates().join("server.key"));
        let key = key.map_err(|error| wrong(&error))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
        Self::begin(rules, None, Some(Arc::new(config.map_err(|error| wrong(&error))?)))
    }

    fn begin(rules: &[Rule], token: Option<String>, tls: Option<Arc<ServerConfig>>) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let script = Arc::new(Script {
            token,
            rules: Mutex::new(rules.to_vec()),
            asked: Mutex::default(),
            together: Mutex::default(),
        });
        let is_over = Arc::new(AtomicBool::new(false));
        let (ended, answering) = (Arc::clone(&is_over), Arc::clone(&script));
        let is_secure = tls.is_some();
        let accepting = thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let (script, tls) = (Arc::clone(&answering), tls.clone());
                thread::spawn(move || match tls {
                    None => script.serve(stream),
                    Some(config) => match ServerConnection::new(config) {
                        Ok(connection) => script.serve(StreamOwned::new(connection, stream)),
                        Err(_) => drop(stream),
                    },
                });
            }
        });
        Ok(Self { address, is_secure, script, is_over, accepting: Some(accepting) })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http{}://{}", if self.is_secure { "s" } else { "" }, self.address)
    }

    /// What it was asked until now, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.script.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many questions it had to answer at once, at most.
    #[must_use]
    pub fn most_together(&self) -> usize {
        self.script.together.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

impl Drop for ScriptedPrometheus {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        if TcpStream::connect(self.address).is_ok()
            && let Some(accepting) = self.accepting.take()
        {
            drop(accepting.join());
        }
    }
}

impl Script {
    /// Answers until the client leaves or an answer ends the connection.
    fn serve(&self, stream: impl Read + Write) {
        let mut reader = BufReader::new(stream);
        while let Ok(Some(asked)) = read_request(&mut reader) {
            self.together(1);
            let reply = self.reply(&asked);
            self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
            let sent = send(&reply, reader.get_mut());
            self.together(-1);
            if sent.is_err() {
                return;
            }
        }
    }

    fn together(&self, more: isize) {
        let mut together = self.together.lock().unwrap_or_else(PoisonError::into_inner);
        together.0 = together.0.saturating_add_signed(more);
        together.1 = together.1.max(together.0);
    }

    fn reply(&self, asked: &Asked) -> Reply {
        let wanted = self.token.as_ref().map(|token| format!("Bearer {token}"));
        if wanted.is_some() && wanted != asked.authorization {
            return Reply::Status("401 Unauthorized", String::new(), "Unauthorized\n".to_owned());
        }
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((_, replies)) = rules.iter_mut().find(|(word, _)| asked.text.contains(word)) else {
            return Reply::Json(NOTHING.to_owned());
        };
        if replies.len() > 1 { replies.remove(0) } else { replies.first().cloned().unwrap_or(Reply::HangUp) }
    }
}

fn send(reply: &Reply, stream: &mut impl Write) -> io::Result<()> {
    let hang_up = || Err(io::Error::from(io::ErrorKind::ConnectionAborted));
    let mut answer = |status: &str, headers: &str, body: &str, length: usize| {
        let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n");
        stream.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice())?;
        stream.flush()
    };
    let json = "Content-Type: application/json\r\n";
    match reply {
        Reply::Json(body) => answer("200 OK", json, body, body.len()),
        Reply::Status(status, headers, body) => answer(status, headers, body, body.len()),
        Reply::Half(body) => {
            answer("200 OK", json, half(body), body.len())?;
            hang_up()
        }
        Reply::Cut(body) => answer("200 OK", json, half(body), half(body).len()),
        // The loop of `serve` waits for another question, which never comes.
        Reply::Silent => Ok(()),
        Reply::HangUp => hang_up(),
        Reply::Endless => {
            let begin = r#"{"status":"success","data":{"resultType":"matrix","result":[{}"#;
            answer("200 OK", json, begin, 1 << 40)?;
            // Ends with the error that the client causes by leaving.
            loop {
                stream.write_all(&b",{}".repeat(10_000))?;
            }
        }
    }
}

fn half(body: &str) -> &str {
    body.get(..body.len() / 2).unwrap_or_default()
}

/// The next question, or none when the client left.
fn read_request(reader: &mut impl BufRead) -> io::Result<Option<Asked>> {
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut words = first.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (mut length, mut authorization) = (0, None);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let Some((name, value)) = line.trim().split_once(": ") else { continue };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap_or(0),
            "authorization" => authorization = Some(value.to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let text = decoded(&format!("{target} {}", String::from_utf8_lossy(&body)));
    Ok(Some(Asked { method, text, authorization }))
}

fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let hex = |byte: Option<u8>| char::from(byte.unwrap_or(b'0')).to_digit(16).unwrap_or(0) as u8;
        out.push(if byte == b'%' { hex(bytes.next()) << 4 | hex(bytes.next()) } else { byte });
    }
    String::from_utf8_lossy(&out).into_owned()
}
