//! Twins over the wire (iot-hub §3).

use axum::http::StatusCode;
use serde_json::json;

use super::Hub;

#[tokio::test]
async fn read_merge_replace() {
    let hub = Hub::start().await;
    hub.create("dev").await;
    let fresh = hub.ask("GET /twins/dev", &[], "").await;
    assert_eq!((fresh.outcome().as_str(), fresh.header("etag")), ("200", None));
    let fresh = fresh.json();
    assert_eq!((&fresh["etag"], &fresh["version"]), (&json!("AAAAAAAAAAE="), &json!(2)));
    assert!(fresh.get("tags").is_none());

    let body = r#"{"tags":{"a":1.0,"b":{"c":null}},"properties":{"desired":{"x":{"y":2e5}},"reported":{"no":1}}}"#;
    let merged = hub.ask("PATCH /twins/dev", &[("If-Match", "\"AAAAAAAAAAE=\"")], body).await;
    assert_eq!(merged.outcome(), "200");
    assert!(merged.text.contains(r#""tags":{"a":1.0,"b":{}}"#), "{}", merged.text);
    assert!(merged.text.contains(r#"{"y":2e5}"#), "numbers stay as they were written: {}", merged.text);
    let merged = merged.json();
    assert_eq!((&merged["etag"], &merged["version"]), (&json!("AAAAAAAAAAI="), &json!(3)));
    assert_eq!(merged["properties"]["desired"]["$version"], 2);
    assert!(merged["properties"]["reported"].get("no").is_none());
    assert_eq!(*hub.devices.told.lock(), [r#"2 {"x":{"y":2e5}}"#]);

    // A whole twin goes back as it came.
    assert_eq!(hub.ask("PATCH /twins/dev", &[], &merged.to_string()).await.outcome(), "200");

    let replaced =
        hub.ask("PUT /twins/dev", &[("If-Match", "\"*\"")], r#"{"properties":{"desired":{"z":1}}}"#).await.json();
    assert_eq!(replaced["tags"], json!({}));
    assert_eq!(replaced["properties"]["desired"]["z"], 1);
    assert!(replaced["properties"]["desired"].get("x").is_none());
}

#[tokio::test]
async fn patch_by_post() {
    let hub = Hub::start().await;
    hub.create("dev").await;
    let patch = r#"{"tags":{"a":1}}"#;
    for name in ["PATCH", "patch"] {
        let reply = hub.ask("POST /twins/dev", &[("X-HTTP-Method-Override", name)], patch).await;
        assert_eq!((reply.status, &reply.json()["tags"]), (StatusCode::OK, &json!({"a": 1})));
    }
    for (call, name) in [("POST /twins/dev", "DELETE"), ("GET /twins/dev/x", "PATCH"), ("POST /devices/dev", "PATCH")] {
        let reply = hub.ask(call, &[("X-HTTP-Method-Override", name)], patch).await;
        assert!(reply.status.is_client_error(), "{call}");
    }
    assert_eq!(hub.ask("POST /twins/dev", &[], patch).await.outcome(), "405 GenericMethodNotAllowed");
}

#[tokio::test]
async fn refusals() {
    let hub = Hub::start().await;
    hub.create("dev").await;
    let large = json!({"tags": {"a": "x".repeat(4096), "b": "x".repeat(4096)}}).to_string();
    for (call, if_match, body, expected) in [
        ("GET /twins/none", "", "", "404 DeviceNotFound"),
        ("PATCH /twins/none", "", "{}", "404 DeviceNotFound"),
        ("PATCH /twins/dev", "\"AAAAAAAAAAI=\"", r#"{"tags":{"a":1}}"#, "412 PreconditionFailed"),
        ("PATCH /twins/dev", "AAAAAAAAAAI=", r#"{"tags":{"a":1}}"#, "412 PreconditionFailed"),
        ("PATCH /twins/dev", "ä", r#"{"tags":{"a":1}}"#, "400 ArgumentInvalid"),
        ("PATCH /twins/dev", "", r#"{"tags":{"a.b":1}}"#, "400 ArgumentInvalid"),
        ("PATCH /twins/dev", "", r#"{"tags":{"a":[null]}}"#, "400 ArgumentInvalid"),
        ("PATCH /twins/dev", "", r#"{"desired":{"a":1}}"#, "400 ArgumentInvalid"),
        ("PATCH /twins/dev", "", "[]", "400 ArgumentInvalid"),
        ("PUT /twins/dev", "", r#"{"tags":1}"#, "400 ArgumentInvalid"),
        ("PATCH /twins/dev", "", &large, "400 ArgumentInvalid"),
    ] {
        let headers = [("If-Match", if_match)];
        let headers = if if_match.is_empty() { &[][..] } else { &headers[..] };
        assert_eq!(hub.ask(call, headers, body).await.outcome(), expected, "{call} {body}");
    }
    assert_eq!(hub.ask("GET /twins/dev", &[], "").await.json()["version"], 2, "nothing was changed");
}
