//! TLS towards a server: the machine's own certificates, or those of a file.

use crate::prometheus::error::PrometheusError;
use crate::prometheus::url::ServerUrl;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;

/// What a secure connection needs.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Versions, and the certificates that are trusted.
    pub config: Arc<ClientConfig>,
    /// Whom the server's certificate must name.
    pub name: ServerName<'static>,
}

impl Tls {
    /// Trusts the certificates of this file, or the machine's own when there is none.
    ///
    /// # Errors
    /// When there is no certificate, or the host has no name that one could hold.
    pub fn new(server: &ServerUrl, authority: Option<&Path>) -> Result<Self, PrometheusError> {
        let roots = match authority {
            Some(file) => from_file(file)?,
            None => of_machine()?,
        };
        let name = ServerName::try_from(server.host.clone())
            .map_err(|_| PrometheusError::Url { found: format!("the host `{}`", server.host) })?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| certificates("TLS", error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { config: Arc::new(config), name })
    }
}

fn certificates(place: &str, words: String) -> PrometheusError {
    PrometheusError::Certificates { place: place.to_owned(), words }
}

fn from_file(file: &Path) -> Result<RootCertStore, PrometheusError> {
    let place = file.display().to_string();
    let mut roots = RootCertStore::empty();
    let found =
        CertificateDer::pem_file_iter(file).map_err(|error| certificates(&place, error.to_string()))?;
    for certificate in found {
        let certificate = certificate.map_err(|error| certificates(&place, error.to_string()))?;
        roots.add(certificate).map_err(|error| certificates(&place, error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(certificates(&place, "expected certificates in PEM, found none".to_owned()));
    }
    Ok(roots)
}

fn of_machine() -> Result<RootCertStore, PrometheusError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // A machine's folder may hold old ones that nobody can read any more.
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let why: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
        let words = format!("no trusted certificate on this machine; give --ca FILE {}", why.join("; "));
        return Err(certificates("/etc/ssl/certs", words.trim_end().to_owned()));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::Tls;
    use std::fs;

    #[test]
    fn a_file_without_certificates_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let server = "https://prometheus.example".parse().unwrap();
        let refused = |file| Tls::new(&server, Some(file)).unwrap_err().to_string();
        assert!(refused(&file).contains("ca.pem: "), "{}", refused(&file));
        fs::write(&file, "no certificate\n").unwrap();
        assert!(refused(&file).ends_with("found none"), "{}", refused(&file));
        let text = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        fs::write(&file, text).unwrap();
        assert!(refused(&file).contains("ca.pem: "), "{}", refused(&file));
    }
}
