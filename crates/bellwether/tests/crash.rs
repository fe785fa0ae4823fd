//! kill -9 of a server at work, at random instants, with real devices connected.
//!
//! However often and whenever the server dies under a job: every device ends with exactly one outcome, the
//! statistics equal the rows, no method reaches a device twice, every twin changes exactly once.
//!
//! The instants come from a seed that is printed; `BELLWETHER_CRASH_SEED` gives it anew. They decide when the
//! server dies, not what the machine does meanwhile: a run cannot be repeated exactly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/device.rs"]
#[allow(dead_code)]
mod device;
#[path = "support/hub.rs"]
#[allow(dead_code)]
mod hub;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use device::{Door, Fleet, merge};
use fastrand::Rng;
use hub::{Hub, Identity, Rest, look_at, register};
use serde_json::{Value, json};

/// So many deaths each kind of job must survive.
const KILLS: usize = 25;
/// So many of them at least must hit the job in the middle, or the test has shown nothing.
const IN_THE_MIDDLE: usize = 8;
/// With so many deaths they must.
const KILLS_MAX: usize = 80;
/// Deaths under one job.
const KILLS_A_JOB: usize = 4;

/// Where a death found the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Landed {
    /// Nothing of it was stored.
    BeforeCreate,
    /// It was stored, its target list was not.
    BeforeFreeze,
    /// No device had been begun.
    BeforeAttempts,
    /// Some devices had been begun or had ended, others had not.
    InTheMiddle,
    /// All had been begun, some had not ended.
    LastAnswers,
    /// It had ended.
    AfterEnd,
}

struct Kill {
    job: String,
    landed: Landed,
    /// Calls that were out.
    running: u64,
    /// The server was only starting.
    starting: bool,
}

impl Kill {
    /// Calls were out, or twins were done and others not.
    fn in_the_middle(&self) -> bool {
        self.running > 0 || self.landed == Landed::InTheMiddle
    }
}

impl fmt::Display for Kill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let starting = if self.starting { ", starting" } else { "" };
        write!(f, "{} {:?}, {} calls out{starting}", self.job, self.landed, self.running)
    }
}

/// A server with a job under it, and how it dies.
struct Crashes {
    hub: Hub,
    rest: Rest,
    random: Rng,
    kills: Vec<Kill>,
    /// How long a start takes.
    start: Duration,
    /// How long a job takes that is left in peace.
    length: Duration,
}

impl Crashes {
    async fn new(data: &Path, log: &Path, random: Rng) -> Self {
        let mut hub = Hub::on_fixed_ports(data, log);
        hub.start().await;
        // Not the first one: that makes certificates.
        hub.stop().await;
        let begun = Instant::now();
        let rest = hub.start().await;
        Crashes { hub, rest, random, kills: Vec::new(), start: begun.elapsed(), length: Duration::ZERO }
    }

    /// A job that is left in peace, to know how long jobs take.
    async fn in_peace(&mut self, id: &str, body: Value) -> Value {
        let begun = Instant::now();
        self.rest.done("PUT", &format!("/jobs/v2/{id}"), Some(body)).await;
        let job = self.rest.ended_job(id).await;
        self.length = begun.elapsed();
        job
    }

    /// An instant after a start of the server that takes `start` at most, up to a little after the job's end; often
    /// one while the server starts, or one of the first after it, when a job is stored, frozen and begun.
    fn instant(&mut self, start: Duration) -> Duration {
        let some = self.random.f64();
        match self.random.u8(..8) {
            0 => start.mul_f64(some),
            1 | 2 => start + Duration::from_millis(30).mul_f64(some),
            _ => (start + self.length.mul_f64(1.4)).mul_f64(some),
        }
    }

    /// The server has died often enough, and where it should.
    fn enough(&self) -> bool {
        let middle = self.kills.iter().filter(|kill| kill.in_the_middle()).count();
        (self.kills.len() >= KILLS && middle >= IN_THE_MIDDLE) || self.kills.len() >= KILLS_MAX
    }

    fn dies_again(&mut self, under_this_job: usize) -> bool {
        let ended = under_this_job > 0 && self.kills.last().is_some_and(|kill| kill.landed == Landed::AfterEnd);
        under_this_job < KILLS_A_JOB && !ended && !self.enough() && self.random.u8(..3) > 0
    }

    /// A job under which the server dies at least once. Returns it once it has ended.
    async fn crash(&mut self, id: &str, body: Value) -> Value {
        let path = format!("/jobs/v2/{id}");
        let mut killed = 0;
        'create: loop {
            let (rest, path, body) = (self.rest.clone(), path.clone(), body.clone());
            let create = tokio::spawn(async move { rest.call("PUT", &path, &[], Some(body)).await });
            if killed > 0 && !self.dies_again(killed) {
                let answer = create.await.unwrap().unwrap();
                assert_eq!(answer.status, 200, "{}", answer.body);
                break;
            }
            let instant = self.instant(Duration::ZERO);
            tokio::time::sleep(instant).await;
            let mut stored = self.kill(id, false).await > Landed::BeforeCreate;
            killed += 1;
            // The server is dead: whatever was answered was answered before.
            if let Ok(answer) = create.await.unwrap() {
                assert_eq!(answer.status, 200, "{}", answer.body);
                assert!(stored, "job {id} was acknowledged and is not there");
            }
            loop {
                self.hub.spawn();
                if !stored || !self.dies_again(killed) {
                    self.rest = self.hub.ready().await;
                    if stored {
                        break 'create;
                    }
                    assert_eq!(self.rest.job(id).await, None);
                    continue 'create;
                }
                let instant = self.instant(self.start);
                let begun = Instant::now();
                let up = tokio::time::timeout(instant, self.hub.ready()).await.is_ok();
                tokio::time::sleep(instant.saturating_sub(begun.elapsed())).await;
                let landed = self.kill(id, !up).await;
                assert!(landed > Landed::BeforeCreate, "job {id} is gone");
                stored = true;
                killed += 1;
            }
        }
        let job = self.rest.ended_job(id).await;
        if killed < KILLS_A_JOB && self.random.u8(..4) == 0 {
            assert_eq!(self.kill(id, false).await, Landed::AfterEnd, "somebody was told that job {id} has ended");
            self.rest = self.hub.start().await;
            assert_eq!(self.rest.job(id).await, Some(job.clone()));
        }
        job
    }

    async fn kill(&mut self, id: &str, starting: bool) -> Landed {
        self.hub.kill();
        let (store, _folder) = look_at(&self.hub.data);
        let job = store.job(id).await.unwrap();
        let counters = job.as_ref().and_then(|job| job.counters);
        let landed = match (&job, &counters) {
            (None, _) => Landed::BeforeCreate,
            (Some(job), _) if job.state.is_final() => Landed::AfterEnd,
            (Some(_), None) => Landed::BeforeFreeze,
            (Some(_), Some(counters)) if counters.pending() == counters.targets => Landed::BeforeAttempts,
            (Some(_), Some(counters)) if counters.pending() == 0 => Landed::LastAnswers,
            (Some(_), Some(_)) => Landed::InTheMiddle,
        };
        let running = counters.map_or(0, |counters| counters.running);
        self.kills.push(Kill { job: id.to_owned(), landed, running, starting });
        landed
    }

    /// What the run was worth.
    fn report(&self, what: &str) {
        let mut landed: BTreeMap<Landed, usize> = BTreeMap::new();
        for kill in &self.kills {
            *landed.entry(kill.landed).or_default() += 1;
        }
        let starting = self.kills.iter().filter(|kill| kill.starting).count();
        let out = self.kills.iter().filter(|kill| kill.running > 0).count();
        println!("{what}: {} kills: {landed:?}; {out} with calls out, {starting} during a start", self.kills.len());
        println!("a start takes {:?}, a job in peace {:?}", self.start, self.length);
        for kill in &self.kills {
            println!("  {kill}");
        }
        assert!(self.kills.len() >= KILLS);
        let middle = self.kills.iter().filter(|kill| kill.in_the_middle()).count();
        assert!(middle >= IN_THE_MIDDLE, "only {middle} kills came in the middle of a job");
    }
}

/// Random instants; another sequence for each test.
fn random(what: &str) -> Rng {
    let seed = match std::env::var("BELLWETHER_CRASH_SEED") {
        Ok(seed) => seed.parse().expect("BELLWETHER_CRASH_SEED must be a number"),
        Err(_) => fastrand::u64(..),
    };
    println!("{what}: BELLWETHER_CRASH_SEED={seed}");
    Rng::with_seed(seed ^ what.len() as u64)
}

/// Every device has exactly one row, each row is final, and the statistics say the same.
fn by_device(job: &Value, rows: Vec<Value>, devices: &[Identity]) -> BTreeMap<String, Value> {
    assert_eq!(job["status"], "completed", "{job}");
    assert_eq!(rows.len(), devices.len(), "rows of {job}");
    let count = |status| rows.iter().filter(|row| row["status"] == status).count();
    let (completed, failed) = (count("completed"), count("failed"));
    assert_eq!(completed + failed, rows.len(), "a row of {} is not final", job["jobId"]);
    let statistics = json!({
        "deviceCount": devices.len(), "failedCount": failed, "succeededCount": completed,
        "runningCount": 0, "pendingCount": 0,
    });
    assert_eq!(job["deviceJobStatistics"], statistics, "{job}");
    let rows: BTreeMap<String, Value> =
        rows.into_iter().map(|row| (row["deviceId"].as_str().unwrap().to_owned(), row)).collect();
    let wanted: BTreeSet<&str> = devices.iter().map(|device| device.id.as_str()).collect();
    assert!(rows.keys().map(String::as_str).eq(wanted), "a device has two rows of {}", job["jobId"]);
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_method_job_survives_kill_9_at_any_instant() {
    const DEVICES: usize = 250;
    const SLOWEST_ANSWER: u64 = 600;
    /// Devices come back one by one, and are called as they come.
    const COMES_BACK: std::ops::Range<u64> = 20..700;

    let (dir, mut random) = (tempfile::tempdir().unwrap(), random("method job"));
    let data = dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let devices = register(&data, DEVICES, &mut random).await;
    let mut crashes = Crashes::new(&data, &dir.path().join("log"), random).await;
    let fleet = Fleet::start(&Door::of(&crashes.rest, &crashes.hub.access()), &devices, COMES_BACK);
    let online = |_: &_, seen: &device::Seen| (!seen.online).then(|| "offline".to_owned());
    fleet.all("online", online).await;

    let body = |id: &str| {
        json!({"jobId": id, "type": "scheduleDeviceMethod", "queryCondition": "*",
               "cloudToDeviceMethod": device::call(id, SLOWEST_ANSWER)})
    };
    crashes.in_peace("m0", body("m0")).await;
    let mut jobs = 1;
    while !crashes.enough() {
        if crashes.random.bool() {
            // The devices are only coming back when the job is made.
            crashes.hub.kill();
            crashes.rest = crashes.hub.start().await;
        }
        let id = format!("m{jobs}");
        crashes.crash(&id, body(&id)).await;
        jobs += 1;
    }
    // Late answers of a call before a crash may still come now: they must change nothing.
    fleet.all("online", online).await;
    let mut unknown = 0;
    for number in 0..jobs {
        let id = format!("m{number}");
        let rows = by_device(&crashes.rest.job(&id).await.unwrap(), crashes.rest.rows(&id).await, &devices);
        for device in &fleet.devices {
            let calls = device.seen().calls.get(&id).copied().unwrap_or(0);
            let row = &rows[&device.identity.id];
            assert!(calls <= 1, "{id} called {} {calls} times: {row}", device.identity.id);
            if row["status"] == "completed" {
                let payload = json!({"device": device.identity.id, "job": id});
                let answer = json!({"status": device::status_of(device.number), "payload": payload});
                assert_eq!(row["outcome"]["deviceMethodResponse"], answer, "{row}");
                assert_eq!(calls, 1, "{row}");
            } else {
                assert_eq!(row["error"]["code"], "OutcomeUnknown", "{row}");
                assert!(crashes.kills.iter().any(|kill| kill.job == id && kill.running > 0), "{row}");
                unknown += 1;
            }
        }
    }
    crashes.report(&format!("{jobs} method jobs on {DEVICES} devices, {unknown} outcomes unknown"));
    assert!(unknown > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_twin_job_survives_kill_9_at_any_instant() {
    /// A chunk is up to some hundred twins: with fewer devices a job would be one transaction.
    const DEVICES: usize = 10_000;
    const CONNECTED: usize = 150;
    const COMES_BACK: std::ops::Range<u64> = 20..300;
    /// Makes the patch long, and the job with it.
    const MEMBERS: usize = 40;

    let (dir, mut random) = (tempfile::tempdir().unwrap(), random("twin job"));
    let data = dir.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let devices = register(&data, DEVICES, &mut random).await;
    let mut crashes = Crashes::new(&data, &dir.path().join("log"), random).await;
    // Spread over the list, so that some of them are in every chunk.
    let connected: Vec<Identity> = devices.iter().step_by(DEVICES / CONNECTED).cloned().collect();
    let fleet = Fleet::start(&Door::of(&crashes.rest, &crashes.hub.access()), &connected, COMES_BACK);
    fleet.all("online", |_, seen| (!seen.online).then(|| "offline".to_owned())).await;

    let (mut desired, mut tags) = (json!({}), json!({}));
    let mut body = |id: &str, number: usize| {
        let wide: serde_json::Map<String, Value> = (0..MEMBERS)
            .map(|member| (format!("member{member:02}"), json!({"job": id, "even": number.is_multiple_of(2)})))
            .collect();
        let before = format!("t{}", number.wrapping_sub(1));
        let patch = json!({"jobs": {id: number}, "latest": {id: true, before: null}, "wide": wide});
        merge(&mut desired, &patch);
        merge(&mut tags, &json!({"jobs": {id: number}}));
        json!({"jobId": id, "type": "scheduleUpdateTwin", "queryCondition": "*",
               "updateTwin": {"etag": "*", "tags": {"jobs": {id: number}}, "properties": {"desired": patch}}})
    };
    crashes.in_peace("t0", body("t0", 0)).await;
    let mut jobs = 1;
    while !crashes.enough() {
        let id = format!("t{jobs}");
        let body = body(&id, jobs);
        crashes.crash(&id, body).await;
        jobs += 1;
    }
    for number in 0..jobs {
        let id = format!("t{number}");
        let rows = by_device(&crashes.rest.job(&id).await.unwrap(), crashes.rest.rows(&id).await, &devices);
        for row in rows.values() {
            assert_eq!(row["status"], "completed", "{row}");
        }
    }
    // Each job left its own mark, and there were as many changes as jobs: each changed each twin once.
    let (version, desired_version) = (2 + jobs, 1 + jobs);
    let twins = crashes.rest.query("SELECT * FROM devices").await;
    assert_eq!(twins.len(), DEVICES);
    for mut twin in twins {
        assert_eq!(twin["version"], version, "{}", twin["deviceId"]);
        assert_eq!(twin["tags"], tags, "{}", twin["deviceId"]);
        let mut section = twin["properties"]["desired"].take();
        assert_eq!(section["$version"], desired_version, "{}", twin["deviceId"]);
        section.as_object_mut().unwrap().retain(|key, _| !key.starts_with('$'));
        assert_eq!(section, desired, "{}", twin["deviceId"]);
    }
    let wanted = (i64::try_from(desired_version).unwrap(), desired);
    fleet
        .all("the right desired properties", |_, seen| {
            let known = seen.desired.as_ref().map(|(version, _)| version);
            (!seen.online || seen.desired.as_ref() != Some(&wanted))
                .then(|| format!("version {known:?}, told of {}", seen.told))
        })
        .await;
    for device in &fleet.devices {
        assert!(device.seen().told <= wanted.0, "{} was told of a version that is not there", device.identity.id);
    }
    crashes.report(&format!("{jobs} twin jobs on {DEVICES} devices, {} of them connected", connected.len()));
}
