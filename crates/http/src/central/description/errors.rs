//! Failures (iot-central §2.3).

use serde::Serialize;
use utoipa::ToSchema;

/// A request that failed. Nothing was changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Error {
    /// What was wrong.
    pub error: ErrorDetail,
}

/// What was wrong.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorDetail {
    /// A symbol that does not change.
    pub code: String,
    /// The rule, for people.
    pub message: String,
    /// Which request it was, as in the server's log.
    pub request_id: String,
    /// When.
    pub time: String,
}
