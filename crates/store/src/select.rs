//! Reading by query: the rows of a page, the targets of a job.

use std::sync::Arc;

use bellwether_model::{DeviceSeq, JobKey};
use bellwether_query::{Aggregation, Collection, Condition, Query, QueryError};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::documents::TwinSelect;
use crate::job_rows::{visit_rows, visit_rows_of_devices};
use crate::jobs::{job_after, job_by_id};
use crate::targets::TargetList;
use crate::{LivePresence, Store, StoreError};

/// Where a page ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Position {
    /// Key of the last row's job; 0 outside `devices.jobs`.
    pub job: i64,
    /// Key of the last row's device.
    pub device: i64,
    /// Rows returned so far; for aggregates the position itself.
    pub rows: u64,
}

/// One page of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryPage {
    /// JSON object texts: whole documents or projections.
    pub rows: Vec<String>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Position>,
}

/// Why a query gave no rows.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RunQueryError {
    /// The query cannot be answered over these rows.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for RunQueryError {
    fn from(error: rusqlite::Error) -> Self {
        RunQueryError::Store(error.into())
    }
}

impl Store {
    /// One page of at most `limit` rows of a query, from `from` on. Rows come in the order of creation. `TOP`
    /// counts over all pages.
    pub async fn query(
        &self,
        query: Arc<Query>,
        from: Option<Position>,
        limit: usize,
        presence: LivePresence,
    ) -> Result<QueryPage, RunQueryError> {
        self.read(move |connection| {
            let from = from.unwrap_or_default();
            let left = query.top().map_or(u64::MAX, |top| top.saturating_sub(from.rows));
            let wanted = limit.min(usize::try_from(left).unwrap_or(usize::MAX));
            if let Some(aggregation) = query.aggregation() {
                let all = aggregate(connection, &query, aggregation, &presence)?;
                let begin = usize::try_from(from.rows).unwrap_or(usize::MAX).min(all.len());
                let end = begin.saturating_add(wanted).min(all.len());
                let rows = all.get(begin..end).unwrap_or_default().to_vec();
                let more = end < all.len() && (rows.len() as u64) < left;
                let next = more.then_some(Position { rows: end as u64, ..Position::default() });
                return Ok(QueryPage { rows, next });
            }
            let mut page = Page { rows: Vec::new(), wanted, left, position: from, more: false };
            if wanted > 0 {
                match query.collection() {
                    Collection::Devices => page.devices(connection, &query, &presence)?,
                    // Module identities are not served yet: there are none.
                    Collection::Modules => {}
                    Collection::DeviceJobs => page.device_jobs(connection, &query)?,
                }
            }
            let next = page.more.then_some(page.position);
            Ok(QueryPage { rows: page.rows, next })
        })
        .await
    }

    /// Selects the devices that `condition` is true for, as a target list to freeze.
    pub async fn select_targets(
        &self,
        condition: Arc<Condition>,
        presence: LivePresence,
    ) -> Result<TargetList, StoreError> {
        self.readers
            .select(move |connection| {
                let mut list = TargetList::default();
                let select = TwinSelect::fields(condition.fields(), presence);
                let narrow = condition.narrow();
                visit_twins(connection, &select, narrow.device_ids.as_deref(), DeviceSeq(0), &mut |document| {
                    if condition.matches(document) {
                        list.push(document.seq);
                    }
                    Ok::<_, StoreError>(true)
                })?;
                Ok(list)
            })
            .await
    }
}

/// Calls `visit` for the twins after the key `after` in the order of their keys, all of them or those of the
/// named devices, until it returns false.
fn visit_twins<E: From<StoreError> + From<rusqlite::Error>>(
    connection: &Connection,
    select: &TwinSelect,
    ids: Option<&[String]>,
    after: DeviceSeq,
    visit: &mut dyn FnMut(&crate::documents::TwinDocument<'_>) -> Result<bool, E>,
) -> Result<(), E> {
    let Some(ids) = ids else {
        let sql = format!("{} WHERE twin.seq > ?1 ORDER BY twin.seq", select.sql());
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query([after.0])?;
        while let Some(row) = rows.next()? {
            if !visit(&select.document(row)?)? {
                break;
            }
        }
        return Ok(());
    };
    let mut seqs = Vec::with_capacity(ids.len());
    let mut by_id = connection.prepare_cached("SELECT seq FROM device WHERE id = ?1 AND deleted IS NULL")?;
    for id in ids {
        for seq in by_id.query_map([id], |row| row.get::<_, i64>(0))? {
            seqs.push(seq?);
        }
    }
    seqs.sort_unstable();
    seqs.dedup();
    let mut statement = connection.prepare_cached(&format!("{} WHERE twin.seq = ?1", select.sql()))?;
    for seq in seqs.into_iter().filter(|seq| *seq > after.0) {
        let mut rows = statement.query([seq])?;
        if let Some(row) = rows.next()?
            && !visit(&select.document(row)?)?
        {
            break;
        }
    }
    Ok(())
}

/// A page while it fills.
struct Page {
    rows: Vec<String>,
    wanted: usize,
    left: u64,
    position: Position,
    more: bool,
}

impl Page {
    /// Takes a row that matches. Returns false when the page was full already: then there is more.
    fn take(
        &mut self,
        job: JobKey,
        device: DeviceSeq,
        row: impl FnOnce() -> Result<String, StoreError>,
    ) -> Result<bool, StoreError> {
        if self.rows.len() == self.wanted {
            self.more = (self.rows.len() as u64) < self.left;
            return Ok(false);
        }
        self.rows.push(row()?);
        self.position = Position { job: job.0, device: device.0, rows: self.position.rows + 1 };
        Ok(true)
    }

    fn devices(
        &mut self,
        connection: &Connection,
        query: &Query,
        presence: &LivePresence,
    ) -> Result<(), RunQueryError> {
        let select = if query.selects_all() {
            TwinSelect::whole(Arc::clone(presence))
        } else {
            TwinSelect::fields(query.fields(), Arc::clone(presence))
        };
        let narrow = query.narrow();
        let after = DeviceSeq(self.position.device);
        visit_twins(connection, &select, narrow.device_ids.as_deref(), after, &mut |document| {
            if !query.matches(document) {
                return Ok(true);
            }
            let row = || if query.selects_all() { document.whole() } else { Ok(query.project(document)) };
            Ok::<_, RunQueryError>(self.take(JobKey(0), document.seq, row)?)
        })
    }

    fn device_jobs(&mut self, connection: &Connection, query: &Query) -> Result<(), RunQueryError> {
        let narrow = query.narrow();
        let mut jobs = JobsInOrder::new(connection, narrow.job_ids.as_deref(), JobKey(self.position.job))?;
        let mut after = DeviceSeq(self.position.device);
        while let Some(job) = jobs.next(connection)? {
            let mut visit = |device, row: crate::documents::JobRowDocument| {
                if query.matches(&row) { self.take(job.key, device, || Ok(row.json())) } else { Ok(true) }
            };
            let ended = match &narrow.device_ids {
                Some(ids) => visit_rows_of_devices(connection, &job, ids, after, &mut visit)?,
                None => visit_rows(connection, &job, after, &mut visit)?,
            };
            if !ended {
                return Ok(());
            }
            after = DeviceSeq(0);
        }
        Ok(())
    }
}

/// Jobs in the order of their keys, from one on.
struct JobsInOrder {
    named: Option<Vec<bellwether_model::job::Job>>,
    after: JobKey,
}

impl JobsInOrder {
    fn new(connection: &Connection, ids: Option<&[String]>, from: JobKey) -> Result<JobsInOrder, StoreError> {
        let named = match ids {
            None => None,
            Some(ids) => {
                let mut jobs = Vec::new();
                for id in ids {
                    jobs.extend(job_by_id(connection, id)?.filter(|job| job.key >= from));
                }
                jobs.sort_by_key(|job| std::cmp::Reverse(job.key));
                jobs.dedup_by_key(|job| job.key);
                Some(jobs)
            }
        };
        Ok(JobsInOrder { named, after: JobKey(from.0 - 1) })
    }

    fn next(&mut self, connection: &Connection) -> Result<Option<bellwether_model::job::Job>, StoreError> {
        match &mut self.named {
            Some(jobs) => Ok(jobs.pop()),
            None => {
                let job = job_after(connection, self.after)?;
                if let Some(job) = &job {
                    self.after = job.key;
                }
                Ok(job)
            }
        }
    }
}

fn aggregate(
    connection: &Connection,
    query: &Query,
    mut aggregation: Aggregation,
    presence: &LivePresence,
) -> Result<Vec<String>, RunQueryError> {
    match query.collection() {
        Collection::Devices => {
            let select = TwinSelect::fields(query.fields(), Arc::clone(presence));
            let narrow = query.narrow();
            visit_twins(connection, &select, narrow.device_ids.as_deref(), DeviceSeq(0), &mut |document| {
                if query.matches(document) {
                    aggregation.push(document)?;
                }
                Ok::<_, RunQueryError>(true)
            })?;
        }
        // No modules yet; aggregates over devices.jobs are refused when the text is read.
        Collection::Modules | Collection::DeviceJobs => {}
    }
    Ok(aggregation.finish())
}
