//! What a device of a job must still be when its turn comes: its list was frozen earlier, and much may have happened
//! since, above all before a stopped job goes on and before a rerun.

use std::collections::BTreeSet;

use bellwether_model::access::OrganizationTree;
use bellwether_model::job::Outcome;
use bellwether_model::organization::Organization;
use rusqlite::Connection;

use crate::StoreError;
use crate::records::Records;

/// See the module's text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Requirement {
    /// A device with another template than one of these fails (iot-central §5.1).
    pub templates: Vec<String>,
    /// A device fails that belongs neither to this organization nor to one below it: whoever runs a job for an
    /// organization has no say over a device that was handed to another. `None` is the root, which has all.
    pub organization: Option<String>,
}

impl Requirement {
    /// The requirement with the organizations as they are now.
    pub(crate) fn check(&self, connection: &Connection) -> Result<Check<'_>, StoreError> {
        let organizations = match &self.organization {
            None => None,
            Some(id) => {
                let all = Records::inside(connection).all::<Organization>()?;
                let parents = all.into_iter().map(|stored| (stored.record.id, stored.record.parent));
                Some((id.as_str(), OrganizationTree(parents.collect()).branch(id)))
            }
        };
        Ok(Check { templates: &self.templates, organizations })
    }
}

/// A [`Requirement`] at one time.
pub(crate) struct Check<'a> {
    templates: &'a [String],
    /// The one, and all that a device may belong to.
    organizations: Option<(&'a str, BTreeSet<String>)>,
}

impl Check<'_> {
    /// Any device will do.
    pub fn is_nothing(&self) -> bool {
        self.templates.is_empty() && self.organizations.is_none()
    }

    /// The ending of a device that does not meet it.
    pub fn mismatch(&self, template: Option<&str>, organization: Option<&str>) -> Option<Outcome> {
        if let Some((wanted, all)) = &self.organizations
            && !organization.is_some_and(|organization| all.contains(organization))
        {
            return Some(Outcome::organization_mismatch(wanted));
        }
        let other = self.templates.iter().find(|wanted| template != Some(wanted));
        other.map(|wanted| Outcome::template_mismatch(wanted))
    }
}
