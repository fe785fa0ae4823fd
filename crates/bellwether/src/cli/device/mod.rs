//! `bellwether device`: identities, one by one and from files.

mod export;
mod identity;
mod import;
mod lines;

use bellwether_model::DeviceId;
use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Value, json};

use self::identity::Settings;
use super::listing::Listing;
use super::table::{self, state, text, time};
use super::values::ChangeArgs;
use crate::access::Access;
use crate::failure::Failure;
use crate::hub_client::{ClientError, HubClient};
use crate::rest::read;
use crate::terminal::{confirmed, note, print};

/// What is done with devices, and where.
#[derive(Debug, Args)]
pub struct DeviceArgs {
    #[command(subcommand)]
    task: DeviceTask,

    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum DeviceTask {
    /// List devices.
    List(ListArgs),
    /// Show the identity of a device. Its keys are shown only with --json.
    Show(ShowArgs),
    /// Create a device. Keys are made for it unless they are given.
    Create(CreateArgs),
    /// Change the identity of a device. What is not named stays.
    Update(UpdateArgs),
    /// Delete devices with their twins, for good.
    Delete(DeleteArgs),
    /// Create devices from a CSV or NDJSON file.
    Import(import::ImportArgs),
    /// Write devices to a CSV or NDJSON file that `import` reads.
    Export(export::ExportArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Only these: the condition of a query, such as "tags.building = '43' AND status = 'enabled'".
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,

    #[command(flatten)]
    listing: Listing,
}

#[derive(Debug, Args)]
struct Shown {
    /// Print the server's own document, with the keys, as one line of JSON.
    #[arg(long)]
    json: bool,

    /// Print only the connection string that the device connects with.
    #[arg(long, conflicts_with = "json")]
    print_connection_string: bool,
}

#[derive(Debug, Args)]
struct ShowArgs {
    /// The device.
    #[arg(value_name = "ID")]
    id: DeviceId,

    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
struct CreateArgs {
    /// Its id: letters, digits and - : . + % _ # * ? ! ( ) , = @ $ ' ; at most 128.
    #[arg(value_name = "ID")]
    id: DeviceId,

    #[command(flatten)]
    settings: Settings,

    #[command(flatten)]
    change: ChangeArgs,

    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
struct UpdateArgs {
    /// The device.
    #[arg(value_name = "ID")]
    id: DeviceId,

    #[command(flatten)]
    settings: Settings,

    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Args)]
struct DeleteArgs {
    /// The devices.
    #[arg(value_name = "ID", required = true)]
    ids: Vec<DeviceId>,

    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

/// Does it.
pub async fn run(args: DeviceArgs) -> Result<(), Failure> {
    let DeviceArgs { task, access } = args;
    match task {
        DeviceTask::List(args) => list(&args, &access.connect()?).await,
        DeviceTask::Show(args) => {
            let document = access.connect()?.device(args.id.as_str()).await?;
            show(&document, &args.shown, &access)
        }
        DeviceTask::Create(args) => create(&args, &access).await,
        DeviceTask::Update(args) => update(&args, &access).await,
        DeviceTask::Delete(args) => delete(&args, &access).await,
        DeviceTask::Import(args) => import::run(&args, &access).await,
        DeviceTask::Export(args) => export::run(&args, &access).await,
    }
}

/// The query for all devices, or those of a condition.
fn devices_where(condition: Option<&str>) -> String {
    let condition = condition.map(|text| format!(" WHERE {text}")).unwrap_or_default();
    format!("SELECT * FROM devices{condition}")
}

async fn list(args: &ListArgs, hub: &HubClient) -> Result<(), Failure> {
    let query = devices_where(args.condition.as_deref());
    let page = async |size, token| hub.query_page(&query, size, token).await;
    let seen = args.listing.show(page, |listed| of_twins(&listed.rows)).await?;
    if seen == 0 {
        note(if args.condition.is_some() { "No device matches." } else { "There are no devices." });
    }
    Ok(())
}

/// Devices as their twins tell of them.
pub fn of_twins(twins: &[Value]) -> comfy_table::Table {
    let mut table = table::list(&["DEVICE", "STATUS", "CONNECTION", "LAST ACTIVITY", "TAGS"]);
    for twin in twins {
        table.add_row([
            text(&twin["deviceId"]).into(),
            state(&twin["status"]),
            state(&twin["connectionState"]),
            time(&twin["lastActivityTime"]).into(),
            text(&twin["tags"]).into(),
        ]);
    }
    table
}

async fn create(args: &CreateArgs, access: &Access) -> Result<(), Failure> {
    let twin = args.change.body()?;
    let body = args.settings.new_identity(&args.id)?;
    let hub = access.connect()?;
    let document = hub.put_device(args.id.as_str(), &body, None).await?;
    if twin != json!({})
        && let Err(error) = hub.write_twin(Method::PATCH, args.id.as_str(), &twin, None).await
    {
        let id = &args.id;
        return Err(Failure::new(format!("the device {id} was created, but without tags and properties: {error}")));
    }
    note(format_args!("The device {} was created.", args.id));
    if args.shown.json || args.shown.print_connection_string {
        return show(&document, &args.shown, access);
    }
    note(format_args!("What it connects with: bellwether device show {} --print-connection-string", args.id));
    Ok(())
}

async fn update(args: &UpdateArgs, access: &Access) -> Result<(), Failure> {
    if args.settings.is_nothing() {
        return Err(Failure::usage(
            "nothing is to be changed: give --status, --status-reason, --edge-enabled, or both keys. \
             `bellwether twin update` changes tags and desired properties",
        ));
    }
    let hub = access.connect()?;
    let document = replace(&hub, args.id.as_str(), &args.settings).await?;
    note(format_args!("The device {} was changed.", args.id));
    if args.shown.json || args.shown.print_connection_string {
        return show(&document, &args.shown, access);
    }
    Ok(())
}

/// Reads the identity, changes it and writes it back over just what was read.
async fn replace(hub: &HubClient, id: &str, settings: &Settings) -> Result<String, Failure> {
    let mut device = identity_of(&hub.device(id).await?)?;
    settings.change(&mut device)?;
    let etag = device["etag"].as_str().map(str::to_owned);
    Ok(hub.put_device(id, &device, etag.as_deref().or(Some("*"))).await?)
}

/// The document of an identity, of which members can be read and set.
fn identity_of(document: &str) -> Result<Value, ClientError> {
    let device: Value = read(document)?;
    if device.is_object() && matches!(device["capabilities"], Value::Null | Value::Object(_)) {
        Ok(device)
    } else {
        Err(ClientError::Unexpected("what the hub answered is no identity of a device".to_owned()))
    }
}

fn show(document: &str, shown: &Shown, access: &Access) -> Result<(), Failure> {
    let device = identity_of(document)?;
    if shown.json {
        return print(bellwether_model::json::minify(document));
    }
    if shown.print_connection_string {
        let key = device.pointer("/authentication/symmetricKey/primaryKey").and_then(Value::as_str);
        let id = device["deviceId"].as_str();
        let (Some(key), Some(id)) = (key, id) else {
            return Err(Failure::new("the device has no symmetric key, or the policy may not see it"));
        };
        return print(access.target()?.device_string(id, key));
    }
    print(table::facts(&[
        ("device", text(&device["deviceId"])),
        ("status", text(&device["status"])),
        ("status reason", text(&device["statusReason"])),
        ("status since", time(&device["statusUpdatedTime"])),
        ("connection", text(&device["connectionState"])),
        ("connection since", time(&device["connectionStateUpdatedTime"])),
        ("last activity", time(&device["lastActivityTime"])),
        ("authentication", text(&device["authentication"]["type"])),
        ("edge", text(&device["capabilities"]["iotEdge"])),
        ("generation", text(&device["generationId"])),
        ("etag", text(&device["etag"])),
    ]))
}

async fn delete(args: &DeleteArgs, access: &Access) -> Result<(), Failure> {
    let hub = access.connect()?;
    let mut ids = args.ids.clone();
    ids.sort();
    ids.dedup();
    if !args.yes {
        let (what, their) = if ids.len() == 1 { ("the device", "its twin") } else { ("the devices", "their twins") };
        let names = ids.iter().map(DeviceId::as_str).collect::<Vec<_>>().join(", ");
        let host = hub.host();
        confirmed(&format!("Delete {what} {names} with {their} on {host}? They do not come back."))?;
    }
    for (deleted, id) in ids.iter().enumerate() {
        hub.delete_device(id.as_str(), None).await.map_err(|error| after(deleted, error))?;
        note(format_args!("The device {id} was deleted."));
    }
    Ok(())
}

/// The error of one device of several.
fn after(done: usize, error: ClientError) -> Failure {
    let failure = Failure::from(error);
    if done == 0 { failure } else { Failure::new(format!("{failure}\n{done} devices before it were deleted")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_identity_is_shown_and_changed() {
        for good in [r#"{"deviceId":"a"}"#, r#"{"deviceId":"a","capabilities":{"iotEdge":true}}"#] {
            assert!(identity_of(good).is_ok(), "{good}");
        }
        for other in
            ["[]", r#"[{"deviceId":"a"}]"#, "null", r#""a""#, r#"{"deviceId":"a","capabilities":[1]}"#, "<html>"]
        {
            assert!(identity_of(other).is_err(), "{other}");
        }
    }
}
