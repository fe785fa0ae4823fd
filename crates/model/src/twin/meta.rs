//! The metadata of the property sections, compactly (DESIGN §6.2).
//!
//! Clients see `$lastUpdated` (and on desired `$lastUpdatedVersion`) at every node. Kept is, for every node of
//! the document, the version that wrote it, in the document's own order and therefore without names, and for
//! every version still in use its time. A subtree written by one version is one number.
//!
//! ```text
//! twin    := varint(length of desired) desired reported
//! section := varint(count) { varint(version) varint(time) } node
//! node    := varint(version * 2)                                    the whole subtree has this version
//!          | varint(version * 2 + 1) varint(length) { node }        one node for each member, in order
//! ```

use crate::Time;

/// Metadata of both property sections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwinMeta {
    /// Of the desired properties.
    pub desired: SectionMeta,
    /// Of the reported properties.
    pub reported: SectionMeta,
}

/// Metadata of one section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionMeta {
    /// When each version that still has a node was written, oldest first.
    pub times: Vec<(u64, Time)>,
    /// The encoded node of the section's root.
    pub tree: Vec<u8>,
}

impl TwinMeta {
    /// As bytes for the store.
    pub fn encode(&self) -> Vec<u8> {
        let mut desired = Vec::new();
        self.desired.encode(&mut desired);
        let mut out = Vec::with_capacity(2 * desired.len() + 16);
        put_varint(&mut out, desired.len() as u64);
        out.extend_from_slice(&desired);
        self.reported.encode(&mut out);
        out
    }

    /// From the store's bytes. Damaged bytes read as metadata that knows nothing: everything was written by
    /// version 0 at a time that never was, which is visible and harms no content.
    pub fn decode(mut bytes: &[u8]) -> TwinMeta {
        let length = take_varint(&mut bytes).unwrap_or(0) as usize;
        let (desired, reported) = bytes.split_at(length.min(bytes.len()));
        TwinMeta { desired: SectionMeta::decode(desired), reported: SectionMeta::decode(reported) }
    }
}

impl SectionMeta {
    /// A section written as a whole by one version.
    pub fn uniform(version: u64, now: Time) -> SectionMeta {
        SectionMeta { times: vec![(version, now)], tree: Node::uniform(version).to_vec() }
    }

    /// When `version` was written.
    pub fn time_of(&self, version: u64) -> Time {
        self.times.iter().find(|(v, _)| *v == version).map_or(Time::NEVER, |(_, time)| *time)
    }

    /// Takes the tree that `version` left and forgets the times of versions that have no node any more.
    pub(super) fn advance(&mut self, version: i64, now: Time, tree: Vec<u8>) {
        let version = version as u64;
        self.tree = tree;
        self.times.push((version, now));
        let mut used = Vec::with_capacity(self.times.len());
        collect_versions(&self.tree, &mut used);
        self.times.retain(|(v, _)| used.contains(v));
    }

    fn encode(&self, out: &mut Vec<u8>) {
        put_varint(out, self.times.len() as u64);
        for (version, time) in &self.times {
            put_varint(out, *version);
            // Times before 1970 do not occur; they would only be longer.
            put_varint(out, time.0 as u64);
        }
        out.extend_from_slice(&self.tree);
    }

    fn decode(mut bytes: &[u8]) -> SectionMeta {
        let count = take_varint(&mut bytes).unwrap_or(0).min(bytes.len() as u64);
        let mut times = Vec::with_capacity(count as usize);
        for _ in 0..count {
            if let (Some(version), Some(time)) = (take_varint(&mut bytes), take_varint(&mut bytes)) {
                times.push((version, Time(time as i64)));
            }
        }
        SectionMeta { times, tree: bytes.to_vec() }
    }
}

fn collect_versions(mut nodes: &[u8], used: &mut Vec<u64>) {
    while let Some(node) = Node::take(&mut nodes) {
        if !used.contains(&node.version) {
            used.push(node.version);
        }
        if let Some(members) = node.members {
            collect_versions(members, used);
        }
    }
}

/// One node of a metadata tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node<'a> {
    /// The version that last wrote the node or anything under it.
    pub version: u64,
    /// The encoded nodes of its members; `None` when they all have this version.
    pub members: Option<&'a [u8]>,
}

impl<'a> Node<'a> {
    /// A node whose whole subtree has one version.
    pub fn whole(version: u64) -> Node<'a> {
        Node { version, members: None }
    }

    /// Reads the next node and steps over it.
    pub fn take(bytes: &mut &'a [u8]) -> Option<Node<'a>> {
        let head = take_varint(bytes)?;
        let members = if head & 1 == 1 {
            let length = take_varint(bytes)? as usize;
            let (members, rest) = bytes.split_at_checked(length)?;
            *bytes = rest;
            Some(members)
        } else {
            None
        };
        Some(Node { version: head >> 1, members })
    }

    /// The node at the root of an encoded tree.
    pub fn root(mut tree: &'a [u8]) -> Node<'a> {
        Node::take(&mut tree).unwrap_or(Node::whole(0))
    }

    /// The nodes of the members one after another, as long as the caller has members to ask for.
    pub fn walk(&self) -> NodeWalk<'a> {
        NodeWalk { version: self.version, rest: self.members }
    }

    /// The encoding of a subtree that one version wrote.
    pub fn uniform(version: u64) -> Vec<u8> {
        let mut out = Vec::with_capacity(2);
        put_varint(&mut out, version << 1);
        out
    }

    /// Appends this node as it is.
    pub fn put(&self, out: &mut Vec<u8>) {
        match self.members {
            None => put_varint(out, self.version << 1),
            Some(members) => {
                put_varint(out, (self.version << 1) | 1);
                put_varint(out, members.len() as u64);
                out.extend_from_slice(members);
            }
        }
    }

    /// Appends a node of `version` over the encoded `members`, as one number when they all have that version.
    pub fn put_over(version: u64, members: &[u8], out: &mut Vec<u8>) {
        let mut rest = members;
        let mut uniform = true;
        while let Some(node) = Node::take(&mut rest) {
            uniform &= node == Node::whole(version);
        }
        let node = Node { version, members: if uniform { None } else { Some(members) } };
        node.put(out);
    }
}

/// See [`Node::walk`].
pub(super) struct NodeWalk<'a> {
    version: u64,
    rest: Option<&'a [u8]>,
}

impl<'a> NodeWalk<'a> {
    /// The node of the next member.
    pub fn next(&mut self) -> Node<'a> {
        let node = self.rest.as_mut().and_then(Node::take);
        node.unwrap_or(Node::whole(self.version))
    }
}

pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(crate) fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
