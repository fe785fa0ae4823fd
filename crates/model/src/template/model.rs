//! A capability model that was read, and what can be looked up in it.

use serde_json::Value;

use super::fault::Fault;
use super::schema::Schema;

/// What the devices of a template can do: an interface with everything that it inherits, its components and its
/// edge modules (iot-central §8.1).
#[derive(Debug, Clone, PartialEq)]
pub struct CapabilityModel {
    pub(super) root: Interface,
}

/// An interface with what it inherits. No name stands twice in it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Interface {
    /// Telemetry, properties and commands, in the order of the template, what is inherited last.
    pub capabilities: Vec<Capability>,
    /// Its components. Empty in a component.
    pub components: Vec<Part>,
    /// Its edge modules. Only at the root.
    pub modules: Vec<Part>,
    /// Names of relationships, which are only kept.
    pub(super) relationships: Vec<String>,
}

/// A component or an edge module.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its `@id`, if it has one.
    pub id: Option<String>,
    /// As it stands in the template: text, or texts by language.
    pub display_name: Option<Value>,
    /// What it can do.
    pub interface: Interface,
}

/// One thing that a device, component or module can do.
#[derive(Debug, Clone, PartialEq)]
pub struct Capability {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// The kinds of capabilities.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// The device sends it.
    Telemetry(Schema),
    /// A value.
    Property(Property),
    /// A method.
    Command(Command),
}

/// A value that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// What it has to be.
    pub schema: Schema,
    /// Who sets it.
    pub access: Access,
    /// What it is before anybody sets it (`Initialized`); JSON text that fits the schema.
    pub initial: Option<String>,
    pub(super) minimum: Option<String>,
    pub(super) maximum: Option<String>,
}

/// Who sets a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The device alone.
    ReadOnly,
    /// Operators, as a desired property; the device answers.
    Writable,
    /// Operators; the device never sees it.
    Cloud,
}

/// A method.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// What its request has to be; `None` when it takes none.
    pub request: Option<Schema>,
    /// What its response should be.
    pub response: Option<Schema>,
    /// Queued while the device is offline.
    pub durable: bool,
}

/// A capability that a path names, and where it lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resolved<'a> {
    /// The edge module; `None` for the device itself.
    pub module: Option<&'a str>,
    /// The component; `None` for the root.
    pub component: Option<&'a str>,
    /// The capability.
    pub capability: &'a Capability,
}

impl Capability {
    /// What it is, for messages.
    pub fn word(&self) -> &'static str {
        match &self.kind {
            Kind::Telemetry(_) => "telemetry",
            Kind::Command(_) => "a command",
            Kind::Property(property) => match property.access {
                Access::ReadOnly => "a property that only the device sets",
                Access::Writable => "a writable property",
                Access::Cloud => "a cloud property",
            },
        }
    }

    /// The property that it is.
    pub fn property(&self) -> Option<&Property> {
        match &self.kind {
            Kind::Property(property) => Some(property),
            Kind::Telemetry(_) | Kind::Command(_) => None,
        }
    }
}

impl Capability {
    /// The command that it is.
    pub fn command(&self) -> Option<&Command> {
        match &self.kind {
            Kind::Command(command) => Some(command),
            Kind::Telemetry(_) | Kind::Property(_) => None,
        }
    }
}

impl Interface {
    /// How many capabilities it has, with those of its components and modules.
    fn capability_count(&self) -> usize {
        let parts = self.components.iter().chain(&self.modules);
        self.capabilities.len() + parts.map(|part| part.interface.capability_count()).sum::<usize>()
    }

    /// The capability called `name`.
    pub fn capability(&self, name: &str) -> Option<&Capability> {
        self.capabilities.iter().find(|capability| capability.name == name)
    }

    /// The property called `name`.
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.capability(name).and_then(Capability::property)
    }

    /// Its properties with their names.
    pub fn properties(&self) -> impl Iterator<Item = (&str, &Property)> {
        self.capabilities.iter().filter_map(|capability| Some((capability.name.as_str(), capability.property()?)))
    }

    /// The component called `name`.
    pub fn component(&self, name: &str) -> Option<&Part> {
        self.components.iter().find(|component| component.name == name)
    }

    /// Does something in it have this name?
    pub(super) fn has_name(&self, name: &str) -> bool {
        self.capability(name).is_some()
            || self.component(name).is_some()
            || self.modules.iter().any(|module| module.name == name)
            || self.relationships.iter().any(|relationship| relationship == name)
    }
}

impl CapabilityModel {
    /// How many capabilities it has, those of components and edge modules included.
    pub fn capability_count(&self) -> usize {
        self.root.capability_count()
    }

    /// The device itself.
    pub fn root(&self) -> &Interface {
        &self.root
    }

    /// The device's components.
    pub fn components(&self) -> &[Part] {
        &self.root.components
    }

    /// The edge modules.
    pub fn modules(&self) -> &[Part] {
        &self.root.modules
    }

    /// The edge module called `name`.
    pub fn module(&self, name: &str) -> Option<&Part> {
        self.root.modules.iter().find(|module| module.name == name)
    }

    /// The interface of a component, or of the device itself.
    pub fn interface(&self, component: Option<&str>) -> Option<&Interface> {
        match component {
            None => Some(&self.root),
            Some(name) => self.root.component(name).map(|part| &part.interface),
        }
    }

    /// The capability `name` of a component or of the device itself.
    pub fn capability(&self, component: Option<&str>, name: &str) -> Option<&Capability> {
        self.interface(component)?.capability(name)
    }

    /// The property `name` of a component or of the device itself.
    pub fn property(&self, component: Option<&str>, name: &str) -> Option<&Property> {
        self.interface(component)?.property(name)
    }

    /// The command `name` of a component or of the device itself.
    pub fn command(&self, component: Option<&str>, name: &str) -> Option<&Command> {
        match &self.capability(component, name)?.kind {
            Kind::Command(command) => Some(command),
            Kind::Telemetry(_) | Kind::Property(_) => None,
        }
    }

    /// What a path of job data names: `capability`, `component.capability`, and where the template has edge
    /// modules also `module.capability` and `module.component.capability` (iot-central §3.3, §17 (20)).
    ///
    /// # Errors
    /// The template has no such thing; the fault says which part of the path it lacks.
    pub fn resolve<'a>(&'a self, path: &'a str) -> Result<Resolved<'a>, Fault> {
        let mut names: Vec<&str> = path.split('.').collect();
        let Some(name) = names.pop() else { return Err(Fault::new("must name a capability")) };
        let (mut interface, mut module, mut component) = (&self.root, None, None);
        let mut levels = names.into_iter().peekable();
        if let Some(found) = levels.peek().and_then(|first| self.module(first)) {
            (interface, module) = (&found.interface, levels.next());
        }
        if let Some(level) = levels.next() {
            let found = interface.component(level);
            let found = found.ok_or_else(|| Fault::new(format!("the template has no component {level:?}")))?;
            (interface, component) = (&found.interface, Some(level));
        }
        if levels.next().is_some() {
            return Err(Fault::new(
                "a path is capability, component.capability, or module.component.capability where the template has \
                 that module",
            ));
        }
        match interface.capability(name) {
            Some(capability) => Ok(Resolved { module, component, capability }),
            None => Err(Fault::new(match component.or(module) {
                Some(owner) => format!("the template has no capability {name:?} in {owner:?}"),
                None => format!("the template has no capability {name:?}"),
            })),
        }
    }
}
