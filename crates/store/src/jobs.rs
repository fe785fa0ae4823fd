//! Jobs as a whole: accepted, scheduled, their target list frozen, cancelled, ended.

use bellwether_model::job::{Class, Counters, Job, JobEvent, JobSpec, JobState, JobType, Refused, Success, Tally};
use bellwether_model::targets::{BLOCK_DEVICES, pack};
use bellwether_model::{DeviceSeq, JobKey, Time};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use crate::{Store, StoreError};

/// Why a job was not accepted.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CreateError {
    /// A job of this id is still on record.
    #[error("a job with this id exists already")]
    AlreadyExists,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a job was not cancelled.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CancelError {
    /// No job of this id.
    #[error("there is no job with this id")]
    NotFound,
    /// It has ended.
    #[error("{0}")]
    Refused(#[from] Refused),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for CreateError {
    fn from(error: rusqlite::Error) -> Self {
        CreateError::Store(error.into())
    }
}

impl From<serde_json::Error> for CreateError {
    fn from(error: serde_json::Error) -> Self {
        CreateError::Store(error.into())
    }
}

impl From<rusqlite::Error> for CancelError {
    fn from(error: rusqlite::Error) -> Self {
        CancelError::Store(error.into())
    }
}

/// Which jobs a list shows; `None` shows all.
#[derive(Debug, Clone, Copy, Default)]
pub struct JobFilter {
    /// Jobs of this type.
    pub job_type: Option<JobType>,
    /// Jobs in this state.
    pub state: Option<JobState>,
}

/// A page of jobs ends after so many bytes of what was asked: a hundred conditions may have a mebibyte each.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// One page of jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobsPage {
    /// Newest first.
    pub jobs: Vec<Job>,
    /// There are older ones.
    pub more: bool,
}

/// A target list that is not frozen yet, packed as it will be kept: two bytes a device or less.
#[derive(Debug, Default)]
pub struct TargetList {
    blocks: Vec<(DeviceSeq, Vec<u8>)>,
    open: Vec<DeviceSeq>,
    devices: u64,
}

impl TargetList {
    /// How many devices it holds.
    pub fn devices(&self) -> u64 {
        self.devices
    }

    /// Adds a device; they come in ascending order.
    pub(crate) fn push(&mut self, device: DeviceSeq) {
        self.open.push(device);
        self.devices += 1;
        if self.open.len() == BLOCK_DEVICES {
            self.close_block();
        }
    }

    fn close_block(&mut self) {
        if let Some(&first) = self.open.first() {
            self.blocks.push((first, pack(&self.open)));
            self.open.clear();
        }
    }
}

/// A job without what was asked: what moves while it runs.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub key: JobKey,
    pub state: JobState,
    pub counters: Option<Counters>,
    pub next_ordinal: u64,
    pub rest: Option<Class>,
    pub ended: Option<Time>,
}

/// Where `spec` stands in [`JOB_COLUMNS`].
const SPEC_COLUMN: usize = 10;

const STANDING_COLUMNS: &str = "key, state, targets, succeeded, failed, running, cancelled, next_ordinal, rest, ended";

const JOB_COLUMNS: &str = "key, state, targets, succeeded, failed, running, cancelled, next_ordinal, rest, ended, \
     spec, created, start, deadline, began, failure";

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

fn state_of(number: i64) -> Result<JobState, StoreError> {
    JobState::ALL
        .into_iter()
        .find(|state| state_number(*state) == number)
        .ok_or_else(|| StoreError::Damaged(format!("job state {number}")))
}

fn type_number(job_type: JobType) -> i64 {
    match job_type {
        JobType::ScheduleDeviceMethod => 0,
        JobType::ScheduleUpdateTwin => 1,
    }
}

pub(crate) fn class_of(number: i64) -> Result<Class, StoreError> {
    Class::ALL
        .into_iter()
        .find(|class| *class as i64 == number)
        .ok_or_else(|| StoreError::Damaged(format!("outcome class {number}")))
}

fn standing_of(row: &Row<'_>) -> Result<Standing, StoreError> {
    let targets: Option<i64> = row.get(2)?;
    let count = |column| row.get::<_, i64>(column).map(|n| n as u64);
    let counters = match targets {
        None => None,
        Some(targets) => Some(Counters {
            targets: targets as u64,
            succeeded: count(3)?,
            failed: count(4)?,
            running: count(5)?,
            cancelled: count(6)?,
        }),
    };
    let rest: Option<i64> = row.get(8)?;
    Ok(Standing {
        key: JobKey(row.get(0)?),
        state: state_of(row.get(1)?)?,
        counters,
        next_ordinal: count(7)?,
        rest: rest.map(class_of).transpose()?,
        ended: row.get::<_, Option<i64>>(9)?.map(Time),
    })
}

pub(crate) fn job_of(row: &Row<'_>) -> Result<Job, StoreError> {
    let standing = standing_of(row)?;
    let spec: JobSpec = serde_json::from_str(row.get_ref(SPEC_COLUMN)?.as_str().map_err(rusqlite::Error::from)?)?;
    Ok(Job {
        key: standing.key,
        spec,
        state: standing.state,
        created: Time(row.get(11)?),
        start: Time(row.get(12)?),
        deadline: Some(Time(row.get(13)?)).filter(|time| time.0 != i64::MAX),
        began: row.get::<_, Option<i64>>(14)?.map(Time),
        ended: standing.ended,
        counters: standing.counters,
        next_ordinal: standing.next_ordinal,
        rest: standing.rest,
        failure: row.get(15)?,
    })
}

/// The job called `id`.
pub(crate) fn job_by_id(connection: &Connection, id: &str) -> Result<Option<Job>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {JOB_COLUMNS} FROM job WHERE id = ?1"))?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(job_of).transpose()
}

/// The first job whose key is greater than `after`.
pub(crate) fn job_after(connection: &Connection, after: JobKey) -> Result<Option<Job>, StoreError> {
    let sql = format!("SELECT {JOB_COLUMNS} FROM job WHERE key > ?1 ORDER BY key LIMIT 1");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([after.0])?;
    rows.next()?.map(job_of).transpose()
}

/// Accepts a job.
pub(crate) fn create_job(connection: &Connection, spec: JobSpec, now: Time) -> Result<Job, CreateError> {
    let exists = connection
        .prepare_cached("SELECT 1 FROM job WHERE id = ?1")?
        .query_row([spec.id.as_str()], |_| Ok(()))
        .optional()?;
    if exists.is_some() {
        return Err(CreateError::AlreadyExists);
    }
    let deadline = Job::deadline_of(&spec, now);
    let start = spec.start.unwrap_or(now);
    let sql = "INSERT INTO job (id, type, state, spec, created, start, deadline, next_ordinal, events,
               succeeded, failed, running, cancelled) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0, 0, 0, 0, 0)";
    connection.prepare_cached(sql)?.execute(params![
        spec.id.as_str(),
        type_number(spec.action.job_type()),
        state_number(JobState::Queued),
        serde_json::to_string(&spec)?,
        now.0,
        start.0,
        deadline.map_or(i64::MAX, |time| time.0),
    ])?;
    Ok(Job {
        key: JobKey(connection.last_insert_rowid()),
        spec,
        state: JobState::Queued,
        created: now,
        start,
        deadline,
        began: None,
        ended: None,
        counters: None,
        next_ordinal: 0,
        rest: None,
        failure: None,
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

/// Ends a job that as such cannot run.
pub(crate) fn fail_job(connection: &Connection, job: JobKey, reason: &str, now: Time) -> Result<(), StoreError> {
    let mut standing = standing(connection, job)?;
    if let Ok(state) = standing.state.step(JobEvent::Fail) {
        standing.state = state;
        standing.ended = Some(now);
        connection.execute("UPDATE job SET failure = ?2 WHERE key = ?1", params![job.0, reason])?;
        save_standing(connection, &standing, &[], now)?;
    }
    Ok(())
}

/// Writes where the job stands and adds its event: the counters after it and the devices that it touched
/// (DESIGN §6.9).
pub(crate) fn save_standing(
    connection: &Connection,
    job: &Standing,
    touched: &[DeviceSeq],
    now: Time,
) -> Result<(), StoreError> {
    let counters = job.counters.unwrap_or_default();
    let sql = "UPDATE job SET state = ?2, targets = ?3, succeeded = ?4, failed = ?5, running = ?6, cancelled = ?7,
               next_ordinal = ?8, rest = ?9, ended = ?10, events = events + 1 WHERE key = ?1";
    connection.prepare_cached(sql)?.execute(params![
        job.key.0,
        state_number(job.state),
        job.counters.map(|counters| counters.targets as i64),
        counters.succeeded as i64,
        counters.failed as i64,
        counters.running as i64,
        counters.cancelled as i64,
        job.next_ordinal as i64,
        job.rest.map(|class| class as i64),
        job.ended.map(|time| time.0),
    ])?;
    let sql = "INSERT INTO job_event (job, number, at, state, targets, succeeded, failed, running, cancelled, devices)
               SELECT key, events, ?2, state, targets, succeeded, failed, running, cancelled, ?3 FROM job WHERE key = ?1";
    connection.prepare_cached(sql)?.execute(params![job.key.0, now.0, pack(touched)])?;
    Ok(())
}

impl Standing {
    /// Ends the job when every device in its list has its outcome.
    pub fn finish_if_done(&mut self, now: Time) {
        let done = self.counters.is_some_and(|counters| counters.pending() == 0 && counters.running == 0);
        if done && let Ok(state) = self.state.step(JobEvent::Finish) {
            self.state = state;
            self.ended = Some(now);
        }
    }

    /// May devices of the list still be begun?
    pub fn is_open(&self) -> bool {
        self.state == JobState::Running && self.rest.is_none()
    }

    /// Gives every device that was not begun this outcome; they get no rows of their own.
    fn close_rest(&mut self, class: Class) {
        if let Some(counters) = &mut self.counters {
            let pending = counters.pending();
            counters.count(class.tally(Success::Answered), pending);
            self.rest = Some(class);
        }
    }
}

impl Store {
    /// Accepts a job. It is on disk when this returns.
    pub async fn create_job(&self, spec: JobSpec, now: Time) -> Result<Job, CreateError> {
        self.interactive(move |connection| create_job(connection, spec, now)).await
    }

    /// The job called `id`.
    pub async fn job(&self, id: &str) -> Result<Option<Job>, StoreError> {
        let id = id.to_owned();
        self.read(move |connection| job_by_id(connection, &id)).await
    }

    /// A page of at most `limit` jobs, newest first, those before the key `before`. It is shorter when their
    /// conditions are long, but never empty while there are jobs.
    pub async fn jobs(&self, filter: JobFilter, before: Option<JobKey>, limit: usize) -> Result<JobsPage, StoreError> {
        self.read(move |connection| {
            let mut sql = format!("SELECT {JOB_COLUMNS} FROM job WHERE key < ?1");
            let mut values = vec![Value::Integer(before.map_or(i64::MAX, |key| key.0))];
            let conditions = [("type", filter.job_type.map(type_number)), ("state", filter.state.map(state_number))];
            for (column, number) in conditions {
                if let Some(number) = number {
                    values.push(Value::Integer(number));
                    sql.push_str(&format!(" AND {column} = ?{}", values.len()));
                }
            }
            sql.push_str(" ORDER BY key DESC");
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            let mut page = JobsPage { jobs: Vec::new(), more: false };
            let mut bytes = 0;
            while let Some(row) = rows.next()? {
                if page.jobs.len() == limit || bytes > PAGE_BYTES {
                    page.more = true;
                    break;
                }
                bytes += row.get_ref(SPEC_COLUMN)?.as_str().map_err(rusqlite::Error::from)?.len();
                page.jobs.push(job_of(row)?);
            }
            Ok(page)
        })
        .await
    }

    /// The jobs that have not ended, or have attempts out, oldest first: what a start takes up again.
    pub async fn open_jobs(&self) -> Result<Vec<Job>, StoreError> {
        self.read(|connection| {
            let sql = format!("SELECT {JOB_COLUMNS} FROM job WHERE state IN (0, 1, 2) ORDER BY key");
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([])?;
            let mut jobs = Vec::new();
            while let Some(row) = rows.next()? {
                jobs.push(job_of(row)?);
            }
            Ok(jobs)
        })
        .await
    }

    /// The job with this key.
    pub async fn job_by_key(&self, key: JobKey) -> Result<Option<Job>, StoreError> {
        self.read(move |connection| Ok(job_after(connection, JobKey(key.0 - 1))?.filter(|job| job.key == key))).await
    }

    /// Moves a job that does not run yet: [`JobEvent::Postpone`] or [`JobEvent::Due`]. Returns the state it is
    /// in then, which is the old one when the event came too late.
    pub async fn move_job(&self, job: JobKey, event: JobEvent, now: Time) -> Result<JobState, StoreError> {
        self.for_job(move |connection| {
            let mut standing = standing(connection, job)?;
            if let Ok(state) = standing.state.step(event) {
                standing.state = state;
                save_standing(connection, &standing, &[], now)?;
            }
            Ok(standing.state)
        })
        .await
    }

    /// Ends a job whose targets could not be found out.
    pub async fn fail_job(&self, job: JobKey, reason: String, now: Time) -> Result<(), StoreError> {
        self.for_job(move |connection| fail_job(connection, job, &reason, now)).await
    }

    /// Freezes the target list and lets the job run, in one transaction: there is no half-frozen list
    /// (DESIGN §6.4). A job of no device has ended. Returns the state after it, which is another than running
    /// or completed when the job was cancelled meanwhile.
    pub async fn freeze_targets(&self, job: JobKey, mut list: TargetList, now: Time) -> Result<JobState, StoreError> {
        list.close_block();
        self.for_job(move |connection| {
            let mut standing = standing(connection, job)?;
            // A job that was marked as scheduled a moment ago is due all the same.
            let due = standing.state.step(JobEvent::Due).unwrap_or(standing.state);
            let Ok(state) = due.step(JobEvent::Start { targets: list.devices }) else {
                return Ok(standing.state);
            };
            let sql = "INSERT INTO job_target (job, block, first, devices) VALUES (?1, ?2, ?3, ?4)";
            let mut statement = connection.prepare_cached(sql)?;
            for (block, (first, devices)) in list.blocks.iter().enumerate() {
                statement.execute(params![job.0, block as i64, first.0, devices])?;
            }
            standing.state = state;
            standing.counters = Some(Counters { targets: list.devices, ..Counters::default() });
            if state.is_final() {
                standing.ended = Some(now);
            }
            connection.execute("UPDATE job SET began = ?2 WHERE key = ?1", [job.0, now.0])?;
            save_standing(connection, &standing, &[], now)?;
            Ok(state)
        })
        .await
    }

    /// Cancels a job: what was not begun never is; attempts that are out will be recorded (iot-hub §1.10).
    pub async fn cancel_job(&self, id: &str, now: Time) -> Result<Job, CancelError> {
        let id = id.to_owned();
        self.interactive(move |connection| {
            let mut job = job_by_id(connection, &id)?.ok_or(CancelError::NotFound)?;
            let mut standing = standing(connection, job.key)?;
            standing.state = standing.state.step(JobEvent::Cancel)?;
            standing.ended = Some(now);
            if standing.rest.is_none() {
                standing.close_rest(Class::Cancelled);
            }
            save_standing(connection, &standing, &[], now)?;
            job.state = standing.state;
            job.ended = standing.ended;
            job.counters = standing.counters;
            job.rest = standing.rest;
            Ok(job)
        })
        .await
    }

    /// The deadline has come: no further device is begun, those not begun end
    /// [`Class::NeverReached`]; attempts that are out will be recorded. Returns whether the job has ended.
    pub async fn close_at_deadline(&self, job: JobKey, now: Time) -> Result<bool, StoreError> {
        self.for_job(move |connection| {
            let mut standing = standing(connection, job)?;
            if standing.is_open() {
                standing.close_rest(Class::NeverReached);
                standing.finish_if_done(now);
                save_standing(connection, &standing, &[], now)?;
            }
            Ok(standing.state.is_final())
        })
        .await
    }

    /// After a start: attempts of earlier starts that have no outcome get the outcome unknown (DESIGN §6.6).
    /// Returns how many there were.
    pub async fn resolve_lost_attempts(&self, now: Time) -> Result<u64, StoreError> {
        let outcome = bellwether_model::job::Outcome::unknown();
        self.interactive(move |connection| {
            let mut statement = connection.prepare("SELECT key FROM job WHERE running > 0")?;
            let jobs: Vec<i64> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let error = outcome.error.as_ref();
            let mut resolved = 0;
            for job in jobs {
                let sql = "UPDATE device_job SET state = ?2, updated = ?3, code = ?4, detail = ?5
                           WHERE job = ?1 AND state = 0 RETURNING device";
                let mut statement = connection.prepare_cached(sql)?;
                let values = params![
                    job,
                    outcome.class as i64,
                    now.0,
                    error.map(|error| error.code.as_ref()),
                    error.map(|error| error.description.as_str()),
                ];
                let mut devices: Vec<DeviceSeq> =
                    statement.query_map(values, |row| row.get(0).map(DeviceSeq))?.collect::<Result<_, _>>()?;
                devices.sort_unstable();
                let mut standing = standing(connection, JobKey(job))?;
                if let Some(counters) = &mut standing.counters {
                    counters.running = 0;
                    counters.count(Tally::Failed, devices.len() as u64);
                }
                resolved += devices.len() as u64;
                standing.finish_if_done(now);
                save_standing(connection, &standing, &devices, now)?;
            }
            Ok(resolved)
        })
        .await
    }
}
