//! Organizations, roles, users and tokens as the published versions have them (iot-central §9).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An organization.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Organization {
    /// Its name on the wire; the server sets it.
    #[serde(default)]
    pub id: String,
    /// Its name for people.
    pub display_name: String,
    /// The one above; absent: below the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

/// A role.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Role {
    /// Its id.
    pub id: String,
    /// Its name.
    pub display_name: String,
    /// What it allows: `viewDevices`, `manageDevices`, …
    pub permissions: Vec<String>,
    /// It is assigned within an organization; otherwise it is for the whole application.
    pub within_organization: bool,
}

/// A role where it holds.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoleAssignment {
    /// The role's id.
    pub role: String,
    /// The organization; absent for the whole application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
}

/// A user.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub(crate) enum User {
    /// A person.
    Email(EmailUser),
    /// A program of a directory.
    ServicePrincipal(DirectoryUser),
    /// All members of a directory's group.
    #[serde(rename = "adGroup")]
    AdGroup(DirectoryUser),
}

/// A person.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EmailUser {
    /// The user's name on the wire; the server sets it.
    #[serde(default)]
    pub id: String,
    /// What the user may do.
    pub roles: Vec<RoleAssignment>,
    /// The mail address, with which the user signs in.
    pub email: String,
}

/// A program or a group of a directory.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DirectoryUser {
    /// The user's name on the wire; the server sets it.
    #[serde(default)]
    pub id: String,
    /// What the user may do.
    pub roles: Vec<RoleAssignment>,
    /// The directory.
    pub tenant_id: String,
    /// The object in the directory.
    pub object_id: String,
}

/// An API token.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiToken {
    /// Its name on the wire; the server sets it.
    #[serde(default)]
    pub id: String,
    /// What it may do.
    pub roles: Vec<RoleAssignment>,
    /// When it ends: a year from now unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub expiry: Option<String>,
    /// The token; shown once, when it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}
