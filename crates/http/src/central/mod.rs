//! The central face: IoT Central's REST API (iot-central).
//!
//! A request is looked up in one table ([`router`]) under the version that it names, let in by its token, and its
//! role decides what it may do and on whose things. Its body is brought up to the newest version, given to its
//! operation, and what comes back is brought down again ([`version`]); whatever fails on that way leaves in IoT
//! Central's own shape ([`error`]).

mod admission;
mod api_tokens;
mod attestation;
mod call;
mod commands;
mod cors;
pub(crate) mod description;
mod device_groups;
mod device_templates;
mod device_wire;
mod devices;
mod enrollment_groups;
mod error;
mod job_wire;
mod jobs;
mod listing;
mod member_error;
mod organizations;
pub(crate) mod own;
mod paging;
mod properties;
mod query;
mod relationships;
mod roles;
pub(crate) mod router;
pub(crate) mod routes;
mod schedule_wire;
mod scheduled_jobs;
mod sessions;
mod telemetry;
mod unserved;
mod users;
pub(crate) mod version;

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::response::Response;
use bellwether_engine::{Admitted, Rates, TooOften};
use bellwether_model::access::{Permission, Scope};
use bellwether_model::json::ObjectWriter;

use crate::audit::{self, Actor, address};
use crate::body::{discard, read_body};
use crate::query_string::QueryString;
use crate::tracking::Tracking;
use crate::{ApiState, Limits};
use call::{Answer, Call, Content};
pub(crate) use cors::cross_origin;
pub use cors::{CorsOrigins, Origin};
use error::{CentralError, Code};
use own::device_import::FILE_BYTES_MAX;
use router::Found;
use version::{Resource, Version, downgrade, upgrade};

const JSON: &str = "application/json; charset=utf-8";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");
const ERROR_CODE: HeaderName = HeaderName::from_static("x-ms-error-code");
/// Answers one request.
pub(crate) async fn answer(State(state): State<Arc<ApiState>>, request: Request) -> Response {
    let began = Instant::now();
    let tracking = Tracking::new(state.engine.now());
    let (parts, body) = request.into_parts();
    let method = parts.method.clone();
    let query = QueryString::parse(parts.uri.query().unwrap_or_default());
    let path = parts.uri.path().strip_prefix("/api").unwrap_or_default();
    let found = Version::of(&query).and_then(|version| match sessions::find(&method, path) {
        Some(found) if version == Version::Own => found.map(Wanted::Session),
        Some(_) | None => Ok(Wanted::Routed(version, router::find(&method, path, version)?)),
    });
    let (route, result) = match found {
        Ok(Wanted::Session((route, operation))) => (route, sessions::run(state, operation, &parts, body).await),
        Ok(Wanted::Routed(version, found)) => {
            let (route, resource) = (found.route.path, found.route.resource);
            let links = Links { host: host(&parts).to_owned(), path: parts.uri.path().to_owned() };
            let result = run(state, version, found, &parts, QueryString::clone(&query), body).await;
            (route, result.and_then(|answer| links.answer(answer, version, resource, &query)))
        }
        Err(error) => {
            discard(body).await;
            ("", Err(error))
        }
    };
    let failed = result.as_ref().err().map(|error| (error.code.symbol(), error.cause.clone()));
    let response = respond(result, &tracking);
    tracking.log(&method, route, response.status(), failed, began);
    response
}

/// What a request is for.
enum Wanted {
    /// The caller's own session: route and operation.
    Session((&'static str, sessions::Operation)),
    /// A route of the table, in the caller's version.
    Routed(Version, Found),
}

/// The host that the client reached us under, with the port.
fn host(parts: &Parts) -> &str {
    let header = parts.headers.get(header::HOST).and_then(|value| value.to_str().ok());
    // HTTP/2 has it in the target.
    parts.uri.authority().map(|authority| authority.as_str()).or(header).unwrap_or("localhost")
}

/// The way of a request whose route is known. The caller's right is checked before its body is read.
async fn run(
    state: Arc<ApiState>,
    version: Version,
    found: Found,
    parts: &Parts,
    query: QueryString,
    body: Body,
) -> Result<Answer, CentralError> {
    let Found { route, params } = found;
    let admitted = match admission::admit(&state, &parts.method, &parts.headers).await {
        Ok(admitted) => may(&state, admitted, route.permission),
        Err(error) => Err(error),
    };
    let (caller, scope, organizations, actor) = match admitted {
        Ok((Admitted { caller, organizations, session }, scope)) => {
            let email = session.map(|session| session.email);
            let actor = Actor { name: caller.name.clone(), email, address: address(parts) };
            (caller, scope, organizations, actor)
        }
        Err(error) => {
            discard(body).await;
            return Err(error);
        }
    };
    let limits = match route.resource {
        Resource::DeviceFile => Limits { body_bytes: state.limits.body_bytes.max(FILE_BYTES_MAX), ..state.limits },
        _ => state.limits,
    };
    let body = read_body(body, &parts.headers, &limits).await?;
    let body = upgrade(version, route.resource, parts.method == Method::PATCH, body)?;
    let (headers, path) = (parts.headers.clone(), parts.uri.path().to_owned());
    let change = audit::of_central(&parts.method, route.path, &params);
    let engine = Arc::clone(&state.engine);
    let call = Call { state, caller, scope, organizations, version, params, query, headers, body, path };
    // In a task of its own: what was begun is done to its end, also when the caller goes away in the middle,
    // and a panic is an answer.
    let work = async move {
        audit::noted(&engine, actor, change, (route.run)(call), |error: &CentralError| error.code.status()).await
    };
    match tokio::spawn(work).await {
        Ok(result) => result,
        Err(error) => Err(CentralError::internal(&error)),
    }
}

/// On whose things the caller may do what needs `permission`.
fn may(state: &ApiState, admitted: Admitted, permission: Permission) -> Result<(Admitted, Scope), CentralError> {
    let forbidden = |text: &str| Err(CentralError::new(Code::Forbidden, text));
    if admitted.session.as_ref().is_some_and(|session| session.must_change_password) {
        return forbidden("the password was made by somebody else: change it first (PUT /api/session/password)");
    }
    match admitted.caller.scope(permission, &admitted.organizations) {
        Some(scope) => {
            take(state.engine.rates(), permission)?;
            Ok((admitted, scope))
        }
        None => forbidden("no role of the caller allows this"),
    }
}

/// Counts a request for something that needs `permission`. Only requests that were let in count: who has no token takes
/// nothing from those who have.
fn take(rates: &Rates, permission: Permission) -> Result<(), TooOften> {
    if permission == Permission::QueryData {
        rates.queries.take()?;
    }
    rates.requests.take()
}

/// What links to further pages are made of.
struct Links {
    host: String,
    path: String,
}

impl Links {
    /// The answer in the caller's version, as it goes out.
    ///
    /// # Errors
    /// The answer is not what it should be: a failure of ours.
    fn answer(
        &self,
        answer: Answer,
        version: Version,
        resource: Resource,
        query: &QueryString,
    ) -> Result<Answer, CentralError> {
        let content = match answer.content {
            content @ (Content::Empty | Content::Stream(_)) => content,
            Content::One(document) => Content::One(downgrade(version, resource, document)?),
            Content::Page { items, next } => {
                let items = items.into_iter().map(|item| downgrade(version, resource, item));
                let items: Vec<String> = items.collect::<Result<_, _>>()?;
                let mut out = String::with_capacity(items.iter().map(|item| item.len() + 1).sum::<usize>() + 128);
                let mut page = ObjectWriter::open(&mut out);
                page.raw("value", &format!("[{}]", items.join(",")));
                if let Some(token) = next {
                    page.string("nextLink", &paging::next_link(&self.host, &self.path, query, &token));
                }
                page.close();
                Content::One(out)
            }
        };
        Ok(Answer { content, ..answer })
    }
}

fn respond(result: Result<Answer, CentralError>, tracking: &Tracking) -> Response {
    let id = tracking.request_id();
    let (status, body, is_json, headers, code) = match result {
        Ok(answer) => {
            let (body, is_json) = match answer.content {
                Content::Empty => (Body::empty(), false),
                Content::One(text) => (Body::from(text), true),
                // Lists were written out with their links.
                Content::Page { items, .. } => (Body::from(format!("[{}]", items.join(","))), true),
                Content::Stream(body) => (body, false),
            };
            (answer.status, body, is_json, answer.headers, None)
        }
        Err(error) => {
            let body = Body::from(error.body(&id, tracking.time));
            (error.code.status(), body, true, error.headers, Some(error.code))
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let out = response.headers_mut();
    if is_json {
        out.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    }
    if let Ok(id) = HeaderValue::try_from(id) {
        out.insert(REQUEST_ID, id);
    }
    if let Some(code) = code {
        out.insert(ERROR_CODE, HeaderValue::from_static(code.symbol()));
    }
    out.extend(headers.into_iter().map(|(name, value)| (Some(name), value)));
    response
}
