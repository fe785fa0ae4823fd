//! The jobs that a device had a part in.
//!
//! There is no index by device: one would have to be written for every device of every job. Jobs are gone through from
//! the newest on, and the device is looked for in each frozen list, which is packed (DESIGN §6.4): one read a job for
//! lists of a block, a few for longer ones.

use bellwether_model::access::Scope;
use bellwether_model::job::Job;
use bellwether_model::targets::{BLOCK_DEVICES, unpack};
use bellwether_model::{DeviceSeq, JobKey};
use rusqlite::Connection;

use crate::jobs::job_by_key;
use crate::result_scan::Place;
use crate::results::{DeviceResult, ResultView, result_at};
use crate::targets::Ordinals;
use crate::{Store, StoreError};

/// A page looks at no more jobs than this. Tests have few jobs.
const LOOKED_AT_MAX: usize = if cfg!(test) { 3 } else { 10_000 };

/// A job that a device had a part in.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceJob {
    /// The job.
    pub job: Job,
    /// What became of the device there.
    pub result: DeviceResult,
}

/// A part of a device's jobs.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceJobsPage {
    /// Newest first.
    pub jobs: Vec<DeviceJob>,
    /// The next page is of jobs older than this one; `None` on the last one.
    pub next: Option<JobKey>,
}

impl Store {
    /// At most `limit` jobs that belong to `scope`, are older than `before` (`None`: from the newest on) and have the
    /// device in their frozen list, whatever became of it there. There may be fewer, even none, although there is a
    /// `next`.
    pub async fn jobs_of_device(
        &self,
        device: DeviceSeq,
        scope: Scope,
        before: Option<JobKey>,
        limit: usize,
    ) -> Result<DeviceJobsPage, StoreError> {
        self.read(move |connection| {
            let mut page = DeviceJobsPage { jobs: Vec::new(), next: None };
            let mut before = before.unwrap_or(JobKey(i64::MAX));
            let mut looked_at = 0;
            let view = ResultView::all(scope);
            while let Some((job, ordinal)) = list_before(connection, before, device)? {
                before = job;
                looked_at += 1;
                if let Some(ordinal) = ordinal
                    && let Some(job) = job_by_key(connection, job)?
                    && view.scope.covers(job.spec.organization.as_deref())
                {
                    let result = result_at(connection, &job, &view, Place { ordinal, device })?;
                    page.jobs.push(DeviceJob { job, result });
                }
                if page.jobs.len() == limit || looked_at == LOOKED_AT_MAX {
                    page.next = Some(before);
                    break;
                }
            }
            Ok(page)
        })
        .await
    }
}

/// The newest job with a list that is older than `before`, and the device's place in its list.
fn list_before(
    connection: &Connection,
    before: JobKey,
    device: DeviceSeq,
) -> Result<Option<(JobKey, Option<u64>)>, StoreError> {
    // The last block of the list: most lists have one.
    let sql = "SELECT job, block, first, devices FROM job_target WHERE job < ?1 ORDER BY job DESC, block DESC LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([before.0])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (job, number, first): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let job = JobKey(job);
    if first <= device.0 {
        let devices = unpack(row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?);
        let place = devices.binary_search(&device).ok();
        return Ok(Some((job, place.map(|place| number as u64 * BLOCK_DEVICES as u64 + place as u64))));
    }
    let ordinal = if number == 0 { None } else { Ordinals::of(connection, job).find(device)? };
    Ok(Some((job, ordinal)))
}
