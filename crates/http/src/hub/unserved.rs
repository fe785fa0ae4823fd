//! Neighbours that are known and not served: they say so instead of looking like a mistyped path.

use super::call::{Answer, Call};
use super::error::{Code, HubError};

/// `GET /jobs`: there are no import and export jobs. Clients join this list to the other (iot-hub §1.1).
pub(crate) async fn no_jobs(_: Call) -> Result<Answer, HubError> {
    Ok(Answer::array(&[]))
}

/// `GET|DELETE /jobs/{id}`.
pub(crate) async fn no_job(_: Call) -> Result<Answer, HubError> {
    Err(HubError::new(Code::JobNotFound, "there is no import or export job with this id"))
}

/// Everything else of the published API.
pub(crate) async fn not_served(_: Call) -> Result<Answer, HubError> {
    Err(HubError::new(Code::FeatureNotSupported, "this operation of the published API is not served"))
}
