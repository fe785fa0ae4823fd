//! Values as they are typed: JSON, text, files, paths into a twin.

use std::fs;

use bellwether_model::twin::TwinChange;
use bellwether_model::twin::patch::PatchObject;
use clap::Args;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::failure::Failure;

/// What a twin keeps (iot-hub §3.4).
const INTEGERS: std::ops::RangeInclusive<i64> = -4_503_599_627_370_496..=4_503_599_627_370_495;
/// The rule for numbers that would become others on the way.
pub const TOO_LARGE: &str = "is too large for a number; for text write it in quotes";
const HINT: &str = "Give JSON in single quotes, such as '{\"floor\": 3}', or a file with it as @FILE";

/// JSON of a flag: itself, or what stands in the file of `@FILE`.
///
/// # Errors
/// The file cannot be read, it is no JSON, or an integer in it does not fit 64 bits and would become another.
pub fn document(flag: &str, given: &str) -> Result<Value, Failure> {
    let text = text_of(flag, given)?;
    let value = serde_json::from_str(&text);
    let value = value.map_err(|error| Failure::usage(format!("{flag} is no JSON: {error}\n{HINT}")))?;
    let kept = |digits: &str| digits.parse::<i64>().is_ok() || digits.parse::<u64>().is_ok();
    match integers(&text).find(|digits| !kept(digits)) {
        None => Ok(value),
        Some(digits) => Err(Failure::usage(format!("{flag}: {digits} {TOO_LARGE}"))),
    }
}

/// As [`document`], and the tags or the desired properties of a twin.
///
/// # Errors
/// As [`document`], or it breaks a rule of twins.
pub fn section(flag: &str, name: &str, given: &str) -> Result<Map<String, Value>, Failure> {
    let text = text_of(flag, given)?;
    members(name, &text).map_err(|rule| Failure::usage(format!("{flag}: {rule}\n{HINT}")))
}

/// The members of a section of a twin; none stands twice.
///
/// # Errors
/// The rule that the text breaks.
pub fn members(section: &str, text: &str) -> Result<Map<String, Value>, String> {
    PatchObject::parse(section, text).map_err(|error| error.to_string())?;
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn text_of(flag: &str, given: &str) -> Result<String, Failure> {
    let Some(file) = given.strip_prefix('@') else { return Ok(given.to_owned()) };
    fs::read_to_string(file).map_err(|error| Failure::during(format!("{flag}: cannot read {file}"), &error))
}

/// A value without ceremony: a number, `true`, `false`, `null`, and JSON that begins with `{`, `[` or `"` are
/// themselves; everything else is text.
///
/// # Errors
/// It begins as JSON and is none, or is or has a number that the hub would not keep as it stands.
pub fn typed(text: &str) -> Result<Value, String> {
    let of_the_hub = |digits: &str| digits.parse::<i64>().is_ok_and(|number| INTEGERS.contains(&number));
    match serde_json::from_str(text) {
        Ok(value) => match integers(text).find(|digits| !of_the_hub(digits)) {
            None => Ok(value),
            Some(digits) if digits == text.trim() => Err(TOO_LARGE.to_owned()),
            Some(digits) => Err(format!("{digits} {TOO_LARGE}")),
        },
        Err(_) if is_number(text) => Err(TOO_LARGE.to_owned()),
        Err(error) if text.trim_start().starts_with(['{', '[', '"']) => {
            Err(format!("begins like JSON and is none: {}", in_one_line(&error)))
        }
        Err(_) => Ok(Value::from(text)),
    }
}

/// A number as JSON writes them, however large.
fn is_number(text: &str) -> bool {
    text.trim_start().starts_with(|c: char| c == '-' || c.is_ascii_digit())
        && serde_json::from_str::<&RawValue>(text).is_ok()
}

/// The integers of a JSON text as they are written, members' names and other texts left out.
fn integers(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json;
    std::iter::from_fn(move || {
        loop {
            let at = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit())?;
            rest = &rest[at..];
            if rest.starts_with('"') {
                let mut escaped = false;
                let end = rest[1..].find(|c: char| {
                    let ends = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                });
                rest = &rest[end? + 2..];
                continue;
            }
            let end = rest.find(|c: char| !c.is_ascii_digit() && !"-+.eE".contains(c)).unwrap_or(rest.len());
            let (number, after) = rest.split_at(end);
            rest = after;
            if !number.contains(['.', 'e', 'E']) {
                return Some(number);
            }
        }
    })
}

/// An error in JSON that stands in one line of something else.
pub fn in_one_line(error: &serde_json::Error) -> String {
    error.to_string().replace(" at line 1 column ", " at character ")
}

/// What [`typed`] reads as this value.
pub fn untyped(value: &Value) -> String {
    match value {
        Value::String(text) if typed(text).as_ref() == Ok(value) && !text.is_empty() => text.clone(),
        other => other.to_string(),
    }
}

/// A twin in the making: tags and desired properties, member by member.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Sections {
    /// The tags.
    pub tags: Map<String, Value>,
    /// The desired properties.
    pub desired: Map<String, Value>,
}

impl Sections {
    /// Sets what `tags.a.b` or `desired.a.b` (also `properties.desired.a.b`) names.
    ///
    /// # Errors
    /// It is no such path, or something stands there already.
    pub fn set(&mut self, path: &str, value: Value) -> Result<(), String> {
        let whole = path.strip_prefix("properties.").unwrap_or(path);
        let (section, rest) = match whole.split_once('.') {
            Some(("tags", rest)) if whole == path => (&mut self.tags, rest),
            Some(("desired", rest)) => (&mut self.desired, rest),
            Some(_) | None => return Err("must begin with tags. or desired.".to_owned()),
        };
        let (parents, name) = rest.rsplit_once('.').map_or(("", rest), |(parents, name)| (parents, name));
        if rest.split('.').any(str::is_empty) {
            return Err("has an empty name between its dots".to_owned());
        }
        let mut place = section;
        for parent in parents.split('.').filter(|parent| !parent.is_empty()) {
            let inner = place.entry(parent).or_insert_with(|| json!({}));
            place = inner.as_object_mut().ok_or_else(|| format!("needs an object where {parent} has a value"))?;
        }
        match place.insert(name.to_owned(), value) {
            None => Ok(()),
            Some(_) => Err("stands twice".to_owned()),
        }
    }

    /// As the hub takes it: sections that are empty are left out.
    pub fn body(&self) -> Value {
        let mut body = json!({});
        if !self.tags.is_empty() {
            body["tags"] = Value::Object(self.tags.clone());
        }
        if !self.desired.is_empty() {
            body["properties"] = json!({"desired": self.desired});
        }
        body
    }

    /// Nothing is set.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty() && self.desired.is_empty()
    }
}

/// A change of a twin as it is typed.
#[derive(Debug, Args)]
pub struct ChangeArgs {
    /// Tags to set, as a JSON object; null removes one.
    #[arg(long, value_name = "JSON|@FILE")]
    tags: Option<String>,

    /// Desired properties to set, as a JSON object; null removes one.
    #[arg(long, value_name = "JSON|@FILE")]
    desired: Option<String>,

    /// Set one value: tags.floor=3 or desired.fan.speed=40. Numbers, true, false and JSON are themselves, everything
    /// else is text; '"3"' is the text 3. May be given many times.
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,

    /// Remove one value: tags.floor. May be given many times.
    #[arg(long, value_name = "PATH")]
    remove: Vec<String>,
}

impl ChangeArgs {
    /// The change as the body of a PATCH; an empty object when nothing is asked for.
    ///
    /// # Errors
    /// It is no JSON, a path is none or stands twice, or it breaks a rule of twins.
    pub fn body(&self) -> Result<Value, Failure> {
        let mut change = Sections::default();
        if let Some(text) = &self.tags {
            change.tags = section("--tags", "tags", text)?;
        }
        if let Some(text) = &self.desired {
            change.desired = section("--desired", "desired", text)?;
        }
        let wrong = |flag: &str, given: &str, rule: String| Failure::usage(format!("{flag} {given}: {rule}"));
        for given in &self.set {
            let (path, text) =
                given.split_once('=').ok_or_else(|| wrong("--set", given, "must be PATH=VALUE".to_owned()))?;
            let value = typed(text).map_err(|rule| wrong("--set", given, rule))?;
            change.set(path, value).map_err(|rule| wrong("--set", path, rule))?;
        }
        for path in &self.remove {
            change.set(path, Value::Null).map_err(|rule| wrong("--remove", path, rule))?;
        }
        let body = change.body();
        TwinChange::merge_from_body(&body.to_string()).map_err(|error| Failure::usage(error.to_string()))?;
        Ok(body)
    }
}

/// What must be given for a change that changes nothing to become one.
pub fn nothing_to_change() -> Failure {
    Failure::usage("nothing is to be changed: give --set, --remove, --tags or --desired")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_without_ceremony() {
        for (text, value) in [
            ("3", json!(3)),
            ("1.0", json!(1.0)),
            ("true", json!(true)),
            ("null", json!(null)),
            ("007", json!("007")),
            ("north", json!("north")),
            ("\"3\"", json!("3")),
            ("[1, 2]", json!([1, 2])),
            ("", json!("")),
        ] {
            assert_eq!(typed(text).unwrap(), value, "{text}");
        }
        assert!(typed("{a: 1}").unwrap_err().starts_with("begins like JSON"));
        for value in [json!("3"), json!("{"), json!("null"), json!(""), json!("a b"), json!({"a": [1]}), json!(2.5)] {
            assert_eq!(typed(&untyped(&value)).unwrap(), value);
        }
    }

    #[test]
    fn numbers_that_would_become_others_are_refused() {
        for text in [
            "89490200001234567890",
            " -4503599627370497",
            "4503599627370496",
            "1e999",
            "-1e400",
            "1".repeat(400).as_str(),
        ] {
            assert_eq!(typed(text).unwrap_err(), TOO_LARGE, "{text}");
        }
        for text in [r#"{"a":[1,89490200001234567890]}"#, r#"["\\",89490200001234567890]"#] {
            assert_eq!(typed(text).unwrap_err(), format!("89490200001234567890 {TOO_LARGE}"), "{text}");
        }
        assert!(typed("[1e999]").is_err());
        for (text, value) in [
            ("4503599627370495", json!(4_503_599_627_370_495_i64)),
            ("-4503599627370496", json!(-4_503_599_627_370_496_i64)),
            ("1e20", json!(1e20)),
            ("+89490200001234567890", json!("+89490200001234567890")),
            ("0089490200001234567890", json!("0089490200001234567890")),
            ("\"89490200001234567890\"", json!("89490200001234567890")),
            (
                r#"{"89490200001234567890":"\"89490200001234567890"}"#,
                json!({"89490200001234567890": "\"89490200001234567890"}),
            ),
        ] {
            assert_eq!(typed(text).unwrap(), value, "{text}");
            assert_eq!(typed(&untyped(&value)).unwrap(), value, "{text}");
        }
        let error = change(&["tags.iccid=89490200001234567890"], &[]).body().unwrap_err();
        assert!(error.code() == 2 && error.to_string().contains(TOO_LARGE), "{error}");
        assert!(document("--payload", r#"{"id":89490200001234567890}"#).unwrap_err().to_string().contains(TOO_LARGE));
        assert_eq!(document("--payload", "18446744073709551615").unwrap(), json!(u64::MAX));
    }

    fn change(set: &[&str], remove: &[&str]) -> ChangeArgs {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        ChangeArgs { tags: Some(r#"{"site": "a"}"#.into()), desired: None, set: owned(set), remove: owned(remove) }
    }

    #[test]
    fn a_change_from_its_parts() {
        let made = change(&["tags.place.floor=3", "properties.desired.fan=on"], &["tags.place.room", "desired.old"]);
        assert_eq!(
            made.body().unwrap(),
            json!({"tags": {"site": "a", "place": {"floor": 3, "room": null}}, "properties": {"desired": {"fan": "on", "old": null}}})
        );
        for (set, part) in [
            ("tags.site=b", "--set tags.site: stands twice"),
            ("tags.site.a=b", "needs an object where site has a value"),
            ("floor=3", "must begin with tags. or desired."),
            ("properties.tags.a=1", "must begin with tags. or desired."),
            ("tags.a..b=3", "empty name"),
            ("tags.a", "must be PATH=VALUE"),
            ("tags.a={x", "begins like JSON"),
            ("tags.a b=1", "tags"),
        ] {
            let error = change(&[set], &[]).body().unwrap_err();
            assert!(error.code() == 2 && error.to_string().contains(part), "{set}: {error}");
        }
    }
}
