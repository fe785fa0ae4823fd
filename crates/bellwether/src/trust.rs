//! The client side of TLS: whose certificates are trusted.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// A client that trusts the certificates of `ca_file` and nothing else.
pub fn client_config(ca_file: &Path) -> Result<Arc<ClientConfig>, TrustError> {
    let unusable = |reason: String| TrustError::File { file: ca_file.to_owned(), reason };
    let mut roots = RootCertStore::empty();
    let certs = CertificateDer::pem_file_iter(ca_file).map_err(|error| unusable(error.to_string()))?;
    for cert in certs {
        let cert = cert.map_err(|error| unusable(error.to_string()))?;
        roots.add(cert).map_err(|error| unusable(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unusable("it holds no certificate".to_owned()));
    }
    trusting(roots).map_err(|error| unusable(error.to_string()))
}

/// A client that trusts what this machine trusts (or the file that `SSL_CERT_FILE` names).
pub fn of_this_machine() -> Result<Arc<ClientConfig>, TrustError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let reason = found.errors.first().map_or_else(|| "there are none".to_owned(), ToString::to_string);
        return Err(TrustError::Machine(reason));
    }
    trusting(roots).map_err(|error| TrustError::Machine(error.to_string()))
}

fn trusting(roots: RootCertStore) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// There is nothing to trust a server by.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The CA file cannot be used.
    #[error("cannot trust {}: {reason}. Give the file that `bellwether connection` names as caFile", file.display())]
    File {
        /// Which one.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// The certificates of the machine cannot be used.
    #[error("cannot use the CA certificates of this machine: {0}. Give a file with them as --ca FILE")]
    Machine(String),
}
