//! Property documents of devices, and the components and modules of their templates (iot-central §7.2, §7.4).
//!
//! Edge modules have no twins of their own here yet. What a template says of them can be read; no module has ever
//! reported or been sent a value, and setting one is refused.

use std::sync::Arc;

use axum::http::StatusCode;
use bellwether_engine::{DeviceProperties, PropertiesError, PropertyDocument};
use bellwether_model::template::properties::{Selection, View};
use bellwether_model::template::{CapabilityModel, Part};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::call::{Answer, Call};
use super::error::CentralError;
use super::version::Version;

impl From<PropertiesError> for CentralError {
    fn from(error: PropertiesError) -> CentralError {
        match error {
            PropertiesError::NoDevice => no_device(),
            PropertiesError::NoComponent => no_component(),
            PropertiesError::Invalid(_) | PropertiesError::Twin(_) => CentralError::unprocessable(error),
            PropertiesError::Contended => CentralError::conflict(error),
            PropertiesError::TooOften(refused) => refused.into(),
            PropertiesError::Store(error) => error.into(),
        }
    }
}

fn no_device() -> CentralError {
    CentralError::not_found("device with this id")
}

fn no_component() -> CentralError {
    CentralError::not_found("component with this name")
}

/// `GET /devices/{deviceId}/properties`. Cloud properties are in it, but not in `preview`.
pub(crate) async fn get(call: Call) -> Result<Answer, CentralError> {
    let found = found(&call).await?;
    Ok(Answer::text(view(&call, &found, selection(&call))?.device()))
}

/// `PUT /devices/{deviceId}/properties`: what the template models and the document does not name is removed.
pub(crate) async fn put(call: Call) -> Result<Answer, CentralError> {
    set_device(&call, true, selection(&call)).await.map(accepted)
}

/// `PATCH /devices/{deviceId}/properties`: what the document does not name stays.
pub(crate) async fn patch(call: Call) -> Result<Answer, CentralError> {
    set_device(&call, false, selection(&call)).await.map(accepted)
}

/// `GET /devices/{deviceId}/cloudProperties`, in `preview` alone.
pub(crate) async fn get_cloud(call: Call) -> Result<Answer, CentralError> {
    let found = found(&call).await?;
    Ok(Answer::text(view(&call, &found, Selection::Cloud)?.device()))
}

/// `PUT /devices/{deviceId}/cloudProperties`.
pub(crate) async fn put_cloud(call: Call) -> Result<Answer, CentralError> {
    set_device(&call, true, Selection::Cloud).await.map(Answer::text)
}

/// `PATCH /devices/{deviceId}/cloudProperties`.
pub(crate) async fn patch_cloud(call: Call) -> Result<Answer, CentralError> {
    set_device(&call, false, Selection::Cloud).await.map(Answer::text)
}

/// `GET /devices/{deviceId}/components/{componentName}/properties`.
pub(crate) async fn get_component(call: Call) -> Result<Answer, CentralError> {
    let found = found(&call).await?;
    let document = view(&call, &found, selection(&call))?.component(call.param(1));
    document.map(Answer::text).ok_or_else(no_component)
}

/// `PUT /devices/{deviceId}/components/{componentName}/properties`.
pub(crate) async fn put_component(call: Call) -> Result<Answer, CentralError> {
    set_component(&call, true).await
}

/// `PATCH /devices/{deviceId}/components/{componentName}/properties`.
pub(crate) async fn patch_component(call: Call) -> Result<Answer, CentralError> {
    set_component(&call, false).await
}

/// `GET /devices/{deviceId}/components`: those of its template; none without one.
pub(crate) async fn components(call: Call) -> Result<Answer, CentralError> {
    let found = found(&call).await?;
    let components = found.model.as_deref().map_or(&[][..], CapabilityModel::components);
    Answer::page(components.iter().map(|part| Listed::of(part, &["Component"])), None)
}

/// `GET /devices/{deviceId}/modules`: those of its template. Those that every edge device has are not shown.
pub(crate) async fn modules(call: Call) -> Result<Answer, CentralError> {
    let found = found(&call).await?;
    let modules = found.model.as_deref().map_or(&[][..], CapabilityModel::modules);
    Answer::page(modules.iter().map(|part| Listed::of(part, &["Relationship", "SemanticType/EdgeModule"])), None)
}

/// `GET /devices/{deviceId}/modules/{moduleName}/components`.
pub(crate) async fn module_components(call: Call) -> Result<Answer, CentralError> {
    let model = model_with_module(&call).await?;
    let components = model.module(call.param(1)).map_or(&[][..], |module| &module.interface.components);
    Answer::page(components.iter().map(|part| Listed::of(part, &["Component"])), None)
}

/// `GET /devices/{deviceId}/modules/{moduleName}/properties`, and the same of a component in it.
pub(crate) async fn get_module(call: Call) -> Result<Answer, CentralError> {
    check_in_module(&call).await?;
    Ok(Answer::text("{}".to_owned()))
}

/// `PUT` and `PATCH` of what [`get_module`] reads.
pub(crate) async fn set_module(call: Call) -> Result<Answer, CentralError> {
    check_in_module(&call).await?;
    Err(CentralError::unprocessable("the properties of edge modules cannot be set: modules are not served yet"))
}

/// A component or module in a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    #[serde(rename = "@id", skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(rename = "@type")]
    types: &'a [&'a str],
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'a Value>,
}

impl<'a> Listed<'a> {
    fn of(part: &'a Part, types: &'a [&'a str]) -> Listed<'a> {
        Listed { id: part.id.as_deref(), types, name: &part.name, display_name: part.display_name.as_ref() }
    }
}

/// The device that is asked about.
async fn found(call: &Call) -> Result<DeviceProperties, CentralError> {
    let found = call.engine().device_properties(&call.device_id()?, &call.scope).await?;
    found.ok_or_else(no_device)
}

/// `preview` keeps cloud properties apart.
fn selection(call: &Call) -> Selection {
    if call.version == Version::Preview { Selection::Device } else { Selection::All }
}

/// Are values outside the template meant too? Only the versions that have the parameter look at it.
fn unmodeled(call: &Call) -> Result<bool, CentralError> {
    if !matches!(call.version, Version::V2022_06_30Preview | Version::V2022_10_31Preview | Version::Own) {
        return Ok(false);
    }
    match call.query.get("unmodeled") {
        None => Ok(false),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(_) => Err(CentralError::bad_request("unmodeled must be true or false")),
    }
}

fn view<'a>(call: &Call, found: &'a DeviceProperties, selection: Selection) -> Result<View<'a>, CentralError> {
    Ok(View { twin: &found.twin, model: found.model.as_deref(), unmodeled: unmodeled(call)?, selection })
}

fn accepted(document: String) -> Answer {
    Answer::text(document).with_status(StatusCode::ACCEPTED)
}

/// Sets the whole device's properties and returns its document after that.
async fn set_device(call: &Call, replace: bool, selection: Selection) -> Result<String, CentralError> {
    let stands = set(call, None, replace, selection).await?;
    Ok(view(call, &stands, selection)?.device())
}

async fn set_component(call: &Call, replace: bool) -> Result<Answer, CentralError> {
    let component = call.param(1);
    let stands = set(call, Some(component.to_owned()), replace, selection(call)).await?;
    // Outside the template it is there only once something was set.
    let document = view(call, &stands, selection(call))?.component(component);
    Ok(accepted(document.unwrap_or_else(|| "{}".to_owned())))
}

async fn set(
    call: &Call,
    component: Option<String>,
    replace: bool,
    selection: Selection,
) -> Result<DeviceProperties, CentralError> {
    let text = call.json::<&RawValue>()?.get().to_owned();
    let document = PropertyDocument { text, component, unmodeled: unmodeled(call)?, selection, replace };
    Ok(call.engine().set_properties(&call.device_id()?, document, &call.scope).await?)
}

/// The model of a device whose template has the module that is asked about.
async fn model_with_module(call: &Call) -> Result<Arc<CapabilityModel>, CentralError> {
    let model = found(call).await?.model.filter(|model| model.module(call.param(1)).is_some());
    model.ok_or_else(|| CentralError::not_found("module with this name"))
}

/// Has the template the module, and the component in it where one is asked about?
async fn check_in_module(call: &Call) -> Result<(), CentralError> {
    let model = model_with_module(call).await?;
    let Some(component) = call.params.get(2) else { return Ok(()) };
    let known = model.module(call.param(1)).and_then(|module| module.interface.component(component)).is_some();
    if known { Ok(()) } else { Err(no_component()) }
}
