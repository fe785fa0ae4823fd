//! `bellwether simulate`: devices that behave as real ones do, over MQTT, against any hub.

pub mod behaviour;
pub mod device;
pub mod fleet;
pub mod topic;

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use crate::access::{Access, Target};
use crate::config::{LogFormat, LogLevel};
use crate::hub_client::HubClient;
use crate::progress::Progress;
use crate::signals::Signals;
use crate::{Failure, limits, logging};
use behaviour::Odds;
use fleet::{Counts, Door, Fleet, Plan};

/// Which devices are simulated, and where.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    #[command(flatten)]
    access: Access,

    /// Where devices connect over TLS, as host:port: needed beside a connection string.
    #[arg(long, value_name = "HOST:PORT", value_parser = host_port)]
    mqtts: Option<(String, u16)>,

    /// Where devices connect over plain TCP, as host:port, in place of --mqtts.
    #[arg(long, value_name = "HOST:PORT", value_parser = host_port, conflicts_with = "mqtts")]
    mqtt: Option<(String, u16)>,

    /// How many devices, 1 to 1000000.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    devices: u32,

    /// Device ids are this and a number.
    #[arg(long, value_name = "TEXT", default_value = "sim-")]
    prefix: String,

    /// Seed of all chance: the same seed gives the same devices.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Share of method calls that are answered with status 500, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    failure_rate: f64,

    /// Mean time until a device answers, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 50, value_parser = clap::value_parser!(u64).range(0..=600_000))]
    latency: u64,

    /// Share of devices that never connect, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    offline: f64,

    /// Stop by itself after this many seconds.
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,

    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

/// Runs until Ctrl-C, then says what the devices saw.
pub async fn run(args: SimulateArgs) -> Result<(), Failure> {
    logging::start(LogLevel::Warn, LogFormat::Text);
    let mut signals = Signals::listen()?;
    let target = args.access.target()?;
    let door = door(&args, &target)?;
    limits::need_files(u64::from(args.devices) + 100)?;
    let hub = HubClient::new(target.hub, &target.tls);
    let odds = Odds {
        failure_rate: args.failure_rate,
        latency: Duration::from_millis(args.latency),
        offline: args.offline,
        seed: args.seed,
    };
    let plans: Vec<Plan> = (0..args.devices).map(|number| plan(&args.prefix, number, &odds)).collect();
    let wanted = plans.iter().filter(|plan| plan.presence == behaviour::Presence::AtOnce).count() as u64;

    let bar = Progress::start("devices registered", u64::from(args.devices));
    let devices = tokio::select! {
        devices = fleet::register(&hub, plans, |done| bar.at(done)) => devices?,
        _ = signals.next() => return Err(Failure::new("interrupted before the devices were registered")),
    };
    bar.done();
    let fleet = Fleet::start(hub.host(), door, devices);
    tokio::select! {
        () = connect(&fleet, wanted) => {}
        _ = signals.next() => {
            show(&fleet.stop().await, args.json);
            return Ok(());
        }
    }
    if !args.json {
        println!("{} of {} devices are connected. Ctrl-C stops them.", fleet.counts().online, args.devices);
    }
    let time_is_up = async {
        match args.seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = signals.next() => {}
        () = time_is_up => {}
    }
    show(&fleet.stop().await, args.json);
    Ok(())
}

fn plan(prefix: &str, number: u32, odds: &Odds) -> Plan {
    let (presence, answering) = odds.device(number);
    Plan { id: format!("{prefix}{number:04}"), tags: Value::Null, presence, answering }
}

async fn connect(fleet: &Fleet, wanted: u64) {
    let bar = Progress::start("devices connected", wanted);
    while !fleet.ready(wanted, Duration::from_secs(15), |seen| bar.at(seen)).await {
        if let Some(error) = fleet.last_error() {
            bar.note(&format!("some devices cannot connect yet, the last one: {error}"));
        }
    }
    bar.done();
}

fn show(counts: &Counts, json: bool) {
    if json {
        println!("{}", serde_json::json!(counts));
        return;
    }
    println!("connections      {} accepted, {} refused, {} lost", counts.connects, counts.refused, counts.lost);
    println!(
        "direct methods   {} received: {} answered, {} answered with an error, {} unanswered",
        counts.calls, counts.answered_well, counts.answered_with_error, counts.unanswered
    );
    println!(
        "twins            {} desired changes, {} reports taken, {} requests refused",
        counts.desired_changes, counts.reports_taken, counts.reports_refused
    );
}

/// Where the devices connect.
fn door(args: &SimulateArgs, target: &Target) -> Result<Door, Failure> {
    let local = target.local.as_ref().and_then(|local| host_port(&local.mqtts_address).ok());
    match (&args.mqtt, args.mqtts.clone().or(local)) {
        (Some((host, port)), _) => Ok(Door { host: host.clone(), port: *port, tls: None }),
        (None, Some((host, port))) => Ok(Door { host, port, tls: Some(Arc::clone(&target.tls)) }),
        (None, None) => Err(Failure::usage("--mqtts is needed beside a connection string")),
    }
}

fn host_port(text: &str) -> Result<(String, u16), String> {
    let parts = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    match parts {
        Some((host, port)) if !host.is_empty() => Ok((host.to_owned(), port)),
        Some(_) | None => Err("must be host:port".to_owned()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "must be a number from 0 to 1".to_owned())
}
