//! A method job over all connected devices beside the same calls without engine, attempts and disk.

use std::time::Duration;

use super::jobs::{self, Kind};
use super::{Bench, figures};
use crate::Anything;

const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Prints the table.
pub async fn run(bench: &mut Bench) -> Result<(), Anything> {
    let devices = bench.options.devices;
    let (mut bare, mut job) = (Vec::new(), Vec::new());
    // The first round warms up both sides.
    for round in 0..=bench.options.rounds {
        let calls: f64 = bench.server.ask(&format!("calls {devices}")).await?.parse()?;
        let made = jobs::create(&bench.hub, Kind::Method, "*").await?;
        let took = made.completed(LOOK_EVERY, devices).await?;
        if round > 0 {
            bare.push(calls);
            job.push(took.as_secs_f64());
        }
    }
    let ratios: Vec<f64> = job.iter().zip(&bare).map(|(job, bare)| job / bare).collect();
    let (bare, job, ratio) = (median(bare), median(job), median(ratios));
    println!("## Method job over {devices} connected devices\n");
    println!("Load average of the last minute: {}. Median of {}.\n", figures::load(), bench.options.rounds);
    println!(
        "| devices | bare calls, s | calls/s | job from acknowledgement to completed, s | devices/s | job ÷ bare |"
    );
    println!("| ---: | ---: | ---: | ---: | ---: | ---: |");
    let rate = |seconds: f64| devices as f64 / seconds;
    println!("| {devices} | {bare:.3} | {:.0} | {job:.3} | {:.0} | {ratio:.2} |\n", rate(bare), rate(job));
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
