//! Runs of scheduled jobs (iot-central §4): a run's job is made in the transaction that moves its definition, so that
//! no crash makes it twice or loses it.

use bellwether_model::Time;
use bellwether_model::ids::ScheduledJobId;
use bellwether_model::job::{Job, JobSpec, JobState};
use bellwether_model::schedule::ScheduledJob;
use rusqlite::{OptionalExtension, params};

use crate::job_hold::hold;
use crate::jobs::{CreateError, create_job, fail_job, job_by_id};
use crate::standing::{state_number, state_of};
use crate::{Record, RecordKind, Records, StoreError};

impl Record for ScheduledJob {
    const KIND: RecordKind = RecordKind::ScheduledJob;

    fn id(&self) -> &str {
        self.id.as_str()
    }
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunStanding {
    /// Its state.
    pub state: JobState,
    /// When it began.
    pub began: Option<Time>,
    /// When it ended.
    pub ended: Option<Time>,
}

impl Records<'_> {
    /// How the job called `id` stands; `None`: it is kept no longer.
    ///
    /// # Errors
    /// The store failed.
    pub fn run_standing(&self, id: &str) -> Result<Option<RunStanding>, StoreError> {
        let mut statement = self.connection().prepare_cached("SELECT state, began, ended FROM job WHERE id = ?1")?;
        let mut rows = statement.query([id])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let time = |column| row.get::<_, Option<i64>>(column).map(|micros| micros.map(Time));
        Ok(Some(RunStanding { state: state_of(row.get(0)?)?, began: time(1)?, ended: time(2)? }))
    }

    /// Accepts a job together with the records that change here. With a `failure` it is one that failed as such and
    /// never runs.
    ///
    /// # Errors
    /// The id is taken, or the store failed.
    pub fn create_job(&self, spec: JobSpec, failure: Option<&str>, now: Time) -> Result<Job, CreateError> {
        let job = create_job(self.connection(), spec, None, now)?;
        let Some(failure) = failure else { return Ok(job) };
        fail_job(self.connection(), job.key, failure.to_owned(), now)?;
        let failed = job_by_id(self.connection(), job.spec.id.as_str())?;
        Ok(failed.ok_or_else(|| StoreError::Damaged(format!("job {} is gone", job.key)))?)
    }

    /// Is a run of this scheduled job active: not begun yet, under way, or with calls out? One that somebody stopped
    /// is not: it may stay so for ever. One that the hold on all jobs stopped is until that is lifted, and one that paused
    /// after a batch is until somebody resumes or ends it: both are to go on, and would do so beside the next run.
    pub fn has_active_run(&self, id: &ScheduledJobId) -> Result<bool, StoreError> {
        let [queued, scheduled, running, stopped, cancelled] =
            [JobState::Queued, JobState::Scheduled, JobState::Running, JobState::Stopped, JobState::Cancelled]
                .map(state_number);
        let held = hold(self.connection())?.map(|hold| hold.stopped).unwrap_or_default();
        let held = serde_json::to_string(&held)?;
        let sql = "SELECT 1 FROM job WHERE scheduled_job = ?1 AND (
                       state IN (?2, ?3, ?4)
                       OR (state IN (?5, ?6) AND running > 0)
                       OR (state = ?5 AND rest IS NULL AND batch_ended IS NOT NULL)
                       OR (state = ?5 AND key IN (SELECT value FROM json_each(?7)))
                   ) LIMIT 1";
        let values = params![id.as_str(), queued, scheduled, running, stopped, cancelled, held];
        Ok(self.connection().prepare_cached(sql)?.query_row(values, |_| Ok(())).optional()?.is_some())
    }
}
