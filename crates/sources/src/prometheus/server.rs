//! A server as questions are put to it: where it is, what it is shown, and how much it may send.

use crate::prometheus::error::PrometheusError;
use crate::prometheus::tls::Tls;
use crate::prometheus::token::Token;
use crate::prometheus::url::{ServerUrl, encoded};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{Method, Request};
use std::io;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// A server and the bounds of what is read from it.
#[derive(Debug)]
pub struct Server {
    /// Where it is.
    pub url: ServerUrl,
    /// What is shown to it.
    pub token: Option<Token>,
    /// How a secure connection is made; `None` is plain HTTP.
    pub tls: Option<Tls>,
    /// How long a whole answer may take.
    pub deadline: Duration,
    /// How large an answer may be.
    pub answer_bytes_max: u64,
    /// How much was read in all.
    pub read_bytes: AtomicU64,
}

/// A question to the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The last part of the path: `query_range`.
    pub endpoint: &'static str,
    /// Names and values, not encoded.
    pub parameters: Vec<(&'static str, String)>,
}

/// What every server and proxy takes in a first line; longer questions go as a form.
const TARGET_BYTES_MAX: usize = 2000;

impl Server {
    /// The address that a question goes to, without its parameters.
    #[must_use]
    pub fn address(&self, question: &Question) -> String {
        format!("{}/api/v1/{}", self.url, question.endpoint)
    }

    /// The question as a request.
    ///
    /// # Errors
    /// When an address or a token cannot stand in one.
    pub fn request(&self, question: &Question) -> Result<Request<String>, PrometheusError> {
        let pairs = question.parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
        let form = pairs.collect::<Vec<_>>().join("&");
        let path = format!("{}/api/v1/{}", self.url.base_path, question.endpoint);
        let mut builder = Request::builder()
            .header(HOST, self.url.authority())
            .header(USER_AGENT, "highwater")
            .header(ACCEPT, "application/json");
        if let Some(token) = &self.token {
            let mut value = HeaderValue::from_str(&token.header()).map_err(|error| self.unprepared(error))?;
            value.set_sensitive(true);
            builder = builder.header(AUTHORIZATION, value);
        }
        // A label's values can be had with GET alone.
        let is_short = path.len() + form.len() < TARGET_BYTES_MAX;
        let request = if is_short {
            let target = if form.is_empty() { path } else { format!("{path}?{form}") };
            builder.uri(target).body(String::new())
        } else {
            builder
                .method(Method::POST)
                .uri(path)
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form)
        };
        request.map_err(|error| self.unprepared(error))
    }

    fn unprepared(&self, error: impl Into<hyper::http::Error>) -> PrometheusError {
        let source = io::Error::new(io::ErrorKind::InvalidInput, error.into());
        PrometheusError::Prepare { url: self.url.to_string(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::{Question, Server};
    use crate::prometheus::token::Token;
    use hyper::Method;
    use std::time::Duration;

    fn server(url: &str) -> Server {
        Server {
            url: url.parse().unwrap(),
            token: Token::new("s3cret"),
            tls: None,
            deadline: Duration::from_secs(1),
            answer_bytes_max: 1,
            read_bytes: 0.into(),
        }
    }

    #[test]
    fn a_short_question_stands_in_the_address_and_a_long_one_in_a_form() {
        let server = server("http://h:9090/base/");
        let mut question =
            Question { endpoint: "query", parameters: vec![("query", "a{b=\"c\"}".to_owned())] };
        let short = server.request(&question).unwrap();
        assert_eq!(short.uri(), "/base/api/v1/query?query=a%7Bb%3D%22c%22%7D");
        assert_eq!(short.headers()["host"], "h:9090");
        question.parameters[0].1 = "a|".repeat(2000);
        let long = server.request(&question).unwrap();
        assert_eq!((long.method(), long.uri().query()), (&Method::POST, None));
        assert!(long.body().starts_with("query=a%7Ca%7C"));
    }

    #[test]
    fn the_token_is_not_shown() {
        let server = server("http://h");
        let request = server.request(&Question { endpoint: "query", parameters: Vec::new() }).unwrap();
        assert_eq!(request.headers()["authorization"], "Bearer s3cret");
        assert!(!format!("{request:?} {server:?}").contains("s3cret"));
    }
}
