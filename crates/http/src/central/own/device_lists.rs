//! Devices with what a list shows of them.

use serde::Serialize;
use utoipa::ToSchema;

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
