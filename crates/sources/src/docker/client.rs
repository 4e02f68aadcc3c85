//! One HTTP connection to an engine's socket: a request, and an answer of bounded size.

use crate::docker::error::DockerError;
use crate::docker::host::DockerHost;
use crate::docker::wire::ErrorAnswer;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{HOST, HeaderMap};
use hyper::http::response::Parts;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use tokio::net::UnixStream;

/// A list of a thousand containers is about 2 MiB; an engine that sends more than this is not well.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The engine's own words are cut after this many characters.
const MESSAGE_CHARS_MAX: usize = 200;

/// A connection that is opened when first used, and again when the engine closed it.
#[derive(Debug)]
pub struct Client {
    host: DockerHost,
    sender: Option<SendRequest<String>>,
}

/// An answer with status 200.
#[derive(Debug)]
pub struct Answer {
    /// Its headers.
    pub headers: HeaderMap,
    /// All of its body.
    pub body: Vec<u8>,
}

impl Client {
    /// A client that is not connected yet.
    #[must_use]
    pub const fn new(host: DockerHost) -> Self {
        Self { host, sender: None }
    }

    /// The answer to a GET, as JSON.
    ///
    /// # Errors
    /// As [`Client::get`], or when the answer is no such JSON.
    pub async fn get_json<T: DeserializeOwned>(&mut self, request: &str) -> Result<T, DockerError> {
        let answer = self.get(request).await?;
        serde_json::from_slice(&answer.body).map_err(|source| DockerError::Json {
            socket: self.host.socket().to_owned(),
            request: request.to_owned(),
            source,
        })
    }

    /// The answer to a GET.
    ///
    /// # Errors
    /// When the engine cannot be reached, answers with another status than 200, or with no whole answer.
    pub async fn get(&mut self, request: &str) -> Result<Answer, DockerError> {
        let (sender, head, body) = self.begin(request).await?;
        let body = self.whole_body(request, body).await?;
        self.sender = Some(sender);
        if head.status == StatusCode::OK {
            return Ok(Answer { headers: head.headers, body });
        }
        Err(self.refusal(request, head.status, &body))
    }

    /// An answer that does not end: its headers, and its body to be read piece by piece. It keeps its connection.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn open(&mut self, request: &str) -> Result<(HeaderMap, Incoming), DockerError> {
        let (_sender, head, body) = self.begin(request).await?;
        if head.status == StatusCode::OK {
            return Ok((head.headers, body));
        }
        let body = self.whole_body(request, body).await?;
        Err(self.refusal(request, head.status, &body))
    }

    async fn begin(&mut self, request: &str) -> Result<(SendRequest<String>, Parts, Incoming), DockerError> {
        let mut sender = self.ready_sender(request).await?;
        let mut asked = Request::new(String::new());
        *asked.uri_mut() = request.parse().map_err(|source| DockerError::Prepare {
            source: io::Error::new(io::ErrorKind::InvalidInput, source),
        })?;
        asked.headers_mut().insert(HOST, hyper::header::HeaderValue::from_static("localhost"));
        let http = |source| self.http_error(request, source);
        let (head, body) = sender.send_request(asked).await.map_err(http)?.into_parts();
        Ok((sender, head, body))
    }

    fn refusal(&self, request: &str, status: StatusCode, body: &[u8]) -> DockerError {
        DockerError::Status {
            socket: self.host.socket().to_owned(),
            request: request.to_owned(),
            status: status.as_u16(),
            message: message(body),
        }
    }

    async fn ready_sender(&mut self, request: &str) -> Result<SendRequest<String>, DockerError> {
        if let Some(mut sender) = self.sender.take()
            && sender.ready().await.is_ok()
        {
            return Ok(sender);
        }
        let stream =
            UnixStream::connect(self.host.socket()).await.map_err(|error| self.connect_error(error))?;
        let (sender, connection) =
            handshake(TokioIo::new(stream)).await.map_err(|source| self.http_error(request, source))?;
        // Its failures also reach whoever waits for the answer.
        tokio::spawn(async { connection.await.unwrap_or_default() });
        Ok(sender)
    }

    async fn whole_body(&self, request: &str, mut body: Incoming) -> Result<Vec<u8>, DockerError> {
        let mut whole = Vec::new();
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            let frame = frame.map_err(|source| self.http_error(request, source))?;
            let Ok(data) = frame.into_data() else { continue };
            if whole.len() + data.len() > ANSWER_BYTES_MAX {
                return Err(DockerError::TooLarge {
                    socket: self.host.socket().to_owned(),
                    request: request.to_owned(),
                    bytes_max: ANSWER_BYTES_MAX,
                });
            }
            whole.extend_from_slice(&data);
        }
        Ok(whole)
    }

    fn http_error(&self, request: &str, source: hyper::Error) -> DockerError {
        DockerError::Http { socket: self.host.socket().to_owned(), request: request.to_owned(), source }
    }

    fn connect_error(&self, source: io::Error) -> DockerError {
        let socket = self.host.socket().to_owned();
        if source.kind() == io::ErrorKind::PermissionDenied {
            DockerError::PermissionDenied { socket }
        } else if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) {
            DockerError::NoEngine { socket, source }
        } else {
            DockerError::Connect { socket, source }
        }
    }
}

fn message(body: &[u8]) -> String {
    let answer: Option<ErrorAnswer> = serde_json::from_slice(body).ok();
    let words = answer
        .and_then(|answer| answer.message)
        .unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    words.trim().chars().take(MESSAGE_CHARS_MAX).collect()
}
