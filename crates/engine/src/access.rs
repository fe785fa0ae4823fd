//! Callers of the central face: whose token is it, and where does its role reach; users (iot-central §9).
//!
//! What a caller may reach is looked up in the transaction that changes something, so that it holds when it is
//! written.

use bellwether_model::Time;
use bellwether_model::access::{Assignment, BadAssignment, Caller, OrganizationTree, Permission, Role};
use bellwether_model::api_token::{ApiToken, Presented};
use bellwether_model::identity::IfMatch;
use bellwether_model::ids::UserId;
use bellwether_model::organization::Organization;
use bellwether_model::sas::SasError;
use bellwether_model::user::{BadUser, User, UserIdentity};
use bellwether_store::{EtagMismatch, LimitReached, Records, StoreError, Stored, check_etag};

use crate::Engine;

/// Why a token is not taken.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuthenticateError {
    /// It has not the form, is not ours, was revoked, or has ended. An unknown token reads like a wrong signature.
    #[error(transparent)]
    Token(#[from] SasError),
    /// There is no such session, it has ended, or its user has.
    #[error("the session has ended; sign in again")]
    NoSession,
    /// The call changes something and does not show that it comes from a page of ours.
    #[error("a call that changes something needs the session's csrfToken in the header x-csrf-token")]
    Csrf,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why nothing was done with a user.
#[derive(Debug, Clone, thiserror::Error)]
pub enum UserError {
    /// There is no such user, or not all of its roles lie where the caller may manage users.
    #[error("there is no user of this id")]
    NotFound,
    /// See there.
    #[error(transparent)]
    EtagMismatch(#[from] EtagMismatch),
    /// A member breaks a rule.
    #[error(transparent)]
    Invalid(#[from] BadUser),
    /// See there.
    #[error(transparent)]
    Roles(#[from] BadAssignment),
    /// Another user is the same person or object.
    #[error("there is a user for this email or object already; one user may have several roles")]
    SameIdentity,
    /// See there.
    #[error(transparent)]
    LastAdministrator(#[from] LastAdministrator),
    /// There are as many role assignments as the installation allows.
    #[error(transparent)]
    TooMany(#[from] LimitReached),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Nobody would be left who may do everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is the last administrator: make another user or API token an administrator first")]
pub struct LastAdministrator;

/// The tree of organizations as it stands.
///
/// # Errors
/// The store failed.
pub(crate) fn organizations(records: &Records<'_>) -> Result<OrganizationTree, StoreError> {
    let all = records.all::<Organization>()?;
    Ok(OrganizationTree(all.into_iter().map(|stored| (stored.record.id, stored.record.parent)).collect()))
}

/// The caller of this name with the roles that it has now; `None` when it is gone or has ended.
///
/// # Errors
/// The store failed.
pub(crate) fn caller_named(records: &Records<'_>, name: &str, now: Time) -> Result<Option<Caller>, StoreError> {
    let roles = if let Some(id) = name.strip_prefix("token:") {
        let token = records.get::<ApiToken>(id)?.filter(|token| now < token.record.expiry);
        token.map(|token| token.record.roles)
    } else if let Some(id) = name.strip_prefix("user:") {
        records.get::<User>(id)?.map(|user| user.record.roles)
    } else {
        None
    };
    Ok(roles.map(|roles| Caller { name: name.to_owned(), roles }))
}

/// After somebody who had `roles` lost them: is there an administrator left, a user or a token that has not ended?
///
/// # Errors
/// [`LastAdministrator`], or the store failed.
pub(crate) fn keep_administrator<E>(records: &Records<'_>, lost: &[Assignment], now: Time) -> Result<(), E>
where
    E: From<StoreError> + From<LastAdministrator>,
{
    let administers = |roles: &[Assignment]| roles.iter().any(|assignment| assignment.role == Role::Administrator);
    if !administers(lost) {
        return Ok(());
    }
    let token = |token: &Stored<ApiToken>| administers(&token.record.roles) && now < token.record.expiry;
    let user = |user: &Stored<User>| administers(&user.record.roles);
    if records.all()?.iter().any(token) || records.all()?.iter().any(user) {
        Ok(())
    } else {
        Err(LastAdministrator.into())
    }
}

impl Engine {
    /// Who sends this `Authorization` text, and the organizations as they are now.
    ///
    /// # Errors
    /// See [`AuthenticateError`].
    pub async fn authenticate(&self, text: &str) -> Result<(Caller, OrganizationTree), AuthenticateError> {
        let presented = Presented::parse(text)?;
        let id = presented.id.clone();
        let read = move |records: &Records<'_>| Ok((records.get::<ApiToken>(&id)?, organizations(records)?));
        let (token, tree) = self.store().read_records(read).await?;
        let token = token.ok_or(SasError::WrongSignature)?.record;
        token.verify(&presented, &self.token_key, self.now())?;
        Ok((Caller { name: format!("token:{}", token.id), roles: token.roles }, tree))
    }

    /// Makes a user or changes one: `change` gets the one that stands, `None` when there is none, and says what is to
    /// stand; it runs inside the transaction.
    ///
    /// # Errors
    /// Those of `change`, and [`UserError`]. Nothing is changed then.
    pub async fn change_user<E, F>(
        &self,
        by: Caller,
        id: UserId,
        if_match: IfMatch,
        change: F,
    ) -> Result<Stored<User>, E>
    where
        F: FnOnce(Option<User>) -> Result<User, E> + Send + 'static,
        E: From<UserError> + From<StoreError> + Send + 'static,
    {
        let (now, role_assignments_max) = (self.now(), self.settings.limits.role_assignments_max);
        let write = move |records: &Records<'_>| {
            let tree = organizations(records)?;
            let stands = records.get::<User>(id.as_str())?;
            if stands.as_ref().is_some_and(|user| !manages(&by, &user.record, &tree)) {
                return Err(UserError::NotFound.into());
            }
            check_etag(&if_match, stands.as_ref()).map_err(UserError::from)?;
            let before = stands.map(|stored| stored.record);
            let lost = before.as_ref().map(|user| user.roles.clone()).unwrap_or_default();
            let user = change(before.clone())?;
            user.identity.check().map_err(UserError::from)?;
            by.may_grant(Permission::ManageUsers, &user.roles, &tree).map_err(UserError::from)?;
            let mut others: Vec<Stored<User>> = records.all()?;
            others.retain(|other| other.record.id != user.id);
            if others.iter().any(|other| other.record.identity.is_same(&user.identity)) {
                return Err(UserError::SameIdentity.into());
            }
            // Who has no more roles than before may be changed also where there are too many since the limit was set.
            if user.roles.len() > lost.len() {
                let roles = user.roles.len() + others.iter().map(|other| other.record.roles.len()).sum::<usize>();
                LimitReached::check("role assignments of users", "role-assignments-max", roles, role_assignments_max)
                    .map_err(UserError::from)?;
            }
            if before.as_ref().is_some_and(|before| *before != user) {
                // What it may do and who it is holds from the next sign-in on.
                records.end_sessions(&user.id, None)?;
            }
            // Whoever made a password could sign in with it; that was all right for what the user was then.
            let gains = |before: &User| user.roles.iter().any(|role| !before.roles.contains(role));
            let is_more = |before: &User| gains(before) || !before.identity.is_same(&user.identity);
            let is_made = || Ok::<_, StoreError>(records.password(&user.id)?.is_some_and(|kept| kept.must_change));
            if !matches!(user.identity, UserIdentity::Email { .. })
                || (before.as_ref().is_some_and(is_more) && is_made()?)
            {
                records.delete_password(&user.id)?;
            }
            let stored = records.put(user)?;
            keep_administrator::<UserError>(records, &lost, now)?;
            Ok(stored)
        };
        self.store.change_records(write).await
    }

    /// Deletes a user.
    ///
    /// # Errors
    /// There is none that the caller may manage, or it is the last administrator.
    pub async fn delete_user(&self, by: Caller, id: UserId) -> Result<(), UserError> {
        let now = self.now();
        let delete = move |records: &Records<'_>| {
            let tree = organizations(records)?;
            let stands = records.get::<User>(id.as_str())?.filter(|user| manages(&by, &user.record, &tree));
            let user = stands.ok_or(UserError::NotFound)?.record;
            records.delete::<User>(id.as_str())?;
            records.end_sessions(&id, None)?;
            records.delete_password(&id)?;
            keep_administrator(records, &user.roles, now)
        };
        self.store.change_records(delete).await
    }
}

pub(crate) fn manages(by: &Caller, user: &User, tree: &OrganizationTree) -> bool {
    by.scope(Permission::ManageUsers, tree).is_some_and(|scope| scope.covers_all(&user.roles))
}
