//! Documents that are JSON text in wire form.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::document::Document;
use crate::field::Field;
use crate::follow::MemberPath;
use crate::value::Value;

/// A twin, module twin or job row as the wire has it, for `bellwether query --offline` and tests.
///
/// Members are found by their canonical names.
#[derive(Clone, Debug)]
pub struct JsonDocument<'a> {
    members: BTreeMap<Cow<'a, str>, &'a str>,
}

impl<'a> JsonDocument<'a> {
    /// Reads an object's members.
    ///
    /// # Errors
    /// When the text is no JSON object.
    pub fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        let members: BTreeMap<Name<'a>, &'a RawValue> = serde_json::from_str(text)?;
        let members = members.into_iter().map(|(name, value)| (name.0, value.get())).collect();
        Ok(JsonDocument { members })
    }

    /// The value of a member of the object.
    pub fn member(&self, name: &str) -> Value<'a> {
        self.members.get(name).map_or(Value::Undefined, |text| Value::from_json(text))
    }

    pub(crate) fn below(&self, name: &str, steps: &[&str]) -> Value<'a> {
        self.members.get(name).map_or(Value::Undefined, |text| MemberPath::new(steps.iter().copied()).value(text))
    }
}

/// A member's name, borrowed when it has no escapes.
#[derive(PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl Document for JsonDocument<'_> {
    fn field(&self, field: Field) -> Value<'_> {
        match field {
            Field::Desired | Field::DesiredWhole => self.below("properties", &["desired"]),
            Field::Reported | Field::ReportedWhole => self.below("properties", &["reported"]),
            Field::DesiredVersion => self.below("properties", &["desired", "$version"]),
            Field::ReportedVersion => self.below("properties", &["reported", "$version"]),
            Field::DesiredMetadata => self.below("properties", &["desired", "$metadata"]),
            Field::ReportedMetadata => self.below("properties", &["reported", "$metadata"]),
            Field::DeviceId
            | Field::ModuleId
            | Field::Etag
            | Field::DeviceEtag
            | Field::Version
            | Field::Status
            | Field::StatusReason
            | Field::StatusUpdateTime
            | Field::ConnectionState
            | Field::LastActivityTime
            | Field::CloudToDeviceMessageCount
            | Field::AuthenticationType
            | Field::X509Thumbprint
            | Field::DeviceScope
            | Field::ParentScopes
            | Field::ModelId
            | Field::Capabilities
            | Field::Configurations
            | Field::Tags
            | Field::Properties
            | Field::JobId
            | Field::JobType
            | Field::StartTimeUtc
            | Field::EndTimeUtc
            | Field::CreatedDateTimeUtc
            | Field::LastUpdatedDateTimeUtc
            | Field::Outcome
            | Field::Error => self.member(field.wire_name()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn fields_of_a_twin() {
        let text = r#"{"deviceId": "a\u0062", "tags": {"x": 1.0}, "version": 3,
            "properties": {"desired": {"k": 1, "$version": 4, "$metadata": {"$lastUpdated": "t"}}}}"#;
        let twin = JsonDocument::parse(text).unwrap();
        assert_eq!(twin.field(Field::DeviceId), Value::string("ab"));
        assert_eq!(twin.field(Field::Tags), Value::from_json(r#"{"x": 1.0}"#));
        assert_eq!(twin.field(Field::DesiredVersion), Value::from_json("4"));
        assert_eq!(twin.field(Field::DesiredMetadata), Value::from_json(r#"{"$lastUpdated": "t"}"#));
        assert_eq!(twin.field(Field::ReportedWhole), Value::Undefined);
        assert_eq!(twin.field(Field::Error), Value::Undefined);
        assert!(JsonDocument::parse("[1]").is_err());
        assert!(JsonDocument::parse("").is_err());
    }
}
