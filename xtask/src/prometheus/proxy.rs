//! Something between us and a server: it wants a token, says nothing, shows a page, or cuts answers.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// What it does.
#[derive(Clone, Copy)]
pub enum Manner {
    /// Lets pass who shows this token; others get status 401.
    Token(&'static str),
    /// Takes the question and says nothing.
    Silent,
    /// Shows a page for people.
    Page,
    /// Lets so many bytes of an answer pass, then closes.
    Cut(u64),
}

/// A running proxy. It takes no new connections when dropped.
pub struct Proxy {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
}

impl Proxy {
    /// Starts it before the server at this port.
    pub fn start(server: u16, manner: Manner) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let is_over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&is_over);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                // Whoever left does not mind.
                thread::spawn(move || drop(serve(stream, server, manner)));
            }
        });
        Ok(Self { address, is_over })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        drop(TcpStream::connect(self.address));
    }
}

fn serve(mut client: TcpStream, port: u16, manner: Manner) -> io::Result<()> {
    let head = head(&mut client)?;
    let refuse = |mut client: TcpStream, status: &str, kind: &str, body: &str| {
        let length = body.len();
        write!(client, "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}")
    };
    match manner {
        Manner::Token(token) => {
            let line = format!("authorization: bearer {token}\r\n");
            if !String::from_utf8_lossy(&head).to_ascii_lowercase().contains(&line) {
                return refuse(client, "401 Unauthorized", "text/plain", "no\n");
            }
            pass(client, &head, port, u64::MAX)
        }
        Manner::Silent => client.read(&mut [0]).map(|_| ()),
        Manner::Page => refuse(client, "200 OK", "text/html", "<html><title>Sign in</title></html>"),
        Manner::Cut(bytes) => pass(client, &head, port, bytes),
    }
}

/// The head of the question, and what came with it.
fn head(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut piece = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match client.read(&mut piece)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => head.extend_from_slice(piece.get(..read).unwrap_or_default()),
        }
    }
    Ok(head)
}

fn pass(client: TcpStream, head: &[u8], port: u16, answer_bytes_max: u64) -> io::Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", port))?;
    server.write_all(head)?;
    let (mut questions, mut onward) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || drop(io::copy(&mut questions, &mut onward)));
    let mut client = client;
    io::copy(&mut server.take(answer_bytes_max), &mut client)?;
    client.shutdown(std::net::Shutdown::Both)
}
