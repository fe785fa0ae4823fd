//! Twins, direct methods and stored subscriptions over MQTT (device-protocol §2.5, §4, §5).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::time::Duration;

use bellwether_engine::{CallError, DevicePort};
use bellwether_model::access::Scope;
use bellwether_model::identity::IfMatch;
use bellwether_model::twin::TwinChange;
use rmqtt_codec::v3::{Connect, Packet};
use support::{DESIRED, Hub, METHODS, TWIN, connect, method};
use tempfile::TempDir;

const LONG: Duration = Duration::from_secs(30);

#[tokio::test]
async fn read_and_report() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let device = hub.device("dev-01").await;
    let mut client = hub.online(&device, &[TWIN]).await;

    client.publish("$iothub/twin/GET/?$rid=a%2Fb", 1, " ").await;
    client.puback().await;
    let answer = client.published().await;
    assert_eq!(answer.0, "$iothub/twin/res/200/?$rid=a%2Fb");
    assert_eq!(answer.1, r#"{"desired":{"$version":1},"reported":{"$version":1}}"#);

    client.publish("$iothub/twin/PATCH/properties/reported/?$rid=1", 0, r#"{"a":{"b":1},"c":2}"#).await;
    let answer = client.published().await;
    assert_eq!(answer, ("$iothub/twin/res/204/?$rid=1&$version=2".to_owned(), String::new()));
    client.publish("$iothub/twin/PATCH/properties/reported/?$rid=2&$version=2", 0, r#"{"c":null}"#).await;
    assert_eq!(client.published().await.0, "$iothub/twin/res/204/?$rid=2&$version=3");
    client.publish("$iothub/twin/PATCH/properties/reported/", 0, r#"{"d":1.50}"#).await;

    client.publish("$iothub/twin/GET/?$rid=3", 0, "").await;
    let answer = client.published().await;
    assert_eq!(answer.1, r#"{"desired":{"$version":1},"reported":{"a":{"b":1},"d":1.50,"$version":4}}"#);
    client.publish("$iothub/twin/GET/", 0, "").await;
    client.silent().await;
    hub.stop().await;
}

#[tokio::test]
async fn refused_patches() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let device = hub.device("dev-01").await;
    let mut client = hub.online(&device, &[TWIN]).await;
    let large = format!(
        r#"{{"a":"{}","b":"{0}","c":"{0}","d":"{0}","e":"{0}","f":"{0}","g":"{0}","h":"{0}","i":"{0}"}}"#,
        "x".repeat(4000)
    );
    for (topic, payload, status, code) in [
        ("?$rid=1", "{", 400, "400006"),
        ("?$rid=1", "[1]", 400, "400004"),
        ("?$rid=1", r#"{"a.b":1}"#, 400, "400004"),
        ("?$rid=1", r#"{"a":[null]}"#, 400, "400004"),
        ("?$rid=1", &large, 400, "400004"),
        ("?$rid=1&$version=7", "{}", 412, "412001"),
        ("?$rid=1&$version=x", "{}", 412, "412001"),
    ] {
        client.publish(&format!("$iothub/twin/PATCH/properties/reported/{topic}"), 0, payload).await;
        let answer = client.published().await;
        assert_eq!(answer.0, format!("$iothub/twin/res/{status}/?$rid=1"), "{payload}");
        assert!(answer.1.starts_with(&format!(r#"{{"errorCode":{code},"trackingId":""#)), "{payload}: {}", answer.1);
    }
    hub.stop().await;
}

#[tokio::test]
async fn reading_before_subscribing_is_tolerated() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let device = hub.device("dev-01").await;
    let mut client = hub.online(&device, &[]).await;
    client.publish("$iothub/twin/GET/?$rid=1", 0, " ").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    client.silent().await;
    client.subscribe(&[(TWIN, 1)]).await;
    client.publish("$iothub/twin/GET/?$rid=2", 0, " ").await;
    assert_eq!(client.published().await.0, "$iothub/twin/res/200/?$rid=2");
    hub.stop().await;
}

#[tokio::test]
async fn a_report_counts_though_the_device_leaves_at_once() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let device = hub.device("dev-01").await;
    let mut client = hub.online(&device, &[]).await;
    for value in 1..=3 {
        let patch = format!(r#"{{"v{value}":{value}}}"#);
        client.publish("$iothub/twin/PATCH/properties/reported/?$rid=1", 0, &patch).await;
    }
    client.send(Packet::Disconnect).await;
    drop(client);
    hub.until("left", |hub| hub.sessions.connected() == 0).await;
    let directory = {
        hub.stop().await;
        directory
    };
    let hub = Hub::start(&directory).await;
    let twin = hub.engine.device_twin(device.seq).await.unwrap().unwrap();
    assert_eq!(twin, r#"{"desired":{"$version":1},"reported":{"v1":1,"v2":2,"v3":3,"$version":4}}"#);
    hub.stop().await;
}

#[tokio::test]
async fn desired_changes() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let (device, deaf) = (hub.device("dev-01").await, hub.device("dev-02").await);
    let mut client = hub.online(&device, &[DESIRED]).await;
    let mut other = hub.online(&deaf, &[TWIN]).await;
    hub.set_desired(&device.id, r#"{"a":1,"b":null}"#).await;
    hub.set_desired(&deaf.id, r#"{"a":1}"#).await;
    let (topic, body) = client.published().await;
    assert_eq!(topic, "$iothub/twin/PATCH/properties/desired/?$version=2");
    assert_eq!(body, r#"{"a":1,"b":null,"$version":2}"#);
    other.silent().await;
    // A full replacement sends the whole new section.
    let change = TwinChange::replace_from_body(r#"{"properties":{"desired":{"z":[1]}}}"#).unwrap();
    hub.engine.change_twin(&device.id, &Scope::Everything, change, IfMatch::Any).await.unwrap();
    assert_eq!(client.published().await.1, r#"{"z":[1],"$version":3}"#);
    hub.stop().await;
}

#[tokio::test]
async fn methods() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let device = hub.device("dev-01").await;
    let mut client = hub.online(&device, &[TWIN]).await;
    let call = |name: &str, payload: &str, timeout| {
        tokio::spawn(hub.sessions.call(device.seq, method(name, payload), timeout))
    };
    assert_eq!(call("m", "1", LONG).await.unwrap(), Err(CallError::NotConnected), "not subscribed");
    client.subscribe(&[(METHODS, 1)]).await;

    let waiting = call("thermostat1*reboot", r#"{"delay":5}"#, LONG);
    let (topic, payload) = client.published().await;
    let rid = topic.strip_prefix("$iothub/methods/POST/thermostat1*reboot/?$rid=").unwrap().to_owned();
    assert!(!rid.contains(['/', '&', '#', '+']));
    assert_eq!(payload, r#"{"delay":5}"#);
    // Unknown request ids, then the answer, then once more.
    for other in ["1-1", "x", ""] {
        client.publish(&format!("$iothub/methods/res/500/?$rid={other}"), 0, "{}").await;
    }
    for status in [200, 500] {
        client.publish(&format!("$iothub/methods/res/{status}/?$rid={rid}"), 1, r#"{"ok":true}"#).await;
        client.puback().await;
    }
    let answer = waiting.await.unwrap().unwrap();
    assert_eq!((answer.status, answer.payload.as_str()), (200, r#"{"ok":true}"#));
    client.silent().await;

    for (status, payload) in [("abc", "{}"), ("200", "{")] {
        let waiting = call("m", "1", LONG);
        let (topic, _) = client.published().await;
        let rid = topic.split("$rid=").nth(1).unwrap().to_owned();
        client.publish(&format!("$iothub/methods/res/{status}/?$rid={rid}"), 0, payload).await;
        assert!(matches!(waiting.await.unwrap(), Err(CallError::Malformed(_))), "{status} {payload}");
    }

    let waiting = call("m", "1", Duration::from_millis(50));
    let (topic, _) = client.published().await;
    assert_eq!(waiting.await.unwrap(), Err(CallError::TimedOut));
    let rid = topic.split("$rid=").nth(1).unwrap().to_owned();
    client.publish(&format!("$iothub/methods/res/200/?$rid={rid}"), 0, "").await;
    client.silent().await;

    let waiting = call("m", "1", LONG);
    client.published().await;
    drop(client);
    assert_eq!(waiting.await.unwrap(), Err(CallError::ConnectionLost));
    hub.until("gone", |hub| hub.sessions.connected() == 0).await;
    assert_eq!(call("m", "1", LONG).await.unwrap(), Err(CallError::NotConnected));
    hub.stop().await;
}

#[tokio::test]
async fn many_calls_at_once() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let device = hub.device("dev-01").await;
    let mut client = hub.online(&device, &[METHODS]).await;
    let calls: Vec<_> =
        (0..100).map(|i| tokio::spawn(hub.sessions.call(device.seq, method("echo", &i.to_string()), LONG))).collect();
    for _ in 0..100 {
        let (topic, payload) = client.published().await;
        let rid = topic.split("$rid=").nth(1).unwrap().to_owned();
        client.publish(&format!("$iothub/methods/res/200/?$rid={rid}"), 0, &payload).await;
    }
    for (i, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap().unwrap().payload, i.to_string());
    }
    hub.stop().await;
}

#[tokio::test]
async fn subscriptions_outlive_the_link_and_the_server() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let device = hub.device("dev-01").await;
    let devicebound = "devices/dev-01/messages/devicebound/#";
    let (mut client, ack) = hub.dialled(hub.connect(&device)).await;
    assert_eq!(ack, (0, false));
    let granted = client.subscribe(&[(METHODS, 0), (DESIRED, 2), (TWIN, 1), (devicebound, 1), ("a/b", 0)]).await;
    assert_eq!(granted, [0, 1, 1, 1, 0x80]);
    drop(client);

    for restart in [false, true] {
        if restart {
            hub.until("gone", |hub| hub.sessions.connected() == 0).await;
        }
        let (mut client, ack) = hub.dialled(hub.connect(&device)).await;
        assert_eq!(ack, (0, true));
        client.publish("$iothub/twin/GET/?$rid=1", 0, "").await;
        assert_eq!(client.published().await.0, "$iothub/twin/res/200/?$rid=1");
    }
    hub.stop().await;

    let hub = Hub::start(&directory).await;
    let (mut client, ack) = hub.dialled(hub.connect(&device)).await;
    assert_eq!(ack, (0, true));
    assert!(hub.sessions.reachable(device.seq));
    let call = tokio::spawn(hub.sessions.call(device.seq, method("m", "null"), LONG));
    let (topic, payload) = client.published().await;
    assert_eq!((topic.split('?').next(), payload.as_str()), (Some("$iothub/methods/POST/m/"), "null"));
    hub.set_desired(&device.id, r#"{"a":1}"#).await;
    assert_eq!(client.published().await.0, "$iothub/twin/PATCH/properties/desired/?$version=2");
    call.abort();

    // A clean session forgets them, then and afterwards.
    let clean = || Connect { clean_session: true, ..connect("dev-01", &hub.token(&device)) };
    let (mut client, ack) = hub.dialled(clean()).await;
    assert_eq!(ack, (0, false));
    client.silent().await;
    assert!(!hub.sessions.reachable(device.seq));
    client.subscribe(&[(METHODS, 0)]).await;
    assert!(hub.sessions.reachable(device.seq));
    drop(client);
    hub.until("gone", |hub| hub.sessions.connected() == 0).await;
    let (_client, ack) = hub.dialled(hub.connect(&device)).await;
    assert_eq!(ack, (0, false));
    assert!(!hub.sessions.reachable(device.seq));
    hub.stop().await;
}

#[tokio::test]
async fn unsubscribing() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let device = hub.device("dev-01").await;
    let mut client = hub.online(&device, &[METHODS, DESIRED]).await;
    let topic_filters = vec![METHODS.into()];
    client.send(Packet::Unsubscribe { packet_id: std::num::NonZeroU16::MIN, topic_filters }).await;
    assert!(matches!(client.next().await, Some(Packet::UnsubscribeAck { .. })));
    assert!(!hub.sessions.reachable(device.seq));
    drop(client);
    let (_client, ack) = hub.dialled(hub.connect(&device)).await;
    assert_eq!(ack, (0, true));
    assert!(!hub.sessions.reachable(device.seq));
    hub.stop().await;
}

#[tokio::test]
async fn ids_are_literal_text() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    for id in ["a%20b", "x#+$;'", "dev-01?a=b", "(,=@)!*", "mod:1.2_3"] {
        let device = hub.device(id).await;
        let (mut client, ack) = hub.dialled(hub.connect(&device)).await;
        assert_eq!(ack.0, 0, "{id}");
        let devicebound = format!("devices/{id}/messages/devicebound/#");
        let granted = client.subscribe(&[(TWIN, 0), (METHODS, 0), (&devicebound, 1)]).await;
        assert_eq!(granted, [0, 0, 1], "{id}");
        client.publish("$iothub/twin/PATCH/properties/reported/?$rid=1", 0, r#"{"a":1}"#).await;
        assert_eq!(client.published().await.0, "$iothub/twin/res/204/?$rid=1&$version=2", "{id}");
        client.publish(&format!("devices/{id}/messages/events/"), 1, "x").await;
        client.puback().await;
        let other = client.subscribe(&[("devices/+/messages/devicebound/#", 0)]).await;
        assert_eq!(other, [0x80], "{id}");
    }
    hub.stop().await;
}
