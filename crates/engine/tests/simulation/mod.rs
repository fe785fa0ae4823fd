//! A whole engine in a simulated world: real engine and store, virtual time, devices that behave as they are
//! told, and a machine that can stop after any commit.
// Each test program uses its own part of the world; the world itself makes time.
#![allow(dead_code, clippy::disallowed_methods)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bellwether_engine::{CallError, Clock, DevicePort, Engine, Entropy, Settings, World};
use bellwether_model::identity::{DeviceSettings, IfMatch, Status};
use bellwether_model::job::{Action, Job, JobSpec, Target};
use bellwether_model::method::{MethodAnswer, MethodCall};
use bellwether_model::template::DeviceTemplate;
use bellwether_model::{DeviceId, DeviceSeq, Time};
use bellwether_query::Query;
use bellwether_store::{Mode, Records, Store, StoreError};
use futures::FutureExt;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use tokio::runtime::Runtime;
use tokio::sync::Notify;

/// What a device does with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// Answers with this status after so many milliseconds.
    Answer(i64, u64),
    /// Never answers.
    Silent,
    /// Answers something that is no answer.
    Garbled,
    /// Connected, but does not listen for this method.
    Deaf,
    /// The program itself breaks when it calls the device.
    Panics,
}

#[derive(Default)]
pub struct Devices {
    state: Mutex<DevicesState>,
    left: Notify,
}

#[derive(Default)]
struct DevicesState {
    connected: BTreeSet<DeviceSeq>,
    habits: BTreeMap<DeviceSeq, Habit>,
    /// Calls that went out, by what they are counted under ([`counted_as`]) and device.
    sent: BTreeMap<(String, DeviceSeq), u32>,
    told: BTreeMap<DeviceSeq, Vec<i64>>,
    closed: Vec<DeviceSeq>,
}

impl Devices {
    pub fn sent(&self, method: &str, device: DeviceSeq) -> u32 {
        self.state.lock().sent.get(&(method.to_owned(), device)).copied().unwrap_or(0)
    }

    pub fn sent_in_all(&self, method: &str) -> u32 {
        self.state.lock().sent.iter().filter(|((name, _), _)| name == method).map(|(_, times)| times).sum()
    }

    /// How often the device that was called most often got a call of one of these names.
    pub fn most_sent(&self, methods: &[&str]) -> u32 {
        let state = self.state.lock();
        let of_them = state.sent.iter().filter(|((name, _), _)| methods.contains(&name.as_str()));
        of_them.map(|(_, times)| *times).max().unwrap_or(0)
    }

    pub fn told(&self, device: DeviceSeq) -> Vec<i64> {
        self.state.lock().told.get(&device).cloned().unwrap_or_default()
    }

    pub fn set_habit(&self, device: DeviceSeq, habit: Habit) {
        self.state.lock().habits.insert(device, habit);
    }

    pub fn is_connected(&self, device: DeviceSeq) -> bool {
        self.state.lock().connected.contains(&device)
    }

    pub fn disconnect(&self, device: DeviceSeq) {
        self.state.lock().connected.remove(&device);
        self.left.notify_waiters();
    }
}

/// The method's name, and behind it the payload where that is a text: where a template has one command for all jobs,
/// the payload says whose call it is.
fn counted_as(call: &MethodCall) -> String {
    match serde_json::from_str::<String>(&call.payload) {
        Ok(text) => format!("{}-{text}", call.name),
        Err(_) => call.name.clone(),
    }
}

struct Port(Arc<Devices>);

impl DevicePort for Port {
    fn reachable(&self, device: DeviceSeq) -> bool {
        self.0.is_connected(device)
    }

    fn call(
        &self,
        device: DeviceSeq,
        call: Arc<MethodCall>,
        timeout: Duration,
    ) -> BoxFuture<'static, Result<MethodAnswer, CallError>> {
        let devices = Arc::clone(&self.0);
        async move {
            let habit = {
                let mut state = devices.state.lock();
                if !state.connected.contains(&device) {
                    return Err(CallError::NotConnected);
                }
                *state.sent.entry((counted_as(&call), device)).or_default() += 1;
                state.habits.get(&device).copied().unwrap_or(Habit::Answer(200, 5))
            };
            let behave = async {
                match habit {
                    Habit::Answer(status, after) => {
                        tokio::time::sleep(Duration::from_millis(after)).await;
                        Ok(MethodAnswer { status, payload: r#"{"ok":true}"#.to_owned() })
                    }
                    Habit::Silent => std::future::pending().await,
                    Habit::Deaf => Err(CallError::NotConnected),
                    Habit::Panics => panic!("a fault of the program, made on purpose"),
                    Habit::Garbled => Err(CallError::Malformed("no JSON".to_owned())),
                }
            };
            let gone = async {
                loop {
                    let left = devices.left.notified();
                    if !devices.is_connected(device) {
                        return;
                    }
                    left.await;
                }
            };
            tokio::select! {
                result = behave => result,
                () = gone => Err(CallError::ConnectionLost),
                () = tokio::time::sleep(timeout) => Err(CallError::TimedOut),
            }
        }
        .boxed()
    }

    fn desired_changed(&self, device: DeviceSeq, _: &Arc<str>, version: i64) {
        let mut state = self.0.state.lock();
        if state.connected.contains(&device) {
            state.told.entry(device).or_default().push(version);
        }
    }

    fn close(&self, device: DeviceSeq) {
        self.0.state.lock().closed.push(device);
        self.0.disconnect(device);
    }
}

/// Virtual time: what the runtime's clock says, going on where the last runtime ended.
struct VirtualClock {
    base: Time,
    since: tokio::time::Instant,
    runtime: tokio::runtime::Handle,
}

impl Clock for VirtualClock {
    fn now(&self) -> Time {
        let _inside = self.runtime.enter();
        Time(self.base.0 + self.since.elapsed().as_micros() as i64)
    }
}

struct Counting(Mutex<u8>);

impl Entropy for Counting {
    fn draw(&self) -> [u8; 32] {
        let mut next = self.0.lock();
        *next = next.wrapping_add(1);
        [*next; 32]
    }
}

/// The world between and across starts of the program.
pub struct Sim {
    _dir: tempfile::TempDir,
    path: PathBuf,
    pub devices: Arc<Devices>,
    pub settings: Settings,
    now: Time,
    running: Option<(Runtime, Arc<Engine>)>,
}

impl Sim {
    pub fn new(settings: Settings) -> Sim {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let path = dir.path().join("sim.db");
        let now = "2026-03-01T02:00:00Z".parse().unwrap();
        let mut sim = Sim { _dir: dir, path, devices: Arc::default(), settings, now, running: None };
        sim.start();
        sim
    }

    /// Starts the program. A store that stops during the start makes another start necessary.
    pub fn start(&mut self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let since = runtime.block_on(async { tokio::time::Instant::now() });
        let store = Arc::new(Store::open(&self.path, Mode::Inline).unwrap());
        let world = World {
            port: Arc::new(Port(Arc::clone(&self.devices))),
            clock: Arc::new(VirtualClock { base: self.now, since, runtime: runtime.handle().clone() }),
            entropy: Arc::new(Counting(Mutex::new(0))),
        };
        let settings = self.settings.clone();
        let engine = runtime
            .block_on(async {
                let epoch = store.begin_epoch().await?;
                Engine::start(store, world, settings, epoch).await
            })
            .unwrap();
        self.running = Some((runtime, engine));
    }

    pub fn engine(&self) -> &Arc<Engine> {
        &self.running.as_ref().unwrap().1
    }

    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.running.as_ref().unwrap().0.block_on(future)
    }

    pub fn now(&self) -> Time {
        self.engine().now()
    }

    pub fn advance(&self, time: Duration) {
        self.block_on(async { tokio::time::sleep(time).await });
    }

    /// The machine stops now: whatever was not committed is lost, every device loses its connection.
    pub fn crash(&mut self) {
        self.now = self.now();
        let (runtime, _) = self.running.take().unwrap();
        drop(runtime);
        self.devices.state.lock().connected.clear();
    }

    /// Time goes by while nothing runs: after [`Sim::crash`], before [`Sim::start`].
    pub fn pass(&mut self, time: Duration) {
        assert!(self.running.is_none(), "the program runs; advance its time");
        self.now = Time(self.now.0 + time.as_micros() as i64);
    }

    /// The program is told to stop.
    pub fn stop(&mut self, drain: Duration) {
        self.block_on(self.engine().stop(drain));
        self.crash();
    }

    pub fn create_device(&self, id: &str) -> Option<DeviceSeq> {
        let settings = settings(Status::Enabled);
        self.block_on(self.engine().create_device(device_id(id), settings)).ok().map(|device| device.seq)
    }

    /// A device template of this id is there, unless the machine has stopped.
    pub fn keep_template(&self, id: &str) {
        let document = serde_json::json!({"@type": [], "capabilityModel": {"@type": "Interface", "@id": "dtmi:m;1"}});
        let (template, _) = DeviceTemplate::new(id, document).unwrap();
        let keep = move |records: &Records<'_>| records.put(template).map(|_| ());
        let _ = self.block_on(self.engine().store().change_records::<_, StoreError, _>(keep));
    }

    pub fn set_status(&self, id: &str, status: Status) {
        let _ = self.block_on(self.engine().update_device(&device_id(id), settings(status), IfMatch::Any));
    }

    pub fn delete_device(&self, id: &str) {
        let _ = self.block_on(self.engine().delete_device(&device_id(id), IfMatch::Any));
    }

    /// The living device of this name connects, if it may.
    pub fn connect(&self, id: &str) {
        let device = self.block_on(self.engine().store().device(&device_id(id))).unwrap();
        if let Some(device) = device.filter(|device| device.status == Status::Enabled) {
            self.devices.state.lock().connected.insert(device.seq);
            self.engine().device_online(device.seq);
            self.engine().device_reachable(device.seq);
        }
    }

    pub fn job(&self, id: &str) -> Option<Job> {
        self.block_on(self.engine().store().job(id)).unwrap()
    }

    /// The rows of a job as `deviceId status code-or-answer`, in the order of creation.
    pub fn rows(&self, id: &str) -> Vec<String> {
        let query = Arc::new(Query::parse(&format!("SELECT * FROM devices.jobs WHERE jobId = '{id}'")).unwrap());
        let mut rows = Vec::new();
        let mut from = None;
        loop {
            let page = self.block_on(self.engine().query(Arc::clone(&query), from, 7)).unwrap();
            rows.extend(page.rows.iter().map(|row| {
                let row: serde_json::Value = serde_json::from_str(row).unwrap();
                let text = |value: &serde_json::Value| value.as_str().unwrap_or("").to_owned();
                let said = match row["outcome"]["deviceMethodResponse"]["status"].as_i64() {
                    Some(status) => status.to_string(),
                    None => text(&row["error"]["code"]),
                };
                format!("{} {} {said}", text(&row["deviceId"]), text(&row["status"])).trim_end().to_owned()
            }));
            from = page.next;
            if from.is_none() {
                return rows;
            }
        }
    }
}

pub fn device_id(id: &str) -> DeviceId {
    id.parse().unwrap()
}

fn settings(status: Status) -> DeviceSettings {
    DeviceSettings { status, ..DeviceSettings::default() }
}

pub fn method_job(id: &str, condition: &str, lifetime: i64) -> JobSpec {
    let call = MethodCall::from_body(&format!(r#"{{"methodName":"m-{id}","responseTimeoutInSeconds":5}}"#)).unwrap();
    spec(id, condition, lifetime, Action::InvokeMethods(vec![call]))
}

pub fn twin_job(id: &str, condition: &str, lifetime: i64) -> JobSpec {
    let body = format!(r#"{{"tags":{{"job":"{id}"}},"properties":{{"desired":{{"{id}":1}}}}}}"#);
    spec(id, condition, lifetime, Action::UpdateTwin(body))
}

fn spec(id: &str, condition: &str, lifetime: i64, action: Action) -> JobSpec {
    let target = Target::Twins { condition: Some(condition.to_owned()), device_ids: None };
    let spec = JobSpec::of_hub(id.parse().unwrap(), target, action, "test".to_owned());
    JobSpec { lifetime: Some(lifetime), ..spec }
}
