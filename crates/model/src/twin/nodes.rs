//! The members of a property section with what is known of each: the version that wrote it and when.

use std::borrow::Cow;

use crate::Time;
use crate::json::Members;

use super::Section;
use super::meta::{Node, SectionMeta};

/// One member of a section, or of an object in it.
#[derive(Debug, Clone)]
pub struct Member<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its value as JSON text.
    pub json: &'a str,
    node: Node<'a>,
    meta: &'a SectionMeta,
}

/// The members of a section in its order.
pub fn members<'a>(section: &'a Section, meta: &'a SectionMeta) -> Vec<Member<'a>> {
    below(&section.json, Node::root(&meta.tree), meta)
}

fn below<'a>(json: &'a str, node: Node<'a>, meta: &'a SectionMeta) -> Vec<Member<'a>> {
    if !json.starts_with('{') {
        return Vec::new();
    }
    let mut walk = node.walk();
    // What is stored was checked when it was written.
    let members = Members::of(json).unwrap_or_default().0.into_iter();
    members.map(|(key, value)| Member { name: key.0, json: value.get(), node: walk.next(), meta }).collect()
}

impl<'a> Member<'a> {
    /// The version of the section that last wrote it or anything in it.
    pub fn version(&self) -> u64 {
        self.node.version
    }

    /// When that was.
    pub fn written(&self) -> Time {
        self.meta.time_of(self.node.version)
    }

    /// The members of the object that it is; none when it is something else.
    pub fn members(&self) -> Vec<Member<'a>> {
        below(self.json, self.node, self.meta)
    }
}
