//! Relationships between devices (iot-central §7.4): which one is upstream of which.
//!
//! Silent in the contract: a relationship is shown on both of its devices, so its id is one of the whole installation;
//! the device in the path is one of the two.

use bellwether_engine::WriteRelationshipError;
use bellwether_model::DeviceId;
use bellwether_model::ids::RelationshipId;
use bellwether_model::json::ObjectWriter;
use bellwether_model::relationship::Relationship;
use serde::Deserialize;

use super::call::{Answer, Call};
use super::error::{CentralError, Code};

/// `GET /devices/{deviceId}/relationships`: in the order of creation.
pub(crate) async fn list(call: Call) -> Result<Answer, CentralError> {
    let (device, page) = (call.device().await?, call.page()?);
    let after = call.position(&page)?.unwrap_or(0);
    let store = call.engine().store();
    let found = store.relationships(device.seq, call.scope.clone(), after, page.limit).await?;
    let next = found.next.map(|next| call.next(&next)).transpose()?;
    Ok(Answer::texts(found.relationships.iter().map(document).collect(), next))
}

/// `GET /devices/{deviceId}/relationships/{relationshipId}`.
pub(crate) async fn get(call: Call) -> Result<Answer, CentralError> {
    let (device, id) = (call.device().await?, id(&call)?);
    let found = call.engine().store().relationship(device.seq, id, call.scope.clone()).await?;
    Ok(Answer::text(document(&found.ok_or_else(none)?)))
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
    let ends = [end("source", body.source)?, end("target", body.target)?];
    let written = call.engine().write_relationship(&device, id, ends, must_exist, call.scope.clone()).await?;
    Ok(Answer::text(document(&written)))
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
    source: Option<String>,
    target: Option<String>,
}

fn document(relationship: &Relationship) -> String {
    let mut out = String::with_capacity(128);
    let mut object = ObjectWriter::open(&mut out);
    object
        .string("id", relationship.id.as_str())
        .string("source", relationship.source.as_str())
        .string("target", relationship.target.as_str());
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
