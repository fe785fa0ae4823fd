//! Values of documents.

use std::borrow::Cow;

/// A value of a document (query-language.md §4.1: undefined, null, boolean, number, string, object, array).
///
/// It borrows from the document where it can. JSON text of numbers, objects and arrays is kept as it
/// stands, so that a projection returns `1.0` as `1.0` and members in their order.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Not there. Never the same as null.
    Undefined,
    /// JSON `null`.
    Null,
    /// JSON `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number<'a>),
    /// A string, without quotes and escapes.
    String(Cow<'a, str>),
    /// The JSON text of an object or an array.
    Json(Cow<'a, str>),
}

/// A number of a document: compared as an IEEE double, returned as it stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Number<'a> {
    /// An integer, such as a version.
    Integer(i64),
    /// A number as JSON text.
    Text(Cow<'a, str>),
}

impl Number<'_> {
    /// The value in expressions (§2: all numbers are IEEE doubles).
    pub fn to_f64(&self) -> f64 {
        match self {
            Number::Integer(integer) => *integer as f64,
            // Text that is no number cannot come from JSON; it is not comparable then.
            Number::Text(text) => text.parse().unwrap_or(f64::NAN),
        }
    }

    fn into_owned(self) -> Number<'static> {
        match self {
            Number::Integer(integer) => Number::Integer(integer),
            Number::Text(text) => Number::Text(Cow::Owned(text.into_owned())),
        }
    }
}

impl<'a> Value<'a> {
    /// A borrowed string.
    pub fn string(text: &'a str) -> Self {
        Value::String(Cow::Borrowed(text))
    }

    /// The text of an object or array, taken as it is: what a store gives for tags and the like.
    pub fn json(text: &'a str) -> Self {
        Value::Json(Cow::Borrowed(text))
    }

    /// The value of a JSON text, borrowed; the text is trusted to be JSON. Only a string with escapes is
    /// copied. Text that cannot be a value is undefined.
    pub fn from_json(text: &'a str) -> Self {
        let text = text.trim_ascii();
        match text.as_bytes().first() {
            Some(b'n') => Value::Null,
            Some(b't') => Value::Bool(true),
            Some(b'f') => Value::Bool(false),
            Some(b'{' | b'[') => Value::Json(Cow::Borrowed(text)),
            Some(b'-' | b'0'..=b'9') => Value::Number(Number::Text(Cow::Borrowed(text))),
            Some(b'"') => match text.get(1..text.len().saturating_sub(1)) {
                Some(inner) if !inner.contains('\\') => Value::string(inner),
                Some(_) | None => match serde_json::from_str::<String>(text) {
                    Ok(decoded) => Value::String(Cow::Owned(decoded)),
                    Err(_) => Value::Undefined,
                },
            },
            Some(_) | None => Value::Undefined,
        }
    }

    /// Whether the value is there, also when it is null.
    pub fn is_defined(&self) -> bool {
        !matches!(self, Value::Undefined)
    }

    /// The same value, borrowing nothing.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Value::Undefined => Value::Undefined,
            Value::Null => Value::Null,
            Value::Bool(bool) => Value::Bool(bool),
            Value::Number(number) => Value::Number(number.into_owned()),
            Value::String(text) => Value::String(Cow::Owned(text.into_owned())),
            Value::Json(text) => Value::Json(Cow::Owned(text.into_owned())),
        }
    }

    /// Appends the value as JSON text; undefined appends nothing.
    pub(crate) fn write_json(&self, out: &mut String) {
        match self {
            Value::Undefined => {}
            Value::Null => out.push_str("null"),
            Value::Bool(true) => out.push_str("true"),
            Value::Bool(false) => out.push_str("false"),
            Value::Number(Number::Integer(integer)) => out.push_str(&integer.to_string()),
            Value::Number(Number::Text(text)) | Value::Json(text) => out.push_str(text),
            Value::String(text) => write_json_string(text, out),
        }
    }
}

/// Appends `text` as a JSON string.
pub(crate) fn write_json_string(text: &str, out: &mut String) {
    // Writing a string into memory has no way to fail.
    if let Ok(json) = serde_json::to_string(text) {
        out.push_str(&json);
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::string(text)
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value::String(Cow::Owned(text))
    }
}

impl From<i64> for Value<'_> {
    fn from(integer: i64) -> Self {
        Value::Number(Number::Integer(integer))
    }
}

impl From<bool> for Value<'_> {
    fn from(bool: bool) -> Self {
        Value::Bool(bool)
    }
}

/// Nothing is undefined.
impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Undefined, Into::into)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn json_text_comes_back_as_it_stands() {
        for text in
            ["null", "true", "false", "1.0", "-0", "1e3", r#""a b""#, r#"{"b": 1.50,"a":[ ]}"#, "[1, 2]", r#""""#]
        {
            let mut out = String::new();
            Value::from_json(text).write_json(&mut out);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn strings_borrow_unless_escaped() {
        assert!(matches!(Value::from_json(r#" "héllo" "#), Value::String(Cow::Borrowed("héllo"))));
        assert_eq!(Value::from_json(r#""a\u00e9\n""#), Value::String(Cow::Owned("aé\n".to_owned())));
        for broken in ["", " ", "\"", r#""\""#, "x"] {
            assert_eq!(Value::from_json(broken), Value::Undefined, "{broken}");
        }
    }
}
