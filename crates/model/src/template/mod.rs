//! Device templates: what devices of one kind can do, as DTDL v2 the way IoT Central writes it (iot-central §8),
//! and values checked against it.
//!
//! A [`DeviceTemplate`] is what is kept: the document as its author sees it. A [`CapabilityModel`] is what it
//! means: it is read from the document whenever it is needed, and a document that cannot be read is never kept.
//!
//! ```text
//! read, schema   the document -> a model, or the first Fault
//! model          looking up capabilities
//! convert, iso   a value -> the value as a device gets it, or a Fault
//! writes         values that a job sets, commands that it calls -> a change of a twin, methods
//! setting        a property document that somebody sends -> a change of a twin
//! properties     a twin -> the property document that somebody reads
//! ```

mod acknowledgement;
mod convert;
mod fault;
mod iso;
mod model;
pub mod properties;
mod read;
mod schema;
mod setting;
mod writes;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::json::merge_patch;

pub use acknowledgement::Acknowledged;
pub use fault::Fault;
pub use model::{Access, Capability, CapabilityModel, Command, Interface, Kind, Part, Property, Resolved};
pub use read::{EXTENDS_DEPTH_MAX, INTERFACES_MAX, NAME_CHARACTERS_MAX};
pub use schema::{Field, SCHEMA_DEPTH_MAX, Schema};
pub use setting::Setting;
pub use writes::{Write, merge_body, method_name};

/// Most bytes of a template as JSON text. IoT Central publishes 300 capabilities a template (iot-central §12);
/// that number is a setting here, this one always holds.
pub const TEMPLATE_BYTES_MAX: usize = 1024 * 1024;
/// Most characters of a template's id.
pub const TEMPLATE_ID_CHARACTERS_MAX: usize = 256;

/// A device template as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceTemplate {
    /// Its name: a DTMI with or without a version, `urn:…` in old ones. Opaque.
    pub id: String,
    /// Its members in the newest API version's spelling, without `@id` and `etag`.
    body: Map<String, Value>,
}

/// Is the text fit to name a template? Ids are opaque (iot-central §8.1, §2); they stand in filters between quotes
/// and in addresses.
///
/// # Errors
/// The rule.
pub fn check_template_id(id: &str) -> Result<(), Fault> {
    let fits = (1..=TEMPLATE_ID_CHARACTERS_MAX).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\' | b'`'));
    if fits {
        return Ok(());
    }
    Err(Fault::new(format!(
        "the id of a device template has 1 to {TEMPLATE_ID_CHARACTERS_MAX} printable ASCII characters without spaces, \
         quotes and backslashes"
    )))
}

impl DeviceTemplate {
    /// Checks a template that somebody wrote. Members of the document that only the server sets (`@id`, `etag`) are
    /// left out.
    ///
    /// # Errors
    /// The first thing that breaks a rule.
    pub fn new(id: &str, document: Value) -> Result<(DeviceTemplate, CapabilityModel), Fault> {
        check_template_id(id)?;
        let Value::Object(mut document) = document else { return Err(Fault::new("must be an object")) };
        document.retain(|name, value| !matches!(name.as_str(), "@id" | "etag") && !value.is_null());
        for (name, value) in &document {
            check_member(name, value).map_err(|fault| fault.under(name))?;
        }
        if !document.contains_key("@type") {
            return Err(Fault::new("is missing").under("@type"));
        }
        let model = document.get("capabilityModel").ok_or_else(|| Fault::new("is missing"));
        let model = model.and_then(CapabilityModel::parse).map_err(|fault| fault.under("capabilityModel"))?;
        let template = DeviceTemplate { id: id.to_owned(), body: document };
        let bytes = template.text().len();
        if bytes > TEMPLATE_BYTES_MAX {
            return Err(Fault::new(format!("has {bytes} bytes; a template may have at most {TEMPLATE_BYTES_MAX}")));
        }
        Ok((template, model))
    }

    /// The template after a merge patch (RFC 7396), checked as a whole. Arrays are replaced, as merge patches do:
    /// a patch of `contents` names all of them.
    ///
    /// # Errors
    /// As [`DeviceTemplate::new`]; the patch is no object.
    pub fn patched(&self, patch: Value) -> Result<(DeviceTemplate, CapabilityModel), Fault> {
        if !patch.is_object() {
            return Err(Fault::new("must be an object"));
        }
        let mut document = Value::Object(self.body.clone());
        merge_patch(&mut document, patch);
        DeviceTemplate::new(&self.id, document)
    }

    /// What its devices can do.
    ///
    /// # Errors
    /// The document cannot be read; it could when it was kept.
    pub fn model(&self) -> Result<CapabilityModel, Fault> {
        CapabilityModel::parse(self.body.get("capabilityModel").unwrap_or(&Value::Null))
    }

    /// Its members in the newest API version's spelling, without `@id` and `etag`.
    pub fn body(&self) -> &Map<String, Value> {
        &self.body
    }

    /// Its display name, if it has one.
    pub fn display_name(&self) -> Option<&str> {
        self.body.get("displayName").and_then(Value::as_str)
    }

    /// A name for people: its own, its model's, or the id.
    pub fn name(&self) -> &str {
        let model = self.body.get("capabilityModel").and_then(|model| model.get("displayName"));
        let of_model = model.and_then(|name| match name {
            Value::String(text) => Some(text.as_str()),
            Value::Object(languages) => languages.get("en").or_else(|| languages.values().next())?.as_str(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
        });
        self.display_name().or(of_model).unwrap_or(&self.id)
    }

    fn text(&self) -> String {
        // Values always have a text.
        serde_json::to_string(&self.body).unwrap_or_default()
    }
}

fn check_member(name: &str, value: &Value) -> Result<(), Fault> {
    match name {
        "@type" => match value.as_array() {
            Some(words) if words.iter().all(Value::is_string) => Ok(()),
            _ => Err(Fault::new("must be an array of strings")),
        },
        "displayName" | "description" if value.is_string() => Ok(()),
        "displayName" | "description" => Err(Fault::new("must be a string")),
        "@context" | "capabilityModel" => Ok(()),
        _ => Err(Fault::new("a device template has no such member")),
    }
}

#[cfg(test)]
mod tests;
