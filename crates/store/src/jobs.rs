//! Jobs as a whole: accepted, scheduled, their target list frozen, stopped, resumed, cancelled, ended.

use std::collections::BTreeSet;

use bellwether_model::job::{
    DeviceJobState, Face, Job, JobHold, JobSpec, JobState, JobType, Ledger, NoPause, Outcome, Refused,
};
use bellwether_model::{DeviceSeq, JobKey, Time};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use crate::job_hold::hold;
use crate::job_list::kind_number;
use crate::standing::{
    STANDING_COLUMN_COUNT, STANDING_COLUMNS, Standing, delivery_text, save_standing, standing, standing_of,
    state_number, success_number, type_number,
};
use crate::targets::{TargetList, drop_chosen};
use crate::{NewAuditEntry, Records, Store, StoreError};

/// Why a job was not accepted.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CreateError {
    /// A job of this id is still on record.
    #[error("a job with this id exists already")]
    AlreadyExists,
    /// The job whose devices it is to run on again is no longer on record.
    #[error("the job whose devices it is on is no longer on record")]
    SourceGone,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a job was not cancelled, stopped, resumed or acknowledged.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MoveJobError {
    /// No job of this id.
    #[error("there is no job with this id")]
    NotFound,
    /// Not in the state it is in.
    #[error("{0}")]
    Refused(#[from] Refused),
    /// It cannot be resumed while all jobs are held.
    #[error("{0}; lift the hold first")]
    Held(Box<JobHold>),
    /// Only what has ended can be acknowledged.
    #[error("a job that is {0} cannot be acknowledged; it must have ended")]
    NotOver(JobState),
    /// It does not pause after a batch.
    #[error(transparent)]
    NoPause(#[from] NoPause),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for CreateError {
    fn from(error: rusqlite::Error) -> Self {
        CreateError::Store(error.into())
    }
}

impl From<rusqlite::Error> for MoveJobError {
    fn from(error: rusqlite::Error) -> Self {
        MoveJobError::Store(error.into())
    }
}

impl From<serde_json::Error> for CreateError {
    fn from(error: serde_json::Error) -> Self {
        CreateError::Store(error.into())
    }
}

/// Which jobs a list shows; what is empty or `None` shows all.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// Jobs of this type.
    pub job_type: Option<JobType>,
    /// Jobs in one of these states.
    pub states: Vec<JobState>,
    /// Jobs that were made on this face.
    pub face: Option<FaceKind>,
    /// Runs of the scheduled job with this id.
    pub scheduled_job: Option<String>,
    /// Jobs that belong to one of these organizations.
    pub organizations: Option<BTreeSet<String>>,
}

/// What stands behind `WHERE`, while it grows.
pub(crate) struct Narrow {
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Narrow {
    pub fn new() -> Narrow {
        Narrow { conditions: vec!["TRUE".to_owned()], values: Vec::new() }
    }

    /// A condition without a value.
    pub fn is(&mut self, condition: &str) {
        self.conditions.push(condition.to_owned());
    }

    /// A condition with one value, whose place is `?`.
    pub fn holds(&mut self, condition: &str, value: Value) {
        self.values.push(value);
        self.conditions.push(condition.replace('?', &format!("?{}", self.values.len())));
    }

    /// The column is one of these.
    pub fn one_of(&mut self, column: &str, wanted: impl IntoIterator<Item = Value>) {
        let before = self.values.len();
        self.values.extend(wanted);
        let places: Vec<String> = (before + 1..=self.values.len()).map(|n| format!("?{n}")).collect();
        self.conditions.push(format!("{column} IN ({})", places.join(", ")));
    }

    /// What a list of jobs shows.
    pub fn by(&mut self, filter: JobFilter) {
        if let Some(job_type) = filter.job_type {
            self.holds("type = ?", Value::Integer(type_number(job_type)));
        }
        if !filter.states.is_empty() {
            self.one_of("state", filter.states.into_iter().map(|state| Value::Integer(state_number(state))));
        }
        if let Some(face) = filter.face {
            self.holds("face = ?", Value::Integer(face_number(face)));
        }
        if let Some(id) = filter.scheduled_job {
            self.holds("scheduled_job = ?", Value::Text(id));
        }
        if let Some(organizations) = filter.organizations {
            self.one_of("organization", organizations.into_iter().map(Value::Text));
        }
    }

    /// The conditions, and the values that stand in them.
    pub fn finish(self) -> (String, Vec<Value>) {
        (self.conditions.join(" AND "), self.values)
    }
}

/// The contract by which a job was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaceKind {
    /// [`Face::Hub`].
    Hub,
    /// [`Face::Central`].
    Central,
}

/// A page of jobs ends after so many bytes of what was asked: a hundred conditions may have a mebibyte each.
pub(crate) const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// One page of jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobsPage {
    /// Newest first.
    pub jobs: Vec<Job>,
    /// There are older ones.
    pub more: bool,
}

/// Behind those of the standing.
pub(crate) const JOB_COLUMNS: &str = "created, start, deadline, began, spec";
pub(crate) const SPEC_COLUMN: usize = STANDING_COLUMN_COUNT + 4;

fn select_jobs(rest: &str) -> String {
    format!("SELECT {STANDING_COLUMNS}, {JOB_COLUMNS} FROM job {rest}")
}

pub(crate) fn face_number(face: FaceKind) -> i64 {
    match face {
        FaceKind::Hub => 0,
        FaceKind::Central => 1,
    }
}

impl From<&Face> for FaceKind {
    fn from(face: &Face) -> FaceKind {
        match face {
            Face::Hub => FaceKind::Hub,
            Face::Central(_) => FaceKind::Central,
        }
    }
}

pub(crate) fn job_of(row: &Row<'_>) -> Result<Job, StoreError> {
    let Standing { key, ledger } = standing_of(row)?;
    let column = |n| STANDING_COLUMN_COUNT + n;
    let spec: JobSpec = serde_json::from_str(row.get_ref(SPEC_COLUMN)?.as_str().map_err(rusqlite::Error::from)?)?;
    Ok(Job {
        key,
        spec,
        state: ledger.state,
        created: Time(row.get(column(0))?),
        start: Time(row.get(column(1))?),
        deadline: row.get::<_, Option<i64>>(column(2))?.map(Time),
        began: row.get::<_, Option<i64>>(column(3))?.map(Time),
        ended: ledger.ended,
        counters: ledger.counters,
        batch: ledger.batch,
        pause_after: ledger.pause_after,
        next_ordinal: ledger.next_ordinal,
        rest: ledger.rest,
        failure: ledger.reason,
    })
}

/// The job called `id`.
pub(crate) fn job_by_id(connection: &Connection, id: &str) -> Result<Option<Job>, StoreError> {
    let mut statement = connection.prepare_cached(&select_jobs("WHERE id = ?1"))?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(job_of).transpose()
}

/// The first job whose key is greater than `after`.
pub(crate) fn job_after(connection: &Connection, after: JobKey) -> Result<Option<Job>, StoreError> {
    let mut statement = connection.prepare_cached(&select_jobs("WHERE key > ?1 ORDER BY key LIMIT 1"))?;
    let mut rows = statement.query([after.0])?;
    rows.next()?.map(job_of).transpose()
}

/// The job with this key.
pub(crate) fn job_by_key(connection: &Connection, key: JobKey) -> Result<Option<Job>, StoreError> {
    Ok(job_after(connection, JobKey(key.0 - 1))?.filter(|job| job.key == key))
}

/// Accepts a job; `chosen` are its devices, where they were chosen one by one.
pub(crate) fn create_job(
    connection: &Connection,
    spec: JobSpec,
    chosen: Option<TargetList>,
    now: Time,
) -> Result<Job, CreateError> {
    let exists = connection
        .prepare_cached("SELECT 1 FROM job WHERE id = ?1")?
        .query_row([spec.id.as_str()], |_| Ok(()))
        .optional()?;
    if exists.is_some() {
        return Err(CreateError::AlreadyExists);
    }
    if let Some(source) = spec.rerun_of() {
        let sql = "SELECT 1 FROM job WHERE key = ?1";
        let is_there = connection.prepare_cached(sql)?.query_row([source.0], |_| Ok(())).optional()?.is_some();
        if !is_there {
            return Err(CreateError::SourceGone);
        }
    }
    let deadline = Job::deadline_of(&spec, now);
    let start = spec.start.unwrap_or(now);
    let sql = "INSERT INTO job (id, type, face, state, success, created, start, deadline, next_ordinal, events,
               succeeded, failed, running, cancelled, delivery, organization, scheduled_job, kind, owner, group_id,
               rerun_of, display_name, description, spec)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, 0, 0, 0, 0, 0, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
               ?18)";
    let central = spec.central();
    let ledger = Ledger::new(spec.delivery, spec.success);
    connection.prepare_cached(sql)?.execute(params![
        spec.id.as_str(),
        type_number(spec.action.job_type()),
        face_number((&spec.face).into()),
        state_number(ledger.state),
        success_number(spec.success),
        now.0,
        start.0,
        deadline.map(|time| time.0),
        delivery_text(&spec.delivery)?,
        spec.organization,
        central.and_then(|central| central.scheduled_job.as_deref()),
        kind_number(spec.kind()),
        spec.owner,
        central.map(|central| central.group.as_str()),
        spec.rerun_of().map(|source| source.0),
        central.and_then(|central| central.display_name.as_deref()),
        central.and_then(|central| central.description.as_deref()),
        serde_json::to_string(&spec)?,
    ])?;
    let key = JobKey(connection.last_insert_rowid());
    if let Some(list) = chosen {
        list.keep_as_chosen(connection, key)?;
    }
    Ok(Job {
        key,
        spec,
        state: ledger.state,
        created: now,
        start,
        deadline,
        began: None,
        ended: None,
        counters: None,
        batch: None,
        pause_after: None,
        next_ordinal: 0,
        rest: None,
        failure: None,
    })
}

/// Ends a job that as such cannot run.
pub(crate) fn fail_job(connection: &Connection, job: JobKey, reason: String, now: Time) -> Result<(), StoreError> {
    let mut standing = standing(connection, job)?;
    if standing.ledger.fail(reason, now).is_ok() {
        save_standing(connection, &standing, &[], now)?;
    }
    Ok(())
}

impl Store {
    /// Accepts a job. It is on disk when this returns.
    pub async fn create_job(&self, spec: JobSpec, now: Time) -> Result<Job, CreateError> {
        self.interactive(move |connection| create_job(connection, spec, None, now)).await
    }

    /// As [`Store::create_job`], on devices that were chosen one by one.
    pub async fn create_job_on(&self, spec: JobSpec, chosen: TargetList, now: Time) -> Result<Job, CreateError> {
        self.interactive(move |connection| create_job(connection, spec, Some(chosen), now)).await
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
            let mut narrow = Narrow::new();
            narrow.holds("key < ?", Value::Integer(before.map_or(i64::MAX, |key| key.0)));
            narrow.by(filter);
            let (conditions, values) = narrow.finish();
            let sql = select_jobs(&format!("WHERE {conditions} ORDER BY key DESC"));
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

    /// The jobs that wait or run, oldest first: what a start takes up again.
    pub async fn open_jobs(&self) -> Result<Vec<Job>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&select_jobs("WHERE state IN (0, 1, 2) ORDER BY key"))?;
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
        self.read(move |connection| job_by_key(connection, key)).await
    }

    /// Moves a job that does not run yet to `scheduled`. Returns the state it is in then, which is the old one when
    /// it came too late.
    pub async fn postpone_job(&self, job: JobKey, now: Time) -> Result<JobState, StoreError> {
        self.move_waiting(job, now, Ledger::postpone).await
    }

    /// Moves a scheduled job to `queued`. Returns the state it is in then.
    pub async fn job_is_due(&self, job: JobKey, now: Time) -> Result<JobState, StoreError> {
        self.move_waiting(job, now, Ledger::due).await
    }

    async fn move_waiting(
        &self,
        job: JobKey,
        now: Time,
        event: fn(&mut Ledger) -> Result<(), Refused>,
    ) -> Result<JobState, StoreError> {
        self.moving(job, move |connection| {
            let mut standing = standing(connection, job)?;
            if event(&mut standing.ledger).is_ok() {
                save_standing(connection, &standing, &[], now)?;
            }
            Ok(standing.ledger.state)
        })
        .await
    }

    /// Ends a job whose targets could not be found out.
    pub async fn fail_job(&self, job: JobKey, reason: String, now: Time) -> Result<(), StoreError> {
        self.moving(job, move |connection| fail_job(connection, job, reason, now)).await
    }

    /// Freezes the target list and lets the job run, in one transaction: there is no half-frozen list
    /// (DESIGN §6.4). A job of no device has ended. Returns the state after it, which is another than running
    /// or completed when the job was cancelled or stopped meanwhile, or all jobs are held (`job_hold`).
    pub async fn freeze_targets(&self, job: JobKey, list: TargetList, now: Time) -> Result<JobState, StoreError> {
        self.moving(job, move |connection| {
            let mut standing = standing(connection, job)?;
            let devices = list.devices();
            if hold(connection)?.is_some() {
                return Ok(standing.ledger.state);
            }
            if standing.ledger.freeze(devices, now).is_ok() {
                list.save(connection, job)?;
                drop_chosen(connection, job)?;
                let sql = "UPDATE job SET began = ?2 WHERE key = ?1 RETURNING id";
                let id = connection.prepare_cached(sql)?.query_row([job.0, now.0], |row| row.get(0))?;
                let detail = match devices {
                    1 => "on 1 device".to_owned(),
                    devices => format!("on {devices} devices"),
                };
                Records::inside(connection).note(&NewAuditEntry::of_system("begin", "job", id, detail), now)?;
                save_standing(connection, &standing, &[], now)?;
            }
            Ok(standing.ledger.state)
        })
        .await
    }

    /// Cancels a job: what was not begun never is; attempts that are out will be recorded (iot-hub §1.10).
    pub async fn cancel_job(&self, id: &str, now: Time) -> Result<Job, MoveJobError> {
        self.move_job(id, now, move |ledger| ledger.cancel(now)).await
    }

    /// Stops a job for now: when this returns no attempt is recorded any more until it is resumed; those that are
    /// out will be recorded (iot-central §5.5).
    pub async fn stop_job(&self, id: &str, now: Time) -> Result<Job, MoveJobError> {
        self.move_job(id, now, Ledger::stop).await
    }

    /// Lets a stopped job go on, unless all are held.
    pub async fn resume_job(&self, id: &str, now: Time) -> Result<Job, MoveJobError> {
        let resume = move |connection: &Connection, ledger: &mut Ledger| {
            ledger.resume(now)?;
            match hold(connection)? {
                Some(hold) => Err(MoveJobError::Held(Box::new(hold))),
                None => Ok(()),
            }
        };
        self.move_job_by(id, now, resume).await
    }

    /// When the open batch has ended the job stops instead of opening the next, in the transaction that records the last
    /// outcome of it.
    pub async fn pause_after_batch(&self, id: &str, now: Time) -> Result<Job, MoveJobError> {
        self.move_job_by(id, now, |_, ledger| Ok(ledger.pause_after_batch().map(|_| ())?)).await
    }

    /// It opens the next batch after all.
    pub async fn withdraw_pause(&self, id: &str, now: Time) -> Result<Job, MoveJobError> {
        self.move_job_by(id, now, |_, ledger| Ok(ledger.withdraw_pause()?)).await
    }

    async fn move_job(
        &self,
        id: &str,
        now: Time,
        event: impl FnOnce(&mut Ledger) -> Result<(), Refused> + Send + 'static,
    ) -> Result<Job, MoveJobError> {
        self.move_job_by(id, now, |_, ledger| Ok(event(ledger)?)).await
    }

    async fn move_job_by(
        &self,
        id: &str,
        now: Time,
        event: impl FnOnce(&Connection, &mut Ledger) -> Result<(), MoveJobError> + Send + 'static,
    ) -> Result<Job, MoveJobError> {
        let id = id.to_owned();
        let moved = self.interactive(move |connection| {
            let key = job_by_id(connection, &id)?.ok_or(MoveJobError::NotFound)?.key;
            let mut standing = standing(connection, key)?;
            event(connection, &mut standing.ledger)?;
            save_standing(connection, &standing, &[], now)?;
            job_by_id(connection, &id)?.ok_or(MoveJobError::NotFound)
        });
        let job = moved.await?;
        self.news.tell(job.key);
        Ok(job)
    }

    /// The deadline has come: no further device is begun, those not begun end as never reached; attempts that are out
    /// will be recorded. Returns whether the job has ended.
    pub async fn close_at_deadline(&self, job: JobKey, now: Time) -> Result<bool, StoreError> {
        self.moving(job, move |connection| {
            let mut standing = standing(connection, job)?;
            if standing.ledger.deadline(now) {
                save_standing(connection, &standing, &[], now)?;
            }
            Ok(standing.ledger.state.is_final())
        })
        .await
    }

    /// After a start: attempts of earlier starts that have no outcome get the outcome unknown (DESIGN §6.6).
    /// Returns how many there were.
    pub async fn resolve_lost_attempts(&self, now: Time) -> Result<u64, StoreError> {
        self.interactive(move |connection| {
            let mut statement = connection.prepare("SELECT key FROM job WHERE running > 0")?;
            let jobs: Vec<JobKey> = statement.query_map([], |row| row.get(0).map(JobKey))?.collect::<Result<_, _>>()?;
            let mut resolved = 0;
            for job in jobs {
                resolved += resolve_attempts(connection, job, now)?;
            }
            Ok(resolved)
        })
        .await
    }

    /// The same for one job, whose task ended without recording what was out. Returns how many there were.
    pub async fn resolve_attempts_of(&self, job: JobKey, now: Time) -> Result<u64, StoreError> {
        let resolved = self.interactive(move |connection| resolve_attempts(connection, job, now)).await;
        self.news.tell(job);
        resolved
    }
}

fn resolve_attempts(connection: &Connection, job: JobKey, now: Time) -> Result<u64, StoreError> {
    let outcome = Outcome::unknown();
    let error = outcome.error.as_ref();
    let sql = "UPDATE device_job SET state = ?2, updated = ?3, code = ?4, detail = ?5
               WHERE job = ?1 AND state = 0 RETURNING device";
    let mut statement = connection.prepare_cached(sql)?;
    let values = params![
        job.0,
        outcome.class as i64,
        now.0,
        error.map(|error| error.code.as_ref()),
        error.map(|error| error.description.as_str()),
    ];
    let mut devices: Vec<DeviceSeq> =
        statement.query_map(values, |row| row.get(0).map(DeviceSeq))?.collect::<Result<_, _>>()?;
    if devices.is_empty() {
        return Ok(0);
    }
    devices.sort_unstable();
    let mut standing = standing(connection, job)?;
    for _ in &devices {
        standing.ledger.end(DeviceJobState::Running, outcome.class, now);
    }
    save_standing(connection, &standing, &devices, now)?;
    Ok(devices.len() as u64)
}
