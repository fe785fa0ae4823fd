//! The counted size of a section (iot-hub §3.4).

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::TwinError;

/// Sum of key and value lengths: a string counts its characters without control characters (C0, C1), a number
/// 8, a boolean 4 (iot-hub §3.4). Text that is no JSON counts its bytes.
pub fn counted(json: &str) -> usize {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    Counted.deserialize(&mut deserializer).unwrap_or(json.len())
}

/// Refuses a change that makes a section grow beyond its limit; one that shrinks it passes (iot-hub §3.4).
pub(super) fn check_growth(section: &'static str, before: &str, after: &str, limit: usize) -> Result<(), TwinError> {
    // The densest text is an array of one-digit numbers: two bytes that count 8.
    if after.len() <= limit / 4 {
        return Ok(());
    }
    let size = counted(after);
    if size > limit && size > counted(before) {
        return Err(TwinError::TooLarge { section, size, limit });
    }
    Ok(())
}

struct Counted;

impl<'de> DeserializeSeed<'de> for Counted {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_any(Counted)
    }
}

impl<'de> Visitor<'de> for Counted {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<usize, E> {
        Ok(4)
    }

    fn visit_i64<E>(self, _: i64) -> Result<usize, E> {
        Ok(8)
    }

    fn visit_u64<E>(self, _: u64) -> Result<usize, E> {
        Ok(8)
    }

    fn visit_f64<E>(self, _: f64) -> Result<usize, E> {
        Ok(8)
    }

    fn visit_str<E>(self, text: &str) -> Result<usize, E> {
        Ok(text.chars().filter(|c| !c.is_control()).count())
    }

    fn visit_unit<E>(self) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<usize, A::Error> {
        let mut sum = 0;
        while let Some(item) = seq.next_element_seed(Counted)? {
            sum += item;
        }
        Ok(sum)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<usize, A::Error> {
        let mut sum = 0;
        while let Some(key) = map.next_key_seed(Counted)? {
            sum += key + map.next_value_seed(Counted)?;
        }
        Ok(sum)
    }
}
