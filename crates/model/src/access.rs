//! Who may do what, and on whose things: roles, organizations, callers of the central face (iot-central §9).
//!
//! A role says *what* a caller may do; the organization of the assignment says *on which* devices, groups and
//! jobs: those of it and of every organization below it. An assignment without an organization is for the root,
//! which is everything.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The built-in roles (iot-central §9.2). Ids and names are IoT Central's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Everything.
    Administrator,
    /// Everything but administration.
    Builder,
    /// Devices, groups, jobs; no change of templates.
    Operator,
    /// Everything within an organization, its users and the organizations below it included.
    OrgAdministrator,
    /// As an operator, within an organization.
    OrgOperator,
    /// Reads, within an organization.
    OrgViewer,
}

/// One thing that a role may allow. Every route of the central face needs exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// See devices, their properties, commands and relationships.
    ViewDevices,
    /// Create, change and delete devices, their properties, attestation and relationships; see credentials.
    ManageDevices,
    /// Call commands on a device.
    ExecuteCommands,
    /// See device groups and their devices.
    ViewGroups,
    /// Create, change and delete device groups.
    ManageGroups,
    /// See device templates.
    ViewTemplates,
    /// Create, change and delete device templates.
    ManageTemplates,
    /// See jobs, scheduled jobs and their results.
    ViewJobs,
    /// Create jobs and scheduled jobs, stop, resume and rerun them. Implies that the role may also change devices
    /// and execute commands (iot-central §9.2).
    RunJobs,
    /// Ask the data (`/query`).
    QueryData,
    /// See organizations.
    ViewOrganizations,
    /// Create, change and delete organizations.
    ManageOrganizations,
    /// See roles.
    ViewRoles,
    /// See, create, change and delete users.
    ManageUsers,
    /// See, create and revoke API tokens.
    ManageTokens,
    /// See, create, change and delete enrollment groups.
    ManageEnrollment,
    /// See who changed what.
    ViewAudit,
}

impl Permission {
    /// All permissions.
    pub const ALL: [Permission; 17] = [
        Permission::ViewDevices,
        Permission::ManageDevices,
        Permission::ExecuteCommands,
        Permission::ViewGroups,
        Permission::ManageGroups,
        Permission::ViewTemplates,
        Permission::ManageTemplates,
        Permission::ViewJobs,
        Permission::RunJobs,
        Permission::QueryData,
        Permission::ViewOrganizations,
        Permission::ManageOrganizations,
        Permission::ViewRoles,
        Permission::ManageUsers,
        Permission::ManageTokens,
        Permission::ManageEnrollment,
        Permission::ViewAudit,
    ];

    /// As the API says it.
    pub const fn name(self) -> &'static str {
        match self {
            Permission::ViewDevices => "viewDevices",
            Permission::ManageDevices => "manageDevices",
            Permission::ExecuteCommands => "executeCommands",
            Permission::ViewGroups => "viewGroups",
            Permission::ManageGroups => "manageGroups",
            Permission::ViewTemplates => "viewTemplates",
            Permission::ManageTemplates => "manageTemplates",
            Permission::ViewJobs => "viewJobs",
            Permission::RunJobs => "runJobs",
            Permission::QueryData => "queryData",
            Permission::ViewOrganizations => "viewOrganizations",
            Permission::ManageOrganizations => "manageOrganizations",
            Permission::ViewRoles => "viewRoles",
            Permission::ManageUsers => "manageUsers",
            Permission::ManageTokens => "manageTokens",
            Permission::ManageEnrollment => "manageEnrollment",
            Permission::ViewAudit => "viewAudit",
        }
    }
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 6] = [
        Role::Administrator,
        Role::Builder,
        Role::Operator,
        Role::OrgAdministrator,
        Role::OrgOperator,
        Role::OrgViewer,
    ];

    /// The fixed id (iot-central §9.2).
    pub const fn id(self) -> &'static str {
        match self {
            Role::Administrator => "ca310b8d-2f4a-44e0-a36e-957c202cd8d4",
            Role::Builder => "344138e9-8de4-4497-8c54-5237e96d6aaf",
            Role::Operator => "ae2c9854-393b-4f97-8c42-479d70ce626e",
            Role::OrgAdministrator => "c495eb57-eb18-489e-9802-62c474e5645c",
            Role::OrgOperator => "b4935647-30e4-4ed3-9074-dcac66c2f8ef",
            Role::OrgViewer => "84cc62c1-dabe-49d3-b16e-8b291232b285",
        }
    }

    /// The role with this id.
    pub fn from_id(id: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.id().eq_ignore_ascii_case(id))
    }

    /// The name that people see, as the REST API of IoT Central shows it.
    pub const fn display_name(self) -> &'static str {
        match self {
            Role::Administrator => "Administrator",
            Role::Builder => "Builder",
            Role::Operator => "Operator",
            Role::OrgAdministrator => "Org Admin",
            Role::OrgOperator => "Org Operator",
            Role::OrgViewer => "Org Viewer",
        }
    }

    /// Is the role for the whole application only? The others are assigned within an organization.
    pub const fn is_for_application(self) -> bool {
        match self {
            Role::Administrator | Role::Builder | Role::Operator => true,
            Role::OrgAdministrator | Role::OrgOperator | Role::OrgViewer => false,
        }
    }

    /// May the role do this?
    pub const fn permits(self, permission: Permission) -> bool {
        use Permission as P;
        let level = match permission {
            P::ViewDevices
            | P::ViewGroups
            | P::ViewTemplates
            | P::ViewJobs
            | P::QueryData
            | P::ViewOrganizations
            | P::ViewRoles => 0,
            P::ManageDevices | P::ExecuteCommands | P::ManageGroups | P::RunJobs => 1,
            P::ManageTemplates | P::ManageEnrollment => 2,
            P::ManageOrganizations | P::ManageUsers | P::ManageTokens | P::ViewAudit => 3,
        };
        match self {
            Role::Administrator => true,
            Role::Builder => level <= 2,
            Role::Operator | Role::OrgOperator => level <= 1,
            // Templates and enrollment belong to the whole application.
            Role::OrgAdministrator => level != 2,
            Role::OrgViewer => level == 0,
        }
    }
}

/// A role, and where it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// What.
    pub role: Role,
    /// In this organization and below; `None` is the root.
    pub organization: Option<String>,
}

/// Most assignments of one user or token. Published are 200 in an application (iot-central §12).
pub const ASSIGNMENTS_MAX: usize = 200;

/// Why roles cannot be assigned so. The texts name the member and the rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAssignment {
    /// None at all.
    #[error("roles must hold at least one role")]
    None,
    /// More than [`ASSIGNMENTS_MAX`].
    #[error("roles may hold at most {ASSIGNMENTS_MAX} roles")]
    TooMany,
    /// A role for the whole application with an organization.
    #[error("roles: {0} is for the whole application and takes no organization")]
    NeedsRoot(&'static str),
    /// A role within an organization without one.
    #[error("roles: {0} needs an organization")]
    NeedsOrganization(&'static str),
    /// The organization does not exist; one that the caller may not see reads alike.
    #[error("roles: there is no organization {0}")]
    NoOrganization(String),
    /// The caller itself may not do all that the role allows there.
    #[error("roles: {0} allows there more than the caller may do")]
    MoreThanOwn(&'static str),
}

impl Assignment {
    /// Checks the form: roles for the application stand without an organization, the others with one
    /// (iot-central §9.2; what else the live service does is not published).
    ///
    /// # Errors
    /// See there.
    pub fn check(&self) -> Result<(), BadAssignment> {
        match (self.role.is_for_application(), &self.organization) {
            (true, None) | (false, Some(_)) => Ok(()),
            (true, Some(_)) => Err(BadAssignment::NeedsRoot(self.role.display_name())),
            (false, None) => Err(BadAssignment::NeedsOrganization(self.role.display_name())),
        }
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// For logs and for "who asked": `token:<id>` or `user:<id>`.
    pub name: String,
    /// What it may do.
    pub roles: Vec<Assignment>,
}

/// The tree of organizations: each with its parent, `None` directly below the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrganizationTree(pub BTreeMap<String, Option<String>>);

/// On whose things a caller may do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// On everything, also what belongs to no organization.
    Everything,
    /// On what belongs to one of these. May be empty: then nothing.
    Within(BTreeSet<String>),
}

impl OrganizationTree {
    /// Is there an organization of this id?
    pub fn contains(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// How deep the organization lies; 1 directly below the root.
    pub fn depth(&self, id: &str) -> usize {
        self.line(id).count()
    }

    /// The organization and all above it. Ends also in a tree that is damaged by a ring.
    pub fn line<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a str> {
        let parent = |id: &&'a str| self.0.get(*id).and_then(Option::as_deref);
        std::iter::successors(self.0.get_key_value(id).map(|(id, _)| id.as_str()), parent).take(self.0.len())
    }

    /// The organization and all below it.
    pub fn branch(&self, id: &str) -> BTreeSet<String> {
        self.0.keys().filter(|other| self.line(other).any(|above| above == id)).cloned().collect()
    }
}

impl Caller {
    /// Who stands at the machine itself: may do everything.
    pub fn operator() -> Caller {
        let roles = vec![Assignment { role: Role::Administrator, organization: None }];
        Caller { name: "operator".to_owned(), roles }
    }

    /// May the caller give these roles away, whose business that is (`manage`: users or tokens)? Only where he may do
    /// that, and nobody gives more than he has: whatever a role allows somewhere, the caller has to be allowed there
    /// as well.
    ///
    /// # Errors
    /// The first assignment that is not well-formed, refers to nothing the caller may see, or allows more.
    pub fn may_grant(
        &self,
        manage: Permission,
        roles: &[Assignment],
        tree: &OrganizationTree,
    ) -> Result<(), BadAssignment> {
        if roles.is_empty() {
            return Err(BadAssignment::None);
        }
        if roles.len() > ASSIGNMENTS_MAX {
            return Err(BadAssignment::TooMany);
        }
        let sees = self.scope(Permission::ViewOrganizations, tree);
        for assignment in roles {
            assignment.check()?;
            let (role, organization) = (assignment.role, assignment.organization.as_deref());
            if let Some(id) = organization
                && !(tree.contains(id) && sees.as_ref().is_some_and(|scope| scope.covers(organization)))
            {
                return Err(BadAssignment::NoOrganization(id.to_owned()));
            }
            let has = |permission| self.scope(permission, tree).is_some_and(|scope| scope.covers(organization));
            let needed = Permission::ALL.into_iter().filter(|permission| role.permits(*permission));
            if !needed.chain([manage]).all(has) {
                return Err(BadAssignment::MoreThanOwn(role.display_name()));
            }
        }
        Ok(())
    }

    /// Where the caller may do this; `None` when none of its roles allows it anywhere.
    pub fn scope(&self, permission: Permission, tree: &OrganizationTree) -> Option<Scope> {
        let mut within = BTreeSet::new();
        let mut any = false;
        for Assignment { role, organization } in &self.roles {
            if !role.permits(permission) {
                continue;
            }
            any = true;
            match organization {
                None => return Some(Scope::Everything),
                Some(id) => within.append(&mut tree.branch(id)),
            }
        }
        any.then_some(Scope::Within(within))
    }
}

impl Scope {
    /// Does it hold what belongs to this organization (`None`: to the root)?
    pub fn covers(&self, organization: Option<&str>) -> bool {
        match (self, organization) {
            (Scope::Everything, _) => true,
            (Scope::Within(_), None) => false,
            (Scope::Within(ids), Some(id)) => ids.contains(id),
        }
    }

    /// Does it hold a user or token with these roles? Only when it holds every organization of them: who may manage
    /// one organization must neither see nor take what somebody has in another.
    pub fn covers_all(&self, roles: &[Assignment]) -> bool {
        roles.iter().all(|assignment| self.covers(assignment.organization.as_deref()))
    }

    /// The organizations to look for; `None` is all, and what belongs to none.
    pub fn organizations(&self) -> Option<&BTreeSet<String>> {
        match self {
            Scope::Everything => None,
            Scope::Within(ids) => Some(ids),
        }
    }

    /// What lies in both.
    #[must_use]
    pub fn and(&self, other: &Scope) -> Scope {
        match (self, other) {
            (Scope::Everything, scope) | (scope, Scope::Everything) => scope.clone(),
            (Scope::Within(a), Scope::Within(b)) => Scope::Within(a & b),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> OrganizationTree {
        let pairs = [("eu", None), ("de", Some("eu")), ("fr", Some("eu")), ("us", None)];
        OrganizationTree(pairs.map(|(id, parent)| (id.to_owned(), parent.map(str::to_owned))).into())
    }

    fn caller(roles: &[(Role, Option<&str>)]) -> Caller {
        let assignment = |(role, organization): &(Role, Option<&str>)| Assignment {
            role: *role,
            organization: organization.map(str::to_owned),
        };
        Caller { name: "test".to_owned(), roles: roles.iter().map(assignment).collect() }
    }

    #[test]
    fn scopes() {
        let operator = caller(&[(Role::OrgOperator, Some("eu")), (Role::OrgViewer, Some("us"))]);
        let run = operator.scope(Permission::RunJobs, &tree()).unwrap();
        let view = operator.scope(Permission::ViewJobs, &tree()).unwrap();
        for (organization, may_run, may_view) in
            [(Some("eu"), true, true), (Some("de"), true, true), (Some("us"), false, true), (None, false, false)]
        {
            assert_eq!((run.covers(organization), view.covers(organization)), (may_run, may_view), "{organization:?}");
        }
        assert_eq!(operator.scope(Permission::ManageTokens, &tree()), None);
        let administrator = caller(&[(Role::OrgViewer, Some("us")), (Role::Administrator, None)]);
        assert_eq!(administrator.scope(Permission::ManageTokens, &tree()), Some(Scope::Everything));
        // An organization that is gone is nowhere.
        let gone = caller(&[(Role::OrgOperator, Some("asia"))]);
        assert_eq!(gone.scope(Permission::RunJobs, &tree()), Some(Scope::Within(BTreeSet::new())));
    }

    #[test]
    fn nobody_grants_more_than_he_has() {
        use BadAssignment as Bad;
        let administrator = caller(&[(Role::Administrator, None)]);
        let of_eu = caller(&[(Role::OrgAdministrator, Some("eu")), (Role::OrgViewer, Some("us"))]);
        for (by, role, organization, expected) in [
            (&administrator, Role::Administrator, None, Ok(())),
            (&administrator, Role::Builder, None, Ok(())),
            (&administrator, Role::OrgViewer, Some("fr"), Ok(())),
            (&administrator, Role::OrgViewer, None, Err(Bad::NeedsOrganization("Org Viewer"))),
            (&administrator, Role::Builder, Some("fr"), Err(Bad::NeedsRoot("Builder"))),
            (&administrator, Role::OrgViewer, Some("asia"), Err(Bad::NoOrganization("asia".to_owned()))),
            (&of_eu, Role::OrgAdministrator, Some("eu"), Ok(())),
            (&of_eu, Role::OrgOperator, Some("de"), Ok(())),
            (&of_eu, Role::OrgViewer, Some("us"), Err(Bad::MoreThanOwn("Org Viewer"))),
            (&of_eu, Role::OrgOperator, Some("us"), Err(Bad::MoreThanOwn("Org Operator"))),
            (&of_eu, Role::Operator, None, Err(Bad::MoreThanOwn("Operator"))),
            (&of_eu, Role::Administrator, None, Err(Bad::MoreThanOwn("Administrator"))),
            (&of_eu, Role::OrgViewer, Some("asia"), Err(Bad::NoOrganization("asia".to_owned()))),
        ] {
            let roles = caller(&[(role, organization)]).roles;
            assert_eq!(by.may_grant(Permission::ManageTokens, &roles, &tree()), expected, "{role:?} {organization:?}");
        }
        let only_eu = caller(&[(Role::OrgAdministrator, Some("eu"))]);
        let us = caller(&[(Role::OrgViewer, Some("us"))]).roles;
        assert_eq!(only_eu.may_grant(Permission::ManageUsers, &us, &tree()), Err(Bad::NoOrganization("us".to_owned())));
        assert_eq!(administrator.may_grant(Permission::ManageUsers, &[], &tree()), Err(Bad::None));
        let many = vec![administrator.roles[0].clone(); ASSIGNMENTS_MAX + 1];
        assert_eq!(administrator.may_grant(Permission::ManageUsers, &many, &tree()), Err(Bad::TooMany));
    }

    #[test]
    fn a_ring_of_organizations_ends() {
        let ring = OrganizationTree(
            [("a", Some("b")), ("b", Some("a"))].map(|(id, p)| (id.to_owned(), p.map(str::to_owned))).into(),
        );
        assert_eq!(ring.depth("a"), 2);
        assert_eq!(ring.branch("a").len(), 2);
    }

    #[test]
    fn an_assignment_without_an_organization_is_for_everything() {
        let all = caller(&[(Role::Operator, None)]).scope(Permission::ViewDevices, &tree()).unwrap();
        assert!(all.covers(None) && all.covers(Some("fr")));
        assert_eq!(all.and(&Scope::Within(["fr".to_owned()].into())), Scope::Within(["fr".to_owned()].into()));
    }
}
