//! Pages of lists: `{"value": […], "nextLink"?}` (iot-central §2.1).

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::call::Call;
use super::error::CentralError;
use super::version::Version;
use crate::continuation::Pager;
use crate::query_string::QueryString;

/// Items on a page when nothing is said, and at most (iot-central §2.1).
pub(crate) const ITEMS_DEFAULT: usize = 25;
/// See [`ITEMS_DEFAULT`].
pub(crate) const ITEMS_MAX: usize = 100;

/// Carries the position in a link to the next page.
const SKIP_TOKEN: &str = "$skiptoken";

/// Parameters that do not decide what a list holds.
const OF_THE_PAGE: [&str; 6] = ["api-version", SKIP_TOKEN, "maxpagesize", "$maxpagesize", "$top", "top"];

/// What must not stand raw in a path.
const PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}').add(b'?').add(b'#');

/// The page that a caller asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PageRequest {
    /// 1 to [`ITEMS_MAX`].
    pub limit: usize,
    token: Option<String>,
}

impl PageRequest {
    /// `maxpagesize` and `$top` mean the same in every version. A larger size is lowered; zero, negative and other
    /// nonsense is refused.
    ///
    /// # Errors
    /// 400: the size is no positive number.
    pub fn read(query: &QueryString) -> Result<PageRequest, CentralError> {
        let size = ["maxpagesize", "$maxpagesize", "$top", "top"].into_iter().find_map(|name| query.get(name));
        let limit = match size {
            None => ITEMS_DEFAULT,
            Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) && text.bytes().any(|byte| byte != b'0') => {
                // What does not fit a usize is only too large.
                text.parse().unwrap_or(usize::MAX).min(ITEMS_MAX)
            }
            Some(_) => {
                return Err(CentralError::bad_request("maxpagesize and $top must be whole numbers of at least 1"));
            }
        };
        Ok(PageRequest { limit, token: query.get(SKIP_TOKEN).map(str::to_owned) })
    }
}

impl Call {
    fn pager<'a>(&'a self, question: &'a str) -> Pager<'a> {
        Pager::new(&self.state.token_secret, "central", question)
    }

    /// All that decides what the list holds: its path, the caller's filter and order; in our own version every
    /// parameter but those of the page.
    fn question(&self) -> String {
        if self.version == Version::Own {
            let of_the_page = |name: &str| OF_THE_PAGE.iter().any(|other| other.eq_ignore_ascii_case(name));
            let pairs: Vec<_> = self.query.pairs().filter(|(name, _)| !of_the_page(name)).collect();
            return format!("{}\n{pairs:?}", self.path);
        }
        let parameter = |names: [&str; 2]| names.into_iter().find_map(|name| self.query.get(name)).unwrap_or_default();
        let (filter, order) = (parameter(["filter", "$filter"]), parameter(["orderby", "$orderby"]));
        format!("{}\n{filter}\n{order}", self.path)
    }

    /// Where the page begins; `None` is at the beginning.
    ///
    /// # Errors
    /// 400: the link was made for another list, or not by us.
    pub fn position<P: DeserializeOwned>(&self, page: &PageRequest) -> Result<Option<P>, CentralError> {
        let question = self.question();
        let open = |token: &String| self.pager(&question).open(token);
        Ok(page.token.as_ref().map(open).transpose()?)
    }

    /// What the link to the page that begins at `position` carries.
    ///
    /// # Errors
    /// The position has no JSON form.
    pub fn next<P: Serialize>(&self, position: &P) -> Result<String, CentralError> {
        Ok(self.pager(&self.question()).next(position)?)
    }
}

/// The link to the next page: the request's own address with the token in it. `api-version` stands in it once,
/// whatever the request had.
pub(crate) fn next_link(host: &str, path: &str, query: &QueryString, token: &str) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let mut link = format!("https://{host}{}", utf8_percent_encode(path, PATH));
    let mut mark = '?';
    let mut has_version = false;
    for (name, value) in query.pairs() {
        let is_version = name.eq_ignore_ascii_case("api-version");
        if name.eq_ignore_ascii_case(SKIP_TOKEN) || (is_version && has_version) {
            continue;
        }
        has_version |= is_version;
        // Clients that look for the version find it as it is usually written.
        let pair =
            if is_version { format!("api-version={value}") } else { format!("{}={}", encoded(name), encoded(value)) };
        link.push(mark);
        link.push_str(&pair);
        mark = '&';
    }
    link.push(mark);
    link.push_str(&format!("{}={}", encoded(SKIP_TOKEN), encoded(token)));
    link
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let limit = |text: &str| PageRequest::read(&QueryString::parse(text)).map(|page| page.limit).ok();
        for (text, size) in [
            ("", Some(25)),
            ("maxpagesize=7", Some(7)),
            ("%24top=7", Some(7)),
            ("$top=1000", Some(100)),
            ("maxpagesize=99999999999999999999999", Some(100)),
            ("maxpagesize=0", None),
            ("maxpagesize=-1", None),
            ("$top=ten", None),
        ] {
            assert_eq!(limit(text), size, "{text}");
        }
    }

    #[test]
    fn links_carry_the_question_and_one_version() {
        let query =
            QueryString::parse("api-version=2022-07-31&$filter=a%20eq%20'b'&$skiptoken=old&api-version=preview");
        assert_eq!(
            next_link("h.example:8443", "/api/devices", &query, "t_1"),
            "https://h.example:8443/api/devices?api-version=2022-07-31&%24filter=a%20eq%20%27b%27&%24skiptoken=t%5F1"
        );
    }
}
