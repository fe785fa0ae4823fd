//! A device on the wire, in the newest version's form (iot-central §7.1).

use bellwether_model::identity::{Device, Status};
use serde::Serialize;

/// What every answer with a device holds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceWire {
    id: String,
    etag: String,
    display_name: String,
    simulated: bool,
    provisioned: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
    enabled: bool,
    /// Absent for the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    organizations: Option<[String; 1]>,
    /// `iotEdge` or absent.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<[&'static str; 1]>,
}

impl From<Device> for DeviceWire {
    fn from(device: Device) -> DeviceWire {
        DeviceWire {
            etag: device.etag_text(),
            display_name: device.display_name().to_owned(),
            simulated: device.profile.simulated,
            provisioned: device.provisioned,
            enabled: device.status == Status::Enabled,
            kind: device.iot_edge.then_some(["iotEdge"]),
            template: device.profile.template,
            organizations: device.profile.organization.map(|id| [id]),
            id: device.id.into(),
        }
    }
}
