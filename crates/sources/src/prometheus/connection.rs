//! One HTTP/1.1 connection to a server, over TCP or TLS.

use crate::prometheus::error::PrometheusError;
use crate::prometheus::server::Server;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use std::io;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// A server that does not even take the connection by then is not there.
const CONNECT_SECONDS_MAX: Duration = Duration::from_secs(10);

/// Opens a connection; it ends when the sender is dropped.
///
/// # Errors
/// When the server cannot be reached, or its certificate is not accepted.
pub async fn open(server: &Server) -> Result<SendRequest<String>, PrometheusError> {
    let deadline = CONNECT_SECONDS_MAX.min(server.deadline);
    match tokio::time::timeout(deadline, connect(server)).await {
        Ok(connected) => connected,
        Err(_) => Err(unreachable(server, io::ErrorKind::TimedOut.into())),
    }
}

async fn connect(server: &Server) -> Result<SendRequest<String>, PrometheusError> {
    let address = (server.url.host.as_str(), server.url.port);
    let stream = TcpStream::connect(address).await.map_err(|source| unreachable(server, source))?;
    // A question is one small packet: waiting for more to send only delays it.
    let _ = stream.set_nodelay(true);
    let Some(tls) = &server.tls else { return speak(server, TokioIo::new(stream)).await };
    let connector = TlsConnector::from(tls.config.clone());
    let stream = connector.connect(tls.name.clone(), stream).await.map_err(|source| {
        let is_tls = source.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some();
        let url = server.url.to_string();
        if is_tls { PrometheusError::Tls { url, source } } else { PrometheusError::Connect { url, source } }
    })?;
    speak(server, TokioIo::new(stream)).await
}

async fn speak<Io>(server: &Server, stream: Io) -> Result<SendRequest<String>, PrometheusError>
where
    Io: Read + Write + Unpin + Send + 'static,
{
    let http = |source| PrometheusError::Http { url: server.url.to_string(), source };
    let (sender, connection) = handshake(stream).await.map_err(http)?;
    // Its failures also reach whoever waits for the answer.
    tokio::spawn(async { connection.await.unwrap_or_default() });
    Ok(sender)
}

fn unreachable(server: &Server, source: io::Error) -> PrometheusError {
    PrometheusError::Connect { url: server.url.to_string(), source }
}
