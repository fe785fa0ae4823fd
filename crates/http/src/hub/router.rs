//! Every route of the hub face with the rights it needs (iot-hub §7.2): one table.
//!
//! The table is read from top to bottom: a fixed word goes before the parameter that would take it too. It is
//! our own rather than axum's because the hub's paths overlap by method (`POST /devices/query` asks, but
//! `GET /devices/query` reads a device of that name), and because every miss has the hub's shape.

use axum::http::{HeaderValue, Method, header};
use bellwether_model::policy::Right;
use futures::future::BoxFuture;

use super::call::{Answer, Call};
use super::error::{Code, Form, HubError};
use super::{bulk, devices, jobs, methods, query, statistics, twins, unserved};
use crate::path::params;

const READ: &[Right] = &[Right::RegistryRead];
const WRITE: &[Right] = &[Right::RegistryWrite];
const SERVICE: &[Right] = &[Right::ServiceConnect];
const READ_JOBS: &[Right] = &[Right::ServiceConnect, Right::RegistryRead];
const WRITE_JOBS: &[Right] = &[Right::ServiceConnect, Right::RegistryWrite];

/// Does what a route is for.
type Operation = fn(Call) -> BoxFuture<'static, Result<Answer, HubError>>;

/// One operation of the API.
pub(crate) struct Route {
    /// The verb.
    pub method: Method,
    /// The path; a segment in braces takes any text.
    pub path: &'static str,
    /// A policy needs one of these.
    pub rights: &'static [Right],
    /// How its failures look.
    pub form: Form,
    /// What it does.
    pub run: Operation,
}

/// The routes.
pub(crate) static ROUTES: &[Route] = &[
    route(Method::GET, "/devices", READ, |call| Box::pin(devices::list(call))),
    route(Method::POST, "/devices", WRITE, |call| Box::pin(bulk::change(call))),
    route(Method::POST, "/devices/query", SERVICE, |call| Box::pin(query::run(call))),
    route(Method::GET, "/devices/{id}", READ, |call| Box::pin(devices::get(call))),
    route(Method::PUT, "/devices/{id}", WRITE, |call| Box::pin(devices::put(call))),
    route(Method::DELETE, "/devices/{id}", WRITE, |call| Box::pin(devices::delete(call))),
    route(Method::GET, "/statistics/devices", READ, |call| Box::pin(statistics::devices(call))),
    route(Method::GET, "/statistics/service", READ, |call| Box::pin(statistics::service(call))),
    route(Method::GET, "/twins/{id}", SERVICE, |call| Box::pin(twins::get(call))),
    route(Method::PATCH, "/twins/{id}", SERVICE, |call| Box::pin(twins::patch(call))),
    route(Method::PUT, "/twins/{id}", SERVICE, |call| Box::pin(twins::replace(call))),
    nested(Method::POST, "/twins/{id}/methods", SERVICE, |call| Box::pin(methods::invoke(call))),
    route(Method::GET, "/jobs/v2/query", READ_JOBS, |call| Box::pin(jobs::list(call))),
    route(Method::GET, "/jobs/v2/{jobId}", READ_JOBS, |call| Box::pin(jobs::get(call))),
    route(Method::PUT, "/jobs/v2/{jobId}", WRITE_JOBS, |call| Box::pin(jobs::create(call))),
    route(Method::POST, "/jobs/v2/{jobId}/cancel", WRITE_JOBS, |call| Box::pin(jobs::cancel(call))),
    // The article's own spelling (iot-hub §1.1).
    route(Method::PUT, "/jobs/v2/{deviceId}/methods/{jobId}", WRITE_JOBS, |call| {
        Box::pin(jobs::create_on_device(call))
    }),
    // Import and export jobs: there are none (iot-hub §1.1).
    route(Method::GET, "/jobs", READ_JOBS, |call| Box::pin(unserved::no_jobs(call))),
    route(Method::GET, "/jobs/{id}", READ_JOBS, |call| Box::pin(unserved::no_job(call))),
    route(Method::DELETE, "/jobs/{id}", WRITE_JOBS, |call| Box::pin(unserved::no_job(call))),
    // Known, and not served.
    route(Method::POST, "/jobs/create", WRITE_JOBS, not_served),
    route(Method::GET, "/devices/{id}/modules", READ, not_served),
    route(Method::GET, "/devices/{id}/modules/{moduleId}", READ, not_served),
    route(Method::PUT, "/devices/{id}/modules/{moduleId}", WRITE, not_served),
    route(Method::DELETE, "/devices/{id}/modules/{moduleId}", WRITE, not_served),
    route(Method::GET, "/twins/{id}/modules/{moduleId}", SERVICE, not_served),
    route(Method::PATCH, "/twins/{id}/modules/{moduleId}", SERVICE, not_served),
    route(Method::PUT, "/twins/{id}/modules/{moduleId}", SERVICE, not_served),
    nested(Method::POST, "/twins/{id}/modules/{moduleId}/methods", SERVICE, not_served),
    route(Method::GET, "/configurations", READ, not_served),
    route(Method::POST, "/configurations/testQueries", READ, not_served),
    route(Method::GET, "/configurations/{id}", READ, not_served),
    route(Method::PUT, "/configurations/{id}", WRITE, not_served),
    route(Method::DELETE, "/configurations/{id}", WRITE, not_served),
    route(Method::POST, "/devices/{id}/applyConfigurationContent", WRITE, not_served),
    route(Method::DELETE, "/devices/{id}/commands", SERVICE, not_served),
    route(Method::GET, "/digitaltwins/{id}", SERVICE, not_served),
    route(Method::PATCH, "/digitaltwins/{id}", SERVICE, not_served),
    route(Method::POST, "/digitaltwins/{id}/commands/{command}", SERVICE, not_served),
    route(Method::POST, "/digitaltwins/{id}/components/{component}/commands/{command}", SERVICE, not_served),
    route(Method::GET, "/messages/serviceBound/feedback", SERVICE, not_served),
    route(Method::DELETE, "/messages/serviceBound/feedback/{token}", SERVICE, not_served),
    route(Method::POST, "/messages/serviceBound/feedback/{token}/abandon", SERVICE, not_served),
];

const fn route(method: Method, path: &'static str, rights: &'static [Right], run: Operation) -> Route {
    Route { method, path, rights, form: Form::Gateway, run }
}

/// A route whose failures are nested: direct methods (iot-hub §6.1).
const fn nested(method: Method, path: &'static str, rights: &'static [Right], run: Operation) -> Route {
    Route { method, path, rights, form: Form::Nested, run }
}

fn not_served(call: Call) -> BoxFuture<'static, Result<Answer, HubError>> {
    Box::pin(unserved::not_served(call))
}

/// A route, and what stands in the path for its parameters.
pub(crate) struct Found {
    /// The route.
    pub route: &'static Route,
    /// In the path's order, decoded.
    pub params: Vec<String>,
}

/// The route of a request. One slash at the end does not matter (iot-hub §0).
///
/// # Errors
/// 404 when no route has this path, 405 when one has, but not with this verb.
pub(crate) fn find(method: &Method, path: &str) -> Result<Found, HubError> {
    let mut allowed: Vec<&str> = Vec::new();
    for route in ROUTES {
        let Some(params) = params(route.path, path) else { continue };
        if route.method == *method {
            return Ok(Found { route, params });
        }
        if !allowed.contains(&route.method.as_str()) {
            allowed.push(route.method.as_str());
        }
    }
    if allowed.is_empty() {
        return Err(HubError::new(Code::GenericNotFound, "there is nothing at this path"));
    }
    let allowed = allowed.join(", ");
    let mut error = HubError::new(Code::GenericMethodNotAllowed, format!("this path takes only {allowed}"));
    error.headers.extend(HeaderValue::from_str(&allowed).ok().map(|value| (header::ALLOW, value)));
    Err(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(method: Method, path: &str) -> String {
        match find(&method, path) {
            Ok(Found { route, params }) => format!("{} {}", route.path, params.join(" ")).trim_end().to_owned(),
            Err(error) => error.code.symbol().to_owned(),
        }
    }

    #[test]
    fn paths() {
        for (method, path, expected) in [
            (Method::GET, "/devices", "/devices"),
            (Method::GET, "/devices/", "/devices"),
            (Method::GET, "/devices//", "GenericNotFound"),
            (Method::GET, "//devices", "GenericNotFound"),
            (Method::GET, "/Devices", "GenericNotFound"),
            (Method::GET, "/", "GenericNotFound"),
            (Method::OPTIONS, "*", "GenericNotFound"),
            (Method::POST, "/devices/query", "/devices/query"),
            (Method::GET, "/devices/query", "/devices/{id} query"),
            (Method::PUT, "/devices/query/", "/devices/{id} query"),
            (Method::GET, "/devices/a%23b%2fc", "/devices/{id} a#b/c"),
            (Method::GET, "/devices/a%zz;b+c", "/devices/{id} a%zz;b+c"),
            (Method::GET, "/devices/a/b", "GenericNotFound"),
            (Method::HEAD, "/devices/a", "GenericMethodNotAllowed"),
            (Method::POST, "/twins/a/methods/", "/twins/{id}/methods a"),
            (Method::GET, "/jobs/v2/query", "/jobs/v2/query"),
            (Method::PUT, "/jobs/v2/query", "/jobs/v2/{jobId} query"),
            (Method::GET, "/jobs/v2/a", "/jobs/v2/{jobId} a"),
            (Method::PUT, "/jobs/v2/dev%201/methods/j-1", "/jobs/v2/{deviceId}/methods/{jobId} dev 1 j-1"),
            (Method::POST, "/jobs/v2/a/cancel", "/jobs/v2/{jobId}/cancel a"),
            (Method::DELETE, "/jobs/v2/a", "GenericMethodNotAllowed"),
            (Method::GET, "/jobs/", "/jobs"),
            (Method::POST, "/jobs/create", "/jobs/create"),
        ] {
            assert_eq!(shown(method.clone(), path), expected, "{method} {path}");
        }
    }

    #[test]
    fn a_wrong_verb_learns_the_right_ones() {
        let Err(error) = find(&Method::POST, "/twins/a") else { panic!("found") };
        assert_eq!(error.headers, [(header::ALLOW, HeaderValue::from_static("GET, PATCH, PUT"))]);
    }

    #[test]
    fn no_route_hides_behind_another() {
        for route in ROUTES {
            let found = find(&route.method, route.path).map(|found| found.route.path);
            assert_eq!(found.ok(), Some(route.path), "{} {}", route.method, route.path);
        }
    }

    /// Every operation that Microsoft's description of 2021-04-12 names (tests/data/operations.txt is its list)
    /// is answered by a route, so that none ends in a plain 404.
    #[test]
    fn every_published_operation_is_known() {
        for line in include_str!("../../tests/data/operations.txt").lines() {
            let (method, path) = line.split_once(' ').unwrap();
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            assert!(find(&method, path).is_ok(), "{line}");
        }
    }
}
