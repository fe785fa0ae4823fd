//! TLS connections and their limits.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Duration, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;
use tower_http::add_extension::AddExtension;

use crate::audit::Peer;
use crate::proxies::Network;
use crate::{ApiState, Limits, router};

/// Requests that one HTTP/2 connection may have open.
const H2_STREAMS_MAX: u32 = 128;
/// How often an HTTP/2 peer is asked whether it is still there.
const H2_PING_EVERY: Duration = Duration::from_secs(60);
/// Pause after the system refused a connection for want of something (file descriptors, memory).
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// Serves the API on `listener` until `shutdown` is cancelled, then takes no more connections, lets requests in
/// flight end within [`Limits::drain_time`] and returns. Dropping the future ends every connection at once.
///
/// HTTP/2 is spoken where `tls` offers `h2` (ALPN) and the client takes it, HTTP/1.1 otherwise.
///
/// # Errors
/// `listener` is not usable.
pub async fn serve(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    state: Arc<ApiState>,
    shutdown: CancellationToken,
) -> io::Result<()> {
    tracing::info!(address = %listener.local_addr()?, "the service API is served");
    let limits = state.limits;
    let door = Arc::new(Door {
        acceptor: TlsAcceptor::from(tls),
        router: router(Arc::clone(&state)),
        limits,
        trusted_proxies: state.trusted_proxies.clone(),
        shutdown: shutdown.clone(),
    });
    let slots = Arc::new(Semaphore::new(limits.connections));
    let mut open = JoinSet::new();
    while let Some((slot, tcp)) = shutdown.run_until_cancelled(next_connection(&listener, &slots)).await {
        while open.try_join_next().is_some() {}
        let door = Arc::clone(&door);
        open.spawn(async move {
            door.connection(tcp).await;
            drop(slot);
        });
    }
    drop(listener);
    state.readiness.set_draining();
    let all_ended = async { while open.join_next().await.is_some() {} };
    if timeout(limits.drain_time, all_ended).await.is_err() {
        tracing::warn!(connections = open.len(), "connections are cut: their requests did not end in time");
    }
    Ok(())
}

/// Waits for a free slot first: connections over the limit stay in the backlog, where they cost nothing.
async fn next_connection(listener: &TcpListener, slots: &Arc<Semaphore>) -> (Option<OwnedSemaphorePermit>, TcpStream) {
    // The semaphore is never closed.
    let slot = Arc::clone(slots).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((tcp, _)) => return (slot, tcp),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The peer was gone before it was accepted; the listener itself is well.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

/// What every connection shares.
struct Door {
    acceptor: TlsAcceptor,
    router: Router,
    limits: Limits,
    trusted_proxies: Vec<Network>,
    shutdown: CancellationToken,
}

impl Door {
    /// One connection from its handshake to its end.
    async fn connection(&self, tcp: TcpStream) {
        // It is gone: nobody will hear the answer.
        let Ok(address) = tcp.peer_addr().map(|address| address.ip()) else { return };
        let peer = Peer { address, is_proxy: self.trusted_proxies.iter().any(|network| network.holds(address)) };
        // Answers are small and whole; a failure here only costs time.
        let _ = tcp.set_nodelay(true);
        let handshake = timeout(self.limits.handshake_time, self.acceptor.accept(tcp));
        let stream = match self.shutdown.run_until_cancelled(handshake).await {
            None => return,
            Some(Ok(Ok(stream))) => stream,
            Some(Ok(Err(error))) => {
                tracing::debug!(%error, "a TLS handshake failed");
                return;
            }
            Some(Err(_)) => {
                tracing::debug!("a TLS handshake took too long");
                return;
            }
        };
        // Chosen by ALPN, not by looking at the first bytes: that look has no time limit.
        let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let service = TowerToHyperService::new(AddExtension::new(self.router.clone(), peer));
        let stream = TokioIo::new(stream);
        if is_h2 {
            let connection = self.http2().serve_connection(stream, service);
            self.to_its_end(connection, |connection| connection.graceful_shutdown()).await;
        } else {
            let connection = self.http1().serve_connection(stream, service).with_upgrades();
            self.to_its_end(connection, |connection| connection.graceful_shutdown()).await;
        }
    }

    /// Requests until the peer has no more; once the server is to stop, those in flight.
    async fn to_its_end<C: Future<Output = hyper::Result<()>>>(&self, connection: C, take_no_more: fn(Pin<&mut C>)) {
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.shutdown.cancelled() => {
                take_no_more(connection.as_mut());
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }

    fn http1(&self) -> http1::Builder {
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head_time)
            .max_buf_size((self.limits.head_bytes as usize).max(8192));
        builder
    }

    fn http2(&self) -> http2::Builder<TokioExecutor> {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .keep_alive_interval(H2_PING_EVERY)
            .max_header_list_size(self.limits.head_bytes)
            .max_concurrent_streams(H2_STREAMS_MAX);
        builder
    }
}
