//! Requests as the unmodified npm and PyPI service SDKs sent them (tests/data/sdk-requests.json), in their order;
//! signatures, which were blotted out in the recording, are made again in the client's own form.

use axum::body::Body;
use axum::http::Request;
use base64::prelude::{BASE64_STANDARD, Engine};
use bellwether_model::policy::OWNER;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

use super::{HOST, Hub, NOW, policies};

#[derive(Deserialize)]
struct Captured {
    requests: Vec<Sent>,
}

#[derive(Deserialize)]
struct Sent {
    client: String,
    method: String,
    target: String,
    headers: serde_json::Map<String, serde_json::Value>,
    body: String,
}

/// The recorded form with a true signature. The client wrote the host as it is, and signed it so; PyPI's leaves
/// `/` as it is in `sig`.
fn signed(recorded: &str) -> String {
    let expiry = NOW.plus_seconds(3600).unix_seconds();
    let key = policies().get(OWNER).unwrap().keys.primary.bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{HOST}\n{expiry}").as_bytes());
    let sig = BASE64_STANDARD.encode(mac.finalize().into_bytes()).replace('+', "%2B").replace('=', "%3D");
    let sig = if recorded.ends_with("skn=iothubowner") { sig } else { sig.replace('/', "%2F") };
    recorded.replace("<url-encoded base64>", &sig).replace("<unix seconds>", &expiry.to_string())
}

/// What each recorded request gets, in their order. The recording server kept nothing, this one does: so a job is
/// a duplicate the second time, and the listed ids are free again after a delete.
const EXPECTED: [&str; 27] = [
    "200",                                   // PUT /jobs/v2/j1, twin
    "409 JobAlreadyExists",                  // PUT /jobs/v2/j1, startTime null
    "400 ArgumentInvalid",                   // PUT /jobs/v2/j%201
    "200",                                   // GET /jobs/v2/j1
    "200",                                   // cancel of the job, which was to begin at night
    "200",                                   // GET /jobs/v2/query
    "200",                                   // POST /devices/query
    "400 ArgumentInvalid",                   // PUT /devices/d%201
    "404 DeviceNotFound",                    // PUT /devices/d1 with If-Match
    "404 DeviceNotFound",                    // DELETE /devices/d1
    "200",                                   // GET /devices/
    "200",                                   // POST /devices: d1 and d2 are created
    "200",                                   // POST /devices: d1 is deleted
    "404 DeviceNotFound",                    // GET /twins/d1
    "404 DeviceNotFound",                    // PATCH /twins/d1
    "200",                                   // GET /statistics/devices
    "404 DeviceNotFound 404001",             // POST /twins/d1/methods
    "409 JobAlreadyExists",                  // PyPI: PUT /jobs/v2/j1, twin
    "409 JobAlreadyExists",                  // PUT /jobs/v2/j1, method
    "200",                                   // GET /jobs/v2/j1
    "405 OperationNotAllowedInCurrentState", // cancel
    "200",                                   // GET /jobs/v2/query with filters
    "200",                                   // GET /jobs/v2/query
    "200",                                   // PUT /devices/d1
    "200",                                   // PATCH /twins/d1 with the etag of a fresh twin
    "404 DeviceNotOnline 404103",            // POST /twins/d1/methods
    "204",                                   // DELETE /devices/d1
];

#[tokio::test]
async fn recorded_requests() {
    let captured: Captured = serde_json::from_str(include_str!("../../tests/data/sdk-requests.json")).unwrap();
    assert_eq!(captured.requests.len(), EXPECTED.len());
    let hub = Hub::start().await;
    for (n, (sent, expected)) in captured.requests.into_iter().zip(EXPECTED).enumerate() {
        let mut request = Request::builder().method(&*sent.method).uri(&*sent.target);
        for (name, value) in &sent.headers {
            let value = value.as_str().unwrap();
            let value = if name == "Authorization" { signed(value) } else { value.to_owned() };
            request = request.header(name, value);
        }
        let reply = hub.send(request.body(Body::from(sent.body)).unwrap()).await;
        let call = format!("{n} {} {} {}", sent.client, sent.method, sent.target);
        if n == 0 {
            // It asked for tonight; let it be tonight.
            assert_eq!(reply.json()["startTime"], "2026-11-20T23:42:56.9320000Z", "{}", reply.text);
        }
        assert_eq!(reply.outcome(), expected, "{call}: {}", reply.text);
    }
}
