//! What happens and when: jobs are accepted, started, worked through and taken up again after a crash; devices
//! and twins change; methods are called.
//!
//! The engine knows devices only through [`DevicePort`], time only through [`Clock`] and randomness only through
//! [`Entropy`]; what it must remember is in the [`Store`] before it acts. Every change of a device or twin goes
//! through it, so that the push to the device after the commit exists once.
#![warn(clippy::wildcard_enum_match_arm)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod access;
mod api_tokens;
mod calls;
mod central_devices;
mod central_jobs;
mod central_query;
mod commands;
mod device_import;
mod devices;
mod groups;
mod guess_book;
mod guid;
mod job_drafts;
mod job_hold;
mod job_preview;
mod jobs;
mod limits;
mod method_job;
mod methods;
mod modeled;
mod organizations;
mod passwords;
mod port;
mod presence;
mod properties;
mod provisioning;
mod purge;
mod rates;
mod relationships;
mod reruns;
mod runner;
mod schedule;
mod schedules;
mod sign_in;
mod telemetry;
mod templates;
mod twin_job;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use bellwether_model::api_token::TokenKey;
use bellwether_model::identity::{Device, Presence};
use bellwether_model::job::JobHold;
use bellwether_model::provisioning::ProvisioningSecret;
use bellwether_model::session::SessionLimits;
use bellwether_model::{DeviceSeq, JobKey, Time};
use bellwether_query::Query;
use bellwether_store::{LivePresence, NewAuditEntry, Position, QueryPage, RunQueryError, Store, StoreError};
use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore, broadcast, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use access::{AuthenticateError, LastAdministrator, UserError};
pub use api_tokens::{ApiTokenError, NewApiToken, create_api_token, delete_api_token, token_key};
pub use central_devices::{CentralDeviceError, DISPLAY_NAME_CHARACTERS_MAX, DeviceChange, WhenAbsent};
pub use central_jobs::{CHOSEN_MAX, CentralJobError, NewCentralJob, SAME_AGAIN};
pub use central_query::AskError;
pub use commands::{CommandError, CommandRequest};
pub use device_import::{ImportColumn, ImportFault, ImportLine, ImportPlace, ImportReport};
pub use groups::GroupError;
pub use job_drafts::{JobDraftError, NewJobDraft};
pub use job_preview::{JobForecast, JobProblem, JobQuestion, JobTarget, PREVIEW_SAMPLE};
pub use jobs::CreateJobError;
pub use limits::Limits;
pub use methods::InvokeError;
pub use organizations::OrganizationError;
pub use passwords::HashError;
pub use port::{CallError, Clock, DevicePort, Entropy};
pub use properties::{DeviceProperties, PropertiesError, PropertyDocument};
pub use provisioning::{AttestationError, EnrollmentGroupError, NewAttestation, Registrant};
pub use rates::{Rate, Rates, TooOften};
pub use reruns::{NOT_ON_THE_HUB_FACE, Rerun, RerunJobError};
pub use runner::Waits;
pub use schedules::{DefinitionChange, ScheduledJobError};
pub use sign_in::{
    Admitted, Credentials, FIRST_ADMINISTRATOR, MakePasswordError, SignInError, SignedIn, reset_password,
};
pub use templates::TemplateError;

pub use bellwether_store::{
    BulkElement, ChangeTwinError, DeviceChangeRefused, DeviceChanged, DeviceEdit, DeviceError, LimitReached,
    MoveJobError, WriteRelationshipError,
};

use guess_book::GuessBook;
use passwords::Passwords;
use presence::LivePresences;
use runner::ActiveJob;
use telemetry::LiveTelemetry;
use templates::Models;

/// News of devices that wait for nobody; a listener that lags looks at everything again.
const NEWS_KEPT: usize = 8192;
/// How often presence is written down.
const PRESENCE_SAVED_EVERY: Duration = Duration::from_secs(60);
const PRESENCES_IN_ONE_WRITE: usize = 1000;

/// Choices of an installation.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A start further ahead than this many hours is refused: it is a mistyped year (iot-hub §1.3).
    pub start_hours_ahead_max: i64,
    /// Most bytes of a job's condition (iot-hub §1.9).
    pub condition_bytes_max: usize,
    /// Enforce the jobs article's rule on characters in names and values (iot-hub §1.7).
    pub strict_characters: bool,
    /// Jobs that run at the same time; a further one waits in `queued` (iot-hub §1.11). `None`: any number.
    pub jobs_at_once: Option<usize>,
    /// Calls that one method job has out at the same time.
    pub calls_in_flight: usize,
    /// How much it may hold, and how fast it may be used.
    pub limits: Limits,
    /// The hub that devices are told when they register: a host name, with a port where devices' MQTT is not
    /// served on 8883 (device-protocol §9.1).
    pub assigned_hub: String,
    /// Seconds after which a device that registers is to ask what came of it (device-protocol §9.1).
    pub provisioning_retry_after: u32,
    /// Calls that do not wait for absent devices still wait so long after a start of the program for a device that
    /// was connected when it last ended, or for any if that is not known because it did not end well: our own restart
    /// is no device's failure.
    pub reconnect_grace: Duration,
    /// How long people stay signed in.
    pub sessions: SessionLimits,
    /// How long it is known who changed what.
    pub audit_days: u32,
    /// How long a job that has ended is kept; `None`: for ever.
    pub history_days: Option<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            start_hours_ahead_max: 168,
            condition_bytes_max: 1024 * 1024,
            strict_characters: false,
            jobs_at_once: None,
            calls_in_flight: 4000,
            limits: Limits::default(),
            assigned_hub: "localhost".to_owned(),
            provisioning_retry_after: 3,
            reconnect_grace: Duration::from_secs(30),
            sessions: SessionLimits::default(),
            audit_days: 30,
            history_days: Some(30),
        }
    }
}

/// What the engine reaches outside itself.
#[derive(Clone)]
pub struct World {
    /// The devices.
    pub port: Arc<dyn DevicePort>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Keys.
    pub entropy: Arc<dyn Entropy>,
}

/// What happened to a device that somebody may wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeviceNews {
    /// It can take method calls now.
    Reachable(DeviceSeq),
    /// It was deleted or disabled.
    Withdrawn(DeviceSeq),
}

/// See the crate's text.
pub struct Engine {
    store: Arc<Store>,
    world: World,
    settings: Settings,
    rates: Rates,
    epoch: i64,
    token_key: TokenKey,
    csrf_secret: [u8; 32],
    passwords: Passwords,
    guesses: GuessBook,
    provisioning: ProvisioningSecret,
    id_scope: String,
    presences: Arc<LivePresences>,
    models: Models,
    telemetry: LiveTelemetry,
    news: broadcast::Sender<DeviceNews>,
    /// When this start of the program began.
    started: Time,
    /// The program ended well before: who was connected then is known.
    presence_known: bool,
    /// Jobs whose time has not come, by start time, and whether they are marked as scheduled.
    waiting: Mutex<BTreeMap<(Time, JobKey), bool>>,
    waiting_changed: Notify,
    /// A scheduled job was made or changed.
    schedules_changed: Notify,
    /// Jobs whose time has come while as many run as may.
    waiting_for_slot: Mutex<BTreeSet<JobKey>>,
    /// Jobs that a task works on.
    active: Mutex<HashMap<JobKey, Arc<ActiveJob>>>,
    slots: Semaphore,
    /// The hold on all jobs, as it was last written.
    hold: watch::Sender<Option<Arc<JobHold>>>,
    /// Held while it is written, so that what was written last stands above.
    changing_hold: tokio::sync::Mutex<()>,
    tasks: TaskTracker,
    /// No new attempt.
    stopping: CancellationToken,
    /// No more waiting for those that are out.
    abandoning: CancellationToken,
}

impl Engine {
    /// Takes up what the last start left: nobody is connected, attempts without an outcome have the outcome
    /// unknown, open jobs go on. `epoch` is the number of this start ([`Store::begin_epoch`]).
    ///
    /// # Errors
    /// The store failed; nothing runs then.
    pub async fn start(
        store: Arc<Store>,
        world: World,
        settings: Settings,
        epoch: i64,
    ) -> Result<Arc<Engine>, StoreError> {
        let now = world.clock.now();
        store.limit_devices(settings.limits.devices_max).await?;
        let presence_known = store.forget_connections(now).await?;
        let lost = store.resolve_lost_attempts(now).await?;
        if lost > 0 {
            tracing::warn!(
                device_jobs = lost,
                "calls were out when the program last stopped; their outcome is unknown"
            );
        }
        let token_key = token_key(&store, world.entropy.as_ref()).await?;
        let csrf_secret = store.secret("csrf", world.entropy.draw()).await?;
        let provisioning = provisioning::secret(&store, world.entropy.as_ref()).await?;
        let slots = Semaphore::new(settings.jobs_at_once.unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS));
        let hold = watch::channel(store.job_hold().await?.map(Arc::new)).0;
        let rates = Rates::new(&settings.limits, &world.clock);
        let engine = Arc::new(Engine {
            store,
            world,
            settings,
            rates,
            epoch,
            token_key,
            csrf_secret,
            passwords: Passwords::new(),
            guesses: GuessBook::default(),
            id_scope: provisioning.id_scope(),
            provisioning,
            presences: Arc::new(LivePresences::new()),
            models: Models::default(),
            telemetry: LiveTelemetry::new(),
            news: broadcast::channel(NEWS_KEPT).0,
            started: now,
            presence_known,
            waiting: Mutex::default(),
            waiting_changed: Notify::new(),
            schedules_changed: Notify::new(),
            waiting_for_slot: Mutex::default(),
            active: Mutex::default(),
            slots,
            hold,
            changing_hold: tokio::sync::Mutex::default(),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
            abandoning: CancellationToken::new(),
        });
        for job in engine.store.open_jobs().await? {
            engine.take_up(job);
        }
        engine.tasks.spawn(Arc::clone(&engine).launch_when_due());
        engine.tasks.spawn(Arc::clone(&engine).run_schedules());
        engine.tasks.spawn(Arc::clone(&engine).save_presence_now_and_then());
        engine.tasks.spawn(Arc::clone(&engine).save_telemetry_now_and_then());
        engine.tasks.spawn(Arc::clone(&engine).purge_now_and_then());
        Ok(engine)
    }

    /// Stops: no new attempt starts; calls that are out have `drain` to be answered, then their outcome is
    /// recorded as unknown; presence is written down. Jobs that have not ended go on at the next start.
    pub async fn stop(&self, drain: Duration) {
        self.stopping.cancel();
        self.tasks.close();
        if tokio::time::timeout(drain, self.tasks.wait()).await.is_err() {
            tracing::warn!("calls were not answered before the end of the drain; their outcome is recorded as unknown");
            self.abandoning.cancel();
            self.tasks.wait().await;
        }
        if self.save_presence().await
            && let Err(error) = self.store.presence_is_complete().await
        {
            tracing::warn!(%error, "the next start does not know who was connected");
        }
        self.save_telemetry().await;
    }

    /// True once [`Engine::stop`] was called.
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// The host, with a port where it is not 8883, that devices are told to connect to.
    pub fn device_host(&self) -> &str {
        &self.settings.assigned_hub
    }

    /// Writes down what somebody did; on disk when this returns.
    ///
    /// # Errors
    /// The store failed.
    pub async fn note(&self, entry: NewAuditEntry) -> Result<(), StoreError> {
        self.store.note(entry, self.now()).await
    }

    /// Where everything is kept; for reads.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// How often what may be done.
    pub fn rates(&self) -> &Rates {
        &self.rates
    }

    /// The time.
    pub fn now(&self) -> Time {
        self.world.clock.now()
    }

    /// A device's presence, live where something is live.
    pub fn presence(&self, device: &Device) -> Presence {
        self.presence_over(device.seq, device.presence)
    }

    /// The same for a device of which only this is known: its key, and what is stored of its presence.
    pub fn presence_over(&self, device: DeviceSeq, stored: Presence) -> Presence {
        self.presences.get(device).unwrap_or(stored)
    }

    fn live_presence(&self) -> LivePresence {
        let presences = Arc::clone(&self.presences);
        Arc::new(move |device| presences.get(device))
    }

    /// One page of a query's rows (see [`Store::query`]).
    ///
    /// # Errors
    /// As [`Store::query`].
    pub async fn query(
        &self,
        query: Arc<Query>,
        from: Option<Position>,
        limit: usize,
    ) -> Result<QueryPage, RunQueryError> {
        self.store.query(query, from, limit, self.live_presence()).await
    }

    /// A device was let in.
    pub fn device_online(&self, device: DeviceSeq) {
        self.presences.connected(device, self.now());
    }

    /// A device's last connection ended.
    pub fn device_offline(&self, device: DeviceSeq) {
        self.presences.disconnected(device, self.now());
    }

    /// A device sent something.
    pub fn device_active(&self, device: DeviceSeq) {
        self.presences.active(device, self.now());
    }

    /// A device is connected and listens for methods from now on.
    pub fn device_reachable(&self, device: DeviceSeq) {
        self.tell(DeviceNews::Reachable(device));
    }

    fn tell(&self, news: DeviceNews) {
        // Nobody listens: nobody waits.
        let _ = self.news.send(news);
    }

    async fn save_presence_now_and_then(self: Arc<Self>) {
        loop {
            tokio::select! {
                () = self.stopping.cancelled() => return,
                () = tokio::time::sleep(PRESENCE_SAVED_EVERY) => {
                    self.save_presence().await;
                }
            }
        }
    }

    /// Returns whether everything is written down.
    async fn save_presence(&self) -> bool {
        for shard in 0..self.presences.shards() {
            loop {
                let unsaved = self.presences.unsaved(shard, PRESENCES_IN_ONE_WRITE);
                if unsaved.is_empty() {
                    break;
                }
                if let Err(error) = self.store.save_presence(unsaved.clone()).await {
                    tracing::warn!(%error, "presence could not be written down; the next round tries again");
                    return false;
                }
                self.presences.saved(&unsaved);
                if unsaved.len() < PRESENCES_IN_ONE_WRITE {
                    break;
                }
            }
        }
        true
    }
}
