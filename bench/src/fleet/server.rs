//! The child that serves: the product's own parts, wired as `bellwether serve` wires them, and a way to call
//! devices past the engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwether_engine::{DevicePort as _, Engine, Settings};
use bellwether_gateway::{Gateway, QueueLimits, Sessions};
use bellwether_http::{ApiState, CorsOrigins, Limits, OpenStreams, Readiness};
use bellwether_model::DeviceSeq;
use bellwether_model::identity::{Keys, SymmetricKey};
use bellwether_model::method::MethodCall;
use bellwether_model::policy::{OWNER, Policies, Policy, STANDARD};
use bellwether_model::sas::HostNames;
use bellwether_store::{Mode, Store};
use futures::StreamExt as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::http::POLICY_KEY;
use super::{child, tls};
use crate::{Anything, world};

/// The database in a run's folder.
pub fn database(folder: &Path) -> PathBuf {
    folder.join("bellwether.db")
}

/// Serves, says on which ports, then obeys: `calls N` makes N calls past the engine.
pub async fn run(folder: &Path) -> Result<(), Anything> {
    child::raise_files()?;
    let mut commands = child::commands();
    let store = Arc::new(Store::open(&database(folder), Mode::Threaded)?);
    let epoch = store.begin_epoch().await?;
    let sessions = Sessions::new(epoch, QueueLimits::default());
    let settings = Settings::default();
    let bound = settings.calls_in_flight;
    let port = Arc::clone(&sessions);
    let engine = Engine::start(store, world::world_of(port), settings, epoch).await?;
    let policies = Arc::new(policies());
    let gateway_settings = bellwether_gateway::Settings::default();
    let gateway = Gateway::new(Arc::clone(&engine), Arc::clone(&sessions), Arc::clone(&policies), gateway_settings);
    let sockets = gateway.clone();
    let state = Arc::new(ApiState {
        engine,
        policies,
        hosts: Arc::new(HostNames::default()),
        token_allowance: 0,
        token_secret: [7; 32],
        readiness: Readiness::default(),
        limits: Limits::default(),
        central_origins: CorsOrigins::Any,
        trusted_proxies: Vec::new(),
        streams: OpenStreams::default(),
        device_door: Arc::new(move |stream| sockets.accept(Box::new(stream))),
        confirm_devices: 100,
        ca_pem: None,
    });
    let (https, mqtts) = (TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?);
    let ready = format!("{} {}", https.local_addr()?.port(), mqtts.local_addr()?.port());
    let never = CancellationToken::new();
    tokio::spawn(bellwether_http::serve(https, tls::server(folder, &[b"h2", b"http/1.1"])?, state, never.clone()));
    let mqtts_config = tls::server(folder, &[])?;
    tokio::spawn(async move { gateway.serve_tls(mqtts, mqtts_config, never).await });
    println!("{ready}");
    while let Some(command) = commands.recv().await {
        match command.strip_prefix("calls ") {
            Some(devices) => {
                let took = bare_calls(&sessions, devices.parse()?, bound).await?;
                println!("{}", took.as_secs_f64());
            }
            None => println!("{}", sessions.connected()),
        }
    }
    Ok(())
}

/// The calls of a method job and nothing else: no engine, no attempts, no disk.
async fn bare_calls(sessions: &Arc<Sessions>, devices: i64, bound: usize) -> Result<Duration, Anything> {
    let call = Arc::new(MethodCall {
        name: "reboot".to_owned(),
        payload: r#"{"delaySeconds":5}"#.to_owned(),
        response_timeout: 30,
        connect_timeout: None,
    });
    let began = Instant::now();
    let calls = futures::stream::iter(1..=devices).map(|device| {
        let timeout = Duration::from_secs(call.response_timeout.into());
        sessions.call(DeviceSeq(device), Arc::clone(&call), timeout)
    });
    let mut calls = std::pin::pin!(calls.buffer_unordered(bound));
    while let Some(result) = calls.next().await {
        result?;
    }
    Ok(began.elapsed())
}

fn policies() -> Policies {
    let key = SymmetricKey::from_bytes(POLICY_KEY);
    let rights = STANDARD.iter().find(|(name, _)| *name == OWNER).map(|(_, rights)| rights.to_vec());
    let keys = Keys { primary: key.clone(), secondary: key };
    Policies(vec![Policy { name: OWNER.to_owned(), keys, rights: rights.unwrap_or_default() }])
}
