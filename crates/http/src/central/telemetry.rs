//! The last value of a telemetry (iot-central §7.4). Which names a device sends under is its own business: a value is
//! shown also when the template does not have it.

use bellwether_model::json::ObjectWriter;

use super::call::{Answer, Call};
use super::error::CentralError;

/// `GET /devices/{deviceId}/telemetry/{telemetryName}`.
pub(crate) async fn get(call: Call) -> Result<Answer, CentralError> {
    value(&call, None, call.param(1)).await
}

/// `GET /devices/{deviceId}/components/{componentName}/telemetry/{telemetryName}`.
pub(crate) async fn get_of_component(call: Call) -> Result<Answer, CentralError> {
    value(&call, Some(call.param(1)), call.param(2)).await
}

/// `GET /devices/{deviceId}/modules/{moduleName}/…/telemetry/{telemetryName}`: modules do not connect to this server.
pub(crate) async fn get_of_module(call: Call) -> Result<Answer, CentralError> {
    call.device().await?;
    Err(CentralError::not_found("value: modules do not connect to this server"))
}

async fn value(call: &Call, component: Option<&str>, name: &str) -> Result<Answer, CentralError> {
    let device = call.device().await?;
    let value = call.engine().last_value(device.seq, component, name).await?;
    let value = value.ok_or_else(|| CentralError::not_found("value: the device has sent none under this name"))?;
    let json = value.json.ok_or_else(|| CentralError::not_found("value: the last one is too large to be kept"))?;
    let mut out = String::with_capacity(json.len() + 64);
    let mut object = ObjectWriter::open(&mut out);
    object.raw("value", &json).time("timestamp", value.time);
    object.close();
    Ok(Answer::text(out))
}
