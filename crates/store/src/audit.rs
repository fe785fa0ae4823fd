//! Who changed what: an entry a call that changed something, kept for some days.
//!
//! An entry's number is its time, so that a span of time is a range of keys; two at once follow each other.

use std::borrow::Cow;
use std::sync::Arc;

use bellwether_model::Time;
use bellwether_model::access::Scope;
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

use crate::{RecordKind, Records, Store, StoreError};

/// Entries that one page looks at: a filter that matches little gets what was found so far.
const LOOKED_AT_MAX: usize = 20_000;
/// Entries that go in one transaction.
const PURGED_AT_ONCE: usize = 1000;

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditAction {
    /// This.
    Named(Cow<'static, str>),
    /// `create` if the thing stands there as it was made, `update` otherwise.
    Put,
}

/// To which organization the entry belongs, and so who sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditPlace {
    /// To that of the thing as it stands now.
    OfThing,
    /// To this one; `None` is the root.
    Organization(Option<String>),
}

/// An entry to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAuditEntry {
    /// Who: `user:{id}`, `token:{id}`, `policy:{name}`, `system`.
    pub actor: String,
    /// The mail address of a user, as it is now.
    pub actor_name: Option<String>,
    /// What was done.
    pub action: AuditAction,
    /// The kind of thing: `device`, `job`, …
    pub kind: Cow<'static, str>,
    /// Its id.
    pub id: Option<String>,
    /// Where it belongs.
    pub place: AuditPlace,
    /// The address that the call came from.
    pub address: Option<String>,
    /// What more there is to say; never a secret.
    pub detail: Option<String>,
    /// Of a job: the one on whose devices it runs again. That one's log tells it too.
    pub rerun_of: Option<String>,
}

impl NewAuditEntry {
    /// What the program did by itself.
    pub fn of_system(action: &'static str, kind: &'static str, id: String, detail: String) -> NewAuditEntry {
        NewAuditEntry {
            actor: "system".to_owned(),
            actor_name: None,
            action: AuditAction::Named(action.into()),
            kind: kind.into(),
            id: Some(id),
            place: AuditPlace::OfThing,
            address: None,
            detail: Some(detail),
            rerun_of: None,
        }
    }
}

/// An entry as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Grows with time: microseconds since 1970.
    pub number: i64,
    /// See [`NewAuditEntry`].
    pub actor: String,
    /// See [`NewAuditEntry`].
    pub actor_name: Option<String>,
    /// What was done.
    pub action: String,
    /// See [`NewAuditEntry`].
    pub kind: String,
    /// See [`NewAuditEntry`].
    pub id: Option<String>,
    /// Where it belongs; `None` is the root.
    pub organization: Option<String>,
    /// See [`NewAuditEntry`].
    pub address: Option<String>,
    /// See [`NewAuditEntry`].
    pub detail: Option<String>,
}

/// Which entries are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only what belongs there.
    pub scope: Scope,
    /// Only what this one did.
    pub actor: Option<String>,
    /// Only this kind of thing.
    pub kind: Option<String>,
    /// Only the thing of this id.
    pub id: Option<String>,
    /// Only at this time or later.
    pub since: Option<Time>,
    /// Only before this time.
    pub until: Option<Time>,
}

/// A part of the log, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// There may be more before this number; a page may be short, or empty, and have more all the same.
    pub next: Option<i64>,
}

impl AuditFilter {
    fn keeps(&self, entry: &AuditEntry) -> bool {
        let is = |wanted: &Option<String>, text: &str| wanted.as_deref().is_none_or(|wanted| wanted == text);
        is(&self.actor, &entry.actor) && is(&self.kind, &entry.kind) && self.scope.covers(entry.organization.as_deref())
    }
}

impl Records<'_> {
    /// Writes an entry down with what it tells of.
    pub fn note(&self, entry: &NewAuditEntry, now: Time) -> Result<(), StoreError> {
        let connection = self.connection();
        let id = entry.id.as_deref();
        let thing = id.map(|id| look_up(connection, &entry.kind, id)).transpose()?.flatten();
        let action = match &entry.action {
            AuditAction::Named(action) => action,
            AuditAction::Put if thing.as_ref().is_some_and(|thing| thing.is_new) => "create",
            AuditAction::Put => "update",
        };
        let organization = match &entry.place {
            AuditPlace::OfThing => thing.and_then(|thing| thing.organization),
            AuditPlace::Organization(organization) => organization.clone(),
        };
        let sql = "INSERT INTO audit (number, actor, actor_name, action, kind, id, organization, address, detail)
                   VALUES (MAX(?1, COALESCE((SELECT MAX(number) FROM audit), 0) + 1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let NewAuditEntry { actor, actor_name, kind, address, detail, .. } = entry;
        let values = params![now.0, actor, actor_name, action, kind, id, organization, address, detail];
        connection.prepare_cached(sql)?.execute(values)?;
        let Some(source) = &entry.rerun_of else { return Ok(()) };
        let detail = id.map(|id| format!("as {id}"));
        self.note(&NewAuditEntry { id: Some(source.clone()), detail, rerun_of: None, ..entry.clone() }, now)
    }
}

impl Records<'_> {
    /// The newest entry that says that one of `actions` was done with a thing at `since` or later.
    pub fn last_noted(
        &self,
        kind: &str,
        id: &str,
        actions: &[&str],
        since: Time,
    ) -> Result<Option<AuditEntry>, StoreError> {
        let sql = format!(
            "SELECT {ENTRY_COLUMNS} FROM audit WHERE id = ?1 AND number >= ?2 AND kind = ?3
             AND action IN (SELECT value FROM json_each(?4)) ORDER BY number DESC LIMIT 1"
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        Ok(statement.query_row(params![id, since.0, kind, serde_json::to_string(actions)?], entry_of).optional()?)
    }
}

tokio::task_local! {
    /// What the call that runs in this task is about to change.
    static PENDING: PendingEntry;
}

/// An entry that waits for the transaction that it tells of.
#[derive(Debug, Clone)]
pub(crate) struct PendingEntry(Arc<Mutex<Noting>>);

#[derive(Debug)]
enum Noting {
    Waits(Box<NewAuditEntry>, Time),
    Ended(Noted),
}

/// What became of the entry of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noted {
    /// A transaction of the call wrote it down.
    Written,
    /// The work took it, to write it down where that is right ([`Store::take_entry`]).
    Taken,
    /// No transaction changed what it tells of.
    Left(Box<NewAuditEntry>),
}

impl PendingEntry {
    /// That of the call that runs in this task.
    pub fn of_this_call() -> Option<PendingEntry> {
        PENDING.try_with(PendingEntry::clone).ok()
    }

    /// Writes it down, once, unless the thing that it tells of is not there yet.
    pub fn write(&self, connection: &Connection) -> Result<(), StoreError> {
        let mut pending = self.0.lock();
        let Noting::Waits(entry, now) = &*pending else { return Ok(()) };
        if let (AuditPlace::OfThing, Some(id)) = (&entry.place, &entry.id)
            && look_up(connection, &entry.kind, id)?.is_none()
        {
            return Ok(());
        }
        Records::inside(connection).note(entry, *now)?;
        *pending = Noting::Ended(Noted::Written);
        Ok(())
    }

    /// Ends the wait: what it was, and how it ended if it did before.
    fn end(&self, how: Noted) -> Result<Box<NewAuditEntry>, Noted> {
        match std::mem::replace(&mut *self.0.lock(), Noting::Ended(how)) {
            Noting::Waits(entry, _) => Ok(entry),
            Noting::Ended(before) => Err(before),
        }
    }
}

impl Store {
    /// Does `work` and writes `entry` down in the first transaction of it that changes what the entry tells of: neither
    /// stands without the other. None does when the change goes on elsewhere, or fails.
    pub async fn noting<T>(&self, entry: NewAuditEntry, now: Time, work: impl Future<Output = T>) -> (T, Noted) {
        let pending = PendingEntry(Arc::new(Mutex::new(Noting::Waits(Box::new(entry), now))));
        let done = PENDING.scope(pending.clone(), work).await;
        (done, pending.end(Noted::Taken).map_or_else(|how| how, Noted::Left))
    }

    /// The entry of the call that runs in this task, if no transaction has taken it: whoever takes it writes it down where
    /// it is right, with what only the work knows.
    pub fn take_entry(&self) -> Option<NewAuditEntry> {
        PendingEntry::of_this_call()?.end(Noted::Taken).ok().map(|entry| *entry)
    }

    /// Writes an entry down.
    pub async fn note(&self, entry: NewAuditEntry, now: Time) -> Result<(), StoreError> {
        self.change_records(move |records: &Records<'_>| records.note(&entry, now)).await
    }

    /// Where a thing belongs that may be about to go; `None`: to the root, or it is not there.
    pub async fn organization_of(&self, kind: &str, id: &str) -> Result<Option<String>, StoreError> {
        let (kind, id) = (kind.to_owned(), id.to_owned());
        self.read(move |connection| Ok(look_up(connection, &kind, &id)?.and_then(|thing| thing.organization))).await
    }

    /// The newest entries before the number `before`, at most `limit`.
    pub async fn audit_page(
        &self,
        filter: AuditFilter,
        before: Option<i64>,
        limit: usize,
    ) -> Result<AuditPage, StoreError> {
        self.read(move |connection| {
            let most = before.unwrap_or(i64::MAX).min(filter.until.map_or(i64::MAX, |until| until.0));
            let least = filter.since.map_or(i64::MIN, |since| since.0);
            let of_thing = if filter.id.is_some() { "id = ?3 AND" } else { "?3 IS NULL AND" };
            let sql = format!(
                "SELECT {ENTRY_COLUMNS} FROM audit
                 WHERE {of_thing} number < ?1 AND number >= ?2 ORDER BY number DESC"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params![most, least, filter.id])?;
            let mut page = AuditPage { entries: Vec::new(), next: None };
            let mut last = None;
            let mut looked_at = 0;
            while let Some(row) = rows.next()? {
                if page.entries.len() == limit || looked_at == LOOKED_AT_MAX {
                    page.next = last;
                    break;
                }
                looked_at += 1;
                let entry = entry_of(row)?;
                last = Some(entry.number);
                if filter.keeps(&entry) {
                    page.entries.push(entry);
                }
            }
            Ok(page)
        })
        .await
    }

    /// Deletes some of the entries from before `time`. Returns whether there may be more.
    pub async fn purge_audit(&self, time: Time) -> Result<bool, StoreError> {
        self.for_job(move |connection| {
            let sql = "DELETE FROM audit WHERE number IN
                       (SELECT number FROM audit WHERE number < ?1 ORDER BY number LIMIT ?2)";
            let gone = connection.prepare_cached(sql)?.execute(params![time.0, PURGED_AT_ONCE as i64])?;
            Ok(gone == PURGED_AT_ONCE)
        })
        .await
    }
}

/// In the order of [`entry_of`].
const ENTRY_COLUMNS: &str = "number, actor, actor_name, action, kind, id, organization, address, detail";

fn entry_of(row: &Row<'_>) -> Result<AuditEntry, rusqlite::Error> {
    Ok(AuditEntry {
        number: row.get(0)?,
        actor: row.get(1)?,
        actor_name: row.get(2)?,
        action: row.get(3)?,
        kind: row.get(4)?,
        id: row.get(5)?,
        organization: row.get(6)?,
        address: row.get(7)?,
        detail: row.get(8)?,
    })
}

/// What an entry says of the thing that it is about.
struct Thing {
    organization: Option<String>,
    /// Nothing was changed since it was made.
    is_new: bool,
}

fn look_up(connection: &Connection, kind: &str, id: &str) -> Result<Option<Thing>, StoreError> {
    let thing = |row: &Row<'_>| Ok(Thing { organization: row.get(0)?, is_new: row.get(1)? });
    let one = |sql| Ok(connection.prepare_cached(sql)?.query_row([id], thing).optional()?);
    match kind {
        "device" => {
            // An etag begins at the device's key times 2^20 (store/devices.rs).
            let living = "SELECT organization, etag = seq << 20 FROM device WHERE id = ?1 AND deleted IS NULL";
            let gone =
                "SELECT organization, 0 FROM device WHERE id = ?1 AND deleted IS NOT NULL ORDER BY seq DESC LIMIT 1";
            match one(living)? {
                None => one(gone),
                found => Ok(found),
            }
        }
        // A job is made once.
        "job" => one("SELECT organization, 1 FROM job WHERE id = ?1"),
        "organization" => {
            let of_itself = |thing: Thing| Thing { organization: Some(id.to_owned()), ..thing };
            Ok(record(connection, RecordKind::Organization, id)?.map(of_itself))
        }
        "deviceTemplate" => record(connection, RecordKind::DeviceTemplate, id),
        "deviceGroup" => record(connection, RecordKind::DeviceGroup, id),
        "apiToken" => record(connection, RecordKind::ApiToken, id),
        "user" => record(connection, RecordKind::User, id),
        "scheduledJob" => record(connection, RecordKind::ScheduledJob, id),
        "enrollmentGroup" => record(connection, RecordKind::EnrollmentGroup, id),
        "jobDraft" => record(connection, RecordKind::JobDraft, id),
        _ => Ok(None),
    }
}

/// Users and tokens belong to an organization when all of their roles do.
fn record(connection: &Connection, kind: RecordKind, id: &str) -> Result<Option<Thing>, StoreError> {
    let sql = "SELECT etag = 1, json_extract(body, '$.organization'), json_extract(body, '$.definition.organization'),
               json_extract(body, '$.roles') FROM record WHERE kind = ?1 AND id = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![kind as i64, id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (own, of_definition): (Option<String>, Option<String>) = (row.get(1)?, row.get(2)?);
    let roles = row.get::<_, Option<String>>(3)?.map(|text| serde_json::from_str::<Vec<Value>>(&text)).transpose()?;
    let of_roles = roles.and_then(|roles| {
        let mut all = roles.iter().map(|role| role["organization"].as_str());
        let first = all.next().flatten()?;
        all.all(|other| other == Some(first)).then(|| first.to_owned())
    });
    Ok(Some(Thing { organization: own.or(of_definition).or(of_roles), is_new: row.get(0)? }))
}
