//! One simulated device: connects, subscribes, answers methods and reports what it was told to be.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use bellwether_engine::Clock as _;
use bellwether_model::sas;
use rumqttc::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, NetworkOptions, Outgoing, Packet, QoS};
use serde_json::{Map, Value};
use tokio::sync::SemaphorePermit;

use super::behaviour::{Answering, Presence, Reply};
use super::fleet::{Record, World};
use super::topic::{self, Received};
use crate::clock::SystemClock;

const TOKEN_SECONDS: i64 = 3600;
const KEEP_ALIVE: Duration = Duration::from_secs(240);
const CONNECT_TIMEOUT_SECONDS: u64 = 30;
/// Twins go up to 32 KB a section, method payloads to 128 KB.
const PACKET_MAX_BYTES: usize = 300 * 1024;
const QUEUE: usize = 16;
const PAUSE_FIRST: Duration = Duration::from_millis(500);
const PAUSE_LONGEST: Duration = Duration::from_secs(30);
/// The read of the twin at connect; reports count on from here.
const READ_RID: u64 = 1;

/// A device that is about to run.
#[derive(Debug, Clone)]
pub struct Device {
    /// Its id.
    pub id: String,
    /// Its primary key, decoded.
    pub key: Vec<u8>,
    /// When it connects.
    pub presence: Presence,
    /// How it answers methods.
    pub answering: Answering,
}

/// Runs a device until the world stops.
pub async fn run(device: Device, record: Arc<Record>, world: Arc<World>) {
    let begin = match device.presence {
        Presence::Never => return,
        Presence::AtOnce => None,
        Presence::Late => Some(&world.late),
        Presence::Repaired => Some(&world.repaired),
    };
    if let Some(begin) = begin {
        tokio::select! {
            () = begin.cancelled() => {}
            () = world.stop.cancelled() => return,
        }
    }
    let (client, events) = AsyncClient::new(options(&device, &world), QUEUE);
    let session =
        Session { device, record, client, world: Arc::clone(&world), acknowledged: 0, rid: READ_RID, online: false };
    session.drive(events).await;
}

fn options(device: &Device, world: &World) -> MqttOptions {
    let mut options = MqttOptions::new(&device.id, &world.host, world.port);
    let client_type = "DeviceClientType=bellwether-simulator";
    let user = format!("{}/{}/?api-version=2021-04-12&{client_type}", world.hub, device.id);
    options
        .set_clean_session(false)
        .set_keep_alive(KEEP_ALIVE)
        .set_max_packet_size(PACKET_MAX_BYTES, PACKET_MAX_BYTES)
        .set_inflight(QUEUE as u16)
        .set_transport(world.transport.clone())
        .set_credentials(user, token(device, world));
    options
}

fn token(device: &Device, world: &World) -> String {
    let resource = format!("{}/devices/{}", world.hub, device.id);
    sas::make(&resource, &device.key, SystemClock.now().plus_seconds(TOKEN_SECONDS), None)
}

struct Session {
    device: Device,
    record: Arc<Record>,
    client: AsyncClient,
    world: Arc<World>,
    /// Subscriptions that the hub has granted.
    acknowledged: usize,
    rid: u64,
    online: bool,
}

impl Session {
    async fn drive(mut self, mut events: EventLoop) {
        let mut network = NetworkOptions::new();
        network.set_connection_timeout(CONNECT_TIMEOUT_SECONDS).set_tcp_nodelay(true);
        events.set_network_options(network);
        let world = Arc::clone(&self.world);
        let mut pause = PAUSE_FIRST;
        // Held until the device is ready, so that a fleet does not knock all at once.
        let mut turn = world.turns.acquire().await.ok();
        loop {
            let event = tokio::select! {
                biased;
                () = world.stop.cancelled() => break,
                event = events.poll() => event,
            };
            match event {
                Ok(event) => {
                    if let Event::Incoming(packet) = event {
                        self.receive(packet, &mut turn);
                    }
                    pause = PAUSE_FIRST;
                }
                Err(error) => {
                    turn = None;
                    self.lost(&error);
                    tokio::select! {
                        () = world.stop.cancelled() => break,
                        () = tokio::time::sleep(pause) => {}
                    }
                    pause = (pause * 2).min(PAUSE_LONGEST);
                    let user = events.mqtt_options.credentials().map(|login| login.username).unwrap_or_default();
                    events.mqtt_options.set_credentials(user, token(&self.device, &world));
                }
            }
        }
        if self.online {
            goodbye(&self.client, &mut events).await;
            self.offline();
        }
    }

    fn receive(&mut self, packet: Packet, turn: &mut Option<SemaphorePermit<'_>>) {
        match packet {
            Packet::ConnAck(ack) => {
                self.online = true;
                self.world.counters.online.fetch_add(1, Relaxed);
                self.world.counters.connects.fetch_add(1, Relaxed);
                // As the device SDKs do: a session that the hub kept still has its subscriptions.
                if ack.session_present {
                    self.ready(turn);
                } else {
                    self.acknowledged = 0;
                    for filter in topic::FILTERS {
                        self.sent(self.client.try_subscribe(filter, QoS::AtMostOnce));
                    }
                }
            }
            Packet::SubAck(_) => {
                self.acknowledged += 1;
                if self.acknowledged == topic::FILTERS.len() {
                    self.ready(turn);
                }
            }
            Packet::Publish(publish) => match topic::read(&publish.topic) {
                Received::Method { rid, .. } => self.call(rid, &publish.payload),
                Received::TwinAnswer { status: 200, rid } if rid == READ_RID.to_string() => self.twin(&publish.payload),
                Received::TwinAnswer { status: 204, .. } => {
                    self.world.counters.reports_taken.fetch_add(1, Relaxed);
                }
                Received::TwinAnswer { status, .. } => {
                    tracing::warn!(device.id = %self.device.id, status, "the hub refused a twin request");
                    self.world.counters.reports_refused.fetch_add(1, Relaxed);
                }
                Received::Desired => {
                    self.world.counters.desired_changes.fetch_add(1, Relaxed);
                    self.report(members(&publish.payload));
                }
                Received::Other => {
                    tracing::warn!(device.id = %self.device.id, topic = %publish.topic, "unexpected topic")
                }
            },
            _ => {}
        }
    }

    fn ready(&mut self, turn: &mut Option<SemaphorePermit<'_>>) {
        *turn = None;
        if !self.record.ready.swap(true, Relaxed) {
            self.world.counters.ready.fetch_add(1, Relaxed);
        }
        self.rid = READ_RID;
        self.sent(self.client.try_publish(topic::twin_read(READ_RID), QoS::AtMostOnce, false, " "));
    }

    /// A direct method: answered later, by a task of its own, as the device's behaviour says.
    fn call(&mut self, rid: &str, payload: &[u8]) {
        self.record.calls.fetch_add(1, Relaxed);
        let counters = &self.world.counters;
        counters.calls.fetch_add(1, Relaxed);
        let Some(Reply { status, after }) = self.device.answering.next() else {
            counters.unanswered.fetch_add(1, Relaxed);
            return;
        };
        let counter = if status < 300 { &counters.answered_well } else { &counters.answered_with_error };
        counter.fetch_add(1, Relaxed);
        let received: Value = serde_json::from_slice(payload).unwrap_or_default();
        let body = serde_json::json!({"device": self.device.id, "received": received}).to_string();
        let (client, topic, world) = (self.client.clone(), topic::method_answer(status, rid), Arc::clone(&self.world));
        tokio::spawn(async move {
            tokio::select! {
                () = world.stop.cancelled() => return,
                () = tokio::time::sleep(after) => {}
            }
            if client.publish(topic, QoS::AtMostOnce, false, body).await.is_err() {
                tracing::debug!("the device stopped before it answered");
            }
        });
    }

    /// The whole twin after a connect: reports what it should be, where that is news.
    fn twin(&mut self, payload: &[u8]) {
        let twin: Value = serde_json::from_slice(payload).unwrap_or_default();
        let section = |name: &str| twin.get(name).and_then(Value::as_object);
        let reported = section("reported");
        let news = section("desired").into_iter().flatten();
        let news =
            news.filter(|(key, value)| !key.starts_with('$') && reported.and_then(|r| r.get(*key)) != Some(*value));
        let news: Map<String, Value> = news.map(|(key, value)| (key.clone(), value.clone())).collect();
        if !news.is_empty() {
            self.report(news);
        }
    }

    fn report(&mut self, patch: Map<String, Value>) {
        self.rid += 1;
        let body = Value::Object(patch).to_string();
        self.sent(self.client.try_publish(topic::reported(self.rid), QoS::AtLeastOnce, false, body));
    }

    fn sent(&self, result: Result<(), rumqttc::ClientError>) {
        if let Err(error) = result {
            tracing::warn!(device.id = %self.device.id, %error, "a request of the device found no room");
        }
    }

    fn lost(&mut self, error: &ConnectionError) {
        let counter = match error {
            ConnectionError::ConnectionRefused(_) => &self.world.counters.refused,
            _ => &self.world.counters.lost,
        };
        counter.fetch_add(1, Relaxed);
        self.world.last_error.lock().replace(format!("{}: {error}", self.device.id));
        tracing::debug!(device.id = %self.device.id, %error, "not connected");
        if self.online {
            self.offline();
        }
    }

    fn offline(&mut self) {
        self.online = false;
        self.world.counters.online.fetch_sub(1, Relaxed);
    }
}

/// The members of a JSON object, without `$version` and its like.
fn members(payload: &[u8]) -> Map<String, Value> {
    let mut object: Map<String, Value> = serde_json::from_slice(payload).unwrap_or_default();
    object.retain(|key, _| !key.starts_with('$'));
    object
}

/// Says DISCONNECT and waits a moment until it is out.
async fn goodbye(client: &AsyncClient, events: &mut EventLoop) {
    if client.try_disconnect().is_err() {
        return;
    }
    let out = async { while !matches!(events.poll().await, Ok(Event::Outgoing(Outgoing::Disconnect)) | Err(_)) {} };
    if tokio::time::timeout(Duration::from_secs(2), out).await.is_err() {
        tracing::debug!("the hub did not take the DISCONNECT");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desired_patch_is_reported_without_its_version() {
        let patch = members(br#"{"a":{"$x":1,"b":null},"$version":4,"c":2}"#);
        assert_eq!(Value::Object(patch).to_string(), r#"{"a":{"$x":1,"b":null},"c":2}"#);
        assert!(members(b"rubbish").is_empty());
    }
}
