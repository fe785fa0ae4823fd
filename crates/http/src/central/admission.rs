//! What a request carries to say who calls: an API token or the cookie of a session, never both.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use bellwether_engine::{Admitted, AuthenticateError, Credentials};

use super::error::{CentralError, Code};
use crate::ApiState;

/// The prefix makes browsers take it only from this very host, over TLS, and for all of its paths.
pub(super) const COOKIE: &str = "__Host-bellwether";
/// What a page shows that it is ours.
pub(super) const CSRF_TOKEN: HeaderName = HeaderName::from_static("x-csrf-token");

/// Who calls. `Bearer` tokens of a directory are refused until single sign-on is served.
///
/// # Errors
/// 401, or 403 for a call with a cookie that changes something and does not come from our page.
pub(super) async fn admit(state: &ApiState, method: &Method, headers: &HeaderMap) -> Result<Admitted, CentralError> {
    Ok(state.engine.admit(credentials(method, headers)?).await?)
}

/// As [`admit`] for a stream that is open: see [`Engine::admit_still`](bellwether_engine::Engine::admit_still).
///
/// # Errors
/// 401.
pub(super) async fn admit_still(state: &ApiState, headers: &HeaderMap) -> Result<Admitted, CentralError> {
    Ok(state.engine.admit_still(credentials(&Method::GET, headers)?).await?)
}

fn credentials<'a>(method: &Method, headers: &'a HeaderMap) -> Result<Credentials<'a>, CentralError> {
    let unauthorized = |text: &str| Err(CentralError::new(Code::Unauthorized, text));
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    match (given.next(), given.next(), session_token(headers)?) {
        (Some(_), _, Some(_)) => {
            unauthorized("the request has both an Authorization header and the cookie of a session: send one of them")
        }
        (Some(value), None, None) => {
            let Ok(text) = value.to_str() else { return unauthorized("the Authorization header is not text") };
            if text.trim_start().get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer ")) {
                return unauthorized(
                    "Bearer tokens are not taken: this server has no single sign-on; use an API token \
                     (SharedAccessSignature sr=…)",
                );
            }
            Ok(Credentials::ApiToken(text))
        }
        (None, _, Some(token)) => {
            let csrf_token = headers.get(CSRF_TOKEN).and_then(|value| value.to_str().ok());
            let changes = ![Method::GET, Method::HEAD].contains(method);
            Ok(Credentials::Session { token, csrf_token, changes })
        }
        (Some(_), Some(_), None) | (None, _, None) => {
            unauthorized("the request needs one Authorization header with an API token, or a session")
        }
    }
}

/// What the session's cookie holds.
///
/// # Errors
/// 401: there are two of it.
fn session_token(headers: &HeaderMap) -> Result<Option<&str>, CentralError> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut tokens = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value);
    match (tokens.next(), tokens.next()) {
        (token, None) => Ok(token),
        (_, Some(_)) => Err(CentralError::new(Code::Unauthorized, "the session's cookie came twice")),
    }
}

/// The header that gives a browser its session, for so many seconds; without a token, the one that takes it.
pub(super) fn cookie(token: Option<&str>, seconds: i64) -> Option<(HeaderName, HeaderValue)> {
    let (token, seconds) = token.map_or(("", 0), |token| (token, seconds));
    let text = format!("{COOKIE}={token}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Strict");
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some((header::SET_COOKIE, value))
}

impl From<AuthenticateError> for CentralError {
    fn from(error: AuthenticateError) -> CentralError {
        use bellwether_model::sas::SasError;
        match error {
            // Which of both it is nobody learns who has not had the token.
            AuthenticateError::Token(SasError::WrongSignature) => {
                let text = "the API token is not one of this server, or was revoked; an administrator can make another";
                CentralError::new(Code::Unauthorized, text)
            }
            AuthenticateError::Token(_) | AuthenticateError::NoSession => CentralError::new(Code::Unauthorized, error),
            AuthenticateError::Csrf => CentralError::new(Code::Forbidden, error),
            AuthenticateError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(headers: &[(&str, &str)]) -> Result<String, String> {
        let pairs = headers.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()));
        let mut all = HeaderMap::new();
        pairs.for_each(|(name, value)| {
            all.append(name, value);
        });
        match credentials(&Method::POST, &all) {
            Ok(Credentials::ApiToken(text)) => Ok(format!("token {text}")),
            Ok(Credentials::Session { token, csrf_token, .. }) => Ok(format!("session {token} {csrf_token:?}")),
            Err(error) => Err(error.message),
        }
    }

    #[test]
    fn one_of_both() {
        assert_eq!(found(&[("authorization", "x")]), Ok("token x".to_owned()));
        assert_eq!(
            found(&[("cookie", "a=b; __Host-bellwether=t"), ("cookie", "c=d"), ("x-csrf-token", "p")]),
            Ok("session t Some(\"p\")".to_owned())
        );
        for headers in [
            &[][..],
            &[("cookie", "bellwether=t")],
            &[("authorization", "x"), ("authorization", "y")],
            &[("authorization", "x"), ("cookie", "__Host-bellwether=t")],
            &[("cookie", "__Host-bellwether=t; __Host-bellwether=u")],
            &[("authorization", "bearer x")],
        ] {
            assert!(found(headers).is_err(), "{headers:?}");
        }
    }
}
