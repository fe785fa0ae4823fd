//! JSON kept as text: numbers keep their digits and objects their order.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// Any JSON value as its text, without white space between its tokens. Kept as a string, so that a missing value
/// and an explicit `null` stay two things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawJson(String);

impl RawJson {
    /// Reads one JSON value.
    ///
    /// # Errors
    /// The text is not valid JSON.
    pub fn parse(text: &str) -> Result<RawJson, serde_json::Error> {
        let value: &RawValue = serde_json::from_str(text)?;
        Ok(RawJson(minify(value.get())))
    }

    /// The value as JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&RawValue> for RawJson {
    fn from(value: &RawValue) -> RawJson {
        RawJson(minify(value.get()))
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RawJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RawJson::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// JSON text without the white space between its tokens. `text` must be valid JSON.
pub fn minify(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in text.chars() {
        if in_string {
            out.push(c);
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_string = false,
                _ => {}
            }
        } else if !matches!(c, ' ' | '\t' | '\r' | '\n') {
            in_string = c == '"';
            out.push(c);
        }
    }
    out
}

/// JSON merge patch (RFC 7396): objects merge, `null` removes, anything else replaces.
pub fn merge_patch(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            members.shift_remove(&name);
        } else {
            merge_patch(members.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// As [`merge_patch`], on text: what the patch does not touch keeps its digits and its order. A patch may nest as
/// deep as [`DEPTH_MAX`].
///
/// # Errors
/// One of the two is not valid JSON, or the patch nests too deep.
pub fn merge_patch_text(target: &str, patch: &str) -> Result<String, serde_json::Error> {
    if depth(patch) > DEPTH_MAX {
        return Err(serde::de::Error::custom(format!("nests deeper than {DEPTH_MAX} levels")));
    }
    merge_levels(target.trim_ascii(), patch.trim_ascii())
}

/// How deep the text of a patch may nest: as deep as `serde_json` reads.
pub const DEPTH_MAX: usize = 127;

fn merge_levels(target: &str, patch: &str) -> Result<String, serde_json::Error> {
    if !patch.starts_with('{') {
        return Ok(patch.to_owned());
    }
    let target = if target.starts_with('{') { Members::of(target)? } else { Members::default() };
    let patch = Members::of(patch)?;
    // Of a key that stands twice the last one holds.
    let last: BTreeMap<&str, usize> = patch.0.iter().enumerate().map(|(at, (key, _))| (key.0.as_ref(), at)).collect();
    let new = |key: &str| last.get(key).and_then(|at| patch.0.get(*at)).map(|(_, value)| value.get());
    let known: BTreeSet<&str> = target.0.iter().map(|(key, _)| key.0.as_ref()).collect();
    let mut out = String::new();
    let mut object = ObjectWriter::open(&mut out);
    for (key, value) in &target.0 {
        match new(&key.0) {
            None => object.raw(&key.0, value.get()),
            Some("null") => continue,
            Some(new) => object.raw(&key.0, &merge_levels(value.get(), new)?),
        };
    }
    for (at, (key, value)) in patch.0.iter().enumerate() {
        let holds = last.get(key.0.as_ref()) == Some(&at);
        if holds && value.get() != "null" && !known.contains(key.0.as_ref()) {
            object.raw(&key.0, &merge_levels("null", value.get())?);
        }
    }
    object.close();
    Ok(out)
}

/// How deep arrays and objects nest in JSON text: 0 for a scalar.
pub fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Appends `text` as a JSON string, quotes and escapes included.
pub fn push_string(out: &mut String, text: &str) {
    let plain = !text.bytes().any(|b| b < 0x20 || b == b'"' || b == b'\\');
    if plain {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        // A string always has a JSON form; the empty one stands for the impossible.
        out.push_str(&serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned()));
    }
}

/// A key of an object, borrowed from the text unless it holds escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key<'a>(pub Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

/// The members of one object in their order, the values unparsed.
#[derive(Debug, Clone, Default)]
pub struct Members<'a>(pub Vec<(Key<'a>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// Reads the members of the object that `text` is.
    ///
    /// # Errors
    /// `text` is not valid JSON or not an object.
    pub fn of(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The value of the last member named `name`.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(key, _)| key.0 == name).map(|(_, value)| *value)
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

/// Writes one JSON object member by member.
#[derive(Debug)]
pub struct ObjectWriter<'a> {
    out: &'a mut String,
    first: bool,
}

impl<'a> ObjectWriter<'a> {
    /// Opens an object at the end of `out`.
    pub fn open(out: &'a mut String) -> Self {
        out.push('{');
        Self { out, first: true }
    }

    /// Writes the key of the next member; the caller appends the value to the text it gets.
    pub fn key(&mut self, name: &str) -> &mut String {
        if !self.first {
            self.out.push(',');
        }
        self.first = false;
        push_string(self.out, name);
        self.out.push(':');
        self.out
    }

    /// A member whose value is JSON text.
    pub fn raw(&mut self, name: &str, json: &str) -> &mut Self {
        self.key(name).push_str(json);
        self
    }

    /// A member whose value is a string.
    pub fn string(&mut self, name: &str, text: &str) -> &mut Self {
        push_string(self.key(name), text);
        self
    }

    /// A member whose value prints as JSON by itself: numbers and booleans.
    pub fn display(&mut self, name: &str, value: impl fmt::Display) -> &mut Self {
        use fmt::Write;
        // Writing to a String cannot fail.
        let _ = write!(self.key(name), "{value}");
        self
    }

    /// A member whose value is a time, as a string.
    pub fn time(&mut self, name: &str, time: crate::Time) -> &mut Self {
        use fmt::Write;
        let _ = write!(self.key(name), "\"{time}\"");
        self
    }

    /// Closes the object.
    pub fn close(self) {
        self.out.push('}');
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn minify_leaves_strings_and_numbers_alone() {
        assert_eq!(
            minify("{ \"a b\" : [ 1.0 ,\n2e5 , \"x \\\" y\\\\\" ] , \"c\":\t{ } }"),
            r#"{"a b":[1.0,2e5,"x \" y\\"],"c":{}}"#
        );
    }

    #[test]
    fn merge_patches() {
        let mut target = json!({"a": 1, "b": {"c": 2, "d": 3}, "e": [1, 2]});
        merge_patch(&mut target, json!({"a": null, "b": {"c": null, "x": {"y": null, "z": 1}}, "e": [3]}));
        assert_eq!(target, json!({"b": {"d": 3, "x": {"z": 1}}, "e": [3]}));
    }

    #[test]
    fn merge_patches_of_text_do_the_same_and_keep_digits() {
        for (target, patch, merged) in [
            (r#"{"a":1.0,"b":1e3}"#, r#"{"c": 2.50}"#, r#"{"a":1.0,"b":1e3,"c":2.50}"#),
            (
                r#"{"a":1,"b":{"c":2,"d":3},"e":[1,2]}"#,
                r#"{"a":null,"b":{"c":null,"x":{"y":null,"z":1}},"e":[3]}"#,
                r#"{"b":{"d":3,"x":{"z":1}},"e":[3]}"#,
            ),
            (r#"{"a":1}"#, r#"{"a":{"b":null}}"#, r#"{"a":{}}"#),
            (r#"{"a":{"b":1}}"#, r#"{"a":[null]}"#, r#"{"a":[null]}"#),
            ("[1]", r#"{"a":1}"#, r#"{"a":1}"#),
            (r#"{"a":1}"#, "7", "7"),
            (r#"{"a":1}"#, r#"{"b":1,"b":2}"#, r#"{"a":1,"b":2}"#),
            (r#"{}"#, r#"{"b":1,"b":null}"#, "{}"),
        ] {
            assert_eq!(merge_patch_text(target, patch).unwrap(), merged, "{target} {patch}");
            let mut value: Value = serde_json::from_str(target).unwrap();
            merge_patch(&mut value, serde_json::from_str(patch).unwrap());
            assert_eq!(serde_json::from_str::<Value>(merged).unwrap(), value);
        }
        let deep = |levels| format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
        assert!(merge_patch_text("{}", &deep(DEPTH_MAX)).is_ok());
        assert!(merge_patch_text("{}", &deep(DEPTH_MAX + 1)).is_err());
        assert!(merge_patch_text("{}", &deep(1_000_000)).is_err(), "and the stack is whole");
    }

    #[test]
    fn depth_counts_brackets_outside_strings() {
        for (text, deep) in [("1", 0), (r#""[[\"[""#, 0), ("[]", 1), (r#"{"a":[{"b":"]"}],"c":[]}"#, 3)] {
            assert_eq!(depth(text), deep, "{text}");
        }
    }

    #[test]
    fn members_keep_order_and_text() {
        let members = Members::of(r#"{"b":1.0,"a":{"x":[]},"\u0061":2}"#).unwrap();
        let shown: Vec<_> = members.0.iter().map(|(k, v)| (k.0.as_ref(), v.get())).collect();
        assert_eq!(shown, [("b", "1.0"), ("a", "{\"x\":[]}"), ("a", "2")]);
        assert_eq!(members.get("a").map(RawValue::get), Some("2"));
        assert!(Members::of("[]").is_err());
    }

    #[test]
    fn object_writer() {
        let mut out = String::new();
        let mut object = ObjectWriter::open(&mut out);
        object.string("a\"", "x\ny").display("n", 3).raw("r", "[1.0]");
        object.close();
        assert_eq!(out, r#"{"a\"":"x\ny","n":3,"r":[1.0]}"#);
    }
}
