//! What moves of a job while it runs: its [`Ledger`], read, moved and written in one transaction.

use bellwether_model::job::{Batch, Class, Counters, Delivery, JobState, JobType, Ledger, Success};
use bellwether_model::targets::pack;
use bellwether_model::{DeviceSeq, JobKey, Time};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{NewAuditEntry, Records, StoreError};

/// A job without what was asked.
pub(crate) struct Standing {
    pub key: JobKey,
    pub ledger: Ledger,
}

/// In the order of [`standing_of`].
pub(crate) const STANDING_COLUMNS: &str = "key, state, success, delivery, targets, succeeded, failed, running, \
     cancelled, next_ordinal, rest, ended, failure, batch, batch_first, batch_size, batch_succeeded, batch_failed, \
     batch_opened, batch_ended, never_reached, pause_after";
/// How many they are.
pub(crate) const STANDING_COLUMN_COUNT: usize = 22;

pub(crate) fn state_number(state: JobState) -> i64 {
    match state {
        JobState::Queued => 0,
        JobState::Scheduled => 1,
        JobState::Running => 2,
        JobState::Completed => 3,
        JobState::Failed => 4,
        JobState::Cancelled => 5,
        JobState::Stopped => 6,
    }
}

pub(crate) fn state_of(number: i64) -> Result<JobState, StoreError> {
    JobState::ALL
        .into_iter()
        .find(|state| state_number(*state) == number)
        .ok_or_else(|| StoreError::Damaged(format!("job state {number}")))
}

pub(crate) fn type_number(job_type: JobType) -> i64 {
    match job_type {
        JobType::ScheduleDeviceMethod => 0,
        JobType::ScheduleUpdateTwin => 1,
    }
}

pub(crate) fn success_number(success: Success) -> i64 {
    match success {
        Success::Answered => 0,
        Success::Status2xx => 1,
    }
}

fn success_of(number: i64) -> Result<Success, StoreError> {
    match number {
        0 => Ok(Success::Answered),
        1 => Ok(Success::Status2xx),
        other => Err(StoreError::Damaged(format!("rule of success {other}"))),
    }
}

pub(crate) fn class_of(number: i64) -> Result<Class, StoreError> {
    Class::ALL
        .into_iter()
        .find(|class| *class as i64 == number)
        .ok_or_else(|| StoreError::Damaged(format!("outcome class {number}")))
}

/// `NULL` for what most jobs have: neither batches nor a threshold.
pub(crate) fn delivery_text(delivery: &Delivery) -> Result<Option<String>, serde_json::Error> {
    if *delivery == Delivery::default() { Ok(None) } else { serde_json::to_string(delivery).map(Some) }
}

pub(crate) fn standing_of(row: &Row<'_>) -> Result<Standing, StoreError> {
    let count = |column| row.get::<_, i64>(column).map(|n| n as u64);
    let time = |column| row.get::<_, Option<i64>>(column).map(|micros| micros.map(Time));
    let delivery = match row.get_ref(3)?.as_str_or_null().map_err(rusqlite::Error::from)? {
        Some(text) => serde_json::from_str(text)?,
        None => Delivery::default(),
    };
    let counters = match row.get::<_, Option<i64>>(4)? {
        None => None,
        Some(targets) => Some(Counters {
            targets: targets as u64,
            succeeded: count(5)?,
            failed: count(6)?,
            never_reached: count(20)?,
            running: count(7)?,
            cancelled: count(8)?,
        }),
    };
    let batch = match row.get::<_, Option<i64>>(13)? {
        None => None,
        Some(number) => Some(Batch {
            number: number as u64,
            first: count(14)?,
            size: count(15)?,
            succeeded: count(16)?,
            failed: count(17)?,
            opened: Time(row.get(18)?),
            ended: time(19)?,
        }),
    };
    Ok(Standing {
        key: JobKey(row.get(0)?),
        ledger: Ledger {
            state: state_of(row.get(1)?)?,
            success: success_of(row.get(2)?)?,
            delivery,
            counters,
            batch,
            ended_batches: Vec::new(),
            pause_after: row.get::<_, Option<i64>>(21)?.map(|number| number as u64),
            paused: false,
            next_ordinal: count(9)?,
            rest: row.get::<_, Option<i64>>(10)?.map(class_of).transpose()?,
            ended: time(11)?,
            reason: row.get(12)?,
        },
    })
}

pub(crate) fn standing(connection: &Connection, job: JobKey) -> Result<Standing, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {STANDING_COLUMNS} FROM job WHERE key = ?1"))?;
    let mut rows = statement.query([job.0])?;
    match rows.next()? {
        Some(row) => standing_of(row),
        None => Err(StoreError::Damaged(format!("job {job} is gone"))),
    }
}

/// Writes where the job stands and adds its event: the counters after it and the devices that it touched
/// (DESIGN §6.9).
pub(crate) fn save_standing(
    connection: &Connection,
    job: &Standing,
    touched: &[DeviceSeq],
    now: Time,
) -> Result<(), StoreError> {
    let Standing { key, ledger } = job;
    let counters = ledger.counters.unwrap_or_default();
    let batch = ledger.batch.as_ref();
    note_ending(connection, job, now)?;
    let sql = "UPDATE job SET state = ?2, targets = ?3, succeeded = ?4, failed = ?5, running = ?6, cancelled = ?7,
               next_ordinal = ?8, rest = ?9, ended = ?10, failure = ?11, batch = ?12, batch_first = ?13,
               batch_size = ?14, batch_succeeded = ?15, batch_failed = ?16, batch_opened = ?17, batch_ended = ?18,
               never_reached = ?19, pause_after = ?20, events = events + 1 WHERE key = ?1";
    connection.prepare_cached(sql)?.execute(params![
        key.0,
        state_number(ledger.state),
        ledger.counters.map(|counters| counters.targets as i64),
        counters.succeeded as i64,
        counters.failed as i64,
        counters.running as i64,
        counters.cancelled as i64,
        ledger.next_ordinal as i64,
        ledger.rest.map(|class| class as i64),
        ledger.ended.map(|time| time.0),
        ledger.reason,
        batch.map(|batch| batch.number as i64),
        batch.map(|batch| batch.first as i64),
        batch.map(|batch| batch.size as i64),
        batch.map(|batch| batch.succeeded as i64),
        batch.map(|batch| batch.failed as i64),
        batch.map(|batch| batch.opened.0),
        batch.and_then(|batch| batch.ended).map(|time| time.0),
        counters.never_reached as i64,
        ledger.pause_after.map(|number| number as i64),
    ])?;
    if ledger.delivery.batch.is_some() {
        for batch in ledger.ended_batches.iter().chain(batch) {
            save_batch(connection, *key, batch)?;
        }
    }
    let sql = "INSERT INTO job_event (job, number, at, state, targets, succeeded, failed, running, cancelled, devices,
                                      never_reached)
               SELECT key, events, ?2, state, targets, succeeded, failed, running, cancelled, ?3, never_reached
               FROM job WHERE key = ?1";
    connection.prepare_cached(sql)?.execute(params![key.0, now.0, pack(touched)])?;
    Ok(())
}

/// A job that ends or pauses by itself right now: nobody asked for it, and it is told like what somebody did.
fn note_ending(connection: &Connection, job: &Standing, now: Time) -> Result<(), StoreError> {
    let Standing { key, ledger } = job;
    let (action, detail) = match (ledger.state, &ledger.reason) {
        (JobState::Completed, _) => {
            let counters = ledger.counters.unwrap_or_default();
            ("complete", format!("{} succeeded, {} failed", counters.succeeded, counters.failed))
        }
        (JobState::Failed, reason) => ("fail", reason.clone().unwrap_or_default()),
        // By its threshold.
        (JobState::Cancelled, Some(reason)) => ("cancel", reason.clone()),
        (JobState::Stopped, _) if ledger.paused => {
            ("pause", format!("after batch {}", ledger.batch.map_or(0, |batch| batch.number)))
        }
        (JobState::Cancelled, None)
        | (JobState::Queued | JobState::Scheduled | JobState::Running | JobState::Stopped, _) => return Ok(()),
    };
    // One that pauses may have been stopped before.
    let sql = "SELECT id FROM job WHERE key = ?1 AND (state <> ?2 OR ?3)";
    let before = connection
        .prepare_cached(sql)?
        .query_row(params![key.0, state_number(ledger.state), ledger.paused], |row| row.get::<_, String>(0));
    let Some(id) = before.optional()? else { return Ok(()) };
    Records::inside(connection).note(&NewAuditEntry::of_system(action, "job", id, detail), now)
}

fn save_batch(connection: &Connection, job: JobKey, batch: &Batch) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO job_batch (job, number, first, size, opened, ended, succeeded, failed)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    connection.prepare_cached(sql)?.execute(params![
        job.0,
        batch.number as i64,
        batch.first as i64,
        batch.size as i64,
        batch.opened.0,
        batch.ended.map(|time| time.0),
        batch.succeeded as i64,
        batch.failed as i64,
    ])?;
    Ok(())
}
