//! The batches of a job: those that ended, the open one, and what the next ones will be.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use bellwether_model::job::Batch;
use bellwether_model::{JobKey, Time};
use rusqlite::{Connection, Row};

use crate::jobs::job_by_key;
use crate::{Store, StoreError};

/// A batch of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobBatch {
    /// From 1.
    pub number: u64,
    /// Devices in it.
    pub size: u64,
    /// How it goes; `None` until it opens.
    pub opened: Option<Batch>,
}

/// Batches of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobBatches {
    /// How many there are in all; 0 until the list of the job is frozen.
    pub total: u64,
    /// In order.
    pub batches: Vec<JobBatch>,
}

impl Store {
    /// The batches of a job, at most `most`: those from the number `from` on; without it those around the one that is
    /// open, or was last. A job without batches has one, the whole list.
    pub async fn job_batches(
        &self,
        job: JobKey,
        from: Option<NonZeroU64>,
        most: u64,
    ) -> Result<JobBatches, StoreError> {
        self.read(move |connection| {
            let none = JobBatches { total: 0, batches: Vec::new() };
            let Some(job) = job_by_key(connection, job)? else { return Ok(none) };
            let (Some(counters), Some(current)) = (job.counters, job.batch) else { return Ok(none) };
            let size = job.spec.delivery.batch_size(counters.targets);
            let total = counters.targets.div_ceil(size);
            let (first, last) = match from {
                Some(from) => (from.get(), from.get().saturating_add(most - 1).min(total)),
                None => {
                    let last = (current.number + most / 2).max(most).min(total);
                    (last.saturating_sub(most) + 1, last)
                }
            };
            let mut opened = opened(connection, job.key, first, last)?;
            opened.insert(current.number, current);
            let batch = |number: u64| {
                let before = (number - 1) * size;
                let size = size.min(counters.targets.saturating_sub(before));
                JobBatch { number, size, opened: opened.get(&number).copied() }
            };
            Ok(JobBatches { total, batches: (first..=last).map(batch).collect() })
        })
        .await
    }
}

fn opened(connection: &Connection, job: JobKey, first: u64, last: u64) -> Result<BTreeMap<u64, Batch>, StoreError> {
    let sql = "SELECT number, first, size, succeeded, failed, opened, ended FROM job_batch
               WHERE job = ?1 AND number BETWEEN ?2 AND ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let batches = statement.query_map([job.0, first as i64, last as i64], batch_of)?;
    Ok(batches.map(|batch| batch.map(|batch| (batch.number, batch))).collect::<Result<_, _>>()?)
}

fn batch_of(row: &Row<'_>) -> rusqlite::Result<Batch> {
    let count = |column| row.get::<_, i64>(column).map(|n| n as u64);
    Ok(Batch {
        number: count(0)?,
        first: count(1)?,
        size: count(2)?,
        succeeded: count(3)?,
        failed: count(4)?,
        opened: Time(row.get(5)?),
        ended: row.get::<_, Option<i64>>(6)?.map(Time),
    })
}
