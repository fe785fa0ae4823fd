//! What a hub at work is like: one process serves, another holds the devices, this one is the operator.
//!
//! All on loopback. Figures of time hold the cost of the clients too, for they share the machine.

mod child;
mod devices;
pub mod figures;
mod first_call;
mod http;
mod jobs;
mod method_jobs;
mod mqtt;
mod profile;
mod server;
mod single_calls;
mod tls;
mod under_load;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};

use crate::{Anything, memory, registered};
use child::Child;
use http::Hub;
use single_calls::Over;

/// What is measured.
#[derive(Args)]
pub struct Options {
    /// Connected devices.
    #[arg(long, default_value_t = 10_000)]
    devices: u64,
    /// Registered devices while single calls are measured.
    #[arg(long, default_value_t = 100_000)]
    registered: u64,
    /// Method jobs, each beside its baseline.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Single calls of each kind in each situation, at least.
    #[arg(long, default_value_t = 1000)]
    samples: usize,
    /// Jobs of three devices in each situation, and jobs for the first call.
    #[arg(long, default_value_t = 20)]
    small_jobs: usize,
    /// The most seconds that one situation may take.
    #[arg(long, default_value_t = 180)]
    limit: u64,
    /// Where the database is made.
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
    /// Measure nothing; run jobs one after another with `perf record` on the server, and leave its data here.
    #[arg(long)]
    profile: Option<PathBuf>,
}

/// The children.
#[derive(Subcommand)]
pub enum Part {
    /// The hub.
    Server {
        /// Of the run.
        folder: PathBuf,
    },
    /// The devices.
    Devices {
        /// Of the run.
        folder: PathBuf,
        /// Of the hub on this machine.
        port: u16,
        /// How many.
        devices: u64,
    },
}

/// A hub with connected devices.
struct Bench {
    options: Options,
    folder: tempfile::TempDir,
    server: Child,
    fleet: Child,
    hub: Hub,
}

/// One part, in its own process.
pub fn part(part: Part) -> Result<(), Anything> {
    runtime()?.block_on(async {
        match part {
            Part::Server { folder } => server::run(&folder).await,
            Part::Devices { folder, port, devices } => devices::run(&folder, port, devices).await,
        }
    })
}

/// Everything, printed as it is found.
pub fn run(options: Options) -> Result<(), Anything> {
    runtime()?.block_on(async {
        let folder = tempfile::tempdir_in(&options.folder)?;
        let mut bench = start(options, folder).await?;
        let result = match bench.options.profile.clone() {
            Some(folder) => profile::run(&bench, &folder).await,
            None => bench.measure().await,
        };
        let lost = bench.fleet.ask("state").await;
        bench.fleet.end().await?;
        bench.server.end().await?;
        result?;
        match lost? {
            state if state.starts_with("0 lost") => Ok(()),
            state => Err(format!("devices: {state}").into()),
        }
    })
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

fn text(path: &Path) -> Result<&str, Anything> {
    Ok(path.to_str().ok_or("the path is not UTF-8")?)
}

/// Starts the hub, then the devices, and says what memory those take.
async fn start(options: Options, folder: tempfile::TempDir) -> Result<Bench, Anything> {
    let devices = options.devices;
    let path = text(folder.path())?;
    tls::make(folder.path())?;
    drop(bellwether_store::Store::open(&server::database(folder.path()), bellwether_store::Mode::Inline)?);
    registered::fill(&server::database(folder.path()), 1..=devices)?;
    let mut server = Child::start(&["fleet-part", "server", path])?;
    let ports = server.line().await?;
    let (https, mqtts) = ports.split_once(' ').ok_or("no ports")?;
    let hub = Hub::new(tls::client(folder.path())?, https.parse()?);
    single_calls::warm_up_without_devices(&hub, devices).await?;
    let before = memory::resident_of(server.pid()?)?;
    let began = Instant::now();
    let mut fleet = Child::start(&["fleet-part", "devices", path, mqtts, &devices.to_string()])?;
    fleet.line().await?;
    let took = began.elapsed();
    if server.ask("connected").await? != devices.to_string() {
        return Err("not all devices are connected".into());
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    let after = memory::resident_of(server.pid()?)?;
    println!("## {devices} devices over TLS\n");
    println!("Load average of the last minute: {}.\n", figures::load());
    println!(
        "| resident before, MiB | with {devices} idle connections, MiB | a connection, KiB | all connected after, s |"
    );
    println!("| ---: | ---: | ---: | ---: |");
    let mib = |bytes: u64| bytes as f64 / (1024.0 * 1024.0);
    let each = after.saturating_sub(before) as f64 / devices as f64 / 1024.0;
    println!("| {:.1} | {:.1} | {each:.1} | {:.1} |\n", mib(before), mib(after), took.as_secs_f64());
    Ok(Bench { options, folder, server, fleet, hub })
}

impl Bench {
    async fn measure(&mut self) -> Result<(), Anything> {
        method_jobs::run(self).await?;
        first_call::run(self).await?;
        self.register_the_rest()?;
        under_load::run(self).await?;
        let end = memory::resident_of(self.server.pid()?)?;
        println!("Resident at the end: {:.1} MiB.", end as f64 / (1024.0 * 1024.0));
        Ok(())
    }

    /// From here on most of the fleet is absent.
    fn register_the_rest(&self) -> Result<(), Anything> {
        registered::fill(&server::database(self.folder.path()), self.options.devices + 1..=self.options.registered)
    }

    fn over(&self) -> Over {
        Over { registered: self.options.registered, connected: self.options.devices }
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(self.options.limit)
    }
}
