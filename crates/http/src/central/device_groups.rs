//! Device groups (iot-central §6).

use bellwether_engine::GroupError;
use bellwether_model::DeviceSeq;
use bellwether_model::group::{DeviceGroup, DeviceGroupChange};
use bellwether_model::ids::DeviceGroupId;
use bellwether_query::{ListField, ListFieldKind, ListValue};
use bellwether_store::{Records, Stored};
use serde::{Deserialize, Serialize};

use super::call::{Answer, Call, said};
use super::devices;
use super::error::{CentralError, Code};

/// A group on the wire.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    id: String,
    display_name: String,
    filter: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    etag: String,
    /// Absent for the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    organizations: Option<[String; 1]>,
}

impl From<Stored<DeviceGroup>> for Wire {
    fn from(stored: Stored<DeviceGroup>) -> Wire {
        let etag = stored.etag_text();
        let DeviceGroup { id, display_name, description, filter, organization } = stored.record;
        Wire { id: id.into(), display_name, filter, description, etag, organizations: organization.map(|id| [id]) }
    }
}

/// What a request says of a group. `etag` is what was read earlier; conditions stand in `If-Match`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default, deserialize_with = "said")]
    display_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    description: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    filter: Option<Option<String>>,
    #[serde(default, deserialize_with = "said")]
    organizations: Option<Option<Vec<String>>>,
}

impl Body {
    fn change(self) -> Result<DeviceGroupChange, CentralError> {
        let organization = match self.organizations {
            None => None,
            Some(None) => Some(None),
            Some(Some(ids)) if ids.len() > 1 => {
                return Err(CentralError::unprocessable("organizations may hold one organization"));
            }
            Some(Some(ids)) => Some(ids.into_iter().next()),
        };
        let Body { display_name, description, filter, organizations: _ } = self;
        Ok(DeviceGroupChange { display_name, description, filter, organization })
    }
}

impl From<GroupError> for CentralError {
    fn from(error: GroupError) -> CentralError {
        match error {
            GroupError::NotFound => not_found(),
            GroupError::EtagMismatch(error) => error.into(),
            GroupError::Filter(_) => CentralError::bad_request(error),
            GroupError::Invalid(_) | GroupError::Broken { .. } => CentralError::unprocessable(error),
            GroupError::InUse { .. } => CentralError::new(Code::Conflict, error),
            GroupError::TooMany(limit) => limit.into(),
            GroupError::Store(error) => error.into(),
        }
    }
}

fn not_found() -> CentralError {
    CentralError::not_found("device group with this id")
}

fn id(call: &Call) -> Result<DeviceGroupId, CentralError> {
    call.param(0).parse().map_err(CentralError::bad_request)
}

/// What groups are filtered by.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Field {
    Id,
    DisplayName,
    Description,
    Filter,
    Organizations,
}

impl ListField for Field {
    const ALL: &'static [Self] =
        &[Field::Id, Field::DisplayName, Field::Description, Field::Filter, Field::Organizations];

    fn name(self) -> &'static str {
        match self {
            Field::Id => "id",
            Field::DisplayName => "displayName",
            Field::Description => "description",
            Field::Filter => "filter",
            Field::Organizations => "organizations",
        }
    }

    fn kind(self) -> ListFieldKind {
        ListFieldKind::Text
    }
}

fn value(group: &DeviceGroup, field: Field) -> ListValue<'_> {
    match field {
        Field::Id => ListValue::Text(group.id.as_str()),
        Field::DisplayName => ListValue::Text(&group.display_name),
        Field::Description => group.description.as_deref().into(),
        Field::Filter => ListValue::Text(&group.filter),
        Field::Organizations => group.organization.as_deref().into(),
    }
}

/// `GET /deviceGroups`: those in the caller's organizations.
pub(crate) async fn list(call: Call) -> Result<Answer, CentralError> {
    let (page, order, filter) = (call.page()?, call.order()?, call.filter::<Field>()?);
    let (after, scope) = (call.position(&page)?, call.scope.clone());
    let read = move |records: &Records<'_>| {
        records.list(
            order,
            |group: &DeviceGroup| &group.display_name,
            after.as_ref(),
            page.limit,
            |group| {
                scope.covers(group.organization.as_deref())
                    && filter.as_ref().is_none_or(|filter| filter.matches(|field| value(group, field)))
            },
        )
    };
    let found = call.engine().store().read_records(read).await?;
    let next = found.next.map(|position| call.next(&position)).transpose()?;
    Answer::page(found.items.into_iter().map(Wire::from), next)
}

/// `GET /deviceGroups/{deviceGroupId}`. A group that is broken reads like any other: the published object has no
/// member that could say so. Its devices do.
pub(crate) async fn get(call: Call) -> Result<Answer, CentralError> {
    let found = call.engine().store().record::<DeviceGroup>(id(&call)?.as_str()).await?;
    let seen = found.filter(|stored| call.scope.covers(stored.record.organization.as_deref()));
    Answer::one(&Wire::from(seen.ok_or_else(not_found)?))
}

/// `PUT /deviceGroups/{deviceGroupId}`: the whole group; what is left out is no more.
pub(crate) async fn put(call: Call) -> Result<Answer, CentralError> {
    let change = call.json::<Body>()?.change()?;
    let whole = DeviceGroupChange {
        display_name: change.display_name.or(Some(None)),
        description: change.description.or(Some(None)),
        filter: change.filter.or(Some(None)),
        organization: change.organization.or(Some(None)),
    };
    let group = call.engine().put_group(id(&call)?, whole, call.if_match()?, call.scope.clone()).await?;
    Answer::one(&Wire::from(group))
}

/// `PATCH /deviceGroups/{deviceGroupId}`: a merge patch.
pub(crate) async fn patch(call: Call) -> Result<Answer, CentralError> {
    let change = call.json::<Body>()?.change()?;
    let group = call.engine().patch_group(id(&call)?, change, call.if_match()?, call.scope.clone()).await?;
    Answer::one(&Wire::from(group))
}

/// `DELETE /deviceGroups/{deviceGroupId}`.
pub(crate) async fn delete(call: Call) -> Result<Answer, CentralError> {
    call.engine().delete_group(id(&call)?, call.if_match()?, call.scope.clone()).await?;
    Ok(Answer::nothing())
}

/// `GET /deviceGroups/{deviceGroupId}/devices`: who is in the group now, in the order of creation.
pub(crate) async fn members(call: Call) -> Result<Answer, CentralError> {
    let page = call.page()?;
    let after = call.position(&page)?.unwrap_or(DeviceSeq(0));
    let found = call.engine().group_devices(id(&call)?.as_str(), call.scope.clone(), after, page.limit).await?;
    let next = found.devices.last().filter(|_| found.more).map(|last| call.next(&last.seq)).transpose()?;
    devices::devices(&call, found.devices, next)
}
