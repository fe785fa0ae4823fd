//! What became of one device in one job, and the grid of all of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A part of a job's devices, in the order of the frozen list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceJobPage {
    /// The devices.
    pub value: Vec<DeviceJobRow>,
    /// Where the next part begins; absent at the end.
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
    /// The device was deleted since; it cannot be opened or chosen.
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
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub columns: std::collections::BTreeMap<String, serde_json::Value>,
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
    /// Not connected.
    NeverReached,
    /// The device was not in a state to take part.
    PreconditionFailed,
    /// The answer could not be understood, or the server failed.
    ServerError,
    /// The server stopped between call and answer.
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
    /// What a property job wrote, section by section.
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
    pub request: serde_json::Value,
    /// Seconds it had for its answer.
    pub response_timeout: u32,
    /// The status of the answer; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<i64>,
    /// The payload of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<serde_json::Value>,
}

/// What a twin change replaced, and by what: the touched paths only.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TwinDifference {
    /// Touched values of tags and desired properties as they were; null where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<serde_json::Value>,
    /// What was written; null takes a value away.
    pub after: serde_json::Value,
    /// The same paths as they are now; absent when the device was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<serde_json::Value>,
}
