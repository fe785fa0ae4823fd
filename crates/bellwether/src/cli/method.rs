//! `bellwether method`: direct methods of one device.

use std::time::Duration;

use bellwether_model::DeviceId;
use bellwether_model::json::minify;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::table::{self, text};
use super::values::document;
use crate::access::Access;
use crate::failure::Failure;
use crate::rest::read;
use crate::terminal::print_before_verdict;

/// From here on the status of an answer means that the device failed, as in HTTP.
const ERROR_FROM: i64 = 400;

/// What is done with methods, and where.
#[derive(Debug, Args)]
pub struct MethodArgs {
    #[command(subcommand)]
    task: MethodTask,

    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum MethodTask {
    /// Call a method of a device and wait for its answer. Exit code 3 when it answers with a status of 400 or more.
    Call(CallArgs),
}

#[derive(Debug, Args)]
struct CallArgs {
    /// The device.
    #[arg(value_name = "ID")]
    id: DeviceId,

    #[command(flatten)]
    call: Call,

    /// Print the answer as one line of JSON: status and payload.
    #[arg(long)]
    json: bool,
}

/// A call as it is typed, of one device or of a job.
#[derive(Debug, Args)]
pub struct Call {
    /// The method.
    #[arg(value_name = "METHOD")]
    name: String,

    /// What the device gets; null without it.
    #[arg(long, value_name = "JSON|@FILE")]
    payload: Option<String>,

    /// Seconds that an answer is waited for, 5 to 300.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(5..=300))]
    timeout: u32,

    /// Seconds of these that a device that is not connected has to come, 0 to 300.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 0,
        value_parser = clap::value_parser!(u32).range(0..=300)
    )]
    connect_timeout: u32,
}

impl Call {
    /// As the hub takes it (iot-hub §4).
    ///
    /// # Errors
    /// The payload is no JSON.
    pub fn body(&self) -> Result<Value, Failure> {
        if self.connect_timeout > self.timeout {
            return Err(Failure::usage("--connect-timeout is a part of --timeout and must not be longer"));
        }
        let payload = self.payload.as_deref().map_or(Ok(Value::Null), |text| document("--payload", text))?;
        Ok(json!({
            "methodName": self.name, "payload": payload,
            "responseTimeoutInSeconds": self.timeout, "connectTimeoutInSeconds": self.connect_timeout,
        }))
    }
}

/// Does it.
pub async fn run(args: MethodArgs) -> Result<(), Failure> {
    let MethodArgs { task: MethodTask::Call(args), access } = args;
    let body = args.call.body()?;
    let timeout = Duration::from_secs(args.call.timeout.into());
    let answer = access.connect()?.invoke(args.id.as_str(), &body, timeout).await?;
    let shown: Value = read(&answer)?;
    if args.json {
        print_before_verdict(minify(&answer))?;
    } else {
        let facts = [("status", text(&shown["status"])), ("payload", table::pretty(&shown["payload"]))];
        print_before_verdict(table::facts(&facts))?;
    }
    match shown["status"].as_i64() {
        Some(status) if status >= ERROR_FROM => {
            Err(Failure::outcome(format!("{} answered {} with status {status}", args.id, args.call.name)))
        }
        Some(_) | None => Ok(()),
    }
}
