//! Scheduled jobs (iot-central §4).

use std::sync::Arc;

use bellwether_engine::ScheduledJobError;
use bellwether_model::ids::ScheduledJobId;
use bellwether_model::schedule::ScheduledJob;
use bellwether_store::{Records, Stored};

use super::call::{Answer, Call};
use super::error::CentralError;
use super::schedule_wire;
use super::version::Version;

/// `GET /scheduledJobs`: those that the caller may see, in the order of creation.
pub(crate) async fn list(call: Call) -> Result<Answer, CentralError> {
    let page = call.page()?;
    let after = call.position(&page)?.unwrap_or(0);
    let scope = call.scope.clone();
    let covered = move |job: &ScheduledJob| scope.covers(job.definition.organization.as_deref());
    let read = move |records: &Records<'_>| records.page(after, page.limit, covered);
    let found = call.engine().store().read_records(read).await?;
    let next = found.records.last().filter(|_| found.more).map(|last| call.next(&last.key)).transpose()?;
    Ok(Answer::texts(found.records.iter().map(|job| schedule_wire::document(call.version, job)).collect(), next))
}

/// `GET /scheduledJobs/{scheduledJobId}`.
pub(crate) async fn get(call: Call) -> Result<Answer, CentralError> {
    let found = visible(&call).await?;
    Ok(answer(call.version, &found))
}

/// `PUT /scheduledJobs/{scheduledJobId}`: makes or replaces a scheduled job. A replaced one keeps its time zone and
/// goes on counting its runs.
pub(crate) async fn put(call: Call) -> Result<Answer, CentralError> {
    let (id, if_match, engine) = (id(&call)?, call.if_match()?, Arc::clone(call.engine()));
    // What is no JSON is refused before anything is looked up.
    schedule_wire::check(&call.body)?;
    let (version, body) = (call.version, call.body);
    let change = Box::new(move |stands: Option<&_>| {
        schedule_wire::read(version, &body, stands).map_err(|error: CentralError| error.message)
    });
    Ok(answer(version, &engine.put_scheduled_job(id, change, if_match, call.caller).await?))
}

/// `PATCH /scheduledJobs/{scheduledJobId}`: changes what is named. Refused while a run is active.
pub(crate) async fn patch(call: Call) -> Result<Answer, CentralError> {
    let (id, if_match, engine) = (id(&call)?, call.if_match()?, Arc::clone(call.engine()));
    schedule_wire::check(&call.body)?;
    let (version, patch) = (call.version, call.body);
    let change = Box::new(move |stands: Option<&_>| {
        schedule_wire::patched(version, &patch, stands).map_err(|error: CentralError| error.message)
    });
    Ok(answer(version, &engine.patch_scheduled_job(id, change, if_match, call.caller).await?))
}

/// `DELETE /scheduledJobs/{scheduledJobId}`: its runs stay.
pub(crate) async fn delete(call: Call) -> Result<Answer, CentralError> {
    let (id, if_match, engine) = (id(&call)?, call.if_match()?, Arc::clone(call.engine()));
    engine.delete_scheduled_job(id, if_match, call.caller).await?;
    Ok(Answer::nothing())
}

/// `GET /scheduledJobs/{scheduledJobId}/jobs`: its runs, newest first.
pub(crate) async fn jobs(call: Call) -> Result<Answer, CentralError> {
    let found = visible(&call).await?;
    super::jobs::page(call, Some(found.record.id.into())).await
}

async fn visible(call: &Call) -> Result<Stored<ScheduledJob>, CentralError> {
    let found = call.engine().store().record::<ScheduledJob>(id(call)?.as_str()).await?;
    let seen = found.filter(|job| call.scope.covers(job.record.definition.organization.as_deref()));
    seen.ok_or_else(|| ScheduledJobError::NotFound.into())
}

fn answer(version: Version, stored: &Stored<ScheduledJob>) -> Answer {
    Answer::text(schedule_wire::document(version, stored))
}

fn id(call: &Call) -> Result<ScheduledJobId, CentralError> {
    call.param(0).parse().map_err(CentralError::bad_request)
}

impl From<ScheduledJobError> for CentralError {
    fn from(error: ScheduledJobError) -> CentralError {
        match error {
            ScheduledJobError::NotFound => CentralError::not_found("scheduled job with this id"),
            ScheduledJobError::EtagMismatch(error) => error.into(),
            ScheduledJobError::RunActive => CentralError::conflict(error),
            ScheduledJobError::Invalid(_) => CentralError::unprocessable(error),
            ScheduledJobError::Store(error) => error.into(),
        }
    }
}
