//! `bellwether serve`: the wiring of a server, its first start, and its end.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bellwether_engine::{Clock as _, Engine, NewApiToken, World};
use bellwether_gateway::{Gateway, QueueLimits, Sessions};
use bellwether_http::{ApiState, Limits, OpenStreams, Readiness};
use bellwether_model::access::Caller;
use bellwether_model::ids::BadId;
use bellwether_model::sas::HostNames;
use bellwether_store::{Mode, Store};
use rustix::fs::Mode as FileMode;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::certificates::Certificates;
use crate::clock::{SystemClock, SystemEntropy};
use crate::config::{HubAddress, Settings};
use crate::connection::Connection;
use crate::failure::Failure;
use crate::run_file::{RunFile, RunLock};
use crate::signals::Signals;
use crate::{cors, limits, logging, policies, private_file};

/// The least time that requests in flight have once the calls are done.
const REQUESTS_GRACE: Duration = Duration::from_secs(1);
/// How long connections to devices may take to close.
const CLOSE_TIME: Duration = Duration::from_secs(5);
/// Files that a server has open beside its device connections: mostly those of the service API.
const FILES_BESIDE: u64 = 4500;

/// Runs a server until a signal ends it.
pub async fn run(settings: Settings) -> Result<(), Failure> {
    logging::start(settings.log_level, settings.log_format);
    let mut signals = Signals::listen()?;
    let mut server = Server::start(&settings).await?;
    if let Some(token) = server.administrator_token.take() {
        print!("{}", first_start_text(&settings.data, &server.connection, &token));
    }
    if let Some(password) = server.administrator_password.take() {
        print!("{}", first_sign_in_text(&server.connection, &settings.people.admin_email.0, &password));
    }
    let number = tokio::select! {
        number = signals.next() => number,
        failure = server.failed() => return Err(failure),
    };
    tracing::info!(signal = number, drain_seconds = settings.drain, "stopping: no new attempt starts");
    tokio::select! {
        () = server.stop(settings.drain()) => {
            tracing::info!("stopped");
            Ok(())
        }
        number = signals.next() => {
            tracing::warn!(signal = number, "a second signal: stopped at once");
            std::process::exit(128 + number)
        }
    }
}

/// A server at work.
pub struct Server {
    /// How clients reach it.
    pub connection: Connection,
    /// Of the first start, which made database, keys and certificates just now: the text of an API token that may do
    /// everything. It is nowhere else.
    pub administrator_token: Option<String>,
    /// Of the first start without any user: the password of the administrator that was made. It is nowhere else.
    pub administrator_password: Option<String>,
    store: Arc<Store>,
    engine: Arc<Engine>,
    gateway: Gateway,
    state: Arc<ApiState>,
    listening: JoinSet<io::Result<()>>,
    shutdown: CancellationToken,
    lock: RunLock,
}

impl Server {
    /// Starts everything on the data folder of `settings`. When it fails, nothing runs.
    pub async fn start(settings: &Settings) -> Result<Self, Failure> {
        let central_origins = cors::origins(&settings.cors_origin)?;
        // Whatever is made from here on holds keys or data of devices.
        rustix::process::umask(FileMode::from_raw_mode(0o077));
        let data = data_folder(&settings.data)?;
        let lock = RunLock::take(&data).await?;
        let now = SystemClock.now();
        let certificates = Certificates::open(settings, now)?;
        if let Some(reason) = certificates.issued {
            tracing::info!(reason, ends = %certificates.ends, names = ?settings.all_hosts(), "a server certificate was issued");
        }
        let connections_max = most_connections(settings.max_connections, limits::raise_files());
        let doors = Doors::bind(settings).await?;
        let (store, first_start) = open_store(&data).await?;
        let policies = store.policies().await.map_err(|error| Failure::during("cannot read the policies", &error))?;
        let policies = Arc::new(policies);
        let secret = store.secret("continuation", policies::random()?).await;
        let token_secret =
            secret.map_err(|error| Failure::during("cannot read the secret of continuation tokens", &error))?;
        let run = doors.run_file(settings, &certificates)?;
        let connection = Connection::of(&run, &policies::owner_key_of(&policies)?);

        let epoch = store.begin_epoch().await.map_err(|error| Failure::during("cannot count this start", &error))?;
        let sessions = Sessions::new(epoch, QueueLimits::default());
        let port = Arc::clone(&sessions);
        let world = World { port, clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy) };
        let engine = Engine::start(Arc::clone(&store), world, engine_settings(settings, doors.mqtts.1), epoch).await;
        let engine = engine.map_err(|error| Failure::during("cannot take up the work of the last start", &error))?;
        let administrator_token = if first_start { Some(first_token(&engine).await?) } else { None };
        let made = engine.create_first_administrator(settings.people.admin_email.0.clone()).await;
        let administrator_password =
            made.map_err(|error| Failure::during("cannot make the first administrator", &error))?;
        let hosts = HostNames(settings.all_hosts());
        let gateway_settings = bellwether_gateway::Settings {
            hosts: hosts.clone(),
            clock_allowance: settings.token_allowance.into(),
            connections_max,
            ..bellwether_gateway::Settings::default()
        };
        let gateway = Gateway::new(Arc::clone(&engine), sessions, Arc::clone(&policies), gateway_settings);
        let sockets = gateway.clone();
        let state = Arc::new(ApiState {
            engine: Arc::clone(&engine),
            policies,
            hosts: Arc::new(hosts),
            token_allowance: settings.token_allowance.into(),
            token_secret,
            readiness: Readiness::default(),
            limits: http_limits(settings),
            central_origins,
            trusted_proxies: settings.trusted_proxy.clone(),
            streams: OpenStreams::default(),
            device_door: Arc::new(move |stream| sockets.accept(Box::new(stream))),
            confirm_devices: settings.people.confirm_devices,
            ca_pem: certificates.ca_pem()?,
        });
        state.readiness.set_recovered();
        let shutdown = CancellationToken::new();
        let listening = doors.open(&certificates, &gateway, &state, &shutdown)?;
        run.write(&data)?;
        tracing::info!(https = %run.https, mqtts = %run.mqtts, mqtt = run.mqtt.map(tracing::field::display), epoch,
            data = %data.display(), "the server is up");
        Ok(Server {
            connection,
            administrator_token,
            administrator_password,
            store,
            engine,
            gateway,
            state,
            listening,
            shutdown,
            lock,
        })
    }

    /// Resolves when a listener has ended although nobody stopped it.
    pub async fn failed(&mut self) -> Failure {
        match self.listening.join_next().await {
            Some(Ok(Err(error))) => Failure::during("a listener failed", &error),
            Some(Err(error)) => Failure::during("a listener failed", &error),
            Some(Ok(Ok(()))) | None => Failure::new("a listener ended by itself"),
        }
    }

    /// Opens no new attempt, gives those in flight `drain` to be answered and records the rest as outcome
    /// unknown, then ends requests and connections.
    pub async fn stop(mut self, drain: Duration) {
        let end = Instant::now() + drain;
        self.state.readiness.set_draining();
        // Requests are still served: whoever asks how far a job is gets an answer until the end.
        self.engine.stop(drain).await;
        self.shutdown.cancel();
        let left = end.saturating_duration_since(Instant::now()).max(REQUESTS_GRACE);
        let all = async { while self.listening.join_next().await.is_some() {} };
        if timeout(left, all).await.is_err() {
            tracing::warn!("requests were cut: they did not end in time");
            self.listening.shutdown().await;
        }
        if timeout(CLOSE_TIME, self.gateway.close()).await.is_err() {
            tracing::warn!("connections to devices were cut: they did not close in time");
        }
        self.store.close();
        self.lock.release();
    }
}

/// The listeners, bound but not yet served.
struct Doors {
    https: (TcpListener, SocketAddr),
    mqtts: (TcpListener, SocketAddr),
    mqtt: Option<(TcpListener, SocketAddr)>,
}

impl Doors {
    async fn bind(settings: &Settings) -> Result<Self, Failure> {
        let mqtt = match settings.mqtt {
            Some(address) => Some(bind("--mqtt", address).await?),
            None => None,
        };
        Ok(Doors { https: bind("--https", settings.https).await?, mqtts: bind("--mqtts", settings.mqtts).await?, mqtt })
    }

    fn run_file(&self, settings: &Settings, certificates: &Certificates) -> Result<RunFile, Failure> {
        let (https, mqtts, mqtt) = (self.https.1, self.mqtts.1, self.mqtt.as_ref().map(|(_, bound)| *bound));
        let absolute = |file: &PathBuf| {
            file.canonicalize().map_err(|error| Failure::during(format!("cannot find {}", file.display()), &error))
        };
        Ok(RunFile {
            https,
            mqtts,
            mqtt,
            https_host: settings.host_of(https.ip()),
            mqtts_host: settings.host_of(mqtts.ip()),
            mqtt_host: mqtt.map(|bound| settings.host_of(bound.ip())),
            ca_file: certificates.ca_file.as_ref().map(absolute).transpose()?,
            pid: std::process::id(),
        })
    }

    /// Serves them all until `shutdown`.
    fn open(
        self,
        certificates: &Certificates,
        gateway: &Gateway,
        state: &Arc<ApiState>,
        shutdown: &CancellationToken,
    ) -> Result<JoinSet<io::Result<()>>, Failure> {
        let https: Arc<ServerConfig> = certificates.server_config(&[b"h2", b"http/1.1"])?;
        let mqtts = certificates.server_config(&[])?;
        let mut listening = JoinSet::new();
        listening.spawn(bellwether_http::serve(self.https.0, https, Arc::clone(state), shutdown.clone()));
        let (over_tls, stop) = (gateway.clone(), shutdown.clone());
        let listener = self.mqtts.0;
        listening.spawn(async move {
            over_tls.serve_tls(listener, mqtts, stop).await;
            Ok(())
        });
        if let Some((listener, _)) = self.mqtt {
            let (plain, stop) = (gateway.clone(), shutdown.clone());
            listening.spawn(async move {
                plain.serve_tcp(listener, stop).await;
                Ok(())
            });
        }
        Ok(listening)
    }
}

/// Device connections that the limit on open files leaves room for. A part is kept free for the service API and
/// the database: at the limit these would fail too.
fn most_connections(wanted: u32, files: Option<u64>) -> usize {
    let wanted_files = u64::from(wanted);
    let most = files.map_or(wanted_files, |files| wanted_files.min(files - FILES_BESIDE.min(files / 4)));
    if most < wanted_files {
        tracing::info!(
            max_connections = most,
            wanted,
            "device connections are bounded by the limit on open files \
            (LimitNOFILE, ulimit -Hn)"
        );
    }
    usize::try_from(most).unwrap_or(usize::MAX)
}

async fn bind(setting: &str, address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let bound = async {
        let listener = TcpListener::bind(address).await?;
        let actual = listener.local_addr()?;
        Ok((listener, actual))
    };
    bound.await.map_err(|error: io::Error| {
        let hint = match error.kind() {
            io::ErrorKind::AddrInUse => ": another program listens there; choose another port",
            io::ErrorKind::PermissionDenied => {
                ": ports below 1024 need a privilege (CAP_NET_BIND_SERVICE, or the sysctl net.ipv4.ip_unprivileged_port_start)"
            }
            io::ErrorKind::AddrNotAvailable => ": this machine has no such address",
            _ => "",
        };
        Failure::during(format!("{setting}: cannot listen on {address}{hint}"), &error)
    })
}

fn data_folder(data: &Path) -> Result<PathBuf, Failure> {
    let folder = private_file::make_dir(data).and_then(|()| data.canonicalize());
    folder.map_err(|error| Failure::during(format!("--data: cannot use {}", data.display()), &error))
}

/// The store, and whether this is its first start.
async fn open_store(data: &Path) -> Result<(Arc<Store>, bool), Failure> {
    let file = policies::database(data);
    let what = || format!("cannot use the database {}", file.display());
    let store = Store::open(&file, Mode::Threaded).map_err(|error| Failure::during(what(), &error))?;
    let first = store.add_first_policies(policies::fresh()?).await;
    Ok((Arc::new(store), first.map_err(|error| Failure::during(what(), &error))?))
}

fn engine_settings(settings: &Settings, mqtts: SocketAddr) -> bellwether_engine::Settings {
    let bound = || HubAddress::new(&settings.host_of(mqtts.ip()), mqtts.port());
    bellwether_engine::Settings {
        assigned_hub: settings.assigned_hub.clone().unwrap_or_else(bound).to_string(),
        provisioning_retry_after: settings.provisioning_retry_after,
        start_hours_ahead_max: settings.job_start_max_hours_ahead.into(),
        condition_bytes_max: settings.job_condition_max_bytes.try_into().unwrap_or(usize::MAX),
        strict_characters: settings.strict_characters,
        jobs_at_once: settings.limits.jobs_at_once(),
        reconnect_grace: Duration::from_secs(settings.reconnect_grace.into()),
        limits: settings.limits.engine_limits(),
        sessions: settings.people.sessions(),
        audit_days: settings.people.audit_days,
        history_days: Some(settings.history_days).filter(|days| *days > 0),
        ..bellwether_engine::Settings::default()
    }
}

/// A body must hold the longest condition even when each of its characters is written as an escape.
fn http_limits(settings: &Settings) -> Limits {
    const LONGEST_ESCAPE: usize = 6;
    const REST_OF_A_JOB: usize = 256 * 1024;
    let condition: usize = settings.job_condition_max_bytes.try_into().unwrap_or(usize::MAX);
    let usual = Limits::default();
    let body_bytes = usual.body_bytes.max(condition.saturating_mul(LONGEST_ESCAPE).saturating_add(REST_OF_A_JOB));
    Limits { body_bytes, drain_time: settings.drain().max(REQUESTS_GRACE), ..usual }
}

/// Without it nobody could open the central face. Should it be lost, `bellwether token` makes another.
async fn first_token(engine: &Engine) -> Result<String, Failure> {
    let wrong = |error: &(dyn std::error::Error + 'static)| Failure::during("cannot make the first API token", error);
    let id = "administrator".parse().map_err(|error: BadId| wrong(&error))?;
    let by = Caller::operator();
    let new = NewApiToken { id, roles: by.roles.clone(), expiry: None };
    Ok(engine.create_api_token(by, new).await.map_err(|error| wrong(&error))?.1)
}

fn first_start_text(data: &Path, connection: &Connection, token: &str) -> String {
    format!(
        "Bellwether has made its database, keys and certificates in {data}.\n\
         Clients need the following; it is said here once, `bellwether connection --data {data}` says it again.\n\n{}\n\
         An API token that may do everything on the IoT Central API, for a year. It is shown only now:\n\n{token}\n\n\
         The npm service SDK dials port 443 only, the Python device SDK 8883 only: for these use\n\
         --https 0.0.0.0:443 and --mqtts 0.0.0.0:8883. Give the names of this machine with --host-name.\n\n",
        connection.text(data),
        data = data.display(),
    )
}

/// What the first administrator needs to sign in.
pub fn first_sign_in_text(connection: &Connection, email: &str, password: &str) -> String {
    format!(
        "The console, a web page:  {}/console\n\n    sign in as  {email}\n    password    {password}\n\n\
         The password is shown only now and has to be changed at the first sign-in. Should it be lost,\n\
         `bellwether user password {email}` makes another.\n\n",
        connection.https_url,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_free() {
        assert_eq!(most_connections(100_000, None), 100_000);
        assert_eq!(most_connections(100_000, Some(1_000_000)), 100_000);
        assert_eq!(most_connections(100_000, Some(20_000)), 15_500);
        assert_eq!(most_connections(100_000, Some(1024)), 768);
        assert_eq!(most_connections(500, Some(1024)), 500);
    }
}
