//! Organizations (iot-central §9.1).

use serde::{Deserialize, Serialize};

use crate::access::OrganizationTree;

/// Most characters of an organization's name. Not published; a limit all the same.
pub const DISPLAY_NAME_MAX: usize = 256;

/// A part of the fleet with its own users; what belongs to it is seen from it and from above.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Its name.
    pub id: String,
    /// Name for people.
    pub display_name: String,
    /// What it lies below; `None` is the root.
    pub parent: Option<String>,
}

/// Why an organization cannot be as it is asked for. The texts name the member and the rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadOrganization {
    /// The name is empty or too long.
    #[error("displayName must have 1 to {DISPLAY_NAME_MAX} characters, not only spaces")]
    DisplayName,
    /// The parent does not exist; one that the caller may not see reads alike.
    #[error("parent: there is no organization {0}")]
    NoParent(String),
    /// It would lie below itself.
    #[error("parent: an organization cannot lie below itself")]
    Ring,
    /// It, or one below it, would lie too deep.
    #[error("parent: organizations lie at most {most} deep, and this would be {depth}")]
    TooDeep {
        /// How deep the deepest one would lie.
        depth: usize,
        /// How deep they may.
        most: usize,
    },
}

impl Organization {
    /// Checks the organization as it would stand in `tree`, with all that lies below it; `depth_max` is how deep an
    /// organization may lie, 1 directly below the root.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self, tree: &OrganizationTree, depth_max: usize) -> Result<(), BadOrganization> {
        if self.display_name.trim().is_empty() || self.display_name.chars().count() > DISPLAY_NAME_MAX {
            return Err(BadOrganization::DisplayName);
        }
        let above = match self.parent.as_deref() {
            None => 0,
            // Also the first one of its name cannot lie below itself.
            Some(parent) if parent == self.id || tree.line(parent).any(|above| above == self.id) => {
                return Err(BadOrganization::Ring);
            }
            Some(parent) if !tree.contains(parent) => return Err(BadOrganization::NoParent(parent.to_owned())),
            Some(parent) => tree.depth(parent),
        };
        let own = tree.depth(&self.id);
        let below = tree.branch(&self.id).iter().map(|id| tree.depth(id) - own).max().unwrap_or(0);
        let depth = above + 1 + below;
        if depth > depth_max { Err(BadOrganization::TooDeep { depth, most: depth_max }) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let pairs = [("us", None), ("wa", Some("us")), ("seattle", Some("wa")), ("eu", None), ("de", Some("eu"))];
        let tree = OrganizationTree(pairs.map(|(id, parent)| (id.to_owned(), parent.map(str::to_owned))).into());
        let deep = |depth| Err(BadOrganization::TooDeep { depth, most: 4 });
        for (id, parent, expected) in [
            ("wa", None, Ok(())),
            ("wa", Some("de"), Ok(())),
            ("new", Some("seattle"), Ok(())),
            ("us", Some("eu"), Ok(())),
            ("us", Some("de"), deep(5)),
            ("eu", Some("seattle"), deep(5)),
            ("us", Some("seattle"), Err(BadOrganization::Ring)),
            ("us", Some("us"), Err(BadOrganization::Ring)),
            ("new", Some("new"), Err(BadOrganization::Ring)),
            ("new", Some("asia"), Err(BadOrganization::NoParent("asia".to_owned()))),
        ] {
            let parent = parent.map(str::to_owned);
            let organization = Organization { id: id.to_owned(), display_name: "N".to_owned(), parent };
            assert_eq!(organization.check(&tree, 4), expected, "{organization:?}");
        }
        for (name, good) in [("", false), ("  ", false), (&*"n".repeat(256), true), (&*"n".repeat(257), false)] {
            let organization = Organization { id: "new".to_owned(), display_name: name.to_owned(), parent: None };
            assert_eq!(organization.check(&tree, 4).is_ok(), good, "{}", name.len());
        }
    }
}
