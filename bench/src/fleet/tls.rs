//! A certificate for one run, and clients that trust it.

use std::path::Path;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::Anything;

const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";

/// Makes the certificate and its key (P-256, as the product does).
pub fn make(folder: &Path) -> Result<(), Anything> {
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])?.self_signed(&key)?;
    std::fs::write(folder.join(CERTIFICATE), certificate.pem())?;
    std::fs::write(folder.join(KEY), key.serialize_pem())?;
    Ok(())
}

/// As the product sets it up, for the protocols of `alpn`.
pub fn server(folder: &Path, alpn: &[&[u8]]) -> Result<Arc<ServerConfig>, Anything> {
    let certificate = CertificateDer::from_pem_file(folder.join(CERTIFICATE))?;
    let key = PrivateKeyDer::from_pem_file(folder.join(KEY))?;
    let mut config = bellwether_gateway::tls_config(vec![certificate], key)?;
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    Ok(Arc::new(config))
}

/// Trusts that certificate alone.
pub fn client(folder: &Path) -> Result<ClientConfig, Anything> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(folder.join(CERTIFICATE))?)?;
    Ok(ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
