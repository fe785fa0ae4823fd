//! Listeners: accepting connections, the TLS handshake, and stopping.

use std::sync::Arc;
use std::time::Duration;

use bellwether_engine::Engine;
use bellwether_model::policy::Policies;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::connection::Connection;
use crate::protocol::session::Now;
use crate::sessions::Sessions;
use crate::settings::Settings;
use crate::stats::Stats;

/// Connections beyond the limit that are heard, to be told so with CONNACK 3.
const TOLD_SO: usize = 64;

/// After a failed accept, for example because there are no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The devices' side of one hub. Cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    shared: Arc<Shared>,
}

/// What every connection needs.
pub(crate) struct Shared {
    pub engine: Arc<Engine>,
    pub sessions: Arc<Sessions>,
    pub policies: Arc<Policies>,
    pub settings: Settings,
    pub stats: Stats,
    /// Cancelled: every connection ends.
    pub closing: CancellationToken,
    /// Every connection and what it leaves behind.
    pub tasks: TaskTracker,
    started: Instant,
}

impl Shared {
    /// The present, by the engine's clock and by one that is never set back.
    pub fn now(&self) -> Now {
        Now { wall: self.engine.now(), uptime: self.started.elapsed() }
    }
}

/// A place among the connections; given back when it is dropped.
pub(crate) struct Place {
    shared: Arc<Shared>,
    /// There is no room: CONNECT is answered with CONNACK 3.
    pub over: bool,
}

impl Place {
    fn take(shared: &Arc<Shared>) -> Option<Place> {
        let count = shared.stats.opened();
        let max = shared.settings.connections_max;
        let place = Place { shared: Arc::clone(shared), over: count > max };
        (count <= max.saturating_add(TOLD_SO)).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.stats.closed();
    }
}

impl Gateway {
    /// A gateway that delivers to the devices of `sessions`, which the engine has as its port.
    pub fn new(engine: Arc<Engine>, sessions: Arc<Sessions>, policies: Arc<Policies>, settings: Settings) -> Gateway {
        let shared = Shared {
            engine,
            sessions,
            policies,
            settings,
            stats: Stats::default(),
            closing: CancellationToken::new(),
            tasks: TaskTracker::new(),
            started: Instant::now(),
        };
        Gateway { shared: Arc::new(shared) }
    }

    /// Counters, for metrics.
    pub fn stats(&self) -> &Stats {
        &self.shared.stats
    }

    /// Serves MQTT over TLS (device-protocol §1) until `shutdown`. Connections go on after it.
    pub async fn serve_tls(&self, listener: TcpListener, tls: Arc<ServerConfig>, shutdown: CancellationToken) {
        let acceptor = TlsAcceptor::from(tls);
        self.serve(listener, shutdown, |shared, tcp, place| {
            let handshake = acceptor.accept(tcp);
            let tasks = shared.tasks.clone();
            tasks.spawn(async move {
                match tokio::time::timeout(shared.settings.handshake_timeout, handshake).await {
                    // A task of its own, so that it does not keep the memory of the handshake.
                    Ok(Ok(stream)) => start(shared, Box::new(stream), place),
                    Ok(Err(error)) => debug!(%error, "TLS handshake failed"),
                    Err(_) => debug!("TLS handshake took too long"),
                }
            });
        })
        .await;
    }

    /// Serves MQTT over plain TCP until `shutdown`: for tests and benchmarks, or behind something that does
    /// TLS. Off by default.
    pub async fn serve_tcp(&self, listener: TcpListener, shutdown: CancellationToken) {
        self.serve(listener, shutdown, start).await;
    }

    /// Takes a connection that came by another way: MQTT over WebSocket.
    pub fn accept<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(&self, stream: S) {
        match Place::take(&self.shared) {
            Some(place) => start(Arc::clone(&self.shared), stream, place),
            None => debug!("too many connections"),
        }
    }

    async fn serve(
        &self,
        listener: TcpListener,
        shutdown: CancellationToken,
        each: impl Fn(Arc<Shared>, TcpStream, Place),
    ) {
        loop {
            let accepted = tokio::select! {
                () = shutdown.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((tcp, peer)) => {
                    // Small answers must not wait for one another; without it they are only slower.
                    let _ = tcp.set_nodelay(true);
                    match Place::take(&self.shared) {
                        Some(place) => each(Arc::clone(&self.shared), tcp, place),
                        None => debug!(%peer, "too many connections"),
                    }
                }
                Err(error) => {
                    warn!(error = &error as &dyn std::error::Error, "accepting a connection failed");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Ends every connection and waits until they are gone. Call it after the listeners were shut down; the
    /// caller bounds the wait if it has to.
    pub async fn close(&self) {
        self.shared.closing.cancel();
        self.shared.sessions.close_all();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

fn start<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(shared: Arc<Shared>, stream: S, place: Place) {
    let tasks = shared.tasks.clone();
    tasks.spawn(Connection::new(shared, stream, place).serve());
}
