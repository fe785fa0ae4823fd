//! Why devices failed in a job, in groups.

use std::collections::BTreeMap;

use bellwether_model::job::{Class, Job, Outcome, Tally};
use bellwether_model::{DeviceSeq, JobKey};
use rusqlite::{Connection, OptionalExtension};

use crate::jobs::job_by_key;
use crate::standing::class_of;
use crate::targets::block;
use crate::{Store, StoreError};

/// Devices say what status they like: from so many reasons on, new statuses are counted together.
const REASONS_KEPT: usize = 1000;

/// Devices that failed for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureReason {
    /// The kind.
    pub class: Class,
    /// The symbol.
    pub code: String,
    /// What they answered.
    pub status: Option<i64>,
    /// The sentence of the sample.
    pub message: String,
    /// How many there are.
    pub devices: u64,
    /// The name of one of them.
    pub sample: String,
}

/// Class, symbol and status.
type Reason = (Class, String, Option<i64>);

/// How many devices, and the first of them.
type Count = (u64, DeviceSeq);

impl Store {
    /// The reasons for which devices of a job failed, most devices first, at most so many. Those that the job did not
    /// begin and counts as failed are among them.
    pub async fn job_failures(&self, job: JobKey, most: usize) -> Result<Vec<FailureReason>, StoreError> {
        self.readers
            .select(move |connection| {
                let Some(job) = job_by_key(connection, job)? else { return Ok(Vec::new()) };
                let (mut counts, rows) = count(connection, job.key)?;
                let mut messages = BTreeMap::new();
                if let Some((reason, message, devices)) = rest(&job, rows)
                    && let Some(sample) = first_without_row(connection, job.key)?
                {
                    counts.entry(reason.clone()).or_insert((0, sample)).0 += devices;
                    messages.insert(reason, message);
                }
                let mut sorted: Vec<(Reason, Count)> = counts.into_iter().collect();
                // Stable: reasons with as many devices stay in the order of their names.
                sorted.sort_by_key(|(_, (devices, _))| std::cmp::Reverse(*devices));
                sorted.truncate(most);
                let described = sorted.into_iter().map(|(reason, (devices, sample))| {
                    let (id, detail) = describe(connection, job.key, sample)?;
                    let message = detail.or_else(|| messages.remove(&reason)).unwrap_or_else(|| reason.1.clone());
                    let (class, code, status) = reason;
                    Ok(FailureReason { class, code, status, message, devices, sample: id })
                });
                described.collect()
            })
            .await
    }
}

/// Goes once through the index of what failed; neighbours most often failed alike. Also returns how many there are.
fn count(connection: &Connection, job: JobKey) -> Result<(BTreeMap<Reason, Count>, u64), StoreError> {
    let sql = "SELECT device, state, code, status FROM device_job INDEXED BY device_job_failed
               WHERE job = ?1 AND code IS NOT NULL";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([job.0])?;
    let mut counts: BTreeMap<Reason, Count> = BTreeMap::new();
    let mut all = 0;
    let mut run: Option<(Reason, Count)> = None;
    while let Some(row) = rows.next()? {
        all += 1;
        let (class, status) = (class_of(row.get(1)?)?, row.get(3)?);
        let code = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
        if let Some((reason, (devices, _))) = &mut run
            && (reason.0, reason.1.as_str(), reason.2) == (class, code, status)
        {
            *devices += 1;
            continue;
        }
        let next = ((class, code.to_owned(), status), (1, DeviceSeq(row.get(0)?)));
        if let Some(run) = run.replace(next) {
            add(&mut counts, run);
        }
    }
    if let Some(run) = run {
        add(&mut counts, run);
    }
    Ok((counts, all))
}

fn add(counts: &mut BTreeMap<Reason, Count>, (reason, (devices, first)): (Reason, Count)) {
    let is_new_beyond = counts.len() >= REASONS_KEPT && !counts.contains_key(&reason);
    let reason = if is_new_beyond { (reason.0, reason.1, None) } else { reason };
    counts.entry(reason).or_insert((0, first)).0 += devices;
}

/// The reason of the devices that were not begun, where it counts as a failure, and how many they are.
fn rest(job: &Job, failed_rows: u64) -> Option<(Reason, String, u64)> {
    let class = job.rest.filter(|class| class.tally(job.spec.success) == Tally::Failed)?;
    let devices = job.counters?.failed.saturating_sub(failed_rows);
    let error = Outcome::of_rest(class, job.spec.action.job_type()).error?;
    (devices > 0).then(|| ((class, error.code.into_owned(), None), error.description, devices))
}

/// The first device of the list that was not begun: in the first block that has fewer rows than devices.
fn first_without_row(connection: &Connection, job: JobKey) -> Result<Option<DeviceSeq>, StoreError> {
    let count = "SELECT count(*) FROM device_job WHERE job = ?1 AND device BETWEEN ?2 AND ?3";
    let mut count = connection.prepare_cached(count)?;
    let mut has_row = connection.prepare_cached("SELECT 1 FROM device_job WHERE job = ?1 AND device = ?2")?;
    let mut number = 0;
    while let Some(devices) = block(connection, job, number)? {
        number += 1;
        let (Some(first), Some(last)) = (devices.first(), devices.last()) else { continue };
        let rows: i64 = count.query_row([job.0, first.0, last.0], |row| row.get(0))?;
        if rows as usize == devices.len() {
            continue;
        }
        for device in devices {
            if !has_row.exists([job.0, device.0])? {
                return Ok(Some(device));
            }
        }
    }
    Ok(None)
}

/// A device's name, and why it failed.
fn describe(connection: &Connection, job: JobKey, device: DeviceSeq) -> Result<(String, Option<String>), StoreError> {
    let sql = "SELECT id, (SELECT detail FROM device_job WHERE job = ?1 AND device = ?2) FROM device WHERE seq = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row([job.0, device.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    found.ok_or_else(|| StoreError::Damaged(format!("device {device} of a job is gone")))
}
