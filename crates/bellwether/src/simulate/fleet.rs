//! Many simulated devices: their identities, their connections, what they saw.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use futures::StreamExt;
use futures::stream;
use hyper::Method;
use parking_lot::Mutex;
use rumqttc::{TlsConfiguration, Transport};
use rustls::ClientConfig;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::behaviour::{Answering, Presence};
use super::device::{self, Device};
use crate::hub_client::{ClientError, HubClient};

/// Identities made at one time.
const CREATES_AT_ONCE: usize = 32;
/// Devices that connect at one time.
const CONNECTS_AT_ONCE: usize = 64;

/// A device to be simulated.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its id.
    pub id: String,
    /// Tags that it is given; `Value::Null` for none.
    pub tags: Value,
    /// When it connects.
    pub presence: Presence,
    /// How it answers methods.
    pub answering: Answering,
}

/// Where devices connect.
#[derive(Clone)]
pub struct Door {
    /// Host of the listener.
    pub host: String,
    /// Port of the listener.
    pub port: u16,
    /// Trust for TLS; none for plain TCP.
    pub tls: Option<Arc<ClientConfig>>,
}

/// What all devices share.
pub struct World {
    /// The hub's name in user names and tokens.
    pub(super) hub: String,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) transport: Transport,
    pub(super) turns: Semaphore,
    pub(super) late: CancellationToken,
    pub(super) repaired: CancellationToken,
    pub(super) stop: CancellationToken,
    pub(super) last_error: Mutex<Option<String>>,
    /// What happened so far.
    pub counters: Counters,
}

/// What one device saw.
#[derive(Debug)]
pub struct Record {
    /// Its id.
    pub id: String,
    /// Has it ever been connected with all its subscriptions?
    pub(super) ready: AtomicBool,
    /// Direct methods that it received.
    pub(super) calls: AtomicU32,
}

impl Record {
    /// Direct methods that it received.
    pub fn calls(&self) -> u32 {
        self.calls.load(Relaxed)
    }
}

/// What all devices together saw.
#[derive(Debug, Default)]
pub struct Counters {
    pub(super) online: AtomicU64,
    pub(super) ready: AtomicU64,
    pub(super) connects: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) lost: AtomicU64,
    pub(super) calls: AtomicU64,
    pub(super) answered_well: AtomicU64,
    pub(super) answered_with_error: AtomicU64,
    pub(super) unanswered: AtomicU64,
    pub(super) desired_changes: AtomicU64,
    pub(super) reports_taken: AtomicU64,
    pub(super) reports_refused: AtomicU64,
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Connected now.
    pub online: u64,
    /// Connected at least once, with all subscriptions.
    pub ready: u64,
    /// Connections that the hub accepted.
    pub connects: u64,
    /// Connections that the hub refused.
    pub refused: u64,
    /// Connections that failed or were lost.
    pub lost: u64,
    /// Direct methods received.
    pub calls: u64,
    /// Answered with a status under 300.
    pub answered_well: u64,
    /// Answered with an error status.
    pub answered_with_error: u64,
    /// Left without an answer.
    pub unanswered: u64,
    /// Desired-property notifications received.
    pub desired_changes: u64,
    /// Reports that the hub took.
    pub reports_taken: u64,
    /// Twin requests that the hub refused.
    pub reports_refused: u64,
}

impl Counters {
    /// All of them now.
    pub fn read(&self) -> Counts {
        Counts {
            online: self.online.load(Relaxed),
            ready: self.ready.load(Relaxed),
            connects: self.connects.load(Relaxed),
            refused: self.refused.load(Relaxed),
            lost: self.lost.load(Relaxed),
            calls: self.calls.load(Relaxed),
            answered_well: self.answered_well.load(Relaxed),
            answered_with_error: self.answered_with_error.load(Relaxed),
            unanswered: self.unanswered.load(Relaxed),
            desired_changes: self.desired_changes.load(Relaxed),
            reports_taken: self.reports_taken.load(Relaxed),
            reports_refused: self.reports_refused.load(Relaxed),
        }
    }
}

/// Makes the identities of all planned devices, tags included; `done` is told how many stand.
pub async fn register(hub: &HubClient, plans: Vec<Plan>, done: impl Fn(u64)) -> Result<Vec<Device>, ClientError> {
    let made = stream::iter(plans).map(|plan| register_one(hub, plan)).buffered(CREATES_AT_ONCE);
    let mut made = std::pin::pin!(made);
    let mut devices = Vec::new();
    while let Some(device) = made.next().await {
        devices.push(device?);
        done(devices.len() as u64);
    }
    Ok(devices)
}

async fn register_one(hub: &HubClient, plan: Plan) -> Result<Device, ClientError> {
    let key = hub.device_key(&plan.id).await?;
    let key = BASE64_STANDARD
        .decode(&key)
        .map_err(|error| ClientError::Unexpected(format!("key of {}: {error}", plan.id)))?;
    if !plan.tags.is_null() {
        hub.write_twin(Method::PATCH, &plan.id, &serde_json::json!({"tags": plan.tags}), None).await?;
    }
    Ok(Device { id: plan.id, key, presence: plan.presence, answering: plan.answering })
}

/// A fleet at work.
pub struct Fleet {
    world: Arc<World>,
    records: Vec<Arc<Record>>,
    late: usize,
    broken: usize,
    tasks: JoinSet<()>,
}

impl Fleet {
    /// Lets all devices run that are not late; `hub` is the host of the connection string.
    pub fn start(hub: &str, door: Door, devices: Vec<Device>) -> Self {
        let transport = match door.tls {
            Some(tls) => Transport::tls_with_config(TlsConfiguration::Rustls(tls)),
            None => Transport::Tcp,
        };
        let world = Arc::new(World {
            hub: hub.to_owned(),
            host: door.host,
            port: door.port,
            transport,
            turns: Semaphore::new(CONNECTS_AT_ONCE),
            late: CancellationToken::new(),
            repaired: CancellationToken::new(),
            stop: CancellationToken::new(),
            last_error: Mutex::new(None),
            counters: Counters::default(),
        });
        let count = |presence| devices.iter().filter(|device| device.presence == presence).count();
        let (late, broken) = (count(Presence::Late), count(Presence::Repaired));
        let mut tasks = JoinSet::new();
        let mut records = Vec::with_capacity(devices.len());
        for device in devices {
            let record = Record { id: device.id.clone(), ready: AtomicBool::new(false), calls: AtomicU32::new(0) };
            let record = Arc::new(record);
            records.push(Arc::clone(&record));
            tasks.spawn(device::run(device, record, Arc::clone(&world)));
        }
        Fleet { world, records, late, broken, tasks }
    }

    /// What happened so far.
    pub fn counts(&self) -> Counts {
        self.world.counters.read()
    }

    /// What each device saw, in the order of the plan.
    pub fn records(&self) -> &[Arc<Record>] {
        &self.records
    }

    /// The last thing that kept a device from connecting.
    pub fn last_error(&self) -> Option<String> {
        self.world.last_error.lock().clone()
    }

    /// How many devices wait for [`Fleet::let_late_comers_in`].
    pub fn late(&self) -> usize {
        self.late
    }

    /// How many devices wait for [`Fleet::repair`].
    pub fn broken(&self) -> u64 {
        self.broken as u64
    }

    /// Repairs the broken devices: they connect.
    pub fn repair(&self) {
        self.world.repaired.cancel();
    }

    /// Lets the late comers connect.
    pub fn let_late_comers_in(&self) {
        self.world.late.cancel();
    }

    /// Waits until `wanted` devices have been connected with all subscriptions; `seen` is told how many are.
    /// False when that did not come true in time.
    pub async fn ready(&self, wanted: u64, limit: Duration, seen: impl Fn(u64)) -> bool {
        let all = async {
            loop {
                let ready = self.counts().ready;
                seen(ready);
                if ready >= wanted {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(limit, all).await.is_ok()
    }

    /// Disconnects every device and waits until they are done.
    pub async fn stop(mut self) -> Counts {
        self.world.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
        self.world.counters.read()
    }
}
