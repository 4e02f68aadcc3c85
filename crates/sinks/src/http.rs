//! One POST over HTTP/1.1, with TLS where the address says so, and a deadline over all of it.

use crate::delivery::{DeliveryError, Hope};
use crate::tls;
use crate::url::Url;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::handshake;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use hyper::rt::{Read, Write};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::future::poll_fn;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// More of an answer than this is not read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// The receiver's own words are cut after this many characters.
const WORDS_CHARS_MAX: usize = 200;

/// The words of an answer are waited for so long.
const WORDS_SECONDS_MAX: Duration = Duration::from_secs(1);

/// A receiver that wants to be left alone for longer is asked again all the same.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(600);

/// What is sent.
pub struct Post {
    /// Where to.
    pub url: Url,
    /// The value of `Authorization`.
    pub authorization: Option<String>,
    /// `Idempotency-Key`: the same for the same content.
    pub idempotency_key: Option<String>,
    /// JSON.
    pub body: String,
    /// Certificates that are trusted instead of the machine's.
    pub authority: Option<PathBuf>,
    /// For all of it, from the connection to the end of the answer.
    pub deadline: Duration,
}

/// Sends it; returns the status and the receiver's words.
///
/// # Errors
/// When the receiver did not answer in time, or with another status than 2xx.
pub fn send(post: &Post) -> Result<String, DeliveryError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| DeliveryError::later(format!("{}: {error}", post.url)))?;
    let answered = runtime.block_on(async { tokio::time::timeout(post.deadline, exchange(post)).await });
    // A name that is still looked up is left to itself: a resolver may take half a minute.
    runtime.shutdown_background();
    answered.unwrap_or_else(|_| {
        let seconds = post.deadline.as_secs_f64();
        Err(DeliveryError::later(format!("{}: no answer within {seconds} s", post.url)))
    })
}

async fn exchange(post: &Post) -> Result<String, DeliveryError> {
    let url = &post.url;
    let fault = |error: std::io::Error| DeliveryError::later(format!("{url}: {error}"));
    let stream = TcpStream::connect((url.host.as_str(), url.port)).await.map_err(fault)?;
    // It is one small packet: waiting for more to send only delays it.
    let _ = stream.set_nodelay(true);
    if !url.is_secure {
        return speak(post, TokioIo::new(stream)).await;
    }
    let (config, name) = tls::towards(url, post.authority.as_deref())?;
    let stream = TlsConnector::from(config).connect(name, stream).await.map_err(fault)?;
    speak(post, TokioIo::new(stream)).await
}

async fn speak<Io>(post: &Post, stream: Io) -> Result<String, DeliveryError>
where
    Io: Read + Write + Unpin + Send + 'static,
{
    let fault = |error: &dyn std::fmt::Display| DeliveryError::later(format!("{}: {error}", post.url));
    let (mut sender, connection) = handshake(stream).await.map_err(|error| fault(&error))?;
    // Its failures also reach whoever waits for the answer.
    tokio::spawn(async { connection.await.unwrap_or_default() });
    let request = request(post).map_err(|error| fault(&error))?;
    let response = sender.send_request(request).await.map_err(|error| fault(&error))?;
    judge(post, response).await
}

fn request(post: &Post) -> Result<Request<String>, hyper::http::Error> {
    let mut request = Request::post(post.url.target.as_str())
        .header(HOST, post.url.authority())
        .header(USER_AGENT, concat!("highwater/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, "application/json");
    if let Some(authorization) = &post.authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    if let Some(key) = &post.idempotency_key {
        request = request.header("Idempotency-Key", key);
    }
    request.body(post.body.clone())
}

async fn judge(post: &Post, response: Response<Incoming>) -> Result<String, DeliveryError> {
    let (head, body) = response.into_parts();
    let status = head.status;
    let after = head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    // Whoever took it has taken it, also when the rest of the answer does not come.
    let said = tokio::time::timeout(WORDS_SECONDS_MAX, words(body)).await.unwrap_or_default();
    let sentence = if said.is_empty() { status.to_string() } else { format!("{status}: {said}") };
    if status.is_success() {
        return Ok(sentence);
    }
    let words = format!("{}: answered {sentence}", post.url);
    let hope = match status.as_u16() {
        // What was sent is wrong, and will be as wrong next time.
        400 | 413 | 415 | 422 => Hope::Refused,
        _ => Hope::Later { after: after.map(|seconds| Duration::from_secs(seconds).min(RETRY_AFTER_MAX)) },
    };
    Err(DeliveryError { words, hope })
}

async fn words(mut body: Incoming) -> String {
    let mut text = Vec::new();
    while let Some(Ok(frame)) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(piece) = frame.into_data() else { continue };
        text.extend_from_slice(&piece);
        if text.len() > ANSWER_BYTES_MAX {
            break;
        }
    }
    let text = String::from_utf8_lossy(&text);
    text.trim().chars().filter(|letter| !letter.is_control()).take(WORDS_CHARS_MAX).collect()
}
