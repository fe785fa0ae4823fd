//! Devices (iot-central §7.1). They are the hub's devices, seen from here.

use bellwether_engine::{CentralDeviceError, DeviceChange, WhenAbsent};
use bellwether_model::identity::{Device, IfMatch};
use bellwether_model::template::DeviceTemplate;
use bellwether_query::ListFilter;
use bellwether_store::{DeviceError, DeviceSelection};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::call::{Answer, Call, said};
use super::device_wire::DeviceWire;
use super::error::{CentralError, Code};
use super::own::device_lists;
use super::version::Version;

/// The only type that is published; a device without it is an ordinary one.
const IOT_EDGE: &str = "iotEdge";

/// `GET /devices`: those that the caller may see.
pub(crate) async fn list(call: Call) -> Result<Answer, CentralError> {
    check_expand(&call)?;
    let selection = DeviceSelection { filter: call.filter()?, order: call.order()?, ..all(&call) };
    let selection = match call.version {
        Version::Own => device_lists::narrowed(&call, selection)?,
        _ => selection,
    };
    page(&call, selection).await
}

/// `GET /deviceTemplates/{deviceTemplateId}/devices`, which only `preview` has.
pub(crate) async fn list_of_template(call: Call) -> Result<Answer, CentralError> {
    let template = call.engine().store().record::<DeviceTemplate>(call.param(0)).await?;
    let template = template.ok_or_else(|| CentralError::not_found("device template with this id"))?.record;
    let filter = format!("template eq '{}'", template.id.replace('\'', "''"));
    let filter = Some(ListFilter::parse(&filter).map_err(|error| CentralError::internal(&error))?);
    page(&call, DeviceSelection { filter, ..all(&call) }).await
}

fn all(call: &Call) -> DeviceSelection {
    DeviceSelection::all(call.scope.clone())
}

async fn page(call: &Call, selection: DeviceSelection) -> Result<Answer, CentralError> {
    let page = call.page()?;
    let found = call.engine().list_devices(selection, call.position(&page)?, page.limit).await?;
    let next = found.next.map(|next| call.next(&next)).transpose()?;
    devices(call, found.items, next)
}

/// `GET /devices/{deviceId}`.
pub(crate) async fn get(call: Call) -> Result<Answer, CentralError> {
    check_expand(&call)?;
    let device = call.device().await?;
    one(&call, device)
}

/// `PUT /devices/{deviceId}`: makes the device, or changes it. What the body leaves out stays as it is: a PUT that
/// names a device must not unblock it, take its template away or move it to the root.
pub(crate) async fn put(call: Call) -> Result<Answer, CentralError> {
    write(call, WhenAbsent::Create).await
}

/// `PATCH /devices/{deviceId}`: the same, but only for a device that is there; `null` asks for the default.
pub(crate) async fn patch(call: Call) -> Result<Answer, CentralError> {
    write(call, WhenAbsent::Refuse).await
}

async fn write(call: Call, when_absent: WhenAbsent) -> Result<Answer, CentralError> {
    check_expand(&call)?;
    let (id, change, if_match) = (call.device_id()?, call.json::<Body>()?.change()?, call.if_match()?);
    let device = call.engine().write_device(&id, change, when_absent, if_match, call.scope.clone()).await?;
    one(&call, device)
}

/// A device in the caller's version.
fn one(call: &Call, device: Device) -> Result<Answer, CentralError> {
    match call.version {
        Version::Own => Answer::one(&device_lists::Device::of(call.engine(), device)),
        _ => Answer::one(&DeviceWire::from(device)),
    }
}

/// A page of devices in the caller's version.
pub(crate) fn devices(call: &Call, devices: Vec<Device>, next: Option<String>) -> Result<Answer, CentralError> {
    match call.version {
        Version::Own => {
            Answer::page(devices.into_iter().map(|device| device_lists::Device::of(call.engine(), device)), next)
        }
        _ => Answer::page(devices.into_iter().map(DeviceWire::from), next),
    }
}

/// `DELETE /devices/{deviceId}`.
pub(crate) async fn delete(call: Call) -> Result<Answer, CentralError> {
    let id = call.device_id()?;
    call.engine().delete_device_within(call.scope.clone(), &id, call.if_match()?).await?;
    Ok(Answer::nothing())
}

impl Call {
    /// The device that the path names.
    ///
    /// # Errors
    /// 400: no device can have this name. 404: it is not there, or not in the caller's scope.
    pub async fn device(&self) -> Result<Device, CentralError> {
        let device = self.engine().store().device(&self.device_id()?).await?;
        let device = device.filter(|device| self.scope.covers(device.profile.organization.as_deref()));
        device.ok_or_else(|| CentralError::not_found("device with this id"))
    }
}

/// `expand=deploymentManifest` changes nothing: deployment manifests are not served, so that no device has one.
fn check_expand(call: &Call) -> Result<(), CentralError> {
    let known = |value: &str| value.is_empty() || value == "deploymentManifest";
    if call.query.all("expand").chain(call.query.all("$expand")).all(known) {
        return Ok(());
    }
    Err(CentralError::bad_request("expand takes only deploymentManifest"))
}

/// What of a body is read: PUT and PATCH alike. A member that is `null` is there, one that is left out is not.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    etag: Option<String>,
    #[serde(default, deserialize_with = "said")]
    display_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    template: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    enabled: Option<Option<bool>>,
    #[serde(default, deserialize_with = "said")]
    simulated: Option<Option<bool>>,
    #[serde(default, deserialize_with = "said")]
    organizations: Option<Option<Vec<String>>>,
    #[serde(default, deserialize_with = "said")]
    r#type: Option<Option<Vec<String>>>,
    #[serde(default, deserialize_with = "said")]
    deployment_manifest: Option<Option<IgnoredAny>>,
}

impl Body {
    fn change(self) -> Result<DeviceChange, CentralError> {
        if self.deployment_manifest.is_some_and(|manifest| manifest.is_some()) {
            return Err(CentralError::unprocessable("deploymentManifest: deployment manifests are not served"));
        }
        let organization = self.organizations.map(|list| match list.unwrap_or_default() {
            list if list.len() > 1 => Err(CentralError::unprocessable("organizations must name at most one")),
            list => Ok(list.into_iter().next()),
        });
        let iot_edge = self.r#type.map(|list| match list.unwrap_or_default().as_slice() {
            [] => Ok(false),
            [only] if only == IOT_EDGE => Ok(true),
            _ => Err(CentralError::unprocessable("type must be [\"iotEdge\"] or empty")),
        });
        Ok(DeviceChange {
            etag: self.etag.as_deref().map(IfMatch::from_header).unwrap_or_default(),
            display_name: self.display_name,
            template: self.template,
            enabled: self.enabled.map(|enabled| enabled.unwrap_or(true)),
            simulated: self.simulated.map(|simulated| simulated.unwrap_or(false)),
            organization: organization.transpose()?,
            iot_edge: iot_edge.transpose()?,
        })
    }
}

impl From<CentralDeviceError> for CentralError {
    fn from(error: CentralDeviceError) -> CentralError {
        let code = match &error {
            CentralDeviceError::NotFound => Code::NotFound,
            CentralDeviceError::EtagMismatch => Code::PreconditionFailed,
            CentralDeviceError::DisplayName
            | CentralDeviceError::NoSuchTemplate(_)
            | CentralDeviceError::NoSuchOrganization(_)
            | CentralDeviceError::NotInRoot(_)
            | CentralDeviceError::TypeIsFixed
            | CentralDeviceError::InitialValues(_) => Code::UnprocessableEntity,
            CentralDeviceError::TooMany(limit) => return (*limit).into(),
            CentralDeviceError::Store(error) => return error.clone().into(),
        };
        CentralError::new(code, error)
    }
}

impl From<DeviceError> for CentralError {
    fn from(error: DeviceError) -> CentralError {
        match error {
            DeviceError::NotFound => CentralError::not_found("device with this id"),
            DeviceError::AlreadyExists => CentralError::conflict(error),
            DeviceError::EtagMismatch => CentralError::new(Code::PreconditionFailed, error),
            DeviceError::TooMany(limit) => limit.into(),
            DeviceError::Store(error) => error.into(),
        }
    }
}
