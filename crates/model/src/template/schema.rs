//! The schemas of telemetry, properties and command payloads (iot-central §8.1).

use std::collections::BTreeSet;

use serde_json::Value;

use super::fault::Fault;
use super::read::{Reader, array_member, check_name, string_member, types_of};

/// Complex schemas nest at most this deep; the number of DTDL v2.
pub const SCHEMA_DEPTH_MAX: usize = 5;

/// What a value has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schema {
    /// `true` or `false`.
    Boolean,
    /// `YYYY-MM-DD`.
    Date,
    /// RFC 3339 date and time; the zone may be left out.
    DateTime,
    /// A number of 64 bits.
    Double,
    /// ISO 8601 duration.
    Duration,
    /// A number of 32 bits.
    Float,
    /// A whole number of 32 bits.
    Integer,
    /// A whole number of 64 bits.
    Long,
    /// Text.
    String,
    /// RFC 3339 time; the zone may be left out.
    Time,
    /// One of these numbers.
    IntegerEnum(Vec<i64>),
    /// One of these texts.
    StringEnum(Vec<String>),
    /// Members by name.
    Object(Vec<Field>),
    /// Any names, one schema for all values.
    Map(Box<Schema>),
    /// Items of one schema. Not in properties.
    Array(Box<Schema>),
    /// `{lat, lon, alt?}`, an extension of IoT Central.
    Geopoint,
    /// `{x, y, z}`, an extension of IoT Central.
    Vector,
}

/// One member of an [`Schema::Object`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it has to be.
    pub schema: Schema,
}

const SIMPLE: [(&str, Schema); 12] = [
    ("boolean", Schema::Boolean),
    ("date", Schema::Date),
    ("dateTime", Schema::DateTime),
    ("double", Schema::Double),
    ("duration", Schema::Duration),
    ("float", Schema::Float),
    ("integer", Schema::Integer),
    ("long", Schema::Long),
    ("string", Schema::String),
    ("time", Schema::Time),
    ("geopoint", Schema::Geopoint),
    ("vector", Schema::Vector),
];

impl Schema {
    /// A word for messages.
    pub fn word(&self) -> &'static str {
        match self {
            Schema::IntegerEnum(_) | Schema::StringEnum(_) => "Enum",
            Schema::Object(_) => "Object",
            Schema::Map(_) => "Map",
            Schema::Array(_) => "Array",
            Schema::Boolean => "boolean",
            Schema::Date => "date",
            Schema::DateTime => "dateTime",
            Schema::Double => "double",
            Schema::Duration => "duration",
            Schema::Float => "float",
            Schema::Integer => "integer",
            Schema::Long => "long",
            Schema::String => "string",
            Schema::Time => "time",
            Schema::Geopoint => "geopoint",
            Schema::Vector => "vector",
        }
    }

    /// Does the schema, or one inside it, hold an array?
    pub(super) fn has_array(&self) -> bool {
        match self {
            Schema::Array(_) => true,
            Schema::Object(fields) => fields.iter().any(|field| field.schema.has_array()),
            Schema::Map(values) => values.has_array(),
            Schema::Boolean
            | Schema::Date
            | Schema::DateTime
            | Schema::Double
            | Schema::Duration
            | Schema::Float
            | Schema::Integer
            | Schema::Long
            | Schema::String
            | Schema::Time
            | Schema::IntegerEnum(_)
            | Schema::StringEnum(_)
            | Schema::Geopoint
            | Schema::Vector => false,
        }
    }
}

/// Reads the member `schema` of `owner`.
pub(super) fn schema_member(reader: &Reader<'_>, owner: &Value, depth: usize) -> Result<Schema, Fault> {
    let schema = owner.get("schema").ok_or_else(|| Fault::new("is missing"));
    schema.and_then(|schema| read(reader, schema, depth)).map_err(|fault| fault.under("schema"))
}

fn read(reader: &Reader<'_>, schema: &Value, depth: usize) -> Result<Schema, Fault> {
    match schema {
        Value::String(name) => {
            if let Some((_, simple)) = SIMPLE.iter().find(|(simple, _)| simple == name) {
                return Ok(simple.clone());
            }
            // A ring of references ends at the depth.
            match reader.named(name) {
                Some(named) if depth < SCHEMA_DEPTH_MAX => complex(reader, named, depth),
                Some(_) => Err(too_deep()),
                None => {
                    Err(Fault::new(format!("{name:?} is neither a known schema nor the @id of one in this template")))
                }
            }
        }
        Value::Object(_) if depth < SCHEMA_DEPTH_MAX => complex(reader, schema, depth),
        Value::Object(_) => Err(too_deep()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            Err(Fault::new("must be the name of a schema or an object"))
        }
    }
}

fn too_deep() -> Fault {
    Fault::new(format!("schemas may nest at most {SCHEMA_DEPTH_MAX} deep"))
}

fn complex(reader: &Reader<'_>, schema: &Value, depth: usize) -> Result<Schema, Fault> {
    let types = types_of(schema)?;
    let mut words = types.iter().filter(|word| ["Enum", "Object", "Map", "Array"].contains(word));
    match (words.next().copied(), words.next()) {
        (Some("Enum"), None) => enumeration(schema),
        (Some("Object"), None) => object(reader, schema, depth),
        (Some("Map"), None) => {
            let value = schema.get("mapValue").ok_or_else(|| Fault::new("is missing"));
            let value = value.and_then(|value| schema_member(reader, value, depth + 1));
            Ok(Schema::Map(Box::new(value.map_err(|fault| fault.under("mapValue"))?)))
        }
        (Some("Array"), None) => {
            let element = schema.get("elementSchema").ok_or_else(|| Fault::new("is missing"));
            let element = element.and_then(|element| read(reader, element, depth + 1));
            Ok(Schema::Array(Box::new(element.map_err(|fault| fault.under("elementSchema"))?)))
        }
        _ => Err(Fault::new("must be one of Enum, Object, Map, Array").under("@type")),
    }
}

fn enumeration(schema: &Value) -> Result<Schema, Fault> {
    let items = array_member(schema, "enumValues")?.ok_or_else(|| Fault::new("is missing").under("enumValues"))?;
    let mut names = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let name =
            string_member(item, "name").and_then(|name| name.ok_or_else(|| Fault::new("is missing").under("name")));
        let fresh = name.and_then(|name| {
            let fresh = names.insert(name);
            if fresh { Ok(()) } else { Err(Fault::new(format!("{name:?} stands twice in one Enum")).under("name")) }
        });
        fresh.map_err(|fault| fault.at(index).under("enumValues"))?;
    }
    match string_member(schema, "valueSchema")? {
        Some("integer") => {
            let number = |value: &Value| value.as_i64().filter(|number| i32::try_from(*number).is_ok());
            enum_values(items, number, "must be a whole number of 32 bits").map(Schema::IntegerEnum)
        }
        Some("string") => {
            enum_values(items, |value| value.as_str().map(str::to_owned), "must be a string").map(Schema::StringEnum)
        }
        Some(_) | None => Err(Fault::new("must be integer or string").under("valueSchema")),
    }
}

fn enum_values<T: Ord + Clone>(
    items: &[Value],
    read: impl Fn(&Value) -> Option<T>,
    rule: &str,
) -> Result<Vec<T>, Fault> {
    let (mut values, mut seen) = (Vec::with_capacity(items.len()), BTreeSet::new());
    for (index, item) in items.iter().enumerate() {
        let fault = |rule: &str| Fault::new(rule).under("enumValue").at(index).under("enumValues");
        let value = item.get("enumValue").and_then(&read).ok_or_else(|| fault(rule))?;
        if !seen.insert(value.clone()) {
            return Err(fault("stands twice in one Enum"));
        }
        values.push(value);
    }
    Ok(values)
}

fn object(reader: &Reader<'_>, schema: &Value, depth: usize) -> Result<Schema, Fault> {
    let items = array_member(schema, "fields")?.ok_or_else(|| Fault::new("is missing").under("fields"))?;
    let mut fields: Vec<Field> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let read = |fields: &[Field]| -> Result<Field, Fault> {
            let name = check_name(item)?;
            if fields.iter().any(|field| field.name == name) {
                return Err(Fault::new(format!("{name:?} stands twice in one Object")).under("name"));
            }
            Ok(Field { name: name.to_owned(), schema: schema_member(reader, item, depth + 1)? })
        };
        let field = read(&fields).map_err(|fault| fault.at(index).under("fields"))?;
        fields.push(field);
    }
    Ok(Schema::Object(fields))
}
