//! The parameter that every call of the hub face carries: `api-version` (iot-hub §8).

use super::error::{Code, HubError};
use crate::query_string::QueryString;

/// The first version that has jobs, twins and methods.
const FIRST_VERSION: &str = "2016-11-14";

/// Every version since jobs exist behaves alike; one that is missing or malformed is refused, and so is each of
/// several (iot-hub §8).
///
/// # Errors
/// 400 `InvalidProtocolVersion`.
pub(crate) fn check(query: &QueryString) -> Result<(), HubError> {
    let mut versions = query.all("api-version").peekable();
    if versions.peek().is_some() && versions.all(is_version) {
        return Ok(());
    }
    let text = "api-version must be given as yyyy-MM-dd or yyyy-MM-dd-preview, from 2016-11-14 on";
    Err(HubError::new(Code::InvalidProtocolVersion, text))
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
            assert!(check(&QueryString::parse(good)).is_ok(), "{good}");
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
            let error = check(&QueryString::parse(bad)).unwrap_err();
            assert_eq!(error.code, Code::InvalidProtocolVersion, "{bad}");
        }
    }
}
