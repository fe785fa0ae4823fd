//! A server process that dies without warning and comes back on the same folder, and what is asked of it over
//! REST. `support` starts servers that end well; this one is for tests that kill.

use std::fs::OpenOptions;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::prelude::{BASE64_STANDARD, Engine};
use bellwether_model::identity::{DeviceProfile, DeviceSettings, Keys, Status, SymmetricKey};
use bellwether_model::{Time, sas};
use bellwether_store::{Mode, NewDevice, Store};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use hyper::{Method, Request};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustix::process::{Pid, Signal, kill_process};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};

use crate::support::{PATIENCE, bellwether, text};

const TOKEN_SECONDS: i64 = 3600;
const LOOK_EVERY: Duration = Duration::from_millis(20);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Below the ports that systems give to outgoing connections: while the server is down no device may get one
/// of its ports by chance.
const FIXED_PORTS: std::ops::Range<u16> = 20_000..32_000;
const LOG_LINES_SHOWN: usize = 40;

/// The time.
pub fn now() -> Time {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Time(i64::try_from(now.as_micros()).unwrap())
}

/// What any client of a data folder, or of a copy of it, must know.
#[derive(Clone)]
pub struct Access {
    key: Vec<u8>,
    pub tls: Arc<ClientConfig>,
}

impl Access {
    /// As `bellwether connection` tells it.
    fn of(data: &Path) -> Self {
        let printed = bellwether(&["connection", "--json", "--data"]).arg(data).output().unwrap();
        assert!(printed.status.success(), "{}", text(&printed.stderr));
        let connection: Value = serde_json::from_slice(&printed.stdout).unwrap();
        let string = connection["hubConnectionString"].as_str().unwrap();
        let key = string.split(';').find_map(|field| field.strip_prefix("SharedAccessKey=")).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(connection["caFile"].as_str().unwrap()).unwrap()).unwrap();
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Access { key: BASE64_STANDARD.decode(key).unwrap(), tls: Arc::new(tls) }
    }
}

/// A server on a data folder: down or up. Killed for certain when dropped.
pub struct Hub {
    pub data: PathBuf,
    https: u16,
    mqtts: u16,
    log: PathBuf,
    environment: Vec<(&'static str, String)>,
    access: Option<Access>,
    child: Option<Child>,
}

impl Hub {
    /// Down, on free ports whenever it comes up; `log` gets what it says.
    pub fn new(data: &Path, log: &Path) -> Self {
        Hub {
            data: data.to_owned(),
            https: 0,
            mqtts: 0,
            log: log.to_owned(),
            environment: Vec::new(),
            access: None,
            child: None,
        }
    }

    /// Down, on the same ports whenever it comes up.
    pub fn on_fixed_ports(data: &Path, log: &Path) -> Self {
        let free = || loop {
            let port = fastrand::u16(FIXED_PORTS);
            if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
                return (port, listener);
            }
        };
        // Both are held until both are found, so that they are two.
        let (https, mqtts) = (free(), free());
        let mut hub = Hub::new(data, log);
        (hub.https, hub.mqtts) = (https.0, mqtts.0);
        hub
    }

    /// With more in its environment.
    pub fn with(mut self, environment: Vec<(&'static str, String)>) -> Self {
        self.environment = environment;
        self
    }

    /// With what is known from another start.
    pub fn with_access(mut self, access: Access) -> Self {
        self.access = Some(access);
        self
    }

    /// Begins a start and does not wait for it.
    pub fn spawn(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        let log = OpenOptions::new().create(true).append(true).open(&self.log).unwrap();
        let folder = self.data.to_str().unwrap();
        let (https, mqtts) = (format!("127.0.0.1:{}", self.https), format!("127.0.0.1:{}", self.mqtts));
        let mut command = bellwether(&["serve", "--data", folder, "--https", &https, "--mqtts", &mqtts]);
        command.envs(self.environment.iter().map(|(name, value)| (*name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.child = Some(command.spawn().unwrap());
    }

    /// Waits until it is up.
    pub async fn ready(&mut self) -> Rest {
        let begun = Instant::now();
        let run = loop {
            let child = self.child.as_mut().unwrap();
            if let Some(status) = child.try_wait().unwrap() {
                panic!("the server ended with {status}");
            }
            let run = std::fs::read(self.data.join("run.json")).ok();
            let run = run.and_then(|text| serde_json::from_slice::<Value>(&text).ok());
            match run.filter(|run| run["pid"] == child.id()) {
                Some(run) => break run,
                None => tokio::time::sleep(LOOK_EVERY).await,
            }
            assert!(begun.elapsed() < PATIENCE, "the server did not come up");
        };
        if self.access.is_none() {
            self.access = Some(Access::of(&self.data));
        }
        let port = |name: &str| run[name].as_str().unwrap().rsplit_once(':').unwrap().1.parse::<u16>().unwrap();
        Rest::new(self.access(), port("https"), port("mqtts"))
    }

    /// Up, and waited for.
    pub async fn start(&mut self) -> Rest {
        self.spawn();
        self.ready().await
    }

    /// Known once it was up.
    pub fn access(&self) -> Access {
        self.access.clone().unwrap()
    }

    /// No warning, no end: SIGKILL.
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        if let Some(status) = child.try_wait().unwrap() {
            panic!("the server had ended by itself with {status}");
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// The regular end.
    pub async fn stop(&mut self) {
        let mut child = self.child.take().unwrap();
        kill_process(Pid::from_raw(child.id().try_into().unwrap()).unwrap(), Signal::TERM).unwrap();
        let begun = Instant::now();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success(), "the server ended with {status}");
                return;
            }
            if begun.elapsed() > PATIENCE {
                self.child = Some(child);
                panic!("the server did not end");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking()
            && let Ok(log) = std::fs::read_to_string(&self.log)
        {
            let lines: Vec<&str> = log.lines().collect();
            let last = &lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..];
            eprintln!("the last that the server said:\n{}", last.join("\n"));
        }
    }
}

/// A device that is registered.
#[derive(Debug, Clone)]
pub struct Identity {
    pub id: String,
    pub key: Vec<u8>,
}

/// Makes the database of a folder that no server has seen, with so many devices in it: thousands of requests
/// would say nothing about crashes and take their time.
pub async fn register(data: &Path, devices: usize, random: &mut fastrand::Rng) -> Vec<Identity> {
    let store = Arc::new(Store::open(&data.join("bellwether.db"), Mode::Threaded).unwrap());
    let identities: Vec<Identity> = (0..devices)
        .map(|number| Identity { id: format!("d{number:05}"), key: (0..32).map(|_| random.u8(..)).collect() })
        .collect();
    for some in identities.chunks(1000) {
        let made = some.iter().map(|identity| {
            let key = SymmetricKey::from_bytes(identity.key.as_slice().try_into().unwrap());
            let keys = Keys { primary: key.clone(), secondary: key };
            let settings = DeviceSettings {
                status: Status::Enabled,
                status_reason: None,
                keys: None,
                iot_edge: false,
                device_scope: None,
            };
            let new = NewDevice {
                id: identity.id.clone().try_into().unwrap(),
                settings,
                profile: DeviceProfile::default(),
                fresh_keys: keys,
            };
            store.create_device(new, now())
        });
        futures::future::try_join_all(made).await.unwrap();
    }
    store.close();
    identities
}

/// Copies the database as it lies there after a kill, and opens the copy: looking at the original would change
/// what the next start finds. The folder of the copy comes with it.
pub fn look_at(data: &Path) -> (Store, tempfile::TempDir) {
    let copy = tempfile::tempdir().unwrap();
    for name in ["bellwether.db", "bellwether.db-wal"] {
        match std::fs::copy(data.join(name), copy.path().join(name)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            other => drop(other.unwrap()),
        }
    }
    (Store::open(&copy.path().join("bellwether.db"), Mode::Inline).unwrap(), copy)
}

/// Copies a folder with everything in it.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A client of one start of the server, with the owner's key.
#[derive(Clone)]
pub struct Rest {
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    access: Access,
    /// As the connection string has it.
    pub host: String,
    /// Where devices connect.
    pub mqtts: u16,
}

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Rest {
    fn new(access: Access, https: u16, mqtts: u16) -> Self {
        let tls = ClientConfig::clone(&access.tls);
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_only().enable_http1().build();
        let http = Client::builder(TokioExecutor::new()).build(connector);
        Rest { http, access, host: format!("localhost:{https}"), mqtts }
    }

    /// One request; the error is that there is no answer.
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<Answer, String> {
        let token = sas::make(&self.host, &self.access.key, now().plus_seconds(TOKEN_SECONDS), Some("iothubowner"));
        let mut request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(format!("https://{}{path}?api-version=2021-04-12", self.host))
            .header(AUTHORIZATION, token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json; charset=utf-8");
        }
        let body = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
        let request = request.body(Full::new(body)).unwrap();
        let exchange = async {
            let answer = self.http.request(request).await.map_err(|error| format!("{error:?}"))?;
            let (head, body) = answer.into_parts();
            let bytes = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
            let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
            Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
        };
        let timeout = tokio::time::timeout(REQUEST_TIMEOUT, exchange).await;
        timeout.unwrap_or_else(|_| Err(format!("{method} {path}: no answer within {REQUEST_TIMEOUT:?}")))
    }

    /// One request that must be answered, and well.
    pub async fn done(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        self.answered(self.call(method, path, &[], body).await, method, path)
    }

    /// As [`Rest::done`], whatever the etag is.
    pub async fn change(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        self.answered(self.call(method, path, &[("If-Match", "\"*\"")], body).await, method, path)
    }

    fn answered(&self, answer: Result<Answer, String>, method: &str, path: &str) -> Value {
        let answer = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        assert!((200..300).contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.body);
        answer.body
    }

    /// What stands there: status and body.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        let answer = self.call("GET", path, &[], None).await.unwrap();
        (answer.status, answer.body)
    }

    /// A job as it stands; `None` when there is none of this id.
    pub async fn job(&self, id: &str) -> Option<Value> {
        let (status, job) = self.get(&format!("/jobs/v2/{id}")).await;
        assert_eq!(status, 200, "{job}");
        (job["status"] != "unknown").then_some(job)
    }

    /// A job once it has ended.
    pub async fn ended_job(&self, id: &str) -> Value {
        let begun = Instant::now();
        loop {
            let job = self.job(id).await.unwrap_or_else(|| panic!("there is no job {id}"));
            if ["completed", "failed", "cancelled"].iter().any(|end| job["status"] == *end) {
                return job;
            }
            assert!(begun.elapsed() < PATIENCE, "job {id} did not end: {job}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// All rows of a query, page after page.
    pub async fn query(&self, text: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let mut headers = vec![("x-ms-max-item-count", "100")];
            headers.extend(token.as_deref().map(|token| ("x-ms-continuation", token)));
            let answer = self.call("POST", "/devices/query", &headers, Some(json!({"query": text}))).await.unwrap();
            assert_eq!(answer.status, 200, "{text}: {}", answer.body);
            let Value::Array(page) = answer.body else { panic!("a query must be answered by an array") };
            rows.extend(page);
            match answer.headers.get("x-ms-continuation") {
                None => return rows,
                Some(next) => token = Some(next.to_str().unwrap().to_owned()),
            }
        }
    }

    /// All rows of a job.
    pub async fn rows(&self, job: &str) -> Vec<Value> {
        self.query(&format!("SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '{job}'")).await
    }
}
