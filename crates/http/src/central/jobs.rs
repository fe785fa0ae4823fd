//! Jobs (iot-central §3).

use bellwether_engine::{CentralJobError, CreateJobError, MoveJobError, RerunJobError};
use bellwether_model::job::Job;
use bellwether_model::json::ObjectWriter;
use bellwether_model::{DeviceSeq, JobId, JobKey};
use bellwether_store::{FaceKind, JobFilter};

use super::call::{Answer, Call};
use super::error::CentralError;
use super::job_wire::{self, RerunBody};
use super::own::device_jobs;
use super::own::{job_lists, job_wire as own_wire};
use super::version::Version;

/// `GET /jobs`: newest first. Jobs of the hub face have no group and are not among them, but in our own version: who
/// runs a fleet sees all that runs on it.
pub(crate) async fn list(call: Call) -> Result<Answer, CentralError> {
    page(call, None).await
}

/// A page of the jobs that the caller may see: all, or the runs of a scheduled job.
pub(crate) async fn page(call: Call, scheduled_job: Option<String>) -> Result<Answer, CentralError> {
    if call.version == Version::Own {
        return job_lists::page(call, scheduled_job).await;
    }
    let page = call.page()?;
    let before: Option<JobKey> = call.position(&page)?;
    let filter = JobFilter {
        face: Some(FaceKind::Central),
        scheduled_job,
        organizations: call.scope.organizations().cloned(),
        ..JobFilter::default()
    };
    let found = call.engine().store().jobs(filter, before, page.limit).await?;
    let next = found.jobs.last().filter(|_| found.more).map(|job| call.next(&job.key)).transpose()?;
    let documents = found.jobs.iter().filter_map(|job| Some(job_wire::document(job, job.spec.central()?)));
    Ok(Answer::texts(documents.collect(), next))
}

/// `GET /jobs/{jobId}`. Why it waits, failed or was cancelled has no place in the published body: it stands in the
/// header `x-ms-status-message`.
pub(crate) async fn get(call: Call) -> Result<Answer, CentralError> {
    let job = visible(&call).await?;
    if call.version == Version::Own {
        return answer(&call, &job).await;
    }
    let central = job.spec.central().ok_or_else(absent)?;
    let reason = call.engine().waiting_reason(&job).map(|waits| waits.to_string()).or_else(|| job.failure.clone());
    Ok(Answer::text(job_wire::document(&job, central)).with_reason(reason))
}

/// `PUT /jobs/{jobId}`: takes the job and runs it. The answer says `pending`, whatever has happened since.
pub(crate) async fn put(call: Call) -> Result<Answer, CentralError> {
    let new = job_wire::read(job_id(call.param(0))?, &call.body)?;
    let job = call.engine().create_central_job(new, &call.caller, &call.scope).await?;
    answer(&call, &job).await
}

/// `GET /jobs/{jobId}/devices`, in the order of the list; in our own version a window of it.
pub(crate) async fn devices(call: Call) -> Result<Answer, CentralError> {
    if call.version == Version::Own {
        return device_jobs::list(call).await;
    }
    let job = visible(&call).await?;
    let page = call.page()?;
    let after = call.position(&page)?.unwrap_or(DeviceSeq(0));
    let found = call.engine().store().job_devices(job.key, after, page.limit).await?;
    let next = found.devices.last().filter(|_| found.more).map(|last| call.next(&last.device)).transpose()?;
    let row = |id: &str, status: &str| {
        let mut out = String::with_capacity(64);
        let mut row = ObjectWriter::open(&mut out);
        row.string("id", id).string("status", status);
        row.close();
        out
    };
    let status = |state| job_wire::device_status(state, job.spec.success);
    let rows = found.devices.iter().map(|device| row(&device.id, status(device.state)));
    Ok(Answer::texts(rows.collect(), next))
}

/// `POST /jobs/{jobId}/stop`: after the 204 no attempt starts (iot-central §5.5).
pub(crate) async fn stop(call: Call) -> Result<Answer, CentralError> {
    visible(&call).await?;
    call.engine().stop_job(call.param(0)).await?;
    Ok(Answer::nothing())
}

/// `POST /jobs/{jobId}/resume`: goes on with the devices that were not begun.
pub(crate) async fn resume(call: Call) -> Result<Answer, CentralError> {
    visible(&call).await?;
    call.engine().resume_job(call.param(0)).await?;
    Ok(Answer::nothing())
}

/// `POST /jobs/{jobId}/cancel`: what was not begun when this is answered never is.
pub(crate) async fn cancel(call: Call) -> Result<Answer, CentralError> {
    visible(&call).await?;
    call.engine().cancel_job(call.param(0)).await?;
    Ok(Answer::nothing())
}

/// `PUT /jobs/{jobId}/pauseAfterBatch`: when the open batch has ended the job stops.
pub(crate) async fn pause_after_batch(call: Call) -> Result<Answer, CentralError> {
    visible(&call).await?;
    call.engine().pause_after_batch(call.param(0)).await?;
    Ok(Answer::nothing())
}

/// `DELETE /jobs/{jobId}/pauseAfterBatch`: it opens the next one after all.
pub(crate) async fn withdraw_pause(call: Call) -> Result<Answer, CentralError> {
    visible(&call).await?;
    call.engine().withdraw_pause(call.param(0)).await?;
    Ok(Answer::nothing())
}

/// `POST /jobs/{jobId}/acknowledge`: it needs no attention any more.
pub(crate) async fn acknowledge(call: Call) -> Result<Answer, CentralError> {
    visible(&call).await?;
    call.engine().acknowledge_job(call.param(0)).await?;
    Ok(Answer::nothing())
}

/// `PUT /jobs/{jobId}/rerun/{rerunId}`: a new job on the devices that failed in this one. In our own version a body may
/// name it, choose others of the devices, and say what is other than in this job; the published versions have none, and what is sent is not looked at.
pub(crate) async fn rerun(call: Call) -> Result<Answer, CentralError> {
    visible(&call).await?;
    let id = job_id(call.param(1))?;
    let body: RerunBody<'_> = match call.version {
        Version::Own if !call.body.trim_ascii().is_empty() => call.json()?,
        _ => RerunBody::default(),
    };
    let rerun = body.rerun(id, call.caller.name.clone())?;
    let job = call.engine().rerun_job(call.param(0), rerun).await?;
    answer(&call, &job).await
}

/// The job of the path's first parameter, if the caller may see it.
async fn visible(call: &Call) -> Result<Job, CentralError> {
    let job = of_either_face(call).await?;
    if call.version == Version::Own || job.spec.central().is_some() { Ok(job) } else { Err(absent()) }
}

/// The same, also a job of the hub face: those belong to the root, and our own version shows them.
pub(crate) async fn of_either_face(call: &Call) -> Result<Job, CentralError> {
    let job = call.engine().store().job(call.param(0)).await?;
    job.filter(|job| call.scope.covers(job.spec.organization.as_deref())).ok_or_else(absent)
}

fn absent() -> CentralError {
    CentralError::not_found("job with this id")
}

/// The job: in our own version as it is now, else as it was taken.
async fn answer(call: &Call, job: &Job) -> Result<Answer, CentralError> {
    if call.version == Version::Own {
        let overview = call.engine().store().job_overview(job.spec.id.as_str()).await?.ok_or_else(absent)?;
        let documents = own_wire::documents(call, &[overview]).await?;
        return documents.first().map_or_else(|| Err(absent()), Answer::one);
    }
    let central = job.spec.central().ok_or_else(absent)?;
    Ok(Answer::text(job_wire::document(job, central)).with_reason(job.failure.clone()))
}

fn job_id(text: &str) -> Result<JobId, CentralError> {
    text.parse().map_err(CentralError::bad_request)
}

impl From<CentralJobError> for CentralError {
    fn from(error: CentralJobError) -> CentralError {
        match error {
            CentralJobError::Data(_) | CentralJobError::Invalid { .. } => CentralError::unprocessable(error),
            CentralJobError::Create(error) => error.into(),
            CentralJobError::Store(error) => error.into(),
        }
    }
}

impl From<CreateJobError> for CentralError {
    fn from(error: CreateJobError) -> CentralError {
        match error {
            CreateJobError::AlreadyExists => CentralError::conflict(error),
            CreateJobError::Invalid { .. }
            | CreateJobError::Condition(_)
            | CreateJobError::Twin(_)
            | CreateJobError::Delivery(_) => CentralError::unprocessable(error),
            CreateJobError::Stopping => CentralError::stopping(),
            CreateJobError::Store(error) => error.into(),
        }
    }
}

impl From<MoveJobError> for CentralError {
    fn from(error: MoveJobError) -> CentralError {
        match error {
            MoveJobError::NotFound => absent(),
            MoveJobError::Refused(refused) => {
                let status = job_wire::status(refused.state);
                CentralError::conflict(format!("the job is {status}, which does not allow this"))
            }
            MoveJobError::Held(_) | MoveJobError::NoPause(_) => CentralError::conflict(error),
            MoveJobError::NotOver(state) => {
                let status = job_wire::status(state);
                CentralError::conflict(format!("the job is {status}; only one that has ended can be acknowledged"))
            }
            MoveJobError::Store(error) => error.into(),
        }
    }
}

impl From<RerunJobError> for CentralError {
    fn from(error: RerunJobError) -> CentralError {
        match error {
            RerunJobError::NotFound => absent(),
            RerunJobError::WrongState { state } => {
                let status = job_wire::status(state);
                CentralError::conflict(format!("the job is {status}; only one that has ended is run again"))
            }
            RerunJobError::StillOut { .. } => CentralError::conflict(error),
            RerunJobError::NothingFailed | RerunJobError::Data(_) | RerunJobError::Invalid { .. } => {
                CentralError::unprocessable(error)
            }
            RerunJobError::Create(error) => error.into(),
            RerunJobError::Store(error) => error.into(),
        }
    }
}
