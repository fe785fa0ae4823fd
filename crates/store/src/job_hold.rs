//! The hold on all jobs.
//!
//! While its record is there, no job is [`JobState::Running`]: the transaction that writes it stops all that run, and
//! the two ways to that state, freezing a list and resuming, look for it in their own transaction ([`hold`]). An attempt
//! is recorded and a chunk is written by a transaction that finds the job running. So once the hold is on disk no device
//! is begun, whatever was under way, until the record is gone from the disk.

use bellwether_model::access::Scope;
use bellwether_model::job::{Job, JobHold, JobState};
use bellwether_model::{JobKey, Time};
use rusqlite::{Connection, Row, params};

use crate::jobs::job_by_key;
use crate::standing::{save_standing, standing, state_number, state_of};
use crate::{AuditAction, AuditPlace, NewAuditEntry, Record, RecordKind, Records, Store, StoreError};

/// There is one at most.
const THE_HOLD: &str = "all";

impl Record for JobHold {
    const KIND: RecordKind = RecordKind::JobHold;

    fn id(&self) -> &str {
        THE_HOLD
    }
}

/// The hold as a transaction sees it.
pub(crate) fn hold(connection: &Connection) -> Result<Option<JobHold>, StoreError> {
    Ok(Records::inside(connection).get::<JobHold>(THE_HOLD)?.map(|stored| stored.record))
}

/// The hold, and how many jobs it is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HoldStanding {
    /// `None`: jobs are not held.
    pub hold: Option<JobHold>,
    /// Jobs that it stopped and that are still on record.
    pub stopped: u64,
    /// Of these, those that are still stopped.
    pub still_stopped: u64,
    /// Jobs that run.
    pub running: u64,
    /// Jobs that have not begun, also those whose time has not come.
    pub waiting: u64,
}

impl Store {
    /// Holds all jobs. When this returns no job runs and none will until [`Store::release_jobs`]; attempts that are out
    /// will be recorded. Where they are held already, who and since when stay; a reason that is given replaces the old one.
    /// `entry` is written down, and one like it for each job that is stopped.
    pub async fn hold_jobs(
        &self,
        by: String,
        reason: Option<String>,
        entry: NewAuditEntry,
        now: Time,
    ) -> Result<JobHold, StoreError> {
        let held = self.interactive(move |connection| {
            let records = Records::inside(connection);
            let mut held = hold(connection)?.unwrap_or(JobHold { by, since: now, reason: None, stopped: Vec::new() });
            held.reason = reason.or(held.reason);
            let said = held.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            let running = jobs_in(connection, JobState::Running)?;
            for &job in &running {
                let mut standing = standing(connection, job)?;
                if standing.ledger.stop().is_ok() {
                    save_standing(connection, &standing, &[], now)?;
                    note_of_job(connection, job, &entry, "hold", format!("all jobs were held{said}"), now)?;
                    held.stopped.push(job);
                }
            }
            let detail = format!("{} stopped{said}", counted(running.len()));
            records.note(&NewAuditEntry { detail: Some(detail), ..entry }, now)?;
            Ok::<_, StoreError>(records.put(held)?.record)
        });
        let held = held.await?;
        held.stopped.iter().for_each(|job| self.news.tell(*job));
        Ok(held)
    }

    /// Lifts the hold. With `resume` the jobs that it stopped and that stand as it left them go on: they are returned. `None`,
    /// and nothing is done: jobs are not held.
    pub async fn release_jobs(
        &self,
        resume: bool,
        entry: NewAuditEntry,
        now: Time,
    ) -> Result<Option<Vec<Job>>, StoreError> {
        let released = self.interactive(move |connection| {
            let records = Records::inside(connection);
            let Some(held) = hold(connection)? else { return Ok(None) };
            records.delete::<JobHold>(THE_HOLD)?;
            let mut resumed = Vec::new();
            for job in held.stopped.into_iter().filter(|_| resume) {
                let is_left = job_by_key(connection, job)?.is_some_and(|job| is_left(&job));
                let mut standing = if is_left { standing(connection, job)? } else { continue };
                if standing.ledger.resume(now).is_ok() {
                    save_standing(connection, &standing, &[], now)?;
                    note_of_job(connection, job, &entry, "resume", "the hold on all jobs was lifted".to_owned(), now)?;
                    resumed.extend(job_by_key(connection, job)?);
                }
            }
            let detail = format!("{} resumed", counted(resumed.len()));
            records.note(&NewAuditEntry { detail: Some(detail), ..entry }, now)?;
            Ok::<_, StoreError>(Some(resumed))
        });
        let resumed = released.await?;
        resumed.iter().flatten().for_each(|job| self.news.tell(job.key));
        Ok(resumed)
    }

    /// The hold; `None`: jobs are not held.
    pub async fn job_hold(&self) -> Result<Option<JobHold>, StoreError> {
        self.read(hold).await
    }

    /// The hold, and how many of the jobs of `scope` it is about.
    pub async fn hold_standing(&self, scope: Scope) -> Result<HoldStanding, StoreError> {
        self.read(move |connection| {
            let mut found = HoldStanding { hold: hold(connection)?, ..HoldStanding::default() };
            let sql = "SELECT state, organization, COUNT(*) FROM job WHERE state IN (?1, ?2, ?3) GROUP BY 1, 2";
            let mut statement = connection.prepare_cached(sql)?;
            let states = [JobState::Queued, JobState::Scheduled, JobState::Running].map(state_number);
            let mut rows = statement.query(states)?;
            while let Some(row) = rows.next()? {
                let jobs = if is_in(row, &scope)? { row.get::<_, i64>(2)? as u64 } else { continue };
                match state_of(row.get(0)?)? {
                    JobState::Running => found.running += jobs,
                    JobState::Queued | JobState::Scheduled => found.waiting += jobs,
                    JobState::Completed | JobState::Failed | JobState::Cancelled | JobState::Stopped => {}
                }
            }
            for job in found.hold.iter().flat_map(|hold| &hold.stopped) {
                let job = job_by_key(connection, *job)?;
                if let Some(job) = job.filter(|job| scope.covers(job.spec.organization.as_deref())) {
                    found.stopped += 1;
                    found.still_stopped += u64::from(is_left(&job));
                }
            }
            Ok(found)
        })
        .await
    }
}

/// It is as the hold left it. One that was to pause after a batch has done so meanwhile if the batch ended: whoever wants to
/// look at it first still does.
fn is_left(job: &Job) -> bool {
    job.state == JobState::Stopped && !job.is_paused()
}

/// The second column is an organization of the scope.
fn is_in(row: &Row<'_>, scope: &Scope) -> Result<bool, StoreError> {
    Ok(scope.covers(row.get_ref(1)?.as_str_or_null().map_err(rusqlite::Error::from)?))
}

fn jobs_in(connection: &Connection, state: JobState) -> Result<Vec<JobKey>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT key FROM job WHERE state = ?1 ORDER BY key")?;
    let jobs = statement.query_map(params![state_number(state)], |row| row.get(0).map(JobKey))?;
    Ok(jobs.collect::<Result<_, _>>()?)
}

/// What whoever `entry` tells of did to one job by it.
fn note_of_job(
    connection: &Connection,
    job: JobKey,
    entry: &NewAuditEntry,
    action: &'static str,
    detail: String,
    now: Time,
) -> Result<(), StoreError> {
    let id = connection.prepare_cached("SELECT id FROM job WHERE key = ?1")?.query_row([job.0], |row| row.get(0))?;
    let of_job = NewAuditEntry {
        action: AuditAction::Named(action.into()),
        kind: "job".into(),
        id: Some(id),
        place: AuditPlace::OfThing,
        detail: Some(detail),
        ..entry.clone()
    };
    Records::inside(connection).note(&of_job, now)
}

fn counted(jobs: usize) -> String {
    if jobs == 1 { "1 job".to_owned() } else { format!("{jobs} jobs") }
}
