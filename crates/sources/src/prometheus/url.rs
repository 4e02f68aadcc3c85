//! A server's address: scheme, host, port and the path below which its API is.

use crate::prometheus::error::PrometheusError;
use std::fmt;
use std::str::FromStr;

/// Where a Prometheus server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl {
    /// Whether TLS is spoken.
    pub is_secure: bool,
    /// A name or an address; an IPv6 address without its brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Without a slash at its end.
    pub base_path: String,
}

impl FromStr for ServerUrl {
    type Err = PrometheusError;

    fn from_str(given: &str) -> Result<Self, PrometheusError> {
        let fault = |found: String| PrometheusError::Url { found };
        let (is_secure, rest) = match given.split_once("://") {
            Some(("http", rest)) => (false, rest),
            Some(("https", rest)) => (true, rest),
            Some((scheme, _)) => return Err(fault(format!("the scheme `{scheme}`"))),
            None if given.contains('@') => return Err(fault("no scheme".to_owned())),
            None => return Err(fault(format!("`{given}`"))),
        };
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        if authority.contains('@') {
            let found =
                "a name or password in it, which would be seen on screen; a token is given with --token-file";
            return Err(fault(found.to_owned()));
        }
        if path.contains(['?', '#']) || authority.contains(['?', '#']) {
            return Err(fault(format!("a query or fragment in `{given}`")));
        }
        if given.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
            return Err(fault("a blank in it".to_owned()));
        }
        let (host, port) = host_and_port(authority).ok_or_else(|| fault(format!("`{given}`")))?;
        let port = port.unwrap_or(if is_secure { 443 } else { 80 });
        // People paste the address of the API itself, or that of a page.
        let path = path.trim_end_matches('/').trim_end_matches("/api/v1").trim_end_matches("/graph");
        Ok(Self { is_secure, host, port, base_path: path.to_owned() })
    }
}

fn host_and_port(authority: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            (host, port.strip_prefix(':').or_else(|| port.is_empty().then_some(""))?)
        }
        None => authority.split_once(':').unwrap_or((authority, "")),
    };
    let port = if port.is_empty() { None } else { Some(port.parse().ok()?) };
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_secure { "https" } else { "http" };
        write!(out, "{scheme}://{}{}", self.authority(), self.base_path)
    }
}

impl ServerUrl {
    /// Host and port as in the `Host` header: the usual port is left out.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let is_usual = self.port == if self.is_secure { 443 } else { 80 };
        if is_usual { host } else { format!("{host}:{}", self.port) }
    }
}

/// A value as it stands in a query of a URL or in a form.
#[must_use]
pub fn encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len() * 2);
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{ServerUrl, encoded};

    #[test]
    fn an_address_has_a_base_path_and_the_usual_ports() {
        for (given, shown, port) in [
            ("http://localhost:9090", "http://localhost:9090", 9090),
            ("https://thanos.example/prom/eu/", "https://thanos.example/prom/eu", 443),
            ("http://[::1]:9090/api/v1", "http://[::1]:9090", 9090),
            ("http://[::1]", "http://[::1]", 80),
            ("http://h:9090/graph", "http://h:9090", 9090),
        ] {
            let url: ServerUrl = given.parse().unwrap();
            assert_eq!((url.to_string().as_str(), url.port), (shown, port));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_and_a_password_is_not_told() {
        for given in [
            "",
            "localhost:9090",
            "ftp://h",
            "http://",
            "http://h:x",
            "http://h:70000",
            "http://h/?a=b",
            "http://h h/",
            "http://[::1",
            "http://[::1]x",
            "http:///x",
        ] {
            assert!(given.parse::<ServerUrl>().is_err(), "{given}");
        }
        for given in ["http://me:hunter2@h", "me:hunter2@h"] {
            let error = given.parse::<ServerUrl>().unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_value_in_a_query_has_no_bytes_of_its_own_meaning() {
        assert_eq!(encoded("a{b=\"c d\"}+é"), "a%7Bb%3D%22c%20d%22%7D%2B%C3%A9");
    }
}
