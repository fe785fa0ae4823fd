//! Calls of an HTTPS API with JSON bodies, as the simulator and the demo make them: as anyone would.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{CONTENT_TYPE, HeaderMap};
use hyper::{Method, Request, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::ClientConfig;
use serde_json::Value;

use crate::failure::chain;

const ANSWER_MAX_BYTES: usize = 64 * 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(60);

/// Connections to servers that `tls` trusts.
#[derive(Clone)]
pub struct Rest {
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// What the server answered.
pub struct Answer {
    /// A success.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body; null when there is none.
    pub body: Value,
}

impl Rest {
    /// A client without connections.
    pub fn new(tls: &ClientConfig) -> Self {
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls.clone()).https_only().enable_http1().build();
        Rest { http: Client::builder(TokioExecutor::new()).build(connector) }
    }

    /// One call; `what` names it in errors.
    ///
    /// # Errors
    /// The server refused it, or there was no answer.
    pub async fn call(
        &self,
        method: Method,
        uri: String,
        what: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<Answer, ClientError> {
        let mut request = Request::builder().method(method.clone()).uri(uri);
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
        let what = || format!("{method} {what}");
        let answer = tokio::time::timeout(TIMEOUT, self.exchange(request)).await;
        let answer = answer.map_err(|_| ClientError::Timeout(what()))?;
        let answer = answer.map_err(|error| ClientError::Link { what: what(), reason: chain(error.as_ref()) })?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        let message = ["/Message", "/error/message"].into_iter().find_map(|at| answer.body.pointer(at)?.as_str());
        let message = message.unwrap_or_default().to_owned();
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

/// A segment of a path, whatever stands in it.
pub fn encoded(segment: &str) -> String {
    utf8_percent_encode(segment, NON_ALPHANUMERIC).to_string()
}

/// Why a call brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server said no.
    #[error("{what}: the server answered {status}: {message}")]
    Refused {
        /// Method and path.
        what: String,
        /// The status.
        status: StatusCode,
        /// The server's message.
        message: String,
    },
    /// The server did not answer in time.
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
