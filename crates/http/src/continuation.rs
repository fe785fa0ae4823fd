//! Tokens for the next page of a list.
//!
//! A token is a position and its signature over the position *and* what was asked. So a token that was made up,
//! damaged, or taken from another query is refused; and it holds nothing that a caller may not see.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use hmac::digest::Key;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;

/// Bytes of a token that are its signature.
const TAG_BYTES: usize = 16;

/// The token is not one that was made for this question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the continuation token is not one of this query")]
pub(crate) struct NotOfThisQuery;

/// Makes and reads the tokens of one question.
pub(crate) struct Pager<'a> {
    secret: &'a [u8; 32],
    list: &'static str,
    question: &'a str,
}

impl<'a> Pager<'a> {
    /// `list` names the kind of list, `question` all that decides what it holds.
    pub fn new(secret: &'a [u8; 32], list: &'static str, question: &'a str) -> Pager<'a> {
        Pager { secret, list, question }
    }

    /// The token for the page that begins at `position`.
    ///
    /// # Errors
    /// The position has no JSON form.
    pub fn next<P: Serialize>(&self, position: &P) -> Result<String, serde_json::Error> {
        let position = serde_json::to_vec(position)?;
        let tag = self.mac(&position).finalize().into_bytes();
        let mut token = tag.get(..TAG_BYTES).unwrap_or_default().to_vec();
        token.extend_from_slice(&position);
        Ok(BASE64_URL_SAFE_NO_PAD.encode(token))
    }

    /// The position in a token.
    ///
    /// # Errors
    /// The token was made for another question, or not by us.
    pub fn open<P: DeserializeOwned>(&self, token: &str) -> Result<P, NotOfThisQuery> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| NotOfThisQuery)?;
        let (tag, position) = bytes.split_at_checked(TAG_BYTES).ok_or(NotOfThisQuery)?;
        self.mac(position).verify_truncated_left(tag).map_err(|_| NotOfThisQuery)?;
        serde_json::from_slice(position).map_err(|_| NotOfThisQuery)
    }

    fn mac(&self, position: &[u8]) -> Hmac<Sha256> {
        // HMAC fills short keys up with zeros, so this is the secret as it is.
        let mut key = Key::<Hmac<Sha256>>::default();
        key[..self.secret.len()].copy_from_slice(self.secret);
        let mut mac = Hmac::<Sha256>::new(&key);
        for part in [self.list.as_bytes(), self.question.as_bytes(), position] {
            // Lengths first, so that no two questions read alike.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_hold_for_their_question_only() {
        let secret = [7; 32];
        let pager = Pager::new(&secret, "query", "SELECT * FROM devices");
        let token = pager.next(&42_i64).unwrap();
        assert_eq!(pager.open::<i64>(&token).unwrap(), 42);
        for other in [
            Pager::new(&secret, "query", "SELECT * FROM devices "),
            Pager::new(&secret, "jobs", "SELECT * FROM devices"),
            Pager::new(&[8; 32], "query", "SELECT * FROM devices"),
        ] {
            assert!(other.open::<i64>(&token).is_err());
        }
    }

    #[test]
    fn no_changed_token_is_taken() {
        let secret = [7; 32];
        let pager = Pager::new(&secret, "query", "q");
        let token = pager.next(&42_i64).unwrap();
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&token).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(pager.open::<i64>(&BASE64_URL_SAFE_NO_PAD.encode(changed)).is_err(), "bit {bit}");
        }
        for cut in 0..bytes.len() {
            assert!(pager.open::<i64>(&BASE64_URL_SAFE_NO_PAD.encode(&bytes[..cut])).is_err(), "cut {cut}");
        }
        for odd in ["", "?", "AAAA", "not base64!"] {
            assert!(pager.open::<i64>(odd).is_err(), "{odd}");
        }
    }
}
