//! A small client of the service API, for the simulator and the demo: they use the hub as anyone would.

use std::sync::Arc;

use hyper::header::{AUTHORIZATION, IF_MATCH};
use hyper::{Method, StatusCode};
use rustls::ClientConfig;
use serde_json::{Value, json};

use bellwether_engine::Clock as _;
use bellwether_model::sas;

use crate::clock::SystemClock;
use crate::connection_string::ConnectionString;
pub use crate::rest::ClientError;
use crate::rest::{Answer, Rest, encoded};

const API_VERSION: &str = "api-version=2021-04-12";
const TOKEN_SECONDS: i64 = 3600;
const CONTINUATION: &str = "x-ms-continuation";

/// Speaks to one hub with the key of one policy.
#[derive(Clone)]
pub struct HubClient {
    rest: Rest,
    hub: Arc<ConnectionString>,
}

/// A job to be made.
pub struct NewJob<'a> {
    /// Its id.
    pub id: &'a str,
    /// `updateTwin` or `cloudToDeviceMethod`, with its value, and the type that goes with it.
    pub action: (&'a str, &'a str, Value),
    /// Which devices.
    pub condition: &'a str,
    /// Its lifetime.
    pub seconds: u32,
}

impl HubClient {
    /// A client of the hub that the connection string names.
    pub fn new(hub: ConnectionString, tls: &ClientConfig) -> Self {
        HubClient { rest: Rest::new(tls), hub: Arc::new(hub) }
    }

    /// The host of the hub as the connection string has it.
    pub fn host(&self) -> &str {
        &self.hub.host
    }

    /// Creates a device, or finds the one of that name, and returns its primary key in base64.
    pub async fn device_key(&self, id: &str) -> Result<String, ClientError> {
        let path = format!("/devices/{}", encoded(id));
        let body = json!({"deviceId": id, "status": "enabled"});
        let answer = match self.call(Method::PUT, &path, &[], Some(body)).await {
            Err(ClientError::Refused { status: StatusCode::CONFLICT, .. }) => {
                self.call(Method::GET, &path, &[], None).await?
            }
            other => other?,
        };
        let key = answer.body.pointer("/authentication/symmetricKey/primaryKey").and_then(Value::as_str);
        key.map(str::to_owned).ok_or_else(|| ClientError::Unexpected(format!("device {id} has no symmetric key")))
    }

    /// Merges a patch into a twin, whatever its etag.
    pub async fn patch_twin(&self, id: &str, patch: Value) -> Result<(), ClientError> {
        let path = format!("/twins/{}", encoded(id));
        self.call(Method::PATCH, &path, &[(IF_MATCH.as_str(), "\"*\"")], Some(patch)).await?;
        Ok(())
    }

    /// Makes a job; what comes back is the job as the hub took it.
    pub async fn create_job(&self, job: NewJob<'_>) -> Result<Value, ClientError> {
        let (kind, member, value) = job.action;
        let body = json!({
            "jobId": job.id, "type": kind, member: value,
            "queryCondition": job.condition, "maxExecutionTimeInSeconds": job.seconds,
        });
        Ok(self.call(Method::PUT, &format!("/jobs/v2/{}", encoded(job.id)), &[], Some(body)).await?.body)
    }

    /// A job as it stands.
    pub async fn job(&self, id: &str) -> Result<Value, ClientError> {
        Ok(self.call(Method::GET, &format!("/jobs/v2/{}", encoded(id)), &[], None).await?.body)
    }

    /// All rows of a query, page after page.
    pub async fn query(&self, text: &str) -> Result<Vec<Value>, ClientError> {
        let mut rows = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let mut headers = vec![("x-ms-max-item-count", "100")];
            headers.extend(token.as_deref().map(|token| (CONTINUATION, token)));
            let answer = self.call(Method::POST, "/devices/query", &headers, Some(json!({"query": text}))).await?;
            let Value::Array(page) = answer.body else {
                return Err(ClientError::Unexpected("a query must be answered by an array".to_owned()));
            };
            rows.extend(page);
            match answer.headers.get(CONTINUATION) {
                None => return Ok(rows),
                Some(next) => {
                    let next = next.to_str().map_err(|error| ClientError::Unexpected(error.to_string()))?;
                    token = Some(next.to_owned());
                }
            }
        }
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<Answer, ClientError> {
        let uri = format!("https://{}{path}?{API_VERSION}", self.hub.host);
        let expiry = SystemClock.now().plus_seconds(TOKEN_SECONDS);
        let token = sas::make(&self.hub.host, &self.hub.key, expiry, Some(&self.hub.policy));
        let all: Vec<(&str, &str)> =
            [(AUTHORIZATION.as_str(), token.as_str())].iter().chain(headers).copied().collect();
        self.rest.call(method, uri, path, &all, body).await
    }
}
