//! The server's certificate: the user's own, or one from a CA made at first start.
//!
//! The generated ones stand in `DIR/tls`: `ca.pem` is what clients are given, `server.pem` is issued anew
//! from the kept CA when the names changed or its end comes near, so that no client has to be touched.
//! `ca-key.pem` is needed only then and may be kept elsewhere meanwhile.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bellwether_model::Time;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use time::OffsetDateTime;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::config::Settings;
use crate::private_file;

const DAY: i64 = 24 * 60 * 60;
const CA_DAYS: i64 = 20 * 365;
/// The longest that every common client takes.
const SERVER_DAYS: i64 = 825;
/// A server certificate with less than this left is issued anew at start.
const RENEW_DAYS: i64 = 90;
/// Certificates begin this long before now, for clients whose clock is slow.
const BACKDATE_DAYS: i64 = 1;

/// A certificate chain with its key, ready to serve.
#[derive(Debug)]
pub struct Certificates {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    /// What clients must trust; none when the user brought a certificate.
    pub ca_file: Option<PathBuf>,
    /// Set when this start issued a server certificate: why.
    pub issued: Option<&'static str>,
    /// When the server certificate ends.
    pub ends: Time,
}

impl Certificates {
    /// The user's certificate (`--tls-cert`), or the one of the data folder, made or renewed as needed.
    pub fn open(settings: &Settings, now: Time) -> Result<Self, CertificateError> {
        match (&settings.tls_cert, &settings.tls_key) {
            (Some(cert), Some(key)) => Self::read(cert, key, None).map_err(|error| {
                let (cert, key) = (cert.clone(), key.clone());
                let reason = match error {
                    CertificateError::Damaged { file, reason } => format!("{}: {reason}", file.display()),
                    CertificateError::Mismatch { reason, .. } => reason,
                    other => other.to_string(),
                };
                CertificateError::Given { cert, key, reason }
            }),
            (None, _) | (_, None) => Kept::at(&settings.data).open(&settings.all_hosts(), now),
        }
    }

    /// What clients must trust, PEM; `None` when the user brought a certificate.
    pub fn ca_pem(&self) -> Result<Option<String>, CertificateError> {
        self.ca_file.as_deref().map(read_text).transpose()
    }

    /// The TLS side of a listener that offers these application protocols.
    pub fn server_config(&self, alpn: &[&[u8]]) -> Result<Arc<ServerConfig>, CertificateError> {
        let config = bellwether_gateway::tls_config(self.chain.clone(), self.key.clone_key());
        let mut config = config.map_err(CertificateError::Tls)?;
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        Ok(Arc::new(config))
    }

    fn read(cert: &Path, key: &Path, ca_file: Option<PathBuf>) -> Result<Self, CertificateError> {
        let chain = read_chain(cert)?;
        let key_der = PrivateKeyDer::from_pem_file(key).map_err(|error| damaged(key, &error))?;
        let ends = Facts::of(cert, &chain)?.ends;
        let read = Certificates { chain, key: key_der, ca_file, issued: None, ends };
        match read.server_config(&[]) {
            Ok(_) => Ok(read),
            Err(CertificateError::Tls(error)) => Err(CertificateError::Mismatch {
                cert: cert.to_owned(),
                key: key.to_owned(),
                reason: error.to_string(),
            }),
            Err(other) => Err(other),
        }
    }
}

/// The files of the generated certificates.
struct Kept {
    dir: PathBuf,
    ca: PathBuf,
    ca_key: PathBuf,
    server: PathBuf,
    server_key: PathBuf,
}

impl Kept {
    fn at(data: &Path) -> Self {
        let dir = data.join("tls");
        Kept {
            ca: dir.join("ca.pem"),
            ca_key: dir.join("ca-key.pem"),
            server: dir.join("server.pem"),
            server_key: dir.join("server-key.pem"),
            dir,
        }
    }

    fn open(&self, hosts: &[String], now: Time) -> Result<Certificates, CertificateError> {
        private_file::make_dir(&self.dir).map_err(|source| CertificateError::io(&self.dir, source))?;
        if !self.ca.exists() {
            // The certificate of a CA that is gone is of no use to anyone: refuse instead of guessing.
            for left in [&self.ca_key, &self.server, &self.server_key] {
                if left.exists() {
                    return Err(CertificateError::Incomplete { missing: self.ca.clone(), left: left.clone() });
                }
            }
            self.make_ca(now)?;
        }
        let issued = self.why_issue(hosts, now)?;
        if issued.is_some() {
            self.issue(hosts, now)?;
        }
        self.check_issuer()?;
        let read = Certificates::read(&self.server, &self.server_key, Some(self.ca.clone()))?;
        Ok(Certificates { issued, ..read })
    }

    /// The reason for a new server certificate, none when the present one will do.
    fn why_issue(&self, hosts: &[String], now: Time) -> Result<Option<&'static str>, CertificateError> {
        if !self.server.exists() && !self.server_key.exists() {
            return Ok(Some("there was none"));
        }
        let facts = Facts::of(&self.server, &read_chain(&self.server)?)?;
        let wanted: BTreeSet<String> = hosts.iter().cloned().collect();
        if facts.hosts != wanted {
            return Ok(Some("the names of the server changed"));
        }
        if facts.ends < now.plus_seconds(RENEW_DAYS * DAY) {
            return Ok(Some("the old one was near its end"));
        }
        Ok(None)
    }

    /// What clients are given to trust must have issued what they are shown.
    fn check_issuer(&self) -> Result<(), CertificateError> {
        let ca = Facts::of(&self.ca, &read_chain(&self.ca)?)?;
        let server = Facts::of(&self.server, &read_chain(&self.server)?)?;
        if ca.subject == server.issuer { Ok(()) } else { Err(damaged(&self.ca, &"it did not issue server.pem")) }
    }

    fn make_ca(&self, now: Time) -> Result<(), CertificateError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        // Two servers' CAs in one trust store are told apart by name.
        params.distinguished_name.push(DnType::CommonName, format!("Bellwether CA {}", random_label()?));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        (params.not_before, params.not_after) = span(now, CA_DAYS)?;
        let cert = params.self_signed(&key)?;
        write(&self.ca_key, 0o600, &key.serialize_pem())?;
        write(&self.ca, 0o644, &cert.pem())
    }

    fn issue(&self, hosts: &[String], now: Time) -> Result<(), CertificateError> {
        let ca = read_text(&self.ca)?;
        let ca_key = read_text(&self.ca_key)?;
        let ca_key = KeyPair::from_pem(&ca_key).map_err(|error| damaged(&self.ca_key, &error))?;
        let issuer = Issuer::from_ca_cert_pem(&ca, &ca_key).map_err(|error| damaged(&self.ca, &error))?;
        self.check_ca(&ca_key, now)?;
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(hosts.to_vec())?;
        let name = hosts.first().map_or("bellwether", String::as_str);
        // A common name has at most 64 characters; clients read the alternative names alone.
        params.distinguished_name.push(DnType::CommonName, name.get(..64).unwrap_or(name));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) = span(now, SERVER_DAYS)?;
        let cert = params.signed_by(&key, &issuer)?;
        // The key first: a crash between the two leaves a pair that does not match and says so at start.
        write(&self.server_key, 0o600, &key.serialize_pem())?;
        write(&self.server, 0o644, &cert.pem())
    }

    /// The kept CA must be a whole pair and outlive what it signs.
    fn check_ca(&self, key: &KeyPair, now: Time) -> Result<(), CertificateError> {
        use rcgen::PublicKeyData as _;
        let chain = read_chain(&self.ca)?;
        let facts = Facts::of(&self.ca, &chain)?;
        if facts.public_key != key.subject_public_key_info() {
            return Err(CertificateError::Mismatch {
                cert: self.ca.clone(),
                key: self.ca_key.clone(),
                reason: "the key belongs to another certificate".to_owned(),
            });
        }
        if facts.ends < now.plus_seconds(RENEW_DAYS * DAY) {
            return Err(CertificateError::CaEnds { file: self.ca.clone(), ends: facts.ends });
        }
        Ok(())
    }
}

/// What we need to know about a certificate that we did not just make.
struct Facts {
    hosts: BTreeSet<String>,
    ends: Time,
    public_key: Vec<u8>,
    subject: Vec<u8>,
    issuer: Vec<u8>,
}

impl Facts {
    /// Reads the first certificate of a chain.
    fn of(file: &Path, chain: &[CertificateDer<'_>]) -> Result<Self, CertificateError> {
        let none = || damaged(file, &"it holds no certificate");
        let first = chain.first().ok_or_else(none)?;
        let (_, cert) = X509Certificate::from_der(first).map_err(|error| damaged(file, &error))?;
        let names = cert.subject_alternative_name().map_err(|error| damaged(file, &error))?;
        let names = names.map(|extension| extension.value.general_names.as_slice()).unwrap_or_default();
        let hosts = names.iter().filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            GeneralName::IPAddress(bytes) => ip(bytes).map(|ip| ip.to_string()),
            _ => None,
        });
        Ok(Facts {
            hosts: hosts.collect(),
            ends: Time(cert.validity().not_after.timestamp().saturating_mul(1_000_000)),
            public_key: cert.public_key().raw.to_vec(),
            subject: cert.subject().as_raw().to_vec(),
            issuer: cert.issuer().as_raw().to_vec(),
        })
    }
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from).ok();
    four.or_else(|| <[u8; 16]>::try_from(bytes).map(IpAddr::from).ok())
}

fn span(now: Time, days: i64) -> Result<(OffsetDateTime, OffsetDateTime), CertificateError> {
    let at = |offset: i64| {
        let seconds = now.plus_seconds(offset * DAY).unix_seconds();
        OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| CertificateError::Clock(now))
    };
    Ok((at(-BACKDATE_DAYS)?, at(days - BACKDATE_DAYS)?))
}

fn random_label() -> Result<String, CertificateError> {
    let mut bytes = [0u8; 4];
    getrandom::fill(&mut bytes).map_err(CertificateError::Random)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn read_text(file: &Path) -> Result<String, CertificateError> {
    fs::read_to_string(file).map_err(|source| CertificateError::io(file, source))
}

fn read_chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let text = fs::read(file).map_err(|source| CertificateError::io(file, source))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain.map_err(|error| damaged(file, &error))?;
    if chain.is_empty() { Err(damaged(file, &"it holds no certificate")) } else { Ok(chain) }
}

fn write(file: &Path, mode: u32, text: &str) -> Result<(), CertificateError> {
    private_file::write(file, mode, text.as_bytes()).map_err(|source| CertificateError::io(file, source))
}

fn damaged(file: &Path, reason: &dyn std::fmt::Display) -> CertificateError {
    CertificateError::Damaged { file: file.to_owned(), reason: reason.to_string() }
}

/// Why there is no certificate to serve with. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read or written.
    #[error("cannot use {}: {source}", file.display())]
    Io {
        /// The file or folder.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file that is not what it should be.
    #[error(
        "{} is damaged ({reason}). Restore it from a backup; or move the whole tls folder away to have a new CA made, \
         which every client must then be given",
        file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Some of the generated files are gone.
    #[error(
        "{} is missing, although {} is there. Restore it from a backup; or move the whole tls folder away to have a new \
         CA made, which every client must then be given",
        missing.display(), left.display()
    )]
    Incomplete {
        /// The file that is gone.
        missing: PathBuf,
        /// One that is there.
        left: PathBuf,
    },
    /// A certificate and a key that do not belong together.
    #[error(
        "{} and {} do not belong together ({reason}). Put the pair right; a generated server pair can be removed, both \
         files of it: it is issued anew at the next start",
        cert.display(), key.display()
    )]
    Mismatch {
        /// The certificate.
        cert: PathBuf,
        /// The key.
        key: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The user's own certificate is of no use.
    #[error("--tls-cert {} with --tls-key {} cannot be served: {reason}", cert.display(), key.display())]
    Given {
        /// The certificate.
        cert: PathBuf,
        /// The key.
        key: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The CA itself is near its end.
    #[error(
        "the CA in {} ends {ends}, too soon to sign with. Move the whole tls folder away to have a new CA made, which \
         every client must then be given",
        file.display()
    )]
    CaEnds {
        /// The CA's certificate.
        file: PathBuf,
        /// When it ends.
        ends: Time,
    },
    /// A certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// TLS refuses what it was given.
    #[error("TLS cannot be set up: {0}")]
    Tls(rustls::Error),
    /// The machine's clock shows a time that no certificate can carry.
    #[error("the clock of this machine shows {0}: set it right first")]
    Clock(Time),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(getrandom::Error),
}

impl CertificateError {
    fn io(file: &Path, source: io::Error) -> Self {
        CertificateError::Io { file: file.to_owned(), source }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const NOW: Time = Time(1_790_000_000_000_000);

    fn hosts(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn open(dir: &Path, names: &[&str], now: Time) -> Result<Certificates, String> {
        Kept::at(dir).open(&hosts(names), now).map_err(|error| error.to_string())
    }

    #[test]
    fn first_start_makes_everything_with_private_keys() {
        let dir = tempfile::tempdir().unwrap();
        let made = open(dir.path(), &["hub.test", "127.0.0.1", "::1"], NOW).unwrap();
        assert_eq!(made.issued, Some("there was none"));
        assert!(made.server_config(&[b"h2"]).is_ok());
        let mode = |name: &str| fs::metadata(dir.path().join("tls").join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("ca-key.pem"), mode("server-key.pem")), (0o600, 0o600));
        let facts = Facts::of(Path::new("x"), &made.chain).unwrap();
        assert_eq!(facts.hosts, ["127.0.0.1", "::1", "hub.test"].map(str::to_owned).into());
    }

    #[test]
    fn the_second_start_keeps_them() {
        let dir = tempfile::tempdir().unwrap();
        let first = open(dir.path(), &["a"], NOW).unwrap();
        let second = open(dir.path(), &["a"], NOW).unwrap();
        assert_eq!(second.issued, None);
        assert_eq!(first.chain, second.chain);
    }

    #[test]
    fn new_names_and_a_near_end_issue_from_the_same_ca() {
        let dir = tempfile::tempdir().unwrap();
        open(dir.path(), &["a"], NOW).unwrap();
        let ca = fs::read(dir.path().join("tls/ca.pem")).unwrap();
        let renamed = open(dir.path(), &["a", "b"], NOW).unwrap();
        assert_eq!(renamed.issued, Some("the names of the server changed"));
        let later = NOW.plus_seconds((SERVER_DAYS - RENEW_DAYS + 1) * DAY);
        let renewed = open(dir.path(), &["a", "b"], later).unwrap();
        assert_eq!(renewed.issued, Some("the old one was near its end"));
        assert!(renewed.ends > renamed.ends);
        assert_eq!(fs::read(dir.path().join("tls/ca.pem")).unwrap(), ca);
    }

    #[test]
    fn a_ca_at_its_end_signs_nothing() {
        let dir = tempfile::tempdir().unwrap();
        open(dir.path(), &["a"], NOW).unwrap();
        let error = open(dir.path(), &["a"], NOW.plus_seconds((CA_DAYS - 30) * DAY)).unwrap_err();
        assert!(error.contains("too soon to sign with"), "{error}");
    }

    #[test]
    fn the_key_of_the_ca_may_be_away_until_it_is_needed() {
        let dir = tempfile::tempdir().unwrap();
        open(dir.path(), &["a"], NOW).unwrap();
        fs::remove_file(dir.path().join("tls/ca-key.pem")).unwrap();
        assert!(open(dir.path(), &["a"], NOW).is_ok());
        let error = open(dir.path(), &["b"], NOW).unwrap_err();
        assert!(error.contains("ca-key.pem"), "{error}");
    }

    #[test]
    fn damaged_files_refuse_to_start() {
        for (name, text, part) in [
            ("server.pem", "rubbish", "damaged"),
            ("server.pem", "", "holds no certificate"),
            ("server-key.pem", "rubbish", "damaged"),
            ("ca.pem", "rubbish", "damaged"),
            ("ca.pem", "", "damaged"),
        ] {
            let dir = tempfile::tempdir().unwrap();
            open(dir.path(), &["a"], NOW).unwrap();
            fs::write(dir.path().join("tls").join(name), text).unwrap();
            // With the same names nothing has to be signed, with other names the CA has to sign.
            for names in [&["a"], &["b"]] {
                let Err(error) = open(dir.path(), names, NOW) else {
                    assert!(name.starts_with("server") && *names == ["b"], "{name}: a new one was not needed");
                    continue;
                };
                assert!(error.contains(name) && error.contains(part), "{name}: {error}");
            }
        }
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        open(one.path(), &["a"], NOW).unwrap();
        open(two.path(), &["a"], NOW).unwrap();
        fs::copy(two.path().join("tls/ca.pem"), one.path().join("tls/ca.pem")).unwrap();
        let error = open(one.path(), &["a"], NOW).unwrap_err();
        assert!(error.contains("did not issue"), "{error}");
    }

    #[test]
    fn pairs_that_do_not_match_refuse_to_start() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        open(one.path(), &["a"], NOW).unwrap();
        open(two.path(), &["a"], NOW).unwrap();
        for name in ["server-key.pem", "ca-key.pem"] {
            fs::copy(two.path().join("tls").join(name), one.path().join("tls").join(name)).unwrap();
            let names = if name == "ca-key.pem" { &["b"] } else { &["a"] };
            let error = open(one.path(), names, NOW).unwrap_err();
            assert!(error.contains("do not belong together"), "{error}");
            fs::remove_dir_all(one.path().join("tls")).unwrap();
            open(one.path(), &["a"], NOW).unwrap();
        }
    }

    #[test]
    fn a_lost_ca_is_not_replaced_in_silence() {
        let dir = tempfile::tempdir().unwrap();
        open(dir.path(), &["a"], NOW).unwrap();
        fs::remove_file(dir.path().join("tls/ca.pem")).unwrap();
        let error = open(dir.path(), &["a"], NOW).unwrap_err();
        assert!(error.contains("ca.pem is missing"), "{error}");
    }
}
