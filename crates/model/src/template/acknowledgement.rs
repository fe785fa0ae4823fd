//! What a device reports of a writable property (device-protocol §10).

use serde_json::value::RawValue;

use crate::json::Members;

/// A reported value, out of the acknowledgement that may be around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acknowledged<'a> {
    /// The value, JSON text.
    pub value: &'a str,
    /// `ac`, a number as JSON text.
    pub code: Option<&'a str>,
    /// `av`, a number as JSON text: the desired version that it answers.
    pub version: Option<&'a str>,
    /// `ad`, a string as JSON text.
    pub description: Option<&'a str>,
}

impl<'a> Acknowledged<'a> {
    /// Reads a reported value: `{"value":…,"ac":…,"av":…,"ad":…}`, of which `av` and `ad` may be missing, or the
    /// bare value.
    pub fn read(json: &'a str) -> Acknowledged<'a> {
        Self::wrapped(json).unwrap_or(Acknowledged { value: json, code: None, version: None, description: None })
    }

    fn wrapped(json: &'a str) -> Option<Acknowledged<'a>> {
        if !json.starts_with('{') {
            return None;
        }
        let members = Members::of(json).ok()?;
        let number = |raw: &&'a RawValue| raw.get().starts_with(|c: char| c == '-' || c.is_ascii_digit());
        Some(Acknowledged {
            value: members.get("value")?.get(),
            code: Some(members.get("ac")?).filter(number).map(RawValue::get),
            version: members.get("av").filter(number).map(RawValue::get),
            description: members.get("ad").map(RawValue::get).filter(|text| text.starts_with('"')),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_unwrapped() {
        for (json, value, code, version, description) in [
            (r#"{"value":23.0,"ac":200,"av":3,"ad":"ok"}"#, "23.0", Some("200"), Some("3"), Some(r#""ok""#)),
            (r#"{"ac":203,"value":{"a":1}}"#, r#"{"a":1}"#, Some("203"), None, None),
            (r#"{"value":1,"ac":200,"av":null,"ad":7}"#, "1", Some("200"), None, None),
            ("5", "5", None, None, None),
            (r#"{"value":1}"#, r#"{"value":1}"#, None, None, None),
            (r#"{"value":1,"ac":"x"}"#, "1", None, None, None),
            (r#"{"ac":200}"#, r#"{"ac":200}"#, None, None, None),
        ] {
            assert_eq!(Acknowledged::read(json), Acknowledged { value, code, version, description }, "{json}");
        }
    }
}
