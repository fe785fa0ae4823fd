//! Devices with what a list shows of them.

use bellwether_engine::Engine;
use bellwether_model::Time;
use bellwether_model::identity::{self, Status};
use bellwether_query::ListOrder;
use bellwether_store::{DeviceSelection, SearchText, TemplateIs};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::call::Call;
use super::super::error::CentralError;

/// A page ends after so many devices were looked at: tens of milliseconds. One that is not full says where to go on.
const LOOKED_AT_MAX: usize = 50_000;
/// The same in the order of names, in which each device lies elsewhere.
const LOOKED_AT_BY_NAME_MAX: usize = 5_000;
/// `template`: the devices that have none.
const UNASSIGNED: &str = "unassigned";

/// A device. The members of the published versions, and more.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Device {
    /// Its id.
    pub id: String,
    /// Changes with it.
    pub etag: String,
    /// Its name for people; the id when none was given.
    pub display_name: String,
    /// Has it no hardware?
    pub simulated: bool,
    /// Has it registered?
    pub provisioned: bool,
    /// Its template; absent: unassigned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// False: it is blocked.
    pub enabled: bool,
    /// One organization; absent for the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organizations: Option<Vec<String>>,
    /// `iotEdge`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Vec<String>>,
    /// Is it connected?
    pub connected: bool,
    /// When that last changed.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_changed: Option<String>,
    /// When it last said something.
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_activity: Option<String>,
}

impl Device {
    /// A device with what is live of its presence.
    pub fn of(engine: &Engine, device: identity::Device) -> Device {
        let presence = engine.presence(&device);
        let time = |time: Time| (time != Time::NEVER).then(|| time.to_string());
        Device {
            etag: device.etag_text(),
            display_name: device.display_name().to_owned(),
            simulated: device.profile.simulated,
            provisioned: device.provisioned,
            enabled: device.status == Status::Enabled,
            kind: device.iot_edge.then(|| vec!["iotEdge".to_owned()]),
            connected: presence.connected,
            connection_changed: time(presence.state_updated),
            last_activity: time(presence.last_activity),
            template: device.profile.template,
            organizations: device.profile.organization.map(|id| vec![id]),
            id: device.id.into(),
        }
    }
}

/// What a list and an export of devices have beside filter and order.
///
/// # Errors
/// 400: a parameter is not what it must be.
pub(crate) fn narrowed(call: &Call, selection: DeviceSelection) -> Result<DeviceSelection, CentralError> {
    let template = call.query.get("template").map(|text| match text {
        UNASSIGNED => TemplateIs::Unassigned,
        id => TemplateIs::Id(id.to_owned()),
    });
    let connected = match call.query.get("connected") {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => return Err(CentralError::bad_request("connected must be true or false")),
    };
    let search = call.query.get("search").map(SearchText::new);
    let look_at = Some(match selection.order {
        ListOrder::Created => LOOKED_AT_MAX,
        ListOrder::DisplayName | ListOrder::DisplayNameDescending => LOOKED_AT_BY_NAME_MAX,
    });
    Ok(DeviceSelection { search, template, connected, look_at, ..selection })
}
