//! Identities over the wire (iot-hub §2).

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Hub, NOW};

const KEY_A: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const KEY_B: &str = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";

#[tokio::test]
async fn life_of_a_device() {
    let hub = Hub::start().await;
    let created = hub.ask("PUT /devices/pump-1", &[], r#"{"deviceId":"pump-1"}"#).await;
    assert_eq!(created.outcome(), "200");
    let device = created.json();
    let quoted = format!("\"{}\"", device["etag"].as_str().unwrap());
    assert_eq!(created.header("etag"), Some(&*quoted));
    assert_eq!(device["status"], "enabled");
    assert_eq!(device["statusReason"], Value::Null);
    assert_eq!(device["authentication"]["type"], "sas");
    assert_eq!(device["connectionState"], "Disconnected");
    assert_eq!(device["capabilities"], json!({"iotEdge": false}));

    let got = hub.ask("GET /devices/pump-1", &[], "").await;
    assert_eq!((got.json(), got.header("etag")), (device.clone(), Some(&*quoted)));

    let again = hub.ask("PUT /devices/pump-1", &[("If-Match", "\"\"")], "{}").await;
    assert_eq!(again.outcome(), "409 DeviceAlreadyExists");
    // An etag in the body does not make it an update (iot-hub §2.1).
    assert_eq!(hub.ask("PUT /devices/pump-1", &[], r#"{"etag":"*"}"#).await.outcome(), "409 DeviceAlreadyExists");

    let body = r#"{"status":"Disabled","statusReason":"broken","authentication":{"type":"sas","symmetricKey":{"primaryKey":"","secondaryKey":""}}}"#;
    let stale = hub.ask("PUT /devices/pump-1", &[("If-Match", "\"AAAA\"")], body).await;
    assert_eq!(stale.outcome(), "412 PreconditionFailed");
    let updated = hub.ask("PUT /devices/pump-1", &[("If-Match", &quoted)], body).await.json();
    assert_eq!((&updated["status"], &updated["statusReason"]), (&json!("disabled"), &json!("broken")));
    assert_eq!(updated["authentication"], device["authentication"], "empty keys keep the keys");
    assert_eq!(updated["generationId"], device["generationId"]);
    assert_ne!(updated["etag"], device["etag"]);
    assert_eq!(updated["statusUpdatedTime"], NOW.to_string());
    let seq = hub.seq("pump-1").await;
    assert_eq!(*hub.devices.closed.lock(), [seq], "a disabled device is disconnected");

    // A full replace: what is left out goes.
    let enabled = hub.ask("PUT /devices/pump-1", &[("If-Match", "*")], "{}").await.json();
    assert_eq!((&enabled["status"], &enabled["statusReason"]), (&json!("enabled"), &Value::Null));

    assert_eq!(hub.ask("DELETE /devices/pump-1", &[], "").await.outcome(), "412 PreconditionFailed");
    assert_eq!(
        hub.ask("DELETE /devices/pump-1", &[("If-Match", "\"AAAA\"")], "").await.outcome(),
        "412 PreconditionFailed"
    );
    assert_eq!(hub.ask("DELETE /devices/pump-1", &[("If-Match", "\"*\"")], "").await.outcome(), "204");
    assert_eq!(hub.ask("DELETE /devices/pump-1", &[("If-Match", "\"*\"")], "").await.outcome(), "404 DeviceNotFound");
    assert_eq!(hub.ask("GET /devices/pump-1", &[], "").await.outcome(), "404 DeviceNotFound");
    assert_eq!(hub.ask("PUT /devices/pump-1", &[("If-Match", "\"*\"")], "{}").await.outcome(), "404 DeviceNotFound");
    hub.clock.0.fetch_add(1, Ordering::SeqCst);
    let reborn = hub.create("pump-1").await;
    assert_ne!(reborn["generationId"], device["generationId"]);
}

#[tokio::test]
async fn bodies() {
    let hub = Hub::start().await;
    let keys = |a: &str, b: &str| json!({"authentication": {"symmetricKey": {"primaryKey": a, "secondaryKey": b}}});
    let long = "x".repeat(129);
    let good = [
        json!({}),
        json!({"deviceId": "dev", "etag": "*", "authentication": {"symmetricKey": {}}}),
        json!({"status": null, "statusReason": null, "authentication": null, "capabilities": null}),
        json!({"authentication": {"type": "SAS", "x509Thumbprint": {"primaryThumbprint": null, "secondaryThumbprint": ""}}}),
        json!({"statusReason": "ä".repeat(128), "capabilities": {"iotEdge": true}}),
        json!({"deviceScope": "ms-azure-iot-edge://e-1", "parentScopes": ["ms-azure-iot-edge://e-1"]}),
        keys(KEY_A, KEY_B),
    ];
    for body in good {
        let reply = hub.ask("PUT /devices/dev", &[], &body.to_string()).await;
        assert_eq!(reply.outcome(), "200", "{body}: {}", reply.text);
        hub.ask("DELETE /devices/dev", &[("If-Match", "*")], "").await;
    }
    let bad = [
        json!({"deviceId": "other"}),
        json!({"status": "off"}),
        json!({"statusReason": long}),
        json!({"authentication": {"type": "selfSigned"}}),
        json!({"authentication": {"type": "certificateAuthority"}}),
        json!({"authentication": {"type": "none"}}),
        json!({"authentication": {"x509Thumbprint": {"primaryThumbprint": "a".repeat(40)}}}),
        json!({"parentScopes": ["ms-azure-iot-edge://e-1"]}),
        keys(KEY_A, ""),
        keys("", KEY_B),
        keys("c2hvcnQ=", KEY_B),
        keys("not base64 but secret", KEY_B),
    ];
    for body in bad {
        let reply = hub.ask("PUT /devices/dev", &[], &body.to_string()).await;
        assert_eq!(reply.outcome(), "400 ArgumentInvalid", "{body}");
        assert!(!reply.text.contains("not base64 but secret"));
        assert_eq!(hub.ask("GET /devices/dev", &[], "").await.outcome(), "404 DeviceNotFound");
    }
}

#[tokio::test]
async fn keys_that_are_given_are_kept() {
    let hub = Hub::start().await;
    let keys = json!({"primaryKey": KEY_A, "secondaryKey": KEY_B});
    let rotate = json!({"authentication": {"symmetricKey": keys}}).to_string();
    let made = hub.create("dev").await;
    assert_ne!(
        made["authentication"]["symmetricKey"]["primaryKey"],
        made["authentication"]["symmetricKey"]["secondaryKey"]
    );
    let rotated = hub.ask("PUT /devices/dev", &[("If-Match", "\"*\"")], &rotate).await.json();
    assert_eq!(rotated["authentication"]["symmetricKey"], keys);
    let kept = hub.ask("PUT /devices/dev", &[("If-Match", "\"*\"")], "{}").await.json();
    assert_eq!(kept["authentication"]["symmetricKey"], keys);
}

#[tokio::test]
async fn ids() {
    let hub = Hub::start().await;
    for (path, id) in [
        ("a:b.c+d%e_f*g!h(i),j=k@l$m'n;o", "a:b.c+d%e_f*g!h(i),j=k@l$m'n;o"),
        ("p%23%3F%25", "p#?%"),
        ("query", "query"),
    ] {
        let made = hub.ask(&format!("PUT /devices/{path}"), &[], "{}").await;
        assert_eq!(made.json()["deviceId"], id);
        assert_eq!(hub.ask(&format!("GET /devices/{path}"), &[], "").await.json()["deviceId"], id);
        assert_eq!(hub.ask(&format!("GET /twins/{path}"), &[], "").await.json()["deviceId"], id);
    }
    for path in ["a%20b", "a%2Fb", "%C3%A4", "%FF", &"a".repeat(129)] {
        let reply = hub.ask(&format!("PUT /devices/{path}"), &[], "{}").await;
        assert_eq!(reply.outcome(), "400 ArgumentInvalid", "{path}");
        assert!(reply.reason().contains("deviceId"), "{}", reply.reason());
    }
}

#[tokio::test]
async fn list() {
    let hub = Hub::start().await;
    for id in ["a", "b", "c"] {
        hub.create(id).await;
    }
    for (target, expected) in [
        ("/devices", 3),
        ("/devices/", 3),
        ("/devices/?top=2", 2),
        ("/devices?top=1000", 3),
        ("/devices?top=0", 3),
        ("/devices?top=-5", 3),
        ("/devices?top=99999", 3),
    ] {
        let reply = hub.ask(&format!("GET {target}"), &[], "").await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.json().as_array().map(Vec::len), Some(expected), "{target}");
        assert_eq!(reply.header("etag"), None);
    }
    assert_eq!(hub.ask("GET /devices?top=few", &[], "").await.outcome(), "400 ArgumentInvalid");
}
