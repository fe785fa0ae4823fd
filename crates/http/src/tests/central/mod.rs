//! The central face through the router, as a client sees it.

mod device_groups;
mod requests;
pub(crate) mod schema;

use axum::body::Body;
use axum::http::Request;
use bellwether_model::access::{Assignment, Role};

use super::{HOST, Hub, Reply};

/// The newest version.
const NEWEST: &str = "2022-10-31-preview";

/// A hub, and a token of its administrator.
struct Central {
    hub: Hub,
    token: String,
}

impl Central {
    async fn start() -> Central {
        let hub = Hub::start().await;
        let token = make_token(&hub, "administrator", &[(Role::Administrator, None)]).await;
        Central { hub, token }
    }

    #[allow(dead_code)]
    /// Sends a request of the administrator in the newest version: `call` is `VERB path`, the path without `/api`.
    async fn ask(&self, call: &str, body: &str) -> Reply {
        self.ask_in(NEWEST, call, body).await
    }

    /// As [`Central::ask`], in this version.
    async fn ask_in(&self, version: &str, call: &str, body: &str) -> Reply {
        self.ask_as(Some(&self.token), version, call, &[], body).await
    }

    /// As [`Central::ask_in`], with this `Authorization` and further headers.
    async fn ask_as(
        &self,
        token: Option<&str>,
        version: &str,
        call: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        let (method, target) = call.split_once(' ').unwrap();
        let mark = if target.contains('?') { '&' } else { '?' };
        let uri = format!("/api{target}{mark}api-version={version}");
        let mut request = Request::builder().method(method).uri(uri).header("Host", HOST);
        if let Some(token) = token {
            request = request.header("Authorization", token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.hub.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }
}

/// The text of a new token with these roles, each in an organization or the root.
async fn make_token(hub: &Hub, id: &str, roles: &[(Role, Option<&str>)]) -> String {
    let assignment = |(role, organization): &(Role, Option<&str>)| Assignment {
        role: *role,
        organization: organization.map(str::to_owned),
    };
    let roles = roles.iter().map(assignment).collect();
    hub.state.engine.create_api_token(id.to_owned(), roles, None).await.unwrap().1
}

/// `200`, or status and code of a failure whose shape was checked: `404 NotFound`.
fn outcome(reply: &Reply) -> String {
    let status = reply.status.as_u16();
    assert!(reply.header("x-ms-request-id").is_some_and(|id| id.len() == 36), "{:?}", reply.headers);
    if reply.status.is_success() {
        assert_eq!(reply.header("x-ms-error-code"), None);
        return status.to_string();
    }
    let error = &reply.json()["error"];
    let code = error["code"].as_str().unwrap();
    assert_eq!(reply.header("x-ms-error-code"), Some(code));
    assert_eq!(error["requestId"].as_str(), reply.header("x-ms-request-id"));
    assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()));
    assert!(error["time"].as_str().is_some_and(|text| text.ends_with(" GMT")), "{error}");
    format!("{status} {code}")
}
