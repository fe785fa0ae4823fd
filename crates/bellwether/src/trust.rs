//! The client side of TLS: trusting one CA file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// A client that trusts the certificates of `ca_file` and nothing else.
pub fn client_config(ca_file: &Path) -> Result<Arc<ClientConfig>, TrustError> {
    let unusable = |reason: String| TrustError { file: ca_file.to_owned(), reason };
    let mut roots = RootCertStore::empty();
    let certs = CertificateDer::pem_file_iter(ca_file).map_err(|error| unusable(error.to_string()))?;
    for cert in certs {
        let cert = cert.map_err(|error| unusable(error.to_string()))?;
        roots.add(cert).map_err(|error| unusable(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unusable("it holds no certificate".to_owned()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The CA file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot trust {}: {reason}. Give the file that `bellwether connection` names as caFile", file.display())]
pub struct TrustError {
    file: PathBuf,
    reason: String,
}
