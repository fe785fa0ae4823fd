//! A small client of the service API, for the simulator and the demo: they use the hub as anyone would.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, IF_MATCH};
use hyper::{Method, Request, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::ClientConfig;
use serde_json::{Value, json};

use bellwether_engine::Clock as _;
use bellwether_model::sas;

use crate::clock::SystemClock;
use crate::connection_string::ConnectionString;
use crate::failure::chain;

const API_VERSION: &str = "api-version=2021-04-12";
const TOKEN_SECONDS: i64 = 3600;
const ANSWER_MAX_BYTES: usize = 64 * 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(60);
const CONTINUATION: &str = "x-ms-continuation";

/// Speaks to one hub with the key of one policy.
#[derive(Clone)]
pub struct HubClient {
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    hub: Arc<ConnectionString>,
}

/// What the hub answered.
pub struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
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
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls.clone()).https_only().enable_http1().build();
        HubClient { http: Client::builder(TokioExecutor::new()).build(connector), hub: Arc::new(hub) }
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
        let mut request = Request::builder().method(method.clone()).uri(uri).header(AUTHORIZATION, token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let content = match &body {
            Some(json) => {
                request = request.header(CONTENT_TYPE, "application/json; charset=utf-8");
                Bytes::from(json.to_string())
            }
            None => Bytes::new(),
        };
        let request = request.body(Full::new(content)).map_err(|error| ClientError::Unexpected(error.to_string()))?;
        let what = || format!("{method} {path}");
        let answer = tokio::time::timeout(TIMEOUT, self.exchange(request)).await;
        let answer = answer.map_err(|_| ClientError::Timeout(what()))?;
        let answer = answer.map_err(|error| ClientError::Link { what: what(), reason: chain(error.as_ref()) })?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        let message = answer.body.get("Message").and_then(Value::as_str).unwrap_or_default().to_owned();
        Err(ClientError::Refused { what: what(), status: answer.status, message })
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Answer, Fault> {
        let answer = self.http.request(request).await?;
        let (head, body) = answer.into_parts();
        let bytes = Limited::new(body, ANSWER_MAX_BYTES).collect().await?.to_bytes();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes)? };
        Ok(Answer { status: head.status, headers: head.headers, body })
    }
}

type Fault = Box<dyn std::error::Error + Send + Sync>;

fn encoded(segment: &str) -> String {
    utf8_percent_encode(segment, NON_ALPHANUMERIC).to_string()
}

/// Why a call brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The hub said no.
    #[error("{what}: the hub answered {status}: {message}")]
    Refused {
        /// Method and path.
        what: String,
        /// The status.
        status: StatusCode,
        /// The hub's message.
        message: String,
    },
    /// The hub did not answer in time.
    #[error("{0}: no answer within {TIMEOUT:?}")]
    Timeout(String),
    /// The connection failed, or what came was no JSON.
    #[error("{what}: {reason}")]
    Link {
        /// Method and path.
        what: String,
        /// The error with its causes.
        reason: String,
    },
    /// The answer does not fit the contract.
    #[error("{0}")]
    Unexpected(String),
}
