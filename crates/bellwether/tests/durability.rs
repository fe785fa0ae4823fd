//! Acknowledged means on disk: what a power cut leaves at worst still has everything that anybody was told.
//!
//! kill -9 proves nothing about the disk, because what was written lives on in the system's page cache. So the
//! server runs with `support/unsynced.c` preloaded, which keeps a shadow of the database that holds only what was
//! synced. It is killed with the acknowledgement; a fresh server gets the shadow, and must know what was
//! acknowledged. Each sync is made to take longer, so that an acknowledgement that does not wait for its sync is
//! seen for certain; and two controls, a disk that lies and syncs that come late, show that the test can fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/device.rs"]
#[allow(dead_code)]
mod device;
#[path = "support/hub.rs"]
#[allow(dead_code)]
mod hub;
mod support;

use std::any::Any;
use std::future::Future;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use device::{Door, FILTERS};
use futures::StreamExt;
use futures::future::BoxFuture;
use hub::{Access, Hub, Identity, Rest, copy_folder, now, register};
use rumqttc::{AsyncClient, Event, EventLoop, Packet, QoS};
use serde_json::{Value, json};
use support::PATIENCE;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::Instant;

const DEVICES: usize = 8;
const FILES: [&str; 2] = ["bellwether.db", "bellwether.db-wal"];
/// What a disk writes whole.
const PAGE: usize = 4096;
/// How much longer a sync takes: an eternity beside the way from an acknowledgement to the kill.
const SYNC_DELAY_MS: u32 = 25;
/// How late the syncs of the control are: the server is dead before.
const LATE_MS: u32 = 60_000;
/// Each operation is restored so often with some of what was not synced, beside once with nothing of it.
const MIXTURES: usize = 2;
const AT_ONCE: usize = 4;

/// A server, and how to reach it.
#[derive(Clone)]
struct Place {
    rest: Rest,
    door: Door,
    devices: Arc<Vec<Identity>>,
}

/// Something that was acknowledged.
struct Acknowledged {
    /// What was said, for the check.
    said: Value,
    /// Kept until the server is dead.
    _held: Option<Box<dyn Any + Send>>,
}

impl From<Value> for Acknowledged {
    fn from(said: Value) -> Self {
        Acknowledged { said, _held: None }
    }
}

type Act = fn(Place) -> BoxFuture<'static, Acknowledged>;
type Check = fn(Place, Value) -> BoxFuture<'static, Result<(), String>>;

/// Something that is acknowledged, and how to see later that it still holds.
struct Operation {
    name: &'static str,
    act: Act,
    check: Check,
}

const OPERATIONS: &[Operation] = &[
    Operation { name: "device create", act: |p| Box::pin(create(p)), check: |p, said| Box::pin(created(p, said)) },
    Operation { name: "device update", act: |p| Box::pin(disable(p)), check: |p, said| Box::pin(disabled(p, said)) },
    Operation { name: "device delete", act: |p| Box::pin(delete(p)), check: |p, _| Box::pin(deleted(p)) },
    Operation { name: "twin patch", act: |p| Box::pin(patch(p)), check: |p, said| Box::pin(twin_is(p, said)) },
    Operation { name: "twin replace", act: |p| Box::pin(replace(p)), check: |p, said| Box::pin(twin_is(p, said)) },
    Operation { name: "reported", act: |p| Box::pin(report(p)), check: |p, said| Box::pin(reported(p, said)) },
    Operation { name: "subscription", act: |p| Box::pin(subscribe(p)), check: |p, _| Box::pin(subscribed(p)) },
    Operation { name: "desired seen", act: |p| Box::pin(see(p)), check: |p, said| Box::pin(seen(p, said)) },
    Operation { name: "job for later", act: |p| Box::pin(plan(p)), check: |p, said| Box::pin(planned(p, said)) },
    Operation { name: "job for now", act: |p| Box::pin(start(p)), check: |p, _| Box::pin(started(p)) },
    Operation { name: "job cancel", act: |p| Box::pin(cancel(p)), check: |p, said| Box::pin(cancelled(p, said)) },
    Operation { name: "job end", act: |p| Box::pin(finish(p)), check: |p, said| Box::pin(finished(p, said)) },
    Operation { name: "method outcome", act: |p| Box::pin(answer(p)), check: |p, said| Box::pin(answered(p, said)) },
    Operation { name: "method attempt", act: |p| Box::pin(attempt(p)), check: |p, said| Box::pin(attempted(p, said)) },
];

fn must_be(what: &str, found: &Value, wanted: &Value) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{what} is {found}, was acknowledged as {wanted}")) }
}

async fn found(place: &Place, path: &str) -> Result<Value, String> {
    match place.rest.get(path).await {
        (200, body) => Ok(body),
        (status, body) => Err(format!("GET {path}: {status} {body}")),
    }
}

async fn job(place: &Place, id: &str) -> Result<Value, String> {
    place.rest.job(id).await.ok_or_else(|| format!("there is no job {id}"))
}

async fn create(place: Place) -> Acknowledged {
    place.rest.done("PUT", "/devices/fresh", Some(json!({"deviceId": "fresh"}))).await.into()
}

async fn created(place: Place, said: Value) -> Result<(), String> {
    let device = found(&place, "/devices/fresh").await?;
    for member in ["authentication", "generationId", "etag"] {
        must_be(member, &device[member], &said[member])?;
    }
    Ok(())
}

async fn disable(place: Place) -> Acknowledged {
    let body = json!({"deviceId": "d00001", "status": "disabled", "statusReason": "lost"});
    place.rest.change("PUT", "/devices/d00001", Some(body)).await.into()
}

async fn disabled(place: Place, said: Value) -> Result<(), String> {
    let device = found(&place, "/devices/d00001").await?;
    for member in ["status", "statusReason", "etag"] {
        must_be(member, &device[member], &said[member])?;
    }
    Ok(())
}

async fn delete(place: Place) -> Acknowledged {
    place.rest.change("DELETE", "/devices/d00002", None).await.into()
}

async fn deleted(place: Place) -> Result<(), String> {
    match place.rest.get("/devices/d00002").await {
        (404, _) => Ok(()),
        (status, body) => Err(format!("the device is there: {status} {body}")),
    }
}

async fn patch(place: Place) -> Acknowledged {
    let body = json!({"tags": {"floor": 3}, "properties": {"desired": {"a": {"b": 1.50}}}});
    place.rest.change("PATCH", "/twins/d00003", Some(body)).await.into()
}

async fn replace(place: Place) -> Acknowledged {
    let body = json!({"tags": {"floor": 4}, "properties": {"desired": {"c": [1, 2]}}});
    place.rest.change("PUT", "/twins/d00004", Some(body)).await.into()
}

/// The twin is, with all its metadata, the one that was answered.
async fn twin_is(place: Place, said: Value) -> Result<(), String> {
    let twin = found(&place, &format!("/twins/{}", said["deviceId"].as_str().unwrap())).await?;
    must_be("the twin", &twin, &said)
}

async fn report(place: Place) -> Acknowledged {
    let (client, mut events) = connect(&place, 5).await;
    let topic = "$iothub/twin/PATCH/properties/reported/?$rid=77";
    client.publish(topic, QoS::AtLeastOnce, false, r#"{"state":{"on":true}}"#).await.unwrap();
    let topic = published(&mut events, "$iothub/twin/res/").await.0;
    assert!(topic.starts_with("$iothub/twin/res/204/?$rid=77&$version="), "{topic}");
    let version: i64 = topic.rsplit_once('=').unwrap().1.parse().unwrap();
    json!(version).into()
}

async fn reported(place: Place, said: Value) -> Result<(), String> {
    let twin = found(&place, "/twins/d00005").await?;
    must_be("the version of reported", &twin["properties"]["reported"]["$version"], &said)?;
    must_be("reported", &twin["properties"]["reported"]["state"], &json!({"on": true}))
}

async fn subscribe(place: Place) -> Acknowledged {
    connect(&place, 6).await;
    Value::Null.into()
}

async fn subscribed(place: Place) -> Result<(), String> {
    let (_client, mut events) = place.door.client(&place.devices[6]);
    match next(&mut events, |packet| if let Packet::ConnAck(ack) = packet { Some(ack) } else { None }).await {
        ack if ack.session_present => Ok(()),
        ack => Err(format!("the subscriptions are gone: {ack:?}")),
    }
}

/// A device was told of a change before anybody got an answer.
async fn see(place: Place) -> Acknowledged {
    let (client, mut events) = connect(&place, 7).await;
    let rest = place.rest.clone();
    let body = json!({"properties": {"desired": {"seen": true}}});
    let changing = tokio::spawn(async move { rest.call("PATCH", "/twins/d00007", &[], Some(body)).await });
    let payload = published(&mut events, "$iothub/twin/PATCH/properties/desired/").await.1;
    Acknowledged { said: payload["$version"].clone(), _held: Some(Box::new((client, events, changing))) }
}

async fn seen(place: Place, said: Value) -> Result<(), String> {
    let twin = found(&place, "/twins/d00007").await?;
    must_be("desired", &twin["properties"]["desired"]["seen"], &json!(true))?;
    must_be("the version of desired", &twin["properties"]["desired"]["$version"], &said)
}

fn twin_job(id: &str) -> Value {
    json!({"jobId": id, "type": "scheduleUpdateTwin", "queryCondition": "*",
           "updateTwin": {"etag": "*", "properties": {"desired": {id: true}}}})
}

fn method_job(id: &str, device: &str) -> Value {
    json!({"jobId": id, "type": "scheduleDeviceMethod", "queryCondition": format!("deviceId = '{device}'"),
           "cloudToDeviceMethod": {"methodName": "work", "payload": {"job": id}, "responseTimeoutInSeconds": 60}})
}

async fn make(place: &Place, body: Value) -> Value {
    place.rest.done("PUT", &format!("/jobs/v2/{}", body["jobId"].as_str().unwrap()), Some(body)).await
}

async fn plan(place: Place) -> Acknowledged {
    let mut body = twin_job("later");
    body["startTime"] = json!(now().plus_seconds(3600).to_string());
    make(&place, body).await.into()
}

async fn planned(place: Place, said: Value) -> Result<(), String> {
    let job = job(&place, "later").await?;
    for member in ["queryCondition", "startTime", "createdTime", "updateTwin", "maxExecutionTimeInSeconds"] {
        must_be(member, &job[member], &said[member])?;
    }
    // It is marked as scheduled a moment after it was accepted.
    if job["status"] == "queued" || job["status"] == "scheduled" { Ok(()) } else { Err(job.to_string()) }
}

async fn start(place: Place) -> Acknowledged {
    make(&place, twin_job("now")).await.into()
}

/// It goes on, and changes every twin once.
async fn started(place: Place) -> Result<(), String> {
    job(&place, "now").await?;
    let job = place.rest.ended_job("now").await;
    must_be("succeededCount", &job["deviceJobStatistics"]["succeededCount"], &json!(DEVICES))?;
    every_twin_has(&place, "now").await
}

async fn every_twin_has(place: &Place, job: &str) -> Result<(), String> {
    for twin in place.rest.query("SELECT * FROM devices").await {
        let desired = &twin["properties"]["desired"];
        must_be("desired", &desired[job], &json!(true))?;
        must_be("the version of desired", &desired["$version"], &json!(2))?;
        must_be("the version", &twin["version"], &json!(3))?;
    }
    Ok(())
}

async fn cancel(place: Place) -> Acknowledged {
    let mut body = twin_job("unwanted");
    body["startTime"] = json!(now().plus_seconds(3600).to_string());
    make(&place, body).await;
    let job = place.rest.done("POST", "/jobs/v2/unwanted/cancel", None).await;
    assert_eq!(job["status"], "cancelled");
    job.into()
}

async fn cancelled(place: Place, said: Value) -> Result<(), String> {
    must_be("the job", &job(&place, "unwanted").await?, &said)
}

async fn finish(place: Place) -> Acknowledged {
    make(&place, twin_job("done")).await;
    place.rest.ended_job("done").await.into()
}

async fn finished(place: Place, said: Value) -> Result<(), String> {
    must_be("the job", &job(&place, "done").await?, &said)?;
    must_be("its rows", &json!(place.rest.rows("done").await.len()), &json!(DEVICES))?;
    every_twin_has(&place, "done").await
}

async fn answer(place: Place) -> Acknowledged {
    let (client, mut events) = connect(&place, 0).await;
    make(&place, method_job("answered", "d00000")).await;
    let topic = published(&mut events, "$iothub/methods/POST/").await.0;
    let rid = topic.rsplit_once("?$rid=").unwrap().1;
    client.publish(format!("$iothub/methods/res/201/?$rid={rid}"), QoS::AtMostOnce, false, r#"{"x":1}"#).await.unwrap();
    let device = tokio::spawn(async move { while events.poll().await.is_ok() {} });
    let job = place.rest.ended_job("answered").await;
    let rows = place.rest.rows("answered").await;
    assert_eq!(rows[0]["outcome"]["deviceMethodResponse"], json!({"status": 201, "payload": {"x": 1}}));
    Acknowledged { said: json!([job, rows]), _held: Some(Box::new((client, device))) }
}

async fn answered(place: Place, said: Value) -> Result<(), String> {
    must_be("the job", &job(&place, "answered").await?, &said[0])?;
    must_be("its row", &json!(place.rest.rows("answered").await), &said[1])
}

/// The call is with the device: the attempt must be on disk, or the device would get it again.
async fn attempt(place: Place) -> Acknowledged {
    let (client, mut events) = connect(&place, 0).await;
    make(&place, method_job("attempted", "d00000")).await;
    let topic = published(&mut events, "$iothub/methods/POST/").await.0;
    let rid = topic.rsplit_once("?$rid=").unwrap().1.to_owned();
    Acknowledged { said: json!(rid), _held: Some(Box::new((client, events))) }
}

async fn attempted(place: Place, said: Value) -> Result<(), String> {
    job(&place, "attempted").await?;
    let (client, mut events) = connect(&place, 0).await;
    // The first call that comes must be this one, and no number of the start before may come again.
    let rest = place.rest.clone();
    let direct = json!({"methodName": "direct", "payload": {}, "responseTimeoutInSeconds": 30});
    let direct = tokio::spawn(async move { rest.done("POST", "/twins/d00000/methods", Some(direct)).await });
    let topic = published(&mut events, "$iothub/methods/POST/").await.0;
    let (name, rid) = topic.rsplit_once("/?$rid=").unwrap();
    if name != "$iothub/methods/POST/direct" || said == rid {
        return Err(format!("after the call {said} of the job came {topic}"));
    }
    client.publish(format!("$iothub/methods/res/200/?$rid={rid}"), QoS::AtMostOnce, false, "{}").await.unwrap();
    let device = tokio::spawn(async move { while events.poll().await.is_ok() {} });
    direct.await.unwrap();
    place.rest.ended_job("attempted").await;
    device.abort();
    let rows = place.rest.rows("attempted").await;
    must_be("the row's code", &rows[0]["error"]["code"], &json!("OutcomeUnknown"))
}

/// A device with clean session 0 that is connected and has all its subscriptions.
async fn connect(place: &Place, device: usize) -> (AsyncClient, EventLoop) {
    let (client, mut events) = place.door.client(&place.devices[device]);
    let ack = next(&mut events, |packet| if let Packet::ConnAck(ack) = packet { Some(ack) } else { None }).await;
    if !ack.session_present {
        for filter in FILTERS {
            client.subscribe(filter, QoS::AtMostOnce).await.unwrap();
        }
        for _ in FILTERS {
            next(&mut events, |packet| matches!(packet, Packet::SubAck(_)).then_some(())).await;
        }
    }
    (client, events)
}

/// The next message whose topic begins so: topic and payload.
async fn published(events: &mut EventLoop, beginning: &str) -> (String, Value) {
    let message = next(events, |packet| match packet {
        Packet::Publish(publish) if publish.topic.starts_with(beginning) => Some(publish),
        _ => None,
    });
    let message = message.await;
    (message.topic, serde_json::from_slice(&message.payload).unwrap_or_default())
}

async fn next<T>(events: &mut EventLoop, mut wanted: impl FnMut(Packet) -> Option<T>) -> T {
    let found = async {
        loop {
            if let Event::Incoming(packet) = events.poll().await.unwrap()
                && let Some(found) = wanted(packet)
            {
                return found;
            }
        }
    };
    tokio::time::timeout(PATIENCE, found).await.expect("nothing came to the device")
}

/// A data folder from which every try begins, and what to try with.
struct Bench {
    dir: TempDir,
    shim: PathBuf,
    access: Access,
    devices: Arc<Vec<Identity>>,
}

/// Where one try plays.
struct Try {
    folder: PathBuf,
    data: PathBuf,
    shadow: PathBuf,
    hub: Hub,
    place: Place,
}

impl Bench {
    /// `None` where no C compiler is.
    async fn new() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let shim = compile(dir.path())?;
        let base = dir.path().join("base");
        std::fs::create_dir(&base).unwrap();
        let devices = register(&base, DEVICES, &mut fastrand::Rng::new()).await;
        let mut hub = Hub::new(&base, &dir.path().join("log"));
        hub.start().await;
        hub.stop().await;
        Some(Bench { shim, access: hub.access(), devices: Arc::new(devices), dir })
    }

    fn base(&self) -> PathBuf {
        self.dir.path().join("base")
    }

    fn place(&self, rest: Rest) -> Place {
        Place { door: Door::of(&rest, &self.access), rest, devices: Arc::clone(&self.devices) }
    }

    /// A server on a copy of the base, with the shim.
    async fn begin(&self, name: &str, mode: &str, delay_ms: u32) -> Try {
        let folder = self.dir.path().join(format!("{mode} {name}"));
        let (data, shadow) = (folder.join("data"), folder.join("shadow"));
        copy_folder(&self.base(), &data);
        std::fs::create_dir(&shadow).unwrap();
        // What was there before counts as synced.
        for name in FILES {
            if self.base().join(name).exists() {
                std::fs::copy(self.base().join(name), shadow.join(name)).unwrap();
            }
        }
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let mut hub = Hub::new(&data, &folder.join("log")).with_access(self.access.clone()).with(vec![
            ("LD_PRELOAD", text(&self.shim)),
            ("BELLWETHER_UNSYNCED_PREFIX", text(&data.canonicalize().unwrap().join("bellwether.db"))),
            ("BELLWETHER_UNSYNCED_SHADOW", text(&shadow)),
            ("BELLWETHER_UNSYNCED_MODE", mode.to_owned()),
            ("BELLWETHER_UNSYNCED_DELAY_MS", delay_ms.to_string()),
        ]);
        let place = self.place(hub.start().await);
        Try { folder, data, shadow, hub, place }
    }

    /// A fresh server without the shim on what the power cut left.
    async fn restored(&self, folder: PathBuf, files: Vec<(&str, Vec<u8>)>) -> (Hub, Place) {
        copy_folder(&self.base(), &folder);
        for name in FILES {
            let _ = std::fs::remove_file(folder.join(name));
        }
        for (name, content) in &files {
            std::fs::write(folder.join(name), content).unwrap();
        }
        is_sound(&files);
        let mut hub = Hub::new(&folder, &folder.with_extension("log")).with_access(self.access.clone());
        let place = self.place(hub.start().await);
        (hub, place)
    }

    /// One operation on a disk that keeps its word: it must be there whatever else is.
    async fn holds(&self, operation: &Operation, seed: u64) {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut one = self.begin(operation.name, "honest", SYNC_DELAY_MS).await;
        let acknowledged = (operation.act)(one.place.clone()).await;
        one.hub.kill();
        let mut left = vec![one.at_worst()];
        left.extend((0..MIXTURES).map(|_| one.mixture(&mut random)));
        for (number, files) in left.into_iter().enumerate() {
            let (_hub, place) = self.restored(one.folder.join(format!("restored {number}")), files).await;
            if let Err(lost) = (operation.check)(place, acknowledged.said.clone()).await {
                let some = if number == 0 { "nothing" } else { "some" };
                panic!("{}: with {some} of what was not synced (seed {seed}): {lost}", operation.name);
            }
        }
    }
}

impl Try {
    /// Only what was synced.
    fn at_worst(&self) -> Vec<(&'static str, Vec<u8>)> {
        let there = FILES.into_iter().filter(|name| self.shadow.join(name).exists());
        there.map(|name| (name, std::fs::read(self.shadow.join(name)).unwrap())).collect()
    }

    /// What was synced, and of the rest some pages and others not.
    fn mixture(&self, random: &mut fastrand::Rng) -> Vec<(&'static str, Vec<u8>)> {
        let mut files = Vec::new();
        for name in FILES {
            let (synced, written) = (std::fs::read(self.shadow.join(name)), std::fs::read(self.data.join(name)));
            let (synced, written) = (synced.unwrap_or_default(), written.unwrap_or_default());
            let length = if random.bool() { synced.len() } else { written.len() };
            let mut content = Vec::with_capacity(length);
            while content.len() < length {
                let range = content.len()..(content.len() + PAGE).min(length);
                let from = if random.bool() { &synced } else { &written };
                let page = from.get(range.start..range.end.min(from.len())).unwrap_or_default();
                content.extend_from_slice(page);
                // A page that is not there yet is empty.
                content.resize(range.end, 0);
            }
            if length > 0 {
                files.push((name, content));
            }
        }
        files
    }
}

/// SQLite's own check of a database as it was left.
fn is_sound(files: &[(&str, Vec<u8>)]) {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(dir.path().join(name), content).unwrap();
    }
    let database = rusqlite::Connection::open(dir.path().join(FILES[0])).unwrap();
    let said: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(said, "ok");
}

fn compile(dir: &Path) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/unsynced.c");
    let shim = dir.join("unsynced.so");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let mut command = Command::new(&compiler);
    command.args(["-O1", "-shared", "-fPIC", "-o"]).arg(&shim).arg(source);
    match command.args(["-ldl", "-lpthread"]).output() {
        Err(error) => {
            println!("skipped: there is no C compiler ({compiler}: {error})");
            None
        }
        Ok(made) => {
            assert!(made.status.success(), "{}", support::text(&made.stderr));
            Some(shim)
        }
    }
}

async fn within_patience<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("{what} took too long"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_power_cut() {
    let Some(bench) = Bench::new().await else { return };
    let seed = fastrand::u64(..);
    let tries = OPERATIONS.iter().map(|operation| within_patience(operation.name, bench.holds(operation, seed)));
    futures::stream::iter(tries).buffer_unordered(AT_ONCE).collect::<()>().await;
}

/// One client that changes one twin again and again: the last change that was acknowledged, and the last sent.
/// All of them rest in `quiet`, in which the log can be moved as a whole: then it begins anew.
async fn change_on_and_on(rest: Rest, id: String, quiet: Range<Instant>, last: watch::Sender<(i64, i64)>) {
    let path = format!("/twins/{id}");
    for number in 1.. {
        if quiet.contains(&Instant::now()) {
            tokio::time::sleep_until(quiet.end).await;
        }
        last.send_modify(|(_, sent)| *sent = number);
        let body = json!({"tags": {"filler": "x".repeat(1500)}, "properties": {"desired": {"number": number}}});
        // The server was killed.
        let Ok(answer) = rest.call("PATCH", &path, &[], Some(body)).await else { return };
        assert_eq!(answer.status, 200, "{}", answer.body);
        last.send_modify(|(acknowledged, _)| *acknowledged = number);
    }
}

/// Many at the same time share commits, while the log moves into the database and begins anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_to_many_writers_is_lost() {
    const ROUNDS: usize = 6;
    const SHORT_DELAY_MS: u32 = 1;
    let Some(bench) = Bench::new().await else { return };
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    println!("seed {seed}");
    let (mut logs, mut changes) = (0, 0);
    for round in 0..ROUNDS {
        let mut one = bench.begin(&format!("writers {round}"), "honest", SHORT_DELAY_MS).await;
        let began = Instant::now();
        let quiet = began + Duration::from_millis(300)..began + Duration::from_millis(800);
        let writers: Vec<_> = bench
            .devices
            .iter()
            .map(|device| {
                let (last, seen) = watch::channel((0, 0));
                let writing =
                    tokio::spawn(change_on_and_on(one.place.rest.clone(), device.id.clone(), quiet.clone(), last));
                (device, seen, writing)
            })
            .collect();
        // The first one certainly dies after the quiet.
        let instant = if round == 0 { 1500..2000 } else { 200..2000 };
        tokio::time::sleep(Duration::from_millis(random.u64(instant))).await;
        one.hub.kill();
        let mut left = vec![one.at_worst()];
        left.extend((0..MIXTURES).map(|_| one.mixture(&mut random)));
        let mut lasts = Vec::new();
        for (device, seen, writing) in writers {
            // What had been answered before the server died may be read after it.
            writing.await.unwrap();
            lasts.push((device, *seen.borrow()));
        }
        logs += log_number(&left[0]);
        changes += lasts.iter().map(|(_, (acknowledged, _))| acknowledged).sum::<i64>();
        for (number, files) in left.into_iter().enumerate() {
            let (_hub, place) = bench.restored(one.folder.join(format!("restored {number}")), files).await;
            for (device, (acknowledged, sent)) in &lasts {
                let twin = found(&place, &format!("/twins/{}", device.id)).await.unwrap();
                let desired = &twin["properties"]["desired"];
                let kept = desired["number"].as_i64().unwrap_or(0);
                let what =
                    format!("{}: {kept} kept, {acknowledged} acknowledged, {sent} sent (seed {seed})", device.id);
                assert!((*acknowledged..=*sent).contains(&kept), "{what}");
                assert_eq!(desired["$version"], kept + 1, "{what}");
            }
        }
    }
    println!("{changes} changes were acknowledged, the log began anew {logs} times");
    assert!(logs > 0, "the log never began anew");
}

/// How often the log has begun anew, as its header says (big endian, at byte 12).
fn log_number(files: &[(&str, Vec<u8>)]) -> u32 {
    let header = files.iter().find(|(name, _)| *name == FILES[1]).and_then(|(_, log)| log.get(12..16));
    header.map_or(0, |bytes| u32::from_be_bytes(bytes.try_into().unwrap()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_lies_loses_everything() {
    let Some(bench) = Bench::new().await else { return };
    let mut one = bench.begin("all", "ignore", 0).await;
    let mut all = Vec::new();
    for operation in OPERATIONS {
        all.push((operation, within_patience(operation.name, (operation.act)(one.place.clone())).await));
    }
    one.hub.kill();
    let (_hub, place) = bench.restored(one.folder.join("restored"), one.at_worst()).await;
    for (operation, acknowledged) in all {
        let found = within_patience(operation.name, (operation.check)(place.clone(), acknowledged.said)).await;
        assert!(found.is_err(), "{} was never synced and is there", operation.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledgement_before_its_sync_is_seen() {
    let Some(bench) = Bench::new().await else { return };
    for operation in OPERATIONS {
        let mut one = bench.begin(operation.name, "late", LATE_MS).await;
        let acknowledged = within_patience(operation.name, (operation.act)(one.place.clone())).await;
        one.hub.kill();
        let (_hub, place) = bench.restored(one.folder.join("restored"), one.at_worst()).await;
        let found = (operation.check)(place, acknowledged.said).await;
        assert!(found.is_err(), "{} was synced after its acknowledgement and is there", operation.name);
    }
}
