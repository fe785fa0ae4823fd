//! Jobs v2 (iot-hub §1).

use bellwether_engine::{CreateJobError, MoveJobError};
use bellwether_model::JobKey;
use bellwether_model::job::{Job, JobState, JobType};
use bellwether_store::{JobFilter, JobsPage};

use super::call::{Answer, Call, device_id};
use super::error::{Code, HubError};
use super::{job_document, job_request};
use crate::continuation::Pager;

/// What the .NET client wants the items of a list to be called (iot-hub §1.2).
const ITEM_TYPE: &str = "JobResponse";

/// Types of jobs that are published and that no job of ours has (iot-hub §1.4).
const OTHER_TYPES: [&str; 12] = [
    "unknown",
    "export",
    "import",
    "backup",
    "readDeviceProperties",
    "writeDeviceProperties",
    "updateDeviceConfiguration",
    "rebootDevice",
    "factoryResetDevice",
    "firmwareUpdate",
    "restoreFromBackup",
    "failoverDataCopy",
];

/// `PUT /jobs/v2/{jobId}`. Once the engine took the job nothing here can fail: clients repeat a PUT after a 5xx,
/// and the second one would find its id in use (client-traffic §4).
pub(crate) async fn create(call: Call) -> Result<Answer, HubError> {
    let spec = job_request::read(call.param(0), None, call.json_text()?, &call.policy)?;
    let job = call.engine().create_job(spec).await?;
    Ok(document(&call, &job))
}

/// `PUT /jobs/v2/{deviceId}/methods/{jobId}`, the article's own spelling: a method job on that device and no other
/// (iot-hub §1.1).
pub(crate) async fn create_on_device(call: Call) -> Result<Answer, HubError> {
    let device = device_id(call.param(0))?;
    let spec = job_request::read(call.param(1), Some(&device), call.json_text()?, &call.policy)?;
    let job = call.engine().create_job(spec).await?;
    Ok(document(&call, &job))
}

/// `GET /jobs/v2/{jobId}`: 200 for every id, known or not (iot-hub §1.5).
pub(crate) async fn get(call: Call) -> Result<Answer, HubError> {
    let id = call.param(0);
    Ok(match call.engine().store().job(id).await? {
        Some(job) => document(&call, &job),
        None => Answer::json(job_document::unknown(id)),
    })
}

/// `POST /jobs/v2/{jobId}/cancel`; the body, if there is one, does not matter.
pub(crate) async fn cancel(call: Call) -> Result<Answer, HubError> {
    let job = call.engine().cancel_job(call.param(0)).await?;
    Ok(document(&call, &job))
}

fn document(call: &Call, job: &Job) -> Answer {
    Answer::json(text(call, job))
}

fn text(call: &Call, job: &Job) -> String {
    job_document::document(job, call.engine().waiting_reason(job).map(|waits| waits.to_string()))
}

/// `GET /jobs/v2/query`: newest first.
pub(crate) async fn list(call: Call) -> Result<Answer, HubError> {
    let filter = read_filter(call.query.get("jobType"), call.query.get("jobStatus"))?;
    let question = format!("{filter:?}");
    let (page, pager) = (call.page()?, Pager::new(&call.state.token_secret, "jobs", &question));
    let before: Option<JobKey> = page.position(&pager)?;
    let JobsPage { jobs, more } = match filter {
        Some(filter) => call.engine().store().jobs(filter, before, page.limit).await?,
        None => JobsPage { jobs: Vec::new(), more: false },
    };
    let next = jobs.last().filter(|_| more).map(|job| pager.next(&job.key)).transpose()?;
    let documents: Vec<String> = jobs.iter().map(|job| text(&call, job)).collect();
    Ok(Answer::array(&documents).with_item_type(ITEM_TYPE).with_continuation(next))
}

/// Every published spelling in any case (iot-hub §1.2, §1.4). `None`: a type or status that exists and that no
/// job has.
fn read_filter(job_type: Option<&str>, status: Option<&str>) -> Result<Option<JobFilter>, HubError> {
    let mut filter = JobFilter::default();
    let mut impossible = false;
    if let Some(text) = job_type {
        filter.job_type = JobType::from_alias(text);
        impossible |= filter.job_type.is_none();
        if filter.job_type.is_none() && !OTHER_TYPES.iter().any(|other| other.eq_ignore_ascii_case(text)) {
            return Err(HubError::invalid("jobType is no type of jobs"));
        }
    }
    if let Some(text) = status {
        let state = JobState::from_filter(text).map_err(|rule| HubError::invalid(format!("jobStatus {rule}")))?;
        impossible |= state.is_none();
        // Those that are shown with that word.
        let shown = |other: &JobState| state.is_some_and(|state| other.hub_word() == state.hub_word());
        filter.states = JobState::ALL.into_iter().filter(shown).collect();
    }
    Ok((!impossible).then_some(filter))
}

impl From<CreateJobError> for HubError {
    fn from(error: CreateJobError) -> HubError {
        match error {
            CreateJobError::AlreadyExists => HubError::new(Code::JobAlreadyExists, error),
            CreateJobError::Invalid { .. }
            | CreateJobError::Condition(_)
            | CreateJobError::Twin(_)
            | CreateJobError::Delivery(_) => HubError::invalid(error),
            CreateJobError::Stopping => HubError::stopping(),
            CreateJobError::Store(error) => error.into(),
        }
    }
}

impl From<MoveJobError> for HubError {
    fn from(error: MoveJobError) -> HubError {
        match error {
            MoveJobError::NotFound => HubError::new(Code::JobNotFound, error),
            MoveJobError::Refused(refused) => {
                let text = format!("the job is {} and cannot be cancelled", refused.state);
                HubError::new(Code::OperationNotAllowedInCurrentState, text)
            }
            MoveJobError::Held(_) | MoveJobError::NoPause(_) | MoveJobError::NotOver(_) => {
                HubError::new(Code::OperationNotAllowedInCurrentState, error)
            }
            MoveJobError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters() {
        let shown = |job_type, status| match read_filter(job_type, status) {
            Ok(Some(filter)) => format!("{:?} {:?}", filter.job_type, filter.states),
            Ok(None) => "nothing".to_owned(),
            Err(error) => error.code.symbol().to_owned(),
        };
        assert_eq!(shown(None, None), "None []");
        assert_eq!(shown(Some("ScheduleUpdateTwin"), Some("Completed")), "Some(ScheduleUpdateTwin) [Completed]");
        assert_eq!(shown(Some("scheduleDirectRequest"), Some("canceled")), "Some(ScheduleDeviceMethod) [Cancelled]");
        assert_eq!(shown(None, Some("pending")), "None [Queued, Stopped]");
        assert_eq!(shown(Some("import"), None), "nothing");
        assert_eq!(shown(None, Some("unknown")), "nothing");
        assert_eq!(shown(Some("import"), Some("no such")), "ArgumentInvalid");
        assert_eq!(shown(Some("nonsense"), None), "ArgumentInvalid");
    }
}
