//! How many devices there are, and how many are connected (iot-hub §2.1). Both are exact at the time of the answer.

use super::call::{Answer, Call};
use super::error::HubError;

/// `GET /statistics/devices`.
pub(crate) async fn devices(call: Call) -> Result<Answer, HubError> {
    let counted = call.engine().store().device_statistics().await?;
    let enabled = counted.total.saturating_sub(counted.disabled);
    Ok(Answer::json(format!(
        r#"{{"totalDeviceCount":{},"enabledDeviceCount":{enabled},"disabledDeviceCount":{}}}"#,
        counted.total, counted.disabled
    )))
}

/// `GET /statistics/service`.
pub(crate) async fn service(call: Call) -> Result<Answer, HubError> {
    Ok(Answer::json(format!(r#"{{"connectedDeviceCount":{}}}"#, call.engine().connected_devices())))
}
