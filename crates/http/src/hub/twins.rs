//! Twins (iot-hub §3). No `ETag` header: the member in the body is what clients read.

use bellwether_engine::ChangeTwinError;
use bellwether_model::access::Scope;
use bellwether_model::identity::Device;
use bellwether_model::twin::{Twin, TwinChange, wire};

use super::call::{Answer, Call};
use super::error::HubError;

/// `GET /twins/{id}`.
pub(crate) async fn get(call: Call) -> Result<Answer, HubError> {
    let found = call.engine().store().twin(&call.device_id()?).await?;
    let (device, twin) = found.ok_or_else(HubError::no_device)?;
    Ok(whole(&call, &device, &twin))
}

/// `PATCH /twins/{id}`: merges, and answers the whole twin.
pub(crate) async fn patch(call: Call) -> Result<Answer, HubError> {
    let change = TwinChange::merge_from_body(call.json_text()?)?;
    write(call, change).await
}

/// `PUT /twins/{id}`: replaces tags and desired properties.
pub(crate) async fn replace(call: Call) -> Result<Answer, HubError> {
    let change = TwinChange::replace_from_body(call.json_text()?)?;
    write(call, change).await
}

async fn write(call: Call, change: TwinChange) -> Result<Answer, HubError> {
    let (id, if_match) = (call.device_id()?, call.if_match()?.unwrap_or_default());
    let (device, twin) = call.engine().change_twin(&id, &Scope::Everything, change, if_match).await?;
    Ok(whole(&call, &device, &twin))
}

fn whole(call: &Call, device: &Device, twin: &Twin) -> Answer {
    Answer::json(wire::document(device, &call.engine().presence(device), twin))
}

impl From<ChangeTwinError> for HubError {
    fn from(error: ChangeTwinError) -> HubError {
        match error {
            ChangeTwinError::NotFound => HubError::no_device(),
            ChangeTwinError::EtagMismatch => HubError::etag_mismatch(),
            ChangeTwinError::Twin(error) => error.into(),
            ChangeTwinError::Store(error) => error.into(),
        }
    }
}
