//! Direct methods over the wire (iot-hub §4).

use bellwether_engine::CallError;
use serde_json::json;

use super::Hub;

#[tokio::test]
async fn an_answer_is_200_whatever_its_status() {
    let hub = Hub::start().await;
    hub.create("dev").await;
    let seq = hub.seq("dev").await;
    for (status, payload) in [(200, r#"{"a":1.0}"#), (404, "null"), (-1, "\"\"")] {
        hub.devices.answer(seq, status, payload);
        let reply = hub.ask("POST /twins/dev/methods", &[], r#"{"methodName":"m","payload":""}"#).await;
        assert_eq!(reply.outcome(), "200");
        assert_eq!(reply.text, format!(r#"{{"status":{status},"payload":{payload}}}"#));
    }
    let old = r#"{"methodName":"m","timeoutInSeconds":7}"#;
    hub.ask("POST /twins/dev/methods?x=1", &[], old).await;
    let calls = hub.devices.calls.lock();
    assert_eq!(calls[0].payload, "\"\"");
    assert_eq!((calls[3].payload.as_str(), calls[3].response_timeout), ("null", 7));
}

#[tokio::test]
async fn failures_have_the_numbers_that_clients_read() {
    let hub = Hub::start().await;
    for id in ["dev", "off"] {
        hub.create(id).await;
    }
    hub.ask("PUT /devices/off", &[("If-Match", "*")], r#"{"status":"disabled"}"#).await;
    let call = r#"{"methodName":"m","responseTimeoutInSeconds":5}"#;
    for (target, body, expected) in [
        ("none", call, "404 DeviceNotFound 404001"),
        ("off", call, "404 DeviceNotFound 404001"),
        ("dev", call, "404 DeviceNotOnline 404103"),
        ("a%20b", call, "400 ArgumentInvalid 400004"),
        ("dev", "{}", "400 ArgumentInvalid 400004"),
        ("dev", r#"{"methodName":"a b"}"#, "400 ArgumentInvalid 400004"),
        ("dev", r#"{"methodName":"m","responseTimeoutInSeconds":4}"#, "400 ArgumentInvalid 400004"),
        ("dev", r#"{"methodName":"m","responseTimeoutInSeconds":301}"#, "400 ArgumentInvalid 400004"),
        ("dev", r#"{"methodName":"m","connectTimeoutInSeconds":31}"#, "400 ArgumentInvalid 400004"),
    ] {
        let reply = hub.ask(&format!("POST /twins/{target}/methods"), &[], body).await;
        assert_eq!(reply.outcome(), expected, "{target} {body}");
    }
    let seq = hub.seq("dev").await;
    for (error, expected) in [
        (CallError::NotConnected, "404 DeviceNotOnline 404103"),
        (CallError::ConnectionLost, "404 DeviceNotOnline 404103"),
        (CallError::TimedOut, "504 GatewayTimeout 504101"),
        (CallError::Malformed("not JSON".to_owned()), "502 GenericBadGateway 502000"),
    ] {
        hub.devices.fail(seq, error);
        let reply = hub.ask("POST /twins/dev/methods", &[], call).await;
        assert_eq!(reply.outcome(), expected);
        assert_eq!(reply.json()["ExceptionMessage"], json!(""));
    }
    let reply = hub.ask("POST /twins/dev/methods", &[], r#"{"methodName":"panic"}"#).await;
    assert_eq!(reply.outcome(), "500 ServerError 500001");
    assert!(!reply.text.contains("asked for"), "causes are for the log");
    hub.state.engine.stop(std::time::Duration::ZERO).await;
    let reply = hub.ask("POST /twins/dev/methods", &[], call).await;
    assert_eq!(reply.outcome(), "503 ServiceUnavailable 503001");
    assert!(reply.header("retry-after").is_some());
}
