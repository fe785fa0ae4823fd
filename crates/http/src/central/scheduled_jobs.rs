//! Scheduled jobs (iot-central §4).

use std::sync::Arc;

use bellwether_engine::ScheduledJobError;
use bellwether_model::ids::ScheduledJobId;
use bellwether_model::schedule::ScheduledJob;
use bellwether_store::{Records, ScheduledPosition, Stored};

use super::call::{Answer, Call};
use super::error::CentralError;
use super::own::scheduled::{self, ScheduledFacts};
use super::schedule_wire;

/// `GET /scheduledJobs`: those that the caller may see, in the order of creation unless our own version says another.
pub(crate) async fn list(call: Call) -> Result<Answer, CentralError> {
    let page = call.page()?;
    let selection = scheduled::selection(&call)?;
    let after: Option<ScheduledPosition> = call.position(&page)?;
    let scope = call.scope.clone();
    let covered = move |job: &ScheduledJob| scope.covers(job.definition.organization.as_deref());
    let read = move |records: &Records<'_>| records.scheduled_jobs(&selection, after.as_ref(), page.limit, covered);
    let found = call.engine().store().read_records(read).await?;
    let next = found.next.as_ref().map(|position| call.next(position)).transpose()?;
    let facts = ScheduledFacts::of(&call, &found.jobs).await?;
    let documents = found.jobs.iter().map(|job| schedule_wire::document(call.version, job, &facts));
    Ok(Answer::texts(documents.collect::<Result<_, _>>()?, next))
}

/// `GET /scheduledJobs/{scheduledJobId}`.
pub(crate) async fn get(call: Call) -> Result<Answer, CentralError> {
    let found = visible(&call).await?;
    answer(&call, found).await
}

/// `PUT /scheduledJobs/{scheduledJobId}`: makes or replaces a scheduled job. A replaced one keeps its time zone and
/// goes on counting its runs.
pub(crate) async fn put(mut call: Call) -> Result<Answer, CentralError> {
    let (id, if_match, engine) = (id(&call)?, call.if_match()?, Arc::clone(call.engine()));
    // What is no JSON is refused before anything is looked up.
    schedule_wire::check(&call.body)?;
    let (version, body) = (call.version, std::mem::take(&mut call.body));
    let change = Box::new(move |stands: Option<&_>| {
        schedule_wire::read(version, &body, stands).map_err(|error: CentralError| error.message)
    });
    let stored = engine.put_scheduled_job(id, change, if_match, call.caller.clone()).await?;
    answer(&call, stored).await
}

/// `PATCH /scheduledJobs/{scheduledJobId}`: changes what is named. Refused while a run is active.
pub(crate) async fn patch(mut call: Call) -> Result<Answer, CentralError> {
    let (id, if_match, engine) = (id(&call)?, call.if_match()?, Arc::clone(call.engine()));
    schedule_wire::check(&call.body)?;
    let (version, patch) = (call.version, std::mem::take(&mut call.body));
    let change = Box::new(move |stands: Option<&_>| {
        schedule_wire::patched(version, &patch, stands).map_err(|error: CentralError| error.message)
    });
    let stored = engine.patch_scheduled_job(id, change, if_match, call.caller.clone()).await?;
    answer(&call, stored).await
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

/// The one that the path names, if the caller may see it.
///
/// # Errors
/// 404: there is none.
pub(crate) async fn visible(call: &Call) -> Result<Stored<ScheduledJob>, CentralError> {
    let found = call.engine().store().record::<ScheduledJob>(id(call)?.as_str()).await?;
    let seen = found.filter(|job| call.scope.covers(job.record.definition.organization.as_deref()));
    seen.ok_or_else(|| ScheduledJobError::NotFound.into())
}

async fn answer(call: &Call, stored: Stored<ScheduledJob>) -> Result<Answer, CentralError> {
    let stored = [stored];
    let facts = ScheduledFacts::of(call, &stored).await?;
    let [stored] = stored;
    Ok(Answer::text(schedule_wire::document(call.version, &stored, &facts)?))
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
