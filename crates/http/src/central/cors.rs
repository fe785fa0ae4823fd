//! Pages of other origins (iot-central §13.2).

use std::str::FromStr;
use std::time::Duration;

use axum::http::{HeaderValue, Method, Uri, header};
use tower_http::cors::{AllowHeaders, AllowOrigin, Any, CorsLayer};

use super::call::STATUS_MESSAGE;
use super::{ERROR_CODE, REQUEST_ID};

/// How long a browser need not ask again whether it may call.
const PREFLIGHT_KEPT: Duration = Duration::from_secs(3600);

/// Whose pages may call from a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorsOrigins {
    /// Everybody's. The answers never allow credentials, and the session's cookie is `SameSite=Strict`, so that another
    /// origin gets nothing by a browser that a person is signed in with: it needs a token of its own.
    Any,
    /// These, and no other.
    Only(Vec<Origin>),
}

/// Scheme, host and port as a browser writes them: `https://console.example:8443`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(HeaderValue);

impl FromStr for Origin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Origin, Self::Err> {
        const RULE: &str = "must be an origin: http or https, ://, a host and perhaps a port, nothing behind it";
        let text = text.to_ascii_lowercase();
        let uri: Uri = text.parse().map_err(|_| RULE)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(RULE) };
        // What the parts make up again has neither a path nor a user.
        let is_bare = format!("{scheme}://{authority}") == text && !authority.as_str().contains('@');
        if !is_bare || !["http", "https"].contains(&scheme) {
            return Err(RULE);
        }
        HeaderValue::try_from(text).map(Origin).map_err(|_| RULE)
    }
}

/// Lets them.
pub(crate) fn cross_origin(origins: &CorsOrigins) -> CorsLayer {
    let allowed = match origins {
        CorsOrigins::Any => Any.into(),
        CorsOrigins::Only(origins) => AllowOrigin::list(origins.iter().map(|origin| origin.0.clone())),
    };
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::PUT, Method::PATCH, Method::POST, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([REQUEST_ID, ERROR_CODE, STATUS_MESSAGE, header::RETRY_AFTER])
        .max_age(PREFLIGHT_KEPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins() {
        for (text, expected) in [
            ("https://console.example", Some("https://console.example")),
            ("http://LocalHost:3000", Some("http://localhost:3000")),
            ("https://[::1]:8443", Some("https://[::1]:8443")),
            ("https://console.example/", None),
            ("https://console.example/path", None),
            ("https://u@console.example", None),
            ("console.example", None),
            ("ftp://console.example", None),
            ("null", None),
            ("*", None),
            ("", None),
        ] {
            let found = text.parse::<Origin>().ok();
            assert_eq!(found.as_ref().map(|origin| origin.0.to_str().unwrap()), expected, "{text}");
        }
    }
}
