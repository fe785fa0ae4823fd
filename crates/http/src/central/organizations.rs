//! Organizations (iot-central §9.1).

use std::sync::Arc;

use bellwether_engine::OrganizationError;
use bellwether_model::ids::OrganizationId;
use bellwether_model::organization::Organization;
use bellwether_store::Records;
use serde::{Deserialize, Serialize};

use super::call::{Answer, Call};
use super::error::{CentralError, Code};

/// An organization on the wire.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(skip_deserializing)]
    id: String,
    /// The article on the REST API has it required, the published description has not: without one it is the id.
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
}

impl From<Organization> for Wire {
    fn from(Organization { id, display_name, parent }: Organization) -> Wire {
        Wire { id, display_name: Some(display_name), parent }
    }
}

impl Wire {
    fn named(self, id: OrganizationId) -> Organization {
        let id = String::from(id);
        Organization { display_name: self.display_name.unwrap_or_else(|| id.clone()), id, parent: self.parent }
    }
}

/// `GET /organizations`: those that the caller may see, in the order of creation.
pub(crate) async fn list(call: Call) -> Result<Answer, CentralError> {
    let page = call.page()?;
    let after = call.position(&page)?.unwrap_or(0);
    let scope = call.scope.clone();
    let read = move |records: &Records<'_>| {
        records.page(after, page.limit, |organization: &Organization| scope.covers(Some(&organization.id)))
    };
    let found = call.engine().store().read_records(read).await?;
    let next = found.records.last().filter(|_| found.more).map(|last| call.next(&last.key)).transpose()?;
    Answer::page(found.records.into_iter().map(|stored| Wire::from(stored.record)), next)
}

/// `GET /organizations/{organizationId}`.
pub(crate) async fn get(call: Call) -> Result<Answer, CentralError> {
    let found = call.engine().store().record::<Organization>(call.param(0)).await?;
    let seen = found.filter(|stored| call.scope.covers(Some(&stored.record.id)));
    let organization = seen.ok_or_else(|| CentralError::not_found("organization with this id"))?.record;
    Answer::one(&Wire::from(organization))
}

/// `PUT /organizations/{organizationId}`: makes or replaces it.
pub(crate) async fn put(call: Call) -> Result<Answer, CentralError> {
    let id: OrganizationId = call.param(0).parse().map_err(CentralError::bad_request)?;
    let (engine, if_match) = (Arc::clone(call.engine()), call.if_match()?);
    let organization = call.json::<Wire>()?.named(id.clone());
    let change = |_| Ok::<_, CentralError>(organization);
    let stored = engine.change_organization(call.caller, id, if_match, change).await?;
    Answer::one(&Wire::from(stored.record))
}

/// `PATCH /organizations/{organizationId}`: changes what is named. `parent: null` moves it directly below the root.
pub(crate) async fn patch(call: Call) -> Result<Answer, CentralError> {
    let id: OrganizationId = call.param(0).parse().map_err(CentralError::bad_request)?;
    let (engine, if_match, caller) = (Arc::clone(call.engine()), call.if_match()?, call.caller.clone());
    let name = id.clone();
    let change = move |stands: Option<Organization>| {
        let stands = stands.ok_or(OrganizationError::NotFound)?;
        Ok::<_, CentralError>(call.merged::<Wire>(&Wire::from(stands))?.named(name))
    };
    let stored = engine.change_organization(caller, id, if_match, change).await?;
    Answer::one(&Wire::from(stored.record))
}

/// `DELETE /organizations/{organizationId}`: only one to which nothing belongs.
pub(crate) async fn delete(call: Call) -> Result<Answer, CentralError> {
    let id: OrganizationId = call.param(0).parse().map_err(CentralError::bad_request)?;
    call.engine().delete_organization(call.caller.clone(), id).await?;
    Ok(Answer::nothing())
}

impl From<OrganizationError> for CentralError {
    fn from(error: OrganizationError) -> CentralError {
        match &error {
            OrganizationError::NotFound => CentralError::new(Code::NotFound, error),
            OrganizationError::Invalid(_) => CentralError::unprocessable(error),
            OrganizationError::OutOfReach => CentralError::new(Code::Forbidden, error),
            OrganizationError::InUse(_) => CentralError::conflict(error),
            OrganizationError::TooMany(limit) => (*limit).into(),
            OrganizationError::EtagMismatch(error) => (*error).into(),
            OrganizationError::Store(error) => error.clone().into(),
        }
    }
}
