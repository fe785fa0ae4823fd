//! A property document that somebody sends, and the change of the twin that it makes (iot-central §7.2).

use crate::json::{Members, minify};
use crate::twin::Twin;

use super::convert::members;
use super::fault::Fault;
use super::model::{Access, CapabilityModel, Interface, Property};
use super::properties::Selection;
use super::writes::{COMPONENT_MARK, Write, replacing, section, settable};

/// How a property document is to be taken.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// What the device's template says; `None` for a device without one: then everything is unmodeled.
    pub model: Option<&'a CapabilityModel>,
    /// The component that the document is of; `None` for the whole device, components nested.
    pub component: Option<&'a str>,
    /// Names outside the template may be set too: they become desired properties.
    pub unmodeled: bool,
    /// Which properties may be in it.
    pub selection: Selection,
    /// PUT: what the template models and the document does not name is removed. What the template does not model
    /// is never removed, for others may own it. Otherwise (PATCH) it stays, and `null` removes.
    pub replace: bool,
}

impl Setting<'_> {
    /// The change as the body of a twin update: a merge patch of tags and desired properties. It holds for the twin
    /// `before`. `None`: nothing is to change. Values of objects and maps are taken whole, as the device gets them
    /// (device-protocol §10): what an earlier value had beyond the new one is removed. `$metadata` is ignored, for
    /// clients send back what they have read.
    ///
    /// # Errors
    /// A name that the template does not have, that nobody may set, or a value that does not fit.
    pub fn change(&self, document: &str, before: &Twin) -> Result<Option<String>, Fault> {
        let mut writes = Writes { setting: self, before, desired: Vec::new(), tags: Vec::new() };
        let empty = Interface::default();
        let root = self.model.map_or(&empty, CapabilityModel::root);
        match self.component {
            None => writes.level(document.trim(), None, root, &root.components)?,
            Some(name) => {
                let interface = match root.component(name) {
                    Some(component) => &component.interface,
                    None if self.unmodeled => &empty,
                    None => return Err(Fault::new("the template has no such component").under(name)),
                };
                writes.level(document.trim(), Some(name), interface, &[])?;
            }
        }
        if self.replace {
            match self.component {
                None => {
                    writes.remove_unnamed(None, root);
                    for component in &root.components {
                        writes.remove_unnamed(Some(&component.name), &component.interface);
                    }
                }
                Some(name) => {
                    if let Some(component) = root.component(name) {
                        writes.remove_unnamed(Some(name), &component.interface);
                    }
                }
            }
        }
        Ok(writes.body())
    }
}

impl CapabilityModel {
    /// What the initial values of the template (`Initialized`, iot-central §8.1) make of a twin that has no values
    /// for them yet: the body of a twin update; `None` when there are none.
    pub fn initial_change(&self, before: &Twin) -> Option<String> {
        let setting =
            Setting { model: Some(self), component: None, unmodeled: false, selection: Selection::All, replace: false };
        let mut writes = Writes { setting: &setting, before, desired: Vec::new(), tags: Vec::new() };
        writes.initial(None, &self.root);
        for component in &self.root.components {
            writes.initial(Some(&component.name), &component.interface);
        }
        writes.body()
    }
}

struct Writes<'a> {
    setting: &'a Setting<'a>,
    before: &'a Twin,
    desired: Vec<Write>,
    tags: Vec<Write>,
}

impl Writes<'_> {
    fn level(
        &mut self,
        document: &str,
        component: Option<&str>,
        interface: &Interface,
        components: &[super::Part],
    ) -> Result<(), Fault> {
        let members = members(document)?;
        for (key, value) in &members.0 {
            let (name, value) = (key.0.as_ref(), value.get());
            if matches!(name, "$metadata" | COMPONENT_MARK) {
                continue;
            }
            match components.iter().find(|component| component.name == name) {
                Some(part) => self.level(value, Some(name), &part.interface, &[]),
                None => self.member(name, value, component, interface),
            }
            .map_err(|fault| fault.under(name))?;
        }
        Ok(())
    }

    fn member(&mut self, name: &str, value: &str, component: Option<&str>, interface: &Interface) -> Result<(), Fault> {
        let Some(capability) = interface.capability(name) else {
            return match (self.setting.unmodeled, self.setting.model) {
                (true, _) if self.setting.selection != Selection::Cloud => {
                    self.set(Access::Writable, component, name, &minify(value));
                    Ok(())
                }
                (_, Some(_)) => Err(Fault::new("the device's template has no such property")),
                (_, None) => Err(Fault::new("the device has no template; only unmodeled properties can be set on it")),
            };
        };
        let access = match (capability.property().map(|property| property.access), self.setting.selection) {
            (Some(Access::Cloud), Selection::Device) => {
                return Err(Fault::new("is a cloud property; this API version sets it under cloudProperties"));
            }
            (Some(Access::Cloud), Selection::All) | (_, Selection::Cloud) => Access::Cloud,
            (Some(Access::Writable | Access::ReadOnly) | None, Selection::All | Selection::Device) => Access::Writable,
        };
        if value == "null" && capability.property().is_some_and(|property| property.access == access) {
            self.remove(access, component, name);
            return Ok(());
        }
        let value = settable(capability, value, access)?;
        self.set(access, component, name, &value);
        Ok(())
    }

    fn set(&mut self, access: Access, component: Option<&str>, name: &str, value: &str) {
        if value == "null" {
            return self.remove(access, component, name);
        }
        let value = replacing(value, self.present(access, component, name).as_deref());
        self.push(access, component, name, value);
    }

    /// Removes what is there; what is not needs no change that a device would be told of.
    fn remove(&mut self, access: Access, component: Option<&str>, name: &str) {
        if self.present(access, component, name).is_some() {
            self.push(access, component, name, "null".to_owned());
        }
    }

    fn push(&mut self, access: Access, component: Option<&str>, name: &str, value: String) {
        let write = Write { component: component.map(str::to_owned), name: name.to_owned(), value };
        match access {
            Access::Cloud => self.tags.push(write),
            Access::Writable | Access::ReadOnly => self.desired.push(write),
        }
    }

    fn remove_unnamed(&mut self, component: Option<&str>, interface: &Interface) {
        for (access, name, _) in self.settables(interface) {
            let named = match access {
                Access::Cloud => &self.tags,
                Access::Writable | Access::ReadOnly => &self.desired,
            };
            if !named.iter().any(|write| write.component.as_deref() == component && write.name == name) {
                self.remove(access, component, name);
            }
        }
    }

    fn initial(&mut self, component: Option<&str>, interface: &Interface) {
        for (access, name, property) in self.settables(interface) {
            if let (Some(value), None) = (&property.initial, self.present(access, component, name)) {
                self.push(access, component, name, value.clone());
            }
        }
    }

    /// The properties of an interface that may be set here.
    fn settables<'i>(&self, interface: &'i Interface) -> Vec<(Access, &'i str, &'i Property)> {
        let properties = interface.properties().map(|(name, property)| (property.access, name, property));
        let selection = self.setting.selection;
        properties
            .filter(|(access, _, _)| match access {
                Access::ReadOnly => false,
                Access::Writable => selection != Selection::Cloud,
                Access::Cloud => selection != Selection::Device,
            })
            .collect()
    }

    /// What the twin has there.
    fn present(&self, access: Access, component: Option<&str>, name: &str) -> Option<String> {
        let section = match access {
            Access::Cloud => self.before.tags.as_deref().unwrap_or("{}"),
            Access::Writable | Access::ReadOnly => &self.before.desired.json,
        };
        let root = Members::of(section).ok()?;
        let found = match component {
            None => root.get(name)?,
            Some(component) => Members::of(root.get(component)?.get()).ok()?.get(name)?,
        };
        Some(found.get().to_owned())
    }

    fn body(&self) -> Option<String> {
        let desired = || format!("\"properties\":{{\"desired\":{}}}", section(&self.desired, true));
        let tags = || format!("\"tags\":{}", section(&self.tags, false));
        match (self.tags.is_empty(), self.desired.is_empty()) {
            (true, true) => None,
            (false, true) => Some(format!("{{{}}}", tags())),
            (true, false) => Some(format!("{{{}}}", desired())),
            (false, false) => Some(format!("{{{},{}}}", tags(), desired())),
        }
    }
}
