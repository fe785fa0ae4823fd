//! Sessions of signed-in users.
//!
//! A session is a random number that the browser keeps in a cookie. What is kept here is its hash, so that nobody can
//! act with what stands in the database.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::Time;
use crate::ids::UserId;
use crate::sas::signature;

/// What a browser has: 256 bits that nobody can guess.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken([u8; 32]);

/// Shows no secret.
impl std::fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

/// What a session is kept under: the SHA-256 of its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionKey(pub [u8; 32]);

/// A session as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who is signed in.
    pub user: UserId,
    /// When that began.
    pub created: Time,
    /// When it was last used, give or take [`NOTED_EVERY`].
    pub used: Time,
}

/// Seconds within which a further use of a session is not written down.
pub const NOTED_EVERY: i64 = 120;

/// How long sessions last, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// In all.
    pub life: i64,
    /// Without being used.
    pub idle: i64,
}

impl Default for SessionLimits {
    fn default() -> SessionLimits {
        SessionLimits { life: 12 * 3600, idle: 2 * 3600 }
    }
}

impl SessionToken {
    /// Out of random bytes.
    pub fn new(drawn: [u8; 32]) -> SessionToken {
        SessionToken(drawn)
    }

    /// Reads what a browser sent; `None` is no token of ours.
    pub fn parse(text: &str) -> Option<SessionToken> {
        Some(SessionToken(BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?))
    }

    /// As the browser is to keep it: 43 letters, digits, `-` and `_`.
    pub fn text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What it is kept under.
    pub fn key(&self) -> SessionKey {
        SessionKey(Sha256::digest(self.0).into())
    }
}

impl SessionKey {
    /// What a page of this session shows that it is ours: another site can make the browser send the cookie, but can
    /// not read this.
    pub fn csrf_token(&self, secret: &[u8; 32]) -> String {
        let text = format!("csrf\n{}", BASE64_URL_SAFE_NO_PAD.encode(self.0));
        BASE64_URL_SAFE_NO_PAD.encode(signature(secret, &text))
    }

    /// Is this the session's? In constant time.
    pub fn is_csrf_token(&self, secret: &[u8; 32], text: &str) -> bool {
        bool::from(self.csrf_token(secret).as_bytes().ct_eq(text.as_bytes()))
    }
}

impl Session {
    /// Has it ended?
    pub fn is_over(&self, limits: SessionLimits, now: Time) -> bool {
        now >= self.created.plus_seconds(limits.life) || now >= self.used.plus_seconds(limits.idle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        let token = SessionToken::new([7; 32]);
        assert_eq!(token.text().len(), 43);
        assert_eq!(SessionToken::parse(&token.text()), Some(token.clone()));
        for text in ["", "AAAA", &token.text()[1..], &format!("{}A", token.text()), "ä"] {
            assert_eq!(SessionToken::parse(text), None, "{text}");
        }
        assert_ne!(token.key(), SessionToken::new([8; 32]).key());
        assert!(!format!("{token:?}").contains('7'));
    }

    #[test]
    fn csrf_tokens_are_of_one_session() {
        let (a, b) = (SessionToken::new([1; 32]).key(), SessionToken::new([2; 32]).key());
        let text = a.csrf_token(&[9; 32]);
        assert!(a.is_csrf_token(&[9; 32], &text));
        assert!(
            !a.is_csrf_token(&[8; 32], &text) && !b.is_csrf_token(&[9; 32], &text) && !a.is_csrf_token(&[9; 32], "")
        );
    }

    #[test]
    fn sessions_end() {
        let limits = SessionLimits { life: 100, idle: 10 };
        let session = Session { user: "u".parse().unwrap(), created: Time(0), used: Time(0).plus_seconds(95) };
        for (seconds, over) in [(95, false), (99, false), (100, true), (106, true)] {
            assert_eq!(session.is_over(limits, Time(0).plus_seconds(seconds)), over, "{seconds}");
        }
        let unused = Session { used: Time(0), ..session };
        assert!(!unused.is_over(limits, Time(0).plus_seconds(9)) && unused.is_over(limits, Time(0).plus_seconds(10)));
    }
}
