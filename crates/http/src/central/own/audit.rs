//! The audit log: what a person or a token changed.

use std::io;
use std::sync::Arc;

use axum::body::Body;
use bellwether_model::Time;
use bellwether_model::access::Permission;
use bellwether_store::{AuditEntry as StoredEntry, AuditFilter};
use futures::stream::{self, StreamExt};
use serde::Serialize;
use utoipa::ToSchema;

use super::owner::Names;
use super::spreadsheet::guarded;
use crate::central::call::{Answer, Call};
use crate::central::error::CentralError;
use crate::central::{jobs, scheduled_jobs};

/// Entries that one read of an export takes.
const EXPORTED_AT_ONCE: usize = 500;
/// A call may have come so long before what it made was there.
const CALL_SECONDS: i64 = 60;

/// One change.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditEntry {
    /// Grows with time.
    pub number: i64,
    /// When.
    #[schema(format = DateTime)]
    pub time: String,
    /// Who: `user:{id}`, `token:{id}`, `policy:{name}` of the hub face, `system`.
    pub actor: String,
    /// The mail address of a user, as it was then; of who may not read the audit log the name as on a job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_name: Option<String>,
    /// What was done: `create`, `update`, `delete`, `stop`, `hold`, `release`, `resume`, `cancel`, `acknowledge`, `comment`, `rerun`, `run`, `signIn`, `signInFailed`, …
    pub action: String,
    /// The kind of thing: `device`, `deviceGroup`, `deviceTemplate`, `job`, `scheduledJob`, `user`, …
    pub kind: String,
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The organization that it belongs to; absent for the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Where the call came from: an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What more there is to say, in a sentence; of a comment its text. Never a secret of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl From<StoredEntry> for AuditEntry {
    fn from(entry: StoredEntry) -> AuditEntry {
        AuditEntry {
            number: entry.number,
            time: Time(entry.number).to_millis_text(),
            actor: entry.actor,
            actor_name: entry.actor_name,
            action: entry.action,
            kind: entry.kind,
            id: entry.id,
            organization: entry.organization,
            address: entry.address,
            detail: entry.detail,
        }
    }
}

/// `GET /audit`: the newest first, what belongs to the caller's organizations. A page may be short and have a next one
/// all the same: what was looked at in vain is not looked at again.
pub(crate) async fn list(call: Call) -> Result<Answer, CentralError> {
    let filter = filter(&call)?;
    let (entries, next) = read(&call, filter).await?;
    Answer::page(entries, next)
}

/// `GET /jobs/{jobId}/activity`: who did what with a job that the caller sees.
pub(crate) async fn of_job(call: Call) -> Result<Answer, CentralError> {
    let job = jobs::of_either_face(&call).await?;
    // The entry of its making has the time at which the call came.
    let since = job.created.plus_seconds(-CALL_SECONDS);
    activity(&call, "job", job.spec.id.to_string(), job.spec.organization.as_deref(), Some(since)).await
}

/// `GET /scheduledJobs/{scheduledJobId}/activity`: the same of a scheduled job.
pub(crate) async fn of_scheduled_job(call: Call) -> Result<Answer, CentralError> {
    let job = scheduled_jobs::visible(&call).await?.record;
    activity(&call, "scheduledJob", job.id.to_string(), job.definition.organization.as_deref(), None).await
}

/// What was done with a thing of `organization`, as far as it belonged to the caller's organizations then: others may have
/// had something of the same id before. Where people called from, and what a mail address was then, is for who
/// may read the audit log there; others see who it was as on the thing itself.
async fn activity(
    call: &Call,
    kind: &'static str,
    id: String,
    organization: Option<&str>,
    since: Option<Time>,
) -> Result<Answer, CentralError> {
    let all = AuditFilter {
        scope: call.scope.clone(),
        actor: None,
        kind: Some(kind.to_owned()),
        id: Some(id),
        since,
        until: None,
    };
    let (mut entries, next) = read(call, all).await?;
    let log = call.caller.scope(Permission::ViewAudit, &call.organizations);
    if !log.is_some_and(|scope| scope.covers(organization)) {
        let names = Names::of(call, entries.iter().map(|entry| entry.actor.as_str())).await?;
        for entry in &mut entries {
            entry.address = None;
            entry.actor_name = names.get(&entry.actor);
        }
    }
    Answer::page(entries, next)
}

/// A page of the log, and the link to the next.
async fn read(call: &Call, filter: AuditFilter) -> Result<(Vec<AuditEntry>, Option<String>), CentralError> {
    let page = call.page()?;
    let before: Option<i64> = call.position(&page)?;
    let found = call.engine().store().audit_page(filter, before, page.limit).await?;
    let next = found.next.map(|next| call.next(&next)).transpose()?;
    Ok((found.entries.into_iter().map(AuditEntry::from).collect(), next))
}

fn filter(call: &Call) -> Result<AuditFilter, CentralError> {
    let text = |name| call.query.get(name).map(str::to_owned);
    let time = |name: &str| {
        let parse =
            |text: &str| text.parse::<Time>().map_err(|error| CentralError::bad_request(format!("{name} {error}")));
        call.query.get(name).map(parse).transpose()
    };
    Ok(AuditFilter {
        scope: call.scope.clone(),
        actor: text("actor"),
        kind: text("kind"),
        id: text("id"),
        since: time("since")?,
        until: time("until")?,
    })
}

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Ndjson,
}

/// The columns of an export.
const COLUMNS: [&str; 10] =
    ["number", "time", "actor", "actorName", "action", "kind", "id", "organization", "address", "detail"];

impl AuditEntry {
    /// In the order of [`COLUMNS`].
    fn cells(self) -> [String; 10] {
        let or_empty = Option::unwrap_or_default;
        [
            self.number.to_string(),
            self.time,
            self.actor,
            or_empty(self.actor_name),
            self.action,
            self.kind,
            or_empty(self.id),
            or_empty(self.organization),
            or_empty(self.address),
            or_empty(self.detail),
        ]
    }
}

fn csv(rows: impl IntoIterator<Item = [String; 10]>) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(|cell| guarded(cell).into_owned()))?;
    }
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

fn lines(entries: impl Iterator<Item = AuditEntry>) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for entry in entries {
        serde_json::to_writer(&mut text, &entry)?;
        text.push(b'\n');
    }
    Ok(text)
}

/// `GET /auditExport`: the same as a file. It is read page by page while it is sent.
pub(crate) async fn export(call: Call) -> Result<Answer, CentralError> {
    let (format, media, name) = match call.query.get("format") {
        None | Some("csv") => (Format::Csv, "text/csv; charset=utf-8", "audit.csv"),
        Some("ndjson") => (Format::Ndjson, "application/x-ndjson", "audit.ndjson"),
        Some(_) => return Err(CentralError::bad_request("format must be csv or ndjson")),
    };
    let filter = filter(&call)?;
    let engine = Arc::clone(call.engine());
    let head = (format == Format::Csv).then(|| csv([COLUMNS.map(str::to_owned)]));
    let parts = stream::try_unfold(Some(None), move |at: Option<Option<i64>>| {
        let (engine, filter) = (Arc::clone(&engine), filter.clone());
        async move {
            let Some(before) = at else { return Ok(None) };
            let page = engine.store().audit_page(filter, before, EXPORTED_AT_ONCE).await.map_err(io::Error::other)?;
            let entries = page.entries.into_iter().map(AuditEntry::from);
            let text = match format {
                Format::Csv => csv(entries.map(AuditEntry::cells))?,
                Format::Ndjson => lines(entries)?,
            };
            Ok::<_, io::Error>(Some((text, page.next.map(Some))))
        }
    });
    Ok(Answer::stream(media, Body::from_stream(stream::iter(head).chain(parts))).into_file(name))
}
