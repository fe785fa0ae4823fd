//! A client of the service API: HTTP/1.1 over TLS with connections that are kept, as the SDKs have.

use std::time::Duration;

use bellwether_model::policy::OWNER;
use bellwether_model::sas;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, IF_MATCH};
use hyper::{Method, Request};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;
use serde_json::Value;

use crate::{Anything, world};

/// Of the one policy.
pub const POLICY_KEY: &[u8; 32] = b"fedcba9876543210fedcba9876543210";
const TOKEN_SECONDS: i64 = 24 * 3600;
const TIMEOUT: Duration = Duration::from_secs(60);

/// Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    origin: String,
    token: String,
}

impl Hub {
    /// The server at this port of this machine.
    pub fn new(tls: ClientConfig, port: u16) -> Hub {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_only().enable_http1().wrap_connector(tcp);
        let token = sas::make("localhost", POLICY_KEY, world::now().plus_seconds(TOKEN_SECONDS), Some(OWNER));
        let http = Client::builder(TokioExecutor::new()).build(connector);
        Hub { http, origin: format!("https://localhost:{port}"), token }
    }

    /// One request, which must be answered well.
    pub async fn call(&self, method: Method, path: &str, body: String) -> Result<Bytes, Anything> {
        let what = format!("{method} {path}");
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}?api-version=2021-04-12", self.origin))
            .header(AUTHORIZATION, &self.token)
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .header(IF_MATCH, "\"*\"")
            .body(Full::new(Bytes::from(body)))?;
        let exchange = async {
            let (head, body) = self.http.request(request).await?.into_parts();
            Ok::<_, Anything>((head.status, body.collect().await?.to_bytes()))
        };
        let (status, body) =
            tokio::time::timeout(TIMEOUT, exchange).await.map_err(|_| format!("{what}: no answer"))??;
        if !status.is_success() {
            return Err(format!("{what}: {status} {}", String::from_utf8_lossy(&body)).into());
        }
        Ok(body)
    }

    /// One request that is answered with JSON.
    pub async fn json(&self, method: Method, path: &str, body: String) -> Result<Value, Anything> {
        Ok(serde_json::from_slice(&self.call(method, path, body).await?)?)
    }
}
