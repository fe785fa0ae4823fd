//! `bellwether simulate`: devices that behave as real ones do, over MQTT, against any hub.

pub mod behaviour;
pub mod device;
pub mod fleet;
pub mod topic;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use crate::config::{LogFormat, LogLevel};
use crate::connection::Connection;
use crate::connection_string::ConnectionString;
use crate::hub_client::HubClient;
use crate::progress::Progress;
use crate::signals::Signals;
use crate::{Failure, limits, logging, trust};
use behaviour::Odds;
use fleet::{Counts, Door, Fleet, Plan};

/// Which devices are simulated, and where.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// Data folder of a server on this machine: connection string, addresses and CA are taken from there.
    #[arg(long, value_name = "DIR", env = "BELLWETHER_DATA", default_value = "bellwether-data")]
    data: PathBuf,

    /// Connection string of a hub elsewhere; needs --mqtts or --mqtt.
    #[arg(long, value_name = "STRING", env = "BELLWETHER_CONNECTION_STRING", hide_env_values = true)]
    connection_string: Option<ConnectionString>,

    /// Where devices connect over TLS, as host:port.
    #[arg(long, value_name = "HOST:PORT", value_parser = host_port)]
    mqtts: Option<(String, u16)>,

    /// Where devices connect over plain TCP, as host:port, in place of --mqtts.
    #[arg(long, value_name = "HOST:PORT", value_parser = host_port, conflicts_with = "mqtts")]
    mqtt: Option<(String, u16)>,

    /// CA file (PEM) to trust.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,

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
    let target = Target::of(&args)?;
    limits::need_files(u64::from(args.devices) + 100)?;
    let hub = HubClient::new(target.hub, &target.https);
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
    let fleet = Fleet::start(hub.host(), target.door, devices);
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

/// The hub that is simulated against.
struct Target {
    hub: ConnectionString,
    https: std::sync::Arc<rustls::ClientConfig>,
    door: Door,
}

impl Target {
    fn of(args: &SimulateArgs) -> Result<Self, Failure> {
        let local = match args.connection_string {
            Some(_) => None,
            None => Some(Connection::read(&args.data)?),
        };
        let hub = match (&args.connection_string, &local) {
            (Some(given), _) => given.clone(),
            (None, Some(local)) => local.owner()?,
            (None, None) => return Err(Failure::usage("--connection-string or --data is needed")),
        };
        let ca = args.ca.clone().or_else(|| local.as_ref().and_then(|local| local.ca_file.clone()));
        let ca =
            ca.ok_or_else(|| Failure::usage("--ca is needed: the file with the CA that signed the hub's certificate"))?;
        let https = trust::client_config(&ca)?;
        let tls = args.mqtts.clone().or_else(|| local.as_ref().and_then(|local| host_port(&local.mqtts_address).ok()));
        let door = match (&args.mqtt, tls) {
            (Some((host, port)), _) => Door { host: host.clone(), port: *port, tls: None },
            (None, Some((host, port))) => Door { host, port, tls: Some(https.clone()) },
            (None, None) => return Err(Failure::usage("--mqtts is needed beside --connection-string")),
        };
        Ok(Target { hub, https, door })
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
