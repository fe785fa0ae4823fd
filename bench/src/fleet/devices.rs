//! The child with the devices: each a TLS connection that answers every method call at once.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use bellwether_model::sas;
use bytes::BytesMut;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{child, mqtt, tls};
use crate::{Anything, registered, world};

const CONNECTS_AT_ONCE: usize = 64;
const KEEP_ALIVE: u16 = 600;
const PING_EVERY: Duration = Duration::from_secs(300);
const TOKEN_SECONDS: i64 = 24 * 3600;
const ANSWER: &[u8] = br#"{"result":"done"}"#;

struct Fleet {
    tls: TlsConnector,
    port: u16,
    turns: Semaphore,
    ready: AtomicU64,
    lost: AtomicU64,
    calls: AtomicU64,
    /// When the first call since the last `arm` came, in microseconds.
    first_call: AtomicU64,
}

/// Connects the devices 1 to `devices` and says `ready` when all are; then obeys: `arm`, `first`, `state`.
pub async fn run(folder: &Path, port: u16, devices: u64) -> Result<(), Anything> {
    child::raise_files()?;
    let mut commands = child::commands();
    let fleet = Arc::new(Fleet {
        tls: TlsConnector::from(Arc::new(tls::client(folder)?)),
        port,
        turns: Semaphore::new(CONNECTS_AT_ONCE),
        ready: AtomicU64::new(0),
        lost: AtomicU64::new(0),
        calls: AtomicU64::new(0),
        first_call: AtomicU64::new(u64::MAX),
    });
    let mut tasks = JoinSet::new();
    for number in 1..=devices {
        let fleet = Arc::clone(&fleet);
        tasks.spawn(async move {
            if let Err(error) = device(&fleet, number).await
                && fleet.lost.fetch_add(1, Relaxed) == 0
            {
                eprintln!("the first device that failed: {number}: {error}");
            }
        });
    }
    while fleet.ready.load(Relaxed) + fleet.lost.load(Relaxed) < devices {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!("ready");
    while let Some(command) = commands.recv().await {
        match command.as_str() {
            "arm" => {
                fleet.first_call.store(u64::MAX, Relaxed);
                println!("armed");
            }
            "first" => println!("{}", fleet.first_call.load(Relaxed)),
            _ => println!("{} lost, {} calls", fleet.lost.load(Relaxed), fleet.calls.load(Relaxed)),
        }
    }
    Ok(())
}

async fn device(fleet: &Fleet, number: u64) -> Result<(), Anything> {
    let turn = fleet.turns.acquire().await?;
    let tcp = TcpStream::connect(("127.0.0.1", fleet.port)).await?;
    tcp.set_nodelay(true)?;
    let mut stream = fleet.tls.connect(ServerName::try_from("localhost")?, tcp).await?;
    let id = registered::id(number);
    let resource = format!("localhost/devices/{id}");
    let token = sas::make(&resource, registered::KEY_BYTES, world::now().plus_seconds(TOKEN_SECONDS), None);
    let user = format!("localhost/{id}/?api-version=2021-04-12");
    stream.write_all(&mqtt::connect(&id, &user, &token, KEEP_ALIVE)).await?;
    let mut input = BytesMut::new();
    let welcome = next(&mut stream, &mut input).await?;
    if welcome.kind != mqtt::CONNACK || welcome.body.get(1) != Some(&0) {
        return Err("refused".into());
    }
    let filters = ["$iothub/methods/POST/#", "$iothub/twin/res/#", "$iothub/twin/PATCH/properties/desired/#"];
    stream.write_all(&mqtt::subscribe(&filters)).await?;
    while next(&mut stream, &mut input).await?.kind != mqtt::SUBACK {}
    drop(turn);
    fleet.ready.fetch_add(1, Relaxed);
    loop {
        let packet = tokio::time::timeout(PING_EVERY, next(&mut stream, &mut input)).await;
        match packet {
            Ok(packet) => {
                let packet = packet?;
                if packet.kind == mqtt::PUBLISH {
                    answer(fleet, &mut stream, &packet.body).await?;
                }
            }
            Err(_) => stream.write_all(mqtt::PING).await?,
        }
    }
}

async fn next(stream: &mut TlsStream<TcpStream>, input: &mut BytesMut) -> Result<mqtt::Received, Anything> {
    loop {
        if let Some(packet) = mqtt::next(input) {
            return Ok(packet);
        }
        if stream.read_buf(input).await? == 0 {
            return Err("closed by the hub".into());
        }
    }
}

async fn answer(fleet: &Fleet, stream: &mut TlsStream<TcpStream>, publish: &[u8]) -> Result<(), Anything> {
    let topic = mqtt::topic(publish).ok_or("a malformed topic")?;
    let Some(rid) = topic.strip_prefix("$iothub/methods/POST/").and_then(|rest| rest.split_once("/?$rid=")) else {
        return Ok(());
    };
    fleet.first_call.fetch_min(world::now().0 as u64, Relaxed);
    fleet.calls.fetch_add(1, Relaxed);
    let topic = format!("$iothub/methods/res/200/?$rid={}", rid.1);
    stream.write_all(&mqtt::publish(&topic, ANSWER)).await?;
    Ok(())
}
