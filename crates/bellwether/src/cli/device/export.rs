//! `bellwether device export`: devices as a file that `import` reads back.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Map, Value, json};

use super::super::table::thousands;
use super::super::values::untyped;
use super::devices_where;
use super::import::Format;
use crate::access::Access;
use crate::failure::Failure;
use crate::hub_client::{ClientError, HubClient, PAGE_MAX};
use crate::private_file;
use crate::progress::Progress;
use crate::rest::read;
use crate::terminal::{Out, note};

const CALLS_AT_ONCE: usize = 16;
/// The columns before those of the twin, in this order.
const FIELDS: [&str; 6] = ["id", "status", "statusReason", "iotEdge", "primaryKey", "secondaryKey"];

/// What is written, and where.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The file, *.csv or *.ndjson; - is standard output. It is replaced when all of it is there.
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,

    /// What the file is, where its name does not say so [default: ndjson].
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,

    /// Only these: the condition of a query, such as "tags.building = '43'".
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,

    /// With the keys, which takes one more call for each device. Only its owner may read the file.
    #[arg(long)]
    keys: bool,
}

/// Does it.
pub async fn run(args: &ExportArgs, access: &Access) -> Result<(), Failure> {
    let hub = access.connect()?;
    let format = args.format.or_else(|| Format::of(&args.file)).unwrap_or(Format::Ndjson);
    let devices = collect(&hub, args).await?;
    let text = match format {
        Format::Ndjson => devices.iter().map(|device| format!("{device}\n")).collect::<String>().into_bytes(),
        Format::Csv => csv_of(&devices)?,
    };
    if args.file == Path::new("-") {
        let mut out = Out::new();
        out.bytes(&text)?;
        return out.flush();
    }
    let written = private_file::write(&args.file, if args.keys { 0o600 } else { 0o644 }, &text);
    written.map_err(|error| Failure::during(format!("cannot write {}", args.file.display()), &error))?;
    note(format_args!("{} devices are in {}.", thousands(devices.len() as u64), args.file.display()));
    Ok(())
}

async fn collect(hub: &HubClient, args: &ExportArgs) -> Result<Vec<Value>, Failure> {
    let query = devices_where(args.condition.as_deref());
    let mut devices = Vec::new();
    let mut token = None;
    loop {
        let page = hub.query_page(&query, PAGE_MAX, token).await?;
        for row in &page.rows {
            devices.push(exported(&read::<Value>(row.get())?));
        }
        token = page.next;
        if token.is_none() {
            break;
        }
    }
    if args.keys {
        let bar = Progress::start("keys read", devices.len() as u64);
        let with_keys = stream::iter(devices).map(|device| with_keys(hub, device)).buffered(CALLS_AT_ONCE);
        let mut done = 0;
        let count = |_: &Value| {
            done += 1;
            bar.at(done);
        };
        devices = with_keys.inspect_ok(count).try_collect().await?;
        bar.done();
    }
    Ok(devices)
}

/// What `import` reads of a twin.
fn exported(twin: &Value) -> Value {
    let mut device = json!({"id": twin["deviceId"], "status": twin["status"]});
    if twin["statusReason"].is_string() {
        device["statusReason"] = twin["statusReason"].clone();
    }
    if twin["capabilities"]["iotEdge"] == true {
        device["iotEdge"] = json!(true);
    }
    let section = |value: &Value| {
        let mut members = value.as_object().cloned().unwrap_or_default();
        members.retain(|name, _| !name.starts_with('$'));
        members
    };
    for (name, members) in [("tags", section(&twin["tags"])), ("desired", section(&twin["properties"]["desired"]))] {
        if !members.is_empty() {
            device[name] = Value::Object(members);
        }
    }
    device
}

async fn with_keys(hub: &HubClient, mut device: Value) -> Result<Value, ClientError> {
    let identity: Value = read(&hub.device(device["id"].as_str().unwrap_or_default()).await?)?;
    let keys = &identity["authentication"]["symmetricKey"];
    for name in ["primaryKey", "secondaryKey"] {
        if keys[name].as_str().is_some_and(|key| !key.is_empty()) {
            device[name] = keys[name].clone();
        }
    }
    Ok(device)
}

/// A column for each value that any device has.
fn csv_of(devices: &[Value]) -> Result<Vec<u8>, Failure> {
    let wrong = |error: &csv::Error| Failure::during("cannot write CSV", error);
    let flat: Vec<Map<String, Value>> = devices.iter().map(flat).collect();
    let used: BTreeSet<&str> = flat.iter().flat_map(Map::keys).map(String::as_str).collect();
    let fields = FIELDS.into_iter().filter(|name| *name == "id" || used.contains(name));
    let columns: Vec<&str> = fields.chain(used.iter().copied().filter(|name| !FIELDS.contains(name))).collect();
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(&columns).map_err(|error| wrong(&error))?;
    for device in &flat {
        let cells = columns.iter().map(|column| match device.get(*column) {
            None => String::new(),
            Some(Value::String(text)) if FIELDS.contains(column) => text.clone(),
            Some(value) => untyped(value),
        });
        out.write_record(cells).map_err(|error| wrong(&error))?;
    }
    out.flush().map_err(|error| Failure::during("cannot write CSV", &error))?;
    out.into_inner().map_err(|error| Failure::during("cannot write CSV", error.error()))
}

/// `{"tags": {"a": {"b": 1}}}` as `{"tags.a.b": 1}`; names of a twin have no dots in them.
fn flat(device: &Value) -> Map<String, Value> {
    fn descend(into: &mut Map<String, Value>, path: &str, value: &Value) {
        match value.as_object().filter(|members| !members.is_empty()) {
            Some(members) => members.iter().for_each(|(name, value)| descend(into, &format!("{path}.{name}"), value)),
            None => drop(into.insert(path.to_owned(), value.clone())),
        }
    }
    let mut into = Map::new();
    for (name, value) in device.as_object().into_iter().flatten() {
        descend(&mut into, name, value);
    }
    into
}

#[cfg(test)]
mod tests {
    use super::super::lines::Lines;
    use super::*;

    #[test]
    fn what_is_exported_is_imported_again_as_it_was() {
        let twins = [
            json!({"deviceId": "a,b", "status": "disabled", "statusReason": "true", "capabilities": {"iotEdge": true},
                "tags": {"n": 1.5, "text": "1.5", "list": [1, "x"], "deep": {"er": "a \"quoted\" text\nof two lines"}},
                "properties": {"desired": {"on": false, "none": {}, "$version": 3, "$metadata": {}}}}),
            json!({"deviceId": "c", "status": "enabled", "tags": {"text": "plain", "null": "null", "empty": ""}}),
        ];
        let devices: Vec<Value> = twins.iter().map(exported).collect();
        let csv = csv_of(&devices).unwrap();
        let header = "id,status,statusReason,iotEdge,desired.none,desired.on,\
                      tags.deep.er,tags.empty,tags.list,tags.n,tags.null,tags.text";
        assert_eq!(String::from_utf8_lossy(&csv).lines().next(), Some(header));
        let of_csv = Lines::of_csv(csv.as_slice());
        let ndjson: String = devices.iter().map(|device| format!("{device}\n")).collect();
        let of_ndjson = Lines::of_ndjson(ndjson.as_bytes());
        assert_eq!((of_csv.faults, of_ndjson.faults), (Vec::new(), Vec::new()));
        for ((csv, json), device) in of_csv.entries.iter().zip(&of_ndjson.entries).zip(&devices) {
            assert_eq!((&csv.id, &csv.settings, &csv.twin), (&json.id, &json.settings, &json.twin));
            assert_eq!(csv.twin.body()["tags"], device["tags"]);
        }
    }
}
