//! Single calls and small jobs while a job over the whole registry runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Bench;
use super::figures::{self, Samples};
use super::http::Hub;
use super::jobs::{self, Kind};
use super::single_calls::{self, KINDS, Over};
use crate::{Anything, registered};

/// How often the big jobs are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How often the small ones are.
const LOOK_OFTEN: Duration = Duration::from_millis(5);
/// Between small jobs.
const PAUSE: Duration = Duration::from_millis(250);
/// All devices, so that each is asked about its tags.
const EVERYBODY: &str = "tags.site = 'plant-7'";

struct Situation {
    name: String,
    load: Option<Kind>,
}

struct Seen {
    name: String,
    calls: [Samples; 3],
    small: Samples,
    big: Option<Samples>,
    load: String,
}

/// Prints the tables.
pub async fn run(bench: &Bench) -> Result<(), Anything> {
    let Over { registered, connected } = bench.over();
    let situations = [
        Situation { name: "idle".to_owned(), load: None },
        Situation { name: format!("twin job over {registered}"), load: Some(Kind::Twin) },
        Situation { name: format!("method job over {registered}, {connected} connected"), load: Some(Kind::Method) },
    ];
    single_calls::warm_up(&bench.hub, bench.over()).await?;
    let mut all = Vec::new();
    for situation in situations {
        all.push(observe(bench, situation).await?);
    }
    print_calls(&all);
    print_jobs(&all);
    Ok(())
}

async fn observe(bench: &Bench, situation: Situation) -> Result<Seen, Anything> {
    let (hub, over, limit) = (&bench.hub, bench.over(), bench.limit());
    // Only what begins while a big job runs counts.
    let running = Arc::new(AtomicBool::new(situation.load.is_none()));
    let stop = CancellationToken::new();
    let samples = async {
        let small = small_jobs(hub, over, &running, bench.options.small_jobs, limit);
        let both = tokio::try_join!(single_calls::measure(hub, over, &running, bench.options.samples, limit), small);
        stop.cancel();
        both
    };
    let load = async {
        match situation.load {
            Some(kind) => big_jobs(hub, kind, over, &running, &stop).await,
            None => Ok(Vec::new()),
        }
    };
    let ((calls, small), big) = tokio::try_join!(samples, load)?;
    let big = if big.is_empty() { None } else { Some(Samples::new(big)?) };
    Ok(Seen { name: situation.name, calls, small, big, load: figures::load() })
}

/// One after another; a method job is cancelled once all who are there have answered.
async fn big_jobs(
    hub: &Hub,
    kind: Kind,
    over: Over,
    running: &AtomicBool,
    stop: &CancellationToken,
) -> Result<Vec<Duration>, Anything> {
    let mut took = Vec::new();
    while !stop.is_cancelled() {
        let made = jobs::create(hub, kind, EVERYBODY).await?;
        running.store(true, Relaxed);
        let ended = match kind {
            Kind::Twin => made.until(LOOK_EVERY, |job| job["status"] == "completed").await,
            Kind::Method => made.answered(LOOK_EVERY, over.connected).await,
        };
        running.store(false, Relaxed);
        took.push(ended?);
        if matches!(kind, Kind::Method) {
            made.cancel().await?;
        }
    }
    Ok(took)
}

/// Method and twin jobs of three connected devices, in turn.
async fn small_jobs(
    hub: &Hub,
    over: Over,
    running: &AtomicBool,
    wanted: usize,
    limit: Duration,
) -> Result<Samples, Anything> {
    let mut took = Vec::new();
    let began = Instant::now();
    let mut first = 1;
    while took.len() < wanted && began.elapsed() < limit {
        tokio::time::sleep(PAUSE).await;
        let kind = if took.len() % 2 == 0 { Kind::Method } else { Kind::Twin };
        let ids = [first, first + 1, first + 2].map(registered::id);
        first = (first + 997) % (over.connected - 2) + 1;
        let made = jobs::create(hub, kind, &format!("deviceId IN ['{}']", ids.join("','"))).await?;
        let counts = running.load(Relaxed);
        let ended = made.completed(LOOK_OFTEN, 3).await?;
        took.extend(counts.then_some(ended));
    }
    Samples::new(took)
}

fn print_calls(all: &[Seen]) {
    println!("## Single calls over HTTPS, 150 a second\n");
    println!("| while | load average | call | samples | p50, ms | p99, ms | max, ms |");
    println!("| --- | ---: | --- | ---: | ---: | ---: | ---: |");
    for seen in all {
        for (kind, samples) in KINDS.iter().zip(&seen.calls) {
            println!(
                "| {} | {} | {kind} | {} | {:.1} | {:.1} | {:.1} |",
                seen.name,
                seen.load,
                samples.count(),
                samples.median(),
                samples.share(0.99),
                samples.max(),
            );
        }
    }
    println!();
}

fn print_jobs(all: &[Seen]) {
    println!("## A job of three devices meanwhile, from acknowledgement to completed\n");
    println!("The limit is 2 s. Beside it the big jobs, until completed or until all connected devices answered.\n");
    println!("| while | samples | median, ms | max, ms | big jobs | median, s | max, s |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    for Seen { name, small, big, .. } in all {
        let big = match big {
            Some(big) => format!("{} | {:.2} | {:.2}", big.count(), big.median() / 1000.0, big.max() / 1000.0),
            None => "0 | |".to_owned(),
        };
        println!("| {name} | {} | {:.1} | {:.1} | {big} |", small.count(), small.median(), small.max());
    }
    println!();
}
