//! A hub with a gateway on loopback, and a raw MQTT client for it.
#![allow(dead_code)]

use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bellwether_engine::{Clock, DevicePort, Engine, Entropy, World};
use bellwether_gateway::protocol::frame;
use bellwether_gateway::{Gateway, QueueLimits, Sessions, Settings};
use bellwether_model::access::Scope;
use bellwether_model::identity::{Device, DeviceSettings, IfMatch, Keys, Status, SymmetricKey};
use bellwether_model::method::MethodCall;
use bellwether_model::policy::{Policies, Policy, Right};
use bellwether_model::sas::{self, HostNames};
use bellwether_model::twin::TwinChange;
use bellwether_model::{DeviceId, Time};
use bellwether_store::{Mode, Store};
use bytes::{Bytes, BytesMut};
use rmqtt_codec::types::{Protocol, Publish, QoS};
use rmqtt_codec::v3::{Codec, Connect, Packet, SubscribeReturnCode};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::codec::Decoder;
use tokio_util::sync::CancellationToken;

pub const TWIN: &str = "$iothub/twin/res/#";
pub const DESIRED: &str = "$iothub/twin/PATCH/properties/desired/#";
pub const METHODS: &str = "$iothub/methods/POST/#";

/// Longer than anything takes here.
const PATIENCE: Duration = Duration::from_secs(10);

struct TestClock;

impl Clock for TestClock {
    fn now(&self) -> Time {
        let micros = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
        Time(i64::try_from(micros).unwrap())
    }
}

#[derive(Default)]
struct TestEntropy(AtomicU8);

impl Entropy for TestEntropy {
    fn draw(&self) -> [u8; 32] {
        [self.0.fetch_add(1, Ordering::Relaxed); 32]
    }
}

pub struct Hub {
    pub engine: Arc<Engine>,
    pub sessions: Arc<Sessions>,
    pub gateway: Gateway,
    pub address: SocketAddr,
    shutdown: CancellationToken,
}

pub fn settings() -> Settings {
    Settings { hosts: HostNames(vec!["hub1.example.test".to_owned()]), ..Settings::default() }
}

pub fn policy_key() -> SymmetricKey {
    SymmetricKey::from_bytes(&[77; 32])
}

fn policies() -> Policies {
    let policy = |name: &str, right| Policy {
        name: name.to_owned(),
        keys: Keys { primary: policy_key(), secondary: SymmetricKey::from_bytes(&[78; 32]) },
        rights: vec![right],
    };
    Policies(vec![policy("device", Right::DeviceConnect), policy("service", Right::ServiceConnect)])
}

impl Hub {
    pub async fn start(directory: &TempDir) -> Hub {
        Hub::start_with(directory.path(), settings(), QueueLimits::default()).await
    }

    pub async fn start_with(directory: &Path, settings: Settings, limits: QueueLimits) -> Hub {
        Hub::start_engine(directory, settings, limits, bellwether_engine::Settings::default()).await
    }

    pub async fn start_engine(
        directory: &Path,
        settings: Settings,
        limits: QueueLimits,
        engine: bellwether_engine::Settings,
    ) -> Hub {
        let store = Arc::new(Store::open(&directory.join("hub.db"), Mode::Threaded).unwrap());
        let epoch = store.begin_epoch().await.unwrap();
        let sessions = Sessions::new(epoch, limits);
        let world = World {
            port: Arc::clone(&sessions) as Arc<dyn DevicePort>,
            clock: Arc::new(TestClock),
            entropy: Arc::new(TestEntropy::default()),
        };
        let engine = Engine::start(store, world, engine, epoch).await.unwrap();
        let gateway = Gateway::new(Arc::clone(&engine), Arc::clone(&sessions), Arc::new(policies()), settings);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let (serving, until) = (gateway.clone(), shutdown.clone());
        tokio::spawn(async move { serving.serve_tcp(listener, until).await });
        Hub { engine, sessions, gateway, address, shutdown }
    }

    /// As the program stops.
    pub async fn stop(self) {
        self.shutdown.cancel();
        tokio::time::timeout(PATIENCE, self.gateway.close()).await.unwrap();
        self.engine.stop(Duration::ZERO).await;
        self.engine.store().close();
    }

    pub async fn device(&self, id: &str) -> Device {
        let settings = DeviceSettings {
            status: Status::Enabled,
            status_reason: None,
            keys: None,
            iot_edge: false,
            device_scope: None,
        };
        self.engine.create_device(id.parse().unwrap(), settings).await.unwrap()
    }

    pub async fn disable(&self, device: &Device, disabled: bool) {
        let status = if disabled { Status::Disabled } else { Status::Enabled };
        let settings = DeviceSettings { status, status_reason: None, keys: None, iot_edge: false, device_scope: None };
        self.engine.update_device(&device.id, settings, IfMatch::Any).await.unwrap();
    }

    pub async fn set_desired(&self, id: &DeviceId, patch: &str) {
        let change = TwinChange::merge_from_body(&format!(r#"{{"properties":{{"desired":{patch}}}}}"#)).unwrap();
        self.engine.change_twin(id, &Scope::Everything, change, IfMatch::Any).await.unwrap();
    }

    /// A token for the device's own key that is good for an hour.
    pub fn token(&self, device: &Device) -> String {
        self.token_for(device, 3600)
    }

    pub fn token_for(&self, device: &Device, seconds: i64) -> String {
        let resource = format!("hub1.example.test/devices/{}", device.id.as_str());
        sas::make(&resource, &device.keys.primary.bytes(), self.engine.now().plus_seconds(seconds), None)
    }

    pub fn connect(&self, device: &Device) -> Connect {
        connect(device.id.as_str(), &self.token(device))
    }

    pub async fn dial(&self) -> Client<TcpStream> {
        Client::new(TcpStream::connect(self.address).await.unwrap())
    }

    /// A client that has sent `connect`, and the CONNACK's code and session present.
    pub async fn dialled(&self, connect: Connect) -> (Client<TcpStream>, (u8, bool)) {
        let mut client = self.dial().await;
        let ack = client.connect(connect).await;
        (client, ack)
    }

    /// A device that was let in and is subscribed to `filters` with QoS 0.
    pub async fn online(&self, device: &Device, filters: &[&str]) -> Client<TcpStream> {
        let (mut client, ack) = self.dialled(self.connect(device)).await;
        assert_eq!(ack.0, 0);
        if !filters.is_empty() {
            let filters: Vec<_> = filters.iter().map(|filter| (*filter, 0)).collect();
            assert_eq!(client.subscribe(&filters).await, vec![0; filters.len()]);
        }
        client
    }

    pub async fn connection_state(&self, device: &Device) -> &'static str {
        let device = self.engine.store().device(&device.id).await.unwrap().unwrap();
        self.engine.presence(&device).state()
    }

    /// Waits until `condition` holds.
    pub async fn until(&self, what: &str, condition: impl Fn(&Hub) -> bool) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !condition(self) {
            assert!(tokio::time::Instant::now() < deadline, "{what}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

pub fn method(name: &str, payload: &str) -> Arc<MethodCall> {
    Arc::new(MethodCall {
        name: name.to_owned(),
        payload: payload.to_owned(),
        response_timeout: 30,
        connect_timeout: None,
    })
}

pub fn connect(device: &str, token: &str) -> Connect {
    Connect {
        protocol: Protocol(4),
        clean_session: false,
        keep_alive: 60,
        last_will: None,
        client_id: device.to_owned().into(),
        username: Some(format!("hub1.example.test/{device}/?api-version=2021-04-12").into()),
        password: Some(token.to_owned().into()),
        cert: None,
    }
}

/// Speaks MQTT one packet at a time.
pub struct Client<S> {
    stream: S,
    input: BytesMut,
    codec: Codec,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub fn new(stream: S) -> Client<S> {
        Client { stream, input: BytesMut::new(), codec: Codec::new(0) }
    }

    pub async fn send(&mut self, packet: Packet) {
        let mut bytes = BytesMut::new();
        frame::encode(packet, &mut bytes).unwrap();
        self.send_bytes(&bytes).await;
    }

    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// The next packet; `None` when the server closed.
    pub async fn next(&mut self) -> Option<Packet> {
        loop {
            if let Some((packet, _)) = self.codec.decode(&mut self.input).unwrap() {
                return Some(packet);
            }
            let read = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.input)).await;
            match read.expect("the server said nothing") {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    pub async fn connect(&mut self, connect: Connect) -> (u8, bool) {
        self.send(Packet::Connect(Box::new(connect))).await;
        match self.next().await {
            Some(Packet::ConnectAck(ack)) => (ack.return_code.into(), ack.session_present),
            other => panic!("{other:?}"),
        }
    }

    /// Return codes of the SUBACK.
    pub async fn subscribe(&mut self, filters: &[(&str, u8)]) -> Vec<u8> {
        let topic_filters =
            filters.iter().map(|(filter, qos)| ((*filter).to_owned().into(), QoS::try_from(*qos).unwrap())).collect();
        self.send(Packet::Subscribe { packet_id: NonZeroU16::new(9).unwrap(), topic_filters }).await;
        match self.next().await {
            Some(Packet::SubscribeAck { status, .. }) => status
                .into_iter()
                .map(|status| match status {
                    SubscribeReturnCode::Success(qos) => qos.into(),
                    SubscribeReturnCode::Failure => 0x80,
                })
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    pub async fn publish(&mut self, topic: &str, qos: u8, payload: &str) {
        self.send(publish(topic, qos, payload)).await;
    }

    /// Topic and payload of the next PUBLISH; QoS 1 is acknowledged.
    pub async fn published(&mut self) -> (String, String) {
        match self.next().await {
            Some(Packet::Publish(publish)) => {
                if let Some(packet_id) = publish.packet_id {
                    self.send(Packet::PublishAck { packet_id }).await;
                }
                (publish.topic.to_string(), String::from_utf8(publish.payload.to_vec()).unwrap())
            }
            other => panic!("{other:?}"),
        }
    }

    pub async fn puback(&mut self) {
        let packet = self.next().await;
        assert!(matches!(packet, Some(Packet::PublishAck { .. })), "{packet:?}");
    }

    /// The server has nothing more to say before its answer to a ping.
    pub async fn silent(&mut self) {
        self.send(Packet::PingRequest).await;
        assert_eq!(self.next().await, Some(Packet::PingResponse));
    }

    pub async fn closed(&mut self) {
        assert_eq!(self.next().await, None);
    }
}

pub fn publish(topic: &str, qos: u8, payload: &str) -> Packet {
    Packet::Publish(Box::new(Publish {
        dup: false,
        retain: false,
        qos: QoS::try_from(qos).unwrap(),
        topic: topic.to_owned().into(),
        packet_id: (qos > 0).then(|| NonZeroU16::new(5).unwrap()),
        payload: Bytes::copy_from_slice(payload.as_bytes()),
        properties: None,
    }))
}
