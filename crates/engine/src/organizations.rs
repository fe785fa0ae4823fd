//! Organizations: made, moved, deleted (iot-central §9.1).

use bellwether_model::access::{Assignment, Caller, OrganizationTree, Permission, Scope};
use bellwether_model::api_token::ApiToken;
use bellwether_model::group::DeviceGroup;
use bellwether_model::identity::IfMatch;
use bellwether_model::ids::OrganizationId;
use bellwether_model::organization::{BadOrganization, Organization};
use bellwether_model::schedule::ScheduledJob;
use bellwether_model::user::User;
use bellwether_store::{EtagMismatch, LimitReached, Records, StoreError, Stored, check_etag};

use crate::Engine;
use crate::access::organizations;

/// Why nothing was done with an organization.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OrganizationError {
    /// There is no such organization where the caller may look.
    #[error("there is no organization of this id")]
    NotFound,
    /// See there.
    #[error(transparent)]
    EtagMismatch(#[from] EtagMismatch),
    /// A member breaks a rule.
    #[error(transparent)]
    Invalid(#[from] BadOrganization),
    /// It would leave, or come to, a place that the caller may not manage.
    #[error("parent: the caller may place organizations only below its own")]
    OutOfReach,
    /// There are as many as the installation allows.
    #[error(transparent)]
    TooMany(#[from] LimitReached),
    /// Something belongs to it.
    #[error("the organization is in use: {0}; move or delete them first")]
    InUse(&'static str),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Makes an organization or changes one: `change` gets the one that stands, `None` when there is none, and says
    /// what is to stand; it runs inside the transaction.
    ///
    /// # Errors
    /// Those of `change`, and [`OrganizationError`]. Nothing is changed then.
    pub async fn change_organization<E, F>(
        &self,
        by: Caller,
        id: OrganizationId,
        if_match: IfMatch,
        change: F,
    ) -> Result<Stored<Organization>, E>
    where
        F: FnOnce(Option<Organization>) -> Result<Organization, E> + Send + 'static,
        E: From<OrganizationError> + From<StoreError> + Send + 'static,
    {
        let limits = &self.settings.limits;
        let (depth_max, organizations_max) = (limits.organization_depth_max, limits.organizations_max);
        let write = move |records: &Records<'_>| {
            let tree = organizations(records)?;
            let scope = by.scope(Permission::ManageOrganizations, &tree).ok_or(OrganizationError::NotFound)?;
            let stands = records.get::<Organization>(id.as_str())?;
            if stands.is_some() && !scope.covers(Some(id.as_str())) {
                return Err(OrganizationError::NotFound.into());
            }
            check_etag(&if_match, stands.as_ref()).map_err(OrganizationError::from)?;
            let before = stands.map(|stored| stored.record);
            let organization = change(before.clone())?;
            check_place(before.as_ref(), &organization, &scope)?;
            organization.check(&tree, depth_max).map_err(OrganizationError::from)?;
            if before.is_none() {
                LimitReached::check("organizations", "organizations-max", tree.0.len() + 1, organizations_max)
                    .map_err(OrganizationError::from)?;
            }
            Ok(records.put(organization)?)
        };
        self.store.change_records(write).await
    }

    /// Deletes an organization to which nothing belongs.
    ///
    /// # Errors
    /// There is none that the caller may manage, or something belongs to it.
    pub async fn delete_organization(&self, by: Caller, id: OrganizationId) -> Result<(), OrganizationError> {
        let delete = move |records: &Records<'_>| {
            let tree = organizations(records)?;
            let scope = by.scope(Permission::ManageOrganizations, &tree);
            if !tree.contains(id.as_str()) || !scope.is_some_and(|scope| scope.covers(Some(id.as_str()))) {
                return Err(OrganizationError::NotFound);
            }
            if let Some(what) = belongings(records, &tree, id.as_str())? {
                return Err(OrganizationError::InUse(what));
            }
            records.delete::<Organization>(id.as_str())?;
            Ok(())
        };
        self.store.change_records(delete).await
    }
}

/// Who may do something within an organization makes new ones below it, and moves one only from and to where he may:
/// a move takes it, and all that lies below, out of the sight of those above its old place, and into that of those
/// above its new one.
fn check_place(before: Option<&Organization>, after: &Organization, scope: &Scope) -> Result<(), OrganizationError> {
    let (from, to) = (before.map(|organization| organization.parent.as_deref()), after.parent.as_deref());
    if from == Some(to) {
        return Ok(());
    }
    if from.is_some_and(|from| !scope.covers(from)) || (to.is_none() && !scope.covers(None)) {
        return Err(OrganizationError::OutOfReach);
    }
    match to {
        // An organization elsewhere reads like one that is not there.
        Some(to) if !scope.covers(Some(to)) => Err(BadOrganization::NoParent(to.to_owned()).into()),
        Some(_) | None => Ok(()),
    }
}

/// What belongs to the organization itself, if anything does. Tokens count: one that outlived its organization would
/// open the next one of the same name.
fn belongings(records: &Records<'_>, tree: &OrganizationTree, id: &str) -> Result<Option<&'static str>, StoreError> {
    let within = |roles: &[Assignment]| roles.iter().any(|assignment| assignment.organization.as_deref() == Some(id));
    if tree.0.values().any(|parent| parent.as_deref() == Some(id)) {
        return Ok(Some("organizations lie below it"));
    }
    if records.has_devices(None, Some(id))? {
        return Ok(Some("devices belong to it"));
    }
    if records.all::<DeviceGroup>()?.iter().any(|group| group.record.organization.as_deref() == Some(id)) {
        return Ok(Some("device groups belong to it"));
    }
    if records.all::<ScheduledJob>()?.iter().any(|job| job.record.definition.organization.as_deref() == Some(id)) {
        return Ok(Some("scheduled jobs belong to it"));
    }
    if records.has_job_drafts(id)? {
        return Ok(Some("saved jobs belong to it"));
    }
    if records.has_jobs(id)? {
        return Ok(Some("jobs belong to it"));
    }
    if records.all::<User>()?.iter().any(|user| within(&user.record.roles)) {
        return Ok(Some("users have roles in it"));
    }
    if records.all::<ApiToken>()?.iter().any(|token| within(&token.record.roles)) {
        return Ok(Some("API tokens have roles in it"));
    }
    Ok(None)
}
