//! The central face through the router, as a client sees it.

mod api_tokens;
mod clients;
mod commands;
mod device_groups;
mod device_templates;
mod devices;
mod enrollment;
mod jobs;
mod limits;
mod organizations;
mod own_audit;
mod own_devices;
mod own_drafts;
mod own_events;
mod own_hold;
mod own_jobs;
mod own_preview;
mod own_reasons;
mod own_reruns;
mod own_results;
mod own_sessions;
mod own_transfer;
mod properties;
mod queries;
mod relationships;
mod replay;
mod requests;
mod rights;
mod routes;
mod scheduled_jobs;
pub(crate) mod schema;
mod telemetry;
mod unserved;
mod users;
mod world;

use axum::body::Body;
use axum::http::Request;
use bellwether_engine::{Limits, NewApiToken, Settings};
use bellwether_model::access::{Assignment, Caller, Role};
use bellwether_model::template::DeviceTemplate;
use bellwether_store::StoreError;

use super::{HOST, Hub, Reply};

/// The newest version.
const NEWEST: &str = "2022-10-31-preview";
/// Our own version.
const OWN: &str = "bellwether-1";

/// A hub, and a token of its administrator.
struct Central {
    hub: Hub,
    token: String,
}

impl Central {
    async fn start() -> Central {
        Central::of(Hub::start().await).await
    }

    /// With these limits and everything else as usual.
    async fn limited(limits: Limits) -> Central {
        Central::of(Hub::with_settings(Settings { limits, ..Settings::default() }).await).await
    }

    async fn of(hub: Hub) -> Central {
        let token = make_token(&hub, "administrator", &[(Role::Administrator, None)]).await;
        Central { hub, token }
    }

    /// Sends a request of the administrator in the newest version: `call` is `VERB path`, the path without `/api`.
    async fn ask(&self, call: &str, body: &str) -> Reply {
        self.ask_in(NEWEST, call, body).await
    }

    /// Sends a request of the administrator in our own version.
    async fn ask_own(&self, call: &str, body: &str) -> Reply {
        self.ask_in(OWN, call, body).await
    }

    /// Asks for a job until it has `status`.
    async fn until(&self, job: &str, status: &str) -> serde_json::Value {
        for _ in 0..500 {
            let reply = self.ask(&format!("GET /jobs/{job}"), "").await;
            let job = reply.json();
            if job["status"] == status {
                return job;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("job {job} never became {status}");
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

/// A call, its body, and what [`outcome`] is to come of it, with a part of the answer's text.
type Case<'a> = (&'a str, &'a str, &'a str, &'a str);

impl Central {
    /// Sends the cases one after the other with this token.
    async fn check(&self, token: &str, cases: &[Case<'_>]) {
        for (call, body, expected, part) in cases {
            let reply = self.ask_as(Some(token), NEWEST, call, &[], body).await;
            assert_eq!(outcome(&reply), *expected, "{call} {body}: {}", reply.text);
            assert!(reply.text.contains(part), "{call} {body}: {}", reply.text);
        }
    }

    /// The ids of a list.
    async fn ids(&self, token: &str, path: &str) -> Vec<String> {
        self.ids_in(token, NEWEST, path).await
    }

    /// As [`Central::ids`], in this version.
    async fn ids_in(&self, token: &str, version: &str, path: &str) -> Vec<String> {
        let reply = self.ask_as(Some(token), version, &format!("GET {path}"), &[], "").await;
        assert_eq!(outcome(&reply), "200", "{path}: {}", reply.text);
        let list = reply.json();
        list["value"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    }
}

/// A template with a bit of everything that concerns devices and their commands.
const TEMPLATE: &str = r#"{
    "@type": ["ModelDefinition", "DeviceModel"],
    "displayName": "Cooler",
    "capabilityModel": {
        "@id": "dtmi:acme:cooler:model;1", "@type": "Interface",
        "contents": [
            {"@type": ["Property", "Initialized"], "name": "target", "schema": "double", "writable": true,
             "initialValue": 4.5},
            {"@type": ["Property", "Cloud", "Initialized"], "name": "owner", "schema": "string",
             "initialValue": "nobody"},
            {"@type": "Telemetry", "name": "temperature", "schema": "double"},
            {"@type": "Command", "name": "restart", "request": {"name": "delay", "schema": "integer"}},
            {"@type": "Command", "name": "ping"},
            {"@type": "Command", "name": "later", "durable": true},
            {"@type": "Component", "name": "fan", "schema": {
                "@id": "dtmi:acme:fan;1", "@type": "Interface",
                "contents": [
                    {"@type": ["Property", "Initialized"], "name": "speed", "schema": "integer", "writable": true,
                     "initialValue": 7},
                    {"@type": "Command", "name": "stop"}
                ]
            }}
        ]
    }
}"#;

impl Central {
    /// Makes [`TEMPLATE`] under this id.
    async fn template(&self, id: &str) {
        let (template, _) = DeviceTemplate::new(id, serde_json::from_str(TEMPLATE).unwrap()).unwrap();
        let store = self.hub.state.engine.store();
        store.change_records::<_, StoreError, _>(move |records| records.put(template)).await.unwrap();
    }
}

/// The text of a new token with these roles, each in an organization or the root.
async fn make_token(hub: &Hub, id: &str, roles: &[(Role, Option<&str>)]) -> String {
    let assignment = |(role, organization): &(Role, Option<&str>)| Assignment {
        role: *role,
        organization: organization.map(str::to_owned),
    };
    let roles = roles.iter().map(assignment).collect();
    let new = NewApiToken { id: id.parse().unwrap(), roles, expiry: None };
    hub.state.engine.create_api_token(Caller::operator(), new).await.unwrap().1
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
