//! Organizations (iot-central §9.1).

use bellwether_model::organization::Organization;
use serde::{Deserialize, Serialize};

use super::call::{Answer, Call};
use super::error::CentralError;

/// An organization on the wire.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    id: String,
    display_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
}

impl From<Organization> for Wire {
    fn from(Organization { id, display_name, parent }: Organization) -> Wire {
        Wire { id, display_name, parent }
    }
}

/// `GET /organizations`: those that the caller may see, in the order of creation.
pub(crate) async fn list(call: Call) -> Result<Answer, CentralError> {
    let page = call.page()?;
    let after = call.position(&page)?.unwrap_or(0);
    let scope = call.scope.clone();
    let read = move |records: &bellwether_store::Records<'_>| {
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
