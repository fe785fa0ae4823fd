//! Pages: how many items, from where, and the token for the next page (query-language.md §7).

use axum::http::HeaderMap;
use serde::de::DeserializeOwned;

use super::error::HubError;
use crate::continuation::Pager;
use crate::query_string::QueryString;

/// Items on a page when nothing is said, and at most.
pub(crate) const ITEMS_MAX: usize = 100;

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
        let open = |token| pager.open(token).map_err(HubError::invalid);
        self.token.as_deref().map(open).transpose()
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
}
