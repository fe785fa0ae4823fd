//! X.509 certificates of enrollments: what they are called, and the proof that somebody holds their key.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};
use x509_parser::certificate::X509Certificate;
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::FromDer;

/// Longest text of a certificate, in bytes.
const TEXT_BYTES_MAX: usize = 32 * 1024;

/// A certificate as it was given: PEM, base64 of PEM, or base64 of DER. It was read once, so it can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Certificate(String);

/// The text is no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one X.509 certificate as PEM, or as base64 of DER, of at most 32 KiB")]
pub struct BadCertificate;

/// Why a certificate proves nothing about a signing certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Its subject is not the verification code.
    #[error("the common name of the certificate's subject is not the verification code")]
    OtherName,
    /// Somebody else signed it.
    #[error("the certificate was not issued by the signing certificate")]
    OtherIssuer,
}

impl TryFrom<String> for Certificate {
    type Error = BadCertificate;

    fn try_from(text: String) -> Result<Self, BadCertificate> {
        let der = der_of(&text).ok_or(BadCertificate)?;
        match X509Certificate::from_der(&der) {
            Ok(([], _)) => Ok(Certificate(text)),
            Ok(_) | Err(_) => Err(BadCertificate),
        }
    }
}

impl From<Certificate> for String {
    fn from(certificate: Certificate) -> String {
        certificate.0
    }
}

impl Certificate {
    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The SHA-1 hash of the certificate as 40 upper-case hexadecimal digits: a name, not a protection
    /// (iot-central §7.5).
    pub fn thumbprint(&self) -> String {
        let der = der_of(&self.0).unwrap_or_default();
        Sha1::digest(der).iter().map(|byte| format!("{byte:02X}")).collect()
    }

    /// Does `proof` show that whoever sent it can sign with this certificate's key? It does when its subject is
    /// called `code`, which only the caller was told, and this certificate issued it. When it is valid does not
    /// matter: the code is only good once.
    ///
    /// # Errors
    /// What does not hold.
    pub fn is_proved_by(&self, proof: &Certificate, code: &str) -> Result<(), ProofError> {
        let (signer, proof) = (der_of(&self.0).unwrap_or_default(), der_of(&proof.0).unwrap_or_default());
        let (Ok((_, signer)), Ok((_, proof))) = (X509Certificate::from_der(&signer), X509Certificate::from_der(&proof))
        else {
            return Err(ProofError::OtherIssuer);
        };
        let mut names = proof.subject().iter_common_name();
        let (name, another) = (names.next(), names.next());
        if another.is_some() || name.and_then(|name| name.as_str().ok()) != Some(code) {
            return Err(ProofError::OtherName);
        }
        let issued = proof.issuer() == signer.subject() && proof.verify_signature(Some(signer.public_key())).is_ok();
        if issued { Ok(()) } else { Err(ProofError::OtherIssuer) }
    }
}

fn der_of(text: &str) -> Option<Vec<u8>> {
    const PEM: &[u8] = b"-----BEGIN";
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let text = text.trim_ascii();
    if text.as_bytes().starts_with(PEM) {
        return from_pem(text.as_bytes());
    }
    let compact: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bytes = BASE64_STANDARD.decode(compact).ok()?;
    if bytes.starts_with(PEM) { from_pem(&bytes) } else { Some(bytes) }
}

fn from_pem(text: &[u8]) -> Option<Vec<u8>> {
    let (rest, pem) = parse_x509_pem(text).ok()?;
    (pem.label == "CERTIFICATE" && rest.trim_ascii().is_empty()).then_some(pem.contents)
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

    use super::*;

    struct Authority {
        certificate: Certificate,
        issuer: Issuer<'static, KeyPair>,
    }

    fn named(name: &str) -> CertificateParams {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params
    }

    fn authority(name: &str) -> Authority {
        let mut params = named(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { certificate: Certificate::try_from(pem).unwrap(), issuer: Issuer::new(params, key) }
    }

    impl Authority {
        fn proof(&self, name: &str) -> Certificate {
            let pem = named(name).signed_by(&KeyPair::generate().unwrap(), &self.issuer).unwrap().pem();
            Certificate::try_from(pem).unwrap()
        }
    }

    #[test]
    fn proofs() {
        let (ours, theirs, namesake) = (authority("Factory"), authority("Other"), authority("Factory"));
        let check = |proof: Certificate, code| ours.certificate.is_proved_by(&proof, code);
        assert_eq!(check(ours.proof("CODE"), "CODE"), Ok(()));
        assert_eq!(check(ours.proof("CODE"), "code"), Err(ProofError::OtherName));
        assert_eq!(check(theirs.proof("CODE"), "CODE"), Err(ProofError::OtherIssuer));
        assert_eq!(check(namesake.proof("CODE"), "CODE"), Err(ProofError::OtherIssuer));
        assert_eq!(check(ours.certificate.clone(), "CODE"), Err(ProofError::OtherName));
    }

    #[test]
    fn forms() {
        let pem = authority("Factory").certificate;
        let body: String = pem.as_str().lines().filter(|line| !line.starts_with('-')).collect();
        for text in [body, BASE64_STANDARD.encode(pem.as_str()), format!("\n{}\n", pem.as_str())] {
            assert_eq!(Certificate::try_from(text).unwrap().thumbprint(), pem.thumbprint());
        }
        let thumbprint = pem.thumbprint();
        assert!(thumbprint.len() == 40 && thumbprint.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_lowercase()));
        let key = KeyPair::generate().unwrap().serialize_pem();
        let two = pem.as_str().repeat(2);
        for bad in ["", "<certificate>", "AAAA", "-----BEGIN CERTIFICATE-----", &key, &two, &"A".repeat(40_000)] {
            assert_eq!(Certificate::try_from(bad.to_owned()), Err(BadCertificate), "{bad:.40}");
        }
    }
}
