//! Users (iot-central §9.3).

use std::sync::Arc;

use bellwether_engine::UserError;
use bellwether_model::ids::UserId;
use bellwether_model::user::{User, UserIdentity};
use bellwether_store::Records;
use serde::{Deserialize, Serialize};

use super::call::{Answer, Call};
use super::error::{CentralError, Code};
use super::roles::{AssignmentWire, assignments};

/// A user on the wire; what else stands there depends on `type`.
#[derive(Debug, Serialize, Deserialize)]
struct Wire {
    #[serde(skip_deserializing)]
    id: String,
    #[serde(flatten)]
    identity: UserIdentity,
    roles: Vec<AssignmentWire>,
}

impl From<User> for Wire {
    fn from(User { id, identity, roles }: User) -> Wire {
        Wire { id: id.into(), identity, roles: roles.into_iter().map(AssignmentWire::from).collect() }
    }
}

impl Wire {
    fn named(self, id: UserId) -> Result<User, CentralError> {
        Ok(User { id, identity: self.identity, roles: assignments(self.roles)? })
    }
}

/// `GET /users`: those all of whose roles lie where the caller may manage users, in the order of creation.
pub(crate) async fn list(call: Call) -> Result<Answer, CentralError> {
    let page = call.page()?;
    let after = call.position(&page)?.unwrap_or(0);
    let scope = call.scope.clone();
    let read =
        move |records: &Records<'_>| records.page(after, page.limit, |user: &User| scope.covers_all(&user.roles));
    let found = call.engine().store().read_records(read).await?;
    let next = found.records.last().filter(|_| found.more).map(|last| call.next(&last.key)).transpose()?;
    Answer::page(found.records.into_iter().map(|stored| Wire::from(stored.record)), next)
}

/// `GET /users/{userId}`.
pub(crate) async fn get(call: Call) -> Result<Answer, CentralError> {
    let found = call.engine().store().record::<User>(call.param(0)).await?;
    let seen = found.filter(|stored| call.scope.covers_all(&stored.record.roles));
    let user = seen.ok_or_else(|| CentralError::not_found("user with this id"))?.record;
    Answer::one(&Wire::from(user))
}

/// `PUT /users/{userId}`: makes or replaces a user.
pub(crate) async fn put(call: Call) -> Result<Answer, CentralError> {
    let id: UserId = call.param(0).parse().map_err(CentralError::bad_request)?;
    let (engine, if_match) = (Arc::clone(call.engine()), call.if_match()?);
    let user = call.json::<Wire>()?.named(id.clone())?;
    let stored = engine.change_user(call.caller, id, if_match, |_| Ok::<_, CentralError>(user)).await?;
    Answer::one(&Wire::from(stored.record))
}

/// `PATCH /users/{userId}`: changes what is named.
pub(crate) async fn patch(call: Call) -> Result<Answer, CentralError> {
    let id: UserId = call.param(0).parse().map_err(CentralError::bad_request)?;
    let (engine, if_match, caller) = (Arc::clone(call.engine()), call.if_match()?, call.caller.clone());
    let change = move |stands: Option<User>| {
        let stands = stands.ok_or(UserError::NotFound)?;
        let id = stands.id.clone();
        call.merged::<Wire>(&Wire::from(stands))?.named(id)
    };
    let stored = engine.change_user(caller, id, if_match, change).await?;
    Answer::one(&Wire::from(stored.record))
}

/// `DELETE /users/{userId}`.
pub(crate) async fn delete(call: Call) -> Result<Answer, CentralError> {
    let id: UserId = call.param(0).parse().map_err(CentralError::bad_request)?;
    call.engine().delete_user(call.caller.clone(), id).await?;
    Ok(Answer::nothing())
}

impl From<UserError> for CentralError {
    fn from(error: UserError) -> CentralError {
        match &error {
            UserError::NotFound => CentralError::new(Code::NotFound, error),
            UserError::Invalid(_) => CentralError::unprocessable(error),
            UserError::SameIdentity | UserError::LastAdministrator(_) => CentralError::conflict(error),
            UserError::Roles(error) => error.clone().into(),
            UserError::TooMany(limit) => (*limit).into(),
            UserError::EtagMismatch(error) => (*error).into(),
            UserError::Store(error) => error.clone().into(),
        }
    }
}
