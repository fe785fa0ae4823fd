//! API tokens of the central face (iot-central §9.4).
//!
//! A token is shown once, when it is made; what is kept cannot be turned into it without the secret of the
//! installation. Clients treat the text as opaque, so the signature is ours: over application, id, end and a
//! number that is drawn for each token, so that a token made again under the same id is another one.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::Time;
use crate::access::Assignment;
use crate::ids::ApiTokenId;
use crate::sas::{Fields, SasError, signature};
use base64::prelude::{BASE64_STANDARD, Engine};

/// How long a token is good for when nothing is said: "about one year" (iot-central §9.4).
pub const LIFETIME_DAYS: i64 = 365;

/// A token as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// Its name: `skn` in the text.
    pub id: ApiTokenId,
    /// What it may do; at least one.
    pub roles: Vec<Assignment>,
    /// When it ends; whole milliseconds.
    pub expiry: Time,
    /// Drawn when it was made.
    pub nonce: [u8; 16],
}

/// What tokens of this installation are made with.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenKey {
    /// The application id: `sr` in the text.
    pub application: String,
    /// The secret.
    pub secret: [u8; 32],
}

/// Shows no secret.
impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenKey({})", self.application)
    }
}

/// A token as a caller sent it. Nothing about it is proved.
pub struct Presented {
    /// Which token it says it is.
    pub id: String,
    sig: Vec<u8>,
}

impl Presented {
    /// Reads an `Authorization` header.
    ///
    /// # Errors
    /// [`SasError::Malformed`].
    pub fn parse(text: &str) -> Result<Presented, SasError> {
        let fields = Fields::read(text)?;
        Ok(Presented { id: fields.skn.ok_or(SasError::Malformed)?, sig: fields.sig })
    }
}

impl ApiToken {
    /// The text to give out, once.
    pub fn text(&self, key: &TokenKey) -> String {
        let sig = BASE64_STANDARD.encode(self.signature(key));
        format!(
            "SharedAccessSignature sr={}&sig={}&skn={}&se={}",
            utf8_percent_encode(&key.application, NON_ALPHANUMERIC),
            utf8_percent_encode(&sig, NON_ALPHANUMERIC),
            utf8_percent_encode(self.id.as_str(), NON_ALPHANUMERIC),
            self.millis()
        )
    }

    /// Is what the caller sent this token, and is it still good? In constant time.
    ///
    /// # Errors
    /// [`SasError::WrongSignature`] before [`SasError::Expired`].
    pub fn verify(&self, presented: &Presented, key: &TokenKey, now: Time) -> Result<(), SasError> {
        if !bool::from(self.signature(key).as_slice().ct_eq(&presented.sig)) {
            return Err(SasError::WrongSignature);
        }
        if now >= self.expiry { Err(SasError::Expired) } else { Ok(()) }
    }

    fn millis(&self) -> i64 {
        self.expiry.0.div_euclid(1000)
    }

    fn signature(&self, key: &TokenKey) -> [u8; 32] {
        let nonce = BASE64_STANDARD.encode(self.nonce);
        let signed = format!("{}\n{}\n{}\n{nonce}", key.application, self.id, self.millis());
        signature(&key.secret, &signed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_700_000_000_000_000);

    fn token(id: &str, nonce: u8) -> ApiToken {
        ApiToken { id: id.parse().unwrap(), roles: Vec::new(), expiry: NOW.plus_seconds(60), nonce: [nonce; 16] }
    }

    #[test]
    fn a_token_is_good_for_itself_only() {
        let key = TokenKey { application: "a b".to_owned(), secret: [7; 32] };
        let text = token("op-1", 1).text(&key);
        assert!(text.starts_with("SharedAccessSignature sr=a%20b&sig="), "{text}");
        assert!(text.ends_with("&skn=op%2D1&se=1700000060000"), "{text}");
        let presented = Presented::parse(&text).unwrap();
        assert_eq!(presented.id, "op-1");
        assert_eq!(token("op-1", 1).verify(&presented, &key, NOW), Ok(()));
        assert_eq!(token("op-1", 1).verify(&presented, &key, NOW.plus_seconds(60)), Err(SasError::Expired));
        // Made again under the same id, another id, another installation, another end.
        let other_key = TokenKey { secret: [8; 32], ..key.clone() };
        let later = ApiToken { expiry: NOW.plus_seconds(61), ..token("op-1", 1) };
        for (token, key) in
            [(token("op-1", 2), &key), (token("op-2", 1), &key), (token("op-1", 1), &other_key), (later, &key)]
        {
            assert_eq!(token.verify(&presented, key, NOW), Err(SasError::WrongSignature));
        }
    }

    #[test]
    fn no_token() {
        for text in ["", "Bearer x", "SharedAccessSignature", "SharedAccessSignature sr=a&sig=AA%3D%3D&se=1"] {
            assert!(Presented::parse(text).is_err(), "{text}");
        }
    }
}
