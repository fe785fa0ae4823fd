//! The body of `PUT /jobs/v2/{jobId}` (iot-hub §1.3).

use bellwether_model::identity::IfMatch;
use bellwether_model::job::{Action, JobSpec, JobType, LIFETIME_DEFAULT, Target};
use bellwether_model::json::{Members, ObjectWriter};
use bellwether_model::method::MethodCall;
use bellwether_model::twin::TwinChange;
use bellwether_model::twin::patch::PatchObject;
use bellwether_model::{DeviceId, JobId, Time};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::call::{device_id, from_json};
use super::error::{Code, HubError};

/// What is read; every other member is ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(borrow)]
    job_id: Option<&'a RawValue>,
    r#type: Option<String>,
    cloud_to_device_method: Option<&'a RawValue>,
    update_twin: Option<&'a RawValue>,
    query_condition: Option<String>,
    device_ids: Option<Vec<String>>,
    start_time: Option<String>,
    max_execution_time_in_seconds: Option<i64>,
}

#[derive(Deserialize)]
struct TwinEtag {
    etag: Option<String>,
}

/// The job that a request asks for. `device` is the one in the odd URI, which makes it a method job on that
/// device alone (iot-hub §1.1).
///
/// # Errors
/// The first rule that is broken. What needs the engine (the condition, limits, the id being free) is checked
/// there.
pub(crate) fn read(id: &str, device: Option<&DeviceId>, body: &str, policy: &str) -> Result<JobSpec, HubError> {
    let body: Body<'_> = from_json(body)?;
    let job_id = JobId::of_hub(id).map_err(HubError::invalid)?;
    check_body_id(&job_id, body.job_id)?;
    let action = match job_type(body.r#type.as_deref(), device)? {
        JobType::ScheduleDeviceMethod => {
            let method = body.cloud_to_device_method.ok_or_else(|| missing("cloudToDeviceMethod"))?;
            let method = MethodCall::from_body(method.get());
            let method = method.map_err(|error| HubError::invalid(format!("cloudToDeviceMethod: {error}")))?;
            Action::InvokeMethods(vec![method])
        }
        JobType::ScheduleUpdateTwin => {
            let twin = body.update_twin.ok_or_else(|| missing("updateTwin"))?;
            Action::UpdateTwin(update_twin(twin.get())?)
        }
    };
    let target = target(device, body.device_ids, body.query_condition)?;
    Ok(JobSpec {
        start: start(body.start_time.as_deref())?,
        lifetime: Some(lifetime(body.max_execution_time_in_seconds)?),
        ..JobSpec::of_hub(job_id, target, action, policy.to_owned())
    })
}

fn missing(member: &str) -> HubError {
    HubError::new(Code::ArgumentNull, format!("{member} must be given"))
}

/// The path decides; a body that names another job is refused. npm's client may send a number.
fn check_body_id(id: &JobId, given: Option<&RawValue>) -> Result<(), HubError> {
    let Some(raw) = given.map(RawValue::get) else { return Ok(()) };
    let text = if raw.starts_with('"') { from_json(raw)? } else { raw.to_owned() };
    if text == id.as_str() { Ok(()) } else { Err(HubError::invalid("jobId in the body is not the one in the path")) }
}

/// Every spelling that a document or client uses (iot-hub §1.4).
fn job_type(text: Option<&str>, device: Option<&DeviceId>) -> Result<JobType, HubError> {
    let read = |text| JobType::from_alias(text).ok_or_else(unknown_type);
    match (text, device) {
        (Some(text), None) => read(text),
        (None, None) => Err(missing("type")),
        (None, Some(_)) => Ok(JobType::ScheduleDeviceMethod),
        (Some(text), Some(_)) => match read(text)? {
            JobType::ScheduleDeviceMethod => Ok(JobType::ScheduleDeviceMethod),
            JobType::ScheduleUpdateTwin => Err(HubError::invalid(
                "a job at /jobs/v2/{deviceId}/methods/{jobId} must be of type scheduleDeviceMethod",
            )),
        },
    }
}

fn unknown_type() -> HubError {
    HubError::new(Code::GenericBadRequest, "BadRequest: type must be scheduleDeviceMethod or scheduleUpdateTwin")
}

/// Without devices by name there must be a condition: only `*` says all (iot-hub §1.9).
fn target(
    device: Option<&DeviceId>,
    device_ids: Option<Vec<String>>,
    condition: Option<String>,
) -> Result<Target, HubError> {
    if condition.as_ref().is_some_and(|text| text.trim().is_empty()) {
        return Err(HubError::invalid("queryCondition must not be blank; * means every device"));
    }
    let named = device_ids.map(|ids| ids.iter().map(|id| device_id(id)).collect::<Result<Vec<_>, _>>()).transpose()?;
    if named.as_ref().is_some_and(Vec::is_empty) {
        // It could be read as all or as none; an operator's mistake must not become the former.
        return Err(HubError::invalid("deviceIds must name a device"));
    }
    let named = match (device, named) {
        (Some(device), Some(named)) => Some(named.into_iter().filter(|id| id == device).collect()),
        (Some(device), None) => Some(vec![device.clone()]),
        (None, named) => named,
    };
    if named.is_none() && condition.is_none() {
        return Err(missing("queryCondition"));
    }
    let device_ids = named.map(|ids: Vec<DeviceId>| ids.into_iter().map(String::from).collect());
    Ok(Target::Twins { condition, device_ids })
}

/// Missing, `null` and year 1 mean now (iot-hub §1.3).
fn start(text: Option<&str>) -> Result<Option<Time>, HubError> {
    let Some(text) = text else { return Ok(None) };
    let time: Time = text.parse().map_err(|error| HubError::invalid(format!("startTime {error}")))?;
    Ok((!time.is_year_one()).then_some(time))
}

/// Missing, `null` and 0 mean the default (iot-hub §1.3).
fn lifetime(seconds: Option<i64>) -> Result<i64, HubError> {
    match seconds.unwrap_or(0) {
        0 => Ok(LIFETIME_DEFAULT),
        seconds if seconds > 0 => Ok(seconds),
        _ => Err(HubError::invalid("maxExecutionTimeInSeconds must not be negative")),
    }
}

/// The patch as it is kept and shown: tags and desired properties and nothing else, numbers as they were written
/// (iot-hub §1.5, §1.7).
fn update_twin(text: &str) -> Result<String, HubError> {
    // Says what is wrong with shape, keys and depth.
    TwinChange::merge_from_body(text).map_err(|error| HubError::invalid(format!("updateTwin: {error}")))?;
    let etag = from_json::<TwinEtag>(text)?.etag.unwrap_or_default();
    match IfMatch::from_header(&etag) {
        IfMatch::Any => {}
        IfMatch::OneOf(_) => {
            let text = "updateTwin.etag must be \"*\" or missing: one etag cannot hold for every device of a job";
            return Err(HubError::new(Code::PreconditionFailed, text));
        }
    }
    let twin: Members<'_> = from_json(text)?;
    let present = |raw: Option<&'_ RawValue>| raw.map(RawValue::get).filter(|text| *text != "null").map(str::to_owned);
    let canonical = |name, section: Option<String>| match section {
        Some(text) => Ok::<_, HubError>(Some(PatchObject::parse(name, &text)?.to_json())),
        None => Ok(None),
    };
    let properties = present(twin.get("properties")).unwrap_or_else(|| "{}".to_owned());
    let desired = canonical("properties.desired", present(from_json::<Members<'_>>(&properties)?.get("desired")))?;
    let tags = canonical("tags", present(twin.get("tags")))?;
    let mut out = String::with_capacity(text.len());
    let mut object = ObjectWriter::open(&mut out);
    if let Some(tags) = tags {
        object.raw("tags", &tags);
    }
    if let Some(desired) = desired {
        let mut properties = ObjectWriter::open(object.key("properties"));
        properties.raw("desired", &desired);
        properties.close();
    }
    object.close();
    Ok(out)
}
