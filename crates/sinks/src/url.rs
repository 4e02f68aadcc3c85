//! An address of http or https, which may hold a secret in its path: it is shown without.

use std::fmt;

/// An address.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    /// Whether TLS is spoken.
    pub is_secure: bool,
    /// A name or an address; an IPv6 address without its brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Path and query, from the first slash on.
    pub target: String,
}

impl fmt::Display for Url {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_secure { "https" } else { "http" };
        write!(out, "{scheme}://{}", self.authority())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Url({self}, path not shown)")
    }
}

impl Url {
    /// Understands an address.
    ///
    /// # Errors
    /// With what was expected; nothing of the address is quoted, as it may be a secret.
    pub fn parse(given: &str) -> Result<Self, String> {
        let given = given.trim();
        let (is_secure, rest) = match given.split_once("://") {
            Some(("http", rest)) => (false, rest),
            Some(("https", rest)) => (true, rest),
            Some(_) | None => {
                return Err("expected an address that begins with http:// or https://".to_owned());
            }
        };
        if !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(
                "expected an address of plain letters and signs, found a blank or another letter".to_owned()
            );
        }
        let (authority, target) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
        if authority.contains('@') {
            return Err("expected no name or password in the address; a token is given as a file".to_owned());
        }
        let (host, port) =
            host_and_port(authority).ok_or("expected a host and perhaps a port in the address")?;
        let target = target.split('#').next().unwrap_or_default();
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        Ok(Self { is_secure, host, port: port.unwrap_or(if is_secure { 443 } else { 80 }), target })
    }

    /// Host and port as in the `Host` header: the usual port is left out.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let is_usual = self.port == if self.is_secure { 443 } else { 80 };
        if is_usual { host } else { format!("{host}:{}", self.port) }
    }

    /// The same host with another path below this one.
    #[must_use]
    pub fn below(mut self, path: &str) -> Self {
        let base = self.target.trim_end_matches('/');
        if !base.ends_with(path) {
            self.target = format!("{base}{path}");
        }
        self
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

#[cfg(test)]
mod tests {
    use super::Url;

    #[test]
    fn an_address_is_understood_and_its_path_is_not_shown() {
        let url = Url::parse("https://hooks.slack.com/services/T0/B0/s3cret?x=1\n").unwrap();
        assert_eq!(
            (url.host.as_str(), url.port, url.target.as_str()),
            ("hooks.slack.com", 443, "/services/T0/B0/s3cret?x=1")
        );
        assert_eq!(url.to_string(), "https://hooks.slack.com");
        assert!(!format!("{url:?}").contains("s3cret"));
        let local = Url::parse("http://[::1]:9093").unwrap();
        assert_eq!(
            (local.host.as_str(), local.target.as_str(), local.authority().as_str()),
            ("::1", "/", "[::1]:9093")
        );
        assert_eq!(local.clone().below("/api/v2/alerts").target, "/api/v2/alerts");
        assert_eq!(
            Url::parse("http://h/am/api/v2/alerts").unwrap().below("/api/v2/alerts").target,
            "/am/api/v2/alerts"
        );
    }

    #[test]
    fn what_is_no_address_is_refused_and_not_quoted() {
        for given in [
            "",
            "hooks/s3cret",
            "ftp://s3cret",
            "http://",
            "http://u:s3cret@h",
            "http://h:s3cret",
            "http://h/s3cret b",
        ] {
            let words = Url::parse(given).unwrap_err();
            assert!(!words.contains("s3cret"), "{words}");
        }
    }
}
