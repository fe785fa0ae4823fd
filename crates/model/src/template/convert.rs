//! Values against their schema: what fits stays as it is written, what fits as text is made typed, anything else
//! is refused (iot-central §3.3, §17 (22)).

use std::cmp::Ordering;

use serde_json::value::RawValue;

use crate::json::{Members, ObjectWriter};

use super::fault::Fault;
use super::iso;
use super::model::Property;
use super::schema::Schema;

impl Schema {
    /// The value as the device gets it. Numbers keep their digits; a string that is wholly a number, or `true` or
    /// `false`, becomes one where the schema wants that, also inside objects. `json` is JSON text.
    ///
    /// # Errors
    /// The value does not fit; the fault says where and why.
    pub fn convert(&self, json: &str) -> Result<String, Fault> {
        let json = json.trim();
        let text = serde_json::from_str::<String>(json).ok();
        // What a string holds stands in for the value itself where no string is wanted.
        let plain = text.as_deref().unwrap_or(json);
        let keep = |fits: bool, value: &str, rule: &str| {
            if fits { Ok(value.to_owned()) } else { Err(Fault::new(rule)) }
        };
        let formatted = |fits: fn(&str) -> bool, rule: &str| keep(text.as_deref().is_some_and(fits), json, rule);
        match self {
            Schema::Boolean => keep(matches!(plain, "true" | "false"), plain, "must be true or false"),
            Schema::Double => keep(float(plain).is_some(), plain, "must be a number"),
            Schema::Float => {
                let fits = float(plain).is_some_and(|number| number.abs() <= f64::from(f32::MAX));
                keep(fits, plain, "must be a number of 32 bits")
            }
            Schema::Integer => {
                let fits = whole(plain).is_some_and(|number| i32::try_from(number).is_ok());
                keep(fits, plain, "must be a whole number from -2147483648 to 2147483647")
            }
            Schema::Long => keep(whole(plain).is_some(), plain, "must be a whole number of 64 bits"),
            Schema::String => keep(text.is_some(), json, "must be a string"),
            Schema::Date => formatted(iso::is_date, "must be a date such as \"2026-11-20\""),
            Schema::DateTime => {
                formatted(iso::is_date_time, "must be a date and time such as \"2026-11-20T12:00:00Z\"")
            }
            Schema::Time => formatted(iso::is_time, "must be a time such as \"12:00:00Z\""),
            Schema::Duration => formatted(iso::is_duration, "must be a duration such as \"PT5M\""),
            Schema::IntegerEnum(values) => {
                let fits = whole(plain).is_some_and(|number| values.contains(&number));
                fits.then(|| plain.to_owned()).ok_or_else(|| Fault::new(one_of(values)))
            }
            Schema::StringEnum(values) => {
                let fits = text.as_ref().is_some_and(|text| values.contains(text));
                fits.then(|| json.to_owned()).ok_or_else(|| Fault::new(one_of(values)))
            }
            Schema::Object(_) | Schema::Map(_) => object(json, |name| {
                self.member(name).ok_or_else(|| Fault::new("the Object has no such field").under(name))
            }),
            Schema::Array(items) => array(json, items),
            Schema::Geopoint => coordinates(json, &["lat", "lon"], &["alt"]),
            Schema::Vector => coordinates(json, &["x", "y", "z"], &[]),
        }
    }

    /// A value of this schema as a merge patch that leaves nothing of an earlier value: the fields of an Object
    /// that are not given are removed, for an object property is always sent whole (device-protocol §10). Keys of
    /// a Map that are not given stay; who knows the earlier value removes them.
    pub(super) fn patch(&self, converted: &str) -> String {
        if !matches!(self, Schema::Object(_) | Schema::Map(_) | Schema::Geopoint) {
            return converted.to_owned();
        }
        let members = Members::of(converted).unwrap_or_default();
        let mut out = String::with_capacity(converted.len());
        let mut object = ObjectWriter::open(&mut out);
        for (key, value) in &members.0 {
            let value = self.member(&key.0).map_or_else(|| value.get().to_owned(), |schema| schema.patch(value.get()));
            object.raw(&key.0, &value);
        }
        for name in self.optional().into_iter().filter(|name| members.get(name).is_none()) {
            object.raw(name, "null");
        }
        object.close();
        out
    }

    /// What the member `name` of an object or a map has to be.
    fn member(&self, name: &str) -> Option<&Schema> {
        if let Schema::Map(values) = self {
            return Some(values);
        }
        let Schema::Object(fields) = self else { return None };
        fields.iter().find(|field| field.name == name).map(|field| &field.schema)
    }

    /// The members that a value may have or not, where the schema names them.
    fn optional(&self) -> Vec<&str> {
        if let Schema::Object(fields) = self {
            fields.iter().map(|field| field.name.as_str()).collect()
        } else if *self == Schema::Geopoint {
            vec!["alt"]
        } else {
            Vec::new()
        }
    }
}

impl Property {
    /// As [`Schema::convert`]; the template's `minValue` and `maxValue` hold too.
    ///
    /// # Errors
    /// The value does not fit.
    pub fn convert(&self, json: &str) -> Result<String, Fault> {
        let value = self.schema.convert(json)?;
        if !is_number(&value) {
            return Ok(value);
        }
        match (&self.minimum, &self.maximum) {
            (Some(minimum), _) if compare(&value, minimum) == Ordering::Less => {
                Err(Fault::new(format!("must be at least {minimum}")))
            }
            (_, Some(maximum)) if compare(&value, maximum) == Ordering::Greater => {
                Err(Fault::new(format!("must be at most {maximum}")))
            }
            _ => Ok(value),
        }
    }

    /// A smallest value above the largest leaves none.
    pub(super) fn check_bounds(&self) -> Result<(), Fault> {
        match (&self.minimum, &self.maximum) {
            (Some(minimum), Some(maximum)) if compare(minimum, maximum) == Ordering::Greater => {
                Err(Fault::new(format!("must not be greater than maxValue, which is {maximum}")).under("minValue"))
            }
            _ => Ok(()),
        }
    }
}

/// Is the text a JSON number and nothing else?
fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
        && text.ends_with(|c: char| c.is_ascii_digit())
        && serde_json::from_str::<&RawValue>(text).is_ok()
}

fn float(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| is_number(text) && number.is_finite())
}

fn whole(text: &str) -> Option<i64> {
    text.parse().ok().filter(|_| is_number(text))
}

/// Whole numbers exactly, others as numbers of 64 bits.
fn compare(left: &str, right: &str) -> Ordering {
    match (left.parse::<i128>(), right.parse::<i128>()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        _ => match (left.parse::<f64>(), right.parse::<f64>()) {
            (Ok(left), Ok(right)) => left.partial_cmp(&right).unwrap_or(Ordering::Equal),
            _ => Ordering::Equal,
        },
    }
}

fn one_of<T: std::fmt::Debug>(values: &[T]) -> String {
    let shown: Vec<String> = values.iter().take(20).map(|value| format!("{value:?}")).collect();
    let more = if values.len() > shown.len() { ", …" } else { "" };
    format!("must be one of {}{more}", shown.join(", "))
}

/// Converts the members of an object by the schema that `of` gives for each name.
fn object<'s>(json: &str, of: impl Fn(&str) -> Result<&'s Schema, Fault>) -> Result<String, Fault> {
    let members = members(json)?;
    let mut out = String::with_capacity(json.len());
    let mut object = ObjectWriter::open(&mut out);
    for (key, value) in &members.0 {
        let value = of(&key.0)?.convert(value.get()).map_err(|fault| fault.under(&key.0))?;
        object.raw(&key.0, &value);
    }
    object.close();
    Ok(out)
}

/// The members of an object in which no name stands twice.
pub(super) fn members(json: &str) -> Result<Members<'_>, Fault> {
    if !json.starts_with('{') {
        return Err(Fault::new("must be an object"));
    }
    let members = Members::of(json).map_err(|error| Fault::new(format!("is not JSON: {error}")))?;
    let mut seen = std::collections::BTreeSet::new();
    for (key, _) in &members.0 {
        if !seen.insert(key.0.as_ref()) {
            return Err(Fault::new("stands twice in one object").under(&key.0));
        }
    }
    Ok(members)
}

fn array(json: &str, schema: &Schema) -> Result<String, Fault> {
    let items: Vec<&RawValue> = serde_json::from_str(json).map_err(|_| Fault::new("must be an array"))?;
    let mut out = String::with_capacity(json.len());
    for (index, item) in items.iter().enumerate() {
        out.push(if index == 0 { '[' } else { ',' });
        out.push_str(&schema.convert(item.get()).map_err(|fault| fault.at(index))?);
    }
    out.push_str(if items.is_empty() { "[]" } else { "]" });
    Ok(out)
}

/// An object of numbers: `needed` ones and `possible` ones.
fn coordinates(json: &str, needed: &[&str], possible: &[&str]) -> Result<String, Fault> {
    let converted = object(json, |name| {
        let known = needed.contains(&name) || possible.contains(&name);
        if known { Ok(&Schema::Double) } else { Err(Fault::new("the schema has no such member").under(name)) }
    })?;
    let given = members(&converted)?;
    match needed.iter().find(|name| given.get(name).is_none()) {
        Some(missing) => Err(Fault::new("is missing").under(missing)),
        None => Ok(converted),
    }
}
