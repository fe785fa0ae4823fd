//! Device jobs of method jobs: which devices of a list are still to be begun, attempts, outcomes.

use bellwether_model::job::{DeviceJobState, JobType, Outcome, Success};
use bellwether_model::targets::unpack;
use bellwether_model::{DeviceSeq, JobKey, Time};
use rusqlite::{Connection, OptionalExtension, params};

use crate::jobs::{save_standing, standing};
use crate::{Store, StoreError};

/// What is known of a device in a target list before it is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetStanding {
    /// To be begun.
    Open,
    /// It has a row: an attempt or an outcome.
    Begun,
    /// To be begun, but disabled.
    Disabled,
    /// To be begun, but deleted since the list was frozen.
    Deleted,
}

/// A device of a target list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockTarget {
    /// Which.
    pub device: DeviceSeq,
    /// Where it stands.
    pub standing: TargetStanding,
}

/// What became of an attempt, or of a device that could not be begun.
#[derive(Debug, Clone)]
pub struct Ending {
    /// Of this device.
    pub device: DeviceSeq,
    /// How it ended; `None` when nothing was sent after all, which makes the device one to be begun again.
    pub outcome: Option<Outcome>,
}

/// The devices of one block of a list.
pub(crate) fn block(connection: &Connection, job: JobKey, block: u64) -> Result<Option<Vec<DeviceSeq>>, StoreError> {
    let sql = "SELECT devices FROM job_target WHERE job = ?1 AND block = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([job.0, block as i64])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(unpack(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)))
}

/// The block that could hold the device: blocks ascend, so it is the last that begins at or before it. `None`
/// when even the first begins after it.
pub(crate) fn block_around(connection: &Connection, job: JobKey, device: DeviceSeq) -> Result<Option<u64>, StoreError> {
    let blocks: i64 = connection
        .prepare_cached("SELECT COALESCE(MAX(block), -1) + 1 FROM job_target WHERE job = ?1")?
        .query_row([job.0], |row| row.get(0))?;
    let mut first_of = connection.prepare_cached("SELECT first FROM job_target WHERE job = ?1 AND block = ?2")?;
    let (mut low, mut high) = (0, blocks);
    while low < high {
        let middle = (low + high) / 2;
        let first: i64 = first_of.query_row([job.0, middle], |row| row.get(0))?;
        if first <= device.0 {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(u64::try_from(low - 1).ok())
}

/// Is the device in the job's list?
pub(crate) fn is_target(connection: &Connection, job: JobKey, device: DeviceSeq) -> Result<bool, StoreError> {
    let Some(number) = block_around(connection, job, device)? else { return Ok(false) };
    let devices = block(connection, job, number)?.unwrap_or_default();
    Ok(devices.binary_search(&device).is_ok())
}

fn target_standing(connection: &Connection, job: JobKey, device: DeviceSeq) -> Result<TargetStanding, StoreError> {
    let sql = "SELECT disabled, deleted IS NOT NULL,
               EXISTS (SELECT 1 FROM device_job WHERE job = ?1 AND device = ?2) FROM device WHERE seq = ?2";
    let found = connection
        .prepare_cached(sql)?
        .query_row([job.0, device.0], |row| {
            Ok((row.get::<_, bool>(0)?, row.get::<_, bool>(1)?, row.get::<_, bool>(2)?))
        })
        .optional()?;
    Ok(match found {
        Some((_, _, true)) => TargetStanding::Begun,
        None | Some((_, true, false)) => TargetStanding::Deleted,
        Some((true, false, false)) => TargetStanding::Disabled,
        Some((false, false, false)) => TargetStanding::Open,
    })
}

impl Store {
    /// The devices of block `number` of a job's list with their standing; `None` after the last block.
    pub async fn target_block(&self, job: JobKey, number: u64) -> Result<Option<Vec<BlockTarget>>, StoreError> {
        self.read(move |connection| {
            let Some(devices) = block(connection, job, number)? else { return Ok(None) };
            let mut targets = Vec::with_capacity(devices.len());
            for device in devices {
                targets.push(BlockTarget { device, standing: target_standing(connection, job, device)? });
            }
            Ok(Some(targets))
        })
        .await
    }

    /// Those of `devices` that are in the job's list, with their standing.
    pub async fn targets_among(&self, job: JobKey, devices: Vec<DeviceSeq>) -> Result<Vec<BlockTarget>, StoreError> {
        self.read(move |connection| {
            let mut targets = Vec::new();
            for device in devices {
                if is_target(connection, job, device)? {
                    targets.push(BlockTarget { device, standing: target_standing(connection, job, device)? });
                }
            }
            Ok(targets)
        })
        .await
    }

    /// Records an attempt for each of `devices` that may be begun, before anything is sent (DESIGN §3.2). Returns
    /// those for which it did: none when the job takes no new attempts any more, and none twice.
    pub async fn begin_attempts(
        &self,
        job: JobKey,
        devices: Vec<DeviceSeq>,
        epoch: i64,
        now: Time,
    ) -> Result<Vec<DeviceSeq>, StoreError> {
        self.for_job(move |connection| {
            let mut standing = standing(connection, job)?;
            if !standing.is_open() {
                return Ok(Vec::new());
            }
            let mut begun = Vec::with_capacity(devices.len());
            let sql = "INSERT INTO device_job (job, device, state, created, updated, epoch)
                       VALUES (?1, ?2, 0, ?3, ?3, ?4) ON CONFLICT DO NOTHING";
            let mut statement = connection.prepare_cached(sql)?;
            for device in devices {
                if statement.execute(params![job.0, device.0, now.0, epoch])? == 1 {
                    begun.push(device);
                }
            }
            begun.sort_unstable();
            if let Some(counters) = &mut standing.counters
                && !begun.is_empty()
            {
                counters.running += begun.len() as u64;
                save_standing(connection, &standing, &begun, now)?;
            }
            Ok(begun)
        })
        .await
    }

    /// Records outcomes and ends the job with the last one. The first outcome of a device stays; a later one
    /// changes nothing. Devices that were not begun (deleted, disabled) may end too, while the job is open. An
    /// attempt of which nothing was sent is taken back while the job is open; afterwards it ends like the rest.
    /// Returns whether the job has ended and nothing of it is out any more.
    pub async fn record_endings(&self, job: JobKey, endings: Vec<Ending>, now: Time) -> Result<bool, StoreError> {
        self.for_job(move |connection| {
            let mut standing = standing(connection, job)?;
            let open = standing.is_open();
            let Some(mut counters) = standing.counters else { return Ok(standing.state.is_final()) };
            let mut touched = Vec::with_capacity(endings.len());
            for Ending { device, outcome } in endings {
                let Some(before) = device_job_state(connection, job, device)? else { continue };
                let rest = standing.rest.map(|class| Outcome::of_rest(class, JobType::ScheduleDeviceMethod));
                let Some(outcome) = outcome.or(rest) else {
                    if before == DeviceJobState::Running {
                        let sql = "DELETE FROM device_job WHERE job = ?1 AND device = ?2";
                        connection.prepare_cached(sql)?.execute([job.0, device.0])?;
                        counters.running = counters.running.saturating_sub(1);
                        touched.push(device);
                    }
                    continue;
                };
                if before.end(outcome.class).is_none() || (before == DeviceJobState::Pending && !open) {
                    continue;
                }
                save_ending(connection, job, device, &outcome, now)?;
                if before == DeviceJobState::Running {
                    counters.running = counters.running.saturating_sub(1);
                }
                counters.count(outcome.class.tally(Success::Answered), 1);
                touched.push(device);
            }
            if !touched.is_empty() {
                touched.sort_unstable();
                standing.counters = Some(counters);
                standing.finish_if_done(now);
                save_standing(connection, &standing, &touched, now)?;
            }
            // A cancelled job still has calls out whose outcomes are to be recorded.
            Ok(standing.state.is_final() && counters.running == 0)
        })
        .await
    }
}

/// `None` when the device is not in the job's list.
fn device_job_state(
    connection: &Connection,
    job: JobKey,
    device: DeviceSeq,
) -> Result<Option<DeviceJobState>, StoreError> {
    let state: Option<i64> = connection
        .prepare_cached("SELECT state FROM device_job WHERE job = ?1 AND device = ?2")?
        .query_row([job.0, device.0], |row| row.get(0))
        .optional()?;
    Ok(match state {
        Some(0) => Some(DeviceJobState::Running),
        Some(class) => Some(DeviceJobState::Ended(crate::jobs::class_of(class)?)),
        None => is_target(connection, job, device)?.then_some(DeviceJobState::Pending),
    })
}

pub(crate) fn save_ending(
    connection: &Connection,
    job: JobKey,
    device: DeviceSeq,
    outcome: &Outcome,
    now: Time,
) -> Result<(), StoreError> {
    let error = outcome.error.as_ref();
    let sql = "INSERT INTO device_job (job, device, state, created, updated, status, code, detail)
               VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7)
               ON CONFLICT DO UPDATE SET state = excluded.state, updated = excluded.updated,
               status = excluded.status, code = excluded.code, detail = excluded.detail";
    connection.prepare_cached(sql)?.execute(params![
        job.0,
        device.0,
        outcome.class as i64,
        now.0,
        outcome.answer.as_ref().map(|answer| answer.status),
        error.map(|error| error.code.as_ref()),
        error.map(|error| error.description.as_str()),
    ])?;
    if let Some(answer) = &outcome.answer
        && answer.payload != "null"
    {
        let sql = "INSERT OR REPLACE INTO device_job_answer (job, device, payload) VALUES (?1, ?2, ?3)";
        connection.prepare_cached(sql)?.execute(params![job.0, device.0, answer.payload])?;
    }
    Ok(())
}
