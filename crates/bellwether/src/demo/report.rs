//! What the demo says when its jobs have ended.

use std::collections::HashSet;
use std::path::Path;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use serde_json::Value;

use super::central;
use super::check::{self, Findings};
use super::plan::{self, CONDITION, Kind, METHOD, Member};
use crate::connection::Connection;

/// The most findings that are printed.
const FINDINGS_SHOWN: usize = 20;

/// What the jobs left behind, as the REST API tells it.
pub struct Results {
    /// Rows of the twin job.
    pub twin_rows: Vec<Value>,
    /// Rows of the method job.
    pub method_rows: Vec<Value>,
    /// All twins.
    pub twins: Vec<Value>,
}

/// The outcomes of both jobs, counted by what the devices are like.
pub fn outcomes(members: &[Member], results: &Results) -> String {
    let Results { twin_rows, method_rows, twins } = results;
    let completed = ids_where(twin_rows, |row| row["status"] == "completed");
    let reported = ids_where(twins, |twin| check::bare(&twin["properties"]["reported"]) == plan::desired());
    let mut twin = table(["device", "devices", "patched", "reported back"]);
    for (label, kinds) in PRESENCES {
        let ids: Vec<&str> = members
            .iter()
            .filter(|m| m.selected() && kinds.contains(&m.kind))
            .map(|member| member.id.as_str())
            .collect();
        let of = |set: &HashSet<&str>| ids.iter().filter(|id| set.contains(*id)).count().to_string();
        twin.add_row([label.to_owned(), ids.len().to_string(), of(&completed), of(&reported)]);
    }
    right_aligned(&mut twin, [1, 2, 3]);

    let mut method = table(["device", "devices", "outcome of the call", "so ended"]);
    for kind in Kind::ALL {
        let label = kind.outcome().label();
        let ended = ids_where(method_rows, |row| ended_as(row) == label);
        let of_kind: Vec<&Member> = members.iter().filter(|member| member.kind == kind).collect();
        let so = of_kind.iter().filter(|member| ended.contains(member.id.as_str())).count();
        method.add_row([kind.label().to_owned(), of_kind.len().to_string(), label, so.to_string()]);
    }
    right_aligned(&mut method, [1, 3]);
    format!("\nTwin job on {CONDITION}\n{twin}\n\nMethod job {METHOD} on all devices\n{method}\n")
}

/// What the jobs of the second half came to.
pub fn central(told: &central::Told) -> String {
    let mut jobs = table(["job", "status", "devices", "completed", "failed", "pending"]);
    let label = format!("{} in batches of {} %", central::COMMAND, central::BATCH_PERCENT);
    for (label, job) in [(label, &told.first), ("rerun of its failed devices".to_owned(), &told.rerun)] {
        let count = |name: &str| job["progress"][name].to_string();
        let status = job["status"].as_str().unwrap_or("?").to_owned();
        jobs.add_row([label, status, count("total"), count("completed"), count("failed"), count("pending")]);
    }
    right_aligned(&mut jobs, [2, 3, 4, 5]);
    let threshold = &told.first["cancellationThreshold"]["value"];
    format!("\nIoT Central job on a device group, cancelled at more than {threshold} failures\n{jobs}\n")
}

/// The kinds by their connection, which is all that a twin job's outcome can depend on.
const PRESENCES: [(&str, &[Kind]); 3] = [
    ("online", &[Kind::Normal, Kind::Slow, Kind::Failing, Kind::Silent]),
    ("comes online later: reads its twin then", &[Kind::Late]),
    ("offline: its twin waits for it", &[Kind::Offline]),
];

/// The `deviceId`s of the documents for which `is_one` holds.
fn ids_where(documents: &[Value], is_one: impl Fn(&Value) -> bool) -> HashSet<&str> {
    documents.iter().filter(|document| is_one(document)).filter_map(|document| document["deviceId"].as_str()).collect()
}

/// A row's outcome in the words of [`super::plan::Outcome::label`].
fn ended_as(row: &Value) -> String {
    let status = row["status"].as_str().unwrap_or("?");
    match (row.pointer("/outcome/deviceMethodResponse/status"), row.pointer("/error/code").and_then(Value::as_str)) {
        (Some(answer), _) => format!("{status}, status {answer}"),
        (None, Some(code)) => format!("{status}, {code}"),
        (None, None) => status.to_owned(),
    }
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(header);
    table
}

fn right_aligned<const N: usize>(table: &mut Table, columns: [usize; N]) {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// The verdict over all outcomes.
pub fn verdict(devices: usize, findings: &Findings) -> String {
    if findings.is_empty() {
        return format!(
            "All {devices} devices ended as they had to (checked through the REST API: statistics, device rows, twins)."
        );
    }
    let shown = findings.iter().take(FINDINGS_SHOWN).map(|finding| format!("  {finding}\n")).collect::<String>();
    format!("{} outcomes are not the expected ones:\n{shown}", findings.len())
}

/// How to go on by hand.
pub fn what_next(program: &str, data: &Path, connection: &Connection, job: &str, kept: bool) -> String {
    let ca = connection.ca_file.as_deref().map(|file| file.display().to_string()).unwrap_or_default();
    let after =
        if kept { "stays when the demo ends" } else { "removed when the demo ends; give --data DIR to keep it" };
    format!(
        "\n{}data folder         {data}\n                    ({after})\n\n\
         What to try next, in another terminal:\n\
         \x20 {program} connection --data {data} --json\n\
         \x20 {program} job results {job} --data {data} --status failed\n\
         \x20 {program} simulate --data {data} --devices 10\n\
         \x20 pip install azure-iot-hub six    # the Python service SDK, unmodified\n\
         \x20 REQUESTS_CA_BUNDLE={ca} python3 -c \"\n\
         from azure.iot.hub import IoTHubJobManager\n\
         print(IoTHubJobManager.from_connection_string('{}').get_scheduled_job('{job}'))\"\n",
        connection.text(data),
        connection.hub_connection_string,
        data = data.display(),
    )
}
