//! TLS: towards a receiver with the machine's own certificates or those of a file, and of our own with ours.

use crate::delivery::DeliveryError;
use crate::url::Url;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::path::Path;
use std::sync::Arc;

/// What a secure connection needs: versions and trusted certificates, and whom the certificate must name.
///
/// # Errors
/// When there is no certificate, or the host has no name that one could hold.
pub fn towards(
    url: &Url,
    authority: Option<&Path>,
) -> Result<(Arc<ClientConfig>, ServerName<'static>), DeliveryError> {
    let roots = match authority {
        Some(file) => from_file(file)?,
        None => of_machine()?,
    };
    let name = ServerName::try_from(url.host.clone())
        .map_err(|_| DeliveryError::later(format!("{url}: expected a host that a certificate can name")))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| DeliveryError::later(format!("TLS: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok((Arc::new(config), name))
}

/// What answering securely needs: our certificate with those above it, and its key, both in PEM.
///
/// # Errors
/// In words that name the file.
pub fn of_ours(certificate: &[u8], key: &[u8]) -> Result<Arc<ServerConfig>, String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
    let chain = chain.map_err(|error| format!("the certificate: {error}"))?;
    if chain.is_empty() {
        return Err("the certificate: expected one in PEM, found none".to_owned());
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| format!("the key: {error}"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| format!("the certificate with its key: {error}"))?;
    Ok(Arc::new(config))
}

fn from_file(file: &Path) -> Result<RootCertStore, DeliveryError> {
    let fault = |words: String| DeliveryError::later(format!("{}: {words}", file.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| fault(error.to_string()))? {
        let certificate = certificate.map_err(|error| fault(error.to_string()))?;
        roots.add(certificate).map_err(|error| fault(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(fault("expected certificates in PEM, found none".to_owned()));
    }
    Ok(roots)
}

fn of_machine() -> Result<RootCertStore, DeliveryError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // A machine's folder may hold old ones that nobody can read any more.
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let words = "no trusted certificate on this machine: install ca-certificates, or give caFile";
        return Err(DeliveryError::later(words));
    }
    Ok(roots)
}
