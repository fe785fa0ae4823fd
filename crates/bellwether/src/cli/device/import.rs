//! `bellwether device import`: many devices from a file, checked as a whole before anything is sent.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use futures::StreamExt;
use futures::stream;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::table::{self, thousands};
use super::identity_of;
use super::lines::{Entry, Lines};
use crate::access::Access;
use crate::failure::Failure;
use crate::hub_client::{BULK_MAX, BulkError, ClientError, HubClient};
use crate::progress::Progress;
use crate::terminal::{Out, note, print, read_or_not};

/// Faults and failed devices that are named.
const NAMED_MAX: usize = 20;
/// Devices of a preview.
const PREVIEW_ROWS: usize = 10;
/// Of a value in a preview.
const PREVIEW_WIDTH: usize = 40;
const CALLS_AT_ONCE: usize = 16;

/// The file and what is done with it.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// CSV with a first line of names, or NDJSON with an object a line; - reads standard input.
    ///
    /// The names are id, status, statusReason, iotEdge, primaryKey and secondaryKey; in CSV tags.NAME and desired.NAME
    /// for each value (numbers, true, false and JSON are themselves, everything else is text), in NDJSON the objects
    /// tags and desired. The whole file is checked before anything is sent.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// What the file is, where its name does not say so with .csv, .ndjson or .jsonl.
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,

    /// Check the file, show what would be created, and send nothing.
    #[arg(long)]
    dry_run: bool,

    /// What becomes of devices that there are already.
    #[arg(long, value_name = "WHAT", default_value = "fail")]
    existing: Existing,

    /// Print what became of each device, one JSON object a line.
    #[arg(long)]
    json: bool,
}

/// Kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Comma-separated values.
    Csv,
    /// JSON objects, one a line.
    Ndjson,
}

impl Format {
    /// As the name of the file says.
    pub fn of(file: &Path) -> Option<Format> {
        match file.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Format::Csv),
            "ndjson" | "jsonl" => Some(Format::Ndjson),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Existing {
    /// They are told as failed; the others are created.
    Fail,
    /// They stay as they are.
    Skip,
    /// They are changed: what the file names is set, the rest stays.
    Update,
}

/// What became of one device.
#[derive(Debug, Clone, PartialEq)]
enum Became {
    Created,
    Updated,
    Skipped,
    Failed(String),
}

impl Became {
    fn word(&self) -> &'static str {
        match self {
            Became::Created => "created",
            Became::Updated => "updated",
            Became::Skipped => "skipped",
            Became::Failed(_) => "failed",
        }
    }
}

/// Does it.
pub async fn run(args: &ImportArgs, access: &Access) -> Result<(), Failure> {
    let entries = checked(args)?;
    if args.dry_run {
        return preview(&entries, access.host()?);
    }
    let hub = access.connect()?;
    let bar = Progress::start("devices imported", entries.len() as u64);
    let ended = send(&hub, &entries, args.existing, |done| bar.at(done)).await;
    bar.done();
    report(&entries, ended, args.json)
}

/// The devices of the file, when nothing is wrong with it.
fn checked(args: &ImportArgs) -> Result<Vec<Entry>, Failure> {
    let shown = args.file.display();
    let format = args.format.or_else(|| Format::of(&args.file)).ok_or_else(|| {
        Failure::usage(format!(
            "what is {shown}? Its name does not end in .csv or .ndjson: give --format csv or ndjson"
        ))
    })?;
    let mut bytes = Vec::new();
    let read = if args.file == Path::new("-") {
        io::stdin().read_to_end(&mut bytes)
    } else {
        File::open(&args.file).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::during(format!("cannot read {shown}"), &error))?;
    let lines = match format {
        Format::Csv => Lines::of_csv(&bytes),
        Format::Ndjson => Lines::of_ndjson(bytes.as_slice()),
    };
    if lines.faults.is_empty() {
        return Ok(lines.entries);
    }
    let mut told = format!("{shown} cannot be imported; nothing was sent");
    for fault in lines.faults.iter().take(NAMED_MAX) {
        told += &format!("\n  {fault}");
    }
    if lines.faults.len() > NAMED_MAX {
        told += &format!("\n  and {} more", thousands((lines.faults.len() - NAMED_MAX) as u64));
    }
    Err(Failure::new(told))
}

fn preview(entries: &[Entry], host: Option<String>) -> Result<(), Failure> {
    let mut shown = table::list(&["LINE", "DEVICE", "STATUS", "KEYS", "TAGS", "DESIRED"]);
    for entry in entries.iter().take(PREVIEW_ROWS) {
        let body = body(entry);
        let short = |value: &Value| table::short(value, PREVIEW_WIDTH);
        let keys = if entry.settings.primary_key.is_some() { "given" } else { "made" };
        shown.add_row([
            entry.line.to_string(),
            entry.id.clone(),
            table::text(&body["status"]),
            keys.to_owned(),
            short(&body["tags"]),
            short(&body["properties"]["desired"]),
        ]);
    }
    print(shown.trim_fmt())?;
    let (all, more) = (entries.len() as u64, entries.len().saturating_sub(PREVIEW_ROWS) as u64);
    if more > 0 {
        note(format_args!("and {} more", thousands(more)));
    }
    let to = host.map(|host| format!(" to {host}")).unwrap_or_default();
    note(format_args!("{} devices; nothing is wrong with the file, and nothing was sent{to}.", thousands(all)));
    Ok(())
}

/// A device as the bulk call takes it (iot-hub §2.4).
fn body(entry: &Entry) -> Value {
    let mut body = json!({"id": entry.id, "importMode": "create", "status": "enabled"});
    entry.settings.set(&mut body);
    if let (Value::Object(body), Value::Object(twin)) = (&mut body, entry.twin.body()) {
        body.extend(twin);
    }
    body
}

/// What became of each entry before the first error that is none of a device's own, and that error.
struct Ended {
    became: Vec<Option<Became>>,
    stopped: Option<ClientError>,
    /// A device was made by a call for its identity and one for its twin: it may be there without its twin.
    singly: bool,
}

async fn send(hub: &HubClient, entries: &[Entry], existing: Existing, done: impl Fn(u64)) -> Ended {
    let mut ended = Ended { became: vec![None; entries.len()], stopped: None, singly: false };
    let mut sent = 0;
    // Only a single call says exactly what of an existing device changes.
    if existing != Existing::Update {
        for chunk in entries.chunks(BULK_MAX) {
            match in_bulk(hub, chunk, existing).await {
                Ok(Some(became)) => {
                    for (place, became) in ended.became[sent..].iter_mut().zip(became) {
                        *place = Some(became);
                    }
                    sent += chunk.len();
                    done(sent as u64);
                }
                Ok(None) => break,
                Err(error) => return Ended { stopped: Some(error), ..ended },
            }
        }
    }
    ended.singly = sent < entries.len();
    let make = |at: usize| async move { (at, singly(hub, &entries[at], existing).await) };
    ended.stopped = until_an_error(sent..entries.len(), make, |at, became| {
        ended.became[at] = Some(became);
        sent += 1;
        done(sent as u64);
    })
    .await;
    ended
}

/// Makes several calls at once and tells of each that was answered; after the first error, which is returned, none is
/// begun, and those under way are awaited: the hub carries them out.
async fn until_an_error<T, E, F: Future<Output = (usize, Result<T, E>)>>(
    numbers: std::ops::Range<usize>,
    call: impl Fn(usize) -> F,
    mut ended: impl FnMut(usize, T),
) -> Option<E> {
    let stop = Cell::new(false);
    let calls = stream::iter(numbers.take_while(|_| !stop.get())).map(call);
    let mut calls = std::pin::pin!(calls.buffer_unordered(CALLS_AT_ONCE));
    let mut first = None;
    while let Some((number, result)) = calls.next().await {
        match result {
            Ok(value) => ended(number, value),
            Err(error) => {
                stop.set(true);
                first.get_or_insert(error);
            }
        }
    }
    first
}

/// `None`: the hub takes no bulk calls.
async fn in_bulk(hub: &HubClient, chunk: &[Entry], existing: Existing) -> Result<Option<Vec<Became>>, ClientError> {
    let bodies: Vec<Value> = chunk.iter().map(body).collect();
    let Some(errors) = hub.create_devices(&bodies).await? else { return Ok(None) };
    let of = |entry: &Entry| match errors.iter().find(|error| error.device_id == entry.id) {
        None => Became::Created,
        Some(error) if existing == Existing::Skip && is_there(error) => Became::Skipped,
        Some(BulkError { error_code, error_status, .. }) => {
            let code = table::text(error_code);
            Became::Failed(error_status.clone().filter(|text| !text.is_empty()).unwrap_or(code))
        }
    };
    Ok(Some(chunk.iter().map(of).collect()))
}

/// A symbol in the published description, a number in what hubs were seen to send.
fn is_there(error: &BulkError) -> bool {
    error.error_code == "DeviceAlreadyExists" || error.error_code == 409_001
}

/// One call for the identity and one for its twin.
async fn singly(hub: &HubClient, entry: &Entry, existing: Existing) -> Result<Became, ClientError> {
    match make(hub, entry, existing).await {
        Err(ClientError::Refused { status, message, .. }) if is_of_the_device(status) => Ok(Became::Failed(message)),
        other => other,
    }
}

async fn make(hub: &HubClient, entry: &Entry, existing: Existing) -> Result<Became, ClientError> {
    let mut device = json!({"deviceId": entry.id, "status": "enabled"});
    entry.settings.set(&mut device);
    let became = match hub.put_device(&entry.id, &device, None).await {
        Ok(_) => Became::Created,
        Err(ClientError::Refused { status: StatusCode::CONFLICT, .. }) if existing == Existing::Skip => {
            return Ok(Became::Skipped);
        }
        Err(ClientError::Refused { status: StatusCode::CONFLICT, .. }) if existing == Existing::Update => {
            if !entry.settings.is_nothing() {
                let mut device = identity_of(&hub.device(&entry.id).await?)?;
                entry.settings.set(&mut device);
                let etag = device["etag"].as_str().map(str::to_owned);
                hub.put_device(&entry.id, &device, etag.as_deref().or(Some("*"))).await?;
            }
            Became::Updated
        }
        Err(error) => return Err(error),
    };
    if !entry.twin.is_empty() {
        let written = hub.write_twin(Method::PATCH, &entry.id, &entry.twin.body(), None).await;
        if let Err(ClientError::Refused { status, message, .. }) = &written
            && is_of_the_device(*status)
        {
            return Ok(Became::Failed(format!(
                "it was {}, but without its tags and properties: {message}",
                became.word()
            )));
        }
        written?;
    }
    Ok(became)
}

/// Refused for what this device is; the next one may pass.
fn is_of_the_device(status: StatusCode) -> bool {
    use StatusCode as Is;
    [Is::BAD_REQUEST, Is::NOT_FOUND, Is::CONFLICT, Is::PRECONDITION_FAILED, Is::PAYLOAD_TOO_LARGE].contains(&status)
}

fn print_each<'a>(told: impl Iterator<Item = (&'a Entry, &'a Became)>) -> Result<(), Failure> {
    let mut out = Out::new();
    for (entry, became) in told {
        let mut line = json!({"line": entry.line, "deviceId": entry.id, "result": became.word()});
        if let Became::Failed(reason) = became {
            line["error"] = json!(reason);
        }
        out.line(line)?;
    }
    out.flush()
}

fn report(entries: &[Entry], ended: Ended, json: bool) -> Result<(), Failure> {
    let told = || entries.iter().zip(&ended.became).filter_map(|(entry, became)| Some((entry, became.as_ref()?)));
    if json {
        read_or_not(print_each(told()))?;
    }
    let count = |word: &str| told().filter(|(_, became)| became.word() == word).count() as u64;
    let counted = ["created", "updated", "skipped", "failed"].map(|word| (count(word), word));
    let counted: Vec<String> =
        counted.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{} {word}", thousands(*n))).collect();
    let counted = if counted.is_empty() { "none".to_owned() } else { counted.join(", ") };
    if let Some(error) = ended.stopped {
        let failure = Failure::from(error);
        let again = if ended.singly {
            "--existing update to go on: a device may be there without its tags and properties"
        } else {
            "--existing skip to go on"
        };
        return Err(Failure::new(format!(
            "the import stopped: {failure}\nBefore: {counted}. Run it again with {again}"
        )));
    }
    let failed = count("failed");
    if failed == 0 {
        note(format_args!("{} devices: {counted}.", thousands(entries.len() as u64)));
        return Ok(());
    }
    let mut text = format!("of {} devices {counted}", thousands(entries.len() as u64));
    let failures = told().filter_map(|(entry, became)| match became {
        Became::Failed(reason) => Some((entry, reason)),
        Became::Created | Became::Updated | Became::Skipped => None,
    });
    for (entry, reason) in failures.take(NAMED_MAX) {
        text += &format!("\n  line {}, {}: {reason}", entry.line, entry.id);
    }
    if failed > NAMED_MAX as u64 {
        text += &format!("\n  and {} more; --json tells of each", thousands(failed - NAMED_MAX as u64));
    }
    Err(Failure::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_an_error_none_is_begun_and_those_under_way_are_awaited() {
        let begun = Cell::new(0);
        let call = |number: usize| {
            let begun = &begun;
            async move {
                begun.set(begun.get() + 1);
                if number == 0 {
                    return (number, Err("the first"));
                }
                for _ in 0..number {
                    tokio::task::yield_now().await;
                }
                (number, if number == 3 { Err("another") } else { Ok(()) })
            }
        };
        let mut ended = Vec::new();
        let error = futures::executor::block_on(until_an_error(0..100, call, |number, ()| ended.push(number)));
        ended.sort_unstable();
        assert_eq!((error, begun.get()), (Some("the first"), CALLS_AT_ONCE));
        assert_eq!(ended, (1..CALLS_AT_ONCE).filter(|number| *number != 3).collect::<Vec<_>>());
    }

    #[test]
    fn a_stopped_import_counts_and_advises() {
        let entries = ["a", "b", "c"].map(|id| Entry { id: id.to_owned(), ..Entry::default() });
        let said = |singly| {
            let stopped = Some(ClientError::Unexpected("no answer".to_owned()));
            let became = vec![Some(Became::Created), None, Some(Became::Created)];
            report(&entries, Ended { became, stopped, singly }, false).unwrap_err().to_string()
        };
        assert!(said(true).contains("Before: 2 created. Run it again with --existing update"), "{}", said(true));
        assert!(said(false).contains("Before: 2 created. Run it again with --existing skip"), "{}", said(false));
    }
}
