//! Values that somebody sets, checked against a model, and the change of a twin that they make (DESIGN §3.1, §6.11):
//! writable properties become desired properties, cloud properties become tags, commands become methods.

use crate::json::ObjectWriter;

use super::convert::members;
use super::fault::Fault;
use super::model::{Access, Capability, CapabilityModel, Command, Kind, Property, Resolved};

/// One property that is set or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The component; `None` is the device itself.
    pub component: Option<String>,
    /// The property.
    pub name: String,
    /// Its value as JSON text, a merge patch where it is an object; `null` removes the property.
    pub value: String,
}

impl CapabilityModel {
    /// One entry of a property job (iot-central §3.3): `path` names a writable property, `value` is JSON text.
    ///
    /// # Errors
    /// The template has no such writable property (the fault's path begins with `path`), or the value does not fit it
    /// (it begins with `value`). Paths in edge modules are refused:
    /// modules have no twins yet.
    pub fn write_property(&self, path: &str, value: &str) -> Result<Write, Fault> {
        self.write(path, value, Access::Writable)
    }

    /// One entry of a cloud property job; as [`CapabilityModel::write_property`].
    ///
    /// # Errors
    /// As there.
    pub fn write_cloud_property(&self, path: &str, value: &str) -> Result<Write, Fault> {
        self.write(path, value, Access::Cloud)
    }

    fn write(&self, path: &str, value: &str, access: Access) -> Result<Write, Fault> {
        let found = self.resolve_on_device(path)?;
        let property = set_by(found.capability, access).map_err(|fault| fault.under("path"))?;
        let value = property.convert(value).map_err(|fault| fault.under("value"))?;
        let value = property.schema.patch(&value);
        Ok(Write { component: found.component.map(str::to_owned), name: found.capability.name.clone(), value })
    }

    /// One entry of a command job: the method's name on the wire (`component*command` in a component,
    /// device-protocol §10) and its payload. `null` and no value are both no payload; `null` is allowed for every
    /// command (iot-central §17 (19)).
    ///
    /// # Errors
    /// The template has no such command, or the value does not fit its request; a value for a command without a
    /// request is refused, for the device does not expect one.
    pub fn call(&self, path: &str, value: Option<&str>) -> Result<(String, Option<String>), Fault> {
        let found = self.resolve_on_device(path)?;
        let Kind::Command(command) = &found.capability.kind else {
            return Err(Fault::new(format!("is {}, not a command", found.capability.word())).under("path"));
        };
        let payload = command.payload(value).map_err(|fault| fault.under("value"))?;
        Ok((method_name(found.component, &found.capability.name), payload))
    }

    fn resolve_on_device<'a>(&'a self, path: &'a str) -> Result<Resolved<'a>, Fault> {
        let found = self.resolve(path).map_err(|fault| fault.under("path"))?;
        match found.module {
            None => Ok(found),
            Some(_) => Err(Fault::new("lies in an edge module; modules are not served yet").under("path")),
        }
    }
}

impl Command {
    /// The payload of a call: see [`CapabilityModel::call`].
    ///
    /// # Errors
    /// The value does not fit.
    pub fn payload(&self, value: Option<&str>) -> Result<Option<String>, Fault> {
        match (&self.request, value.map(str::trim).filter(|value| *value != "null")) {
            (_, None) => Ok(None),
            (None, Some(_)) => Err(Fault::new("the command takes no request")),
            (Some(schema), Some(value)) => schema.convert(value).map(Some),
        }
    }
}

/// A command's name as the device sees it (device-protocol §10).
pub fn method_name(component: Option<&str>, command: &str) -> String {
    component.map_or_else(|| command.to_owned(), |component| format!("{component}*{command}"))
}

/// The value of a property that may be set as `access` says, as a merge patch.
pub(super) fn settable(capability: &Capability, value: &str, access: Access) -> Result<String, Fault> {
    let property = set_by(capability, access)?;
    property.convert(value).map(|converted| property.schema.patch(&converted))
}

/// The property that it is, if it may be set as `access` says.
fn set_by(capability: &Capability, access: Access) -> Result<&Property, Fault> {
    let wanted = match access {
        Access::Writable => "a writable property",
        Access::Cloud => "a cloud property",
        Access::ReadOnly => "a property",
    };
    let property = capability.property().filter(|property| property.access == access);
    property.ok_or_else(|| Fault::new(format!("is {}, not {wanted}", capability.word())))
}

/// A merge patch of desired properties, where a component always carries its mark (device-protocol §10), or of tags.
pub(super) fn section(writes: &[Write], marked: bool) -> String {
    let mut out = String::new();
    let mut section = ObjectWriter::open(&mut out);
    let mut done: Vec<&str> = Vec::new();
    for write in writes {
        let Some(component) = write.component.as_deref() else {
            section.raw(&write.name, &write.value);
            continue;
        };
        if done.contains(&component) {
            continue;
        }
        done.push(component);
        let mut inner = ObjectWriter::open(section.key(component));
        if marked {
            inner.string(COMPONENT_MARK, "c");
        }
        for write in writes.iter().filter(|write| write.component.as_deref() == Some(component)) {
            inner.raw(&write.name, &write.value);
        }
        inner.close();
    }
    section.close();
    out
}

/// The member that marks a component in desired and reported properties, and its value.
pub(super) const COMPONENT_MARK: &str = "__t";

/// The body of a twin update, as the action of a twin job has it, from the entries of one job: all of them writes
/// of properties, or all of them of cloud properties (`cloud`).
///
/// # Errors
/// A property is set twice.
pub fn merge_body(writes: &[Write], cloud: bool) -> Result<String, Fault> {
    for (index, write) in writes.iter().enumerate() {
        let same = |other: &Write| (&other.component, &other.name) == (&write.component, &write.name);
        if writes[..index].iter().any(same) {
            let fault = Fault::new("is set twice").under(&write.name);
            return Err(match &write.component {
                Some(component) => fault.under(component),
                None => fault,
            });
        }
    }
    Ok(if cloud {
        format!("{{\"tags\":{}}}", section(writes, false))
    } else {
        format!("{{\"properties\":{{\"desired\":{}}}}}", section(writes, true))
    })
}

/// The names of an earlier object that a new value does not have, as removals: what makes a merge patch replace.
pub(super) fn replacing(patch: &str, before: Option<&str>) -> String {
    let (Some(before), true) = (before, patch.starts_with('{')) else { return patch.to_owned() };
    let (Ok(new), Ok(old)) = (members(patch), members(before)) else { return patch.to_owned() };
    let mut out = String::with_capacity(patch.len());
    let mut object = ObjectWriter::open(&mut out);
    for (key, value) in &new.0 {
        let before = old.get(&key.0).map(|value| value.get());
        object.raw(&key.0, &replacing(value.get(), before));
    }
    for (key, _) in old.0.iter().filter(|(key, _)| new.get(&key.0).is_none()) {
        object.raw(&key.0, "null");
    }
    object.close();
    out
}
