//! Device groups with their members' number, and a look at a filter before it is kept.

use bellwether_engine::GroupError;
use bellwether_model::group::FILTER_MAX;
use bellwether_store::DeviceCount;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::call::{Answer, Call};
use super::super::error::CentralError;
use super::preview::PreviewDevice;

/// Devices that are named.
const SAMPLE: usize = 20;

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
    /// Of these, connected now; absent when the group is broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected: Option<u64>,
    /// There may be more: the fleet is larger than one count looks at.
    pub partial: bool,
    /// Some of them: at most 20.
    pub sample: Vec<PreviewDevice>,
    /// Why the filter cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}

/// `GET /deviceGroups/{deviceGroupId}/members`.
pub(crate) async fn members(call: Call) -> Result<Answer, CentralError> {
    let count = call.engine().count_group(call.param(0), call.scope.clone(), SAMPLE).await;
    answer(&call, count)
}

/// `POST /deviceGroupPreview`: a filter that cannot be used is an answer, not a failure: somebody is writing it.
pub(crate) async fn preview(call: Call) -> Result<Answer, CentralError> {
    let PreviewGroup { filter, organizations } = call.json()?;
    if filter.len() > FILTER_MAX {
        return Err(CentralError::unprocessable(format!("filter must have at most {FILTER_MAX} bytes")));
    }
    let mut organizations = organizations.unwrap_or_default();
    if organizations.len() > 1 {
        return Err(CentralError::unprocessable("organizations may hold one organization"));
    }
    let count = call.engine().preview_group(&filter, organizations.pop(), call.scope.clone(), SAMPLE).await;
    answer(&call, count)
}

fn answer(call: &Call, count: Result<DeviceCount, GroupError>) -> Result<Answer, CentralError> {
    let members = match count {
        Ok(count) => GroupMembers {
            devices: Some(count.devices),
            connected: Some(count.connected),
            partial: count.is_partial,
            sample: count.sample.iter().map(|device| PreviewDevice::of(call.engine(), device)).collect(),
            broken: None,
        },
        Err(GroupError::Broken { reason }) => GroupMembers::broken(reason),
        Err(GroupError::Filter(error)) => GroupMembers::broken(error.to_string()),
        Err(error) => return Err(error.into()),
    };
    Answer::one(&members)
}

impl GroupMembers {
    fn broken(reason: String) -> GroupMembers {
        GroupMembers { devices: None, connected: None, partial: false, sample: Vec::new(), broken: Some(reason) }
    }
}
