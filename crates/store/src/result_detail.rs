//! One device of a job in full: its answers, and what a change of its twin replaced.

use bellwether_model::access::Scope;
use bellwether_model::job::{CallTimes, Class, DeviceJobState, Difference, Job, Touchable};
use bellwether_model::method::MethodAnswer;
use bellwether_model::{DeviceSeq, JobKey, Time};
use rusqlite::{Connection, OptionalExtension};

use crate::jobs::job_by_key;
use crate::result_scan::{Place, place_of};
use crate::results::{DeviceResult, ResultView, result_at};
use crate::targets::Ordinals;
use crate::{Store, StoreError};

/// One device of a job in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultDetail {
    /// What a list shows of it.
    pub result: DeviceResult,
    /// The batch that it is in, from 1.
    pub batch: Option<u64>,
    /// What it answered, call by call; calls after the last answer were not made, or had none.
    pub answers: Vec<MethodAnswer>,
    /// When the calls of these answers were under way, as far as that is known. Of an only answer without a payload: when
    /// the device was begun, and when its outcome was recorded.
    pub times: Vec<Option<CallTimes>>,
    /// What was written to it, once it was.
    pub difference: Option<Difference>,
}

impl Store {
    /// The device called `id` in a job. Of several that had this id one after the other it is the one in the frozen
    /// list, though it was deleted and made again since; `None` when none of them is in it.
    /// `scope`: as in [`ResultView`].
    pub async fn job_result(&self, job: JobKey, scope: Scope, id: &str) -> Result<Option<ResultDetail>, StoreError> {
        let id = id.to_owned();
        self.read(move |connection| {
            let Some(job) = job_by_key(connection, job)? else { return Ok(None) };
            let place = place_of(connection, &mut Ordinals::of(connection, job.key), &id)?;
            place.map(|place| detail(connection, &job, scope, place)).transpose()
        })
        .await
    }
}

fn detail(connection: &Connection, job: &Job, scope: Scope, place: Place) -> Result<ResultDetail, StoreError> {
    let view = ResultView { answers: true, ..ResultView::all(scope) };
    let result = result_at(connection, job, &view, place)?;
    let targets = job.counters.map(|counters| counters.targets);
    let batch = targets.map(|targets| place.ordinal / job.spec.delivery.batch_size(targets) + 1);
    let (answers, times) = answers(connection, job.key, &result)?.into_iter().unzip();
    let difference = match result.state {
        DeviceJobState::Ended(Class::Succeeded) => {
            let previous = previous(connection, job.key, place.device)?;
            let now = touchable(connection, &result)?;
            Difference::of(&job.spec.action, previous.as_deref(), now.as_ref())
        }
        DeviceJobState::Pending | DeviceJobState::Running | DeviceJobState::Ended(_) => None,
    };
    Ok(ResultDetail { result, batch, answers, times, difference })
}

/// An answer with the times of its call.
type Answer = (MethodAnswer, Option<CallTimes>);

fn answers(connection: &Connection, job: JobKey, result: &DeviceResult) -> Result<Vec<Answer>, StoreError> {
    let sql = "SELECT status, payload, begun, answered FROM device_job_answer WHERE job = ?1 AND device = ?2
               ORDER BY entry";
    let mut statement = connection.prepare_cached(sql)?;
    let mut answers = Vec::new();
    let mut rows = statement.query([job.0, result.device.0])?;
    while let Some(row) = rows.next()? {
        let payload: Option<String> = row.get(1)?;
        let (begun, answered): (Option<i64>, Option<i64>) = (row.get(2)?, row.get(3)?);
        let times =
            begun.zip(answered).map(|(begun, answered)| CallTimes { begun: Time(begun), answered: Time(answered) });
        let payload = payload.unwrap_or_else(|| "null".to_owned());
        answers.push((MethodAnswer { status: row.get(0)?, payload }, times));
    }
    // An only answer without a payload has no row of its own.
    if answers.is_empty()
        && let Some(status) = result.status
    {
        let times = result.started.zip(result.finished).map(|(begun, answered)| CallTimes { begun, answered });
        answers.push((MethodAnswer { status, payload: "null".to_owned() }, times));
    }
    Ok(answers)
}

/// What a change replaced: in the row when it is short, else beside it.
fn previous(connection: &Connection, job: JobKey, device: DeviceSeq) -> Result<Option<String>, StoreError> {
    let sql = "SELECT coalesce(previous, (SELECT beside.previous FROM device_job_previous AS beside
               WHERE beside.job = ?1 AND beside.device = ?2)) FROM device_job WHERE job = ?1 AND device = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([job.0, device.0], |row| row.get(0)).optional()?.flatten())
}

/// What the device looks like now; `None` when it was deleted, or is not to be seen.
fn touchable(connection: &Connection, result: &DeviceResult) -> Result<Option<Touchable>, StoreError> {
    if result.deleted {
        return Ok(None);
    }
    let mut statement = connection.prepare_cached("SELECT tags, desired FROM twin WHERE seq = ?1")?;
    let now = statement.query_row([result.device.0], |row| {
        Ok(Touchable { tags: row.get(0)?, desired: row.get(1)?, template: result.template.clone() })
    });
    Ok(now.optional()?)
}
