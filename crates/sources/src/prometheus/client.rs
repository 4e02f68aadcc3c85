//! One question at a time to a server, its answer read as it comes; and what a refusal says.

use crate::prometheus::answer::{AnswerReader, SeriesAnswer, Verdict};
use crate::prometheus::connection;
use crate::prometheus::error::PrometheusError;
use crate::prometheus::page;
use crate::prometheus::server::{Question, Server};
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use hyper::http::response::Parts;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::runtime::Runtime;

/// A refusal is a sentence, or a page.
const REFUSAL_BYTES_MAX: usize = 64 * 1024;

/// The server's own words are cut after this many characters.
const WORDS_CHARS_MAX: usize = 300;

/// A connection that is opened when first used, and again when the server closed it.
#[derive(Debug)]
pub struct Client<'server> {
    server: &'server Server,
    runtime: Runtime,
    sender: Option<SendRequest<String>>,
}

impl<'server> Client<'server> {
    /// A client that is not connected yet.
    ///
    /// # Errors
    /// When this process has no descriptor left.
    pub fn new(server: &'server Server) -> Result<Self, PrometheusError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|source| PrometheusError::Prepare { url: server.url.to_string(), source })?;
        Ok(Self { server, runtime, sender: None })
    }

    /// Asks once; each series is handed over as soon as it is whole, also when the answer turns out to be cut.
    ///
    /// # Errors
    /// When there is no whole answer with the status `success`.
    pub fn ask(
        &mut self,
        question: &Question,
        take: &mut dyn FnMut(&SeriesAnswer),
    ) -> Result<Verdict, PrometheusError> {
        let (server, sender) = (self.server, self.sender.take());
        let asked = self.runtime.block_on(async {
            tokio::time::timeout(server.deadline, exchange(server, sender, question, take)).await
        });
        let late = || PrometheusError::Deadline { url: server.address(question), deadline: server.deadline };
        let (sender, verdict) = asked.map_err(|_| late())??;
        self.sender = Some(sender);
        Ok(verdict)
    }
}

async fn exchange(
    server: &Server,
    sender: Option<SendRequest<String>>,
    question: &Question,
    take: &mut dyn FnMut(&SeriesAnswer),
) -> Result<(SendRequest<String>, Verdict), PrometheusError> {
    let mut kept = None;
    if let Some(mut sender) = sender
        && sender.ready().await.is_ok()
    {
        kept = Some(sender);
    }
    let mut sender = match kept {
        Some(sender) => sender,
        None => connection::open(server).await?,
    };
    let url = server.address(question);
    let http = |source| PrometheusError::Http { url: server.address(question), source };
    let (head, body) = sender.send_request(server.request(question)?).await.map_err(http)?.into_parts();
    let mut body = Pieces { body, server, url };
    if head.status != 200 {
        return Err(refusal(&head, body).await);
    }
    let mut reader = AnswerReader::default();
    let mut read_bytes = 0;
    while let Some(piece) = body.next().await? {
        if read_bytes == 0 && is_page(&head.headers, &piece) {
            let words = page::words(&String::from_utf8_lossy(&piece));
            return Err(PrometheusError::Html { url: body.url, words });
        }
        read_bytes += piece.len() as u64;
        if read_bytes > server.answer_bytes_max {
            return Err(PrometheusError::TooLarge { url: body.url, bytes_max: server.answer_bytes_max });
        }
        let fed = reader.feed(&piece, take);
        fed.map_err(|source| PrometheusError::Json { url: body.url.clone(), source })?;
    }
    let verdict = reader.end().map_err(|source| PrometheusError::Json { url: body.url.clone(), source })?;
    if verdict.status == "success" {
        return Ok((sender, verdict));
    }
    Err(said(body.url, 200, &verdict, "", None))
}

struct Pieces<'server> {
    body: Incoming,
    server: &'server Server,
    url: String,
}

impl Pieces<'_> {
    async fn next(&mut self) -> Result<Option<Bytes>, PrometheusError> {
        while let Some(frame) = poll_fn(|context| Pin::new(&mut self.body).poll_frame(context)).await {
            let http = |source| PrometheusError::Http { url: self.url.clone(), source };
            let Ok(piece) = frame.map_err(http)?.into_data() else { continue };
            if !piece.is_empty() {
                self.server.read_bytes.fetch_add(piece.len() as u64, Ordering::Relaxed);
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }
}

async fn refusal(head: &Parts, mut body: Pieces<'_>) -> PrometheusError {
    let status = head.status.as_u16();
    let mut text = Vec::new();
    // What the server says beside the status may be cut: the status stands.
    while let Ok(Some(piece)) = body.next().await {
        text.extend_from_slice(&piece);
        if text.len() > REFUSAL_BYTES_MAX {
            break;
        }
    }
    let url = body.url;
    match status {
        401 | 403 => {
            return PrometheusError::Unauthorized { url, status, has_token: body.server.token.is_some() };
        }
        300..=399 => {
            let location = head.headers.get(LOCATION).map(HeaderValue::as_bytes);
            let location = String::from_utf8_lossy(location.unwrap_or(b"nowhere")).into_owned();
            let location = location.split('?').next().unwrap_or_default().to_owned();
            return PrometheusError::Redirect { url, status, location };
        }
        _ => {}
    }
    let mut reader = AnswerReader::default();
    let is_json = reader.feed(&text, &mut |_| {}).is_ok();
    let verdict = if is_json { reader.end().unwrap_or_default() } else { Verdict::default() };
    let text = String::from_utf8_lossy(&text);
    let page = if page::is_html(&text) { page::words(&text) } else { text.into_owned() };
    let wait = head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    said(url, status, &verdict, &page, wait.map(Duration::from_secs))
}

fn said(
    url: String,
    status: u16,
    verdict: &Verdict,
    page: &str,
    retry_after: Option<Duration>,
) -> PrometheusError {
    let words = if verdict.error.is_empty() { page.trim() } else { verdict.error.as_str() };
    let mut words: String =
        words.chars().filter(|letter| !letter.is_control()).take(WORDS_CHARS_MAX).collect();
    if status == 404 {
        words.push_str(" (is the path in the address the one below which api/v1/query is?)");
    }
    if words.is_empty() {
        "the server said nothing more".clone_into(&mut words);
    }
    PrometheusError::Refused { url, status, error_type: verdict.error_type.clone(), words, retry_after }
}

fn is_page(headers: &HeaderMap, piece: &[u8]) -> bool {
    let content = headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    content.starts_with(b"text/html") || piece.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}
