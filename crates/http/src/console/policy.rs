//! What a browser may do with the page.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::prelude::{BASE64_STANDARD, Engine as _};

/// Headers of every answer here, beside the content security policy.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Marks the styles that one answer allows.
pub(super) struct Nonce(String);

impl Nonce {
    /// A fresh one of 128 bits.
    fn draw() -> Result<Nonce, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Nonce(BASE64_STANDARD.encode(bytes)))
    }

    /// As it stands in the page.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What may be loaded and run: what this server sends, and styles that carry the nonce (Fluent UI makes its rules while
/// it runs). No script is made out of text.
fn content_policy(nonce: &Nonce) -> String {
    let Nonce(nonce) = nonce;
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'"
    )
}

/// The answer that `make` gives, with all that protects it.
pub(super) fn protect(make: impl FnOnce(&Nonce) -> Response) -> Response {
    let nonce = match Nonce::draw() {
        Ok(nonce) => nonce,
        Err(error) => {
            tracing::error!(%error, "the console is not served: the system gives no random bytes");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut response = make(&nonce);
    let out = response.headers_mut();
    out.extend(HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value))));
    let policy = HeaderValue::try_from(content_policy(&nonce)).ok();
    out.extend(policy.map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
    response
}
