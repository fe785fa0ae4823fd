//! Device templates (iot-central §8). They belong to the whole application: who may see any sees all.

use bellwether_engine::TemplateError;
use bellwether_model::template::{DeviceTemplate, check_template_id};
use bellwether_query::{ListField, ListFieldKind, ListValue};
use bellwether_store::{Records, Stored};
use serde::Serialize;
use serde_json::{Map, Value};

use super::call::{Answer, Call};
use super::error::CentralError;

/// A template on the wire.
#[derive(Debug, Serialize)]
struct Wire<'a> {
    #[serde(rename = "@id")]
    id: &'a str,
    #[serde(flatten)]
    body: &'a Map<String, Value>,
    etag: String,
}

impl<'a> From<&'a Stored<DeviceTemplate>> for Wire<'a> {
    fn from(stored: &'a Stored<DeviceTemplate>) -> Wire<'a> {
        Wire { id: &stored.record.id, body: stored.record.body(), etag: stored.etag_text() }
    }
}

impl From<TemplateError> for CentralError {
    fn from(error: TemplateError) -> CentralError {
        match error {
            TemplateError::NotFound => not_found(),
            TemplateError::EtagMismatch(error) => error.into(),
            TemplateError::Invalid(_) => CentralError::unprocessable(error),
            TemplateError::HasDevices | TemplateError::InUse { .. } => CentralError::conflict(error),
            TemplateError::TooMany(limit) => limit.into(),
            TemplateError::Store(error) => error.into(),
        }
    }
}

fn not_found() -> CentralError {
    CentralError::not_found("device template with this id")
}

/// The path's template id.
fn id(call: &Call) -> Result<&str, CentralError> {
    check_template_id(call.param(0)).map_err(CentralError::bad_request)?;
    Ok(call.param(0))
}

/// What templates are filtered by.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Field {
    Id,
    AtId,
    DisplayName,
    Description,
}

impl ListField for Field {
    const ALL: &'static [Self] = &[Field::Id, Field::AtId, Field::DisplayName, Field::Description];

    fn name(self) -> &'static str {
        match self {
            Field::Id => "id",
            Field::AtId => "@id",
            Field::DisplayName => "displayName",
            Field::Description => "description",
        }
    }

    fn kind(self) -> ListFieldKind {
        ListFieldKind::Text
    }
}

fn value(template: &DeviceTemplate, field: Field) -> ListValue<'_> {
    match field {
        Field::Id | Field::AtId => ListValue::Text(&template.id),
        Field::DisplayName => ListValue::Text(template.name()),
        Field::Description => template.body().get("description").and_then(Value::as_str).into(),
    }
}

/// `GET /deviceTemplates`.
pub(crate) async fn list(call: Call) -> Result<Answer, CentralError> {
    let (page, order, filter) = (call.page()?, call.order()?, call.filter::<Field>()?);
    let after = call.position(&page)?;
    let read = move |records: &Records<'_>| {
        let keep = |template: &DeviceTemplate| {
            filter.as_ref().is_none_or(|filter| filter.matches(|field| value(template, field)))
        };
        records.list(order, DeviceTemplate::name, after.as_ref(), page.limit, keep)
    };
    let found = call.engine().store().read_records(read).await?;
    let next = found.next.map(|position| call.next(&position)).transpose()?;
    Answer::page(found.items.iter().map(Wire::from), next)
}

/// `GET /deviceTemplates/{deviceTemplateId}`, and in `preview` `…/merged`: the two models of that version are one here.
pub(crate) async fn get(call: Call) -> Result<Answer, CentralError> {
    let found = call.engine().store().record::<DeviceTemplate>(id(&call)?).await?;
    Answer::one(&Wire::from(&found.ok_or_else(not_found)?))
}

/// `PUT /deviceTemplates/{deviceTemplateId}`: publishes the whole template, new or changed.
pub(crate) async fn put(call: Call) -> Result<Answer, CentralError> {
    let template = call.engine().put_template(id(&call)?, document(&call)?, call.if_match()?).await?;
    Answer::one(&Wire::from(&template))
}

/// `PATCH /deviceTemplates/{deviceTemplateId}`: a merge patch; a list in it is the whole list.
pub(crate) async fn patch(call: Call) -> Result<Answer, CentralError> {
    let template = call.engine().patch_template(id(&call)?, document(&call)?, call.if_match()?).await?;
    Answer::one(&Wire::from(&template))
}

/// `DELETE /deviceTemplates/{deviceTemplateId}`.
pub(crate) async fn delete(call: Call) -> Result<Answer, CentralError> {
    call.engine().delete_template(id(&call)?, call.if_match()?).await?;
    Ok(Answer::nothing())
}

fn document(call: &Call) -> Result<Value, CentralError> {
    Ok(Value::Object(call.json()?))
}
