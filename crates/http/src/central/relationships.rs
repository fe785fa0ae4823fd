//! Relationships between devices (iot-central §7.4): which one is upstream of which.
//!
//! Silent in the contract: a relationship is shown on both of its devices, so its id is one of the whole installation;
//! the device in the path is one of the two.

use bellwether_engine::WriteRelationshipError;
use bellwether_model::DeviceId;
use bellwether_model::ids::RelationshipId;
use bellwether_model::json::ObjectWriter;
use bellwether_model::relationship::{Relationship, RelationshipChange};
use serde::Deserialize;

use super::call::{Answer, Call};
use super::error::{CentralError, Code};
use super::version::Version;

/// Most characters of a name. Not published.
const NAME_MAX: usize = 256;

/// `GET /devices/{deviceId}/relationships`: in the order of creation.
pub(crate) async fn list(call: Call) -> Result<Answer, CentralError> {
    let (device, page) = (call.device().await?, call.page()?);
    let after = call.position(&page)?.unwrap_or(0);
    let store = call.engine().store();
    let found = store.relationships(device.seq, call.scope.clone(), after, page.limit).await?;
    let next = found.next.map(|next| call.next(&next)).transpose()?;
    Ok(Answer::texts(found.relationships.iter().map(|one| document(one, call.version)).collect(), next))
}

/// `GET /devices/{deviceId}/relationships/{relationshipId}`.
pub(crate) async fn get(call: Call) -> Result<Answer, CentralError> {
    let (device, id) = (call.device().await?, id(&call)?);
    let found = call.engine().store().relationship(device.seq, id, call.scope.clone()).await?;
    Ok(Answer::text(document(&found.ok_or_else(none)?, call.version)))
}

/// `PUT /devices/{deviceId}/relationships/{relationshipId}`: makes it, or changes it.
pub(crate) async fn put(call: Call) -> Result<Answer, CentralError> {
    write(call, false).await
}

/// `PATCH /devices/{deviceId}/relationships/{relationshipId}`.
pub(crate) async fn patch(call: Call) -> Result<Answer, CentralError> {
    write(call, true).await
}

async fn write(call: Call, must_exist: bool) -> Result<Answer, CentralError> {
    let (device, id, body) = (call.device_id()?, id(&call)?, call.json::<Body>()?);
    let end = |name: &str, text: Option<String>| {
        let parse = |text: String| {
            DeviceId::try_from(text).map_err(|error| CentralError::unprocessable(format!("{name}: {error}")))
        };
        text.map(parse).transpose()
    };
    let name = body.name;
    if name.as_ref().is_some_and(|name| name.chars().count() > NAME_MAX) {
        return Err(CentralError::unprocessable(format!("name may have at most {NAME_MAX} characters")));
    }
    let change = RelationshipChange { source: end("source", body.source)?, target: end("target", body.target)?, name };
    let written = call.engine().write_relationship(&device, id, change, must_exist, call.scope.clone()).await?;
    Ok(Answer::text(document(&written, call.version)))
}

/// `DELETE /devices/{deviceId}/relationships/{relationshipId}`.
pub(crate) async fn delete(call: Call) -> Result<Answer, CentralError> {
    let (device, id) = (call.device().await?, id(&call)?);
    match call.engine().delete_relationship(device.seq, id, call.scope.clone()).await? {
        true => Ok(Answer::nothing()),
        false => Err(none()),
    }
}

fn id(call: &Call) -> Result<RelationshipId, CentralError> {
    call.param(1).parse().map_err(CentralError::bad_request)
}

fn none() -> CentralError {
    CentralError::not_found("relationship with this id")
}

#[derive(Deserialize)]
struct Body {
    name: Option<String>,
    source: Option<String>,
    target: Option<String>,
}

/// `name` is of the two oldest versions that have relationships.
fn document(relationship: &Relationship, version: Version) -> String {
    let mut out = String::with_capacity(128);
    let mut object = ObjectWriter::open(&mut out);
    object
        .string("id", relationship.id.as_str())
        .string("source", relationship.source.as_str())
        .string("target", relationship.target.as_str());
    if let Some(name) = relationship.name.as_ref().filter(|_| version <= Version::V1_2Preview) {
        object.string("name", name);
    }
    object.close();
    out
}

impl From<WriteRelationshipError> for CentralError {
    fn from(error: WriteRelationshipError) -> CentralError {
        let code = match &error {
            WriteRelationshipError::NotFound(_) => Code::NotFound,
            WriteRelationshipError::IdInUse => Code::Conflict,
            WriteRelationshipError::NoSuchDevice(_)
            | WriteRelationshipError::NotOfThisDevice
            | WriteRelationshipError::SameDevice
            | WriteRelationshipError::Missing(_) => Code::UnprocessableEntity,
            WriteRelationshipError::Store(error) => return error.clone().into(),
        };
        CentralError::new(code, error)
    }
}
