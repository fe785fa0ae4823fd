//! Provisioning over MQTT, then the hub with the same key (device-protocol §9).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use bellwether_engine::{Limits, Settings};
use bellwether_gateway::QueueLimits;
use bellwether_model::identity::{IfMatch, Keys, SymmetricKey};
use bellwether_model::provisioning::{EnrollmentGroup, EnrollmentGroupSettings, GroupAttestationSettings};
use bellwether_model::{DeviceId, sas};
use bellwether_store::{EtagMismatch, StoreError, Stored};
use rmqtt_codec::types::Protocol;
use rmqtt_codec::v3::{Connect, Packet};
use serde_json::{Value, json};
use support::{Client, Hub, publish, settings};
use tempfile::TempDir;
use tokio::net::TcpStream;

const ANSWERS: &str = "$dps/registrations/res/#";
const REGISTER: &str = "$dps/registrations/PUT/iotdps-register/?$rid=";

/// The first group's keys for a device.
async fn group_keys(hub: &Hub, group: &str, device: &str) -> Keys {
    let group = hub.engine.store().record::<EnrollmentGroup>(group).await.unwrap().unwrap().record;
    group.keys_of(device).unwrap()
}

fn greeting(hub: &Hub, device: &str, key: &SymmetricKey) -> Connect {
    let scope = hub.engine.id_scope();
    let ends = hub.engine.now().plus_seconds(3600);
    Connect {
        protocol: Protocol(4),
        clean_session: false,
        keep_alive: 60,
        last_will: None,
        client_id: device.to_owned().into(),
        username: Some(format!("{scope}/registrations/{device}/api-version=2019-03-31&ClientVersion=x").into()),
        password: Some(sas::make(&format!("{scope}/registrations/{device}"), &key.bytes(), ends, None).into()),
        cert: None,
    }
}

/// A connection that listens for answers.
async fn listening(hub: &Hub, device: &str, key: &SymmetricKey) -> Client<TcpStream> {
    let (mut client, ack) = hub.dialled(greeting(hub, device, key)).await;
    assert_eq!(ack, (0, false));
    assert_eq!(client.subscribe(&[(ANSWERS, 1)]).await, [1]);
    client
}

/// Status and body of the answer to what was just published.
async fn answer(client: &mut Client<TcpStream>, rid: &str) -> (String, Value) {
    client.puback().await;
    let (topic, body) = client.published().await;
    let status = topic.strip_prefix("$dps/registrations/res/").unwrap();
    let (status, query) = status.split_once("/?").unwrap();
    let after = query.strip_prefix(&format!("$rid={rid}")).unwrap();
    (format!("{status}{after}"), serde_json::from_str(&body).unwrap())
}

/// Registers and asks until there is a result.
async fn registered(client: &mut Client<TcpStream>, body: &str) -> Value {
    client.publish(&format!("{REGISTER}a"), 1, body).await;
    let (status, taken) = answer(client, "a").await;
    assert_eq!((status.as_str(), &taken["status"]), ("202&retry-after=3", &json!("assigning")));
    let operation = taken["operationId"].as_str().unwrap();
    let poll = format!("$dps/registrations/GET/iotdps-get-operationstatus/?$rid=b&operationId={operation}");
    client.publish(&poll, 1, " ").await;
    let (status, ended) = answer(client, "b").await;
    assert_eq!(status, "200");
    assert_eq!(ended["operationId"], operation);
    ended
}

fn id(text: &str) -> DeviceId {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_new_device_comes_by_its_group_and_connects_with_the_same_key() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let keys = group_keys(&hub, "SAS-IoT-Devices", "dev-01").await;
    let mut client = listening(&hub, "dev-01", &keys.primary).await;
    assert_eq!(hub.engine.store().device(&id("dev-01")).await.unwrap(), None, "a CONNECT makes nothing");
    let body = r#"{"registrationId":"dev-01","payload":{"modelId":"dtmi:com:example:X;1"}}"#;
    let ended = registered(&mut client, body).await;
    let state = &ended["registrationState"];
    for (member, expected) in [
        ("status", "assigned"),
        ("deviceId", "dev-01"),
        ("assignedHub", "localhost"),
        ("substatus", "initialAssignment"),
    ] {
        assert_eq!(state[member], expected, "{member}");
    }
    let device = hub.engine.store().device(&id("dev-01")).await.unwrap().unwrap();
    assert!(device.provisioned && !device.iot_edge);
    assert_eq!((device.model_id.as_str(), &device.keys), ("dtmi:com:example:X;1", &keys));
    client.silent().await;
    client.send(Packet::Disconnect).await;
    client.closed().await;

    // Both keys are good on the hub, and for registering again: nothing is written then.
    let mut online = hub.online(&device, &[]).await;
    let mut again = listening(&hub, "dev-01", &keys.secondary).await;
    assert_eq!(registered(&mut again, "").await["registrationState"], *state);
    online.silent().await;
    assert_eq!(hub.connection_state(&device).await, "Connected", "a registration is no session of the device");
    drop(again);

    // After a restart all of it is as it was.
    let scope = hub.engine.id_scope().to_owned();
    hub.stop().await;
    let hub = Hub::start(&directory).await;
    assert_eq!(hub.engine.id_scope(), scope);
    let mut client = listening(&hub, "dev-01", &keys.primary).await;
    assert_eq!(registered(&mut client, "").await["registrationState"], *state);
    let edge = group_keys(&hub, "SAS-IoT-Edge-Devices", "edge-01").await;
    registered(&mut listening(&hub, "edge-01", &edge.primary).await, "{}").await;
    assert!(hub.engine.store().device(&id("edge-01")).await.unwrap().unwrap().iot_edge);
    hub.stop().await;
}

#[tokio::test]
async fn credentials() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let keys = group_keys(&hub, "SAS-IoT-Devices", "dev-01").await;
    let group = hub.engine.store().record::<EnrollmentGroup>("SAS-IoT-Devices").await.unwrap().unwrap().record;
    let bellwether_model::provisioning::GroupAttestation::SymmetricKey(master) = group.attestation else { panic!() };
    let good = greeting(&hub, "dev-01", &keys.primary);
    let other_scope = "0ne00000000/registrations/dev-01/api-version=2019-03-31";
    for (what, connect, code) in [
        ("good", good.clone(), 0),
        ("the group's own key", greeting(&hub, "dev-01", &master.primary), 5),
        ("another device's key", greeting(&hub, "dev-02", &keys.primary), 5),
        ("upper case is another name", greeting(&hub, "DEV-01", &keys.primary), 5),
        ("another scope", Connect { username: Some(other_scope.into()), ..good.clone() }, 5),
        ("no token", Connect { password: None, ..good.clone() }, 5),
        ("no token at all", Connect { password: Some("password".into()), ..good.clone() }, 5),
        ("a name that cannot be", greeting(&hub, "dev 01", &keys.primary), 5),
        ("another client id", Connect { client_id: "dev-02".into(), ..good.clone() }, 2),
    ] {
        let (mut client, ack) = hub.dialled(connect).await;
        assert_eq!(ack, (code, false), "{what}");
        if code != 0 {
            client.closed().await;
        }
    }
    assert!(hub.engine.store().devices(10).await.unwrap().is_empty());
    // Junk on a good connection: answers, or the end, and it makes nothing.
    let mut client = listening(&hub, "dev-01", &keys.primary).await;
    for (topic, body, status) in [
        (format!("{REGISTER}1"), "{", "400"),
        (format!("{REGISTER}1"), "[1]", "400"),
        (format!("{REGISTER}1"), r#"{"registrationId":"dev-02"}"#, "400"),
        ("$dps/registrations/GET/iotdps-get-operationstatus/?$rid=1&operationId=4.0.0".to_owned(), "", "404"),
        ("$dps/registrations/GET/iotdps-get-operationstatus/?$rid=1".to_owned(), "", "404"),
    ] {
        client.publish(&topic, 1, body).await;
        let (found, error) = answer(&mut client, "1").await;
        assert_eq!(found, status, "{topic} {body}");
        assert_eq!(error["errorCode"].as_u64().unwrap() / 1000, status.parse::<u64>().unwrap());
    }
    client.send(publish("devices/dev-01/messages/events/", 0, "")).await;
    client.closed().await;
    assert!(hub.engine.store().devices(10).await.unwrap().is_empty());
    hub.stop().await;
}

#[tokio::test]
async fn refused_by_policy() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let keys = group_keys(&hub, "SAS-IoT-Devices", "dev-01").await;
    let mut client = listening(&hub, "dev-01", &keys.primary).await;
    registered(&mut client, "").await;
    let device = hub.engine.store().device(&id("dev-01")).await.unwrap().unwrap();
    hub.disable(&device, true).await;
    let state = registered(&mut client, "").await["registrationState"].clone();
    assert_eq!((&state["status"], &state["errorMessage"]), (&json!("disabled"), &json!("the device is blocked")));
    assert_eq!(hub.dialled(hub.connect(&device)).await.1, (3, false), "the hub refuses it as well");
    hub.disable(&device, false).await;
    assert_eq!(registered(&mut client, "").await["status"], "assigned");

    disable_group(&hub).await;
    let state = registered(&mut client, "").await["registrationState"].clone();
    assert_eq!((&state["status"], &state["errorCode"]), (&json!("disabled"), &json!(403_002)));
    let stranger = group_keys(&hub, "SAS-IoT-Devices", "stranger").await;
    let mut client = listening(&hub, "stranger", &stranger.primary).await;
    assert_eq!(registered(&mut client, "").await["status"], "disabled");
    assert_eq!(hub.engine.store().device(&id("stranger")).await.unwrap(), None);
    hub.stop().await;
}

async fn disable_group(hub: &Hub) {
    #[derive(Debug)]
    enum Never {}
    impl From<StoreError> for Never {
        fn from(error: StoreError) -> Never {
            panic!("{error}")
        }
    }
    impl From<EtagMismatch> for Never {
        fn from(error: EtagMismatch) -> Never {
            panic!("{error}")
        }
    }
    let off = |stands: Option<&Stored<EnrollmentGroup>>| {
        let group = &stands.unwrap().record;
        let attestation = GroupAttestationSettings::SymmetricKey(None);
        let (display_name, device_type) = (group.display_name.clone(), group.device_type);
        Ok::<_, Never>(EnrollmentGroupSettings { display_name, enabled: false, device_type, attestation })
    };
    hub.engine.write_enrollment_group("SAS-IoT-Devices", IfMatch::Any, off).await.unwrap();
}

#[tokio::test]
async fn keys_of_known_devices() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let device = hub.device("dev-01").await;
    let by_group = group_keys(&hub, "SAS-IoT-Devices", "dev-01").await;
    // Its own key registers it.
    let mut client = listening(&hub, "dev-01", &device.keys.secondary).await;
    assert_eq!(registered(&mut client, "").await["status"], "assigned");
    let seen = hub.engine.store().device(&device.id).await.unwrap().unwrap();
    assert!(seen.provisioned && seen.keys == device.keys);
    // From then on a group's key does not take it over.
    assert_eq!(hub.dialled(greeting(&hub, "dev-01", &by_group.primary)).await.1, (5, false));

    // A device that was made and never came gets the group's keys, and its connection with others ends.
    let fresh = hub.device("dev-02").await;
    let by_group = group_keys(&hub, "SAS-IoT-Devices", "dev-02").await;
    registered(&mut listening(&hub, "dev-02", &by_group.primary).await, "").await;
    let seen = hub.engine.store().device(&fresh.id).await.unwrap().unwrap();
    assert_eq!((&seen.keys, seen.seq), (&by_group, fresh.seq));
    assert_eq!(hub.dialled(hub.connect(&fresh)).await.1, (5, false));
    hub.online(&seen, &[]).await;

    // Deleted and come again: another device.
    hub.engine.delete_device(&seen.id, IfMatch::Any).await.unwrap();
    assert_eq!(hub.dialled(hub.connect(&seen)).await.1, (5, false));
    registered(&mut listening(&hub, "dev-02", &by_group.primary).await, "").await;
    assert_ne!(hub.engine.store().device(&seen.id).await.unwrap().unwrap().seq, seen.seq);
    hub.stop().await;
}

/// Over a limit the connection stays: the device asks again on it.
#[tokio::test]
async fn registrations_over_a_limit() {
    let directory = TempDir::new().unwrap();
    let limits =
        Limits { registrations_per_minute: std::num::NonZeroU32::new(3), devices_max: Some(1), ..Limits::default() };
    let engine = Settings { limits, provisioning_retry_after: 70, ..Settings::default() };
    let hub = Hub::start_engine(directory.path(), settings(), QueueLimits::default(), engine).await;
    for (device, expected, code, part) in [
        ("a", "202&retry-after=70", Value::Null, ""),
        ("b", "403", json!(403_002), "devices-max"),
        ("a", "202&retry-after=70", Value::Null, ""),
        ("a", "429&retry-after=70", json!(429_001), "registrations-per-minute"),
        ("a", "429&retry-after=70", json!(429_001), "registrations-per-minute"),
    ] {
        let key = group_keys(&hub, "SAS-IoT-Devices", device).await.primary;
        let mut client = listening(&hub, device, &key).await;
        client.publish(&format!("{REGISTER}a"), 1, "").await;
        let (status, body) = answer(&mut client, "a").await;
        assert_eq!((status.as_str(), &body["errorCode"]), (expected, &code), "{device}");
        assert!(body.to_string().contains(part), "{body}");
        // What it asks next is answered.
        client.publish("$dps/registrations/GET/iotdps-get-operationstatus/?$rid=b&operationId=x", 1, " ").await;
        assert_eq!(answer(&mut client, "b").await.0, "404");
    }
    assert_eq!(hub.engine.store().device(&id("b")).await.unwrap(), None);
}
