//! `bellwether job create`.

use bellwether_engine::Clock as _;
use bellwether_model::Time;
use bellwether_model::json::minify;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::super::method::Call;
use super::super::table::{text, thousands};
use super::super::values::{ChangeArgs, nothing_to_change};
use super::watch;
use crate::access::Access;
use crate::clock::SystemClock;
use crate::failure::Failure;
use crate::hub_client::HubClient;
use crate::policies;
use crate::rest::read;
use crate::terminal::{confirmed, note, print};

/// Which kind of job.
#[derive(Debug, Subcommand)]
pub enum CreateTask {
    /// Change tags and desired properties of every device that the condition selects.
    Twin(TwinJobArgs),
    /// Call a method of every device that the condition selects. Devices that are not connected are waited for until the
    /// job ends.
    Method(MethodJobArgs),
}

#[derive(Debug, Args)]
pub struct TwinJobArgs {
    #[command(flatten)]
    change: ChangeArgs,

    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct MethodJobArgs {
    #[command(flatten)]
    call: Call,

    #[command(flatten)]
    common: Common,
}

/// What every job has.
#[derive(Debug, Args)]
struct Common {
    /// Which devices: the condition of a query, such as "tags.building = '43'"; * is every device, and asks.
    #[arg(long = "where", visible_alias = "query-condition", value_name = "CONDITION")]
    condition: String,

    /// The job's id, letters, digits and -; without it one is made.
    #[arg(long, visible_alias = "job-id", value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    id: Option<String>,

    /// When it starts, such as 2027-01-31T12:00:00Z, at most seven days from now; without it at once.
    #[arg(long, visible_alias = "start-time", value_name = "TIME")]
    start: Option<Time>,

    /// Seconds from its start after which it ends, whoever is left.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 3600,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    ttl: u32,

    /// Follow it to its end, as `bellwether job watch` does; the exit code is of how it ended.
    #[arg(long, visible_alias = "wait")]
    watch: bool,

    /// Do not ask, not even for a job on every device.
    #[arg(long, short)]
    yes: bool,

    /// Say how many devices the condition selects now, print the job that would be made, and make none.
    #[arg(long, conflicts_with = "watch")]
    dry_run: bool,

    /// Print the server's own document as one line of JSON; with --watch as it was at the end.
    #[arg(long)]
    json: bool,
}

/// Does it.
pub async fn run(task: CreateTask, access: &Access) -> Result<(), Failure> {
    let (common, kind, member, value) = match task {
        CreateTask::Twin(TwinJobArgs { change, common }) => {
            let mut patch = change.body()?;
            if patch == json!({}) {
                return Err(nothing_to_change());
            }
            // Without it hubs refuse the job (iot-hub §1.7).
            patch["etag"] = json!("*");
            (common, "scheduleUpdateTwin", "updateTwin", patch)
        }
        CreateTask::Method(MethodJobArgs { call, common }) => {
            let body = call.body()?;
            (common, "scheduleDeviceMethod", "cloudToDeviceMethod", body)
        }
    };
    let id = common.id.clone().map_or_else(|| fresh_id(member), Ok)?;
    let mut body = json!({
        "jobId": id, "type": kind, member: value,
        "queryCondition": common.condition, "maxExecutionTimeInSeconds": common.ttl,
    });
    if let Some(start) = common.start {
        body["startTime"] = json!(start.to_string());
    }
    let hub = access.connect()?;
    if common.dry_run {
        let count = count(&hub, &common.condition).await?;
        note(format_args!(
            "The condition selects {} devices of {} now. No job was made; this is what would be:",
            thousands(count),
            hub.host()
        ));
        return print(body);
    }
    let all = common.condition.trim() == "*";
    if all && !common.yes {
        let count = count(&hub, &common.condition).await?;
        confirmed(&format!("This is a job on every device of {}, {} now. Make it?", hub.host(), thousands(count)))?;
    }
    make(&hub, &id, &body, &common).await
}

async fn make(hub: &HubClient, id: &str, body: &Value, common: &Common) -> Result<(), Failure> {
    let document = hub.create_job(id, body).await?;
    let job: Value = read(&document)?;
    note(format_args!("The job {id} was created and is {}.", text(&job["status"])));
    if common.watch {
        return watch::run(hub, id, common.json).await;
    }
    if common.json {
        return print(minify(&document));
    }
    note(format_args!("Follow it with: bellwether job watch {id}"));
    Ok(())
}

/// How many devices a condition selects now.
async fn count(hub: &HubClient, condition: &str) -> Result<u64, Failure> {
    let filter = if condition.trim() == "*" { String::new() } else { format!(" WHERE {condition}") };
    let rows = hub.query(&format!("SELECT COUNT() AS numberOfDevices FROM devices{filter}")).await?;
    Ok(rows.first().and_then(|row| row["numberOfDevices"].as_u64()).unwrap_or_default())
}

/// Sorted by time, as lists of jobs are read: `twin-20260301-020000-7f3a`.
fn fresh_id(member: &str) -> Result<String, Failure> {
    let what = if member == "updateTwin" { "twin" } else { "method" };
    let digits: String = SystemClock.now().to_string().chars().filter(char::is_ascii_digit).take(14).collect();
    let (day, time) = digits.split_at(digits.len().min(8));
    let chance: String = policies::random::<2>()?.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{what}-{day}-{time}-{chance}"))
}
