//! From a request to its route. The routes stand in [`super::routes`].

use axum::http::{HeaderValue, Method, header};
use bellwether_model::access::Permission;
use futures::future::BoxFuture;

use super::call::{Answer, Call};
use super::error::{CentralError, Code};
use super::routes::ROUTES;
use super::version::{Resource, Version, Versions};
use crate::path::params;

/// Does what a route is for.
pub(super) type Operation = fn(Call) -> BoxFuture<'static, Result<Answer, CentralError>>;

/// One operation of the API.
pub(crate) struct Route {
    /// The verb.
    pub method: Method,
    /// The path below `/api`; a segment in braces takes any text.
    pub path: &'static str,
    /// Where it exists.
    pub versions: Versions,
    /// What a role of the caller must allow; the operation learns where it does ([`Call::scope`]).
    pub permission: Permission,
    /// What its bodies are about.
    pub resource: Resource,
    /// What it does.
    pub run: Operation,
}

/// A route, and what stands in the path for its parameters.
pub(crate) struct Found {
    /// The route.
    pub route: &'static Route,
    /// In the path's order, decoded.
    pub params: Vec<String>,
}

/// The route of a request; `path` begins after `/api`. One slash at the end does not matter.
///
/// # Errors
/// 404 when no route has this path in this version, 405 when one has, but not with this verb.
pub(crate) fn find(method: &Method, path: &str, version: Version) -> Result<Found, CentralError> {
    let mut allowed: Vec<&str> = Vec::new();
    let mut elsewhere = false;
    for route in ROUTES {
        let Some(params) = params(route.path, path) else { continue };
        if !route.versions.contains(version) {
            elsewhere = true;
        } else if route.method == *method {
            return Ok(Found { route, params });
        } else if !allowed.contains(&route.method.as_str()) {
            allowed.push(route.method.as_str());
        }
    }
    if allowed.is_empty() {
        let text = match elsewhere {
            true => format!("api-version {} has nothing at this path; another has", version.as_str()),
            false => "there is nothing at this path".to_owned(),
        };
        return Err(CentralError::new(Code::NotFound, text));
    }
    Err(other_verb(&allowed))
}

/// 405 for a path that takes these verbs.
pub(super) fn other_verb(allowed: &[&str]) -> CentralError {
    let allowed = allowed.join(", ");
    let mut error = CentralError::new(Code::MethodNotAllowed, format!("this path takes only {allowed}"));
    error.headers.extend(HeaderValue::from_str(&allowed).ok().map(|value| (header::ALLOW, value)));
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_route_hides_behind_another() {
        for route in ROUTES {
            for version in Version::ALL.into_iter().filter(|version| route.versions.contains(*version)) {
                let found = find(&route.method, route.path, version).map(|found| found.route.path);
                assert_eq!(found.ok(), Some(route.path), "{} {}", route.method, route.path);
            }
        }
    }

    #[test]
    fn a_path_of_another_version_says_so() {
        let error = find(&Method::GET, "/organizations", Version::Preview).err().unwrap();
        assert_eq!(error.code, Code::NotFound);
        assert!(error.message.contains("another has"), "{}", error.message);
        let error = find(&Method::GET, "/nothing", Version::Preview).err().unwrap();
        assert_eq!(error.message, "there is nothing at this path");
    }
}
