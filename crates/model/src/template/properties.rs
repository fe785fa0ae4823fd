//! The property document of a device as IoT Central shows it (iot-central §7.2): reported values by name, components
//! nested, cloud properties between them, and at every level `$metadata` with what is desired and when the device
//! last reported.

use std::collections::{BTreeMap, BTreeSet};

use crate::json::{Members, ObjectWriter};
use crate::twin::Twin;
use crate::twin::meta::TwinMeta;
use crate::twin::nodes::{self, Member};

use super::acknowledgement::Acknowledged;
use super::model::{Access, CapabilityModel, Interface};
use super::writes::COMPONENT_MARK;

/// Which properties a document is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// The device's and the cloud's in one document.
    All,
    /// The device's alone: `…/properties` of API version `preview`.
    Device,
    /// The cloud's alone: `…/cloudProperties` of API version `preview`.
    Cloud,
}

/// What a document is made of.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The device's twin.
    pub twin: &'a Twin,
    /// What its template says; `None` for a device without one: then everything is unmodeled.
    pub model: Option<&'a CapabilityModel>,
    /// Show also what the device reports and what is desired of it outside its template. Tags outside the template
    /// are never shown: they are the hub's operators'.
    pub unmodeled: bool,
    /// Which properties.
    pub selection: Selection,
}

impl View<'_> {
    /// The whole device's document as JSON text. What was never set is not in it.
    pub fn device(&self) -> String {
        let sections = Sections::of(self.twin);
        let mut out = String::with_capacity(1024);
        let mut level = Level::open(&mut out);
        let root = Interface::default();
        let root = self.model.map_or(&root, CapabilityModel::root);
        self.level(&mut level, root, &sections.root());
        for component in &root.components {
            self.component_member(&mut level, &component.name, &component.interface, &sections);
        }
        if self.unmodeled && self.selection != Selection::Cloud {
            let unknown = Interface::default();
            for name in sections.components() {
                if root.component(&name).is_none() {
                    self.component_member(&mut level, &name, &unknown, &sections);
                }
            }
        }
        level.close();
        out
    }

    /// One component's document; `None` when the template has no such component and the device none either.
    pub fn component(&self, name: &str) -> Option<String> {
        let sections = Sections::of(self.twin);
        let unknown = Interface::default();
        let found = match self.model.and_then(|model| model.root().component(name)) {
            Some(component) => &component.interface,
            None if self.unmodeled && sections.components().contains(name) => &unknown,
            None => return None,
        };
        let mut out = String::with_capacity(512);
        let mut level = Level::open(&mut out);
        self.level(&mut level, found, &sections.component(name));
        level.close();
        Some(out)
    }

    fn component_member(&self, outer: &mut Level<'_>, name: &str, interface: &Interface, sections: &Sections<'_>) {
        let mut text = String::new();
        let mut level = Level::open(&mut text);
        self.level(&mut level, interface, &sections.component(name));
        level.close();
        if text != "{}" {
            outer.object.raw(name, &text);
        }
    }

    fn level(&self, level: &mut Level<'_>, interface: &Interface, values: &Values<'_>) {
        for (name, property) in interface.properties() {
            match (property.access, self.selection) {
                (Access::Cloud, Selection::All | Selection::Cloud) => {
                    if let Some(json) = values.tags.get(name) {
                        level.object.raw(name, json);
                    }
                }
                (Access::Writable, Selection::All | Selection::Device) => {
                    level.property(name, values.reported.get(name), values.desired.get(name));
                }
                (Access::ReadOnly, Selection::All | Selection::Device) => {
                    level.property(name, values.reported.get(name), None);
                }
                (Access::Cloud, Selection::Device) | (Access::Writable | Access::ReadOnly, Selection::Cloud) => {}
            }
        }
        if !self.unmodeled || self.selection == Selection::Cloud {
            return;
        }
        let of_desired = values.desired.iter().filter(|(name, _)| !values.reported.contains_key(*name));
        for (name, _) in values.reported.iter().chain(of_desired) {
            // A component is shown as one, also where it bears the name of a property.
            if interface.property(name).is_none() && interface.component(name).is_none() {
                level.property(name, values.reported.get(name), values.desired.get(name));
            }
        }
    }
}

/// One level of a document that is being written.
struct Level<'a> {
    object: ObjectWriter<'a>,
    metadata: Vec<(String, String)>,
}

impl<'a> Level<'a> {
    fn open(out: &'a mut String) -> Level<'a> {
        Level { object: ObjectWriter::open(out), metadata: Vec::new() }
    }

    /// A property with its metadata: what the device reported and what is desired of it.
    fn property(&mut self, name: &str, reported: Option<&Member<'_>>, desired: Option<&Member<'_>>) {
        if reported.is_none() && desired.is_none() {
            return;
        }
        let mut text = String::with_capacity(128);
        let mut metadata = ObjectWriter::open(&mut text);
        if let Some(desired) = desired {
            metadata.raw("desiredValue", desired.json).display("desiredVersion", desired.version());
        }
        if let Some(reported) = reported {
            let answer = Acknowledged::read(reported.json);
            self.object.raw(name, answer.value);
            let answers =
                [("ackVersion", answer.version), ("ackDescription", answer.description), ("ackCode", answer.code)];
            for (member, json) in answers {
                if let Some(json) = json {
                    metadata.raw(member, json);
                }
            }
            metadata.time("lastUpdateTime", reported.written());
        }
        metadata.close();
        self.metadata.push((name.to_owned(), text));
    }

    fn close(mut self) {
        if !self.metadata.is_empty() {
            let mut metadata = ObjectWriter::open(self.object.key("$metadata"));
            for (name, text) in &self.metadata {
                metadata.raw(name, text);
            }
            metadata.close();
        }
        self.object.close();
    }
}

/// The members of one level of the three sections, by name.
struct Values<'a> {
    tags: BTreeMap<String, &'a str>,
    desired: BTreeMap<String, Member<'a>>,
    reported: BTreeMap<String, Member<'a>>,
}

/// The twin's sections, ready for looking up.
struct Sections<'a> {
    twin: &'a Twin,
    meta: TwinMeta,
}

impl<'a> Sections<'a> {
    fn of(twin: &'a Twin) -> Sections<'a> {
        Sections { twin, meta: TwinMeta::decode(&twin.meta) }
    }

    fn desired(&self) -> Vec<Member<'_>> {
        nodes::members(&self.twin.desired, &self.meta.desired)
    }

    fn reported(&self) -> Vec<Member<'_>> {
        nodes::members(&self.twin.reported, &self.meta.reported)
    }

    fn tags(&self) -> &'a str {
        self.twin.tags.as_deref().unwrap_or("{}")
    }

    fn root(&self) -> Values<'_> {
        Values {
            tags: tags_by_name(self.tags()),
            desired: by_name(self.desired().into_iter().filter(|member| !is_component(member))),
            reported: by_name(self.reported().into_iter().filter(|member| !is_component(member))),
        }
    }

    fn component(&self, name: &str) -> Values<'_> {
        let tags = Members::of(self.tags()).unwrap_or_default().get(name).map_or("{}", |value| value.get());
        Values {
            tags: tags_by_name(tags),
            desired: by_name(inside(self.desired(), name)),
            reported: by_name(inside(self.reported(), name)),
        }
    }

    /// The names of what the device or somebody else marked as components.
    fn components(&self) -> BTreeSet<String> {
        let members = self.reported().into_iter().chain(self.desired());
        members.filter(is_component).map(|member| member.name.into_owned()).collect()
    }
}

fn is_component(member: &Member<'_>) -> bool {
    member.json.starts_with('{') && member.members().iter().any(|inner| inner.name == COMPONENT_MARK)
}

/// The members of the object called `name`, without the mark.
fn inside<'m>(members: Vec<Member<'m>>, name: &str) -> impl Iterator<Item = Member<'m>> {
    let found = members.into_iter().find(|member| member.name == name);
    let inner = found.map(|member| member.members()).unwrap_or_default();
    inner.into_iter().filter(|member| member.name != COMPONENT_MARK)
}

fn by_name<'m>(members: impl Iterator<Item = Member<'m>>) -> BTreeMap<String, Member<'m>> {
    members.map(|member| (member.name.clone().into_owned(), member)).collect()
}

fn tags_by_name(json: &str) -> BTreeMap<String, &str> {
    let members = Members::of(json).unwrap_or_default().0.into_iter();
    members.map(|(key, value)| (key.0.into_owned(), value.get())).collect()
}
