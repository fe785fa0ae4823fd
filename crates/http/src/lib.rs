//! The operators' side of Bellwether: the hub's service API over HTTPS.
//!
//! This crate translates between the wire and the domain and decides nothing: what may happen is in
//! [`bellwether_model`], what does happen in [`bellwether_engine`]. A request's way:
//!
//! ```text
//! serve      a TLS connection, its limits                         (serve.rs)
//! hub        tracking id, one table of routes                     (hub/mod.rs, hub/router.rs)
//! auth       the token, the rights of the route                   (auth.rs)
//! hub/…      api-version, body, then one file per endpoint group  (hub/devices.rs, …)
//! hub/error  every failure in the hub's shape                     (hub/error.rs)
//! ```
//!
//! Beside it stands the central face, IoT Central's REST API, with the same shape of its own: one table of routes
//! (central/router.rs) with versions and permissions, one file a group of endpoints, and around them the conversion
//! between the versions of the API (central/version/). The two faces do not know each other. Devices that ask for
//! their hub over HTTPS find it here too, on the address of the faces (provisioning.rs), those that speak MQTT over
//! WebSocket their session (device_socket.rs), and people the web page that is the console (console/).
//!
//! Bodies may hold keys (iot-hub §11): nothing here logs a body, a query string or an `Authorization` header,
//! nor repeats the latter two in an answer.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod audit;
mod auth;
mod authority;
mod body;
mod central;
mod console;
mod continuation;
mod device_socket;
mod health;
mod hub;
mod path;
mod provisioning;
mod proxies;
mod query_string;
mod serve;
mod streams;
mod tracking;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{any, get};
use bellwether_engine::Engine;
use bellwether_model::policy::Policies;
use bellwether_model::sas::HostNames;
use rust_embed::RustEmbed;
use tokio_util::sync::CancellationToken;

pub use central::{CorsOrigins, Origin};
pub use device_socket::{DeviceDoor, DeviceStream};
pub use proxies::{BadNetwork, Network};
pub use serve::serve;
pub use streams::OpenStreams;

/// What the service API works with.
pub struct ApiState {
    /// Does what is asked.
    pub engine: Arc<Engine>,
    /// Who may ask.
    pub policies: Arc<Policies>,
    /// The names that tokens may be made for.
    pub hosts: Arc<HostNames>,
    /// Seconds that a token is still taken after its end (iot-hub §7.1).
    pub token_allowance: i64,
    /// Signs continuation tokens, so that none can be made up or used for another query. Kept over a restart,
    /// paging goes on over it.
    pub token_secret: [u8; 32],
    /// What `/readyz` says.
    pub readiness: Readiness,
    /// What a connection and a request may take.
    pub limits: Limits,
    /// Whose pages may call the central face from a browser.
    pub central_origins: CorsOrigins,
    /// Proxies that say for whom they pass requests on.
    pub trusted_proxies: Vec<Network>,
    /// Answers that stay open.
    pub streams: OpenStreams,
    /// Where devices go that come over WebSocket.
    pub device_door: DeviceDoor,
    /// From so many devices on the console asks for their number to be typed.
    pub confirm_devices: u64,
    /// The authority whose certificates devices and programs have to trust, PEM; `None`: a public one.
    pub ca_pem: Option<String>,
}

/// What a connection and a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Open connections; further ones wait in the listener's backlog.
    pub connections: usize,
    /// How long the TLS handshake may take.
    pub handshake_time: Duration,
    /// How long a connection may stand without a whole request head: its slow start and its idle time alike.
    pub head_time: Duration,
    /// How long the body of one request may take to arrive.
    pub body_time: Duration,
    /// Most bytes of a request's head.
    pub head_bytes: u32,
    /// Most bytes of a request's body. Has to leave room for a job with the longest condition that the engine
    /// takes, escapes included.
    pub body_bytes: usize,
    /// How long requests in flight may go on once the server stops.
    pub drain_time: Duration,
    /// Answers that stay open, in all.
    pub streams: usize,
    /// Of these, those of one caller.
    pub streams_per_caller: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 4096,
            handshake_time: Duration::from_secs(10),
            head_time: Duration::from_secs(60),
            body_time: Duration::from_secs(60),
            head_bytes: 64 * 1024,
            body_bytes: 4 * 1024 * 1024,
            drain_time: Duration::from_secs(30),
            streams: 1000,
            streams_per_caller: 16,
        }
    }
}

/// Is the server ready for requests?
///
/// [`serve`] sets `draining` when it is told to stop. A program that lets requests end first sets it itself and
/// cancels [`serve`] later: meanwhile `/readyz` answers 503, so that load balancers look elsewhere, and answers that
/// stay open end.
#[derive(Debug, Default)]
pub struct Readiness {
    recovered: AtomicBool,
    draining: CancellationToken,
}

impl Readiness {
    /// The work that an earlier process left is taken up again.
    pub fn set_recovered(&self) {
        self.recovered.store(true, Ordering::Release);
    }

    /// The server is about to stop.
    pub fn set_draining(&self) {
        self.draining.cancel();
    }

    fn is_recovered(&self) -> bool {
        self.recovered.load(Ordering::Acquire)
    }

    fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    /// The server is about to stop.
    fn draining(&self) -> CancellationToken {
        self.draining.clone()
    }
}

/// The whole service API: `/healthz`, `/readyz` and `/ca.pem` without authentication, `/api/…` as IoT Central,
/// `/{idScope}/registrations/…` as the devices' provisioning, `/$iothub/websocket` as their MQTT, `/` and `/console…` as the web page, everything else as
/// the hub.
pub fn router(state: Arc<ApiState>) -> Router {
    let central = any(central::answer).layer(central::cross_origin(&state.central_origins));
    let router = Router::new()
        .route("/healthz", get(health::alive).fallback(hub::answer))
        .route("/readyz", get(health::ready).fallback(hub::answer))
        .route("/ca.pem", get(authority::certificate).fallback(hub::answer))
        .route("/$iothub/websocket", get(device_socket::open).fallback(hub::answer))
        .route("/api/{*path}", central)
        .fallback(elsewhere);
    console_routes::<console::Page>(router).with_state(state)
}

fn console_routes<Files: RustEmbed + 'static>(router: Router<Arc<ApiState>>) -> Router<Arc<ApiState>> {
    router
        .route("/", get(device_socket::open_at_root).fallback(hub::answer))
        .route("/console", get(console::index::<Files>).fallback(hub::answer))
        .route("/console/", get(console::index::<Files>).fallback(hub::answer))
        .route("/console/{*path}", get(console::file::<Files>).fallback(hub::answer))
}

async fn elsewhere(State(state): State<Arc<ApiState>>, request: Request) -> Response {
    if provisioning::is_at(request.uri().path()) {
        provisioning::answer(state, request).await
    } else {
        hub::answer(State(state), request).await
    }
}

#[cfg(test)]
mod tests;
