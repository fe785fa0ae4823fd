//! Commands of one device (iot-central §7.3).
//!
//! A command is a direct method; in a component its name is `component*command`. Where the device has a template, it
//! says which commands there are and what their requests have to be; an unassigned device is asked whatever the caller
//! names.
//!
//! What the service answers beside 201 is published for one case alone, a device that is not connected (404
//! `NotFound`); the others are ours: 504 when no answer came in time or the connection was lost, 502 for an answer that
//! breaks the protocol, 501 for commands that wait for the device (`durable`) and for modules, which this server does
//! not have.

use axum::http::StatusCode;
use bellwether_engine::{CommandError, CommandRequest, InvokeError};
use bellwether_model::identity::Device;
use bellwether_model::json::ObjectWriter;
use bellwether_model::method::{BadCall, component_method};
use bellwether_model::template::{CapabilityModel, DeviceTemplate};
use bellwether_store::{CommandCall, StoreError};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::call::{Answer, Call};
use super::error::{CentralError, Code};

const MODULES: &str = "commands of edge modules";

/// Where a command stands in the path.
struct Place<'a> {
    component: Option<&'a str>,
    name: &'a str,
}

/// `GET /devices/{deviceId}/commands/{commandName}`: the calls over this API, the newest first. Those of jobs are
/// with their job.
pub(crate) async fn history(call: Call) -> Result<Answer, CentralError> {
    list(&call, &Place { component: None, name: call.param(1) }).await
}

/// `GET /devices/{deviceId}/components/{componentName}/commands/{commandName}`.
pub(crate) async fn component_history(call: Call) -> Result<Answer, CentralError> {
    list(&call, &Place { component: Some(call.param(1)), name: call.param(2) }).await
}

/// `GET /devices/{deviceId}/modules/{moduleName}/…/commands/{commandName}`: nothing was ever called there.
pub(crate) async fn module_history(call: Call) -> Result<Answer, CentralError> {
    let device = call.device().await?;
    let model = model(&call, &device).await?;
    if model.and_then(|model| model.module(call.param(1)).map(|_| ())).is_none() {
        return Err(CentralError::not_found("module with this name"));
    }
    Ok(Answer::texts(Vec::new(), None))
}

/// `POST /devices/{deviceId}/commands/{commandName}`: 201 with what the device answered, whatever its status says.
pub(crate) async fn run(call: Call) -> Result<Answer, CentralError> {
    invoke(&call, &Place { component: None, name: call.param(1) }).await
}

/// `POST /devices/{deviceId}/components/{componentName}/commands/{commandName}`.
pub(crate) async fn run_in_component(call: Call) -> Result<Answer, CentralError> {
    invoke(&call, &Place { component: Some(call.param(1)), name: call.param(2) }).await
}

/// `POST /devices/{deviceId}/modules/{moduleName}/…/commands/{commandName}`: modules do not connect to this server.
pub(crate) async fn run_in_module(call: Call) -> Result<Answer, CentralError> {
    call.device().await?;
    Err(CentralError::not_served(MODULES))
}

async fn list(call: &Call, place: &Place<'_>) -> Result<Answer, CentralError> {
    let (device, page) = (call.device().await?, call.page()?);
    let method = component_method(place.component, place.name);
    let before = call.position(&page)?;
    let history = call.engine().store().command_history(device.seq, method, before, page.limit).await?;
    // A command that was called once is history, also when the template has it no more.
    if history.calls.is_empty()
        && let Some(model) = model(call, &device).await?
    {
        check(&model, place)?;
    }
    let next = history.next.map(|next| call.next(&next)).transpose()?;
    Ok(Answer::texts(history.calls.iter().map(document).collect(), next))
}

async fn invoke(call: &Call, place: &Place<'_>) -> Result<Answer, CentralError> {
    let device = call.device().await?;
    let body: Body<'_> = if call.body.trim_ascii().is_empty() { Body::default() } else { call.json()? };
    let request = match model(call, &device).await? {
        None => body.request.map(|raw| raw.get().to_owned()),
        Some(model) => {
            check(&model, place)?;
            let command = model.command(place.component, place.name);
            let command = command.ok_or_else(|| no_command(place))?;
            if command.durable {
                return Err(CentralError::not_served("commands that wait for the device (durable)"));
            }
            let request = command.payload(body.request.map(RawValue::get));
            request.map_err(|fault| CentralError::unprocessable(fault.under("request")))?
        }
    };
    let request = CommandRequest {
        component: place.component.map(str::to_owned),
        name: place.name.to_owned(),
        request,
        connection_timeout: seconds("connectionTimeout", body.connection_timeout, 0, 0)?,
        response_timeout: seconds("responseTimeout", body.response_timeout, 5, 30)?,
    };
    let done = call.engine().run_command(&device, request).await?;
    Ok(Answer::text(document(&done)).with_status(StatusCode::CREATED))
}

/// What the device's template says; `None` when it has none.
async fn model(call: &Call, device: &Device) -> Result<Option<CapabilityModel>, CentralError> {
    let Some(id) = &device.profile.template else { return Ok(None) };
    let Some(stored) = call.engine().store().record::<DeviceTemplate>(id).await? else { return Ok(None) };
    let model = stored.record.model();
    Ok(Some(model.map_err(|fault| StoreError::Damaged(format!("template {id}: {fault}")))?))
}

/// Does the template have the command?
fn check(model: &CapabilityModel, place: &Place<'_>) -> Result<(), CentralError> {
    match (model.interface(place.component), model.command(place.component, place.name)) {
        (None, _) => Err(CentralError::not_found("component with this name in the device's template")),
        (Some(_), None) => Err(no_command(place)),
        (Some(_), Some(_)) => Ok(()),
    }
}

fn no_command(place: &Place<'_>) -> CentralError {
    CentralError::not_found(match place.component {
        None => "command with this name in the device's template",
        Some(_) => "command with this name in this component of the device's template",
    })
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    connection_timeout: Option<i64>,
    response_timeout: Option<i64>,
    #[serde(borrow, default, deserialize_with = "raw")]
    request: Option<&'a RawValue>,
}

/// `null` is a request too.
fn raw<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

fn seconds(name: &str, given: Option<i64>, least: u16, default: u16) -> Result<u16, CentralError> {
    let Some(given) = given else { return Ok(default) };
    let seconds = u16::try_from(given).ok().filter(|seconds| (least..=30).contains(seconds));
    seconds.ok_or_else(|| CentralError::unprocessable(format!("{name} must be a number of seconds from {least} to 30")))
}

/// A call on the wire. One without an answer has neither `response` nor `responseCode`.
fn document(call: &CommandCall) -> String {
    let mut out = String::with_capacity(256);
    let mut object = ObjectWriter::open(&mut out);
    object
        .string("id", &call.id)
        .display("connectionTimeout", call.connection_timeout)
        .display("responseTimeout", call.response_timeout);
    if let Some(request) = &call.request {
        object.raw("request", request);
    }
    if let Some(answer) = &call.answer {
        object.raw("response", &answer.payload).display("responseCode", answer.status);
    }
    object.close();
    out
}

impl From<CommandError> for CentralError {
    fn from(error: CommandError) -> CentralError {
        match error {
            CommandError::Blocked => CentralError::new(Code::NotFound, error),
            CommandError::Bad(BadCall::Name) => CentralError::bad_request(
                "the names of component and command must make up 1 to 256 printable US-ASCII characters that may stand in a topic",
            ),
            CommandError::Bad(error) => CentralError::unprocessable(format!("request: {error}")),
            CommandError::Invoke(error) => error.into(),
            CommandError::TooOften(refused) => refused.into(),
        }
    }
}

impl From<InvokeError> for CentralError {
    fn from(error: InvokeError) -> CentralError {
        let code = match &error {
            InvokeError::DeviceNotFound | InvokeError::NotOnline => Code::NotFound,
            // After a lost connection the device may have acted.
            InvokeError::TimedOut | InvokeError::ConnectionLost => Code::GatewayTimeout,
            InvokeError::Malformed(_) => Code::BadGateway,
            InvokeError::Stopping => return CentralError::stopping(),
            InvokeError::Store(error) => return error.clone().into(),
        };
        CentralError::new(code, error)
    }
}
