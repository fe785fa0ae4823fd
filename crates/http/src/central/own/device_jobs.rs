//! What became of one device in one job, and the grid of all of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use bellwether_engine::Engine;
use bellwether_model::Time;
use bellwether_model::identity::Presence;
use bellwether_model::job::{Action, CallTimes, Class, DeviceJobState, Difference, Job, Success, Tally};
use bellwether_model::method::{MethodAnswer, MethodCall};
use bellwether_model::twin::path::TwinPath;
use bellwether_store::{DeviceResult, ResultDetail, ResultView};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::super::call::{Answer, Call};
use super::super::error::CentralError;
use super::super::jobs;
use super::result_filter;
use crate::query_string::QueryString;

/// Devices in one answer, when nothing is said and at most.
const DEVICES_DEFAULT: usize = 100;
const DEVICES_MAX: usize = 1000;
/// Columns out of the twins in one answer.
const COLUMNS_MAX: usize = 10;

/// A part of a job's devices, in the order of the frozen list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceJobPage {
    /// The devices.
    pub value: Vec<DeviceJobRow>,
    /// Where the next part begins; absent at the end. One request looks at 50,000 devices: a search or another filter
    /// may show fewer than were asked for, even none, although there is a next part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
    /// The number of the job's last event when this was read.
    pub event: u64,
}

/// A device of a job.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceJobRow {
    /// Its place in the frozen list, from 0: without a filter the place in the grid.
    pub ordinal: u64,
    /// The device's id.
    pub id: String,
    /// The device's name for people.
    pub display_name: String,
    /// The device was deleted since, or belongs to an organization that the caller does not see; it cannot be opened or
    /// chosen.
    pub deleted: bool,
    /// Where it stands.
    pub status: DeviceJobStatus,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<OutcomeClass>,
    /// Symbol of the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The failure in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What the device answered: the status of its last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_status: Option<i64>,
    /// When it was begun.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// When it ended.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished: Option<String>,
    /// The device's template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// The device's organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// Is it connected now?
    pub connected: bool,
    /// When it last said something.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_activity: Option<String>,
    /// The values that were asked for by `columns`, by the column's name (`tags.site`, `reported.fw`).
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, Box<RawValue>>,
}

/// Where a device stands in a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum DeviceJobStatus {
    /// Not begun.
    Pending,
    /// Called, not answered yet.
    Running,
    /// Ended well.
    Completed,
    /// Ended otherwise.
    Failed,
    /// Not begun when the job was cancelled.
    Cancelled,
}

/// The kinds of endings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum OutcomeClass {
    /// Done.
    Succeeded,
    /// The device said no.
    Rejected,
    /// Connected, but no answer in time.
    TimedOut,
    /// Not connected when its turn came, or until the deadline: nothing was sent to it.
    NeverReached,
    /// The device was not in a state to take part.
    PreconditionFailed,
    /// The answer could not be understood, or the server failed.
    ServerError,
    /// The server stopped, or the connection was lost, between call and answer: the device may or may not have acted.
    Unknown,
    /// Not begun when the job was cancelled.
    Cancelled,
}

/// One device of one job in full.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceJobDetail {
    /// What the grid shows of it.
    #[serde(flatten)]
    pub row: DeviceJobRow,
    /// The batch that it is in, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<u64>,
    /// The calls of a command job, in order.
    pub calls: Vec<DeviceCall>,
    /// What was written, section by section; absent until it was, and for command jobs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<TwinDifference>,
}

/// A call and its answer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceCall {
    /// The command as the device sees it.
    pub method: String,
    /// What was sent.
    #[schema(value_type = serde_json::Value)]
    pub request: Box<RawValue>,
    /// Seconds it had for its answer.
    pub response_timeout: u32,
    /// The status of the answer; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<i64>,
    /// The payload of the answer.
    #[schema(value_type = serde_json::Value)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Box<RawValue>>,
    /// When it went out; absent when there is no answer, or nobody wrote it down.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begun: Option<String>,
    /// When its answer came.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<String>,
}

/// What a job replaced, and by what: the touched paths only. A property job has the members `tags` and `desired`, a
/// template migration the member `template`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TwinDifference {
    /// As it was; null where there was none. Absent when it was not kept.
    #[schema(value_type = serde_json::Value)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Box<RawValue>>,
    /// What was written; null takes a value away.
    #[schema(value_type = serde_json::Value)]
    pub after: Box<RawValue>,
    /// The same paths as they are now; absent when the device was deleted, or is not the caller's to see.
    #[schema(value_type = serde_json::Value)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<Box<RawValue>>,
}

impl DeviceJobStatus {
    /// Of a device in a job with this rule of success.
    pub fn of(state: DeviceJobState, success: Success) -> DeviceJobStatus {
        match state {
            DeviceJobState::Pending => DeviceJobStatus::Pending,
            DeviceJobState::Running => DeviceJobStatus::Running,
            DeviceJobState::Ended(class) => match class.tally(success) {
                Tally::Succeeded => DeviceJobStatus::Completed,
                Tally::Failed => DeviceJobStatus::Failed,
                Tally::Cancelled => DeviceJobStatus::Cancelled,
            },
        }
    }
}

impl From<Class> for OutcomeClass {
    fn from(class: Class) -> OutcomeClass {
        match class {
            Class::Succeeded => OutcomeClass::Succeeded,
            Class::Rejected => OutcomeClass::Rejected,
            Class::TimedOut => OutcomeClass::TimedOut,
            Class::NeverReached => OutcomeClass::NeverReached,
            Class::PreconditionFailed => OutcomeClass::PreconditionFailed,
            Class::ServerError => OutcomeClass::ServerError,
            Class::Unknown => OutcomeClass::Unknown,
            Class::Cancelled => OutcomeClass::Cancelled,
        }
    }
}

impl OutcomeClass {
    /// Of a device that stands so; `None` before it ended.
    pub fn of(state: DeviceJobState) -> Option<OutcomeClass> {
        match state {
            DeviceJobState::Pending | DeviceJobState::Running => None,
            DeviceJobState::Ended(class) => Some(class.into()),
        }
    }
}

impl DeviceJobRow {
    /// A device with what is live of it; `columns` are those that were asked for.
    ///
    /// # Errors
    /// A value of the twin is no JSON: a failure of ours.
    pub fn of(
        result: DeviceResult,
        engine: &Engine,
        success: Success,
        columns: &[TwinPath],
    ) -> Result<DeviceJobRow, CentralError> {
        let presence = result.presence.map_or(Presence::NEVER, |stored| engine.presence_over(result.device, stored));
        let (code, message) = result.error.unzip();
        let values = columns.iter().zip(result.columns).filter_map(|(path, value)| Some((path, value?)));
        let columns = values.map(|(path, value)| Ok((path.as_str().to_owned(), RawValue::from_string(value)?)));
        Ok(DeviceJobRow {
            ordinal: result.ordinal,
            display_name: result.display_name.unwrap_or_else(|| result.id.clone()),
            id: result.id,
            deleted: result.deleted,
            status: DeviceJobStatus::of(result.state, success),
            class: OutcomeClass::of(result.state),
            code,
            message,
            response_status: result.status,
            started: result.started.map(|time| time.to_string()),
            finished: result.finished.map(|time| time.to_string()),
            template: result.template,
            organization: result.organization,
            connected: presence.connected && !result.deleted,
            last_activity: Some(presence.last_activity)
                .filter(|time| *time != Time::NEVER)
                .map(|time| time.to_string()),
            columns: columns.collect::<Result<_, CentralError>>()?,
        })
    }
}

impl DeviceJobDetail {
    fn of(detail: ResultDetail, engine: &Engine, job: &Job) -> Result<DeviceJobDetail, CentralError> {
        let calls = match &job.spec.action {
            Action::InvokeMethods(calls) => calls.as_slice(),
            Action::UpdateTwin(_) | Action::SetTemplate(_) => &[],
        };
        let mut answers = detail.answers.into_iter().zip(detail.times);
        let calls = calls.iter().map(|call| DeviceCall::of(call, answers.next()));
        Ok(DeviceJobDetail {
            row: DeviceJobRow::of(detail.result, engine, job.spec.success, &[])?,
            batch: detail.batch,
            calls: calls.collect::<Result<_, _>>()?,
            change: detail.difference.map(TwinDifference::of).transpose()?,
        })
    }
}

impl DeviceCall {
    fn of(call: &MethodCall, answer: Option<(MethodAnswer, Option<CallTimes>)>) -> Result<DeviceCall, CentralError> {
        let (answer, times) = answer.unzip();
        let times = times.flatten();
        let (status, response) = answer.map(|answer| (answer.status, answer.payload)).unzip();
        Ok(DeviceCall {
            method: call.name.clone(),
            request: RawValue::from_string(call.payload.clone())?,
            response_timeout: call.response_timeout.into(),
            status,
            response: response.map(RawValue::from_string).transpose()?,
            begun: times.map(|times| times.begun.to_string()),
            answered: times.map(|times| times.answered.to_string()),
        })
    }
}

impl TwinDifference {
    fn of(difference: Difference) -> Result<TwinDifference, CentralError> {
        let Difference { before, after, now } = difference;
        Ok(TwinDifference {
            before: before.map(RawValue::from_string).transpose()?,
            after: RawValue::from_string(after)?,
            now: now.map(RawValue::from_string).transpose()?,
        })
    }
}

/// `GET /jobs/{jobId}/devices` in our own version: a window of the frozen list that begins anywhere. With a filter it
/// may hold fewer devices than were asked for, even none, although there is a `next`: one request looks at a bounded
/// number of devices.
pub(crate) async fn list(call: Call) -> Result<Answer, CentralError> {
    let job = jobs::of_either_face(&call).await?;
    let from = whole_number(&call.query, "from")?.unwrap_or(0);
    let limit = match whole_number(&call.query, "maxpagesize")? {
        Some(0) => return Err(CentralError::bad_request("maxpagesize must be at least 1")),
        // What does not fit a usize is only too large.
        Some(size) => usize::try_from(size).unwrap_or(usize::MAX).min(DEVICES_MAX),
        None => DEVICES_DEFAULT,
    };
    let filter = result_filter::read(&call.query, job.spec.success)?;
    let view =
        Arc::new(ResultView { scope: call.scope.clone(), filter, columns: columns(&call.query)?, answers: false });
    let window = call.engine().store().job_results(job.key, Arc::clone(&view), from, limit).await?;
    let row = |result| DeviceJobRow::of(result, call.engine(), job.spec.success, &view.columns);
    let value = window.results.into_iter().map(row).collect::<Result<_, _>>()?;
    Answer::one(&DeviceJobPage { value, next: window.next, event: window.event })
}

/// `GET /jobs/{jobId}/devices/{deviceId}`. A device that was deleted and made again is the one that was in the job.
pub(crate) async fn get(call: Call) -> Result<Answer, CentralError> {
    let job = jobs::of_either_face(&call).await?;
    let detail = call.engine().store().job_result(job.key, call.scope.clone(), call.param(1)).await?;
    let detail = detail.ok_or_else(|| CentralError::not_found("device with this id in the job"))?;
    Answer::one(&DeviceJobDetail::of(detail, call.engine(), &job)?)
}

fn whole_number(query: &QueryString, name: &str) -> Result<Option<u64>, CentralError> {
    let number = query.get(name).map(str::parse).transpose();
    number.map_err(|_| CentralError::bad_request(format!("{name} must be a whole number")))
}

/// The places in twins whose values are asked for.
///
/// # Errors
/// 400: there are too many, or one cannot be.
pub(crate) fn columns(query: &QueryString) -> Result<Vec<TwinPath>, CentralError> {
    let Some(text) = query.get("columns") else { return Ok(Vec::new()) };
    if text.split(',').count() > COLUMNS_MAX {
        return Err(CentralError::bad_request(format!("columns may name at most {COLUMNS_MAX} places")));
    }
    let paths = text.split(',').map(|path| TwinPath::parse(path.trim()));
    paths.collect::<Result<_, _>>().map_err(|rule| CentralError::bad_request(format!("each of columns {rule}")))
}
