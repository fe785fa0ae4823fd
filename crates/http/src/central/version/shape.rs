//! What a body looks like: its members, the versions that know them, and how each version spells them.
//!
//! The tables beside this file (`devices.rs`, `jobs.rs`, …) are made of these types. A member that no version
//! spells differently and that every version knows is one short line there.

use super::Version;

/// One kind of object.
#[derive(Debug)]
pub(crate) enum Shape {
    /// An object with these members.
    Plain(&'static [Member]),
    /// An object whose member `type` says which further members it has.
    Tagged(&'static [Member], &'static [Variant]),
}

/// One kind of a [`Shape::Tagged`] object.
#[derive(Debug)]
pub(crate) struct Variant {
    /// What `type` says from 1.1-preview on.
    pub tag: &'static str,
    /// What `type` says in `preview`, where it was the name of the schema; taken in every version, because
    /// how-to guides show it with new versions too (iot-central §3.3).
    pub long_tag: &'static str,
    /// The first version that knows it.
    pub since: Version,
    /// Members beside those that all variants have.
    pub members: &'static [Member],
    /// What versions before `since` see in the place of `members`: the name of a member that they require, and
    /// the member whose value it shows; nothing of that name, then the empty string.
    pub stand_in: &'static [(&'static str, &'static str)],
}

/// One member of an object.
#[derive(Debug)]
pub(crate) struct Member {
    /// What the newest version calls it.
    pub name: &'static str,
    /// What `preview` calls it, when that is another name.
    pub preview_name: Option<&'static str>,
    /// The first version that knows it.
    pub since: Version,
    /// The last version that knows it.
    pub until: Version,
    /// Whether a request may set it.
    pub access: Access,
    /// What its value is.
    pub kind: Kind,
}

/// Whether a request may set a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// It may.
    Write,
    /// The server says it; in a request it is ignored, so that what was read can be sent back.
    Read,
}

/// What a member's value is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Passed on as it stands.
    Any,
    /// An object.
    Object(&'static Shape),
    /// An array of objects.
    List(&'static Shape),
    /// A boolean that clients send as a string too: `"true"` is true, any other string and null are false
    /// (iot-central §13.1: the command line sends `"number"`).
    Switch,
}

impl Shape {
    /// The members that objects of every kind have.
    pub fn members(&self) -> &'static [Member] {
        match self {
            Shape::Plain(members) | Shape::Tagged(members, _) => members,
        }
    }

    /// The kinds there are; none for a plain object.
    pub fn variants(&self) -> &'static [Variant] {
        match self {
            Shape::Plain(_) => &[],
            Shape::Tagged(_, variants) => variants,
        }
    }
}

impl Variant {
    /// What `type` says in `version`.
    pub fn tag_in(&self, version: Version) -> &'static str {
        if version == Version::Preview { self.long_tag } else { self.tag }
    }
}

impl Member {
    /// A member that every version knows, that requests may set, of any value.
    pub const fn new(name: &'static str) -> Member {
        Member {
            name,
            preview_name: None,
            since: Version::Preview,
            until: Version::Own,
            access: Access::Write,
            kind: Kind::Any,
        }
    }

    /// As [`Member::new`], but only the server sets it.
    pub const fn read_only(name: &'static str) -> Member {
        Member { access: Access::Read, ..Member::new(name) }
    }

    /// Known from `since` on.
    pub const fn since(self, since: Version) -> Member {
        Member { since, ..self }
    }

    /// Known until `until`, and not by the newest version.
    pub const fn until(self, until: Version) -> Member {
        Member { until, ..self }
    }

    /// Called `name` in `preview`.
    pub const fn in_preview(self, name: &'static str) -> Member {
        Member { preview_name: Some(name), ..self }
    }

    /// With this value.
    pub const fn of(self, kind: Kind) -> Member {
        Member { kind, ..self }
    }

    /// Does `version` know it?
    pub fn is_known(&self, version: Version) -> bool {
        self.since <= version && version <= self.until
    }

    /// What `version` calls it.
    pub fn name_in(&self, version: Version) -> &'static str {
        match self.preview_name {
            Some(name) if version == Version::Preview => name,
            Some(_) | None => self.name,
        }
    }

    /// Is it called `key` in any version? Every spelling is taken in every version.
    pub fn is_called(&self, key: &str) -> bool {
        self.name == key || self.preview_name == Some(key)
    }
}
