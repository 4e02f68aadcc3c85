//! Where the agent can be asked: a unix socket for its state, and an address for metrics where one is wanted.

use super::inbox::Post;
use super::report;
use super::settings::Settings;
use anyhow::{Context, bail};
use sinks::answerer::{Admission, Answer, Answerer, Answering, Request, Security};
use sinks::control_socket::ControlSocket;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the agent can be asked.
pub struct Doors {
    post: Post,
    socket: Option<ControlSocket>,
    metrics: Option<(Answerer, Wanted)>,
}

/// What an open address was asked for.
#[derive(PartialEq, Eq)]
struct Wanted {
    address: SocketAddr,
    security: Security,
    admission: Admission,
}

impl Doors {
    /// No door is open yet.
    pub const fn closed(post: Post) -> Self {
        Self { post, socket: None, metrics: None }
    }

    /// Opens the control socket.
    ///
    /// # Errors
    /// [`io::ErrorKind::AddrInUse`] when another agent answers there; when its folder cannot be written.
    pub fn open_socket(&mut self, path: &Path) -> io::Result<()> {
        self.socket = Some(ControlSocket::bind(path, answering(&self.post))?);
        Ok(())
    }

    /// Listens where the settings say, and nowhere else. What is open as it should be stays so.
    ///
    /// # Errors
    /// In words: the address is taken, or would be open to everybody.
    pub fn listen(&mut self, settings: &Settings) -> Result<(), String> {
        let wanted = wanted(settings).map_err(|error| format!("{error:#}"))?;
        if self.metrics.as_ref().map(|(_, open)| open) == wanted.as_ref() {
            return Ok(());
        }
        self.metrics = None;
        if let Some(wanted) = wanted {
            let Wanted { address, security, admission } = &wanted;
            let open = Answerer::on_address(*address, security, admission.clone(), answering(&self.post));
            let open = open.map_err(|error| format!("metrics.listen: {}: {error}", wanted.address))?;
            self.metrics = Some((open, wanted));
        }
        Ok(())
    }

    /// Where metrics are given.
    pub fn url(&self) -> Option<String> {
        let (open, wanted) = self.metrics.as_ref()?;
        let scheme = match wanted.security {
            Security::Plain => "http",
            Security::Tls { .. } => "https",
        };
        Some(format!("{scheme}://{}/metrics", open.address()?))
    }
}

/// Who may ask where. What a machine's metrics tell is not for everybody who can reach it.
fn wanted(settings: &Settings) -> anyhow::Result<Option<Wanted>> {
    let Some(address) = settings.wanted.listen else { return Ok(None) };
    let admission = match &settings.wanted.bearer_token_file {
        Some(file) => {
            let token = fs::read_to_string(file).with_context(|| file.display().to_string())?;
            let token = token.trim().to_owned();
            if token.is_empty() {
                bail!("{}: expected a token, found an empty file", file.display());
            }
            Admission::Bearer(token)
        }
        None if address.ip().is_loopback() => Admission::Anybody,
        None => bail!(
            "metrics.listen: {address} can be reached from elsewhere: expected bearerTokenFile beside it, or a loopback address"
        ),
    };
    let security = security(settings)?;
    if security == Security::Plain && !address.ip().is_loopback() {
        bail!(
            "metrics.listen: {address} can be reached from elsewhere: expected certificateFile and keyFile beside it, for the token is not to be read on the way"
        );
    }
    Ok(Some(Wanted { address, security, admission }))
}

/// The certificate and its key, as they are now: a certificate that was renewed is taken when the settings are read again.
fn security(settings: &Settings) -> anyhow::Result<Security> {
    let read = |file: &PathBuf| fs::read(file).with_context(|| file.display().to_string());
    match (&settings.wanted.certificate_file, &settings.wanted.key_file) {
        (None, None) => Ok(Security::Plain),
        (Some(certificate), Some(key)) => {
            Ok(Security::Tls { certificate: read(certificate)?, key: read(key)? })
        }
        (Some(_), None) => bail!("metrics.certificateFile: expected keyFile beside it"),
        (None, Some(_)) => bail!("metrics.keyFile: expected certificateFile beside it"),
    }
}

fn answering(post: &Post) -> Answering {
    let post = post.clone();

    Arc::new(move |request: &Request| answer(&post, request))
}

fn answer(post: &Post, request: &Request) -> Answer {
    let is_open_metrics = request.accept.contains("application/openmetrics-text");
    let (content_type, body) = match request.path.as_str() {
        "/metrics" if is_open_metrics => {
            ("application/openmetrics-text; version=1.0.0; charset=utf-8", post.ask(report::open_metrics))
        }
        "/metrics" => ("text/plain; version=0.0.4; charset=utf-8", post.ask(report::prometheus_text)),
        "/status" => ("application/json", post.ask(report::status_document)),
        _ => {
            let body = "There are /metrics and /status.\n".to_owned();
            return Answer { status: 404, content_type: "text/plain; charset=utf-8", body };
        }
    };
    let Some(body) = body else {
        let body = "The agent is busy; ask again.\n".to_owned();
        return Answer { status: 503, content_type: "text/plain; charset=utf-8", body };
    };
    Answer { status: 200, content_type, body }
}
