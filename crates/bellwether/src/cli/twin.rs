//! `bellwether twin`: tags and properties of a device.

use bellwether_model::DeviceId;
use bellwether_model::json::minify;
use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Map, Value, json};

use super::table::{self, text, time};
use super::values::{ChangeArgs, nothing_to_change, section, untyped};
use crate::access::Access;
use crate::failure::Failure;
use crate::hub_client::HubClient;
use crate::rest::read;
use crate::terminal::{note, print};

/// What is done with twins, and where.
#[derive(Debug, Args)]
pub struct TwinArgs {
    #[command(subcommand)]
    task: TwinTask,

    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum TwinTask {
    /// Show a device's tags, desired and reported properties.
    Show(ShowArgs),
    /// Change tags and desired properties. What is not named stays.
    Update(UpdateArgs),
    /// Put other tags and desired properties in the place of all that there are.
    Replace(ReplaceArgs),
}

#[derive(Debug, Args)]
struct ShowArgs {
    /// The device.
    #[arg(value_name = "ID")]
    id: DeviceId,

    /// Print the server's own document as one line of JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct UpdateArgs {
    #[command(flatten)]
    written: Written,

    #[command(flatten)]
    change: ChangeArgs,
}

#[derive(Debug, Args)]
struct ReplaceArgs {
    #[command(flatten)]
    written: Written,

    /// All tags, as a JSON object; none are left without it.
    #[arg(long, value_name = "JSON|@FILE", required_unless_present = "desired")]
    tags: Option<String>,

    /// All desired properties, as a JSON object; none are left without it.
    #[arg(long, value_name = "JSON|@FILE")]
    desired: Option<String>,
}

#[derive(Debug, Args)]
struct Written {
    /// The device.
    #[arg(value_name = "ID")]
    id: DeviceId,

    /// Only if the twin still has this etag.
    #[arg(long, value_name = "ETAG")]
    etag: Option<String>,

    /// Print the whole new twin as one line of JSON.
    #[arg(long)]
    json: bool,
}

/// Does it.
pub async fn run(args: TwinArgs) -> Result<(), Failure> {
    let TwinArgs { task, access } = args;
    match task {
        TwinTask::Show(args) => {
            let document = access.connect()?.twin(args.id.as_str()).await?;
            if args.json { print(minify(&document)) } else { print(shown(&read(&document)?)) }
        }
        TwinTask::Update(args) => {
            let body = args.change.body()?;
            if body == json!({}) {
                return Err(nothing_to_change());
            }
            write(&access.connect()?, Method::PATCH, &args.written, &body).await
        }
        TwinTask::Replace(args) => {
            let read = |flag, name, given: &Option<String>| {
                given.as_ref().map_or(Ok(Map::new()), |text| section(flag, name, text))
            };
            let tags = read("--tags", "tags", &args.tags)?;
            let desired = read("--desired", "desired", &args.desired)?;
            let body = json!({"tags": tags, "properties": {"desired": desired}});
            write(&access.connect()?, Method::PUT, &args.written, &body).await
        }
    }
}

async fn write(hub: &HubClient, method: Method, written: &Written, body: &Value) -> Result<(), Failure> {
    let document = hub.write_twin(method, written.id.as_str(), body, written.etag.as_deref()).await?;
    if written.json {
        return print(minify(&document));
    }
    let twin: Value = read(&document)?;
    let version = text(&twin["properties"]["desired"]["$version"]);
    note(format_args!("The twin of {} was changed; its desired properties have version {version}.", written.id));
    Ok(())
}

/// Every value with its path and when it was written, which is known of properties only.
fn shown(twin: &Value) -> String {
    let mut table = table::list(&["SECTION", "PATH", "VALUE", "WRITTEN"]);
    let nothing = json!({});
    let mut rows = |section: &str, value: &Value, metadata: &Value| {
        let mut leaves = Vec::new();
        descend(&mut leaves, "", value, metadata);
        for (path, value, written) in leaves {
            table.add_row([section.to_owned(), path, value, written]);
        }
    };
    let properties = &twin["properties"];
    rows("tags", &twin["tags"], &nothing);
    for name in ["desired", "reported"] {
        let section = &properties[name];
        let title = format!("{name}, version {}", text(&section["$version"]));
        rows(&title, section, &section["$metadata"]);
    }
    let facts = table::facts(&[
        ("device", text(&twin["deviceId"])),
        ("status", text(&twin["status"])),
        ("connection", text(&twin["connectionState"])),
        ("last activity", time(&twin["lastActivityTime"])),
        ("etag", text(&twin["etag"])),
    ]);
    if table.is_empty() { facts } else { format!("{facts}\n\n{}", table.trim_fmt()) }
}

fn descend(into: &mut Vec<(String, String, String)>, path: &str, value: &Value, metadata: &Value) {
    let Some(members) = value.as_object().filter(|members| path.is_empty() || !members.is_empty()) else {
        return into.push((path.to_owned(), table::plain(&untyped(value)), time(&metadata["$lastUpdated"])));
    };
    for (name, value) in members.iter().filter(|(name, _)| !name.starts_with('$')) {
        let deeper = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        descend(into, &deeper, value, &metadata[name]);
    }
}
