//! A place in a twin, as people name it: `tags.site`, `desired.fan.speed`, `reported.fw`.

use serde_json::value::RawValue;

use crate::json::Members;

/// Most characters of a path.
const CHARACTERS_MAX: usize = 512;

/// One of the three sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SectionName {
    /// `tags`.
    Tags,
    /// `desired`.
    Desired,
    /// `reported`.
    Reported,
}

/// A place in a twin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwinPath {
    /// In which section.
    pub section: SectionName,
    keys: Vec<String>,
    text: String,
}

/// The text names no place in a twin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be tags, desired or reported, followed by keys with dots between them, at most {CHARACTERS_MAX} characters"
)]
pub struct BadTwinPath;

impl TwinPath {
    /// Reads a path. The keys of a twin hold no dots (iot-hub §3.4), so that it means one place only.
    ///
    /// # Errors
    /// The section is another, a key is empty, or there is none.
    pub fn parse(text: &str) -> Result<TwinPath, BadTwinPath> {
        let (section, keys) = text.split_once('.').ok_or(BadTwinPath)?;
        let section = match section {
            "tags" => SectionName::Tags,
            "desired" => SectionName::Desired,
            "reported" => SectionName::Reported,
            _ => return Err(BadTwinPath),
        };
        let keys: Vec<String> = keys.split('.').map(str::to_owned).collect();
        if keys.iter().any(String::is_empty) || text.chars().count() > CHARACTERS_MAX {
            return Err(BadTwinPath);
        }
        Ok(TwinPath { section, keys, text: text.to_owned() })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands there, as JSON text; `section` is the text of the section. `None` when nothing does.
    pub fn value_in<'a>(&self, section: &'a str) -> Option<&'a str> {
        let mut value = section;
        for key in &self.keys {
            value = Members::of(value).ok()?.get(key).map(RawValue::get)?;
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_find_values() {
        let section = r#"{"fan": {"speed": 7.0, "on": null}, "fw": "1.2"}"#;
        for (path, expected) in [
            ("reported.fan.speed", Some("7.0")),
            ("reported.fan.on", Some("null")),
            ("reported.fan", Some(r#"{"speed": 7.0, "on": null}"#)),
            ("reported.fw", Some(r#""1.2""#)),
            ("reported.fw.major", None),
            ("reported.none", None),
        ] {
            let path = TwinPath::parse(path).unwrap();
            assert_eq!((path.section, path.value_in(section)), (SectionName::Reported, expected), "{}", path.as_str());
        }
        assert_eq!(TwinPath::parse("tags.a").unwrap().value_in(""), None);
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["", "tags", "tags.", "tags..a", ".a", "twin.a", "properties.desired.a", "Tags.a"] {
            assert_eq!(TwinPath::parse(text), Err(BadTwinPath), "{text}");
        }
        assert_eq!(TwinPath::parse(&format!("tags.{}", "x".repeat(CHARACTERS_MAX))), Err(BadTwinPath));
    }
}
