//! The hub face: IoT Hub's service API (iot-hub, client-traffic §3).
//!
//! A request is looked up in one table ([`router`]), let in by its token, held to the api-version, read whole
//! and given to its operation; whatever fails on that way leaves in the hub's own shape ([`error`]).

mod bulk;
mod call;
mod devices;
mod error;
mod job_document;
mod job_request;
mod jobs;
mod methods;
mod paging;
mod query;
pub(crate) mod router;
mod statistics;
mod twins;
mod unserved;
mod version;

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use percent_encoding::percent_decode_str;

use crate::ApiState;
use crate::audit::{self, Actor, address};
use crate::auth::Gate;
use crate::body::{discard, read_body};
use crate::query_string::QueryString;
use crate::tracking::Tracking;
use call::{Answer, Call};
pub(crate) use error::Code;
use error::{ERROR_CODE, Form, HubError};
use router::Found;

/// The content type of every answer. npm's client only parses answers that have it (iot-hub §0).
pub(crate) const JSON: &str = "application/json; charset=utf-8";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");
const METHOD_OVERRIDE: &str = "x-http-method-override";

/// Answers one request.
pub(crate) async fn answer(State(state): State<Arc<ApiState>>, request: Request) -> Response {
    let began = Instant::now();
    let tracking = Tracking::new(state.engine.now());
    let (parts, body) = request.into_parts();
    let method = effective_method(&parts);
    let (route, form, result) = match router::find(&method, parts.uri.path()) {
        Ok(found) => (found.route.path, found.route.form, run(state, found, parts, body).await),
        Err(error) => {
            discard(body).await;
            ("", Form::Gateway, Err(error))
        }
    };
    let failed = result.as_ref().err().map(|error| (error.code.symbol(), error.cause.clone()));
    let response = respond(result, form, &tracking);
    tracking.log(&method, route, response.status(), failed, began);
    response
}

/// JAVA cannot send PATCH: it sends POST and says so in a header (iot-hub §0).
fn effective_method(parts: &Parts) -> Method {
    let wants_patch =
        parts.headers.get(METHOD_OVERRIDE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"PATCH"));
    if parts.method == Method::POST && wants_patch && parts.uri.path().starts_with("/twins/") {
        Method::PATCH
    } else {
        parts.method.clone()
    }
}

/// The way of a request whose route is known. The caller's right is checked before its body is read.
async fn run(state: Arc<ApiState>, found: Found, parts: Parts, body: Body) -> Result<Answer, HubError> {
    let Found { route, params } = found;
    let query = QueryString::parse(parts.uri.query().unwrap_or_default());
    let admitted = admit(&state, route, &parts).and_then(|policy| version::check(&query).map(|()| policy));
    let policy = match admitted {
        Ok(policy) => policy,
        Err(error) => {
            discard(body).await;
            return Err(error);
        }
    };
    let body = read_body(body, &parts.headers, &state.limits).await?;
    let change = audit::of_hub(&route.method, route.path, &params);
    let actor = Actor { name: format!("policy:{policy}"), email: None, address: address(&parts) };
    let engine = Arc::clone(&state.engine);
    let call = Call { state, policy, params, query, headers: parts.headers, body };
    // In a task of its own: what was begun is done to its end, also when the caller goes away in the middle,
    // and a panic is an answer.
    let work = async move {
        audit::noted(&engine, actor, change, (route.run)(call), |error: &HubError| error.code.status()).await
    };
    match tokio::spawn(work).await {
        Ok(result) => result,
        Err(error) => Err(HubError::internal(&error)),
    }
}

/// The name of the policy that lets the request in.
fn admit(state: &ApiState, route: &router::Route, parts: &Parts) -> Result<String, HubError> {
    let gate = Gate {
        policies: &state.policies,
        hosts: &state.hosts,
        allowance: state.token_allowance,
        now: state.engine.now(),
    };
    let path = percent_decode_str(parts.uri.path()).decode_utf8_lossy();
    Ok(gate.admit(&parts.headers, &path, route.rights)?.name.clone())
}

/// A failure of what is no operation, in the hub's shape.
pub(crate) fn refused(state: &ApiState, code: Code, text: &str) -> Response {
    respond(Err(HubError::new(code, text)), Form::Gateway, &Tracking::new(state.engine.now()))
}

fn respond(result: Result<Answer, HubError>, form: Form, tracking: &Tracking) -> Response {
    let (status, text, headers, code) = match result {
        Ok(answer) => (answer.status, answer.body, answer.headers, None),
        Err(error) => (error.code.status(), error.body(form, tracking), error.headers, Some(error.code)),
    };
    let has_body = status != StatusCode::NO_CONTENT;
    let mut response = Response::new(if has_body { Body::from(text) } else { Body::empty() });
    *response.status_mut() = status;
    let out = response.headers_mut();
    if has_body {
        out.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    }
    if let Ok(id) = HeaderValue::try_from(tracking.request_id()) {
        out.insert(REQUEST_ID, id);
    }
    if let Some(code) = code {
        out.insert(ERROR_CODE, HeaderValue::from_static(code.symbol()));
    }
    out.extend(headers.into_iter().map(|(name, value)| (Some(name), value)));
    response
}
