//! Answers HTTP/1.1 requests for whole documents, over TCP or a unix socket: few connections, small requests, no waiting.

use crate::tls;
use rustix::net::{Shutdown, shutdown};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The longest request that is read.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// As many connections are answered at once; the next one is refused.
const CONNECTIONS_MAX: usize = 8;

/// A request has to be there, and its answer taken, within this.
const DEADLINE: Duration = Duration::from_secs(10);

/// What was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Without what stands behind a `?`.
    pub path: String,
    /// The `Accept` header.
    pub accept: String,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The `Content-Type` header.
    pub content_type: &'static str,
    /// The document.
    pub body: String,
}

/// Who may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Whoever reaches the socket.
    Anybody,
    /// Who names this token (`Authorization: Bearer TOKEN`).
    Bearer(String),
}

/// How an address is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Security {
    /// Everything can be read on the way.
    Plain,
    /// TLS.
    Tls {
        /// The certificate, and those above it, in PEM.
        certificate: Vec<u8>,
        /// Its key, in PEM.
        key: Vec<u8>,
    },
}

/// Makes answers; called on a thread of its own for each connection.
pub type Answering = Arc<dyn Fn(&Request) -> Answer + Send + Sync>;

/// Answers until it is dropped.
#[derive(Debug)]
pub struct Answerer {
    listener: Arc<Listener>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
enum Listener {
    Tcp(TcpListener, Option<Arc<ServerConfig>>),
    Unix(UnixListener),
}

/// A connection of either kind.
trait Connection: Read + Write + Send {
    fn limit(&mut self, left: Duration) -> io::Result<()>;

    /// Says that nothing more will come.
    fn close(&mut self) {}
}

/// A stream that ends at a moment, however often it is read: a handshake takes several reads.
struct Bounded {
    stream: TcpStream,
    until: Instant,
}

impl Bounded {
    fn left(&self) -> io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buffer)
    }
}

impl Write for Bounded {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl Connection for StreamOwned<ServerConnection, Bounded> {
    fn limit(&mut self, left: Duration) -> io::Result<()> {
        self.sock.until = Instant::now() + left;
        Ok(())
    }

    fn close(&mut self) {
        self.conn.send_close_notify();
        // Who has what was asked for may have hung up.
        let _ = self.flush();
    }
}

impl Connection for TcpStream {
    fn limit(&mut self, left: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(left)).and_then(|()| self.set_write_timeout(Some(left)))
    }
}

impl Connection for UnixStream {
    fn limit(&mut self, left: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(left)).and_then(|()| self.set_write_timeout(Some(left)))
    }
}

impl Answerer {
    /// Listens on an address.
    ///
    /// # Errors
    /// When it cannot be listened on: it is taken, or not of this machine. When the certificate is none, or the key not its own.
    pub fn on_address(
        address: SocketAddr,
        security: &Security,
        admission: Admission,
        answering: Answering,
    ) -> io::Result<Self> {
        let config = match security {
            Security::Plain => None,
            Security::Tls { certificate, key } => {
                Some(tls::of_ours(certificate, key).map_err(io::Error::other)?)
            }
        };
        Self::start(Listener::Tcp(TcpListener::bind(address)?, config), admission, answering)
    }

    /// Listens on a unix socket that is bound already; who may connect is the socket's own business.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn on_socket(listener: UnixListener, answering: Answering) -> io::Result<Self> {
        Self::start(Listener::Unix(listener), Admission::Anybody, answering)
    }

    /// Where it listens, when that is an address.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        match self.listener.as_ref() {
            Listener::Tcp(listener, _) => listener.local_addr().ok(),
            Listener::Unix(_) => None,
        }
    }

    fn start(listener: Listener, admission: Admission, answering: Answering) -> io::Result<Self> {
        let listener = Arc::new(listener);
        let listens = Arc::clone(&listener);
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        let open = Arc::new(AtomicUsize::new(0));
        let admission = Arc::new(admission);
        let listen = move || {
            while let Ok(connection) = accept(&listens) {
                if ends.load(Ordering::Relaxed) {
                    return;
                }
                let Some(connection) = connection else { continue };
                if open.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS_MAX {
                    open.fetch_sub(1, Ordering::Relaxed);
                    continue;
                }
                let (admission, answering, open) =
                    (Arc::clone(&admission), Arc::clone(&answering), Arc::clone(&open));
                thread::spawn(move || {
                    // Who hangs up needs no answer.
                    let _ = serve(connection, &admission, &answering);
                    open.fetch_sub(1, Ordering::Relaxed);
                });
            }
        };
        let thread = thread::Builder::new().name("answerer".to_owned()).spawn(listen)?;
        Ok(Self { listener, is_over, thread: Some(thread) })
    }
}

impl Drop for Answerer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // Whoever waits in accept(2) is told EINVAL, wherever the address or the path leads by now (Linux net/unix/af_unix.c
        // unix_accept, net/ipv4/inet_connection_sock.c inet_csk_accept).
        let told = match self.listener.as_ref() {
            Listener::Tcp(listener, _) => shutdown(listener, Shutdown::Both),
            Listener::Unix(listener) => shutdown(listener, Shutdown::Both),
        };
        if let (Ok(()), Some(thread)) = (told, self.thread.take()) {
            // A thread that panicked has ended too.
            let _ = thread.join();
        }
    }
}

/// The next connection; nothing where one broke before it was taken.
fn accept(listener: &Listener) -> io::Result<Option<Box<dyn Connection>>> {
    let accepted: io::Result<Box<dyn Connection>> = match listener {
        Listener::Tcp(listener, None) => listener.accept().map(|(stream, _)| Box::new(stream) as _),
        Listener::Tcp(listener, Some(config)) => listener.accept().and_then(|(stream, _)| {
            let secured = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
            let bounded = Bounded { stream, until: Instant::now() + DEADLINE };
            Ok(Box::new(StreamOwned::new(secured, bounded)) as _)
        }),
        Listener::Unix(listener) => listener.accept().map(|(stream, _)| Box::new(stream) as _),
    };
    match accepted {
        Ok(connection) => Ok(Some(connection)),
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::NotFound) => {
            Err(error)
        }
        Err(_) => {
            // Out of descriptors, for example: the others go on, and this thread does not spin.
            thread::sleep(Duration::from_millis(100));
            Ok(None)
        }
    }
}

fn serve(
    mut connection: Box<dyn Connection>,
    admission: &Admission,
    answering: &Answering,
) -> io::Result<()> {
    let deadline = Instant::now() + DEADLINE;
    let head = match read_head(connection.as_mut(), deadline)? {
        Some(head) => head,
        None => return reply(connection.as_mut(), &refusal(431, "the request is too long"), Body::Sent),
    };
    let (answer, body) = match understand(&head, admission) {
        Ok((request, body)) => (answering(&request), body),
        Err(refused) => (refused, Body::Sent),
    };
    connection.limit(DEADLINE)?;
    reply(connection.as_mut(), &answer, body)
}

/// Up to the empty line; nothing when that does not come within the longest request.
fn read_head(connection: &mut dyn Connection, deadline: Instant) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        connection.limit(left)?;
        match connection.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => head.extend_from_slice(buffer.get(..length).unwrap_or_default()),
        }
        if head.len() > HEAD_BYTES_MAX {
            return Ok(None);
        }
    }
    Ok(Some(String::from_utf8_lossy(&head).into_owned()))
}

/// Whether the document itself is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    Sent,
    /// `HEAD`.
    Withheld,
}

fn understand(head: &str, admission: &Admission) -> Result<(Request, Body), Answer> {
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, target, version) = (words.next(), words.next(), words.next());
    let (Some(method), Some(target), Some("HTTP/1.1" | "HTTP/1.0")) = (method, target, version) else {
        return Err(refusal(400, "expected an HTTP/1.1 request"));
    };
    let body = match method {
        "GET" => Body::Sent,
        "HEAD" => Body::Withheld,
        _ => return Err(refusal(405, "expected GET or HEAD")),
    };
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
    let header = |wanted: &str| {
        let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map_or("", |(_, value)| value.trim())
    };
    if let Admission::Bearer(token) = admission
        && !is_same(header("authorization").strip_prefix("Bearer ").unwrap_or_default(), token)
    {
        return Err(refusal(401, "expected `Authorization: Bearer TOKEN` with the agent's token"));
    }
    let path = target.split('?').next().unwrap_or_default().to_owned();
    Ok((Request { path, accept: header("accept").to_owned() }, body))
}

/// Compares in a time that does not tell how much fits.
fn is_same(given: &str, token: &str) -> bool {
    let pairs = given.bytes().zip(token.bytes());
    given.len() == token.len() && pairs.fold(0, |differing, (one, other)| differing | (one ^ other)) == 0
}

fn refusal(status: u16, words: &str) -> Answer {
    Answer { status, content_type: "text/plain; charset=utf-8", body: format!("{words}\n") }
}

fn reply(connection: &mut dyn Connection, answer: &Answer, body: Body) -> io::Result<()> {
    let reason = match answer.status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Other",
    };
    let challenge = if answer.status == 401 { "WWW-Authenticate: Bearer\r\n" } else { "" };
    let head = format!(
        "HTTP/1.1 {} {reason}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{challenge}Connection: close\r\n\r\n",
        answer.status,
        answer.content_type,
        answer.body.len()
    );
    connection.write_all(head.as_bytes())?;
    if body == Body::Sent {
        connection.write_all(answer.body.as_bytes())?;
    }
    connection.flush()?;
    connection.close();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Admission, Answer, Answerer, Request, Security};
    use crate::tls;
    use crate::url::Url;
    use rustls::{ClientConnection, StreamOwned};
    use std::fs;
    use std::io::{self, Read, Write};
    use std::net::TcpStream;
    use std::sync::Arc;
    use testkit::scripted_prometheus::certificates;

    fn answerer(admission: Admission) -> Answerer {
        secured(&Security::Plain, admission).unwrap()
    }

    fn secured(security: &Security, admission: Admission) -> io::Result<Answerer> {
        let answering = |request: &Request| Answer {
            status: if request.path == "/metrics" { 200 } else { 404 },
            content_type: "text/plain",
            body: format!("{} {}", request.path, request.accept),
        };
        let address = ([127, 0, 0, 1], 0).into();
        Answerer::on_address(address, security, admission, Arc::new(answering))
    }

    fn ask(answerer: &Answerer, request: &str) -> String {
        let mut stream = TcpStream::connect(answerer.address().unwrap()).unwrap();
        // A server that refuses early may hang up before all is sent.
        let _ = stream.write_all(request.as_bytes());
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    }

    #[test]
    fn a_document_is_given_and_everything_else_refused() {
        let answerer = answerer(Admission::Anybody);
        let found = ask(&answerer, "GET /metrics?a=b HTTP/1.1\r\naccept: x/y\r\n\r\n");
        assert!(found.starts_with("HTTP/1.1 200 OK\r\n"), "{found}");
        assert!(
            found.contains("Content-Length: 12\r\n") && found.ends_with("\r\n\r\n/metrics x/y"),
            "{found}"
        );
        let head = ask(&answerer, "HEAD /metrics HTTP/1.1\r\n\r\n");
        assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
        for (request, status) in [
            ("GET / HTTP/1.1\r\n\r\n", "404"),
            ("POST /metrics HTTP/1.1\r\n\r\n", "405"),
            ("hello\r\n\r\n", "400"),
            ("GET /metrics HTTP/2\r\n\r\n", "400"),
        ] {
            let answer = ask(&answerer, request);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request:?}: {answer}");
        }
        let long = format!("GET /metrics HTTP/1.1\r\nx: {}", "y".repeat(9_000));
        assert!(!ask(&answerer, &long).contains("200 OK"));
    }

    #[test]
    fn only_who_knows_the_token_is_answered() {
        let answerer = answerer(Admission::Bearer("secret".to_owned()));
        let with = |header: &str| ask(&answerer, &format!("GET /metrics HTTP/1.1\r\n{header}\r\n\r\n"));
        assert!(with("Authorization: Bearer secret").starts_with("HTTP/1.1 200"));
        for wrong in ["Authorization: Bearer secre", "Authorization: Basic secret", "X: y"] {
            let answer = with(wrong);
            assert!(answer.starts_with("HTTP/1.1 401"), "{wrong}: {answer}");
            assert!(answer.contains("WWW-Authenticate: Bearer"), "{answer}");
        }
    }

    #[test]
    fn over_tls_who_trusts_the_certificate_is_answered() {
        let read = |name: &str| fs::read(certificates().join(name)).unwrap();
        let security = Security::Tls { certificate: read("server.pem"), key: read("server.key") };
        let answerer = secured(&security, Admission::Anybody).unwrap();
        let address = answerer.address().unwrap();
        let url = Url::parse(&format!("https://{address}/")).unwrap();
        let (config, name) = tls::towards(&url, Some(&certificates().join("ca.pem"))).unwrap();
        let client = ClientConnection::new(config, name).unwrap();
        let mut stream = StreamOwned::new(client, TcpStream::connect(address).unwrap());
        stream.write_all(b"GET /metrics HTTP/1.1\r\naccept: x/y\r\n\r\n").unwrap();
        let mut answer = String::new();
        // The end is told: without that whoever cuts the connection could cut the document.
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("/metrics x/y"), "{answer}");
        assert!(!ask(&answerer, "GET /metrics HTTP/1.1\r\n\r\n").contains("HTTP"), "answered without TLS");
    }

    #[test]
    fn a_certificate_that_cannot_be_used_is_refused_in_words() {
        let read = |name: &str| fs::read(certificates().join(name)).unwrap();
        for (certificate, key, expected) in [
            (b"x".to_vec(), read("server.key"), "the certificate: expected one in PEM, found none"),
            (read("server.pem"), b"x".to_vec(), "the key: "),
            (read("ca.pem"), read("server.key"), "the certificate with its key: "),
        ] {
            let refused = secured(&Security::Tls { certificate, key }, Admission::Anybody).unwrap_err();
            assert!(refused.to_string().starts_with(expected), "{refused}");
        }
    }

    #[test]
    fn it_stops_listening_when_it_is_dropped() {
        let answerer = answerer(Admission::Anybody);
        let address = answerer.address().unwrap();
        drop(answerer);
        assert!(TcpStream::connect(address).is_err());
    }
}
