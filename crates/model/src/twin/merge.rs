//! The merge of a patch into a section: one pass over the levels that the patch touches; everything beside
//! them is copied as text.

use serde_json::value::RawValue;

use crate::json::{Members, push_string};

use super::SectionChange;
use super::meta::Node;
use super::patch::{Patch, PatchObject};

/// A section after a change.
pub(super) struct Merged {
    pub json: String,
    /// Encoded metadata nodes; empty when the section has none (tags).
    pub tree: Vec<u8>,
}

/// Merge patches that undo what was done to tags and desired.
#[derive(Default)]
pub(super) struct Undo {
    pub tags: Option<String>,
    pub desired: Option<String>,
}

impl Undo {
    pub fn into_body(self) -> Option<String> {
        match (self.tags, self.desired) {
            (None, None) => None,
            (Some(tags), None) => Some(format!("{{\"tags\":{tags}}}")),
            (None, Some(desired)) => Some(format!("{{\"properties\":{{\"desired\":{desired}}}}}")),
            (Some(tags), Some(desired)) => {
                Some(format!("{{\"tags\":{tags},\"properties\":{{\"desired\":{desired}}}}}"))
            }
        }
    }
}

/// Changes the section `before`; `tree` is its metadata, `version` the version that the change makes.
/// `undo` receives the patch that would take a merge back.
pub(super) fn section(
    before: &str,
    tree: Option<&[u8]>,
    change: &SectionChange,
    version: i64,
    undo: &mut Option<String>,
) -> Merged {
    match change {
        SectionChange::Replace(patch) => {
            Merged { json: patch.content(), tree: tree.map_or_else(Vec::new, |_| Node::uniform(version as u64)) }
        }
        SectionChange::Merge(patch) => {
            let mut merge =
                Merge { json: String::with_capacity(before.len() + 64), undo: String::new(), version: version as u64 };
            let mut nodes = Vec::new();
            merge.object(before, tree.map(Node::root), patch, &mut nodes);
            *undo = Some(merge.undo);
            Merged { json: merge.json, tree: nodes }
        }
    }
}

struct Merge {
    json: String,
    undo: String,
    version: u64,
}

impl Merge {
    /// Merges `patch` into the object text `before` and appends the result, its undo and its node.
    fn object(&mut self, before: &str, node: Option<Node<'_>>, patch: &PatchObject, nodes: &mut Vec<u8>) {
        // What is stored was checked when it was written; an unreadable section counts as empty.
        let members = Members::of(before).unwrap_or_default();
        let mut walk = node.map(|node| node.walk());
        let mut member_nodes = Vec::new();
        let mut json = Comma::open(&mut self.json);
        let mut undo = Comma::open(&mut self.undo);

        for (key, value) in &members.0 {
            let member_node = walk.as_mut().map(|walk| walk.next());
            let key = key.0.as_ref();
            match patch.0.iter().find(|(name, _)| name.as_ref() == key) {
                None => {
                    json.key(&mut self.json, key);
                    self.json.push_str(value.get());
                    if let Some(member_node) = member_node {
                        member_node.put(&mut member_nodes);
                    }
                }
                Some((_, Patch::Remove)) => {
                    undo.key(&mut self.undo, key);
                    self.undo.push_str(value.get());
                }
                Some((_, Patch::Merge(inner))) if is_object(value) => {
                    json.key(&mut self.json, key);
                    undo.key(&mut self.undo, key);
                    self.object(value.get(), member_node, inner, &mut member_nodes);
                }
                Some((_, set @ (Patch::Set(_) | Patch::Merge(_)))) => {
                    json.key(&mut self.json, key);
                    undo.key(&mut self.undo, key);
                    self.undo.push_str(value.get());
                    self.set(set, node.is_some(), &mut member_nodes);
                }
            }
        }
        for (key, added) in &patch.0 {
            let new = *added != Patch::Remove && !members.0.iter().any(|(name, _)| name.0 == key.as_ref());
            if new {
                json.key(&mut self.json, key);
                undo.key(&mut self.undo, key);
                self.undo.push_str("null");
                self.set(added, node.is_some(), &mut member_nodes);
            }
        }
        self.json.push('}');
        self.undo.push('}');
        if node.is_some() {
            Node::put_over(self.version, &member_nodes, nodes);
        }
    }

    /// Appends a value that was not there before, or was no object.
    fn set(&mut self, patch: &Patch, with_meta: bool, nodes: &mut Vec<u8>) {
        match patch {
            Patch::Remove => self.json.push_str("null"),
            Patch::Set(json) => self.json.push_str(json),
            Patch::Merge(inner) => inner.write(&mut self.json, false),
        }
        if with_meta {
            Node::whole(self.version).put(nodes);
        }
    }
}

fn is_object(value: &RawValue) -> bool {
    value.get().starts_with('{')
}

/// Puts the commas between the members of an object that is being written.
struct Comma {
    first: bool,
}

impl Comma {
    fn open(out: &mut String) -> Comma {
        out.push('{');
        Comma { first: true }
    }

    fn key(&mut self, out: &mut String, key: &str) {
        if !self.first {
            out.push(',');
        }
        self.first = false;
        push_string(out, key);
        out.push(':');
    }
}
