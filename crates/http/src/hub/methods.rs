//! Direct methods (iot-hub §4).

use bellwether_engine::InvokeError;
use bellwether_model::json::ObjectWriter;
use bellwether_model::method::{BadCall, MethodCall};

use super::call::{Answer, Call};
use super::error::{Code, HubError};

/// `POST /twins/{id}/methods`: 200 with the device's status, also when that is an error of its own.
pub(crate) async fn invoke(call: Call) -> Result<Answer, HubError> {
    let (id, method) = (call.device_id()?, MethodCall::from_body(call.json_text()?)?);
    let answer = call.engine().invoke_method(&id, method).await?;
    let mut body = String::with_capacity(answer.payload.len() + 32);
    let mut object = ObjectWriter::open(&mut body);
    object.display("status", answer.status).raw("payload", &answer.payload);
    object.close();
    Ok(Answer::json(body))
}

impl From<BadCall> for HubError {
    fn from(error: BadCall) -> HubError {
        HubError::invalid(error)
    }
}

impl From<InvokeError> for HubError {
    fn from(error: InvokeError) -> HubError {
        let code = match &error {
            InvokeError::DeviceNotFound => Code::DeviceNotFound,
            // The text tells the two apart: after a lost connection the device may have acted
            // (device-protocol §2.6).
            InvokeError::NotOnline | InvokeError::ConnectionLost => Code::DeviceNotOnline,
            InvokeError::TimedOut => Code::GatewayTimeout,
            InvokeError::Malformed(_) => Code::GenericBadGateway,
            InvokeError::Stopping => return HubError::stopping(),
            InvokeError::Store(error) => return error.clone().into(),
        };
        HubError::new(code, error)
    }
}
