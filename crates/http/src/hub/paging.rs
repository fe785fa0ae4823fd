//! Pages: how many items, from where, and the token for the next page (query-language.md §7).
//!
//! A token is a position and its signature over the position *and* what was asked. So a token that was made up,
//! damaged, or taken from another query is refused; and it holds nothing that a caller may not see.

use axum::http::HeaderMap;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;

use super::error::HubError;
use super::query_string::QueryString;

/// Items on a page when nothing is said, and at most.
pub(crate) const ITEMS_MAX: usize = 100;
/// Bytes of a token that are its signature.
const TAG_BYTES: usize = 16;

/// Request header: items on a page.
const MAX_ITEM_COUNT: &str = "x-ms-max-item-count";
/// Request and response header: the token. In a response only when there is more.
pub(crate) const CONTINUATION: &str = "x-ms-continuation";

/// The page that a caller asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PageRequest {
    /// 1 to [`ITEMS_MAX`].
    pub limit: usize,
    token: Option<String>,
}

impl PageRequest {
    /// Reads the headers that clients send, or the documentation's parameters `pageSize` and
    /// `continuationToken`; the header wins (iot-hub §1.2).
    ///
    /// # Errors
    /// The size is no positive number.
    pub fn read(headers: &HeaderMap, query: &QueryString) -> Result<PageRequest, HubError> {
        // Bytes that are no text stay something that is refused, they do not become "nothing said".
        let header = |name| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let either = |name, parameter| {
            let header = header(name).filter(|text| !text.is_empty());
            header.or_else(|| query.get(parameter).map(str::to_owned))
        };
        let limit = either(MAX_ITEM_COUNT, "pageSize").map_or(Ok(ITEMS_MAX), |text| page_size(&text))?;
        Ok(PageRequest { limit, token: either(CONTINUATION, "continuationToken") })
    }

    /// Where the page begins; `None` is at the beginning.
    ///
    /// # Errors
    /// The token is not one that [`Pager::next`] made for the same question.
    pub fn position<P: DeserializeOwned>(&self, pager: &Pager<'_>) -> Result<Option<P>, HubError> {
        self.token.as_deref().map(|token| pager.open(token)).transpose()
    }
}

/// Larger sizes are lowered; zero, negative and other nonsense is refused.
fn page_size(text: &str) -> Result<usize, HubError> {
    let digits = text.trim();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // What does not fit a usize is only too large.
    let size = digits.parse().unwrap_or(usize::MAX);
    if is_number && size > 0 {
        Ok(size.min(ITEMS_MAX))
    } else {
        Err(HubError::invalid("the page size must be a whole number of at least 1"))
    }
}

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
    pub fn next<P: Serialize>(&self, position: &P) -> Result<String, HubError> {
        let position = serde_json::to_vec(position).map_err(|error| HubError::internal(&error))?;
        let tag = self.mac(&position)?.finalize().into_bytes();
        let mut token = tag.get(..TAG_BYTES).unwrap_or_default().to_vec();
        token.extend_from_slice(&position);
        Ok(BASE64_URL_SAFE_NO_PAD.encode(token))
    }

    fn open<P: DeserializeOwned>(&self, token: &str) -> Result<P, HubError> {
        let refused = || HubError::invalid("the continuation token is not one of this query");
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| refused())?;
        let (tag, position) = bytes.split_at_checked(TAG_BYTES).ok_or_else(refused)?;
        self.mac(position)?.verify_truncated_left(tag).map_err(|_| refused())?;
        serde_json::from_slice(position).map_err(|_| refused())
    }

    fn mac(&self, position: &[u8]) -> Result<Hmac<Sha256>, HubError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret).map_err(|error| HubError::internal(&error))?;
        for part in [self.list.as_bytes(), self.question.as_bytes(), position] {
            // Lengths first, so that no two questions read alike.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        Ok(mac)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn read(headers: &[(&'static str, &str)], query: &str) -> Result<(usize, Option<String>), String> {
        let header = |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), value.parse().unwrap());
        let headers = headers.iter().map(header).collect();
        let page = PageRequest::read(&headers, &QueryString::parse(query)).map_err(|error| error.text)?;
        Ok((page.limit, page.token))
    }

    #[test]
    fn sizes() {
        for (text, size) in [("1", 1), ("007", 7), ("100", 100), ("1000", 100), ("99999999999999999999999", 100)] {
            assert_eq!(read(&[(MAX_ITEM_COUNT, text)], ""), Ok((size, None)), "{text}");
            assert_eq!(read(&[], &format!("pageSize={text}")), Ok((size, None)), "{text}");
        }
        for bad in ["0", "00", "-1", "ten", "1.5", "+5", "1e2"] {
            assert!(read(&[(MAX_ITEM_COUNT, bad)], "").is_err(), "{bad}");
        }
    }

    #[test]
    fn the_header_wins() {
        let both = read(&[(MAX_ITEM_COUNT, "5"), (CONTINUATION, "a")], "pageSize=7&continuationToken=b");
        assert_eq!(both, Ok((5, Some("a".to_owned()))));
        let mixed = read(&[(MAX_ITEM_COUNT, "5")], "continuationToken=b");
        assert_eq!(mixed, Ok((5, Some("b".to_owned()))));
        assert_eq!(read(&[(CONTINUATION, "")], ""), Ok((ITEMS_MAX, None)));
    }

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
