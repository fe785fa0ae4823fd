//! The last value of a telemetry (iot-central §7.4).

use bellwether_model::telemetry::{Message, VALUE_BYTES_MAX};

use super::{Central, outcome};

#[tokio::test]
async fn last_values() {
    let central = Central::start().await;
    central.ask("PUT /devices/c1", "{}").await;
    let seq = central.hub.seq("c1").await;
    let engine = &central.hub.state.engine;
    let send = |component, created, body: &str| {
        engine.telemetry(seq, &Message { component, created, body: body.as_bytes(), ..Message::default() });
    };
    send(None, Some("2020-04-16T03:24:44.84Z"), r#"{"ambient":{"temperature":20.960,"humidity":24}}"#);
    send(Some("fan"), None, r#"{"speed":1}"#);
    send(None, None, &format!(r#"{{"large":"{}"}}"#, "x".repeat(VALUE_BYTES_MAX)));
    let get = async |path: &str| central.ask(&format!("GET /devices/c1/{path}"), "").await;
    let reply = get("telemetry/ambient").await;
    assert_eq!(outcome(&reply), "200");
    assert_eq!(
        reply.text,
        r#"{"value":{"temperature":20.960,"humidity":24},"timestamp":"2020-04-16T03:24:44.8400000Z"}"#
    );
    let reply = get("components/fan/telemetry/speed").await;
    assert_eq!(reply.text, r#"{"value":1,"timestamp":"2026-11-20T12:00:00.0000000Z"}"#);
    for (path, part) in [
        ("telemetry/speed", "has sent none"),
        ("components/ambient/telemetry/temperature", "has sent none"),
        ("telemetry/large", "too large"),
        ("modules/m/telemetry/x", "modules do not connect"),
        ("modules/m/components/c/telemetry/x", "modules do not connect"),
    ] {
        let reply = get(path).await;
        assert_eq!(outcome(&reply), "404 NotFound", "{path}");
        assert!(reply.text.contains(part), "{path}: {}", reply.text);
    }
}
