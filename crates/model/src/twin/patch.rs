//! A checked patch of one section.

use crate::json::{Members, minify, push_string};

use super::TwinError;

/// Objects nest at most this deep under a section (iot-hub §3.4).
pub const DEPTH_MAX: usize = 10;
/// Most bytes of a key (iot-hub §3.4).
pub const KEY_BYTES_MAX: usize = 1024;
/// Most bytes of a string value (iot-hub §3.4).
pub const STRING_BYTES_MAX: usize = 4096;
const INTEGER_MIN: i128 = -4_503_599_627_370_496;
const INTEGER_MAX: i128 = 4_503_599_627_370_495;

/// What a patch does to one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Patch {
    /// `null`: the member goes away.
    Remove,
    /// The member becomes this scalar or array (JSON text).
    Set(Box<str>),
    /// The member is an object to merge into.
    Merge(PatchObject),
}

/// The members of a merge patch, in the order they were written. Every key, depth and value is within the
/// limits of iot-hub §3.4, and no key stands twice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PatchObject(pub Vec<(Box<str>, Patch)>);

impl PatchObject {
    /// Reads and checks the patch of the section called `section`. The members `$metadata` and `$version` at
    /// its root are ignored, for clients send back what they have read (iot-hub §3.2).
    ///
    /// # Errors
    /// The first member that breaks a rule, with its path.
    pub fn parse(section: &str, text: &str) -> Result<PatchObject, TwinError> {
        let mut path = Path(vec![section.to_owned()]);
        let text = text.trim();
        if !text.starts_with('{') {
            // Text that is no JSON is reported as such, anything else by its shape.
            serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|e| TwinError::Malformed(e.to_string()))?;
            return Err(path.refuse("must be an object"));
        }
        object(text, &mut path, 1)
    }

    /// The rule that the jobs article states for names and values: printable US-ASCII without
    /// `$ ( ) < > @ , ; : \ " / [ ] ? = { }`, space and tab (iot-hub §1.7). Off unless a setting asks for it.
    ///
    /// # Errors
    /// The first member that breaks the rule.
    pub fn check_strict_characters(&self, section: &str) -> Result<(), TwinError> {
        fn walk(object: &PatchObject, path: &mut Path) -> Result<(), TwinError> {
            for (key, patch) in &object.0 {
                path.0.push(key.to_string());
                if !strict_characters(key) {
                    return Err(path.refuse(STRICT_RULE));
                }
                match patch {
                    Patch::Remove => {}
                    Patch::Set(json) => {
                        // It was checked to be JSON when it was read.
                        let value: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
                        if !strict_value(&value) {
                            return Err(path.refuse(STRICT_RULE));
                        }
                    }
                    Patch::Merge(inner) => walk(inner, path)?,
                }
                path.0.pop();
            }
            Ok(())
        }
        walk(self, &mut Path(vec![section.to_owned()]))
    }

    /// The patch as JSON object text, removals as `null`.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, true);
        out
    }

    /// The content that replacing a section with this patch gives: JSON object text without the removals.
    pub fn content(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, false);
        out
    }

    pub(super) fn write(&self, out: &mut String, removals: bool) {
        out.push('{');
        let mut first = true;
        for (key, patch) in &self.0 {
            if *patch == Patch::Remove && !removals {
                continue;
            }
            if !first {
                out.push(',');
            }
            first = false;
            push_string(out, key);
            out.push(':');
            match patch {
                Patch::Remove => out.push_str("null"),
                Patch::Set(json) => out.push_str(json),
                Patch::Merge(inner) => inner.write(out, removals),
            }
        }
        out.push('}');
    }
}

const STRICT_RULE: &str =
    "names and values may hold only printable US-ASCII without $ ( ) < > @ , ; : \\ \" / [ ] ? = { }, space and tab";

/// Holds the rule on everything inside a value that is set as a whole.
fn strict_value(value: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Bool, Null, Number, Object, String};
    match value {
        String(text) => strict_characters(text),
        Array(items) => items.iter().all(strict_value),
        Object(members) => members.iter().all(|(key, value)| strict_characters(key) && strict_value(value)),
        Null | Bool(_) | Number(_) => true,
    }
}

/// True for printable US-ASCII without the characters that the jobs article forbids (iot-hub §1.7).
pub fn strict_characters(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic() && !b"$()<>@,;:\\\"/[]?={}".contains(&b))
}

/// Where the reader stands, for messages.
struct Path(Vec<String>);

impl Path {
    fn refuse(&self, rule: impl Into<String>) -> TwinError {
        TwinError::Invalid { path: self.0.join("."), rule: rule.into() }
    }
}

fn object(text: &str, path: &mut Path, depth: usize) -> Result<PatchObject, TwinError> {
    let members = Members::of(text).map_err(|e| TwinError::Malformed(e.to_string()))?;
    if depth > DEPTH_MAX + 1 {
        return Err(path.refuse(format!("objects may nest at most {DEPTH_MAX} deep")));
    }
    let mut patch = PatchObject(Vec::with_capacity(members.0.len()));
    let mut seen = std::collections::BTreeSet::new();
    for (key, value) in &members.0 {
        let key = key.0.as_ref();
        if depth == 1 && matches!(key, "$metadata" | "$version") {
            continue;
        }
        path.0.push(key.to_owned());
        check_key(key, path)?;
        if !seen.insert(key) {
            return Err(path.refuse("stands twice in one object"));
        }
        patch.0.push((key.into(), member(value.get(), path, depth)?));
        path.0.pop();
    }
    Ok(patch)
}

fn member(text: &str, path: &mut Path, depth: usize) -> Result<Patch, TwinError> {
    match text.as_bytes().first() {
        Some(b'n') => Ok(Patch::Remove),
        Some(b'{') => object(text, path, depth + 1).map(Patch::Merge),
        _ => {
            check_value(text, path, depth)?;
            Ok(Patch::Set(minify(text).into()))
        }
    }
}

/// Checks a value that is set as a whole, and everything inside it when it is an array.
fn check_value(text: &str, path: &mut Path, depth: usize) -> Result<(), TwinError> {
    match text.as_bytes().first() {
        Some(b'"') => {
            let string: String = serde_json::from_str(text).map_err(|e| TwinError::Malformed(e.to_string()))?;
            if string.len() > STRING_BYTES_MAX {
                return Err(path.refuse(format!("a string may have at most {STRING_BYTES_MAX} bytes")));
            }
        }
        Some(b'[') => {
            let items: Vec<&serde_json::value::RawValue> =
                serde_json::from_str(text).map_err(|e| TwinError::Malformed(e.to_string()))?;
            if depth > DEPTH_MAX {
                return Err(path.refuse(format!("objects and arrays may nest at most {DEPTH_MAX} deep")));
            }
            for (index, item) in items.iter().enumerate() {
                path.0.push(index.to_string());
                check_item(item.get(), path, depth)?;
                path.0.pop();
            }
        }
        Some(b't' | b'f') => {}
        _ => check_number(text, path)?,
    }
    Ok(())
}

fn check_item(text: &str, path: &mut Path, depth: usize) -> Result<(), TwinError> {
    match text.as_bytes().first() {
        Some(b'n') => Err(path.refuse("an array may not hold null")),
        Some(b'{') => {
            // Inside an array nothing is removed: null would be kept as a value, and is refused like an item.
            let inner = object(text, path, depth + 1)?;
            fn holds_null(object: &PatchObject) -> bool {
                object.0.iter().any(|(_, patch)| match patch {
                    Patch::Remove => true,
                    Patch::Set(_) => false,
                    Patch::Merge(inner) => holds_null(inner),
                })
            }
            if holds_null(&inner) { Err(path.refuse("an array may not hold null")) } else { Ok(()) }
        }
        _ => check_value(text, path, depth + 1),
    }
}

fn check_key(key: &str, path: &Path) -> Result<(), TwinError> {
    if key.len() > KEY_BYTES_MAX {
        return Err(path.refuse(format!("a key may have at most {KEY_BYTES_MAX} bytes")));
    }
    if key.chars().any(|c| c.is_control() || matches!(c, '.' | '$' | '#' | ' ')) {
        return Err(path.refuse("a key may not hold control characters, '.', '$', '#' or space"));
    }
    Ok(())
}

fn check_number(text: &str, path: &Path) -> Result<(), TwinError> {
    if !text.contains(['.', 'e', 'E']) {
        // More digits than an i128 holds are out of range too.
        let in_range = text.parse::<i128>().is_ok_and(|n| (INTEGER_MIN..=INTEGER_MAX).contains(&n));
        if !in_range {
            return Err(path.refuse(format!("an integer must lie from {INTEGER_MIN} to {INTEGER_MAX}")));
        }
    } else if !text.parse::<f64>().is_ok_and(f64::is_finite) {
        return Err(path.refuse("a number must be finite"));
    }
    Ok(())
}
