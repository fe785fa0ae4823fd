//! `bellwether demo`: the whole story on one machine. A server on free ports, a fleet of simulated devices over
//! MQTT/TLS, a twin job and a method job of the hub, a job of IoT Central in batches whose threshold trips, its rerun, and
//! a look at every single outcome.
//!
//! The server runs in this process, but the demo meets it only as a client does: HTTPS and MQTT over real
//! connections, with the certificate checked.

mod central;
mod check;
mod plan;
mod report;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, CommandFactory, FromArgMatches};
use hyper::StatusCode;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::central_client::CentralClient;
use crate::config::{LogFormat, LogLevel, Settings};
use crate::connection::Connection;
use crate::failure::Failure;
use crate::hub_client::{ClientError, HubClient};
use crate::progress::Progress;
use crate::rest::read;
use crate::serve::{Server, first_sign_in_text};
use crate::signals::Signals;
use crate::simulate::fleet::{self, Door, Fleet};
use crate::{limits, logging, policies, private_file, token, trust};
use check::Findings;
use plan::{Kind, Member};
use report::Results;

/// Files per device: its own socket and the server's.
const FILES_A_DEVICE: u64 = 2;
const FILES_BESIDE: u64 = 300;
const CONNECT_LIMIT: Duration = Duration::from_secs(120);
/// When late comers connect, counted from the start of the method job.
const LATE_AFTER: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// A job is given this much more than its lifetime before the demo gives up on it.
const JOB_GRACE: Duration = Duration::from_secs(60);
/// Reports follow a twin job within this time.
const REPORTS_LIMIT: Duration = Duration::from_secs(20);
const DRAIN: Duration = Duration::from_secs(5);

/// How the demo is run.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// End by itself; the exit code is 0 only if every single outcome is the expected one.
    #[arg(long)]
    exit: bool,

    /// Data folder; without it a temporary one, removed at the end.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// How many devices, 100 to 100000.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    devices: u32,
}

/// Runs the demo to its end.
pub async fn run(args: DemoArgs) -> Result<(), Failure> {
    logging::start(LogLevel::Warn, LogFormat::Text);
    limits::need_files(u64::from(args.devices) * FILES_A_DEVICE + FILES_BESIDE)?;
    let mut signals = Signals::listen()?;
    let folder = Folder::of(args.data)?;
    let settings = settings(folder.path())?;
    let mut server = Server::start(&settings).await?;
    println!("Bellwether listens on {} and {}.\n", server.connection.https_url, server.connection.mqtts_address);
    let password = server.administrator_password.take();

    let story = async {
        let told = tell(&server.connection, folder.path(), args.devices).await?;
        println!("{}", told.text);
        println!("{}", report::verdict(told.devices, &told.findings));
        print!("{}", report::what_next(&program(), folder.path(), &server.connection, &told.method_job, folder.kept));
        if let Some(password) = &password {
            print!("\n{}", first_sign_in_text(&server.connection, &settings.people.admin_email.0, password));
        }
        Ok(told)
    };
    let told: Result<Told, Failure> = tokio::select! {
        told = story => told,
        _ = signals.next() => Err(Failure::new("interrupted")),
    };
    let result = match told {
        Err(failure) => Err(failure),
        Ok(told) => {
            if !args.exit {
                println!("\nThe server and the devices stay up until Ctrl-C.");
                signals.next().await;
            }
            told.fleet.stop().await;
            if told.findings.is_empty() { Ok(()) } else { Err(Failure::new("the demo did not end as it had to")) }
        }
    };
    server.stop(DRAIN).await;
    result
}

/// What came of it.
struct Told {
    devices: usize,
    text: String,
    findings: Findings,
    method_job: String,
    fleet: Fleet,
}

/// The story itself, told against any hub that is empty of jobs of these names.
async fn tell(connection: &Connection, data: &Path, devices: u32) -> Result<Told, Failure> {
    let ca = connection.ca_file.as_deref().ok_or_else(|| Failure::new("the demo's server has no CA of its own"))?;
    let tls = trust::client_config(ca)?;
    let hub = HubClient::new(connection.owner()?, &tls);
    let members = plan::members(devices);
    let mut findings = Findings::new();

    let bar = Progress::start("devices registered", u64::from(devices));
    let plans = members.iter().map(Member::plan).collect();
    let registered = fleet::register(&hub, plans, |done| bar.at(done)).await?;
    bar.done();
    let (host, port) = connection.mqtts_address.rsplit_once(':').unwrap_or_default();
    let port = port.parse().map_err(|_| Failure::new(format!("no port in {}", connection.mqtts_address)))?;
    let door = Door { host: host.to_owned(), port, tls: Some(Arc::clone(&tls)) };
    let fleet = Fleet::start(hub.host(), door, registered);
    connect(&fleet, &members).await?;
    let before = check::desired_versions(&hub.query("SELECT * FROM devices").await?);

    let selected = members.iter().filter(|member| member.selected()).count();
    let action = ("scheduleUpdateTwin", "updateTwin", plan::twin_patch());
    let twin_job = create(&hub, "demo-twin", action, plan::CONDITION).await?;
    let ended = follow(&hub, &twin_job, "twin job", selected, None).await?;
    findings.extend(check::job(&ended, selected, 0));
    let twin_rows = rows(&hub, &twin_job).await?;
    findings.extend(check::twin_rows(&members, &twin_rows));

    let action = ("scheduleDeviceMethod", "cloudToDeviceMethod", plan::method());
    let method_job = create(&hub, "demo-reboot", action, "*").await?;
    let ended = follow(&hub, &method_job, "method job", members.len(), Some(&fleet)).await?;
    findings.extend(check::job(&ended, members.len(), check::failures(&members)));
    let method_rows = rows(&hub, &method_job).await?;
    findings.extend(check::method_rows(&members, &method_rows));

    let (twins, wrong) = twins_in_time(&hub, &members, &before).await?;
    findings.extend(wrong);
    let seen = fleet.records().iter().map(|record| (record.id.as_str(), record.calls()));
    findings.extend(check::calls(&members, seen));
    let mut text = report::outcomes(&members, &Results { twin_rows, method_rows, twins });

    let central = CentralClient::new(&connection.https_url, token::renew(data, "demo").await?, &tls);
    let second = central::tell(&central, &fleet, &members).await?;
    text += &report::central(&second);
    findings.extend(second.findings);
    Ok(Told { devices: members.len(), text, findings, method_job, fleet })
}

async fn connect(fleet: &Fleet, members: &[Member]) -> Result<(), Failure> {
    let there = members.iter().filter(|member| !matches!(member.kind, Kind::Late | Kind::Offline)).count() as u64;
    let bar = Progress::start("devices connected", there);
    if fleet.ready(there, CONNECT_LIMIT, |seen| bar.at(seen)).await {
        bar.done();
        return Ok(());
    }
    let reason = fleet.last_error().unwrap_or_else(|| "no error was seen".to_owned());
    let ready = fleet.counts().ready;
    Err(Failure::new(format!(
        "{ready} of {there} devices connected within {CONNECT_LIMIT:?}; the last error: {reason}"
    )))
}

/// Makes a job; on a data folder that saw a demo before, under the next free name.
async fn create(
    hub: &HubClient,
    name: &str,
    action: (&str, &str, Value),
    condition: &str,
) -> Result<String, ClientError> {
    let (kind, member, value) = action;
    let mut id = name.to_owned();
    for number in 2.. {
        let body = json!({
            "jobId": id, "type": kind, member: value,
            "queryCondition": condition, "maxExecutionTimeInSeconds": plan::JOB_SECONDS,
        });
        match hub.create_job(&id, &body).await {
            Ok(_) => break,
            Err(ClientError::Refused { status: StatusCode::CONFLICT, .. }) => id = format!("{name}-{number}"),
            Err(error) => return Err(error),
        }
    }
    Ok(id)
}

/// Watches a job to its end; lets the late comers of `fleet` in meanwhile.
async fn follow(
    hub: &HubClient,
    id: &str,
    label: &'static str,
    total: usize,
    fleet: Option<&Fleet>,
) -> Result<Value, Failure> {
    let bar = Progress::start(label, total as u64);
    let watch = async {
        loop {
            let job: Value = read(&hub.job(id).await?)?;
            let count = |name: &str| job["deviceJobStatistics"][name].as_u64().unwrap_or_default();
            bar.at(count("succeededCount") + count("failedCount"));
            let waiting = count("runningCount") + count("pendingCount");
            bar.message(format!("{} ok, {} failed, {waiting} waiting", count("succeededCount"), count("failedCount")));
            if ["completed", "failed", "cancelled"].iter().any(|end| job["status"] == *end) {
                return Ok::<_, ClientError>(job);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let late = async {
        tokio::time::sleep(LATE_AFTER).await;
        if let Some(fleet) = fleet {
            bar.note(&format!("{:<20} {} devices that were offline come online", "", fleet.late()));
            fleet.let_late_comers_in();
        }
        std::future::pending().await
    };
    let limit = Duration::from_secs(plan::JOB_SECONDS.into()) + JOB_GRACE;
    let ended = tokio::select! {
        ended = tokio::time::timeout(limit, watch) => ended,
        never = late => never,
    };
    let job = ended.map_err(|_| Failure::new(format!("job {id} did not end within {limit:?}")))??;
    bar.done();
    Ok(job)
}

async fn rows(hub: &HubClient, job: &str) -> Result<Vec<Value>, ClientError> {
    hub.query(&format!("SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '{job}'")).await
}

/// The twins once the devices had time to report, and what is still wrong with them at the end of it.
async fn twins_in_time(
    hub: &HubClient,
    members: &[Member],
    before: &HashMap<String, i64>,
) -> Result<(Vec<Value>, Findings), ClientError> {
    let begun = Instant::now();
    loop {
        let twins = hub.query("SELECT * FROM devices").await?;
        let findings = check::twins(members, before, &twins);
        if findings.is_empty() || begun.elapsed() > REPORTS_LIMIT {
            return Ok((twins, findings));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The settings of the demo's server: free ports of the loopback address, whatever the environment says.
fn settings(data: &Path) -> Result<Settings, Failure> {
    #[derive(clap::Parser)]
    struct Bare {
        #[command(flatten)]
        settings: Settings,
    }
    let command = Bare::command().mut_args(|arg| arg.env(None::<&str>));
    let line = ["demo", "--https", "127.0.0.1:0", "--mqtts", "127.0.0.1:0"].map(std::ffi::OsString::from);
    let matches = command.try_get_matches_from(line).and_then(|matches| Bare::from_arg_matches(&matches));
    let mut settings = matches.map_err(|error| Failure::usage(error.to_string()))?.settings;
    settings.data = data.to_owned();
    Ok(settings)
}

fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "bellwether".to_owned())
}

/// Where the demo keeps its data.
struct Folder {
    path: PathBuf,
    kept: bool,
}

impl Folder {
    fn of(given: Option<PathBuf>) -> Result<Self, Failure> {
        if let Some(path) = given {
            return Ok(Folder { path, kept: true });
        }
        let label: String = policies::random::<6>()?.iter().map(|byte| format!("{byte:02x}")).collect();
        let path = std::env::temp_dir().join(format!("bellwether-demo-{label}"));
        let made = private_file::make_dir(&path);
        made.map_err(|error| Failure::during(format!("cannot make {}", path.display()), &error))?;
        Ok(Folder { path, kept: false })
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::warn!(%error, folder = %self.path.display(), "the temporary folder could not be removed");
        }
    }
}
