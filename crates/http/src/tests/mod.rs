//! The whole API over a real store and engine, with devices that a test scripts.

mod bulk;
pub(crate) mod central;
mod connections;
mod console;
mod devices;
mod jobs;
mod methods;
mod provisioning;
mod queries;
mod replay;
mod requests;
mod rights;
mod twins;

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use bellwether_engine::{CallError, Clock, DevicePort, Engine, Entropy, Settings, World};
use bellwether_model::identity::{Keys, SymmetricKey};
use bellwether_model::method::{MethodAnswer, MethodCall};
use bellwether_model::policy::{OWNER, Policies, Policy, STANDARD};
use bellwether_model::sas::{self, HostNames};
use bellwether_model::{DeviceSeq, Time};
use bellwether_store::{Mode, Store};
use futures::future::BoxFuture;
use http_body_util::BodyExt;
use parking_lot::Mutex;
use serde_json::Value;
use tower::ServiceExt;

use crate::{ApiState, CorsOrigins, Limits, OpenStreams, Readiness, router};

/// 2026-11-20T12:00:00Z.
const NOW: Time = Time(1_795_176_000_000_000);
const HOST: &str = "hub1.example.net";
const VERSION: &str = "api-version=2021-04-12";

/// A hub without a network.
struct Hub {
    state: Arc<ApiState>,
    router: Router,
    devices: Arc<Devices>,
    clock: Arc<Hands>,
    _dir: tempfile::TempDir,
}

/// What a client sees of an answer.
#[derive(Debug)]
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Hub {
    async fn start() -> Hub {
        Hub::with(Limits::default()).await
    }

    async fn with(limits: Limits) -> Hub {
        Hub::make(limits, Settings::default()).await
    }

    async fn with_settings(settings: Settings) -> Hub {
        Hub::make(Limits::default(), settings).await
    }

    async fn make(limits: Limits, settings: Settings) -> Hub {
        Hub::on(tempfile::tempdir().unwrap(), limits, settings).await
    }

    /// A new start on the same data, with these limits.
    async fn restarted(self, limits: bellwether_engine::Limits) -> Hub {
        let Hub { state, router, _dir: dir, .. } = self;
        state.engine.stop(Duration::ZERO).await;
        state.engine.store().close();
        drop((state, router));
        Hub::on(dir, Limits::default(), Settings { limits, ..Settings::default() }).await
    }

    async fn on(dir: tempfile::TempDir, limits: Limits, settings: Settings) -> Hub {
        Log::begin();
        let store = Arc::new(Store::open(&dir.path().join("hub.db"), Mode::Threaded).unwrap());
        let epoch = store.begin_epoch().await.unwrap();
        let devices = Arc::new(Devices::default());
        let clock = Arc::new(Hands(AtomicI64::new(NOW.0)));
        let world = World { port: devices.clone(), clock: clock.clone(), entropy: Arc::new(Dice::default()) };
        let engine = Engine::start(store, world, settings, epoch).await.unwrap();
        let state = Arc::new(ApiState {
            engine,
            policies: Arc::new(policies()),
            hosts: Arc::new(HostNames(vec![HOST.to_owned()])),
            token_allowance: 0,
            token_secret: [42; 32],
            readiness: Readiness::default(),
            limits,
            central_origins: CorsOrigins::Any,
            trusted_proxies: Vec::new(),
            streams: OpenStreams::default(),
            confirm_devices: 40,
            device_door: Arc::new(drop),
            ca_pem: Some("-----BEGIN CERTIFICATE-----\n".to_owned()),
        });
        Hub { router: router(Arc::clone(&state)), state, devices, clock, _dir: dir }
    }

    /// With another choice; before anything else has the state.
    fn change(&mut self, change: impl FnOnce(&mut ApiState)) {
        self.router = Router::new();
        change(Arc::get_mut(&mut self.state).unwrap());
        self.router = router(Arc::clone(&self.state));
    }

    /// Sends a request as it is.
    async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Reply { status: parts.status, headers: parts.headers, text }
    }

    /// Sends a request of the owner with a version: `call` is `VERB target`.
    async fn ask(&self, call: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        self.ask_as(Some(&token(OWNER)), call, headers, body).await
    }

    /// Sends a request with a version and this `Authorization`.
    async fn ask_as(&self, token: Option<&str>, call: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let (method, target) = call.split_once(' ').unwrap();
        let mark = if target.contains('?') { '&' } else { '?' };
        let mut request = Request::builder().method(method).uri(format!("{target}{mark}{VERSION}"));
        if let Some(token) = token {
            request = request.header("Authorization", token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// Registers a device and returns its document.
    async fn create(&self, id: &str) -> Value {
        let reply = self.ask(&format!("PUT /devices/{id}"), &[], &format!(r#"{{"deviceId":"{id}"}}"#)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        reply.json()
    }

    /// Asks for a job until it has `status`.
    async fn until(&self, job: &str, status: &str) -> Value {
        for _ in 0..500 {
            let job = self.ask(&format!("GET /jobs/v2/{job}"), &[], "").await.json();
            if job["status"] == status {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("job {job} never became {status}");
    }

    /// The device's key in the store, for scripts of [`Devices`].
    async fn seq(&self, id: &str) -> DeviceSeq {
        self.state.engine.store().device(&id.parse().unwrap()).await.unwrap().unwrap().seq
    }
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// `200`, or status and code of a failure whose shape was checked: `404 DeviceNotFound`.
    fn outcome(&self) -> String {
        let status = self.status.as_u16();
        assert!(self.header("x-ms-request-id").is_some_and(|id| id.len() == 36), "{:?}", self.headers);
        if self.status == StatusCode::NO_CONTENT {
            assert_eq!(self.text, "");
            return status.to_string();
        }
        assert_eq!(self.header("content-type"), Some("application/json; charset=utf-8"));
        let Some(code) = self.header("iothub-errorcode") else {
            assert!(self.status.is_success(), "{}", self.text);
            return status.to_string();
        };
        let body = self.json();
        let message = body["Message"].as_str().unwrap();
        if let Ok(nested) = serde_json::from_str::<Value>(message) {
            assert_eq!(nested["errorCode"].as_u64().map(|number| number / 1000), Some(u64::from(status)));
            assert!(nested["message"].as_str().is_some_and(|text| !text.is_empty()));
            return format!("{status} {code} {}", nested["errorCode"]);
        }
        let (symbol, text) = message.split_once(';').unwrap();
        assert_eq!(symbol, format!("ErrorCode:{code}"));
        assert!(!text.is_empty());
        assert!(body["ExceptionMessage"].as_str().unwrap().starts_with("Tracking ID:"));
        format!("{status} {code}")
    }

    /// The text of a failure.
    fn reason(&self) -> String {
        let body = self.json();
        body["Message"].as_str().unwrap().to_owned()
    }
}

fn policies() -> Policies {
    let key = |byte| SymmetricKey::from_bytes(&[byte; 32]);
    let keys = |n: usize| Keys { primary: key(n as u8), secondary: key(n as u8 + 100) };
    let policy = |(n, (name, rights)): (usize, &(&str, &[_]))| Policy {
        name: (*name).to_owned(),
        keys: keys(n),
        rights: rights.to_vec(),
    };
    Policies(STANDARD.iter().enumerate().map(policy).collect())
}

/// A token of a policy for the whole hub.
fn token(policy: &str) -> String {
    let key = policies().get(policy).unwrap().keys.primary.bytes();
    sas::make(HOST, &key, NOW.plus_seconds(3600), Some(policy))
}

/// What the project's crates log in this process, at the finest level. One for all tests: a subscriber of one
/// thread races with the others over what is enabled.
struct Log;

static LOGGED: Mutex<Vec<u8>> = Mutex::new(Vec::new());

impl Log {
    fn begin() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let subscriber = tracing_subscriber::fmt().with_env_filter("bellwether=trace").with_writer(|| Log);
            tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
        });
    }

    fn text() -> String {
        String::from_utf8(LOGGED.lock().clone()).unwrap()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOGGED.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Time {
        Time(self.0.load(Ordering::SeqCst))
    }
}

#[derive(Default)]
struct Dice(AtomicU8);

impl Entropy for Dice {
    fn draw(&self) -> [u8; 32] {
        [self.0.fetch_add(1, Ordering::SeqCst); 32]
    }
}

/// Devices that are connected when a test gave them something to answer.
#[derive(Default)]
struct Devices {
    answers: Mutex<HashMap<DeviceSeq, Result<MethodAnswer, CallError>>>,
    /// How long an answer takes.
    delay: Mutex<Duration>,
    calls: Mutex<Vec<MethodCall>>,
    told: Mutex<Vec<String>>,
    closed: Mutex<Vec<DeviceSeq>>,
}

impl Devices {
    fn answer(&self, device: DeviceSeq, status: i64, payload: &str) {
        self.answers.lock().insert(device, Ok(MethodAnswer { status, payload: payload.to_owned() }));
    }

    fn fail(&self, device: DeviceSeq, error: CallError) {
        self.answers.lock().insert(device, Err(error));
    }
}

impl DevicePort for Devices {
    fn reachable(&self, device: DeviceSeq) -> bool {
        self.answers.lock().contains_key(&device)
    }

    fn call(
        &self,
        device: DeviceSeq,
        call: Arc<MethodCall>,
        _timeout: Duration,
    ) -> BoxFuture<'static, Result<MethodAnswer, CallError>> {
        assert_ne!(call.name, "panic", "asked for");
        self.calls.lock().push(MethodCall::clone(&call));
        let answer = self.answers.lock().get(&device).cloned().unwrap_or(Err(CallError::NotConnected));
        let delay = *self.delay.lock();
        Box::pin(async move {
            tokio::time::sleep(delay).await;
            answer
        })
    }

    fn desired_changed(&self, _device: DeviceSeq, patch: &Arc<str>, version: i64) {
        self.told.lock().push(format!("{version} {patch}"));
    }

    fn close(&self, device: DeviceSeq) {
        self.closed.lock().push(device);
    }
}
