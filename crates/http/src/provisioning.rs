//! Provisioning over HTTPS (device-protocol §9.2): devices ask for their hub. What is answered is the same as over
//! MQTT.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use bellwether_engine::Registrant;
use bellwether_model::provisioning::{Failure, Reply};

use crate::body::{BodyError, discard, read_body};
use crate::path::params;
use crate::tracking::Tracking;
use crate::{ApiState, Limits};

const JSON: &str = "application/json; charset=utf-8";
/// What every ID scope begins with.
const SCOPE_PREFIX: &str = "0ne";
/// The engine takes no longer body of a registration.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// What a device asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Register,
    Result,
    State,
}

const ROUTES: [(Method, &str, Operation); 3] = [
    (Method::PUT, "/{idScope}/registrations/{registrationId}/register", Operation::Register),
    (Method::GET, "/{idScope}/registrations/{registrationId}/operations/{operationId}", Operation::Result),
    (Method::POST, "/{idScope}/registrations/{registrationId}", Operation::State),
];

/// Is this path one of provisioning? ID scopes have a form that no other first segment has.
pub(crate) fn is_at(path: &str) -> bool {
    let mut segments = path.split('/').skip(1);
    let scope = segments.next().is_some_and(|segment| segment.starts_with(SCOPE_PREFIX));
    scope && segments.next() == Some("registrations")
}

/// Answers one request.
pub(crate) async fn answer(state: Arc<ApiState>, request: Request) -> Response {
    let tracking = Tracking::new(state.engine.now());
    let (parts, body) = request.into_parts();
    let result = match find(&parts.method, parts.uri.path()) {
        Ok((operation, params)) => {
            // In a task of its own: what was begun is done to its end, and a panic is an answer.
            let call = run(state, operation, params, parts.headers, body);
            tokio::spawn(call).await.unwrap_or_else(|error| {
                tracing::error!(%error, "a registration failed");
                Err(Failure::server())
            })
        }
        Err(failure) => {
            discard(body).await;
            Err(failure)
        }
    };
    let reply = result.unwrap_or_else(|failure| Reply::failed(&failure, &tracking.tracking_id(), tracking.time));
    respond(reply)
}

/// What is asked for, and what stands in the path for the parameters.
fn find(method: &Method, path: &str) -> Result<(Operation, Vec<String>), Failure> {
    let found = ROUTES.iter().find_map(|(verb, pattern, operation)| Some((verb, *operation, params(pattern, path)?)));
    let (verb, operation, params) = found.ok_or_else(|| Failure::not_found("there is nothing at this path"))?;
    if verb == method {
        Ok((operation, params))
    } else {
        Err(Failure::new(405_001, format!("this path takes only {verb}")))
    }
}

async fn run(
    state: Arc<ApiState>,
    operation: Operation,
    params: Vec<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Reply, Failure> {
    let param = |index: usize| params.get(index).map_or("", String::as_str);
    let limits = Limits { body_bytes: BODY_BYTES_MAX, ..state.limits };
    let body = read_body(body, &headers, &limits).await.map_err(unreadable)?;
    let token = token(&headers)?;
    let who = Registrant { scope: param(0), id: param(1), token, allowance: state.token_allowance };
    match operation {
        Operation::Register => state.engine.register(&who, body.as_bytes()).await,
        Operation::Result => state.engine.registration_result(&who, param(2)).await,
        Operation::State => state.engine.registration_state(&who).await,
    }
}

/// `None` without the header: the device may have meant a certificate, and is told about that.
fn token(headers: &HeaderMap) -> Result<Option<&str>, Failure> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    match (given.next(), given.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            value.to_str().map(Some).map_err(|_| Failure::bad_request("the Authorization header is not text"))
        }
        (Some(_), Some(_)) => Err(Failure::bad_request("there are several Authorization headers")),
    }
}

fn unreadable(error: BodyError) -> Failure {
    match error {
        BodyError::TooLarge(_) => Failure::new(413_001, error.to_string()),
        BodyError::BrokeOff | BodyError::TimedOut | BodyError::NotText => Failure::bad_request(error.to_string()),
    }
}

fn respond(reply: Reply) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    if let Some(seconds) = reply.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
