//! `bellwether job`: one change or one call on many devices.

mod create;
mod watch;

use bellwether_model::json::minify;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand, ValueEnum};
use comfy_table::Table;
use serde_json::Value;

use super::listing::Listing;
use super::table::{self, amount, short, state, text, time};
use crate::access::Access;
use crate::failure::Failure;
use crate::hub_client::HubClient;
use crate::rest::read;
use crate::terminal::{note, print};

/// Of what a device answered, in a table.
const ANSWER_WIDTH: usize = 60;

/// What is done with jobs, and where.
#[derive(Debug, Args)]
pub struct JobArgs {
    #[command(subcommand)]
    task: JobTask,

    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum JobTask {
    /// Create a job: a change of twins, or a call of a method, on every device that a condition selects.
    #[command(subcommand)]
    Create(create::CreateTask),
    /// List jobs, newest first.
    List(ListArgs),
    /// Show a job: how it stands, and how many devices have ended.
    Show(ShowArgs),
    /// Follow a job to its end with a progress bar.
    ///
    /// Exit code 0: it completed and no device failed. 3: it failed, was cancelled, or a device failed. 130: Ctrl-C, and
    /// the job goes on. On a hub a device that answers a call, with whatever status, has not failed: `job results` shows
    /// the answers.
    Watch(ShowArgs),
    /// Show what became of each device of a job.
    Results(ResultsArgs),
    /// Cancel a job: devices that it has not begun stay as they are.
    Cancel(ShowArgs),
}

#[derive(Debug, Args)]
struct ShowArgs {
    /// The job.
    #[arg(value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    id: String,

    /// Print the server's own document as one line of JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Only those of this status.
    #[arg(long, value_name = "STATUS")]
    status: Option<JobStatus>,

    /// Only those of this type.
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<JobKind>,

    #[command(flatten)]
    listing: Listing,
}

#[derive(Debug, Args)]
struct ResultsArgs {
    /// The job.
    #[arg(value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    id: String,

    /// Only devices of this status.
    #[arg(long, value_name = "STATUS")]
    status: Option<DeviceJobStatus>,

    #[command(flatten)]
    listing: Listing,
}

/// The states of iot-hub §1.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum JobStatus {
    Queued,
    Scheduled,
    Running,
    Completed,
    Failed,
    Cancelled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum JobKind {
    /// Changes of twins.
    Twin,
    /// Calls of a method.
    Method,
}

impl JobKind {
    fn wire(self) -> &'static str {
        match self {
            JobKind::Twin => "scheduleUpdateTwin",
            JobKind::Method => "scheduleDeviceMethod",
        }
    }
}

/// The states of a device of a job, one l (iot-hub §1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DeviceJobStatus {
    Pending,
    Scheduled,
    Running,
    Completed,
    Failed,
    Canceled,
}

fn name_of(value: impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// Does it.
pub async fn run(args: JobArgs) -> Result<(), Failure> {
    let JobArgs { task, access } = args;
    match task {
        JobTask::Create(task) => create::run(task, &access).await,
        JobTask::List(args) => list(&args, &access.connect()?).await,
        JobTask::Show(args) => {
            let document = known(&access.connect()?, &args.id).await?;
            if args.json { print(minify(&document)) } else { print(facts(&read(&document)?)) }
        }
        JobTask::Watch(args) => {
            let hub = access.connect()?;
            known(&hub, &args.id).await?;
            watch::run(&hub, &args.id, args.json).await
        }
        JobTask::Results(args) => results(&args, &access.connect()?).await,
        JobTask::Cancel(args) => {
            let document = access.connect()?.cancel_job(&args.id).await?;
            if args.json {
                return print(minify(&document));
            }
            let job: Value = read(&document)?;
            note(format_args!("The job {} is {}.", args.id, text(&job["status"])));
            Ok(())
        }
    }
}

/// The job's document; a hub answers for ids that it does not know too (iot-hub §1.5).
async fn known(hub: &HubClient, id: &str) -> Result<String, Failure> {
    let document = hub.job(id).await?;
    if read::<Value>(&document)?["status"] == "unknown" {
        return Err(Failure::new(format!("there is no job {id}\n`bellwether job list` shows the jobs there are")));
    }
    Ok(document)
}

async fn list(args: &ListArgs, hub: &HubClient) -> Result<(), Failure> {
    let status = args.status.map(|status| format!("jobStatus={}", name_of(status)));
    let kind = args.kind.map(|kind| format!("jobType={}", kind.wire()));
    let filter = status.into_iter().chain(kind).collect::<Vec<_>>().join("&");
    let page = async |size, token| hub.jobs(&filter, size, token).await;
    let seen = args.listing.show(page, |listed| of_jobs(&listed.rows)).await?;
    if seen == 0 {
        note(if filter.is_empty() { "There are no jobs." } else { "No job is like that." });
    }
    Ok(())
}

fn of_jobs(jobs: &[Value]) -> Table {
    let mut table = table::list(&["JOB", "DOES", "STATUS", "DEVICES", "SUCCEEDED", "FAILED", "CREATED", "CONDITION"]);
    for job in jobs {
        let counts = &job["deviceJobStatistics"];
        table.add_row([
            text(&job["jobId"]).into(),
            does(job).into(),
            state(&job["status"]),
            amount(&counts["deviceCount"]),
            amount(&counts["succeededCount"]),
            amount(&counts["failedCount"]),
            time(&job["createdTime"]).into(),
            short(&job["queryCondition"], ANSWER_WIDTH).into(),
        ]);
    }
    table
}

fn does(job: &Value) -> String {
    match (job["type"].as_str(), &job["cloudToDeviceMethod"]["methodName"]) {
        (_, Value::String(name)) => format!("method {}", text(&Value::from(name.as_str()))),
        (Some("scheduleUpdateTwin"), _) => "twin".to_owned(),
        (other, _) => other.unwrap_or_default().to_owned(),
    }
}

fn facts(job: &Value) -> String {
    let counts = &job["deviceJobStatistics"];
    let number = |name: &str| counts[name].as_u64().map(table::thousands).unwrap_or_default();
    let seconds = job["maxExecutionTimeInSeconds"].as_u64().map(|seconds| format!("{seconds} s")).unwrap_or_default();
    table::facts(&[
        ("job", text(&job["jobId"])),
        ("does", does(job)),
        ("change", text(&job["updateTwin"])),
        ("payload", text(&job["cloudToDeviceMethod"]["payload"])),
        ("condition", text(&job["queryCondition"])),
        ("status", text(&job["status"])),
        ("says", text(&job["statusMessage"])),
        ("failure", text(&job["failureReason"])),
        ("created", time(&job["createdTime"])),
        ("starts", time(&job["startTime"])),
        ("ended", time(&job["endTime"])),
        ("at most", seconds),
        ("devices", number("deviceCount")),
        ("succeeded", number("succeededCount")),
        ("failed", number("failedCount")),
        ("running", number("runningCount")),
        ("pending", number("pendingCount")),
    ])
}

async fn results(args: &ResultsArgs, hub: &HubClient) -> Result<(), Failure> {
    known(hub, &args.id).await?;
    let status = args.status.map(|status| format!(" AND devices.jobs.status = '{}'", name_of(status)));
    let query = format!(
        "SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '{}'{}",
        args.id.replace('\\', r"\\").replace('\'', r"\'"),
        status.unwrap_or_default()
    );
    let page = async |size, token| hub.query_page(&query, size, token).await;
    let seen = args.listing.show(page, |listed| of_devices(&listed.rows)).await?;
    if seen == 0 {
        note(if args.status.is_some() { "No device of the job is like that." } else { "The job has no devices yet." });
    }
    Ok(())
}

/// Rows of `devices.jobs` (iot-hub §1.8).
pub fn of_devices(rows: &[Value]) -> Table {
    let mut table = table::list(&["DEVICE", "STATUS", "CHANGED", "ANSWER", "ERROR"]);
    for row in rows {
        let answer = &row["outcome"]["deviceMethodResponse"];
        let answer = match &answer["status"] {
            Value::Null => String::new(),
            status => format!("{} {}", text(status), short(&answer["payload"], ANSWER_WIDTH)),
        };
        let error = &row["error"];
        let error = match (text(&error["code"]), text(&error["description"])) {
            (code, description) if description.is_empty() => code,
            (code, description) => format!("{code}: {description}"),
        };
        table.add_row([
            text(&row["deviceId"]).into(),
            state(&row["status"]),
            time(&row["lastUpdatedDateTimeUtc"]).into(),
            answer.into(),
            error.into(),
        ]);
    }
    table
}
