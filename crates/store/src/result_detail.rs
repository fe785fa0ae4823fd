//! One device of a job in full: its answers, and what a change of its twin replaced.

use bellwether_model::access::Scope;
use bellwether_model::job::{Class, DeviceJobState, Difference, Job, Touchable};
use bellwether_model::method::MethodAnswer;
use bellwether_model::{DeviceSeq, JobKey};
use rusqlite::{Connection, OptionalExtension};

use crate::jobs::job_by_key;
use crate::results::{DeviceResult, ResultView, result};
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
            // Two statements, for each has an index of its own.
            for sql in [
                "SELECT seq FROM device WHERE id = ?1 AND deleted IS NULL",
                "SELECT seq FROM device WHERE id = ?1 AND deleted IS NOT NULL ORDER BY seq DESC",
            ] {
                let mut statement = connection.prepare_cached(sql)?;
                let mut ordinals = Ordinals::of(connection, job.key);
                for device in statement.query_map([&id], |row| row.get(0).map(DeviceSeq))? {
                    let device = device?;
                    if let Some(ordinal) = ordinals.find(device)? {
                        return detail(connection, &job, scope, ordinal, device).map(Some);
                    }
                }
            }
            Ok(None)
        })
        .await
    }
}

fn detail(
    connection: &Connection,
    job: &Job,
    scope: Scope,
    ordinal: u64,
    device: DeviceSeq,
) -> Result<ResultDetail, StoreError> {
    let view = ResultView { answers: true, ..ResultView::all(scope) };
    let result = result(connection, job, &view, ordinal, device)?;
    let targets = job.counters.map(|counters| counters.targets);
    let batch = targets.map(|targets| ordinal / job.spec.delivery.batch_size(targets) + 1);
    let answers = answers(connection, job.key, &result)?;
    let difference = match result.state {
        DeviceJobState::Ended(Class::Succeeded) => {
            let previous = previous(connection, job.key, device)?;
            let now = touchable(connection, &result)?;
            Difference::of(&job.spec.action, previous.as_deref(), now.as_ref())
        }
        DeviceJobState::Pending | DeviceJobState::Running | DeviceJobState::Ended(_) => None,
    };
    Ok(ResultDetail { result, batch, answers, difference })
}

fn answers(connection: &Connection, job: JobKey, result: &DeviceResult) -> Result<Vec<MethodAnswer>, StoreError> {
    let sql = "SELECT status, payload FROM device_job_answer WHERE job = ?1 AND device = ?2 ORDER BY entry";
    let mut statement = connection.prepare_cached(sql)?;
    let mut answers = Vec::new();
    let mut rows = statement.query([job.0, result.device.0])?;
    while let Some(row) = rows.next()? {
        let payload: Option<String> = row.get(1)?;
        answers.push(MethodAnswer { status: row.get(0)?, payload: payload.unwrap_or_else(|| "null".to_owned()) });
    }
    // An only answer without a payload has no row of its own.
    if answers.is_empty()
        && let Some(status) = result.status
    {
        answers.push(MethodAnswer { status, payload: "null".to_owned() });
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
