//! From the acknowledged create of a job to the first device that gets its call, when nothing else goes on.

use std::time::Duration;

use super::Bench;
use super::figures::{self, Samples};
use super::jobs::{self, Kind};
use crate::{Anything, registered, world};

const LOOK_EVERY: Duration = Duration::from_millis(10);
const PAUSE: Duration = Duration::from_millis(300);

/// Prints the table.
pub async fn run(bench: &mut Bench) -> Result<(), Anything> {
    let devices = bench.options.devices;
    let one = registered::id(devices / 2);
    // Each 200th device is on the same line.
    let line = (devices + 200 - 7) / 200;
    let targets = [
        ("one device by id".to_owned(), format!("deviceId = '{one}'"), 1),
        (format!("{line} by tags"), "tags.line = 'line-7'".to_owned(), line),
        ("all by tags".to_owned(), "tags.site = 'plant-7'".to_owned(), devices),
    ];
    println!("## First call of a job, idle, {devices} devices registered and connected\n");
    println!("Load average of the last minute: {}. The limit is 50 ms after the acknowledgement.\n", figures::load());
    println!("| targets | samples | after acknowledgement, ms: median | max | after the request, ms: median | max |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    for (name, condition, answers) in targets {
        let (mut after_acknowledgement, mut after_request) = (Vec::new(), Vec::new());
        for _ in 0..bench.options.small_jobs {
            bench.fleet.ask("arm").await?;
            let requested = world::now().0;
            let made = jobs::create(&bench.hub, Kind::Method, &condition).await?;
            let acknowledged = world::now().0;
            made.completed(LOOK_EVERY, answers).await?;
            let first: i64 = bench.fleet.ask("first").await?.parse()?;
            let since = |begin: i64| Duration::from_micros((first - begin).max(0) as u64);
            after_acknowledgement.push(since(acknowledged));
            after_request.push(since(requested));
            tokio::time::sleep(PAUSE).await;
        }
        let (acknowledged, requested) = (Samples::new(after_acknowledgement)?, Samples::new(after_request)?);
        println!(
            "| {name} | {} | {:.1} | {:.1} | {:.1} | {:.1} |",
            acknowledged.count(),
            acknowledged.median(),
            acknowledged.max(),
            requested.median(),
            requested.max(),
        );
    }
    println!();
    Ok(())
}
