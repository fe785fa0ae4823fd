//! Connecting, what closes a connection, and one connection per identity (device-protocol §2).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use bellwether_engine::{CallError, DevicePort};
use bellwether_gateway::{QueueLimits, Settings, tls_config};
use bellwether_model::identity::IfMatch;
use bellwether_model::{DeviceSeq, sas};
use rmqtt_codec::v3::{Connect, LastWill, Packet};
use support::{Client, DESIRED, Hub, METHODS, TWIN, connect, method, policy_key, publish, settings};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn codes() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let (device, other, off) = (hub.device("dev-01").await, hub.device("dev-02").await, hub.device("off").await);
    hub.disable(&off, true).await;
    let in_an_hour = hub.engine.now().plus_seconds(3600);
    let by_policy = |resource: &str, policy: &str| {
        connect("dev-01", &sas::make(resource, &policy_key().bytes(), in_an_hour, Some(policy)))
    };
    let good = hub.connect(&device);
    let table: [(&str, Connect, u8); 15] = [
        ("good", good.clone(), 0),
        ("unknown device", connect("nobody", &hub.token(&device)), 5),
        ("id that cannot be", connect("a b", &hub.token(&device)), 5),
        ("another device's token", connect("dev-01", &hub.token(&other)), 5),
        ("expired", connect("dev-01", &hub.token_for(&device, 0)), 5),
        ("no token", Connect { password: None, ..good.clone() }, 5),
        ("no token at all", connect("dev-01", "password"), 4),
        ("no user name", Connect { username: None, password: None, ..good.clone() }, 4),
        ("bad user name", Connect { username: Some("dev-01".into()), ..good.clone() }, 4),
        ("other client id", Connect { client_id: "dev-02".into(), ..good.clone() }, 2),
        ("empty client id", Connect { client_id: "".into(), ..good.clone() }, 2),
        ("disabled", hub.connect(&off), 3),
        ("policy", by_policy("hub1.example.test/devices", "device"), 0),
        ("policy without the right", by_policy("hub1.example.test/devices", "service"), 5),
        ("policy for another hub", by_policy("hub2.example.test", "device"), 5),
    ];
    for (what, connect, code) in table {
        let (mut client, ack) = hub.dialled(connect).await;
        assert_eq!(ack, (code, false), "{what}");
        if code != 0 {
            client.closed().await;
        }
    }
    for (what, bytes, code) in [
        ("level 5", &b"\x10\x0e\0\x04MQTT\x05\x02\0\x3c\0\0\x01a"[..], 1),
        ("level 3", b"\x10\x0f\0\x06MQIsdp\x03\x02\0\x3c\0\x01a", 1),
    ] {
        let mut client = hub.dial().await;
        client.send_bytes(bytes).await;
        let Some(Packet::ConnectAck(ack)) = client.next().await else { panic!("{what}") };
        assert_eq!(u8::from(ack.return_code), code, "{what}");
        client.closed().await;
    }
    assert_eq!(hub.gateway.stats().accepted(), 2);
    assert_eq!(hub.gateway.stats().refused(), 15);
    hub.stop().await;
}

#[tokio::test]
async fn module_identities_come_later() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let device = hub.device("dev-01").await;
    let module = Connect {
        client_id: "dev-01/mod1".into(),
        username: Some("hub1.example.test/dev-01/mod1/?api-version=2021-04-12".into()),
        ..hub.connect(&device)
    };
    assert_eq!(hub.dialled(module).await.1, (5, false));
    hub.stop().await;
}

#[tokio::test]
async fn what_closes_a_connection() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let device = hub.device("dev-01").await;
    let large = publish("devices/dev-01/messages/events/", 0, &"x".repeat(300 * 1024));
    let table = [
        ("QoS 2", publish("devices/dev-01/messages/events/", 2, "")),
        ("unknown topic", publish("devices/dev-01/other", 1, "")),
        ("another device's topic", publish("devices/dev-02/messages/events/", 0, "")),
        ("a second CONNECT", Packet::Connect(Box::new(hub.connect(&device)))),
        ("a server's packet", Packet::PingResponse),
        ("DISCONNECT", Packet::Disconnect),
    ];
    for (what, packet) in table {
        let mut client = hub.online(&device, &[]).await;
        client.send(packet).await;
        assert_eq!(client.next().await, None, "{what}");
        hub.until(what, |hub| hub.sessions.connected() == 0).await;
    }
    let mut client = hub.online(&device, &[]).await;
    // Only the beginning: the announced length is enough.
    let mut bytes = bytes::BytesMut::new();
    bellwether_gateway::protocol::frame::encode(large, &mut bytes).unwrap();
    client.send_bytes(&bytes[..100]).await;
    client.closed().await;

    let mut client = hub.online(&device, &[]).await;
    client.send_bytes(&[0xf0, 0]).await;
    client.closed().await;

    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xc0, 0], &[0x10, 0xff, 0xff, 0xff, 0x7f], &[0x10, 2, 0, 4]] {
        let mut client = hub.dial().await;
        client.send_bytes(garbage).await;
        client.closed().await;
    }
    hub.stop().await;
}

#[tokio::test]
async fn times() {
    let directory = TempDir::new().unwrap();
    let settings = Settings { connect_timeout: Duration::from_millis(300), ..settings() };
    let hub = Hub::start_with(directory.path(), settings, QueueLimits::default()).await;
    let device = hub.device("dev-01").await;
    let mut silent = hub.dial().await;
    silent.closed().await;

    let began = std::time::Instant::now();
    let (mut client, ack) = hub.dialled(Connect { keep_alive: 1, ..hub.connect(&device) }).await;
    assert_eq!(ack.0, 0);
    client.closed().await;
    let silence = began.elapsed();
    assert!((1400..3000).contains(&silence.as_millis()), "{silence:?}");

    let (mut client, ack) = hub.dialled(connect("dev-01", &hub.token_for(&device, 2))).await;
    assert_eq!(ack.0, 0);
    client.silent().await;
    client.closed().await;
    hub.stop().await;
}

#[tokio::test]
async fn a_newer_connection_takes_over() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let device = hub.device("dev-01").await;
    let mut older = hub.online(&device, &[METHODS]).await;
    let call = tokio::spawn(hub.sessions.call(device.seq, method("m", "1"), Duration::from_secs(30)));
    older.published().await;

    let (mut refused, ack) = hub.dialled(connect("dev-01", "SharedAccessSignature sr=a&sig=AAAA&se=9")).await;
    assert_eq!(ack.0, 5);
    refused.closed().await;
    older.silent().await;

    let mut newer = hub.online(&device, &[]).await;
    older.closed().await;
    assert_eq!(call.await.unwrap(), Err(CallError::ConnectionLost));
    newer.silent().await;
    assert_eq!((hub.sessions.connected(), hub.connection_state(&device).await), (1, "Connected"));
    assert!(hub.sessions.reachable(device.seq), "the stored subscription");
    drop(newer);
    hub.until("gone", |hub| hub.sessions.connected() == 0).await;
    assert_eq!(hub.connection_state(&device).await, "Disconnected");
    hub.stop().await;
}

#[tokio::test]
async fn revoked() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let device = hub.device("dev-01").await;
    let mut client = hub.online(&device, &[METHODS]).await;
    hub.disable(&device, true).await;
    client.closed().await;
    assert_eq!(hub.dialled(hub.connect(&device)).await.1, (3, false));
    hub.disable(&device, false).await;
    let mut client = hub.online(&device, &[]).await;
    hub.engine.delete_device(&device.id, IfMatch::Any).await.unwrap();
    client.closed().await;
    assert_eq!(hub.dialled(hub.connect(&device)).await.1, (5, false));
    // Another device of the same name has other keys and no stored session.
    let again = hub.device("dev-01").await;
    assert_eq!(hub.dialled(hub.connect(&device)).await.1, (5, false));
    assert_eq!(hub.dialled(hub.connect(&again)).await.1, (0, false));
    hub.stop().await;
}

#[tokio::test]
async fn too_many_connections() {
    let directory = TempDir::new().unwrap();
    let settings = Settings { connections_max: 2, ..settings() };
    let hub = Hub::start_with(directory.path(), settings, QueueLimits::default()).await;
    let devices = [hub.device("a").await, hub.device("b").await, hub.device("c").await];
    let first = hub.online(&devices[0], &[]).await;
    let _second = hub.online(&devices[1], &[]).await;
    assert_eq!(hub.dialled(hub.connect(&devices[2])).await.1, (3, false));
    let mut waiting = Vec::new();
    for _ in 0..64 {
        waiting.push(hub.dial().await);
    }
    let mut one_too_many = hub.dial().await;
    one_too_many.closed().await;
    drop((first, waiting));
    hub.until("room", |hub| hub.gateway.stats().connections() == 1).await;
    assert_eq!(hub.dialled(hub.connect(&devices[2])).await.1, (0, false));
    hub.stop().await;
}

#[tokio::test]
async fn subscribing_right_after_connect() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let device = hub.device("dev-01").await;
    let mut client = hub.dial().await;
    client.send(Packet::Connect(Box::new(hub.connect(&device)))).await;
    let mut codes = Vec::new();
    let subscribe = Packet::Subscribe {
        packet_id: std::num::NonZeroU16::MIN,
        topic_filters: vec![(TWIN.into(), rmqtt_codec::types::QoS::AtMostOnce)],
    };
    client.send(subscribe).await;
    client.publish("$iothub/twin/GET/?$rid=1", 0, "").await;
    for _ in 0..3 {
        codes.push(client.next().await.unwrap().packet_type());
    }
    assert_eq!(codes, [0x20, 0x90, 0x30]);
    hub.stop().await;
}

#[tokio::test]
async fn telemetry_and_wills_are_counted() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let device = hub.device("dev-01").await;
    let will = LastWill {
        qos: rmqtt_codec::types::QoS::AtMostOnce,
        retain: false,
        topic: "devices/dev-01/messages/events/".into(),
        message: "gone".into(),
    };
    let (mut client, ack) = hub.dialled(Connect { last_will: Some(will), ..hub.connect(&device) }).await;
    assert_eq!(ack.0, 0);
    client.publish("devices/dev-01/messages/events/%24.ct=application%2Fjson", 1, "{}").await;
    client.puback().await;
    client.publish("devices/dev-01/messages/events/", 0, &"x".repeat(256 * 1024)).await;
    client.silent().await;
    assert_eq!(hub.gateway.stats().telemetry(), 2);
    drop(client);
    hub.until("the will", |hub| hub.gateway.stats().telemetry() == 3).await;
    let seen = hub.engine.store().device(&device.id).await.unwrap().unwrap();
    assert!(hub.engine.presence(&seen).last_activity > bellwether_model::Time::NEVER);
    hub.stop().await;
}

#[tokio::test]
async fn the_model_announced_is_kept() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let device = hub.device("dev-01").await;
    let username = "hub1.example.test/dev-01/?api-version=2021-04-12&model-id=dtmi:com:example:X;1";
    let (mut client, _) = hub.dialled(Connect { username: Some(username.into()), ..hub.connect(&device) }).await;
    client.subscribe(&[(TWIN, 0)]).await;
    let seen = hub.engine.store().device(&device.id).await.unwrap().unwrap();
    assert_eq!((seen.model_id.as_str(), seen.provisioned), ("dtmi:com:example:X;1", true));
    // Who announces none keeps the one that he announced.
    hub.online(&device, &[TWIN]).await;
    let seen = hub.engine.store().device(&device.id).await.unwrap().unwrap();
    assert_eq!(seen.model_id, "dtmi:com:example:X;1");
    hub.stop().await;
}

#[tokio::test]
async fn a_device_that_does_not_read_is_closed() {
    let directory = TempDir::new().unwrap();
    let limits = QueueLimits { messages_max: 8, bytes_max: 256 * 1024 };
    let hub =
        Hub::start_with(directory.path(), Settings { close_timeout: Duration::from_millis(100), ..settings() }, limits)
            .await;
    let device = hub.device("dev-01").await;
    let _client = hub.online(&device, &[DESIRED]).await;
    let patch: Arc<str> = format!(r#"{{"a":"{}"}}"#, "x".repeat(30_000)).into();
    // Socket buffers take some megabytes.
    for version in 0..2000 {
        hub.sessions.desired_changed(device.seq, &patch, version);
        if version % 4 == 0 {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
    }
    hub.until("closed", |hub| hub.gateway.stats().connections() == 0).await;
    assert_eq!(hub.sessions.connected(), 0);
    hub.stop().await;
}

#[tokio::test]
async fn nothing_happens_for_devices_that_are_not_there() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    hub.sessions.desired_changed(DeviceSeq(5), &Arc::from("{}"), 1);
    hub.sessions.close(DeviceSeq(5));
    assert!(!hub.sessions.reachable(DeviceSeq(5)));
    let call = hub.sessions.call(DeviceSeq(5), method("m", "1"), Duration::from_secs(1)).await;
    assert_eq!(call, Err(CallError::NotConnected));
    hub.stop().await;
}

#[tokio::test]
async fn stopping_closes_everything() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let device = hub.device("dev-01").await;
    let (mut client, mut mute) = (hub.online(&device, &[METHODS]).await, hub.dial().await);
    hub.until("accepted", |hub| hub.gateway.stats().connections() == 2).await;
    let call = tokio::spawn(hub.sessions.call(device.seq, method("m", "1"), Duration::from_secs(30)));
    client.published().await;
    hub.stop().await;
    client.closed().await;
    mute.closed().await;
    assert_eq!(call.await.unwrap(), Err(CallError::ConnectionLost));
}

fn certificate() -> (CertificateDer<'static>, PrivatePkcs8KeyDer<'static>) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    (made.cert.der().clone(), PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()))
}

#[tokio::test]
async fn over_tls() {
    let directory = TempDir::new().unwrap();
    let settings = Settings { handshake_timeout: Duration::from_millis(500), ..settings() };
    let hub = Hub::start_with(directory.path(), settings, QueueLimits::default()).await;
    let device = hub.device("dev-01").await;
    let (certificate, key) = certificate();
    let config = Arc::new(tls_config(vec![certificate.clone()], key.into()).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (gateway, shutdown) = (hub.gateway.clone(), CancellationToken::new());
    let until = shutdown.clone();
    tokio::spawn(async move { gateway.serve_tls(listener, config, until).await });

    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let dial = async |version: &'static SupportedProtocolVersion| {
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots.clone())
            .with_no_client_auth();
        let tcp = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        Client::new(TlsConnector::from(Arc::new(config)).connect(name, tcp).await.unwrap())
    };
    for version in [&TLS12, &TLS13] {
        let mut client = dial(version).await;
        assert_eq!(client.connect(hub.connect(&device)).await.0, 0);
        client.subscribe(&[(TWIN, 1), (METHODS, 0)]).await;
        client.publish("$iothub/twin/GET/?$rid=1", 1, " ").await;
        client.puback().await;
        assert_eq!(client.published().await.0, "$iothub/twin/res/200/?$rid=1");
        client.publish("devices/dev-01/messages/events/", 0, &"x".repeat(200_000)).await;
        let call = tokio::spawn(hub.sessions.call(device.seq, method("m", "[1]"), Duration::from_secs(30)));
        let (topic, _) = client.published().await;
        let rid = topic.split("$rid=").nth(1).unwrap().to_owned();
        client.publish(&format!("$iothub/methods/res/200/?$rid={rid}"), 0, "").await;
        assert_eq!(call.await.unwrap().unwrap().status, 200);
        client.send(Packet::Disconnect).await;
        client.closed().await;
    }
    // Says nothing, or no TLS.
    let mut mute = Client::new(TcpStream::connect(address).await.unwrap());
    mute.closed().await;
    shutdown.cancel();
    hub.stop().await;
}
