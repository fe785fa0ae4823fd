//! What was kept for long enough goes, a bite at a time and only while the writer has nothing else to do (DESIGN §6.10).
//!
//! A job goes at once: in one transaction its row is deleted and its key noted. From then on no list, no result and no
//! count knows it, and its id is free. Its other rows, which stand under its key, follow bite by bite; a crash in between
//! leaves the note, and whoever comes next goes on. No key is used twice, so that nothing finds rows of another job.

use bellwether_model::job::JobState;
use bellwether_model::{DeviceSeq, JobKey, Time};
use rusqlite::{Connection, OptionalExtension, params};

use crate::standing::state_number;
use crate::targets::Ordinals;
use crate::writer::Priority;
use crate::{Store, StoreError};

/// Jobs that go in one transaction: each may have a long text of what was asked.
const JOBS_AT_ONCE: usize = 20;
/// Rows that go in one transaction. Tests have few.
const ROWS_AT_ONCE: usize = if cfg!(test) { 7 } else { 1000 };
/// Deleted devices that are looked at at once. Tests have few.
const DEVICES_AT_ONCE: usize = if cfg!(test) { 2 } else { 200 };
/// Pages that are given back in one transaction: half a mebibyte.
const PAGES_AT_ONCE: i64 = 64;
/// The clock may have been set back by so many seconds without a device going that a job names.
const CLOCK_SLACK: i64 = 86_400;

/// Where the rows of a job are, by which column they are in order, and how many rows of `device_job` one of them weighs.
const TABLES: [(&str, &str, usize); 7] = [
    ("device_job", "device", 1),
    ("device_job_answer", "device", 4),
    ("device_job_previous", "device", 10),
    ("job_event", "number", 10),
    ("job_batch", "number", 1),
    ("job_target", "block", 20),
    ("job_chosen", "block", 20),
];

/// A place among the deleted devices, in the order in which they were deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeletedPosition {
    deleted: Time,
    device: DeviceSeq,
}

impl Store {
    /// Takes some of the jobs that ended before `time` off the record. One whose failed or chosen devices a rerun still
    /// has to take over stays. Returns whether there may be more.
    pub async fn forget_jobs(&self, time: Time) -> Result<bool, StoreError> {
        let forgotten = self.write(Priority::Background, move |connection| forget(connection, time)).await?;
        // Who listens finds nothing any more, and stops.
        forgotten.iter().for_each(|job| self.news.tell(*job));
        Ok(forgotten.len() == JOBS_AT_ONCE)
    }

    /// Deletes some of the rows of jobs that are no more. Returns whether there may be more.
    pub async fn sweep_jobs(&self) -> Result<bool, StoreError> {
        self.write(Priority::Background, sweep).await
    }

    /// Forgets some of the deleted devices that no job on record can name, those after the place `after`. Returns
    /// where to go on.
    pub async fn forget_devices(
        &self,
        after: Option<DeletedPosition>,
        now: Time,
    ) -> Result<Option<DeletedPosition>, StoreError> {
        // Whatever job is made meanwhile can take deleted devices only out of the list of one that is on record.
        let (free, next) = self.read(move |connection| free_devices(connection, after, now)).await?;
        if !free.is_empty() {
            let delete = move |connection: &Connection| {
                let sql = "DELETE FROM device WHERE seq = ?1 AND deleted IS NOT NULL";
                let mut statement = connection.prepare_cached(sql)?;
                for device in free {
                    statement.execute([device.0])?;
                }
                Ok::<_, StoreError>(())
            };
            self.write(Priority::Background, delete).await?;
        }
        Ok(next)
    }

    /// Gives some of the free pages of the file back. Returns whether there are more.
    pub async fn shrink(&self) -> Result<bool, StoreError> {
        let shrink = |connection: &Connection| {
            let free: i64 = connection.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
            if free > 0 {
                let mut vacuum = connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES_AT_ONCE})"))?;
                // Each step gives one page back.
                let mut steps = vacuum.raw_query();
                while steps.next()?.is_some() {}
            }
            Ok::<_, StoreError>(free > PAGES_AT_ONCE)
        };
        self.write(Priority::Background, shrink).await
    }
}

fn forget(connection: &Connection, time: Time) -> Result<Vec<JobKey>, StoreError> {
    let [completed, failed, cancelled] = [JobState::Completed, JobState::Failed, JobState::Cancelled].map(state_number);
    let sql = "SELECT key FROM job WHERE ended < ?1 AND state IN (?2, ?3, ?4) AND running = 0
               AND NOT EXISTS (SELECT 1 FROM job AS later WHERE later.rerun_of = job.key AND later.began IS NULL
                               AND later.state NOT IN (?2, ?3, ?4))
               ORDER BY ended LIMIT ?5";
    let mut statement = connection.prepare_cached(sql)?;
    let values = params![time.0, completed, failed, cancelled, JOBS_AT_ONCE as i64];
    let jobs = statement.query_map(values, |row| row.get(0).map(JobKey))?.collect::<Result<Vec<_>, _>>()?;
    for job in &jobs {
        connection.prepare_cached("INSERT INTO job_gone (key) VALUES (?1)")?.execute([job.0])?;
        connection.prepare_cached("DELETE FROM job WHERE key = ?1")?.execute([job.0])?;
    }
    Ok(jobs)
}

fn sweep(connection: &Connection) -> Result<bool, StoreError> {
    let mut left = ROWS_AT_ONCE;
    let mut next = connection.prepare_cached("SELECT key FROM job_gone ORDER BY key LIMIT 1")?;
    while let Some(job) = next.query_row([], |row| row.get::<_, i64>(0)).optional()? {
        for (table, column, weight) in TABLES {
            let most = (left / weight).max(1);
            let sql = format!(
                "DELETE FROM {table} WHERE job = ?1 AND {column} <= coalesce(
                 (SELECT {column} FROM {table} WHERE job = ?1 ORDER BY {column} LIMIT 1 OFFSET ?2), {})",
                i64::MAX
            );
            let gone = connection.prepare_cached(&sql)?.execute([job, most as i64 - 1])?;
            if gone >= most {
                return Ok(true);
            }
            left = left.saturating_sub(gone * weight);
        }
        connection.prepare_cached("DELETE FROM job_gone WHERE key = ?1")?.execute([job])?;
    }
    Ok(false)
}

/// Of the deleted devices after this place some that no job on record names, and where to go on.
///
/// The list of a job is of devices that lived when it was made: one that was deleted before the oldest job on record was
/// made is in none, except in those of reruns, which take what is in the list of an earlier job.
fn free_devices(
    connection: &Connection,
    after: Option<DeletedPosition>,
    now: Time,
) -> Result<(Vec<DeviceSeq>, Option<DeletedPosition>), StoreError> {
    let oldest = connection
        .prepare_cached("SELECT created FROM job ORDER BY key LIMIT 1")?
        .query_row([], |row| row.get(0).map(Time))
        .optional()?;
    let before = oldest.map_or(now, |oldest| oldest.min(now)).plus_seconds(-CLOCK_SLACK);
    let after = after.unwrap_or(DeletedPosition { deleted: Time(i64::MIN), device: DeviceSeq(0) });
    let sql = "SELECT deleted, seq FROM device WHERE deleted IS NOT NULL AND (deleted, seq) > (?1, ?2) AND deleted < ?3
               ORDER BY deleted, seq LIMIT ?4";
    let mut statement = connection.prepare_cached(sql)?;
    let values = params![after.deleted.0, after.device.0, before.0, DEVICES_AT_ONCE as i64];
    let place =
        |row: &rusqlite::Row<'_>| Ok(DeletedPosition { deleted: Time(row.get(0)?), device: DeviceSeq(row.get(1)?) });
    let found = statement.query_map(values, place)?.collect::<Result<Vec<_>, _>>()?;
    let next = found.last().copied().filter(|_| found.len() == DEVICES_AT_ONCE);
    let mut free: Vec<DeviceSeq> = found.iter().map(|place| place.device).collect();
    free.sort_unstable();
    let mut reruns = connection.prepare_cached("SELECT key FROM job WHERE rerun_of IS NOT NULL")?;
    for job in reruns.query_map([], |row| row.get(0).map(JobKey))? {
        let mut ordinals = Ordinals::of(connection, job?);
        let mut kept = Vec::with_capacity(free.len());
        for device in free {
            if ordinals.find(device)?.is_none() {
                kept.push(device);
            }
        }
        free = kept;
    }
    Ok((free, next))
}
