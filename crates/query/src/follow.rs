//! Follows a path through JSON text without building a tree.
//!
//! A job's selection reads a few members of each of a million texts, so the text is streamed: names are
//! compared in place, everything beside the path is skipped, and reading ends at the value.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::path::Step;
use crate::value::Value;

/// The value below the object or array in `text`; undefined when a step does not exist.
pub(crate) fn follow<'a>(text: Cow<'a, str>, steps: &[Step]) -> Value<'a> {
    match text {
        Cow::Borrowed(text) => find(text, steps).map_or(Value::Undefined, Value::from_json),
        Cow::Owned(text) => find(&text, steps).map_or(Value::Undefined, |found| Value::from_json(found).into_owned()),
    }
}

/// The way to a member below an object: a name for each step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberPath(Vec<Step>);

impl MemberPath {
    /// Steps by these names, outermost first.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        MemberPath(names.into_iter().map(|name| Step::Name(name.into())).collect())
    }

    /// The value below the object that is in `text`; undefined when a step does not exist.
    pub fn value<'a>(&self, text: &'a str) -> Value<'a> {
        follow(Cow::Borrowed(text), &self.0)
    }
}

fn find<'a>(text: &'a str, steps: &[Step]) -> Option<&'a str> {
    let mut found = None;
    let mut reader = serde_json::Deserializer::from_str(text);
    // Leaving an object before its end is an error to the reader; what was found stands. Stored text is
    // valid JSON and no name occurs twice in an object, so the first match is the value.
    let _ = Walk { steps, found: &mut found }.deserialize(&mut reader);
    found
}

/// Reads one value, in search of what stands at `steps` below it.
struct Walk<'s, 'f, 'de> {
    steps: &'s [Step],
    found: &'f mut Option<&'de str>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        if self.steps.is_empty() {
            let raw: &'de RawValue = serde::Deserialize::deserialize(reader)?;
            *self.found = Some(raw.get());
            return Ok(());
        }
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((Step::Name(name), below)) = self.steps.split_first() else {
            return Err(A::Error::custom("an index into an object"));
        };
        while let Some(is_it) = map.next_key_seed(NameIs(name))? {
            if is_it {
                return map.next_value_seed(Walk { steps: below, found: self.found });
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Some((Step::Index(index), below)) = self.steps.split_first() else {
            return Err(A::Error::custom("a name in an array"));
        };
        for _ in 0..*index {
            if seq.next_element::<IgnoredAny>()?.is_none() {
                return Ok(());
            }
        }
        seq.next_element_seed(Walk { steps: below, found: self.found })?;
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

/// Reads a member's name and says whether it is this one.
struct NameIs<'s>(&'s str);

impl<'de> DeserializeSeed<'de> for NameIs<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<bool, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for NameIs<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Number;

    const TEXT: &str =
        r#"{ "a": {"b": [10, {"c": "x\ty"}, null], "": 1}, "\u0061b": true, "n": 1.50, "o": {"z": [ ]} }"#;

    #[track_caller]
    fn check(steps: &[Step], expected: Value<'_>) {
        assert_eq!(follow(Cow::Borrowed(TEXT), steps), expected, "borrowed");
        assert_eq!(follow(Cow::Owned(TEXT.to_owned()), steps), expected, "owned");
    }

    fn name(name: &str) -> Step {
        Step::Name(name.into())
    }

    #[test]
    fn finds_members_and_elements() {
        check(&[name("a"), name("b"), Step::Index(0)], Value::Number(Number::Text("10".into())));
        check(&[name("a"), name("b"), Step::Index(1), name("c")], Value::string("x\ty"));
        check(&[name("a"), name("b"), Step::Index(2)], Value::Null);
        check(&[name("a"), name("")], Value::Number(Number::Text("1".into())));
        check(&[name("ab")], Value::Bool(true));
        check(&[name("n")], Value::Number(Number::Text("1.50".into())));
        check(&[name("o")], Value::Json(r#"{"z": [ ]}"#.into()));
    }

    #[test]
    fn what_is_not_there_is_undefined() {
        check(&[name("A")], Value::Undefined);
        check(&[name("a"), name("b"), Step::Index(3)], Value::Undefined);
        check(&[name("a"), Step::Index(0)], Value::Undefined);
        check(&[name("a"), name("b"), name("c")], Value::Undefined);
        check(&[name("n"), name("c")], Value::Undefined);
        check(&[name("ab"), Step::Index(0)], Value::Undefined);
        check(&[Step::Index(0)], Value::Undefined);
    }
}
