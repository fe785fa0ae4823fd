//! Device jobs of method jobs: which devices of a list are still to be begun, attempts, outcomes.

use std::sync::Arc;

use bellwether_model::job::{DeviceJobState, Gate, JobType, Outcome};
use bellwether_model::{DeviceSeq, JobKey, Time};
use rusqlite::{Connection, OptionalExtension, params};

use crate::requirement::{Check, Requirement};
use crate::standing::{Standing, class_of, save_standing, standing};
use crate::targets::{Ordinals, devices_from};
use crate::{Store, StoreError};

/// What is known of a device in a target list before it is begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetStanding {
    /// To be begun.
    Open,
    /// It has a row: an attempt or an outcome.
    Begun,
    /// To be begun, but disabled.
    Disabled,
    /// To be begun, but deleted since the list was frozen.
    Deleted,
    /// To be begun, but it is not, or no more, what the job is for: it ends so.
    Mismatch(Outcome),
}

/// A device of a target list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Which.
    pub device: DeviceSeq,
    /// Its place in the list, from 0.
    pub ordinal: u64,
    /// Where it stands.
    pub standing: TargetStanding,
    /// When the stored connection state last changed: the time of a start of the program for a device that was
    /// connected when the program last ended and has not come back.
    pub state_updated: Time,
}

/// What became of an attempt, or of a device that could not be begun.
#[derive(Debug, Clone)]
pub struct Ending {
    /// Of this device.
    pub device: DeviceSeq,
    /// How it ended; `None` when nothing was sent after all, which makes the device one to be begun again.
    pub outcome: Option<Outcome>,
}

/// What [`Store::record_and_begin`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Devices with a new attempt: they are to be called.
    pub begun: Vec<DeviceSeq>,
    /// The job has ended and nothing of it is out any more.
    pub over: bool,
    /// Which devices may be begun after it.
    pub gate: Gate,
}

fn target(
    connection: &Connection,
    job: JobKey,
    device: DeviceSeq,
    ordinal: u64,
    check: &Check<'_>,
) -> Result<Target, StoreError> {
    let sql = "SELECT disabled, deleted IS NOT NULL, state_updated, template, organization,
               EXISTS (SELECT 1 FROM device_job WHERE job = ?1 AND device = ?2) FROM device WHERE seq = ?2";
    let found = connection
        .prepare_cached(sql)?
        .query_row([job.0, device.0], |row| {
            let (disabled, deleted, begun) = (row.get(0)?, row.get(1)?, row.get(5)?);
            let template = row.get_ref(3)?.as_str_or_null()?;
            let mismatch = check.mismatch(template, row.get_ref(4)?.as_str_or_null()?);
            let standing = match (begun, deleted, disabled, mismatch) {
                (true, _, _, _) => TargetStanding::Begun,
                (false, true, _, _) => TargetStanding::Deleted,
                (false, false, _, Some(outcome)) => TargetStanding::Mismatch(outcome),
                (false, false, true, None) => TargetStanding::Disabled,
                (false, false, false, None) => TargetStanding::Open,
            };
            Ok(Target { device, ordinal, standing, state_updated: Time(row.get(2)?) })
        })
        .optional()?;
    let gone = Target { device, ordinal, standing: TargetStanding::Deleted, state_updated: Time::NEVER };
    Ok(found.unwrap_or(gone))
}

impl Store {
    /// The devices of a job's list from the ordinal `from` on, at most so many, with their standing.
    pub async fn targets_from(
        &self,
        job: JobKey,
        from: u64,
        devices_max: usize,
        requirement: Arc<Requirement>,
    ) -> Result<Vec<Target>, StoreError> {
        self.read(move |connection| {
            let devices = devices_from(connection, job, from, devices_max)?;
            let (numbered, check) = ((from..).zip(devices), requirement.check(connection)?);
            numbered.map(|(ordinal, device)| target(connection, job, device, ordinal, &check)).collect()
        })
        .await
    }

    /// Those of `devices` that are in the job's list, with their standing.
    pub async fn targets_among(
        &self,
        job: JobKey,
        devices: Vec<DeviceSeq>,
        requirement: Arc<Requirement>,
    ) -> Result<Vec<Target>, StoreError> {
        self.read(move |connection| {
            let mut ordinals = Ordinals::of(connection, job);
            let check = requirement.check(connection)?;
            let mut targets = Vec::new();
            for device in devices {
                if let Some(ordinal) = ordinals.find(device)? {
                    targets.push(target(connection, job, device, ordinal, &check)?);
                }
            }
            Ok(targets)
        })
        .await
    }

    /// Which devices of a job may be begun now.
    pub async fn gate(&self, job: JobKey) -> Result<Gate, StoreError> {
        self.read(move |connection| Ok(standing(connection, job)?.ledger.gate())).await
    }

    /// Records outcomes, then an attempt for each of `candidates` that may be begun, before anything is sent
    /// (DESIGN §3.2), in one transaction.
    ///
    /// The first outcome of a device stays; a later one changes nothing. Devices of the open batch that were not
    /// begun (deleted, disabled) may end too, while the job is open. An attempt of which nothing was sent is taken
    /// back while the job is open; afterwards it ends like the rest. The last outcome of a batch opens the next one,
    /// the last of all ends the job, a failure too many cancels it.
    ///
    /// An attempt is only recorded for devices of the open batch, once for each, and for no more than the job's
    /// threshold allows.
    pub async fn record_and_begin(
        &self,
        job: JobKey,
        endings: Vec<Ending>,
        candidates: Vec<DeviceSeq>,
        requirement: Arc<Requirement>,
        epoch: i64,
        now: Time,
    ) -> Result<Progress, StoreError> {
        self.moving(job, move |connection| {
            let mut standing = standing(connection, job)?;
            let check = requirement.check(connection)?;
            let mut ordinals = Ordinals::of(connection, job);
            let mut touched = Vec::with_capacity(endings.len() + candidates.len());
            for ending in endings {
                let device = ending.device;
                if record(connection, &mut standing, &mut ordinals, ending, now)? {
                    touched.push(device);
                }
            }
            let begun = begin(connection, &mut standing, &mut ordinals, candidates, &check, epoch, now)?;
            touched.extend_from_slice(&begun);
            if !touched.is_empty() {
                touched.sort_unstable();
                touched.dedup();
                save_standing(connection, &standing, &touched, now)?;
            }
            let ledger = &standing.ledger;
            // A cancelled job still has calls out whose outcomes are to be recorded.
            let running = ledger.counters.is_some_and(|counters| counters.running > 0);
            Ok(Progress { begun, over: ledger.state.is_final() && !running, gate: ledger.gate() })
        })
        .await
    }
}

/// Returns whether it changed anything.
fn record(
    connection: &Connection,
    standing: &mut Standing,
    ordinals: &mut Ordinals<'_>,
    Ending { device, outcome }: Ending,
    now: Time,
) -> Result<bool, StoreError> {
    let (job, ledger) = (standing.key, &mut standing.ledger);
    let before = match kept_state(connection, job, device)? {
        Some(state) => state,
        None => match ordinals.find(device)? {
            Some(ordinal) if ledger.gate().holds(ordinal) => DeviceJobState::Pending,
            Some(_) | None => return Ok(false),
        },
    };
    let Some(outcome) = outcome else {
        if before != DeviceJobState::Running {
            return Ok(false);
        }
        match ledger.take_back(now) {
            None => {
                let sql = "DELETE FROM device_job WHERE job = ?1 AND device = ?2";
                connection.prepare_cached(sql)?.execute([job.0, device.0])?;
            }
            Some(class) => {
                let outcome = Outcome::of_rest(class, JobType::ScheduleDeviceMethod);
                save_ending(connection, job, device, &outcome, now)?;
            }
        }
        return Ok(true);
    };
    let counted = ledger.end(before, outcome.class, now);
    if counted {
        save_ending(connection, job, device, &outcome, now)?;
    }
    Ok(counted)
}

fn begin(
    connection: &Connection,
    standing: &mut Standing,
    ordinals: &mut Ordinals<'_>,
    candidates: Vec<DeviceSeq>,
    check: &Check<'_>,
    epoch: i64,
    now: Time,
) -> Result<Vec<DeviceSeq>, StoreError> {
    let (job, ledger) = (standing.key, &mut standing.ledger);
    let mut begun = Vec::with_capacity(candidates.len());
    let sql = "INSERT INTO device_job (job, device, state, created, updated, epoch)
               VALUES (?1, ?2, 0, ?3, ?3, ?4) ON CONFLICT DO NOTHING";
    let mut statement = connection.prepare_cached(sql)?;
    // Nothing opens a batch here: attempts only fill the one that is open.
    let gate = ledger.gate();
    for device in candidates {
        if ledger.room() == 0 {
            break;
        }
        // It met the requirement when it was looked up; it may have waited for room since.
        let open =
            || Ok::<_, StoreError>(matches!(target(connection, job, device, 0, check)?.standing, TargetStanding::Open));
        if !check.is_nothing() && !open()? {
            continue;
        }
        let beside =
            ledger.delivery.batch.is_some() && !ordinals.find(device)?.is_some_and(|ordinal| gate.holds(ordinal));
        if !beside && statement.execute(params![job.0, device.0, now.0, epoch])? == 1 && ledger.begin() {
            begun.push(device);
        }
    }
    begun.sort_unstable();
    Ok(begun)
}

/// `None` for a device without a row.
fn kept_state(connection: &Connection, job: JobKey, device: DeviceSeq) -> Result<Option<DeviceJobState>, StoreError> {
    let state: Option<i64> = connection
        .prepare_cached("SELECT state FROM device_job WHERE job = ?1 AND device = ?2")?
        .query_row([job.0, device.0], |row| row.get(0))
        .optional()?;
    Ok(match state {
        None => None,
        Some(0) => Some(DeviceJobState::Running),
        Some(class) => Some(DeviceJobState::Ended(class_of(class)?)),
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
        outcome.answers.last().filter(|_| outcome.is_answered()).map(|answer| answer.status),
        error.map(|error| error.code.as_ref()),
        error.map(|error| error.description.as_str()),
    ])?;
    let only = outcome.answers.len() == 1 && outcome.is_answered();
    for (entry, answer) in outcome.answers.iter().enumerate() {
        let payload = Some(&answer.payload).filter(|payload| *payload != "null");
        // The status of an only answer stands in the row above.
        if only && payload.is_none() {
            continue;
        }
        let times = outcome.times.get(entry);
        let (begun, answered) = times.map(|times| (times.begun.0, times.answered.0)).unzip();
        let sql = "INSERT OR REPLACE INTO device_job_answer (job, device, entry, status, payload, begun, answered)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let values = params![job.0, device.0, entry as i64, answer.status, payload, begun, answered];
        connection.prepare_cached(sql)?.execute(values)?;
    }
    Ok(())
}
