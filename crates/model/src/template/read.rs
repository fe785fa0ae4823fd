//! Reads a capability model: DTDL v2 as IoT Central writes it, everything inline (iot-central §8.1).
//!
//! What stands in a template and is not named here (units, severities, decimal places, …) is kept and means
//! nothing. Inside one template an interface or schema that is written out once may be named by its `@id` again.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::fault::Fault;
use super::model::{Access, Capability, CapabilityModel, Command, Interface, Kind, Part, Property};
use super::schema::{Schema, schema_member};

/// Interfaces inherit at most this deep; the number of DTDL v2.
pub const EXTENDS_DEPTH_MAX: usize = 10;
/// Most interfaces in one template, each counted as often as it is used.
pub const INTERFACES_MAX: usize = 1024;
/// Most characters of a name (iot-central §8.1).
pub const NAME_CHARACTERS_MAX: usize = 64;

impl CapabilityModel {
    /// Reads the member `capabilityModel` of a template.
    ///
    /// # Errors
    /// The first thing that breaks a rule, its path seen from the model.
    pub fn parse(model: &Value) -> Result<CapabilityModel, Fault> {
        let mut named = BTreeMap::new();
        collect_named(model, &mut named);
        let mut reader = Reader { named, interfaces: 0 };
        let mut root = Interface::default();
        reader.interface(model, Place::Root, 0, &mut root)?;
        Ok(CapabilityModel { root })
    }
}

/// What a template writes out under an `@id`.
pub(super) struct Reader<'a> {
    named: BTreeMap<&'a str, &'a Value>,
    interfaces: usize,
}

/// Where an interface stands; decides what it may contain.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Module,
    Component,
}

fn collect_named<'a>(value: &'a Value, named: &mut BTreeMap<&'a str, &'a Value>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(id)) = members.get("@id") {
                named.entry(id).or_insert(value);
            }
            members.values().for_each(|member| collect_named(member, named));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_named(item, named)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl<'a> Reader<'a> {
    /// What stands under this `@id`.
    pub(super) fn named(&self, id: &str) -> Option<&'a Value> {
        self.named.get(id).copied()
    }

    /// Adds what an interface contains and inherits to `into`.
    fn interface(&mut self, value: &'a Value, place: Place, depth: usize, into: &mut Interface) -> Result<(), Fault> {
        let missing = |id| Fault::new(format!("the interface {id:?} is not written out in this template"));
        let value = value.as_str().map_or(Ok(value), |id| self.named(id).ok_or_else(|| missing(id)))?;
        let types = types_of(value)?;
        if !types.contains(&"Interface") {
            return Err(Fault::new("must be Interface").under("@type"));
        }
        self.interfaces += 1;
        if self.interfaces > INTERFACES_MAX {
            return Err(Fault::new(format!("a template may use at most {INTERFACES_MAX} interfaces")));
        }
        for (index, content) in array_member(value, "contents")?.unwrap_or_default().iter().enumerate() {
            self.content(content, place, into).map_err(|fault| fault.at(index).under("contents"))?;
        }
        let inherited = match value.get("extends") {
            None | Some(Value::Null) => &[],
            Some(Value::Array(items)) => items.as_slice(),
            Some(one) => std::slice::from_ref(one),
        };
        for (index, parent) in inherited.iter().enumerate() {
            let read = if depth == EXTENDS_DEPTH_MAX {
                Err(Fault::new(format!("interfaces may inherit at most {EXTENDS_DEPTH_MAX} deep")))
            } else {
                self.interface(parent, place, depth + 1, into)
            };
            read.map_err(|fault| fault.at(index).under("extends"))?;
        }
        Ok(())
    }

    fn content(&mut self, content: &'a Value, place: Place, into: &mut Interface) -> Result<(), Fault> {
        let types = types_of(content)?;
        let name = check_name(content)?;
        if into.has_name(name) {
            let rule = format!("{name:?} stands twice in one interface, what it inherits included");
            return Err(Fault::new(rule).under("name"));
        }
        check_display_name(content)?;
        const KINDS: [&str; 5] = ["Telemetry", "Property", "Command", "Component", "Relationship"];
        let mut kinds = types.iter().filter(|word| KINDS.contains(word));
        let kind = match (kinds.next(), kinds.next()) {
            (Some(kind), None) => *kind,
            _ => return Err(Fault::new(format!("must name one of {}", KINDS.join(", "))).under("@type")),
        };
        let mut capability = |kind| into.capabilities.push(Capability { name: name.to_owned(), kind });
        match kind {
            "Telemetry" => capability(Kind::Telemetry(schema_member(self, content, 0)?)),
            "Property" => capability(Kind::Property(self.property(content, &types)?)),
            "Command" => capability(Kind::Command(self.command(content)?)),
            "Component" => {
                if place == Place::Component {
                    return Err(Fault::new("a component may not contain a component").under("@type"));
                }
                let schema = content.get("schema").ok_or_else(|| Fault::new("is missing").under("schema"))?;
                let mut part = part(content, name);
                self.interface(schema, Place::Component, 0, &mut part.interface)
                    .map_err(|fault| fault.under("schema"))?;
                into.components.push(part);
            }
            _ if types.contains(&"EdgeModule") => {
                if place != Place::Root {
                    return Err(Fault::new("an edge module belongs to the device itself").under("@type"));
                }
                into.modules.push(self.module(content, name)?);
            }
            _ => into.relationships.push(name.to_owned()),
        }
        Ok(())
    }

    fn module(&mut self, content: &'a Value, name: &str) -> Result<Part, Fault> {
        let mut module = part(content, name);
        let targets = match content.get("target") {
            Some(Value::Array(items)) => items.as_slice(),
            Some(one @ (Value::Object(_) | Value::String(_))) => std::slice::from_ref(one),
            // A module that is only named.
            None | Some(Value::Null) => &[],
            Some(Value::Bool(_) | Value::Number(_)) => {
                return Err(Fault::new("must be an interface or an array of them").under("target"));
            }
        };
        for (index, target) in targets.iter().enumerate() {
            self.interface(target, Place::Module, 0, &mut module.interface)
                .map_err(|fault| fault.at(index).under("target"))?;
        }
        Ok(module)
    }

    fn property(&self, content: &Value, types: &[&str]) -> Result<Property, Fault> {
        let schema = schema_member(self, content, 0)?;
        if schema.has_array() {
            return Err(Fault::new("a property may not hold an Array").under("schema"));
        }
        let access = match (types.contains(&"Cloud"), bool_member(content, "writable")?) {
            (true, _) => Access::Cloud,
            (false, true) => Access::Writable,
            (false, false) => Access::ReadOnly,
        };
        let (minimum, maximum) = (number_member(content, "minValue")?, number_member(content, "maxValue")?);
        let mut property = Property { schema, access, initial: None, minimum, maximum };
        property.check_bounds()?;
        if let Some(value) = content.get("initialValue").filter(|value| !value.is_null()) {
            let initial = property.convert(&value.to_string()).map_err(|fault| fault.under("initialValue"))?;
            // Without its type it is only kept.
            property.initial = types.contains(&"Initialized").then_some(initial);
        }
        Ok(property)
    }

    fn command(&self, content: &Value) -> Result<Command, Fault> {
        let payload = |name: &str| -> Result<Option<Schema>, Fault> {
            match content.get(name) {
                None | Some(Value::Null) => Ok(None),
                Some(payload @ Value::Object(_)) => {
                    schema_member(self, payload, 0).map(Some).map_err(|fault| fault.under(name))
                }
                Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
                    Err(Fault::new("must be an object").under(name))
                }
            }
        };
        Ok(Command {
            request: payload("request")?,
            response: payload("response")?,
            durable: bool_member(content, "durable")?,
        })
    }
}

fn part(content: &Value, name: &str) -> Part {
    Part {
        name: name.to_owned(),
        id: content.get("@id").and_then(Value::as_str).map(str::to_owned),
        display_name: content.get("displayName").filter(|name| !name.is_null()).cloned(),
        interface: Interface::default(),
    }
}

fn object(value: &Value) -> Result<&Map<String, Value>, Fault> {
    value.as_object().ok_or_else(|| Fault::new("must be an object"))
}

/// The words of `@type`: one, or several in an array. Old templates write `SemanticType/` before some.
pub(super) fn types_of(value: &Value) -> Result<Vec<&str>, Fault> {
    let strip = |text| str::strip_prefix(text, "SemanticType/").unwrap_or(text);
    match object(value)?.get("@type") {
        Some(Value::String(text)) => Ok(vec![strip(text)]),
        Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
            Ok(items.iter().filter_map(Value::as_str).map(strip).collect())
        }
        None => Err(Fault::new("is missing").under("@type")),
        Some(_) => Err(Fault::new("must be a string or an array of strings").under("@type")),
    }
}

/// The member `name`: a letter, then letters, digits and underscores (iot-central §8.1).
pub(super) fn check_name(value: &Value) -> Result<&str, Fault> {
    let name = string_member(value, "name")?.ok_or_else(|| Fault::new("is missing").under("name"))?;
    let fits = name.len() <= NAME_CHARACTERS_MAX
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if fits {
        Ok(name)
    } else {
        let rule = format!(
            "{name:?} is no name: a letter, then letters, digits and underscores, at most {NAME_CHARACTERS_MAX} in all"
        );
        Err(Fault::new(rule).under("name"))
    }
}

/// A display name is text, or texts by language.
fn check_display_name(value: &Value) -> Result<(), Fault> {
    match value.get("displayName") {
        None | Some(Value::Null | Value::String(_)) => Ok(()),
        Some(Value::Object(languages)) if languages.values().all(Value::is_string) => Ok(()),
        Some(_) => {
            Err(Fault::new("must be a string, or an object with one string for each language").under("displayName"))
        }
    }
}

pub(super) fn string_member<'v>(value: &'v Value, name: &str) -> Result<Option<&'v str>, Fault> {
    match object(value)?.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Fault::new("must be a string").under(name)),
    }
}

pub(super) fn array_member<'v>(value: &'v Value, name: &str) -> Result<Option<&'v [Value]>, Fault> {
    match object(value)?.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => Ok(Some(items)),
        Some(_) => Err(Fault::new("must be an array").under(name)),
    }
}

fn bool_member(value: &Value, name: &str) -> Result<bool, Fault> {
    match value.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(Fault::new("must be true or false").under(name)),
    }
}

fn number_member(value: &Value, name: &str) -> Result<Option<String>, Fault> {
    match value.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(Fault::new("must be a number").under(name)),
    }
}
