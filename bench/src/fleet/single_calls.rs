//! Latency of single calls over HTTPS: begun at fixed times whether or not earlier ones have ended, and measured
//! from those times, so that a pause of the server is not missed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use hyper::Method;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use super::figures::Samples;
use super::http::Hub;
use crate::{Anything, registered};

/// One call of each kind in this time.
const EVERY: Duration = Duration::from_millis(20);
/// Calls out at the same time; more would be another load than single calls.
const OUT_MAX: usize = 300;
/// The clients' connections, opened before anything is measured.
const CONNECTIONS: usize = 24;

/// Kinds of calls.
pub const KINDS: [&str; 3] = ["GET twin", "PATCH twin, desired", "direct method"];

/// Over which devices.
#[derive(Clone, Copy)]
pub struct Over {
    /// The numbers 1 to this are registered.
    pub registered: u64,
    /// And of these the first are connected.
    pub connected: u64,
}

/// Opens the connections.
pub async fn warm_up(hub: &Hub, over: Over) -> Result<(), Anything> {
    let mut random = fastrand::Rng::with_seed(1);
    let calls = (0..CONNECTIONS).flat_map(|_| [0, 1, 2]).map(|kind| one(hub.clone(), kind, over, random.fork()));
    futures::future::try_join_all(calls.collect::<Vec<_>>()).await?;
    Ok(())
}

/// Opens the connections before there are devices.
pub async fn warm_up_without_devices(hub: &Hub, registered: u64) -> Result<(), Anything> {
    let over = Over { registered, connected: 0 };
    let calls = (0..CONNECTIONS as u64).flat_map(|n| [(n, 0), (n, 1)]);
    let calls = calls.map(|(seed, kind)| one(hub.clone(), kind, over, fastrand::Rng::with_seed(seed)));
    futures::future::try_join_all(calls).await?;
    Ok(())
}

/// Latency by kind of at least `wanted` calls that began while `counts` was true; gives up after `limit`.
pub async fn measure(
    hub: &Hub,
    over: Over,
    counts: &Arc<AtomicBool>,
    wanted: usize,
    limit: Duration,
) -> Result<[Samples; 3], Anything> {
    let mut random = fastrand::Rng::with_seed(2);
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut calls = JoinSet::new();
    let mut found: [Vec<Duration>; 3] = Default::default();
    let began = Instant::now();
    while found.iter().any(|samples| samples.len() < wanted) && began.elapsed() < limit {
        let due = ticks.tick().await;
        for kind in 0..KINDS.len() {
            let (hub, random, counted) = (hub.clone(), random.fork(), counts.load(Relaxed));
            calls.spawn(async move {
                one(hub, kind, over, random).await?;
                Ok::<_, Anything>(counted.then(|| (kind, due.elapsed())))
            });
        }
        while let Some(ended) = calls.try_join_next() {
            keep(&mut found, ended??);
        }
        if calls.len() > OUT_MAX {
            return Err("the server does not keep up with the single calls".into());
        }
    }
    while let Some(ended) = calls.join_next().await {
        keep(&mut found, ended??);
    }
    let [get, patch, method] = found;
    Ok([Samples::new(get)?, Samples::new(patch)?, Samples::new(method)?])
}

fn keep(found: &mut [Vec<Duration>; 3], sample: Option<(usize, Duration)>) {
    if let Some((kind, took)) = sample {
        found[kind].push(took);
    }
}

async fn one(hub: Hub, kind: usize, over: Over, mut random: fastrand::Rng) -> Result<(), Anything> {
    let any = registered::id(random.u64(1..=over.registered));
    match kind {
        0 => hub.call(Method::GET, &format!("/twins/{any}"), String::new()).await?,
        1 => {
            let patch =
                format!(r#"{{"properties":{{"desired":{{"telemetry":{{"intervalSeconds":{}}}}}}}}}"#, random.u16(..));
            hub.call(Method::PATCH, &format!("/twins/{any}"), patch).await?
        }
        _ => {
            let there = registered::id(random.u64(1..=over.connected));
            let body = r#"{"methodName":"ping","payload":{"n":1},"responseTimeoutInSeconds":30}"#;
            hub.call(Method::POST, &format!("/twins/{there}/methods"), body.to_owned()).await?
        }
    };
    Ok(())
}
