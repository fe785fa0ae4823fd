//! Lists: page after page from the hub, as a table or as the documents themselves.

use bellwether_model::json::minify;
use clap::Args;
use comfy_table::Table;
use serde_json::Value;

use crate::failure::Failure;
use crate::hub_client::{ClientError, PAGE_MAX, Page};
use crate::rest::read;
use crate::terminal::{Out, note, print};

/// Rows of a table if nothing is said.
const TABLE_ROWS: usize = 1000;

/// How a list is printed.
#[derive(Debug, Args)]
pub struct Listing {
    /// Print the server's own documents, one JSON object a line.
    #[arg(long)]
    json: bool,

    /// Print at most so many [default: 1000 in a table, all with --json].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    top: Option<u64>,
}

/// What a table is made of.
pub struct Listed {
    /// The documents.
    pub rows: Vec<Value>,
    /// What they are.
    pub item_type: Option<String>,
}

impl Listing {
    fn limit(&self) -> usize {
        let limit = self.top.map(|top| usize::try_from(top).unwrap_or(usize::MAX));
        limit.unwrap_or(if self.json { usize::MAX } else { TABLE_ROWS })
    }

    /// Asks for pages of at most so many rows until the list or the limit ends, and prints; how many there were.
    ///
    /// # Errors
    /// The hub does not answer, or nobody reads.
    pub async fn show(
        &self,
        page: impl AsyncFnMut(usize, Option<String>) -> Result<Page, ClientError>,
        table: impl FnOnce(&Listed) -> Table,
    ) -> Result<usize, Failure> {
        if self.json { self.documents(page).await } else { self.table(page, table).await }
    }

    async fn documents(
        &self,
        mut page: impl AsyncFnMut(usize, Option<String>) -> Result<Page, ClientError>,
    ) -> Result<usize, Failure> {
        let (mut out, mut left, mut seen, mut token) = (Out::new(), self.limit(), 0, None);
        while left > 0 {
            let Page { rows, next, .. } = page(left.min(PAGE_MAX), token).await?;
            for row in rows.iter().take(left) {
                out.line(minify(row.get()))?;
            }
            out.flush()?;
            seen += rows.len().min(left);
            left = left.saturating_sub(rows.len());
            token = next;
            if token.is_none() {
                break;
            }
        }
        Ok(seen)
    }

    async fn table(
        &self,
        mut page: impl AsyncFnMut(usize, Option<String>) -> Result<Page, ClientError>,
        table: impl FnOnce(&Listed) -> Table,
    ) -> Result<usize, Failure> {
        let limit = self.limit();
        let mut listed = Listed { rows: Vec::new(), item_type: None };
        let mut token = None;
        let mut more = false;
        while listed.rows.len() < limit {
            let Page { rows, item_type, next } = page((limit - listed.rows.len()).min(PAGE_MAX), token).await?;
            more = next.is_some() || listed.rows.len() + rows.len() > limit;
            for row in rows.iter().take(limit - listed.rows.len()) {
                listed.rows.push(read(row.get())?);
            }
            listed.item_type = item_type;
            token = next;
            if token.is_none() {
                break;
            }
        }
        if !listed.rows.is_empty() {
            print(table(&listed).trim_fmt())?;
        }
        if more {
            note(format_args!("There are more than these {limit}: --top N shows more of them, --json all."));
        }
        Ok(listed.rows.len())
    }
}
