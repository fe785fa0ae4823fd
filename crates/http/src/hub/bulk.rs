//! `POST /devices`: up to 100 identities and twins in one call (iot-hub §2.4).
//!
//! Each element stands for itself: clients take whoever is not among the errors for done. So one that is refused keeps no
//! other from being done. Only what cannot be meant refuses the whole call: a body that is no array, more than 100
//! elements, the same device twice.
//!
//! A twin's part of an element is merged, in every mode: what it does not name stays.

use std::collections::HashSet;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use bellwether_engine::{BulkElement, DeviceChangeRefused, DeviceEdit};
use bellwether_model::identity::IfMatch;
use bellwether_model::twin::TwinChange;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::call::{Answer, Call, device_id, from_json};
use super::devices;
use super::error::{Code, ERROR_CODE, HubError};

const ELEMENTS_MAX: usize = 100;
/// The .NET client takes a 400 for a result only with this header.
const BULK_ERROR_CODE: HeaderName = HeaderName::from_static("iothuberrorcode");

/// What of an element says which device is meant and what is to become of it; the rest is the identity and its twin.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Element {
    id: Option<String>,
    module_id: Option<String>,
    import_mode: Option<String>,
    #[serde(rename = "eTag", alias = "etag")]
    etag: Option<String>,
    #[serde(rename = "twinETag", alias = "twinEtag")]
    twin_etag: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BulkResult {
    is_successful: bool,
    errors: Vec<BulkError>,
    warnings: [(); 0],
}

/// An element that was refused.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BulkError {
    device_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    module_id: Option<String>,
    error_code: &'static str,
    error_status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
}

/// `POST /devices`.
pub(crate) async fn change(call: Call) -> Result<Answer, HubError> {
    let elements: Vec<&RawValue> = call.json_array()?;
    if elements.len() > ELEMENTS_MAX {
        let text = format!("one call changes at most {ELEMENTS_MAX} devices, and these are {}", elements.len());
        return Err(HubError::new(Code::TooManyDevices, text));
    }
    let mut errors = Vec::new();
    let mut named = Vec::with_capacity(elements.len());
    for text in elements.into_iter().map(RawValue::get) {
        match from_json::<Element>(text) {
            Ok(element) => named.push((element, text)),
            Err(error) => errors.push(Element::nameless(text).refused(error)),
        }
    }
    let mut ids = HashSet::new();
    if let Some((twice, _)) = named.iter().find(|(element, _)| !ids.insert((&element.id, element.module()))) {
        let id = twice.id.as_deref().unwrap_or_default();
        return Err(HubError::new(Code::DeviceDefinedMultipleTimes, format!("device {id:?} stands in the list twice")));
    }
    let (mut changes, mut changed) = (Vec::new(), Vec::new());
    for (element, text) in named {
        match read(&call, &element, text) {
            Ok(change) => {
                changes.push(change);
                changed.push(element);
            }
            Err(error) => errors.push(element.refused(error)),
        }
    }
    let entry = call.engine().store().take_entry();
    let outcomes = call.engine().change_devices(changes, entry).await?;
    for (outcome, element) in outcomes.into_iter().zip(changed) {
        if let Err(refused) = outcome {
            errors.push(element.refused(refused.into()));
        }
    }
    result(errors)
}

impl Element {
    /// Of one whose members cannot be read: its id, if that can.
    fn nameless(text: &str) -> Element {
        #[derive(Deserialize)]
        struct Named {
            id: String,
        }
        let id = serde_json::from_str::<Named>(text).ok().map(|named| named.id);
        Element { id, ..Element::default() }
    }

    fn module(&self) -> Option<&str> {
        self.module_id.as_deref().filter(|module| !module.is_empty())
    }

    fn refused(self, error: HubError) -> BulkError {
        BulkError {
            device_id: self.id.unwrap_or_default(),
            module_id: self.module_id,
            error_code: error.code.symbol(),
            error_status: error.text,
            operation: self.import_mode,
        }
    }
}

/// What an element asks for; `text` is all of it.
fn read(call: &Call, element: &Element, text: &str) -> Result<BulkElement, HubError> {
    let id = element.id.as_ref();
    let id = device_id(id.ok_or_else(|| HubError::new(Code::ArgumentNull, "id must say which device is meant"))?)?;
    if element.module().is_some() {
        return Err(HubError::new(Code::FeatureNotSupported, "moduleId: modules are not served"));
    }
    // The npm client writes it with a capital.
    let mode = element.import_mode.as_deref().unwrap_or_default().to_ascii_lowercase();
    let wants_etag = mode.ends_with("ifmatchetag");
    // An etag of quotes and blanks is none, and says nothing here: the mode itself asks for one.
    let if_match = |member: &str, etag: &Option<String>| {
        let etag = etag.as_deref().filter(|etag| !etag.trim_matches(['"', ' ', ',']).is_empty());
        match etag {
            Some(etag) if wants_etag => Ok(IfMatch::from_header(etag)),
            None if wants_etag => {
                Err(HubError::new(Code::PreconditionFailed, format!("{member} must say which etag is meant")))
            }
            Some(_) | None => Ok(IfMatch::Any),
        }
    };
    let settings = || devices::settings(&id, from_json(text)?);
    let twin = || Ok::<_, HubError>(TwinChange::merge_from_body(text)?);
    let fresh_keys = || call.engine().fresh_keys();
    let edit = match mode.as_str() {
        "create" => DeviceEdit::Create { settings: settings()?, twin: twin()?, fresh_keys: fresh_keys() },
        "update" | "updateifmatchetag" => {
            DeviceEdit::Update { if_match: if_match("eTag", &element.etag)?, settings: settings()?, twin: twin()? }
        }
        "createorupdate" | "createorupdateifmatchetag" => DeviceEdit::CreateOrUpdate {
            // A new device has no etag; one that is there has another than none.
            if_match: if_match("eTag", &element.etag).unwrap_or(IfMatch::OneOf(Vec::new())),
            settings: settings()?,
            twin: twin()?,
            fresh_keys: fresh_keys(),
        },
        "delete" | "deleteifmatchetag" => DeviceEdit::Delete { if_match: if_match("eTag", &element.etag)? },
        "updatetwin" | "updatetwinifmatchetag" => {
            DeviceEdit::UpdateTwin { if_match: if_match("twinETag", &element.twin_etag)?, twin: twin()? }
        }
        _ => {
            return Err(HubError::invalid(
                "importMode must be create, update, updateIfMatchETag, createOrUpdate, createOrUpdateIfMatchETag, \
                 delete, deleteIfMatchETag, updateTwin or updateTwinIfMatchETag",
            ));
        }
    };
    Ok(BulkElement { id, edit })
}

/// The result, 400 when there is an error in it.
fn result(errors: Vec<BulkError>) -> Result<Answer, HubError> {
    let is_successful = errors.is_empty();
    let mut answer = Answer::json(serde_json::to_string(&BulkResult { is_successful, errors, warnings: [] })?);
    if !is_successful {
        answer.status = StatusCode::BAD_REQUEST;
        let code = HeaderValue::from_static(Code::BulkRegistryOperationFailure.symbol());
        answer.headers = vec![(BULK_ERROR_CODE, code.clone()), (ERROR_CODE, code)];
    }
    Ok(answer)
}

impl From<DeviceChangeRefused> for HubError {
    fn from(refused: DeviceChangeRefused) -> HubError {
        match refused {
            DeviceChangeRefused::Device(error) => error.into(),
            DeviceChangeRefused::Twin(error) => error.into(),
        }
    }
}
