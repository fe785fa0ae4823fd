//! Devices over real MQTT/TLS connections, as their users have them: they come back by themselves, answer
//! methods, keep their desired properties right, and remember what reached them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwether_model::sas;
use parking_lot::Mutex;
use rumqttc::{
    AsyncClient, Event, EventLoop, MqttOptions, NetworkOptions, Packet, Publish, QoS, TlsConfiguration, Transport,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::hub::{Access, Identity, Rest, now};
use crate::support::PATIENCE;

const TOKEN_SECONDS: i64 = 3600;
const PACKET_MAX_BYTES: usize = 300 * 1024;
const QUEUE: usize = 64;
const METHODS: &str = "$iothub/methods/POST/";
const TWIN_ANSWERS: &str = "$iothub/twin/res/";
const DESIRED: &str = "$iothub/twin/PATCH/properties/desired/";
/// What a device subscribes to.
pub const FILTERS: [&str; 3] =
    ["$iothub/methods/POST/#", "$iothub/twin/res/#", "$iothub/twin/PATCH/properties/desired/#"];

/// Where devices connect; the same for every start of the server.
#[derive(Clone)]
pub struct Door {
    host: String,
    port: u16,
    transport: Transport,
}

impl Door {
    /// That of a server that is up.
    pub fn of(rest: &Rest, access: &Access) -> Self {
        let transport = Transport::tls_with_config(TlsConfiguration::Rustls(Arc::clone(&access.tls)));
        Door { host: rest.host.clone(), port: rest.mqtts, transport }
    }

    /// A client of one device with clean session 0; it connects when it is polled.
    pub fn client(&self, identity: &Identity) -> (AsyncClient, EventLoop) {
        let Identity { id, key } = identity;
        let mut options = MqttOptions::new(id, "localhost", self.port);
        let token = sas::make(&format!("{}/devices/{id}", self.host), key, now().plus_seconds(TOKEN_SECONDS), None);
        options
            .set_clean_session(false)
            .set_keep_alive(Duration::from_secs(240))
            .set_max_packet_size(PACKET_MAX_BYTES, PACKET_MAX_BYTES)
            .set_transport(self.transport.clone())
            .set_credentials(format!("{}/{id}/?api-version=2021-04-12", self.host), token);
        let (client, mut events) = AsyncClient::new(options, QUEUE);
        let mut network = NetworkOptions::new();
        network.set_connection_timeout(20).set_tcp_nodelay(true);
        events.set_network_options(network);
        (client, events)
    }
}

/// What reached a device, and what it makes of it.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Connected, subscribed, and its twin read since.
    pub online: bool,
    /// How often it came online.
    pub connects: u32,
    /// How often each job's method reached it.
    pub calls: BTreeMap<String, u32>,
    /// Its desired properties and their version, as far as it knows.
    pub desired: Option<(i64, Value)>,
    /// The highest version of its desired properties that it was told of.
    pub told: i64,
}

/// One device of a fleet.
pub struct Device {
    pub identity: Identity,
    pub number: usize,
    seen: Mutex<Seen>,
}

impl Device {
    /// What reached it so far.
    pub fn seen(&self) -> Seen {
        self.seen.lock().clone()
    }
}

/// The status with which a device answers the method: some answer an error, which is an answer all the same.
pub fn status_of(number: usize) -> u16 {
    if number.is_multiple_of(7) { 500 } else { 200 }
}

/// The call that devices answer after up to `slowest` ms.
pub fn call(job: &str, slowest: u64) -> Value {
    json!({"methodName": "work", "payload": {"job": job, "slowest": slowest}, "responseTimeoutInSeconds": 60})
}

/// Many devices that run until dropped.
pub struct Fleet {
    pub devices: Vec<Arc<Device>>,
    _tasks: JoinSet<()>,
}

impl Fleet {
    /// `pause` in ms is how long a device that was not let in or lost its connection waits until it tries again.
    pub fn start(door: &Door, identities: &[Identity], pause: Range<u64>) -> Self {
        let mut tasks = JoinSet::new();
        let devices: Vec<Arc<Device>> = identities
            .iter()
            .enumerate()
            .map(|(number, identity)| {
                let device = Device { identity: identity.clone(), number, seen: Mutex::default() };
                let device = Arc::new(device);
                let (client, events) = door.client(identity);
                tasks.spawn(run(Arc::clone(&device), client, events, pause.clone()));
                device
            })
            .collect();
        Fleet { devices, _tasks: tasks }
    }

    /// How many are online.
    pub fn online(&self) -> usize {
        self.devices.iter().filter(|device| device.seen.lock().online).count()
    }

    /// Waits until something is true of every device; `wrong` says what is not.
    pub async fn all(&self, what: &str, wrong: impl Fn(&Device, &Seen) -> Option<String>) {
        let begun = Instant::now();
        loop {
            let found: Vec<String> = self
                .devices
                .iter()
                .filter_map(|device| {
                    let wrong = wrong(device, &device.seen.lock())?;
                    Some(format!("{}: {wrong}", device.identity.id))
                })
                .collect();
            if found.is_empty() {
                return;
            }
            let some = found.iter().take(5).cloned().collect::<Vec<_>>().join("\n");
            assert!(
                begun.elapsed() < PATIENCE,
                "{what} did not come true of {} devices, some of them:\n{some}",
                found.len()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn run(device: Arc<Device>, client: AsyncClient, mut events: EventLoop, pause: Range<u64>) {
    let mut session = Session { device, client, acknowledged: 0, rid: 0 };
    loop {
        match events.poll().await {
            Ok(Event::Incoming(packet)) => session.receive(packet),
            Ok(Event::Outgoing(_)) => {}
            Err(_) => {
                session.device.seen.lock().online = false;
                tokio::time::sleep(Duration::from_millis(fastrand::u64(pause.clone()))).await;
            }
        }
    }
}

struct Session {
    device: Arc<Device>,
    client: AsyncClient,
    acknowledged: usize,
    rid: u64,
}

impl Session {
    fn receive(&mut self, packet: Packet) {
        match packet {
            // As the device SDKs do: a session that the hub kept still has its subscriptions.
            Packet::ConnAck(ack) if ack.session_present => self.read_twin(),
            Packet::ConnAck(_) => {
                self.acknowledged = 0;
                for filter in FILTERS {
                    self.client.try_subscribe(filter, QoS::AtMostOnce).unwrap();
                }
            }
            Packet::SubAck(_) => {
                self.acknowledged += 1;
                if self.acknowledged == FILTERS.len() {
                    self.read_twin();
                }
            }
            Packet::Publish(publish) => self.published(&publish),
            _ => {}
        }
    }

    fn published(&mut self, publish: &Publish) {
        if publish.topic.starts_with(METHODS) {
            self.called(publish);
        } else if publish.topic.starts_with(DESIRED) {
            self.patched(serde_json::from_slice(&publish.payload).unwrap());
        } else if publish.topic.starts_with(&format!("{TWIN_ANSWERS}200/?$rid={}", self.rid)) {
            self.twin(serde_json::from_slice(&publish.payload).unwrap());
        }
    }

    fn called(&self, publish: &Publish) {
        let payload: Value = serde_json::from_slice(&publish.payload).unwrap();
        let job = payload["job"].as_str().unwrap().to_owned();
        *self.device.seen.lock().calls.entry(job).or_default() += 1;
        let rid = publish.topic.rsplit_once("/?$rid=").unwrap().1;
        let topic = format!("$iothub/methods/res/{}/?$rid={rid}", status_of(self.device.number));
        let answer = json!({"device": self.device.identity.id, "job": payload["job"]}).to_string();
        let pause = Duration::from_millis(fastrand::u64(0..=payload["slowest"].as_u64().unwrap()));
        let client = self.client.clone();
        tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            // When the link went meanwhile this waits, and comes to the next start of the server: too late.
            let _ = client.publish(topic, QoS::AtMostOnce, false, answer).await;
        });
    }

    fn read_twin(&mut self) {
        self.rid += 1;
        let topic = format!("$iothub/twin/GET/?$rid={}", self.rid);
        self.client.try_publish(topic, QoS::AtMostOnce, false, "").unwrap();
    }

    fn twin(&mut self, mut twin: Value) {
        let mut desired = twin["desired"].take();
        let version = take_version(&mut desired);
        let mut seen = self.device.seen.lock();
        seen.desired = Some((version, desired));
        if !seen.online {
            seen.online = true;
            seen.connects += 1;
        }
        // It was changed while the answer was on its way.
        let again = seen.told > version;
        drop(seen);
        if again {
            self.read_twin();
        }
    }

    fn patched(&mut self, mut patch: Value) {
        let version = take_version(&mut patch);
        let mut seen = self.device.seen.lock();
        seen.told = seen.told.max(version);
        let Some((known, desired)) = &mut seen.desired else { return };
        if version == *known + 1 {
            merge(desired, &patch);
            *known = version;
        } else if version > *known {
            drop(seen);
            self.read_twin();
        }
    }
}

fn take_version(section: &mut Value) -> i64 {
    section.as_object_mut().unwrap().remove("$version").unwrap().as_i64().unwrap()
}

/// Merges a patch: null removes.
pub fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let target = target.as_object_mut().unwrap();
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            merge(target.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}
