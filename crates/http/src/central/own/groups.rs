//! Device groups with their members' number, and a look at a filter before it is kept.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::preview::PreviewDevice;

/// A filter to look at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PreviewGroup {
    /// As a device group has it.
    pub filter: String,
    /// As a device group has them.
    pub organizations: Option<Vec<String>>,
}

/// Who is in a group now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GroupMembers {
    /// How many devices; absent when the group is broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devices: Option<u64>,
    /// Some of them: at most 20.
    pub sample: Vec<PreviewDevice>,
    /// Why the filter cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}
