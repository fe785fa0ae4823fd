//! Jobs as people look for them: filtered, searched, sorted, page by page from where the last one ended.

use bellwether_model::group::DeviceGroup;
use bellwether_model::job::{Attention, Job, JobKind, JobState};
use bellwether_model::{JobKey, Time};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};
use serde::{Deserialize, Serialize};

use crate::jobs::{JOB_COLUMNS, JobFilter, MoveJobError, Narrow, PAGE_BYTES, SPEC_COLUMN, job_by_id, job_of};
use crate::records::Records;
use crate::search::SearchText;
use crate::standing::{STANDING_COLUMNS, state_number};
use crate::{Store, StoreError};

/// A search looks at no more jobs than this before it answers. Tests have few jobs.
const LOOKED_AT_MAX: usize = if cfg!(test) { 9 } else { 20_000 };

/// Which jobs a list shows, and in which order; what is empty or `None` shows all.
#[derive(Debug, Clone, Default)]
pub struct JobSelection {
    /// As every list.
    pub filter: JobFilter,
    /// Of one of these kinds.
    pub kinds: Vec<JobKind>,
    /// On this device group, reruns of such jobs included.
    pub group: Option<String>,
    /// On devices of this job.
    pub rerun_of: Option<JobKey>,
    /// Made by this one.
    pub owner: Option<String>,
    /// Made at this time or later.
    pub since: Option<Time>,
    /// Only those that somebody should look at ([`Job::attention`]).
    pub attention: bool,
    /// With this text in id, name or description.
    pub search: Option<SearchText>,
    /// By what they are sorted.
    pub order: JobOrder,
    /// From the last to the first.
    pub descending: bool,
}

/// By what jobs are sorted; those that are equal by their creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JobOrder {
    /// When they were made.
    #[default]
    Created,
    /// The name for people, else the id.
    DisplayName,
    /// Pending, running, complete, failed, cancelled, stopped.
    Status,
    /// When they began; those that have not are the first.
    Start,
    /// How long they took, or have taken so far; those that have not begun are the first.
    Duration,
}

/// Where a page ended: the place of its last job in the list's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobPosition {
    place: Place,
    key: i64,
    /// How long running jobs have taken is reckoned to this time on every page of a list.
    now: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Place {
    Number(i64),
    Text(String),
}

/// A job with what stands elsewhere about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobOverview {
    /// The job.
    pub job: Job,
    /// The number of its last event.
    pub events: u64,
    /// Why somebody should look at it.
    pub attention: Option<Attention>,
    /// The id of the job on whose devices it runs again.
    pub rerun_of: Option<String>,
    /// The device group that it runs on, if that is still there.
    pub group: Option<DeviceGroup>,
}

/// One page of jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobOverviewPage {
    /// In the list's order.
    pub jobs: Vec<JobOverview>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<JobPosition>,
}

/// As kept in the column `kind`; the numbers never change.
pub(crate) fn kind_number(kind: JobKind) -> i64 {
    match kind {
        JobKind::Property => 0,
        JobKind::Command => 1,
        JobKind::CloudProperty => 2,
        JobKind::DeviceTemplateMigration => 3,
        JobKind::ScheduleUpdateTwin => 4,
        JobKind::ScheduleDeviceMethod => 5,
    }
}

const TAKEN_UP: &str = "EXISTS (SELECT 1 FROM job AS later WHERE later.rerun_of = job.key)";

impl JobOrder {
    /// What SQL sorts by; `now` is the time to which running jobs are reckoned.
    fn place(self, now: Time) -> String {
        match self {
            JobOrder::Created => "key".to_owned(),
            JobOrder::DisplayName => "COALESCE(display_name, id)".to_owned(),
            // What waits for its time is as pending as what waits for its turn.
            JobOrder::Status => "max(state, 1)".to_owned(),
            JobOrder::Start => "COALESCE(began, 0)".to_owned(),
            JobOrder::Duration => format!("COALESCE(COALESCE(ended, {}) - began, -1)", now.0),
        }
    }
}

impl JobSelection {
    fn narrow(&self) -> Narrow {
        let mut narrow = Narrow::new();
        narrow.by(self.filter.clone());
        if !self.kinds.is_empty() {
            narrow.one_of("kind", self.kinds.iter().map(|kind| Value::Integer(kind_number(*kind))));
        }
        if let Some(group) = &self.group {
            narrow.holds("group_id = ?", Value::Text(group.clone()));
        }
        if let Some(source) = self.rerun_of {
            narrow.holds("rerun_of = ?", Value::Integer(source.0));
        }
        if let Some(owner) = &self.owner {
            narrow.holds("owner = ?", Value::Text(owner.clone()));
        }
        if let Some(since) = self.since {
            narrow.holds("created >= ?", Value::Integer(since.0));
        }
        if self.attention {
            // The rule is `Job::attention`; a test holds the two together.
            let [completed, failed, cancelled, stopped] =
                [JobState::Completed, JobState::Failed, JobState::Cancelled, JobState::Stopped].map(state_number);
            narrow.is(&format!(
                "(state IN ({failed}, {stopped}) OR (state = {cancelled} AND failure IS NOT NULL)
                  OR (state IN ({completed}, {cancelled}) AND failed > 0 AND NOT {TAKEN_UP}))
                 AND acknowledged IS NULL"
            ));
        }
        narrow
    }
}

impl Store {
    /// A page of at most `limit` jobs after `after`. It is shorter when what was asked of them is long, but not empty
    /// while there are jobs; a search looks at a bounded number of jobs, and may find none although there is a `next`.
    pub async fn job_overviews(
        &self,
        selection: JobSelection,
        after: Option<JobPosition>,
        limit: usize,
        now: Time,
    ) -> Result<JobOverviewPage, StoreError> {
        let goes_through_all = selection.search.is_some() || selection.order != JobOrder::Created;
        let read = move |connection: &Connection| page(connection, &selection, after.as_ref(), limit, now);
        if goes_through_all { self.readers.select(read).await } else { self.read(read).await }
    }

    /// Somebody has looked at a job that had ended and needs no further attention. Whether it needed any does not matter.
    pub async fn acknowledge_job(&self, id: &str, now: Time) -> Result<(), MoveJobError> {
        let id = id.to_owned();
        self.interactive(move |connection| {
            let job = job_by_id(connection, &id)?.ok_or(MoveJobError::NotFound)?;
            if !job.state.is_final() {
                return Err(MoveJobError::NotOver(job.state));
            }
            let sql = "UPDATE job SET acknowledged = ?2 WHERE key = ?1 AND acknowledged IS NULL";
            connection.prepare_cached(sql)?.execute([job.key.0, now.0])?;
            Ok(())
        })
        .await
    }

    /// The job called `id`.
    pub async fn job_overview(&self, id: &str) -> Result<Option<JobOverview>, StoreError> {
        let id = id.to_owned();
        self.read(move |connection| {
            overview(connection, "id = ?1", Value::Text(id)).map(|found| found.map(|(job, _)| job))
        })
        .await
    }
}

fn page(
    connection: &Connection,
    selection: &JobSelection,
    after: Option<&JobPosition>,
    limit: usize,
    now: Time,
) -> Result<JobOverviewPage, StoreError> {
    let now = after.map_or(now, |after| Time(after.now));
    let place = selection.order.place(now);
    let (direction, beyond) = if selection.descending { ("DESC", "<") } else { ("ASC", ">") };
    let mut narrow = selection.narrow();
    if let Some(after) = after {
        let value = match &after.place {
            Place::Number(number) => Value::Integer(*number),
            Place::Text(text) => Value::Text(text.clone()),
        };
        narrow.holds(&format!("({place}, key) {beyond} (?, {})", after.key), value);
    }
    let (conditions, values) = narrow.finish();
    let search = selection.search.as_ref();
    // Only a search looks at texts, and does not know how far it has to go.
    let (texts, most) = match search {
        Some(_) => (", id, display_name, description", String::new()),
        None => ("", format!(" LIMIT {}", limit.saturating_add(1))),
    };
    let order = if selection.order == JobOrder::Created { String::new() } else { format!("{place} {direction}, ") };
    let sql = format!("SELECT key, {place}{texts} FROM job WHERE {conditions} ORDER BY {order}key {direction}{most}");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut page = JobOverviewPage { jobs: Vec::new(), next: None };
    let (mut last, mut bytes) = (None, 0);
    let mut looked_at = 0;
    while let Some(row) = rows.next()? {
        let is_found = search.is_none_or(|search| is_found(row, search));
        let is_full = page.jobs.len() == limit || bytes > PAGE_BYTES;
        if (is_full && is_found) || (search.is_some() && looked_at == LOOKED_AT_MAX) {
            page.next = last;
            break;
        }
        looked_at += 1;
        let key = row.get(0)?;
        let place = match row.get_ref(1)? {
            ValueRef::Text(text) => Place::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Integer(number) => Place::Number(number),
            ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => Place::Number(0),
        };
        last = Some(JobPosition { place, key, now: now.0 });
        if is_found && let Some((job, length)) = overview(connection, "key = ?1", Value::Integer(key))? {
            bytes += length;
            page.jobs.push(job);
        }
    }
    Ok(page)
}

/// Does one of the row's texts hold this one?
fn is_found(row: &Row<'_>, search: &SearchText) -> bool {
    (2..5).any(|column| match row.get_ref(column) {
        Ok(ValueRef::Text(text)) => search.is_in(&String::from_utf8_lossy(text)),
        Ok(ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Blob(_)) | Err(_) => false,
    })
}

/// The job that `condition` is true for, and the length of what was asked of it.
fn overview(
    connection: &Connection,
    condition: &str,
    value: Value,
) -> Result<Option<(JobOverview, usize)>, StoreError> {
    let sql = format!(
        "SELECT {STANDING_COLUMNS}, {JOB_COLUMNS}, events, {TAKEN_UP}, acknowledged IS NOT NULL,
                (SELECT source.id FROM job AS source WHERE source.key = job.rerun_of)
         FROM job WHERE {condition}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([value])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let length = row.get_ref(SPEC_COLUMN)?.as_str().map_err(rusqlite::Error::from)?.len();
    let job = job_of(row)?;
    let attention = job.attention(row.get(SPEC_COLUMN + 2)?, row.get(SPEC_COLUMN + 3)?);
    let group = match job.spec.group() {
        Some(group) => Records::inside(connection).get::<DeviceGroup>(group)?.map(|stored| stored.record),
        None => None,
    };
    let events = row.get::<_, i64>(SPEC_COLUMN + 1)?.cast_unsigned();
    Ok(Some((JobOverview { events, attention, rerun_of: row.get(SPEC_COLUMN + 4)?, group, job }, length)))
}

#[cfg(test)]
mod tests;
