//! The server over real sockets: TLS, limits, and stopping.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, Version};
use bellwether_engine::CallError;
use bellwether_model::policy::OWNER;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_util::sync::CancellationToken;

use super::{Hub, token};
use crate::{Limits, serve};

struct Server {
    hub: Hub,
    address: SocketAddr,
    client: Arc<ClientConfig>,
    shutdown: CancellationToken,
    served: JoinHandle<std::io::Result<()>>,
}

async fn start(limits: Limits) -> Server {
    start_with(limits, &[]).await
}

/// A server and a client that both offer these protocols (ALPN).
async fn start_with(limits: Limits, protocols: &[&[u8]]) -> Server {
    let hub = Hub::with(limits).await;
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let mut tls = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], signing_key.serialize_der().try_into().unwrap())
        .unwrap();
    let mut client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    tls.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    client.alpn_protocols.clone_from(&tls.alpn_protocols);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let served = tokio::spawn(serve(listener, Arc::new(tls), Arc::clone(&hub.state), shutdown.clone()));
    Server { hub, address, client: Arc::new(client), shutdown, served }
}

impl Server {
    async fn connect(&self) -> TlsStream<TcpStream> {
        let tcp = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::clone(&self.client)).connect(name, tcp).await.unwrap()
    }

    /// Sends a request on a connection of its own and reads what comes back until the connection ends.
    async fn exchange(&self, request: String) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        read_all(&mut stream).await
    }
}

async fn read_all(stream: &mut TlsStream<TcpStream>) -> String {
    let mut bytes = Vec::new();
    // A connection that is cut without TLS's own goodbye reads as an error.
    let _ = timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes)).await.expect("the connection stays open");
    String::from_utf8(bytes).unwrap()
}

fn get(path: &str) -> String {
    let authorization = token(OWNER);
    format!(
        "GET {path}?api-version=2021-04-12 HTTP/1.1\r\nHost: hub1.example.net\r\nAuthorization: {authorization}\r\nConnection: close\r\n\r\n"
    )
}

#[tokio::test]
async fn answers_over_tls() {
    let server = start(Limits::default()).await;
    let answer = server.exchange(get("/devices/")).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("content-type: application/json; charset=utf-8\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n[]"), "{answer}");
}

#[tokio::test]
async fn speaks_http2_where_both_do() {
    let server = start_with(Limits::default(), &[b"h2", b"http/1.1"]).await;
    let stream = TokioIo::new(server.connect().await);
    let (mut client, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let uri = "https://localhost/devices?api-version=2021-04-12";
    let request = Request::get(uri).header("authorization", token(OWNER)).body(Body::empty()).unwrap();
    let response = client.send_request(request).await.unwrap();
    assert_eq!((response.version(), response.status()), (Version::HTTP_2, StatusCode::OK));
    assert!(response.headers().contains_key("x-ms-request-id"));
    server.shutdown.cancel();
    timeout(Duration::from_secs(5), server.served).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn silent_connections_hold_nobody_up_and_are_cut() {
    let short = Duration::from_millis(300);
    let server = start(Limits { handshake_time: short, head_time: short, ..Limits::default() }).await;
    let mut before_tls = TcpStream::connect(server.address).await.unwrap();
    let mut before_head = server.connect().await;
    let mut in_head = server.connect().await;
    in_head.write_all(b"GET /devices HTTP/1.1\r\nHost: a").await.unwrap();
    assert!(server.exchange(get("/devices")).await.starts_with("HTTP/1.1 200"));
    assert_eq!(timeout(Duration::from_secs(10), before_tls.read(&mut [0; 1])).await.unwrap().unwrap_or(0), 0);
    assert_eq!(read_all(&mut before_head).await, "");
    // Hyper answers 408 here or nothing; either way the connection ends.
    read_all(&mut in_head).await;
}

#[tokio::test]
async fn a_head_over_the_limit() {
    let server = start(Limits { head_bytes: 8192, ..Limits::default() }).await;
    let request = get("/devices").replace("Host:", &format!("X-Long: {}\r\nHost:", "x".repeat(9000)));
    assert!(server.exchange(request).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn a_body_over_the_limit_gets_its_answer() {
    let server = start(Limits { body_bytes: 1000, ..Limits::default() }).await;
    let body = "x".repeat(3_000_000);
    let head = get("/devices/query").replace("GET", "POST");
    let head = head.replace("Host:", &format!("Content-Length: {}\r\nHost:", body.len()));
    let answer = server.exchange(head + &body).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("MessageTooLarge"), "{answer}");
}

#[tokio::test]
async fn connections_over_the_limit_wait() {
    let server = start(Limits { connections: 1, ..Limits::default() }).await;
    let mut first = server.connect().await;
    let request = get("/devices");
    let waiting = server.exchange(request.clone());
    let mut waiting = std::pin::pin!(waiting);
    assert!(timeout(Duration::from_millis(200), waiting.as_mut()).await.is_err(), "the second one got in");
    first.write_all(request.as_bytes()).await.unwrap();
    assert!(read_all(&mut first).await.starts_with("HTTP/1.1 200"));
    assert!(waiting.await.starts_with("HTTP/1.1 200"));
}

/// A call that is out when the server is told to stop gets its answer; idle connections end at once, new ones are
/// refused.
#[tokio::test]
async fn stopping_lets_requests_end() {
    let server = start(Limits::default()).await;
    server.hub.create("dev").await;
    server.hub.devices.fail(server.hub.seq("dev").await, CallError::TimedOut);
    *server.hub.devices.delay.lock() = Duration::from_millis(400);
    let body = r#"{"methodName":"m"}"#;
    let head = get("/twins/dev/methods").replace("GET", "POST").replace("Connection: close\r\n", "");
    let head = head.replace("Host:", &format!("Content-Length: {}\r\nHost:", body.len()));
    let mut idle = server.connect().await;
    let mut busy = server.connect().await;
    busy.write_all((head + body).as_bytes()).await.unwrap();
    while server.hub.devices.calls.lock().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.shutdown.cancel();
    assert_eq!(read_all(&mut idle).await, "");
    let answer = read_all(&mut busy).await;
    assert!(answer.starts_with("HTTP/1.1 504") && answer.contains("504101"), "{answer}");
    timeout(Duration::from_secs(5), server.served).await.unwrap().unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
    assert!(server.hub.state.readiness.is_draining());
}

#[tokio::test]
async fn stopping_does_not_wait_for_ever() {
    let server = start(Limits { drain_time: Duration::from_millis(200), ..Limits::default() }).await;
    server.hub.create("dev").await;
    server.hub.devices.answer(server.hub.seq("dev").await, 200, "null");
    *server.hub.devices.delay.lock() = Duration::from_secs(3600);
    let body = r#"{"methodName":"m"}"#;
    let head = get("/twins/dev/methods").replace("GET", "POST");
    let head = head.replace("Host:", &format!("Content-Length: {}\r\nHost:", body.len()));
    let mut busy = server.connect().await;
    busy.write_all((head + body).as_bytes()).await.unwrap();
    while server.hub.devices.calls.lock().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.shutdown.cancel();
    timeout(Duration::from_secs(5), server.served).await.unwrap().unwrap().unwrap();
    assert_eq!(read_all(&mut busy).await, "");
}
