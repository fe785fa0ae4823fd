//! The parameters behind the `?`, and the one that every call carries: `api-version` (iot-hub §8).

use percent_encoding::percent_decode_str;

use super::error::{Code, HubError};

/// The first version that has jobs, twins and methods.
const FIRST_VERSION: &str = "2016-11-14";

/// Decoded parameters in their order.
#[derive(Debug, Default)]
pub(crate) struct QueryString(Vec<(String, String)>);

impl QueryString {
    /// Reads what stands behind the `?`.
    pub fn parse(text: &str) -> QueryString {
        let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
        let pair = |field: &str| {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            (decode(name), decode(value))
        };
        QueryString(text.split('&').filter(|field| !field.is_empty()).map(pair).collect())
    }

    /// The first value of `name`, whose case does not matter, unless it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next().filter(|value| !value.is_empty())
    }

    fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let is_named = move |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
        self.0.iter().filter(is_named).map(|(_, value)| value.as_str())
    }

    /// Every version since jobs exist behaves alike; one that is missing or malformed is refused, and so is
    /// each of several (iot-hub §8).
    pub fn check_api_version(&self) -> Result<(), HubError> {
        let mut versions = self.all("api-version").peekable();
        if versions.peek().is_some() && versions.all(is_version) {
            return Ok(());
        }
        let text = "api-version must be given as yyyy-MM-dd or yyyy-MM-dd-preview, from 2016-11-14 on";
        Err(HubError::new(Code::InvalidProtocolVersion, text))
    }
}

fn is_version(text: &str) -> bool {
    let date = text.strip_suffix("-preview").unwrap_or(text);
    let shaped = date.len() == FIRST_VERSION.len()
        && date.bytes().zip(FIRST_VERSION.bytes()).all(|(byte, model)| match model {
            b'-' => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    shaped && date >= FIRST_VERSION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_versions() {
        for good in [
            "api-version=2016-11-14",
            "api-version=2017-11-08-preview",
            "api-version=2018-06-30",
            "top=3&api-version=2021-04-12",
            "api-version=2021-04-12&top=3",
            "api-version=2024-03-31&api-version=2021-04-12",
            "API-Version=2021-04-12",
            "api-version=2021%2D04%2D12",
        ] {
            assert!(QueryString::parse(good).check_api_version().is_ok(), "{good}");
        }
        for bad in [
            "",
            "top=3",
            "api-version=",
            "api-version=1",
            "api-version=2016-02-03",
            "api-version=2016-09-30-preview",
            "api-version=2021-4-12",
            "api-version=2021-04-12-Preview",
            "api-version=2021-04-12T00:00",
            "api-version=2021-04-12&api-version=1.0",
            "api_version=2021-04-12",
        ] {
            let error = QueryString::parse(bad).check_api_version().unwrap_err();
            assert_eq!(error.code, Code::InvalidProtocolVersion, "{bad}");
        }
    }

    #[test]
    fn parameters() {
        let query = QueryString::parse("jobType=a%20b+c&&flag&top=&JOBSTATUS=x=y");
        assert_eq!(query.get("jobtype"), Some("a b c"));
        assert_eq!(query.get("flag"), None);
        assert_eq!(query.get("top"), None);
        assert_eq!(query.get("jobStatus"), Some("x=y"));
    }
}
