//! The calls about the caller's own session. They stand beside the table of routes: who signs in has no role yet, and
//! whose password must be changed may do nothing else.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use bellwether_engine::{Credentials, Engine, HashError, SignInError, SignedIn};
use bellwether_model::guesses::TooManyGuesses;
use bellwether_model::ids::UserId;
use bellwether_store::AuditAction;

use super::admission::{admit, cookie};
use super::call::{Answer, from_json};
use super::error::{CentralError, Code};
use super::own::session::{ChangePassword, Session, SignIn};
use super::{description, router};
use crate::audit::{Actor, address};
use crate::body::{discard, read_body};
use crate::{ApiState, Limits};

/// Most bytes of a body here.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    SignIn,
    Get,
    SignOut,
    ChangePassword,
    Description,
}

/// Every route: verb, path below `/api`, operation.
const ROUTES: [(Method, &str, Operation); 5] = [
    (Method::POST, "/session", Operation::SignIn),
    (Method::GET, "/session", Operation::Get),
    (Method::DELETE, "/session", Operation::SignOut),
    (Method::PUT, "/session/password", Operation::ChangePassword),
    (Method::GET, "/openapi.json", Operation::Description),
];

/// The operation of a request of our own version, and its path; `None` when this path is none of these.
///
/// # Errors
/// 405: the path takes other verbs.
pub(super) fn find(method: &Method, path: &str) -> Option<Result<(&'static str, Operation), CentralError>> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let here = ROUTES.iter().filter(|(_, known, _)| *known == path);
    let verbs: Vec<&str> = here.clone().map(|(verb, ..)| verb.as_str()).collect();
    if verbs.is_empty() {
        return None;
    }
    let found = here.clone().find(|(verb, ..)| verb == method).map(|(_, path, operation)| (*path, *operation));
    Some(found.ok_or_else(|| router::other_verb(&verbs)))
}

/// Does it.
pub(super) async fn run(
    state: Arc<ApiState>,
    operation: Operation,
    parts: &Parts,
    body: Body,
) -> Result<Answer, CentralError> {
    let signed_in = match operation {
        Operation::SignIn | Operation::Description => Ok(None),
        Operation::Get | Operation::SignOut | Operation::ChangePassword => {
            admit(&state, &parts.method, &parts.headers).await.and_then(|admitted| match admitted.session.clone() {
                Some(session) => Ok(Some((admitted, session))),
                None => Err(CentralError::new(Code::Unauthorized, "an API token has no session; sign in")),
            })
        }
    };
    let signed_in = match signed_in {
        Ok(signed_in) => signed_in,
        Err(error) => {
            discard(body).await;
            return Err(error);
        }
    };
    let body = read_body(body, &parts.headers, &Limits { body_bytes: BODY_BYTES_MAX, ..state.limits }).await?;
    let (headers, from) = (parts.headers.clone(), address(parts));
    // In a task of its own, as every operation.
    let work = async move {
        let engine = &state.engine;
        match (operation, signed_in) {
            (Operation::SignIn, _) => sign_in(&state, &headers, &body, from).await,
            (Operation::Get, Some((admitted, session))) => {
                Answer::one(&Session::of(&state, &admitted, &session)).map(no_store)
            }
            (Operation::SignOut, Some((_, session))) => sign_out(engine, session, from).await,
            (Operation::ChangePassword, Some((_, session))) => change_password(engine, session, &body, from).await,
            (Operation::Description, _) => description::text().map(Answer::text),
            (Operation::Get | Operation::SignOut | Operation::ChangePassword, None) => {
                Err(CentralError::new(Code::Unauthorized, "nobody is signed in"))
            }
        }
    };
    tokio::spawn(work).await.unwrap_or_else(|error| Err(CentralError::internal(&error)))
}

fn actor(user: &UserId, email: &str, address: Option<IpAddr>) -> Actor {
    Actor { name: format!("user:{user}"), email: Some(email.to_owned()), address }
}

fn named(action: &'static str) -> AuditAction {
    AuditAction::Named(action.into())
}

/// A form of another site cannot send JSON, so that nobody is signed in as somebody else without knowing.
fn must_be_json(headers: &HeaderMap) -> Result<(), CentralError> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    if media.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(CentralError::bad_request("Content-Type must be application/json"))
}

async fn sign_in(
    state: &ApiState,
    headers: &HeaderMap,
    body: &str,
    from: Option<IpAddr>,
) -> Result<Answer, CentralError> {
    let engine = &state.engine;
    must_be_json(headers)?;
    let SignIn { email, password } = from_json(body)?;
    let result = engine.sign_in(&email, password, from).await;
    let entry = match &result {
        Ok((_, user)) => Some(actor(user, &email, from).did(named("signIn"), "user", Some(user.to_string()))),
        // A mail address that no user has is not written down: people type their password there.
        Err(SignInError::Wrong { user, locked }) => {
            let (name, email) =
                user.as_ref().map_or(("nobody".to_owned(), None), |user| (format!("user:{user}"), Some(email.clone())));
            let actor = Actor { name, email, address: from };
            let mut entry = actor.did(named("signInFailed"), "user", user.as_ref().map(UserId::to_string));
            entry.detail = locked.then(|| "further tries have to wait".to_owned());
            Some(entry)
        }
        // What was not tried is not written down: there is no end to it.
        Err(SignInError::TooMany(_) | SignInError::Password(_) | SignInError::Hash(_) | SignInError::Store(_)) => None,
    };
    if let Some(entry) = entry {
        engine.note(entry).await?;
    }
    let (token, _) = result?;
    let token = token.text();
    let admitted = engine.admit(Credentials::Session { token: &token, csrf_token: None, changes: false }).await?;
    let Some(session) = &admitted.session else { return Err(SignInError::Wrong { user: None, locked: false }.into()) };
    let mut answer = Answer::one(&Session::of(state, &admitted, session))?;
    answer.headers.extend(cookie(Some(&token), engine.session_seconds()));
    Ok(no_store(answer))
}

async fn sign_out(engine: &Arc<Engine>, session: SignedIn, from: Option<IpAddr>) -> Result<Answer, CentralError> {
    engine.sign_out(session.key).await?;
    let id = Some(session.user.to_string());
    engine.note(actor(&session.user, &session.email, from).did(named("signOut"), "user", id)).await?;
    let mut answer = Answer::nothing();
    answer.headers.extend(cookie(None, 0));
    Ok(answer)
}

async fn change_password(
    engine: &Arc<Engine>,
    session: SignedIn,
    body: &str,
    from: Option<IpAddr>,
) -> Result<Answer, CentralError> {
    let ChangePassword { current_password, new_password } = from_json(body)?;
    let result = engine.change_password(&session, current_password, new_password, from).await;
    let action = match &result {
        Ok(()) => Some("changePassword"),
        Err(SignInError::Wrong { .. }) => Some("changePasswordFailed"),
        Err(SignInError::TooMany(_) | SignInError::Password(_) | SignInError::Hash(_) | SignInError::Store(_)) => None,
    };
    if let Some(action) = action {
        let id = Some(session.user.to_string());
        engine.note(actor(&session.user, &session.email, from).did(named(action), "user", id)).await?;
    }
    match result {
        Ok(()) => Ok(Answer::nothing()),
        // 401 would say that the session is over.
        Err(SignInError::Wrong { .. }) => Err(CentralError::unprocessable("currentPassword is wrong")),
        Err(error) => Err(error.into()),
    }
}

fn no_store(mut answer: Answer) -> Answer {
    answer.headers.push((header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
    answer.with_status(StatusCode::OK)
}

impl From<SignInError> for CentralError {
    fn from(error: SignInError) -> CentralError {
        match error {
            SignInError::Wrong { .. } => CentralError::new(Code::Unauthorized, error),
            SignInError::TooMany(TooManyGuesses { seconds }) => later(&error, seconds),
            SignInError::Password(_) => CentralError::unprocessable(error),
            SignInError::Hash(error) => error.into(),
            SignInError::Store(error) => error.into(),
        }
    }
}

impl From<HashError> for CentralError {
    fn from(error: HashError) -> CentralError {
        match error {
            HashError::Busy => later(&error, 1),
            HashError::Failed(_) => CentralError::internal(&error),
        }
    }
}

fn later(error: &dyn std::error::Error, seconds: u64) -> CentralError {
    CentralError {
        headers: vec![(header::RETRY_AFTER, HeaderValue::from(seconds))],
        ..CentralError::new(Code::TooManyRequests, error)
    }
}
