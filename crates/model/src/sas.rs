//! Shared access signatures: reading, verifying and making them (iot-hub §7.1, device-protocol §2.2).

use base64::prelude::{BASE64_STANDARD, Engine};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::Time;
use crate::identity::Keys;

/// A token as it was sent. Nothing about it is proved until [`Token::verify`].
#[derive(Clone, PartialEq, Eq)]
pub struct Token<'a> {
    /// The resource exactly as it stands in the token; the signature is over this text.
    pub sr: &'a str,
    sig: Vec<u8>,
    se: &'a str,
    /// When it ends.
    pub expiry: Time,
    /// Name of the policy whose key signed it; `None` when a device's own key did.
    pub skn: Option<String>,
}

/// Shows no signature.
impl std::fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token {{ sr: {:?}, expiry: {}, skn: {:?} }}", self.sr, self.expiry, self.skn)
    }
}

/// Why a token is refused. The texts tell nothing secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SasError {
    /// The text has not the form of a token.
    #[error("the token has not the form SharedAccessSignature sr=…&sig=…&se=…[&skn=…]")]
    Malformed,
    /// The end that the token names has come.
    #[error("the token has expired")]
    Expired,
    /// No key of the identity or policy made this signature.
    #[error("the signature does not match")]
    WrongSignature,
    /// The token is for something else.
    #[error("the token is not valid for this host and path")]
    WrongAudience,
}

/// The parts of a text `SharedAccessSignature sr=…&sig=…&se=…[&skn=…]`, in whatever sense.
pub(crate) struct Fields<'a> {
    /// As it stands there.
    pub sr: &'a str,
    /// Decoded.
    pub sig: Vec<u8>,
    /// As it stands there.
    pub se: &'a str,
    /// Decoded; `None` when absent or empty.
    pub skn: Option<String>,
}

impl<'a> Fields<'a> {
    /// Reads the fields in any order; others are ignored.
    ///
    /// # Errors
    /// [`SasError::Malformed`], also when a field stands twice.
    pub fn read(text: &'a str) -> Result<Fields<'a>, SasError> {
        let (scheme, fields) = text.trim().split_once(' ').ok_or(SasError::Malformed)?;
        if !scheme.eq_ignore_ascii_case("SharedAccessSignature") {
            return Err(SasError::Malformed);
        }
        let (mut sr, mut sig, mut se, mut skn) = (None, None, None, None);
        for field in fields.trim().split('&') {
            let (name, value) = field.split_once('=').ok_or(SasError::Malformed)?;
            let slot = match name {
                "sr" => &mut sr,
                "sig" => &mut sig,
                "se" => &mut se,
                "skn" => &mut skn,
                _ => continue,
            };
            if slot.replace(value).is_some() {
                return Err(SasError::Malformed);
            }
        }
        let (Some(sr), Some(sig), Some(se)) = (sr, sig, se) else { return Err(SasError::Malformed) };
        let sig: Vec<u8> = percent_decode_str(sig).collect();
        let sig = BASE64_STANDARD.decode(sig).map_err(|_| SasError::Malformed)?;
        let skn = match skn {
            None | Some("") => None,
            Some(name) => Some(decoded(name).ok_or(SasError::Malformed)?),
        };
        Ok(Fields { sr, sig, se, skn })
    }
}

impl<'a> Token<'a> {
    /// Reads `SharedAccessSignature sr=…&sig=…&se=…[&skn=…]`, the fields in any order.
    ///
    /// # Errors
    /// [`SasError::Malformed`].
    pub fn parse(text: &'a str) -> Result<Token<'a>, SasError> {
        let Fields { sr, sig, se, skn } = Fields::read(text)?;
        let seconds: i64 = se.parse().map_err(|_| SasError::Malformed)?;
        Ok(Token { sr, sig, se, expiry: Time(0).plus_seconds(seconds), skn })
    }

    /// Checks that one of `keys` signed the token, in constant time, and that it has not ended; `allowance`
    /// seconds are added to its end for clocks that differ.
    ///
    /// # Errors
    /// [`SasError::WrongSignature`] before [`SasError::Expired`]: who cannot sign learns nothing of ends.
    pub fn verify(&self, keys: &Keys, now: Time, allowance: i64) -> Result<(), SasError> {
        let signed = format!("{}\n{}", self.sr, self.se);
        let by = |key: &[u8]| signature(key, &signed).as_slice().ct_eq(&self.sig);
        if !bool::from(by(&keys.primary.bytes()) | by(&keys.secondary.bytes())) {
            return Err(SasError::WrongSignature);
        }
        if now >= self.expiry.plus_seconds(allowance) {
            return Err(SasError::Expired);
        }
        Ok(())
    }

    /// Checks that the token's resource is `host` (one that `is_our_host` knows, a port ignored) followed by
    /// a prefix, by whole segments, of `path`. `path` is decoded and begins with `/`.
    ///
    /// # Errors
    /// [`SasError::WrongAudience`].
    pub fn check_audience(&self, is_our_host: impl Fn(&str) -> bool, path: &str) -> Result<(), SasError> {
        let resource = decoded(self.sr).ok_or(SasError::WrongAudience)?;
        let (host, prefix) = match resource.find('/') {
            Some(at) => resource.split_at(at),
            None => (resource.as_str(), ""),
        };
        // An old form of device tokens ends with the version as a segment of its own.
        let prefix = match prefix.rfind("/api-version=") {
            Some(at) => &prefix[..at],
            None => prefix,
        };
        let prefix = prefix.trim_end_matches('/');
        let covered = path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if is_our_host(without_port(host)) && covered { Ok(()) } else { Err(SasError::WrongAudience) }
    }
}

/// Makes a token for `resource` (not encoded) that ends at `expiry`.
pub fn make(resource: &str, key: &[u8], expiry: Time, policy: Option<&str>) -> String {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let (sr, se) = (encode(resource), expiry.unix_seconds());
    let sig = encode(&BASE64_STANDARD.encode(signature(key, &format!("{sr}\n{se}"))));
    let skn = policy.map(|name| format!("&skn={}", encode(name))).unwrap_or_default();
    format!("SharedAccessSignature sr={sr}&sig={sig}&se={se}{skn}")
}

/// The names under which a hub is known; tokens must be for one of them.
#[derive(Debug, Clone, Default)]
pub struct HostNames(pub Vec<String>);

impl HostNames {
    /// Is `host` (without port) ours? Case does not matter; `localhost` and loopback addresses always are.
    pub fn contains(&self, host: &str) -> bool {
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host.eq_ignore_ascii_case("localhost")
            || address.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
            || self.0.iter().any(|name| name.eq_ignore_ascii_case(host))
    }
}

/// `host` without `:port`; an IPv6 address keeps its brackets.
pub fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.bytes().all(|b| b.is_ascii_digit()) && (!name.contains(':') || name.ends_with(']')) =>
        {
            name
        }
        _ => host,
    }
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Into::into)
}

pub(crate) fn signature(key: &[u8], text: &str) -> [u8; 32] {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::SymmetricKey;

    const HUB_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    const DEVICE_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn keys(primary: &str) -> Keys {
        let other = SymmetricKey::from_bytes(&[9; 32]);
        Keys { primary: SymmetricKey::try_from(primary.to_owned()).unwrap(), secondary: other }
    }

    fn vector(key: &str, sr: &str, sig: &str, se: i64) {
        let encoded = utf8_percent_encode(sig, NON_ALPHANUMERIC);
        for sig in [encoded.to_string(), sig.replace('+', "%2B")] {
            let text = format!("SharedAccessSignature sr={sr}&sig={sig}&skn=&se={se}");
            let token = Token::parse(&text).unwrap();
            let before = Time(0).plus_seconds(se - 1);
            assert_eq!(token.verify(&keys(key), before, 0), Ok(()), "{sr}");
            let swapped = Keys { primary: keys(key).secondary, secondary: keys(key).primary };
            assert_eq!(token.verify(&swapped, before, 0), Ok(()), "{sr}");
            assert_eq!(token.verify(&keys(key), before.plus_seconds(1), 0), Err(SasError::Expired));
            assert_eq!(token.verify(&keys(key), before.plus_seconds(1), 5), Ok(()));
            let other = keys(SymmetricKey::from_bytes(&[1; 32]).as_str());
            assert_eq!(token.verify(&other, before, 0), Err(SasError::WrongSignature));
        }
    }

    /// The vectors of iot-hub §7.1 and device-protocol §2.2.
    #[test]
    fn published_vectors() {
        let se = 2_000_000_000;
        vector(HUB_KEY, "hub1.example.net", "KOE3rXcaoND59sDkm/Q5SNAXP+PoUrB66JzqCgxX0EI=", se);
        vector(HUB_KEY, "hub1.example.net%2Fdevices%2Fdev-1", "Aukx+uBbS8lGH3Kom6wmgi58TXr1dBeoBYUFH3kmv70=", se);
        vector(HUB_KEY, "hub1.example.net%2fdevices%2fdev-1", "vChqFgTSpLSWhNWCO6X1Nxg39+K7db6/SB6GWqMJuVs=", se);
        let se = 1_893_456_000;
        vector(DEVICE_KEY, "hub1.example.test%2Fdevices%2Fdev-01", "xwRksyfULzbjyz/c3GCTWr6QKbf7L5qsAcjZE8Xue+s=", se);
        vector(
            DEVICE_KEY,
            "hub1.example.test%2Fdevices%2Fdev-01%2Fmodules%2Fmod1",
            "Mx6AKBiW1/Yq4TTn27248uK1LIs5lozWCoX3dc+owN0=",
            se,
        );
        vector(DEVICE_KEY, "0ne000TEST%2Fregistrations%2Fdev-01", "gSFlfcQgpCeAY2y5x90ZMqB0E5OOx3W5It0mxcqKPqI=", se);
    }

    #[test]
    fn made_tokens_verify() {
        let key = keys(HUB_KEY);
        let text = make("hub.test:8443/devices/a#b", &key.primary.bytes(), Time(0).plus_seconds(100), Some("p q"));
        let token = Token::parse(&text).unwrap();
        assert_eq!(token.skn.as_deref(), Some("p q"));
        assert_eq!(token.verify(&key, Time(0), 0), Ok(()));
        let ours = HostNames(vec!["hub.test".to_owned()]);
        assert_eq!(token.check_audience(|h| ours.contains(h), "/devices/a#b"), Ok(()));
    }

    #[test]
    fn audience_is_a_prefix_by_segment() {
        let ours = HostNames(vec!["Hub1.example.net".to_owned()]);
        let check = |sr: &str, path: &str| {
            let text = format!("SharedAccessSignature sr={sr}&sig=AAAA&se=1");
            Token::parse(&text).unwrap().check_audience(|h| ours.contains(h), path).is_ok()
        };
        assert!(check("hub1.example.net", "/devices/a"));
        assert!(check("HUB1.example.net%3A8443", "/devices/a"));
        assert!(check("hub1.example.net/devices", "/devices/a"));
        assert!(check("hub1.example.net%2Fdevices%2Fa", "/devices/a"));
        assert!(check("hub1.example.net%2Fdevices%2Fa%2Fapi-version=2016-11-14", "/devices/a"));
        assert!(check("localhost", "/jobs/v2/x"));
        assert!(check("127.0.0.7:8443", "/jobs/v2/x"));
        assert!(check("[::1]:8443", "/jobs/v2/x"));
        assert!(!check("hub1.example.net%2Fdevices%2Fa", "/devices/ab"));
        assert!(!check("hub1.example.net%2Fdevices%2Fa", "/twins/a"));
        assert!(!check("hub2.example.net", "/devices/a"));
        assert!(!check("", "/devices/a"));
    }

    #[test]
    fn malformed() {
        for bad in [
            "",
            "SharedAccessSignature",
            "Bearer x",
            "SharedAccessSignature sr=a&sig=b",
            "SharedAccessSignature sr=a&sig=%%%&se=1",
            "SharedAccessSignature sr=a&sig=AAAA&se=x",
            "SharedAccessSignature sr=a&sr=b&sig=AAAA&se=1",
            "SharedAccessSignature sr",
        ] {
            assert!(Token::parse(bad).is_err(), "{bad}");
        }
    }
}
