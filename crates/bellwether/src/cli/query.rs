//! `bellwether query`: a query over devices or over the devices of jobs.

use std::path::PathBuf;

use clap::Args;
use comfy_table::{Cell, Table};
use serde_json::Value;

use super::listing::{Listed, Listing};
use super::{device, job, table};
use crate::access::Access;
use crate::failure::Failure;
use crate::offline::{self, TextKind};
use crate::terminal::note;

/// A text and what it runs over.
#[derive(Debug, Args)]
pub struct QueryArgs {
    /// The query, such as "SELECT deviceId, tags.building FROM devices WHERE tags.floor = 3".
    #[arg(value_name = "TEXT")]
    text: String,

    #[command(flatten)]
    listing: Listing,

    /// Ask no hub: run over the JSON documents of this file, one a line (twins, job rows, or devices of a group filter);
    /// - reads standard input. Prints one JSON array.
    #[arg(long, value_name = "FILE.ndjson", conflicts_with_all = ["top", "json", "connection_string", "data", "ca"])]
    offline: Option<PathBuf>,

    /// With --offline: what the text is.
    #[arg(long, value_name = "KIND", default_value = "query", requires = "offline")]
    kind: TextKind,

    #[command(flatten)]
    access: Access,
}

/// Does it.
pub async fn run(args: QueryArgs) -> Result<(), Failure> {
    if let Some(file) = &args.offline {
        return offline::run(file, args.kind, &args.text);
    }
    let hub = args.access.connect()?;
    let page = async |size, token| hub.query_page(&args.text, size, token).await;
    if args.listing.show(page, rows).await? == 0 {
        note("There are no rows.");
    }
    Ok(())
}

fn rows(listed: &Listed) -> Table {
    match listed.item_type.as_deref() {
        Some("Twin") => device::of_twins(&listed.rows),
        Some("DeviceJob") => job::of_devices(&listed.rows),
        Some(_) | None => of_members(&listed.rows),
    }
}

/// A column for each member that any row has.
fn of_members(rows: &[Value]) -> Table {
    let mut columns: Vec<&str> = Vec::new();
    for name in rows.iter().filter_map(Value::as_object).flat_map(|row| row.keys()) {
        if !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    let mut table = table::list(&columns);
    for row in rows {
        let cell = |column: &&str| match &row[*column] {
            number @ Value::Number(_) => Cell::new(number).set_alignment(comfy_table::CellAlignment::Right),
            other => Cell::new(table::text(other)),
        };
        table.add_row(columns.iter().map(cell).collect::<Vec<_>>());
    }
    table
}
