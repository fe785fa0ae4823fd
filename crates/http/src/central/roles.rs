//! Roles (iot-central §9.2), and how they are assigned to users and tokens.

use bellwether_model::access::{Assignment, BadAssignment, Permission, Role};
use serde::{Deserialize, Serialize};

use super::call::{Answer, Call};
use super::error::{CentralError, Code};
use super::version::Version;

/// A role on the wire.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    id: &'static str,
    display_name: &'static str,
    #[serde(flatten)]
    rights: Option<Rights>,
}

/// What only our own version says of a role: published is its name alone.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rights {
    permissions: Vec<&'static str>,
    within_organization: bool,
}

impl Wire {
    fn of(role: Role, version: Version) -> Wire {
        let rights = (version == Version::Own).then(|| Rights {
            permissions: Permission::ALL.into_iter().filter(|it| role.permits(*it)).map(Permission::name).collect(),
            within_organization: !role.is_for_application(),
        });
        Wire { id: role.id(), display_name: role.display_name(), rights }
    }
}

/// `GET /roles`: the built-in ones; they fit one page of any size but are cut all the same.
pub(crate) async fn list(call: Call) -> Result<Answer, CentralError> {
    let page = call.page()?;
    let skipped: usize = call.position(&page)?.unwrap_or(0);
    let end = skipped.saturating_add(page.limit);
    let next = (end < Role::ALL.len()).then(|| call.next(&end)).transpose()?;
    Answer::page(Role::ALL.into_iter().skip(skipped).take(page.limit).map(|role| Wire::of(role, call.version)), next)
}

/// `GET /roles/{roleId}`.
pub(crate) async fn get(call: Call) -> Result<Answer, CentralError> {
    let role = Role::from_id(call.param(0)).ok_or_else(|| CentralError::not_found("role with this id"))?;
    Answer::one(&Wire::of(role, call.version))
}

/// One entry of `roles` of a user or token on the wire.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AssignmentWire {
    role: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<String>,
}

impl From<Assignment> for AssignmentWire {
    fn from(Assignment { role, organization }: Assignment) -> AssignmentWire {
        AssignmentWire { role: role.id().to_owned(), organization }
    }
}

/// The assignments that the wire names.
///
/// # Errors
/// 422: there is no role of this id.
pub(super) fn assignments(wire: Vec<AssignmentWire>) -> Result<Vec<Assignment>, CentralError> {
    let assignment = |AssignmentWire { role: id, organization }| {
        let role = Role::from_id(&id).ok_or_else(|| {
            CentralError::unprocessable(format!("roles: there is no role {id}; GET /roles lists them"))
        })?;
        Ok(Assignment { role, organization })
    };
    wire.into_iter().map(assignment).collect()
}

impl From<BadAssignment> for CentralError {
    fn from(error: BadAssignment) -> CentralError {
        match &error {
            BadAssignment::MoreThanOwn(_) => CentralError::new(Code::Forbidden, error),
            BadAssignment::None
            | BadAssignment::TooMany
            | BadAssignment::NeedsRoot(_)
            | BadAssignment::NeedsOrganization(_)
            | BadAssignment::NoOrganization(_) => CentralError::unprocessable(error),
        }
    }
}
