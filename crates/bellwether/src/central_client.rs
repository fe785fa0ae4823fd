//! A small client of the central face, for the demo: it uses IoT Central's REST API as anyone would.

use std::time::Duration;

use hyper::Method;
use hyper::header::AUTHORIZATION;
use rustls::ClientConfig;
use serde_json::Value;

use crate::rest::{Ask, ClientError, Rest};

const VERSION: &str = "api-version=2022-07-31";
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Speaks to one application with one API token.
#[derive(Clone)]
pub struct CentralClient {
    rest: Rest,
    base: String,
    token: String,
}

impl CentralClient {
    /// A client of the application at `base`, `https://host[:port]`.
    pub fn new(base: &str, token: String, tls: &ClientConfig) -> Self {
        CentralClient { rest: Rest::new(tls), base: base.to_owned(), token }
    }

    /// `GET`, one document.
    pub async fn get(&self, path: &str) -> Result<Value, ClientError> {
        self.call(Method::GET, path, None).await
    }

    /// `PUT`; returns what the server made of it.
    pub async fn put(&self, path: &str, body: Option<Value>) -> Result<Value, ClientError> {
        self.call(Method::PUT, path, body).await
    }

    /// `PATCH`; returns what the server made of it.
    pub async fn patch(&self, path: &str, body: Value) -> Result<Value, ClientError> {
        self.call(Method::PATCH, path, Some(body)).await
    }

    /// All items of a list, page after page.
    pub async fn list(&self, path: &str) -> Result<Vec<Value>, ClientError> {
        let mut items = Vec::new();
        let mut next = Some(self.uri(path));
        while let Some(uri) = next {
            let answer = self.send(Method::GET, uri, path, None).await?;
            let page = answer.get("value").and_then(Value::as_array);
            items.extend(page.ok_or_else(|| ClientError::Unexpected(format!("{path} is no list")))?.iter().cloned());
            next = answer.get("nextLink").and_then(Value::as_str).map(str::to_owned);
        }
        Ok(items)
    }

    /// The job once it neither waits nor runs any more; `seen` is told of every look before.
    pub async fn ended(&self, id: &str, mut seen: impl FnMut(&Value)) -> Result<Value, ClientError> {
        loop {
            let job = self.get(&format!("/jobs/{id}")).await?;
            seen(&job);
            if !["pending", "running"].iter().any(|word| job["status"] == *word) {
                return Ok(job);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, ClientError> {
        self.send(method, self.uri(path), path, body).await
    }

    async fn send(&self, method: Method, uri: String, path: &str, body: Option<Value>) -> Result<Value, ClientError> {
        let headers = vec![(AUTHORIZATION.as_str(), self.token.clone())];
        let ask = Ask::new(method, uri, format!("/api{path}"));
        self.rest.call(Ask { headers, body: body.map(|body| body.to_string()), ..ask }).await?.json()
    }

    fn uri(&self, path: &str) -> String {
        format!("{}/api{path}?{VERSION}", self.base)
    }
}
